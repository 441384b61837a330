// What a member starts with: its data directory; or, without one, a new cluster that it founds with others, or one that exists and has added it.
import type { Host } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { computeConf, isJoint, type ConfChangeEntry } from '../../raft/confchange/conf-change.ts';
import { emptyConfState, type ConfState, type Entry, type HardState, type Snapshot } from '../../raft/message.ts';
import type { PeerMembers, PeerMembersQuestion } from '../../wire/raft-peer.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import type { EtcdConfig } from './config.ts';
import { Fatal } from './fatal.ts';
import { clusterIdOf, parseInitialCluster, sameUrls } from './membership.ts';
import { dialPeer } from './peers.ts';
import type { MemberChange, MemberInfo } from './request.ts';
import { Wal, type Recovered } from './wal.ts';

export interface Start {
  readonly wal: Wal;
  readonly id: string;
  readonly clusterId: string;
  readonly recovered: boolean;
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  readonly toldIndex: number;
  /** Of one that joins: whom to talk to until the leader's log tells. */
  readonly members: readonly MemberInfo[];
}

/** etcd gives remote members this long to say whether the cluster exists. */
const askTimeoutMs = 1000;
const discovery = 'discovery failed';

/** Throws Fatal when the member must not start. */
export function* bootstrap(host: Host, config: EtcdConfig, tls: TlsIdentity | undefined): Task<Start> {
  const wal = new Wal(host, config.dataDir);
  const recovered = wal.recover();
  if (recovered !== undefined) {
    const { memberId: id, clusterId } = recovered.metadata;
    const state = config.forceNewCluster ? forceNewCluster(host, wal, recovered, config) : recovered;
    return { wal, id, clusterId, recovered: true, hardState: state.hardState, entries: state.entries, snapshot: recovered.snapshot, toldIndex: recovered.toldIndex, members: [] };
  }
  const initial = parseInitialCluster(config.initialCluster, config.token);
  const own = initial.find((member) => member.name === config.name);
  if (own === undefined) throw new Fatal(discovery, `couldn't find local name ${JSON.stringify(config.name)} in the initial cluster configuration`);
  if (!sameUrls(own.peerUrls, config.initialAdvertisePeerUrls))
    throw new Fatal(discovery, `--initial-cluster has ${own.peerUrls.map((url) => `${own.name}=${url}`).join(',')} but missing from --initial-advertise-peer-urls=${config.initialAdvertisePeerUrls.join(',')}`);
  const others = initial.filter((member) => member !== own).flatMap((member) => member.peerUrls);
  const remote = yield* askOthers(host, others, tls);
  return config.initialClusterState === 'existing' ? join(wal, config, initial, remote) : found(wal, initial, own, remote);
}

/** A new cluster's log begins with its members, on every member alike, as etcd's does. */
function found(wal: Wal, initial: readonly MemberInfo[], own: MemberInfo, remote: PeerMembers | undefined): Start {
  const known = (remote?.members as readonly MemberInfo[] | undefined)?.find((member) => member.id === own.id);
  if (known !== undefined) refuseToStartAgain(known);
  const clusterId = clusterIdOf(initial.map((member) => member.id));
  wal.create({ memberId: own.id, clusterId });
  const ordered = [...initial].sort((a, b) => (a.id < b.id ? -1 : 1));
  const entries = ordered.map((member, i): Entry => changeEntry(i + 1, 1, 'add-voter', { change: 'add', member: { ...member, name: '' } }));
  const hardState = { term: 1, vote: '', commit: entries.length };
  wal.saveEntries(entries);
  wal.saveState(hardState);
  return { wal, id: own.id, clusterId, recovered: false, hardState, entries, snapshot: undefined, toldIndex: 0, members: [] };
}

function join(wal: Wal, config: EtcdConfig, initial: readonly MemberInfo[], remote: PeerMembers | undefined): Start {
  if (remote === undefined) throw new Fatal(discovery, 'cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs');
  const members = remote.members as readonly MemberInfo[];
  const text = `{ClusterID:${remote.clusterId} Members:[${members.map((member) => `&{ID:${member.id} PeerURLs:[${member.peerUrls.join(' ')}]}`).join(' ')}] RemovedMemberIDs:[]}`;
  if (members.length !== initial.length) throw new Fatal(discovery, `error validating peerURLs ${text}: member count is unequal`);
  const named = members.map((member): MemberInfo => {
    const match = initial.find((each) => sameUrls(each.peerUrls, member.peerUrls));
    if (match === undefined) throw new Fatal(discovery, `error validating peerURLs ${text}: unmatched member while checking PeerURLs`);
    return { ...member, name: member.name === '' ? match.name : member.name };
  });
  const own = named.find((member) => sameUrls(member.peerUrls, config.initialAdvertisePeerUrls)) as MemberInfo;
  refuseToStartAgain(own);
  wal.create({ memberId: own.id, clusterId: remote.clusterId });
  return { wal, id: own.id, clusterId: remote.clusterId, recovered: false, hardState: { term: 0, vote: '', commit: 0 }, entries: [], snapshot: undefined, toldIndex: 0, members: named };
}

