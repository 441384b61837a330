// Commands that the shell itself carries out.
import type { ExitCode, Signal } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { absolutePath, contentText, exists, isFile, isFolder, readFileText, whyUnreadable } from './files.ts';
import { ExitShell, LoopControl, ReturnFrom } from './control.ts';
import { runProgram } from './launch.ts';
import type { Job, Shell } from './shell.ts';
import type { Streams } from './streams.ts';

export type Builtin = (shell: Shell, args: readonly string[], streams: Streams) => Task<ExitCode>;

/** A builtin that needs no waiting. */
const plain = (run: (shell: Shell, args: readonly string[], streams: Streams) => ExitCode): Builtin =>
  function* (shell, args, streams) {
    return run(shell, args, streams);
  };

export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', plain(() => 0)],
  ['true', plain(() => 0)],
  ['false', plain(() => 1)],
  ['cd', plain(changeFolder)],
  ['pwd', plain((shell, _, streams) => (streams.out(`${shell.cwd}\n`), 0))],
  ['echo', plain(echo)],
  ['test', plain((shell, args) => (test(shell, args) ? 0 : 1))],
  ['[[', plain((shell, args, streams) => {
    if (args[args.length - 1] !== ']]') {
      streams.err(`${shell.name}: [[: missing ]]\n`);
      return 2;
    }
    return test(shell, args.slice(0, -1)) ? 0 : 1;
  })],
  ['[', plain((shell, args, streams) => {
    if (args[args.length - 1] !== ']') {
      streams.err(`${shell.name}: [: missing ]\n`);
      return 2;
    }
    return test(shell, args.slice(0, -1)) ? 0 : 1;
  })],
  ['export', plain(exportVariables)],
  ['unset', plain((shell, args) => {
    for (const name of args.filter((arg) => !arg.startsWith('-'))) {
      shell.variables.delete(name);
      shell.exported.delete(name);
      shell.functions.delete(name);
    }
    return 0;
  })],
  ['readonly', plain(exportVariables)],
  ['local', plain((shell, args) => {
    for (const arg of args) {
      const equals = arg.indexOf('=');
      shell.setVariable(equals < 0 ? arg : arg.slice(0, equals), equals < 0 ? '' : arg.slice(equals + 1));
    }
    return 0;
  })],
  ['alias', plain(alias)],
  ['unalias', plain((shell, args) => {
    for (const name of args) shell.aliases.delete(name);
    return 0;
  })],
  ['set', plain(setOptions)],
  ['shift', plain((shell, args) => {
    shell.args = shell.args.slice(Number(args[0] ?? 1));
    return 0;
  })],
  ['exit', plain((shell, args) => {
    throw new ExitShell(args[0] === undefined ? shell.lastCode : Number(args[0]) & 255);
  })],
  ['return', plain((shell, args) => {
    throw new ReturnFrom(args[0] === undefined ? shell.lastCode : Number(args[0]) & 255);
  })],
  ['break', plain((_, args) => {
    throw new LoopControl('break', Number(args[0] ?? 1));
  })],
  ['continue', plain((_, args) => {
    throw new LoopControl('continue', Number(args[0] ?? 1));
  })],
  ['trap', plain((shell, args) => {
    const [action, ...signals] = args;
    if (action === undefined) return 0;
    for (const signal of signals) {
      const name = signal.replace(/^SIG/, '').replace(/^15$/, 'TERM').replace(/^0$/, 'EXIT').replace(/^2$/, 'INT');
      if (action === '-') shell.traps.delete(name);
      else shell.traps.set(name, action);
    }
    return 0;
  })],
  ['umask', plain(() => 0)],
  ['type', plain((shell, args, streams) => {
    let code = 0;
    for (const name of args) {
      if (shell.aliases.has(name)) streams.out(`${name} is aliased to \`${shell.aliases.get(name)}'\n`);
      else if (shell.functions.has(name)) streams.out(`${name} is a function\n`);
      else if (builtins.has(name)) streams.out(`${name} is a shell builtin\n`);
      else if (isProgram(shell, name)) streams.out(`${name} is /usr/bin/${name}\n`);
      else {
        streams.err(`${shell.name}: type: ${name}: not found\n`);
        code = 1;
      }
    }
    return code;
  })],
  ['which', plain((shell, args, streams) => {
    let code = 0;
    for (const name of args) {
      if (isProgram(shell, name)) streams.out(`/usr/bin/${name}\n`);
      else code = 1;
    }
    return code;
  })],
  ['command', function* (shell, args, streams) {
    if (args[0] === '-v') {
      const name = args[1] ?? '';
      if (builtins.has(name) || shell.functions.has(name)) streams.out(`${name}\n`);
      else if (isProgram(shell, name)) streams.out(`/usr/bin/${name}\n`);
      else return 127;
      return 0;
    }
    const [name, ...rest] = args;
    if (name === undefined) return 0;
    const builtin = builtins.get(name);
    return builtin === undefined ? yield* runProgram(shell, name, rest, streams) : yield* builtin(shell, rest, streams);
  }],
  ['exec', function* (shell, args, streams) {
    const [name, ...rest] = args;
    if (name === undefined) return 0;
    throw new ExitShell(yield* runProgram(shell, name, rest, streams));
  }],
  ['eval', function* (shell, args, streams) {
    return yield* shell.runText(args.join(' '), streams);
  }],
  ['.', source],
  ['source', source],
  ['read', read],
  ['wait', function* (shell, args) {
    const wanted = args.length === 0 ? shell.jobs : shell.jobs.filter((job) => args.includes(String(job.pid)) || args.includes(`%${job.id}`));
    let code = 0;
    for (const job of [...wanted]) {
      if (!(yield* waitOrInterrupt(shell, job))) return 130;
      code = job.code;
    }
    return args.length === 0 ? 0 : code;
  }],
  ['jobs', plain((shell, _, streams) => {
    for (const job of shell.jobs) if (!job.done) streams.out(`[${job.id}]+  Running                 ${job.text} &\n`);
    return 0;
  })],
  ['fg', function* (shell, _, streams) {
    const job = shell.jobs.filter((each) => !each.done).pop();
    if (job === undefined) {
      streams.err(`${shell.name}: fg: no current job\n`);
      return 1;
    }
    streams.out(`${job.text}\n`);
    const link = { kill: () => job.kill() };
    shell.foreground.add(link);
    yield* job.wait();
    shell.foreground.delete(link);
    return shell.interrupted ? 130 : job.code;
  }],
  ['kill', plain(kill)],
  ['history', plain(() => 0)],
  ['times', plain(() => 0)],
  ['printf', function* (shell, args, streams) {
    return yield* runProgram(shell, 'printf', args, streams);
  }],
]);

