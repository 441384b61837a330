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
  readonly groups: readonly string[];
}

/** What he wants to do: something with a resource, or with a path that is none. */
export type Attributes =
  | { readonly verb: string; readonly group: string; readonly version: string; readonly resource: string; readonly namespace: string; readonly name: string }
  | { readonly verb: string; readonly path: string };

const rememberedMs = 10_000;
const configMap = { group: '', version: 'v1', resource: 'configmaps' };

export class DelegatedAccess {
  private readonly host: Host;
  private readonly client: ApiClient;
  private data: Readonly<Record<string, string>> = {};
  private learnedMs = -Infinity;
  private readonly verdicts = new Map<string, { readonly allowed: boolean; readonly reason: string; readonly untilMs: number }>();

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

  /** undefined: nobody that is known. */
  *user(request: HttpRequest, peer: Peer): Task<User | undefined> {
    const isSignedBy = (field: string): boolean => peer.certificate !== undefined && verifyPeer(peer.certificate, { trust: decodeCertificates(this.data[field] ?? ''), wallMs: this.host.clock.wallMs(), usage: 'client auth' }) === undefined;
    if (peer.certificate !== undefined && isSignedBy('requestheader-client-ca-file') && this.mayProxy(peer.certificate.subject.commonName)) {
      const name = request.headers['x-remote-user'] ?? '';
      if (name !== '') return { name, groups: (request.headers['x-remote-group'] ?? '').split(', ').filter((group) => group !== '') };
    }
    if (peer.certificate !== undefined && isSignedBy('client-ca-file')) return { name: peer.certificate.subject.commonName, groups: [...peer.certificate.subject.organizations, 'system:authenticated'] };
    const token = /^bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
    return token === undefined ? { name: 'system:anonymous', groups: ['system:unauthenticated'] } : yield* this.review(token.trim());
  }

  private mayProxy(name: string): boolean {
    const allowed = JSON.parse(this.data['requestheader-allowed-names'] ?? '[]') as readonly string[];
    return allowed.length === 0 || allowed.includes(name);
  }

  private *review(token: string): Task<User | undefined> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } };
    const answer = (yield* this.client.raw('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body })).body as { readonly status?: { readonly authenticated?: boolean; readonly user?: { readonly username?: string; readonly groups?: readonly string[] } } };
    return answer.status?.authenticated === true ? { name: answer.status.user?.username ?? '', groups: answer.status.user?.groups ?? [] } : undefined;
  }

  /** undefined when he may; else why not, in the API server's words. */
  *refusal(user: User, attributes: Attributes): Task<string | undefined> {
    if (user.groups.includes('system:masters')) return undefined;
    const key = JSON.stringify([user, attributes]);
    let verdict = this.verdicts.get(key);
    if (verdict === undefined || verdict.untilMs < this.host.clock.nowMs()) {
      if (this.verdicts.size > 1000) this.verdicts.clear();
      verdict = { ...(yield* this.ask(user, attributes)), untilMs: this.host.clock.nowMs() + rememberedMs };
      this.verdicts.set(key, verdict);
    }
    if (verdict.allowed) return undefined;
    return `User ${JSON.stringify(user.name)} cannot ${wish(attributes)}${verdict.reason === '' ? '' : `: ${verdict.reason}`}`;
  }

  private *ask(user: User, attributes: Attributes): Task<{ readonly allowed: boolean; readonly reason: string }> {
    const about = 'path' in attributes ? { nonResourceAttributes: attributes } : { resourceAttributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== '')) };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec: { user: user.name, groups: user.groups, ...about } };
    try {
      const answer = (yield* this.client.raw('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body })).body as { readonly status?: { readonly allowed?: boolean; readonly reason?: string } };
      return { allowed: answer.status?.allowed === true, reason: answer.status?.reason ?? '' };
    } catch (error) {
      if (error instanceof ApiError || error instanceof NetworkError) return { allowed: false, reason: error.message };
      throw error;
    }
  }
}

function wish(attributes: Attributes): string {
  if ('path' in attributes) return `${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  const { verb, resource, group, namespace } = attributes;
  return `${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`}`;
}
