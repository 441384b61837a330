// Every sentence that the run can say, by key, with the parameters it takes. The texts are src/ui/i18n/<language>/hops.json, one per key.
import type { EventId } from '../kernel/host.ts';

export interface SentenceParams {
  // the person
  'shell.line': { line: string; machine: string };
  'kubectl.request': { verb: string; path: string };
  'gateway.request': { command: string; verb: string; path: string };
  'gateway.command': { command: string; verb: string; path: string };
  'input.power-on': { machine: string };
  'input.power-off': { machine: string };
  'input.kill': { machine: string; process: string };
  'input.freeze': { machine: string; process: string };
  'input.thaw': { machine: string; process: string };
  'input.cut': { name: string; from: string; to: string };
  'input.cut-one-way': { name: string; from: string; to: string };
  'input.cut-off': { name: string; from: string };
  'input.slow': { name: string; from: string; to: string; ms: number };
  'input.lossy': { name: string; from: string; to: string; percent: number };
  'input.heal': { name: string };
  'input.heal-all': Record<string, never>;
  'input.wipe-disk': { machine: string; folder: string };
  'input.fill-disk': { machine: string; folder: string };
  'input.free-disk': { machine: string; folder: string };
  'input.rot-file': { machine: string; path: string };
  'input.spawn': { machine: string; program: string };
  'input.slow-disk': { machine: string; ms: number };
  'input.skew': { machine: string; days: number };
  'input.skew-seconds': { machine: string; seconds: number };
  'input.clock-right': { machine: string };
  'input.drop-message': { note: string; from: string; to: string };
  'input.delay-message': { note: string; from: string; to: string; ms: number };
  'input.traffic': { name: string; target: string; rate: number };
  'input.stop-traffic': { name: string };
  // the way in
  'lb.forwarded': { backend: string };
  'apiserver.received': { method: string; path: string; server: string };
  'apiserver.authenticated': { user: string; method: string };
  'apiserver.authorized': { user: string; verb: string; resource: string };
  'apiserver.authorized-by': { user: string; verb: string; resource: string; rule: string };
  'apiserver.forbidden': { user: string; verb: string; resource: string };
  'apiserver.queued': { level: string; seats: number };
  'apiserver.mutated': { plugin: string; changes: number; detail: string };
  'apiserver.policy': { policy: string };
  'apiserver.policy-failed': { policy: string; failure: string };
  'apiserver.webhook': { webhook: string; answer: string };
  'apiserver.mutated-many': { plugins: string; count: number };
  'apiserver.validated': { kind: string };
  'apiserver.refused': { stage: string; code: number; message: string };
  'apiserver.responded': { code: number };
  // the store
  'etcd.proposed': { member: string; key: string };
  'etcd.appended': { member: string; from: string };
  'etcd.appended-self': { member: string };
  'etcd.committed': { member: string; index: number };
  'store.create': { kind: string; name: string; revision: number };
  'store.update': { kind: string; name: string; revision: number };
  'store.delete': { kind: string; name: string; revision: number };
  'watch.sent': { kind: string; name: string; watchers: number };
  // the loops
  'controller.reconcile': { controller: string; key: string };
  'decided.new-set': { controller: string; key: string; name: string; replicas: number };
  'decided.scale-set': { controller: string; key: string; name: string; from: number; to: number };
  'decided.too-few': { controller: string; key: string; count: number; wanted: number };
  'decided.too-many': { controller: string; key: string; count: number; wanted: number };
  'decided.nodes': { controller: string; key: string; creating: number; removing: number };
  'decided.create': { controller: string; key: string; kind: string; name: string };
  'decided.delete-ended': { controller: string; key: string; name: string };
  'decided.delete-surplus': { controller: string; key: string; name: string };
  'decided.delete-old': { controller: string; key: string; name: string };
  'decided.no-owner': { controller: string; key: string; kind: string };
  'decided.message': { controller: string; key: string; message: string };
  'write.create': { who: string; kind: string; name: string };
  'write.update': { who: string; kind: string; name: string };
  'write.delete': { who: string; kind: string; name: string };
  'write.more': { who: string; kind: string; count: number };
  'scheduler.decided': { pod: string; node: string; candidates: number };
  'scheduler.only': { pod: string; node: string };
  'scheduler.unschedulable': { pod: string; message: string };
  'scheduler.bound': { pod: string; node: string };
  'scheduler.preempting': { pod: string; node: string; victims: number };
  'endpoints.updated': { name: string };
  'kube-proxy.rules': { node: string; mode: string; services: number };
  // the node
  'kubelet.pod-seen': { pod: string; node: string };
  'kubelet.rejected': { pod: string; reason: string };
  'kubelet.volumes-mounted': { pod: string; count: number };
  'kubelet.mount-failed': { pod: string; message: string };
  'kubelet.pulling': { pod: string; image: string };
  'kubelet.deleting': { pod: string; node: string };
  'kubelet.pod-removed': { pod: string; node: string };
  'kubelet.killing': { container: string; pod: string };
  'containerd.sandbox': { pod: string; node: string };
  'containerd.sandbox-failed': { pod: string; message: string };
  'calico.address': { pod: string; address: string };
  'containerd.container-started': { container: string; node: string };
  'containerd.pull-started': { image: string; registry: string };
  'containerd.pulled': { image: string; megabytes: number; seconds: number };
  'containerd.pull-failed': { image: string; message: string };
  'kubelet.container-started': { container: string; pod: string };
  'kubelet.container-restarted': { container: string; pod: string; restart: number };
  'kubelet.container-failed': { container: string; pod: string; reason: string };
  'kubelet.container-died': { container: string; pod: string; code: number };
  'kubelet.backoff': { container: string; pod: string; seconds: number };
  'kubelet.probe-passed': { probe: string; container: string; pod: string };
  'kubelet.probe-failed': { probe: string; container: string; pod: string };
  'kubelet.status': { pod: string; phase: string };
  'kubelet.status-ready': { pod: string; phase: string };
  'kubelet.node-ready': { node: string };
  'kubelet.node-not-ready': { node: string; reason: string };
  'flow.other-pod': { pod: string; node: string };
  'flow.more-pods': { count: number };
  // how it ends
  'done.workload': { kind: string; name: string; ready: number };
  'done.pod': { pod: string; node: string };
  'done.deleted': { kind: string; name: string };
  'done.failed': { code: number };
  'done.answered': { code: number };
  // machines and wires
  'machine.on': { machine: string };
  'machine.off': { machine: string };
  'process.started': { process: string; machine: string };
  'process.exited': { process: string; machine: string; code: number };
  'process.killed': { process: string; machine: string };
  'process.frozen': { process: string; machine: string };
  'process.thawed': { process: string; machine: string };
  'fault.added': { name: string };
  'fault.removed': { name: string };
  // what is worth a mark
  /** gapMs: how long nobody led before. */
  'moment.etcd-leader': { member: string; term: number; gapMs: number };
  /** sinceMs: when the leader was lost, for this is told only after a while. */
  'moment.quorum-lost': { members: number; sinceMs: number };
  'moment.quorum-regained': { member: string };
  'moment.lease-acquired': { lease: string; holder: string };
  'moment.lease-lost': { lease: string; holder: string };
  'moment.api-unavailable': Record<string, never>;
  'moment.api-available': { machine: string };
  'moment.node-silent': { node: string };
  'moment.node-not-ready': { node: string };
  'moment.node-ready': { node: string };
  'moment.pod-failing': { pod: string; status: string };
  'moment.pod-recovered': { pod: string };
  'moment.pods-evicted': { node: string };
  'moment.workload-ready': { kind: string; name: string; ready: number };
  'moment.traffic-failing': { name: string; target: string };
  'moment.traffic-recovered': { name: string; target: string; seconds: number };
}

export type SentenceKey = keyof SentenceParams;

/** `say('shell.line', {line, machine})`: a key with exactly its parameters. */
/** As it is sent to a page, which says it in its language. */
export interface Sentence {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

export function sentence<K extends SentenceKey>(key: K, params: SentenceParams[K]): Sentence {
  return { key, params: params as Readonly<Record<string, string | number>> };
}

export type { EventId };
