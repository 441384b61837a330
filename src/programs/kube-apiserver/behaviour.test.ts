import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient, ResourceRef, WatchEvent } from '../../client/contract.ts';
import { createApiClient } from '../../client/rest-client.ts';
import { createEventRecorder } from '../../client/event-recorder.ts';
import { startInformer } from '../../client/informer.ts';
import { runLeaderElection } from '../../client/leader-election.ts';
import type { Task } from '../../kernel/task.ts';
import { verdict } from './testing/refusals.ts';
import { ca, clientIdentity, createSmallWorld } from './testing/small-world.ts';

// Answers are looked into loosely here, as a test of what travels.
type Any = ApiObject & Record<string, any>;
const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
const apps = (resource: string): ResourceRef => ({ group: 'apps', version: 'v1', resource });
const pods = core('pods');
const pod = (name: string, spec: object = {}, metadata: object = {}): Any => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name }, ...metadata }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }], ...spec } });
const deployment = (name: string, replicas = 2): Any => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } } } });

function* prepare(client: ApiClient): Task<void> {
  yield* client.create(core('serviceaccounts'), 'default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } } as ApiObject);
  yield* client.create(core('nodes'), '', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } } as ApiObject);
}
const bind = (client: ApiClient, name: string, node = 'n1') => client.subresource('POST', pods, 'default', name, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: node } });

describe('pods', () => {
  it('are completed on their way in', () => {
    const { run, events } = createSmallWorld();
    const made = run(function* (client) {
      yield* prepare(client);
      return yield* client.create(pods, 'default', pod('web'));
    }) as Any;
    expect(made.spec).toMatchObject({ serviceAccountName: 'default', restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler', priority: 0, preemptionPolicy: 'PreemptLowerPriority', enableServiceLinks: true, terminationGracePeriodSeconds: 30 });
    expect(made.spec.tolerations.map((each: { key: string }) => each.key)).toEqual(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);
    expect(made.spec.volumes[0].name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(made.spec.containers[0].volumeMounts[0].mountPath).toBe('/var/run/secrets/kubernetes.io/serviceaccount');
    expect(made.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
    const stages = events.filter((event) => event.machine === 'm1' && event.data.type.startsWith('apiserver.')).map((event) => event.data as unknown as { type: string; plugin?: string; name?: string });
    const from = stages.findLastIndex((stage) => stage.type === 'apiserver.received');
    expect(stages.slice(from).map((stage) => stage.plugin ?? stage.type.slice('apiserver.'.length))).toEqual(['received', 'authenticated', 'authorized', 'defaults', 'ServiceAccount', 'Priority', 'DefaultTolerationSeconds', 'validated', 'stored', ...stages.slice(from).filter((stage) => stage.type === 'apiserver.watch-sent').map(() => 'watch-sent'), 'responded']);
  });

  it('are bound once, get the topology of their node, and leave in grace', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* prepare(client);
      yield* client.create(pods, 'default', pod('web'));
      yield* bind(client, 'web');
      const bound = yield* client.get<Any>(pods, 'default', 'web');
      const again = yield* verdict(() => bind(client, 'web', 'n2'));
      const leaving = (yield* client.delete(pods, 'default', 'web')) as Any;
      const still = yield* client.get<Any>(pods, 'default', 'web');
      yield* client.delete(pods, 'default', 'web', { gracePeriodSeconds: 0, preconditions: { uid: bound.metadata.uid } });
      const gone = yield* verdict(() => client.get(pods, 'default', 'web'));
      return [bound.spec['nodeName'], bound.metadata.labels?.['topology.kubernetes.io/zone'], bound.status['conditions'][0].type, again, leaving.metadata.deletionGracePeriodSeconds, still.metadata.deletionTimestamp !== undefined, gone];
    });
    expect(result).toEqual(['n1', 'z1', 'PodScheduled', 'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"', 30, true, 'pods "web" not found']);
  });

  it('get containers for debugging, which keep what they are', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* prepare(client);
      yield* client.create(pods, 'default', pod('a'));
      const add = (container: object) => client.patch<Any>(pods, 'default', 'a', 'application/strategic-merge-patch+json', { spec: { ephemeralContainers: [container] } }, { subresource: 'ephemeralcontainers' });
      const added = yield* add({ name: 'tools', image: 'busybox' });
      const changed = yield* verdict(() => add({ name: 'tools', image: 'alpine' }));
      const nameless = yield* verdict(() => add({ name: 'more' }));
      return { policy: added.spec['ephemeralContainers'][0].imagePullPolicy, changed, nameless };
    });
    expect(result).toEqual({
      policy: 'Always',
      changed: 'Pod "a" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "tools" may not be changed\n',
      nameless: 'Pod "a" is invalid: spec.ephemeralContainers[0].image: Required value',
    });
  });
  it('that asks for no ephemeral containers is as it was, and may be put back', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* prepare(client);
      const made = yield* client.create(pods, 'default', pod('a'));
      const patched = yield* client.patch<Any>(pods, 'default', 'a', 'application/merge-patch+json', { data: {} }, { subresource: 'ephemeralcontainers' });
      return { isSame: JSON.stringify(patched.spec) === JSON.stringify((made as Any).spec), put: yield* verdict(() => client.update(pods, 'default', patched)) };
    });
    expect(result).toEqual({ isSame: true, put: 'fine' });
  });
  it('are evicted as far as a budget allows', () => {
    const { run } = createSmallWorld();
    const evict = (client: ApiClient, name: string) => client.subresource('POST', pods, 'default', name, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
    const result = run(function* (client) {
      yield* prepare(client);
      for (const name of ['a', 'b']) {
        yield* client.create(pods, 'default', pod(name, {}, { labels: { app: 'x' } }));
        yield* bind(client, name);
        yield* client.patch(pods, 'default', name, 'application/merge-patch+json', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }, { subresource: 'status' });
      }
      const budgets: ResourceRef = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };
      const made = yield* client.create<Any>(budgets, 'default', { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'x' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } } as Any);
      yield* client.updateStatus(budgets, 'default', { ...made, status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, observedGeneration: 1 } } as Any);
      yield* evict(client, 'a');
      return yield* verdict(() => evict(client, 'b'));
    });
    expect(result).toBe("Cannot evict pod as it would violate the pod's disruption budget.");
  });
});

