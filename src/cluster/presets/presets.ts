// The clusters that can be chosen by name.
import { registryHosts } from '../../programs/images/catalog.ts';
import type { MachinePlan, MachineRole, Topology } from '../topology.ts';

const gibibyte = 1024 ** 3;

export const presetNames = ['default', 'ha', 'single', 'conformance'] as const;
export type PresetName = (typeof presetNames)[number];

export interface PresetOptions {
  /** Number of workers; default the preset's own. */
  readonly nodes?: number;
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

export function createTopology(preset: PresetName, options: PresetOptions = {}): Topology {
  switch (preset) {
    case 'default': {
      const master = machine('master', 0, 'm-k8s', '192.168.1.10');
      return { ...common, preset, machines: [...outside, master, ...workers(options.nodes ?? 3, (n) => `w${n}-k8s`, 4, 8)], endpoint: `${master.address}:6443` };
    }
    case 'ha': {
      const balancer = machine('load-balancer', 0, 'load-balancer', '192.168.1.9');
      const masters = [1, 2, 3].map((n) => machine('master', n - 1, `m${n}-k8s`, `192.168.1.${10 + n}`));
      return { ...common, preset, machines: [...outside, balancer, ...masters, ...workers(options.nodes ?? 3, (n) => `w${n}-k8s`, 4, 8)], endpoint: `${balancer.address}:6443` };
    }
    case 'single': {
      const master = machine('master', 0, 'minikube', '192.168.49.2', 4, 8);
      return { ...common, preset, machines: [...outside, master], endpoint: `${master.address}:6443`, mastersTaken: true };
    }
    case 'conformance': {
      const master = machine('master', 0, 'control-plane', '192.168.1.10', 4, 8);
      const nodes = workers(options.nodes ?? 3, (n) => `node-${n}`, 1, 3.75);
      return { ...common, preset, machines: [...outside, master, ...nodes], endpoint: `${master.address}:6443`, mastersAreNodes: false, addons: false, instantRuntime: true };
    }
  }
}
