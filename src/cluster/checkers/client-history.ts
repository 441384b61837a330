// What the judge's client was told, held against what etcd agreed upon.
import type { TraceEvent } from '../../kernel/world.ts';
import type { EtcdEvent } from '../../programs/etcd/events.ts';
import type { CheckerClientEvent } from '../checker-client.ts';
import type { Checker } from './checker.ts';
import { checkLinearizable, type Operation } from './linearizability.ts';

const prefix = '/registry/configmaps/default/';

interface Change {
  readonly revision: number;
  readonly name: string;
  readonly deleted: boolean;
  readonly value: string | undefined;
}

/** Every change of the client's ConfigMaps, in the order of revisions, as the first member applied it. */
class Agreed {
  readonly changes: Change[] = [];
  readonly byName = new Map<string, Change[]>();
  private revision = 0;

  see(data: EtcdEvent): void {
    if (data.type !== 'etcd.revision' || data.revision <= this.revision) return;
    this.revision = data.revision;
    for (const { key, value } of data.changes) {
      if (!key.startsWith(prefix)) continue;
      const name = key.slice(prefix.length);
      const change = { revision: data.revision, name, deleted: value === null, value: (value as { readonly data?: { readonly value?: string } } | null)?.data?.value };
      this.changes.push(change);
      const list = this.byName.get(name);
      if (list === undefined) this.byName.set(name, [change]);
      else list.push(change);
    }
  }

  /** The last change of an object at or before a revision. */
  at(name: string, revision: number): Change | undefined {
    const list = this.byName.get(name) ?? [];
    for (let n = list.length - 1; n >= 0; n--) if ((list[n] as Change).revision <= revision) return list[n];
    return undefined;
  }

  /** Place in `changes` of the first one after a revision. */
  after(revision: number): number {
    let at = this.changes.length;
    while (at > 0 && (this.changes[at - 1] as Change).revision > revision) at--;
    return at;
  }
}

/**
 * The answers of all API servers together are those of one register per object (Wing & Gong over the whole run). What is plainly stale, an object
 * older than one that was answered before the call, is told at once: the search at the end would find it, too, but needs minutes and gigabytes to
 * try all orders in vain when many calls were never answered.
 */
export function operationsAreLinearizable(): Checker {
  const open = new Map<number, { readonly key: string; readonly call: Operation['call']; readonly calledMs: number; readonly known: number }>();
  /** The newest revision that was answered, by key. */
  const newest = new Map<string, number>();
  let isStale = false;
  const agreed = new Agreed();
  const storedOf = (key: string): ReadonlySet<string> => new Set((agreed.byName.get(`register-${key}`) ?? []).flatMap(({ value }) => (value === undefined ? [] : [value])));
  const histories = new Map<string, Operation[]>();
  const add = (key: string, operation: Operation): void => {
    const list = histories.get(key);
    if (list === undefined) histories.set(key, [operation]);
    else list.push(operation);
  };
  return {
    name: 'reads and writes are linearisable',
    sees: ['etcd.revision', 'checker.called', 'checker.answered', 'checker.violation'],
    see(event) {
      const data = event.data as EtcdEvent | CheckerClientEvent;
      if (data.type === 'etcd.revision') agreed.see(data);
      if (data.type === 'checker.violation') return data.text;
      if (data.type === 'checker.called') open.set(data.id, { key: data.key, call: data.call, calledMs: event.atMs, known: newest.get(data.key) ?? 0 });
      if (data.type === 'checker.answered') {
        const called = open.get(data.id);
        if (called === undefined) return undefined;
        open.delete(data.id);
        const { answer } = data;
        if (answer !== undefined) add(called.key, { call: called.call, answer, calledMs: called.calledMs, returnedMs: answer === 'unknown' ? Infinity : event.atMs });
        const { revision } = data;
        if (revision === undefined) return undefined;
        newest.set(called.key, Math.max(newest.get(called.key) ?? 0, revision));
        if (revision >= called.known) return undefined;
        isStale = true;
        return `${JSON.stringify(called.call)} about ${called.key}, called at ${called.calledMs.toFixed(3)} ms when revision ${called.known} had been answered, was answered revision ${revision}`;
      }
      return undefined;
    },
    finish() {
      if (isStale) return undefined;
      for (const { key, call, calledMs } of open.values()) add(key, { call, answer: 'unknown', calledMs, returnedMs: Infinity });
      for (const [key, history] of histories) {
        const stored = storedOf(key);
        if (!checkLinearizable(history, null, stored).ok) return `no order of its ${history.length} operations was found that explains the answers about ${key}: ${firstBreak(history, stored)}`;
      }
      return undefined;
    },
  };
}

