// A newcomer's first minute: one Apply is followed to its end; back in time, fork, undo, reset. walks.spec.ts sees the cluster come up.
import { expect, test } from './page.ts';

test('applying nginx from the editor is followed hop by hop until its pods are ready', async ({ terrarium }) => {
  const { page } = terrarium;
  await terrarium.open();
  await terrarium.up();
  await terrarium.applyFromEditor('nginx');
  await terrarium.panel('flow');
  const hops = page.locator('li[data-state] button');
  await expect(hops.first()).toContainText(terrarium.t('flow.stage.client'));
  for (const stage of ['authenticate', 'commit', 'schedule', 'bind', 'pull']) await expect(hops.filter({ hasText: terrarium.t(`flow.stage.${stage}`) }).first()).toBeAttached({ timeout: 60_000 });
  await terrarium.speed(100);
  await expect(hops.filter({ hasText: terrarium.t('flow.stage.done') }).first()).toBeAttached({ timeout: 60_000 });
  await expect(terrarium.pods('ready', 'default/nginx-')).toHaveCount(3, { timeout: 60_000 });
  await expect(terrarium.pods('ready', 'default/nginx-', 'm-k8s')).toHaveCount(0);
});

test('the past is seen on the timeline, acting there forks; undo and reset', async ({ terrarium }) => {
  const { page } = terrarium;
  await terrarium.open();
  await terrarium.up();
  await terrarium.type('kubectl create deployment early --image=nginx --replicas=2');
  await terrarium.speed(100);
  await expect(terrarium.pods('ready', 'default/early-')).toHaveCount(2, { timeout: 60_000 });
  await terrarium.press('player.pause');
  const scrub = page.getByRole('slider', { name: terrarium.t('timeline.scrub') });
  await scrub.focus();
  // Keys in a row add up, whatever is drawn meanwhile.
  await scrub.press('Home');
  await scrub.press('PageUp');
  await scrub.press('PageUp');
  await scrub.press('PageDown');
  await expect.poll(async () => Number(await scrub.getAttribute('aria-valuenow'))).toBe(10);
  await scrub.press('Home');
  await expect(page.locator('[data-past="true"]').first()).toBeVisible();
  await expect.poll(async () => Number(await scrub.getAttribute('aria-valuenow'))).toBe(0);
  await expect(page.locator('[data-past="true"]').first()).toBeVisible();
  await expect(terrarium.pods('ready', 'default/early-')).toHaveCount(0);
  // Acting in the past begins another history from there: what came later is gone.
  await terrarium.act('machine:w3-k8s', 'menu.powerOff');
  await expect(terrarium.machine('w3-k8s')).toHaveAttribute('data-state', 'off');
  await expect(page.locator('[data-past="true"]')).toHaveCount(0);
  await expect(terrarium.pods('ready', 'default/early-')).toHaveCount(0);
  await terrarium.press('player.undo');
  await expect(terrarium.machine('w3-k8s')).not.toHaveAttribute('data-state', 'off');
  await terrarium.press('player.reset');
  await expect(page.getByRole('button', { name: terrarium.t('player.undo'), exact: true })).toBeDisabled();
});

test('machines without a cluster are drawn and say how one is made of them', async ({ terrarium }) => {
  await terrarium.open('?preset=bare');
  await expect(terrarium.machine('m1-k8s')).toHaveAttribute('data-state', 'noNode');
  await terrarium.panel('flow');
  await expect(terrarium.page.getByText('kubeadm init --control-plane-endpoint', { exact: false })).toBeVisible();
  await expect(terrarium.page.getByText(terrarium.t('phase.booting'))).toHaveCount(0);
});

test('Hangul can be typed in the terminal, and stays what it was', async ({ terrarium }) => {
  await terrarium.open();
  await terrarium.up();
  await terrarium.type('echo 안녕하세요 파드');
  await expect(terrarium.terminal.locator('pre[data-kind="stdout"]').filter({ hasText: '안녕하세요 파드' })).toBeVisible();
});
