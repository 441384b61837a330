// The drill that the page offers really brings a cluster back: its very lines, run in a cluster of three masters.
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../../cluster/create-cluster.ts';
import type { World } from '../../../kernel/world.ts';
import type { MachineRecord } from '../../../scene/records.ts';
import { drillLines } from './drill.ts';

function sh(world: World, machine: string, line: string): { readonly code: number | undefined; readonly text: string } {
  let text = '';
  const process = world.spawn(machine, { program: 'sh', args: ['-c', line], privileged: true, onOutput: (_, part) => (text += part) });
  world.run(world.nowMs + 240_000, () => process.exit !== undefined);
  return { code: process.exit?.code, text };
}

describe('the recovery drill', () => {
  it('brings three masters back from a snapshot; what was written later is gone, what runs goes on', () => {
    const { world, topology } = createCluster('ha', { seed: 1 });
    world.run(60_000);
    sh(world, 'laptop', 'kubectl create deployment web --image=nginx --replicas=2 && kubectl wait deployment/web --for=condition=Available --timeout=60s');
    const masters = topology.machines.filter((machine) => machine.role === 'master').map(({ name }) => world.machine(name));
    const records = topology.machines.map((plan): MachineRecord => ({ table: 'machine', id: `machine:${plan.name}`, name: plan.name, role: plan.role, address: plan.address, zone: '', on: true, slot: plan.slot, images: [] }));
    const pods = () => sh(world, 'laptop', 'kubectl get pods -l app=web -o custom-columns=N:.metadata.name,U:.metadata.uid,R:.status.containerStatuses[0].restartCount --no-headers').text.split('\n').sort();
    const before = pods();
    for (const { line, machine, step } of drillLines(records) ?? []) {
      if (line === undefined)
        for (const master of masters) {
          master.wipeDisk('/var/lib/etcd');
          for (const process of master.processes()) if (process.program === 'etcd') master.kill(process.pid);
        }
      else {
        const done = sh(world, machine, line);
        expect(done.code, `${machine}$ ${line}\n${done.text}`).toBe(0);
      }
      world.run(world.nowMs + (step === 'start' ? 60_000 : 10_000));
    }
    world.run(world.nowMs + 60_000);
    const nodes = sh(world, 'laptop', 'kubectl get nodes --no-headers').text.trim().split('\n');
    expect(nodes).toHaveLength(6);
    for (const node of nodes) expect(node).toMatch(/ Ready /);
    expect(sh(world, 'laptop', 'kubectl get configmap written-later').text).toContain('configmaps "written-later" not found');
    expect(pods()).toEqual(before);
    const members = sh(world, 'm1-k8s', 'etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key member list').text;
    expect(members.match(/started, m\d-k8s, .*, false/g)).toHaveLength(3);
  });
});
