// The built page, file by file.
import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2', '.ttf': 'font/ttf', '.png': 'image/png', '.md': 'text/markdown; charset=utf-8', '.yaml': 'text/yaml; charset=utf-8',
};

export function servePage(folder: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const refuse = (code: number, text: string): void => void outgoing.writeHead(code, { 'content-type': 'text/plain' }).end(text);
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return refuse(405, 'only the page is served here');
  let path: string;
  try {
    path = decodeURIComponent(new URL(incoming.url ?? '/', 'http://localhost').pathname);
  } catch {
    return refuse(400, 'bad path');
  }
  const root = resolve(folder);
  let file = join(root, normalize(path));
  if (file !== root && !file.startsWith(root + sep)) return refuse(403, 'not served here');
  let found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) found = statSync((file = join(file, 'index.html')), { throwIfNoEntry: false });
  if (found?.isFile() !== true) return refuse(404, 'not found');
  outgoing.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer' });
  if (incoming.method === 'HEAD') outgoing.end();
  else createReadStream(file).pipe(outgoing);
}
