// The shape of a lesson after parsing: what is set up, what is asked and checked, and the prose of each language. Plain data.
import type { Problem } from './problem.ts';

export interface Lesson {
  readonly id: string;
  readonly minutes: number;
  readonly needs: readonly string[];
  readonly covers: readonly string[];
  readonly setup: LessonSetup;
  readonly steps: readonly LessonStep[];
  /** Lesson that follows; '' for none. */
  readonly goto: string;
  /** Manifests of the lesson by file name. */
  readonly files: Readonly<Record<string, string>>;
  readonly prose: Readonly<Record<string, LessonProse>>;
}

export interface LessonSetup {
  readonly cluster: string;
  readonly seed: number;
  /** Files applied before the lesson opens. */
  readonly apply: readonly string[];
  /** The lesson opens only when this is true. */
  readonly until: CheckBody | undefined;
}

export interface LessonStep {
  readonly id: string;
  readonly ask: Ask | undefined;
  readonly checks: readonly LessonCheck[];
  readonly hints: readonly Hint[];
  readonly solution: readonly Action[];
  /** Other ways that are right too. */
  readonly also: readonly (readonly Action[])[];
  /** Ways that look right and are not; the named check stays red. */
  readonly wrong: readonly { readonly do: readonly Action[]; readonly staysRed: string }[];
}

/** A question: choose one option, or put all of them in order. A wrong answer is fine; it is shown again at the end. */
export interface Ask {
  readonly kind: 'choose' | 'order';
  readonly options: readonly string[];
  /** The right option, or the right order. */
  readonly answer: readonly string[];
}

export interface Hint {
  readonly id: string;
  /** Real seconds after the step began; undefined when it comes after `tries`. */
  readonly afterMs: number | undefined;
  readonly tries: number | undefined;
}

export type Action =
  | { readonly do: 'run'; readonly line: string }
  | { readonly do: 'apply'; readonly file: string }
  | { readonly do: 'power'; readonly machine: string; readonly on: boolean }
  | { readonly do: 'kill' | 'freeze' | 'thaw'; readonly machine: string; readonly process: string }
  | { readonly do: 'traffic'; readonly target: string; readonly rate: number }
  | { readonly do: 'heal-all' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'answer'; readonly values: readonly string[] };

export interface LessonCheck {
  readonly id: string;
  readonly body: CheckBody;
  /** Must become true within this much virtual time after the step began. */
  readonly withinMs: number | undefined;
  /** Must stay true for this long. */
  readonly forMs: number | undefined;
  /** Counts only while the named check is true. */
  readonly while: string | undefined;
  /** Must never be true; turns red for good once it was. */
  readonly never: boolean;
  /** May turn red again; without it a check stays green once it was. */
  readonly hold: boolean;
}

export type Comparison = { readonly op: '=' | '>=' | '<=' | '>' | '<' | '!='; readonly value: number };

/** The vocabulary: one word each. It grows by reviewed words, never by code. */
export type CheckBody =
  /** A Deployment has this many ready replicas. */
  | { readonly word: 'ready'; readonly deployment: string; readonly namespace: string; readonly count: Comparison }
  /** Pods that match: by labels (`app=web`), state, and place. */
  | { readonly word: 'pods'; readonly namespace: string; readonly selector: Readonly<Record<string, string>>; readonly mark: string; readonly node: string; readonly notNode: string; readonly count: Comparison }
  /** Ready pods are on at least so many nodes. */
  | { readonly word: 'placed'; readonly namespace: string; readonly selector: Readonly<Record<string, string>>; readonly nodes: Comparison }
  /** A node's Ready condition. */
  | { readonly word: 'node'; readonly name: string; readonly ready: 'True' | 'False' | 'Unknown' }
  /** An object exists (or not). */
  | { readonly word: 'object'; readonly kind: string; readonly namespace: string; readonly name: string; readonly exists: boolean }
  /** Something worth a mark on the timeline happened since the step began. */
  | { readonly word: 'moment'; readonly key: string; readonly params: Readonly<Record<string, string>> }
  /** Pods were created since the step began, by nobody's hand: their owner's controller did it. */
  | { readonly word: 'repaired'; readonly namespace: string; readonly selector: Readonly<Record<string, string>>; readonly count: Comparison }
  /** Stages of the followed flow, in this order. */
  | { readonly word: 'flow'; readonly stages: readonly string[] }
  /** The traffic's success rate, in percent, over its last seconds. */
  | { readonly word: 'http'; readonly target: string; readonly success: Comparison; readonly seconds: number }
  | { readonly word: 'etcd'; readonly healthy: Comparison; readonly leader: boolean }
  /** The step's question was answered. */
  | { readonly word: 'answered' };

export interface LessonProse {
  readonly language: string;
  readonly title: string;
  /** Fingerprint of the text that it was written from; '' for the first language. */
  readonly basedOn: string;
  readonly intro: readonly Block[];
  readonly steps: Readonly<Record<string, StepProse>>;
}
export interface StepProse {
  readonly blocks: readonly Block[];
  /** Texts of options, checks and hints by id. */
  readonly texts: Readonly<Record<string, string>>;
}

export type Block =
  | { readonly kind: 'paragraph'; readonly inlines: readonly Inline[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'code'; readonly text: string };
export type Inline =
  | { readonly kind: 'text' | 'strong' | 'emphasis' | 'code'; readonly text: string }
  /** A command that can be clicked to run. */
  | { readonly kind: 'run'; readonly line: string };

export interface Parsed<T> {
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}
