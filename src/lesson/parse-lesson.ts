// Reads lesson.yaml into a Lesson, or says by file and line what is wrong with it. Never throws on anything an author can write.
import { isMap, isSeq, LineCounter, parseDocument, type Node, type Pair } from 'yaml';
import { parseProse } from './parse-prose.ts';
import type { Action, Ask, CheckBody, Comparison, Hint, Lesson, LessonCheck, LessonProse, LessonStep, Parsed } from './lesson.ts';
import type { Problem } from './problem.ts';

/** The files of one lesson's folder by name: lesson.yaml, en.md, ko.md, manifests. */
export type LessonFiles = Readonly<Record<string, string>>;

const file = 'lesson.yaml';

/** A value with its place, so that every complaint has a line. */
class Reader {
  readonly problems: Problem[];
  private readonly lines: LineCounter;
  private readonly node: Node | null | undefined;
  readonly path: string;

  constructor(problems: Problem[], lines: LineCounter, node: Node | null | undefined, path: string) {
    this.problems = problems;
    this.lines = lines;
    this.node = node;
    this.path = path;
  }

  get line(): number {
    const start = this.node?.range?.[0];
    return start === undefined ? 0 : this.lines.linePos(start).line;
  }
  get exists(): boolean {
    return this.node !== undefined && this.node !== null;
  }
  get value(): unknown {
    return this.exists ? (this.node as unknown as { toJSON(): unknown }).toJSON() : undefined;
  }

  fail(message: string): void {
    this.problems.push({ file, line: this.line, message: this.path === '' ? message : `${this.path}: ${message}` });
  }

  field(name: string): Reader {
    const found = isMap(this.node) ? (this.node.items as Pair<{ value?: unknown }, Node>[]).find((pair) => pair.key?.value === name)?.value : undefined;
    return new Reader(this.problems, this.lines, found, this.path === '' ? name : `${this.path}.${name}`);
  }

  items(): readonly Reader[] {
    if (!this.exists) return [];
    if (!isSeq(this.node)) {
      this.fail('a list is expected');
      return [];
    }
    return this.node.items.map((item, index) => new Reader(this.problems, this.lines, item as Node, `${this.path}[${index}]`));
  }

  keys(): readonly string[] {
    return isMap(this.node) ? (this.node.items as Pair<{ value?: unknown }, Node>[]).map((pair) => String(pair.key?.value)) : [];
  }

  only(allowed: readonly string[]): void {
    for (const key of this.keys()) if (!allowed.includes(key)) this.field(key).fail(`unknown word; known here are ${allowed.join(', ')}`);
  }

  text(fallback?: string): string {
    const value = this.value;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (value === undefined && fallback !== undefined) return fallback;
    this.fail(value === undefined ? 'is missing' : 'a text is expected');
    return fallback ?? '';
  }

  number(fallback?: number): number {
    const value = this.value;
    if (typeof value === 'number') return value;
    if (value === undefined && fallback !== undefined) return fallback;
    this.fail(value === undefined ? 'is missing' : 'a number is expected');
    return fallback ?? 0;
  }

  /** `60s`, `5m`, `1.5h`. */
  duration(): number | undefined {
    if (!this.exists) return undefined;
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(this.text());
    if (match === null) {
      this.fail('a duration like 20s or 5m is expected');
      return undefined;
    }
    return Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  }

  texts(): readonly string[] {
    return this.items().map((item) => item.text());
  }

  /** A number, or `>=3`, or `>=99%`. */
  comparison(fallback: Comparison): Comparison {
    if (!this.exists) return fallback;
    const match = /^(>=|<=|!=|>|<|=)?\s*(\d+(?:\.\d+)?)%?$/.exec(this.text());
    if (match === null) {
      this.fail('a number or a comparison like ">=3" is expected');
      return fallback;
    }
    return { op: (match[1] ?? '=') as Comparison['op'], value: Number(match[2]) };
  }

  /** `app=web,tier=front` or a map. */
  labels(): Readonly<Record<string, string>> {
    if (!this.exists) return {};
    const value = this.value;
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)]));
    return Object.fromEntries(
      this.text()
        .split(',')
        .map((each) => each.split('='))
        .map(([key = '', each = '']) => [key, each]),
    );
  }
}

const atLeastOne: Comparison = { op: '>=', value: 1 };

