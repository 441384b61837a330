// Programs that a command line names: a process of its own where the shell may start one, else an applet within the shell, else a script on the disk.
import type { ExitCode, Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { absolutePath, isFile, isFolder, readFileText } from './files.ts';
import type { Shell } from './shell.ts';
import type { Streams } from './streams.ts';

/** `word` is a name or a path; `assigned` are variables for this program alone. */
export function* runProgram(shell: Shell, word: string, args: readonly string[], streams: Streams, assigned: readonly (readonly [string, string])[] = []): Task<ExitCode> {
  const { disk } = shell.host;
  const slash = word.lastIndexOf('/');
  const program = word.slice(slash + 1);
  const env = { ...shell.environment(), ...Object.fromEntries(assigned) };
  if (slash >= 0) {
    const path = absolutePath(shell.host, word, shell.cwd);
    const script = isFile(disk, path) ? readFileText(disk, path) : undefined;
    if (script !== undefined) {
      const inner = shell.subshell();
      inner.args = args;
      return yield* inner.runMain(script.startsWith('#!') ? script.slice(script.indexOf('\n') + 1) : script, streams);
    }
    // The test image's own binary stands at its root.
    if (/^\/agnhost(-2)?$/.test(path)) return yield* runProcess(shell, { program, args, env }, streams);
    if (!/^\/(usr\/)?(local\/)?s?bin\//.test(path)) {
      const folder = isFolder(disk, path);
      streams.err(`${shell.name}: ${word}: ${folder ? 'Is a directory' : 'not found'}\n`);
      return folder ? 126 : 127;
    }
  }
  if (shell.os?.hasProgram(program) === true) return yield* runProcess(shell, { program, args, env }, streams);
  const applet = shell.applets.get(program);
  if (applet !== undefined) return yield* runApplet(shell, applet, args, env, streams);
  streams.err(`${shell.name}: ${word}: ${shell.name.includes('bash') ? 'command not found' : 'not found'}\n`);
  return 127;
}

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

function* runProcess(shell: Shell, call: Call, streams: Streams): Task<ExitCode> {
  const process = shell.host.spawnChild({
    ...call,
    ...(streams.input === undefined ? {} : { input: streams.input }),
    onOutput: (stream, text) => (stream === 'stdout' ? streams.out(text) : streams.err(text)),
  });
  shell.lastPid = process.pid;
  let asked = 0;
  // The second ^C is meant.
  const status = yield* shell.inForeground(() => process.signal(asked++ === 0 ? 'SIGTERM' : 'SIGKILL'), process.wait());
  return asked > 0 ? 130 : status.code;
}

function* runApplet(shell: Shell, applet: Program, args: readonly string[], env: Record<string, string>, streams: Streams): Task<ExitCode> {
  const { host } = shell;
  const { input } = streams;
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
  try {
    return (yield* shell.inForeground(() => handle.cancel(), handle.join())) ?? 130;
  } finally {
    if (!handle.done) handle.cancel();
  }
}
