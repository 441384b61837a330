// One input's journey, hop by hop, in causal order. The person's own request is told stage by stage; what follows is told for the first pod
// (or whatever the request was about), and what is the same for the others in one hop each.
import type { EventId } from '../kernel/host.ts';
import type { TraceEvent } from '../kernel/world.ts';
import type { MessageEvent } from '../kernel/world.ts';
import { parseKey, type Stored, type StoredPod } from './folds/stored-object.ts';
import type { ObjectChange } from './folds/etcd.ts';
import { sentence } from './sentences.ts';
import { objectOfKey, tell, whoIs, type Stage, type Told, type TracedEvent } from './tell.ts';
import type { TraceStore } from './trace-store.ts';
import type { Step } from './why.ts';

/** As `Hop` of session/protocol. */
export interface FlowHop extends Step {
  readonly stage: Stage;
  readonly gapMs: number;
  readonly folded: boolean;
  readonly from?: { readonly machine: string; readonly process: string };
  readonly to?: { readonly machine: string; readonly process: string };
}

const foldMs = 1000;
/** After the end the last consequences (endpoints, rules) are still told. */
const afterglowMs = 5000;
const mostHops = 120;
const mostOtherPods = 6;
const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const workloads = new Set(['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'replicationcontrollers']);
/** Loops whose part in the journey is told; others look at everything and do nothing here. */
const toldControllers = /^(deployment|replicaset|statefulset|daemonset|job|cronjob|replicationcontroller|endpointslice|taint-eviction|node-lifecycle|namespace|horizontalpodautoscal)/;

interface Request {
  readonly id: EventId;
  readonly verb: string;
  readonly kind: 'lead' | 'person' | 'system';
  /** It creates pods, whose admission is worth telling for the first one. */
  readonly pods: boolean;
  readonly server: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  stored: boolean;
  user: string;
  plugins: number;
}

export class Flow {
  readonly root: EventId;
  readonly hops: FlowHop[] = [];
  private fresh: FlowHop[] = [];
  private readonly trace: TraceStore;
  private readonly requests = new Map<EventId, Request>();
  private readonly told = new Set<string>();
  private lead: Request | undefined;
  private leadKey = '';
  private leadIndex = Infinity;
  private storedMs = -1;
  /** Hops of a read, told only when no write came. */
  private reading: { request: Request; hops: FlowHop[] } | undefined;
  private deleting = false;
  private pod = '';
  private node = '';
  /** Watch messages that left before the answer of the write they are about. */
  private early: { readonly key: string; readonly event: TraceEvent }[] = [];
  private podUid = '';
  private podReady = false;
  private hasSandbox = false;
  private otherPods = 0;
  private readonly created = new Map<string, number>();
  private finished = false;
  private finishedMs = 0;

  private readonly fromOutside: boolean;

  constructor(trace: TraceStore, root: TraceEvent) {
    this.trace = trace;
    this.fromOutside = root.data.type === 'gateway.request';
    this.root = root.id;
    const told = tell(root);
    if (told !== undefined) this.push(root, told.stage, told.sentence);
  }

  /** Hops found since the last call. */
  take(): readonly FlowHop[] {
    if (this.fresh.length === 0) return none;
    const fresh = this.fresh;
    this.fresh = [];
    return fresh;
  }

  private push(event: TraceEvent, stage: Stage, text: Told['sentence']): void {
    if (this.hops.length >= mostHops) return;
    this.add(this.hop(event, stage, text));
  }

  private add(hop: FlowHop): void {
    const last = this.hops.at(-1);
    // What was held back is told with what came before it.
    const atMs = last === undefined ? hop.atMs : Math.max(hop.atMs, last.atMs);
    const gapMs = last === undefined ? 0 : atMs - last.atMs;
    const whole: FlowHop = { ...hop, atMs, gapMs, folded: gapMs > foldMs };
    this.hops.push(whole);
    this.fresh.push(whole);
  }

  private hop(event: TraceEvent, stage: Stage, text: Told['sentence']): FlowHop {
    return { event: event.id, atMs: event.atMs, machine: event.machine, process: event.process, sentence: text, stage, gapMs: 0, folded: false, ...this.wayOf(event) };
  }

  /** The message that brought it here, if one did just before. */
  private wayOf(event: TraceEvent): Pick<FlowHop, 'from' | 'to'> {
    for (let id = event.cause, steps = 0; id !== 0 && steps < 5; id = this.trace.cause(id), steps++) {
      if (this.trace.type(id) !== 'net.message') continue;
      const message = this.trace.event(id)?.data as MessageEvent | undefined;
      if (message === undefined || message.to.machine !== event.machine || message.to.process !== event.process) return {};
      return { from: message.from, to: message.to };
    }
    return {};
  }

  private once(key: string): boolean {
    if (this.told.has(key)) return false;
    this.told.add(key);
    return true;
  }

  /**
   * The request an event is a stage of: straight up its chain, over one wire at most. What went through etcd is shared by everybody whose
   * writes travelled together, and tells nothing.
   */
  private requestOf(event: TraceEvent): Request | undefined {
    let wires = 0;
    for (let id = event.cause, steps = 0; id !== 0 && id >= this.root && steps < 24; id = this.trace.cause(id), steps++) {
      const request = this.requests.get(id);
      if (request !== undefined) return request;
      const type = this.trace.type(id);
      if (type.startsWith('etcd.') || (type === 'net.message' && ++wires > 1)) return undefined;
    }
    return undefined;
  }

  /** Whether a proposed write is the one that the person asked for. */
  private isLeads(key: string | undefined): boolean {
    const { lead } = this;
    const parts = key === undefined || lead === undefined || lead.stored ? undefined : parseKey(key, null);
    return parts !== undefined && lead !== undefined && lead.resource.split(/[./]/)[0] === parts.resource && lead.namespace === parts.namespace && (lead.name === '' || lead.name === parts.name);
  }

  /** The request that a stored change answers: the oldest open one of that server for that object. */
  private requestFor(event: TraceEvent, key: string, change: 'create' | 'update' | 'delete'): Request | undefined {
    const parts = parseKey(key, null);
    if (parts === undefined) return undefined;
    for (const request of this.requests.values()) {
      if (request.stored || !writes.has(request.verb) || request.server !== event.machine || (request.resource.split(/[./]/)[0] as string) !== parts.resource || request.namespace !== parts.namespace) continue;
      if (request.name !== '' && request.name !== parts.name) continue;
      if ((request.verb === 'create') !== (change === 'create') && !request.resource.includes('/') && request.verb !== 'patch') continue;
      return request;
    }
    return undefined;
  }

  see(event: TraceEvent): void {
    if (this.finished && event.atMs > this.finishedMs + afterglowMs) return;
    const data = event.data as TracedEvent;
    switch (data.type) {
      case 'kubectl.request':
        if (data.verb !== 'GET' && this.lead === undefined && this.once('kubectl.request')) this.plain(event);
        else if (data.verb === 'GET' && this.lead === undefined && !/\/openapi\/|^\/apis?(\?|$|\/[^/]+\/[^/?]+(\?|$))|^\/api\/v1(\?|$)|\/version/.test(data.path)) this.startReading(event);
        return;
      case 'lb.forwarded':
        if (this.lead === undefined && this.once('lb')) this.plain(event);
        return;
      case 'apiserver.received':
        this.received(event, data);
        return;
      case 'apiserver.authenticated': {
        const request = this.requestOf(event);
        if (request === undefined) return;
        request.user = data.user;
        this.stage(event, request);
        return;
      }
      case 'apiserver.queued':
      case 'apiserver.authorized':
      case 'apiserver.policy':
      case 'apiserver.webhook':
      case 'apiserver.validated':
      case 'apiserver.refused':
        this.stage(event, this.requestOf(event));
        return;
      case 'apiserver.mutated': {
        const request = this.requestOf(event);
        if (request !== undefined && (request.kind === 'lead' || (request.pods && !this.created.has('pods'))) && request.plugins++ < 3) this.plain(event);
        return;
      }
      case 'etcd.proposed':
        if (this.isLeads(data.key) && this.once('proposed')) {
          this.leadIndex = data.index;
          this.plain(event);
        }
        return;
      case 'etcd.appended':
        if (data.index >= this.leadIndex && !this.told.has('committed') && this.once(`appended ${data.member}`)) this.plain(event);
        return;
      case 'etcd.committed':
        if (data.index >= this.leadIndex && this.once('committed')) this.plain(event);
        return;
      case 'apiserver.stored':
        this.stored(event, data.key, data.change);
        return;
      case 'apiserver.responded': {
        const request = this.requestOf(event);
        const isLead = request?.kind === 'lead' || (this.lead?.stored === true && this.lead.server === event.machine && event.atMs === this.storedMs);
        if (isLead && this.once('responded')) {
          this.plain(event);
          this.release(this.leadKey);
        }
        else if (request !== undefined && request === this.reading?.request) this.hold(event);
        return;
      }
      case 'apiserver.watch-sent':
        this.watched(event, data.key, data.change);
        return;
      case 'shell.done':
        this.endReading();
        if (data.exitCode !== 0 && !this.finished) this.finish(event, sentence('done.failed', { code: data.exitCode }));
        return;
      default:
        this.later(event, data);
    }
  }

  private plain(event: TraceEvent): void {
    const told = tell(event);
    if (told !== undefined) this.push(event, told.stage, told.sentence);
  }

  // ------------------------------------------------------------ requests

  private received(event: TraceEvent, data: { readonly verb: string; readonly userAgent: string; readonly resource: string; readonly namespace: string; readonly name: string }): void {
    const isWrite = writes.has(data.verb);
    // What came from outside was sent by the person, whatever program did it.
    const fromPerson = data.userAgent.startsWith('kubectl') || (this.fromOutside && this.lead === undefined);
    let kind: Request['kind'] = 'system';
    if (fromPerson && isWrite) kind = this.lead === undefined ? 'lead' : 'person';
    const { verb, resource, namespace, name } = data;
    const request: Request = { id: event.id, verb, kind, pods: resource === 'pods' && verb === 'create', server: event.machine, resource, namespace, name, stored: false, user: '', plugins: 0 };
    if (!isWrite && fromPerson && this.lead === undefined && this.reading !== undefined && data.resource !== '') this.reading.request = request;
    else if (!isWrite) return;
    this.requests.set(event.id, request);
    if (kind === 'lead') {
      this.lead = request;
      this.reading = undefined;
      this.plain(event);
    }
  }

  private startReading(event: TraceEvent): void {
    const told = tell(event);
    this.reading = { request: { id: 0, verb: 'get', kind: 'person', pods: false, server: '', resource: '', namespace: '', name: '', stored: true, user: '', plugins: 0 }, hops: told === undefined ? [] : [this.hop(event, told.stage, told.sentence)] };
  }

  private hold(event: TraceEvent): void {
    const told = tell(event);
    if (told !== undefined && this.reading !== undefined) this.reading.hops.push(this.hop(event, told.stage, told.sentence));
  }

  private endReading(): void {
    if (this.reading !== undefined && this.lead === undefined) for (const hop of this.reading.hops) this.add(hop);
    this.reading = undefined;
  }

  private stage(event: TraceEvent, request: Request | undefined): void {
    if (request === undefined) return;
    if (request.kind === 'lead' || (request.kind === 'person' && event.data.type === 'apiserver.refused')) this.plain(event);
    else if (request === this.reading?.request) this.hold(event);
  }

  private stored(event: TraceEvent, key: string, change: 'create' | 'update' | 'delete'): void {
    const request = this.requestFor(event, key, change);
    if (request === undefined) return;
    request.stored = true;
    const { kind, name, resource } = objectOfKey(key);
    if (resource === 'events' || resource === 'leases') return;
    if (request.kind === 'lead') {
      if (this.leadKey === '') {
        this.leadKey = key;
        this.storedMs = event.atMs;
      }
      this.deleting = request.verb === 'delete';
      if (resource === 'pods' && this.pod === '') this.lookAt(name);
      if (this.once(`store ${key}`)) this.plain(event);
      return;
    }
    if (request.kind === 'person') {
      if (this.once(`store ${key} ${change}`)) this.plain(event);
      return;
    }
    const who = whoIs(request.user);
    if (resource === 'endpointslices' || resource === 'endpoints') {
      if (resource === 'endpointslices' && change !== 'delete' && (this.pod === '' || this.podReady || this.deleting) && this.once(`endpoints ${name}`)) this.push(event, 'endpoints', sentence('endpoints.updated', { name }));
      return;
    }
    if (change === 'update' && !(resource !== 'pods' && resource !== 'nodes' && event.data.type === 'apiserver.stored')) return;
    if (change === 'update' && !this.once(`update ${key}`)) return;
    if (change === 'update' && key === this.leadKey) return;
    if (change === 'create' && resource === 'pods') {
      const owner = who;
      const count = (this.created.get(owner) ?? 0) + 1;
      this.created.set(owner, count);
      if (count > 1) return;
      if (this.pod === '') this.lookAt(name);
    }
    if (change === 'delete' && resource === 'pods' && this.pod !== '' && name !== this.pod) return;
    this.push(event, 'controller', sentence(`write.${change}`, { who, kind, name }));
    if (change !== 'create') return;
    this.told.add(`stored ${key}`);
    if (resource === 'pods') this.created.set('pods', 1);
    this.release(key);
  }

  private lookAt(pod: string): void {
    this.pod = pod;
  }

  private watched(event: TraceEvent, key: string, change: string): void {
    const resource = parseKey(key, null)?.resource ?? '';
    if (resource === 'endpointslices' || !(key === this.leadKey || workloads.has(resource) || resource === 'pods')) return;
    if (resource === 'pods' && this.pod !== '' && !key.endsWith(`/${this.pod}`)) return;
    const isPod = resource === 'pods';
    if (key === this.leadKey ? !this.told.has('responded') : !this.told.has(`stored ${key}`) && change === 'ADDED') {
      // The write has not been answered yet: told after it, as it is read.
      if (!(isPod && this.pod !== '')) this.early.push({ key, event });
      return;
    }
    if (this.leadKey === '') {
      this.early.push({ key, event });
      return;
    }
    if (this.once(`watch ${resource === 'pods' && change !== 'DELETED' ? 'pods' : `${key} ${change === 'DELETED' ? change : ''}`}`)) this.plain(event);
  }

  private release(key: string): void {
    const held = this.early.filter((each) => each.key === key);
    if (held.length === 0) return;
    this.early = this.early.filter((each) => each.key !== key);
    for (const { event } of held.slice(0, 1)) this.watched(event, key, (event.data as TracedEvent & { readonly type: 'apiserver.watch-sent' }).change);
  }

  // ------------------------------------------------------------ what follows

  private isPod(pod: string, uid: string): boolean {
    if (this.podUid !== '' && uid !== '') return uid === this.podUid;
    const same = this.pod !== '' && (pod === this.pod || this.pod.endsWith(`/${pod}`));
    if (same && uid !== '') this.podUid = uid;
    return same;
  }

  private later(event: TraceEvent, data: TracedEvent): void {
    switch (data.type) {
      case 'controller.reconcile':
        if (/^(deployment|statefulset|daemonset|job|cronjob)$/.test(data.controller) && this.leadKey.endsWith(`/${data.key}`) && this.once('reconcile')) this.plain(event);
        return;
      case 'controller.decided':
        if (toldControllers.test(data.controller) && !/endpoint/.test(data.controller) && this.once(`decided ${data.controller} ${data.action}`)) this.plain(event);
        return;
      case 'scheduler.decided':
        if (this.pod === '') this.lookAt(data.pod);
        if (this.isPod(data.pod, data.uid) && this.once(`decided ${data.node}`)) this.plain(event);
        return;
      case 'scheduler.bound':
        if (this.isPod(data.pod, '')) this.node = data.node;
        if (this.isPod(data.pod, '') && this.once('bound')) this.plain(event);
        else if (!this.isPod(data.pod, '')) this.otherPod(event, data.pod, data.node);
        return;
      case 'kubelet.pod-seen':
      case 'kubelet.rejected':
      case 'kubelet.volumes-mounted':
      case 'kubelet.mount-failed':
      case 'kubelet.container-started':
      case 'kubelet.container-failed':
      case 'kubelet.container-died':
      case 'kubelet.container-killing':
      case 'kubelet.backoff':
      case 'kubelet.probe':
      case 'kubelet.pod-removed':
        if (this.pod === '' && data.type === 'kubelet.pod-seen' && data.source === 'api') this.lookAt(data.pod);
        if (this.isPod(data.pod, data.uid)) this.onceTold(event);
        return;
      case 'kubelet.status':
        if (!this.isPod(data.pod, data.uid)) return;
        if (data.ready) this.podReady = true;
        if (!this.deleting && (data.ready || data.phase !== 'Pending')) this.onceTold(event);
        return;
      case 'containerd.sandbox':
      case 'containerd.sandbox-failed':
        if (!this.isPod(data.pod, '') && data.podUid !== this.podUid) return;
        if (data.type === 'containerd.sandbox' && data.change === 'created') this.hasSandbox = true;
        this.onceTold(event);
        return;
      case 'calico.address':
        if (this.isPod(data.pod, '')) this.onceTold(event);
        return;
      case 'containerd.pull-started':
      case 'containerd.pulled':
      case 'containerd.pull-failed':
        if (event.machine === this.node && this.hasSandbox && this.once(`${data.type} ${data.image}`)) this.plain(event);
        return;
      case 'kube-proxy.rules':
        if (data.changes.length > 0 && this.told.has('endpoints seen') && this.once('rules')) this.plain(event);
        else if (data.changes.length > 0 && (this.podReady || this.pod === '') && this.once('rules')) this.plain(event);
        return;
      default:
        return;
    }
  }

  private onceTold(event: TraceEvent): void {
    const told = tell(event);
    if (told !== undefined && this.once(`${told.sentence.key} ${String(told.sentence.params['container'] ?? '')} ${String(told.sentence.params['probe'] ?? '')}`)) this.push(event, told.stage, told.sentence);
  }

  private otherPod(event: TraceEvent, pod: string, node: string): void {
    if (!this.once(`other ${pod}`)) return;
    this.otherPods++;
    if (this.otherPods <= mostOtherPods) this.push(event, 'bind', sentence('flow.other-pod', { pod, node }));
  }

  /** The stored truth: whether what was asked for has come to be. */
  changed(event: TraceEvent, change: ObjectChange): void {
    if (this.finished || this.leadKey === '') return;
    if (change.key === this.leadKey && change.after === null && this.deleting) {
      this.finish(event, sentence('done.deleted', objectOfKey(change.key)));
      return;
    }
    if (change.after === null) return;
    if (change.key === this.leadKey) this.judgeWorkload(event, change.key, change.after);
    if (change.parts.resource === 'pods' && `${change.parts.namespace}/${change.parts.name}` === this.pod && workloads.has(parseKey(this.leadKey, null)?.resource ?? '') === false) {
      const pod = change.after as StoredPod;
      const ready = pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
      if (ready && !this.deleting) this.finish(event, sentence('done.pod', { pod: this.pod, node: pod.spec?.nodeName ?? '' }));
    }
  }

  private judgeWorkload(event: TraceEvent, key: string, object: Stored): void {
    if (this.deleting || !this.told.has('responded')) return;
    const { kind, name, resource } = objectOfKey(key);
    if (!workloads.has(resource)) return;
    const { spec, status } = object as { readonly spec?: { readonly replicas?: number }; readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number; readonly replicas?: number; readonly numberReady?: number; readonly desiredNumberScheduled?: number; readonly observedGeneration?: number } };
    const generation = (object.metadata as { readonly generation?: number } | undefined)?.generation ?? 0;
    if ((status?.observedGeneration ?? 0) < generation) return;
    if (resource === 'daemonsets') {
      const ready = status?.numberReady ?? 0;
      if (ready > 0 && ready === status?.desiredNumberScheduled) this.finish(event, sentence('done.workload', { kind, name, ready }));
      return;
    }
    const want = spec?.replicas ?? 1;
    const updated = resource === 'deployments' || resource === 'statefulsets' ? (status?.updatedReplicas ?? 0) : want;
    if ((status?.readyReplicas ?? 0) === want && updated === want && (status?.replicas ?? 0) === want) this.finish(event, sentence('done.workload', { kind, name, ready: want }));
  }

  private finish(event: TraceEvent, text: Told['sentence']): void {
    this.finished = true;
    this.finishedMs = event.atMs;
    const more = this.otherPods - mostOtherPods;
    if (more > 0) this.push(event, 'status', sentence('flow.more-pods', { count: more }));
    this.push(event, 'done', text);
  }

  get done(): boolean {
    return this.finished;
  }
}

const none: readonly FlowHop[] = [];
