// Leader election by Lease objects: what Kubernetes promises, and no more. client-go says itself that it does not fence: a holder that is
// frozen or cut off may believe in its leadership while another one leads. What holds is this:
// 1. By the clock of the majority (the times at which the revisions were agreed upon) a lease has one holder: nobody takes it before
//    leaseDurationSeconds have passed since the holder's last renewal, unless it was given up.
// 2. Whoever was deposed stops by itself: it believes in its leadership for at most renewDeadline (10 s) and one retryPeriod (2 s) of its own
//    running time, and after that no write of it is accepted. A frozen one begins to count when it is thawed.
// 3. Until then it cannot undo what its successor did: every write is accepted only on top of the revision that it was based on.
import type { KernelEvent, MessageEvent, TraceEvent } from '../../kernel/world.ts';
import type { ClientEvent } from '../../client/events.ts';
import type { ApiserverEvent } from '../../programs/kube-apiserver/events.ts';
import type { EtcdEvent } from '../../programs/etcd/events.ts';
import type { Checker } from './checker.ts';

const prefix = '/registry/leases/kube-system/kube-';

interface LeaseValue {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseDurationSeconds?: number };
}

export function leaseHasOneHolder(): Checker {
  const leases = new Map<string, { readonly holder: string; readonly renewedMs: number; readonly durationMs: number }>();
  let revision = 0;
  return {
    name: 'a lease has one holder by the clock of the majority',
    sees: ['etcd.revision'],
    see(event) {
      const data = event.data as EtcdEvent;
      if (data.type !== 'etcd.revision' || data.revision <= revision) return undefined;
      revision = data.revision;
      for (const { key, value } of data.changes) {
        if (!key.startsWith(prefix)) continue;
        const spec = (value as LeaseValue | null)?.spec;
        const before = leases.get(key);
        const holder = spec?.holderIdentity ?? '';
        if (spec === undefined) leases.delete(key);
        else leases.set(key, { holder, renewedMs: event.atMs, durationMs: (spec.leaseDurationSeconds ?? 15) * 1000 });
        if (before === undefined || before.holder === '' || holder === '' || holder === before.holder) continue;
        const sinceMs = event.atMs - before.renewedMs;
        if (sinceMs < before.durationMs) return `${holder} took ${key} ${sinceMs.toFixed(0)} ms after ${before.holder} had renewed it for ${before.durationMs} ms`;
      }
      return undefined;
    },
  };
}

/** renewDeadline and retryPeriod, and a second for what was on its way. */
const beliefLimitMs = 13_000;
const writes = new Set(['create', 'update', 'patch', 'delete']);

interface Believer {
  readonly lease: string;
  /** Set when another one was elected. */
  successor: string | undefined;
  /** Running time since then. */
  ranMs: number;
  /** Since when it runs; undefined while it is frozen. */
  runsSinceMs: number | undefined;
}

export function deposedLeadersStop(): Checker {
  const believers = new Map<string, Believer>();
  const frozen = new Set<string>();
  /** Requests on their way from somebody who was deposed. */
  const sent = new Map<number, string>();
  const received = new Map<number, { readonly place: string; readonly verb: string; readonly resource: string }>();
  const ranFor = (each: Believer, nowMs: number): number => each.ranMs + (each.runsSinceMs === undefined ? 0 : nowMs - each.runsSinceMs);
  const stop = (place: string): void => {
    believers.delete(place);
  };
  return {
    name: 'a deposed leader stops acting',
    sees: ['lease.acquired', 'lease.lost', 'process.exited', 'process.frozen', 'process.thawed', 'machine.off', 'net.message', 'apiserver.received', 'apiserver.responded'],
    see(event: TraceEvent) {
      const data = event.data as KernelEvent | ClientEvent | ApiserverEvent | MessageEvent;
      const here = `${event.machine}/${event.process}`;
      switch (data.type) {
        case 'net.message': {
          const from = `${data.from.machine}/${data.from.process}`;
          if (believers.get(from)?.successor !== undefined && (data.body as { readonly kind?: string } | undefined)?.kind === 'request') sent.set(event.id, from);
          return undefined;
        }
        case 'apiserver.received': {
          const place = sent.get(event.cause);
          if (place === undefined) return undefined;
          sent.delete(event.cause);
          received.set(event.id, { place, verb: data.verb, resource: data.resource });
          return undefined;
        }
        case 'apiserver.responded': {
          const request = received.get(data.request);
          if (request === undefined) return undefined;
          received.delete(data.request);
          const believer = believers.get(request.place);
          if (believer?.successor === undefined || data.code >= 300 || !writes.has(request.verb) || /^(leases|events)\b/.test(request.resource)) return undefined;
          const ranMs = ranFor(believer, event.atMs);
          return ranMs > beliefLimitMs ? `${request.place} still does ${request.verb} ${request.resource}, ${ranMs.toFixed(0)} ms of its own time after ${believer.successor} had taken ${believer.lease}` : undefined;
        }
        case 'lease.acquired': {
          for (const [place, each] of believers) {
            if (place === here || each.lease !== data.lease || each.successor !== undefined) continue;
            each.successor = here;
            each.ranMs = 0;
            each.runsSinceMs = frozen.has(place) ? undefined : event.atMs;
          }
          believers.set(here, { lease: data.lease, successor: undefined, ranMs: 0, runsSinceMs: event.atMs });
          return undefined;
        }
        case 'lease.lost': {
          const believer = believers.get(here);
          if (believer === undefined) return undefined;
          if (believer.successor === undefined) {
            // It knows by itself that its time is over: from now on nothing may come but what is on its way.
            believer.successor = 'nobody yet';
            believer.ranMs = 0;
            believer.runsSinceMs = event.atMs;
            return undefined;
          }
          const ranMs = ranFor(believer, event.atMs);
          return ranMs > beliefLimitMs ? `${here} believed in ${believer.lease} for ${ranMs.toFixed(0)} ms of its own time after ${believer.successor} had taken it` : undefined;
        }
        case 'process.exited':
          frozen.delete(`${event.machine}/${data.name}`);
          stop(`${event.machine}/${data.name}`);
          return undefined;
        case 'machine.off':
          for (const place of [...believers.keys(), ...frozen]) {
            if (!place.startsWith(`${data.name}/`)) continue;
            stop(place);
            frozen.delete(place);
          }
          return undefined;
        case 'process.frozen': {
          const place = `${event.machine}/${data.name}`;
          frozen.add(place);
          const believer = believers.get(place);
          if (believer?.runsSinceMs === undefined) return undefined;
          believer.ranMs += event.atMs - believer.runsSinceMs;
          believer.runsSinceMs = undefined;
          return undefined;
        }
        case 'process.thawed': {
          const place = `${event.machine}/${data.name}`;
          frozen.delete(place);
          const believer = believers.get(place);
          if (believer === undefined) return undefined;
          // What it may have been counting when it was frozen it counts from the beginning.
          believer.ranMs = 0;
          believer.runsSinceMs = event.atMs;
          return undefined;
        }
        default:
          return undefined;
      }
    },
  };
}
