// What happened, kept as long as it may be asked for: every event's cause for ever (four bytes each), what the event said for as long as it
// matters. Messages and probes are many, and kept only for a while.
import type { Seen } from './events.ts';

const recentLimit = 60_000;

/** Kept to the end of the run: what explanations are made of. */
const lasting = new Set([
  'shell.line', 'shell.done', 'kubectl.request', 'machine.on', 'machine.off', 'fault.added', 'fault.removed', 'process.started', 'process.exited', 'process.frozen', 'process.thawed',
  'lease.acquired', 'lease.lost', 'etcd.role', 'scheduler.decided', 'scheduler.bound', 'controller.decided', 'controller.node-silent', 'controller.node-back', 'kubelet.pod-seen',
  'kubelet.container-started', 'kubelet.container-died', 'kubelet.pull-failed', 'kubelet.backoff', 'kubelet.status', 'containerd.sandbox', 'containerd.pulled', 'containerd.pull-failed',
  'containerd.container-started', 'containerd.exited', 'calico.address', 'kube-proxy.rules', 'lb.backend-up', 'lb.backend-down', 'apiserver.refused', 'kubelet.node-status',
]);

export class TraceStore {
  private causes = new Int32Array(65_536);
  private readonly kept = new Map<number, Seen>();
  private recent: Seen[] = [];
  private recentHead = 0;
  private readonly recentById = new Map<number, Seen>();
  last = 0;

  add(event: Seen): void {
    const { id } = event;
    if (id >= this.causes.length) {
      const bigger = new Int32Array(Math.max(this.causes.length * 2, id + 1));
      bigger.set(this.causes);
      this.causes = bigger;
    }
    this.causes[id] = event.cause;
    this.last = id;
    if (lasting.has(event.data.type)) {
      this.kept.set(id, event);
      return;
    }
    this.recent.push(event);
    this.recentById.set(id, event);
    if (this.recent.length - this.recentHead > recentLimit) {
      this.recentById.delete((this.recent[this.recentHead] as Seen).id);
      this.recentHead++;
      if (this.recentHead > recentLimit) {
        this.recent = this.recent.slice(this.recentHead);
        this.recentHead = 0;
      }
    }
  }

  /** The event's cause; 0 when nothing led to it. */
  causeOf(id: number): number {
    return this.causes[id] ?? 0;
  }

  get(id: number): Seen | undefined {
    return this.kept.get(id) ?? this.recentById.get(id);
  }

  /** From the event back to what nothing led to. */
  *chain(id: number): Generator<Seen> {
    for (let at = id; at > 0; at = this.causeOf(at)) {
      const event = this.get(at);
      if (event !== undefined) yield event;
    }
  }

  /** Everything still known, in order, from `fromId` on. */
  since(fromId: number): readonly Seen[] {
    const found: Seen[] = [];
    for (const event of this.kept.values()) if (event.id >= fromId) found.push(event);
    for (let at = this.recentHead; at < this.recent.length; at++) {
      const event = this.recent[at] as Seen;
      if (event.id >= fromId) found.push(event);
    }
    return found.sort((a, b) => a.id - b.id);
  }

  /** Latest lasting event for which `test` holds. */
  findLast(test: (event: Seen) => boolean): Seen | undefined {
    let found: Seen | undefined;
    for (const event of this.kept.values()) if (test(event)) found = event;
    return found;
  }
}