describe('updates', () => {
  it('count generations, patch in four ways, and scale', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const ref = apps('deployments');
      const made = yield* client.create<Any>(ref, 'default', deployment('web'));
      const merged = yield* client.patch<Any>(ref, 'default', 'web', 'application/merge-patch+json', { spec: { replicas: 3 } });
      const strategic = yield* client.patch<Any>(ref, 'default', 'web', 'application/strategic-merge-patch+json', { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:1.28' }] } } } });
      const json = yield* client.patch<Any>(ref, 'default', 'web', 'application/json-patch+json', [{ op: 'replace', path: '/spec/replicas', value: 4 }]);
      const labelled = yield* client.patch<Any>(ref, 'default', 'web', 'application/merge-patch+json', { metadata: { labels: { x: 'y' } } });
      const status = yield* client.patch<Any>(ref, 'default', 'web', 'application/merge-patch+json', { status: { replicas: 1 } }, { subresource: 'status' });
      const scale = yield* client.subresource<Any>('GET', ref, 'default', 'web', 'scale');
      yield* client.subresource('PUT', ref, 'default', 'web', 'scale', { ...scale, spec: { replicas: 7 } });
      const scaled = yield* client.get<Any>(ref, 'default', 'web');
      const bad = yield* verdict(() => client.patch(ref, 'default', 'web', 'application/merge-patch+json', { spec: { replicas: -1 } }));
      return { generations: [made, merged, strategic, json, labelled, status, scaled].map((each) => each.metadata.generation), image: strategic.spec['template'].spec.containers[0].image, selector: scale.status['selector'], replicas: scaled.spec['replicas'], status: scaled.status['replicas'], bad };
    });
    expect(result).toEqual({ generations: [1, 2, 3, 4, 4, 4, 5], image: 'nginx:1.28', selector: 'app=web', replicas: 7, status: 1, bad: 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0' });
  });

  it('apply on the server, with conflicts and force', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const apply = (manager: string, replicas: number, force = false) => client.patch<Any>(apps('deployments'), 'default', 'web', 'application/apply-patch+yaml', deployment('web', replicas), { query: { fieldManager: manager, force: String(force) } });
      const first = yield* apply('a', 2);
      const conflict = yield* verdict(() => apply('b', 3));
      const forced = yield* apply('b', 3, true);
      return [first.metadata.managedFields?.map((each) => `${each.manager} ${each.operation}`), conflict, forced.spec['replicas']];
    });
    expect(result).toEqual([['a Apply'], 'Apply failed with 1 conflict: conflict with "a": .spec.replicas', 3]);
  });

  it('refuse unknown fields when asked to, and warn otherwise', () => {
    const { run } = createSmallWorld();
    const odd = { ...deployment('web'), spec: { ...(deployment('web')['spec'] as object), replica: 3 } } as Any;
    const result = run(function* (client) {
      const strict = yield* verdict(() => client.create(apps('deployments'), 'default', odd, { query: { fieldValidation: 'Strict' } }));
      const warned = yield* client.raw('POST', '/apis/apps/v1/namespaces/default/deployments', { body: odd });
      return [strict, warned.headers['warning']];
    });
    expect(result).toEqual(['Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"', '299 - "unknown field \\"spec.replica\\""']);
  });

  it('leave nothing behind in a dry run', () => {
    const { run } = createSmallWorld();
    expect(
      run(function* (client) {
        const made = yield* client.create(apps('deployments'), 'default', deployment('web'), { query: { dryRun: 'All' } });
        return [made.metadata.uid !== undefined, yield* verdict(() => client.get(apps('deployments'), 'default', 'web'))];
      }),
    ).toEqual([true, 'deployments.apps "web" not found']);
  });
});

