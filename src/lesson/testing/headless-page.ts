// A page without a browser: holds the scene as the page does, from the same messages, on a clock that the test turns. For proving lessons.
import type { SceneRecord } from '../../scene/records.ts';
import { openCluster } from '../../session/open-cluster.ts';
import { protocolVersion, type Command, type FromSession, type Hop, type Moment, type PresetName } from '../../session/protocol.ts';
import { Session } from '../../session/session.ts';
import { measure, type LessonView } from '../judge.ts';
import type { Action, Lesson } from '../lesson.ts';

/** One turn of the clock: a paint's worth of real time. */
const turnMs = 16;

export class HeadlessPage implements LessonView {
  nowMs = 0;
  moments: Moment[] = [];
  hops: Hop[] = [];
  /** Commands that the session refused. */
  readonly refused: string[] = [];
  private readonly table = new Map<string, SceneRecord>();
  private readonly session: Session;
  private realMs = 0;
  private nextId = 1;

  constructor(preset: PresetName, seed: number) {
    this.session = new Session({ open: openCluster, send: (message) => this.take(message), realMs: () => this.realMs, budgetMs: 1000 });
    this.session.receive({ kind: 'control', control: { control: 'start', run: { version: protocolVersion, preset, seed, epochMs: 1_767_225_600_000, inputs: [] }, playing: true, speed: 10 } });
    this.session.receive({ kind: 'control', control: { control: 'follow', root: 0, paced: false } });
  }

  records(): Iterable<SceneRecord> {
    return this.table.values();
  }

  command(command: Command): void {
    this.session.receive({ kind: 'command', id: this.nextId++, command });
  }

  get hash(): string {
    let hash = '';
    this.session.receive({ kind: 'query', id: -1, query: { query: 'hash' } });
    hash = String(this.answer);
    return hash;
  }
  private answer: unknown;

  private take(message: FromSession): void {
    switch (message.kind) {
      case 'restart':
        this.table.clear();
        for (const record of message.scene) this.table.set(record.id, record);
        this.moments = [...message.moments];
        this.hops = [];
        this.nowMs = message.nowMs;
        break;
      case 'frame': {
        const { diff } = message.frame;
        for (const record of diff.removed) this.table.delete(record.id);
        for (const record of diff.added) this.table.set(record.id, record);
        for (const [, after] of diff.updated) this.table.set(after.id, after);
        this.moments.push(...message.frame.moments);
        for (const hop of message.frame.hops) if (!this.hops.some((each) => each.event === hop.event)) this.hops.push(hop);
        this.nowMs = message.frame.nowMs;
        break;
      }
      case 'refused':
        this.refused.push(`${message.refusal.key} ${JSON.stringify(message.refusal.params)}`);
        break;
      case 'answer':
        this.answer = message.answer;
        break;
      case 'crashed':
        throw new Error(message.message);
      default:
    }
  }

  /** Lets virtual time pass until `done` or for `limitMs`; `look` after every frame. Returns whether it was done. */
  pass(limitMs: number, done: () => boolean, look: () => void = () => {}): boolean {
    const until = this.nowMs + limitMs;
    for (let turns = 0; this.nowMs < until && turns < 2_000_000; turns++) {
      if (done()) return true;
      this.realMs += turnMs;
      this.session.advance();
      look();
    }
    return done();
  }

  /** Brings the cluster to where the lesson begins. */
  prepare(lesson: Lesson): boolean {
    const up = () => {
      let nodes = 0;
      for (const record of this.records()) {
        if (record.table === 'node') {
          nodes++;
          if (record.ready !== 'True') return false;
        }
        if (record.table === 'pod' && record.namespace === 'kube-system' && record.mark !== 'ready') return false;
      }
      return nodes > 0;
    };
    if (!this.pass(240_000, up)) return false;
    for (const file of lesson.setup.apply) this.command({ do: 'run', machine: 'laptop', line: 'kubectl apply -f -', stdin: lesson.files[file] ?? '' });
    const { until } = lesson.setup;
    return until === undefined || this.pass(240_000, () => measure(until, this).met);
  }

  /** Does one action of a solution; waits pass time. */
  act(lesson: Lesson, action: Action, look: () => void): void {
    switch (action.do) {
      case 'run':
        this.command({ do: 'run', machine: 'laptop', line: action.line });
        break;
      case 'apply':
        this.command({ do: 'run', machine: 'laptop', line: 'kubectl apply -f -', stdin: lesson.files[action.file] ?? '' });
        break;
      case 'wait':
        this.pass(action.ms, () => false, look);
        break;
      case 'traffic':
        this.command({ do: 'traffic', name: 'client', target: action.target, ratePerSecond: action.rate });
        break;
      case 'answer':
        break;
      default:
        this.command(action);
    }
  }
}
