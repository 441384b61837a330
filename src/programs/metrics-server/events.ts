// What metrics-server traces.

export type MetricsServerEvent =
  | { readonly type: 'metrics-server.started'; readonly resolutionMs: number }
  /** A round over the kubelets: from how many nodes and pods figures came, of how many nodes. */
  | { readonly type: 'metrics-server.scraped'; readonly nodes: number; readonly pods: number; readonly of: number };
