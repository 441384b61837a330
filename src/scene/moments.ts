// What is worth a mark on the timeline, and the input or fault it follows from.
import type { EventId } from '../kernel/host.ts';
import type { TraceEvent } from '../kernel/world.ts';
import type { ObjectChange } from './folds/etcd.ts';
import { podStatusText } from './folds/pods.ts';
import type { StoredNode, StoredPod } from './folds/stored-object.ts';
import { sentence } from './sentences.ts';
import { tell, type Told, type TracedEvent } from './tell.ts';
import type { TraceStore } from './trace-store.ts';

/** As `Moment` of session/protocol. */
export interface SceneMoment {
  readonly id: EventId;
  readonly atMs: number;
  readonly lane: 'input' | 'fault' | 'leadership' | 'quorum' | 'api' | 'node' | 'pod' | 'traffic';
  readonly sentence: Told['sentence'];
  readonly because: EventId;
  readonly level: 'info' | 'good' | 'bad';
}

/** A quorum that is gone for less is an election, not a loss. */
const quorumPatienceMs = 3000;
/** A consequence without a chain of causes (silence has none) is put down to the last trouble, if it was this recent. */
const blameMs = 600_000;
const samePodMs = 60_000;

export class Moments {
  readonly all: SceneMoment[] = [];
  private fresh: SceneMoment[] = [];
  private readonly trace: TraceStore;
  private lastTrouble: { readonly id: EventId; readonly atMs: number } | undefined;

  private readonly members = new Map<string, { place: string; leads: boolean }>();
  private leaderless: { readonly sinceMs: number; told: boolean } | undefined;
  private everLed = false;

  private readonly readyServers = new Set<string>();
  private apiUp = false;
  private apiEver = false;

  private readonly nodes = new Map<string, string>();
  private readonly pods = new Map<string, { status: string; toldMs: number; failing: boolean }>();
  private readonly ready = new Map<string, number>();
  private readonly traffic = new Map<string, { failing: boolean; sinceMs: number; goodSeconds: number }>();
  private readonly holders = new Map<string, string>();

  constructor(trace: TraceStore) {
    this.trace = trace;
  }

  take(): readonly SceneMoment[] {
    if (this.fresh.length === 0) return nothing;
    const fresh = this.fresh;
    this.fresh = [];
    return fresh;
  }

  private add(event: TraceEvent, lane: SceneMoment['lane'], level: SceneMoment['level'], text: Told['sentence']): void {
    const moment: SceneMoment = { id: event.id, atMs: event.atMs, lane, sentence: text, because: this.becauseOf(event, lane), level };
    this.trace.keep(event);
    this.all.push(moment);
    this.fresh.push(moment);
  }

  private becauseOf(event: TraceEvent, lane: SceneMoment['lane']): EventId {
    const root = this.trace.root(event.id);
    if (root === event.id) return 0;
    const trouble = this.lastTrouble;
    const recent = trouble !== undefined && event.atMs - trouble.atMs < blameMs ? trouble.id : 0;
    // Leadership, quorum and silence follow from trouble, whatever task happened to notice them.
    if (recent !== 0 && lane !== 'pod') return recent === event.id ? 0 : recent;
    return root !== 0 ? root : recent === event.id ? 0 : recent;
  }

  /** The session did something to the world; what it leads to is put down to this event. */
  input(event: TraceEvent, lane: 'input' | 'fault', level: SceneMoment['level'], text: Told['sentence']): void {
    if (lane === 'fault') this.lastTrouble = { id: event.id, atMs: event.atMs };
    this.add(event, lane, level, text);
  }

