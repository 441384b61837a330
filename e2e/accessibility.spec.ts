// axe finds nothing serious, light or dark.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from './page.ts';

for (const scheme of ['light', 'dark'] as const) {
  test(`axe, ${scheme}`, async ({ terrarium }) => {
    const { page } = terrarium;
    await page.emulateMedia({ colorScheme: scheme });
    await terrarium.open();
    await terrarium.up();
    await terrarium.type('kubectl get nodes');
    await expect(terrarium.terminal).toContainText('w3-k8s');
    const serious = async (): Promise<readonly string[]> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      return violations.filter((one) => one.impact === 'serious' || one.impact === 'critical').flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`));
    };
    expect(await serious()).toEqual([]);
    await terrarium.press('header.share');
    await page.locator('[data-share-text="link"]').waitFor();
    expect(await serious()).toEqual([]);
    // Panels have been opened, and that is kept; the theme was nobody's choice and goes on being the system's.
    const other = scheme === 'light' ? 'dark' : 'light';
    await page.emulateMedia({ colorScheme: other });
    await page.reload();
    await expect(page.locator('html')).toHaveAttribute('data-theme', other);
  });
}
