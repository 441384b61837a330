import { defineConfig } from '@playwright/test';
import { existsSync } from 'node:fs';

const chromium = process.env['CHROMIUM_PATH'] ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
const port = Number(process.env['E2E_PORT'] ?? 4199);

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  reporter: 'list',
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [
    { name: 'desktop-en', use: { viewport: { width: 1440, height: 900 }, locale: 'en-US' } },
    { name: 'desktop-ko', use: { viewport: { width: 1440, height: 900 }, locale: 'ko-KR' } },
    { name: 'phone-en', use: { viewport: { width: 390, height: 844 }, locale: 'en-US', hasTouch: true, isMobile: true } },
    { name: 'phone-ko', use: { viewport: { width: 390, height: 844 }, locale: 'ko-KR', hasTouch: true, isMobile: true } },
  ],
  webServer: { command: `node scripts/serve-static.mjs --port ${port}`, url: `http://127.0.0.1:${port}/`, reuseExistingServer: true, timeout: 60_000 },
});
