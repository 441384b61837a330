// The scene of one run: sees every traced event in order and keeps what can be drawn, asked and told of it.
import type { EventId } from '../kernel/host.ts';
import type { MessageEvent, TraceEvent } from '../kernel/world.ts';
import { FoldContext } from './fold.ts';
import { StoreFold } from './folds/etcd.ts';
import { foldKernel, newProcess, WireFold } from './folds/kernel.ts';
import { foldApiserver, foldContainerd, foldEtcd, foldKubelet, foldLease, foldTraffic } from './folds/processes.ts';
import { Flow, type FlowHop } from './flow.ts';
import { KeyStore } from './key-store.ts';
import { Moments, type SceneMoment } from './moments.ts';
import type { MachineRecord } from './records.ts';
import { SceneStore } from './scene-store.ts';
import type { TracedEvent } from './tell.ts';
import { TraceStore } from './trace-store.ts';
import { leadsTo, stepsOf, why, type Step } from './why.ts';

export interface SceneSetup {
  readonly epochMs: number;
  readonly machines: readonly MachineRecord[];
  /** Processes that already run when the scene begins to look. */
  readonly processes: readonly { readonly machine: string; readonly name: string; readonly program: string; readonly pid: number }[];
}

/** Messages seen since they were last taken: a bounded list, the newest win. */
const mostFlights = 400;
const mostFlows = 200;

export class Scene {
  readonly trace = new TraceStore();
  readonly store: SceneStore;
  readonly keys = new KeyStore();
  readonly moments: Moments;
  readonly flows = new Map<EventId, Flow>();
  /** While set, what happens outside any task is the person's doing and the root of what follows. */
  inputOpen = false;
  /** The first event of the input that is open, and of each line a shell took. */
  onRoot: ((event: TraceEvent) => void) | undefined;
  /** Which families of messages are collected for drawing; none while nobody looks. */
  families: ReadonlySet<string> = new Set();
  private flights: TraceEvent[] = [];
  private readonly context: FoldContext;
  private readonly wires = new WireFold();
  private readonly stored: StoreFold;
  private readonly revisions = new Revisions();
  private readonly lives = new Map<string, EventId[]>();
  /** Counts events that are more than the cluster's idle humming. */
  interesting = 0;

  constructor(setup: SceneSetup) {
    this.store = new SceneStore();
    this.moments = new Moments(this.trace);
    this.stored = new StoreFold(this.keys);
    this.context = new FoldContext(this.store, this.trace, setup.epochMs);
    for (const machine of setup.machines) this.context.put(machine);
    for (const { machine, name, program, pid } of setup.processes) {
      const record = newProcess(machine, name, program, undefined);
      this.context.byPid.set(`${machine}:${pid}`, record.id);
      this.context.put(record);
    }
    this.store.moveToEnd();
  }

  /** The one sink of the world's trace. */
  see(event: TraceEvent): void {
    const { type } = event.data;
    if (type === 'net.message') return this.seeMessage(event);
    const isRoot = type === 'shell.line' || type === 'gateway.request' || (this.inputOpen && event.cause === 0);
    const ofStore = type.startsWith('etcd.') || type.startsWith('apiserver.');
    if (ofStore && event.process.includes('/')) {
      // `etcd/my-pod`: a store in a pod is a workload's own, its revisions are not the cluster's.
      this.trace.add(event, false);
      return;
    }
    const root = this.trace.add(event, isRoot, ofStore ? this.revisions.causeOf(event) : event.cause);
    const { context } = this;
    context.nowMs = event.atMs;
    context.event = event.id;
    if (isRoot) this.begin(event);
    this.wires.sweep(context);
    this.fold(event, type);
    if (root !== 0) {
      const flow = this.flows.get(root);
      if (flow !== undefined && !isRoot) flow.see(event);
    }
    if (keeps(event, type, root)) this.trace.keep(event);
  }

  private begin(event: TraceEvent): void {
    this.trace.keep(event);
    this.interesting++;
    if (event.data.type === 'shell.line' || isOutsideWrite(event)) {
      this.flows.set(event.id, new Flow(this.trace, event));
      this.moments.line(event);
      if (this.flows.size > mostFlows) for (const id of this.flows.keys()) { this.flows.delete(id); break; }
    }
    this.onRoot?.(event);
  }

  private seeMessage(event: TraceEvent): void {
    this.trace.add(event, false);
    const message = event.data as MessageEvent;
    if (message.note === 'TLS finished') this.identify(event, message);
    if (!this.families.has(message.family) || message.from.machine === message.to.machine && message.from.process === message.to.process) return;
    if (this.flights.length >= mostFlights) this.flights.splice(0, mostFlights >> 1);
    this.flights.push(event);
  }

  private identify(event: TraceEvent, message: MessageEvent): void {
    const body = message.body as { readonly certificate?: { readonly subject?: { readonly commonName?: string } } } | undefined;
    const name = body?.certificate?.subject?.commonName;
    if (name === undefined) return;
    this.context.nowMs = event.atMs;
    this.context.event = event.id;
    this.wires.identified(this.context, message.connection, name);
  }

  private fold(event: TraceEvent, type: string): void {
    const { context } = this;
    const dot = type.indexOf('.');
    switch (type.slice(0, dot)) {
      case 'net':
        foldKernel(context, this.wires, event);
        return;
      case 'machine':
      case 'process':
      case 'fault':
        foldKernel(context, this.wires, event);
        break;
      case 'etcd':
        if (type === 'etcd.revision') this.foldStored(event);
        foldEtcd(context, event);
        break;
      case 'lease':
        foldLease(context, event);
        break;
      case 'apiserver':
        foldApiserver(context, event);
        if (type === 'apiserver.authenticated') this.authenticated(event);
        break;
      case 'containerd':
        foldContainerd(context, event);
        this.interesting++;
        break;
      case 'kubelet':
        foldKubelet(context, event);
        break;
      case 'traffic':
        foldTraffic(context, event);
        break;
      default:
        break;
    }
    this.moments.see(event);
    this.noteLife(event);
  }

