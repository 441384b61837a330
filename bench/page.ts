// The page's figures, in a real browser: how soon something is drawn, and whether the page stutters while 1,000 pods roll out.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chromium, type Browser, type Page } from '@playwright/test';
import { existsSync } from 'node:fs';

const replicas = 1000;
const nodes = 20;
const limitMs = 300_000;

export async function measurePage(): Promise<Record<string, number>> {
  if (!existsSync('dist/index.html')) execFileSync('npm', ['run', '-s', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const browser = await launch();
  const { server, url } = await serve();
  try {
    // The first visit warms the browser's own caches of this machine; the figure is the better of two fresh contexts.
    const firstNodeMs = Math.min(await firstNode(browser, url), await firstNode(browser, url));
    return { firstNodeMs, ...(await rollout(browser, url)) };
  } finally {
    await browser.close();
    server.kill();
  }
}

async function launch(): Promise<Browser> {
  const path = process.env['CHROMIUM_PATH'] ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
  try {
    return await chromium.launch({
      ...(path === undefined ? {} : { executablePath: path }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
  } catch (error) {
    console.error(`  no Chromium could be started (CHROMIUM_PATH, or npx playwright install chromium): ${(error as Error).message.split('\n')[0]}`);
    process.exit(1);
  }
}

/** On a port of its own, so that no other server of a page is measured by mistake. */
function serve(): Promise<{ readonly server: ChildProcess; readonly url: string }> {
  return new Promise((resolve, reject) => {
    const server = spawn(process.execPath, ['scripts/serve-static.mjs', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    server.stdout.once('data', (text: Buffer) => {
      const port = /:(\d+)\//.exec(text.toString())?.[1];
      if (port === undefined) reject(new Error(`the page's server says ${text.toString()}`));
      else resolve({ server, url: `http://127.0.0.1:${port}/` });
    });
    server.once('exit', (code) => reject(new Error(`the page's server ended with code ${code}`)));
  });
}

async function open(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
  await page.goto(url);
  await page.waitForSelector('[data-thing^="machine:"]');
  return page;
}

async function firstNode(browser: Browser, url: string): Promise<number> {
  const page = await open(browser, url);
  const at = await page.evaluate(() => performance.getEntriesByName('first-node')[0]?.startTime);
  await page.close();
  if (at === undefined) throw new Error('the page does not mark its first node');
  return at;
}

/** The run is let go as fast as it can, so that as many frames as possible are full of changes. */
async function rollout(browser: Browser, url: string): Promise<Record<string, number>> {
  const page = await open(browser, `${url}?nodes=${nodes}`);
  await page.waitForFunction((count) => document.querySelectorAll('[data-thing^="machine:"][data-state="ready"]').length > count, nodes, { timeout: limitMs });
  await watchBlocks(page);
  await page.getByRole('slider', { name: 'Speed' }).fill('3');
  const line = page.locator('#terminal-line');
  await line.fill(`kubectl create deployment web --image=nginx:1.27 --replicas=${replicas} && kubectl rollout status deployment/web`);
  const began = performance.now();
  await line.press('Enter');
  // A fresh command is followed hop by hop, half a second each; here it is let go.
  await page.getByRole('button', { name: 'Unfollow' }).click({ timeout: limitMs });
  // Looked at once a second: a question that the page answers at every paint is work of its own.
  await page.waitForFunction(() => document.querySelector('[data-terminal] [role="log"]')?.textContent.includes('successfully rolled out') === true, undefined, { polling: 1000, timeout: limitMs });
  const page1000ReadyMs = performance.now() - began;
  await page.waitForTimeout(2000);
  const { blocks, paints } = await page.evaluate(() => ({ blocks: (window as unknown as Seen).blocks, paints: (window as unknown as Seen).paints }));
  const drawn = await page.evaluate(() => document.querySelector('canvas') !== null);
  if (!drawn || paints < 10) throw new Error(`the page was not drawn during the rollout: ${paints} paints`);
  // The browser reports tasks of 50 ms and more; none means that none was that long.
  return { longestMainThreadBlockMs: Math.max(0, ...blocks), page1000ReadyMs, pagePaintsPerSecond: (paints / (page1000ReadyMs + 2000)) * 1000 };
}

interface Seen {
  blocks: number[];
  paints: number;
}

/** Long tasks and paints from here on. That a block would be seen is tried first, with one of 100 ms. */
async function watchBlocks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = window as unknown as Seen;
    seen.blocks = [];
    seen.paints = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.blocks.push(entry.duration);
    }).observe({ entryTypes: ['longtask'] });
    setTimeout(() => {
      const until = performance.now() + 100;
      while (performance.now() < until);
    });
  });
  await page.waitForTimeout(500);
  const tried = await page.evaluate(() => {
    const seen = window as unknown as Seen;
    const longest = Math.max(0, ...seen.blocks);
    seen.blocks = [];
    const count = (): void => {
      seen.paints += 1;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    return longest;
  });
  if (tried < 90) throw new Error(`a block of 100 ms was reported as ${tried} ms`);
}
