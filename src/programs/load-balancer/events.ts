// What the load balancer in front of the API servers traces.

export type LoadBalancerEvent =
  | { readonly type: 'lb.forwarded'; readonly backend: string; readonly client: string }
  | { readonly type: 'lb.backend-up' | 'lb.backend-down'; readonly backend: string; readonly reason: string }
  | { readonly type: 'lb.refused'; readonly client: string };
