// Runs parsed shell scripts: expansion, redirection, pipelines, builtins, and programs as processes (or as applets where it may not spawn).
import type { ExitCode, Host, Mailbox, OperatingSystem, PrivilegedHost, ProcessHandle, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { evaluateArithmetic } from './arithmetic.ts';
import { builtins } from './builtins.ts';
import { ExitShell, LoopControl, ReturnFrom } from './control.ts';
import { absolutePath, entriesOf, folderMarker, isFile, isFolder, readFileText } from './files.ts';
import { globToRegExp, hasPattern, matchPattern } from './glob.ts';
import { parseScript, ShellSyntaxError } from './parse.ts';
import type { Command, List, ListItem, Pipeline, Redirect, Word } from './parse.ts';

/** Where a command's three streams go. */
export interface Streams {
  /** Of a process: what is typed, piped or redirected to it. undefined: nothing, at its end at once. */
  readonly input: Mailbox<string> | undefined;
  out(text: string): void;
  err(text: string): void;
}

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

  *runCommand(command: Command, streams: Streams): Task<ExitCode> {
    if (command.type === 'simple') return yield* this.runSimple(command, streams);
    const inner = yield* this.redirect(command.redirects, streams);
    if (inner === undefined) return 1;
    try {
      return yield* this.runCompound(command, inner.streams);
    } finally {
      inner.close();
    }
  }

  private *runCompound(command: Exclude<Command, { type: 'simple' }>, streams: Streams): Task<ExitCode> {
    switch (command.type) {
      case 'group':
        return yield* this.runList(command.body, streams);
      case 'subshell': {
        const shell = this.subshell();
        const link = { kill: () => shell.interrupt() };
        this.foreground.add(link);
        try {
          return yield* shell.runList(command.body, streams);
        } catch (error) {
          if (error instanceof ExitShell || error instanceof ReturnFrom) return error.code;
          throw error;
        } finally {
          this.foreground.delete(link);
        }
      }
      case 'function':
        this.functions.set(command.name, command.body);
        return 0;
      case 'if':
        for (const branch of command.branches) if (yield* this.condition(branch.condition, streams)) return yield* this.runList(branch.body, streams);
        return command.otherwise === undefined ? 0 : yield* this.runList(command.otherwise, streams);
      case 'for': {
        const values = command.words === undefined ? [...this.args] : yield* this.expandWords(command.words, streams);
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
        const subject = yield* this.expandText(command.word, streams);
        for (const branch of command.branches) {
          for (const pattern of branch.patterns) {
            if (matchPattern(yield* this.expandText(pattern, streams), subject)) return yield* this.runList(branch.body, streams);
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
      words = yield* this.expandWords(command.words, outer);
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      outer.err(`${this.name}: ${error.message}\n`);
      return 1;
    }
    const inner = yield* this.redirect(command.redirects, outer);
    if (inner === undefined) return 1;
    try {
      const { streams } = inner;
      const [name = '', ...args] = words;
      const assigned: [string, string][] = [];
      let substituted = 0;
      for (const { name: key, value } of command.assignments) {
        this.lastCode = 0;
        assigned.push([key, yield* this.expandText(value, streams)]);
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
      if (builtin !== undefined) {
        for (const [key, value] of assigned) this.setVariable(key, value);
        return yield* builtin(this, args, streams);
      }
      return yield* this.runProgram(name, args, streams, assigned);
    } finally {
      inner.close();
    }
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

  /** A program by name or path: a process of its own where that is allowed, else an applet of this one, else a script on the disk. */
  *runProgram(word: string, args: readonly string[], streams: Streams, assigned: readonly (readonly [string, string])[] = []): Task<ExitCode> {
    const slash = word.lastIndexOf('/');
    const program = word.slice(slash + 1);
    const env = { ...this.environment(), ...Object.fromEntries(assigned) };
    if (slash >= 0) {
      const path = absolutePath(this.host, word, this.cwd);
      const script = isFile(this.host.disk, path) ? readFileText(this.host.disk, path) : undefined;
      if (script !== undefined) {
        const shell = this.subshell();
        shell.args = args;
        return yield* shell.runMain(script.startsWith('#!') ? script.slice(script.indexOf('\n') + 1) : script, streams);
      }
      // The test image's own binary stands at its root.
      if (/^\/agnhost(-2)?$/.test(path)) return yield* this.runChild(program, args, env, streams);
      if (!/^\/(usr\/)?(local\/)?s?bin\//.test(path)) {
        const folder = isFolder(this.host.disk, path);
        streams.err(`${this.name}: ${word}: ${folder ? 'Is a directory' : 'not found'}\n`);
        return folder ? 126 : 127;
      }
    }
    if (this.os?.hasProgram(program) === true) return yield* this.spawnProcess(program, args, env, streams);
    const applet = this.applets.get(program);
    if (applet !== undefined) return yield* this.runApplet(applet, args, env, streams);
    streams.err(`${this.name}: ${word}: ${this.name.includes('bash') ? 'command not found' : 'not found'}\n`);
    return 127;
  }

  private *spawnProcess(program: string, args: readonly string[], env: Record<string, string>, streams: Streams): Task<ExitCode> {
    const process: ProcessHandle = this.host.spawnChild({
      program, args, env,
      ...(streams.input === undefined ? {} : { input: streams.input }),
      onOutput: (stream, text) => (stream === 'stdout' ? streams.out(text) : streams.err(text)),
    });
    let asked = 0;
    const link = { kill: () => process.signal(asked++ === 0 ? 'SIGTERM' : 'SIGKILL') };
    this.foreground.add(link);
    this.lastPid = process.pid;
    try {
      const status = yield* process.wait();
      return asked > 0 ? 130 : status.code;
    } finally {
      this.foreground.delete(link);
    }
  }

  private *runChild(program: string, args: readonly string[], env: Record<string, string>, streams: Streams): Task<ExitCode> {
    const { input } = streams;
    const child = this.host.spawnChild({ program, args, env, ...(input === undefined ? {} : { input }), onOutput: (stream, text) => (stream === 'stdout' ? streams.out(text) : streams.err(text)) });
    const link = { kill: () => child.signal('SIGKILL') };
    this.foreground.add(link);
    try {
      return (yield* child.wait()).code;
    } finally {
      this.foreground.delete(link);
    }
  }

  private *runApplet(applet: Program, args: readonly string[], env: Record<string, string>, streams: Streams): Task<ExitCode> {
    const { input } = streams;
    const { host } = this;
    const inner: Host = {
      ...host,
      env,
      output: { write: (text) => streams.out(text), error: (text) => streams.err(text) },
      input: {
        *read() {
          return input === undefined ? undefined : yield* input.take();
        },
      },
    };
    const handle = host.tasks.spawn(
      applet.name,
      (function* (): Task<ExitCode> {
        try {
          return yield* applet.main(inner, args);
        } catch (error) {
          streams.err(`${error instanceof Error ? error.message : String(error)}\n`);
          return 1;
        }
      })(),
    );
    const link = { kill: () => handle.cancel() };
    this.foreground.add(link);
    try {
      return (yield* handle.join()) ?? 130;
    } finally {
      this.foreground.delete(link);
      if (!handle.done) handle.cancel();
    }
  }

  // ------------------------------------------------ redirection

  private *redirect(redirects: readonly Redirect[], streams: Streams): Task<{ streams: Streams; close(): void } | undefined> {
    if (redirects.length === 0) return { streams, close: () => undefined };
    let input = streams.input;
    let out = (text: string): void => streams.out(text);
    let err = (text: string): void => streams.err(text);
    const { disk } = this.host;
    const closers: (() => void)[] = [];
    for (const each of redirects) {
      const target = yield* this.expandText(each.target, streams);
      if (each.operator === '<<' || each.operator === '<<<') {
        input = this.host.tasks.mailbox<string>();
        input.put(each.operator === '<<<' ? `${target}\n` : target);
        input.close();
        continue;
      }
      if (each.operator === '>&') {
        if (target === '1') {
          const copy = out;
          if (each.fd === 2) err = (text) => copy(text);
        } else if (target === '2') {
          const copy = err;
          if (each.fd === 1) out = (text) => copy(text);
        } else if (target === '-') {
          if (each.fd === 1) out = () => undefined;
          else err = () => undefined;
        }
        continue;
      }
      const path = absolutePath(this.host, target, this.cwd);
      if (each.operator === '<') {
        const text = readFileText(disk, path);
        if (text === undefined) {
          streams.err(`${this.name}: ${target}: ${isFolder(disk, path) ? 'Is a directory' : 'No such file or directory'}\n`);
          return undefined;
        }
        input = this.host.tasks.mailbox<string>();
        if (text !== '') input.put(text);
        input.close();
        continue;
      }
      const write = this.openForWriting(path, target, each.operator === '>>', streams);
      if (write === undefined) return undefined;
      if (each.fd === 2) err = write;
      else out = write;
    }
    const inputNow = input;
    return { streams: { input: inputNow, out: (text) => out(text), err: (text) => err(text) }, close: () => closers.forEach((close) => close()) };
  }

  /** busybox's shell says what it could not do, bash only why. */
  private get refusal(): string {
    return this.name.includes('bash') ? '' : "can't create ";
  }

  private openForWriting(path: string, shown: string, append: boolean, streams: Streams): ((text: string) => void) | undefined {
    const { disk } = this.host;
    if (path === '/dev/null') return () => undefined;
    if (path === '/dev/stdout') return (text) => streams.out(text);
    if (path === '/dev/stderr') return (text) => streams.err(text);
    if (!isFile(disk, path) && isFolder(disk, path)) {
      streams.err(`${this.name}: ${this.refusal}${shown}: Is a directory\n`);
      return undefined;
    }
    const folder = path.slice(0, path.lastIndexOf('/')) || '/';
    if (!isFolder(disk, folder)) {
      streams.err(`${this.name}: ${this.refusal}${shown}: ${this.refusal === '' ? 'No such file or directory' : 'nonexistent directory'}\n`);
      return undefined;
    }
    try {
      let content = append ? (readFileText(disk, path) ?? '') : '';
      disk.write(path, content);
      return (text) => {
        content += text;
        disk.write(path, content);
      };
    } catch (error) {
      streams.err(`${this.name}: ${this.refusal}${shown}: ${error instanceof Error && /read-only/.test(error.message) ? 'Read-only file system' : String(error)}\n`);
      return undefined;
    }
  }

  // ------------------------------------------------ expansion

  *expandWords(words: readonly Word[], streams: Streams): Task<string[]> {
    const found: string[] = [];
    for (const word of words) for (const braced of expandBraces(word)) found.push(...(yield* this.expandWord(braced, streams)));
    return found;
  }

  /** Without splitting and patterns: assignments, redirections, case. */
  *expandText(word: Word, streams: Streams): Task<string> {
    let text = '';
    for (const part of word) {
      const values = yield* this.expandPart(part, streams);
      text += Array.isArray(values) ? values.join(' ') : values;
    }
    return word[0]?.type === 'text' && !word[0].quoted ? this.tilde(text) : text;
  }

  private tilde(text: string): string {
    return text === '~' || text.startsWith('~/') ? `${this.get('HOME') ?? '/root'}${text.slice(1)}` : text;
  }

  private *expandWord(word: Word, streams: Streams): Task<string[]> {
    // Fields being built; `literal` marks characters that are no pattern.
    const fields: { text: string; literal: Set<number> }[] = [];
    let open = false;
    const add = (text: string, quoted: boolean): void => {
      if (!open) fields.push({ text: '', literal: new Set() });
      open = true;
      const field = fields[fields.length - 1] as { text: string; literal: Set<number> };
      if (quoted) for (let i = 0; i < text.length; i++) field.literal.add(field.text.length + i);
      field.text += text;
    };
    for (let index = 0; index < word.length; index++) {
      const part = word[index] as Word[number];
      const value = yield* this.expandPart(part, streams);
      if (part.type === 'text') {
        add(index === 0 && !part.quoted ? this.tilde(part.text) : part.text, part.quoted);
        continue;
      }
      if (Array.isArray(value)) {
        value.forEach((each, i) => {
          if (i > 0) open = false;
          add(each, true);
        });
        continue;
      }
      if (part.quoted) {
        add(value, true);
        continue;
      }
      const pieces = value.split(/[ \t\n]+/);
      pieces.forEach((piece, i) => {
        if (i > 0) open = false;
        if (piece !== '') add(piece, false);
      });
      if (/[ \t\n]$/.test(value)) open = false;
    }
    return fields.flatMap((field) => this.glob(field.text, field.literal));
  }

  private glob(text: string, literal: ReadonlySet<number>): string[] {
    let plain = true;
    for (let i = 0; i < text.length; i++) if (!literal.has(i) && hasPattern(text[i] as string)) plain = false;
    if (plain || this.options.has('f')) return [text];
    const parts: { text: string; literal: Set<number> }[] = [{ text: '', literal: new Set() }];
    for (let i = 0; i < text.length; i++) {
      if (text[i] === '/') parts.push({ text: '', literal: new Set() });
      else {
        const part = parts[parts.length - 1] as { text: string; literal: Set<number> };
        if (literal.has(i)) part.literal.add(part.text.length);
        part.text += text[i];
      }
    }
    let found: string[] = [text.startsWith('/') ? '' : this.cwd === '/' ? '' : this.cwd];
    const prefix = text.startsWith('/') ? '' : `${this.cwd === '/' ? '' : this.cwd}/`;
    for (const part of text.startsWith('/') ? parts.slice(1) : parts) {
      const pattern = globToRegExp(part.text, part.literal);
      found = found.flatMap((folder) => {
        if (!hasPattern(part.text)) return [`${folder}/${part.text}`];
        return entriesOf(this.host.disk, folder === '' ? '/' : folder).map((name) => name.replace(/\/$/, '')).filter((name) => (!name.startsWith('.') || part.text.startsWith('.')) && name !== folderMarker && pattern.test(name)).map((name) => `${folder}/${name}`);
      });
    }
    const existing = found.filter((path) => isFile(this.host.disk, path) || isFolder(this.host.disk, path));
    if (existing.length === 0) return [text];
    return existing.map((path) => (prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path)).sort();
  }

  private *expandPart(part: Word[number], streams: Streams): Task<string | string[]> {
    switch (part.type) {
      case 'text':
        return part.text;
      case 'arithmetic': {
        const text = (yield* this.expandText(parseInner(part.expression), streams)) as string;
        try {
          return String(evaluateArithmetic(text, (name) => this.get(name) ?? '', (name, value) => this.setVariable(name, value)));
        } catch (error) {
          throw new ExpansionError(error instanceof Error ? error.message : String(error));
        }
      }
      case 'command':
        return yield* this.capture(part.script, streams);
      case 'variable':
        return yield* this.expandVariable(part, streams);
    }
  }

  private *capture(script: List, streams: Streams): Task<string> {
    let text = '';
    const shell = this.subshell();
    const link = { kill: () => shell.interrupt() };
    this.foreground.add(link);
    try {
      yield* shell.runList(script, { input: streams.input, out: (more) => (text += more), err: (more) => streams.err(more) });
    } catch (error) {
      if (!(error instanceof ExitShell)) throw error;
      shell.lastCode = error.code;
    } finally {
      this.foreground.delete(link);
    }
    this.lastCode = shell.lastCode;
    return text.replace(/\n+$/, '');
  }

  private *expandVariable(part: Extract<Word[number], { type: 'variable' }>, streams: Streams): Task<string | string[]> {
    const { name, operator } = part;
    if ((name === '@' || (name === '*' && !part.quoted)) && operator === '') return [...this.args];
    const value = this.get(name);
    const argument = part.argument === undefined ? '' : yield* this.expandText(part.argument, streams);
    const unset = value === undefined || (operator.startsWith(':') && operator.length === 2 && value === '');
    switch (operator) {
      case '#':
        // `${#x}` has no argument, `${x#pattern}` has one.
        if (part.argument === undefined) return String((value ?? '').length);
        return stripPrefix(value ?? '', argument, false);
      case '##':
        return stripPrefix(value ?? '', argument, true);
      case '%':
        return stripSuffix(value ?? '', argument, false);
      case '%%':
        return stripSuffix(value ?? '', argument, true);
      case ':-': case '-':
        return unset ? argument : (value as string);
      case ':=': case '=':
        if (unset) this.setVariable(name, argument);
        return unset ? argument : (value as string);
      case ':+': case '+':
        return unset ? '' : argument;
      case ':?': case '?':
        if (unset) throw new ExpansionError(`${name}: ${argument === '' ? 'parameter null or not set' : argument}`);
        return value as string;
      case ':': {
        const [offset = '0', length] = argument.split(':');
        const start = Number(offset) < 0 ? Math.max(0, (value ?? '').length + Number(offset)) : Number(offset);
        return (value ?? '').slice(start, length === undefined ? undefined : start + Number(length));
      }
      case '/': case '//': {
        const slash = argument.indexOf('/');
        const pattern = slash < 0 ? argument : argument.slice(0, slash);
        const replacement = slash < 0 ? '' : argument.slice(slash + 1);
        const source = globToRegExp(pattern).source.slice(1, -1).replaceAll('[^/]', '[\\s\\S]');
        return (value ?? '').replace(new RegExp(source, operator === '//' ? 'g' : ''), () => replacement);
      }
    }
    if (value === undefined && this.options.has('u')) throw new ExpansionError(`${name}: parameter not set`);
    return value ?? '';
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

export class ExpansionError extends Error {}

function parseInner(expression: string): Word {
  const list = parseScript(`: "${expression.replaceAll('"', '')}"`);
  const command = list[0]?.pipelines[0]?.pipeline.commands[0];
  return command?.type === 'simple' ? (command.words[1] ?? []) : [];
}

function stripPrefix(text: string, pattern: string, longest: boolean): string {
  const lengths = Array.from({ length: text.length + 1 }, (_, index) => (longest ? text.length - index : index));
  for (const length of lengths) if (matchPattern(pattern, text.slice(0, length))) return text.slice(length);
  return text;
}
function stripSuffix(text: string, pattern: string, longest: boolean): string {
  const lengths = Array.from({ length: text.length + 1 }, (_, index) => (longest ? index : text.length - index));
  for (const start of lengths) if (matchPattern(pattern, text.slice(start))) return text.slice(0, start);
  return text;
}

/** `{1..3}` and `{a,b}` in unquoted text, as bash does. */
function expandBraces(word: Word): Word[] {
  for (let index = 0; index < word.length; index++) {
    const part = word[index] as Word[number];
    if (part.type !== 'text' || part.quoted) continue;
    const match = /^([\s\S]*?)\{([^{}]*)\}([\s\S]*)$/.exec(part.text);
    if (match === null) continue;
    const inner = match[2] as string;
    const range = /^(-?\d+)\.\.(-?\d+)$/.exec(inner);
    let values: string[] = [];
    if (range !== null) {
      const from = Number(range[1]);
      const to = Number(range[2]);
      for (let n = from; from <= to ? n <= to : n >= to; n += from <= to ? 1 : -1) values.push(String(n));
    } else if (inner.includes(',')) values = inner.split(',');
    else continue;
    return values.flatMap((value) => expandBraces([...word.slice(0, index), { type: 'text', text: `${match[1]}${value}${match[3]}`, quoted: false }, ...word.slice(index + 1)]));
  }
  return [word];
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
