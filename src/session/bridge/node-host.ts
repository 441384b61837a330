// A Host on a real machine: lets programs that were written for the simulated world (kubectl) run in Node, on real files, sockets and terminals.
// Only what kubectl uses is here; the rest throws.
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { ByteTextDecoder, bytesOfText, textOfBytes } from '../../api/meta/byte-text.ts';
import type { Connection, Disk, Host, Input, Latch, Listener, Mailbox, Random, Tasks } from '../../kernel/host.ts';
import type { Task, TaskHandle, Wait, Waiter } from '../../kernel/task.ts';

// ---------------------------------------------------------------- tasks

class Running<T> implements TaskHandle<T> {
  readonly name: string;
  done = false;
  readonly result: Promise<T | undefined>;
  private readonly task: Task<T>;
  private current: { wait: Wait; waiter: Waiter } | undefined;
  private settle!: { resolve(value: T | undefined): void; reject(error: unknown): void };

  constructor(name: string, task: Task<T>) {
    this.name = name;
    this.task = task;
    this.result = new Promise<T | undefined>((resolve, reject) => (this.settle = { resolve, reject }));
    queueMicrotask(() => this.step(() => this.task.next(undefined)));
  }

  private step(move: () => IteratorResult<Wait, T>): void {
    if (this.done) return;
    this.current = undefined;
    let next: IteratorResult<Wait, T>;
    try {
      next = move();
    } catch (error) {
      this.done = true;
      this.settle.reject(error);
      return;
    }
    if (next.done === true) {
      this.done = true;
      this.settle.resolve(next.value);
      return;
    }
    let woken = false;
    const wait = next.value;
    const once = (act: () => IteratorResult<Wait, T>): void => {
      if (woken) return;
      woken = true;
      queueMicrotask(() => this.step(act));
    };
    const waiter: Waiter = { wake: (value) => once(() => this.task.next(value)), fail: (error) => once(() => this.task.throw(error)) };
    this.current = { wait, waiter };
    wait.arm(waiter);
  }

  cancel(): void {
    if (this.done) return;
    this.done = true;
    this.current?.wait.disarm(this.current.waiter);
    this.task.return(undefined as T);
    this.settle.resolve(undefined);
  }

  *join(): Task<T | undefined> {
    return yield* fromPromise(this.result);
  }
}

/** Waits for a promise. */
export function* fromPromise<T>(promise: Promise<T>): Task<T> {
  const wait: Wait = {
    arm: (waiter) => {
      promise.then(
        (value) => waiter.wake(value),
        (error: unknown) => waiter.fail(error),
      );
    },
    disarm: () => undefined,
  };
  return (yield wait) as T;
}

export function runTask<T>(task: Task<T>): Promise<T> {
  return new Running('main', task).result as Promise<T>;
}

function* sleep(ms: number): Task<void> {
  let timer: NodeJS.Timeout | undefined;
  yield {
    arm: (waiter) => (timer = setTimeout(() => waiter.wake(undefined), Math.max(0, ms))),
    disarm: () => clearTimeout(timer),
  } as Wait;
}

export class NodeMailbox<T> implements Mailbox<T> {
  private readonly items: T[] = [];
  private readonly waiters: Waiter[] = [];
  closed = false;
  get size(): number {
    return this.items.length;
  }
  put(item: T): void {
    if (this.closed) return;
    const waiter = this.waiters.shift();
    if (waiter === undefined) this.items.push(item);
    else waiter.wake(item);
  }
  *take(timeoutMs?: number): Task<T | undefined> {
    if (this.items.length > 0) return this.items.shift();
    if (this.closed) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const drop = (waiter: Waiter): void => {
      const at = this.waiters.indexOf(waiter);
      if (at >= 0) this.waiters.splice(at, 1);
      clearTimeout(timer);
    };
    const value = (yield {
      arm: (waiter) => {
        this.waiters.push(waiter);
        if (timeoutMs !== undefined && timeoutMs < 2 ** 31) {
          timer = setTimeout(() => {
            drop(waiter);
            waiter.wake(undefined);
          }, timeoutMs);
        }
      },
      disarm: drop,
    } as Wait) as T | undefined;
    clearTimeout(timer);
    return value;
  }
  poll(): T | undefined {
    return this.items.shift();
  }
  close(): void {
    this.closed = true;
    for (const waiter of this.waiters.splice(0)) waiter.wake(undefined);
  }
}

class NodeLatch implements Latch {
  private readonly waiters: Waiter[] = [];
  isSet = false;
  set(): void {
    this.isSet = true;
    for (const waiter of this.waiters.splice(0)) waiter.wake(undefined);
  }
  *wait(): Task<void> {
    if (this.isSet) return;
    // A timer keeps Node alive while nothing else does.
    const alive = setInterval(() => undefined, 1 << 30);
    yield { arm: (waiter) => this.waiters.push(waiter), disarm: () => undefined } as Wait;
    clearInterval(alive);
  }
}

