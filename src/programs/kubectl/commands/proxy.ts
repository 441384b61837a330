// kubectl proxy: an HTTP server on this computer that hands requests on to the API server as the person of the kubeconfig. Follows
// kubectl/pkg/proxy: which hosts and paths are let through, prefixes, files beside the API.
import type { Task } from '../../../kernel/task.ts';
import { compileRegex, type Regex } from '../../../api/regex/regex.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { ApiStream } from '../../../client/contract.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { serveHttp, type StreamReply } from '../../../wire/http-server.ts';
import { absolute } from '../builder.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag, type ParsedFlags } from '../flags.ts';
import type { Kubectl } from '../kubectl.ts';

/** Where a request goes: `path` begins with `/`, of the API server or below the folder of files. */
export type Route = { readonly to: 'api' | 'file' | 'moved'; readonly path: string } | { readonly to: 'forbidden' | 'nowhere' };

/** What a proxy is told to do; real sockets and simulated ones do it alike. */
export interface ProxyPlan {
  readonly address: string;
  readonly port: number;
  /** '' for none. */
  readonly unixSocket: string;
  /** The path of the kubeconfig's server stands before every path. */
  readonly appendServerPath: boolean;
  route(method: string, path: string, hostHeader: string): Route;
  /** A file's content, as byte text, or the names in a folder. */
  file(path: string): HttpResponse;
}

const proxyFlags = [
  flag.string('accept-hosts', 'Regular expression for hosts that the proxy should accept.', { value: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$' }),
  flag.string('accept-paths', 'Regular expression for paths that the proxy should accept.', { value: '^.*' }),
  flag.string('address', 'The IP address on which to serve on.', { value: '127.0.0.1' }),
  flag.string('api-prefix', 'Prefix to serve the proxied API under.', { value: '/' }),
  flag.bool('append-server-path', 'If true, enables automatic path appending of the kube context server path to each request.'),
  flag.bool('disable-filter', 'If true, disable request filtering in the proxy. This is dangerous, and can leave you vulnerable to XSRF attacks, when used with an accessible port.'),
  flag.duration('keepalive', 'keepalive specifies the keep-alive period for an active network connection. Set to 0 to disable keepalive.', { value: '0s' }),
  flag.int('port', 'The port on which to run the proxy. Set to 0 to pick a random port.', { short: 'p', value: '8001' }),
  flag.string('reject-methods', "Regular expression for HTTP methods that the proxy should reject (example --reject-methods='POST,PUT,PATCH').", { value: '^$' }),
  flag.string('reject-paths', 'Regular expression for paths that the proxy should reject. Paths specified here will be rejected even accepted by --accept-paths.', { value: '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach' }),
  flag.string('unix-socket', 'Unix socket on which to run the proxy.', { short: 'u' }),
  flag.string('www', 'Also serve static files from the given directory under the specified prefix.', { short: 'w' }),
  flag.string('www-prefix', 'Prefix to serve static files under, if static file directory is specified.', { short: 'P', value: '/static/' }),
];

export const proxyCommand: Command = {
  name: 'proxy',
  use: 'proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix] [options]',
  short: 'Run a proxy to the Kubernetes API server',
  long: 'Serve the API on a port of this computer, as the person whom the kubeconfig names: what asks there needs no credentials. Files of a folder can be served beside it.',
  examples: '  # The whole API on localhost:8001\n  kubectl proxy\n\n  # On any free port, which is told\n  kubectl proxy --port=0\n\n  # The API below /custom/, and files beside it\n  kubectl proxy --api-prefix=/custom/ --www=./site --www-prefix=/site/',
  flags: proxyFlags,
  *run(k, flags) {
    if (flags.args.length > 0) throw new CommandError(`unexpected arguments: [${flags.args.join(' ')}]`);
    const plan = readPlan(k, flags);
    // The kubeconfig is read before anything listens.
    const { server } = k.target;
    if (k.outside.serveProxy !== undefined) yield* k.outside.serveProxy(k.target, plan, (where) => k.line(`Starting to serve on ${where}`));
    else yield* serveInWorld(k, plan, /^\w+:\/\/[^/]*(\/.*?)\/?$/.exec(server)?.[1] ?? '');
  },
};

function readPlan(k: Kubectl, flags: ParsedFlags): ProxyPlan {
  const port = flags.int('port');
  const unixSocket = flags.string('unix-socket');
  if (unixSocket !== '' && (flags.changed('port') || flags.changed('address'))) throw new CommandError('cannot set --unix-socket and --port or --address at the same time');
  const [acceptHosts, acceptPaths, rejectPaths, rejectMethods] = ['accept-hosts', 'accept-paths', 'reject-paths', 'reject-methods'].map((name) => patternsOf(flags.string(name))) as [Matcher, Matcher, Matcher, Matcher];
  const withSlash = (prefix: string): string => (prefix.endsWith('/') ? prefix : `${prefix}/`);
  const apiPrefix = withSlash(flags.string('api-prefix'));
  const filePrefix = withSlash(flags.string('www-prefix'));
  const folder = flags.string('www');
  const unfiltered = flags.bool('disable-filter');
  if (unfiltered) k.err(unixSocket === '' ? 'Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious' : '');
  if (folder !== '' && !k.host.disk.exists(absolute(k, folder)) && k.host.disk.list(absolute(k, folder)).length === 0) k.err(`Failed to stat static file directory ${folder}: stat ${folder}: no such file or directory`);
  return {
    address: flags.string('address'),
    port,
    unixSocket,
    appendServerPath: flags.bool('append-server-path'),
    route: (method, path, hostHeader) => {
      // As Go's ServeMux: doubled slashes are redirected to the path without, and the longer prefix wins.
      const clean = path.replace(/\/{2,}(?=[^?]*(\?|$))/g, '/');
      if (clean !== path && method !== 'CONNECT') return { to: 'moved', path: clean };
      const isFile = folder !== '' && path.startsWith(filePrefix) && !(path.startsWith(apiPrefix) && apiPrefix.length > filePrefix.length);
      if (isFile) return { to: 'file', path: path.slice(filePrefix.length - 1) };
      if (!path.startsWith(apiPrefix)) return { to: 'nowhere' };
      // A prefix that is part of the API's own paths stays.
      const inner = apiPrefix.startsWith('/api') ? path : path.slice(apiPrefix.length - 1);
      // net.SplitHostPort, brackets included.
      const parts = /^(?:\[([^\]]*)\]|([^:]*)):\d*$/.exec(hostHeader);
      const host = parts?.[1] ?? parts?.[2] ?? hostHeader;
      if (unfiltered || (!rejectPaths(inner) && !rejectMethods(method) && acceptPaths(inner) && acceptHosts(host))) return { to: 'api', path: inner };
      return { to: 'forbidden' };
    },
    file: (path) => readFile(k, absolute(k, folder), path),
  };
}

type Matcher = (text: string) => boolean;

/** A comma list of expressions, of which one must match. */
function patternsOf(text: string): Matcher {
  const patterns: Regex[] = [];
  for (const each of text === '' ? [] : text.split(',')) {
    const compiled = compileRegex(each);
    if ('problem' in compiled) throw new CommandError(`Error compiling re: error parsing regexp: ${compiled.problem}`);
    patterns.push(compiled);
  }
  return (candidate) => patterns.some((pattern) => pattern.test(candidate));
}

const types: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', htm: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', json: 'application/json', svg: 'image/svg+xml', png: 'image/png', jpg: 'image/jpeg', txt: 'text/plain; charset=utf-8' };
const plain = (status: number, body: string): HttpResponse => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, body: `${body}\n` });

