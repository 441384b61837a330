// The page's figures, in a real browser: how soon something is drawn, and whether the page stutters while 1,000 pods roll out.
import { spawn } from 'node:child_process';
import { chromium } from '@playwright/test';
import { existsSync } from 'node:fs';

const port = 4198;

export async function measurePage(): Promise<Record<string, number>> {
  const server = spawn('node', ['scripts/serve-static.mjs', '--port', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => server.stdout.once('data', () => resolve()));
  const path = process.env['CHROMIUM_PATH'] ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
  const browser = await chromium.launch({
    ...(path === undefined ? {} : { executablePath: path }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`http://127.0.0.1:${port}/?nodes=20`);
    await page.waitForSelector('[data-machine]');
    const firstNodeMs = await page.evaluate(() => performance.getEntriesByName('first-node')[0]?.startTime ?? performance.now());
    // The cluster boots first; then 1,000 replicas while long tasks are counted.
    await page.waitForFunction(() => document.querySelectorAll('[data-machine]').length >= 20);
    await page.waitForTimeout(8000);
    await page.evaluate(() => {
      const w = window as unknown as { blocks: number[] };
      w.blocks = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) w.blocks.push(entry.duration);
      }).observe({ entryTypes: ['longtask'] });
    });
    const line = page.getByRole('textbox', { name: /terminal|터미널/i }).first();
    await line.fill('kubectl create deployment web --image=nginx:1.27 --replicas=1000');
    await line.press('Enter');
    await page.waitForTimeout(20_000);
    const blocks = await page.evaluate(() => (window as unknown as { blocks: number[] }).blocks);
    return { firstNodeMs, longestMainThreadBlockMs: blocks.length === 0 ? 0 : Math.max(...blocks) };
  } finally {
    await browser.close();
    server.kill();
  }
}
