// TLS on a forwarded port: the door ends the client's, for it can read no other, and begins TLS of the simulation with the program in the pod. What the
// client sees is a certificate of the door's authority that names whom the program's own names, and this machine.
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { TlsMessage } from '../../wire/tls-handshake.ts';
import type { OutsideRequestHead } from '../protocol.ts';
import { issue } from './certificate.ts';
import type { ClientIdentity } from './client-identity.ts';
import type { DoorIdentity } from './door-identity.ts';

export type ServerHello = TlsMessage & { readonly kind: 'tls-server-hello' };

const handshakeRecord = 0x16;
const mostContexts = 100;
const ownNames = ['localhost', '127.0.0.1', '::1'];

/** What an HTTP server without TLS says to a client's hello, as Go's does. */
export const notTls = Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request');

/** Whether the first bytes of a connection are the record of a handshake; no method of HTTP begins so. */
export const beginsTls = (data: Buffer): boolean => data[0] === handshakeRecord;

export class PortTls {
  private readonly identity: DoorIdentity;
  private readonly clients: ClientIdentity;
  private readonly contexts = new Map<string, SecureContext>();

  constructor(identity: DoorIdentity, clients: ClientIdentity) {
    this.identity = identity;
    this.clients = clients;
  }

  /** The client's bytes in the clear. A certificate is asked for when the program asks for one, and none is refused here. */
  accept(carrier: Duplex, hello: ServerHello): TLSSocket {
    return new TLSSocket(carrier, { isServer: true, secureContext: this.contextFor(hello), requestCert: hello.asksCertificate, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  }

  /** As who the client of a request shows itself. */
  identify(socket: TLSSocket, head: OutsideRequestHead): OutsideRequestHead {
    return this.clients.identify(socket, head);
  }

  private contextFor({ certificate }: ServerHello): SecureContext {
    const key = certificate?.signature ?? '';
    let context = this.contexts.get(key);
    if (context === undefined) {
      const names = [...new Set([...(certificate?.dnsNames ?? []), ...(certificate?.ipAddresses ?? []), ...ownNames])];
      const { authority } = this.identity;
      const own = issue(authority, { commonName: certificate?.subject.commonName ?? 'localhost', organizations: certificate?.subject.organizations ?? [], usage: 'server auth', names });
      context = createSecureContext({ cert: own.certificatePem, key: own.keyPem, ca: authority.certificatePem });
      if (this.contexts.size >= mostContexts) this.contexts.clear();
      this.contexts.set(key, context);
    }
    return context;
  }
}
