// sleep date hostname env ps uname whoami id uptime free df watch clear sync nproc which-like odds and ends
import { civilTime } from '../../../api/meta/time.ts';
import type { Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { runProgram } from '../launch.ts';
import { osOf, Shell } from '../shell.ts';
import { applet, getopt, simple } from './applet.ts';
import { tables } from './text-tools.ts';

/** `10`, `0.5`, `2m`, `1h`, `infinity`: in milliseconds. */
function parseSleep(text: string): number | undefined {
  if (text === 'infinity' || text === 'inf') return 1e12;
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * ({ s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] === '' ? 's' : (match[2] as 's')] ?? 1000);
}

const sleep = applet('sleep', function* (host, args) {
  if (args.length === 0) {
    host.output.error('sleep: missing operand\n');
    return 1;
  }
  let total = 0;
  for (const arg of args) {
    const ms = parseSleep(arg);
    if (ms === undefined) {
      host.output.error(`sleep: invalid number '${arg}'\n`);
      return 1;
    }
    total += ms;
  }
  yield* host.clock.sleep(total);
  return 0;
});

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function formatDate(ms: number, format: string): string {
  const civil = civilTime(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const weekday = weekdays[(((Math.floor(ms / 86_400_000) + 4) % 7) + 7) % 7] as string;
  const table: Record<string, string> = {
    Y: String(civil.year), m: two(civil.month), d: two(civil.day), H: two(civil.hour), M: two(civil.minute), S: two(civil.second), a: weekday, b: monthNames[civil.month - 1] as string, e: String(civil.day).padStart(2), Z: 'UTC', z: '+0000', s: String(Math.floor(ms / 1000)), N: String((ms % 1000) * 1e6).padStart(9, '0'), n: '\n', '%': '%', y: two(civil.year % 100), j: '001', I: two(civil.hour % 12 === 0 ? 12 : civil.hour % 12), p: civil.hour < 12 ? 'AM' : 'PM',
  };
  return format.replace(/%F/g, '%Y-%m-%d').replace(/%T/g, '%H:%M:%S').replace(/%D/g, '%m/%d/%y').replace(/%c/g, '%a %b %e %H:%M:%S %Y').replace(/%3N/g, String(Math.floor(ms % 1000)).padStart(3, '0')).replace(/%([a-zA-Z%])/g, (whole, letter: string) => table[letter] ?? whole);
}

const date = simple('date', (host, args) => {
  const format = args.find((arg) => arg.startsWith('+'));
  const iso = args.some((arg) => arg.startsWith('-I') || arg.startsWith('--iso'));
  host.output.write(`${formatDate(host.clock.wallMs(), format?.slice(1) ?? (iso ? '%FT%T+00:00' : '%a %b %e %H:%M:%S UTC %Y'))}\n`);
  return 0;
});

const hostname = simple('hostname', (host, args) => {
  host.output.write(`${args.includes('-i') || args.includes('-I') ? host.network.addresses.join(' ') : host.hostname}\n`);
  return 0;
});

const env = applet('env', function* (host, args) {
  const environment: Record<string, string> = args.includes('-i') ? {} : { ...host.env };
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === '-i') continue;
    const equals = arg.indexOf('=');
    if (equals <= 0) break;
    environment[arg.slice(0, equals)] = arg.slice(equals + 1);
  }
  if (at < args.length) return yield* runOther({ ...host, env: environment }, args.slice(at));
  for (const [name, value] of Object.entries(environment)) host.output.write(`${name}=${value}\n`);
  return 0;
});

/** Runs another program with this one's streams. */
function* runOther(host: Host, words: readonly string[], out?: (text: string) => void): Task<number> {
  const shell = new Shell(host, words[0] ?? '', tables.appletTable());
  const [name = '', ...rest] = words;
  return yield* runProgram(shell, name, rest, { input: undefined, out: out ?? ((text) => host.output.write(text)), err: out ?? ((text) => host.output.error(text)) });
}

