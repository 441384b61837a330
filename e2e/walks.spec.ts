// The first three things that must be seen, walked in both languages, wide and narrow, each walk on one page: a cluster comes up and manifests are applied;
// a worker dies under traffic; masters die. At the end axe looks at what is shown.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test, type Terrarium } from './page.ts';

// Each is several minutes of a cluster's life.
test.setTimeout(240_000);

const boutique = '../shared/manifests/online-boutique.yaml';

/** Light is looked at in English, dark in Korean; accessibility.spec.ts looks at both. */
async function axe(terrarium: Terrarium): Promise<void> {
  await terrarium.page.emulateMedia({ colorScheme: terrarium.language === 'ko' ? 'dark' : 'light' });
  // Colours change over a moment.
  await terrarium.page.waitForTimeout(400);
  expect(await terrarium.axe()).toEqual([]);
}

test('one master: it comes up, nginx is followed, a worker dies under traffic, guestbook and online-boutique run', async ({ terrarium }) => {
  const { page } = terrarium;
  await test.step('the control plane is up', async () => {
    await terrarium.open();
    await expect(terrarium.machine('m-k8s')).toBeVisible();
    await terrarium.up();
    for (const [part, look] of [['kube-apiserver', /ready/], ['etcd', /leads/], ['kube-scheduler', /leads/], ['kube-controller-manager', /leads/], ['kubelet', /ready/]] as const)
      await expect(page.locator(`[data-machine="m-k8s"] [data-thing^="process:m-k8s/${part}"]`)).toHaveAttribute('data-look', look);
    await expect(terrarium.pods('ready', 'coredns')).toHaveCount(2);
  });
  await test.step('an apply is followed hop by hop to its end', async () => {
    await terrarium.applyFromEditor('service');
    await terrarium.panel('flow');
    const hops = page.locator('li[data-state] button');
    await expect(hops.first()).toContainText(terrarium.t('flow.stage.client'));
    for (const stage of ['authenticate', 'commit']) await expect(hops.filter({ hasText: terrarium.t(`flow.stage.${stage}`) }).first()).toBeAttached({ timeout: 60_000 });
    await terrarium.unfollow();
    await terrarium.speed(100);
    await expect(terrarium.pods('ready', 'default/')).toHaveCount(6, { timeout: 60_000 });
    await expect(terrarium.pods('ready', 'default/', 'm-k8s')).toHaveCount(0);
  });
  await test.step('a worker loses its power: replacements elsewhere, traffic recovers, and back', async () => {
    await terrarium.panel('traffic');
    await page.locator('[data-traffic-target]').first().selectOption({ index: 0 });
    await terrarium.press('traffic.start');
    const success = page.locator('[data-traffic-success]').first();
    await expect(success).toHaveText(/^(9\d|100)%/, { timeout: 60_000 });
    await terrarium.act('machine:w2-k8s', 'menu.powerOff');
    await expect(terrarium.machine('w2-k8s')).toHaveAttribute('data-state', 'off');
    await terrarium.speed(300);
    await expect(terrarium.pods('ready', 'default/', 'w1-k8s').or(terrarium.pods('ready', 'default/', 'w3-k8s'))).toHaveCount(6, { timeout: 90_000 });
    await terrarium.panel('traffic');
    await expect(success).toHaveText(/^(9\d|100)%/, { timeout: 60_000 });
    await terrarium.act('machine:w2-k8s', 'menu.powerOn');
    await expect(terrarium.machine('w2-k8s')).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
  });
  await test.step('guestbook and online-boutique: every object accepted, every Deployment available', async () => {
    await terrarium.applyFromEditor('guestbook');
    await terrarium.unfollow();
    const own = existsSync(boutique);
    if (own) {
      await terrarium.type('kubectl create namespace boutique && kubectl config set-context --current --namespace=boutique');
      await expect(terrarium.output('stdout').filter({ hasText: 'Context "' })).toBeVisible();
      await terrarium.applyText(readFileSync(boutique, 'utf8'));
      await terrarium.unfollow();
    } else test.info().annotations.push({ type: 'left out', description: 'online-boutique: ../shared/manifests is not here' });
    const deployments = own ? 17 : 5;
    await terrarium.type('clear; kubectl wait --for=condition=Available deployment --all -A --timeout=600s && kubectl get deployments -A --no-headers | wc -l');
    await expect(terrarium.terminal).toContainText(new RegExp(`(deployment.apps/\\S+ condition met\\s+){${deployments}}${deployments}\\s`), { timeout: 90_000 });
    await expect(terrarium.output('stderr')).toHaveCount(0);
  });
  await test.step('axe', () => axe(terrarium));
});

