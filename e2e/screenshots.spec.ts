// The pictures of the README: SCREENSHOTS=1 npx playwright test screenshots
import { expect, test } from './page.ts';

test.skip(process.env['SCREENSHOTS'] !== '1', 'only when asked for');

const pictures: Readonly<Record<string, readonly (readonly [file: string, address: string, scheme: 'light' | 'dark'])[]>> = {
  'desktop-en': [['desktop-en-light', '', 'light'], ['embed', '?embed=v1', 'light']],
  'desktop-ko': [['desktop-ko-dark', '', 'dark']],
  'phone-ko': [['phone-ko', '', 'light']],
};

test('pictures', async ({ terrarium }, info) => {
  const { page } = terrarium;
  for (const [file, address, scheme] of pictures[info.project.name] ?? []) {
    await page.emulateMedia({ colorScheme: scheme });
    await terrarium.open(address);
    if (address === '') {
      await terrarium.up();
      await terrarium.applyFromEditor('nginx');
      await terrarium.panel('flow');
      await expect(page.locator('li[data-state] button').filter({ hasText: terrarium.t('flow.stage.bind') }).first()).toBeAttached({ timeout: 60_000 });
    } else await expect(terrarium.machine('w2-k8s')).toHaveAttribute('data-state', 'ready', { timeout: 40_000 });
    await page.screenshot({ path: `docs/screenshots/${file}.png` });
  }
});
