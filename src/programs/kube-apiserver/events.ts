// What kube-apiserver traces. Other rooms may import this file and nothing else of the API server. The stages of one request follow each other by cause.

export type ApiserverEvent =
  | { readonly type: 'apiserver.started'; readonly address: string }
  | { readonly type: 'apiserver.ready'; readonly ready: boolean; readonly failed: readonly string[] }
  | { readonly type: 'apiserver.stopping' }
  /** `resource` as `deployments.apps` or `pods/binding`; '' for non-resource paths. Reads of watchers and lease renewals are traced like any other. */
  | { readonly type: 'apiserver.received'; readonly verb: string; readonly method: string; readonly path: string; readonly resource: string; readonly namespace: string; readonly name: string; readonly userAgent: string }
  | { readonly type: 'apiserver.authenticated'; readonly user: string; readonly groups: readonly string[]; readonly method: 'certificate' | 'service-account' | 'token' | 'bootstrap-token' | 'front-proxy' | 'anonymous' | 'impersonation' }
  | { readonly type: 'apiserver.authorized'; readonly allowed: boolean; readonly reason: string; readonly user: string; readonly verb: string; readonly resource: string }
  /** It found no seat in its priority level at once. */
  | { readonly type: 'apiserver.queued'; readonly flowSchema: string; readonly priorityLevel: string; readonly seats: number; readonly outcome: 'waited' | 'queue-full' | 'concurrency-limit' | 'time-out' }
  | { readonly type: 'apiserver.mutated'; readonly plugin: string; readonly changes: readonly string[] }
  | { readonly type: 'apiserver.validated'; readonly kind: string }
  /** A policy of the cluster was asked. `failures`: what it found wrong, whatever its binding makes of it. */
  | { readonly type: 'apiserver.policy'; readonly policy: string; readonly binding: string; readonly failures: readonly string[] }
  /** A webhook was asked. `answer`: `allowed`, `denied: why`, `failed: why`. */
  | { readonly type: 'apiserver.webhook'; readonly webhook: string; readonly mutating: boolean; readonly answer: string; readonly ms: number }
  | { readonly type: 'apiserver.refused'; readonly stage: 'authenticate' | 'flow-control' | 'authorize' | 'mutate' | 'admit' | 'validate' | 'decode' | 'store' | 'find'; readonly code: number; readonly reason: string; readonly message: string }
  /** etcd accepted the write. `key` is the etcd key. */
  | { readonly type: 'apiserver.stored'; readonly key: string; readonly revision: number; readonly change: 'create' | 'update' | 'delete' }
  /** `request` is the event of its arrival. */
  | { readonly type: 'apiserver.responded'; readonly code: number; readonly request: number }
  /** A change left for `watchers` watchers, whose messages follow from this. */
  | { readonly type: 'apiserver.watch-sent'; readonly key: string; readonly change: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly revision: number; readonly watchers: number }
  | { readonly type: 'apiserver.watch-opened' | 'apiserver.watch-closed'; readonly resource: string; readonly user: string }
  | { readonly type: 'apiserver.etcd'; readonly endpoint: string; readonly state: 'connected' | 'lost'; readonly message: string }
  /** What a definition of custom resources makes this server serve from now on (`stable.example.com/v1`); nothing when it was taken away. */
  | { readonly type: 'apiserver.serving'; readonly definition: string; readonly versions: readonly string[] }
  | { readonly type: 'apiserver.compacted'; readonly revision: number };
