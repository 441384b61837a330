// A machine with containerd and a kubelet without an API server: static pods run, crash, are probed, outlive restarts.
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../kernel/create-world.ts';
import type { Program } from '../../kernel/host.ts';
import type { TraceEvent, World } from '../../kernel/world.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { containerd } from '../containerd/main.ts';
import { kubelet } from './main.ts';

const pause: Program = {
  name: 'pause',
  *main(host) {
    yield* host.signals.catchTerminate().wait();
    return 0;
  },
};
const web: Program = {
  name: 'web',
  *main(host) {
    host.output.write(`hello from ${host.hostname}\n`);
    const startedMs = host.clock.nowMs();
    const listener = host.network.listen(':8080');
    yield* serveHttp(host, listener, function* () {
      const sick = host.env['SICK_AFTER'] !== undefined && host.clock.nowMs() - startedMs > Number(host.env['SICK_AFTER']);
      return { status: sick ? 500 : 200, headers: {}, body: 'ok' };
    });
    return 0;
  },
};
const crash: Program = {
  name: 'crash',
  *main(host) {
    host.output.write('about to fail\n');
    yield* host.clock.sleep(500);
    return 3;
  },
};
const once: Program = {
  name: 'once',
  *main(host) {
    yield* host.clock.sleep(100);
    return 0;
  },
};

const image = (program: string) => ({ program, args: [], sizeBytes: 1_000_000, digest: `sha256:${program.padEnd(64, '0')}` });

function createNode(manifests: Record<string, string>): { world: World; events: TraceEvent[] } {
  const world = createWorld({ seed: 1, programs: [containerd, kubelet, pause, web, crash, once] });
  const files: Record<string, unknown> = {
    '/etc/hosts': '127.0.0.1 localhost\n192.168.2.10 docker.io\n',
    '/var/lib/containerd/images/registry.k8s.io/pause:3.10.1': image('pause'),
  };
  for (const name of ['web', 'crash', 'once']) files[`/var/lib/containerd/images/docker.io/library/${name}:1`] = image(name);
  for (const [name, text] of Object.entries(manifests)) files[`/etc/kubernetes/manifests/${name}.yaml`] = text;
  const machine = world.addMachine({ name: 'node', address: '192.168.1.10', files, units: [{ program: 'containerd' }, { program: 'kubelet' }] });
  const events: TraceEvent[] = [];
  world.onTrace((event) => events.push(event));
  machine.powerOn();
  return { world, events };
}

