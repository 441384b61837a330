// Mistakes of a store and of its consensus, put into a right member from outside.
import type { Disk, Host, Network, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { createEtcd, etcd } from '../../programs/etcd/main.ts';
import type { EtcdServer } from '../../programs/etcd/server.ts';
import type { Wal } from '../../programs/etcd/wal.ts';
import type { RaftCore } from '../../raft/core.ts';
import { message, type Entry } from '../../raft/message.ts';

/** What a surgeon reaches in a member that nobody else may touch. */
const walOf = (server: EtcdServer): Wal => (server as unknown as { readonly replica: { readonly wal: Wal } }).replica.wal;
const raftOf = (server: EtcdServer): RaftCore => (server.node as unknown as { readonly raft: RaftCore }).raft;

/** It forgets whom it voted for when it is asked again. */
export const votesTwice: Program = createEtcd((server) => {
  const raft = raftOf(server);
  const step = server.node.step.bind(server.node);
  server.node.step = (m) => {
    if (m.type === 'MsgVote' && m.term === raft.term && raft.role === 'follower' && raft.leader === '') raft.vote = '';
    step(m);
  };
});

/** Its vote never reaches the disk: after a restart it has given none. */
export const forgetsItsVote: Program = createEtcd((server) => {
  const wal = walOf(server);
  const save = wal.saveState.bind(wal);
  wal.saveState = (state) => save({ ...state, vote: '' });
});

/** What a leader says comes before its entries is not compared with what is there. */
export const skipsTheLogCheck: Program = createEtcd((server) => {
  const { log } = raftOf(server);
  const append = log.maybeAppend.bind(log);
  log.maybeAppend = (index, term, committed, entries) => append(index, log.term(index) ?? term, committed, entries);
});

/** Whoever leads answers reads without asking anybody whether it still does. */
export const readsWithoutAQuorum: Program = createEtcd((server) => {
  const { node } = server;
  const raft = raftOf(server);
  const isSure = (): boolean => raft.role === 'leader' && raft.hasCommittedInTerm;
  const ask = node.readIndex.bind(node);
  node.readIndex = (context) => {
    if (!isSure()) return ask(context);
    raft.readStates.push({ index: raft.log.committed, context });
    return true;
  };
  const step = node.step.bind(node);
  node.step = (m) => {
    if (m.type !== 'MsgReadIndex' || !isSure()) return step(m);
    raft.send(message('MsgReadIndexResp', m.from, { index: raft.log.committed, ...(m.context === undefined ? {} : { context: m.context }) }));
  };
});

/** A leader commits whatever a majority has, of whatever term (figure 8 of the Raft paper). Entries travel one by one, as over a slow wire. */
export const commitsByCounting: Program = createEtcd((server) => {
  const raft = raftOf(server);
  (raft.options as { maxEntriesPerMessage?: number }).maxEntriesPerMessage = 1;
  const { log } = raft;
  log.maybeCommit = (index) => {
    if (index <= log.committed || log.term(index) === undefined) return false;
    log.commitTo(index);
    return true;
  };
});

/** Every member answers reads from what it happens to have. */
export const readsLocally: Program = createEtcd((server) => {
  server.awaitReadIndex = function* () {
    // Nothing to wait for, it thinks.
  };
});

/** What is on the own disk is applied and answered, before a majority has it. */
export const appliesBeforeCommit: Program = createEtcd((server) => {
  const wal = walOf(server);
  const save = wal.saveEntries.bind(wal);
  const apply = server.apply.bind(server);
  const early = new Map<number, number>();
  const applyEarly = (entry: Entry): void => {
    if (entry.type !== 'normal' || entry.index <= server.applied) return;
    early.set(entry.index, entry.term);
    apply(entry, false);
  };
  wal.saveEntries = (entries) => {
    save(entries);
    for (const entry of entries) applyEarly(entry);
  };
  server.apply = (entry, silent) => {
    if (early.get(entry.index) !== entry.term) apply(entry, silent);
  };
});

/** A snapshot leaves the leases out. */
export const snapshotLosesLeases: Program = createEtcd((server) => {
  server.lessor.snapshot = () => [];
});

/** Whoever watches a member is not told of what that member got by a snapshot. */
export const watchesSkipAfterRestore: Program = createEtcd((server) => {
  server.watches.resync = () => {
    // Nobody is told of what came with the snapshot.
  };
});

function withDisk(host: Host, disk: Disk): Host {
  return Object.defineProperties(Object.create(host) as Host, { disk: { value: disk } });
}

function delegate(disk: Disk, changes: Partial<Disk>): Disk {
  return Object.assign(Object.create(disk) as Disk, changes);
}

/** It answers before the disk has it. */
export const acknowledgesBeforeSync: Program = {
  name: 'etcd',
  main(host, args) {
    const { disk } = host;
    const sync = function* (path: string): Task<void> {
      host.tasks.spawn('late sync', lateSync(host, path));
    };
    return etcd.main(withDisk(host, delegate(disk, { sync })), args);
  },
};

function* lateSync(host: Host, path: string): Task<void> {
  yield* host.clock.sleep(2000);
  yield* host.disk.sync(path);
}

/** An empty disk is put under a member that keeps its name and id, and nobody is asked whether that may be. */
export const reusesItsId: Program = {
  name: 'etcd',
  main(host, args) {
    for (const path of host.disk.list('/var/lib/etcd')) host.disk.remove(path);
    let mayAsk = false;
    const { network } = host;
    const dial: Network['dial'] = function* (address, options) {
      if (!mayAsk) throw new NetworkError('ECONNREFUSED', `dial tcp ${address}: connect: connection refused`);
      return yield* network.dial(address, options);
    };
    const deaf = Object.assign(Object.create(network) as Network, { dial });
    const program = createEtcd(() => {
      mayAsk = true;
    });
    return program.main(Object.defineProperties(Object.create(host) as Host, { network: { value: deaf } }), args);
  },
};

/** At every start the last record of the log is thought to be torn. */
export const cutsItsLogAtStart: Program = {
  name: 'etcd',
  main(host, args) {
    const path = host.disk.list('/var/lib/etcd/member/wal').at(-1);
    if (path !== undefined) {
      const records = host.disk.readLog(path);
      if (records.length > 4) host.disk.rewriteLog(path, records.length - 3, []);
    }
    return etcd.main(host, args);
  },
};