/** What stands for a request that goes nowhere. */
export const refusal = (route: Route): HttpResponse => (route.to === 'moved' ? { status: 301, headers: { location: route.path }, body: '' } : route.to === 'forbidden' ? plain(403, 'Forbidden') : plain(404, '404 page not found'));

/** As Go's http.FileServer: index.html stands for its folder, which is listed where there is none. */
function readFile(k: Kubectl, folder: string, path: string): HttpResponse {
  const inside: string[] = [];
  for (const part of path.split('/')) if (part === '..') inside.pop();
  else if (part !== '' && part !== '.') inside.push(part);
  const full = [folder.replace(/\/$/, ''), ...inside].join('/');
  const { disk } = k.host;
  const file = disk.readText(full);
  if (file !== undefined) return { status: 200, headers: { 'content-type': types[full.slice(full.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8' }, body: file };
  const below = disk.list(full);
  if (below.length === 0) return plain(404, '404 page not found');
  if (!path.endsWith('/')) return { status: 301, headers: { location: `${inside.at(-1) ?? ''}/` }, body: '' };
  const index = disk.readText(`${full}/index.html`);
  if (index !== undefined) return { status: 200, headers: { 'content-type': types['html'] as string }, body: index };
  const names = new Set(below.map((each) => each.slice(full.length + 1)).map((each) => (each.includes('/') ? each.slice(0, each.indexOf('/') + 1) : each)).filter((each) => each !== '.folder'));
  const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
  return { status: 200, headers: { 'content-type': types['html'] as string }, body: `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${[...names].sort().map((name) => `<a href="${encodeURIComponent(name).replaceAll('%2F', '/')}">${escaped(name)}</a>\n`).join('')}</pre>\n` };
}

// ---------------------------------------------------------------- on the simulated network

function* serveInWorld(k: Kubectl, plan: ProxyPlan, serverPath: string): Task<void> {
  const { host } = k;
  if (plan.unixSocket !== '') throw new CommandError('unix sockets are not served here');
  const port = plan.port === 0 ? 30_000 + host.random.below(20_000) : plan.port;
  const where = `${plan.address}:${port}`;
  let listener;
  try {
    listener = host.network.listen(plan.address === '0.0.0.0' ? `:${port}` : where, { family: 'client' });
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    throw new CommandError(error.code === 'EADDRINUSE' ? `listen tcp ${where}: bind: address already in use` : `listen tcp ${where}: bind: cannot assign requested address`);
  }
  k.line(`Starting to serve on ${where}`);
  yield* serveHttp(host, listener, (request) => answer(k, plan, plan.appendServerPath ? serverPath : '', request));
}

/** What is said anew to the API server, or is none of its business. */
const own = /^(host|connection|authorization|impersonate-.*|content-length)$/i;

function* answer(k: Kubectl, plan: ProxyPlan, serverPath: string, request: HttpRequest): Task<HttpResponse | StreamReply> {
  const route = plan.route(request.method, request.path, request.headers['host'] ?? plan.address);
  if (route.to === 'file') return plan.file(route.path);
  if (route.to !== 'api') return refusal(route);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !own.test(name)));
  const query: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of request.query) (query[name] ??= []).push(value);
  let stream: ApiStream;
  try {
    stream = yield* k.stream(request.method, serverPath + route.path, query, request.body, headers);
  } catch (error) {
    if (error instanceof ApiError) return { status: error.code, headers: { 'content-type': 'application/json' }, body: error.status };
    if (error instanceof NetworkError) return plain(502, error.message);
    throw error;
  }
  if (!stream.open) return stream.response;
  return {
    response: stream.response,
    *run(down) {
      try {
        while (stream.open) {
          const frame = yield* stream.receive();
          if (frame !== undefined) down.send(frame);
        }
      } finally {
        stream.close();
      }
    },
  };
}
