// The invariants of the Raft paper (figure 3), checked on every append, vote, commit and election of every member.
import type { MessageEvent, TraceEvent, World } from '../../kernel/world.ts';
import type { EtcdEvent } from '../../programs/etcd/events.ts';
import type { LogView } from '../../programs/etcd/views.ts';
import type { RaftMessage } from '../../raft/message.ts';
import type { Checker } from './checker.ts';

/** At most one leader per term (election safety). */
export function oneLeaderPerTerm(): Checker {
  const leaders = new Map<number, string>();
  return {
    name: 'one leader per term',
    sees: ['etcd.role'],
    see(event) {
      const data = event.data as EtcdEvent;
      if (data.type !== 'etcd.role' || data.role !== 'leader') return undefined;
      const known = leaders.get(data.term);
      leaders.set(data.term, data.member);
      return known === undefined || known === data.member ? undefined : `${known} and ${data.member} both lead term ${data.term}`;
    },
  };
}

/** A member says yes to one candidate per term, and a restart finds term and vote on the disk: they were there before the answer left. */
export class Votes implements Checker {
  readonly name = 'one vote per member and term, remembered';
  readonly sees = ['net.message', 'etcd.started'];
  private world: World | undefined;
  /** By member's id and term. */
  private readonly votes = new Map<string, string>();
  /** The newest vote of each member. */
  private readonly last = new Map<string, { readonly term: number; readonly vote: string }>();

  attach(world: World): void {
    this.world = world;
  }

  see(event: TraceEvent): string | undefined {
    const data = event.data as MessageEvent | EtcdEvent;
    if (data.type === 'etcd.started') return this.started(event, data.id);
    if (data.type !== 'net.message' || data.family !== 'raft' || data.note !== 'vote: yes') return undefined;
    for (const m of messagesOf(data.body)) {
      if (m.type !== 'MsgVoteResp' || m.reject) continue;
      const known = this.votes.get(`${m.from} ${m.term}`);
      this.votes.set(`${m.from} ${m.term}`, m.to);
      if (m.term >= (this.last.get(m.from)?.term ?? 0)) this.last.set(m.from, { term: m.term, vote: m.to });
      if (known !== undefined && known !== m.to) return `${data.from.machine} (${m.from}) voted for ${known} and for ${m.to} in term ${m.term}`;
    }
    return undefined;
  }

  private started({ machine, process }: TraceEvent, id: string): string | undefined {
    const promised = this.last.get(id);
    const log = this.world?.view(machine, process, 'log') as LogView | undefined;
    if (promised === undefined || log === undefined) return undefined;
    if (log.term < promised.term) return `${machine} (${id}) begins in term ${log.term} and voted in term ${promised.term}`;
    return log.term === promised.term && log.vote !== promised.vote ? `${machine} (${id}) voted for ${promised.vote} in term ${log.term} and remembers ${log.vote || 'no vote'}` : undefined;
  }
}

/** A stream frame holds messages somewhere inside; their number is small. */
function messagesOf(body: unknown): readonly RaftMessage[] {
  if (Array.isArray(body)) return body.flatMap(messagesOf);
  if (typeof body !== 'object' || body === null) return [];
  if ('type' in body && typeof body.type === 'string' && body.type.startsWith('Msg')) return [body as RaftMessage];
  return Object.values(body).flatMap((each) => (typeof each === 'object' ? messagesOf(each) : []));
}

interface Seen {
  readonly content: unknown;
  readonly previousTerm: number | undefined;
}

/**
 * Log matching: an entry of one index and term is the same everywhere, and so is what stands before it (by induction: each names its
 * predecessor's term). A leader has everything that was committed before (leader completeness), nothing committed is ever replaced on any
 * member, and a leader commits entries of older terms only along with one of its own (section 5.4.2).
 */
