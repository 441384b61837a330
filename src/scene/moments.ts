// What is worth a mark on the timeline, with the fault or input that it follows from.
import type { Moment, Sentence } from '../session/protocol.ts';
import type { Seen } from './events.ts';
import { sentenceOf } from './sentences.ts';
import type { TraceStore } from './trace-store.ts';
import type { PodRecord, SceneDiff } from './records.ts';

export class Moments {
  readonly all: Moment[] = [];
  private fresh: Moment[] = [];
  private readonly leaders = new Map<string, string>();
  private quorum = true;
  private readonly leaderOf = new Map<string, string>();
  private readonly trafficBad = new Map<string, boolean>();
  private readonly apiReady = new Map<string, boolean>();
  private apiWasUp = false;
  private apiUp = false;
  private readonly trace: TraceStore;

  constructor(trace: TraceStore) {
    this.trace = trace;
  }

  take(): readonly Moment[] {
    const fresh = this.fresh;
    this.fresh = [];
    return fresh;
  }

  private mark(event: { readonly id: number; readonly atMs: number }, lane: Moment['lane'], level: Moment['level'], sentence: Sentence | undefined): void {
    if (sentence === undefined) return;
    const moment: Moment = { id: event.id, atMs: event.atMs, lane, level, sentence, because: this.because(event.id) };
    this.all.push(moment);
    this.fresh.push(moment);
  }

  /** The input or fault at the root of the event's chain; 0 when there is none. */
  private because(id: number): number {
    let root = 0;
    for (const event of this.trace.chain(id)) if (event.id !== id && /^(shell\.line|machine\.(off|on)|fault\.|process\.(frozen|thawed))/.test(event.data.type)) root = event.id;
    return root;
  }

  see(event: Seen): void {
    const { data } = event;
    switch (data.type) {
      case 'shell.line':
        this.mark(event, 'input', 'info', sentenceOf(event));
        break;
      case 'machine.off':
        if (event.atMs > 0) this.mark(event, 'fault', 'bad', sentenceOf(event));
        this.apiLost(event, data.name);
        break;
      case 'machine.on':
        if (event.atMs > 0) this.mark(event, 'fault', 'good', sentenceOf(event));
        break;
      case 'fault.added':
      case 'process.frozen':
        this.mark(event, 'fault', 'bad', sentenceOf(event));
        break;
      case 'fault.removed':
      case 'process.thawed':
        this.mark(event, 'fault', 'good', sentenceOf(event));
        break;
      case 'process.exited':
        if (data.signal === 'SIGKILL' && /^(etcd|kube-|kubelet|containerd|calico|coredns|load-balancer|registry)/.test(data.name)) this.mark(event, 'fault', 'bad', sentenceOf(event));
        if (data.name === 'kube-apiserver') this.apiLost(event, event.machine);
        break;
      case 'etcd.role':
        this.seeRole(event, data.member, data.role, data.leader);
        break;
      case 'lease.acquired': {
        const holder = `${event.machine}`;
        if (this.leaders.get(data.lease) !== holder) this.mark(event, 'leadership', 'info', sentenceOf(event));
        this.leaders.set(data.lease, holder);
        break;
      }
      case 'lease.lost':
        this.mark(event, 'leadership', 'bad', sentenceOf(event));
        break;
      case 'apiserver.ready':
        this.apiReady.set(event.machine, data.ready);
        this.seeApi(event);
        break;
      case 'controller.node-silent':
        this.mark(event, 'node', 'bad', sentenceOf(event));
        break;
      case 'controller.node-back':
        this.mark(event, 'node', 'good', sentenceOf(event));
        break;
      case 'kubelet.backoff':
        this.mark(event, 'pod', 'bad', sentenceOf(event));
        break;
      case 'traffic.second': {
        const bad = data.failed > 0;
        const before = this.trafficBad.get(data.name);
        if (before !== bad && (bad || before !== undefined)) this.mark(event, 'traffic', bad ? 'bad' : 'good', { key: bad ? 'traffic-failing' : 'traffic-recovered', params: { target: data.target } });
        if (bad || data.ok > 0) this.trafficBad.set(data.name, bad);
        break;
      }
      default:
    }
  }

  /** Pods that were given up, as the scene shows them. */
  seeDiff(diff: SceneDiff, atMs: number, lastEvent: number): void {
    const gone = diff.updated.filter(([before, after]) => before.table === 'pod' && after.table === 'pod' && before.mark !== 'terminating' && after.mark === 'terminating').map(([, after]) => after as PodRecord);
    for (const pod of gone.slice(0, 3)) this.mark({ id: lastEvent, atMs }, 'pod', 'info', { key: 'pod-leaving', params: { pod: pod.name, node: pod.node } });
    if (gone.length > 3) this.mark({ id: lastEvent, atMs }, 'pod', 'info', { key: 'pods-leaving', params: { count: gone.length } });
  }

  private seeRole(event: Seen, member: string, role: string, leader: string): void {
    this.leaderOf.set(member, leader);
    if (role === 'leader') this.mark(event, 'leadership', 'info', sentenceOf(event));
    const known = [...this.leaderOf.values()].filter((each) => each !== '').length;
    const quorum = known * 2 > this.leaderOf.size;
    if (quorum === this.quorum) return;
    this.quorum = quorum;
    this.mark(event, 'quorum', quorum ? 'good' : 'bad', { key: quorum ? 'quorum-regained' : 'quorum-lost', params: {} });
  }

  private apiLost(event: Seen, machine: string): void {
    if (!this.apiReady.has(machine)) return;
    this.apiReady.set(machine, false);
    this.seeApi(event);
  }

  private seeApi(event: Seen): void {
    const up = [...this.apiReady.values()].some((ready) => ready);
    if (up === this.apiUp) return;
    this.apiUp = up;
    if (up || this.apiWasUp) this.mark(event, 'api', up ? 'good' : 'bad', { key: up ? 'api-up' : 'api-down', params: {} });
    if (up) this.apiWasUp = true;
  }
}
