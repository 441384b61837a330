// What pods have besides themselves: binding to a node, eviction, and the streams that go on to the kubelet (logs, exec, attach, port-forward).
import { formatTime } from '../../../api/meta/time.ts';
import { setCondition, type Condition } from '../../../api/meta/conditions.ts';
import { matchesLabelSelector, type LabelSelector } from '../../../api/meta/labels.ts';
import type { Status } from '../../../api/meta/object.ts';
import { ApiError } from '../../../client/api-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { HttpClient, type HttpStream } from '../../../wire/http-client.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import type { StreamReply } from '../../../wire/http-server.ts';
import type { TlsIdentity } from '../../../wire/tls.ts';
import { fieldsOf, specOf, withSpec, type Fields } from '../admission/plugin.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import type { Config } from '../config.ts';
import type { ApiRequest, DeleteOptions } from '../registry/request.ts';
import { withMeta } from '../registry/request.ts';
import type { RestStore, Target } from '../registry/rest-store.ts';
import { badRequest, conflict, internalError, notFound, serviceUnavailable, success, tooManyRequests, unknownError } from '../status.ts';
import { keyFor, type Collections } from '../storage/collections.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { checkLogOptions } from './log-options.ts';
import { respond } from './negotiate.ts';
import { rewriteLinks } from './proxied-links.ts';

const pods = { group: '', resource: 'pods' };

const streamFlags: ReadonlyMap<string, string> = new Map([['stdin', 'input'], ['stdout', 'output'], ['stderr', 'error'], ['tty', 'tty']]);
const logFlags: ReadonlySet<string> = new Set(['follow', 'previous', 'timestamps', 'insecureSkipTLSVerifyBackend']);

export class PodSubresources {
  private readonly host: Host;
  private readonly config: Config;
  private readonly store: RestStore;
  private readonly storage: Storage;
  private readonly collections: Collections;
  private readonly admission: AdmissionChain;
  private readonly kubeletTls: TlsIdentity;
  private readonly kubelets = new Map<string, HttpClient>();

  constructor(parts: { host: Host; config: Config; store: RestStore; storage: Storage; collections: Collections; admission: AdmissionChain; kubeletTls: TlsIdentity }) {
    this.host = parts.host;
    this.config = parts.config;
    this.store = parts.store;
    this.storage = parts.storage;
    this.collections = parts.collections;
    this.admission = parts.admission;
    this.kubeletTls = parts.kubeletTls;
  }

  // ---------------------------------------------------------------- binding

