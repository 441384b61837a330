// Whom the door is and whom it lets in: an authority of its own, a client certificate and a token. Both stand for the identity in the kubeconfig
// of the simulated laptop, so nobody gets more at the door than the person at that laptop has.
import { randomBytes, X509Certificate } from 'node:crypto';
import { issue, makeAuthority, type Certified } from './certificate.ts';

/** What has to be kept for a kubeconfig to stay good. */
export interface KeptIdentity {
  readonly authority: Certified;
  readonly client: Certified;
  readonly token: string;
}

export interface DoorIdentity extends KeptIdentity {
  readonly server: Certified;
  /** Of the client certificate, as node:tls tells it. */
  readonly clientFingerprint: string;
}

export function makeIdentity(names: readonly string[], kept?: KeptIdentity): DoorIdentity {
  const authority = kept?.authority ?? makeAuthority();
  const client = kept?.client ?? issue(authority, { commonName: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'], usage: 'client auth' });
  return {
    authority,
    client,
    token: kept?.token ?? randomBytes(24).toString('base64url'),
    server: issue(authority, { commonName: 'terrarium', usage: 'server auth', names }),
    clientFingerprint: new X509Certificate(client.certificatePem).fingerprint256,
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Contexts: `terrarium` shows the certificate, `terrarium-token` the token; `terrarium-http` none, where plain HTTP is served. */
export function kubeconfigText(urls: { readonly https?: string; readonly http?: string }, identity: DoorIdentity): string {
  const clusters: string[] = [];
  const contexts: string[] = [];
  const context = (name: string, cluster: string, user: string): void => void contexts.push(`- name: ${name}\n  context:\n    cluster: ${cluster}\n    user: ${user}\n`);
  if (urls.https !== undefined) {
    clusters.push(`- name: terrarium\n  cluster:\n    certificate-authority-data: ${base64(identity.authority.certificatePem)}\n    server: ${urls.https}\n`);
    context('terrarium', 'terrarium', 'kubernetes-admin');
    context('terrarium-token', 'terrarium', 'kubernetes-admin-token');
  }
  if (urls.http !== undefined) {
    clusters.push(`- name: terrarium-http\n  cluster:\n    server: ${urls.http}\n`);
    context('terrarium-http', 'terrarium-http', '""');
  }
  return `apiVersion: v1
kind: Config
clusters:
${clusters.join('')}contexts:
${contexts.join('')}current-context: ${urls.https === undefined ? 'terrarium-http' : 'terrarium'}
users:
- name: kubernetes-admin
  user:
    client-certificate-data: ${base64(identity.client.certificatePem)}
    client-key-data: ${base64(identity.client.keyPem)}
- name: kubernetes-admin-token
  user:
    token: ${identity.token}
`;
}
