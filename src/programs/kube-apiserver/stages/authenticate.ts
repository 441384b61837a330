// First gate: who is it? Client certificate, then bearer token, then anonymous. A credential that is shown but not good is refused with 401.
import { decodeBase64 } from '../../../api/meta/base64.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { Host } from '../../../kernel/host.ts';
import type { HttpRequest } from '../../../wire/http.ts';
import type { Peer } from '../../../wire/http-server.ts';
import { decodeToken, legacyIssuer, type LegacyClaims, type TokenClaims } from '../../../wire/service-account-token.ts';
import { decodePrivateKey, decodePublicKey, loadCertificates, publicKeyOf, verifyPeer } from '../../../wire/tls-handshake.ts';
import type { Certificate } from '../../../wire/tls.ts';
import type { Config } from '../config.ts';
import type { Collections } from '../storage/collections.ts';
import { anonymous, authenticatedGroup, serviceAccountUser, type User } from './user.ts';

/** `audiences`: those that the token is for and that were asked about. */
export type Authentication = { readonly user: User; readonly audiences?: readonly string[] } | { readonly problem: string };

export class Authenticator {
  private readonly host: Host;
  private readonly config: Config;
  private readonly collections: Collections;
  private readonly clientCas: readonly Certificate[];
  readonly publicKeys: readonly string[];
  private readonly staticTokens = new Map<string, User>();
  private readonly certificateUsers = new WeakMap<Certificate, User>();
  private readonly claims = new Map<string, TokenClaims | LegacyClaims>();

  constructor(host: Host, config: Config, collections: Collections) {
    this.host = host;
    this.config = config;
    this.collections = collections;
    this.clientCas = config.clientCaFile === undefined ? [] : loadCertificates(host, config.clientCaFile);
    this.publicKeys = loadPublicKeys(host, config);
    if (config.tokenAuthFile !== undefined) this.loadStaticTokens(host.disk.readText(config.tokenAuthFile) ?? '');
  }

  authenticate(request: HttpRequest, peer: Peer): Authentication {
    let problem: string | undefined;
    const { certificate } = peer;
    if (certificate !== undefined) {
      problem = verifyPeer(certificate, { trust: this.clientCas, wallMs: this.host.clock.wallMs(), usage: 'client auth' });
      if (problem === undefined) return { user: this.certificateUser(certificate) };
    }
    const header = request.headers['authorization'];
    if (header !== undefined && /^bearer /i.test(header)) return this.authenticateToken(header.slice(7).trim());
    if (problem !== undefined) return { problem };
    return this.config.anonymousAuth ? { user: anonymous } : { problem: 'no credentials' };
  }

