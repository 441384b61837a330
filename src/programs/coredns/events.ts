// What CoreDNS traces.

export type CorednsEvent =
  | { readonly type: 'coredns.started'; readonly zones: readonly string[] }
  | { readonly type: 'coredns.ready' }
  | { readonly type: 'coredns.answered'; readonly name: string; readonly queryType: string; readonly status: string; readonly values: readonly string[]; readonly from: string }
  | { readonly type: 'coredns.forwarded'; readonly name: string; readonly to: string };
