// All that a program may touch. Programs receive a Host and nothing else of the world; root daemons receive a PrivilegedHost.
import type { Task, TaskHandle, Wait } from './task.ts';

/** As a process leaves: 0 is success, 128 + n is death by signal n (137 SIGKILL, 143 SIGTERM). */
export type ExitCode = number;

/** A binary. `name` is what `ps` shows and what images and unit files refer to. */
export interface Program {
  readonly name: string;
  /** Runs in a fresh process. An exception that escapes ends the process with exit code 1 and its message on standard error. */
  main(host: Host, args: readonly string[]): Task<ExitCode>;
}

export interface Host {
  /** The machine's name, e.g. `w1-k8s`. */
  readonly machine: string;
  /** The process's name, unique on the machine while it runs, e.g. `kube-apiserver` or `nginx/web-7f9c-abcde`. */
  readonly process: string;
  /** What the process sees as its host name: the machine's, or the pod's name in a pod. */
  readonly hostname: string;
  readonly pid: number;
  /** As what it was started, e.g. `/bin/sh`; the program's name unless somebody said so. */
  readonly argv0: string;
  /** Whom it runs as; root unless its runtime said otherwise. */
  readonly user: User;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly disk: Disk;
  readonly tasks: Tasks;
  readonly trace: Trace;
  readonly signals: Signals;
  readonly output: Output;
  readonly input: Input;
  /** What the process consumes, as a runtime's statistics would say; the program itself reports it. */
  readonly usage: Usage;
  /** Starts a child that sees what this process sees (fork and exec): its files, network, host name and user. Throws when there is no such program. */
  spawnChild(options: ChildOptions): ProcessHandle;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** A setuid binary makes no difference (prctl PR_SET_NO_NEW_PRIVS). */
  readonly noNewPrivileges?: boolean;
}

export interface ChildOptions {
  readonly program: string;
  readonly args?: readonly string[];
  readonly argv0?: string;
  /** Default: the parent's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Mailbox<string>;
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface PrivilegedHost extends Host {
  readonly os: OperatingSystem;
}

export interface Clock {
  /** Milliseconds since the world began; monotonic; not touched by clock skew. May have a fraction (microseconds). */
  nowMs(): number;
  /** This machine's idea of the time of day, in milliseconds since 1970 (world epoch + now + the machine's skew). */
  wallMs(): number;
  /** Waits. `yield* host.clock.sleep(50)`. Zero and negative durations let everything else that is due now go first. */
  sleep(durationMs: number): Task<void>;
}

/** Seeded by (world seed, machine, process, incarnation), so that neighbours never shift your dice. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  below(bound: number): number;
  /** Lower-case hexadecimal digits, for uids and tokens. */
  hex(digits: number): string;
  /** `length` letters of `alphabet`. */
  letters(length: number, alphabet: string): string;
}

// ---------------------------------------------------------------- tasks

export interface Tasks {
  /** Starts a task of this process. It begins at the present moment, after the caller's next wait. An exception that escapes a spawned task ends the whole process (as a panic does). */
  spawn<T>(name: string, task: Task<T>): TaskHandle<T>;
  /** Runs all tasks until the first one ends; returns its index and value; the others are cancelled. An exception of any is thrown. */
  race<T>(...tasks: Task<T>[]): Task<{ readonly index: number; readonly value: T }>;
  /** `task`, or undefined if `timeoutMs` passes first (the task is then cancelled). */
  timeout<T>(timeoutMs: number, task: Task<T>): Task<T | undefined>;
  /** What `wait` is woken with, or undefined if `timeoutMs` passes first. The cheap form of `timeout` for a single wait: no tasks are made. */
  within(timeoutMs: number, wait: Wait): Task<unknown>;
  /** A queue between tasks of this process. */
  mailbox<T>(): Mailbox<T>;
  /** A flag that is set once; everybody who waits for it goes on. */
  latch(): Latch;
}

export interface Mailbox<T> {
  readonly size: number;
  /** Never blocks. After `close` it is ignored. `cause` defaults to the caller's. */
  put(item: T, cause?: number): void;
  /** The next item, in order; undefined when closed and empty, or after `timeoutMs`. The receiver continues with the sender's cause. */
  take(timeoutMs?: number): Task<T | undefined>;
  /** The next item if there is one now. */
  poll(): T | undefined;
  close(): void;
  readonly closed: boolean;
}

