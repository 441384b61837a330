// The lesson that is being taken: its run, its judge, and what was finished before (kept between visits, never in an embed).
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Action, Lesson } from '../../../lesson/lesson.ts';
import { LessonRun, measure, type LessonView, type StepState } from '../../../lesson/judge.ts';
import type { Hop, PresetName } from '../../../session/protocol.ts';
import { FollowedFlows } from './followed-flows.ts';
import { embedOptions } from '../../embed/options.ts';
import { session } from '../../store/session-client.ts';
import { startRun } from '../../store/boot.ts';
import { newRun } from '../../store/session-client.ts';
import { runStore } from '../../store/run-store.ts';
import { scene } from '../../store/scene-store.ts';
import { showPanel } from '../../layout/show-panel.ts';
import * as actions from '../../store/actions.ts';
import { openText } from '../editor/editor-store.ts';

export interface Stage {
  readonly id: string;
  readonly title: Readonly<Record<string, string>>;
  readonly lessons: readonly string[];
}
export interface Library {
  readonly stages: readonly Stage[];
  readonly lessons: Readonly<Record<string, Lesson>>;
}

export interface LessonState {
  readonly library: Library | undefined;
  readonly lesson: Lesson | undefined;
  /** preparing: the cluster is being brought to where the lesson begins. */
  readonly phase: 'list' | 'preparing' | 'running' | 'finished';
  readonly step: StepState | undefined;
  readonly stepIndex: number;
  readonly hintsShown: number;
  readonly done: readonly string[];
}

const key = 'terrarium.lessons';

