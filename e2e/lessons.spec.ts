// The first lesson, taken to its end with "Show me", in both languages.
import { expect, onlyOn, test } from './page.ts';

test.describe('lessons', () => {
  onlyOn('desktop-en', 'phone-ko');
  test('the journey of one apply', async ({ terrarium }) => {
    const { page } = terrarium;
    await terrarium.open();
    await terrarium.up();
    if (terrarium.phone) await terrarium.panel('lesson');
    else await page.locator('[data-lessons]').click();
    await page.locator('[data-lesson="apply-journey"]').click();
    const next = page.locator('[data-next]');
    await page.locator('[data-option="kubelet"]').click({ timeout: 40_000 });
    await next.click();
    for (let step = 0; step < 2; step += 1) {
      await terrarium.speed(30);
      const show = page.locator('[data-show-me]');
      await show.or(page.locator('[data-next]:enabled')).first().waitFor();
      if (await show.isVisible()) await show.click();
      await expect(next).toBeEnabled({ timeout: 90_000 });
      await next.click();
    }
    // The cards start in another order; any order may be handed in, the lesson then tells.
    await page.locator('[data-check-order]').click();
    await expect(next).toBeEnabled();
    await next.click();
    const title = terrarium.language === 'ko' ? 'apply 한 줄의 여정' : 'The journey of one apply';
    await expect(page.getByRole('heading', { name: terrarium.t('panels:lesson.finished', { title }) })).toBeVisible();
  });
});