const tasks: Tasks = {
  spawn: (name, task) => {
    const running = new Running(name, task);
    running.result.catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
    return running as never;
  },
  *race(...list) {
    const runs = list.map((task, index) => new Running(`race ${index}`, task));
    const first = yield* fromPromise(Promise.race(runs.map((run, index) => run.result.then((value) => ({ index, value })))));
    runs.forEach((run) => run.cancel());
    return first as never;
  },
  *timeout(timeoutMs, task) {
    const run = new Running('timeout', task);
    const value = yield* fromPromise(Promise.race([run.result, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), timeoutMs).unref())]));
    run.cancel();
    return value as never;
  },
  *within(timeoutMs, wait) {
    return yield {
      arm(waiter) {
        const inner: Waiter = {
          wake: (value) => {
            clearTimeout(timer);
            waiter.wake(value);
          },
          fail: (error) => {
            clearTimeout(timer);
            waiter.fail(error);
          },
        };
        const timer = setTimeout(() => {
          wait.disarm(inner);
          waiter.wake(undefined);
        }, timeoutMs);
        wait.arm(inner);
      },
      disarm: () => undefined,
    };
  },
  mailbox: () => new NodeMailbox(),
  latch: () => new NodeLatch(),
};

// ---------------------------------------------------------------- files, sockets, terminal

/** Files and streams hold any bytes: what is no UTF-8 stands in texts as api/meta/byte-text.ts says. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? textOfBytes(bytes) : text;
}
const bytesOf = (text: string): string | Uint8Array => (text.isWellFormed() ? text : bytesOfText(text));

const disk: Disk = {
  read: (path) => disk.readText(path),
  readText(path) {
    try {
      return textOf(readFileSync(path));
    } catch {
      return undefined;
    }
  },
  write(path, value) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytesOf(typeof value === 'string' ? value : JSON.stringify(value)));
  },
  remove: (path) => rmSync(path, { force: true, recursive: true }),
  exists(path) {
    try {
      statSync(path);
      return true;
    } catch {
      return false;
    }
  },
  list(folder) {
    const found: string[] = [];
    const walk = (path: string): void => {
      let entries;
      try {
        entries = readdirSync(path, { withFileTypes: true });
      } catch {
        return;
      }
      for (const entry of entries) {
        const full = join(path, entry.name);
        if (entry.isDirectory()) walk(full);
        else found.push(full);
      }
    };
    walk(folder);
    return found.sort();
  },
  append: unsupported,
  readLog: unsupported,
  rewriteLog: unsupported,
  sync: unsupported,
  watch: unsupported,
  attributes: () => ({}),
  mayRead: () => true,
  setAttributes: unsupported,
};

function unsupported(): never {
  throw new Error('not available outside the simulated world');
}

function wrap(socket: Socket): Connection {
  const received = new NodeMailbox<unknown>();
  socket.on('data', (chunk) => received.put(chunk));
  socket.on('close', () => received.close());
  socket.on('error', () => received.close());
  return {
    id: 0,
    local: `${socket.localAddress}:${socket.localPort}`,
    remote: `${socket.remoteAddress}:${socket.remotePort}`,
    get open() {
      return !received.closed;
    },
    error: undefined,
    path: [],
    send: (message) => {
      socket.write(message as Buffer);
    },
    receive: (timeoutMs) => received.take(timeoutMs),
    close: () => {
      socket.end();
    },
  };
}

function listen(address: string): Listener {
  const at = address.lastIndexOf(':');
  const port = Number(address.slice(at + 1));
  const connections = new NodeMailbox<Connection>();
  const server = createServer((socket) => connections.put(wrap(socket)));
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.listen(port, address.slice(0, at) || undefined);
  return { address, port, accept: () => connections.take(), close: () => server.close() };
}

function createInput(): Input {
  const chunks = new NodeMailbox<string>();
  let started = false;
  return {
    read() {
      if (!started) {
        started = true;
        const decoder = new ByteTextDecoder();
        process.stdin.on('data', (chunk: Buffer) => chunks.put(decoder.decode(chunk)));
        process.stdin.on('end', () => {
          chunks.put(decoder.decode(new Uint8Array(), true));
          chunks.close();
        });
        process.stdin.on('error', () => chunks.close());
      }
      return chunks.take();
    },
  };
}

const random: Random = {
  next: () => Math.random(),
  below: (bound) => Math.floor(Math.random() * bound),
  hex: (digits) => Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join(''),
  letters: (length, alphabet) => Array.from({ length }, () => alphabet.charAt(Math.floor(Math.random() * alphabet.length))).join(''),
};

export function createNodeHost(name: string): Host {
  const env: Record<string, string> = { PWD: process.cwd() };
  for (const [key, value] of Object.entries(process.env)) if (value !== undefined) env[key] = value;
  env['PWD'] = process.cwd();
  return {
    machine: hostname(),
    process: name,
    hostname: hostname(),
    pid: process.pid,
    argv0: name,
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [] },
    env,
    clock: { nowMs: () => performance.now(), wallMs: () => Date.now(), sleep },
    random,
    network: { namespace: '', address: '', addresses: [], listen, dial: unsupported },
    disk,
    tasks,
    trace: { emit: () => 0, cause: 0, follow: () => undefined, expose: () => undefined },
    signals: { catchTerminate: () => new NodeLatch() },
    output: { write: (text) => void process.stdout.write(bytesOf(text)), error: (text) => void process.stderr.write(bytesOf(text)) },
    input: createInput(),
    usage: { cpuMs: 0, memoryBytes: 0 },
    spawnChild: unsupported,
  };
}