/** False when Ctrl-C came first; the job goes on. */
function* waitOrInterrupt(shell: Shell, job: Job): Task<boolean> {
  const stop = shell.host.tasks.latch();
  const link = { kill: () => stop.set() };
  shell.foreground.add(link);
  try {
    return (yield* shell.host.tasks.race(job.wait(), stop.wait())).index === 0;
  } finally {
    shell.foreground.delete(link);
  }
}

function isProgram(shell: Shell, name: string): boolean {
  return shell.os?.hasProgram(name) === true || shell.applets.has(name);
}

function changeFolder(shell: Shell, args: readonly string[], streams: Streams): ExitCode {
  const target = args[0] === '-' ? (shell.get('OLDPWD') ?? shell.cwd) : (args[0] ?? shell.get('HOME') ?? '/');
  const path = absolutePath(shell.host, target, shell.cwd);
  if (!isFolder(shell.host.disk, path)) {
    streams.err(`${shell.name}: cd: ${args[0] ?? target}: ${isFile(shell.host.disk, path) ? 'Not a directory' : 'No such file or directory'}\n`);
    return 1;
  }
  shell.setVariable('OLDPWD', shell.cwd);
  shell.cwd = path;
  shell.setVariable('PWD', path, true);
  if (args[0] === '-') streams.out(`${path}\n`);
  return 0;
}