export interface Latch {
  readonly isSet: boolean;
  set(): void;
  wait(): Task<void>;
}

// ---------------------------------------------------------------- network

/** Refusals are thrown; `code` as in errno. `message` reads as Go prints it, e.g. `dial tcp 10.0.0.1:6443: connect: connection refused`. */
export interface NetworkErrorShape {
  readonly code: 'ECONNREFUSED' | 'ETIMEDOUT' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'EADDRINUSE' | 'ECONNRESET' | 'EADDRNOTAVAIL' | /** a TLS or HTTP handshake failed */ 'EPROTO';
  readonly message: string;
}

export interface Network {
  /** This process's network namespace. */
  readonly namespace: string;
  /** The first address of this namespace that is not loopback, or '' while it has none. */
  readonly address: string;
  readonly addresses: readonly string[];
  /**
   * Opens a port in this namespace. `address` is `:port` (all addresses), `ip:port`, or `unix:/path` (this machine only).
   * Throws NetworkError EADDRINUSE when taken.
   */
  listen(address: string, options?: ListenOptions): Listener;
  /**
   * Connects to `ip:port`, `localhost:port` or `unix:/path` (names are the business of wire/dns). Takes the round trip of the path.
   * Throws NetworkError: ECONNREFUSED (nobody listens), ETIMEDOUT (no answer within `timeoutMs`, default 30 s), EHOSTUNREACH, ENETUNREACH (no route).
   */
  dial(address: string, options?: DialOptions): Task<Connection>;
}

export type Transport = 'tcp' | 'udp';

export interface ListenOptions {
  readonly transport?: Transport;
  /** The family of messages expected here, for drawing: see Family. */
  readonly family?: Family;
}

/** What a wire carries, for its colour in the picture. */
export type Family = 'client' | 'watch' | 'etcd' | 'raft' | 'kubelet' | 'data' | 'probe' | 'dns' | 'runtime' | 'image' | 'control';

export interface DialOptions {
  readonly timeoutMs?: number;
  readonly transport?: Transport;
  readonly family?: Family;
  /**
   * When nothing was received for `idleMs`, the peer is probed; when it stays silent for `timeoutMs` more, the connection is closed with
   * ETIMEDOUT. As HTTP/2 pings or TCP keep-alive. Without it a connection to a vanished machine stays open until something is sent.
   */
  readonly keepAlive?: { readonly idleMs: number; readonly timeoutMs: number };
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** The next connection; undefined once closed. */
  accept(): Task<Connection | undefined>;
  close(): void;
}

/**
 * An ordered, reliable, two-way stream of messages (tcp), or unreliable datagrams between two ends (udp). A message is any value that is
 * never changed after it was sent: both ends see the same object. On tcp a lost message is sent again with growing delays (200 ms doubling,
 * at most 15 times or about 15 minutes), so a cut wire delays and finally resets; a killed process or refused port resets at once; a machine
 * without power says nothing at all.
 */
export interface Connection {
  readonly id: number;
  readonly local: string;
  /** The peer as the dialer named it (a Service address stays one), or as the acceptor sees it (after any masquerading). */
  readonly remote: string;
  readonly open: boolean;
  /** Why it was closed, once it is: undefined for an orderly close by either side. */
  readonly error: NetworkErrorShape | undefined;
  /** How the packets go, recorded when the connection was made: for showing, and for checkers. */
  readonly path: readonly PathHop[];
  /** Never blocks. Ignored when closed. `note` is a short text for the picture, e.g. `GET /api/v1/pods`. `family` overrides the connection's. */
  send(message: unknown, note?: string, family?: Family): void;
  /** The next message; undefined when the connection is closed and drained, or after `timeoutMs` (then `open` is still true). */
  receive(timeoutMs?: number): Task<unknown>;
  close(): void;
}

/** One step of a packet's way: who handles it and what rule applied. `what` e.g. `veth cali1a2b`, `DNAT 10.96.0.10:53 -> 10.244.1.4:53`, `route 10.244.2.0/24 via 192.168.1.102`. */
export interface PathHop {
  readonly machine: string;
  readonly namespace: string;
  readonly kind: 'local' | 'veth' | 'nat' | 'route' | 'link' | 'listen' | 'refused' | 'lost';
  readonly what: string;
}

