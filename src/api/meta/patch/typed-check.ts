// What an applied object says against its schema, before it is merged: unknown fields, values of other types, items of associative lists without their
// keys or twice. Follows structured-merge-diff's typed/validate.go: what is told, in which words, and what is not told any more after it.
import type { Json } from '../object.ts';
import type { PatchSchema } from './schema.ts';
import { get, isList, isObject, type JsonObject } from './values.ts';

/** `.spec.containers[name="a"].image: expected string, got ...`, in the order of the fields; none when the object fits. */
export function typedProblems(object: JsonObject, schema: PatchSchema): readonly string[] {
  const { apiVersion: _a, kind: _k, ...rest } = object as Readonly<Record<string, Json>>;
  return problemsOf(rest as JsonObject, schema);
}

/** Several problems, as they are said in one error. */
export function typedProblemText(problems: readonly string[]): string {
  return problems.length === 1 ? (problems[0] as string) : ['errors:', ...problems.map((each) => `  ${each}`)].join('\n');
}

const below = (path: string, problems: readonly string[]): readonly string[] => problems.map((each) => (/^[.[]/.test(each) ? `${path}${each}` : `${path}: ${each}`));

function problemsOf(value: Json, schema: PatchSchema | undefined): readonly string[] {
  if (value === null || schema?.takes === undefined) return [];
  switch (schema.takes) {
    case 'string':
      return typeof value === 'string' ? [] : [`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`];
    case 'numeric':
      return typeof value === 'number' ? [] : [`expected numeric (int or float), got ${goType(value)}`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`expected boolean, got &{${goText(value)}}`];
    case 'scalar':
      return typeof value === 'object' ? [`expected any scalar, got &{${goText(value)}}`] : [];
    case 'list':
      return isList(value) ? listProblems(value, schema) : [`expected list, got &{${goText(value)}}`];
    case 'map':
      return isObject(value) ? mapProblems(value, schema) : [`expected map, got &{${goText(value)}}`];
  }
}

function mapProblems(value: JsonObject, schema: PatchSchema): readonly string[] {
  const problems: string[] = [];
  for (const [name, each] of Object.entries(value)) {
    const field = schema.field(name);
    if (field === undefined && schema.isClosed === true) return [...problems, `.${name}: field not declared in schema`];
    problems.push(...below(`.${name}`, problemsOf(each, field)));
  }
  return problems;
}

function listProblems(items: readonly Json[], schema: PatchSchema): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  items.forEach((item, index) => {
    const place = placeOf(item, index, schema);
    if ('problem' in place) {
      problems.push(`element ${index}: ${place.problem}`);
      return;
    }
    if (place.isKey) {
      if (seen.has(place.path)) problems.push(`duplicate entries for key ${place.path}`);
      seen.add(place.path);
    }
    problems.push(...below(place.path, problemsOf(item, schema.item())));
  });
  return problems;
}

type Place = { readonly path: string; readonly isKey: boolean } | { readonly problem: string };

function placeOf(item: Json, index: number, schema: PatchSchema): Place {
  const keys = schema.listMapKeys ?? [];
  if (schema.listType === 'set') {
    if (item === null) return { problem: "associative list without keys has an element that's an explicit null" };
    if (isObject(item)) return { problem: "associative list without keys has an element that's a map type" };
    if (isList(item)) return { problem: 'not supported: associative list with lists as elements' };
    return { path: `[=${JSON.stringify(item)}]`, isKey: true };
  }
  if (schema.listType !== 'map' || keys.length === 0) return { path: `[${index}]`, isKey: false };
  if (item === null) return { problem: 'associative list with keys may not have a null element' };
  if (!isObject(item)) return { problem: 'associative list with keys may not have non-map elements' };
  const words: string[] = [];
  for (const key of [...keys].sort()) {
    const value = get(item, key) ?? schema.keyDefaults?.[key];
    if (value !== undefined && value !== null) words.push(`${key}=${JSON.stringify(value)}`);
  }
  if (words.length === 0) return { problem: `associative list with keys has an element that omits all key fields [${keys.map((each) => JSON.stringify(each)).join(' ')}] (and doesn't have default values for any key fields)` };
  return { path: `[${words.join(',')}]`, isKey: true };
}

// ---------------------------------------------------------------- values as Go prints them

/** `%T` */
function goType(value: Json): string {
  if (isList(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string';
}

const sorted = (value: JsonObject): readonly (readonly [string, Json])[] => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** `%v` */
function goText(value: Json): string {
  if (value === null) return '<nil>';
  if (isList(value)) return `[${value.map(goText).join(' ')}]`;
  if (isObject(value)) return `map[${sorted(value).map(([key, each]) => `${key}:${goText(each)}`).join(' ')}]`;
  return String(value);
}

/** `%#v` */
function goSyntax(value: Json): string {
  if (value === null) return 'interface {}(nil)';
  if (isList(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isObject(value)) return `map[string]interface {}{${sorted(value).map(([key, each]) => `${JSON.stringify(key)}:${goSyntax(each)}`).join(', ')}}`;
  return JSON.stringify(value);
}
