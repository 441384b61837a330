// The essence of sig-scheduling's conformance tests, and of sig-node's about taints, RuntimeClasses and pods that change: where pods go, what they give way to, what a later change makes of them.
import { beforeAll, describe, expect, it } from 'vitest';
import { agnhost, busybox, ConformanceBench, type Json, podOf, type Thing } from '../testing/conformance-bench.ts';

const core = '/api/v1/namespaces/default';
const apps = '/apis/apps/v1/namespaces/default';
const pause = 'registry.k8s.io/pause:3.10.1';
const resource = 'scheduling.k8s.io/foo';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

describe('scheduling', () => {
  let bench: ConformanceBench;
  let nodes: readonly string[];
  const get = (path: string): Thing => bench.done('GET', path);
  const items = (path: string): readonly Thing[] => (get(path) as unknown as { readonly items: readonly Thing[] }).items;
  const status = (pod: string): string => {
    const { status: code, body } = bench.ask('GET', `${core}/pods/${pod}`);
    return code === 404 ? 'gone' : (body as Thing).metadata.deletionTimestamp !== undefined ? 'leaving' : String((body as Thing).status['phase']);
  };
  const condition = (pod: string, type: string): string => {
    const found = ((get(`${core}/pods/${pod}`).status['conditions'] ?? []) as readonly Condition[]).find((each) => each.type === type);
    return found === undefined ? '' : `${found.status} ${found.reason ?? ''}`;
  };
  const pausePod = (name: string, more: Json = {}, resources: Json = {}, labels: Json = { name }): Json => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [{ name, image: pause, resources }], ...more } });
  const both = (amounts: Json): Json => ({ requests: amounts, limits: amounts });
  const on = (node: string): Json => ({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] } } } });
  const post = (pod: Json): void => {
    bench.done('POST', `${core}/pods`, pod);
  };
  const remove = (...names: readonly string[]): void => {
    for (const name of names) bench.ask('DELETE', `${core}/pods/${name}`, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
    for (const name of names) bench.until(() => status(name), 'gone');
  };
  /** Only the capacity is told: what of it can be allocated is the kubelet's to say. */
  const advertise = (node: string, name: string, amount: string): void => {
    bench.done('PATCH', `/api/v1/nodes/${node}/status`, { status: { capacity: { [name]: amount } } });
  };

  beforeAll(() => {
    bench = new ConformanceBench();
    nodes = items('/api/v1/nodes').filter(({ spec }) => spec['taints'] === undefined).map(({ metadata }) => metadata.name);
    for (const [name, value] of [['low', 1], ['medium', 100], ['high', 1000], ['p1', 1], ['p2', 2], ['p3', 3], ['p4', 4]] as const) bench.done('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
  });

  it('there are at least two untainted nodes', () => expect(nodes.length).toBeGreaterThan(1));

  it.each([['high', 'default'], ['system-cluster-critical', 'kube-system']])('a pod of priority %s preempts the lowest one, and no other', (priorityClassName, namespace) => {
    for (const node of nodes) advertise(node, resource, '3');
    nodes.forEach((node, index) => post(pausePod(`pod${index}`, { priorityClassName: index === 0 ? 'low' : 'medium', ...on(node) }, both({ [resource]: '2' }))));
    nodes.forEach((_, index) => bench.phase(`pod${index}`, 'Running'));
    bench.done('POST', `/api/v1/namespaces/${namespace}/pods`, pausePod('preemptor', { priorityClassName }, both({ [resource]: '2' })));
    bench.until(() => bench.value(`pod preemptor -n ${namespace}`, '.status.phase'), 'Running');
    expect(status('pod0')).toMatch(/gone|leaving/);
    nodes.slice(1).forEach((_, index) => expect(status(`pod${index + 1}`)).toBe('Running'));
    bench.done('DELETE', `/api/v1/namespaces/${namespace}/pods/preemptor`, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
    remove(...nodes.map((_, index) => `pod${index}`));
  });

  it('pod disruption condition is added to the preempted pod', () => {
    const node = nodes[0] as string;
    advertise(node, resource, '1');
    bench.until(() => String((get(`/api/v1/nodes/${node}`).status['allocatable'] as Json)[resource]), '1');
    post({ ...pausePod('victim', { priorityClassName: 'low', ...on(node) }, both({ [resource]: '1' })), metadata: { name: 'victim', finalizers: ['example.com/test-finalizer'] } });
    bench.phase('victim', 'Running');
    post(pausePod('preemptor', { priorityClassName: 'high', ...on(node) }, both({ [resource]: '1' })));
    bench.until(() => condition('victim', 'DisruptionTarget'), 'True PreemptionByScheduler');
    bench.done('PATCH', `${core}/pods/victim`, { metadata: { finalizers: null } }, 'merge');
    remove('victim', 'preemptor');
  });

  it('PreemptionExecutionPath: only as many ReplicaSets lose a pod as is needed', () => {
    const node = nodes[1] as string;
    const here = { nodeSelector: { 'kubernetes.io/hostname': node } };
    advertise(node, 'example.com/fakecpu', '1000');
    const seen = bench.watch(`${core}/pods?watch=true&labelSelector=rs`).events;
    const amounts = [200, 300, 450];
    amounts.forEach((amount, index) => bench.done('POST', `${apps}/replicasets`, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: `rs-pod${index + 1}` }, spec: { replicas: 1, selector: { matchLabels: { rs: `pod${index + 1}` } }, template: { metadata: { labels: { rs: `pod${index + 1}` } }, spec: { priorityClassName: `p${index + 1}`, containers: [{ name: 'c', image: pause, resources: both({ 'example.com/fakecpu': String(amount) }) }], ...here } } } }));
    for (const [index] of amounts.entries()) bench.until(() => String(get(`${apps}/replicasets/rs-pod${index + 1}`).status['availableReplicas'] ?? 0), '1');
    post(pausePod('pod4', { priorityClassName: 'p4', ...here }, both({ 'example.com/fakecpu': '500' })));
    bench.until(() => String(get(`${core}/pods/pod4`).spec['nodeName'] ?? ''), node);
    bench.sleep(10_000);
    const made = (index: number): number => seen.filter(({ type, object }) => type === 'ADDED' && object.metadata.name.startsWith(`rs-pod${index}-`)).length;
    expect([1, 2, 3].map(made)).toEqual([2, 2, 1]);
    bench.done('DELETE', `${apps}/replicasets`);
    remove('pod4');
  });

  it('PriorityClass endpoints: the value is fixed, the description is not', () => {
    const path = '/apis/scheduling.k8s.io/v1/priorityclasses';
    expect(bench.refused('PATCH', `${path}/p1`, { value: 10 })).toMatch(/^422: .*value: Forbidden: may not be changed in an update/);
    const p2 = get(`${path}/p2`);
    expect(bench.refused('PUT', `${path}/p2`, { ...p2, value: 20 })).toMatch(/^422/);
    bench.done('PATCH', `${path}/p1`, { description: 'updated description' });
    bench.done('PUT', `${path}/p2`, { ...p2, description: 'updated description' });
    expect([get(`${path}/p1`), get(`${path}/p2`)].map((each) => [each['value'], each['description']])).toEqual([[1, 'updated description'], [2, 'updated description']]);
  });

  it('SchedulerPredicates: what nodes have, what they are called, which ports are taken', () => {
    const waits = (name: string): void => {
      bench.until(() => condition(name, 'PodScheduled'), 'False Unschedulable', 20_000);
      expect(bench.kubectl(`get events --field-selector involvedObject.name=${name},reason=FailedScheduling -o name`).text).toContain('event/');
    };
    const free = (node: string): number => {
      const used = items('/api/v1/pods').filter(({ spec }) => spec['nodeName'] === node).flatMap(({ spec }) => spec['containers'] as readonly { readonly resources?: { readonly requests?: { readonly cpu?: string } } }[]);
      const milli = (text: string | undefined): number => (text === undefined ? 0 : text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000);
      return milli((get(`/api/v1/nodes/${node}`).status['allocatable'] as { readonly cpu: string }).cpu) - used.reduce((sum, each) => sum + milli(each.resources?.requests?.cpu), 0);
    };
    nodes.forEach((node, index) => post(pausePod(`filler-${index}`, on(node), both({ cpu: `${Math.floor((free(node) * 7) / 10)}m` }))));
    nodes.forEach((_, index) => bench.phase(`filler-${index}`, 'Running'));
    post(pausePod('additional-pod', {}, both({ cpu: '2' })));
    post(pausePod('restricted-pod', { nodeSelector: { label: 'nonempty' } }));
    waits('additional-pod');
    waits('restricted-pod');
    remove('additional-pod', 'restricted-pod', ...nodes.map((_, index) => `filler-${index}`));
    const node = nodes[2] as string;
    bench.done('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels: { 'kubernetes.io/e2e-random': '42' } } });
    post(pausePod('with-labels', { nodeSelector: { 'kubernetes.io/e2e-random': '42' } }));
    bench.phase('with-labels', 'Running');
    expect(get(`${core}/pods/with-labels`).spec['nodeName']).toBe(node);
    const port = (name: string, hostIP: string): Json => ({ ...podOf(name, { agnhost: { args: ['netexec', '--http-port=8080', '--udp-port=8080'], ports: [{ hostPort: 54322, containerPort: 8080, protocol: 'TCP', hostIP }], readinessProbe: { httpGet: { path: '/hostname', port: 8080 } } } }, { nodeSelector: { 'kubernetes.io/e2e-random': '42' } }) });
    post(port('pod4', '0.0.0.0'));
    bench.phase('pod4', 'Running');
    post(port('pod5', get(`/api/v1/nodes/${node}`).status['addresses'] === undefined ? '' : bench.value(`node ${node}`, '.status.addresses[?(@.type=="InternalIP")].address')));
    waits('pod5');
    remove('with-labels', 'pod4', 'pod5');
  });

  it('LimitRange: defaults, minima and maxima; changed, listed, patched and deleted', () => {
    const list = (cpu: string, memory: string, storage: string): Json => Object.fromEntries([['cpu', cpu], ['memory', memory], ['ephemeral-storage', storage]].filter(([, value]) => value !== ''));
    const range = (min: Json): Json => ({ limits: [{ type: 'Container', min, max: list('500m', '500Mi', '500Gi'), default: list('500m', '500Mi', '500Gi'), defaultRequest: list('100m', '200Mi', '200Gi'), maxLimitRequestRatio: {} }] });
    for (const name of ['limited', 'limited-2']) {
      bench.done('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      bench.until(() => String(bench.ask('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`).status), '200');
      bench.done('POST', `/api/v1/namespaces/${name}/limitranges`, { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'limit-range', labels: { e2e: 'range', range: 'created' } }, spec: range(list('50m', '100Mi', '100Gi')) });
    }
    const path = '/api/v1/namespaces/limited/limitranges';
    const make = (name: string, resources: Json): Json => pausePod(name, {}, resources);
    const resourcesOf = (pod: Thing): unknown => (pod.spec['containers'] as readonly { readonly resources: unknown }[])[0]?.resources;
    const pods = '/api/v1/namespaces/limited/pods';
    bench.sleep(1000);
    expect(resourcesOf(bench.done('POST', pods, make('none', {})))).toEqual({ requests: list('100m', '200Mi', '200Gi'), limits: list('500m', '500Mi', '500Gi') });
    expect(resourcesOf(bench.done('POST', pods, make('partial', { requests: list('', '150Mi', '150Gi'), limits: list('300m', '', '') })))).toEqual({ requests: list('300m', '150Mi', '150Gi'), limits: list('300m', '500Mi', '500Gi') });
    const [small, large] = [make('small', { requests: list('10m', '50Mi', '50Gi') }), make('large', { requests: list('600m', '600Mi', '600Gi') })];
    expect(bench.refused('POST', pods, small)).toMatch(/^403/);
    expect(bench.refused('POST', pods, large)).toMatch(/^4(03|22)/);
    const first = get(`${path}/limit-range`);
    bench.done('PUT', `${path}/limit-range`, { ...first, spec: range(list('9m', '49Mi', '49Gi')) });
    bench.sleep(1000);
    bench.done('POST', pods, small);
    expect(bench.refused('POST', pods, large)).toMatch(/^4(03|22)/);
    expect(items('/api/v1/limitranges?labelSelector=e2e%3Drange')).toHaveLength(2);
    expect(bench.done('PATCH', `${path}/limit-range`, { metadata: { creationTimestamp: null, labels: { range: 'patched' } }, spec: range(list('9m', '49Mi', '49Gi')) }).metadata.labels?.['range']).toBe('patched');
    bench.done('DELETE', `${path}?labelSelector=range%3Dpatched`);
    expect(items('/api/v1/limitranges?labelSelector=e2e%3Drange')).toHaveLength(1);
    bench.until(() => String(bench.ask('POST', pods, large).status), '201', 35_000);
  });

  it('NoExecuteTaintManager: a pod without toleration goes, later ones as long as they tolerate it; a taint that is taken back cancels that', () => {
    const node = nodes[0] as string;
    const taint = { key: 'kubernetes.io/e2e-evict-taint-key', value: 'evictTaintVal', effect: 'NoExecute' };
    const tolerate = (seconds: number): Json => ({ tolerations: [{ key: taint.key, value: taint.value, effect: taint.effect, operator: 'Equal', tolerationSeconds: seconds }] });
    const here = { nodeSelector: { 'kubernetes.io/hostname': node }, terminationGracePeriodSeconds: 0 };
    post(pausePod('no-toleration', here));
    post(pausePod('five', { ...here, ...tolerate(5) }));
    post(pausePod('long', { ...here, ...tolerate(60) }));
    for (const name of ['no-toleration', 'five', 'long']) bench.phase(name, 'Running');
    const other = (get(`/api/v1/nodes/${node}`).spec['taints'] ?? []) as readonly Json[];
    bench.done('PATCH', `/api/v1/nodes/${node}`, { spec: { taints: [...other, taint] } });
    bench.sleep(2000);
    expect([status('no-toleration'), status('five'), status('long')]).toEqual(['gone', 'Running', 'Running']);
    bench.sleep(6000);
    expect([status('five'), status('long')]).toEqual(['gone', 'Running']);
    bench.sleep(20_000);
    bench.done('PATCH', `/api/v1/nodes/${node}`, { spec: { taints: other } }, 'merge');
    bench.sleep(60_000);
    expect(status('long')).toBe('Running');
    remove('long');
  });

  it('Node Lifecycle: a node is created, read, changed in every way, and deleted', () => {
    const name = 'e2e-fake-node-x';
    const fake = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { [name]: 'created' } }, spec: { unschedulable: true }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', message: 'Set from e2e test' }] } };
    bench.done('POST', '/api/v1/nodes', fake);
    expect(bench.done('PATCH', `/api/v1/nodes/${name}`, { metadata: { labels: { [name]: 'patched' } } }).metadata.labels?.[name]).toBe('patched');
    let now = get(`/api/v1/nodes/${name}`);
    now = bench.done('PUT', `/api/v1/nodes/${name}`, { ...now, metadata: { ...now.metadata, labels: { ...now.metadata.labels, [name]: 'updated' } } });
    expect(now.metadata.labels?.[name]).toBe('updated');
    const statusOf = (patch: Json): Thing => bench.done('PATCH', `/api/v1/nodes/${name}/status`, patch, 'strategic-merge');
    expect((statusOf({ status: { conditions: [{ type: 'E2E', status: 'True', message: 'Set from e2e test' }] } }).status['conditions'] as readonly Condition[]).map(({ type }) => type)).toContain('E2E');
    now = get(`/api/v1/nodes/${name}`);
    now = bench.done('PUT', `/api/v1/nodes/${name}/status`, { ...now, status: { ...now.status, conditions: [...(now.status['conditions'] as readonly Json[]), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } });
    expect((now.status['conditions'] as readonly Condition[]).find(({ type }) => type === 'StatusUpdate')).toMatchObject({ status: 'True', reason: 'E2E' });
    bench.done('DELETE', `/api/v1/nodes?labelSelector=${name}%3Dupdated`);
    expect(bench.ask('GET', `/api/v1/nodes/${name}`).status).toBe(404);
  });

  it('RuntimeClass: pods get its overhead; one that does not exist, or no longer does, is refused', () => {
    const path = '/apis/node.k8s.io/v1/runtimeclasses';
    bench.done('POST', path, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'plain' }, handler: 'test-handler' });
    bench.done('POST', path, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'heavy' }, handler: 'test-handler', overhead: { podFixed: { cpu: '10m', memory: '1Mi' } } });
    bench.sleep(500);
    expect(bench.done('POST', `${core}/pods`, pausePod('plain', { runtimeClassName: 'plain' })).spec['overhead']).toBeUndefined();
    expect(bench.done('POST', `${core}/pods`, pausePod('heavy', { runtimeClassName: 'heavy' })).spec['overhead']).toEqual({ cpu: '10m', memory: '1Mi' });
    for (const name of ['plain', 'heavy']) bench.until(() => condition(name, 'PodScheduled'), /^True/);
    bench.done('DELETE', `${path}/plain`);
    bench.sleep(500);
    for (const name of ['plain', 'never-was']) expect(bench.refused('POST', `${core}/pods`, pausePod('rejected', { runtimeClassName: name }))).toMatch(/^403: .*pod rejected: RuntimeClass "(plain|never-was)" not found/);
    remove('plain', 'heavy');
  });

  it('Pod Generation starts at 1, goes on with every change of the spec, is not for clients to say, and is observed', () => {
    const make = (name: string): Json => ({ ...podOf(name, { 'agnhost-container': { image: agnhost, args: ['pause'] } }, { restartPolicy: 'Always', initContainers: [{ name: 'init-container', image: busybox }] }), metadata: { name, generation: 100, labels: { name } } });
    expect(bench.done('POST', `${core}/pods`, make('generation')).metadata.generation).toBe(1);
    bench.phase('generation', 'Running');
    const path = `${core}/pods/generation`;
    const update = (change: (pod: Thing) => object): number | undefined => {
      for (;;) {
        const { status: code, body } = bench.ask('PUT', path, change(get(path)));
        if (code === 409) continue;
        expect(code, JSON.stringify(body)).toBe(200);
        return get(path).metadata.generation;
      }
    };
    const spec = (more: (spec: Json) => Json) => (pod: Thing) => ({ ...pod, spec: { ...pod.spec, ...more(pod.spec) } });
    const image = (list: string, to: string) => spec((now) => ({ [list]: [{ ...((now[list] as readonly Json[])[0] as Json), image: to }] }));
    const seen = [
      update((pod) => pod),
      update(spec((now) => ({ tolerations: [...((now['tolerations'] ?? []) as readonly Json[]), { key: 'foo', operator: 'Equal', value: 'bar', effect: 'NoSchedule' }] }))),
      update(spec(() => ({ activeDeadlineSeconds: 5000 }))),
      update(image('containers', 'registry.k8s.io/e2e-test-images/nginx:1.14-4')),
      update(image('initContainers', pause)),
      update((pod) => ({ ...pod, metadata: { ...pod.metadata, annotations: { key: 'value' } } })),
      update((pod) => ({ ...pod, metadata: { ...pod.metadata, generation: 1 } })),
    ];
    expect(seen).toEqual([1, 2, 3, 4, 5, 5, 5]);
    for (let n = 0; n < 20; n++) bench.done('PATCH', path, { spec: { activeDeadlineSeconds: 4000 - n } });
    bench.until(() => `${get(path).metadata.generation ?? 0} ${get(path).status['observedGeneration'] as number}`, '25 25');
    expect(bench.done('DELETE', `${path}?gracePeriodSeconds=60`).metadata.generation).toBe(26);
    expect(get(path).metadata.generation).toBe(26);
    remove('generation');
  });

  it('Pods: QOS class, host address, submitted and removed, updated, given a deadline, status patched, deleted as a collection', () => {
    const path = `${core}/pods`;
    expect(bench.done('POST', path, pausePod('qos', {}, both({ cpu: '100m', memory: '100Mi' }))).status['qosClass']).toBe('Guaranteed');
    bench.phase('qos', 'Running');
    expect(get(`${path}/qos`).status['hostIP']).toMatch(/^192\.168\./);
    const seen = bench.watch(`${path}?watch=true&labelSelector=time%3Dnow`).events;
    post({ ...pausePod('submit', {}, {}, { name: 'foo', time: 'now' }) });
    bench.phase('submit', 'Running');
    expect(bench.done('PATCH', `${path}/submit`, { metadata: { labels: { time: 'now', updated: 'yes' } } }).metadata.labels?.['updated']).toBe('yes');
    bench.done('PATCH', `${path}/submit`, { spec: { activeDeadlineSeconds: 5 } });
    bench.until(() => String(get(`${path}/submit`).status['reason'] ?? ''), 'DeadlineExceeded', 30_000);
    const patched = bench.done('PATCH', `${path}/submit/status`, { metadata: { annotations: { patchedstatus: 'yes' } }, status: { message: 'Patched by e2e test', reason: 'E2E' } }, 'strategic-merge');
    expect(patched.status).toMatchObject({ message: 'Patched by e2e test', reason: 'E2E' });
    bench.done('DELETE', `${path}/submit?gracePeriodSeconds=30`);
    bench.until(() => status('submit'), 'gone');
    expect([...new Set(seen.map(({ type }) => type))]).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    for (const n of [1, 2, 3]) post({ ...pausePod(`test-pod-${n}`, { terminationGracePeriodSeconds: 1 }, {}, { type: 'Testing' }) });
    expect(items(`${path}?labelSelector=type%3DTesting`)).toHaveLength(3);
    bench.done('DELETE', `${path}?labelSelector=type%3DTesting`);
    bench.until(() => String(items(`${path}?labelSelector=type%3DTesting`).length), '0');
    remove('qos');
  });

  it('the lifecycle of Pods and PodStatus: patched, status replaced, and what the kubelet makes of it; ephemeral containers', () => {
    const path = `${core}/pods/life`;
    post({ ...podOf('life', { 'pod-test': { image: agnhost, args: ['pause'] } }, { terminationGracePeriodSeconds: 1 }), metadata: { name: 'life', labels: { 'test-pod-static': 'true' } } });
    bench.phase('life', 'Running');
    const patched = bench.done('PATCH', path, { metadata: { labels: { 'test-pod': 'patched' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'pod-test', image: 'registry.k8s.io/e2e-test-images/agnhost:2.59' }] } });
    expect(patched.metadata.labels?.['test-pod']).toBe('patched');
    bench.until(() => condition('life', 'Ready'), /^True/);
    const now = get(`${path}/status`);
    const ready = (now.status['conditions'] as readonly Condition[]).map((each) => (each.type === 'Ready' ? { ...each, status: 'False' } : each));
    expect((bench.done('PUT', `${path}/status`, { ...now, status: { ...now.status, conditions: ready } }).status['conditions'] as readonly Condition[]).find(({ type }) => type === 'Ready')?.status).toBe('False');
    bench.until(() => condition('life', 'Ready'), /^True/);
    const ephemeral = bench.done('PATCH', `${path}/ephemeralcontainers`, { spec: { ephemeralContainers: [{ name: 'debugger', image: busybox, command: ['/bin/sh'], stdin: true, tty: true }] } });
    expect((ephemeral.spec['ephemeralContainers'] as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual(['debugger']);
    bench.sleep(2000);
    const again = get(`${path}/ephemeralcontainers`);
    const second = bench.done('PUT', `${path}/ephemeralcontainers`, { ...again, spec: { ...again.spec, ephemeralContainers: [...(again.spec['ephemeralContainers'] as readonly Json[]), { name: 'debugger2', image: busybox, command: ['/bin/sh'], stdin: true, tty: true }] } });
    expect(second.spec['ephemeralContainers']).toHaveLength(2);
    bench.until(() => String(((get(path).status['ephemeralContainerStatuses'] ?? []) as readonly unknown[]).length), '2');
    bench.done('DELETE', `${core}/pods?labelSelector=test-pod-static%3Dtrue`);
    bench.until(() => status('life'), 'gone');
    post(podOf('always-fails', { bin: { image: busybox, command: ['/bin/false'] } }, { restartPolicy: 'Always' }));
    bench.until(() => status('always-fails'), 'Running');
    bench.done('DELETE', `${core}/pods/always-fails`);
    bench.until(() => status('always-fails'), 'gone');
  });
});
