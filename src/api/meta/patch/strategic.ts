// Strategic merge patch: merge patch that knows which lists are merged, and by which key. Imitates k8s.io/apimachinery/pkg/util/strategicpatch.
import type { Json } from '../object.ts';
import type { PatchSchema } from './schema.ts';
import { equal, get, isList, isObject, set, type JsonObject, type MutableObject } from './values.ts';

const patchDirective = '$patch';
const retainKeysDirective = '$retainKeys';
const deleteFromPrimitiveList = '$deleteFromPrimitiveList/';
const setElementOrder = '$setElementOrder/';

export class StrategicPatchError extends Error {}

export function applyStrategicPatch(target: Json | undefined, patch: Json, schema: PatchSchema | undefined): Json {
  if (!isObject(patch)) throw new StrategicPatchError('Invalid JSON Patch');
  return mergeObject(isObject(target) ? target : {}, patch, schema);
}

function mergeObject(target: JsonObject, patch: JsonObject, schema: PatchSchema | undefined): JsonObject {
  const directive = get(patch, patchDirective);
  if (directive === 'replace') return without(patch, patchDirective);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw new StrategicPatchError(`Unknown patch type found: ${String(directive)}`);
  let base = target;
  const retained = get(patch, retainKeysDirective);
  if (isList(retained)) {
    const keep = new Set(retained.map(String));
    base = Object.fromEntries(Object.entries(target).filter(([key]) => keep.has(key)));
  }
  const result: MutableObject = { ...base };
  let lost = false;
  for (const [key, value] of Object.entries(patch)) {
    if (key === patchDirective || key === retainKeysDirective || key.startsWith(setElementOrder)) continue;
    if (key.startsWith(deleteFromPrimitiveList)) {
      const field = key.slice(deleteFromPrimitiveList.length);
      const current = get(result, field);
      const gone = isList(value) ? value : [];
      if (isList(current)) set(result, field, current.filter((item) => !gone.some((each) => equal(each, item))));
      continue;
    }
    if (value === null) {
      lost = delete result[key];
      continue;
    }
    const inner = schema?.field(key);
    const before = get(result, key);
    if (isObject(value)) {
      if (get(value, patchDirective) === 'delete' && Object.keys(value).length === 1) {
        lost = delete result[key];
        continue;
      }
      // A map that its type says to replace is taken as it comes.
      if (isObject(before) && inner?.patchStrategy.includes('replace') === true) set(result, key, without(value, patchDirective));
      else set(result, key, mergeObject(isObject(before) ? before : {}, value, inner));
    } else if (isList(value)) {
      const order = get(patch, `${setElementOrder}${key}`);
      set(result, key, mergeList(isList(before) ? before : [], value, inner, isList(order) ? order : undefined));
    } else set(result, key, value);
  }
  // An order alone also orders a list of which nothing else changes.
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(setElementOrder) || !isList(value)) continue;
    const field = key.slice(setElementOrder.length);
    const current = get(result, field);
    if (isList(current) && !Object.hasOwn(patch, field)) set(result, field, ordered(current, value, current, schema?.field(field)?.patchMergeKey));
  }
  // Copied, since the engine keeps what lost a field as a slow and big table.
  return lost ? { ...result } : result;
}

function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([each]) => each !== key));
}

