// What kube-proxy traces.

export type KubeProxyEvent =
  | { readonly type: 'kube-proxy.started'; readonly node: string; readonly mode: string }
  /** The node's rules were replaced. `changes` names the service ports that differ from before, e.g. `default/web:http`. */
  | { readonly type: 'kube-proxy.rules'; readonly node: string; readonly mode: string; readonly services: number; readonly endpoints: number; readonly changes: readonly string[] };