const ps = simple('ps', (host) => {
  const os = osOf(host);
  if (os === undefined) {
    host.output.write(`PID   USER     TIME  COMMAND\n    1 root      0:00 ${host.process}\n`);
    return 0;
  }
  const seconds = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;
  host.output.write('    PID    PPID STATE    TIME COMMAND\n');
  for (const each of os.processes()) {
    if (each.state === 'exited') continue;
    const used = os.process(each.pid)?.usage.cpuMs ?? 0;
    host.output.write(`${String(each.pid).padStart(7)} ${String(each.parentPid).padStart(7)} ${each.state === 'frozen' ? 'T' : 'S'}     ${seconds(used).padStart(7)} ${each.program}${each.args.length > 0 ? ` ${each.args.join(' ')}` : ''}\n`);
  }
  return 0;
});

const uname = simple('uname', (host, args) => {
  const text = args.includes('-a') ? `Linux ${host.hostname} 6.12.0-terrarium #1 SMP x86_64 GNU/Linux` : args.includes('-r') ? '6.12.0-terrarium' : args.includes('-m') ? 'x86_64' : args.includes('-n') ? host.hostname : 'Linux';
  host.output.write(`${text}\n`);
  return 0;
});

const free = simple('free', (host) => {
  const os = osOf(host);
  const total = Math.floor((os?.memoryBytes ?? 0) / 1024);
  const used = os === undefined ? 0 : Math.floor(os.processes().reduce((sum, each) => sum + (each.state === 'exited' ? 0 : (os.process(each.pid)?.usage.memoryBytes ?? 0)), 0) / 1024);
  host.output.write(`              total        used        free\nMem:    ${String(total).padStart(11)} ${String(used).padStart(11)} ${String(Math.max(0, total - used)).padStart(11)}\n`);
  return 0;
});

const watch = applet('watch', function* (host, args) {
  let at = 0;
  let everyMs = 2000;
  while (at < args.length && (args[at] as string).startsWith('-')) {
    const option = args[at++] as string;
    if (option === '-n' || option === '--interval') everyMs = Number(args[at++]) * 1000;
    else if (option.startsWith('-n')) everyMs = Number(option.slice(2)) * 1000;
  }
  const words = args.slice(at);
  if (words.length === 0 || !(everyMs > 0)) {
    host.output.error('usage: watch [-n seconds] command\n');
    return 1;
  }
  for (;;) {
    let text = '';
    const shell = new Shell(host, 'watch', tables.appletTable());
    yield* shell.runText(words.length === 1 ? (words[0] as string) : words.map((word) => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' '), { input: undefined, out: (more) => (text += more), err: (more) => (text += more) });
    host.output.write(`\x1b[H\x1b[2JEvery ${(everyMs / 1000).toFixed(1)}s: ${words.join(' ')}    ${host.hostname}: ${formatDate(host.clock.wallMs(), '%a %b %e %H:%M:%S %Y')}\n\n${text}`);
    yield* host.clock.sleep(everyMs);
  }
});

const timeout = applet('timeout', function* (host, args) {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  const limitMs = parseSleep(args[at] ?? '');
  if (limitMs === undefined) {
    host.output.error('usage: timeout SECONDS COMMAND\n');
    return 125;
  }
  const code = yield* host.tasks.timeout(limitMs, runOther(host, args.slice(at + 1)));
  return code ?? 124;
});

const time = applet('time', function* (host, args) {
  const startedMs = host.clock.nowMs();
  const code = yield* runOther(host, args);
  const seconds = (host.clock.nowMs() - startedMs) / 1000;
  host.output.error(`real\t${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s\n`);
  return code;
});

const words = (name: string, text: (host: Host) => string): Program => simple(name, (host) => {
  host.output.write(`${text(host)}\n`);
  return 0;
});

