// etcdutl: works on etcd's files without a running server: `snapshot status` and `snapshot restore`. It is part of etcd, as its files are.
import { formatTime } from '../../api/meta/time.ts';
import { type Flags, parseFlags } from '../../client/flags.ts';
import { drawTable, humanBytes } from '../../client/table.ts';
import type { Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { Snapshot } from '../../raft/message.ts';
import { Fatal } from './fatal.ts';
import { clusterIdOf, parseInitialCluster, sameUrls } from './membership.ts';
import { backendBytes, MvccStore, type Revision, type StoreSnapshot } from './mvcc/store.ts';
import type { ServerSnapshot } from './server-snapshot.ts';
import { readSnapshot, type SavedSnapshot } from './snapshot-file.ts';
import { serverVersion } from './version.ts';
import { Wal } from './wal.ts';
import { weigh } from './weight.ts';

class Failure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What the buckets `meta` (consistent index, term, configuration, two of compaction) and `cluster` (version, downgrade) hold. */
const otherKeys = 7;

const commands: Readonly<Record<string, (host: Host, flags: Flags, args: readonly string[]) => Task<void>>> = {
  version: function* (host) {
    host.output.write(`etcdutl version: ${serverVersion}\nAPI version: ${serverVersion.replace(/\.\d+$/, '')}\n`);
  },
  'snapshot status': status, 'snapshot restore': restore, hashkv, defrag,
};

export const etcdutl: Program = {
  name: 'etcdutl',
  *main(host, args) {
    const words = (args[0] === 'etcdutl' ? args.slice(1) : args).map((word) => (word === '-w' ? '--write-out' : word.startsWith('-w=') ? `--write-out=${word.slice(3)}` : word));
    const flags = parseFlags(words, ['mark-compacted', 'skip-hash-check']);
    const [first = '', second = ''] = flags.positional;
    const name = first === 'snapshot' ? `snapshot ${second}`.trim() : first;
    try {
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (command === undefined) throw new Failure(`unknown command ${JSON.stringify(first === 'snapshot' ? second : first)} for "etcdutl${first === 'snapshot' ? ' snapshot' : ''}"`);
      yield* command(host, flags, flags.positional.slice(name.split(' ').length));
      return 0;
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof Fatal)) throw error;
      host.output.error(`Error: ${error instanceof Fatal ? error.reason : error.message}\n`);
      return error instanceof Failure ? error.exitCode : 1;
    }
  },
};

function absolute(host: Host, path: string): string {
  return path.startsWith('/') ? path : `${host.env['PWD'] ?? '/root'}/${path}`;
}

/** A snapshot as `etcdctl snapshot save` writes it, or one that was copied out of a data directory, which has no hash for the whole. */
function read(host: Host, args: readonly string[], verb: string): { readonly state: ServerSnapshot; readonly sizeBytes: number; readonly hash: number; readonly hasHash: boolean } {
  const [path] = args;
  if (path === undefined || args.length > 1) throw new Failure(`snapshot ${verb} requires exactly one argument`, 128);
  const file = host.disk.read(absolute(host, path));
  if (file === undefined) throw new Failure(`${verb === 'status' ? 'stat' : 'open'} ${path}: no such file or directory`);
  const saved = file as Partial<SavedSnapshot>;
  if (typeof file === 'object' && saved.etcdSnapshot === true) return { state: saved.snapshot as ServerSnapshot, sizeBytes: saved.sizeBytes ?? 0, hash: saved.hash ?? 0, hasHash: true };
  const own = readSnapshot(file);
  if (own === undefined) throw new Failure('invalid database');
  const state = own.data as ServerSnapshot;
  return { state, sizeBytes: backendBytes(sizeOfStore(state.store)), hash: weigh(state).crc, hasHash: false };
}

function sizeOfStore(snapshot: StoreSnapshot): number {
  const store = new MvccStore();
  store.restore(snapshot);
  return store.inUseBytes;
}

