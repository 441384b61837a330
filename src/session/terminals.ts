// The shells that a person types into: one `shell-session` process per machine, started at the first line, started again after a crash.
// What is typed goes in as a terminal sends it: lines, then ^D at the end of input, ^C to interrupt.
import type { Mailbox, ProcessHandle } from '../kernel/host.ts';
import type { TraceEvent, World } from '../kernel/world.ts';
import type { ShellEvent } from '../programs/shell/events.ts';
import { closeEditor, type EditorEvent } from '../wire/editor.ts';
import type { TerminalOutput } from './protocol.ts';

export const endOfInput = '\u0004';
export const interruptKey = '\u0003';

interface Shell {
  readonly process: ProcessHandle;
  readonly input: Mailbox<string>;
}

const mostOutputs = 4000;

export class Terminals {
  readonly outputs: TerminalOutput[] = [];
  private fresh: TerminalOutput[] = [];
  private readonly world: World;
  private readonly shells = new Map<string, Shell>();

  constructor(world: World) {
    this.world = world;
  }

  take(): readonly TerminalOutput[] {
    if (this.fresh.length === 0) return none;
    const fresh = this.fresh;
    this.fresh = [];
    return fresh;
  }

  private show(output: TerminalOutput): void {
    const last = this.fresh.at(-1);
    if (last !== undefined && last.machine === output.machine && last.kind === output.kind && (output.kind === 'stdout' || output.kind === 'stderr')) {
      const joined = { ...last, text: last.text + output.text };
      this.fresh[this.fresh.length - 1] = joined;
      this.outputs[this.outputs.length - 1] = joined;
      return;
    }
    this.fresh.push(output);
    this.outputs.push(output);
    if (this.outputs.length > mostOutputs) this.outputs.splice(0, mostOutputs >> 2);
  }

  private shell(machine: string): Shell {
    const known = this.shells.get(machine);
    if (known !== undefined && known.process.exit === undefined) return known;
    const input = this.world.mailbox<string>();
    const process = this.world.spawn(machine, {
      program: 'shell-session',
      name: 'shell',
      privileged: true,
      input,
      env: { HOME: '/root', USER: 'root', HOSTNAME: machine, TERM: 'xterm', PATH: '/usr/local/bin:/usr/bin:/bin' },
      onOutput: (kind, text) => this.show({ machine, kind, text }),
    });
    const shell = { process, input };
    this.shells.set(machine, shell);
    return shell;
  }

  /** A line, and what its command is to read. */
  run(machine: string, line: string, stdin: string | undefined): void {
    const { input } = this.shell(machine);
    this.show({ machine, kind: 'line', text: line });
    input.put(`${line}\n`);
    if (stdin === undefined) return;
    input.put(stdin.endsWith('\n') || stdin === '' ? stdin : `${stdin}\n`);
    input.put(endOfInput);
  }

  type(machine: string, text: string): void {
    this.shell(machine).input.put(text);
  }

  interrupt(machine: string): void {
    this.shell(machine).input.put(interruptKey);
  }

  /** Somebody leaves an editor, and the file holds this text. */
  leaveEditor(machine: string, editor: number, text: string): void {
    closeEditor(this.world.machine(machine), editor, text);
    this.show({ machine, kind: 'edited', text: '', editor });
  }

  see(event: TraceEvent): void {
    const data = event.data as ShellEvent | EditorEvent;
    if (data.type === 'editor.opened') this.show({ machine: event.machine, kind: 'edit', text: data.text, editor: data.editor, what: data.what });
    else if (data.type === 'shell.done') this.show({ machine: event.machine, kind: 'exit', text: '', exitCode: data.exitCode, prompt: data.prompt });
    else if (data.type === 'shell.more') this.show({ machine: event.machine, kind: 'exit', text: '', prompt: data.prompt });
  }
}

const none: readonly TerminalOutput[] = [];
