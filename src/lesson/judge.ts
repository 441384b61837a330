// Watches a running lesson and says of each check whether it is met, with the present value. It sees what the page sees: records of the
// scene, moments, hops; nothing it says depends on how anything is drawn.
import type { ObjectRecord, PodRecord, SceneRecord, TrafficRecord } from '../scene/records.ts';
import type { Hop, Moment } from '../session/protocol.ts';
import type { Ask, CheckBody, Comparison, Lesson, LessonCheck, LessonStep } from './lesson.ts';

/** What the judge looks at; kept up to date by whoever applies frames. */
export interface LessonView {
  readonly nowMs: number;
  records(): Iterable<SceneRecord>;
  readonly moments: readonly Moment[];
  readonly hops: readonly Hop[];
}

export interface CheckState {
  readonly id: string;
  /** amber: true now, but not for long enough yet. */
  readonly state: 'red' | 'amber' | 'green';
  /** The present value in a language-neutral short form, e.g. `2/3`. */
  readonly now: string;
  readonly sinceMs: number;
}

export interface StepState {
  readonly step: LessonStep;
  readonly checks: readonly CheckState[];
  readonly answered: readonly string[] | undefined;
  readonly answeredRight: boolean | undefined;
  readonly done: boolean;
}

interface Tracked {
  state: CheckState['state'];
  now: string;
  /** When it became true and stayed so. */
  trueSinceMs: number | undefined;
  sinceMs: number;
  latched: boolean;
  broken: boolean;
}

interface Measured {
  readonly met: boolean;
  readonly now: string;
}

/** One learner's way through one lesson. */
export class LessonRun {
  readonly lesson: Lesson;
  private index = 0;
  private startedMs: number;
  private podsAtStart = new Set<string>();
  private started = false;
  private readonly tracked = new Map<string, Tracked>();
  private readonly answers = new Map<string, readonly string[]>();

  constructor(lesson: Lesson, startedMs: number) {
    this.lesson = lesson;
    this.startedMs = startedMs;
  }

  get step(): LessonStep | undefined {
    return this.lesson.steps[this.index];
  }
  get stepIndex(): number {
    return this.index;
  }
  get finished(): boolean {
    return this.index >= this.lesson.steps.length;
  }
  /** Virtual time at which the present step began. */
  get stepStartedMs(): number {
    return this.startedMs;
  }

  answer(values: readonly string[]): void {
    const step = this.step;
    if (step?.ask !== undefined) this.answers.set(step.id, values);
  }

  answersTo(step: LessonStep): { readonly values: readonly string[]; readonly right: boolean } | undefined {
    const values = this.answers.get(step.id);
    return values === undefined ? undefined : { values, right: isRight(step.ask, values) };
  }

  /** Looks again; call after every frame. Goes on to the next step only by `advance`. */
  look(view: LessonView): StepState | undefined {
    const step = this.step;
    if (step === undefined) return undefined;
    if (!this.started) this.begin(view);
    const states = step.checks.map((check) => this.judge(check, view));
    const answered = this.answersTo(step);
    const asked = step.ask === undefined || answered !== undefined;
    const done = asked && states.every((each) => each.state === 'green');
    return { step, checks: states, answered: answered?.values, answeredRight: answered?.right, done };
  }

  /** Goes on to the next step. */
  advance(view: LessonView): void {
    if (this.finished) return;
    this.index++;
    this.tracked.clear();
    this.started = false;
    if (!this.finished) this.begin(view);
  }

  private begin(view: LessonView): void {
    this.started = true;
    this.startedMs = view.nowMs;
    this.podsAtStart = new Set();
    for (const record of view.records()) if (record.table === 'pod') this.podsAtStart.add(record.uid);
  }

  private judge(check: LessonCheck, view: LessonView): CheckState {
    let tracked = this.tracked.get(check.id);
    if (tracked === undefined) {
      tracked = { state: check.never ? 'green' : 'red', now: '', trueSinceMs: undefined, sinceMs: view.nowMs, latched: false, broken: false };
      this.tracked.set(check.id, tracked);
    }
    const before = tracked.state;
    this.update(check, tracked, view);
    if (tracked.state !== before) tracked.sinceMs = view.nowMs;
    return { id: check.id, state: tracked.state, now: tracked.now, sinceMs: tracked.sinceMs };
  }

  private update(check: LessonCheck, tracked: Tracked, view: LessonView): void {
    const { met, now } = this.measure(check.body, view);
    tracked.now = now;
    if (check.never) {
      if (met) tracked.broken = true;
      tracked.state = tracked.broken ? 'red' : 'green';
      return;
    }
    if (tracked.latched && !check.hold) {
      tracked.state = 'green';
      return;
    }
    const inTime = check.withinMs === undefined || tracked.latched || view.nowMs - this.startedMs <= check.withinMs;
    const counts = check.while === undefined || this.tracked.get(check.while)?.state === 'green';
    if (!met || !inTime || !counts) {
      tracked.trueSinceMs = undefined;
      tracked.state = 'red';
      return;
    }
    tracked.trueSinceMs ??= view.nowMs;
    if (check.forMs !== undefined && view.nowMs - tracked.trueSinceMs < check.forMs) {
      tracked.state = 'amber';
      return;
    }
    tracked.latched = true;
    tracked.state = 'green';
  }

