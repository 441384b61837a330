// A small stand-in for an API server and kubelets, for tests of this room alone: it stores, lists, watches and patches, and notes every request.
import { applyMergePatch } from '../../../api/meta/patch/merge-patch.ts';
import { applyStrategicPatch } from '../../../api/meta/patch/strategic.ts';
import type { PatchSchema } from '../../../api/meta/patch/schema.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { createWorld } from '../../../kernel/create-world.ts';
import type { Host, Mailbox, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { TraceEvent, World } from '../../../kernel/world.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { serveHttp, type StreamReply } from '../../../wire/http-server.ts';

export type Loose = any;

const keyed: Readonly<Record<string, string>> = { conditions: 'type', ownerReferences: 'uid', containers: 'name' };
const anything: PatchSchema = { field: (name) => schemaFor(name), item: () => anything, patchStrategy: [] };
const schemaFor = (name: string): PatchSchema => ({ field: (inner) => schemaFor(inner), item: () => anything, patchStrategy: keyed[name] === undefined ? [] : ['merge'], patchMergeKey: keyed[name] });

const kinds: Readonly<Record<string, string>> = {
  pods: 'Pod', nodes: 'Node', services: 'Service', namespaces: 'Namespace', replicasets: 'ReplicaSet', deployments: 'Deployment', daemonsets: 'DaemonSet', statefulsets: 'StatefulSet',
  jobs: 'Job', cronjobs: 'CronJob', endpoints: 'Endpoints', endpointslices: 'EndpointSlice', events: 'Event', leases: 'Lease', serviceaccounts: 'ServiceAccount', configmaps: 'ConfigMap',
  controllerrevisions: 'ControllerRevision', poddisruptionbudgets: 'PodDisruptionBudget', secrets: 'Secret', replicationcontrollers: 'ReplicationController', resourcequotas: 'ResourceQuota',
  persistentvolumeclaims: 'PersistentVolumeClaim', clusterroles: 'ClusterRole', certificatesigningrequests: 'CertificateSigningRequest', storageclasses: 'StorageClass', widgets: 'Widget',
};
const groups: Readonly<Record<string, readonly string[]>> = {
  '': ['pods', 'nodes', 'services', 'namespaces', 'endpoints', 'events', 'serviceaccounts', 'configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas', 'persistentvolumeclaims'],
  apps: ['replicasets', 'deployments', 'daemonsets', 'statefulsets', 'controllerrevisions'],
  batch: ['jobs', 'cronjobs'],
  'discovery.k8s.io': ['endpointslices'],
  'coordination.k8s.io': ['leases'],
  policy: ['poddisruptionbudgets'],
  'rbac.authorization.k8s.io': ['clusterroles'],
  'certificates.k8s.io': ['certificatesigningrequests'],
  'storage.k8s.io': ['storageclasses'],
  'example.com': ['widgets'],
};
const clusterScoped = new Set(['nodes', 'namespaces', 'clusterroles', 'certificatesigningrequests', 'storageclasses']);

export interface FakeRequest {
  readonly atMs: number;
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
  readonly code: number;
}

export class FakeCluster {
  readonly world: World;
  readonly requests: FakeRequest[] = [];
  readonly events: TraceEvent[] = [];
  private readonly store = new Map<string, Loose>();
  private readonly watchers = new Set<{ resource: string; namespace: string; box: Mailbox<Loose> }>();
  private version = 100;
  private serial = 0;
  private host: Host | undefined;
  /** Nodes whose kubelet does not run. */
  readonly silent = new Set<string>();
  /** Whether the custom kind Widget of example.com is defined: discovery tells of it. */
  hasWidgets = false;
  /** Extra milliseconds until a pod is Running and Ready. */
  startMs = 300;

  constructor(programs: readonly Program[], start: { readonly program: string; readonly args?: readonly string[] }[], seed = 1, files: Readonly<Record<string, string>> = {}) {
    const server: Program = { name: 'fake-apiserver', main: (host) => this.serve(host) };
    this.world = createWorld({ seed, programs: [server, ...programs] });
    this.world.onTrace((event) => void this.events.push(event));
    const kubeconfig = 'apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts:\n- name: a\n  context:\n    cluster: c\n    user: u\nclusters:\n- name: c\n  cluster:\n    server: http://127.0.0.1:8080\nusers:\n- name: u\n  user: {}\n';
    const machine = this.world.addMachine({
      name: 'master',
      address: '10.0.0.1',
      files: { '/etc/kubernetes/conf': kubeconfig, '/etc/kubernetes/pki/ca.crt': 'CA', ...files },
      units: [{ program: 'fake-apiserver' }, ...start.map((unit) => ({ program: unit.program, args: ['--kubeconfig=/etc/kubernetes/conf', '--leader-elect=false', ...(unit.args ?? [])] }))],
    });
    for (const name of ['default', 'kube-system', 'kube-node-lease']) this.put('namespaces', { metadata: { name }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
    machine.powerOn();
  }

  addNodes(...names: readonly string[]): void {
    for (const name of names) {
      this.put('nodes', {
        metadata: { name, labels: { 'kubernetes.io/hostname': name } },
        spec: {},
        status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: this.now(), lastTransitionTime: this.now() }] },
      });
    }
  }

  run(ms: number): void {
    const limit = this.world.steps + 500_000;
    this.world.run(this.world.nowMs + ms, () => this.world.steps > limit);
    if (this.world.steps > limit) throw new Error(`too much happens: ${this.log().slice(-20).join('; ')}; ${this.events.filter(({ data }) => data.type.startsWith('controller')).slice(-6).map(({ data }) => JSON.stringify(data)).join(' ')}`);
  }

  get(resource: string, key: string): Loose {
    return this.store.get(`${resource}/${key}`);
  }

  list(resource: string, namespace = ''): Loose[] {
    return [...this.store].filter(([key]) => key.startsWith(`${resource}/${namespace === '' ? '' : `${namespace}/`}`)).map(([, object]) => object);
  }

  /** Requests since `fromMs` as `user verb resource code`, watches and lists left out. */
  log(fromMs = 0): string[] {
    return this.requests.filter(({ atMs, verb }) => atMs >= fromMs && verb !== 'watch' && verb !== 'list').map(({ user, verb, resource, code }) => `${user} ${verb} ${resource}${code < 300 ? '' : ` ${code}`}`);
  }

  /** As a person would with kubectl. */
  put(resource: string, object: Loose): Loose {
    const namespace = clusterScoped.has(resource) ? '' : (object.metadata.namespace ?? 'default');
    const key = this.key(resource, namespace, object.metadata.name);
    const old = this.store.get(key);
    return this.write(resource, key, { ...object, metadata: { ...old?.metadata, ...object.metadata, ...(namespace === '' ? {} : { namespace }) } }, old, true);
  }

  remove(resource: string, key: string, policy = 'Background'): void {
    this.deleteObject(resource, `${resource}/${key}`, policy, undefined);
  }

  private key(resource: string, namespace: string, name: string): string {
    return namespace === '' ? `${resource}/${name}` : `${resource}/${namespace}/${name}`;
  }

  private now(): string {
    return formatTime(this.world.epochMs + this.world.nowMs);
  }

  private write(resource: string, key: string, object: Loose, old: Loose, bump: boolean): Loose {
    const group = Object.entries(groups).find(([, list]) => list.includes(resource))?.[0] ?? '';
    const generation = old === undefined ? 1 : (old.metadata.generation ?? 1) + (bump && JSON.stringify(old.spec) !== JSON.stringify(object.spec) ? 1 : 0);
    const next = {
      ...object,
      apiVersion: resource === 'endpointslices' ? 'discovery.k8s.io/v1' : group === '' ? 'v1' : `${group}/v1`,
      kind: kinds[resource],
      metadata: { ...object.metadata, uid: old?.metadata.uid ?? `uid-${++this.serial}`, resourceVersion: String(++this.version), creationTimestamp: old?.metadata.creationTimestamp ?? this.now(), generation },
    };
    if (next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0 && next.metadata.deletionGracePeriodSeconds === undefined && resource !== 'namespaces') {
      this.store.delete(key);
      this.tell(resource, 'DELETED', next);
      return next;
    }
    this.store.set(key, next);
    this.tell(resource, old === undefined ? 'ADDED' : 'MODIFIED', next);
    if (resource === 'pods') this.kubelet(key, next);
    return next;
  }

  private tell(resource: string, type: string, object: Loose): void {
    for (const watcher of this.watchers) if (watcher.resource === resource && (watcher.namespace === '' || watcher.namespace === object.metadata.namespace)) watcher.box.put({ type, object });
  }

  private deleteObject(resource: string, key: string, policy: string, grace: number | undefined): number {
    const old = this.store.get(key);
    if (old === undefined) return 404;
    const finalizers = new Set<string>(old.metadata.finalizers ?? []);
    if (policy === 'Foreground') finalizers.add('foregroundDeletion');
    if (policy === 'Orphan') finalizers.add('orphan');
    const graceful = resource === 'pods' && grace !== 0 && old.spec.nodeName !== undefined && old.status?.phase !== 'Succeeded' && old.status?.phase !== 'Failed';
    if (finalizers.size === 0 && !graceful && resource !== 'namespaces') {
      this.store.delete(key);
      this.tell(resource, 'DELETED', old);
      return 200;
    }
    if (old.metadata.deletionTimestamp !== undefined) return 200;
    const metadata = { ...old.metadata, deletionTimestamp: this.now(), ...(finalizers.size === 0 ? {} : { finalizers: [...finalizers] }), ...(graceful ? { deletionGracePeriodSeconds: 30 } : {}) };
    this.write(resource, key, { ...old, metadata, ...(resource === 'namespaces' ? { status: { ...old.status, phase: 'Terminating' } } : {}) }, old, false);
    return 200;
  }

  // ---------------------------------------------------------------- kubelets

  private kubelet(key: string, pod: Loose): void {
    const host = this.host;
    if (host === undefined || pod.spec.nodeName === undefined || this.silent.has(pod.spec.nodeName)) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (pod.metadata.terminating !== true) host.tasks.spawn('kubelet stop', this.stop(host, key, pod.metadata.uid));
    } else if (pod.status?.phase === undefined) host.tasks.spawn('kubelet start', this.start(host, key, pod.metadata.uid));
  }

  private *start(host: Host, key: string, uid: string): Task<void> {
    this.setStatus(key, uid, { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: this.now() }] });
    yield* host.clock.sleep(this.startMs);
    const ip = `10.244.0.${++this.serial}`;
    this.setStatus(key, uid, { phase: 'Running', podIP: ip, podIPs: [{ ip }], startTime: this.now(), conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: this.now() }] });
  }

  private *stop(host: Host, key: string, uid: string): Task<void> {
    yield* host.clock.sleep(200);
    const pod = this.store.get(key);
    if (pod === undefined || pod.metadata.uid !== uid) return;
    const { deletionGracePeriodSeconds: _grace, ...metadata } = pod.metadata;
    this.write('pods', key, { ...pod, metadata }, pod, false);
  }

  setStatus(key: string, uid: string, status: Loose): void {
    const pod = this.store.get(key);
    if (pod === undefined || pod.metadata.uid !== uid || (pod.metadata.deletionTimestamp !== undefined && status.phase !== 'Succeeded')) return;
    this.write('pods', key, { ...pod, status: { ...pod.status, ...status } }, pod, false);
  }

  // ---------------------------------------------------------------- the server

  private *serve(host: Host): Task<number> {
    this.host = host;
    yield* serveHttp(host, host.network.listen(':8080'), (request) => this.handle(host, request));
    return 0;
  }

  private *handle(host: Host, request: HttpRequest): Task<HttpResponse | StreamReply> {
    yield* host.clock.sleep(1);
    const token = request.headers['authorization']?.replace('Bearer token-', '').replace(/-controller$/, '');
    const user = token === undefined ? (request.headers['user-agent'] ?? '') : `sa:${token}`;
    const answer = this.answer(host, request, user);
    return answer;
  }

  private answer(host: Host, request: HttpRequest, user: string): HttpResponse | StreamReply {
    const query = Object.fromEntries(request.query);
    const body = request.body as Loose;
    const parts = request.path.split('/').filter((part) => part !== '');
    const note = (verb: string, resource: string, name: string, code: number): void => void this.requests.push({ atMs: host.clock.nowMs(), user, verb, resource, name, code });
    const reply = (status: number, value: unknown): HttpResponse => ({ status, headers: {}, body: value });
    const refuse = (code: number, reason: string, message: string): HttpResponse => reply(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message });
    if (parts.length === 1) {
      note('get', '', '', 200);
      const items = Object.entries(groups)
        .filter(([group]) => (group === '') === (parts[0] === 'api') && (group !== 'example.com' || this.hasWidgets))
        .map(([group, resources]) => ({ metadata: { name: group }, versions: [{ version: 'v1', resources: resources.map((resource) => ({ resource, responseKind: { kind: kinds[resource] }, scope: clusterScoped.has(resource) ? 'Cluster' : 'Namespaced', verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] })) }] }));
      return reply(200, { kind: 'APIGroupDiscoveryList', items });
    }
    const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
    let namespace = '';
    if (rest[0] === 'namespaces' && rest.length >= 3 && rest[2] !== 'status' && rest[2] !== 'finalize') {
      namespace = rest[1] ?? '';
      rest.splice(0, 2);
    }
    const [resource = '', name, subresource] = rest;
    const full = subresource === undefined ? resource : `${resource}/${subresource}`;
    const group = parts[0] === 'api' ? '' : (parts[1] ?? '');
    if (group === 'authorization.k8s.io') return reply(201, { ...body, status: { allowed: true } });
    const shown = group === 'events.k8s.io' ? 'events.k8s.io/events' : full;
    const key = name === undefined ? '' : this.key(resource, namespace, name);
    const old = this.store.get(key);
    const verb = { GET: name === undefined ? (query['watch'] === 'true' ? 'watch' : 'list') : 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: name === undefined ? 'deletecollection' : 'delete' }[request.method as string] ?? '';
    const done = (code: number, value: unknown): HttpResponse => {
      note(verb, shown, name ?? (value as Loose)?.metadata?.name ?? '', code);
      return reply(code, value);
    };
    const fail = (code: number, reason: string, message = reason): HttpResponse => {
      note(verb, shown, name ?? '', code);
      return refuse(code, reason, message);
    };
    if (resource === 'serviceaccounts' && verb === 'get' && namespace === 'kube-system' && old === undefined) {
      this.put('serviceaccounts', { metadata: { name, namespace } });
      return done(200, this.store.get(key));
    }
    if (subresource === 'token') return done(201, { status: { token: `token-${name}`, expirationTimestamp: formatTime(this.world.epochMs + this.world.nowMs + 3_600_000) } });
    if (verb === 'list') return done(200, { apiVersion: 'v1', kind: `${kinds[resource] ?? ''}List`, metadata: { resourceVersion: String(this.version) }, items: this.list(resource, namespace) });
    if (verb === 'watch') {
      note(verb, shown, '', 200);
      const watcher = { resource, namespace, box: host.tasks.mailbox<Loose>() };
      this.watchers.add(watcher);
      return {
        response: { status: 200, headers: {} },
        *run(stream) {
          for (;;) {
            const event = yield* watcher.box.take();
            if (event === undefined || !stream.open) return;
            stream.send(event);
          }
        },
      };
    }
    if (verb === 'deletecollection') {
      for (const object of this.list(resource, namespace)) this.deleteObject(resource, this.key(resource, namespace, object.metadata.name), 'Background', undefined);
      return done(200, {});
    }
    if (subresource === 'binding') {
      if (old === undefined) return fail(404, 'NotFound');
      this.write('pods', key, { ...old, spec: { ...old.spec, nodeName: body.target.name } }, old, true);
      return done(201, {});
    }
    if (subresource === 'finalize') {
      if (body.spec.finalizers.length === 0) {
        this.store.delete(key);
        this.tell(resource, 'DELETED', old);
      }
      return done(200, body);
    }
    if (verb === 'create') {
      const made = body.metadata.name || `${body.metadata.generateName}${(++this.serial).toString(36)}`;
      if (shown.startsWith('events')) return done(201, body);
      const target = this.key(resource, namespace, made);
      if (this.store.has(target)) return fail(409, 'AlreadyExists');
      if (namespace !== '' && this.get('namespaces', namespace)?.metadata.deletionTimestamp !== undefined) return fail(403, 'Forbidden', `unable to create new content in namespace ${namespace} because it is being terminated`);
      return done(201, this.write(resource, target, { ...body, metadata: { ...body.metadata, name: made, ...(namespace === '' ? {} : { namespace }) }, ...(resource === 'pods' ? {} : {}) }, undefined, true));
    }
    if (shown === 'events') return done(200, body);
    if (old === undefined) return fail(404, 'NotFound', `${resource} "${name}" not found`);
    if (verb === 'get') return done(200, old);
    if (verb === 'delete') {
      if (body?.preconditions?.resourceVersion !== undefined && body.preconditions.resourceVersion !== old.metadata.resourceVersion) return fail(409, 'Conflict');
      this.deleteObject(resource, key, body?.propagationPolicy ?? 'Background', body?.gracePeriodSeconds);
      return done(200, old);
    }
    const patched = verb === 'update' ? body : request.headers['content-type']?.includes('strategic') === true ? applyStrategicPatch(old, body, anything) : applyMergePatch(old, body);
    const wanted = patched as Loose;
    if (wanted.metadata.resourceVersion !== undefined && wanted.metadata.resourceVersion !== old.metadata.resourceVersion) return fail(409, 'Conflict', `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified`);
    const next = subresource === 'status' ? { ...old, metadata: { ...old.metadata, annotations: wanted.metadata.annotations ?? old.metadata.annotations }, status: wanted.status } : { ...wanted, ...(old.status === undefined ? {} : { status: old.status }) };
    return done(200, this.write(resource, key, next, old, subresource === undefined));
  }
}
