// Screenshots of a built page, to be looked at: node src/ui/dev/look.mjs <folder> <script.mjs>; the script gets {open, shot}.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { AxeBuilder } from '@axe-core/playwright';

const [folder, script] = process.argv.slice(2);
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.json': 'application/json', '.ttf': 'font/ttf' };
const server = createServer(async (request, response) => {
  try {
    const path = new URL(request.url, 'http://x').pathname;
    const body = await readFile(join(folder, path === '/' ? 'index.html' : path));
    response.writeHead(200, { 'content-type': types[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch { response.writeHead(404).end(); }
}).listen(0, '127.0.0.1');
await new Promise((done) => server.once('listening', done));
const base = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const open = async (query = '', { width = 1440, height = 900, touch = false, ...more } = {}) => {
  const context = await browser.newContext({ viewport: { width, height }, hasTouch: touch, isMobile: touch, ...more });
  const page = await context.newPage();
  page.on('console', (message) => { if (message.type() === 'error') console.log('console:', message.text()); });
  page.on('pageerror', (error) => console.log('pageerror:', error.message, error.stack?.split('\n').slice(0, 4).join(' | ')));
  page.on('request', (request) => { if (!request.url().startsWith(base) && !/^(blob|data):/.test(request.url())) console.log('FOREIGN', request.url()); });
  await page.goto(base + query);
  return page;
};
const shot = (page, name) => page.screenshot({ path: `/tmp/shots/${name}.png` });
try { await (await import(pathToFileURL(script))).default({ open, shot, base, browser, AxeBuilder }); } finally { await browser.close(); server.close(); }
