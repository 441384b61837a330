// Agreement: members of the pure machine at a table (what Raft itself costs), and etcd's own puts (with wires, disks and RPCs).
import type { Entry, RaftMessage } from '../src/raft/message.ts';
import { RaftNode } from '../src/raft/node.ts';
import { createTestCluster } from '../src/programs/etcd/testing/cluster.ts';
import type { Task } from '../src/kernel/task.ts';

const proposals = 200_000;
const proposalsPerRound = 32;
const puts = 10_000;
const underWay = 32;

export function measureRaft(): Record<string, number> {
  return { raftCommitsPerSecond3: commits(3), raftCommitsPerSecond5: commits(5), etcdPutsPerSecond3: etcdPuts(3), etcdPutsPerSecond5: etcdPuts(5) };
}

function commits(members: number): number {
  const voters = Array.from({ length: members }, (_, n) => `m${n + 1}`);
  const conf = { voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  let dice = 1;
  const random = (below: number): number => (dice = (Math.imul(dice, 1_103_515_245) + 12_345) >>> 0) % below;
  const nodes = new Map(voters.map((id) => [id, new RaftNode({ id, electionTicks: 10, heartbeatTicks: 1, random, snapshot: () => undefined }, { conf })]));
  const applied = new Map(voters.map((id) => [id, 0]));
  /** Hands out messages until nobody has anything to say. */
  const settle = (): void => {
    let wire: RaftMessage[] = [];
    do {
      for (const m of wire.splice(0)) nodes.get(m.to)?.step(m);
      wire = [];
      for (const [id, node] of nodes) {
        for (let ready = node.ready(); ready !== undefined; ready = node.ready()) {
          wire.push(...ready.messages, ...ready.responses);
          applied.set(id, (applied.get(id) as number) + ready.committedEntries.filter(hasData).length);
          node.advance(ready);
        }
      }
    } while (wire.length > 0);
  };
  const leader = nodes.get('m1') as RaftNode;
  leader.campaign();
  settle();
  if (!leader.isLeader) throw new Error('nobody leads');
  const began = performance.now();
  for (let proposed = 0; proposed < proposals; ) {
    for (let n = 0; n < proposalsPerRound; n++) leader.propose(proposed++);
    settle();
  }
  const seconds = (performance.now() - began) / 1000;
  for (const [id, count] of applied) if (count !== proposals) throw new Error(`${id} applied ${count} of ${proposals}`);
  return proposals / seconds;
}

function hasData(entry: Entry): boolean {
  return entry.type === 'normal' && entry.data !== undefined && entry.data !== null;
}

function etcdPuts(members: number): number {
  const cluster = createTestCluster({ members, keepEvents: false });
  cluster.leader();
  const began = performance.now();
  cluster.run(function* (host, etcd) {
    let next = 0;
    const worker = function* (member: number): Task<void> {
      while (next < puts) yield* etcd.call(member, 'KV/Put', { key: `/bench/${next++}`, value: 'x' });
    };
    const workers = Array.from({ length: underWay }, (_, n) => host.tasks.spawn(`worker ${n}`, worker(n % members)));
    for (const one of workers) yield* one.join();
  }, 600_000);
  return puts / ((performance.now() - began) / 1000);
}
