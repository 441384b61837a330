// Everything that passes between a page (or a test, or a bridge) and one running session. Plain data only: it crosses postMessage.
import type { EventId, Family } from '../kernel/host.ts';
import type { ClusterShape } from '../cluster/presets/presets.ts';
import type { FaultRule } from '../kernel/world.ts';
import type { SceneDiff, SceneRecord } from '../scene/records.ts';

export const protocolVersion = 1;

/** Presets by name; see cluster/presets. */
export const presetNames = ['default', 'ha', 'ha-4', 'ha-5', 'ha-7', 'external-etcd', 'stretched', 'single', 'bare', 'conformance'] as const;
export type PresetName = (typeof presetNames)[number];

/** What makes a run: the same Run gives the same history, byte for byte. */
export interface Run {
  readonly version: number;
  readonly preset: PresetName;
  readonly seed: number;
  readonly nodes?: number;
  /** A cluster that is no preset takes its place: how `simulate` shows a seed. */
  readonly shape?: ClusterShape;
  readonly epochMs: number;
  readonly inputs: readonly RecordedInput[];
}
export interface RecordedInput {
  readonly atMs: number;
  readonly command: Command;
}

/** Everything a person can do to the cluster. Each one is recorded. Those with a shell line are run there, so the line is what is recorded. */
export type Command =
  /** A line typed (or a button's equivalent) in a machine's shell; `stdin` feeds it (`kubectl apply -f -`). */
  | { readonly do: 'run'; readonly machine: string; readonly line: string; readonly stdin?: string }
  /** Keyboard input for, or the end of, the foreground process of that shell. */
  | { readonly do: 'input'; readonly machine: string; readonly text: string }
  | { readonly do: 'interrupt'; readonly machine: string }
  | { readonly do: 'power'; readonly machine: string; readonly on: boolean }
  | { readonly do: 'kill' | 'freeze' | 'thaw'; readonly machine: string; readonly process: string }
  | { readonly do: 'fault'; readonly name: string; readonly rule: FaultRule }
  | { readonly do: 'heal'; readonly name: string }
  | { readonly do: 'heal-all' }
  | { readonly do: 'wipe-disk'; readonly machine: string; readonly folder?: string }
  /** No more can be written below the folder (default: nowhere on the machine), until it is said again with `full: false`. */
  | { readonly do: 'fill-disk'; readonly machine: string; readonly folder?: string; readonly full: boolean }
  /** One bit of the file (of a folder: of its last file) turns; in a log of records, that of record `record` (from 0; -1 the last, as when left out). */
  | { readonly do: 'rot-file'; readonly machine: string; readonly path: string; readonly record?: number }
  /** A program that is no line in a shell, e.g. the judge's client. */
  | { readonly do: 'spawn'; readonly machine: string; readonly program: string; readonly args: readonly string[] }
  | { readonly do: 'fsync'; readonly machine: string; readonly ms: number }
  | { readonly do: 'skew'; readonly machine: string; readonly ms: number }
  /** Reaches into the wire: the message whose departure was event `id` is lost, or arrives so much later. */
  | { readonly do: 'message'; readonly id: EventId; readonly action: 'drop' }
  | { readonly do: 'message'; readonly id: EventId; readonly action: 'delay'; readonly delayMs: number }
  /** Somebody leaves the editor that a program opened (`edit` of TerminalOutput): this is what the file holds then. */
  | { readonly do: 'edit'; readonly machine: string; readonly editor: number; readonly text: string }
  /** A client that sends requests to `http://<target>` (Service name with namespace, or address) from the traffic machine. rate 0 stops it. */
  | { readonly do: 'traffic'; readonly name: string; readonly target: string; readonly ratePerSecond: number }
  | OutsideCommand;

/** What clients outside the world do through a door. `id` is a number that no other request of the run has; it names the stream in what follows. */
export type OutsideCommand =
  | { readonly do: 'request'; readonly id: number; readonly request: OutsideRequestHead }
  /** What the client sends on an open stream. */
  | { readonly do: 'request-data'; readonly id: number; readonly data: OutsideData }
  /** The client has hung up. */
  | { readonly do: 'request-end'; readonly id: number };

/** Why `bytes` could not be read, and what they say they are, when they say so. */
export interface UnreadBody {
  readonly problem: string;
  readonly apiVersion?: string;
  readonly kind?: string;
}

export interface OutsideRequestHead {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came; `content-type` says how to read it. Protobuf is the JSON that it stands for. `bytes` is base64, of what could not be read. */
  readonly body?: string;
  readonly bytes?: string;
  readonly unread?: UnreadBody;
  /** The certificate that the client showed and whose key it holds: the one in the laptop's kubeconfig, or PEM text. */
  readonly certificate?: string;
}

