// The stub resolver of every program: /etc/hosts, then the name servers of /etc/resolv.conf, with search domains, ndots, time-outs and retries.
import type { Host } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import type { DnsAnswer, DnsQuery } from './dns.ts';

/** `message` reads as Go prints it: `lookup web on 10.96.0.10:53: no such host`. */
export class DnsError extends Error {
  readonly isNotFound: boolean;
  readonly isTimeout: boolean;
  constructor(message: string, isNotFound: boolean, isTimeout: boolean) {
    super(message);
    this.name = 'DnsError';
    this.isNotFound = isNotFound;
    this.isTimeout = isTimeout;
  }
}

export interface ResolverConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly ndots: number;
  readonly timeoutMs: number;
  readonly attempts: number;
}

export function parseResolvConf(text: string): ResolverConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let ndots = 1;
  let timeoutMs = 5000;
  let attempts = 2;
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.replace(/[#;].*$/, '').trim().split(/\s+/);
    if (word === 'nameserver' && rest[0] !== undefined) servers.push(rest[0]);
    if (word === 'search' || word === 'domain') searches = rest;
    if (word !== 'options') continue;
    for (const option of rest) {
      const [name, value] = option.split(':');
      const number = Number(value);
      if (!(number >= 0)) continue;
      if (name === 'ndots') ndots = number;
      if (name === 'timeout' && number > 0) timeoutMs = number * 1000;
      if (name === 'attempts' && number > 0) attempts = number;
    }
  }
  return { servers, searches, ndots, timeoutMs, attempts };
}

/** Addresses that a hosts file gives to `name`. */
export function findInHosts(text: string, name: string): readonly string[] {
  const found: string[] = [];
  const wanted = name.toLowerCase();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (address !== undefined && address !== '' && names.some((each) => each.toLowerCase() === wanted)) found.push(address);
  }
  return found;
}

/** The full names to ask for, in order. */
export function computeCandidates(name: string, config: ResolverConfig): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const dots = name.split('.').length - 1;
  const searched = config.searches.map((domain) => `${name}.${domain}`);
  return dots >= config.ndots ? [name, ...searched] : [...searched, name];
}

export function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || (text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text));
}

/** `10.244.1.4` -> `4.1.244.10.in-addr.arpa`. */
export function reverseName(address: string): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
}

/** The values of the records of `name`. Throws DnsError when there are none. An address resolves to itself. */
export function* resolve(host: Host, name: string, type: DnsQuery['type'] = 'A'): Task<readonly string[]> {
  if (type === 'A') {
    if (isAddress(name)) return [name];
    const local = findInHosts(host.disk.readText('/etc/hosts') ?? '', name);
    if (local.length > 0) return local;
    if (name === 'localhost') return ['127.0.0.1'];
  }
  const config = parseResolvConf(host.disk.readText('/etc/resolv.conf') ?? '');
  const servers = config.servers.length > 0 ? config.servers : ['127.0.0.1'];
  let lastServer = servers[0] ?? '127.0.0.1';
  let failure: string | undefined;
  let timedOut = false;
  for (const candidate of computeCandidates(name, config)) {
    let answer: DnsAnswer | undefined;
    asking: for (let attempt = 0; attempt < config.attempts; attempt++) {
      for (const server of servers) {
        lastServer = server;
        const got = yield* ask(host, server, { name: candidate, type }, config.timeoutMs);
        if (got.answer === undefined) {
          failure = got.failure;
          timedOut = got.timedOut;
          continue;
        }
        if (got.answer.status === 'SERVFAIL' || got.answer.status === 'REFUSED') {
          failure = 'server misbehaving';
          timedOut = false;
          continue;
        }
        answer = got.answer;
        break asking;
      }
    }
    // As Go does: a server that does not answer ends the search; "no such name" goes on to the next domain.
    if (answer === undefined) throw new DnsError(`lookup ${name} on ${lastServer}:53: ${failure ?? 'server misbehaving'}`, false, timedOut);
    const values = answer.records.filter((record) => record.type === type).map((record) => record.value);
    if (values.length > 0) return values;
  }
  throw new DnsError(`lookup ${name} on ${lastServer}:53: no such host`, true, false);
}

function* ask(host: Host, server: string, question: { name: string; type: DnsQuery['type'] }, timeoutMs: number): Task<{ answer?: DnsAnswer; failure?: string; timedOut: boolean }> {
  const query: DnsQuery = { id: host.random.below(65536), ...question };
  const startedMs = host.clock.nowMs();
  try {
    const connection = yield* host.network.dial(`${server}:53`, { transport: 'udp', family: 'dns', timeoutMs });
    try {
      connection.send(query, `${query.type} ${query.name}`, 'dns');
      for (;;) {
        const leftMs = timeoutMs - (host.clock.nowMs() - startedMs);
        const answer = (leftMs > 0 ? yield* connection.receive(leftMs) : undefined) as DnsAnswer | undefined;
        if (answer === undefined) {
          if (!connection.open && connection.error !== undefined) return { failure: `read udp ${connection.local}->${server}:53: read: connection refused`, timedOut: false };
          return { failure: `read udp ${connection.local}->${server}:53: i/o timeout`, timedOut: true };
        }
        if (answer.id === query.id) return { answer, timedOut: false };
      }
    } finally {
      connection.close();
    }
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === undefined) throw error;
    // A datagram knows no connecting: what failed is said of the read, from a port of our own.
    const own = `${server.startsWith('127.') ? '127.0.0.1' : host.network.address}:${32_768 + host.random.below(28_000)}`;
    if (code === 'ECONNREFUSED') return { failure: `read udp ${own}->${server}:53: read: connection refused`, timedOut: false };
    if (code === 'ETIMEDOUT') return { failure: `read udp ${own}->${server}:53: i/o timeout`, timedOut: true };
    return { failure: (error as Error).message, timedOut: false };
  }
}
