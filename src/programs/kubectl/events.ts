// What kubectl traces.

/** A request leaves for the API server: the first hop of every journey. */
export interface KubectlRequest {
  readonly type: 'kubectl.request';
  /** HTTP method. */
  readonly verb: string;
  /** Path with its query, as it would be logged by `kubectl -v=6`. */
  readonly path: string;
}

export type KubectlEvent = KubectlRequest;
