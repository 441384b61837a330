// Which machines a cluster has and what each is for: plain data that presets fill and everything else reads.

/** `etcd`: a machine that holds a member of etcd and nothing else. */
export type MachineRole = 'client' | 'load-balancer' | 'master' | 'etcd' | 'worker' | 'registry' | 'traffic' | 'cloud';

export interface MachinePlan {
  readonly name: string;
  readonly role: MachineRole;
  /** Place among machines of the same role, from 0. */
  readonly slot: number;
  readonly address: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly zone?: string;
}

export interface Topology {
  readonly preset: string;
  readonly machines: readonly MachinePlan[];
  /** `ip:port` where clients find the API. */
  readonly endpoint: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsAddress: string;
  /** Masters are nodes too (kubeadm), or hidden as in a managed cluster. */
  readonly mastersAreNodes: boolean;
  /** kube-proxy, CoreDNS and Calico are installed; without them nodes come with a ready-made network configuration. */
  readonly addons: boolean;
  /** Masters run workloads as well (no taint). */
  readonly mastersTaken: boolean;
  /** Containers start at once and any image exists. */
  readonly instantRuntime: boolean;
  /** Accepted bearer tokens of the API server, `token,user,uid,"group"`, for doors from outside. */
  readonly tokens: readonly string[];
  readonly maxPods: number;
  /** Machines come with kubeadm and a container runtime, but nobody has made a cluster of them yet. */
  readonly bare?: boolean;
  /** One-way latency between machines of different zones; the world's own when left out. */
  readonly zoneLatencyMs?: number;
  /** The control plane runs as units of its machines, "the hard way": no kubelets, no nodes. Small and quick, for simulations of its core. */
  readonly hardWay?: boolean;
  /** More flags for etcd members of such a cluster, after the usual ones, which they override. */
  readonly etcdArgs?: readonly string[];
}

export function mastersOf(topology: Topology): readonly MachinePlan[] {
  return topology.machines.filter((machine) => machine.role === 'master');
}
/** Where etcd's members are: machines of their own, or the masters (stacked). */
export function etcdMachinesOf(topology: Topology): readonly MachinePlan[] {
  const apart = topology.machines.filter((machine) => machine.role === 'etcd');
  return apart.length > 0 ? apart : mastersOf(topology);
}
export function workersOf(topology: Topology): readonly MachinePlan[] {
  return topology.machines.filter((machine) => machine.role === 'worker');
}
export function nodesOf(topology: Topology): readonly MachinePlan[] {
  return topology.machines.filter((machine) => machine.role === 'worker' || (machine.role === 'master' && topology.mastersAreNodes));
}
