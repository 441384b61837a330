// Drives a session in a test: real time is a number that the test moves, and everything the session says is kept and applied as a page does.
import { hashText } from '../../kernel/hash.ts';
import { applyDiff } from '../../scene/diff.ts';
import type { SceneRecord } from '../../scene/records.ts';
import type { OpenWorld } from '../open-cluster.ts';
import type { Command, Control, Flight, Frame, FromSession, Hop, Moment, Query, Run, TerminalOutput } from '../protocol.ts';
import { Session } from '../session.ts';

export class Driver {
  readonly session: Session;
  readonly scene = new Map<string, SceneRecord>();
  readonly frames: Frame[] = [];
  readonly hops: Hop[] = [];
  readonly flights: Flight[] = [];
  moments: Moment[] = [];
  terminal: TerminalOutput[] = [];
  run: Run | undefined;
  crash: string | undefined;
  restarts = 0;
  private realMs = 0;
  private nextId = 1;
  private readonly answers = new Map<number, FromSession>();

  /** With `toolsAreComing` the test calls the session's `toolsArrived` or `toolsFailed`. */
  constructor(open: OpenWorld, options: { readonly toolsAreComing?: boolean } = {}) {
    // A session whose clock stands still while it works never runs out of its budget: tests do not depend on how fast the machine is.
    this.session = new Session({ open, send: (message) => this.take(message), realMs: () => this.realMs, ...options });
  }

  private take(message: FromSession): void {
    switch (message.kind) {
      case 'frame':
        applyDiff(this.scene, message.frame.diff);
        this.frames.push(message.frame);
        this.hops.push(...message.frame.hops);
        this.moments.push(...message.frame.moments);
        this.flights.push(...message.frame.flights);
        break;
      case 'restart':
        this.restarts++;
        this.scene.clear();
        for (const record of message.scene) this.scene.set(record.id, record);
        this.moments = [...message.moments];
        this.terminal = [...message.terminal];
        this.run = message.run;
        this.frames.length = 0;
        break;
      case 'terminal':
        this.terminal.push(message.output);
        break;
      case 'crashed':
        this.crash = message.message;
        break;
      case 'accepted':
      case 'refused':
      case 'answer':
        this.answers.set(message.id, message);
        break;
      default:
        break;
    }
  }

  get frame(): Frame {
    const frame = this.frames.at(-1);
    if (frame === undefined) throw new Error('no frame yet');
    return frame;
  }

  control(control: Control): void {
    this.session.receive({ kind: 'control', control });
    this.settle();
  }

  /** Lets real time pass, a paint at a time. */
  pass(realMs: number, until?: () => boolean): void {
    const goal = this.realMs + realMs;
    while (this.realMs < goal && this.crash === undefined && until?.() !== true) {
      this.realMs += 16;
      this.session.advance();
    }
  }

  /** Replays and searches go on without time passing. */
  settle(): void {
    while (this.session.busy) {
      this.realMs += 1;
      this.session.advance();
    }
  }

  command(command: Command): FromSession {
    const answer = this.answers.get(this.post(command));
    if (answer === undefined) throw new Error('the command was neither accepted nor refused');
    return answer;
  }
  /** Its number, by which `answerTo` finds what came of it. */
  post(command: Command): number {
    const id = this.nextId++;
    this.session.receive({ kind: 'command', id, command });
    this.settle();
    return id;
  }
  answerTo(id: number): FromSession | undefined {
    return this.answers.get(id);
  }

  query(query: Query): unknown {
    const id = this.nextId++;
    this.session.receive({ kind: 'query', id, query });
    const answer = this.answers.get(id);
    return answer?.kind === 'answer' ? answer.answer : undefined;
  }

  /** The scene as a list of short texts, in a fixed order, for comparing. */
  picture(): readonly string[] {
    return [...this.scene.values()].map((record) => `${record.id} ${hashText(JSON.stringify(record)).toString(16)}`).sort();
  }
}
