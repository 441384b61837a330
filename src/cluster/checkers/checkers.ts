// The checkers of the architecture page: those of a few lines, and the list of all.
import type { Json } from '../../api/meta/object.ts';
import type { KernelEvent, TraceEvent } from '../../kernel/world.ts';
import type { ApiserverEvent } from '../../programs/kube-apiserver/events.ts';
import type { EtcdEvent } from '../../programs/etcd/events.ts';
import type { Checker } from './checker.ts';
import { answersAreCommitted, operationsAreLinearizable, watchersMissNothing } from './client-history.ts';
import { deposedLeadersStop, leaseHasOneHolder } from './leases.ts';
import { podOnOneNode } from './pods.ts';
import { oneLeaderPerTerm, RaftLogs, Votes } from './raft-log.ts';

type Seen = KernelEvent | EtcdEvent | ApiserverEvent;
const read = (event: TraceEvent) => event.data as Seen;

/** Every event follows from an older one. */
export function causesAreOlder(): Checker {
  return {
    name: 'every event has an older cause',
    see: (event) => (event.cause < event.id ? undefined : `event ${event.id} (${event.data.type}) claims cause ${event.cause}`),
  };
}

/** Raft and MVCC: what is applied as revision N is the same on every member and never changes; a member applies revisions in order. */
export function committedNeverChanges(): Checker {
  const changes = new Map<number, string>();
  const values = new Map<number, readonly unknown[]>();
  const last = new Map<string, number>();
  return {
    name: 'committed entries never change',
    sees: ['etcd.started', 'etcd.snapshot', 'etcd.revision'],
    see(event) {
      const data = read(event);
      if (data.type === 'etcd.started') {
        // A restarted member goes on from what its disk remembers, and may apply again what it had applied before.
        last.set(data.member, data.revision);
        return undefined;
      }
      if (data.type === 'etcd.snapshot' && data.what === 'restored') {
        last.delete(data.member);
        return undefined;
      }
      if (data.type !== 'etcd.revision') return undefined;
      const before = last.get(data.member);
      last.set(data.member, data.revision);
      if (before !== undefined && data.revision <= before) return `${data.member} applied revision ${data.revision} after ${before}`;
      const keys = data.changes.map((change) => `${change.value === null ? '-' : '+'}${change.key}`).join(' ');
      const known = changes.get(data.revision);
      if (known === undefined) {
        changes.set(data.revision, keys);
        values.set(
          data.revision,
          data.changes.map((change) => change.value),
        );
        return undefined;
      }
      if (known !== keys) return `revision ${data.revision} is "${known}" and on ${data.member} "${keys}"`;
      const first = values.get(data.revision) ?? [];
      return data.changes.every((change, index) => equal(change.value, first[index])) ? undefined : `revision ${data.revision} has another value on ${data.member}`;
    },
  };
}

function equal(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a as Json) === JSON.stringify(b as Json);
}

/** Every API server tells each change of an object once, in the order of revisions. */
export function changesAreSentInOrder(): Checker {
  /** The last revision told, by server and key. */
  const told = new Map<string, number>();
  return {
    name: 'changes are sent once, in order',
    sees: ['process.started', 'apiserver.watch-sent'],
    see(event) {
      const data = read(event);
      if (data.type === 'process.started') {
        for (const key of [...told.keys()]) if (key.startsWith(`${event.machine}/${data.name} `)) told.delete(key);
        return undefined;
      }
      if (data.type !== 'apiserver.watch-sent') return undefined;
      const key = `${event.machine}/${event.process} ${data.key}`;
      const before = told.get(key);
      told.set(key, data.revision);
      return before === undefined || data.revision > before ? undefined : `${event.machine}/${event.process} sent ${data.key} at revision ${data.revision} after ${before}`;
    },
  };
}

