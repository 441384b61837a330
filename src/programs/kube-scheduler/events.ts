// What kube-scheduler traces. The scene folds these; `scheduler.decided` carries what the inspector shows as "why there?".

/** One node's verdict: the first filter that refused it, with its reasons; absent for a node that passed. */
export interface NodeRefusal {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** Preemption could never help here. */
  readonly unresolvable: boolean;
}

/** One whole scheduling cycle, kept in the view `decisions` and traced. */
export interface Decision {
  readonly atMs: number;
  /** namespace/name */
  readonly pod: string;
  readonly uid: string;
  /** '' when no node was found. */
  readonly node: string;
  /** node -> why not. Nodes that passed every filter are in `scores` (or are `node` itself when it was the only one). */
  readonly filters: Readonly<Record<string, NodeRefusal>>;
  /** plugin -> node -> weighted score. Empty when fewer than two nodes passed. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** node -> sum of the weighted scores. */
  readonly totals: Readonly<Record<string, number>>;
  /** The text of the PodScheduled condition when no node was found. */
  readonly message: string;
  /** Where preemption made room, '' when it did not. */
  readonly nominated: string;
}

export type SchedulerEvent =
  | { readonly type: 'scheduler.started' }
  | { readonly type: 'scheduler.queued'; readonly pod: string; readonly queue: 'active' | 'backoff' | 'unschedulable'; readonly why: string }
  | { readonly type: 'scheduler.attempt'; readonly pod: string; readonly attempts: number }
  | ({ readonly type: 'scheduler.decided' } & Decision)
  | { readonly type: 'scheduler.bound'; readonly pod: string; readonly node: string }
  | { readonly type: 'scheduler.bind-failed'; readonly pod: string; readonly node: string; readonly message: string }
  | { readonly type: 'scheduler.preempting'; readonly pod: string; readonly node: string; readonly victims: readonly string[] };