  *bind(request: ApiRequest, target: Target, binding: StoredObject): Task<HttpResponse> {
    const to = fieldsOf(binding['target']);
    const node = String(to['name'] ?? '');
    if (node === '' || (to['kind'] !== undefined && to['kind'] !== '' && to['kind'] !== 'Node')) throw badRequest('Binding.target.name: Required value');
    const admitted = yield* this.admission.mutate(this.store.admissionRequest(request, { ...target, subresource: 'binding' }, 'CREATE', binding, undefined), request);
    yield* this.admission.validate(this.store.admissionRequest(request, { ...target, subresource: 'binding' }, 'CREATE', admitted, undefined), request);
    const uid = binding.metadata.uid;
    yield* this.store.update(
      request,
      target,
      (pod) => {
        if (uid !== undefined && uid !== '' && uid !== pod.metadata.uid) throw conflict(pods, target.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid ?? ''}`);
        return assignNode(pod, node, admitted, this.host.clock.wallMs());
      },
      { prepare: 'none', skipAdmission: true },
    );
    return respond(201, success());
  }

  // ---------------------------------------------------------------- eviction

  *evict(request: ApiRequest, target: Target, eviction: StoredObject): Task<HttpResponse> {
    const options = fieldsOf(eviction['deleteOptions']) as DeleteOptions;
    yield* this.admission.validate(this.store.admissionRequest(request, target, 'CREATE', eviction, undefined), request);
    const pod = yield* this.store.get(target);
    const phase = fieldsOf(pod['status'])['phase'];
    // A pod that is done, waits, or is already leaving is of no use to a budget.
    const free = phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
    if (!free) yield* this.takeFromBudget(request, target, pod);
    // Whoever judges the pod's end (a Job's failure policy) must see why it went.
    if (!request.dryRun) yield* this.store.update(request, target, (now) => withDisruption(now, this.host.clock.wallMs()), { prepare: 'none', skipAdmission: true });
    yield* this.store.delete(request, target, { ...options, preconditions: { ...options.preconditions, ...(pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }) } });
    return respond(201, success());
  }

  private *takeFromBudget(request: ApiRequest, target: Target, pod: StoredObject): Task<void> {
    const cache = this.collections.cache('poddisruptionbudgets');
    yield* cache.waitReady(3000);
    const budgets = cache.list(target.namespace).filter((each) => matchesLabelSelector(specOf(each)['selector'] as LabelSelector | undefined, pod.metadata.labels ?? {}));
    if (budgets.length === 0) return;
    if (budgets.length > 1) throw internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
    const name = (budgets[0] as StoredObject).metadata.name;
    const key = keyFor('poddisruptionbudgets', target.namespace, name);
    for (let attempt = 0; attempt < 10; attempt++) {
      const budget = yield* this.storage.get(key);
      if (budget === undefined) return;
      const status = fieldsOf(budget['status']);
      const allowed = Number(status['disruptionsAllowed'] ?? 0);
      const spec = specOf(budget);
      const ready = ((fieldsOf(pod['status'])['conditions'] ?? []) as readonly Condition[]).some((each) => each.type === 'Ready' && each.status === 'True');
      const healthy = Number(status['currentHealthy'] ?? 0);
      const desired = Number(status['desiredHealthy'] ?? 0);
      // A pod that is not ready does not count for the budget.
      if (!ready && (spec['unhealthyPodEvictionPolicy'] === 'AlwaysAllow' || (healthy >= desired && desired > 0))) return;
      const refuse = (detail: string, retryAfterSeconds = 0): ApiError => tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds, [{ reason: 'DisruptionBudget', message: detail }]);
      if (Number(status['observedGeneration'] ?? 0) < (budget.metadata.generation ?? 0)) throw refuse(`The disruption budget ${name} is still being processed by the server.`, 10);
      if (allowed <= 0) throw refuse(`The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`);
      if (request.dryRun) return;
      const disrupted = { ...fieldsOf(status['disruptedPods']), [pod.metadata.name]: formatTime(this.host.clock.wallMs()) };
      const written = yield* this.storage.write(key, { ...budget, status: { ...status, disruptionsAllowed: allowed - 1, disruptedPods: disrupted } }, Number(budget.metadata.resourceVersion));
      if (written.ok) return;
    }
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10);
  }

  // ---------------------------------------------------------------- streams to the kubelet

  *log(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> {
    checkLogOptions(request.info.query, target.name);
    const pod = yield* this.store.get(target);
    const container = this.chooseContainer(pod, request.info.query.get('container') ?? '');
    const node = nodeOf(pod);
    // Not on a node yet: nothing was written.
    if (node === '') return { status: 200, headers: { 'content-type': 'text/plain' }, body: '' };
    const { query: given } = request.info;
    const query = given.entries.filter(([name]) => name !== 'container' && !(logFlags.has(name) && !given.bool(name))).map(([name, value]): readonly [string, string] => [name, logFlags.has(name) ? 'true' : value]);
    return yield* this.proxy(node, 'GET', `/containerLogs/${target.namespace}/${target.name}/${container}`, query, 'text/plain', request.info.query.bool('follow'));
  }

  *exec(request: ApiRequest, target: Target, what: 'exec' | 'attach'): Task<HttpResponse | StreamReply> {
    const pod = yield* this.store.get(target);
    yield* this.admitConnect(request, target, what === 'exec' ? 'PodExecOptions' : 'PodAttachOptions');
    const container = this.chooseContainer(pod, request.info.query.get('container') ?? '');
    const phase = fieldsOf(pod['status'])['phase'];
    if (phase === 'Succeeded' || phase === 'Failed') throw badRequest(`cannot exec into a container in a completed pod; current phase is ${String(phase)}`);
    const node = nodeOf(pod);
    if (node === '') throw badRequest(`pod ${target.name} does not have a host assigned`);
    // A kubelet is told of the streams in names of its own, and only of those that are wanted.
    const query = request.info.query.entries.flatMap(([name, value]): readonly (readonly [string, string])[] => {
      if (name === 'container') return [];
      const flag = streamFlags.get(name);
      return flag === undefined ? [[name, value]] : request.info.query.bool(name) ? [[flag, '1']] : [];
    });
    return yield* this.proxy(node, 'POST', `/${what}/${target.namespace}/${target.name}/${container}`, query, '', true);
  }

  *portForward(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> {
    const pod = yield* this.store.get(target);
    yield* this.admitConnect(request, target, 'PodPortForwardOptions');
    const node = nodeOf(pod);
    if (node === '') throw badRequest(`pod ${target.name} does not have a host assigned`);
    return yield* this.proxy(node, 'POST', `/portForward/${target.namespace}/${target.name}`, request.info.query.entries, '', true);
  }

  /** A stream is admitted by its options, as an object of their own kind. */
  private *admitConnect(request: ApiRequest, target: Target, kind: string): Task<void> {
    const { query } = request.info;
    const flag = (name: string): object => (query.get(name) === undefined ? {} : { [name]: query.bool(name) });
    const container = query.get('container');
    const command = query.all('command');
    const options = { kind, apiVersion: 'v1', metadata: { name: target.name }, ...flag('stdin'), ...flag('stdout'), ...flag('stderr'), ...flag('tty'), ...(container === undefined ? {} : { container }), ...(command.length === 0 ? {} : { command }) };
    yield* this.admission.validate(this.store.admissionRequest(request, target, 'CONNECT', options as StoredObject, undefined), request);
  }

  /** nodes/proxy: the kubelet, or by a plain HTTP request another port of the node. */
  *nodeProxy(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> {
    const { scheme, name, port } = splitSchemeNamePort('node', target.name);
    const kubelet = this.kubeletAddress(name);
    const [ip, kubeletPort] = kubelet.split(':');
    if (port !== '' && port !== kubeletPort) return yield* this.plainProxy(request, scheme, `${ip}:${port}`);
    return yield* this.proxy(name, request.http.method, request.info.rest === '' ? '/' : request.info.rest, request.info.query.entries, '', false);
  }

  /** pods/proxy and services/proxy: a plain HTTP request to an address of the workload. */
  *workloadProxy(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> {
    const kind = target.resource.declaration.resource === 'pods' ? 'pod' : 'service';
    const { scheme, name, port } = splitSchemeNamePort(kind, target.name);
    const object = yield* this.store.get({ ...target, name });
    const address = kind === 'pod' ? this.podEndpoint(object, port) : this.serviceEndpoint(object, port);
    if (address === undefined) throw serviceUnavailable(`no endpoints available for service "${name}"`);
    return yield* this.plainProxy(request, scheme, address);
  }

  private *plainProxy(request: ApiRequest, scheme: string, address: string): Task<HttpResponse> {
    const { info, http: asked } = request;
    const suffix = `${info.rest}${info.path.endsWith('/') ? '/' : ''}`;
    // Relative links of the root page would miss the proxy's path without its last slash.
    if (suffix === '' && (asked.method === 'GET' || asked.method === 'HEAD')) return { status: 301, headers: { location: `${info.path}/${queryText(info.query.entries)}` } };
    // Whoever is behind https is not verified, as upstream's proxy transport does not.
    const http = new HttpClient(this.host, address, { family: 'data', dialTimeoutMs: 10_000, ...(scheme === 'https' ? { tls: {} } : {}) });
    try {
      const { method, headers, body } = asked;
      const response = yield* http.call({ method, path: suffix === '' ? '/' : suffix, query: info.query.entries, headers, ...(body === undefined ? {} : { body }) }, { timeoutMs: 30_000 });
      return rewriteLinks(response, info.path.slice(0, info.path.length - suffix.length));
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw serviceUnavailable(`error trying to reach service: ${error.message}`);
    } finally {
      http.close();
    }
  }

  private podEndpoint(pod: StoredObject, port: string): string | undefined {
    const ip = String(fieldsOf(pod['status'])['podIP'] ?? '');
    const first = ((specOf(pod)['containers'] ?? []) as readonly Fields[]).flatMap((each) => (each['ports'] ?? []) as readonly Fields[])[0];
    return ip === '' ? undefined : `${ip}:${port === '' ? String(first?.['containerPort'] ?? 80) : port}`;
  }

  private serviceEndpoint(service: StoredObject, port: string): string | undefined {
    const ports = (specOf(service)['ports'] ?? []) as readonly Fields[];
    const chosen = ports.find((each) => port === '' || each['name'] === port || String(each['port']) === port);
    const slices = this.collections.cache('endpointslices').list(service.metadata.namespace ?? '');
    for (const slice of slices) {
      if (slice.metadata.labels?.['kubernetes.io/service-name'] !== service.metadata.name) continue;
      const target = ((slice['ports'] ?? []) as readonly Fields[]).find((each) => (each['name'] ?? '') === (chosen?.['name'] ?? ''));
      const ready = ((slice['endpoints'] ?? []) as readonly Fields[]).filter((each) => fieldsOf(each['conditions'])['ready'] !== false);
      if (target === undefined || ready.length === 0) continue;
      const addresses = (ready[this.host.random.below(ready.length)] as Fields)['addresses'] as readonly string[];
      return `${addresses[0] ?? ''}:${String(target['port'])}`;
    }
    return undefined;
  }

  private chooseContainer(pod: StoredObject, wanted: string): string {
    const spec = specOf(pod);
    const names = (list: string): string[] => ((spec[list] ?? []) as readonly Fields[]).map((each) => String(each['name']));
    const main = names('containers');
    const all = [...main, ...names('initContainers'), ...names('ephemeralContainers')];
    if (wanted !== '') {
      if (!all.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
      return wanted;
    }
    if (main.length === 1) return main[0] as string;
    if (main.length === 0) throw badRequest(`a container name must be specified for pod ${pod.metadata.name}`);
    const byDefault = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
    if (byDefault !== undefined && main.includes(byDefault)) return byDefault;
    const inits = names('initContainers');
    throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${main.join(' ')}]${inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : ''}`);
  }

  private *proxy(node: string, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS', path: string, query: readonly (readonly [string, string])[], contentType: string, streaming: boolean): Task<HttpResponse | StreamReply> {
    const address = this.kubeletAddress(node);
    let client = this.kubelets.get(address);
    if (client === undefined) this.kubelets.set(address, (client = new HttpClient(this.host, address, { tls: this.kubeletTls, family: 'kubelet', dialTimeoutMs: 30_000, keepAlive: { idleMs: 30_000, timeoutMs: 15_000 }, serverName: node })));
    let upstream: HttpStream;
    try {
      upstream = yield* client.open({ method, path, query }, { note: `${method} ${path}` });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
      throw internalError(`${verb === 'Get' ? `Get "https://${address}${path}${queryText(query)}": ` : 'error dialing backend: '}${error.message}`);
    }
    const { response } = upstream;
    if (response.status < 200 || response.status > 206) {
      const text = typeof response.body === 'string' ? response.body.trim() : JSON.stringify(response.body ?? '');
      upstream.close();
      if (response.status === 500) throw internalError(text);
      if (response.status === 400) throw badRequest(text);
      if (response.status === 404) throw notFoundText(text);
      throw unknownError(text, response.status);
    }
    const headers = contentType === '' ? response.headers : { 'content-type': contentType };
    if (!upstream.open && response.body !== undefined) return { status: response.status, headers, body: response.body };
    if (!streaming) {
      const parts: unknown[] = response.body === undefined ? [] : [response.body];
      for (;;) {
        const part = yield* upstream.receive();
        if (part === undefined) break;
        parts.push(part);
      }
      return { status: response.status, headers, body: parts.every((part) => typeof part === 'string') ? parts.join('') : parts };
    }
    const { host } = this;
    return {
      response: { status: response.status, headers, ...(response.body === undefined ? {} : { body: response.body }) },
      *run(stream) {
        const back = host.tasks.spawn('proxy upstream', copy(stream, upstream));
        try {
          yield* copy(upstream, stream);
        } finally {
          back.cancel();
          upstream.close();
        }
      },
    };
  }

  private kubeletAddress(name: string): string {
    const node = this.collections.get('minions', '', name);
    if (node === undefined) throw notFound({ group: '', resource: 'nodes' }, name);
    const status = fieldsOf(node['status']);
    const addresses = (status['addresses'] ?? []) as readonly { readonly type: string; readonly address: string }[];
    const port = Number(fieldsOf(fieldsOf(status['daemonEndpoints'])['kubeletEndpoint'])['Port'] ?? 10250);
    for (const type of this.config.kubeletPreferredAddressTypes) {
      const found = addresses.find((each) => each.type === type);
      // Host names of machines are not in any name server here: addresses are used.
      if (found !== undefined && type.endsWith('IP')) return `${found.address}:${port}`;
    }
    const internal = addresses.find((each) => each.type === 'InternalIP');
    if (internal === undefined) throw internalError(`no preferred addresses found; known addresses: ${JSON.stringify(addresses)}`);
    return `${internal.address}:${port}`;
  }
}

function* copy(from: HttpStream, to: HttpStream): Task<void> {
  for (;;) {
    let data: unknown;
    try {
      data = yield* from.receive();
    } catch (error) {
      if (error instanceof NetworkError) return;
      throw error;
    }
    if (data === undefined) return;
    to.send(data);
  }
}

/** Whom a proxy's path asks for: `name`, `name:port` or `scheme:name:port`; what is not said is empty. Throws 400. */
function splitSchemeNamePort(kind: 'node' | 'pod' | 'service', id: string): { readonly scheme: string; readonly name: string; readonly port: string } {
  const parts = id.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme)) throw badRequest(`invalid ${kind} request ${JSON.stringify(id)}`);
  return { scheme, name, port };
}