/** The shortest beginning that has no explanation: its last answer is the impossible one. */
function firstBreak(history: readonly Operation[], stored: ReadonlySet<string>): string {
  const ordered = [...history].sort((a, b) => a.calledMs - b.calledMs);
  const until = (ms: number): Operation[] => ordered.filter((each) => each.calledMs <= ms).map((each) => (each.returnedMs <= ms ? each : { ...each, answer: 'unknown' as const, returnedMs: Infinity }));
  const moments = [...new Set(ordered.map((each) => each.returnedMs))].filter((ms) => ms !== Infinity).sort((a, b) => a - b);
  let low = 0;
  let high = moments.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (checkLinearizable(until(moments[middle] as number), null, stored).ok) low = middle + 1;
    else high = middle;
  }
  const last = ordered.find((each) => each.returnedMs === moments[low]);
  return last === undefined ? 'somewhere' : `${JSON.stringify(last.call)} called at ${last.calledMs.toFixed(3)} ms was answered ${JSON.stringify(last.answer)} at ${last.returnedMs.toFixed(3)} ms`;
}

/** An answer's object is what was agreed upon as that revision; in a list, it is the newest at the list's revision. */
export function answersAreCommitted(): Checker {
  const agreed = new Agreed();
  return {
    name: 'what is answered was agreed upon',
    sees: ['etcd.revision', 'checker.answered'],
    see(event) {
      const data = event.data as EtcdEvent | CheckerClientEvent;
      if (data.type === 'etcd.revision') agreed.see(data);
      if (data.type !== 'checker.answered') return undefined;
      const name = `register-${data.key}`;
      if (data.revision !== undefined) {
        const change = agreed.at(name, data.revision);
        if (change?.revision !== data.revision || change.deleted) return `${name} was answered at revision ${data.revision}, at which it did not change`;
        if (change.value !== data.value) return `${name} at revision ${data.revision} is "${change.value}" and was answered as "${data.value}"`;
      }
      if (data.atRevision === undefined) return undefined;
      const newest = agreed.at(name, data.atRevision);
      const wanted = newest === undefined || newest.deleted ? undefined : newest.revision;
      return wanted === data.revision ? undefined : `a list at revision ${data.atRevision} holds ${name} at revision ${data.revision ?? 'none'}, not ${wanted ?? 'none'}`;
    },
  };
}

/**
 * Every watcher is told every change after the revision it began at, once, in the order of revisions, also through breaks after which it
 * goes on from the last revision it knows; a bookmark says that nothing before it is outstanding. Only a list (at the beginning, or after
 * "410 Gone") may leave changes out.
 */
export function watchersMissNothing(): Checker {
  const agreed = new Agreed();
  const places = new Map<string, { next: number; revision: number }>();
  return {
    name: 'every watcher sees every revision once, in order',
    sees: ['etcd.revision', 'checker.watched'],
    see(event: TraceEvent) {
      const data = event.data as EtcdEvent | CheckerClientEvent;
      if (data.type === 'etcd.revision') agreed.see(data);
      if (data.type !== 'checker.watched') return undefined;
      const { watcher, what, revision, name } = data;
      const place = places.get(watcher);
      if (what === 'listed') {
        places.set(watcher, { next: agreed.after(revision), revision });
        return place !== undefined && revision < place.revision ? `watcher ${watcher} was at revision ${place.revision} and was given a list of ${revision}` : undefined;
      }
      if (place === undefined) return `watcher ${watcher} was told of revision ${revision} before it had a list`;
      const next = agreed.changes[place.next];
      if (what === 'BOOKMARK') {
        if (revision < place.revision) return `watcher ${watcher} was at revision ${place.revision} and got a bookmark of ${revision}`;
        place.revision = revision;
        if (next === undefined || next.revision > revision) return undefined;
        place.next = agreed.after(revision);
        return `watcher ${watcher} got a bookmark of revision ${revision} but was never told of ${next.name} at ${next.revision}`;
      }
      if (next !== undefined && next.revision === revision && next.name === name && next.deleted === (what === 'DELETED')) {
        place.next++;
        place.revision = revision;
        return undefined;
      }
      const before = place.revision;
      place.next = agreed.after(revision);
      place.revision = revision;
      if (revision <= before) return `watcher ${watcher} was told of ${what} ${name} at revision ${revision} after ${before}`;
      return `watcher ${watcher} was told of ${what} ${name} at revision ${revision}; what follows ${before} is ${next === undefined ? 'nothing' : `${next.name} at ${next.revision}`}`;
    },
  };
}