/** Who may dial whom: everything meets at the API server. */
const allowed: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^etcd$/, /^etcd$/],
  [/^kube-apiserver$/, /^(etcd|kubelet|kube-apiserver)$/],
  [/^(kubectl|kubelet|kube-scheduler|kube-controller-manager|cloud-controller-manager|kube-proxy|calico-node|coredns|kubeadm|metrics-server|gateway|checker-client)$/, /^(kube-apiserver|load-balancer)$/],
  [/^load-balancer$/, /^kube-apiserver$/],
  [/^kubelet$/, /./],
  [/^containerd$/, /^registry$/],
  [/^etcdctl$/, /^etcd$/],
];
const controlPlane = /^(etcd|kube-apiserver|kube-scheduler|kube-controller-manager|cloud-controller-manager|kubelet|containerd|kube-proxy|calico-node|coredns|kubeadm|metrics-server|load-balancer|kubectl)$/;

/** No component talks to another past the API server (etcd's peers and clients, the kubelet's runtime and probes aside). */
export function everybodyTalksToTheApiServer(): Checker {
  const programs = new Map<string, string>();
  return {
    name: 'no component talks past the API server',
    sees: ['process.started', 'net.opened'],
    see(event) {
      const data = read(event);
      if (data.type === 'process.started') programs.set(`${event.machine}/${data.name}`, data.program);
      if (data.type !== 'net.opened' || data.remote.startsWith('unix:')) return undefined;
      if (data.family === 'dns' || data.family === 'data' || data.family === 'image') return undefined;
      const from = programs.get(`${data.from.machine}/${data.from.process}`) ?? '';
      const to = programs.get(`${data.to.machine}/${data.to.process}`) ?? '';
      if (!controlPlane.test(from) || !controlPlane.test(to)) return undefined;
      if (allowed.some(([a, b]) => a.test(from) && b.test(to))) return undefined;
      return `${from} on ${data.from.machine} dialled ${to} on ${data.to.machine} (${data.family})`;
    },
  };
}

/** Revisions only grow, over the whole cluster: the first member to apply one is never behind what was seen. */
export function revisionsGrow(): Checker {
  let greatest = 0;
  return {
    name: 'resourceVersions grow',
    sees: ['etcd.revision'],
    see(event) {
      const data = read(event);
      if (data.type !== 'etcd.revision' || data.revision <= greatest) return undefined;
      const gap = data.revision - greatest;
      greatest = data.revision;
      return gap === 1 || greatest === gap ? undefined : `revision jumped by ${gap} to ${data.revision}`;
    },
  };
}

/** A program may fail on what the world does to it, but not on a mistake of our own. */
export function noProgramBreaks(): Checker {
  return {
    name: 'no program ends by a mistake in its code',
    sees: ['process.exited', 'apiserver.refused'],
    see(event) {
      const data = read(event);
      if (data.type === 'apiserver.refused') return data.message.startsWith('panic: ') ? `${event.process} on ${event.machine}: ${data.message.slice(0, 300)}` : undefined;
      if (data.type !== 'process.exited' || data.error === undefined) return undefined;
      const mistake = /\b(TypeError|RangeError|ReferenceError|SyntaxError|AssertionFailure|BrokenInvariant)\b/.test(data.error);
      return mistake ? `${data.name} on ${event.machine} ended with ${data.error.slice(0, 300)}` : undefined;
    },
  };
}

/** Fresh ones, for one run. */
export function allCheckers(): readonly Checker[] {
  return [
    causesAreOlder(),
    oneLeaderPerTerm(),
    new Votes(),
    new RaftLogs(),
    committedNeverChanges(),
    revisionsGrow(),
    changesAreSentInOrder(),
    operationsAreLinearizable(),
    answersAreCommitted(),
    watchersMissNothing(),
    leaseHasOneHolder(),
    deposedLeadersStop(),
    podOnOneNode(),
    everybodyTalksToTheApiServer(),
    noProgramBreaks(),
  ];
}