const pod = (name: string, spec: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: kube-system}\nspec:\n  hostNetwork: true\n${spec}`;
const status = (world: World, name: string) =>
  (world.view('node', 'kubelet', 'pods') as readonly { pod: string; status?: { phase?: string; containerStatuses?: readonly { restartCount: number; ready: boolean; state: object }[] } }[]).find((each) => each.pod === `kube-system/${name}-node`)?.status;
const names = (world: World): readonly string[] => world.machine('node').processes().map((process) => process.name);

describe('a kubelet without an API server', () => {
  it('runs a static pod, probes it and calls it ready', () => {
    const { world } = createNode({ web: pod('web', '  containers:\n  - {name: web, image: "web:1", readinessProbe: {httpGet: {port: 8080, path: /}}}\n') });
    world.run(5000);
    expect(names(world)).toContain('web');
    expect(status(world, 'web')).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0 }] });
  });

  it('backs off from a container that crashes: at once, then 10 s, 20 s', () => {
    const { world, events } = createNode({ crash: pod('crash', '  containers:\n  - {name: crash, image: "crash:1"}\n') });
    world.run(60_000);
    const starts = events.filter((event) => event.data.type === 'containerd.container-started').map((event) => event.atMs);
    expect(starts.length).toBe(4);
    const gaps = starts.slice(1).map((at, index) => Math.round((at - (starts[index] ?? 0)) / 1000));
    expect(gaps[0]).toBe(1);
    expect(gaps[1]).toBeGreaterThanOrEqual(10);
    expect(gaps[2]).toBeGreaterThanOrEqual(20);
    expect(status(world, 'crash')?.containerStatuses?.[0]).toMatchObject({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 3, reason: 'Error' } }, restartCount: 3 });
  });

  it('restarts what fails its liveness probe', () => {
    const { world, events } = createNode({
      web: pod('web', '  terminationGracePeriodSeconds: 5\n  containers:\n  - {name: web, image: "web:1", env: [{name: SICK_AFTER, value: "15000"}], livenessProbe: {httpGet: {port: 8080, path: /}, periodSeconds: 5}}\n'),
    });
    world.run(40_000);
    const kill = events.find((event) => event.data.type === 'kubelet.container-killing');
    expect(kill?.data).toMatchObject({ message: 'Container web failed liveness probe, will be restarted' });
    expect(status(world, 'web')?.containerStatuses?.[0]).toMatchObject({ restartCount: 1, state: { running: {} } });
  });

  it('ends with Succeeded when everything has completed', () => {
    const { world } = createNode({ once: pod('once', '  restartPolicy: Never\n  containers:\n  - {name: once, image: "once:1"}\n') });
    world.run(5000);
    expect(status(world, 'once')).toMatchObject({ phase: 'Succeeded', containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }] });
  });

  it('runs init containers one after the other before the others', () => {
    const { world, events } = createNode({
      web: pod('web', '  initContainers:\n  - {name: a, image: "once:1"}\n  - {name: b, image: "once:1"}\n  containers:\n  - {name: web, image: "web:1"}\n'),
    });
    world.run(8000);
    const order = events.filter((event) => event.data.type === 'containerd.container-started').map((event) => (event.data as unknown as { name: string }).name);
    expect(order).toEqual(['a', 'b', 'web']);
    expect(status(world, 'web')?.phase).toBe('Running');
  });

  it('says in runc\'s words that a command is not there', () => {
    const { world } = createNode({ web: pod('web', '  containers:\n  - {name: web, image: "web:1", command: [foo]}\n') });
    world.run(2000);
    const state = status(world, 'web')?.containerStatuses?.[0];
    expect(state).toMatchObject({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 128, reason: 'StartError' } } });
    expect(JSON.stringify(state)).toContain('exec: \\"foo\\": executable file not found in $PATH');
  });

  it('goes on with its containers after containerd and kubelet were killed', () => {
    const { world } = createNode({ web: pod('web', '  containers:\n  - {name: web, image: "web:1"}\n') });
    world.run(5000);
    const before = world.machine('node').processes().find((process) => process.name === 'web')?.pid;
    world.machine('node').kill('containerd');
    world.machine('node').kill('kubelet');
    world.run(15_000);
    expect(world.machine('node').processes().find((process) => process.name === 'web')?.pid).toBe(before);
    expect(status(world, 'web')).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] });
    world.machine('node').kill('web');
    world.run(20_000);
    expect(status(world, 'web')).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1 }] });
  });

  it('outlives containerd alone', () => {
    const { world, events } = createNode({ web: pod('web', '  containers:\n  - {name: web, image: "web:1"}\n') });
    world.run(5000);
    world.machine('node').kill('containerd');
    world.run(15_000);
    expect(events.filter((event) => event.data.type === 'process.exited').map((event) => (event.data as unknown as { name: string }).name)).toEqual(['containerd']);
    world.machine('node').kill('web');
    world.run(20_000);
    expect(status(world, 'web')).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1 }] });
  });

  it('starts everything anew after a power loss', () => {
    const { world } = createNode({ web: pod('web', '  containers:\n  - {name: web, image: "web:1"}\n') });
    world.run(5000);
    world.machine('node').powerOff();
    world.run(6000);
    world.machine('node').powerOn();
    world.run(15_000);
    expect(names(world)).toContain('web');
    expect(status(world, 'web')).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1, lastState: { terminated: { exitCode: 255, reason: 'Unknown' } } }] });
  });

  it('ends the pod when its manifest goes', () => {
    const { world } = createNode({ web: pod('web', '  containers:\n  - {name: web, image: "web:1"}\n') });
    world.run(5000);
    const machine = world.machine('node');
    machine.wipeDisk('/etc/kubernetes/manifests');
    world.run(45_000);
    expect(names(world)).not.toContain('web');
    expect(status(world, 'web')).toBeUndefined();
  });
});
