// How a joining machine knows that the cluster-info it was handed is the cluster's own: the controller manager signs it with each bootstrap token, and
// the machine may hold the digest of the authority's public key. Both are facts instead of cryptography, as docs/decisions/0002 says of certificates.
import { digest } from './tls-handshake.ts';
import type { Certificate } from './tls.ts';

/** The detached signature that stands under `jws-kubeconfig-<token id>` in kube-public/cluster-info. */
export function signClusterInfo(kubeconfig: string, tokenId: string, tokenSecret: string): string {
  return `eyJhbGciOiJIUzI1NiIsImtpZCI6${tokenId}..${digest(`${tokenId}.${tokenSecret} signs ${kubeconfig}`)}`;
}

/** `sha256:<64 hexadecimal digits>`, as --discovery-token-ca-cert-hash takes it. */
export function authorityPin(certificate: Certificate): string {
  return `sha256:${digest(certificate.publicKey)}${digest(`pin of ${certificate.publicKey}`)}`;
}