function mergeList(target: readonly Json[], patch: readonly Json[], schema: PatchSchema | undefined, order: readonly Json[] | undefined): readonly Json[] {
  const key = schema?.patchMergeKey;
  if (schema === undefined || !schema.patchStrategy.includes('merge')) return patch.filter((item) => !isObject(item) || get(item, patchDirective) === undefined);
  if (key === undefined) {
    const merged = [...target];
    for (const item of patch) if (!merged.some((each) => equal(each, item))) merged.push(item);
    return ordered(merged, order ?? patch, target, undefined);
  }
  if (patch.some((item) => isObject(item) && get(item, patchDirective) === 'replace')) return patch.filter((item) => isObject(item) && get(item, patchDirective) === undefined);
  let merged = [...target];
  for (const item of patch) {
    if (!isObject(item)) throw new StrategicPatchError(`merging lists cannot mix objects with other values`);
    const id = get(item, key);
    if (id === undefined) throw new StrategicPatchError(`map: map[${Object.keys(item).join(' ')}] does not contain declared merge key: ${key}`);
    const matches = (each: Json) => isObject(each) && equal(get(each, key), id);
    if (get(item, patchDirective) === 'delete') {
      merged = merged.filter((each) => !matches(each));
      continue;
    }
    const at = merged.findIndex(matches);
    if (at < 0) merged.push(mergeObject({}, item, schema.item()));
    else merged[at] = mergeObject(merged[at] as JsonObject, item, schema.item());
  }
  const named = patch.filter((item) => isObject(item) && get(item, patchDirective) === undefined);
  return ordered(merged, order ?? named, target, key);
}

/**
 * Items named in `order` stand in that order. Those that only the server has are merged in: one comes before the next named item only when it stood before it on the server
 * (so a new item, which the server does not know, comes first).
 */
function ordered(list: readonly Json[], order: readonly Json[], server: readonly Json[], key: string | undefined): readonly Json[] {
  const idOf = (item: Json): Json => (key === undefined ? item : isObject(item) ? (get(item, key) ?? null) : null);
  const rankIn = (items: readonly Json[]): ((item: Json) => number) => {
    const ids = items.map((item) => (isObject(item) ? idOf(item) : item));
    return (item) => ids.findIndex((each) => equal(each, idOf(item)));
  };
  const wanted = rankIn(order);
  const stood = rankIn(server);
  const named = list.filter((item) => wanted(item) >= 0).sort((a, b) => wanted(a) - wanted(b));
  const serverOnly = list.filter((item) => wanted(item) < 0);
  if (serverOnly.length === 0) return named;
  const result: Json[] = [];
  let left = 0;
  let right = 0;
  while (left < serverOnly.length || right < named.length) {
    const mine = serverOnly[left] as Json;
    const theirs = named[right] as Json;
    if (right >= named.length) result.push(serverOnly[left++] as Json);
    else if (left >= serverOnly.length) result.push(named[right++] as Json);
    else if (stood(theirs) >= 0 && stood(mine) < stood(theirs)) result.push(serverOnly[left++] as Json);
    else result.push(named[right++] as Json);
  }
  return result;
}

// ---------------------------------------------------------------- making patches

interface DiffOptions {
  readonly ignoreDeletions: boolean;
  readonly ignoreChangesAndAdditions: boolean;
}

/** The strategic merge patch that leads from `from` to `to`. */
export function createStrategicPatch(from: JsonObject, to: JsonObject, schema: PatchSchema | undefined): JsonObject {
  return diffObject(from, to, schema, { ignoreDeletions: false, ignoreChangesAndAdditions: false });
}

/**
 * What client-side apply sends: additions and changes between `current` and `modified`, deletions between `original` (the last applied
 * configuration) and `modified`. `{}` means that nothing is to be done.
 */
export function createThreeWayStrategicPatch(original: JsonObject | undefined, modified: JsonObject, current: JsonObject, schema: PatchSchema | undefined): JsonObject {
  const delta = diffObject(current, modified, schema, { ignoreDeletions: true, ignoreChangesAndAdditions: false });
  const deletions = diffObject(original ?? {}, modified, schema, { ignoreDeletions: false, ignoreChangesAndAdditions: true });
  return mergePatches(deletions, delta, schema);
}

