// The clusters that can be chosen by name.
import { registryHosts } from '../../programs/images/catalog.ts';
import type { MachinePlan, MachineRole, Topology } from '../topology.ts';

const gibibyte = 1024 ** 3;

export const presetNames = ['default', 'ha', 'ha-4', 'ha-5', 'ha-7', 'external-etcd', 'stretched', 'single', 'bare', 'conformance'] as const;
export type PresetName = (typeof presetNames)[number];

export interface PresetOptions {
  /** Number of workers; default the preset's own. */
  readonly nodes?: number;
}

/** A kubeadm cluster as large as one likes: what presets are made of, and what simulations draw. */
export interface ClusterShape {
  readonly masters: number;
  /** Machines with an etcd member each; 0: every master has one (stacked). */
  readonly etcdMachines?: number;
  readonly workers: number;
  /** Masters, etcd machines and workers are spread over so many zones, in turn. Default 1. */
  readonly zones?: number;
  /** One way, between zones. Default 2. */
  readonly zoneLatencyMs?: number;
  /** See Topology. Without workers. */
  readonly hardWay?: boolean;
  readonly etcdArgs?: readonly string[];
}

function machine(role: MachineRole, slot: number, name: string, address: string, cores = 2, memoryGiB = 4): MachinePlan {
  return { name, role, slot, address, cores, memoryBytes: memoryGiB * gibibyte };
}

const outside: readonly MachinePlan[] = [
  machine('client', 0, 'laptop', '192.168.1.5'),
  machine('traffic', 0, 'traffic', '192.168.1.6'),
  ...registryHosts.map((each, index) => machine('registry', index, each.machine, each.address)),
];

function workers(count: number, name: (n: number) => string, cores: number, memoryGiB: number): readonly MachinePlan[] {
  return Array.from({ length: count }, (_, index) => {
    const n = index + 101;
    return machine('worker', index, name(index + 1), `192.168.${1 + Math.floor(n / 250) * 2}.${(n % 250) + (n >= 250 ? 1 : 0)}`, cores, memoryGiB);
  });
}

const common = {
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  dnsAddress: '10.96.0.10',
  mastersAreNodes: true,
  addons: true,
  mastersTaken: false,
  instantRuntime: false,
  tokens: [],
  maxPods: 110,
} as const;

/** More than one master stands behind a load balancer. */
export function shapedTopology(preset: string, shape: ClusterShape): Topology {
  const { masters, etcdMachines = 0, zones = 1, zoneLatencyMs } = shape;
  const zoned = (plan: MachinePlan): MachinePlan => (zones > 1 ? { ...plan, zone: `zone-${'abcdefgh'[plan.slot % zones] as string}` } : plan);
  const control = Array.from({ length: masters }, (_, slot) => machine('master', slot, masters === 1 ? 'm-k8s' : `m${slot + 1}-k8s`, `192.168.1.${masters === 1 ? 10 : 11 + slot}`));
  const members = Array.from({ length: etcdMachines }, (_, slot) => machine('etcd', slot, `e${slot + 1}-k8s`, `192.168.1.${21 + slot}`));
  const balancer = masters === 1 ? [] : [machine('load-balancer', 0, 'load-balancer', '192.168.1.9')];
  const behind = [...control, ...members, ...workers(shape.workers, (n) => `w${n}-k8s`, 4, 8)].map(zoned);
  const front = balancer[0] ?? (control[0] as MachinePlan);
  return { ...common, preset, machines: [...outside, ...balancer, ...behind], endpoint: `${front.address}:6443`, ...(zoneLatencyMs === undefined ? {} : { zoneLatencyMs }), ...(shape.hardWay === true ? { hardWay: true, addons: false, mastersAreNodes: false, etcdArgs: shape.etcdArgs ?? [] } : {}) };
}

const shapes: Readonly<Partial<Record<PresetName, ClusterShape>>> = {
  default: { masters: 1, workers: 3 },
  ha: { masters: 3, workers: 3 },
  'ha-4': { masters: 4, workers: 3 },
  'ha-5': { masters: 5, workers: 3 },
  'ha-7': { masters: 7, workers: 3 },
  'external-etcd': { masters: 3, etcdMachines: 3, workers: 3 },
  stretched: { masters: 3, workers: 3, zones: 3, zoneLatencyMs: 8 },
  bare: { masters: 3, workers: 3 },
};

export function createTopology(preset: PresetName, options: PresetOptions = {}): Topology {
  if (preset === 'single') {
    const master = machine('master', 0, 'minikube', '192.168.49.2', 4, 8);
    return { ...common, preset, machines: [...outside, master], endpoint: `${master.address}:6443`, mastersTaken: true };
  }
  if (preset === 'conformance') {
    const master = machine('master', 0, 'control-plane', '192.168.1.10', 4, 8);
    const nodes = workers(options.nodes ?? 3, (n) => `node-${n}`, 1, 3.75);
    return { ...common, preset, machines: [...outside, master, ...nodes], endpoint: `${master.address}:6443`, mastersAreNodes: false, addons: false, instantRuntime: true, dnsAddress: master.address };
  }
  const shape = shapes[preset] as ClusterShape;
  const topology = shapedTopology(preset, { ...shape, workers: options.nodes ?? shape.workers });
  return preset === 'bare' ? { ...topology, bare: true } : topology;
}