function readDone(): readonly string[] {
  if (embedOptions !== undefined) return [];
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

const lessonStore = createStore<LessonState>(() => ({ library: undefined, lesson: undefined, phase: 'list', step: undefined, stepIndex: 0, hintsShown: 0, done: readDone() }));
export function useLesson<T>(select: (state: LessonState) => T): T {
  return useStore(lessonStore, select);
}

let judge: LessonRun | undefined;
let stopWatching: (() => void) | undefined;
let hintTimer: ReturnType<typeof setInterval> | undefined;
let stepBeganReal = 0;

export function currentJudge(): LessonRun | undefined {
  return judge;
}

export async function loadLibrary(): Promise<void> {
  if (lessonStore.getState().library !== undefined) return;
  const { default: library } = (await import('../../../lesson/generated/lessons.json')) as unknown as { readonly default: Library };
  lessonStore.setState({ library });
}

const flows = new FollowedFlows((event) => session.query<readonly Hop[] | undefined>({ query: 'flow', root: event }), () => lookAgain());

const view: LessonView = {
  get nowMs() {
    return runStore.getState().nowMs;
  },
  *records() {
    const { machines, processes, nodes, pods, objects, traffic } = scene.store.getState();
    for (const table of [machines, processes, nodes, pods, objects, traffic]) yield* table.values();
  },
  get moments() {
    return runStore.getState().moments;
  },
  get hops() {
    return flows.hops(runStore.getState().hops);
  },
};

export async function startLesson(id: string): Promise<void> {
  await loadLibrary();
  const lesson = lessonStore.getState().library?.lessons[id];
  if (lesson === undefined) return;
  leaveLesson();
  lessonStore.setState({ lesson, phase: 'preparing', step: undefined, stepIndex: 0, hintsShown: 0 });
  showPanel('lesson');
  const first = Object.entries(lesson.files)[0];
  if (first !== undefined) openText(first[0], first[1]);
  startRun(newRun(lesson.setup.cluster as PresetName, lesson.setup.seed));
  prepare(lesson);
}

/** Waits for the cluster to be up, applies the lesson's manifests, waits until it may open. */
function prepare(lesson: Lesson): void {
  let applied = false;
  const look = (): void => {
    const { phase } = runStore.getState();
    if (phase !== 'live') return;
    if (!applied) {
      applied = true;
      for (const name of lesson.setup.apply) void actions.runLine(`kubectl apply -f -  # ${name}`, 'laptop', lesson.files[name] ?? '');
      // Nobody is to be shown, hop by hop, what only makes ready.
      session.control({ control: 'follow', root: undefined, paced: false });
      session.control({ control: 'speed', speed: 30 });
      return;
    }
    if (lesson.setup.until !== undefined && !measure(lesson.setup.until, view).met) return;
    stopWatching?.();
    session.control({ control: 'speed', speed: 1 });
    session.control({ control: 'follow', root: 0, paced: true });
    begin(lesson);
  };
  stopWatching = watch(look);
}

function watch(look: () => void): () => void {
  const stops = [scene.store.subscribe(look), runStore.subscribe(look)];
  queueMicrotask(look);
  return () => {
    for (const stop of stops) stop();
    stopWatching = undefined;
  };
}

function begin(lesson: Lesson): void {
  flows.clear();
  judge = new LessonRun(lesson, view.nowMs);
  lessonStore.setState({ phase: 'running' });
  beginStep();
  stopWatching = watch(lookAgain);
}

function beginStep(): void {
  stepBeganReal = Date.now();
  clearInterval(hintTimer);
  hintTimer = setInterval(() => {
    const step = judge?.step;
    if (step === undefined) return;
    if (step.checks.some((check) => check.body.word === 'flow')) flows.askAgain();
    const shown = step.hints.filter((hint) => hint.afterMs !== undefined && Date.now() - stepBeganReal >= hint.afterMs).length;
    if (shown !== lessonStore.getState().hintsShown) lessonStore.setState({ hintsShown: shown });
  }, 1000);
  lessonStore.setState({ hintsShown: 0, stepIndex: judge?.stepIndex ?? 0 });
  lookAgain();
}

function same(a: StepState | undefined, b: StepState | undefined): boolean {
  return (
    a !== undefined && b !== undefined && a.step === b.step && a.done === b.done && a.answered === b.answered &&
    a.checks.every((check, index) => check.state === b.checks[index]?.state && check.now === b.checks[index]?.now)
  );
}

function lookAgain(): void {
  if (judge === undefined) return;
  flows.see(runStore.getState().hops);
  const step = judge.look(view);
  if (!same(step, lessonStore.getState().step)) lessonStore.setState({ step });
}

export function answer(values: readonly string[]): void {
  judge?.answer(values);
  lookAgain();
}

export function nextStep(): void {
  if (judge === undefined) return;
  judge.advance(view);
  if (!judge.finished) {
    beginStep();
    return;
  }
  clearInterval(hintTimer);
  stopWatching?.();
  const { lesson, done } = lessonStore.getState();
  const finished = lesson === undefined || done.includes(lesson.id) ? done : [...done, lesson.id];
  lessonStore.setState({ phase: 'finished', step: undefined, done: finished });
  if (embedOptions !== undefined) return;
  try {
    localStorage.setItem(key, JSON.stringify(finished));
  } catch {
    // Nothing is remembered then; the lesson is done all the same.
  }
}

/** Plays the step's solution on the real engine. */
export function showMe(): void {
  const step = judge?.step;
  const lesson = lessonStore.getState().lesson;
  if (step === undefined || lesson === undefined) return;
  for (const action of step.solution) act(lesson, action);
}

function act(lesson: Lesson, action: Action): void {
  switch (action.do) {
    case 'run':
      void actions.runLine(action.line);
      break;
    case 'apply':
      void actions.applyYaml(lesson.files[action.file] ?? '');
      break;
    case 'power':
      actions.power(action.machine, action.on);
      break;
    case 'kill':
      actions.kill(action.machine, action.process);
      break;
    case 'freeze':
      actions.freeze(action.machine, action.process);
      break;
    case 'thaw':
      actions.thaw(action.machine, action.process);
      break;
    case 'traffic':
      actions.traffic('client', action.target, action.rate);
      break;
    case 'heal-all':
      actions.healAll();
      break;
    case 'wait':
      // Long waits are folded: the run goes faster until the checks are met or the reader changes the speed.
      if (action.ms > 30_000) session.control({ control: 'speed', speed: 30 });
      break;
    case 'answer':
      answer(action.values);
      break;
  }
}

export function leaveLesson(): void {
  stopWatching?.();
  clearInterval(hintTimer);
  judge = undefined;
  lessonStore.setState({ lesson: undefined, phase: 'list', step: undefined });
}
