// The essence of sig-apps' conformance tests whose objects are watched and changed by hand while their controllers work on them.
import { beforeAll, describe, expect, it } from 'vitest';
import { agnhost, busybox, ConformanceBench, type Json, type Thing } from '../testing/conformance-bench.ts';

const httpd = 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4';
const apps = '/apis/apps/v1/namespaces/default';
const core = '/api/v1/namespaces/default';
const batch = '/apis/batch/v1/namespaces/default';
const policy = '/apis/policy/v1/namespaces/default';

interface Condition {
  readonly type: string;
  readonly status?: string;
  readonly reason?: string;
}

const template = (labels: Json, image = httpd, more: Json = {}, name = 'app'): Json => ({ metadata: { labels }, spec: { containers: [{ name, image, ...(image === agnhost ? { args: ['serve-hostname'], ports: [{ containerPort: 9376 }] } : {}) }], ...more } });
const set = (kind: string, name: string, labels: Json, spec: Json, image = httpd): Json => ({ apiVersion: 'apps/v1', kind, metadata: { name, labels }, spec: { selector: { matchLabels: labels }, template: template(labels, image), ...spec } });
const conditionsOf = (object: Thing): readonly Condition[] => (object.status['conditions'] ?? []) as readonly Condition[];
const sorted = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(sorted) : value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)])) : value;

