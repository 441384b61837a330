// nginx as its official image behaves by default: one server on port 80, files below /usr/share/nginx/html, an access log on standard output.
import { formatTime } from '../../api/meta/time.ts';
import type { Host, Program } from '../../kernel/host.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { serveApp } from './http-app.ts';

const documentRoot = '/usr/share/nginx/html';

const welcome = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
</body>
</html>
`;

export const nginx: Program = {
  name: 'nginx',
  *main(host) {
    const version = host.env['NGINX_VERSION'] ?? '1.29.3';
    host.usage.memoryBytes = 6 * 1024 * 1024;
    host.output.write('/docker-entrypoint.sh: Configuration complete; ready for start up\n');
    const ports = configuredPorts(host);
    const code = yield* serveApp(
      host,
      ports,
      (request) => answer(host, request, version),
      (request, response, remote) => host.output.write(accessLine(host, request, response, remote)),
    );
    return code;
  },
};

function configuredPorts(host: Host): readonly number[] {
  const conf = host.disk.readText('/etc/nginx/conf.d/default.conf') ?? host.disk.readText('/etc/nginx/nginx.conf') ?? '';
  const found = [...conf.matchAll(/\blisten\s+(?:[\d.]+:)?(\d+)/g)].map((match) => Number(match[1]));
  return found.length > 0 ? [...new Set(found)] : [80];
}

function answer(host: Host, request: HttpRequest, version: string): HttpResponse {
  const headers = { server: `nginx/${version}`, 'content-type': 'text/html' };
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, headers, body: errorPage(405, 'Not Allowed', version) };
  const file = request.path.endsWith('/') ? `${request.path}index.html` : request.path;
  const text = host.disk.readText(documentRoot + file);
  if (text !== undefined) return { status: 200, headers, body: text };
  // A volume mounted over the document root hides the page that the image brings.
  const isMounted = host.disk.exists(documentRoot);
  if (file === '/index.html' && !isMounted) return { status: 200, headers, body: welcome };
  return { status: 404, headers, body: errorPage(404, 'Not Found', version) };
}

function errorPage(status: number, text: string, version: string): string {
  return `<html>\n<head><title>${status} ${text}</title></head>\n<body>\n<center><h1>${status} ${text}</h1></center>\n<hr><center>nginx/${version}</center>\n</body>\n</html>\n`;
}

function accessLine(host: Host, request: HttpRequest, response: HttpResponse, remote: string): string {
  const client = remote.slice(0, remote.lastIndexOf(':'));
  const size = typeof response.body === 'string' ? response.body.length : 0;
  const agent = request.headers['user-agent'] ?? '-';
  return `${client} - - [${formatTime(host.clock.wallMs())}] "${request.method} ${request.path} HTTP/1.1" ${response.status} ${size} "-" "${agent}" "-"\n`;
}
