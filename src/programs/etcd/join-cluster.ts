// A member that joins an existing cluster asks those that are in it who they are: under which cluster id, and as which member it is expected itself.
// As etcd's GetClusterFromRemotePeers and ValidateClusterAndAssignIDs.
import type { Host } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { PeerMembers, PeerMembersQuestion } from '../../wire/raft-peer.ts';
import { clientHandshake } from '../../wire/tls-handshake.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import type { EtcdConfig } from './config.ts';
import { parseInitialCluster } from './membership.ts';
import type { MemberInfo } from './request.ts';

export interface JoinedCluster {
  readonly clusterId: string;
  readonly memberId: string;
  readonly members: readonly MemberInfo[];
}

/** Throws a plain Error in etcd's words when nobody answers, or the cluster does not expect this member. */
export function* askCluster(host: Host, config: EtcdConfig, tls: TlsIdentity | undefined): Task<JoinedCluster> {
  const expected = parseInitialCluster(config.initialCluster, config.token);
  const own = [...config.initialAdvertisePeerUrls].sort().join();
  for (const url of expected.flatMap((each) => each.peerUrls)) {
    if (config.initialAdvertisePeerUrls.includes(url)) continue;
    const answer = yield* ask(host, url, tls);
    if (answer === undefined) continue;
    const members = answer.members as readonly MemberInfo[];
    if (members.length !== expected.length) throw new Error('error validating peerURLs: member count is unequal');
    const self = members.find((each) => [...each.peerUrls].sort().join() === own);
    if (self === undefined) throw new Error(`error validating peerURLs: unmatched member while checking PeerURLs`);
    return { clusterId: answer.clusterId, memberId: self.id, members: members.map((each) => ({ ...each, name: each.name === '' ? (expected.find((known) => known.peerUrls.join() === each.peerUrls.join())?.name ?? '') : each.name })) };
  }
  throw new Error('cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs');
}

function* ask(host: Host, url: string, tls: TlsIdentity | undefined): Task<PeerMembers | undefined> {
  const address = url.replace(/^https?:\/\//, '');
  let connection;
  try {
    connection = yield* host.network.dial(address, { family: 'raft', timeoutMs: 2000 });
    if (tls !== undefined) yield* clientHandshake(host, connection, tls, address.slice(0, address.lastIndexOf(':')));
    connection.send({ kind: 'members' } satisfies PeerMembersQuestion, 'who are the members?');
    const answer = (yield* connection.receive(2000)) as PeerMembers | undefined;
    return answer?.kind === 'members' ? answer : undefined;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return undefined;
  } finally {
    connection?.close();
  }
}
