// The same seed and inputs give the same history, byte for byte, in Node and in Chromium: ten minutes of a cluster that loses a worker.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { Terrarium } from './page.ts';
import { sampleRun } from '../src/session/cli/sample-run';

const untilMs = 600_000;

test('a ten-minute run has the same hash in Node and in Chromium', async ({ page }, info) => {
  test.skip(info.project.name !== 'desktop-en', 'one browser is enough');
  const worker = readdirSync('dist/assets').find((name) => /^worker\.main-.*\.js$/.test(name));
  expect(worker).toBeDefined();
  const node = execFileSync('node', ['scripts/run.mjs', 'src/session/cli/hash.ts', 'default', '7', String(untilMs)], { encoding: 'utf8' }).trim();
  expect(node).toMatch(/^[0-9a-f]{16}$/);
  await page.goto('/favicon.svg');
  const chromium = await page.evaluate(
    ({ url, run, until }) =>
      new Promise<string>((resolve, reject) => {
        const session = new Worker(url, { type: 'module' });
        session.onmessage = ({ data }) => {
          if (data.kind === 'ready') session.postMessage({ kind: 'control', control: { control: 'start', run, untilMs: until, playing: false, speed: 1 } });
          if (data.kind === 'restart') session.postMessage({ kind: 'query', id: 1, query: { query: 'hash' } });
          if (data.kind === 'answer') resolve(data.answer);
          if (data.kind === 'crashed') reject(new Error(data.message));
        };
      }),
    { url: `/assets/${worker}`, run: sampleRun('default', 7), until: untilMs },
  );
  expect(chromium).toBe(node);
});

test('a cluster boots without the code for what people do, and says so when it is asked to do something', async ({ page, context }, info) => {
  test.skip(info.project.name !== 'desktop-en', 'one browser is enough');
  await context.route('**/assets/_virtual_tools-*.js', (route) => route.abort());
  const terrarium = new Terrarium(page, info.project.name);
  await terrarium.open();
  await expect(page.getByRole('alert').getByText(terrarium.t('notice.noTools'))).toBeVisible();
  await terrarium.up();
});
