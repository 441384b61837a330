// A session over a whole cluster: what a page sees and does, without a page.
import { describe, expect, it } from 'vitest';
import type { PodRecord } from '../scene/records.ts';
import { openCluster } from './open-cluster.ts';
import type { PacketPath } from './packet-path.ts';
import type { Hop, Run } from './protocol.ts';
import { protocolVersion } from './protocol.ts';
import { Driver } from './testing/drive.ts';

const run: Run = { version: protocolVersion, preset: 'default', seed: 1, epochMs: 1767225600000, inputs: [] };
const upMs = 30_000;
const yaml = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - port: 80
`;

function started(speed = 10): Driver {
  const driver = new Driver(openCluster);
  driver.control({ control: 'start', run, untilMs: upMs, playing: true, speed });
  return driver;
}

function apply(driver: Driver): number {
  const answer = driver.command({ do: 'run', machine: 'laptop', line: 'kubectl apply -f -', stdin: yaml });
  if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
  return answer.event;
}

function pods(driver: Driver): PodRecord[] {
  return [...driver.scene.values()].filter((record): record is PodRecord => record.table === 'pod' && record.namespace === 'default');
}
const ready = (driver: Driver) => pods(driver).filter((pod) => pod.mark === 'ready').length;

describe('a session', () => {
  it('starts a run, plays it and stops', () => {
    const driver = started();
    expect(driver.restarts).toBe(1);
    expect(driver.run?.preset).toBe('default');
    expect([...driver.scene.values()].filter((record) => record.table === 'node' && record.ready === 'True')).toHaveLength(4);
    const used = [...driver.scene.values()].flatMap((record) => (record.table === 'node' ? [record] : []));
    for (const node of used) {
      // Of a node's processor and memory something is used, and not all.
      expect(node.used.memoryBytes).toBeGreaterThan(300 << 20);
      expect(node.used.memoryBytes).toBeLessThan(node.capacity.memoryBytes);
    }
    expect(used.find((node) => node.name === 'm-k8s')?.used.cpuMilli).toBeGreaterThan(0);
    driver.pass(1000);
    expect(driver.frame.nowMs).toBeGreaterThan(upMs + 9000);
    expect(driver.frame.actualSpeed).toBeCloseTo(10, 0);
    driver.control({ control: 'pause' });
    const { nowMs } = driver.frame;
    driver.pass(1000);
    expect(driver.frame.nowMs).toBe(nowMs);
    driver.control({ control: 'step' });
    expect(driver.frame.nowMs).toBeGreaterThan(nowMs);
  });

  it('runs a line in the shell, says what it printed, and shows what follows', () => {
    const driver = started();
    const root = apply(driver);
    driver.pass(20_000, () => ready(driver) === 2);
    const text = driver.terminal.map((output) => output.text).join('\n');
    expect(text).toContain('deployment.apps/web created');
    expect(text).toContain('service/web created');
    expect(driver.terminal.some((output) => output.kind === 'exit' && output.exitCode === 0)).toBe(true);
    const stages = new Set((driver.query({ query: 'flow', root }) as readonly Hop[]).map((hop) => hop.stage));
    for (const stage of ['client', 'authenticate', 'authorize', 'validate', 'propose', 'commit', 'respond', 'watch', 'controller', 'schedule', 'bind', 'kubelet', 'sandbox', 'cni', 'pull', 'start', 'status', 'done'] as const) expect(stages).toContain(stage);
    const why = driver.query({ query: 'why', of: (pods(driver)[0] as PodRecord).id }) as readonly { readonly sentence: { readonly key: string } }[];
    expect(why.at(-1)?.sentence.key).toBe('shell.line');
  });

  it('shows each hop of a followed apply for about half a second', () => {
    const driver = started(1);
    driver.control({ control: 'follow', root: 0, paced: true });
    const root = apply(driver);
    driver.control({ control: 'follow', root, paced: true });
    const times: number[] = [];
    let seen = 0;
    for (let realMs = 0; realMs < 90_000 && !driver.hops.some((hop) => hop.stage === 'done'); realMs += 16) {
      driver.pass(16);
      for (; seen < driver.hops.length; seen++) times.push(realMs);
    }
    expect(driver.hops.at(-1)?.stage).toBe('done');
    const gaps = times.slice(2).map((time, at) => time - (times[at + 1] as number));
    expect(Math.min(...gaps)).toBeGreaterThan(300);
    expect(Math.max(...gaps)).toBeLessThan(3500);
    // The picture never runs ahead of what is told, nor time backwards.
    for (let at = 1; at < driver.frames.length; at++) expect((driver.frames[at] as { nowMs: number }).nowMs).toBeGreaterThanOrEqual((driver.frames[at - 1] as { nowMs: number }).nowMs);
    expect(ready(driver)).toBe(2);
  });

  it('goes back and forth, and the scenes are equal', () => {
    const driver = started();
    const boot = driver.picture();
    driver.pass(200);
    apply(driver);
    driver.pass(3000);
    driver.control({ control: 'pause' });
    const end = driver.picture();
    const endMs = driver.frame.nowMs;
    driver.control({ control: 'seek', toMs: upMs });
    expect(driver.picture()).toEqual(boot);
    expect(driver.frame.endMs).toBe(endMs);
    driver.control({ control: 'seek', toMs: 12_345 });
    const early = driver.picture();
    driver.control({ control: 'seek', toMs: upMs + 500 });
    driver.control({ control: 'seek', toMs: 12_345 });
    expect(driver.picture()).toEqual(early);
    driver.control({ control: 'live' });
    expect(driver.picture()).toEqual(end);
    expect(driver.frame.nowMs).toBe(endMs);
  });

  it('counts several steps in time from one another', () => {
    const driver = started();
    driver.control({ control: 'pause' });
    driver.control({ control: 'seek', toMs: 0 });
    for (const byMs of [10_000, 10_000, -5000]) driver.session.receive({ kind: 'control', control: { control: 'seek-by', byMs } });
    expect(driver.frame.nowMs).toBe(15_000);
    driver.session.receive({ kind: 'control', control: { control: 'seek-by', byMs: -60_000 } });
    expect(driver.frame.nowMs).toBe(0);
    driver.session.receive({ kind: 'control', control: { control: 'seek-by', byMs: 600_000 } });
    expect(driver.frame.nowMs).toBe(driver.frame.endMs);
  });

  it('forks where a person acts in the past, as a fresh run with the same inputs does', () => {
    const driver = started();
    apply(driver);
    driver.pass(2000);
    driver.command({ do: 'power', machine: 'w2-k8s', on: false });
    driver.pass(2000);
    driver.control({ control: 'seek', toMs: upMs + 15_000 });
    const atMs = driver.frame.nowMs;
    const answer = driver.command({ do: 'power', machine: 'w1-k8s', on: false });
    expect(answer).toMatchObject({ kind: 'accepted', atMs });
    driver.control({ control: 'pause' });
    driver.control({ control: 'play' });
    driver.pass(2000);
    driver.control({ control: 'pause' });
    const forked = driver.query({ query: 'run' }) as Run;
    expect(forked.inputs.map((input) => input.command.do)).toEqual(['run', 'power']);
    const again = new Driver(openCluster);
    again.control({ control: 'start', run: forked, untilMs: driver.frame.nowMs, playing: false, speed: 1 });
    expect(again.picture()).toEqual(driver.picture());
    expect(again.query({ query: 'hash' })).toBe(driver.query({ query: 'hash' }));
    expect(again.terminal.map((output) => output.text).join('')).toBe(driver.terminal.map((output) => output.text).join(''));
  });

  it('takes the last input back, and all of them', () => {
    const driver = started();
    apply(driver);
    driver.pass(1000);
    driver.command({ do: 'power', machine: 'w2-k8s', on: false });
    driver.control({ control: 'undo' });
    expect((driver.query({ query: 'run' }) as Run).inputs).toHaveLength(1);
    expect(driver.scene.get('machine:w2-k8s')).toMatchObject({ on: true });
    driver.control({ control: 'reset' });
    expect((driver.query({ query: 'run' }) as Run).inputs).toHaveLength(0);
    expect(pods(driver)).toHaveLength(0);
  });

  it('refuses what cannot be done, with a reason', () => {
    const driver = started();
    expect(driver.command({ do: 'kill', machine: 'w1-k8s', process: 'vim' })).toMatchObject({ kind: 'refused', refusal: { key: 'no-process', params: { process: 'vim', machine: 'w1-k8s' } } });
    expect(driver.command({ do: 'power', machine: 'mars', on: true })).toMatchObject({ kind: 'refused', refusal: { key: 'no-machine', params: { machine: 'mars' } } });
    expect(driver.command({ do: 'power', machine: 'w1-k8s', on: true })).toMatchObject({ kind: 'refused' });
  });

  it('marks what a fault leads to, and goes to the next moment', () => {
    const driver = started();
    driver.command({ do: 'power', machine: 'w2-k8s', on: false });
    driver.control({ control: 'next-moment' });
    const last = driver.moments.at(-1);
    expect(last?.sentence.key).toMatch(/node-silent|node-not-ready/);
    const fault = driver.moments.find((moment) => moment.sentence.key === 'input.power-off');
    expect(last?.because).toBe(fault?.id);
  });

  it('answers about objects, keys, messages and YAML', () => {
    const driver = started();
    expect(driver.query({ query: 'object', apiVersion: 'v1', resource: 'namespaces', namespace: '', name: 'default' })).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } });
    expect(driver.query({ query: 'etcd-keys', prefix: '/registry/minions/', limit: 10 })).toMatchObject({ keys: [{ key: '/registry/minions/m-k8s' }, {}, {}, {}] });
    expect(driver.query({ query: 'view', machine: 'm-k8s', process: 'etcd', view: 'raft' })).toMatchObject({ role: 'leader' });
    const way = (to: string) => driver.query({ query: 'path', from: 'w1-k8s', to }) as PacketPath;
    expect(way('kube-dns.kube-system:53')).toMatchObject({ outcome: 'reached', process: expect.stringMatching(/^coredns\//) });
    expect(way('kubernetes.default:443')).toMatchObject({ outcome: 'reached', process: 'kube-apiserver' });
    expect(way('kubernetes.default:443').hops.map((hop) => `${hop.machine} ${hop.kind}`)).toEqual(['w1-k8s dns', 'w1-k8s nat', 'w1-k8s link', 'm-k8s listen']);
    // The address is there, the port is not.
    expect(way('192.168.1.10:6444')).toMatchObject({ outcome: 'refused', hops: expect.arrayContaining([expect.objectContaining({ machine: 'm-k8s', kind: 'closed' })]) });
    expect(way('nobody.default:80')).toMatchObject({ outcome: 'unknown', hops: [] });
    expect(driver.query({ query: 'completions', machine: 'laptop', line: 'kubectl ge', cursor: 10 })).toBeDefined();
    expect(driver.query({ query: 'check-yaml', text: 'kind: Pod\nspec: 5\n' })).toMatchObject({ problems: [{ key: 'yaml.missing-field', params: { field: 'apiVersion' } }] });
  });
});
