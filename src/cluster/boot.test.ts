// The clusters come up as kubeadm and Calico would leave them.
import { describe, expect, it } from 'vitest';
import type { World } from '../kernel/world.ts';
import { createCluster } from './create-cluster.ts';

/** What the command says on the laptop. */
function kubectl(world: World, ...args: string[]): string {
  let text = '';
  const process = world.spawn('laptop', { program: 'kubectl', args, onOutput: (_, part) => (text += part) });
  world.run(world.nowMs + 20_000, () => process.exit !== undefined);
  expect(process.exit?.code, `kubectl ${args.join(' ')}: ${text}`).toBe(0);
  return text;
}

/** The rows of a table, without its header. */
function rows(table: string): string[][] {
  return table.trimEnd().split('\n').slice(1).map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));
}

const cases = [
  { preset: 'default', masters: ['m-k8s'], workers: ['w1-k8s', 'w2-k8s', 'w3-k8s'] },
  { preset: 'ha', masters: ['m1-k8s', 'm2-k8s', 'm3-k8s'], workers: ['w1-k8s', 'w2-k8s', 'w3-k8s'] },
] as const;

describe('a cluster after its boot', () => {
  for (const { preset, masters, workers } of cases) {
    it(`${preset}: every node is Ready and kube-system holds exactly what belongs there, Running`, () => {
      const { world } = createCluster(preset, { seed: 1 });
      world.run(60_000);
      const nodes = rows(kubectl(world, 'get', 'nodes'));
      expect(nodes.map(([name, status]) => `${name} ${status}`).sort()).toEqual([...masters, ...workers].map((name) => `${name} Ready`).sort());

      const pods = rows(kubectl(world, 'get', 'pods', '-n', 'kube-system'));
      const hashless = pods.map(([name]) => (name ?? '').replace(/^(coredns)-[a-z0-9]+-[a-z0-9]{5}$/, '$1').replace(/^(kube-proxy|calico-node)-[a-z0-9]{5}$/, '$1'));
      const wanted = [
        ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].flatMap((name) => masters.map((master) => `${name}-${master}`)),
        'coredns',
        'coredns',
        ...['kube-proxy', 'calico-node'].flatMap((name) => [...masters, ...workers].map(() => name)),
      ];
      expect(hashless.sort()).toEqual(wanted.sort());
      for (const [name, ready, status] of pods) expect(`${name} ${ready} ${status}`).toBe(`${name} 1/1 Running`);
    });
  }
});
