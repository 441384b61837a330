// What etcdctl traces. Other rooms may import this file and nothing else of etcdctl.

export type EtcdctlEvent = { readonly type: 'etcdctl.request'; readonly command: string; readonly endpoint: string };