export function parseLesson(files: LessonFiles): Parsed<Lesson> {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const document = parseDocument(files[file] ?? '', { lineCounter: lines });
  for (const error of document.errors) problems.push({ file, line: error.linePos?.[0].line ?? 0, message: error.message.split('\n')[0] ?? '' });
  const root = new Reader(problems, lines, document.contents as Node | null, '');
  if (!root.exists) problems.push({ file, line: 0, message: 'is missing or empty' });
  if (problems.length > 0) return { value: undefined, problems };
  root.only(['format', 'id', 'k8s', 'minutes', 'needs', 'covers', 'setup', 'allow', 'steps', 'end']);
  if (root.field('format').number() !== 1) root.field('format').fail('only format 1 is known');
  const setup = root.field('setup');
  setup.only(['cluster', 'seed', 'apply', 'until', 'camera']);
  const lesson: Lesson = {
    id: root.field('id').text(),
    minutes: root.field('minutes').number(5),
    needs: root.field('needs').texts(),
    covers: root.field('covers').texts(),
    setup: {
      cluster: setup.field('cluster').text('default'),
      seed: setup.field('seed').number(1),
      apply: setup.field('apply').texts(),
      until: setup.field('until').exists ? readBody(setup.field('until')) : undefined,
    },
    steps: root.field('steps').items().map(readStep),
    goto: root.field('end').field('goto').text(''),
    files: Object.fromEntries(Object.entries(files).filter(([name]) => /\.ya?ml$/.test(name) && name !== file)),
    prose: readAllProse(files, problems),
  };
  if (lesson.steps.length === 0) root.field('steps').fail('a lesson has at least one step');
  for (const name of [...lesson.setup.apply, ...lesson.steps.flatMap(filesOf)]) if (lesson.files[name] === undefined) setup.fail(`file ${name} is not in the lesson's folder`);
  checkProse(lesson, problems);
  return { value: problems.length > 0 ? undefined : lesson, problems };
}

function filesOf(step: LessonStep): readonly string[] {
  return [step.solution, ...step.also, ...step.wrong.map((each) => each.do)].flat().flatMap((action) => (action.do === 'apply' ? [action.file] : []));
}

function readAllProse(files: LessonFiles, problems: Problem[]): Readonly<Record<string, LessonProse>> {
  const prose: Record<string, LessonProse> = {};
  for (const [name, text] of Object.entries(files)) {
    const match = /^([a-z]{2})\.md$/.exec(name);
    if (match === null) continue;
    const language = match[1] as string;
    const parsed = parseProse(text, name, language);
    problems.push(...parsed.problems);
    if (parsed.value !== undefined) prose[language] = parsed.value;
  }
  return prose;
}

/** Every language has every step, and a text for every option, check and hint. */
function checkProse(lesson: Lesson, problems: Problem[]): void {
  for (const language of ['en', 'ko']) {
    const prose = lesson.prose[language];
    const name = `${language}.md`;
    if (prose === undefined) {
      problems.push({ file: name, line: 0, message: 'is missing' });
      continue;
    }
    for (const step of lesson.steps) {
      const section = prose.steps[step.id];
      if (section === undefined) {
        problems.push({ file: name, line: 0, message: `step "${step.id}" has no section` });
        continue;
      }
      const wanted = [...(step.ask?.options ?? []), ...step.checks.map((check) => check.id), ...step.hints.map((hint) => hint.id)];
      for (const id of wanted) if (section.texts[id] === undefined || section.texts[id] === '') problems.push({ file: name, line: 0, message: `step "${step.id}" has no text for "${id}"` });
      for (const id of Object.keys(section.texts)) if (!wanted.includes(id)) problems.push({ file: name, line: 0, message: `step "${step.id}" has a text for "${id}", which lesson.yaml does not know` });
    }
    for (const id of Object.keys(prose.steps)) if (!lesson.steps.some((step) => step.id === id)) problems.push({ file: name, line: 0, message: `section "${id}" is no step of lesson.yaml` });
  }
}

function readStep(step: Reader): LessonStep {
  step.only(['id', 'ask', 'checks', 'hints', 'solution', 'also', 'wrong']);
  const ask = step.field('ask');
  return {
    id: step.field('id').text(),
    ask: ask.exists ? readAsk(ask) : undefined,
    checks: step.field('checks').items().map(readCheck),
    hints: step.field('hints').items().map(readHint),
    solution: step.field('solution').items().flatMap(readAction),
    also: step.field('also').items().map((each) => each.items().flatMap(readAction)),
    wrong: step.field('wrong').items().map((each) => ({ do: each.field('do').items().flatMap(readAction), staysRed: each.field('stays-red').text() })),
  };
}

function readAsk(ask: Reader): Ask {
  ask.only(['options', 'answer', 'order']);
  if (ask.field('order').exists) {
    const answer = ask.field('order').texts();
    return { kind: 'order', options: ask.field('options').exists ? ask.field('options').texts() : [...answer].sort(), answer };
  }
  const options = ask.field('options').texts();
  const answer = ask.field('answer').text();
  if (!options.includes(answer)) ask.field('answer').fail(`"${answer}" is none of the options`);
  return { kind: 'choose', options, answer: [answer] };
}

function readHint(hint: Reader): Hint {
  hint.only(['id', 'after', 'tries']);
  const tries = hint.field('tries');
  return { id: hint.field('id').text(), afterMs: hint.field('after').duration(), tries: tries.exists ? tries.number() : undefined };
}

