// What calico-node and the CNI plugin trace.

export type CalicoEvent =
  | { readonly type: 'calico.installed'; readonly node: string; readonly path: string }
  | { readonly type: 'calico.routes'; readonly node: string; readonly routes: readonly { readonly destination: string; readonly via: string }[] }
  | { readonly type: 'calico.ready'; readonly node: string; readonly podCIDR: string }
  | { readonly type: 'calico.address'; readonly change: 'assigned' | 'released'; readonly address: string; readonly namespace: string; readonly pod: string; readonly containerId: string }
  | { readonly type: 'calico.exhausted'; readonly subnet: string; readonly pod: string };
