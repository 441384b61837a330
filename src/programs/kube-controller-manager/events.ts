// What kube-controller-manager traces: which loop looked at which object, and what it then did in words for a learner.

export type ControllerManagerEvent =
  | { readonly type: 'controller.started'; readonly controller: string }
  /** A worker took a key from its queue. */
  | { readonly type: 'controller.reconcile'; readonly controller: string; readonly key: string }
  /** What a loop does about the object `key`. */
  | { readonly type: 'controller.decided'; readonly controller: string; readonly key: string; readonly action: string; readonly decision: Decision }
  /** The attempt failed and will be tried again. */
  | { readonly type: 'controller.retry'; readonly controller: string; readonly key: string; readonly message: string }
  /** Node lifecycle saw a node go silent, or come back. */
  | { readonly type: 'controller.node-silent' | 'controller.node-back'; readonly node: string }
  /** A zone changed state: `Normal`, `PartialDisruption`, `FullDisruption`. */
  | { readonly type: 'controller.zone-state'; readonly zone: string; readonly state: string };

/** The difference between what is declared and what is there, as facts that can be worded in any language. */
export type Decision =
  | { readonly says: 'new-set'; readonly name: string; readonly replicas: number }
  | { readonly says: 'scale-set'; readonly name: string; readonly from: number; readonly to: number }
  | { readonly says: 'too-few' | 'too-many'; readonly count: number; readonly wanted: number }
  | { readonly says: 'nodes'; readonly creating: number; readonly removing: number }
  | { readonly says: 'create'; readonly kind: string; readonly name: string }
  /** A pod has ended, is more than is wanted, or is of an older revision. */
  | { readonly says: 'delete-ended' | 'delete-surplus' | 'delete-old'; readonly name: string }
  | { readonly says: 'no-owner'; readonly kind: string }
  /** In the words of Kubernetes itself. */
  | { readonly says: 'message'; readonly message: string };