  /** Also what a TokenReview asks. */
  authenticateToken(token: string, audiences: readonly string[] = this.config.apiAudiences): Authentication {
    const known = this.staticTokens.get(token);
    if (known !== undefined) return { user: known };
    if (token.split('.').length === 3) return this.authenticateServiceAccount(token, audiences);
    if (this.config.enableBootstrapTokenAuth && /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token)) return this.authenticateBootstrapToken(token);
    return { problem: 'invalid bearer token' };
  }

  private certificateUser(certificate: Certificate): User {
    let user = this.certificateUsers.get(certificate);
    if (user === undefined) {
      const { commonName, organizations } = certificate.subject;
      user = { name: commonName, groups: [...organizations, authenticatedGroup], extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${certificate.signature}`] }, method: 'certificate' };
      this.certificateUsers.set(certificate, user);
    }
    return user;
  }

  private authenticateServiceAccount(token: string, audiences: readonly string[]): Authentication {
    let claims = this.claims.get(token);
    if (claims === undefined) {
      claims = decodeToken(token, this.publicKeys);
      if (claims === undefined) return { problem: 'invalid bearer token' };
      if (this.claims.size > 5000) this.claims.delete(this.claims.keys().next().value as string);
      this.claims.set(token, claims);
    }
    if (claims.iss === legacyIssuer) return this.authenticateLegacy(token, claims as LegacyClaims, audiences);
    return this.authenticateBound(claims as TokenClaims, audiences);
  }

  /** Of the old kind: good as long as its Secret is there and holds it. */
  private authenticateLegacy(token: string, claims: LegacyClaims, audiences: readonly string[]): Authentication {
    if (!this.config.apiAudiences.some((audience) => audiences.includes(audience))) return { problem: 'invalid bearer token' };
    const namespace = claims['kubernetes.io/serviceaccount/namespace'];
    const name = claims['kubernetes.io/serviceaccount/service-account.name'];
    const uid = claims['kubernetes.io/serviceaccount/service-account.uid'];
    const secret = this.collections.get('secrets', namespace, claims['kubernetes.io/serviceaccount/secret.name']);
    const held = (secret as { data?: Readonly<Record<string, string>> } | undefined)?.data?.['token'];
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined || decodeBase64(held ?? '') !== token) return { problem: '[invalid bearer token, Token has been invalidated]' };
    const account = this.collections.get('serviceaccounts', namespace, name);
    if (account === undefined) return { problem: `[invalid bearer token, serviceaccounts ${JSON.stringify(name)} not found]` };
    if (account.metadata.uid !== uid) return { problem: `[invalid bearer token, ServiceAccount UID (${account.metadata.uid ?? ''}) does not match claim (${uid})]` };
    return { user: serviceAccountUser(namespace, name, uid), audiences: this.config.apiAudiences.filter((audience) => audiences.includes(audience)) };
  }

  private authenticateBound(claims: TokenClaims, audiences: readonly string[]): Authentication {
    const nowSeconds = this.host.clock.wallMs() / 1000;
    if (claims.iss !== this.config.serviceAccountIssuer) return { problem: 'invalid bearer token' };
    if (nowSeconds > claims.exp) return { problem: '[invalid bearer token, service account token has expired]' };
    if (nowSeconds < claims.nbf - 60) return { problem: '[invalid bearer token, service account token is not valid yet]' };
    if (!claims.aud.some((audience) => audiences.includes(audience))) return { problem: `[invalid bearer token, token audiences ${JSON.stringify(claims.aud)} is invalid for the target audiences ${JSON.stringify(audiences)}]` };
    const bound = claims['kubernetes.io'];
    const { namespace } = bound;
    const account = this.collections.get('serviceaccounts', namespace, bound.serviceaccount.name);
    if (account === undefined) return { problem: `[invalid bearer token, serviceaccounts "${bound.serviceaccount.name}" not found]` };
    if (account.metadata.uid !== bound.serviceaccount.uid) return { problem: '[invalid bearer token, service account UID does not match claim]' };
    const extra: Record<string, readonly string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] };
    if (bound.pod !== undefined) {
      const pod = this.collections.get('pods', namespace, bound.pod.name);
      if (pod === undefined || pod.metadata.uid !== bound.pod.uid) return { problem: '[invalid bearer token, service account token has been invalidated]' };
      // A token outlives the deletion of its pod by a minute.
      const deleted = parseTime(pod.metadata.deletionTimestamp);
      if (deleted !== undefined && this.host.clock.wallMs() > deleted + 60_000) return { problem: '[invalid bearer token, service account token has been invalidated]' };
      extra['authentication.kubernetes.io/pod-name'] = [bound.pod.name];
      extra['authentication.kubernetes.io/pod-uid'] = [bound.pod.uid];
    }
    if (bound.node !== undefined) {
      extra['authentication.kubernetes.io/node-name'] = [bound.node.name];
      extra['authentication.kubernetes.io/node-uid'] = [bound.node.uid];
    }
    if (bound.secret !== undefined && this.collections.get('secrets', namespace, bound.secret.name)?.metadata.uid !== bound.secret.uid) return { problem: '[invalid bearer token, service account token has been invalidated]' };
    return { user: serviceAccountUser(namespace, bound.serviceaccount.name, bound.serviceaccount.uid, extra), audiences: claims.aud.filter((audience) => audiences.includes(audience)) };
  }

  private authenticateBootstrapToken(token: string): Authentication {
    const [id = '', secretPart] = token.split('.');
    const secret = this.collections.get('secrets', 'kube-system', `bootstrap-token-${id}`);
    const data = (secret as { data?: Readonly<Record<string, string>> } | undefined)?.data ?? {};
    const field = (name: string): string => decodeBase64(data[name] ?? '') ?? '';
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined || field('token-secret') !== secretPart || field('usage-bootstrap-authentication') !== 'true') return { problem: 'invalid bearer token' };
    const expiration = parseTime(field('expiration'));
    if (expiration !== undefined && expiration < this.host.clock.wallMs()) return { problem: 'invalid bearer token' };
    const groups = field('auth-extra-groups').split(',').filter((group) => group !== '');
    return { user: { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...groups, authenticatedGroup], extra: {}, method: 'bootstrap-token' } };
  }

  /** `token,user,uid,"group1,group2"` per line. */
  private loadStaticTokens(text: string): void {
    for (const line of text.split('\n')) {
      const match = /^\s*([^,#]+),([^,]+),([^,]*)(?:,"?([^"]*)"?)?\s*$/.exec(line);
      if (match === null) continue;
      const groups = (match[4] ?? '').split(',').filter((group) => group !== '');
      this.staticTokens.set(match[1] as string, { name: match[2] as string, uid: match[3] as string, groups: [...groups, authenticatedGroup], extra: {}, method: 'token' });
    }
  }
}

function loadPublicKeys(host: Host, config: Config): readonly string[] {
  const keys: string[] = [];
  for (const file of config.serviceAccountKeyFiles) {
    const text = host.disk.readText(file) ?? '';
    const key = decodePublicKey(text);
    const own = decodePrivateKey(text);
    if (key !== undefined) keys.push(key);
    else if (own !== undefined) keys.push(publicKeyOf(own));
  }
  return keys;
}