describe('services', () => {
  it('get addresses and node ports, and give them back', () => {
    const { run } = createSmallWorld();
    const service = (name: string, spec: object): Any => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], selector: { app: 'x' }, ...spec } });
    const result = run(function* (client) {
      const services = core('services');
      const a = yield* client.create<Any>(services, 'default', service('a', { type: 'NodePort' }));
      const taken = yield* verdict(() => client.create(services, 'default', service('b', { clusterIP: a.spec['clusterIP'] })));
      const headless = yield* client.create<Any>(services, 'default', service('h', { clusterIP: 'None' }));
      const port = a.spec['ports'][0].nodePort;
      yield* client.delete(services, 'default', 'a');
      const again = yield* client.create<Any>(services, 'default', service('c', { type: 'NodePort', clusterIP: a.spec['clusterIP'], ports: [{ port: 80, nodePort: port }] }));
      const kubernetes = yield* client.get<Any>(services, 'default', 'kubernetes');
      const slices = yield* client.list<Any>({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' }, 'default');
      return [/^10\.\d+\.\d+\.\d+$/.test(a.spec['clusterIP']), port >= 30000 && port <= 32767, String(taken).includes('provided IP is already allocated'), headless.spec['clusterIPs'], again.spec['ports'][0].nodePort === port, kubernetes.spec['clusterIP'], slices.items.flatMap((each) => each['endpoints'].flatMap((endpoint: { addresses: string[] }) => endpoint.addresses))];
    });
    expect(result).toEqual([true, true, true, ['None'], true, '10.96.0.1', ['10.0.0.1']]);
  });
});

describe('deletion', () => {
  it('waits for finalizers', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const maps = core('configmaps');
      yield* client.create(maps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', finalizers: ['x.io/y'] } } as ApiObject);
      yield* client.delete(maps, 'default', 'a');
      const marked = yield* client.get(maps, 'default', 'a');
      yield* client.patch(maps, 'default', 'a', 'application/merge-patch+json', { metadata: { finalizers: null } });
      return [marked.metadata.deletionTimestamp !== undefined, yield* verdict(() => client.get(maps, 'default', 'a'))];
    });
    expect(result).toEqual([true, 'configmaps "a" not found']);
  });

  it('of a namespace: terminating, nothing new, finalized, gone', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const namespaces = core('namespaces');
      const made = yield* client.create<Any>(namespaces, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } } as Any);
      const deleted = (yield* client.delete(namespaces, '', 'x')) as Any;
      const refused = yield* verdict(() => client.create(core('configmaps'), 'x', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as ApiObject));
      yield* client.raw('PUT', '/api/v1/namespaces/x/finalize', { body: { ...deleted, spec: { finalizers: [] } } });
      return [made.spec['finalizers'], made.metadata.labels, deleted.status['phase'], refused, yield* verdict(() => client.get(namespaces, '', 'x'))];
    });
    expect(result).toEqual([['kubernetes'], { 'kubernetes.io/metadata.name': 'x' }, 'Terminating', 'configmaps "a" is forbidden: unable to create new content in namespace x because it is being terminated', 'namespaces "x" not found']);
  });
});

