// The hard half of the control plane by hand: leaders, majorities, partitions, messages, keys, certificates, and a cluster brought back from a snapshot.
import { expect, onlyOn, test, type Terrarium } from './page.ts';

const masters = ['m1-k8s', 'm2-k8s', 'm3-k8s'];
const workers = ['w1-k8s', 'w2-k8s', 'w3-k8s'];

async function page(terrarium: Terrarium, name: 'members' | 'messages' | 'keys' | 'recovery'): Promise<void> {
  await terrarium.panel('etcd');
  await terrarium.page.locator('[data-etcd-panel]').getByRole('button', { name: terrarium.t(`etcd:page.${name}`), exact: true }).click();
}
const meter = (terrarium: Terrarium) => terrarium.page.locator('[data-majority]');
const leader = (terrarium: Terrarium) => terrarium.page.locator('[data-member][data-leads="true"]');

test.describe('etcd by hand', () => {
  onlyOn('desktop-en', 'desktop-ko');

  test('the leader dies, a line cuts the picture, messages are stopped, keys tell their story, the scheduler that leads is frozen', async ({ terrarium }) => {
    const { page: tab } = terrarium;
    await terrarium.open('?preset=ha');
    await terrarium.up([...masters, ...workers]);
    await page(terrarium, 'members');
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'safe');
    const first = (await leader(terrarium).getAttribute('data-member')) ?? '';
    await terrarium.act(`process:${first}/etcd`, 'menu.freeze');
    await expect(leader(terrarium)).not.toHaveAttribute('data-member', first, { timeout: 20_000 });
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'last');
    await terrarium.act(`process:${first}/etcd`, 'menu.thaw');
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'safe', { timeout: 20_000 });

    // A line between the first and the second master: one side has no majority and says so.
    await terrarium.press('etcd:cut.draw');
    const [left, right] = [await terrarium.machine('m1-k8s').boundingBox(), await terrarium.machine('m2-k8s').boundingBox()];
    if (left === null || right === null) throw new Error('the masters are not drawn');
    const x = (left.x + left.width + right.x) / 2;
    await tab.mouse.move(x, left.y - 4);
    await tab.mouse.down();
    await tab.mouse.move(x, left.y + left.height / 2, { steps: 4 });
    await tab.mouse.up();
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'last', { timeout: 20_000 });
    await expect(leader(terrarium)).not.toHaveAttribute('data-member', 'm1-k8s', { timeout: 20_000 });
    await terrarium.press('canvas.healAll');
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'safe', { timeout: 20_000 });

    await page(terrarium, 'messages');
    await terrarium.press('etcd:messages.next');
    const messages = tab.locator('[data-message]');
    await expect(messages).not.toHaveCount(0);
    // The list is looked up anew whenever the moment shown moves: the one that is dropped is known by its number.
    await expect(async () => {
      const id = (await messages.first().getAttribute('data-message')) ?? '';
      const one = tab.locator(`[data-message="${id}"]`);
      await one.getByRole('button', { name: terrarium.t('etcd:messages.drop'), exact: true }).click({ timeout: 2000 });
      await expect(one).toHaveCount(0, { timeout: 2000 });
      await expect(terrarium.terminal).toContainText('# drop:', { timeout: 2000 });
    }).toPass({ timeout: 30_000 });

    await page(terrarium, 'keys');
    for (const name of ['/registry/leases/', '/registry/leases/kube-system/', 'kube-scheduler']) await tab.locator('[data-etcd-keys] button', { hasText: name }).first().click();
    await expect(tab.locator('[data-change="added"]', { hasText: 'renewTime' })).toBeVisible();

    // Whoever schedules is frozen: another takes the lease, and the first does not get it back by thawing.
    const holder = async (): Promise<string> => {
      const seen = await terrarium.output('stdout').count();
      await terrarium.type("kubectl get lease kube-scheduler -n kube-system -o jsonpath='{.spec.holderIdentity}'");
      await expect(async () => expect(await terrarium.output('stdout').count()).toBeGreaterThan(seen)).toPass({ timeout: 10_000 });
      return ((await terrarium.output('stdout').last().textContent()) ?? '').split('_')[0] ?? '';
    };
    // Looking for a message stopped the time.
    await terrarium.press('player.play');
    await terrarium.speed(10);
    const scheduler = await holder();
    expect(masters).toContain(scheduler);
    await terrarium.act(`process:${scheduler}/kube-scheduler`, 'menu.freeze');
    await expect(async () => expect(masters.filter((name) => name !== scheduler)).toContain(await holder())).toPass({ timeout: 60_000 });
    await terrarium.act(`process:${scheduler}/kube-scheduler`, 'menu.thaw');
    await expect(terrarium.thing(`process:${scheduler}/kube-scheduler`)).not.toHaveAttribute('data-look', 'frozen');
    expect(await holder()).not.toBe(scheduler);
  });

  test('four members may lose no more than three', async ({ terrarium }) => {
    await terrarium.open('?preset=ha-4');
    await terrarium.up([...masters, 'm4-k8s', ...workers]);
    await page(terrarium, 'members');
    await expect(meter(terrarium)).toContainText(terrarium.t('etcd:meter.safe', { count: 4, voters: 4, needed: 3, spare: 1 }));
    await terrarium.act('machine:m4-k8s', 'menu.powerOff');
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'last', { timeout: 20_000 });
    await terrarium.act('machine:m3-k8s', 'menu.powerOff');
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'lost', { timeout: 20_000 });
    await terrarium.speed(30);
    await terrarium.type('kubectl create configmap refused');
    // From etcd if an API server still takes requests, from the load balancer once none is ready.
    await expect(terrarium.terminal.locator('pre[data-kind="stderr"]').last()).toContainText(/etcdserver: |deadline exceeded|timed out|EOF|refused/, { timeout: 90_000 });
  });

  test('a certificate expires and is renewed', async ({ terrarium }) => {
    const { page: tab } = terrarium;
    await terrarium.open();
    await terrarium.up();
    await terrarium.machine('m-k8s').click({ button: 'right', position: { x: 10, y: 6 } });
    await tab.getByRole('menuitem', { name: terrarium.t('etcd:clock.menu'), exact: true }).click();
    await tab.getByRole('menuitem', { name: terrarium.t('etcd:clock.year'), exact: true }).click();
    await terrarium.on('m-k8s');
    await terrarium.type('kubectl get nodes');
    await expect(terrarium.terminal).toContainText('certificate has expired or is not yet valid', { timeout: 20_000 });
    await terrarium.type('kubeadm certs renew all');
    await expect(terrarium.terminal).toContainText('certificate for serving the Kubernetes API renewed', { timeout: 30_000 });
    await terrarium.type('kubeadm certs check-expiration');
    await expect(terrarium.terminal).toContainText(/apiserver +Jan 02, 2028 00:\d\d UTC +364d/, { timeout: 20_000 });
  });

  test('all disks are lost, and the cluster comes back from its snapshot', async ({ terrarium }) => {
    const { page: tab } = terrarium;
    await terrarium.open();
    await terrarium.up();
    await terrarium.speed(10);
    await page(terrarium, 'recovery');
    const step = (name: string) => tab.locator(`[data-step="${name}"]`).getByRole('button');
    await step('save').click();
    await expect(terrarium.terminal).toContainText('Snapshot saved at /root/backup.db', { timeout: 20_000 });
    await step('write').click();
    await expect(terrarium.terminal).toContainText('configmap/written-later created', { timeout: 20_000 });
    await step('lose').click();
    await terrarium.press('etcd:recovery.what');
    await expect(tab.locator('[data-lost] li[data-what="created"]', { hasText: '/registry/configmaps/default/written-later' })).toBeVisible();
    await step('stop').click();
    await expect(terrarium.thing('process:m-k8s/etcd')).toHaveAttribute('data-look', /exited|absent/, { timeout: 30_000 });
    await step('restore').click();
    await expect(terrarium.terminal).toContainText('restored snapshot', { timeout: 20_000 });
    await step('start').click();
    await page(terrarium, 'members');
    await expect(meter(terrarium)).toHaveAttribute('data-majority', 'last', { timeout: 60_000 });
    await terrarium.on('laptop');
    await expect(async () => {
      await terrarium.type('kubectl get configmap written-later');
      await expect(terrarium.terminal).toContainText('configmaps "written-later" not found', { timeout: 3000 });
    }).toPass({ timeout: 60_000 });
    await terrarium.up();
  });
});