export function unescape(text: string): string {
  const names: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', e: '\x1b', '\\': '\\' };
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|0[0-7]{0,3}|[0-7]{1,3}|.)/gs, (whole, code: string) => {
    if (code.startsWith('x') && code.length > 1) return String.fromCharCode(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8));
    return names[code] ?? whole;
  });
}

function echo(_: Shell, args: readonly string[], streams: Streams): ExitCode {
  let newline = true;
  let escapes = false;
  let start = 0;
  while (start < args.length && /^-[neE]+$/.test(args[start] as string)) {
    for (const letter of (args[start] as string).slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
    start++;
  }
  let text = args.slice(start).join(' ');
  if (escapes) text = unescape(text);
  streams.out(newline ? `${text}\n` : text);
  return 0;
}

function exportVariables(shell: Shell, args: readonly string[], streams: Streams): ExitCode {
  if (args.length === 0 || args[0] === '-p') {
    for (const name of [...shell.exported].sort()) streams.out(`export ${name}='${shell.get(name) ?? ''}'\n`);
    return 0;
  }
  for (const arg of args) {
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      streams.err(`${shell.name}: export: \`${arg}': not a valid identifier\n`);
      return 1;
    }
    if (equals >= 0) shell.setVariable(name, arg.slice(equals + 1));
    shell.exported.add(name);
  }
  return 0;
}

function alias(shell: Shell, args: readonly string[], streams: Streams): ExitCode {
  if (args.length === 0) for (const [name, value] of [...shell.aliases].sort()) streams.out(`alias ${name}='${value}'\n`);
  let code = 0;
  for (const arg of args) {
    const equals = arg.indexOf('=');
    if (equals > 0) shell.aliases.set(arg.slice(0, equals), arg.slice(equals + 1));
    else if (shell.aliases.has(arg)) streams.out(`alias ${arg}='${shell.aliases.get(arg)}'\n`);
    else {
      streams.err(`${shell.name}: alias: ${arg}: not found\n`);
      code = 1;
    }
  }
  return code;
}

function setOptions(shell: Shell, args: readonly string[], streams: Streams): ExitCode {
  if (args.length === 0) {
    for (const [name, value] of [...shell.variables].sort()) streams.out(`${name}='${value}'\n`);
    return 0;
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      shell.args = args.slice(i + 1);
      return 0;
    }
    if (arg === '-o' || arg === '+o') {
      const letter = ({ errexit: 'e', nounset: 'u', xtrace: 'x', noglob: 'f', pipefail: 'p' } as Record<string, string>)[args[i + 1] ?? ''];
      if (letter !== undefined) {
        if (arg === '-o') shell.options.add(letter);
        else shell.options.delete(letter);
      }
      i++;
    } else if (/^-[a-z]+$/.test(arg)) {
      for (const letter of arg.slice(1)) {
        if (letter !== 'o') shell.options.add(letter);
        else {
          const named = ({ errexit: 'e', nounset: 'u', xtrace: 'x', noglob: 'f', pipefail: 'p' } as Record<string, string>)[args[i + 1] ?? ''];
          if (named !== undefined) shell.options.add(named);
          i++;
        }
      }
    } else if (/^\+[a-z]+$/.test(arg)) for (const letter of arg.slice(1)) shell.options.delete(letter);
    else {
      shell.args = args.slice(i);
      return 0;
    }
  }
  return 0;
}