const modifiers = ['id', 'within', 'for', 'while', 'never', 'hold'];

function readCheck(check: Reader): LessonCheck {
  const never = check.field('never');
  const isNeverBody = never.exists && typeof never.value === 'object';
  const flag = (name: string) => check.field(name).value === true;
  return {
    id: check.field('id').text(),
    body: readBody(isNeverBody ? never : check),
    withinMs: check.field('within').duration(),
    forMs: check.field('for').duration(),
    while: check.field('while').exists ? check.field('while').text() : undefined,
    never: isNeverBody || flag('never'),
    hold: flag('hold'),
  };
}

const words = ['ready', 'pods', 'placed', 'node', 'object', 'moment', 'repaired', 'flow', 'http', 'etcd', 'answered'];

/** The vocabulary's words, each with its own fields. */
function readBody(check: Reader): CheckBody {
  const word = check.keys().find((key) => words.includes(key));
  if (word === undefined) {
    check.fail(`needs one of the words ${words.join(', ')}`);
    return { word: 'answered' };
  }
  check.only([word, ...modifiers]);
  const body = check.field(word);
  const namespace = () => body.field('namespace').text('default');
  switch (word) {
    case 'ready':
      body.only(['deployment', 'namespace', 'count']);
      return { word, deployment: body.field('deployment').text(), namespace: namespace(), count: body.field('count').comparison(atLeastOne) };
    case 'pods':
      body.only(['namespace', 'selector', 'mark', 'node', 'not-node', 'count']);
      return {
        word,
        namespace: namespace(),
        selector: body.field('selector').labels(),
        mark: body.field('mark').text(''),
        node: body.field('node').text(''),
        notNode: body.field('not-node').text(''),
        count: body.field('count').comparison(atLeastOne),
      };
    case 'placed':
      body.only(['namespace', 'selector', 'nodes']);
      return { word, namespace: namespace(), selector: body.field('selector').labels(), nodes: body.field('nodes').comparison(atLeastOne) };
    case 'node':
      body.only(['name', 'ready']);
      return { word, name: body.field('name').text(), ready: readiness(body.field('ready')) };
    case 'object':
      body.only(['kind', 'namespace', 'name', 'exists']);
      return { word, kind: body.field('kind').text(), namespace: body.field('namespace').text(''), name: body.field('name').text(), exists: body.field('exists').value !== false };
    case 'moment':
      body.only(['key', 'params']);
      return { word, key: body.field('key').text(), params: body.field('params').labels() };
    case 'repaired':
      body.only(['namespace', 'selector', 'count']);
      return { word, namespace: namespace(), selector: body.field('selector').labels(), count: body.field('count').comparison(atLeastOne) };
    case 'flow':
      return { word, stages: body.texts() };
    case 'http':
      body.only(['target', 'success', 'seconds']);
      return { word, target: body.field('target').text(), success: body.field('success').comparison({ op: '>=', value: 100 }), seconds: body.field('seconds').number(10) };
    case 'etcd':
      body.only(['healthy', 'leader']);
      return { word, healthy: body.field('healthy').comparison(atLeastOne), leader: body.field('leader').value !== false };
    default:
      return { word: 'answered' };
  }
}

function readiness(reader: Reader): 'True' | 'False' | 'Unknown' {
  const text = reader.text();
  const value = text === 'true' ? 'True' : text === 'false' ? 'False' : text;
  if (value === 'True' || value === 'False' || value === 'Unknown') return value;
  reader.fail('True, False or Unknown is expected');
  return 'True';
}

function readAction(action: Reader): readonly Action[] {
  const word = action.keys()[0];
  const body = action.field(word ?? '');
  switch (word) {
    case 'run':
      return [{ do: 'run', line: body.text() }];
    case 'apply':
      return [{ do: 'apply', file: body.text() }];
    case 'power-off':
      return [{ do: 'power', machine: body.text(), on: false }];
    case 'power-on':
      return [{ do: 'power', machine: body.text(), on: true }];
    case 'kill':
    case 'freeze':
    case 'thaw': {
      const [machine = '', process = ''] = body.text().split('/');
      return [{ do: word, machine, process }];
    }
    case 'traffic':
      return [{ do: 'traffic', target: body.field('target').text(), rate: body.field('rate').number(10) }];
    case 'heal-all':
      return [{ do: 'heal-all' }];
    case 'wait':
      return [{ do: 'wait', ms: body.duration() ?? 0 }];
    case 'answer': {
      const value = body.value;
      return [{ do: 'answer', values: Array.isArray(value) ? value.map(String) : [body.text()] }];
    }
    default:
      action.fail('needs one of the words run, apply, power-off, power-on, kill, freeze, thaw, traffic, heal-all, wait, answer');
      return [];
  }
}
