// Who asks, and may he? As k8s.io/apiserver does for every server besides the API server: the front proxy says who; else a client certificate of the
// cluster's authority, else a token, which the API server reviews. What he may is asked of the API server, and remembered for ten seconds.
import type { Host } from '../kernel/host.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Task } from '../kernel/task.ts';
import type { HttpRequest } from '../wire/http.ts';
import type { Peer } from '../wire/http-server.ts';
import { decodeCertificates, verifyPeer } from '../wire/tls-handshake.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './contract.ts';

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly method: 'front-proxy' | 'certificate' | 'token' | 'anonymous';
}

export interface Verdict {
  readonly allowed: boolean;
  /** In the API server's words; '' when it says nothing. */
  readonly reason: string;
}

/** What he wants to do: something with a resource, or with a path that is none. */
export type Attributes =
  | { readonly verb: string; readonly group: string; readonly version: string; readonly resource: string; readonly subresource?: string; readonly namespace: string; readonly name: string }
  | { readonly verb: string; readonly path: string };

const rememberedMs = 10_000;
const extraPrefix = 'x-remote-extra-';
const listOf = (header: string | undefined): readonly string[] => (header ?? '').split(', ').filter((each) => each !== '');
const configMap = { group: '', version: 'v1', resource: 'configmaps' };

export class DelegatedAccess {
  private readonly host: Host;
  private readonly client: ApiClient;
  private data: Readonly<Record<string, string>> = {};
  private learnedMs = -Infinity;
  private readonly verdicts = new Map<string, Verdict & { readonly untilMs: number }>();

  constructor(host: Host, client: ApiClient) {
    this.host = host;
    this.client = client;
  }

  /** Reads whom the cluster believes, if that was not just done. Throws ApiError or NetworkError when it cannot be read. */
  *learn(): Task<void> {
    if (this.learnedMs + rememberedMs > this.host.clock.nowMs()) return;
    const found = yield* this.client.get(configMap, 'kube-system', 'extension-apiserver-authentication');
    this.learnedMs = this.host.clock.nowMs();
    this.data = (found as { readonly data?: Readonly<Record<string, string>> }).data ?? {};
  }

  /** undefined: nobody that is known. Throws ApiError or NetworkError when a token cannot be reviewed. */
  *user(request: HttpRequest, peer: Peer): Task<User | undefined> {
    const isSignedBy = (field: string): boolean => peer.certificate !== undefined && verifyPeer(peer.certificate, { trust: decodeCertificates(this.data[field] ?? ''), wallMs: this.host.clock.wallMs(), usage: 'client auth' }) === undefined;
    if (peer.certificate !== undefined && isSignedBy('requestheader-client-ca-file') && this.mayProxy(peer.certificate.subject.commonName)) {
      const proxied = userOfHeaders(request);
      if (proxied !== undefined) return proxied;
    }
    if (peer.certificate !== undefined && isSignedBy('client-ca-file')) return { name: peer.certificate.subject.commonName, groups: [...peer.certificate.subject.organizations, 'system:authenticated'], extra: {}, method: 'certificate' };
    const token = /^bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
    return token === undefined ? { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {}, method: 'anonymous' } : yield* this.review(token.trim());
  }

  private mayProxy(name: string): boolean {
    const allowed = JSON.parse(this.data['requestheader-allowed-names'] ?? '[]') as readonly string[];
    return allowed.length === 0 || allowed.includes(name);
  }

  private *review(token: string): Task<User | undefined> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } };
    const { status } = (yield* this.client.raw('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body })).body as Reviewed;
    if (status?.authenticated !== true) return undefined;
    const { username = '', uid, groups = [], extra = {} } = status.user ?? {};
    return { name: username, ...(uid === undefined ? {} : { uid }), groups, extra, method: 'token' };
  }

  /** What cannot be asked is not allowed. */
  *authorize(user: User, attributes: Attributes): Task<Verdict> {
    if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
    const key = JSON.stringify([user, attributes]);
    const known = this.verdicts.get(key);
    if (known !== undefined && known.untilMs >= this.host.clock.nowMs()) return known;
    if (this.verdicts.size > 1000) this.verdicts.clear();
    const verdict = { ...(yield* this.ask(user, attributes)), untilMs: this.host.clock.nowMs() + rememberedMs };
    this.verdicts.set(key, verdict);
    return verdict;
  }

  /** undefined when he may; else why not, in the API server's words. */
  *refusal(user: User, attributes: Attributes): Task<string | undefined> {
    const { allowed, reason } = yield* this.authorize(user, attributes);
    return allowed ? undefined : `User ${JSON.stringify(user.name)} cannot ${wish(attributes)}${reason === '' ? '' : `: ${reason}`}`;
  }

  private *ask({ name, uid, groups, extra }: User, attributes: Attributes): Task<Verdict> {
    const about = 'path' in attributes ? { nonResourceAttributes: attributes } : { resourceAttributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== '')) };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec: { user: name, ...(uid === undefined ? {} : { uid }), groups, extra, ...about } };
    try {
      const answer = (yield* this.client.raw('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body })).body as { readonly status?: { readonly allowed?: boolean; readonly reason?: string } };
      return { allowed: answer.status?.allowed === true, reason: answer.status?.reason ?? '' };
    } catch (error) {
      if (error instanceof ApiError || error instanceof NetworkError) return { allowed: false, reason: error.message };
      throw error;
    }
  }
}

interface Reviewed {
  readonly status?: { readonly authenticated?: boolean; readonly user?: { readonly username?: string; readonly uid?: string; readonly groups?: readonly string[]; readonly extra?: User['extra'] } };
}

/** Who a front proxy says it is; undefined when it names nobody. */
function userOfHeaders({ headers }: HttpRequest): User | undefined {
  const name = headers['x-remote-user'] ?? '';
  if (name === '') return undefined;
  const uid = headers['x-remote-uid'] ?? '';
  const extra = Object.keys(headers).filter((each) => each.startsWith(extraPrefix)).map((each) => [unescapeKey(each.slice(extraPrefix.length)), listOf(headers[each])] as const);
  return { name, ...(uid === '' ? {} : { uid }), groups: listOf(headers['x-remote-group']), extra: Object.fromEntries(extra), method: 'front-proxy' };
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function wish(attributes: Attributes): string {
  if ('path' in attributes) return `${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  const { verb, resource, group, namespace } = attributes;
  return `${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`}`;
}
