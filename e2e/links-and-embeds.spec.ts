// A link is the exact moment; an embed behaves.
import { execFileSync } from 'node:child_process';
import { expect, test } from './page.ts';

test('a shared link opens the same run at the same moment', async ({ terrarium, browser, baseURL }) => {
  const { page } = terrarium;
  await terrarium.open();
  await terrarium.up();
  await terrarium.type('kubectl create deployment shared --image=nginx --replicas=2');
  await terrarium.speed(100);
  await expect(terrarium.pods('ready', 'default/shared-')).toHaveCount(2, { timeout: 60_000 });
  await terrarium.press('player.pause');
  await terrarium.press('header.share');
  const link = await page.locator('[data-share-text="link"]').inputValue();
  expect(link.startsWith(`${baseURL}/#run=`)).toBe(true);
  await expect(page.locator('[data-share-text="embed"]')).toHaveValue(/<iframe src="[^"]*\?embed=v1#run=/);
  const now = await page.locator('time').first().textContent();
  const names = await terrarium.pods('ready', 'default/shared-').evaluateAll((pods) => pods.map((pod) => pod.getAttribute('aria-label')).sort());

  const other = await browser.newPage({ baseURL: baseURL ?? '' });
  await other.goto(link);
  await expect(other.locator('[data-thing^="pod:"][data-mark="ready"][aria-label*="default/shared-"]')).toHaveCount(2, { timeout: 60_000 });
  expect(await other.locator('[data-thing^="pod:"][aria-label*="default/shared-"]').evaluateAll((pods) => pods.map((pod) => pod.getAttribute('aria-label')).sort())).toEqual(names);
  expect(await other.locator('time').first().textContent()).toBe(now);
  await other.close();
});

test('a simulated seed opens at the moment that its link names, with everything that was done to it', async ({ terrarium }, info) => {
  test.skip(info.project.name !== 'desktop-en', 'one browser is enough');
  const told = execFileSync('node', ['scripts/run.mjs', 'src/session/cli/simulate.ts', '--seed', '3', '--preset', 'default', '--minutes', '0.5'], { encoding: 'utf8' });
  const link = /#run=[\w-]+/.exec(told)?.[0] ?? '';
  const faults = Number(/, (\d+) faults,/.exec(told)?.[1]);
  expect(faults).toBeGreaterThan(0);
  await terrarium.open(link);
  // It stands at the end of a run without a violation, all healed again.
  await terrarium.up();
  const [, minutes, seconds] = /(\d+):([\d.]+)$/.exec((await terrarium.clock.textContent()) ?? '') ?? [];
  expect(Math.round(Number(minutes) * 60 + Number(seconds))).toBe(Number(/, (\d+) virtual s/.exec(told)?.[1]));
  await expect(terrarium.page.getByRole('button', { name: terrarium.t('player.play'), exact: true })).toBeVisible();
  await expect(terrarium.page.locator('[data-span="fault"]').first()).toBeAttached();
  await expect(terrarium.page.getByRole('alert')).toBeEmpty();
});

test('a link that cannot be read says so, and a cluster starts', async ({ terrarium }) => {
  await terrarium.open('#run=AAAA');
  await expect(terrarium.page.getByRole('alert').filter({ hasText: terrarium.t('panels:share.problem.damaged') })).toBeVisible();
  await terrarium.up();
});

test('an embed takes neither focus nor storage', async ({ terrarium }) => {
  const { page } = terrarium;
  await terrarium.open('?embed=v1');
  await expect(terrarium.machine('w2-k8s')).toHaveAttribute('data-state', 'ready', { timeout: 40_000 });
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  expect(await page.evaluate(async () => ({ local: localStorage.length, session: sessionStorage.length, cookies: document.cookie, databases: (await indexedDB.databases()).length }))).toEqual({ local: 0, session: 0, cookies: '', databases: 0 });
});

test('an embed that waits for a tap shows a poster first', async ({ terrarium }) => {
  await terrarium.open('?embed=v1&start=tap');
  const poster = terrarium.page.getByRole('button', { name: terrarium.t('embed.start') });
  await expect(poster).toBeVisible();
  await expect(terrarium.machine('m-k8s')).toHaveCount(0);
  await poster.click();
  await expect(terrarium.machine('m-k8s')).toBeVisible();
});
