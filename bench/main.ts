// `npm run bench`: measures what the design holds itself to, prints it, and writes bench/latest.json. Figures depend on the machine, which is named.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { createCluster } from '../src/cluster/create-cluster.ts';
import type { PresetName } from '../src/cluster/presets/presets.ts';
import { createWorld } from '../src/kernel/create-world.ts';
import type { TraceEvent, World } from '../src/kernel/world.ts';
import { measurePage } from './page.ts';

const figures: Record<string, number> = {};
const only = process.argv.slice(2);

function record(name: string, value: number): void {
  figures[name] = Math.round(value * 100) / 100;
  console.log(`${name.padEnd(34)} ${figures[name]}`);
}

function wanted(name: string): boolean {
  return only.length === 0 || only.some((each) => name.startsWith(each));
}

/** Best of three: the machine does other things too. */
function best(times: number, measure: () => number): number {
  let greatest = 0;
  for (let n = 0; n < times; n++) greatest = Math.max(greatest, measure());
  return greatest;
}

function kernelEvents(): number {
  const world = createWorld({
    seed: 1,
    programs: [
      {
        name: 'server',
        *main(host) {
          const listener = host.network.listen(':7');
          for (;;) {
            const connection = yield* listener.accept();
            if (connection === undefined) return 0;
            host.tasks.spawn(
              'serve',
              (function* () {
                for (;;) {
                  const message = yield* connection.receive();
                  if (message === undefined) return;
                  connection.send(message);
                }
              })(),
            );
          }
        },
      },
      {
        name: 'client',
        *main(host) {
          const connection = yield* host.network.dial('10.0.0.1:7');
          for (;;) {
            connection.send(1);
            yield* connection.receive();
            yield* host.clock.sleep(host.random.below(5));
          }
        },
      },
    ],
  });
  world.addMachine({ name: 'a', address: '10.0.0.1' }).powerOn();
  world.addMachine({ name: 'b', address: '10.0.0.2' }).powerOn();
  world.spawn('a', { program: 'server' });
  for (let n = 0; n < 20; n++) world.spawn('b', { program: 'client' });
  const began = performance.now();
  world.run(120_000);
  return (world.steps / (performance.now() - began)) * 1000;
}

function idleSpeed(preset: PresetName): number {
  const { world } = createCluster(preset, { seed: 1 });
  world.run(180_000);
  const began = performance.now();
  world.run(180_000 + 300_000);
  return 300 / ((performance.now() - began) / 1000);
}

interface Stored {
  readonly status?: { readonly readyReplicas?: number };
}

/** Watches etcd's revisions for a Deployment's ready replicas. */
function watchReady(world: World, key: string): () => number {
  let ready = 0;
  world.onTrace((event: TraceEvent) => {
    if (event.data.type !== 'etcd.revision') return;
    for (const change of (event.data as unknown as { readonly changes: readonly { readonly key: string; readonly value: unknown }[] }).changes)
      if (change.key === key) ready = (change.value as Stored | null)?.status?.readyReplicas ?? 0;
  });
  return () => ready;
}

function collect(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

function rollout(replicas: number): { readonly wallMs: number; readonly virtualMs: number; readonly bytesPerPod: number } {
  const { world } = createCluster('default', { seed: 1, nodes: 20 });
  world.run(120_000);
  const ready = watchReady(world, '/registry/deployments/default/web');
  const before = collect();
  const began = performance.now();
  const startMs = world.nowMs;
  world.spawn('laptop', { program: 'sh', args: ['-c', `kubectl create deployment web --image=nginx:1.27 --replicas=${replicas}`], privileged: true });
  while (ready() < replicas && world.nowMs < startMs + 900_000) world.run(world.nowMs + 1000);
  const wallMs = performance.now() - began;
  if (ready() < replicas) throw new Error(`only ${ready()} of ${replicas} replicas became ready`);
  const virtualMs = world.nowMs - startMs;
  world.run(world.nowMs + 30_000);
  return { wallMs, virtualMs, bytesPerPod: (collect() - before) / replicas };
}

function chunkSizes(): void {
  if (!existsSync('dist/index.html')) execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });
  const sizes = JSON.parse(execFileSync('node', ['scripts/check-budget.mjs', '--json'], { encoding: 'utf8' })) as Record<string, number>;
  for (const [name, value] of Object.entries(sizes)) record(name, value);
}

const machine = `${cpus()[0]?.model ?? 'unknown'} x${cpus().length}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}`;
console.log(machine);
if (wanted('kernel')) record('kernelEventsPerSecond', best(3, kernelEvents));
if (wanted('idle')) {
  record('idleHaVirtualSecondsPerSecond', best(2, () => idleSpeed('ha')));
  record('idleDefaultVirtualSecondsPerSecond', best(2, () => idleSpeed('default')));
}
if (wanted('deployment')) {
  const result = rollout(1000);
  record('deployment1000ReadyMs', result.wallMs);
  record('deployment1000VirtualMs', result.virtualMs);
  record('heapKilobytesPerPod', result.bytesPerPod / 1024);
}
if (wanted('page')) {
  chunkSizes();
  for (const [name, value] of Object.entries(await measurePage())) record(name, value);
}
if (only.length > 0 && existsSync('bench/latest.json')) Object.assign(figures, { ...(JSON.parse(readFileSync('bench/latest.json', 'utf8')) as { figures: object }).figures, ...figures });
mkdirSync('bench', { recursive: true });
writeFileSync('bench/latest.json', JSON.stringify({ machine, figures }, null, 2) + '\n');
