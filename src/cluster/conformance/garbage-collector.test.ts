// The essence of the garbage collector's conformance tests: what goes with its owner, what stays, and when.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Body } from '../testing/asker.ts';
import { ConformanceBench, type Json, podOf } from '../testing/conformance-bench.ts';

let bench: ConformanceBench;
beforeAll(() => {
  bench = new ConformanceBench('conformance');
});

const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
const ok: ConformanceBench['ok'] = (...question) => bench.ok(...question);
const namespace = (name: string): string => bench.namespace(name);

const template = (app: string): Json => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'nginx', image: 'registry.k8s.io/pause:3.10.1' }] } });
const deployment = (name: string, replicas = 1): Json => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels: { app: name } }, spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) } });

describe('Garbage collector', () => {
  const owned = (namespaced: string): { readonly rcs: string; readonly pods: string; readonly deployments: string; readonly sets: string } => ({ rcs: `${namespaced}/replicationcontrollers`, pods: `${namespaced}/pods`, deployments: `${namespaced.replace('/api/v1', '/apis/apps/v1')}/deployments`, sets: `${namespaced.replace('/api/v1', '/apis/apps/v1')}/replicasets` });
  const controller = (name: string, replicas: number): Json => ({ metadata: { name }, spec: { replicas, selector: { app: name }, template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'nginx', image: 'registry.k8s.io/pause:3.10.1' }] } } } });
  const count = (path: string): number => ok('GET', path).items.length;
  const options = (propagationPolicy: string, uid: string): Json => ({ kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy, preconditions: { uid } });

  it('deletes in the background, orphans, keeps the owner until its pods are gone, and those of two owners', () => {
    const { rcs, pods, deployments, sets } = owned(namespace('gc'));
    const rc = (name: string, replicas: number): Body => {
      const made = ok('POST', rcs, controller(name, replicas));
      bench.until(() => String(ok('GET', `${rcs}/${name}`).status.replicas), String(replicas), 30_000);
      return made;
    };
    const gone = rc('gone', 2);
    ok('DELETE', `${rcs}/gone`, options('Background', gone.metadata.uid));
    bench.until(() => `${count(rcs)} ${count(pods)}`, '0 0', 60_000);

    const orphaning = rc('orphaning', 5);
    ok('DELETE', `${rcs}/orphaning`, options('Orphan', orphaning.metadata.uid));
    bench.until(() => String(count(rcs)), '0', 120_000);
    bench.sleep(30_000);
    expect(ok('GET', pods).items.map((each: Body) => each.metadata.ownerReferences)).toEqual(Array.from({ length: 5 }, () => undefined));
    ok('DELETE', `${pods}?gracePeriodSeconds=0`);

    const foreground = rc('foreground', 4);
    ok('DELETE', `${rcs}/foreground`, options('Foreground', foreground.metadata.uid));
    expect(ok('GET', `${rcs}/foreground`).metadata).toMatchObject({ finalizers: ['foregroundDeletion'], deletionTimestamp: expect.any(String) });
    bench.until(() => {
      const found = bench.ask('GET', `${rcs}/foreground`).status;
      const left = count(pods);
      if (found === 404) expect(left).toBe(0);
      return `${found} ${left}`;
    }, '404 0', 60_000);

    const [dying, staying] = [rc('dying', 4), rc('staying', 0)];
    const half = ok('GET', pods).items.slice(0, 2).map((each: Body) => each.metadata.name);
    for (const name of half) ok('PATCH', `${pods}/${name}`, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicationController', name: 'staying', uid: staying.metadata.uid }] } }, strategic);
    ok('DELETE', `${rcs}/dying`, options('Foreground', dying.metadata.uid));
    bench.until(() => String(bench.ask('GET', `${rcs}/dying`).status), '404', 60_000);
    expect(ok('GET', pods).items.map((each: Body) => [each.metadata.name, each.metadata.deletionTimestamp])).toEqual(half.map((name: string) => [name, undefined]));

    const first = ok('POST', deployments, deployment('first', 2));
    bench.until(() => String(count(sets)), '1', 60_000);
    ok('DELETE', `${deployments}/first`, options('Background', first.metadata.uid));
    bench.until(() => `${count(deployments)} ${count(sets)}`, '0 0', 60_000);
    const second = ok('POST', deployments, deployment('second', 2));
    bench.until(() => String(ok('GET', sets).items[0]?.status.replicas), '2', 60_000);
    ok('DELETE', `${deployments}/second`, options('Orphan', second.metadata.uid));
    bench.until(() => String(count(deployments)), '0', 60_000);
    bench.sleep(5000);
    expect(ok('GET', sets).items.map((each: Body) => each.metadata.ownerReferences)).toEqual([undefined]);
  });

  it('is not blocked by a circle of owners', () => {
    const { pods } = owned(namespace('gc-circle'));
    const made = ['pod1', 'pod2', 'pod3'].map((name) => ok('POST', pods, podOf(name, { nginx: { image: 'registry.k8s.io/pause:3.10.1' } })));
    made.forEach((pod, n) => {
      const owner = made[(n + 2) % 3];
      ok('PATCH', `${pods}/${pod.metadata.name}`, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true }] } }, strategic);
    });
    ok('DELETE', `${pods}/pod1`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', preconditions: { uid: made[0].metadata.uid } });
    bench.until(() => String(ok('GET', pods).items.length), '0', 90_000);
  });
});
