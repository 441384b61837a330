// The gate: every lesson is solved by a machine, is not solved at its start, nor with any step of its solution left out, nor by its wrong ways.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PresetName } from '../session/protocol.ts';
import { LessonRun } from './judge.ts';
import type { Action, Lesson } from './lesson.ts';
import { parseLesson } from './parse-lesson.ts';
import { HeadlessPage } from './testing/headless-page.ts';

const folder = 'lessons';
const lessonIds = readdirSync(folder).filter((name) => !name.startsWith('_') && statSync(join(folder, name)).isDirectory());

function filesOf(id: string): Record<string, string> {
  return Object.fromEntries(readdirSync(join(folder, id)).map((name) => [name, readFileSync(join(folder, id, name), 'utf8')]));
}
function load(id: string): Lesson {
  const { value, problems } = parseLesson(filesOf(id));
  expect(problems).toEqual([]);
  return value as Lesson;
}

interface Played {
  /** Steps finished. */
  readonly steps: number;
  readonly finished: boolean;
  /** Checks that were green before anything was done in their step. */
  readonly greenAtStart: readonly string[];
  readonly states: Readonly<Record<string, string>>;
  readonly hash: string;
}

/** Plays a lesson with the given actions per step, up to and including step `last`. */
function play(lesson: Lesson, actionsOf: (step: number) => readonly Action[], last = lesson.steps.length - 1): Played {
  const page = new HeadlessPage(lesson.setup.cluster as PresetName, lesson.setup.seed);
  expect(page.prepare(lesson), `${lesson.id} reaches its beginning`).toBe(true);
  const run = new LessonRun(lesson, page.nowMs);
  const greenAtStart: string[] = [];
  let states: Record<string, string> = {};
  for (let index = 0; index <= last; index++) {
    const step = lesson.steps[index];
    if (step === undefined) break;
    const look = () => run.look(page);
    const first = look();
    for (const check of first?.checks ?? []) {
      const definition = step.checks.find((each) => each.id === check.id);
      if (check.state === 'green' && definition?.never !== true && definition?.hold !== true) greenAtStart.push(`${step.id}/${check.id}`);
    }
    for (const action of actionsOf(index)) {
      if (action.do === 'answer') run.answer(action.values);
      page.act(lesson, action, look);
    }
    page.pass(200, () => false, look);
    const after = look();
    states = Object.fromEntries((after?.checks ?? []).map((check) => [check.id, check.state]));
    if (after?.done !== true) return { steps: index, finished: false, greenAtStart, states, hash: page.hash };
    run.advance(page);
  }
  return { steps: last + 1, finished: run.finished, greenAtStart, states, hash: page.hash };
}

const solution = (lesson: Lesson) => (step: number) => lesson.steps[step]?.solution ?? [];

describe.each(lessonIds)('lesson %s', (id) => {
  const lesson = load(id);

  it('is solved by its solution, and by nothing at the start; twice alike', () => {
    const once = play(lesson, solution(lesson));
    expect(once).toMatchObject({ finished: true, greenAtStart: [] });
    expect(play(lesson, solution(lesson)).hash).toBe(once.hash);
  });

  const drops = lesson.steps.flatMap((step, index) => step.solution.flatMap((action, at) => (action.do === 'wait' ? [] : [{ index, at, name: `${step.id}: ${action.do}` }])));
  it.each(drops)('is not solved without $name', ({ index, at }) => {
    const played = play(lesson, (step) => (step === index ? solution(lesson)(step).filter((_, position) => position !== at) : solution(lesson)(step)), index);
    expect(played.steps).toBe(index);
  });

  const others = lesson.steps.flatMap((step, index) => step.also.map((also, at) => ({ index, also, name: `${step.id}, way ${at + 2}` })));
  if (others.length > 0)
    it.each(others)('is solved in another way: $name', ({ index, also }) => {
      expect(play(lesson, (step) => (step === index ? also : solution(lesson)(step)), index).steps).toBe(index + 1);
    });

  const wrongs = lesson.steps.flatMap((step, index) => step.wrong.map((wrong) => ({ index, wrong, name: `${step.id}: ${wrong.staysRed} stays red` })));
  if (wrongs.length > 0)
    it.each(wrongs)('is not fooled: $name', ({ index, wrong }) => {
      const played = play(lesson, (step) => (step === index ? wrong.do : solution(lesson)(step)), index);
      expect(played.steps).toBe(index);
      expect(played.states[wrong.staysRed]).not.toBe('green');
    });

  it('has the same ids and a fresh text in both languages', () => {
    for (const language of ['en', 'ko']) expect(Object.keys(lesson.prose[language]?.steps ?? {})).toEqual(lesson.steps.map((step) => step.id));
  });

  it('obeys the glossary', () => {
    const glossary = parse(readFileSync(join(folder, '_glossary.yaml'), 'utf8')) as Record<string, { readonly avoid?: readonly string[] }>;
    const korean = filesOf(id)['ko.md'] ?? '';
    for (const [term, { avoid }] of Object.entries(glossary)) for (const word of avoid ?? []) expect(korean.includes(word), `${term}: "${word}" is not our word`).toBe(false);
  });
});

describe('canaries: the gate itself fails where it should', () => {
  const good = load('declare');
  const files = filesOf('declare');

  it('a broken solution does not pass', () => {
    const broken: Lesson = { ...good, steps: good.steps.map((step) => (step.id === 'delete' ? { ...step, solution: [{ do: 'wait', ms: 10_000 }] } : step)) };
    expect(play(broken, solution(broken), 1).finished).toBe(false);
  });
  it('a lesson that is solved at its start is noticed', () => {
    const easy: Lesson = { ...good, steps: [{ ...(good.steps[1] as Lesson['steps'][number]), checks: [{ id: 'three', body: { word: 'pods', namespace: 'default', selector: { app: 'web' }, mark: 'ready', node: '', notNode: '', count: { op: '=', value: 3 } }, withinMs: undefined, forMs: undefined, while: undefined, never: false, hold: false }] }] };
    expect(play(easy, () => [], 0).greenAtStart).toEqual(['delete/three']);
  });
  it('a missing Korean step is a problem', () => {
    const { problems } = parseLesson({ ...files, 'ko.md': (files['ko.md'] ?? '').replace('## declare-less', '') });
    expect(problems.map((problem) => problem.file)).toContain('ko.md');
  });
  it.each([
    ['an unknown word', 'chosen, answered: {}', 'chosen, solved: {}'],
    ['a wrong duration', 'after: 30s', 'after: soon'],
    ['a file that is not there', 'apply: [web.yaml]', 'apply: [other.yaml]'],
    ['broken YAML', 'steps:', 'steps: ['],
  ])('%s is told with its line', (_name, from, to) => {
    const { value, problems } = parseLesson({ ...files, 'lesson.yaml': (files['lesson.yaml'] ?? '').replace(from, to) });
    expect(value).toBeUndefined();
    expect(problems[0]?.line).toBeGreaterThan(0);
  });
});
