// What passes between the gateway (the program through which clients outside the world enter it) and whoever owns the world.
import type { Mailbox } from '../kernel/host.ts';
import type { HttpRequest, HttpResponse } from './http.ts';

/** One request of a client outside. The callbacks are called while the world runs, in order: respond, data..., end; or fail. */
export interface OutsideRequest {
  readonly request: HttpRequest;
  /** The client certificate to show: 'kubeconfig' is the one of this machine's kubeconfig, other text is PEM whose key the client outside holds. */
  readonly certificate?: string | undefined;
  /** What the client sends after its request (exec's input, messages for a forwarded port, a ShownCertificate); closing it hangs up. */
  readonly upstream: Mailbox<unknown>;
  respond(response: HttpResponse, streaming: boolean): void;
  data(frame: unknown): void;
  end(): void;
  fail(message: string): void;
}

/** Ends the handshake on a forwarded port with this certificate: as in a request, '' for none. */
export interface ShownCertificate {
  readonly shown: string;
}

export interface GatewayDoor {
  /** Set by the world's owner once the world exists, before the gateway is started. */
  requests: Mailbox<OutsideRequest> | undefined;
}
