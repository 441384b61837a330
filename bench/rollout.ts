// A Deployment of 1,000 replicas on 20 nodes: every pod is scheduled, pulled, started, probed, reported, as any pod is.
import { createCluster } from '../src/cluster/create-cluster.ts';
import type { EtcdEvent } from '../src/programs/etcd/events.ts';
import type { World } from '../src/kernel/world.ts';

const replicas = 1000;
const nodes = 20;
const bootMs = 120_000;
const limitMs = 900_000;

export function measureRollout(): Record<string, number> {
  const { world } = createCluster('default', { seed: 1, nodes });
  world.run(bootMs);
  const ready = watchReady(world, '/registry/deployments/default/web');
  const before = heapUsed();
  const beganMs = world.nowMs;
  const beganCpu = process.cpuUsage();
  const began = performance.now();
  world.spawn('laptop', { program: 'kubectl', args: ['create', 'deployment', 'web', '--image=nginx:1.27', `--replicas=${replicas}`] });
  while (ready() < replicas && world.nowMs < beganMs + limitMs) world.run(world.nowMs + 1000);
  const wallMs = performance.now() - began;
  const cpu = process.cpuUsage(beganCpu);
  if (ready() < replicas) throw new Error(`only ${ready()} of ${replicas} replicas became ready`);
  const virtualMs = world.nowMs - beganMs;
  world.run(world.nowMs + 30_000);
  return { deployment1000ReadyMs: wallMs, deployment1000CpuMs: (cpu.user + cpu.system) / 1000, deployment1000VirtualMs: virtualMs, heapKilobytesPerPod: (heapUsed() - before) / 1024 / replicas };
}

/** A Deployment's ready replicas, as etcd has them. */
function watchReady(world: World, key: string): () => number {
  let ready = 0;
  world.onTrace((event) => {
    if (event.data.type !== 'etcd.revision') return;
    for (const change of (event.data as EtcdEvent & { readonly type: 'etcd.revision' }).changes)
      if (change.key === key) ready = (change.value as { readonly status?: { readonly readyReplicas?: number } } | null)?.status?.readyReplicas ?? 0;
  });
  return () => ready;
}

function heapUsed(): number {
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc === undefined) throw new Error('the heap cannot be measured without --expose-gc');
  gc();
  return process.memoryUsage().heapUsed;
}