/**
 * The others remember that this member ran: with an empty disk, under this id, it might vote twice or forget what it acknowledged. etcd asks this of
 * new clusters only; one that joins believes a peer that has not yet heard of its removal, and runs under its old id (etcd issue 9776, decision 0052).
 */
function refuseToStartAgain(own: MemberInfo): void {
  if (own.clientUrls.length > 0) throw new Fatal(discovery, `member ${own.id} has already been bootstrapped`);
}

/** After a disaster: whatever this member has is agreed upon, and it is alone from now on. Uncommitted entries go. */
function forceNewCluster(host: Host, wal: Wal, recovered: Recovered, config: EtcdConfig): { readonly hardState: HardState; readonly entries: readonly Entry[] } {
  const { hardState, snapshot, metadata } = recovered;
  const kept = recovered.entries.filter((entry) => entry.index <= hardState.commit);
  host.output.error(`{"level":"info","msg":"discarded uncommitted WAL entries","commit-index":${hardState.commit},"number-of-discarded-entries":${recovered.entries.length - kept.length}}\n`);
  let conf: ConfState = snapshot?.conf ?? emptyConfState;
  for (const entry of kept) {
    const next = entry.type === 'conf-change' ? computeConf(conf, entry.data as ConfChangeEntry) : undefined;
    if (next?.ok === true) ({ conf } = next);
  }
  let index = Math.max(hardState.commit, snapshot?.index ?? 0);
  const more: Entry[] = [];
  if (isJoint(conf)) more.push({ index: ++index, term: hardState.term, type: 'conf-change', data: { changes: [], transition: 'auto' } satisfies ConfChangeEntry });
  const own: MemberInfo = { id: metadata.memberId, name: config.name, peerUrls: config.initialAdvertisePeerUrls, clientUrls: config.advertiseClientUrls, isLearner: false };
  if (!conf.voters.includes(own.id)) more.push(changeEntry(++index, hardState.term, 'add-voter', { change: 'add', member: own }));
  for (const id of [...conf.voters, ...conf.learners]) if (id !== own.id) more.push(changeEntry(++index, hardState.term, 'remove', { change: 'remove', member: { ...own, id, name: '' } }));
  const forced = { ...hardState, commit: index };
  wal.saveEntries(more);
  wal.saveState(forced);
  return { hardState: forced, entries: [...kept, ...more] };
}

function changeEntry(index: number, term: number, kind: 'add-voter' | 'remove', change: Pick<MemberChange, 'change' | 'member'>): Entry {
  const context: MemberChange = { id: '', cause: 0, ...change };
  return { index, term, type: 'conf-change', data: { changes: [{ kind, member: change.member.id }], transition: 'auto', context } satisfies ConfChangeEntry };
}

/** What the first of the others says that answers; undefined when none does in time. */
function* askOthers(host: Host, urls: readonly string[], tls: TlsIdentity | undefined): Task<PeerMembers | undefined> {
  if (urls.length === 0) return undefined;
  const box = host.tasks.mailbox<PeerMembers | 'silent'>();
  for (const url of urls) host.tasks.spawn(`ask ${url}`, askOne(host, url, tls, (answer) => box.put(answer)));
  for (let silent = 0; silent < urls.length; ) {
    const answer = yield* box.take();
    if (answer === 'silent') silent++;
    else return answer;
  }
  return undefined;
}

function* askOne(host: Host, url: string, tls: TlsIdentity | undefined, tell: (answer: PeerMembers | 'silent') => void): Task<void> {
  try {
    const connection = yield* dialPeer(host, url, tls, askTimeoutMs);
    connection.send({ kind: 'members' } satisfies PeerMembersQuestion, 'members?');
    const answer = (yield* connection.receive(askTimeoutMs)) as PeerMembers | undefined;
    connection.close();
    tell(answer?.kind === 'members' ? answer : 'silent');
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    tell('silent');
  }
}
