// A handful of members on a table, moved by the commands of a script: what testdata/*.txt speaks. Nothing happens by itself.
import type { ConfChangeEntry } from '../confchange/conf-change.ts';
import type { ConfState, Entry, HardState, MemberId, RaftMessage, Ready, Snapshot } from '../message.ts';
import type { RaftOptions } from '../core.ts';
import { RaftNode, type RecoveredState } from '../node.ts';

interface Player {
  node: RaftNode;
  readonly options: { readonly checkQuorum: boolean; readonly preVote: boolean; readonly inflight: number; readonly maxEntries: number; readonly bytes: Pick<RaftOptions, 'maxBytesPerMessage' | 'maxInflightBytes' | 'maxUncommittedBytes'> };
  /** What is on its disk. */
  hardState: HardState | undefined;
  entries: Entry[];
  snapshot: Snapshot;
  /** Applied so far: the state is the list of what was applied. */
  state: string[];
  applied: number;
  conf: ConfState;
}

const short = { follower: 'Follower', 'pre-candidate': 'PreCandidate', candidate: 'Candidate', leader: 'Leader' } as const;

export class Scene {
  private readonly players = new Map<MemberId, Player>();
  private wire: RaftMessage[] = [];
  private readonly cuts = new Set<string>();
  private out: string[] = [];
  private quiet = false;
  /** Timeouts that a script sets; else every follower waits electionTicks + its place. */
  private readonly timeouts = new Map<MemberId, number>();

