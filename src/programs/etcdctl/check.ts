// check perf: writes at a rate for a minute, and says whether the cluster kept up.
import type { Task } from '../../kernel/task.ts';
import type { DeleteRangeResponse, RangeResponse } from '../../wire/etcd-rpc.ts';
import { prefixEnd } from './keys.ts';
import { Failure, type Session } from './session.ts';

interface Load {
  /** Writes a second. */
  readonly limit: number;
  readonly clients: number;
}

const loads: Readonly<Record<string, Load>> = { s: { limit: 150, clients: 50 }, m: { limit: 1000, clients: 200 }, l: { limit: 8000, clients: 500 }, xl: { limit: 15_000, clients: 1000 } };
const aliases: Readonly<Record<string, string>> = { small: 's', medium: 'm', large: 'l', xLarge: 'xl' };
const seconds = 60;
const valueBytes = 1024;

/** What became of the writes. */
class Report {
  private readonly tookMs: number[] = [];
  readonly errors = new Map<string, number>();

  add(tookMs: number): void {
    this.tookMs.push(tookMs);
  }
  fail(message: string): void {
    this.errors.set(message, (this.errors.get(message) ?? 0) + 1);
  }
  get count(): number {
    return this.tookMs.length;
  }
  get slowestSeconds(): number {
    return this.tookMs.reduce((most, each) => Math.max(most, each), 0) / 1000;
  }
  get deviationSeconds(): number {
    const mean = this.tookMs.reduce((sum, each) => sum + each, 0) / Math.max(this.count, 1);
    return Math.sqrt(this.tookMs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(this.count, 1)) / 1000;
  }
}

export function* checkPerf(session: Session): Task<void> {
  const { host, flags } = session;
  const name = flags.get('load') ?? 's';
  const load = loads[Object.hasOwn(aliases, name) ? (aliases[name] as string) : name];
  if (load === undefined || !(Object.hasOwn(loads, name) || Object.hasOwn(aliases, name))) throw new Failure(`unknown load option ${name}`, 4);
  const prefix = flags.get('prefix') ?? '/etcdctl-check-perf/';
  const range = { key: prefix, rangeEnd: prefixEnd(prefix) };
  const before = yield* session.call<RangeResponse>('KV/Range', { ...range, limit: 1 });
  if (before.kvs.length > 0) throw new Failure(`prefix ${JSON.stringify(prefix)} has keys. Delete with etcdctl del --prefix ${prefix} first`, 3);

  const report = new Report();
  const startMs = host.clock.nowMs();
  const finished = host.tasks.mailbox<true>();
  for (let client = 0; client < load.clients; client++) host.tasks.spawn(`client ${client}`, write(session, load, client, prefix, report, () => finished.put(true)));
  for (let done = 0; done < load.clients; done++) yield* finished.take();
  const rate = report.count / ((host.clock.nowMs() - startMs) / 1000);
  session.print(` ${seconds} / ${seconds} B${'o'.repeat(50)}m! 100.00% 1m0s\n`);
  const gone = yield* session.call<DeleteRangeResponse>('KV/DeleteRange', range);
  if (flags.bool('auto-compact')) yield* session.call('KV/Compact', { revision: gone.header.revision });
  if (flags.bool('auto-defrag')) for (const endpoint of session.endpoints) yield* session.callAt(endpoint, 'Maintenance/Defragment', {});
  if (!tell(session, load, report, rate)) throw new Failure('');
}

/** One of the clients: its share of the rate, evenly spread. A write that is late makes the next ones late too. */
function* write(session: Session, load: Load, client: number, prefix: string, report: Report, done: () => void): Task<void> {
  const { host } = session;
  const startMs = host.clock.nowMs();
  const everyMs = (1000 * load.clients) / load.limit;
  const value = '\0'.repeat(valueBytes);
  for (let turn = 0; ; turn++) {
    const dueMs = startMs + (client * everyMs) / load.clients + turn * everyMs;
    if (dueMs >= startMs + seconds * 1000) break;
    if (dueMs > host.clock.nowMs()) yield* host.clock.sleep(dueMs - host.clock.nowMs());
    if (host.clock.nowMs() >= startMs + seconds * 1000) break;
    const sentMs = host.clock.nowMs();
    try {
      yield* session.call('KV/Put', { key: `${prefix}${host.random.hex(16)}`, value });
      report.add(host.clock.nowMs() - sentMs);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      report.fail(error.message);
    }
  }
  done();
}

function tell(session: Session, load: Load, report: Report, rate: number): boolean {
  let passed = report.errors.size === 0;
  if (!passed) {
    session.print('FAIL: too many errors\n');
    for (const [message, count] of report.errors) session.print(`FAIL: ERROR(${message}) -> ${count}\n`);
  }
  const judge = (good: boolean, yes: string, no: string): void => {
    session.print(`${good ? yes : no}\n`);
    passed &&= good;
  };
  const writes = Math.floor(rate) + 1;
  const slowest = report.slowestSeconds.toFixed(6);
  const deviation = report.deviationSeconds.toFixed(6);
  judge(rate / load.limit > 0.9, `PASS: Throughput is ${writes} writes/s`, `FAIL: Throughput too low: ${writes} writes/s`);
  judge(report.slowestSeconds <= 0.5, `PASS: Slowest request took ${slowest}s`, `Slowest request took too long: ${slowest}s`);
  judge(report.deviationSeconds <= 0.1, `PASS: Stddev is ${deviation}s`, `Stddev too high: ${deviation}s`);
  session.print(passed ? 'PASS\n' : 'FAIL\n');
  return passed;
}