/** A terminal's text and its end, a window's size, or for a forwarded port a part of a TLS handshake or an HTTP request. */
export interface OutsideData {
  readonly stdin?: string;
  readonly eof?: true;
  readonly resize?: { readonly width: number; readonly height: number };
  readonly http?: OutsideRequestHead;
  /** The number of that request on its connection: 1, 3, 5... */
  readonly stream?: number;
  /** The client's two messages of a TLS handshake; `certificate` as in a head, '' for none. */
  readonly tls?: { readonly serverName: string } | { readonly certificate: string };
}

/** What comes back for a request, in this order: one respond, any data, one end; or fail, at any time. */
export type OutsideAnswer =
  | { readonly answer: 'respond'; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body?: unknown; /** data follows */ readonly streaming: boolean }
  | { readonly answer: 'data'; readonly data: unknown }
  | { readonly answer: 'end' }
  | { readonly answer: 'fail'; readonly message: string };

/** Not recorded: how the run is watched. */
export type Control =
  | { readonly control: 'start'; readonly run: Run; /** run there at once, then pause or play */ readonly untilMs?: number; readonly playing: boolean; readonly speed: number }
  | { readonly control: 'play' }
  | { readonly control: 'pause' }
  /** Virtual seconds per second, 0.01 .. 1000. */
  | { readonly control: 'speed'; readonly speed: number }
  | { readonly control: 'step' }
  /** To the next hop of the followed request. */
  | { readonly control: 'hop' }
  /** Until the next message of this family leaves (and whatever leaves with it), then pauses: it can be read, delayed or dropped. */
  | { readonly control: 'next-message'; readonly family: Family }
  /** To the next moment that matters (idle time is skipped). */
  | { readonly control: 'next-moment' }
  /** Shows the scene as it was; the present stays where it is until a Command forks the run there. */
  | { readonly control: 'seek'; readonly toMs: number }
  /** The same, counted from the moment shown now: several in a row add up. */
  | { readonly control: 'seek-by'; readonly byMs: number }
  /** Back to the present end of the run. */
  | { readonly control: 'live' }
  /** Drops the last input (and everything after it) and replays. */
  | { readonly control: 'undo' }
  | { readonly control: 'reset' }
  /** Pace adapts so that each hop of the followed request can be seen; 0 follows the next apply. undefined stops following. */
  | { readonly control: 'follow'; readonly root: EventId | undefined; readonly paced: boolean }
  | { readonly control: 'fold-idle'; readonly on: boolean }
  /** Frames carry messages only of these families (drawing less costs less). */
  | { readonly control: 'families'; readonly show: readonly Family[] };

export type Query =
  | { readonly query: 'object'; readonly apiVersion: string; readonly resource: string; readonly namespace: string; readonly name: string }
  /** The chain of events from `of` (a record id or event id) back to what a person did. */
  | { readonly query: 'why'; readonly of: string | EventId }
  | { readonly query: 'flow'; readonly root: EventId }
  | { readonly query: 'events'; readonly fromMs: number; readonly toMs: number; readonly machine?: string; readonly process?: string; readonly limit: number }
  | { readonly query: 'logs'; readonly machine: string; readonly process: string; readonly tail: number }
  /** What a process exposed, like /debug: e.g. view 'raft' of process 'etcd', 'decisions' of kube-scheduler, 'rules' of kube-proxy. */
  | { readonly query: 'view'; readonly machine: string; readonly process: string; readonly view: string }
  | { readonly query: 'etcd-keys'; readonly prefix: string; readonly revision?: number; readonly limit: number }
  /** Every version of one key that is kept, oldest first: a list of {revision, atMs, value} (value null: deleted). */
  | { readonly query: 'key-history'; readonly key: string }
  /** What a snapshot file on a machine does not know of what was written until etcd's disks were lost last (or until now): LostWrites, undefined when there is no such file. */
  | { readonly query: 'lost-writes'; readonly machine: string; readonly snapshot: string }
  | { readonly query: 'completions'; readonly machine: string; readonly line: string; readonly cursor: number }
  | { readonly query: 'message'; readonly id: EventId }
  /** Messages of a family that have left and not arrived, as of the run's end: a list of InFlightMessage. */
  | { readonly query: 'in-flight'; readonly family: Family }
  /** How a packet goes from a pod or machine to an address or Service name: DNS, rules, routes. */
  | { readonly query: 'path'; readonly from: string; readonly to: string }
  | { readonly query: 'check-yaml'; readonly text: string }
  /** What may be written at this place (from 1): a list of {label, insert, detail?, documentation?}. */
  | { readonly query: 'complete-yaml'; readonly text: string; readonly line: number; readonly column: number }
  | { readonly query: 'run' }
  | { readonly query: 'hash' }
  | { readonly query: 'presets' };

/** `body`: what a reader of that family wants of it; Raft messages without their entries. */
export interface InFlightMessage {
  readonly id: EventId;
  readonly from: { readonly machine: string; readonly process: string };
  readonly to: { readonly machine: string; readonly process: string };
  readonly note: string;
  readonly departMs: number;
  readonly arriveMs: number;
}