/** `retainKeys`: of a union only one member may stand, so the patch also says which fields stay. */
function diffObject(from: JsonObject, to: JsonObject, schema: PatchSchema | undefined, options: DiffOptions, retainKeys = false): JsonObject {
  const patch: MutableObject = {};
  for (const [key, before] of Object.entries(from)) {
    const after = get(to, key);
    if (after === undefined) {
      if (!options.ignoreDeletions) set(patch, key, null);
      continue;
    }
    const inner = schema?.field(key);
    if (isObject(before) && isObject(after)) {
      if (inner?.patchStrategy.includes('replace') === true) {
        // As upstream: such a map is sent whole, changed or not.
        if (!options.ignoreChangesAndAdditions) set(patch, key, after);
        continue;
      }
      const deeper = diffObject(before, after, inner, options, inner?.patchStrategy.includes('retainKeys') === true);
      if (Object.keys(deeper).length > 0) set(patch, key, deeper);
    } else if (isList(before) && isList(after)) diffList(patch, key, before, after, inner, options);
    else if (!equal(before, after) && !options.ignoreChangesAndAdditions) set(patch, key, after);
  }
  if (!options.ignoreChangesAndAdditions) for (const [key, after] of Object.entries(to)) if (!Object.hasOwn(from, key)) set(patch, key, after);
  if (retainKeys && (Object.keys(patch).length > 0 || Object.keys(from).some((key) => !Object.hasOwn(to, key)))) patch[retainKeysDirective] = Object.keys(to).filter((key) => to[key] !== null).sort();
  return patch;
}

function diffList(patch: MutableObject, key: string, before: readonly Json[], after: readonly Json[], schema: PatchSchema | undefined, options: DiffOptions): void {
  if (schema?.patchStrategy.includes('merge') !== true) {
    if (!equal(before, after) && !options.ignoreChangesAndAdditions) set(patch, key, after);
    return;
  }
  const mergeKey = schema.patchMergeKey;
  const order = mergeKey === undefined ? after : after.map((item) => (isObject(item) ? { [mergeKey]: get(item, mergeKey) ?? null } : item));
  if (mergeKey === undefined) {
    const added = options.ignoreChangesAndAdditions ? [] : after.filter((item) => !before.some((each) => equal(each, item)));
    const gone = options.ignoreDeletions ? [] : before.filter((item) => !after.some((each) => equal(each, item)));
    if (added.length > 0) set(patch, key, added);
    if (gone.length > 0) set(patch, `${deleteFromPrimitiveList}${key}`, gone);
    if (added.length > 0 || gone.length > 0) set(patch, `${setElementOrder}${key}`, order);
    return;
  }
  const items: Json[] = [];
  const find = (list: readonly Json[], id: Json | undefined) => list.find((item) => isObject(item) && equal(get(item, mergeKey), id)) as JsonObject | undefined;
  for (const item of after) {
    if (!isObject(item)) continue;
    const old = find(before, get(item, mergeKey));
    if (old === undefined) {
      if (!options.ignoreChangesAndAdditions) items.push(item);
      continue;
    }
    const deeper = diffObject(old, item, schema.item(), options, schema.patchStrategy.includes('retainKeys'));
    if (Object.keys(deeper).length > 0) items.push({ ...deeper, [mergeKey]: get(item, mergeKey) ?? null });
  }
  if (!options.ignoreDeletions) for (const item of before) if (isObject(item) && find(after, get(item, mergeKey)) === undefined) items.push({ [patchDirective]: 'delete', [mergeKey]: get(item, mergeKey) ?? null });
  if (items.length > 0) {
    set(patch, key, items);
    set(patch, `${setElementOrder}${key}`, order);
  }
}

/** Both patches in one; `second` wins where both speak. */
function mergePatches(first: JsonObject, second: JsonObject, schema: PatchSchema | undefined): JsonObject {
  const result: MutableObject = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = get(result, key);
    const inner = schema?.field(key);
    if (isObject(before) && isObject(value)) set(result, key, mergePatches(before, value, inner));
    else if (isList(before) && isList(value) && inner?.patchMergeKey !== undefined) {
      const mergeKey = inner.patchMergeKey;
      const items = [...before];
      for (const item of value) {
        const at = items.findIndex((each) => isObject(each) && isObject(item) && equal(get(each, mergeKey), get(item, mergeKey)));
        if (at < 0) items.push(item);
        else items[at] = mergePatches(items[at] as JsonObject, item as JsonObject, inner.item());
      }
      set(result, key, items);
    } else set(result, key, value);
  }
  return result;
}