function* status(host: Host, flags: Flags, args: readonly string[]): Task<void> {
  const { state, hash, sizeBytes } = read(host, args, 'status');
  // bbolt counts every stored version, and the members, leases and other buckets beside them.
  const keys = state.store.records.reduce((sum, record) => sum + record.versions.length, 0) + state.leases.length + state.members.length + otherKeys;
  const rows = [[hash.toString(16), String(state.store.revision), String(keys), humanBytes(sizeBytes)]];
  const output = flags.get('write-out') ?? 'simple';
  if (output === 'table') host.output.write(drawTable(['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'], rows));
  else if (output === 'json') host.output.write(`{"hash":${hash},"revision":${state.store.revision},"totalKey":${keys},"totalSize":${sizeBytes},"version":${JSON.stringify(state.clusterVersion)}}\n`);
  else if (output === 'fields') host.output.write(`"Hash" : ${hash}\n"Revision" : ${state.store.revision}\n"Keys" : ${keys}\n"Size" : ${sizeBytes}\n"Version" : ${JSON.stringify(state.clusterVersion)}\n`);
  else host.output.write(`${(rows[0] as string[]).join(', ')}\n`);
}

function* hashkv(host: Host, flags: Flags, args: readonly string[]): Task<void> {
  const store = new MvccStore();
  store.restore(read(host, args, 'hashkv').state.store);
  const revision = flags.number('rev', 0) || store.revision;
  host.output.write(`${store.hash(revision)}, ${revision}, ${store.compacted === 0 ? -1 : store.compacted}\n`);
}

/** Of a data directory whose member does not run. Files have no holes on these disks: nothing is gained, but what is there is checked. */
function* defrag(host: Host, flags: Flags): Task<void> {
  const dataDir = flags.get('data-dir') ?? '';
  if (dataDir === '') throw new Failure('required flag(s) "data-dir" not set');
  if (new Wal(host, absolute(host, dataDir)).recover() === undefined) throw new Failure(`Failed to defragment etcd data[${dataDir}] (stat ${dataDir}/member/snap/db: no such file or directory)`);
  host.output.write(`Finished defragmenting directory[${dataDir}]\n`);
}

/** A data directory of a new cluster whose store is the snapshot's: the members begin with no memory of the old cluster. */
function* restore(host: Host, flags: Flags, args: readonly string[]): Task<void> {
  const bump = flags.number('bump-revision', 0);
  if (bump > 0 !== flags.bool('mark-compacted')) throw new Failure('--mark-compacted required if --bump-revision > 0, disallowed otherwise', 128);
  const [path] = args;
  const file = read(host, args, 'restore');
  const name = flags.get('name') ?? 'default';
  const dataDir = flags.get('data-dir') ?? `${name}.etcd`;
  const folder = absolute(host, dataDir);
  if (host.disk.list(folder).length > 0) throw new Failure(`data-dir ${JSON.stringify(dataDir)} not empty or could not be read`);
  const token = flags.get('initial-cluster-token') ?? 'etcd-cluster';
  const peerUrls = flags.get('initial-advertise-peer-urls') ?? 'http://localhost:2380';
  const members = parseInitialCluster(flags.get('initial-cluster') ?? `${name}=${peerUrls}`, token);
  const self = members.find((each) => each.name === name);
  if (self === undefined) throw new Failure(`couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`);
  if (!sameUrls(self.peerUrls, peerUrls.split(','))) throw new Failure(`--initial-cluster has ${self.peerUrls.map((url) => `${name}=${url}`).join(',')} but missing from --initial-advertise-peer-urls=${peerUrls}`);
  if (!flags.bool('skip-hash-check')) {
    if (!file.hasHash) throw new Failure('snapshot missing hash but --skip-hash-check=false');
    const computed = weigh(file.state).crc;
    if (computed !== file.hash) throw new Failure(`expected sha256 ${file.hash.toString(16)}, got ${computed.toString(16)}`);
  }
  const clusterId = clusterIdOf(members.map((each) => each.id));
  const say = (where: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const pairs = Object.entries(fields).map(([key, value]) => `${JSON.stringify(key)}: ${Array.isArray(value) ? `[${value.map((each) => JSON.stringify(each)).join(', ')}]` : JSON.stringify(value)}`);
    host.output.error(`${formatTime(host.clock.wallMs())}\tinfo\t${where}\t${text}${pairs.length > 0 ? `\t{${pairs.join(', ')}}` : ''}\n`);
  };
  const places = { path, 'wal-dir': `${dataDir}/member/wal`, 'data-dir': dataDir, 'snap-dir': `${dataDir}/member/snap`, 'initial-memory-map-size': 10_737_418_240 };
  say('snapshot/v3_snapshot.go:265', 'restoring snapshot', places);
  say('membership/store.go:138', 'Trimming membership information from the backend...');
  let { store } = file.state;
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
  const data: ServerSnapshot = { store, leases: file.state.leases, members: members.map((member) => ({ ...member, name: '' })), removed: [], alarms: [], clusterVersion: '' };
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
