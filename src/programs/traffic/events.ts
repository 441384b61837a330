// What the traffic client traces.

export type TrafficEvent =
  | { readonly type: 'traffic.started'; readonly name: string; readonly target: string; readonly ratePerSecond: number }
  | { readonly type: 'traffic.failed'; readonly name: string; readonly error: string }
  /** One virtual second's sum, at its end. */
  | { readonly type: 'traffic.second'; readonly name: string; readonly target: string; readonly ratePerSecond: number; readonly ok: number; readonly failed: number; readonly meanMs: number }
  | { readonly type: 'traffic.edge'; readonly node: string; readonly healthy: boolean };