const nodeOf = (pod: StoredObject): string => String(specOf(pod)['nodeName'] ?? '');
const queryText = (query: readonly (readonly [string, string])[]): string => (query.length === 0 ? '' : `?${query.map(([name, value]) => `${name}=${value}`).join('&')}`);

function notFoundText(text: string): ApiError {
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `the server could not find the requested resource ( ${text})`, reason: 'NotFound', details: { causes: [{ reason: 'UnexpectedServerResponse', message: text }] }, code: 404 };
  return new ApiError(status);
}

function withDisruption(pod: StoredObject, wallMs: number): StoredObject {
  const status = fieldsOf(pod['status']);
  const observed = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
  const condition: Condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting', ...observed };
  return { ...pod, status: { ...status, conditions: setCondition((status['conditions'] ?? []) as readonly Condition[], condition, formatTime(wallMs)) } };
}

/** A pod gets its node: once, and not when it is leaving. */
function assignNode(pod: StoredObject, node: string, binding: StoredObject, wallMs: number): StoredObject {
  if (pod.metadata.deletionTimestamp !== undefined) throw conflict({ group: '', resource: 'pods/binding' }, pod.metadata.name, `pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`);
  const spec = specOf(pod);
  const now = String(spec['nodeName'] ?? '');
  if (now !== '') throw conflict({ group: '', resource: 'pods/binding' }, pod.metadata.name, `pod ${pod.metadata.name} is already assigned to node "${now}"`);
  if (((spec['schedulingGates'] ?? []) as readonly unknown[]).length > 0) throw conflict({ group: '', resource: 'pods/binding' }, pod.metadata.name, `pod ${pod.metadata.name} has non-empty .spec.schedulingGates`);
  const labels = binding.metadata.labels ?? {};
  let next = withSpec(pod, { nodeName: node });
  const meta: { labels?: object; annotations?: object } = {};
  if (Object.keys(labels).length > 0) meta.labels = { ...pod.metadata.labels, ...labels };
  if (binding.metadata.annotations !== undefined) meta.annotations = { ...pod.metadata.annotations, ...binding.metadata.annotations };
  if (meta.labels !== undefined || meta.annotations !== undefined) next = withMeta(next, meta);
  const status = fieldsOf(pod['status']);
  const time = formatTime(wallMs);
  const conditions = setCondition((status['conditions'] ?? []) as readonly Condition[], { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time, ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }) } as unknown as Condition, time);
  return { ...next, status: { ...status, conditions } };
}

