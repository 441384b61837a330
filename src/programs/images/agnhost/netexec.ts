// `agnhost netexec`: answers over HTTP and UDP who it is, who asks, what it is told; dials others, runs commands, ends when asked to.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { formatTime } from '../../../api/meta/time.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import type { Peer } from '../../../wire/http-server.ts';
import { resolve } from '../../../wire/dns-resolver.ts';
import { type Flags, parseGoDuration } from './flags.ts';
import { ask, get, isRefusal, openDatagrams, openDoors, parseQuery, query, reply } from './serve.ts';

export function* serveNetexec(host: Host, flags: Flags): Task<number> {
  const terminate = host.signals.catchTerminate();
  const port = flags.number('http-port', 8080);
  const udpPort = flags.number('udp-port', 8081);
  const override = flags.text('http-override', '');
  const ending = host.tasks.mailbox<number>();
  const certificate = flags.text('tls-cert-file', '');
  try {
    host.output.error(`Started HTTP server on port ${port}\n`);
    openDoors(host, [{ port, ...(certificate === '' ? {} : { tls: { certificate, key: flags.text('tls-private-key-file', '') } }) }], (request, peer) => {
      const [path = '', search = ''] = override.split('?');
      return answer(host, override === '' ? request : { ...request, path, query: parseQuery(search) }, peer, (code) => ending.put(code));
    });
    if (udpPort > 0) {
      openDatagrams(host, udpPort, (text, remote) => answerDatagram(host, text, remote));
      host.output.error(`Started UDP server on port ${udpPort}\n`);
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    host.output.error(`${error.message}\n`);
    return 1;
  }
  const ended = yield* host.tasks.race<number | void | undefined>(ending.take(), terminate.wait());
  return typeof ended.value === 'number' ? ended.value : 0;
}

function answerDatagram(host: Host, text: string, remote: string): string | undefined {
  const said = text.trim();
  if (/^host(n|N)ame$/.test(said)) return host.hostname;
  if (said.startsWith('echo ')) return said.slice(5);
  if (said === 'clientip') return remote;
  return undefined;
}

/** `end` is told the exit code when the process is to end. */
function* answer(host: Host, request: HttpRequest, peer: Peer, end: (code: number) => void): Task<HttpResponse> {
  host.usage.cpuMs += 0.2;
  const search = request.query.map(([name, value]) => `${name}=${value}`).join('&');
  host.output.error(`GET ${request.path}${search === '' ? '' : `?${search}`}\n`);
  switch (request.path) {
    case '/clientip':
      return reply(200, peer.remote);
    case '/serverport':
      return reply(200, peer.local.slice(peer.local.lastIndexOf(':') + 1));
    case '/hostname':
    case '/hostName':
      return reply(200, host.hostname);
    case '/healthz':
      return reply(200, '');
    case '/header':
      return reply(200, request.headers[query(request, 'key').toLowerCase()] ?? '');
    case '/echo':
      return echo(request);
    case '/redirect':
      return reply(Number(query(request, 'code')) || 302, '', { location: query(request, 'location') });
    case '/dial':
      return yield* dial(host, request);
    case '/shell':
      return yield* runShell(host, query(request, 'shellCommand') || query(request, 'cmd'));
    case '/upload':
      return upload(host, request);
    case '/shutdown':
      end(0);
      return reply(200, '');
    case '/exit':
      return yield* exit(host, request, end);
    default:
      return reply(200, `NOW: ${formatTime(host.clock.wallMs())}`);
  }
}

function echo(request: HttpRequest): HttpResponse {
  const code = query(request, 'code');
  if (code !== '' && !/^\d+$/.test(code)) return reply(200, `argument 'code' must be an integer or empty, got ${JSON.stringify(code)}\n`);
  const body = request.method === 'POST' && typeof request.body === 'string' && query(request, 'msg') === '' ? (parseQuery(request.body).find(([name]) => name === 'msg')?.[1] ?? '') : query(request, 'msg');
  return reply(code === '' ? 200 : Number(code), body);
}

function* exit(host: Host, request: HttpRequest, end: (code: number) => void): Task<HttpResponse> {
  for (const name of ['timeout', 'wait']) {
    const value = query(request, name);
    if (value !== '' && parseGoDuration(value) === undefined) return reply(200, `argument '${name}' must be a valid golang duration or empty, got ${JSON.stringify(value)}\n`);
  }
  yield* host.clock.sleep(parseGoDuration(query(request, 'wait')) ?? 0);
  end(Number(query(request, 'code')) || 0);
  return reply(200, '');
}

/** Asks somebody else the same number of times, and tells all answers. */
function* dial(host: Host, request: HttpRequest): Task<HttpResponse> {
  const what = query(request, 'request');
  const protocol = query(request, 'protocol').toLowerCase();
  const tries = query(request, 'tries') === '' ? 1 : Number(query(request, 'tries'));
  if (!Number.isInteger(tries)) return reply(400, `tries parameter is invalid. strconv.Atoi: parsing ${JSON.stringify(query(request, 'tries'))}: invalid syntax\n`);
  if (what === '') return reply(400, 'request parameter not specified. <nil>\n');
  if (!['', 'http', 'udp'].includes(protocol)) return reply(400, `unsupported protocol. ${protocol}\n`);
  const responses: string[] = [];
  const errors: string[] = [];
  let target: string;
  try {
    target = `${(yield* resolve(host, query(request, 'host')))[0] ?? ''}:${query(request, 'port')}`;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return reply(400, `host and/or port param are invalid. ${error.message}\n`);
  }
  for (let n = 0; n < tries; n++) {
    try {
      if (protocol === 'udp') {
        const said = yield* ask(host, target, what);
        if (said === undefined) errors.push("reading from udp connection failed. err:'read udp: i/o timeout'");
        else responses.push(said);
      } else responses.push((yield* get(host, target, what)).body);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      errors.push(error.message);
    }
  }
  return reply(200, JSON.stringify({ ...(errors.length > 0 ? { errors } : {}), ...(responses.length > 0 ? { responses } : {}) }));
}

function* runShell(host: Host, command: string): Task<HttpResponse> {
  let output = '';
  const child = host.spawnChild({ program: 'sh', args: ['-c', command], onOutput: (_, text) => (output += text) });
  const { code } = yield* child.wait();
  return reply(200, JSON.stringify({ ...(code === 0 ? {} : { error: `exit status ${code}` }), ...(output === '' ? {} : { output }) }));
}

function upload(host: Host, request: HttpRequest): HttpResponse {
  if (request.method !== 'POST' || request.body === undefined) return reply(200, JSON.stringify({ error: 'Unable to upload file.' }));
  const name = `upload${host.random.below(1_000_000_000)}`;
  host.disk.write(`/uploads/${name}`, typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
  return reply(200, JSON.stringify({ output: name }));
}
