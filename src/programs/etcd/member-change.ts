// Changes of membership as clients ask for them, with what etcd checks before it proposes one (--strict-reconfig-check).
import type { Task } from '../../kernel/task.ts';
import { memberIdOf } from './membership.ts';
import { errors, Refusal } from './refusal.ts';
import type { MemberInfo } from './request.ts';
import type { EtcdServer } from './server.ts';

/** Members must have been heard of for so long before anybody is added: etcd's HealthInterval. */
const healthyMs = 5000;

export function* addMember(server: EtcdServer, request: { readonly peerUrls: readonly string[]; readonly isLearner?: boolean }): Task<unknown> {
  const { membership, config } = server;
  const isLearner = request.isLearner === true;
  if (config.strictReconfigCheck) {
    if (!isLearner && !membership.isReadyToAddVoter()) throw new Refusal(errors.unstarted);
    if (!isConnectedFully(server)) throw new Refusal(errors.unhealthy);
  }
  const members = membership.list();
  if (members.some((each) => each.peerUrls.some((url) => request.peerUrls.includes(url)))) throw new Refusal(errors.peerUrlExists);
  if (isLearner && members.filter((each) => each.isLearner).length >= config.maxLearners) throw new Refusal(errors.tooManyLearners);
  const id = memberIdOf(request.peerUrls, config.token, Math.floor(server.host.clock.wallMs() / 1000));
  const member: MemberInfo = { id, name: '', peerUrls: request.peerUrls, clientUrls: [], isLearner };
  return yield* server.changeMembers({ changes: [{ kind: isLearner ? 'add-learner' : 'add-voter', member: id }], transition: 'auto' }, { change: 'add', member });
}

/** This member hears from all other voters, and has for a while. */
function isConnectedFully(server: EtcdServer): boolean {
  const nowMs = server.host.clock.nowMs();
  return server.membership.voters().every((each) => {
    if (each.id === server.id) return true;
    const sinceMs = server.peers.activeSinceMs(each.id);
    return sinceMs !== undefined && sinceMs <= nowMs - healthyMs;
  });
}

export function* removeMember(server: EtcdServer, id: string): Task<unknown> {
  const { membership } = server;
  const member = membership.get(id);
  if (member === undefined) throw new Refusal(errors.memberNotFound);
  if (server.config.strictReconfigCheck && !member.isLearner) {
    if (!membership.isReadyToRemoveVoter(id)) throw new Refusal(errors.unstarted);
    // One that is down is no part of the active majority; one that is up may only go if the rest is still one.
    const isDown = id !== server.id && !server.peers.isActive(id);
    const voters = membership.voters();
    const active = voters.filter((each) => each.id === server.id || server.peers.isActive(each.id)).length;
    if (!isDown && active - 1 < 1 + Math.floor((voters.length - 1) / 2)) throw new Refusal(errors.unhealthy);
  }
  return yield* server.changeMembers({ changes: [{ kind: 'remove', member: id }], transition: 'auto' }, { change: 'remove', member });
}

export function* promoteMember(server: EtcdServer, id: string): Task<unknown> {
  const { membership } = server;
  const member = membership.get(id);
  if (member === undefined) throw new Refusal(errors.memberNotFound);
  if (!member.isLearner) throw new Refusal(errors.notLearner);
  if (server.config.strictReconfigCheck && !membership.isReadyToPromote(id)) throw new Refusal(errors.learnerNotReady);
  // Only the leader knows how far the learner is.
  const ready = server.isLeader ? server.isCaughtUp(id) : ((yield* server.peers.ask(server.leader, { isCaughtUp: id }, 2000)) as { readonly ready: boolean } | undefined)?.ready;
  if (ready === undefined) throw new Refusal(errors.noLeader);
  if (!ready) throw new Refusal(errors.learnerNotReady);
  return yield* server.changeMembers({ changes: [{ kind: 'add-voter', member: id }], transition: 'auto' }, { change: 'promote', member });
}

export function* updateMember(server: EtcdServer, id: string, peerUrls: readonly string[]): Task<unknown> {
  const { membership } = server;
  const member = membership.get(id);
  if (member === undefined) throw new Refusal(errors.memberNotFound);
  if (membership.list().some((each) => each.id !== id && each.peerUrls.some((url) => peerUrls.includes(url)))) throw new Refusal(errors.peerUrlExists);
  const kind = member.isLearner ? 'add-learner' : 'add-voter';
  return yield* server.changeMembers({ changes: [{ kind, member: id }], transition: 'auto' }, { change: 'update', member: { ...member, peerUrls } });
}
