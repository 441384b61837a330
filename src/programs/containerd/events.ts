// What the container runtime traces. Other rooms may import this file and nothing else of containerd.

export type ContainerdEvent =
  | { readonly type: 'containerd.started'; readonly runtimeName: string; readonly recovered: number }
  | { readonly type: 'containerd.sandbox'; readonly change: 'created' | 'stopped' | 'removed'; readonly id: string; readonly pod: string; readonly podUid: string; readonly namespace: string; readonly ip: string; readonly pid: number }
  | { readonly type: 'containerd.sandbox-failed'; readonly pod: string; readonly podUid: string; readonly message: string }
  | { readonly type: 'containerd.pull-started'; readonly image: string; readonly registry: string }
  | { readonly type: 'containerd.pulled'; readonly image: string; readonly registry: string; readonly sizeBytes: number; readonly tookMs: number }
  | { readonly type: 'containerd.pull-failed'; readonly image: string; readonly registry: string; readonly message: string }
  | { readonly type: 'containerd.container-created'; readonly id: string; readonly sandbox: string; readonly podUid: string; readonly name: string; readonly image: string }
  | { readonly type: 'containerd.container-started'; readonly id: string; readonly sandbox: string; readonly podUid: string; readonly name: string; readonly pid: number; readonly program: string }
  | { readonly type: 'containerd.start-failed'; readonly id: string; readonly sandbox: string; readonly podUid: string; readonly name: string; readonly message: string }
  | { readonly type: 'containerd.exited'; readonly id: string; readonly sandbox: string; readonly podUid: string; readonly name: string; readonly exitCode: number; readonly reason: string }
  | { readonly type: 'containerd.stopping'; readonly id: string; readonly podUid: string; readonly name: string; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | { readonly type: 'containerd.exec'; readonly id: string; readonly command: readonly string[] }
  | { readonly type: 'containerd.image-removed'; readonly image: string };