const masters = ['m1-k8s', 'm2-k8s', 'm3-k8s'];
test('three masters: the one that leads dies, then a second, then all; traffic by name never stops', async ({ terrarium }) => {
  const { page } = terrarium;
  await terrarium.open('?preset=ha');
  await terrarium.up([...masters, 'w1-k8s', 'w2-k8s', 'w3-k8s']);
  await terrarium.speed(100);
  await terrarium.applyFromEditor('service');
  await terrarium.unfollow();
  await expect(terrarium.pods('ready', 'default/')).toHaveCount(6, { timeout: 60_000 });
  await terrarium.panel('traffic');
  await page.locator('[data-traffic-target]').first().selectOption({ index: 0 });
  await terrarium.press('traffic.start');
  const success = page.locator('[data-traffic-success]').first();
  await expect(success).toHaveText('100%', { timeout: 60_000 });

  const leader = page.locator('[data-thing*="/etcd"][data-look="leads"]');
  await expect(leader).toHaveCount(1);
  const first = /process:(m\d-k8s)/.exec((await leader.getAttribute('data-thing')) ?? '')?.[1] ?? '';
  const [second = '', third = ''] = masters.filter((name) => name !== first);
  await test.step('the master that leads dies: another leads, an apply completes', async () => {
    await terrarium.act(`machine:${first}`, 'menu.powerOff');
    await expect(leader).toHaveCount(1, { timeout: 60_000 });
    await expect(leader).not.toHaveAttribute('data-thing', new RegExp(first));
    await terrarium.type('kubectl create deployment meanwhile --image=nginx --replicas=1');
    await terrarium.unfollow();
    await expect(terrarium.pods('ready', 'default/meanwhile-')).toHaveCount(1, { timeout: 60_000 });
  });
  await test.step('with two off writes are refused, with all off nothing is asked; pods serve on', async () => {
    await terrarium.act(`machine:${second}`, 'menu.powerOff');
    await terrarium.type('kubectl create deployment refused --image=nginx --request-timeout=10s');
    await expect(terrarium.output('stderr').last()).toContainText(/^(error|Error from server|Unable to connect)/, { timeout: 90_000 });
    await terrarium.unfollow();
    await terrarium.act(`machine:${third}`, 'menu.powerOff');
    await terrarium.speed(300);
    const minute = (text: string | null): string => /\d+:\d+/.exec(text ?? '')?.[0] ?? '';
    const before = minute(await terrarium.clock.textContent());
    await expect.poll(async () => minute(await terrarium.clock.textContent()), { timeout: 60_000 }).not.toBe(before);
    await expect(terrarium.pods('ready', 'default/')).toHaveCount(7);
    await terrarium.panel('traffic');
    await expect(success).toHaveText('100%');
  });
  await test.step('power heals', async () => {
    await terrarium.speed(100);
    for (const name of masters) await terrarium.act(`machine:${name}`, 'menu.powerOn');
    for (const name of masters) await expect(terrarium.machine(name)).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
    await terrarium.type('kubectl create deployment healed --image=nginx');
    await terrarium.unfollow();
    await expect(terrarium.pods('ready', 'default/healed-')).toHaveCount(1, { timeout: 60_000 });
    await terrarium.panel('traffic');
    await expect(success).toHaveText('100%');
  });
});