  run(line: string): string {
    const words = line.trim().split(/\s+/);
    const flags = new Map(words.filter((word) => word.includes('=')).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
    const [command, ...args] = words.filter((word) => !word.includes('='));
    this.out = [];
    this.quiet = flags.get('quiet') === 'true';
    this.execute(command as string, args, flags);
    const text = this.out.join('\n');
    return text === '' ? 'ok' : text;
  }

  private say(text: string): void {
    if (!this.quiet) this.out.push(text);
  }

  private player(id: string | undefined): Player {
    const player = this.players.get(id ?? '');
    if (player === undefined) throw new Error(`no member ${id}`);
    return player;
  }

  private execute(command: string, args: readonly string[], flags: ReadonlyMap<string, string>): void {
    const id = args[0] as string;
    switch (command) {
      case 'add-nodes': {
        const count = Number(args[0]);
        const first = this.players.size + 1;
        const ids = Array.from({ length: count }, (_, i) => String(first + i));
        const voters = (flags.get('voters') ?? ids.join(',')).split(',');
        const learners = flags.has('learners') ? (flags.get('learners') as string).split(',') : [];
        const conf: ConfState = { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false };
        const options = { checkQuorum: flags.get('check-quorum') !== 'false', preVote: flags.get('pre-vote') !== 'false', inflight: Number(flags.get('inflight') ?? 512), maxEntries: Number(flags.get('max-entries') ?? 256), bytes: byteLimits(flags) };
        for (const each of ids) this.players.set(each, this.create(each, options, { conf }));
        return;
      }
      case 'set-timeout':
        this.timeouts.set(id, Number(args[1]));
        return;
      case 'tick': {
        const ticks = Number(args[1] ?? 1);
        for (let i = 0; i < ticks; i++) this.player(id).node.tick();
        return this.sayRole(id);
      }
      case 'campaign':
        this.player(id).node.campaign();
        return this.sayRole(id);
      case 'propose':
        if (!this.player(id).node.propose(args[1])) this.say('raft proposal dropped');
        return;
      case 'read-index':
        if (!this.player(id).node.readIndex(args[1] as string)) this.say('read dropped: no leader');
        return;
      case 'transfer-leadership':
        this.player(id).node.transferLeadership(args[1] as string);
        return;
      case 'report-unreachable':
        this.player(id).node.reportUnreachable(args[1] as string);
        return;
      case 'report-snapshot':
        this.player(id).node.reportSnapshot(args[1] as string, args[2] === 'failed');
        return;
      case 'propose-conf':
        // add-voter:4 remove:1 ...
        if (!this.player(id).node.proposeConfChange({ changes: args.slice(1).map(parseChange), transition: (flags.get('transition') ?? 'auto') as ConfChangeEntry['transition'] })) this.say('raft proposal dropped');
        return;
      case 'ready':
        if (!this.handleReady(id, flags.get('crash'))) this.say('nothing to do');
        return;
      case 'deliver':
        this.deliver(args, flags.get('drop')?.split(',') ?? [], flags.get('only'), flags.get('from'), Number(flags.get('count') ?? Infinity));
        return;
      case 'stabilize':
        return this.stabilize(args.length > 0 ? args : [...this.players.keys()]);
      case 'duplicate':
      case 'drop':
      case 'delay':
        return this.meddle(command, args, flags);
      case 'cut':
        for (const a of args)
          for (const b of (flags.get('from') ?? '').split(',')) {
            this.cuts.add(`${b}|${a}`);
            if (flags.get('one-way') !== 'true') this.cuts.add(`${a}|${b}`);
          }
        return;
      case 'heal':
        // What was sent over a cut wire is lost, whether anybody looked or not.
        this.wire = this.wire.filter((m) => !this.cuts.has(`${m.from}|${m.to}`));
        this.cuts.clear();
        return;
      case 'restart':
        return this.restart(id);
      case 'compact': {
        const player = this.player(id);
        const index = Number(args[1]);
        player.snapshot = { index, term: player.node.termOf(index) as number, conf: player.conf, data: this.stateAt(player, index) };
        player.entries = player.entries.filter((entry) => entry.index > index);
        player.node.compact(index);
        return;
      }
      case 'raft-log':
        for (const entry of this.player(id).node.entries(0, Infinity)) this.say(describeEntry(entry));
        if (this.out.length === 0) this.say(`log is empty: first index=${this.player(id).node.status.firstIndex}, last index=${this.player(id).node.lastIndex}`);
        return;
      case 'raft-state':
        for (const [each, { node }] of this.players) {
          const { role, term, leader, lastIndex, commit, applied } = node.status;
          this.say(`${each}: ${short[role]}${node.isLearner ? ' (Learner)' : ''} term=${term} leader=${leader === '' ? '-' : leader} last=${lastIndex} commit=${commit} applied=${applied}`);
        }
        return;
      case 'status':
        for (const line of this.player(id).node.progress) this.say(line);
        return;
      case 'conf':
        return this.say(describeConf(this.player(id).conf));
      case 'state':
        return this.say(this.player(id).state.join(' '));
      case 'wire':
        for (const m of this.wire) this.say(describeMessage(m));
        return;
      default:
        throw new Error(`unknown command ${command}`);
    }
  }

  private stateAt(player: Player, index: number): string[] {
    // The state is the applied values in order; the entries tell how many of them lie behind `index`.
    const later = player.node.entries(index + 1, player.applied).filter((entry) => entry.type === 'normal' && entry.data !== undefined).length;
    return player.state.slice(0, player.state.length - later);
  }

  private create(id: MemberId, options: Player['options'], recovered: RecoveredState): Player {
    const node = new RaftNode(
      {
        id, electionTicks: 10, heartbeatTicks: 1, preVote: options.preVote, checkQuorum: options.checkQuorum, maxInflightMessages: options.inflight, maxEntriesPerMessage: options.maxEntries, sizeOf: sizeOfEntry, ...options.bytes,
        random: (below) => Math.min(below - 1, (this.timeouts.get(id) ?? 10 + Number(id)) - 10),
        snapshot: () => {
          const player = this.player(id);
          const { applied } = player;
          return { index: applied, term: player.node.termOf(applied) as number, conf: player.conf, data: [...player.state] };
        },
      },
      recovered,
    );
    const conf = recovered.conf as ConfState;
    return { node, options, hardState: undefined, entries: [], snapshot: { index: 0, term: 0, conf, data: [] }, state: [], applied: 0, conf };
  }

  private sayRole(id: MemberId): void {
    const { role, term } = this.player(id).node.status;
    this.say(`${id}: ${short[role]} at term ${term}`);
  }

  private crash(id: MemberId, player: Player, ready: Ready, how: string): void {
    for (const m of ready.messages) {
      this.say(describeMessage(m));
      this.wire.push(m);
    }
    const kept = how === 'before-sync' ? 0 : how === 'after-sync' ? Infinity : Number(how.slice('torn-'.length));
    const whole = ready.entries.slice(0, kept);
    const start = whole[0]?.index ?? Infinity;
    player.entries = [...player.entries.filter((entry) => entry.index < start), ...whole];
    // The hard state is written behind the entries: a log that lost its end has lost it too.
    if (kept >= ready.entries.length && how !== 'before-sync' && ready.hardState !== undefined) player.hardState = ready.hardState;
    this.say(`${id} loses its power`);
    this.restart(id);
  }

  /** With what is on its disk. */
  private restart(id: MemberId): void {
    const player = this.player(id);
    this.wire = this.wire.filter((m) => m.to !== id);
    const recovered: RecoveredState = { ...(player.hardState === undefined ? {} : { hardState: player.hardState }), snapshot: player.snapshot, conf: player.snapshot.conf, entries: player.entries };
    const fresh = this.create(id, player.options, recovered);
    this.players.set(id, { ...fresh, hardState: player.hardState, entries: player.entries, snapshot: player.snapshot, state: [...(player.snapshot.data as string[])], applied: player.snapshot.index, conf: player.snapshot.conf });
  }

  /** What a bad network does to messages on the wire: a second copy, none at all, or behind all others. */
  private meddle(how: 'duplicate' | 'drop' | 'delay', args: readonly string[], flags: ReadonlyMap<string, string>): void {
    const [to] = args;
    const isMeant = (m: RaftMessage): boolean => m.to === to && (!flags.has('from') || m.from === flags.get('from')) && (!flags.has('type') || m.type === flags.get('type')) && (!flags.has('context') || m.context === flags.get('context'));
    const meant = this.wire.filter(isMeant).slice(0, Number(flags.get('count') ?? Infinity));
    for (const m of meant) this.say(`${how}: ${describeMessage(m)}`);
    if (how !== 'duplicate') this.wire = this.wire.filter((m) => !meant.includes(m));
    if (how !== 'drop') this.wire.push(...meant.map((m) => ({ ...m })));
  }

  /** `crash`: the power goes `before-sync` (nothing is on the disk) or `after-sync` (it is, and nobody was told); `torn-N`: of the entries only the first N are. */
  private handleReady(id: MemberId, crash?: string): boolean {
    const player = this.player(id);
    const ready = player.node.ready();
    if (ready === undefined) return false;
    if (crash !== undefined) {
      this.crash(id, player, ready, crash);
      return true;
    }
    if (ready.softState !== undefined) this.say(`State:${short[ready.softState.role]} Lead:${ready.softState.leader === '' ? '-' : ready.softState.leader}`);
    if (ready.hardState !== undefined) {
      const { term, vote, commit } = ready.hardState;
      this.say(`HardState Term:${term}${vote === '' ? '' : ` Vote:${vote}`} Commit:${commit}${ready.mustSync ? '' : ' (no sync)'}`);
      player.hardState = ready.hardState;
    }
    if (ready.snapshot !== undefined) {
      this.say(`Snapshot Index:${ready.snapshot.index} Term:${ready.snapshot.term} ${describeConf(ready.snapshot.conf)}`);
      player.snapshot = ready.snapshot;
      player.entries = [];
      player.state = [...(ready.snapshot.data as string[])];
      player.applied = ready.snapshot.index;
      player.conf = ready.snapshot.conf;
    }
    if (ready.entries.length > 0) {
      this.say('Entries:');
      const start = (ready.entries[0] as Entry).index;
      player.entries = player.entries.filter((entry) => entry.index < start);
      for (const entry of ready.entries) {
        this.say(`  ${describeEntry(entry)}`);
        player.entries.push(entry);
      }
    }
    if (ready.committedEntries.length > 0) this.say('CommittedEntries:');
    for (const entry of ready.committedEntries) {
      this.say(`  ${describeEntry(entry)}`);
      player.applied = entry.index;
      if (entry.type === 'conf-change') {
        const conf = player.node.applyConfChange(entry.data as ConfChangeEntry);
        if (conf !== undefined) {
          player.conf = conf;
          this.say(`  ${describeConf(conf)}`);
        }
      } else if (entry.data !== undefined) player.state.push(entry.data as string);
    }
    const messages = [...ready.messages, ...ready.responses];
    if (messages.length > 0) this.say('Messages:');
    for (const m of messages) {
      this.say(`  ${describeMessage(m)}`);
      this.wire.push(m);
    }
    for (const read of ready.readStates) this.say(`ReadState Index:${read.index} Context:${read.context}`);
    player.node.advance(ready);
    return true;
  }

  private deliver(to: readonly MemberId[], dropped: readonly MemberId[], only: string | undefined, from?: string, count = Infinity): boolean {
    const taken = this.wire.filter((m) => (to.includes(m.to) || dropped.includes(m.to)) && (only === undefined || m.type === only) && (from === undefined || m.from === from)).slice(0, count);
    this.wire = this.wire.filter((m) => !taken.includes(m));
    for (const m of taken) {
      if (dropped.includes(m.to) || this.cuts.has(`${m.from}|${m.to}`)) {
        this.say(`dropped: ${describeMessage(m)}`);
        continue;
      }
      if (!this.players.has(m.to)) continue;
      this.say(describeMessage(m));
      this.player(m.to).node.step(m);
    }
    return taken.length > 0;
  }

  private stabilize(ids: readonly MemberId[]): void {
    for (let round = 0; round < 100; round++) {
      let moved = false;
      for (const id of ids) {
        const before = this.out.length;
        const hadReady = this.players.has(id) && this.player(id).node.hasReady;
        if (hadReady) {
          this.say(`> ${id} handling Ready`);
          const at = this.out.length;
          this.handleReady(id);
          for (let i = at; i < this.out.length; i++) this.out[i] = `  ${this.out[i]}`;
        } else this.out.length = before;
        moved ||= hadReady;
      }
      for (const id of ids) {
        if (!this.wire.some((m) => m.to === id)) continue;
        this.say(`> ${id} receiving messages`);
        const at = this.out.length;
        this.deliver([id], [], undefined);
        for (let i = at; i < this.out.length; i++) this.out[i] = `  ${this.out[i]}`;
        moved = true;
      }
      if (!moved) return;
    }
    this.say('does not come to rest');
  }
}

/** A script's values weigh what their text does. */
function sizeOfEntry(entry: Entry): number {
  return entry.type === 'normal' && typeof entry.data === 'string' ? entry.data.length : 0;
}

function byteLimits(flags: ReadonlyMap<string, string>): Player['options']['bytes'] {
  const limit = (flag: string): number | undefined => (flags.has(flag) ? Number(flags.get(flag)) : undefined);
  const [maxBytesPerMessage, maxInflightBytes, maxUncommittedBytes] = [limit('max-bytes'), limit('inflight-bytes'), limit('max-uncommitted')];
  return {
    ...(maxBytesPerMessage === undefined ? {} : { maxBytesPerMessage }),
    ...(maxInflightBytes === undefined ? {} : { maxInflightBytes }),
    ...(maxUncommittedBytes === undefined ? {} : { maxUncommittedBytes }),
  };
}

function parseChange(word: string): ConfChangeEntry['changes'][number] {
  const [kind, member] = word.split(':');
  return { kind: kind as 'add-voter' | 'add-learner' | 'remove', member: member as string };
}

function describeConf(conf: ConfState): string {
  const outgoing = conf.votersOutgoing.length > 0 ? `&&(${conf.votersOutgoing.join(' ')})` : '';
  const learners = conf.learners.length > 0 ? ` learners=(${conf.learners.join(' ')})` : '';
  const next = conf.learnersNext.length > 0 ? ` learners_next=(${conf.learnersNext.join(' ')})` : '';
  return `voters=(${conf.voters.join(' ')})${outgoing}${learners}${next}${conf.autoLeave ? ' autoleave' : ''}`;
}

function describeEntry(entry: Entry): string {
  if (entry.type === 'conf-change') return `${entry.term}/${entry.index} ConfChange ${(entry.data as ConfChangeEntry).changes.map((each) => `${each.kind}:${each.member}`).join(' ') || 'leave-joint'}`;
  return `${entry.term}/${entry.index} "${entry.data === undefined ? '' : String(entry.data)}"`;
}

function describeMessage(m: RaftMessage): string {
  let text = `${m.from}->${m.to} ${m.type} Term:${m.term}`;
  if (m.type === 'MsgApp' || m.type === 'MsgVote' || m.type === 'MsgPreVote' || m.type === 'MsgAppResp') text += ` Log:${m.logTerm}/${m.index}`;
  if (m.type === 'MsgReadIndexResp') text += ` Index:${m.index}`;
  if (m.reject) text += m.type === 'MsgAppResp' ? ` Rejected (Hint: ${m.rejectHint})` : ' Rejected';
  if (m.commit > 0) text += ` Commit:${m.commit}`;
  if (m.context !== undefined) text += ` Context:${m.context}`;
  if (m.snapshot !== undefined) text += ` Snapshot:${m.snapshot.term}/${m.snapshot.index}`;
  if (m.entries.length > 0) text += ` Entries:[${m.entries.map(describeEntry).join(', ')}]`;
  return text;
}