describe('workloads', () => {
  let bench: ConformanceBench;
  const get = (path: string): Thing => bench.done('GET', path);
  const items = (path: string): readonly Thing[] => (bench.done('GET', path) as unknown as { readonly items: readonly Thing[] }).items;
  const pods = (selector: string): readonly Thing[] => items(`${core}/pods?labelSelector=${selector}`);
  const running = (selector: string): number => pods(selector).filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status['phase'] === 'Running').length;
  const field = (path: string, name: string): (() => string) => () => String(get(path).status[name] ?? 0);
  const gone = (path: string): void => bench.until(() => String(bench.ask('GET', path).status), '404');
  beforeAll(() => {
    bench = new ConformanceBench();
  });

  describe('Deployment', () => {
    const complete = (name: string): void =>
      bench.until(() => {
        const { metadata, spec, status } = get(`${apps}/deployments/${name}`);
        return [status['observedGeneration'] === metadata.generation, status['updatedReplicas'] === spec['replicas'], status['replicas'] === spec['replicas'], status['availableReplicas'] === spec['replicas']].join();
      }, 'true,true,true,true');
    const revision = (name: string): string => get(`${apps}/deployments/${name}`).metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '';

    it('RollingUpdateDeployment takes over a ReplicaSet and counts on from its revision, however large', () => {
      bench.done('POST', `${apps}/replicasets`, { ...set('ReplicaSet', 'rolling', { name: 'sample-pod', pod: 'httpd' }, { replicas: 1 }), metadata: { name: 'rolling', labels: { name: 'sample-pod', pod: 'httpd' }, annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' } } });
      bench.until(() => String(running('name=sample-pod')), '1');
      bench.done('POST', `${apps}/deployments`, set('Deployment', 'rolling', { name: 'sample-pod' }, { replicas: 1, strategy: { type: 'RollingUpdate' } }, agnhost));
      bench.until(() => revision('rolling'), '3546343826724305833');
      complete('rolling');
      expect(items(`${apps}/replicasets?labelSelector=name=sample-pod`).map(({ metadata, spec }) => `${metadata.ownerReferences?.[0]?.kind} ${spec['replicas'] as number}`).sort()).toEqual(['Deployment 0', 'Deployment 1']);
    });

    it('RecreateDeployment never runs old and new pods together', () => {
      bench.done('POST', `${apps}/deployments`, set('Deployment', 'recreate', { name: 'sample-pod-3' }, { replicas: 1, strategy: { type: 'Recreate' } }, agnhost));
      complete('recreate');
      const seen = bench.watch(`${apps}/deployments?watch=true&fieldSelector=metadata.name=recreate`).events;
      bench.done('PATCH', `${apps}/deployments/recreate`, [{ op: 'replace', path: '/spec/template/spec/containers', value: [{ name: 'httpd', image: httpd }] }], 'json');
      complete('recreate');
      for (const { object } of seen) {
        const { updatedReplicas = 0, replicas = 0 } = (object as Thing).status as { updatedReplicas?: number; replicas?: number };
        expect(updatedReplicas === 0 || updatedReplicas === replicas).toBe(true);
      }
    });

    it('deletes old replica sets; supports rollover over an image that does not exist', () => {
      bench.done('POST', `${apps}/replicasets`, set('ReplicaSet', 'cleanup', { name: 'cleanup-pod', pod: 'httpd' }, { replicas: 1 }));
      bench.done('POST', `${apps}/replicasets`, set('ReplicaSet', 'rollover', { name: 'rollover-pod', pod: 'httpd' }, { replicas: 1 }));
      bench.until(() => `${running('name=cleanup-pod')} ${get(`${apps}/replicasets/rollover`).status['readyReplicas'] as number}`, '1 1');
      const created = bench.watch(`${core}/pods?watch=true&labelSelector=name=cleanup-pod&resourceVersion=${items(`${core}/pods`).length === 0 ? '' : (bench.ask('GET', `${core}/pods`).body as { readonly metadata: { readonly resourceVersion: string } }).metadata.resourceVersion}`).events;
      bench.done('POST', `${apps}/deployments`, set('Deployment', 'cleanup', { name: 'cleanup-pod' }, { replicas: 1, revisionHistoryLimit: 0 }, agnhost));
      bench.done('POST', `${apps}/deployments`, set('Deployment', 'rollover', { name: 'rollover-pod' }, { replicas: 1, minReadySeconds: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }, 'gcr.io/google_samples/gb-redisslave:nonexistent'));
      bench.until(() => String(items(`${apps}/replicasets?labelSelector=name=cleanup-pod`).length), '1');
      expect(created.filter(({ type }) => type === 'ADDED').map(({ object }) => ((object as Thing).spec['containers'] as readonly { readonly image: string }[])[0]?.image)).toEqual([agnhost]);
      bench.until(field(`${apps}/deployments/rollover`, 'updatedReplicas'), '1');
      expect(revision('rollover')).toBe('1');
      expect(items(`${apps}/replicasets?labelSelector=name=rollover-pod`).map(({ spec, status }) => `${spec['replicas'] as number} ${status['replicas'] as number}`)).toEqual(['1 1', '1 1']);
      bench.done('PATCH', `${apps}/deployments/rollover`, [{ op: 'replace', path: '/spec/template/spec/containers', value: [{ name: 'agnhost', image: agnhost, args: ['pause'] }] }], 'json');
      bench.until(() => revision('rollover'), '2');
      complete('rollover');
      bench.until(() => items(`${apps}/replicasets?labelSelector=name=rollover-pod`).map(({ status }) => String(status['replicas'] as number)).sort().join(), '0,0,1');
    });

    it('has a working scale subresource; supports proportional scaling', () => {
      bench.done('POST', `${apps}/deployments`, set('Deployment', 'web', { name: 'httpd' }, { replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }));
      complete('web');
      const first = get(`${apps}/replicasets/${items(`${apps}/replicasets?labelSelector=name=httpd`)[0]?.metadata.name ?? ''}`).metadata.name;
      bench.done('PATCH', `${apps}/deployments/web`, { spec: { template: { spec: { containers: [{ name: 'app', image: 'webserver:404' }] } } } });
      const sizes = (): string => items(`${apps}/replicasets?labelSelector=name=httpd`).map(({ metadata, spec, status }) => `${metadata.name === first ? 'old' : 'new'} ${spec['replicas'] as number} ${status['replicas'] as number} ${(status['availableReplicas'] as number | undefined) ?? 0}`).sort().join();
      bench.until(sizes, 'new 5 5 0,old 8 8 8');
      const scale = get(`${apps}/deployments/web/scale`);
      expect(scale).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 10 }, status: { selector: 'name=httpd' } });
      expect(bench.done('PUT', `${apps}/deployments/web/scale`, { ...scale, metadata: { ...scale.metadata, resourceVersion: '' }, spec: { replicas: 30 } }).spec['replicas']).toBe(30);
      bench.until(() => items(`${apps}/replicasets?labelSelector=name=httpd`).map(({ metadata, spec }) => `${metadata.name === first ? 'old' : 'new'} ${spec['replicas'] as number}`).sort().join(), 'new 13,old 20');
      bench.done('PATCH', `${apps}/deployments/web/scale`, { spec: { replicas: 0 } });
      bench.until(() => String(pods('name=httpd').length), '0');
    });

    it('runs the lifecycle of a Deployment, through its status', () => {
      const path = `${apps}/deployments/life`;
      const seen = bench.watch(`${apps}/deployments?watch=true&labelSelector=static%3Dtrue`).events;
      const made = set('Deployment', 'life', { static: 'true' }, { replicas: 2 }, agnhost);
      bench.done('POST', `${apps}/deployments`, made);
      complete('life');
      bench.done('PATCH', path, { metadata: { labels: { test: 'patched' } }, spec: { replicas: 1, template: { spec: { terminationGracePeriodSeconds: 2, containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10.1' }] } } } });
      complete('life');
      bench.done('PUT', path, { ...made, metadata: { name: 'life', labels: { static: 'true', test: 'updated' } }, spec: { ...(made['spec'] as Json), template: template({ static: 'true' }) } });
      complete('life');
      bench.done('PATCH', `${path}/status`, { metadata: { labels: { test: 'patched-status' } }, status: { readyReplicas: 0, availableReplicas: 0 } });
      bench.until(field(path, 'readyReplicas'), '2');
      expect(get(`${path}/status`).metadata.labels?.['test']).toBe('updated');
      bench.done('DELETE', `${apps}/deployments?labelSelector=static%3Dtrue`, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 1 });
      gone(path);
      expect([...new Set(seen.map(({ type }) => type))]).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    });
  });

  it.each(['deployments', 'replicasets', 'statefulsets', 'daemonsets'])('%s: what is written into the status by hand is seen, and stays', (resource) => {
    const kind = { deployments: 'Deployment', replicasets: 'ReplicaSet', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet' }[resource] ?? '';
    const path = `${apps}/${resource}/status-test`;
    const labels = { e2e: `testing-${resource}` };
    bench.done('POST', `${apps}/${resource}`, set(kind, 'status-test', labels, { ...(kind === 'StatefulSet' ? { serviceName: 'none' } : {}), ...(kind === 'DaemonSet' ? {} : { replicas: 1 }) }));
    bench.until(() => (running(`e2e=testing-${resource}`) > 0 ? 'yes' : 'no'), 'yes');
    const seen = bench.watch(`${apps}/${resource}?watch=true&labelSelector=e2e%3Dtesting-${resource}`).events;
    bench.sleep(3000);
    const before = get(`${path}/status`);
    bench.done('PUT', `${path}/status`, { ...before, status: { ...before.status, conditions: [...conditionsOf(before), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } });
    bench.sleep(10_000);
    expect(conditionsOf(get(path)).find(({ type }) => type === 'StatusUpdate')).toMatchObject({ status: 'True', reason: 'E2E' });
    bench.done('PATCH', `${path}/status`, { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } }, 'merge');
    bench.sleep(3000);
    const types = seen.flatMap(({ object }) => conditionsOf(object as Thing).map(({ type }) => type));
    expect(types).toEqual(expect.arrayContaining(['StatusUpdate', 'StatusPatched']));
    bench.done('DELETE', `${apps}/${resource}?labelSelector=e2e%3Dtesting-${resource}`);
    gone(path);
  });

  describe('ReplicaSet, ReplicationController', () => {
    it.each(['ReplicaSet', 'ReplicationController'])('%s adopts matching pods and releases those that no longer match', (kind) => {
      const name = kind.toLowerCase();
      const path = kind === 'ReplicaSet' ? `${apps}/replicasets` : `${core}/replicationcontrollers`;
      bench.done('POST', `${core}/pods`, { apiVersion: 'v1', kind: 'Pod', metadata: { name: `${name}-orphan`, labels: { name } }, spec: { containers: [{ name: 'c', image: httpd }] } });
      bench.phase(`${name}-orphan`, 'Running');
      bench.done('POST', path, kind === 'ReplicaSet' ? set(kind, name, { name }, { replicas: 1 }) : { apiVersion: 'v1', kind, metadata: { name }, spec: { replicas: 1, selector: { name }, template: template({ name }) } });
      const { uid } = get(`${path}/${name}`).metadata;
      bench.until(() => JSON.stringify(get(`${core}/pods/${name}-orphan`).metadata.ownerReferences?.map((each) => [each.kind, each.uid, each.controller])), JSON.stringify([[kind, uid, true]]));
      bench.done('PATCH', `${core}/pods/${name}-orphan`, { metadata: { labels: { name: 'not-matching' } } });
      bench.until(() => String(get(`${core}/pods/${name}-orphan`).metadata.ownerReferences?.length), 'undefined');
      bench.until(() => String(running(`name=${name}`)), '1');
    });

    it.each(['ReplicaSet', 'ReplicationController', 'StatefulSet'])('%s has a working scale subresource, is replaced and patched', (kind) => {
      const name = `scaled-${kind.toLowerCase()}`;
      const path = `${kind === 'ReplicationController' ? core : apps}/${kind.toLowerCase()}s`;
      bench.done('POST', path, kind === 'ReplicationController' ? { apiVersion: 'v1', kind, metadata: { name }, spec: { replicas: 1, selector: { name }, template: template({ name }) } } : set(kind, name, { name }, { replicas: 1, ...(kind === 'StatefulSet' ? { serviceName: 'none' } : {}) }));
      bench.until(field(`${path}/${name}`, 'readyReplicas'), '1');
      const scale = get(`${path}/${name}/scale`);
      expect(scale).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 } });
      expect(bench.done('PUT', `${path}/${name}/scale`, { ...scale, metadata: { ...scale.metadata, resourceVersion: '' }, spec: { replicas: 2 } }).spec).toEqual({ replicas: 2 });
      bench.until(field(`${path}/${name}`, 'readyReplicas'), '2');
      bench.done('PATCH', `${path}/${name}/scale`, { spec: { replicas: 3 } });
      expect(get(`${path}/${name}`).spec['replicas']).toBe(3);
      bench.done('PATCH', `${path}/${name}`, { metadata: { labels: { test: 'patched' } }, spec: { replicas: 2, template: { spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10.1' }] } } } });
      bench.until(field(`${path}/${name}`, 'readyReplicas'), '2');
      expect(items(`${path.replace('/namespaces/default', '')}?labelSelector=test%3Dpatched`).map(({ metadata }) => metadata.name)).toEqual([name]);
      bench.done('DELETE', `${path}?labelSelector=test%3Dpatched`);
      gone(`${path}/${name}`);
    });

    it('ReplicationController surfaces a failure condition on exceeded quota, and forgets it; its life is watched', () => {
      bench.done('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'quota' } });
      const path = '/api/v1/namespaces/quota/replicationcontrollers/condition-test';
      const seen = bench.watch('/api/v1/namespaces/quota/replicationcontrollers?watch=true').events;
      bench.done('POST', '/api/v1/namespaces/quota/resourcequotas', { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'condition-test' }, spec: { hard: { pods: '2' } } });
      bench.until(() => JSON.stringify(get('/api/v1/namespaces/quota/resourcequotas/condition-test').status['hard']), '{"pods":"2"}');
      bench.done('POST', '/api/v1/namespaces/quota/replicationcontrollers', { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'condition-test', labels: { rc: 'static' } }, spec: { replicas: 3, selector: { name: 'condition-test' }, template: template({ name: 'condition-test' }) } });
      const failure = (): string => JSON.stringify(conditionsOf(get(path)).map(({ type, status, reason }) => [type, status, reason]));
      bench.until(failure, '[["ReplicaFailure","True","FailedCreate"]]', 60_000);
      bench.done('PATCH', `${path}/scale`, { spec: { replicas: 2 } });
      bench.until(failure, '[]', 60_000);
      bench.until(field(path, 'readyReplicas'), '2');
      expect(bench.done('PATCH', `${path}/status`, { status: { readyReplicas: 0, availableReplicas: 0 } }).status['readyReplicas'] ?? 0).toBe(0);
      bench.until(field(path, 'readyReplicas'), '2');
      const rc = get(path);
      bench.done('PUT', `${path}/status`, { ...rc, status: { ...rc.status, availableReplicas: 1, readyReplicas: 1 } });
      bench.done('DELETE', '/api/v1/namespaces/quota/replicationcontrollers?labelSelector=rc%3Dstatic');
      gone(path);
      expect([...new Set(seen.map(({ type }) => type))]).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    });
  });

  describe('DaemonSet, ControllerRevision', () => {
    const nodes = (): readonly string[] => items('/api/v1/nodes').filter(({ spec }) => ((spec['taints'] ?? []) as readonly Json[]).length === 0).map(({ metadata }) => metadata.name);
    const daemons = (name: string): readonly Thing[] => pods(`daemonset-name=${name}`).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const onNodes = (name: string): string => daemons(name).filter((pod) => conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True')).map(({ spec }) => String(spec['nodeName'])).sort().join();
    const everywhere = (name: string): void => bench.until(() => onNodes(name), [...nodes()].sort().join());
    const revisions = (name: string): readonly Thing[] => items(`${apps}/controllerrevisions?labelSelector=daemonset-name%3D${name}`);
    /** The one whose data are, byte for byte, what the DaemonSet's template would be written as by Go. */
    const current = (name: string): Thing => {
      const { spec } = get(`${apps}/daemonsets/${name}`);
      const wanted = JSON.stringify(sorted({ spec: { template: { ...(spec['template'] as Json), $patch: 'replace' } } }));
      const found = revisions(name).filter(({ data }) => JSON.stringify(data) === wanted);
      expect(found).toHaveLength(1);
      return found[0] as Thing;
    };
    const make = (name: string, more: Json = {}): void => {
      bench.done('POST', `${apps}/daemonsets`, set('DaemonSet', name, { 'daemonset-name': name }, more));
    };
    const labelNode = (node: string, color: string | null): void => {
      bench.done('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels: { 'daemonset-color': color } } });
    };

    it('runs and stops a simple daemon, retries failed pods, updates pods when the template changes', () => {
      make('simple', { updateStrategy: { type: 'RollingUpdate' } });
      everywhere('simple');
      bench.done('DELETE', `${core}/pods/${daemons('simple')[0]?.metadata.name ?? ''}`);
      everywhere('simple');
      const failed = daemons('simple')[0] as Thing;
      bench.done('PUT', `${core}/pods/${failed.metadata.name}/status`, { ...failed, metadata: { ...failed.metadata, resourceVersion: '' }, status: { ...failed.status, phase: 'Failed' } });
      gone(`${core}/pods/${failed.metadata.name}`);
      everywhere('simple');
      const first = current('simple');
      expect(first['revision']).toBe(1);
      const hashes = (): string => [...new Set(daemons('simple').map(({ metadata }) => metadata.labels?.['controller-revision-hash']))].join();
      expect(hashes()).toBe(first.metadata.labels?.['controller-revision-hash']);
      bench.done('PATCH', `${apps}/daemonsets/simple`, { spec: { template: { spec: { containers: [{ name: 'app', image: agnhost, args: ['serve-hostname'] }] } } } });
      bench.until(() => {
        const all = pods('daemonset-name=simple');
        const away = all.filter((pod) => !conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True')).length;
        expect(away).toBeLessThan(2);
        return all.map(({ spec }) => (spec['containers'] as readonly { readonly image: string }[])[0]?.image).join();
      }, nodes().map(() => agnhost).join());
      everywhere('simple');
      expect(current('simple')['revision']).toBe(2);
      expect(hashes()).toBe(current('simple').metadata.labels?.['controller-revision-hash']);
      const ds = get(`${apps}/daemonsets/simple`);
      expect(ds.status['desiredNumberScheduled']).toBe(ds.status['currentNumberScheduled']);
    });

    it('runs and stops a complex daemon, where node labels say; is rolled back without restarts', () => {
      const node = nodes()[0] as string;
      make('complex', { template: template({ 'daemonset-name': 'complex' }, httpd, { nodeSelector: { 'daemonset-color': 'blue' } }) });
      bench.sleep(5000);
      expect(onNodes('complex')).toBe('');
      labelNode(node, 'blue');
      bench.until(() => onNodes('complex'), node);
      labelNode(node, 'green');
      bench.until(() => String(daemons('complex').length), '0');
      bench.done('PATCH', `${apps}/daemonsets/complex`, { spec: { template: { spec: { nodeSelector: { 'daemonset-color': 'green' } } }, updateStrategy: { type: 'RollingUpdate' } } });
      bench.until(() => onNodes('complex'), node);
      labelNode(node, null);

      make('back', { updateStrategy: { type: 'RollingUpdate' } });
      everywhere('back');
      bench.done('PATCH', `${apps}/daemonsets/back`, { spec: { template: { spec: { containers: [{ name: 'app', image: 'foo:non-existent' }] } } } });
      const imagesOf = (): readonly string[] => daemons('back').map(({ metadata, spec }) => `${metadata.name} ${(spec['containers'] as readonly { readonly image: string }[])[0]?.image ?? ''}`);
      bench.until(() => String(imagesOf().filter((each) => each.endsWith('foo:non-existent')).length), '1');
      const kept = imagesOf().filter((each) => each.endsWith(httpd));
      expect(kept).toHaveLength(nodes().length - 1);
      bench.done('PATCH', `${apps}/daemonsets/back`, { spec: { template: { spec: { containers: [{ name: 'app', image: httpd }] } } } });
      everywhere('back');
      expect(imagesOf()).toEqual(expect.arrayContaining([...kept]));
    });

    it('the lifecycle of a ControllerRevision', () => {
      make('history');
      everywhere('history');
      const initial = revisions('history')[0] as Thing;
      expect(initial.metadata.ownerReferences?.[0]?.kind).toBe('DaemonSet');
      expect(bench.done('PATCH', `${apps}/controllerrevisions/${initial.metadata.name}`, { metadata: { labels: { [initial.metadata.name]: 'patched' } } }).metadata.labels).toMatchObject({ [initial.metadata.name]: 'patched' });
      const { metadata } = initial;
      bench.done('POST', `${apps}/controllerrevisions`, { ...initial, metadata: { name: 'history-second', labels: { ...metadata.labels, 'controller-revision-hash': 'second' }, annotations: metadata.annotations, ownerReferences: metadata.ownerReferences }, revision: 2 });
      expect(revisions('history')).toHaveLength(2);
      bench.done('DELETE', `${apps}/controllerrevisions/${metadata.name}`);
      bench.sleep(5000);
      const left = revisions('history');
      expect(left.map((each) => each.metadata.name)).toEqual(['history-second']);
      const second = left[0] as Thing;
      bench.done('PUT', `${apps}/controllerrevisions/history-second`, { ...second, metadata: { ...second.metadata, labels: { ...second.metadata.labels, updated: 'updated' } } });
      bench.done('PATCH', `${apps}/daemonsets/history`, { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } }, updateStrategy: { type: 'RollingUpdate' } });
      bench.until(() => String(revisions('history').length), '2');
      bench.done('DELETE', `${apps}/controllerrevisions?labelSelector=updated%3Dupdated`);
      bench.sleep(3000);
      expect(revisions('history').map((each) => each['revision'])).toEqual([3]);
      for (const name of ['history', 'simple', 'complex', 'back']) bench.done('DELETE', `${apps}/daemonsets/${name}`);
      bench.until(() => String(['history', 'simple', 'complex', 'back'].flatMap(daemons).length), '0');
    });
  });

  it('StatefulSet: recreates a pod that its node refused', () => {
    const node = items('/api/v1/nodes').find(({ spec }) => spec['taints'] === undefined)?.metadata.name ?? '';
    const conflicting = { nodeName: node, containers: [{ name: 'webserver', image: httpd, ports: [{ containerPort: 21017, hostPort: 21017, name: 'conflict' }] }] };
    bench.done('POST', `${core}/pods`, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'test-pod' }, spec: conflicting });
    bench.phase('test-pod', 'Running');
    const seen = bench.watch(`${core}/pods?watch=true&labelSelector=app%3Devicted`).events;
    bench.done('POST', `${apps}/statefulsets`, set('StatefulSet', 'evicted', { app: 'evicted' }, { replicas: 1, serviceName: 'none', template: { metadata: { labels: { app: 'evicted' } }, spec: conflicting } }));
    bench.until(() => (seen.some(({ type }) => type === 'DELETED') ? 'deleted' : ''), 'deleted');
    bench.done('DELETE', `${core}/pods/test-pod`);
    bench.until(() => String(running('app=evicted')), '1');
    bench.done('DELETE', `${apps}/statefulsets?labelSelector=app%3Devicted`);
    gone(`${core}/pods/evicted-0`);
  });

  it('StatefulSet: a deleted pod comes back at the revision that its ordinal is at; the order of creation and of deletion', () => {
    const path = `${apps}/statefulsets/phases`;
    const seen = bench.watch(`${core}/pods?watch=true&labelSelector=app%3Dphases`).events;
    bench.done('POST', `${apps}/statefulsets`, set('StatefulSet', 'phases', { app: 'phases' }, { replicas: 3, serviceName: 'none', updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } } }));
    bench.until(field(path, 'readyReplicas'), '3');
    const first = get(path).status;
    expect([first['currentRevision'], first['currentReplicas']]).toEqual([first['updateRevision'], 3]);
    const hashes = (): string => [0, 1, 2].map((n) => (get(`${core}/pods/phases-${n}`).metadata.labels?.['controller-revision-hash'] === first['currentRevision'] ? 'old' : 'new')).join();
    bench.done('PATCH', path, { spec: { template: { spec: { containers: [{ name: 'app', image: 'registry.k8s.io/e2e-test-images/httpd:2.4.39-4' }] } } } });
    bench.until(() => (get(path).status['updateRevision'] === first['currentRevision'] ? 'same' : 'other'), 'other');
    bench.sleep(10_000);
    expect([hashes(), get(path).status['currentRevision']]).toEqual(['old,old,old', first['currentRevision']]);
    bench.done('PATCH', path, { spec: { updateStrategy: { rollingUpdate: { partition: 2 } } } });
    bench.until(() => `${hashes()} ${field(path, 'readyReplicas')()}`, 'old,old,new 3');
    for (const n of [0, 2]) bench.done('DELETE', `${core}/pods/phases-${n}`);
    bench.sleep(3000);
    bench.until(() => `${field(path, 'readyReplicas')()} ${field(path, 'replicas')()}`, '3 3');
    expect(hashes()).toBe('old,old,new');
    const now = get(path).status;
    expect([now['currentReplicas'], now['updatedReplicas'], now['currentRevision']]).toEqual([2, 1, first['currentRevision']]);
    bench.done('PATCH', path, { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
    bench.until(() => `${hashes()} ${field(path, 'readyReplicas')()}`, 'new,new,new 3');
    bench.until(() => (get(path).status['currentRevision'] === get(path).status['updateRevision'] ? 'same' : 'other'), 'same');
    bench.done('PATCH', path, { spec: { updateStrategy: { $retainKeys: ['type'], type: 'OnDelete' }, template: { spec: { containers: [{ name: 'app', image: 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4' }] } } } });
    bench.sleep(5000);
    const images = (): string => [0, 1, 2].map((n) => /:(.*)$/.exec((get(`${core}/pods/phases-${n}`).spec['containers'] as { image: string }[])[0]?.image ?? '')?.[1]).join();
    expect(images()).toBe('2.4.39-4,2.4.39-4,2.4.39-4');
    bench.done('DELETE', `${core}/pods/phases-1`);
    bench.sleep(3000);
    bench.until(() => `${images()} ${field(path, 'readyReplicas')()}`, '2.4.39-4,2.4.38-4,2.4.39-4 3');
    bench.done('PATCH', `${path}/scale`, { spec: { replicas: 0 } });
    bench.until(field(path, 'replicas'), '0');
    const added = seen.filter(({ type }) => type === 'ADDED').map(({ object }) => String(object.metadata.name)).slice(0, 3);
    const deleted = seen.filter(({ type }) => type === 'DELETED').map(({ object }) => String(object.metadata.name)).slice(-3);
    expect([added, deleted]).toEqual([['phases-0', 'phases-1', 'phases-2'], ['phases-2', 'phases-1', 'phases-0']]);
    bench.done('DELETE', path);
  });

  it('StatefulSet: a pod finds what an earlier one wrote to its claim', () => {
    bench.done('POST', '/api/v1/persistentvolumes', { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'kept' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Delete', storageClassName: 'manual', hostPath: { path: '/tmp/kept' } } });
    const node = items('/api/v1/nodes').find(({ spec }) => spec['taints'] === undefined)?.metadata.name ?? '';
    const spec = { nodeName: node, containers: [{ name: 'c', image: busybox, command: ['sh', '-c', 'echo again >> /data/log; sleep 10000'], volumeMounts: [{ name: 'data', mountPath: '/data' }] }], terminationGracePeriodSeconds: 0 };
    bench.done('POST', `${apps}/statefulsets`, set('StatefulSet', 'keeper', { app: 'keeper' }, { replicas: 1, serviceName: 'none', template: { metadata: { labels: { app: 'keeper' } }, spec }, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'manual', resources: { requests: { storage: '1Mi' } } } }] }));
    const said = (): string => (running('app=keeper') === 1 ? bench.exec('keeper-0', 'cat', '/data/log').text : '');
    bench.until(said, 'again\n');
    bench.done('DELETE', `${core}/persistentvolumeclaims/data-keeper-0`);
    bench.sleep(2000);
    expect(get(`${core}/persistentvolumeclaims/data-keeper-0`).status['phase']).toBe('Bound');
    bench.done('PATCH', `${apps}/statefulsets/keeper/scale`, { spec: { replicas: 0 } });
    gone(`${core}/persistentvolumeclaims/data-keeper-0`);
    gone('/api/v1/persistentvolumes/kept');
    bench.done('DELETE', `${apps}/statefulsets/keeper`);
  });

  describe('Job, CronJob', () => {
    const job = (name: string, spec: Json, pod: Json, restartPolicy = 'Never'): Json => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name, labels: { e2e: name } }, spec: { parallelism: 2, completions: 4, ...spec, template: { metadata: { labels: { job: name } }, spec: { restartPolicy, terminationGracePeriodSeconds: 1, ...pod } } } });
    const pause = { containers: [{ name: 'c', image: agnhost, args: ['pause'] }] };
    const until = (name: string, type: string): void => bench.until(() => conditionsOf(get(`${batch}/jobs/${name}`)).filter(({ status }) => status === 'True').map((each) => each.type).join(), new RegExp(`\\b${type}\\b`));

    it('a pod failure policy ignores a disruption', () => {
      const node = items('/api/v1/nodes').find(({ spec }) => spec['taints'] === undefined)?.metadata.name ?? '';
      const script = '\n\t\t\tif [[ -r /data/foo ]]\n\t\t\tthen\n\t\t\t\texit 0\n\t\t\telif [[ $JOB_COMPLETION_INDEX -eq 0 ]]\n\t\t\tthen\n\t\t\t\ttouch /data/foo\n\t\t\t\tsleep 1000000\n\t\t\telse\n\t\t\t\texit 1\n\t\t\tfi\n\t\t';
      const pod = { nodeSelector: { 'kubernetes.io/hostname': node }, volumes: [{ name: 'data', hostPath: { path: '/tmp/job-e2e/abc', type: 'DirectoryOrCreate' } }], containers: [{ name: 'c', image: busybox, command: ['/bin/sh', '-c'], args: [script], securityContext: { privileged: true }, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] };
      const rules = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }, { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
      bench.done('POST', `${batch}/jobs`, job('disrupted', { completionMode: 'Indexed', backoffLimit: 0, podFailurePolicy: { rules } }, pod));
      const phases = (): string => pods('job=disrupted').map(({ status }) => String(status['phase'])).filter((phase) => phase !== 'Failed').sort().join();
      bench.until(phases, 'Running,Succeeded,Succeeded,Succeeded');
      const victim = pods('job=disrupted').find(({ status }) => status['phase'] === 'Running')?.metadata.name ?? '';
      bench.done('POST', `${core}/pods/${victim}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: victim, namespace: 'default' } });
      gone(`${core}/pods/${victim}`);
      until('disrupted', 'Complete');
    });

    it('adopts orphans and releases pods; is deleted with its pods; carries names and indexes', () => {
      bench.done('POST', `${batch}/jobs`, job('adopt', { parallelism: 2, completions: 2 }, pause));
      bench.until(() => String(running('job=adopt')), '2');
      const pod = pods('job=adopt')[0] as Thing;
      const owner = (): string => (get(`${core}/pods/${pod.metadata.name}`).metadata.ownerReferences ?? []).map((each) => each.name).join();
      // Nothing goes on that would make the Job look at its pods for another reason.
      bench.sleep(5000);
      bench.done('PATCH', `${core}/pods/${pod.metadata.name}`, { metadata: { ownerReferences: null } }, 'merge');
      bench.until(owner, 'adopt');
      bench.done('PATCH', `${core}/pods/${pod.metadata.name}`, { metadata: { labels: null } }, 'merge');
      bench.until(owner, '');
      expect(get(`${core}/pods/${pod.metadata.name}`).metadata.finalizers).toBeUndefined();
      bench.done('POST', `${batch}/jobs`, job('left', { parallelism: 1, completions: 1 }, pause));
      bench.until(() => String(running('job=left')), '1');
      // Without a word about it, a Job's pods are left alone, and the server says so.
      expect(bench.ask('DELETE', `${batch}/jobs/left`).headers['warning']).toContain('child pods are preserved by default when jobs are deleted');
      gone(`${batch}/jobs/left`);
      bench.sleep(5000);
      expect([running('job=left'), pods('job=left')[0]?.metadata.ownerReferences]).toEqual([1, undefined]);
      bench.done('DELETE', `${core}/pods?labelSelector=job%3Dleft`);
      bench.done('DELETE', `${batch}/jobs/adopt`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground' });
      gone(`${batch}/jobs/adopt`);
      expect(pods('job=adopt')).toHaveLength(0);

      bench.done('POST', `${batch}/jobs`, job('indexed', { completionMode: 'Indexed', completions: 4, parallelism: 2 }, { containers: [{ name: 'c', image: busybox, command: ['/bin/sh', '-c', 'exit 0'] }] }));
      until('indexed', 'Complete');
      expect(pods('job=indexed').map(({ metadata, spec }) => [metadata.annotations?.['batch.kubernetes.io/job-completion-index'], spec['hostname']]).sort()).toEqual([0, 1, 2, 3].map((n) => [String(n), `indexed-${n}`]));
    });

    it('a suspended Job is patched, updated, resumed, listed and deleted; its status is written by hand', () => {
      const path = `${batch}/jobs/manage`;
      const seen = bench.watch(`${batch}/jobs?watch=true&labelSelector=e2e%3Dmanage`).events;
      bench.done('POST', `${batch}/jobs`, job('manage', { suspend: true, parallelism: 2, completions: 2 }, { containers: [{ name: 'c', image: busybox, command: ['/bin/sh', '-c', 'exit 0'] }] }));
      until('manage', 'Suspended');
      expect(bench.done('PATCH', path, { metadata: { labels: { 'e2e-job-label': 'manage' } } }).metadata.labels).toMatchObject({ 'e2e-job-label': 'manage' });
      const made = get(path);
      expect(bench.done('PUT', path, { ...made, spec: { ...made.spec, suspend: false }, metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, updated: 'true' } } }).spec['suspend']).toBe(false);
      until('manage', 'Complete');
      expect(items('/apis/batch/v1/jobs?labelSelector=e2e-job-label%3Dmanage')).toHaveLength(1);
      bench.done('DELETE', `${batch}/jobs?labelSelector=e2e-job-label%3Dmanage`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
      gone(path);
      expect([...new Set(seen.map(({ type }) => type))]).toEqual(['ADDED', 'MODIFIED', 'DELETED']);

      const status = `${batch}/jobs/by-hand/status`;
      bench.done('POST', `${batch}/jobs`, job('by-hand', { parallelism: 1, completions: 1, backoffLimit: 2 }, pause));
      bench.until(field(`${batch}/jobs/by-hand`, 'active'), '1');
      const patched = bench.done('PATCH', status, { metadata: { annotations: { patchedstatus: 'true' } }, status: { conditions: [{ type: 'CustomConditionType', status: 'True', reason: 'E2E', lastTransitionTime: '2027-03-01T00:00:00Z' }] } }, 'merge');
      expect(patched.metadata.annotations).toMatchObject({ patchedstatus: 'true' });
      const now = get(status);
      const later = conditionsOf(now).map((condition) => (condition.type === 'CustomConditionType' ? { ...condition, lastTransitionTime: '2027-03-01T00:01:01Z' } : condition));
      const updated = bench.done('PUT', status, { ...now, status: { ...now.status, conditions: later } });
      expect(conditionsOf(updated)).toContainEqual(expect.objectContaining({ type: 'CustomConditionType', lastTransitionTime: '2027-03-01T00:01:01Z' }));
      // A Job that runs does not begin anew.
      expect(bench.ask('PUT', status, { ...updated, status: { ...updated.status, startTime: '2027-03-01T00:01:01Z' } }).status).toBe(422);
      bench.done('DELETE', `${batch}/jobs/by-hand`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
    });

    it('CronJobs are concurrent, suspended, forbidden, replaced', () => {
      const cron = (name: string, concurrencyPolicy: string, more: Json = {}): Json => ({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name }, spec: { schedule: '*/1 * * * ?', concurrencyPolicy, ...more, jobTemplate: { spec: { parallelism: 1, completions: 1, template: { metadata: { labels: { cron: name } }, spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: busybox, command: ['sleep', '300'] }] } } } } } });
      for (const [name, rule, more] of [['concurrent', 'Allow', {}], ['suspended', 'Allow', { suspend: true }], ['forbid', 'Forbid', {}], ['replace', 'Replace', {}]] as const) bench.done('POST', `${batch}/cronjobs`, cron(name, rule, more));
      const active = (name: string): readonly { readonly name: string }[] => (get(`${batch}/cronjobs/${name}`).status['active'] ?? []) as readonly { readonly name: string }[];
      const counts = (): string => ['concurrent', 'suspended', 'forbid', 'replace'].map((name) => active(name).length).join();
      bench.until(counts, '1,0,1,1', 90_000);
      const [forbidden, replaced] = [active('forbid')[0]?.name, active('replace')[0]?.name];
      bench.until(counts, '2,0,1,1', 90_000);
      bench.until(() => String(bench.ask('GET', `${batch}/jobs/${replaced ?? ''}`).status), '404', 30_000);
      expect(active('forbid')[0]?.name).toBe(forbidden);
      for (const name of ['concurrent', 'suspended', 'forbid', 'replace']) bench.done('DELETE', `${batch}/cronjobs/${name}`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
      bench.until(() => String(items(`${batch}/jobs`).filter(({ metadata }) => /^(concurrent|forbid|replace)-/.test(metadata.name)).length), '0');
    });
  });

  describe('DisruptionController', () => {
    const budget = (name: string, spec: Json, labels: Json = {}): Json => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, labels }, spec: { selector: { matchLabels: { pdb: name } }, ...spec } });
    const replicas = (name: string, count: number): Json => set('ReplicaSet', `pdb-${name}`, { pdb: name }, { replicas: count });
    const evict = (name: string): ReturnType<ConformanceBench['ask']> => bench.ask('POST', `${core}/pods/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } });

    it('budgets are created, changed, listed and deleted; their status is observed and written', () => {
      const path = `${policy}/poddisruptionbudgets`;
      bench.done('POST', path, budget('one', { minAvailable: '1%' }, { e2e: 'pdb' }));
      bench.until(field(`${path}/one`, 'observedGeneration'), '1');
      bench.done('PATCH', `${path}/one`, { spec: { minAvailable: '2%' } }, 'strategic-merge');
      const one = get(`${path}/one`);
      bench.done('PUT', `${path}/one`, { ...one, spec: { ...one.spec, minAvailable: '3%' } });
      bench.until(field(`${path}/one`, 'observedGeneration'), '3');
      expect(bench.done('PATCH', `${path}/one/status`, { status: { conditions: [{ type: 'TestPatched', status: 'True', reason: 'E2E', message: '', lastTransitionTime: '2027-03-01T00:00:00Z' }], disruptedPods: { one: '2027-03-01T00:00:00Z' } } }, 'merge').status['disruptedPods']).toEqual({ one: '2027-03-01T00:00:00Z' });
      const now = get(`${path}/one`);
      expect(bench.done('PUT', `${path}/one/status`, { ...now, status: { ...now.status, disruptedPods: { two: '2027-03-01T00:00:00Z' } } }).status['disruptedPods']).toEqual({ two: '2027-03-01T00:00:00Z' });
      bench.done('POST', path, budget('two', { maxUnavailable: 1 }, { e2e: 'pdb' }));
      expect(items('/apis/policy/v1/poddisruptionbudgets?labelSelector=e2e%3Dpdb')).toHaveLength(2);
      bench.done('DELETE', `${path}?labelSelector=e2e%3Dpdb`);
      bench.until(() => String(items(`${path}?labelSelector=e2e%3Dpdb`).length), '0');
    });

    it('an eviction is blocked until the budget allows it', () => {
      const path = `${policy}/poddisruptionbudgets/block`;
      bench.done('POST', `${apps}/replicasets`, replicas('block', 3));
      bench.done('POST', `${policy}/poddisruptionbudgets`, budget('block', { minAvailable: 3 }));
      bench.until(field(path, 'currentHealthy'), '3');
      const name = pods('pdb=block')[0]?.metadata.name ?? '';
      expect(evict(name)).toMatchObject({ status: 429, body: { reason: 'TooManyRequests', details: { causes: [{ reason: 'DisruptionBudget' }] } } });
      bench.done('PATCH', path, { spec: { minAvailable: 2 } });
      bench.until(() => String(evict(name).status), '201', 30_000);
      bench.done('PATCH', path, { spec: { minAvailable: 3 } });
      bench.until(field(path, 'currentHealthy'), '3');
      const other = pods('pdb=block').find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name ?? '';
      expect(evict(other).status).toBe(429);
      bench.done('DELETE', path);
      bench.until(() => String(evict(other).status), '201', 30_000);
      bench.done('DELETE', `${apps}/replicasets/pdb-block`);
    });
  });
});