  private measure(body: CheckBody, view: LessonView): Measured {
    switch (body.word) {
      case 'answered': {
        const step = this.step;
        const values = step === undefined ? undefined : this.answers.get(step.id);
        return { met: values !== undefined, now: values?.join(' > ') ?? '' };
      }
      case 'moment': {
        const found = view.moments.find((moment) => moment.atMs >= this.startedMs && moment.sentence.key === body.key && Object.entries(body.params).every(([key, value]) => String(moment.sentence.params[key]) === value));
        return { met: found !== undefined, now: found === undefined ? '' : `+${Math.round((found.atMs - this.startedMs) / 1000)}s` };
      }
      case 'flow': {
        let at = 0;
        for (const hop of view.hops) if (hop.stage === body.stages[at]) at++;
        return { met: at >= body.stages.length, now: `${at}/${body.stages.length}` };
      }
      case 'repaired': {
        let count = 0;
        for (const pod of pods(view, body.namespace, body.selector)) if (!this.podsAtStart.has(pod.uid) && pod.owner !== null && pod.mark === 'ready') count++;
        return compared(count, body.count);
      }
      default:
        return measure(body, view);
    }
  }
}

/** Whether an answer is the right one. */
export function isRight(ask: Ask | undefined, values: readonly string[]): boolean {
  return ask !== undefined && ask.answer.length === values.length && ask.answer.every((each, index) => each === values[index]);
}

/** Checks that need only the present scene; also for a lesson's `setup.until`. */
export function measure(body: CheckBody, view: Pick<LessonView, 'records' | 'nowMs'>): Measured {
  switch (body.word) {
    case 'ready': {
      const count = pods(view, body.namespace, {}).filter((pod) => pod.mark === 'ready' && isOwnedBy(view, pod, body.deployment)).length;
      return compared(count, body.count);
    }
    case 'pods': {
      const count = pods(view, body.namespace, body.selector).filter(
        (pod) => (body.mark === '' || pod.mark === body.mark) && (body.node === '' || pod.node === body.node) && (body.notNode === '' || pod.node !== body.notNode),
      ).length;
      return compared(count, body.count);
    }
    case 'placed': {
      const nodes = new Set(pods(view, body.namespace, body.selector).filter((pod) => pod.mark === 'ready').map((pod) => pod.node));
      return compared(nodes.size, body.nodes);
    }
    case 'node': {
      for (const record of view.records()) if (record.table === 'node' && record.name === body.name) return { met: record.ready === body.ready, now: `Ready=${record.ready}` };
      return { met: false, now: '' };
    }
    case 'object': {
      const found = objects(view).some((each) => each.kind === body.kind && each.name === body.name && (body.namespace === '' || each.namespace === body.namespace));
      return { met: found === body.exists, now: found ? body.name : '' };
    }
    case 'http':
      return measureTraffic(body, view);
    case 'etcd': {
      let healthy = 0;
      let leader = false;
      for (const record of view.records()) {
        if (record.table !== 'process' || record.raft === null || record.state !== 'running') continue;
        healthy++;
        if (record.raft.role === 'leader') leader = true;
      }
      const count = compared(healthy, body.healthy);
      return { met: count.met && leader === body.leader, now: count.now };
    }
    default:
      return { met: false, now: '' };
  }
}

function measureTraffic(body: CheckBody & { readonly word: 'http' }, view: Pick<LessonView, 'records'>): Measured {
  const found = [...view.records()].find((record): record is TrafficRecord => record.table === 'traffic' && record.target === body.target && record.ratePerSecond > 0);
  const seconds = found?.seconds.slice(-body.seconds) ?? [];
  let ok = 0;
  let all = 0;
  for (const second of seconds) {
    ok += second.ok;
    all += second.ok + second.failed;
  }
  if (all === 0 || seconds.length < body.seconds) return { met: false, now: '' };
  const percent = (ok * 100) / all;
  return { met: compare(percent, body.success), now: `${Math.floor(percent)}%` };
}

function pods(view: Pick<LessonView, 'records'>, namespace: string, selector: Readonly<Record<string, string>>): readonly PodRecord[] {
  const found: PodRecord[] = [];
  for (const record of view.records())
    if (record.table === 'pod' && record.namespace === namespace && Object.entries(selector).every(([key, value]) => record.labels[key] === value)) found.push(record);
  return found;
}

function objects(view: Pick<LessonView, 'records'>): readonly ObjectRecord[] {
  return [...view.records()].filter((record): record is ObjectRecord => record.table === 'object');
}

/** Pod -> ReplicaSet -> Deployment. */
function isOwnedBy(view: Pick<LessonView, 'records'>, pod: PodRecord, deployment: string): boolean {
  const owner = pod.owner;
  if (owner === null) return false;
  if (owner.kind === 'Deployment') return owner.name === deployment;
  const set = objects(view).find((each) => each.uid === owner.uid);
  return set?.owner?.kind === 'Deployment' && set.owner.name === deployment;
}

function compare(value: number, { op, value: wanted }: Comparison): boolean {
  switch (op) {
    case '=':
      return value === wanted;
    case '!=':
      return value !== wanted;
    case '>=':
      return value >= wanted;
    case '<=':
      return value <= wanted;
    case '>':
      return value > wanted;
    case '<':
      return value < wanted;
  }
}

function compared(value: number, comparison: Comparison): Measured {
  return { met: compare(value, comparison), now: `${value}/${comparison.value}` };
}
