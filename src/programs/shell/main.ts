// sh and bash: `sh -c 'script' [name args...]`, `sh file args...`, or lines from standard input.
import type { ExitCode, Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { applets, coreutils } from './applets.ts';
import { ExitShell } from './control.ts';
import { absolutePath, readFileText, whyUnreadable } from './files.ts';
import { parseScript } from './parse.ts';
import { shellSession } from './session.ts';
import { Shell } from './shell.ts';
import type { Streams } from './streams.ts';
import { ShellSyntaxError } from './syntax.ts';

/** Set for a process whose input is a terminal. */
const terminalVariable = 'TERRARIUM_TTY';

function* shellMain(host: Host, name: string, args: readonly string[]): Task<ExitCode> {
  const shell = new Shell(host, name === 'bash' || host.argv0.endsWith('busybox') ? name : host.argv0, applets);
  const terminate = host.signals.catchTerminate();
  const work = runShell(host, shell, args);
  const ended = yield* host.tasks.race<ExitCode | undefined>(work, onTerminate(host, shell, terminate));
  return ended.value ?? 143;
}

/** SIGTERM ends a shell at once, unless a trap says otherwise; the first process of a container that has no trap ignores it in life. */
function* onTerminate(host: Host, shell: Shell, terminate: { wait(): Task<void> }): Task<ExitCode | undefined> {
  yield* terminate.wait();
  const trap = shell.traps.get('TERM');
  const streams: Streams = { input: undefined, out: (text) => host.output.write(text), err: (text) => host.output.error(text) };
  if (trap !== undefined) {
    try {
      yield* shell.runText(trap, streams);
    } catch (error) {
      if (error instanceof ExitShell) return error.code;
      throw error;
    }
    if (trap === '') yield* host.tasks.latch().wait();
  }
  shell.interrupt();
  return 143;
}

function* runShell(host: Host, shell: Shell, args: readonly string[]): Task<ExitCode> {
  const input = host.tasks.mailbox<string>();
  host.tasks.spawn('stdin', pump(host, shell, input));
  const streams: Streams = { input, out: (text) => host.output.write(text), err: (text) => host.output.error(text) };
  let at = 0;
  while (at < args.length && /^[-+][a-zA-Z]+$/.test(args[at] as string) && !(args[at] as string).includes('c')) {
    for (const letter of (args[at] as string).slice(1)) if ('euxf'.includes(letter)) shell.options.add(letter);
    at++;
  }
  const first = args[at];
  if (first !== undefined && /^-[a-zA-Z]*c$/.test(first)) {
    for (const letter of first.slice(1, -1)) shell.options.add(letter);
    const script = args[at + 1];
    if (script === undefined) {
      host.output.error(`${shell.name}: -c requires an argument\n`);
      return 2;
    }
    shell.args = args.slice(at + 3);
    return yield* shell.runMain(script, streams);
  }
  if (first !== undefined) {
    const script = readFileText(host.disk, absolutePath(host, first));
    if (script === undefined) {
      host.output.error(`${shell.name}: can't open '${first}': ${whyUnreadable(host.disk, absolutePath(host, first))}\n`);
      return 2;
    }
    shell.args = args.slice(at + 1);
    return yield* shell.runMain(script.startsWith('#!') ? script.slice(script.indexOf('\n') + 1) : script, streams);
  }
  return yield* fromInput(shell, streams, promptOf(host, shell));
}

/** A shell at a terminal says that it is ready; the runtime tells by this variable, which its children shall not see. */
function promptOf(host: Host, shell: Shell): (() => string) | undefined {
  if (host.env[terminalVariable] === undefined) return undefined;
  shell.variables.delete(terminalVariable);
  shell.exported.delete(terminalVariable);
  return () => (shell.name.endsWith('bash') ? `root@${host.hostname}:${shell.cwd}# ` : `${shell.cwd} # `);
}

const interruptKey = '\u0003';

function* pump(host: Host, shell: Shell, input: { put(text: string): void; close(): void }): Task<void> {
  for (;;) {
    const chunk = yield* host.input.read();
    if (chunk === undefined) return input.close();
    // ^C at a terminal: what runs in the foreground ends, the shell goes on.
    if (chunk === interruptKey) shell.interrupt();
    else input.put(chunk);
  }
}

/** Line by line, as they come: what `kubectl exec -it web -- sh` talks to. A line that is not complete waits for the next. */
function* fromInput(shell: Shell, streams: Streams, prompt?: () => string): Task<ExitCode> {
  let text = '';
  for (;;) {
    shell.interrupted = false;
    if (prompt !== undefined) streams.out(text === '' ? prompt() : '> ');
    const line = yield* shell.readLine(streams.input);
    if (line === undefined) break;
    text = text === '' ? line : `${text}\n${line}`;
    try {
      parseScript(text, shell.aliases);
    } catch (error) {
      if (error instanceof ShellSyntaxError && error.incomplete) continue;
      if (!(error instanceof ShellSyntaxError)) throw error;
    }
    const script = text;
    text = '';
    try {
      yield* shell.runText(script, streams);
    } catch (error) {
      if (error instanceof ExitShell) return error.code;
      throw error;
    }
  }
  return text === '' ? shell.lastCode : yield* shell.runMain(text, streams);
}

export const sh: Program = { name: 'sh', main: (host, args) => shellMain(host, 'sh', args) };
export const bash: Program = { name: 'bash', main: (host, args) => shellMain(host, 'bash', args) };
const ash: Program = { name: 'ash', main: (host, args) => shellMain(host, 'ash', args) };
/** `busybox sh -c ...` */
const busybox: Program = {
  name: 'busybox',
  *main(host, args) {
    const [name = 'sh', ...rest] = args;
    if (name === 'sh' || name === 'ash') return yield* shellMain(host, 'sh', rest);
    const found = applets.get(name);
    if (found === undefined) {
      host.output.error(`${name}: applet not found\n`);
      return 127;
    }
    return yield* found.main(host, rest);
  },
};

/** Builtins that are programs too, for those who start them without a shell (`kubectl exec web -- echo hi`). */
const standalone: readonly Program[] = ['echo', 'pwd', 'test', 'true', 'false', 'kill', 'which', '['].map((name) => ({
  name,
  *main(host: Host, args: readonly string[]) {
    const quoted = args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
    return yield* new Shell(host, name, applets).runMain(`${name} ${quoted}`, { input: undefined, out: (text) => host.output.write(text), err: (text) => host.output.error(text) });
  },
}));

for (const program of [sh, bash, ash, busybox, ...standalone]) applets.set(program.name, program);

/** Every program of this room, for the world's list of programs. */
export const shellPrograms: readonly Program[] = [sh, bash, ash, busybox, shellSession, ...standalone, ...coreutils];