describe('watches', () => {
  it('see objects come into their selection and leave it', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client, host) {
      const seen: string[] = [];
      const maps = core('configmaps');
      const list = yield* client.list(maps, 'default');
      const stream = yield* client.stream('GET', '/api/v1/namespaces/default/configmaps', { query: { watch: 'true', labelSelector: 'on=yes', resourceVersion: list.metadata.resourceVersion ?? '' } });
      host.tasks.spawn('read', (function* (): Task<void> {
        for (;;) {
          const event = (yield* stream.receive()) as WatchEvent | undefined;
          if (event === undefined) return;
          seen.push(`${event.type} ${event.object.metadata.labels?.['on'] ?? ''}`);
        }
      })());
      yield* client.create(maps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as ApiObject);
      for (const on of ['yes', 'no', 'yes']) yield* client.patch(maps, 'default', 'a', 'application/merge-patch+json', { metadata: { labels: { on } } });
      yield* client.patch(maps, 'default', 'a', 'application/merge-patch+json', { data: { x: '1' } });
      yield* client.delete(maps, 'default', 'a');
      yield* host.clock.sleep(50);
      stream.close();
      return seen;
    });
    expect(result).toEqual(['ADDED yes', 'DELETED yes', 'ADDED yes', 'MODIFIED yes', 'DELETED yes']);
  });

  it('say 410 when the past is forgotten', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const stream = yield* client.stream('GET', '/api/v1/configmaps', { query: { watch: 'true', resourceVersion: '1' } });
      return yield* stream.receive();
    }) as unknown as { type: string; object: { code: number; reason: string; message: string } };
    expect(result).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(result.object.message).toMatch(/^too old resource version: 1 \(\d+\)$/);
  });

  it('go on after the server was killed', () => {
    const { run, world } = createSmallWorld();
    const result = run(
      function* (client, host) {
        const informer = startInformer(host, client, core('configmaps'), { namespace: 'default' });
        yield* informer.waitForSync();
        const make = (name: string) => client.create(core('configmaps'), 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } as ApiObject);
        yield* make('a');
        yield* host.clock.sleep(100);
        const before = informer.list().map((each) => each.metadata.name);
        world.machine('m1').kill('kube-apiserver');
        yield* host.clock.sleep(20_000);
        yield* make('b');
        yield* host.clock.sleep(20_000);
        const after = informer.list().map((each) => each.metadata.name);
        informer.stop();
        return [before, after];
      },
      { maxMs: 120_000 },
    );
    expect(result).toEqual([['a'], ['a', 'b']]);
  });
});