  see(event: TraceEvent): void {
    const data = event.data as TracedEvent;
    const place = `${event.machine}/${event.process}`;
    switch (data.type) {
      case 'etcd.started':
        this.member(data.member, place);
        break;
      case 'etcd.role': {
        const member = this.member(data.member, place);
        const leads = data.role === 'leader';
        if (leads && !member.leads) this.add(event, 'leadership', 'info', sentence('moment.etcd-leader', { member: data.member, term: data.term, gapMs: this.leaderless === undefined ? 0 : event.atMs - this.leaderless.sinceMs }));
        member.leads = leads;
        this.judgeQuorum(event, data.member);
        break;
      }
      case 'lease.acquired': {
        const before = this.holders.get(data.lease);
        this.holders.set(data.lease, data.identity);
        if (before !== data.identity) this.add(event, 'leadership', before === undefined ? 'info' : 'good', sentence('moment.lease-acquired', { lease: data.lease, holder: event.machine }));
        break;
      }
      case 'lease.lost':
        this.add(event, 'leadership', 'bad', sentence('moment.lease-lost', { lease: data.lease, holder: event.machine }));
        break;
      case 'apiserver.ready':
        this.server(event, place, data.ready);
        break;
      case 'kubelet.status':
        for (const container of data.containers) if (container.name === 'kube-apiserver') this.server(event, `${event.machine}/kube-apiserver`, container.ready);
        break;
      case 'process.exited':
        this.gone(event, (each) => each === place);
        break;
      case 'machine.off':
        this.gone(event, (each) => each.startsWith(`${event.machine}/`));
        break;
      case 'controller.node-silent':
        this.add(event, 'node', 'bad', sentence('moment.node-silent', { node: data.node }));
        break;
      case 'traffic.second':
        this.second(event, data);
        break;
      default:
        break;
    }
    if (this.leaderless !== undefined && !this.leaderless.told && event.atMs - this.leaderless.sinceMs > quorumPatienceMs) {
      this.leaderless.told = true;
      this.add(event, 'quorum', 'bad', sentence('moment.quorum-lost', { members: this.members.size, sinceMs: this.leaderless.sinceMs }));
    }
  }

  private member(name: string, place: string): { place: string; leads: boolean } {
    let member = this.members.get(name);
    if (member === undefined) this.members.set(name, (member = { place, leads: false }));
    member.place = place;
    return member;
  }

  private judgeQuorum(event: TraceEvent, name: string): void {
    let leads = false;
    for (const member of this.members.values()) leads ||= member.leads;
    if (leads) {
      this.everLed = true;
      if (this.leaderless?.told === true) this.add(event, 'quorum', 'good', sentence('moment.quorum-regained', { member: name }));
      this.leaderless = undefined;
    } else if (this.everLed) this.leaderless ??= { sinceMs: event.atMs, told: false };
  }

  private server(event: TraceEvent, place: string, ready: boolean): void {
    if (ready) this.readyServers.add(place);
    else this.readyServers.delete(place);
    const up = this.readyServers.size > 0;
    if (up === this.apiUp) return;
    this.apiUp = up;
    if (up) this.add(event, 'api', this.apiEver ? 'good' : 'info', sentence('moment.api-available', { machine: event.machine }));
    else this.add(event, 'api', 'bad', sentence('moment.api-unavailable', {}));
    this.apiEver = true;
  }

  private gone(event: TraceEvent, matches: (place: string) => boolean): void {
    for (const [name, member] of this.members)
      if (member.leads && matches(member.place)) {
        member.leads = false;
        this.judgeQuorum(event, name);
      }
    for (const place of [...this.readyServers]) if (matches(place)) this.server(event, place, false);
  }

  private second(event: TraceEvent, data: { readonly name: string; readonly target: string; readonly ok: number; readonly failed: number }): void {
    let state = this.traffic.get(data.name);
    if (state === undefined) this.traffic.set(data.name, (state = { failing: false, sinceMs: event.atMs, goodSeconds: 0 }));
    if (data.failed > 0) {
      state.goodSeconds = 0;
      if (!state.failing) {
        state.failing = true;
        state.sinceMs = event.atMs;
        this.add(event, 'traffic', 'bad', sentence('moment.traffic-failing', { name: data.name, target: data.target }));
      }
    } else if (state.failing && data.ok > 0 && ++state.goodSeconds >= 3) {
      state.failing = false;
      this.add(event, 'traffic', 'good', sentence('moment.traffic-recovered', { name: data.name, target: data.target, seconds: Math.round((event.atMs - state.sinceMs) / 1000) }));
    }
  }

