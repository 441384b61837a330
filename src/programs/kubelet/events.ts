// What the kubelet traces. Other rooms may import this file and nothing else of the kubelet.

export type KubeletEvent =
  | { readonly type: 'kubelet.started'; readonly node: string; readonly standalone: boolean }
  /** It has a new client certificate: its first, by a bootstrap token, or the next one. */
  | { readonly type: 'kubelet.certificate'; readonly node: string; readonly how: 'bootstrap' | 'rotation'; readonly notAfterMs: number }
  | { readonly type: 'kubelet.registered'; readonly node: string }
  | { readonly type: 'kubelet.node-status'; readonly node: string; readonly ready: boolean; readonly reason: string; readonly message: string }
  | { readonly type: 'kubelet.pod-seen'; readonly pod: string; readonly uid: string; readonly source: 'api' | 'file'; readonly change: 'add' | 'update' | 'delete' | 'remove' }
  | { readonly type: 'kubelet.rejected'; readonly pod: string; readonly uid: string; readonly reason: string; readonly message: string }
  | { readonly type: 'kubelet.sync'; readonly pod: string; readonly uid: string; readonly kind: 'sync' | 'terminating' | 'terminated' }
  | { readonly type: 'kubelet.volumes-mounted'; readonly pod: string; readonly uid: string; readonly volumes: readonly string[] }
  | { readonly type: 'kubelet.mount-failed'; readonly pod: string; readonly uid: string; readonly message: string }
  | { readonly type: 'kubelet.sandbox-created'; readonly pod: string; readonly uid: string; readonly sandbox: string; readonly ip: string }
  | { readonly type: 'kubelet.sandbox-failed'; readonly pod: string; readonly uid: string; readonly message: string }
  | { readonly type: 'kubelet.pulling'; readonly pod: string; readonly uid: string; readonly container: string; readonly image: string }
  | { readonly type: 'kubelet.pull-failed'; readonly pod: string; readonly uid: string; readonly container: string; readonly image: string; readonly reason: string; readonly message: string }
  | { readonly type: 'kubelet.container-started'; readonly pod: string; readonly uid: string; readonly container: string; readonly id: string; readonly restart: number }
  | { readonly type: 'kubelet.container-failed'; readonly pod: string; readonly uid: string; readonly container: string; readonly reason: string; readonly message: string }
  | { readonly type: 'kubelet.container-died'; readonly pod: string; readonly uid: string; readonly container: string; readonly id: string; readonly exitCode: number; readonly reason: string }
  | { readonly type: 'kubelet.container-killing'; readonly pod: string; readonly uid: string; readonly container: string; readonly message: string }
  | { readonly type: 'kubelet.backoff'; readonly pod: string; readonly uid: string; readonly container: string; readonly what: 'CrashLoopBackOff' | 'ImagePullBackOff'; readonly delayMs: number }
  | { readonly type: 'kubelet.probe'; readonly pod: string; readonly uid: string; readonly container: string; readonly probe: 'liveness' | 'readiness' | 'startup'; readonly success: boolean; readonly output: string; /** the verdict changed (after thresholds) */ readonly changed: boolean }
  /** A status that the kubelet has worked out; it is patched to the API server next. */
  | { readonly type: 'kubelet.status'; readonly pod: string; readonly uid: string; readonly phase: string; readonly ready: boolean; readonly containers: readonly { readonly name: string; readonly state: string; readonly reason: string; readonly ready: boolean; readonly restarts: number }[] }
  /** What the containers of the node used lately, and the system below them. */
  | { readonly type: 'kubelet.usage'; readonly node: string; readonly cpuMilli: number; readonly memoryBytes: number }
  | { readonly type: 'kubelet.mirror-created'; readonly pod: string; readonly uid: string }
  | { readonly type: 'kubelet.pod-removed'; readonly pod: string; readonly uid: string }
  | { readonly type: 'kubelet.api-lost'; readonly message: string };