export class RaftLogs implements Checker {
  readonly name = 'logs match, and what is committed stays';
  readonly sees = ['etcd.appended', 'etcd.committed', 'etcd.role'];
  private world: World | undefined;
  /** By `index term`. */
  private readonly entries = new Map<string, Seen>();
  /** Term of the committed entry by index. */
  private readonly committed = new Map<number, number>();
  /** In which term an entry was committed (by the first that knew), which may be later than the entry's own. */
  private readonly committedIn = new Map<number, number>();
  private lastCommitted = 0;
  /** Term of the entry that each member has, or had, at an index: by member, then by index. */
  private readonly held = new Map<string, Map<number, number>>();
  /** What a leader knew to be committed when it was elected, by `member term`. */
  private readonly commitAtElection = new Map<string, number>();

  attach(world: World): void {
    this.world = world;
  }

  see(event: TraceEvent): string | undefined {
    const data = event.data as EtcdEvent;
    const log = this.world?.view(event.machine, event.process, 'log') as LogView | undefined;
    if (log === undefined) return undefined;
    if (data.type === 'etcd.appended') return this.appended(data.member, log, data.index - data.entries + 1, data.index);
    if (data.type === 'etcd.committed') return this.commits(data.member, log, data.index, data.term);
    if (data.type === 'etcd.role' && data.role === 'leader') return this.elected(data.member, log, data.term);
    return undefined;
  }

  private appended(member: string, log: LogView, from: number, to: number): string | undefined {
    let held = this.held.get(member);
    if (held === undefined) this.held.set(member, (held = new Map()));
    for (const { index, term, content, previousTerm } of log.entries(from, to)) {
      const before = held.get(index);
      held.set(index, term);
      const place = `${index} ${term}`;
      const known = this.entries.get(place);
      if (known === undefined) this.entries.set(place, { content, previousTerm });
      else if (known.content !== content) return `entry ${index} of term ${term} on ${member} is not the one that others have`;
      else if (known.previousTerm !== undefined && previousTerm !== undefined && known.previousTerm !== previousTerm)
        return `entry ${index} of term ${term} follows one of term ${previousTerm} on ${member}, elsewhere one of term ${known.previousTerm}`;
      // A member that never had the committed entry may well have another one there, for a while.
      if (before !== undefined && before !== term && this.committed.get(index) === before) return `entry ${index}, committed in term ${before}, was replaced on ${member} by one of term ${term}`;
    }
    return undefined;
  }

  private commits(member: string, log: LogView, index: number, term: number): string | undefined {
    const known = this.committed.get(index);
    this.committed.set(index, term);
    if (known === undefined) this.committedIn.set(index, log.term);
    if (index > this.lastCommitted) this.lastCommitted = index;
    if (known !== undefined && known !== term) return `entry ${index} was committed in term ${known}, and by ${member} in term ${term}`;
    const atElection = this.commitAtElection.get(`${member} ${log.term}`);
    if (term === log.term || atElection === undefined || index <= atElection) return undefined;
    const newest = log.entries(log.commit, log.commit)[0];
    return newest !== undefined && newest.term < log.term ? `${member}, leader of term ${log.term}, committed entry ${index} of term ${term} without one of its own` : undefined;
  }

  private elected(member: string, log: LogView, term: number): string | undefined {
    this.commitAtElection.set(`${member} ${term}`, log.term === term ? log.commit : Infinity);
    // A member that was frozen with its votes in hand learns late that it leads: what later terms committed meanwhile is none of its business.
    let { lastCommitted } = this;
    while (lastCommitted > 0 && (this.committedIn.get(lastCommitted) ?? 0) >= term) lastCommitted--;
    if (lastCommitted === 0 || lastCommitted < log.firstIndex) return undefined;
    const here = log.entries(lastCommitted, lastCommitted)[0];
    if (!this.committed.has(lastCommitted)) return undefined;
    return here?.term === this.committed.get(lastCommitted) ? undefined : `${member} leads term ${term} without the committed entry ${lastCommitted} of term ${this.committed.get(lastCommitted)}`;
  }
}