  changed(event: TraceEvent, { parts, after, before }: ObjectChange): void {
    switch (parts.resource) {
      case 'nodes':
        this.node(event, parts.name, after as StoredNode | null);
        break;
      case 'pods':
        this.podChanged(event, `${parts.namespace}/${parts.name}`, after as StoredPod | null, before as StoredPod | null);
        break;
      case 'deployments':
      case 'statefulsets': {
        if (after === null) break;
        const { spec, status } = after as { readonly spec?: { readonly replicas?: number }; readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number; readonly replicas?: number } };
        const name = `${parts.namespace}/${parts.name}`;
        const whole = (status?.readyReplicas ?? 0) === (spec?.replicas ?? 1) && (status?.replicas ?? 0) === (spec?.replicas ?? 1) && (status?.updatedReplicas ?? 0) === (spec?.replicas ?? 1);
        const was = this.ready.get(name);
        const now = whole ? (spec?.replicas ?? 1) : -1;
        if (now >= 0 && was !== now && (was !== undefined || now > 0)) this.add(event, 'pod', 'good', sentence('moment.workload-ready', { kind: after.kind ?? '', name, ready: now }));
        this.ready.set(name, now);
        break;
      }
      default:
        break;
    }
  }

  private node(event: TraceEvent, name: string, node: StoredNode | null): void {
    const ready = node?.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
    const before = this.nodes.get(name);
    if (node === null) this.nodes.delete(name);
    if (ready === undefined || ready === before) return;
    this.nodes.set(name, ready);
    if (ready === 'True') this.add(event, 'node', before === undefined ? 'info' : 'good', sentence('moment.node-ready', { node: name }));
    else if (before === 'True') this.add(event, 'node', 'bad', sentence('moment.node-not-ready', { node: name }));
  }

  private podChanged(event: TraceEvent, name: string, pod: StoredPod | null, before: StoredPod | null): void {
    if (pod === null) {
      this.pods.delete(name);
      return;
    }
    if (pod.metadata?.deletionTimestamp !== undefined && before?.metadata?.deletionTimestamp === undefined) {
      const taint = pod.status?.conditions?.find((condition) => condition.type === 'DisruptionTarget' && condition.reason === 'DeletionByTaintManager');
      const node = pod.spec?.nodeName ?? '';
      if (taint !== undefined && this.once(`evicted ${node}`, event.atMs)) this.add(event, 'pod', 'bad', sentence('moment.pods-evicted', { node }));
    }
    const status = podStatusText(pod);
    const failing = pod.metadata?.deletionTimestamp === undefined && /Error|BackOff|OOM|Failed|Evicted|CreateContainer|Invalid|ErrImage|DeadlineExceeded/.test(status);
    const known = this.pods.get(name);
    if (known === undefined && !failing) return;
    const state = known ?? { status: '', toldMs: -Infinity, failing: false };
    if (failing && !state.failing && event.atMs - state.toldMs > samePodMs) {
      this.add(event, 'pod', 'bad', sentence('moment.pod-failing', { pod: name, status }));
      state.toldMs = event.atMs;
    }
    const ready = pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
    if (failing) state.failing = true;
    else if (state.failing && ready) {
      state.failing = false;
      this.add(event, 'pod', 'good', sentence('moment.pod-recovered', { pod: name }));
    }
    state.status = status;
    this.pods.set(name, state);
  }

  private readonly lately = new Map<string, number>();
  private once(key: string, atMs: number): boolean {
    const before = this.lately.get(key);
    this.lately.set(key, atMs);
    return before === undefined || atMs - before > samePodMs;
  }

  /** What a person did in a shell. */
  line(event: TraceEvent): void {
    const told = tell(event);
    if (told !== undefined) this.add(event, 'input', 'info', told.sentence);
  }
}

const nothing: readonly SceneMoment[] = [];
