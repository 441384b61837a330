// Who a client is to the cluster. The door's token, its certificate, and plain HTTP (which is served on loopback only, as `kubectl proxy` does it)
// stand for the laptop's kubeconfig. A certificate that the cluster has signed is shown to the cluster, which judges it; node:tls has seen that
// the client holds its key.
import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { kubeconfigCertificate } from '../doorway.ts';
import type { OutsideRequestHead } from '../protocol.ts';
import type { DoorIdentity } from './door-identity.ts';
import type { IssuedCertificates } from './issued-certificates.ts';

export class ClientIdentity {
  private readonly identity: DoorIdentity;
  private readonly issued: IssuedCertificates;

  constructor(identity: DoorIdentity, issued: IssuedCertificates) {
    this.identity = identity;
    this.issued = issued;
  }

  /** The head as the cluster shall see it. */
  identify(socket: Duplex, head: OutsideRequestHead): OutsideRequestHead {
    const bearer = /^bearer +(.*)$/i.exec(head.headers['authorization'] ?? '')?.[1];
    if (bearer === this.identity.token) {
      const { authorization: _, ...headers } = head.headers;
      return { ...head, headers, certificate: kubeconfigCertificate };
    }
    if ((socket as TLSSocket).encrypted !== true) return head.headers['authorization'] === undefined ? { ...head, certificate: kubeconfigCertificate } : head;
    const shown = (socket as TLSSocket).getPeerX509Certificate();
    return shown === undefined ? head : { ...head, certificate: this.standsFor(shown) };
  }

  private standsFor(shown: X509Certificate): string {
    return shown.fingerprint256 === this.identity.clientFingerprint ? kubeconfigCertificate : (this.issued.factOf(shown) ?? shown.toString());
  }
}