  /** What happened to one pod, in order: events that name it. */
  private noteLife(event: TraceEvent): void {
    const { pod } = event.data as { readonly pod?: unknown };
    if (typeof pod !== 'string' || !lifeTypes.test(event.data.type) || !keeps(event, event.data.type, 1)) return;
    let life = this.lives.get(pod);
    if (life === undefined) this.lives.set(pod, (life = []));
    life.push(event.id);
    if (life.length > mostOfLife) life.splice(mostOfLife >> 1, mostOfLife >> 2);
  }

  private foldStored(event: TraceEvent): void {
    for (const change of this.stored.fold(this.context, event)) {
      const { resource } = change.parts;
      if (resource === 'leases' || resource === 'events' || resource === 'masterleases') continue;
      this.interesting++;
      this.moments.changed(event, change);
      const root = this.trace.root(event.id);
      if (root !== 0) this.flows.get(root)?.changed(event, change);
    }
  }

  /** Tokens show who dials, too: the identity of the wire the request came over. */
  private authenticated(event: TraceEvent): void {
    const data = event.data as TracedEvent & { readonly type: 'apiserver.authenticated' };
    if (data.method === 'certificate') return;
    const id = this.trace.ancestor(event.id, 'net.message', 4);
    const message = this.trace.event(id)?.data as MessageEvent | undefined;
    if (message !== undefined && message.to.process === event.process) this.wires.identified(this.context, message.connection, data.user);
  }

  takeFlights(): readonly TraceEvent[] {
    if (this.flights.length === 0) return noEvents;
    const flights = this.flights;
    this.flights = [];
    return flights;
  }

  takeMoments(): readonly SceneMoment[] {
    return this.moments.take();
  }

  /** The chain that led to a record or an event, oldest first. */
  why(of: string | EventId): readonly Step[] {
    if (typeof of === 'number') return why(this.trace, of);
    const origin = this.store.origin(of);
    if (origin === undefined) return [];
    const record = this.store.get(of);
    if (record?.table !== 'pod') return why(this.trace, leadsTo(this.trace, origin.created, origin.latest) || this.trace.root(origin.created) === 0 ? origin.latest : origin.created);
    // How it came to be, and then what happened to it.
    const since = this.lives.get(`${record.namespace}/${record.name}`) ?? [];
    return [...why(this.trace, origin.created), ...stepsOf(this.trace, since.filter((id) => id > origin.created))];
  }

  flow(root: EventId): readonly FlowHop[] {
    return this.flows.get(root)?.hops ?? this.flows.get(this.trace.root(root))?.hops ?? [];
  }
}

const noEvents: readonly TraceEvent[] = [];
const lifeTypes = /^(scheduler|kubelet|containerd|calico)\./;
const mostOfLife = 60;

/**
 * Which request a stored change goes back to. Writes of many travel through Raft together, so that the kernel's cause of what comes out is
 * whoever's message came last; the key and the revision say whose it really was.
 */
class Revisions {
  private readonly proposed = new Map<string, EventId>();
  private readonly events: EventId[] = [];

  causeOf(event: TraceEvent): EventId {
    const data = event.data as TracedEvent;
    switch (data.type) {
      case 'etcd.proposed':
        if (data.key !== undefined) this.proposed.set(data.key, event.id);
        return event.cause;
      case 'etcd.revision': {
        const known = this.events[data.revision];
        if (known !== undefined) return known;
        this.events[data.revision] = event.id;
        const key = data.changes[0]?.key ?? '';
        const cause = this.proposed.get(key);
        this.proposed.delete(key);
        return cause ?? event.cause;
      }
      case 'apiserver.stored':
      case 'apiserver.watch-sent':
        return this.events[data.revision] ?? event.cause;
      default:
        return event.cause;
    }
  }
}

/** What is kept for good: what a chain of causes wants to tell. Idle humming (leases, reads, unchanged probes) is not. */
/** Reading from outside is a root, too, but nothing to follow: clients read all the time. */
function isOutsideWrite({ data }: TraceEvent): boolean {
  return data.type === 'gateway.request' && (data as { readonly method?: string }).method !== 'GET';
}

function keeps(event: TraceEvent, type: string, root: EventId): boolean {
  switch (type) {
    case 'net.opened':
    case 'net.closed':
    case 'traffic.second':
    case 'traffic.failed':
    case 'coredns.answered':
    case 'apiserver.received':
    case 'apiserver.validated':
    case 'apiserver.mutated':
    case 'apiserver.authorized':
    case 'apiserver.queued':
    case 'apiserver.policy':
    case 'apiserver.webhook':
    case 'apiserver.responded':
    case 'etcd.proposed':
    case 'etcd.appended':
    case 'etcd.committed':
    case 'controller.reconcile':
    case 'lb.forwarded':
      return false;
    case 'apiserver.authenticated':
      return root !== 0;
    case 'kubelet.probe':
      return (event.data as { readonly changed?: boolean }).changed === true;
    case 'apiserver.stored':
      return !/^\/registry\/(leases|events|masterleases)\//.test((event.data as { readonly key?: string }).key ?? '');
    case 'kubelet.sync':
    case 'scheduler.queued':
    case 'scheduler.attempt':
      return false;
    case 'etcd.revision':
      return root !== 0;
    default:
      return true;
  }
}