// ---------------------------------------------------------------- disk

/**
 * Files by absolute path, seen through the process's mounts. A value is anything that is never changed after writing (usually a string).
 * A write is visible at once to everybody on the machine; after a power loss only what was synced is sure to be there.
 */
export interface Disk {
  read(path: string): unknown;
  readText(path: string): string | undefined;
  write(path: string, value: unknown): void;
  remove(path: string): void;
  exists(path: string): boolean;
  /** Paths under a folder, sorted: all files below it, at any depth. */
  list(folder: string): readonly string[];
  /** Appends one record to a log file. Unsynced records at the end may be lost, or torn (replaced by a TornRecord), at a crash. */
  append(path: string, record: unknown): void;
  /** All records of a log file, in order. */
  readLog(path: string): readonly unknown[];
  /** Replaces a log file's records from `from` on (0: all) with `records`; for truncation and compaction. */
  rewriteLog(path: string, from: number, records: readonly unknown[]): void;
  /** Makes everything written so far under `path` (a file or folder) survive a crash. Takes the machine's fsync time. */
  sync(path: string): Task<void>;
  /** Called (once per change, at the present moment) when something under `folder` changes: an inotify. Returns a mailbox of changed paths. */
  watch(folder: string): Mailbox<string>;
  /** What was set for a file or folder by `setAttributes`, and by whom it was written; nothing for what nobody marked (root's, 0644 or 0755). */
  attributes(path: string): FileAttributes;
  /** Whether the process's user may read what is there: the mode of a file decides; one that nobody marked refuses nobody. Writing what may not be written throws. */
  mayRead(path: string): boolean;
  /** Changes those that are given. They are forgotten when the file is removed. */
  setAttributes(path: string, attributes: FileAttributes): void;
}

export interface FileAttributes {
  /** Permission bits, e.g. 0o644. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Of a folder: a file system in memory is mounted there; holds for all below it. */
  readonly medium?: 'tmpfs';
}

/** What a record that was being written at the moment of a crash reads back as. */
export interface TornRecord {
  readonly torn: true;
}

// ---------------------------------------------------------------- trace

/** Number of a trace event; 0 is "nothing led to it". Later events have larger numbers. */
export type EventId = number;

/** Every program declares its own events in `events.ts` as a union with a literal `type`, e.g. `{type: 'scheduler.bound', pod, node}`. */
export interface TraceData {
  readonly type: string;
}

export interface Trace {
  /** Records that something happened here and now; returns its id, which becomes the task's present cause. */
  emit<E extends TraceData>(event: E): EventId;
  /** The event that the running task acts upon. Follows messages, timers, mailboxes and spawns by itself. */
  readonly cause: EventId;
  /** From here on, the running task acts because of `cause`: used when work is picked up from a store, e.g. a queue's key or a stored revision. */
  follow(cause: EventId): void;
  /** Offers a view that can be asked for at any time, as `/debug` handlers do: e.g. `expose('raft', () => ({term, role}))`. */
  expose(view: string, read: () => unknown): void;
}

// ---------------------------------------------------------------- process

export interface Signals {
  /** After this call SIGTERM no longer ends the process but sets the latch; the program then ends by itself. */
  catchTerminate(): Latch;
}

export interface Output {
  /** Standard output. Text may hold several lines; without a final newline the line goes on. */
  write(text: string): void;
  /** Standard error. */
  error(text: string): void;
}

export interface Input {
  /** The next chunk of standard input; undefined at its end (immediately, when there is none). */
  read(): Task<string | undefined>;
}

export interface Usage {
  /** Total processor time used, in milliseconds of one core. */
  cpuMs: number;
  /** Resident memory now, in bytes. */
  memoryBytes: number;
}

export type Signal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT';

