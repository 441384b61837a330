// Sets of fields, as managedFields keep them: a trie of path elements. Serialised as FieldsV1. Imitates sigs.k8s.io/structured-merge-diff.
import type { Json } from '../object.ts';
import { get, isObject, type JsonObject } from './values.ts';

/** `f:name` a field, `k:{"name":"x"}` an item by its keys, `v:"x"` an item by its value. */
export class FieldSet {
  /** The path that leads here is itself in the set. */
  member = false;
  readonly children = new Map<string, FieldSet>();

  get isEmpty(): boolean {
    if (this.member) return false;
    for (const child of this.children.values()) if (!child.isEmpty) return false;
    return true;
  }

  child(element: string): FieldSet {
    let child = this.children.get(element);
    if (child === undefined) this.children.set(element, (child = new FieldSet()));
    return child;
  }

  has(path: readonly string[]): boolean {
    const [first, ...rest] = path;
    return first === undefined ? this.member : this.children.get(first)?.has(rest) === true;
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member || other.member;
    for (const [element, child] of this.children) result.children.set(element, child.union(other.children.get(element) ?? new FieldSet()));
    for (const [element, child] of other.children) if (!this.children.has(element)) result.children.set(element, child);
    return result;
  }

  /** Members of this that are not members of `other`. */
  difference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member && !other.member;
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      const rest = theirs === undefined ? child : child.difference(theirs);
      if (!rest.isEmpty) result.children.set(element, rest);
    }
    return result;
  }

  /** Like difference, and below a removed member nothing stays. */
  recursiveDifference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    if (other.member) return result;
    result.member = this.member;
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      const rest = theirs === undefined ? child : child.recursiveDifference(theirs);
      if (!rest.isEmpty) result.children.set(element, rest);
    }
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member && other.member;
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      if (theirs === undefined) continue;
      const both = child.intersection(theirs);
      if (!both.isEmpty) result.children.set(element, both);
    }
    return result;
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** Every member's path. */
  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    if (this.member) yield prefix;
    for (const element of [...this.children.keys()].sort(compareElements)) yield* (this.children.get(element) as FieldSet).paths([...prefix, element]);
  }

  insert(path: readonly string[]): void {
    const [first, ...rest] = path;
    if (first === undefined) this.member = true;
    else this.child(first).insert(rest);
  }
}

/** Fields before keys before values, each by text. */
function compareElements(a: string, b: string): number {
  const rank = (text: string) => 'fkvi'.indexOf(text[0] ?? '');
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

export function parseFields(fields: Json): FieldSet {
  const set = new FieldSet();
  if (!isObject(fields)) return set;
  for (const [key, value] of Object.entries(fields)) {
    if (key === '.') {
      set.member = true;
      continue;
    }
    const child = parseFields(value);
    if (isObject(value) && Object.keys(value).length === 0) child.member = true;
    set.children.set(key, child);
  }
  return set;
}

/** A member without children is `{}`; with children it is marked by `.`. */
export function printFields(set: FieldSet): JsonObject {
  const result: { [key: string]: Json } = {};
  for (const element of [...set.children.keys()].sort(compareElements)) {
    const child = set.children.get(element) as FieldSet;
    if (child.isEmpty) continue;
    const inner = printFields(child);
    result[element] = child.member && Object.keys(inner).length > 0 ? { '.': {}, ...inner } : inner;
  }
  return result;
}

/** `.spec.containers[name="nginx"].image`, as conflicts are told. */
export function pathText(path: readonly string[]): string {
  let text = '';
  for (const element of path) {
    const body = element.slice(2);
    if (element.startsWith('f:')) text += `.${body}`;
    else if (element.startsWith('k:')) {
      const keys = JSON.parse(body) as JsonObject;
      text += `[${Object.keys(keys)
        .sort()
        .map((key) => `${key}=${JSON.stringify(get(keys, key))}`)
        .join(',')}]`;
    } else text += `[=${body}]`;
  }
  return text;
}
