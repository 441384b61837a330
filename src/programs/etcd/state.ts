// What the agreed log leads to, on every member alike: keys, leases, members, alarms. Applies entries, tells of them, and makes snapshots.
import type { Host } from '../../kernel/host.ts';
import type { ConfChangeEntry } from '../../raft/confchange/conf-change.ts';
import type { ConfState, Entry } from '../../raft/message.ts';
import type { ResponseHeader, RpcError } from '../../wire/etcd-rpc.ts';
import { Applier } from './apply.ts';
import type { EtcdEvent } from './events.ts';
import { Lessor } from './lessor.ts';
import { Membership } from './membership.ts';
import { MvccStore, type Revision } from './mvcc/store.ts';
import { errors, Refusal } from './refusal.ts';
import { grows, type MemberChange, type Proposal, type Request } from './request.ts';
import type { Alarm, AlarmType, ServerSnapshot } from './server-snapshot.ts';
import { WatchHub } from './watch.ts';

export interface Outcome {
  readonly response?: unknown;
  readonly error?: RpcError;
}

/** Who hears of what was applied. */
export interface StateListener {
  header(revision?: number): ResponseHeader;
  applyConfChange(entry: ConfChangeEntry): ConfState | undefined;
  settled(proposalId: string, outcome: Outcome): void;
  leasesChanged(): void;
  membersChanged(): void;
  selfRemoved(): void;
}

export class EtcdState {
  readonly store = new MvccStore();
  readonly lessor: Lessor;
  readonly membership = new Membership();
  readonly watches: WatchHub;
  readonly applier: Applier;
  /** Agreed upon by all members: `3.6.0`; '' until then. */
  clusterVersion = '';
  private alarmList: Alarm[] = [];
  /** The entry that is being applied. */
  private applying = 0;
  private readonly host: Host;
  private readonly memberName: string;
  private readonly memberId: string;
  private readonly listener: StateListener;

  constructor(host: Host, member: { readonly name: string; readonly id: string; readonly minLeaseSeconds: number }, listener: StateListener) {
    this.host = host;
    this.memberName = member.name;
    this.memberId = member.id;
    this.listener = listener;
    this.lessor = new Lessor(member.minLeaseSeconds);
    this.watches = new WatchHub(host, this.store);
    this.applier = new Applier(this.store, this.lessor, (revision) => listener.header(revision));
  }

  get alarms(): readonly Alarm[] {
    return this.alarmList;
  }
  hasAlarm(alarm: AlarmType): boolean {
    return this.alarmList.some((each) => each.alarm === alarm);
  }

  // ---------------------------------------------------------------- applying

  /** `silent`: it was applied and told before a restart. */
  apply(entry: Entry, silent: boolean): void {
    this.applying = entry.index;
    if (entry.type === 'conf-change') this.applyMemberChange(entry.data as ConfChangeEntry & { readonly context?: MemberChange }, silent);
    else if (entry.data !== undefined) this.applyProposal(entry.data as Proposal, silent);
  }