export interface LostWrites {
  /** Of the snapshot. */
  readonly revision: number;
  readonly writes: readonly { readonly key: string; readonly what: 'created' | 'changed' | 'deleted'; readonly revision: number }[];
}

export interface WhyStep {
  readonly event: EventId;
  readonly atMs: number;
  readonly machine: string;
  readonly process: string;
  /** i18n key under `hop.` and its parameters. */
  readonly sentence: Sentence;
}
export interface Sentence {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** One hop of a flow, in causal order. */
export interface Hop extends WhyStep {
  /** Stage of the journey, in the order it is taught. */
  readonly stage: HopStage;
  /** Time since the hop before. */
  readonly gapMs: number;
  /** Waiting longer than is worth watching: the page folds it. */
  readonly folded: boolean;
  readonly from?: { readonly machine: string; readonly process: string };
  readonly to?: { readonly machine: string; readonly process: string };
}
export type HopStage =
  | 'client' | 'load-balancer' | 'authenticate' | 'authorize' | 'mutate' | 'validate' | 'propose' | 'replicate' | 'commit' | 'respond' | 'watch'
  | 'controller' | 'schedule' | 'bind' | 'kubelet' | 'sandbox' | 'cni' | 'pull' | 'start' | 'probe' | 'status' | 'endpoints' | 'proxy' | 'done';

/** A message in flight or just landed, for the overlay. */
export interface Flight {
  readonly id: EventId;
  readonly from: { readonly machine: string; readonly process: string };
  readonly to: { readonly machine: string; readonly process: string };
  readonly family: Family;
  readonly note: string;
  readonly departMs: number;
  readonly arriveMs: number;
  readonly lost: boolean;
}

/** Something worth a mark on the timeline. */
export interface Moment {
  readonly id: EventId;
  readonly atMs: number;
  readonly lane: 'input' | 'fault' | 'leadership' | 'quorum' | 'api' | 'node' | 'pod' | 'traffic';
  readonly sentence: Sentence;
  /** The fault or input it follows from, if one is known. */
  readonly because: EventId;
  readonly level: 'info' | 'good' | 'bad';
}

export interface Frame {
  readonly seq: number;
  /** The moment shown. */
  readonly nowMs: number;
  /** Where the run has got to (>= nowMs when scrubbed back). */
  readonly endMs: number;
  readonly playing: boolean;
  readonly speed: number;
  /** Speed reached: virtual seconds per real second, lately. */
  readonly actualSpeed: number;
  readonly diff: SceneDiff;
  readonly flights: readonly Flight[];
  readonly moments: readonly Moment[];
  /** New hops of the followed flow. */
  readonly hops: readonly Hop[];
}

export interface TerminalOutput {
  readonly machine: string;
  /** edit: a program lets somebody edit `text`, and waits; edited: somebody has left that editor. */
  readonly kind: 'line' | 'stdout' | 'stderr' | 'exit' | 'edit' | 'edited';
  readonly text: string;
  /** Of edit and edited: its number (the process's pid), and what is edited, e.g. `deployment.apps/web`. */
  readonly editor?: number;
  readonly what?: string;
  readonly exitCode?: number;
  /** What the shell shows before the next line. */
  readonly prompt?: string;
}

/** Why a command cannot be done now. The page words it (`refusal.<key>` of its texts). */
export interface Refusal {
  readonly key:
    | 'no-run' | 'no-tools' | 'no-machine' | 'no-power' | 'on-already' | 'off-already' | 'no-process' | 'frozen-already' | 'not-frozen' | 'unnamed-fault' | 'no-fault'
    | 'delay-range' | 'arrived' | 'rate-range' | 'sync-range' | 'not-edited' | 'shell-only' | 'no-file';
  readonly params: Readonly<Record<string, string | number>>;
}

export type ToSession =
  | { readonly kind: 'command'; readonly id: number; readonly command: Command }
  | { readonly kind: 'control'; readonly control: Control }
  | { readonly kind: 'query'; readonly id: number; readonly query: Query };

export type FromSession =
  | { readonly kind: 'ready'; readonly version: number }
  /** The code that commands and most queries wait for is there, or (with a problem) will not come. */
  | { readonly kind: 'tools'; readonly problem?: string }
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** A new run began (start, fork, undo, reset): forget everything, this is the whole scene. */
  | { readonly kind: 'restart'; readonly run: Run; readonly scene: readonly SceneRecord[]; readonly moments: readonly Moment[]; readonly terminal: readonly TerminalOutput[]; readonly nowMs: number }
  | { readonly kind: 'terminal'; readonly output: TerminalOutput }
  /** The command was recorded as event `event` (the root of its flow), or refused. */
  | { readonly kind: 'accepted'; readonly id: number; readonly event: EventId; readonly atMs: number }
  | { readonly kind: 'refused'; readonly id: number; readonly refusal: Refusal }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'outside'; readonly id: number; readonly answer: OutsideAnswer }
  | { readonly kind: 'crashed'; readonly message: string; readonly seed: number; readonly run: Run };
