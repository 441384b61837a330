// Apache's image as the tests use it: the files below /usr/local/apache2/htdocs on port 80, of which the image brings one.
import type { Program } from '../../kernel/host.ts';
import { serveApp } from './http-app.ts';

const documentRoot = '/usr/local/apache2/htdocs';

export const httpd: Program = {
  name: 'httpd',
  main(host) {
    if (!host.disk.exists(documentRoot)) host.disk.write(`${documentRoot}/index.html`, '<html><body><h1>It works!</h1></body></html>\n');
    return serveApp(
      host,
      [80],
      ({ path }) => {
        const text = host.disk.readText(documentRoot + (path.endsWith('/') ? `${path}index.html` : path));
        return text === undefined ? { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><body><h1>Not Found</h1></body></html>\n' } : { status: 200, headers: { 'content-type': 'text/html' }, body: text };
      },
      (request, response, remote) => host.output.write(`${remote.slice(0, remote.lastIndexOf(':'))} - - "${request.method} ${request.path} HTTP/1.1" ${response.status}\n`),
    );
  },
};
