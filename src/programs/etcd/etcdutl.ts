// etcdutl: works on etcd's files without a running server: `snapshot status` and `snapshot restore`. It is part of etcd, as its files are.
import { formatTime } from '../../api/meta/time.ts';
import { type Flags, parseFlags } from '../../client/flags.ts';
import type { Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { Snapshot } from '../../raft/message.ts';
import { clusterIdOf, parseInitialCluster } from './membership.ts';
import type { Revision, StoreSnapshot } from './mvcc/store.ts';
import type { ServerSnapshot } from './server-snapshot.ts';
import { type SavedSnapshot } from './snapshot-file.ts';
import { Wal } from './wal.ts';

class Failure extends Error {}

export const etcdutl: Program = {
  name: 'etcdutl',
  *main(host, args) {
    const words = (args[0] === 'etcdutl' ? args.slice(1) : args).map((word) => (word === '-w' ? '--write-out' : word));
    const flags = parseFlags(words, ['mark-compacted', 'skip-hash-check']);
    const [group, verb, path] = flags.positional;
    try {
      if (group === 'version') host.output.write('etcdutl version: 3.6.8\nAPI version: 3.6\n');
      else if (group === 'snapshot' && verb === 'status') status(host, flags, path);
      else if (group === 'snapshot' && verb === 'restore') yield* restore(host, flags, path);
      else throw new Failure(`unknown command ${JSON.stringify(verb ?? group ?? '')} for "etcdutl"`);
      return 0;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      host.output.error(`Error: ${error.message}\n`);
      return 1;
    }
  },
};

function absolute(host: Host, path: string): string {
  return path.startsWith('/') ? path : `${host.env['PWD'] ?? '/root'}/${path}`;
}

function read(host: Host, path: string | undefined): SavedSnapshot {
  if (path === undefined) throw new Failure('snapshot command requires exactly one argument');
  const file = host.disk.read(absolute(host, path)) as Partial<SavedSnapshot> | undefined;
  if (file === undefined) throw new Failure(`stat ${path}: no such file or directory`);
  if (typeof file !== 'object' || file.etcdSnapshot !== true) throw new Failure('invalid database');
  return file as SavedSnapshot;
}

function status(host: Host, flags: Flags, path: string | undefined): void {
  const file = read(host, path);
  // bbolt counts every stored version, not only what is there now.
  const keys = file.snapshot.store.records.reduce((sum, record) => sum + record.versions.length, 0);
  const cells = [file.hash.toString(16), String(file.snapshot.store.revision), String(keys), `${Math.round(file.sizeBytes / 1000)} kB`];
  if (flags.get('write-out') !== 'table') return host.output.write(`${cells.join(', ')}\n`);
  const header = ['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'];
  const widths = header.map((name, i) => Math.max(name.length, (cells[i] as string).length));
  const line = (left: string, middle: string, right: string): string => left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  const centre = (text: string, width: number): string => ' '.repeat((width - text.length) >> 1) + text + ' '.repeat((width - text.length + 1) >> 1);
  host.output.write(
    [line('┌', '┬', '┐'), `│ ${header.map((name, i) => centre(name, widths[i] as number)).join(' │ ')} │`, line('├', '┼', '┤'), `│ ${cells.map((cell, i) => cell.padStart(widths[i] as number)).join(' │ ')} │`, line('└', '┴', '┘'), ''].join('\n'),
  );
}

/** A data directory of a new cluster whose store is the snapshot's: the members begin with no memory of the old cluster. */
function* restore(host: Host, flags: Flags, path: string | undefined): Task<void> {
  const file = read(host, path);
  const name = flags.get('name') ?? 'default';
  const dataDir = flags.get('data-dir') ?? `${name}.etcd`;
  const folder = absolute(host, dataDir);
  if (host.disk.list(folder).length > 0) throw new Failure(`data-dir ${JSON.stringify(dataDir)} not empty or could not be read`);
  const token = flags.get('initial-cluster-token') ?? 'etcd-cluster';
  const peerUrls = flags.get('initial-advertise-peer-urls') ?? 'http://localhost:2380';
  const members = parseInitialCluster(flags.get('initial-cluster') ?? `${name}=${peerUrls}`, token);
  const self = members.find((each) => each.name === name);
  if (self === undefined) throw new Failure(`couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`);
  const clusterId = clusterIdOf(members.map((each) => each.id));
  const say = (where: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const pairs = Object.entries(fields).map(([key, value]) => `${JSON.stringify(key)}: ${Array.isArray(value) ? `[${value.map((each) => JSON.stringify(each)).join(', ')}]` : JSON.stringify(value)}`);
    host.output.error(`${formatTime(host.clock.wallMs())}\tinfo\t${where}\t${text}${pairs.length > 0 ? `\t{${pairs.join(', ')}}` : ''}\n`);
  };
  const places = { path, 'wal-dir': `${dataDir}/member/wal`, 'data-dir': dataDir, 'snap-dir': `${dataDir}/member/snap`, 'initial-memory-map-size': 10_737_418_240 };
  say('snapshot/v3_snapshot.go:265', 'restoring snapshot', places);
  say('membership/store.go:138', 'Trimming membership information from the backend...');
  let { store } = file.snapshot;
  const bump = flags.number('bump-revision', 0);
  if (bump > 0) {
    say('snapshot/v3_snapshot.go:356', 'bumping latest revision', { 'latest-revision': store.revision, 'bump-amount': bump, 'new-latest-revision': store.revision + bump });
    store = { ...store, revision: store.revision + bump };
  }
  if (flags.bool('mark-compacted')) {
    say('snapshot/v3_snapshot.go:373', 'marking revision compacted', { revision: store.revision });
    store = compacted(store);
  }
  for (const member of members)
    say('membership/cluster.go:421', 'added member', { 'cluster-id': clusterId, 'local-member-id': '0', 'added-peer-id': member.id, 'added-peer-peer-urls': member.peerUrls, 'added-peer-is-learner': false });
  const wal = new Wal(host, folder);
  wal.create({ memberId: self.id, clusterId });
  const index = members.length;
  wal.saveState({ term: 1, vote: '', commit: index });
  const conf = { voters: members.map((each) => each.id).sort(), learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const data: ServerSnapshot = { store, leases: file.snapshot.leases, members: members.map((member) => ({ ...member, name: '' })), removed: [], alarms: [], clusterVersion: '' };
  const snapshot: Snapshot = { index, term: 1, conf, data };
  yield* wal.saveSnapshot(snapshot, true, () => index + 1);
  say('snapshot/v3_snapshot.go:293', 'restored snapshot', places);
}

/** Nothing before the present revision can be asked for or watched: clients must list again. */
function compacted(store: StoreSnapshot): StoreSnapshot {
  const history: readonly Revision[] = [];
  const records = store.records
    .map((record) => ({ key: record.key, versions: record.versions.slice(-1).filter((version) => version.version > 0) }))
    .filter((record) => record.versions.length > 0);
  return { revision: store.revision, compacted: store.revision, records, history };
}
