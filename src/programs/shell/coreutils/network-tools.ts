// curl wget nslookup dig host ping nc ip ss: how people look at the network, on machines and in containers.
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Connection, Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { DnsError, isAddress, parseResolvConf, resolve, reverseName } from '../../../wire/dns-resolver.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { absolutePath, readFileText } from '../files.ts';
import { osOf } from '../shell.ts';
import { applet, getopt } from './applet.ts';

interface Url {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly query: HttpRequest['query'];
}

export function parseUrl(text: string): Url | undefined {
  const match = /^(?:(https?):\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/.exec(text);
  if (match === null) return undefined;
  const secure = match[1] === 'https';
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part.replace(/\+/g, ' '));
    } catch {
      return part;
    }
  };
  const query = (match[5] ?? '').split('&').filter((part) => part !== '').map((part) => {
    const equals = part.indexOf('=');
    return [decode(equals < 0 ? part : part.slice(0, equals)), equals < 0 ? '' : decode(part.slice(equals + 1))] as const;
  });
  return { secure, host: match[2] as string, port: match[3] === undefined ? (secure ? 443 : 80) : Number(match[3]), path: match[4] === '' || match[4] === undefined ? '/' : match[4], query };
}

export function bodyText(body: unknown): string {
  if (body === undefined || body === null) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

interface Fetched {
  readonly response: HttpResponse;
  readonly address: string;
}

function* fetch(host: Host, url: Url, request: { readonly method: HttpRequest['method']; readonly headers: Readonly<Record<string, string>>; readonly body?: string }, connectMs: number, totalMs: number | undefined): Task<Fetched> {
  const addresses = yield* resolve(host, url.host.replace(/^\[|\]$/g, ''));
  const address = addresses[0] as string;
  const client = new HttpClient(host, `${address}:${url.port}`, { ...(url.secure ? { tls: {} } : {}), family: 'data', dialTimeoutMs: connectMs, serverName: url.host });
  try {
    const response = yield* client.call(
      { method: request.method, path: url.path, query: url.query, headers: { host: url.port === 80 || url.port === 443 ? url.host : `${url.host}:${url.port}`, ...request.headers }, ...(request.body === undefined ? {} : { body: request.body }) },
      { note: `${request.method} ${url.path}`, ...(totalMs === undefined ? {} : { timeoutMs: totalMs }) },
    );
    return { response, address };
  } finally {
    client.close();
  }
}

const reasons: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable' };

/** Status line and headers as they would stand on the wire, with the empty line that ends them. */
function headOf(response: HttpResponse): string {
  const headers = Object.entries(response.headers).map(([name, value]) => `${name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase())}: ${value}\r\n`);
  return `HTTP/1.1 ${response.status} ${reasons[response.status] ?? ''}\r\n${headers.join('')}\r\n`;
}

const curl = applet('curl', function* (host, args) {
  const long: Record<string, string> = { '--silent': '-s', '--show-error': '-S', '--fail': '-f', '--head': '-I', '--include': '-i', '--insecure': '-k', '--verbose': '-v', '--location': '-L', '--request': '-X', '--header': '-H', '--data': '-d', '--output': '-o', '--max-time': '-m', '--write-out': '-w', '--user-agent': '-A' };
  // The curl image's entry point takes both `curl -s x` and `-s x`.
  const { flags, values, operands } = curlOptions((args[0] === 'curl' ? args.slice(1) : args).map((arg) => long[arg] ?? arg));
  const target = operands[0];
  if (target === undefined) {
    host.output.error("curl: try 'curl --help' for more information\n");
    return 2;
  }
  let url = parseUrl(target);
  if (url === undefined) {
    host.output.error('curl: (3) URL using bad/illegal format or missing URL\n');
    return 3;
  }
  const headers: Record<string, string> = { 'user-agent': 'curl/8.16.0', accept: '*/*' };
  for (const header of values.get('H') ?? []) headers[header.slice(0, header.indexOf(':')).trim().toLowerCase()] = header.slice(header.indexOf(':') + 1).trim();
  const data = values.get('d')?.join('&');
  const body = data?.startsWith('@') === true ? (readFileText(host.disk, absolutePath(host, data.slice(1))) ?? '') : data;
  const method = (values.get('X')?.[0] ?? (flags.has('I') ? 'HEAD' : body === undefined ? 'GET' : 'POST')) as HttpRequest['method'];
  if (body !== undefined && headers['content-type'] === undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  const connectMs = Number(values.get('--connect-timeout')?.[0] ?? 130) * 1000;
  const totalMs = values.has('m') ? Number(values.get('m')?.[0]) * 1000 : undefined;
  const silent = flags.has('s') && !flags.has('S');
  const fail = (code: number, text: string): number => {
    if (!silent) host.output.error(`curl: (${code}) ${text}\n`);
    return code;
  };
  const startedMs = host.clock.nowMs();
  let fetched: Fetched;
  for (let hops = 0; ; hops++) {
    try {
      fetched = yield* fetch(host, url, { method, headers, ...(body === undefined ? {} : { body }) }, totalMs === undefined ? connectMs : Math.min(connectMs, totalMs), totalMs);
    } catch (error) {
      return curlFailure(error, url, Math.round(host.clock.nowMs() - startedMs), fail);
    }
    const location = fetched.response.headers['location'];
    if (!flags.has('L') || location === undefined || fetched.response.status < 300 || fetched.response.status >= 400 || hops > 20) break;
    url = parseUrl(location.startsWith('/') ? `${url.secure ? 'https' : 'http'}://${url.host}:${url.port}${location}` : location) ?? url;
  }
  const { response } = fetched;
  const head = headOf(response);
  if (flags.has('v')) host.output.error(`* Connected to ${url.host} (${fetched.address}) port ${url.port}\n> ${method} ${url.path} HTTP/1.1\n${Object.entries(headers).map(([name, value]) => `> ${name}: ${value}\n`).join('')}>\n${head.replaceAll('\r', '').replace(/^(?=.)/gm, '< ')}`);
  if (flags.has('f') && response.status >= 400) return fail(22, `The requested URL returned error: ${response.status}`);
  let text = flags.has('I') ? head : (flags.has('i') ? head : '') + bodyText(response.body);
  if (flags.has('I')) text = head;
  const file = values.get('o')?.[0];
  if (file === undefined) host.output.write(text.replaceAll('\r', ''));
  else if (file !== '/dev/null') host.disk.write(absolutePath(host, file), text);
  const format = values.get('w')?.[0];
  if (format !== undefined) {
    const seconds = ((host.clock.nowMs() - startedMs) / 1000).toFixed(6);
    host.output.write(format.replace(/%\{(\w+)\}/g, (_, name: string) => ({ http_code: String(response.status).padStart(3, '0'), response_code: String(response.status), time_total: seconds, remote_ip: fetched.address, size_download: String(bodyText(response.body).length), url_effective: target })[name] ?? '').replace(/\\n/g, '\n').replace(/\\t/g, '\t'));
  }
  return 0;
});

function curlOptions(args: readonly string[]): { flags: Set<string>; values: Map<string, string[]>; operands: string[] } {
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const withValue = 'XHdomwAubTe';
  const put = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg.startsWith('--')) {
      if (['--connect-timeout', '--interface', '--retry', '--retry-delay', '--resolve', '--cacert', '--cert', '--key', '--data-raw', '--data-binary', '--url'].includes(arg)) {
        const value = args[++i] ?? '';
        if (arg.startsWith('--data')) put('d', value);
        else if (arg === '--url') operands.push(value);
        else put(arg, value);
      } else flags.add(arg);
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let k = 1; k < arg.length; k++) {
        const letter = arg[k] as string;
        if (withValue.includes(letter)) {
          put(letter, k + 1 < arg.length ? arg.slice(k + 1) : (args[++i] ?? ''));
          break;
        }
        flags.add(letter);
      }
    } else operands.push(arg);
  }
  return { flags, values, operands };
}

