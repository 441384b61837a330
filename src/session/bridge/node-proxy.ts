// `kubectl proxy` over real sockets: what the plan lets through goes to the API server as it came, byte for byte, with the credentials of the kubeconfig.
import { createServer, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { bytesOfText } from '../../api/meta/byte-text.ts';
import { type ProxyPlan, refusal, type Route } from '../../programs/kubectl/commands/proxy.ts';
import { CommandError } from '../../programs/kubectl/errors.ts';
import { agentFor, credentialsOf, type NodeTarget } from './node-api-client.ts';

/** Ends only with what the server does: throws a CommandError when it cannot listen. */
export function serveProxy(target: NodeTarget, plan: ProxyPlan, listening: (where: string) => void): Promise<never> {
  const base = new URL(target.server);
  const agent = agentFor(target);
  const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
  const routeOf = (request: IncomingMessage): Route => plan.route(request.method ?? 'GET', pathOf(request), request.headers.host ?? '');

  /** The same request, to the API server. */
  const onward = (request: IncomingMessage, path: string, headers: OutgoingHttpHeaders) => {
    const query = (request.url ?? '').includes('?') ? (request.url as string).slice((request.url as string).indexOf('?')) : '';
    const prefix = plan.appendServerPath ? base.pathname.replace(/\/$/, '') : '';
    return send({ protocol: base.protocol, hostname: base.hostname.replace(/^\[|\]$/g, ''), port: base.port, method: request.method, path: `${prefix}${encoded(path)}${query}`, headers, ...(agent === undefined ? {} : { agent }) });
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const route = routeOf(request);
    if (route.to !== 'api') {
      const { status, headers, body } = route.to === 'file' ? plan.file(route.path) : refusal(route);
      response.writeHead(status, headers).end(bytesOfText(String(body)));
      return;
    }
    const outgoing = onward(request, route.path, headersOf(request, target));
    outgoing.on('response', (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.headers);
      incoming.pipe(response);
      incoming.on('error', () => response.destroy());
    });
    outgoing.on('error', (error) => {
      process.stderr.write(`error: ${error.message}\n`);
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(`${error.message}\n`);
    });
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  };

  /** WebSockets and SPDY: two sockets joined. */
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const route = routeOf(request);
    socket.on('error', () => socket.destroy());
    if (route.to !== 'api') return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    const outgoing = onward(request, route.path, { ...headersOf(request, target), connection: 'upgrade', upgrade: request.headers.upgrade });
    outgoing.on('upgrade', (incoming, far, farHead) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${rawHeaders(incoming)}\r\n`);
      socket.write(farHead);
      far.write(head);
      far.on('error', () => socket.destroy());
      socket.on('close', () => far.destroy());
      far.pipe(socket).pipe(far);
    });
    outgoing.on('response', (incoming) => {
      socket.write(`HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}\r\n${rawHeaders(incoming)}\r\n`);
      incoming.pipe(socket);
    });
    outgoing.on('error', () => socket.destroy());
    outgoing.end();
  };

  return new Promise((_, reject) => {
    const server = createServer(answer);
    server.on('upgrade', upgrade);
    server.on('error', (error: NodeJS.ErrnoException) => {
      const where = plan.unixSocket === '' ? `tcp ${plan.address}:${plan.port}` : `unix ${plan.unixSocket}`;
      reject(new CommandError(`listen ${where}: bind: ${error.code === 'EADDRINUSE' ? 'address already in use' : error.code === 'EACCES' ? 'permission denied' : error.code === 'EADDRNOTAVAIL' ? 'cannot assign requested address' : error.message}`));
    });
    const told = (): void => {
      const address = server.address();
      listening(typeof address === 'object' && address !== null ? (address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`) : plan.unixSocket);
    };
    if (plan.unixSocket === '') server.listen(plan.port, plan.address.replace(/^\[|\]$/g, ''), told);
    else server.listen(plan.unixSocket, told);
  });
}

/** Decoded, as the plan's expressions see it. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const path = url.split('?')[0] as string;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** As it goes into a request line: a `?` or `#` of a name is none of the address. */
const encoded = (path: string): string => encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23');

/** What the client said, but for who it is and the connection it came by. */
function headersOf({ headers }: IncomingMessage, target: NodeTarget): OutgoingHttpHeaders {
  const { host: _host, connection: _connection, authorization: _authorization, ...rest } = headers;
  return { ...Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('impersonate-'))), ...credentialsOf(target) };
}

function rawHeaders({ rawHeaders: pairs }: IncomingMessage): string {
  let text = '';
  for (let i = 0; i + 1 < pairs.length; i += 2) text += `${pairs[i]}: ${pairs[i + 1]}\r\n`;
  return text;
}
