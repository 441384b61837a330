// Every event that the scene understands, by its `type`.
import type { ClientEvent } from '../client/events.ts';
import type { TraceEvent, KernelEvent } from '../kernel/world.ts';
import type { CalicoEvent } from '../programs/calico/events.ts';
import type { ContainerdEvent } from '../programs/containerd/events.ts';
import type { CorednsEvent } from '../programs/coredns/events.ts';
import type { EtcdEvent } from '../programs/etcd/events.ts';
import type { ApiserverEvent } from '../programs/kube-apiserver/events.ts';
import type { ControllerManagerEvent } from '../programs/kube-controller-manager/events.ts';
import type { KubeProxyEvent } from '../programs/kube-proxy/events.ts';
import type { SchedulerEvent } from '../programs/kube-scheduler/events.ts';
import type { KubectlEvent } from '../programs/kubectl/events.ts';
import type { KubeletEvent } from '../programs/kubelet/events.ts';
import type { LoadBalancerEvent } from '../programs/load-balancer/events.ts';
import type { RegistryEvent } from '../programs/registry/events.ts';
import type { ShellEvent } from '../programs/shell/events.ts';
import type { TrafficEvent } from '../programs/traffic/events.ts';

export type SeenEvent =
  | KernelEvent | ClientEvent | CalicoEvent | ContainerdEvent | CorednsEvent | EtcdEvent | ApiserverEvent | ControllerManagerEvent | KubeProxyEvent | SchedulerEvent
  | KubectlEvent | KubeletEvent | LoadBalancerEvent | RegistryEvent | ShellEvent | TrafficEvent;

export interface Seen {
  readonly id: number;
  readonly atMs: number;
  readonly machine: string;
  readonly process: string;
  readonly cause: number;
  readonly data: SeenEvent;
}

/** Events of programs that the scene does not know fall through every switch. */
export function asSeen(event: TraceEvent): Seen {
  return event as unknown as Seen;
}