export interface SpawnOptions {
  /** Which program, by `Program.name`. */
  readonly program: string;
  /** Name in the process table; default the program's. A number is added when it is taken. */
  readonly name?: string;
  readonly args?: readonly string[];
  readonly argv0?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A network namespace made by `createNamespace`; default the machine's own. */
  readonly namespace?: string;
  readonly hostname?: string;
  /** Where the process's files are: `root` is the machine's folder that it sees as `/` (default `/`), mounts shadow parts of it. */
  readonly root?: string;
  readonly mounts?: readonly { readonly path: string; readonly source: string; readonly readOnly?: boolean }[];
  /** What no mount covers cannot be written. */
  readonly readOnlyRoot?: boolean;
  /** Default root. */
  readonly user?: User;
  /** Runs `main` with a PrivilegedHost. */
  readonly privileged?: boolean;
  readonly input?: Mailbox<string>;
  /** Receives what the process writes, as it writes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface ProcessStatus {
  readonly pid: number;
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly namespace: string;
  readonly state: 'running' | 'frozen' | 'exited';
  readonly startedMs: number;
  readonly parentPid: number;
}

/** `auto-restart`: it ended by itself and comes again in a moment. */
export interface UnitStatus {
  readonly name: string;
  readonly state: 'active' | 'inactive' | 'auto-restart';
  readonly pid: number | undefined;
  readonly exit: ExitStatus | undefined;
}

export interface ExitStatus {
  readonly code: ExitCode;
  readonly signal?: Signal;
  readonly finishedMs: number;
  /** Message of the exception that ended it, if one did. */
  readonly error?: string;
}

export interface ProcessHandle {
  readonly pid: number;
  readonly name: string;
  readonly usage: Readonly<Usage>;
  signal(signal: Signal): void;
  /** Waits for the process to end. A child outlives its parent (it is then the machine's). */
  wait(): Task<ExitStatus>;
  readonly exit: ExitStatus | undefined;
}

/** One NAT rule set for a Service port: packets to `address` are rewritten to one of `backends`. How kube-proxy programs a node. */
export interface NatService {
  /** `ip:port` as the packet says. */
  readonly address: string;
  readonly transport: Transport;
  /** For showing, e.g. `default/web:http`. */
  readonly name: string;
  /** `ip:port` each; empty means the packet is rejected (ECONNREFUSED), as kube-proxy's REJECT rule does. */
  readonly backends: readonly string[];
  /** Same client address keeps its backend this long. */
  readonly affinitySeconds?: number;
  /** The source becomes the node's own address (traffic from outside the cluster, hairpin). */
  readonly masquerade?: boolean;
}

export interface Route {
  /** CIDR, e.g. `10.244.2.0/24`. */
  readonly destination: string;
  /** The next machine's address, or `dev` of a namespace on this machine. */
  readonly via?: string;
  readonly namespace?: string;
  /** Who put it there, e.g. `calico`. */
  readonly owner: string;
}

export interface OperatingSystem {
  spawn(options: SpawnOptions): ProcessHandle;
  processes(): readonly ProcessStatus[];
  process(pid: number): ProcessHandle | undefined;
  /** Programs that the machine's init keeps running, as systemd's units are. */
  units(): readonly UnitStatus[];
  /** Stops, starts or does both to a unit; a stopped one stays so until it is started or the machine boots. Throws for a name that is no unit. */
  control(unit: string, action: 'start' | 'stop' | 'restart'): void;
  /** Programs that exist in this world, for "executable file not found". */
  hasProgram(name: string): boolean;
  /** Machine facts. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly addresses: readonly string[];
  createNamespace(name: string): void;
  /** Ends everything that listens or is connected there; processes in it are not killed. */
  deleteNamespace(name: string): void;
  namespaces(): readonly string[];
  addAddress(namespace: string, address: string): void;
  /** Full replacement of one owner's routes. */
  setRoutes(owner: string, routes: readonly Route[]): void;
  routes(): readonly Route[];
  /** Full replacement of one owner's NAT services; existing connections keep their way (conntrack). `mode` is shown, e.g. `iptables`. */
  setNat(owner: string, mode: string, services: readonly NatService[]): void;
  nat(): readonly { readonly owner: string; readonly mode: string; readonly services: readonly NatService[] }[];
  /** `name -> address` pairs of this machine's own hosts file, and the name servers of its resolv.conf are plain files: /etc/hosts, /etc/resolv.conf. */
  reboot(): void;
}
