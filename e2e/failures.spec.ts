// What breaks, and what keeps going: a worker dies under traffic; masters die.
import { expect, onlyOn, test } from './page.ts';

test.describe('failures', () => {
  onlyOn('desktop-en', 'phone-ko');

  test('a worker without power: NotReady, replacements elsewhere, traffic recovers, and back', async ({ terrarium }) => {
    const { page } = terrarium;
    await terrarium.open();
    await terrarium.up();
    await terrarium.applyFromEditor('service');
    await terrarium.unfollow();
    await terrarium.speed(30);
    await expect(terrarium.pods('ready', 'default/')).not.toHaveCount(0, { timeout: 60_000 });
    await terrarium.panel('traffic');
    await page.locator('[data-traffic-target]').first().selectOption({ index: 0 });
    await terrarium.press('traffic.start');
    const success = page.locator('[data-traffic-success]').first();
    await expect(success).toHaveText(/^(9\d|100)%/, { timeout: 60_000 });
    const before = await terrarium.pods('ready', 'default/').count();
    await terrarium.act('machine:w2-k8s', 'menu.powerOff');
    await expect(terrarium.machine('w2-k8s')).toHaveAttribute('data-state', 'off');
    await terrarium.speed(300);
    await expect(terrarium.pods('ready', 'default/', 'w1-k8s').or(terrarium.pods('ready', 'default/', 'w3-k8s'))).toHaveCount(before, { timeout: 90_000 });
    await terrarium.panel('traffic');
    await expect(success).toHaveText(/^(9\d|100)%/, { timeout: 60_000 });
    await terrarium.act('machine:w2-k8s', 'menu.powerOn');
    await expect(terrarium.machine('w2-k8s')).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
  });

  const masters = ['m1-k8s', 'm2-k8s', 'm3-k8s'];
  test('ha: the etcd leader dies and another leads; without a quorum writes are refused and pods stay', async ({ terrarium }) => {
    const { page } = terrarium;
    await terrarium.open('?preset=ha');
    await terrarium.up([...masters, 'w1-k8s', 'w2-k8s', 'w3-k8s']);
    await terrarium.applyFromEditor('nginx');
    await terrarium.unfollow();
    await terrarium.speed(30);
    await expect(terrarium.pods('ready', 'default/nginx-')).toHaveCount(3, { timeout: 60_000 });

    const leader = page.locator('[data-thing*="/etcd"][data-look="leads"]');
    await expect(leader).toHaveCount(1);
    const first = /process:(m\d-k8s)/.exec((await leader.getAttribute('data-thing')) ?? '')?.[1] ?? '';
    await terrarium.act(`machine:${first}`, 'menu.powerOff');
    await expect(terrarium.machine(first)).toHaveAttribute('data-state', 'off');
    await expect(leader).toHaveCount(1, { timeout: 60_000 });
    await expect(leader).not.toHaveAttribute('data-thing', new RegExp(first));
    await terrarium.type('kubectl create deployment meanwhile --image=nginx --replicas=1');
    await terrarium.unfollow();
    await expect(terrarium.pods('ready', 'default/meanwhile-')).toHaveCount(1, { timeout: 60_000 });

    const second = masters.find((name) => name !== first) ?? '';
    await terrarium.act(`machine:${second}`, 'menu.powerOff');
    await expect(terrarium.machine(second)).toHaveAttribute('data-state', 'off');
    await terrarium.type('kubectl create deployment refused --image=nginx');
    await expect(terrarium.terminal.locator('pre[data-kind="stderr"]').last()).toContainText(/error|Error|refused|timed out|Unable/i, { timeout: 90_000 });
    await expect(terrarium.pods('ready', 'default/nginx-')).toHaveCount(3);

    for (const name of [first, second]) await terrarium.act(`machine:${name}`, 'menu.powerOn');
    for (const name of masters) await expect(terrarium.machine(name)).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
    await terrarium.type('kubectl create deployment healed --image=nginx');
    await terrarium.unfollow();
    await expect(terrarium.pods('ready', 'default/healed-')).toHaveCount(1, { timeout: 60_000 });
  });
});
