// What kubeadm traces.

export type KubeadmEvent =
  | { readonly type: 'kubeadm.phase'; readonly phase: string }
  | { readonly type: 'kubeadm.applied'; readonly kind: string; readonly name: string; readonly created: boolean }
  | { readonly type: 'kubeadm.done' };