describe('identities', () => {
  it('service account tokens name their account, and end with it', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client, host) {
      yield* prepare(client);
      const answer = yield* client.subresource<Any>('POST', core('serviceaccounts'), 'default', 'default', 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: {} });
      const token = answer.status['token'] as string;
      const mine = createApiClient(host, { server: 'https://10.0.0.1:6443', tls: { trust: [ca.certificate] }, token });
      const who = (yield* mine.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } })).body as Any;
      const refused = yield* verdict(() => mine.list(core('secrets'), 'default'));
      yield* client.delete(core('serviceaccounts'), 'default', 'default');
      yield* host.clock.sleep(100);
      const ended = yield* verdict(() => mine.list(core('secrets'), 'default'));
      return [token.split('.').length, who.status['userInfo'].username, refused, ended];
    });
    expect(result).toEqual([3, 'system:serviceaccount:default:default', 'secrets is forbidden: User "system:serviceaccount:default:default" cannot list resource "secrets" in API group "" in the namespace "default"', 'Unauthorized']);
  });

  it('kubelets reach only what concerns their node', () => {
    const { run } = createSmallWorld();
    const node = clientIdentity('system:node:n1', 'system:nodes');
    run(function* (client) {
      yield* prepare(client);
      for (const name of ['mine', 'other']) yield* client.create(core('secrets'), 'default', { apiVersion: 'v1', kind: 'Secret', metadata: { name } } as ApiObject);
      yield* client.create(pods, 'default', pod('web', { volumes: [{ name: 's', secret: { secretName: 'mine' } }] }));
      yield* bind(client, 'web');
    });
    const result = run(
      function* (client) {
        yield* client.get(core('secrets'), 'default', 'mine');
        return [
          yield* verdict(() => client.get(core('secrets'), 'default', 'other')),
          yield* verdict(() => client.list(pods, '')),
          (yield* client.list(pods, '', { query: { fieldSelector: 'spec.nodeName=n1' } })).items.length,
          yield* verdict(() => client.create(core('nodes'), '', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' } } as ApiObject)),
          yield* verdict(() => client.create(pods, 'default', pod('x'))),
        ];
      },
      { tls: node },
    );
    expect(result).toEqual([
      'secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node \'n1\' and this object',
      'pods is forbidden: User "system:node:n1" cannot list resource "pods" in API group "" at the cluster scope: can only list/watch pods with spec.nodeName field selector',
      1,
      'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
      'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    ]);
  });
});

describe('lists', () => {
  it('come in pages of one revision', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const maps = core('configmaps');
      for (const name of ['a', 'b', 'c']) yield* client.create(maps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } as ApiObject);
      const first = yield* client.list(maps, 'default', { query: { limit: '2' } });
      yield* client.delete(maps, 'default', 'c');
      const second = yield* client.list(maps, 'default', { query: { limit: '2', continue: first.metadata.continue ?? '' } });
      return [first.items.map((each) => each.metadata.name), first.metadata.remainingItemCount, second.items.map((each) => each.metadata.name), second.metadata.resourceVersion === first.metadata.resourceVersion];
    });
    expect(result).toEqual([['a', 'b'], 1, ['c'], true]);
  });

  it('come as tables', () => {
    const { run } = createSmallWorld();
    const table = run(function* (client) {
      yield* client.create(apps('deployments'), 'default', deployment('web'));
      return (yield* client.raw('GET', '/apis/apps/v1/namespaces/default/deployments', { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' } })).body;
    }) as Any;
    expect(table.kind).toBe('Table');
    expect(table['columnDefinitions'].slice(0, 5).map((each: { name: string }) => each.name)).toEqual(['Name', 'Ready', 'Up-to-date', 'Available', 'Age']);
    expect(table['rows'][0].cells.slice(0, 2)).toEqual(['web', '0/2']);
    expect(table['rows'][0].object.kind).toBe('PartialObjectMetadata');
  });
});

describe('clients', () => {
  it('elect one leader, and another when it dies', () => {
    const { run } = createSmallWorld();
    const result = run(
      function* (client, host) {
        const leading: string[] = [];
        const candidate = (identity: string) =>
          host.tasks.spawn(identity, runLeaderElection(host, client, { lease: 'x', namespace: 'default', identity, *run() {
            leading.push(`${identity}@${Math.round(host.clock.nowMs() / 1000)}`);
            yield* host.clock.sleep(1e9);
          } }));
        const startMs = host.clock.nowMs();
        const a = candidate('a');
        yield* host.clock.sleep(1000);
        candidate('b');
        yield* host.clock.sleep(30_000);
        const one = leading.length;
        a.cancel();
        yield* host.clock.sleep(30_000);
        const lease = yield* client.get<Any>({ group: 'coordination.k8s.io', version: 'v1', resource: 'leases' }, 'default', 'x');
        void startMs;
        return [one, leading.map((each) => each.split('@')[0]), lease.spec['holderIdentity'], lease.spec['leaseTransitions']];
      },
      { maxMs: 100_000 },
    );
    expect(result).toEqual([1, ['a', 'b'], 'b', 1]);
  });

  it('count repeated events', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client, host) {
      const recorder = createEventRecorder(host, client, { component: 'kubelet', instance: 'n1' });
      const about = yield* client.create(core('configmaps'), 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as ApiObject);
      for (let i = 0; i < 3; i++) {
        recorder.event(about, 'Warning', 'BackOff', 'Back-off');
        yield* host.clock.sleep(1000);
      }
      const list = yield* client.list<Any>(core('events'), 'default', { query: { fieldSelector: 'involvedObject.name=a,reason=BackOff' } });
      return list.items.map((each) => [each['count'], each['message'], each['source'].component, each['involvedObject'].kind]);
    });
    expect(result).toEqual([[3, 'Back-off', 'kubelet', 'ConfigMap']]);
  });
});

describe('jobs', () => {
  it('without labels have those that their pods are made with, when made and when put back', () => {
    const { run } = createSmallWorld();
    const jobs: ResourceRef = { group: 'batch', version: 'v1', resource: 'jobs' };
    const result = run(function* (client) {
      yield* prepare(client);
      const made = yield* client.create<Any>(jobs, 'default', { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'pi', labels: {} }, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'pi', image: 'perl' }] } } } } as never);
      const put = yield* client.update<Any>(jobs, 'default', made);
      const { uid } = made.metadata;
      expect(made.metadata.labels).toEqual({ 'controller-uid': uid, 'job-name': 'pi', 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': 'pi' });
      expect(made.spec['template'].metadata.labels).toEqual(made.metadata.labels);
      return { isSame: JSON.stringify(put.metadata.labels) === JSON.stringify(made.metadata.labels), generation: put.metadata.generation };
    });
    expect(result).toEqual({ isSame: true, generation: 1 });
  });
});