export const systemTools: readonly Program[] = [
  sleep, date, hostname, env, ps, uname, free, watch, timeout, time,
  simple('whoami', (host) => {
    if (host.user.uid === 0) host.output.write('root\n');
    else host.output.error(`whoami: unknown uid ${host.user.uid}\n`);
    return host.user.uid === 0 ? 0 : 1;
  }),
  simple('id', (host, args) => {
    const { uid, gid, groups } = host.user;
    const named = (id: number): string => (id === 0 ? '0(root)' : String(id));
    const all = [...new Set([gid, ...groups])];
    const text = args.includes('-u') ? String(uid) : args.includes('-g') ? String(gid) : args.includes('-G') ? all.join(' ') : `uid=${named(uid)} gid=${named(gid)} groups=${all.map(named).join(',')}`;
    host.output.write(`${text}\n`);
    return 0;
  }),
  simple('sysctl', (host, args) => {
    let code = 0;
    for (const name of getopt(args, '').operands) {
      const value = host.disk.readText(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim();
      if (value === undefined) {
        host.output.error(`sysctl: error: '${name}' is an unknown key\n`);
        code = 1;
      } else host.output.write(args.includes('-n') ? `${value}\n` : `${name} = ${value}\n`);
    }
    return code;
  }),
  simple('expr', (host, args) => {
    const [left = '', operator, right = ''] = args;
    const a = Number(left);
    const b = Number(right);
    const isWhole = /^-?\d+$/.test(left) && /^-?\d+$/.test(right);
    if (operator !== undefined && ['+', '-', '*', '/', '%'].includes(operator) && (!isWhole || ('/%'.includes(operator) && b === 0))) {
      host.output.error(isWhole ? 'expr: division by zero\n' : 'expr: non-numeric argument\n');
      return 2;
    }
    const order = isWhole ? a - b : left < right ? -1 : left > right ? 1 : 0;
    const results: Readonly<Record<string, string | number>> = { '+': a + b, '-': a - b, '*': a * b, '/': Math.trunc(a / b), '%': a % b, '=': Number(order === 0), '!=': Number(order !== 0), '<': Number(order < 0), '<=': Number(order <= 0), '>': Number(order > 0), '>=': Number(order >= 0), '|': left !== '' && left !== '0' ? left : right, '&': left !== '' && left !== '0' && right !== '' && right !== '0' ? left : 0 };
    const result = String(operator === undefined ? left : (results[operator] ?? ''));
    host.output.write(`${result}\n`);
    return result === '' || result === '0' ? 1 : 0;
  }),
  simple('mount', (host, args) => {
    if (args.includes('-t') && !args.includes('cgroup2')) return 0;
    host.output.write('cgroup on /sys/fs/cgroup type cgroup2 (ro,nosuid,nodev,noexec,relatime)\n');
    return 0;
  }),
  words('nproc', (host) => String(osOf(host)?.cores ?? 1)),
  words('uptime', (host) => ` ${formatDate(host.clock.wallMs(), '%H:%M:%S')} up ${Math.floor(host.clock.nowMs() / 60_000)} min,  load average: 0.00, 0.00, 0.00`),
  words('df', () => 'Filesystem           1K-blocks      Used Available Use% Mounted on\noverlay               41152736   4115273  37037463  10% /'),
  simple('clear', (host) => {
    host.output.write('\x1b[H\x1b[2J');
    return 0;
  }),
  simple('sync', () => 0),
  simple('printenv', (host, args) => {
    if (args.length === 0) for (const [name, value] of Object.entries(host.env)) host.output.write(`${name}=${value}\n`);
    let code = 0;
    for (const name of getopt(args, '').operands) {
      const value = host.env[name];
      if (value === undefined) code = 1;
      else host.output.write(`${value}\n`);
    }
    return code;
  }),
  simple('yes', (host, args) => {
    // Endless in life: here a screenful is enough for what it is piped into.
    host.output.write(`${args[0] ?? 'y'}\n`.repeat(200));
    return 0;
  }),
  simple('reboot', (host) => {
    const os = osOf(host);
    if (os === undefined) {
      host.output.error('reboot: Operation not permitted\n');
      return 1;
    }
    os.reboot();
    return 0;
  }),
];
