// The contract of one deterministic world: what tests, the session and the cluster room hold in their hands.
import type { EventId, ExitStatus, Family, Mailbox, Program, ProcessHandle, ProcessStatus, SpawnOptions, TraceData } from './host.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly programs: readonly Program[];
  /** Asked for a name that is none of theirs. */
  readonly findProgram?: (name: string) => Program | undefined;
  /** Milliseconds since 1970 at virtual time 0. Default 2026-01-01T00:00:00Z (1767225600000). */
  readonly epochMs?: number;
}

export interface MachineOptions {
  readonly name: string;
  readonly address: string;
  readonly cores?: number;
  readonly memoryBytes?: number;
  readonly zone?: string;
  /** Milliseconds that a sync of the disk takes (default 1). */
  readonly fsyncMs?: number;
  /** Started as privileged processes at power-on, restarted by the machine's init when they end (`restart`, default true; delay 1 s). */
  readonly units?: readonly (SpawnOptions & { readonly restart?: boolean })[];
  readonly files?: Readonly<Record<string, unknown>>;
}

/** A traced event as the kernel stamps it. `data` is never changed after emission. */
export interface TraceEvent {
  readonly id: EventId;
  readonly atMs: number;
  readonly machine: string;
  readonly process: string;
  readonly cause: EventId;
  readonly data: TraceData;
}

/** Events that the kernel itself emits. */
export type KernelEvent =
  | { readonly type: 'machine.on' | 'machine.off'; readonly name: string }
  | { readonly type: 'process.started'; readonly pid: number; readonly name: string; readonly program: string; readonly parentPid: number; readonly namespace: string }
  | { readonly type: 'process.exited'; readonly pid: number; readonly name: string; readonly code: number; readonly signal?: string; readonly error?: string }
  | { readonly type: 'process.frozen' | 'process.thawed'; readonly pid: number; readonly name: string }
  | { readonly type: 'net.opened'; readonly connection: number; readonly from: Place; readonly to: Place; readonly remote: string; readonly family: Family }
  | { readonly type: 'net.closed'; readonly connection: number; readonly error?: string }
  | MessageEvent
  /** A person reached into the wire for the message that left as event `message`. */
  | { readonly type: 'net.intercepted'; readonly message: EventId; readonly what: 'dropped' | 'delayed'; readonly arriveMs?: number }
  | { readonly type: 'fault.added' | 'fault.removed'; readonly fault: string; readonly rule: FaultRule };

export interface Place {
  readonly machine: string;
  readonly process: string;
}

/** A message put on the wire: it flies from atMs to arriveMs, or falls (`lost`) and will be sent again (tcp) or not (udp). */
export interface MessageEvent {
  readonly type: 'net.message';
  readonly connection: number;
  readonly from: Place;
  readonly to: Place;
  readonly family: Family;
  readonly note: string;
  readonly arriveMs: number;
  readonly lost: boolean;
  /** The message itself, by reference. */
  readonly body: unknown;
}

/** What a fault rule sees of a packet between two machines. */
export interface Packet {
  readonly from: Place;
  readonly to: Place;
  readonly family: Family;
  readonly transport: 'tcp' | 'udp';
  readonly bytes: number;
}

export type Verdict = 'pass' | 'drop' | { readonly delayMs: number };

/** Plain data, so that it can be recorded and drawn. Both directions unless `oneWay`. Names are machines; '*' is any other. */
export interface FaultRule {
  readonly kind: 'cut' | 'slow' | 'lossy';
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly oneWay?: boolean;
  /** Only this family of messages. */
  readonly family?: Family;
  readonly delayMs?: number;
  /** 0..1 for lossy. */
  readonly probability?: number;
}

export interface World {
  readonly nowMs: number;
  readonly epochMs: number;
  /** Kernel events executed so far. */
  readonly steps: number;
  addMachine(options: MachineOptions): Machine;
  machine(name: string): Machine;
  readonly machines: readonly Machine[];
  /** Executes everything due up to and including `untilMs`; afterwards `nowMs === untilMs` (unless `stopWhen` said true earlier). */
  run(untilMs: number, stopWhen?: () => boolean): void;
  /** Executes exactly the next kernel event; false when there is none. */
  step(): boolean;
  /** When the next event is due; Infinity when none. */
  readonly nextEventMs: number;
  /** One sink for all traced events, in order. Without one, ids are still counted, so history is the same. */
  onTrace(sink: (event: TraceEvent) => void): void;
  /** Latency between machines in ms, one way; default 0.25 within a zone, 2 between zones; on one machine 0.02. */
  setLatency(latency: (from: string, to: string) => number): void;
  /** A queue that outside code fills, e.g. a process's standard input. */
  mailbox<T>(): Mailbox<T>;
  addFault(name: string, rule: FaultRule): void;
  removeFault(name: string): void;
  readonly faults: ReadonlyMap<string, FaultRule>;
  /** Messages that have left and not yet arrived, in the order of their departure. */
  inFlight(): readonly InFlight[];
  /**
   * One message on its way is lost (tcp sends it again after 200 ms or more, udp does not). A stream keeps its order: what was sent behind it on the same
   * connection waits with it. False when it is not on its way (any more).
   */
  dropMessage(id: EventId): boolean;
  /** One message on its way arrives so much later; on a stream those behind it wait for it. */
  delayMessage(id: EventId, delayMs: number): boolean;
  /** Places an input from outside the world (a person) at the present moment: spawns a process. */
  spawn(machine: string, options: SpawnOptions): ProcessHandle;
  /** A running hash over every executed event and traced id: equal histories have equal hashes. */
  readonly hash: string;
  /** A process's exposed view, or undefined. */
  view(machine: string, process: string, view: string): unknown;
  /** Names of what a process exposes. */
  views(machine: string, process: string): readonly string[];
  /** Open connections, for drawing and for checkers. */
  connections(): readonly { readonly id: number; readonly from: Place; readonly to: Place; readonly family: Family; readonly remote: string }[];
}

export interface InFlight {
  /** The event of its departure. */
  readonly id: EventId;
  readonly from: Place;
  readonly to: Place;
  readonly family: Family;
  readonly note: string;
  readonly arriveMs: number;
  readonly body: unknown;
}

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly zone: string;
  readonly on: boolean;
  readonly cores: number;
  readonly memoryBytes: number;
  powerOff(): void;
  powerOn(): void;
  processes(): readonly ProcessStatus[];
  /** By process name or pid. Throws a plain Error when there is none. */
  kill(process: string | number, signal?: 'SIGKILL' | 'SIGTERM'): void;
  freeze(process: string | number): void;
  thaw(process: string | number): void;
  wait(process: string | number): ExitStatus | undefined;
  /** Disk faults: everything gone, slow syncs, no space left. */
  wipeDisk(folder?: string): void;
  /** Below this folder programs can write nothing more (DiskFull); what is there can be read and removed. */
  fillDisk(folder: string, full: boolean): void;
  setFsync(ms: number): void;
  setSkew(ms: number): void;
  /** Bit rot: one place of the file (of the log's record `record`, from 0; -1 the last) reads back as something else. */
  rotFile(path: string, record?: number): void;
  readFile(path: string): unknown;
  writeFile(path: string, value: unknown): void;
  listFiles(folder: string): readonly string[];
}
