// The Corefile, as far as our CoreDNS obeys it. Pure.

export interface Corefile {
  readonly port: number;
  /** Zones of the kubernetes plugin, e.g. cluster.local, in-addr.arpa. */
  readonly zones: readonly string[];
  readonly ttl: number;
  /** Outside a pod: whom the kubernetes plugin asks, and as who. */
  readonly kubeconfig: string | undefined;
  readonly pods: 'disabled' | 'insecure' | 'verified';
  /** `/etc/resolv.conf` or addresses. */
  readonly forward: readonly string[];
  readonly healthPort: number | undefined;
  readonly readyPort: number | undefined;
  readonly metricsPort: number | undefined;
  readonly lameduckMs: number;
  readonly log: boolean;
  /** Names of the hosts plugin. */
  readonly hosts: ReadonlyMap<string, string>;
}

/** Reads the first server block. Throws a plain Error in CoreDNS's words. */
export function parseCorefile(text: string): Corefile {
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, '').trim());
  let port = 53;
  let zones: string[] = [];
  let ttl = 5;
  let kubeconfig: string | undefined;
  let pods: Corefile['pods'] = 'disabled';
  let forward: string[] = [];
  let healthPort: number | undefined;
  let readyPort: number | undefined;
  let metricsPort: number | undefined;
  let lameduckMs = 0;
  let log = false;
  const hosts = new Map<string, string>();
  let depth = 0;
  let plugin = '';
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const words = line.split(/\s+/);
    if (line === '}') {
      depth--;
      if (depth < 0) throw new Error(`Corefile:${index + 1} - Error during parsing: Unexpected '}' because no matching opening brace`);
      if (depth === 0) break;
      plugin = '';
      continue;
    }
    const opens = words[words.length - 1] === '{';
    if (opens) words.pop();
    const [name = '', ...rest] = words;
    if (depth === 0) port = Number(/:(\d+)$/.exec(name)?.[1] ?? 53);
    else if (depth === 1) {
      plugin = name;
      const own = rest[0]?.replace(/^:/, '');
      if (!known.has(name)) throw new Error(`Corefile:${index + 1} - Error during parsing: Unknown directive '${name}'`);
      if (name === 'kubernetes') zones = rest;
      if (name === 'forward') forward = rest.slice(1);
      if (name === 'health') healthPort = Number(own ?? 8080);
      if (name === 'ready') readyPort = Number(own ?? 8181);
      if (name === 'prometheus') metricsPort = Number(own ?? 9153);
      if (name === 'log') log = true;
    } else {
      if (plugin === 'kubernetes' && name === 'ttl') ttl = Number(rest[0]);
      if (plugin === 'kubernetes' && name === 'kubeconfig') kubeconfig = rest[0];
      if (plugin === 'kubernetes' && name === 'pods') pods = rest[0] as Corefile['pods'];
      if (plugin === 'health' && name === 'lameduck') lameduckMs = Number(rest[0]?.replace('s', '')) * 1000;
      if (plugin === 'hosts' && name !== 'fallthrough') for (const host of rest) hosts.set(host.toLowerCase(), name);
    }
    if (opens) depth++;
  }
  if (depth > 0) throw new Error(`Corefile:${lines.length} - Error during parsing: Unexpected EOF, expecting '}'`);
  return { port, zones, ttl, kubeconfig, pods, forward, healthPort, readyPort, metricsPort, lameduckMs, log, hosts };
}

const known = new Set(['errors', 'health', 'ready', 'kubernetes', 'prometheus', 'forward', 'cache', 'loop', 'reload', 'loadbalance', 'log', 'hosts', 'rewrite', 'template', 'bind', 'autopath', 'debug', 'file', 'import']);
