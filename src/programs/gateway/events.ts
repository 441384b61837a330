// What the gateway traces.

export type GatewayEvent =
  | { readonly type: 'gateway.started'; readonly server: string }
  /** A request from outside the world enters it here. */
  | { readonly type: 'gateway.request'; readonly method: string; readonly path: string; /** As kubectl tells it, e.g. `kubectl apply`. */ readonly command?: string };
