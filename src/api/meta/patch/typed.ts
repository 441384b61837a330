// Values seen through their schema: which fields they set, how two of them merge, what differs, what goes when fields are given up.
import type { Json } from '../object.ts';
import { FieldSet } from './field-set.ts';
import type { PatchSchema } from './schema.ts';
import { equal, get, isList, isObject, set, type JsonObject, type MutableObject } from './values.ts';

type Shape = 'scalar' | 'atomic' | 'map' | 'list-map' | 'list-set';

function shapeOf(value: Json, schema: PatchSchema | undefined): Shape {
  if (isObject(value)) return schema?.mapType === 'atomic' ? 'atomic' : 'map';
  if (isList(value)) {
    if (schema?.listType === 'map' && (schema.listMapKeys?.length ?? 0) > 0) return 'list-map';
    return schema?.listType === 'set' ? 'list-set' : 'atomic';
  }
  return 'scalar';
}

/** `k:{"containerPort":80,"protocol":"TCP"}` */
function itemElement(item: Json, schema: PatchSchema | undefined): string {
  if (schema?.listType === 'set') return `v:${JSON.stringify(item)}`;
  const keys: MutableObject = {};
  for (const key of [...(schema?.listMapKeys ?? [])].sort()) {
    const value = (isObject(item) ? get(item, key) : undefined) ?? schema?.keyDefaults?.[key];
    if (value !== undefined) keys[key] = value as Json;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** All fields that `value` sets: leaves, and items of lists themselves. */
export function fieldsOf(value: Json, schema: PatchSchema | undefined): FieldSet {
  const fields = new FieldSet();
  collect(value, schema, fields);
  return fields;
}

function collect(value: Json, schema: PatchSchema | undefined, into: FieldSet): void {
  switch (shapeOf(value, schema)) {
    case 'map': {
      const entries = Object.entries(value as JsonObject);
      if (entries.length === 0) into.member = true;
      for (const [key, each] of entries) collect(each, schema?.field(key), into.child(`f:${key}`));
      return;
    }
    case 'list-map':
    case 'list-set': {
      const items = value as readonly Json[];
      if (items.length === 0) into.member = true;
      for (const item of items) {
        const child = into.child(itemElement(item, schema));
        child.member = true;
        if (isObject(item)) collect(item, schema?.item(), child);
      }
      return;
    }
    default:
      into.member = true;
  }
}

/** `live` with everything that `applied` says. */
export function mergeTyped(live: Json | undefined, applied: Json, schema: PatchSchema | undefined): Json {
  if (live === undefined || live === null) return applied;
  const shape = shapeOf(applied, schema);
  if (shape === 'map' && isObject(live)) {
    const result: MutableObject = { ...live };
    for (const [key, value] of Object.entries(applied as JsonObject)) set(result, key, mergeTyped(get(live, key), value, schema?.field(key)));
    return result;
  }
  if ((shape === 'list-map' || shape === 'list-set') && isList(live)) return mergeLists(live, applied as readonly Json[], schema);
  return applied;
}

/** Applied items stand in their order; items that only live has keep their place between them. */
function mergeLists(live: readonly Json[], applied: readonly Json[], schema: PatchSchema | undefined): readonly Json[] {
  const theirs = new Map(applied.map((item) => [itemElement(item, schema), item]));
  const mine = new Map(live.map((item) => [itemElement(item, schema), item]));
  const merged = (element: string): Json => {
    const item = theirs.get(element) as Json;
    return mergeTyped(mine.get(element), item, schema?.item());
  };
  const result: Json[] = [];
  const done = new Set<string>();
  const order = [...theirs.keys()];
  let next = 0;
  for (const [element, item] of mine) {
    if (!theirs.has(element)) {
      result.push(item);
      continue;
    }
    // Everything that the applied list puts before this item comes first.
    const until = order.indexOf(element);
    for (; next <= until; next++) {
      const each = order[next] as string;
      if (!done.has(each)) result.push(merged(each));
      done.add(each);
    }
  }
  for (const each of order) if (!done.has(each)) result.push(merged(each));
  return result;
}

/** Fields whose value in `after` is not that in `before`: changed or new. */
export function changedFields(before: Json | undefined, after: Json, schema: PatchSchema | undefined): FieldSet {
  const fields = new FieldSet();
  compare(before, after, schema, fields, true);
  return fields;
}

function compare(before: Json | undefined, after: Json, schema: PatchSchema | undefined, into: FieldSet, isEmbedded: boolean): void {
  if (equal(before, after)) return;
  const shape = shapeOf(after, schema);
  if (shape === 'map') {
    const entries = Object.entries(after as JsonObject);
    const old = isObject(before) ? before : undefined;
    if (old === undefined && (!isEmbedded || entries.length === 0)) into.member = true;
    for (const [key, value] of entries) {
      const inner = schema?.field(key);
      compare(old === undefined ? undefined : get(old, key), value, inner, into.child(`f:${key}`), inner?.isEmbedded === true);
    }
  } else if (shape === 'list-map' || shape === 'list-set') {
    const old = new Map((isList(before) ? before : []).map((item) => [itemElement(item, schema), item]));
    if (!isList(before)) into.member = true;
    for (const item of after as readonly Json[]) {
      const element = itemElement(item, schema);
      const was = old.get(element);
      const child = into.child(element);
      if (was === undefined) child.member = true;
      if (isObject(item)) compare(was, item, schema?.item(), child, true);
    }
  } else into.member = true;
}

/** Fields that `before` set and `after` does not have any more. */
export function removedFields(before: Json | undefined, after: Json, schema: PatchSchema | undefined): FieldSet {
  return before === undefined ? new FieldSet() : everyField(before, schema).difference(everyField(after, schema));
}

/** As fieldsOf, with maps and lists themselves. */
function everyField(value: Json, schema: PatchSchema | undefined): FieldSet {
  const fields = new FieldSet();
  const walk = (each: Json, its: PatchSchema | undefined, into: FieldSet): void => {
    into.member = true;
    const shape = shapeOf(each, its);
    if (shape === 'map') for (const [key, inner] of Object.entries(each as JsonObject)) walk(inner, its?.field(key), into.child(`f:${key}`));
    else if (shape === 'list-map' || shape === 'list-set') for (const item of each as readonly Json[]) walk(item, its?.item(), into.child(itemElement(item, its)));
  };
  walk(value, schema, fields);
  return fields;
}

/** `value` without the given fields; maps and lists that become empty by it go too. */
export function removeFields(value: Json, schema: PatchSchema | undefined, fields: FieldSet): Json | undefined {
  if (fields.isEmpty) return value;
  const shape = shapeOf(value, schema);
  if (shape === 'map') {
    const result: MutableObject = {};
    let removed = false;
    for (const [key, each] of Object.entries(value as JsonObject)) {
      const inner = fields.children.get(`f:${key}`);
      if (inner === undefined) {
        set(result, key, each);
        continue;
      }
      const kept = inner.member && inner.children.size === 0 ? undefined : removeFields(each, schema?.field(key), inner);
      if (kept === undefined) removed = true;
      else set(result, key, kept);
    }
    return removed && Object.keys(result).length === 0 ? undefined : result;
  }
  if (shape === 'list-map' || shape === 'list-set') {
    const result: Json[] = [];
    for (const item of value as readonly Json[]) {
      const inner = fields.children.get(itemElement(item, schema));
      if (inner === undefined) result.push(item);
      else if (!inner.member) {
        const kept = removeFields(item, schema?.item(), inner);
        if (kept !== undefined) result.push(kept);
      }
    }
    return result.length === 0 ? undefined : result;
  }
  return fields.member ? undefined : value;
}
