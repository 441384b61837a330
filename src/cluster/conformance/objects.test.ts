// The essence of the conformance tests that only create, read, watch, change and delete objects of one kind: apps, network, node, scheduling, storage.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Seen } from '../testing/asker.ts';
import { busybox, ConformanceBench, type Json, type Thing } from '../testing/conformance-bench.ts';

interface Row {
  readonly test: string;
  readonly kind: string;
  readonly api: string;
  readonly resource: string;
  /** Without a namespace: cluster-scoped. */
  readonly namespaced?: false;
  /** Everything but apiVersion, kind and metadata. */
  readonly body: Json;
  /** A status that can be written by hand, as merge patch. */
  readonly status?: Json;
  /** Names that the kind allows. */
  readonly names?: readonly [string, string, string];
}

const pod = { containers: [{ name: 'c', image: busybox, command: ['/bin/true'] }], restartPolicy: 'OnFailure' };
const quantity = { requests: { storage: '1Mi' } };
const claim = { devices: { requests: [{ name: 'req-0', exactly: { deviceClassName: 'example-class' } }] } };

const rows: readonly Row[] = [
  { test: 'CronJob', kind: 'CronJob', api: 'apis/batch/v1', resource: 'cronjobs', body: { spec: { schedule: '* */1 * * ?', concurrencyPolicy: 'Allow', suspend: true, jobTemplate: { spec: { template: { spec: pod } } } } }, status: { lastScheduleTime: '2027-03-01T00:00:00Z', lastSuccessfulTime: '2027-03-01T00:00:10Z' } },
  { test: 'PodTemplates', kind: 'PodTemplate', api: 'api/v1', resource: 'podtemplates', body: { template: { spec: pod } } },
  { test: 'Lease', kind: 'Lease', api: 'apis/coordination.k8s.io/v1', resource: 'leases', body: { spec: { holderIdentity: 'holder', leaseDurationSeconds: 30, acquireTime: '2027-03-01T00:00:00.000000Z', renewTime: '2027-03-01T00:00:05.000000Z', leaseTransitions: 0 } } },
  { test: 'RuntimeClass', kind: 'RuntimeClass', api: 'apis/node.k8s.io/v1', resource: 'runtimeclasses', namespaced: false, body: { handler: 'a-handler' } },
  { test: 'EndpointSlice', kind: 'EndpointSlice', api: 'apis/discovery.k8s.io/v1', resource: 'endpointslices', body: { addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'] }, { addresses: ['2.2.3.4', '6.6.7.8'] }] } },
  { test: 'Endpoints', kind: 'Endpoints', api: 'api/v1', resource: 'endpoints', body: { subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }] } },
  { test: 'Ingress', kind: 'Ingress', api: 'apis/networking.k8s.io/v1', resource: 'ingresses', body: { spec: { defaultBackend: { service: { name: 'default-backend', port: { number: 80 } } }, rules: [{ host: 'foo.bar.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'test-backend', port: { number: 8080 } } } }] } }] } }, status: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } } },
  { test: 'IngressClass', kind: 'IngressClass', api: 'apis/networking.k8s.io/v1', resource: 'ingressclasses', namespaced: false, body: { spec: { controller: 'e2e-test.com/controller' } } },
  { test: 'IPAddress', kind: 'IPAddress', api: 'apis/networking.k8s.io/v1', resource: 'ipaddresses', namespaced: false, names: ['255.255.255.255', 'fe80::42:1dff:fe84:f9e2', '255.255.255.254'], body: { spec: { parentRef: { group: 'mygroup', resource: 'myresources', namespace: 'foo', name: 'bar' } } } },
  { test: 'StorageClasses', kind: 'StorageClass', api: 'apis/storage.k8s.io/v1', resource: 'storageclasses', namespaced: false, body: { provisioner: 'e2e-fake-provisioner' } },
  { test: 'VolumeAttributesClass', kind: 'VolumeAttributesClass', api: 'apis/storage.k8s.io/v1', resource: 'volumeattributesclasses', namespaced: false, body: { driverName: 'e2e-fake-driver', parameters: { iops: '1000' } } },
  { test: 'CSIDriver', kind: 'CSIDriver', api: 'apis/storage.k8s.io/v1', resource: 'csidrivers', namespaced: false, body: { spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ['Ephemeral'] } } },
  { test: 'CSINodes', kind: 'CSINode', api: 'apis/storage.k8s.io/v1', resource: 'csinodes', namespaced: false, body: { spec: { drivers: [{ name: 'e2e-driver', nodeID: 'e2e-node', topologyKeys: null }] } } },
  { test: 'CSIStorageCapacity', kind: 'CSIStorageCapacity', api: 'apis/storage.k8s.io/v1', resource: 'csistoragecapacities', body: { storageClassName: 'example', capacity: '1Gi' } },
  { test: 'VolumeAttachment', kind: 'VolumeAttachment', api: 'apis/storage.k8s.io/v1', resource: 'volumeattachments', namespaced: false, body: { spec: { attacher: 'e2e-attacher', nodeName: 'e2e-node', source: { persistentVolumeName: 'e2e-pv' } } }, status: { attached: true } },
  { test: 'PersistentVolume', kind: 'PersistentVolume', api: 'api/v1', resource: 'persistentvolumes', namespaced: false, body: { spec: { capacity: { storage: '1Mi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', storageClassName: 'e2e-none', hostPath: { path: '/tmp/e2e' } } }, status: { reason: 'E2E patchStatus', message: 'StatusPatched' } },
  { test: 'PersistentVolumeClaim', kind: 'PersistentVolumeClaim', api: 'api/v1', resource: 'persistentvolumeclaims', body: { spec: { accessModes: ['ReadWriteOnce'], resources: quantity, storageClassName: 'e2e-nothing' } }, status: { conditions: [{ type: 'StatusPatched', status: 'True', reason: 'E2E patchedStatus', message: 'Set from e2e test' }] } },
  { test: 'DeviceClass', kind: 'DeviceClass', api: 'apis/resource.k8s.io/v1', resource: 'deviceclasses', namespaced: false, body: { spec: { selectors: [{ cel: { expression: 'device.driver == "dra.example.com"' } }] } } },
  { test: 'ResourceClaim', kind: 'ResourceClaim', api: 'apis/resource.k8s.io/v1', resource: 'resourceclaims', body: { spec: claim }, status: { allocation: { devices: { results: [{ request: 'req-0', driver: 'dra.example.com', pool: 'some-pool', device: 'device-0' }] } }, reservedFor: [{ resource: 'pods', name: 'some-pod', uid: '1234' }] } },
  { test: 'ResourceClaimTemplate', kind: 'ResourceClaimTemplate', api: 'apis/resource.k8s.io/v1', resource: 'resourceclaimtemplates', body: { spec: { spec: claim } } },
  { test: 'ResourceSlice', kind: 'ResourceSlice', api: 'apis/resource.k8s.io/v1', resource: 'resourceslices', namespaced: false, body: { spec: { nodeName: 'some-node', driver: 'dra.example.com', pool: { name: 'some-pool', resourceSliceCount: 1, generation: 1 }, devices: [{ name: 'device-0' }] } } },
  { test: 'PodDisruptionBudget', kind: 'PodDisruptionBudget', api: 'apis/policy/v1', resource: 'poddisruptionbudgets', body: { spec: { minAvailable: '1%', selector: { matchLabels: { foo: 'bar' } } } } },
  { test: 'Secrets', kind: 'Secret', api: 'api/v1', resource: 'secrets', body: { data: { key: 'dmFsdWU=' }, type: 'Opaque' } },
  { test: 'ConfigMap', kind: 'ConfigMap', api: 'api/v1', resource: 'configmaps', body: { data: { 'valueName': 'value' } } },
  { test: 'Services', kind: 'Service', api: 'api/v1', resource: 'services', body: { spec: { type: 'LoadBalancer', ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }] } }, status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } } },
  { test: 'a pod with a CSIVolumeSource', kind: 'Pod', api: 'api/v1', resource: 'pods', body: { spec: { terminationGracePeriodSeconds: 0, nodeSelector: { nowhere: 'at-all' }, containers: [{ name: 'c', image: busybox, volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', csi: { driver: 'e2e.example.com' } }] } } },
];

describe('objects', () => {
  let bench: ConformanceBench;
  const get = (path: string): Thing => bench.done('GET', path);
  const items = (path: string): readonly Thing[] => (get(path) as unknown as { readonly items: readonly Thing[] }).items;
  const gone = (path: string): void => bench.until(() => String(bench.ask('GET', path).status), '404', 30_000);
  beforeAll(() => {
    bench = new ConformanceBench('conformance');
  });

  it.each(rows)('$test: the API operations of $resource', (row) => {
    const { kind, api, resource, body } = row;
    const apiVersion = api.replace(/^apis?\//, '');
    const path = `/${api}/${row.namespaced === false ? '' : 'namespaces/default/'}${resource}`;
    const [one, two, three] = row.names ?? [`e2e-${resource}-1`, `e2e-${resource}-2`, `e2e-${resource}-3`];
    const selector = `labelSelector=${encodeURIComponent(`e2e=${resource}`)}`;
    const make = (name: string): Json => ({ apiVersion, kind, metadata: { name, labels: { e2e: resource } }, ...body });
    const names = (query: string): readonly string[] => items(query).map(({ metadata }) => metadata.name).sort();

    const found = (get(`/${api}`) as unknown as { readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[] }).resources;
    expect(found.find(({ name }) => name === resource)?.verbs).toEqual(expect.arrayContaining(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']));

    const created = bench.done('POST', `${path}?fieldValidation=Strict`, make(one));
    expect(bench.ask('POST', path, make(one)).status).toBe(409);
    bench.done('POST', path, make(two));
    const list = bench.ask('GET', `${path}?${selector}`).body as { readonly metadata: { readonly resourceVersion: string } };
    const seen: readonly Seen[] = bench.watch(`${path}?watch=true&${selector}&resourceVersion=${list.metadata.resourceVersion}`).events;
    bench.done('POST', path, make(three));
    expect(get(`${path}/${one}`).metadata.uid).toBe(created.metadata.uid);
    expect(names(`${path}?${selector}`)).toEqual([one, two, three].sort());
    if (row.namespaced !== false) expect(names(`/${api}/${resource}?${selector}`)).toEqual([one, two, three].sort());

    const annotated = (said: Thing): unknown => said.metadata.annotations?.['how'];
    for (const patch of ['merge', 'strategic-merge'] as const) expect(annotated(bench.done('PATCH', `${path}/${one}?fieldValidation=Strict`, { metadata: { annotations: { how: patch } } }, patch))).toBe(patch);
    expect(annotated(bench.done('PATCH', `${path}/${one}`, [{ op: 'add', path: '/metadata/annotations/how', value: 'json' }], 'json'))).toBe('json');
    expect(annotated(bench.done('PATCH', `${path}/${one}?fieldManager=test-apply&force=true&fieldValidation=Strict`, { apiVersion, kind, metadata: { name: one, annotations: { how: 'apply' } } }, 'apply'))).toBe('apply');
    const update = (sub: string, change: (now: Thing) => object): Thing => {
      for (;;) {
        const { status: code, body: said } = bench.ask('PUT', `${path}/${one}${sub}`, change(get(`${path}/${one}${sub}`)));
        if (code === 409) continue;
        expect(code, JSON.stringify(said)).toBe(200);
        return said as Thing;
      }
    };
    expect(annotated(update('', (now) => ({ ...now, metadata: { ...now.metadata, annotations: { ...now.metadata.annotations, how: 'updated' } } })))).toBe('updated');
    expect(bench.ask('PUT', `${path}/${one}`, { ...created, metadata: { ...created.metadata, annotations: { how: 'late' } } }).status).toBe(409);

    const { status } = row;
    if (status !== undefined) {
      expect(bench.done('PATCH', `${path}/${one}/status`, { metadata: { annotations: { how: 'status' } }, status }, 'merge').status).toMatchObject(status);
      expect(get(`${path}/${one}/status`)).toMatchObject({ kind, metadata: { uid: created.metadata.uid } });
      expect(update('/status', (now) => ({ ...now, status: { ...now.status, ...status } })).status).toMatchObject(status);
      expect(bench.done('PATCH', `${path}/${one}/status?fieldManager=test-apply&force=true&fieldValidation=Strict`, { apiVersion, kind, metadata: { name: one }, status }, 'apply').status).toMatchObject(status);
    }

    bench.done('DELETE', `${path}/${one}`);
    gone(`${path}/${one}`);
    expect(names(`${path}?${selector}`)).toEqual([two, three].sort());
    bench.done('DELETE', `${path}?${selector}`);
    bench.until(() => names(`${path}?${selector}`).join(), '', 30_000);
    bench.sleep(100);
    const events = seen.map(({ type, object }) => `${type} ${object.metadata.name}`);
    expect(events).toEqual(expect.arrayContaining([`ADDED ${three}`, `MODIFIED ${one}`, `DELETED ${one}`, `DELETED ${two}`, `DELETED ${three}`]));
    expect(events.filter((event) => event === `ADDED ${one}`)).toEqual([]);
  });

  it.each(['configmaps', 'secrets'])('%s: immutable, and keys that are none', (resource) => {
    const kind = resource === 'secrets' ? 'Secret' : 'ConfigMap';
    const path = `/api/v1/namespaces/default/${resource}`;
    const value = (text: string): string => (resource === 'secrets' ? Buffer.from(text).toString('base64') : text);
    expect(bench.refused('POST', path, { apiVersion: 'v1', kind, metadata: { name: 'empty-key' }, data: { '': value('x') } })).toMatch(/^422/);
    bench.done('POST', path, { apiVersion: 'v1', kind, metadata: { name: 'immutable' }, data: { 'data-1': value('1') } });
    const change = (more: Json): ReturnType<ConformanceBench['ask']> => bench.ask('PUT', `${path}/immutable`, { ...get(`${path}/immutable`), ...more });
    expect(change({ data: { 'data-1': value('2') } }).status).toBe(200);
    expect(change({ immutable: true }).status).toBe(200);
    expect(change({ data: { 'data-1': value('3') } })).toMatchObject({ status: 422, body: { message: expect.stringMatching(/data: Forbidden: field is immutable when `immutable` is set/) as string } });
    expect(change({ immutable: false }).status).toBe(422);
    const now = get(`${path}/immutable`);
    expect(change({ metadata: { ...now.metadata, labels: { label1: 'value1' } } }).status).toBe(200);
    bench.done('DELETE', `${path}/immutable`);
  });

  it('ServiceCIDR and the API server itself: the default one, with its status; Endpoints and EndpointSlices that point to it', () => {
    const path = '/apis/networking.k8s.io/v1/servicecidrs';
    const cidr = get(`${path}/kubernetes`);
    expect(get(`${path}/kubernetes/status`)).toMatchObject({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { uid: cidr.metadata.uid } });
    expect(items(path).length).toBeGreaterThan(0);
    const endpoints = get('/api/v1/namespaces/default/endpoints/kubernetes')['subsets'] as readonly { readonly addresses: readonly { readonly ip: string }[]; readonly ports: readonly { readonly port: number }[] }[];
    const slices = items('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes') as unknown as readonly { readonly endpoints: readonly { readonly addresses: readonly string[] }[]; readonly ports: readonly { readonly port: number }[] }[];
    expect(slices.flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses)).sort()).toEqual(endpoints.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)).sort());
    expect(slices[0]?.ports[0]?.port).toBe(endpoints[0]?.ports[0]?.port);
    expect(get('/api/v1/namespaces/default/services/kubernetes').spec['ports']).toMatchObject([{ port: 443 }]);
  });

  it('a PersistentVolume and its claim: bound, and gone when deleted', () => {
    const labels = { e2e: 'pair' };
    const make = (): void => {
      bench.done('POST', '/api/v1/persistentvolumes', { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv-pair', labels }, spec: { capacity: { storage: '1Mi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', storageClassName: 'pair', hostPath: { path: '/tmp/pair' } } });
      bench.done('POST', '/api/v1/namespaces/default/persistentvolumeclaims', { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'pvc-pair', labels }, spec: { accessModes: ['ReadWriteOnce'], resources: quantity, storageClassName: 'pair' } });
    };
    make();
    bench.until(() => `${String(get('/api/v1/persistentvolumes/pv-pair').status['phase'])} ${String(get('/api/v1/namespaces/default/persistentvolumeclaims/pvc-pair').status['phase'])}`, 'Bound Bound', 30_000);
    bench.done('DELETE', '/api/v1/namespaces/default/persistentvolumeclaims/pvc-pair');
    gone('/api/v1/namespaces/default/persistentvolumeclaims/pvc-pair');
    bench.done('DELETE', '/api/v1/persistentvolumes/pv-pair');
    gone('/api/v1/persistentvolumes/pv-pair');
    make();
    bench.done('DELETE', '/api/v1/namespaces/default/persistentvolumeclaims?labelSelector=e2e%3Dpair');
    bench.done('DELETE', '/api/v1/persistentvolumes?labelSelector=e2e%3Dpair');
    gone('/api/v1/namespaces/default/persistentvolumeclaims/pvc-pair');
    gone('/api/v1/persistentvolumes/pv-pair');
  });
});
