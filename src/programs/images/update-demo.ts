// The images `nautilus` and `kitten`: a page each, that differ only in which picture they name.
import type { Program } from '../../kernel/host.ts';
import { serveApp } from './http-app.ts';

export const updateDemo: Program = {
  name: 'update-demo',
  main: (host, [picture = '']) =>
    serveApp(
      host,
      [80],
      ({ path }) => {
        const text = path === '/data.json' ? `{\n  "image": "${picture}"\n}\n` : path === `/${picture}` ? picture : undefined;
        return text === undefined ? { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' } : { status: 200, headers: { 'content-type': path === '/data.json' ? 'application/json' : 'image/jpeg' }, body: text };
      },
      () => {},
    ),
};