export function test(shell: Shell, args: readonly string[]): boolean {
  const or = args.indexOf('-o');
  if (or > 0 && args.length > 3) return test(shell, args.slice(0, or)) || test(shell, args.slice(or + 1));
  const and = args.indexOf('-a');
  if (and > 0 && args.length > 3) return test(shell, args.slice(0, and)) && test(shell, args.slice(and + 1));
  if (args[0] === '!' && args.length > 1) return !test(shell, args.slice(1));
  const [a = '', b = '', c = ''] = args;
  const path = (text: string): string => absolutePath(shell.host, text, shell.cwd);
  if (args.length === 0) return false;
  if (args.length === 1) return a !== '';
  if (args.length === 2) {
    switch (a) {
      case '-n': return b !== '';
      case '-z': return b === '';
      case '-e': return exists(shell.host.disk, path(b));
      case '-f': return isFile(shell.host.disk, path(b));
      case '-d': return !isFile(shell.host.disk, path(b)) && isFolder(shell.host.disk, path(b));
      case '-s': return (contentText(shell.host.disk, path(b)) ?? '') !== '';
      case '-r': return exists(shell.host.disk, path(b)) && shell.host.disk.mayRead(path(b));
      case '-w': case '-x': return exists(shell.host.disk, path(b));
      case '-t': return false;
    }
    return false;
  }
  switch (b) {
    case '=': case '==': return a === c;
    case '!=': return a !== c;
    case '-eq': return Number(a) === Number(c);
    case '-ne': return Number(a) !== Number(c);
    case '-lt': return Number(a) < Number(c);
    case '-le': return Number(a) <= Number(c);
    case '-gt': return Number(a) > Number(c);
    case '-ge': return Number(a) >= Number(c);
    case '<': return a < c;
    case '>': return a > c;
  }
  return false;
}

function* source(shell: Shell, args: readonly string[], streams: Streams): Task<ExitCode> {
  const text = readFileText(shell.host.disk, absolutePath(shell.host, args[0] ?? '', shell.cwd));
  if (text === undefined) {
    streams.err(`${shell.name}: ${args[0] ?? ''}: ${whyUnreadable(shell.host.disk, absolutePath(shell.host, args[0] ?? '', shell.cwd))}\n`);
    return 1;
  }
  try {
    return yield* shell.runText(text, streams);
  } catch (error) {
    if (error instanceof ReturnFrom) return error.code;
    throw error;
  }
}

function* read(shell: Shell, args: readonly string[], streams: Streams): Task<ExitCode> {
  const names = args.filter((arg) => !arg.startsWith('-'));
  if (args.includes('-p')) streams.err(names.shift() ?? '');
  const line = yield* shell.readLine(streams.input);
  if (line === undefined) {
    for (const name of names) shell.setVariable(name, '');
    return 1;
  }
  const targets = names.length === 0 ? ['REPLY'] : names;
  let rest = line.trim();
  targets.forEach((name, index) => {
    if (index === targets.length - 1) return shell.setVariable(name, rest);
    const match = /^(\S*)\s*([\s\S]*)$/.exec(rest);
    shell.setVariable(name, match?.[1] ?? '');
    rest = match?.[2] ?? '';
  });
  return 0;
}

const signalNames: Readonly<Record<string, Signal>> = { 9: 'SIGKILL', KILL: 'SIGKILL', SIGKILL: 'SIGKILL', 19: 'SIGSTOP', STOP: 'SIGSTOP', SIGSTOP: 'SIGSTOP', 18: 'SIGCONT', CONT: 'SIGCONT', SIGCONT: 'SIGCONT' };

function kill(shell: Shell, args: readonly string[], streams: Streams): ExitCode {
  let signal: Signal = 'SIGTERM';
  const targets: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '-l') {
      streams.out('HUP INT QUIT KILL TERM STOP CONT\n');
      return 0;
    }
    const name = arg === '-s' ? (args[++i] ?? '') : /^-/.test(arg) ? arg.slice(1) : undefined;
    if (name === undefined) targets.push(arg);
    else {
      const known = signalNames[name];
      signal = known ?? 'SIGTERM';
    }
  }
  let code = 0;
  for (const target of targets) {
    const job = shell.jobs.find((each) => target === `%${each.id}` || target === String(each.pid));
    if (job !== undefined) {
      job.kill();
      continue;
    }
    const process = shell.os?.process(Number(target));
    if (process === undefined || process.exit !== undefined) {
      streams.err(`${shell.name}: kill: (${target}) - No such process\n`);
      code = 1;
    } else process.signal(signal);
  }
  return code;
}