  private applyProposal(proposal: Proposal, silent: boolean): void {
    let outcome: Outcome;
    try {
      outcome = { response: this.execute(proposal.request, silent) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outcome = { error: error.error };
    }
    this.listener.settled(proposal.id, outcome);
    this.host.usage.cpuMs += 0.2;
  }

  private execute(request: Request, silent: boolean): unknown {
    if (this.alarmList.length > 0) this.refuseByAlarm(request);
    const { applier, store, lessor, host } = this;
    switch (request.kind) {
      case 'put':
      case 'delete':
      case 'txn': {
        try {
          return request.kind === 'put' ? applier.put(request.body) : request.kind === 'delete' ? applier.deleteRange(request.body) : applier.txn(request.body);
        } finally {
          this.endTransaction(silent);
        }
      }
      case 'compact':
        store.compact(request.body.revision);
        if (!silent) host.trace.emit<EtcdEvent>({ type: 'etcd.compacted', member: this.memberName, revision: request.body.revision });
        return { header: this.listener.header() };
      case 'lease-grant': {
        const lease = lessor.grant(request.id, request.ttlSeconds, host.clock.nowMs());
        this.listener.leasesChanged();
        return { header: this.listener.header(), id: lease.id, ttl: lease.ttlSeconds };
      }
      case 'lease-revoke': {
        if (request.expired && !silent && lessor.get(request.id) !== undefined) host.trace.emit<EtcdEvent>({ type: 'etcd.lease-expired', member: this.memberName, lease: request.id });
        for (const key of lessor.revoke(request.id)) store.deleteRange(key, undefined);
        this.endTransaction(silent);
        return { header: this.listener.header() };
      }
      case 'lease-checkpoint':
        lessor.checkpoint(request.remaining);
        return { header: this.listener.header() };
      case 'alarm':
        return { header: this.listener.header(), alarms: this.setAlarm(request.alarm, request.action === 'ACTIVATE', silent) };
      case 'cluster-version':
        this.clusterVersion = request.version;
        host.output.error(`{"level":"info","msg":"set initial cluster version","local-member-id":"${this.memberId}","cluster-version":"${request.version.replace(/\.\d+$/, '')}"}\n`);
        return { header: this.listener.header() };
      case 'publish':
        this.membership.publish(request);
        this.listener.membersChanged();
        return { header: this.listener.header() };
    }
  }

  private refuseByAlarm(request: Request): void {
    if (request.kind === 'alarm' || request.kind === 'publish') return;
    if (this.hasAlarm('CORRUPT')) throw new Refusal(errors.corrupt);
    if (grows(request)) throw new Refusal(errors.noSpace);
  }

  /** The alarms that this changed. */
  private setAlarm(alarm: Alarm, active: boolean, silent: boolean): readonly Alarm[] {
    const same = (each: Alarm): boolean => each.memberId === alarm.memberId && each.alarm === alarm.alarm;
    const was = this.alarmList.some(same);
    if (was === active) return active ? [alarm] : [];
    this.alarmList = active ? [...this.alarmList, alarm] : this.alarmList.filter((each) => !same(each));
    if (!silent) this.host.trace.emit<EtcdEvent>({ type: 'etcd.alarm', member: this.memberName, alarm: alarm.alarm, about: this.membership.nameOf(alarm.memberId), active });
    return [alarm];
  }

  private endTransaction(silent: boolean): void {
    const revision = this.store.commit();
    if (revision === undefined) return;
    if (!silent) revision.cause = this.tell(revision);
    this.watches.notify(revision);
    if (!silent) this.host.trace.follow(revision.cause);
  }

  private tell(revision: Revision): number {
    const changes = revision.changes.map((change) => ({ key: change.kv.key, value: change.type === 'PUT' ? change.kv.value : null, prev: change.prevKv === undefined ? null : change.prevKv.value }));
    return this.host.trace.emit<EtcdEvent>({ type: 'etcd.revision', member: this.memberName, revision: revision.revision, index: this.applying, changes });
  }

  private applyMemberChange(entry: ConfChangeEntry & { readonly context?: MemberChange }, silent: boolean): void {
    const change = entry.context;
    const refusal = change === undefined ? undefined : this.problemOf(change);
    // Refused ones still count as an entry, but change nothing on any member.
    const conf = refusal === undefined ? this.listener.applyConfChange(entry) : undefined;
    if (change === undefined) return;
    if (conf === undefined) {
      this.listener.settled(change.id, { error: refusal ?? errors.unhealthy });
      return;
    }
    const name = this.membership.nameOf(change.member.id);
    this.membership.apply(change);
    if (!silent && change.id !== '') this.host.trace.emit<EtcdEvent>({ type: 'etcd.member', member: this.memberName, change: change.change, peer: name });
    this.listener.settled(change.id, { response: { header: this.listener.header(), member: this.membership.get(change.member.id) ?? change.member, members: this.membership.list() } });
    this.listener.membersChanged();
    if (change.change === 'remove' && change.member.id === this.memberId) this.listener.selfRemoved();
  }

  /** As etcd validates a change when it is applied: by then another one may have come before. */
  private problemOf({ change, member }: MemberChange): RpcError | undefined {
    const { membership } = this;
    if (membership.isRemoved(member.id)) return errors.memberNotFound;
    const known = membership.get(member.id);
    if (change === 'add') {
      if (known !== undefined) return errors.memberExists;
      return membership.hasPeerUrl(member.peerUrls) ? errors.peerUrlExists : undefined;
    }
    if (known === undefined) return errors.memberNotFound;
    return change === 'promote' && !known.isLearner ? errors.notLearner : undefined;
  }

  // ---------------------------------------------------------------- snapshots

  snapshot(): ServerSnapshot {
    return {
      store: this.store.snapshot(), leases: this.lessor.snapshot(), members: this.membership.list(), removed: this.membership.removed, alarms: this.alarmList, clusterVersion: this.clusterVersion,
    };
  }

  restore(state: ServerSnapshot): void {
    this.store.restore(state.store);
    this.lessor.restore(state.leases);
    this.membership.restore(state.members, state.removed);
    this.alarmList = [...state.alarms];
    this.clusterVersion = state.clusterVersion;
  }
}
