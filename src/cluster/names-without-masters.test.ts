// On `ha` a Service is found by its name whoever of the masters is off: CoreDNS came in after the machines had joined, and its anti-affinity spread it.
import { expect, it } from 'vitest';
import { createCluster } from './create-cluster.ts';
import type { World } from '../kernel/world.ts';

function kubectl(world: World, ...args: string[]): { readonly code: number | undefined; readonly text: string } {
  let text = '';
  const process = world.spawn('laptop', { program: 'kubectl', args, onOutput: (_, part) => (text += part) });
  world.run(world.nowMs + 60_000, () => process.exit !== undefined);
  return { code: process.exit?.code, text };
}

it('traffic by name goes on with two masters off, with all off, and after', () => {
  let ok = 0;
  let failed = 0;
  const { world } = createCluster('ha', {
    seed: 1,
    onTrace: ({ data }) => {
      if (data.type !== 'traffic.second') return;
      const second = data as unknown as { readonly ok: number; readonly failed: number };
      ok += second.ok;
      failed += second.failed;
    },
  });
  world.run(45_000);
  const nodes = kubectl(world, 'get', 'pods', '-n', 'kube-system', '-l', 'k8s-app=kube-dns', '-o', 'jsonpath={.items[*].spec.nodeName}').text.split(' ');
  expect(nodes).toHaveLength(2);
  expect(new Set(nodes).size).toBe(2);
  kubectl(world, 'create', 'deployment', 'web', '--image=nginx', '--replicas=3');
  kubectl(world, 'expose', 'deployment', 'web', '--port=80');
  world.run(world.nowMs + 30_000);
  world.spawn('traffic', { program: 'traffic', name: 'traffic/client', args: ['--name=client', '--target=web.default', '--rate=5'], privileged: true });
  world.run(world.nowMs + 10_000);
  for (const master of ['m1-k8s', 'm2-k8s']) world.machine(master).powerOff();
  const before = ok;
  world.run(world.nowMs + 120_000);
  const refused = kubectl(world, 'create', 'deployment', 'late', '--image=nginx', '--request-timeout=5s');
  expect(refused.code).not.toBe(0);
  expect(refused.text).toMatch(/^(error|Error from server|Unable to connect)/m);
  world.machine('m3-k8s').powerOff();
  world.run(world.nowMs + 120_000);
  expect(ok - before).toBeGreaterThan(1100);
  for (const master of ['m1-k8s', 'm2-k8s', 'm3-k8s']) world.machine(master).powerOn();
  world.run(world.nowMs + 60_000);
  expect(failed).toBe(0);
  expect(kubectl(world, 'create', 'deployment', 'late', '--image=nginx').text).toBe('deployment.apps/late created\n');
});
