// Pages of other origins must not reach the cluster through a person's browser, whether by its name or by a name that is made to point here
// (DNS rebinding): requests are taken only for hosts and from origins that are this machine's own.
import type { IncomingMessage } from 'node:http';
import type { OutsideRequestHead } from '../protocol.ts';

/** The head as the cluster shall see it, or why nobody inside is asked. */
export type Admit = (incoming: IncomingMessage, head: OutsideRequestHead) => OutsideRequestHead | { readonly code: number; readonly reason: string; readonly message: string };

const loopback = ['localhost', '127.0.0.1', '::1'];

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

export class AccessRules {
  private readonly allowed: ReadonlySet<string>;

  constructor(hosts: readonly string[]) {
    this.allowed = new Set([...loopback, ...hosts].map((host) => host.toLowerCase()));
  }

  /** Why this request is not taken; undefined when it is. */
  refuse(incoming: IncomingMessage): string | undefined {
    const given = incoming.headers.host ?? '';
    const host = nameOf(given);
    if (!this.allowed.has(host)) return `the host ${JSON.stringify(host)} is not served here; name it with --allow-host`;
    const site = incoming.headers['sec-fetch-site'];
    // A person may follow a link to here; no page may load from here what is not its own.
    if ((site === 'cross-site' || site === 'same-site') && incoming.headers['sec-fetch-mode'] !== 'navigate') return 'requests from other sites are not served here';
    const { origin } = incoming.headers;
    if (origin === undefined) return undefined;
    try {
      const { host: from, port } = new URL(origin);
      // Another port is another page's. Programs that are no browsers say `http://localhost` (WebSockets in Go): a port that only root may serve.
      if (from.toLowerCase() === given.toLowerCase() || (port === '' && isLoopback(from))) return undefined;
    } catch {
      // Not a URL: foreign.
    }
    return `requests from the origin ${JSON.stringify(origin)} are not served here`;
  }
}

/** The name in `name:port`, `[::1]:port` or `name`. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d+$/, '')).toLowerCase();
}
