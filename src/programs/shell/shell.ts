// Runs parsed shell scripts: lists, pipelines, compound and simple commands, jobs. Holds the state that they change.
import type { ExitCode, Host, Mailbox, OperatingSystem, PrivilegedHost, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { builtins } from './builtins.ts';
import { ExitShell, LoopControl, ReturnFrom } from './control.ts';
import { Expansion, ExpansionError } from './expansion.ts';
import { matchPattern } from './glob.ts';
import { runProgram } from './launch.ts';
import { parseScript } from './parse.ts';
import { redirect } from './redirection.ts';
import type { Streams } from './streams.ts';
import { type Command, type List, type ListItem, type Pipeline, ShellSyntaxError } from './syntax.ts';

export interface Job {
  readonly id: number;
  readonly text: string;
  readonly pid: number;
  done: boolean;
  code: number;
  wait(): Task<void>;
  kill(): void;
}

/** Programs of this room that a shell without the right to spawn runs within itself, as busybox does. */
export type Applets = ReadonlyMap<string, Program>;

export class Shell {
  readonly host: Host;
  readonly os: OperatingSystem | undefined;
  readonly applets: Applets;
  readonly name: string;
  readonly variables = new Map<string, string>();
  readonly exported = new Set<string>();
  readonly functions = new Map<string, Command>();
  readonly aliases = new Map<string, string>();
  readonly traps = new Map<string, string>();
  readonly jobs: Job[] = [];
  readonly options = new Set<string>();
  args: readonly string[] = [];
  lastCode = 0;
  lastPid = 0;
  cwd: string;
  readonly expansion: Expansion;
  /** Foreground processes, for interrupts. */
  readonly foreground = new Set<{ kill(): void }>();
  interrupted = false;
  private nextJob = 1;
  private readonly inputRest = new Map<Mailbox<string>, string>();

  constructor(host: Host, name: string, applets: Applets) {
    this.host = host;
    this.name = name;
    this.applets = applets;
    this.os = osOf(host);
    this.expansion = new Expansion(this);
    for (const [key, value] of Object.entries(host.env)) {
      this.variables.set(key, value);
      this.exported.add(key);
    }
    this.cwd = host.env['PWD'] ?? host.env['HOME'] ?? '/';
    this.setVariable('PWD', this.cwd, true);
  }

  // ------------------------------------------------ variables

  get(name: string): string | undefined {
    if (/^\d+$/.test(name)) return name === '0' ? this.name : this.args[Number(name) - 1];
    switch (name) {
      case '?': return String(this.lastCode);
      case '#': return String(this.args.length);
      case '$': return String(this.host.pid);
      case '!': return this.lastPid === 0 ? undefined : String(this.lastPid);
      case '@': case '*': return this.args.join(' ');
      case '-': return [...this.options].join('');
      case 'RANDOM': return String(this.host.random.below(32768));
      case 'HOSTNAME': return this.variables.get('HOSTNAME') ?? this.host.hostname;
    }
    return this.variables.get(name);
  }
  setVariable(name: string, value: string, exported = false): void {
    this.variables.set(name, value);
    if (exported) this.exported.add(name);
  }
  environment(): Record<string, string> {
    const env: Record<string, string> = {};
    for (const name of this.exported) {
      const value = this.variables.get(name);
      if (value !== undefined) env[name] = value;
    }
    env['PWD'] = this.cwd;
    return env;
  }

  /** A shell with a copy of this one's state: what ( ) and $( ) run in. */
  subshell(): Shell {
    const copy = new Shell(this.host, this.name, this.applets);
    for (const [key, value] of this.variables) copy.variables.set(key, value);
    for (const key of this.exported) copy.exported.add(key);
    for (const [key, value] of this.functions) copy.functions.set(key, value);
    for (const [key, value] of this.aliases) copy.aliases.set(key, value);
    for (const option of this.options) copy.options.add(option);
    copy.args = this.args;
    copy.cwd = this.cwd;
    copy.lastCode = this.lastCode;
    return copy;
  }

  // ------------------------------------------------ running

  /** Parses and runs; a syntax error is said and gives 2. */
  *runText(text: string, streams: Streams): Task<ExitCode> {
    let list: List;
    try {
      list = parseScript(text, this.aliases);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      streams.err(`${this.name}: ${error.message}\n`);
      return (this.lastCode = 2);
    }
    return yield* this.runList(list, streams);
  }

  /** As a process's main: exit, return and stray break end it. */
  *runMain(text: string, streams: Streams): Task<ExitCode> {
    try {
      yield* this.runText(text, streams);
    } catch (error) {
      if (error instanceof ExitShell || error instanceof ReturnFrom) this.lastCode = error.code;
      else if (!(error instanceof LoopControl)) throw error;
    }
    const trap = this.traps.get('EXIT');
    if (trap !== undefined) {
      this.traps.delete('EXIT');
      const code = this.lastCode;
      try {
        yield* this.runText(trap, streams);
        this.lastCode = code;
      } catch (error) {
        if (!(error instanceof ExitShell)) throw error;
        this.lastCode = error.code;
      }
    }
    return this.lastCode;
  }

  *runList(list: List, streams: Streams): Task<ExitCode> {
    for (const item of list) {
      if (this.interrupted) return (this.lastCode = 130);
      if (item.background) this.startJob(item, streams);
      else yield* this.runItem(item, streams);
    }
    return this.lastCode;
  }

  private *runItem(item: ListItem, streams: Streams): Task<void> {
    for (const { join, pipeline } of item.pipelines) {
      if (this.interrupted) {
        this.lastCode = 130;
        return;
      }
      if ((join === '&&' && this.lastCode !== 0) || (join === '||' && this.lastCode === 0)) continue;
      const code = yield* this.runPipeline(pipeline, streams);
      this.lastCode = pipeline.negated ? (code === 0 ? 1 : 0) : code;
      const isLast = item.pipelines[item.pipelines.length - 1]?.pipeline === pipeline;
      if (this.options.has('e') && this.lastCode !== 0 && isLast && !pipeline.negated && !this.testing) throw new ExitShell(this.lastCode);
    }
  }
  /** Inside a condition `set -e` does not end the shell. */
  private testing = false;

  private *condition(list: List, streams: Streams): Task<boolean> {
    const before = this.testing;
    this.testing = true;
    try {
      return (yield* this.runList(list, streams)) === 0;
    } finally {
      this.testing = before;
    }
  }

  private startJob(item: ListItem, streams: Streams): void {
    const shell = this.subshell();
    const job: Job = { id: this.nextJob++, text: item.text, pid: this.host.pid + this.nextJob, done: false, code: 0, wait: () => finished.wait(), kill: () => undefined };
    const finished = this.host.tasks.latch();
    const quiet: Streams = { input: undefined, out: (text) => streams.out(text), err: (text) => streams.err(text) };
    const handle = this.host.tasks.spawn(
      `job ${job.id}`,
      (function* (): Task<void> {
        try {
          yield* shell.runItem(item, quiet);
        } catch (error) {
          if (error instanceof ExitShell || error instanceof ReturnFrom) shell.lastCode = error.code;
          else if (!(error instanceof LoopControl)) {
            quiet.err(`${error instanceof Error ? error.message : String(error)}\n`);
            shell.lastCode = 1;
          }
        }
        job.code = shell.lastCode;
        job.done = true;
        finished.set();
      })(),
    );
    job.kill = () => {
      for (const each of shell.foreground) each.kill();
      handle.cancel();
      job.code = 143;
      job.done = true;
      finished.set();
    };
    this.jobs.push(job);
    this.lastPid = job.pid;
    this.lastCode = 0;
  }

  private *runPipeline(pipeline: Pipeline, streams: Streams): Task<ExitCode> {
    if (pipeline.commands.length === 1) return yield* this.runCommand(pipeline.commands[0] as Command, streams);
    const handles = [];
    let input = streams.input;
    for (let index = 0; index < pipeline.commands.length; index++) {
      const last = index === pipeline.commands.length - 1;
      const pipe = last ? undefined : this.host.tasks.mailbox<string>();
      const shell = this.subshell();
      const own: Streams = { input, out: pipe === undefined ? (text) => streams.out(text) : (text) => pipe.put(text), err: (text) => streams.err(text) };
      const group = this.foreground;
      const link = { kill: () => shell.interrupt() };
      group.add(link);
      handles.push(
        this.host.tasks.spawn(
          `pipe ${index}`,
          (function* (command: Command): Task<ExitCode> {
            try {
              return yield* shell.runCommand(command, own);
            } catch (error) {
              if (error instanceof ExitShell || error instanceof ReturnFrom) return error.code;
              if (error instanceof LoopControl) return 0;
              own.err(`${error instanceof Error ? error.message : String(error)}\n`);
              return 1;
            } finally {
              pipe?.close();
              group.delete(link);
            }
          })(pipeline.commands[index] as Command),
        ),
      );
      input = pipe;
    }
    let code = 0;
    for (const handle of handles) code = (yield* handle.join()) ?? 130;
    return code;
  }

  /** Ctrl-C: what runs in the foreground ends, and so does the line. */
  interrupt(): void {
    this.interrupted = true;
    for (const each of [...this.foreground]) each.kill();
  }

  /** Waits for `work`; ^C calls `kill` meanwhile. */
  *inForeground<T>(kill: () => void, work: Task<T>): Task<T> {
    const link = { kill };
    this.foreground.add(link);
    try {
      return yield* work;
    } finally {
      this.foreground.delete(link);
    }
  }

  *runCommand(command: Command, streams: Streams): Task<ExitCode> {
    if (command.type === 'simple') return yield* this.runSimple(command, streams);
    const inner = yield* redirect(this, command.redirects, streams);
    return inner === undefined ? 1 : yield* this.runCompound(command, inner);
  }

  private *runCompound(command: Exclude<Command, { type: 'simple' }>, streams: Streams): Task<ExitCode> {
    switch (command.type) {
      case 'group':
        return yield* this.runList(command.body, streams);
      case 'subshell': {
        const shell = this.subshell();
        try {
          return yield* this.inForeground(() => shell.interrupt(), shell.runList(command.body, streams));
        } catch (error) {
          if (error instanceof ExitShell || error instanceof ReturnFrom) return error.code;
          throw error;
        }
      }
      case 'function':
        this.functions.set(command.name, command.body);
        return 0;
      case 'if':
        for (const branch of command.branches) if (yield* this.condition(branch.condition, streams)) return yield* this.runList(branch.body, streams);
        return command.otherwise === undefined ? 0 : yield* this.runList(command.otherwise, streams);
      case 'for': {
        const values = command.words === undefined ? [...this.args] : yield* this.expansion.words(command.words, streams);
        let code = 0;
        for (const value of values) {
          if (this.interrupted) return 130;
          this.setVariable(command.name, value);
          const step = yield* this.loopBody(command.body, streams);
          code = this.lastCode;
          if (step === 'break') break;
        }
        return code;
      }
      case 'while': {
        let code = 0;
        for (;;) {
          if (this.interrupted) return 130;
          if ((yield* this.condition(command.condition, streams)) === command.until) break;
          const before = this.host.clock.nowMs();
          const step = yield* this.loopBody(command.body, streams);
          code = this.lastCode;
          if (step === 'break') break;
          // A loop that never waits would hold the whole world: a millisecond passes at each turn.
          if (this.host.clock.nowMs() === before) yield* this.host.clock.sleep(1);
        }
        return code;
      }
      case 'case': {
        const subject = yield* this.expansion.text(command.word, streams);
        for (const branch of command.branches) {
          for (const pattern of branch.patterns) {
            if (matchPattern(yield* this.expansion.text(pattern, streams), subject)) return yield* this.runList(branch.body, streams);
          }
        }
        return 0;
      }
    }
  }

  private *loopBody(body: List, streams: Streams): Task<'break' | 'next'> {
    try {
      yield* this.runList(body, streams);
      return 'next';
    } catch (error) {
      if (!(error instanceof LoopControl)) throw error;
      if (error.levels > 1) {
        error.levels--;
        throw error;
      }
      return error.kind === 'break' ? 'break' : 'next';
    }
  }

  private *runSimple(command: Extract<Command, { type: 'simple' }>, outer: Streams): Task<ExitCode> {
    let words: string[];
    try {
      words = yield* this.expansion.words(command.words, outer);
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      outer.err(`${this.name}: ${error.message}\n`);
      return 1;
    }
    const streams = yield* redirect(this, command.redirects, outer);
    if (streams === undefined) return 1;
    const [name = '', ...args] = words;
    const assigned: [string, string][] = [];
    let substituted = 0;
    for (const { name: key, value } of command.assignments) {
      this.lastCode = 0;
      assigned.push([key, yield* this.expansion.text(value, streams)]);
      substituted = value.some((part) => part.type === 'command') ? this.lastCode : 0;
    }
    if (words.length === 0) {
      for (const [key, value] of assigned) this.setVariable(key, value);
      return substituted;
    }
    if (this.options.has('x')) streams.err(`+ ${words.join(' ')}\n`);
    const body = this.functions.get(name);
    if (body !== undefined) return yield* this.callFunction(body, args, streams);
    const builtin = builtins.get(name);
    if (builtin === undefined) return yield* runProgram(this, name, args, streams, assigned);
    for (const [key, value] of assigned) this.setVariable(key, value);
    return yield* builtin(this, args, streams);
  }

  private *callFunction(body: Command, args: readonly string[], streams: Streams): Task<ExitCode> {
    const before = this.args;
    this.args = args;
    try {
      return yield* this.runCommand(body, streams);
    } catch (error) {
      if (error instanceof ReturnFrom) return error.code;
      throw error;
    } finally {
      this.args = before;
    }
  }

  /** What a script prints, without its last newlines. */
  *capture(script: List, streams: Streams): Task<string> {
    let text = '';
    const shell = this.subshell();
    try {
      yield* this.inForeground(() => shell.interrupt(), shell.runList(script, { input: streams.input, out: (more) => (text += more), err: (more) => streams.err(more) }));
    } catch (error) {
      if (!(error instanceof ExitShell)) throw error;
      shell.lastCode = error.code;
    }
    this.lastCode = shell.lastCode;
    return text.replace(/\n+$/, '');
  }

  /** One line of a stream, for `read`; undefined at its end. What came after the line is kept. */
  *readLine(input: Mailbox<string> | undefined): Task<string | undefined> {
    if (input === undefined) return undefined;
    let text = this.inputRest.get(input) ?? '';
    while (!text.includes('\n')) {
      const chunk = yield* input.take();
      if (chunk === undefined) {
        this.inputRest.delete(input);
        return text === '' ? undefined : text;
      }
      text += chunk;
    }
    const end = text.indexOf('\n');
    this.inputRest.set(input, text.slice(end + 1));
    return text.slice(0, end);
  }
}

/** The operating system, for those who were given one. */
export function osOf(host: Host): OperatingSystem | undefined {
  const { os } = host as PrivilegedHost;
  if (os === undefined) return undefined;
  try {
    os.hasProgram('sh');
    return os;
  } catch {
    return undefined;
  }
}
