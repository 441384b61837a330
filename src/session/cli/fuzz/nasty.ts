// Values, texts and names that have broken programs before, and ways to spoil what was good. All of it from seeded dice.
import type { Random } from '../../../kernel/host.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;
export const chance = (random: Random, share: number): boolean => random.next() < share;

export const nastyNames = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', '', '.', '..', '-', 'a'.repeat(300), 'A', 'a_b', 'a b', 'a/b', '%2e%2e', '한글', 'x\u0000y', '*', '$patch', 'null', '0', '-1', '\ud800', '/', '~1', 'metadata', 'kind'];

const nastyTexts = ['', ' ', '\u0000', '\ufffd', '\ud83d', 'x'.repeat(10_000), '__proto__', 'constructor', '1e999', '-0', 'NaN', '0x10', '1Ki', '-1Gi', '1e3m', '9'.repeat(400), '9223372036854775808', '100%', '-1%', '1000000h', 'P1D', '2026-13-45T99:99:99Z', '0000-00-00T00:00:00Z', 'nginx:latest@sha256:zz', '../../../etc/passwd', '/a/../b', '{{', '${x}', '(a+)+$', '((((((((((a*)*)*)*)*)*)*)*)*)*', '255.255.255.256', '::ffff:1.2.3.4', '10.0.0.0/33', 'true', 'null', '[]', '{}', '\n', 'a\tb', 'é', '👩‍👩‍👧‍👦', 'Yg==', '=====', '-----BEGIN CERTIFICATE-----', '$(VAR)', 'a,b', 'a=b', '!a'];
const nastyNumbers = [0, -0, -1, 1, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, 1e308, 5e-324, 0.1, 1.5, -2147483649, 2 ** 53 + 2];

function deep(depth: number, list: boolean): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = list ? [value] : { a: value };
  return value;
}

/** JSON.parse makes such a field an own one, as it arrives from outside. */
const polluting = (): Json => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as Json;

export function nastyValue(random: Random): Json {
  switch (random.below(12)) {
    case 0:
      return null;
    case 1:
      return pick(random, [true, false]);
    case 2:
    case 3:
      return pick(random, nastyNumbers);
    case 4:
    case 5:
    case 6:
      return pick(random, nastyTexts);
    case 7:
      return [];
    case 8:
      return {};
    case 9:
      return polluting();
    case 10:
      return deep(pick(random, [3, 30, 300, 3000]), chance(random, 0.5));
    default:
      return [null, {}, [], 'x', 1].slice(random.below(5)) as Json;
  }
}

type Change = (value: Json | undefined, key: string | number) => Json | undefined;

/** Every place in the value, as the path to it. */
function places(value: Json, path: readonly (string | number)[] = [], found: (readonly (string | number)[])[] = []): (readonly (string | number)[])[] {
  found.push(path);
  if (path.length > 12 || found.length > 2000) return found;
  if (Array.isArray(value)) value.forEach((item: Json, at) => places(item, [...path, at], found));
  else if (typeof value === 'object' && value !== null) for (const [name, item] of Object.entries(value)) places(item, [...path, name], found);
  return found;
}

function changeAt(value: Json, path: readonly (string | number)[], change: Change, key: string | number = ''): Json | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return change(value, key);
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, at): Json[] => {
      if (at !== first) return [item];
      const next = changeAt(item, rest, change, at);
      return next === undefined ? [] : [next];
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, Json][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (name !== first) {
      entries.push([name, item]);
      continue;
    }
    const next = changeAt(item, rest, change, name);
    if (next !== undefined) entries.push([name, next]);
  }
  return fromEntries(entries);
}

/** Own fields even for `__proto__`, as JSON.parse makes them. */
export function fromEntries(entries: readonly (readonly [string, Json])[]): Json {
  const object: Record<string, Json> = {};
  for (const [name, value] of entries) Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

/** One thing about the value is spoiled. */
export function spoil(random: Random, value: Json): Json {
  const path = pick(random, places(value));
  const changed = changeAt(value, path, (old) => {
    switch (random.below(7)) {
      case 0:
        return undefined;
      case 1:
      case 2:
        return nastyValue(random);
      case 3:
        return Array.isArray(old) && old.length > 0 ? [...(old as readonly Json[]), pick(random, old as readonly Json[])] : [old ?? null];
      case 4:
        return isObject(old) ? fromEntries([...Object.entries(old), [pick(random, nastyNames), nastyValue(random)]]) : nastyValue(random);
      case 5:
        return isObject(old) ? fromEntries(Object.entries(old).map(([name, item], at) => [at === 0 ? pick(random, nastyNames) : name, item])) : { a: old ?? null };
      default:
        return typeof old === 'string' ? pick(random, [old.toUpperCase(), `${old}${old}`, old.slice(1), ` ${old}`, `${old}\n`]) : typeof old === 'number' ? pick(random, [-old, old * 1e6, old + 0.5]) : (old ?? null);
    }
  });
  return changed ?? null;
}

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value);

const bombs = [
  `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n`,
  'a: &a\n  <<: *a\n',
  '[' .repeat(20_000),
  '{"a":'.repeat(5_000),
  '- '.repeat(5_000),
  '? '.repeat(3_000),
  '!!js/function "x"\n',
  '!!binary x\n',
  '--- \n--- \n',
  '\t\tx: y\n',
  'a: b: c: d\n',
  '"'.repeat(999),
  `${'x'.repeat(100_000)}: 1\n`,
  '%YAML 9.9\n---\n{}\n',
  '__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n',
  '&a a: *a\n',
  '|\n'.repeat(500),
  '1'.repeat(5_000),
];

/** A text that is broken as texts break on their way. */
export function spoilText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  switch (random.below(7)) {
    case 0:
    case 1:
      return text.slice(0, at);
    case 2:
      return text.slice(0, at) + pick(random, ['\u0000', '\ufffd', '"', '{', '}', '[', ',', ':', '\\', '\n', '\t', '\u2028', '/*', '# ']) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + random.below(8));
    case 4:
      return text + text;
    case 5:
      return text.slice(at) + text.slice(0, at);
    default:
      return pick(random, bombs);
  }
}
