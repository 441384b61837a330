// What kube-controller-manager traces: which loop looked at which object, and what it then did in words for a learner.

export type ControllerManagerEvent =
  | { readonly type: 'controller.started'; readonly controller: string }
  /** A worker took a key from its queue. */
  | { readonly type: 'controller.reconcile'; readonly controller: string; readonly key: string }
  /** The difference between what is declared and what is there, when there was one: e.g. `2 pods too few`. */
  | { readonly type: 'controller.decided'; readonly controller: string; readonly key: string; readonly action: string; readonly detail: string }
  /** The attempt failed and will be tried again. */
  | { readonly type: 'controller.retry'; readonly controller: string; readonly key: string; readonly message: string }
  /** Node lifecycle saw a node go silent, or come back. */
  | { readonly type: 'controller.node-silent' | 'controller.node-back'; readonly node: string }
  /** A zone changed state: `Normal`, `PartialDisruption`, `FullDisruption`. */
  | { readonly type: 'controller.zone-state'; readonly zone: string; readonly state: string };