function curlFailure(error: unknown, url: Url, elapsedMs: number, fail: (code: number, text: string) => number): number {
  if (error instanceof DnsError) return error.isNotFound ? fail(6, `Could not resolve host: ${url.host}`) : fail(28, `Resolving timed out after ${elapsedMs} milliseconds`);
  if (!(error instanceof NetworkError)) {
    const text = error instanceof Error ? error.message : String(error);
    if (/x509|tls/.test(text)) return fail(60, `SSL certificate problem: ${text}`);
    throw error;
  }
  if (error.code === 'ECONNREFUSED') return fail(7, `Failed to connect to ${url.host} port ${url.port} after ${elapsedMs} ms: Could not connect to server`);
  if (error.code === 'ECONNRESET') return fail(56, 'Recv failure: Connection reset by peer');
  if (error.code === 'ETIMEDOUT') return fail(28, `Connection timed out after ${elapsedMs} milliseconds`);
  return fail(7, `Failed to connect to ${url.host} port ${url.port} after ${elapsedMs} ms: ${error.code === 'EHOSTUNREACH' ? 'No route to host' : 'Could not connect to server'}`);
}

const wget = applet('wget', function* (host, args) {
  const { flags, values, operands } = getopt(args, 'O:T:t:');
  const target = operands[0];
  const url = target === undefined ? undefined : parseUrl(target);
  if (url === undefined || target === undefined) {
    host.output.error('wget: missing URL\n');
    return 1;
  }
  const quiet = flags.has('q');
  const timeoutMs = Number(values.get('T') ?? values.get('timeout') ?? 900) * 1000;
  let fetched: Fetched;
  try {
    if (!quiet) {
      const addresses = yield* resolve(host, url.host);
      host.output.error(`Connecting to ${url.host} (${addresses[0]}:${url.port})\n`);
    }
    fetched = yield* fetch(host, url, { method: flags.has('spider') ? 'HEAD' : values.has('post-data') ? 'POST' : 'GET', headers: { 'user-agent': 'Wget' }, ...(values.has('post-data') ? { body: values.get('post-data') as string } : {}) }, timeoutMs, timeoutMs);
  } catch (error) {
    if (error instanceof DnsError) host.output.error(`wget: bad address '${url.host}'\n`);
    else if (error instanceof NetworkError && error.code === 'ETIMEDOUT') host.output.error('wget: download timed out\n');
    else if (error instanceof NetworkError) host.output.error(`wget: can't connect to remote host (${url.host}): ${error.code === 'ECONNREFUSED' ? 'Connection refused' : error.code === 'ECONNRESET' ? 'Connection reset by peer' : 'No route to host'}\n`);
    else host.output.error(`wget: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const { response } = fetched;
  // busybox indents each line, also the empty one at the end.
  if (flags.has('S') || flags.has('server-response')) host.output.error(headOf(response).replaceAll('\r', '').replace(/^/gm, '  ').trimEnd() + '\n  \n');
  if (response.status >= 400) {
    host.output.error(`wget: server returned error: HTTP/1.1 ${response.status} ${reasons[response.status] ?? ''}\n`);
    return 1;
  }
  if (flags.has('spider')) return 0;
  const text = bodyText(response.body);
  const file = values.get('O') ?? (url.path.split('/').pop() || 'index.html');
  if (file === '-') host.output.write(text);
  else {
    if (file !== '/dev/null') host.disk.write(absolutePath(host, file), text);
    if (!quiet) host.output.error(`saving to '${file}'\n${file.padEnd(20)} 100% |********************************| ${String(text.length).padStart(5)}  0:00:00 ETA\n'${file}' saved\n`);
  }
  return 0;
});

function serverOf(host: Host): string {
  return parseResolvConf(host.disk.readText('/etc/resolv.conf') ?? '').servers[0] ?? '127.0.0.1';
}

const nslookup = applet('nslookup', function* (host, args) {
  const operands = args.filter((arg) => !arg.startsWith('-'));
  const type = (args.find((arg) => /^-(query|type|q)=/.test(arg))?.split('=')[1] ?? 'A').toUpperCase();
  const name = operands[0];
  if (name === undefined) {
    host.output.error('usage: nslookup [HOST] [SERVER]\n');
    return 1;
  }
  const server = serverOf(host);
  host.output.write(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  try {
    const reverse = isAddress(name);
    const wanted = reverse ? 'PTR' : type === 'SRV' || type === 'TXT' || type === 'PTR' ? type : 'A';
    const values = yield* resolve(host, reverse ? `${reverseName(name)}.` : name, wanted);
    for (const value of values) host.output.write(reverse ? `${reverseName(name)}\tname = ${value}\n` : wanted === 'A' ? `Name:\t${name}\nAddress: ${value}\n` : `${name}\t${wanted === 'SRV' ? 'service' : 'text'} = ${value}\n`);
    host.output.write('\n');
    return 0;
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    host.output.write(error.isNotFound ? `** server can't find ${name}: NXDOMAIN\n\n` : `;; connection timed out; no servers could be reached\n\n`);
    return 1;
  }
});

const dig = applet('dig', function* (host, args) {
  const words = args.filter((arg) => !arg.startsWith('+') && !arg.startsWith('@') && !arg.startsWith('-'));
  const short = args.includes('+short');
  const type = words.find((word) => ['A', 'SRV', 'PTR', 'TXT', 'AAAA', 'CNAME'].includes(word.toUpperCase()))?.toUpperCase() ?? 'A';
  const name = words.find((word) => word.toUpperCase() !== type) ?? '';
  const search = args.includes('+search');
  try {
    const values = yield* resolve(host, search || isAddress(name) ? name : `${name.replace(/\.$/, '')}.`, type as 'A');
    if (short) host.output.write(values.map((value) => `${value}\n`).join(''));
    else if (args.includes('+noall')) host.output.write(values.map((value) => `${name.replace(/\.$/, '')}.\t30\tIN\t${type}\t${value}\n`).join(''));
    else host.output.write(`;; ANSWER SECTION:\n${values.map((value) => `${name.replace(/\.$/, '')}.\t30\tIN\t${type}\t${value}\n`).join('')}\n;; SERVER: ${serverOf(host)}#53(${serverOf(host)}) (UDP)\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    if (args.includes('+noall') && error.isNotFound) return 0;
    if (!short || !error.isNotFound) host.output.write(error.isNotFound ? `;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN\n\n;; QUESTION SECTION:\n;${name}.\tIN\t${type}\n` : ';; communications error: timed out\n;; no servers could be reached\n');
    return error.isNotFound ? 0 : 9;
  }
});

/** The world has no ICMP: what answers at all refuses or accepts a connection to port 7, and that is as good as an echo. */
const ping = applet('ping', function* (host, args) {
  const { values, operands } = getopt(args, 'c:i:W:w:');
  const name = operands[0] ?? '';
  let address: string;
  try {
    address = (yield* resolve(host, name))[0] as string;
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    host.output.error(`ping: bad address '${name}'\n`);
    return 1;
  }
  host.output.write(`PING ${name} (${address}): 56 data bytes\n`);
  const count = values.has('c') ? Number(values.get('c')) : Infinity;
  let received = 0;
  let sent = 0;
  for (; sent < count; sent++) {
    if (sent > 0) yield* host.clock.sleep(Number(values.get('i') ?? 1) * 1000);
    const startedMs = host.clock.nowMs();
    let alive = true;
    try {
      const connection: Connection = yield* host.network.dial(`${address}:7`, { timeoutMs: Number(values.get('W') ?? 1) * 1000 });
      connection.close();
    } catch (error) {
      alive = error instanceof NetworkError && error.code === 'ECONNREFUSED';
    }
    if (alive) {
      received++;
      host.output.write(`64 bytes from ${address}: seq=${sent} ttl=64 time=${(host.clock.nowMs() - startedMs).toFixed(3)} ms\n`);
    }
  }
  host.output.write(`\n--- ${name} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${sent === 0 ? 0 : Math.round(((sent - received) / sent) * 100)}% packet loss\n`);
  return received > 0 ? 0 : 1;
});

function* receiveAll(host: Host, connection: Connection): Task<void> {
  for (;;) {
    const message = yield* connection.receive();
    if (message === undefined) return;
    host.output.write(typeof message === 'string' ? message : `${JSON.stringify(message)}\n`);
  }
}

/** `getent hosts NAME`: as the resolver sees it. */
const getent = applet('getent', function* (host, args) {
  const [database = '', name = ''] = args;
  if (!['hosts', 'ahosts', 'ahostsv4'].includes(database)) {
    host.output.error(`Unknown database: ${database}\n`);
    return 1;
  }
  try {
    for (const address of yield* resolve(host, name)) host.output.write(`${address.padEnd(15)} ${name}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return 2;
  }
});

const nc = applet('nc', function* (host, args) {
  const { flags, values, operands } = getopt(args, 'w:p:');
  if (flags.has('l')) {
    const port = values.get('p') ?? operands[0] ?? '0';
    const listener = host.network.listen(`:${port}`, { family: 'data' });
    const connection = yield* listener.accept();
    listener.close();
    if (connection === undefined) return 1;
    for (;;) {
      const message = yield* connection.receive();
      if (message === undefined) return 0;
      host.output.write(typeof message === 'string' ? message : `${JSON.stringify(message)}\n`);
    }
  }
  const [name = '', port = ''] = operands;
  try {
    const address = (yield* resolve(host, name))[0] as string;
    const connection = yield* host.network.dial(`${address}:${port}`, { family: 'data', timeoutMs: Number(values.get('w') ?? 30) * 1000, ...(flags.has('u') ? { transport: 'udp' as const } : {}) });
    if (flags.has('v') || flags.has('z')) host.output.error(`${name} (${address}:${port}) open\n`);
    if (flags.has('z')) {
      connection.close();
      return 0;
    }
    const answered = host.tasks.spawn('nc', receiveAll(host, connection));
    for (;;) {
      const chunk = yield* host.input.read();
      if (chunk === undefined) break;
      connection.send(chunk);
    }
    // What comes back is waited for as long as it was said, or until the other side closes.
    yield* host.tasks.timeout(Number(values.get('w') ?? 1) * 1000, answered.join());
    connection.close();
    return 0;
  } catch (error) {
    if (error instanceof DnsError) host.output.error(`nc: bad address '${name}'\n`);
    else if (error instanceof NetworkError) host.output.error(`nc: ${name} (${port}): ${error.code === 'ECONNREFUSED' ? 'Connection refused' : error.code === 'ETIMEDOUT' ? 'Operation timed out' : 'Host is unreachable'}\n`);
    else throw error;
    return 1;
  }
});

const ip = applet('ip', function* (host, args) {
  const what = args.find((arg) => !arg.startsWith('-')) ?? 'addr';
  const os = osOf(host);
  if (what.startsWith('l') && ['add', 'del', 'delete', 'set'].includes(args[args.indexOf(what) + 1] ?? '')) {
    host.output.error(os === undefined ? 'ip: RTNETLINK answers: Operation not permitted\n' : 'ip: RTNETLINK answers: Operation not supported\n');
    return 2;
  }
  if ('route'.startsWith(what) && what !== 'a') {
    for (const route of os?.routes() ?? []) host.output.write(`${route.destination}${route.via === undefined ? '' : ` via ${route.via}`}${route.namespace === undefined ? '' : ` dev cali-${route.namespace.slice(0, 11)}`} proto ${route.owner === 'calico' ? 'bird' : 'kernel'}\n`);
    if (os === undefined) host.output.write(`default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n`);
    return 0;
  }
  host.output.write('1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    inet 127.0.0.1/8 scope host lo\n');
  host.network.addresses.filter((address) => !address.startsWith('127.')).forEach((address, index) => host.output.write(`${index + 2}: eth${index}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n    inet ${address}/${host.network.namespace === '' || os !== undefined ? 24 : 32} scope global eth${index}\n`));
  return yield* done();
});

function* done(): Task<number> {
  return 0;
}

/** `iptables-save`, thinned to the Services: what kube-proxy programmed. */
const iptablesSave = applet('iptables-save', function* (host) {
  const os = osOf(host);
  if (os === undefined) {
    host.output.error('iptables-save: Permission denied (you must be root)\n');
    return 4;
  }
  host.output.write('*nat\n');
  for (const set of os.nat()) {
    for (const service of set.services) {
      const [address, port] = [service.address.slice(0, service.address.lastIndexOf(':')), service.address.slice(service.address.lastIndexOf(':') + 1)];
      const count = service.backends.length;
      if (count === 0) host.output.write(`-A KUBE-SERVICES -d ${address}/32 -p ${service.transport} -m comment --comment "${service.name} has no endpoints" -m ${service.transport} --dport ${port} -j REJECT\n`);
      service.backends.forEach((backend, index) => host.output.write(`-A KUBE-SVC -d ${address}/32 -p ${service.transport} -m comment --comment "${service.name} -> ${backend}" --dport ${port}${index < count - 1 ? ` -m statistic --mode random --probability ${(1 / (count - index)).toFixed(11)}` : ''} -j DNAT --to-destination ${backend}\n`));
    }
  }
  host.output.write('COMMIT\n');
  return yield* done();
});

export const networkTools: readonly Program[] = [curl, wget, nslookup, dig, ping, nc, getent, ip, iptablesSave];
