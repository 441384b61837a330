// kubectl edit opens the page's editor, on the object's YAML; what is saved there is what kubectl sends.
import { expect, onlyOn, test, type Terrarium } from './page.ts';

test.describe('kubectl edit', () => {
  onlyOn('desktop-en', 'phone-ko');

  const replace = async (terrarium: Terrarium, from: string, to: string) => {
    await terrarium.panel('editor');
    await expect(terrarium.page.locator('[data-edit="deployments.apps/nginx"]')).toBeVisible();
    const area = terrarium.page.getByRole('textbox', { name: terrarium.t('panels:editor.label') });
    const text = await area.inputValue();
    expect(text).toContain(from);
    await area.fill(text.replace(from, to));
  };

  test('saving applies, a refused text is opened again, leaving cancels', async ({ terrarium }) => {
    await terrarium.open();
    await terrarium.up();
    await terrarium.type('kubectl create deployment nginx --image=nginx');
    await terrarium.unfollow();
    await terrarium.panel('terminal');
    await expect(terrarium.output('stdout').last()).toContainText('nginx created');
    await terrarium.type('kubectl edit deployment nginx');
    await replace(terrarium, 'replicas: 1', 'replicas: 2');
    await terrarium.press('panels:editor.save');
    await terrarium.panel('terminal');
    await expect(terrarium.output('stdout').last()).toContainText('deployment.apps/nginx edited');
    await terrarium.speed(30);
    await expect(terrarium.pods('ready', 'default/nginx-')).toHaveCount(2, { timeout: 60_000 });

    // Wide, Monaco has come by now, of which only the visible lines can be read.
    if (terrarium.phone) {
      await terrarium.type('kubectl edit deployment nginx');
      await replace(terrarium, 'replicas: 2', 'replicas: -2');
      await terrarium.press('panels:editor.save');
      await terrarium.panel('editor');
      await expect(terrarium.page.getByRole('textbox', { name: terrarium.t('panels:editor.label') })).toHaveValue(/# deployments\.apps "nginx" was not valid:\n# \* spec\.replicas: Invalid value: -2/);
      await terrarium.press('panels:editor.discard');
      await terrarium.panel('terminal');
      await expect(terrarium.output('stderr').last()).toContainText('error: Edit cancelled, no valid changes were saved.');
    }

    await terrarium.type('kubectl edit deployment nginx');
    await terrarium.panel('editor');
    await terrarium.press('panels:editor.discard');
    await terrarium.panel('terminal');
    await expect(terrarium.output('stderr').last()).toContainText('Edit cancelled, no changes made.');
    // The editor's own text is back on the desk.
    await terrarium.panel('editor');
    await expect(terrarium.page.getByRole('region', { name: terrarium.t('panels:editor.label') }).getByRole('combobox')).toHaveValue('nginx');
  });
});
