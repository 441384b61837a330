// The simple paths that definitions use (`.spec.replicas`, `.metadata.labels['a.b']`) and the JSONPath subset of printer columns (filters, indexes).
import type { Json } from '../meta/object.ts';
import { isList, isObject, own } from './schema-node.ts';

/** `.spec.replicas` to ['spec', 'replicas']; undefined when it is no simple path. */
export function parseFieldPath(path: string): readonly string[] | undefined {
  const parts: string[] = [];
  let rest = path;
  while (rest !== '') {
    const match = /^\.([A-Za-z_][\w-]*)|^\['((?:[^'\\]|\\.)+)'\]|^\.((?:\\.|[^.[\]\\])+)/.exec(rest);
    if (match === null) return undefined;
    parts.push((match[1] ?? match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1'));
    rest = rest.slice(match[0].length);
  }
  return parts.length === 0 ? undefined : parts;
}

export function valueAt(object: Json | undefined, path: readonly string[]): Json | undefined {
  let value = object;
  for (const name of path) {
    if (!isObject(value)) return undefined;
    value = own(value, name);
  }
  return value;
}

/** The object with a value at a path; objects on the way are made. */
export function withValueAt(object: Json, path: readonly string[], value: Json): Json {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const base = isObject(object) ? object : {};
  const copy: { [key: string]: Json } = { ...base };
  Object.defineProperty(copy, name, { value: withValueAt(own(base, name) ?? {}, rest, value), enumerable: true, configurable: true, writable: true });
  return copy;
}

type Step = { readonly kind: 'field'; readonly name: string } | { readonly kind: 'index'; readonly index: number } | { readonly kind: 'all' } | { readonly kind: 'filter'; readonly path: readonly string[]; readonly operator: string | undefined; readonly value: Json };

const parsed = new Map<string, readonly Step[] | string>();
const parsedLimit = 4096;

/** The steps of a column's JSONPath, or what is wrong with it. */
export function parseJsonPath(path: string): readonly Step[] | string {
  let steps = parsed.get(path);
  if (steps === undefined) {
    steps = readSteps(path);
    if (parsed.size >= parsedLimit) parsed.clear();
    parsed.set(path, steps);
  }
  return steps;
}

function readSteps(path: string): readonly Step[] | string {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '' && rest !== '.') {
    const field = /^\.((?:\\.|[^.[\]\\ ])+)|^\['((?:[^'\\]|\\.)*)'\]|^\["((?:[^"\\]|\\.)*)"\]/.exec(rest);
    const index = /^\[(-?\d+)\]/.exec(rest);
    const all = /^\[\*?:?\]|^\.\*/.exec(rest);
    const filter = /^\[\?\(\s*@((?:\.(?:\\.|[^.[\]\s=!<>()\\])+)+)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|true|false)\s*)?\)\]/.exec(rest);
    if (all !== null) {
      steps.push({ kind: 'all' });
      rest = rest.slice(all[0].length);
    } else if (field !== null) {
      steps.push({ kind: 'field', name: (field[1] ?? field[2] ?? field[3] ?? '').replace(/\\(.)/g, '$1') });
      rest = rest.slice(field[0].length);
    } else if (index !== null) {
      steps.push({ kind: 'index', index: Number(index[1]) });
      rest = rest.slice(index[0].length);
    } else if (filter !== null) {
      const literal = filter[3];
      steps.push({ kind: 'filter', path: parseFieldPath(filter[1] as string) ?? [], operator: filter[2], value: literal === undefined ? null : readLiteral(literal) });
      rest = rest.slice(filter[0].length);
    } else if (/^\[[^\]]*$/.test(rest)) return 'unterminated array';
    else return `unrecognized character in action: U+${(rest.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${rest[0] ?? ''}'`;
  }
  return steps;
}

const readLiteral = (text: string): Json => (/^["']/.test(text) ? text.slice(1, -1) : text === 'true' ? true : text === 'false' ? false : Number(text));

/** Every value that a path finds. */
export function findValues(object: Json, steps: readonly Step[]): readonly Json[] {
  let values: readonly Json[] = [object];
  for (const step of steps) values = values.flatMap((value) => next(value, step));
  return values;
}

function next(value: Json, step: Step): readonly Json[] {
  switch (step.kind) {
    case 'field': {
      const found = isObject(value) ? own(value, step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'index': {
      const found = isList(value) ? value.at(step.index) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'all':
      return isList(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'filter':
      return isList(value) ? value.filter((item) => passes(valueAt(item, step.path), step.operator, step.value)) : [];
  }
}

function passes(found: Json | undefined, operator: string | undefined, wanted: Json): boolean {
  if (operator === undefined) return found !== undefined;
  if (found === undefined || found === null || wanted === null || typeof found === 'object') return false;
  switch (operator) {
    case '==':
      return found === wanted;
    case '!=':
      return found !== wanted;
    case '<':
      return found < wanted;
    case '<=':
      return found <= wanted;
    case '>':
      return found > wanted;
    default:
      return found >= wanted;
  }
}
