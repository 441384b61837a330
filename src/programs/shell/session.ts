// The shell that a person types into. It receives what a terminal sends (lines, ^D, ^C) and says by events when a line is done.
import type { Host, Mailbox, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { applets } from './applets.ts';
import { completeLine } from './complete.ts';
import { ExitShell } from './control.ts';
import type { ShellEvent } from './events.ts';
import { readFileText } from './files.ts';
import { parseScript } from './parse.ts';
import { Shell } from './shell.ts';
import type { Streams } from './streams.ts';
import { ShellSyntaxError } from './syntax.ts';

const endOfInput = '\u0004';
const interruptKey = '\u0003';

export const shellSession: Program = {
  name: 'shell-session',
  *main(host) {
    return yield* new Session(host).run();
  },
};

class Session {
  private readonly host: Host;
  private readonly shell: Shell;
  /** What was typed and is not taken yet, by line. */
  private readonly lines: string[] = [];
  /** Standard input of the line that runs now. */
  private foreground: Mailbox<string> | undefined;
  private pending = '';
  private ended = false;
  private readonly arrived: Mailbox<true>;

  constructor(host: Host) {
    this.host = host;
    this.shell = new Shell(host, 'bash', applets);
    this.shell.aliases.set('k', 'kubectl');
    this.shell.aliases.set('ll', 'ls -l');
    const home = host.env['HOME'] ?? '/root';
    if (host.env['PWD'] === undefined) this.shell.cwd = home;
    this.shell.setVariable('PWD', this.shell.cwd, true);
    this.arrived = host.tasks.mailbox<true>();
    host.trace.expose('complete', () => (line: string, cursor: number) => completeLine(this.shell, line, cursor));
    host.trace.expose('prompt', () => this.prompt());
    host.trace.expose('cwd', () => this.shell.cwd);
  }

  private prompt(): string {
    const home = this.shell.get('HOME') ?? '/root';
    const folder = this.shell.cwd === home ? '~' : this.shell.cwd.startsWith(`${home}/`) ? `~${this.shell.cwd.slice(home.length)}` : this.shell.cwd;
    return `root@${this.host.hostname}:${folder}# `;
  }

  *run(): Task<number> {
    const { host, shell } = this;
    host.tasks.spawn('terminal', this.listen());
    const rc = readFileText(host.disk, `${shell.get('HOME') ?? '/root'}/.bashrc`);
    if (rc !== undefined) yield* shell.runText(rc, this.streams(undefined));
    for (;;) {
      const line = yield* this.nextLine();
      if (line === undefined) return shell.lastCode;
      const text = this.pending === '' ? line : `${this.pending}\n${line}`;
      if (this.isIncomplete(text)) {
        this.pending = text;
        host.trace.emit<ShellEvent>({ type: 'shell.more', prompt: '> ' });
        continue;
      }
      this.pending = '';
      host.trace.emit<ShellEvent>({ type: 'shell.line', line: text });
      const cause = host.trace.cause;
      try {
        yield* this.runLine(text);
      } catch (error) {
        if (!(error instanceof ExitShell)) throw error;
        host.trace.emit<ShellEvent>({ type: 'shell.done', exitCode: error.code, prompt: '' });
        return error.code;
      }
      host.trace.follow(cause);
      host.trace.emit<ShellEvent>({ type: 'shell.done', exitCode: shell.lastCode, prompt: this.prompt() });
    }
  }

  private isIncomplete(text: string): boolean {
    try {
      parseScript(text, this.shell.aliases);
      return false;
    } catch (error) {
      if (error instanceof ShellSyntaxError) return error.incomplete;
      throw error;
    }
  }

  private streams(input: Mailbox<string> | undefined): Streams {
    return { input, out: (text) => this.host.output.write(text), err: (text) => this.host.output.error(text) };
  }

  private *runLine(text: string): Task<void> {
    const { shell } = this;
    const input = this.host.tasks.mailbox<string>();
    this.foreground = input;
    shell.interrupted = false;
    // What was typed ahead is this line's input until the line is done.
    for (const ahead of this.lines.splice(0)) this.feed(ahead);
    try {
      yield* shell.runText(text, this.streams(input));
    } finally {
      this.foreground = undefined;
      shell.interrupted = false;
    }
    // Lines that nobody read are commands of their own; input that was closed by ^D belonged to this line alone.
    if (input.closed) return;
    let rest = '';
    for (;;) {
      const chunk = input.poll();
      if (chunk === undefined) break;
      rest += chunk;
    }
    for (const line of rest.split('\n').slice(0, -1)) this.take(`${line}\n`);
  }

  private *nextLine(): Task<string | undefined> {
    for (;;) {
      const line = this.lines.shift();
      if (line !== undefined && line !== endOfInput) return line.replace(/\n$/, '');
      if (line === endOfInput) continue;
      if (this.ended) return undefined;
      yield* this.arrived.take();
    }
  }

  private take(line: string): void {
    this.lines.push(line);
    this.arrived.put(true);
  }

  private feed(text: string): void {
    if (text === endOfInput) this.foreground?.close();
    else if (this.foreground?.closed === false) this.foreground.put(text);
    else this.take(text);
  }

  /** Reads the terminal for ever: to the foreground while something runs, else as lines. */
  private *listen(): Task<void> {
    let rest = '';
    for (;;) {
      const chunk = yield* this.host.input.read();
      if (chunk === undefined) {
        this.ended = true;
        this.foreground?.close();
        this.arrived.put(true);
        return;
      }
      let text = chunk;
      while (text !== '') {
        const at = text.search(/[\u0003\u0004]/);
        const plain = at < 0 ? text : text.slice(0, at);
        if (plain !== '') {
          if (this.foreground?.closed === false) this.foreground.put(plain);
          else {
            const lines = (rest + plain).split('\n');
            rest = lines.pop() as string;
            for (const line of lines) this.take(`${line}\n`);
            // A command's input may follow its line within the same moment: it stays whole.
            if (lines.length > 0 && rest !== '') {
              this.take(`${rest}\n`);
              rest = '';
            }
          }
        }
        if (at < 0) break;
        if (text[at] === interruptKey) this.interrupt();
        else this.feed2(endOfInput);
        text = text.slice(at + 1);
      }
    }
  }

  private feed2(key: string): void {
    if (this.foreground?.closed === false) this.foreground.close();
    else this.lines.push(key);
  }

  private interrupt(): void {
    this.host.output.write('^C\n');
    if (this.foreground !== undefined) {
      this.foreground.close();
      this.shell.interrupt();
      return;
    }
    this.pending = '';
    this.lines.length = 0;
    this.host.trace.emit<ShellEvent>({ type: 'shell.done', exitCode: 130, prompt: this.prompt() });
  }
}

