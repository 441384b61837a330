// A group under a bad network: messages are lost, doubled, late; members crash and come back with what was on their disks; some join, leave, are
// promoted and demoted, one by one and several at once.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConfChange, ConfChangeEntry } from './confchange/conf-change.ts';
import type { ConfState, Entry, HardState, RaftMessage, Snapshot } from './message.ts';
import { RaftNode } from './node.ts';

interface Member {
  node: RaftNode;
  hard: HardState | undefined;
  entries: Entry[];
  snapshot: Snapshot;
  applied: string[];
  /** After the last applied entry. */
  conf: ConfState;
  up: boolean;
}

function playRun(seed: number, size: number, spare: number): void {
  let state = seed >>> 0;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const ids = Array.from({ length: size + spare }, (_, i) => `m${i + 1}`);
  const founders = ids.slice(0, size);
  // Whoever joins later starts from an empty log, and so from the membership that the log began with.
  const firstConf: ConfState = { voters: founders, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const leaders = new Map<number, string>();
  const agreed: string[] = []; // by index: term and data
  const start = (id: string, member?: Member): RaftNode =>
    new RaftNode(
      {
        id, electionTicks: 10, heartbeatTicks: 1, random: below, maxInflightMessages: 4, maxEntriesPerMessage: 3,
        snapshot: () => {
          const it = members.get(id) as Member;
          const index = it.node.status.applied;
          // Ahead of the count of Raft within an apply: no snapshot now.
          if (index !== it.applied.length || it.node.termOf(index) === undefined) return undefined;
          return { index, term: it.node.termOf(index) as number, conf: it.conf, data: it.applied.slice(0, index) };
        },
      },
      member === undefined ? { conf: firstConf } : { ...(member.hard === undefined ? {} : { hardState: member.hard }), snapshot: member.snapshot, conf: member.snapshot.conf, entries: member.entries },
    );
  const members = new Map<string, Member>(ids.map((id) => [id, { node: start(id), hard: undefined, entries: [], snapshot: { index: 0, term: 0, conf: firstConf, data: [] }, applied: [], conf: firstConf, up: true }]));
  const wire: RaftMessage[] = [];

  const settle = (id: string, member: Member): void => {
    const ready = member.node.ready();
    if (ready === undefined) return;
    wire.push(...ready.messages);
    if (below(200) === 0) {
      // The power goes before the disk has it.
      member.up = false;
      return;
    }
    if (ready.snapshot !== undefined) {
      member.snapshot = ready.snapshot;
      member.entries = [];
      member.applied = [...(ready.snapshot.data as string[])];
      member.conf = ready.snapshot.conf;
    }
    if (ready.hardState !== undefined) member.hard = ready.hardState;
    if (ready.entries.length > 0) member.entries = [...member.entries.filter((entry) => entry.index < (ready.entries[0] as Entry).index), ...ready.entries];
    wire.push(...ready.responses);
    for (const entry of ready.committedEntries) {
      const text = `${entry.term}:${entry.type === 'conf-change' ? JSON.stringify(entry.data) : String(entry.data)}`;
      expect(entry.index).toBe(member.applied.length + 1);
      if (agreed[entry.index] !== undefined) expect(text, `committed entry ${entry.index} changed`).toBe(agreed[entry.index]);
      agreed[entry.index] = text;
      member.applied.push(text);
      if (entry.type === 'conf-change') member.conf = member.node.applyConfChange(entry.data as ConfChangeEntry) ?? member.conf;
    }
    member.node.advance(ready);
    if (member.node.isLeader) {
      const known = leaders.get(member.node.term);
      expect(known === undefined || known === id, `two leaders in term ${member.node.term}`).toBe(true);
      leaders.set(member.node.term, id);
    }
    if (member.applied.length > 0 && below(60) === 0) {
      const { applied, firstIndex } = member.node.status;
      if (applied > firstIndex && applied <= (member.entries.at(-1)?.index ?? 0)) {
        member.snapshot = { index: applied, term: member.node.termOf(applied) as number, conf: member.conf, data: [...member.applied] };
        member.entries = member.entries.filter((entry) => entry.index > applied);
        member.node.compact(applied);
      }
    }
  };

  const restart = (id: string, member: Member): void => {
    member.node = start(id, member);
    member.applied = [...(member.snapshot.data as string[])];
    member.conf = member.snapshot.conf;
    member.up = true;
  };
  const drawChange = (): ConfChangeEntry => {
    const kinds = ['add-voter', 'add-learner', 'remove'] as const;
    const changes = Array.from({ length: 1 + below(3) }, (): ConfChange => ({ kind: kinds[below(3)] as ConfChange['kind'], member: ids[below(ids.length)] as string }));
    // Nothing leaves an explicit joint configuration but a second entry: now and then one is tried.
    return { changes: below(4) === 0 ? [] : changes, transition: (['auto', 'joint-implicit', 'joint-explicit'] as const)[below(3)] as ConfChangeEntry['transition'] };
  };

  let calm = false;
  for (let round = 0; round < 1500; round++) {
    calm = round > 1200;
    for (const [id, member] of members) {
      if (!member.up) {
        if (calm || below(20) === 0) {
          restart(id, member);
        }
        continue;
      }
      if (below(3) === 0) member.node.tick();
      if (!calm && below(12) === 0) member.node.propose(`${id}-${round}`);
      if (!calm && below(300) === 0) member.node.transferLeadership(ids[below(ids.length)] as string);
      if (!calm && spare > 0 && below(150) === 0) member.node.proposeConfChange(drawChange());
      for (let i = 0; i < 4; i++) settle(id, member);
      if (!calm && below(400) === 0) member.up = false;
    }
    for (let i = wire.length; i > 0; i--) {
      const at = calm ? 0 : below(wire.length);
      const m = wire[at] as RaftMessage;
      const fate = calm ? 9 : below(20);
      if (fate !== 1) wire.splice(at, 1); // 1: it will come again
      const isLost = fate === 0 || fate === 2;
      // What a host owes: to say how the sending of a snapshot went.
      if (m.type === 'MsgSnap') members.get(m.from)?.node.reportSnapshot(m.to, isLost);
      if (isLost) continue;
      const target = members.get(m.to);
      if (target?.up === true) target.node.step(m);
    }
  }
  for (let round = 0; round < 100; round++)
    for (const [id, member] of members) {
      if (!member.up) {
        restart(id, member);
      }
      member.node.tick();
      for (let i = 0; i < 4; i++) settle(id, member);
      for (const m of wire.splice(0)) {
        if (m.type === 'MsgSnap') members.get(m.from)?.node.reportSnapshot(m.to, false);
        members.get(m.to)?.node.step(m);
      }
    }
  // Whoever votes in the newest configuration has all but the last few entries.
  const newest = [...members.values()].sort((a, b) => b.applied.length - a.applied.length)[0] as Member;
  const voters = [...new Set([...newest.conf.voters, ...newest.conf.votersOutgoing])];
  expect(leaders.size).toBeGreaterThan(0);
  // A leader that was removed may go before a voter knows of it; that one then waits for a vote of somebody who has left. etcd has the same gap,
  // and its hosts hand leadership over first.
  if (voters.some((id) => JSON.stringify((members.get(id) as Member).conf) !== JSON.stringify(newest.conf))) return;
  for (const id of voters) expect(newest.applied.length - (members.get(id) as Member).applied.length, `${id} of ${voters.join()} is behind`).toBeLessThanOrEqual(3);
}

const numRuns = Number(process.env['RUNS'] ?? 30);
const timeoutMs = Math.max(60_000, numRuns * 1000);

test('one leader per term, and what is committed stays', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(1, 2, 3, 4, 5), (seed, size) => playRun(seed, size, 0)),
    { numRuns },
  );
}, timeoutMs);

test('the same while members come and go', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(1, 2, 3, 4), (seed, size) => playRun(seed, size, 2)),
    { numRuns },
  );
}, timeoutMs);
