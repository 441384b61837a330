// Who owns which field: server-side apply with conflicts and force, and the bookkeeping of every other write.
import type { ApiObject, Json, ManagedFieldsEntry } from '../object.ts';
import { FieldSet, parseFields, pathText, printFields } from './field-set.ts';
import type { PatchSchema } from './schema.ts';
import { changedFields, fieldsOf, mergeTyped, removedFields, removeFields } from './typed.ts';
import { isObject, type JsonObject } from './values.ts';

export interface Writer {
  readonly manager: string;
  readonly subresource: string;
  /** RFC 3339. */
  readonly time: string;
  /** What this resource or subresource never takes from a client (a strategy's reset fields): nobody comes to own it by such a write. */
  readonly reset?: FieldSet;
}

export interface Conflict {
  readonly manager: string;
  /** ` with subresource "status"` and ` using apps/v1` where they differ. */
  readonly message: string;
  readonly field: string;
}

export type ApplyResult = { readonly object: ApiObject } | { readonly conflicts: readonly Conflict[]; readonly message: string };

/** Nobody owns these: they are the server's, or the object's name. */
const unownable = parseFields({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    'f:name': {}, 'f:namespace': {}, 'f:creationTimestamp': {}, 'f:deletionTimestamp': {}, 'f:deletionGracePeriodSeconds': {}, 'f:selfLink': {}, 'f:uid': {},
    'f:generation': {}, 'f:managedFields': {}, 'f:resourceVersion': {}, 'f:clusterName': {},
  },
});

interface Owned {
  readonly entry: ManagedFieldsEntry;
  readonly fields: FieldSet;
}

function ownable(fields: FieldSet, { reset }: Writer): FieldSet {
  const own = fields.recursiveDifference(unownable);
  const rest = reset === undefined ? own : own.recursiveDifference(reset);
  rest.member = false;
  const metadata = rest.children.get('f:metadata');
  if (metadata !== undefined) metadata.member = false;
  return rest;
}

/** A field set that only names fields by identity: metadata's own entry is dropped when nothing of it is owned. */
function read(object: ApiObject | undefined): readonly Owned[] {
  return (object?.metadata.managedFields ?? []).map((entry) => ({ entry, fields: parseFields(entry.fieldsV1) }));
}

function write(object: ApiObject, owned: readonly Owned[]): ApiObject {
  const kept = owned.filter(({ fields }) => !fields.isEmpty);
  // Appliers first, then by time and name, as the server sorts them.
  const sorted = [...kept].sort((a, b) => {
    const applies = (each: Owned) => (each.entry.operation === 'Apply' ? 0 : 1);
    return applies(a) - applies(b) || order(a.entry.time ?? '', b.entry.time ?? '') || order(a.entry.manager, b.entry.manager) || order(a.entry.subresource ?? '', b.entry.subresource ?? '');
  });
  const managedFields = sorted.map(({ entry, fields }) => ({ ...entry, fieldsV1: printFields(fields) as Json }));
  const { managedFields: _old, ...metadata } = object.metadata;
  return { ...object, metadata: managedFields.length === 0 ? metadata : { ...metadata, managedFields } };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isOf(entry: ManagedFieldsEntry, writer: Writer, operation: 'Apply' | 'Update'): boolean {
  return entry.manager === writer.manager && entry.operation === operation && (entry.subresource ?? '') === writer.subresource;
}

function newEntry(writer: Writer, operation: 'Apply' | 'Update', apiVersion: string): ManagedFieldsEntry {
  return { manager: writer.manager, operation, apiVersion, time: writer.time, fieldsType: 'FieldsV1', fieldsV1: {}, ...(writer.subresource === '' ? {} : { subresource: writer.subresource }) };
}

const asJson = (object: ApiObject): JsonObject => object as unknown as JsonObject;

/** After a create, update or patch: the writer owns what it changed, and nobody else does any more. `managedFields: []` from the client resets. */
export function trackUpdate(live: ApiObject | undefined, object: ApiObject, schema: PatchSchema | undefined, writer: Writer): ApiObject {
  const before = live === undefined ? undefined : asJson(live);
  const changed = ownable(changedFields(before ?? skeleton(object, schema), asJson(object), schema), writer);
  const removed = live === undefined ? new FieldSet() : ownable(removedFields(before, asJson(object), schema), writer);
  const others: Owned[] = [];
  let mine: Owned = { entry: newEntry(writer, 'Update', object.apiVersion), fields: new FieldSet() };
  for (const each of read(object)) {
    if (isOf(each.entry, writer, 'Update') && each.entry.apiVersion === object.apiVersion) mine = each;
    else others.push({ entry: each.entry, fields: each.fields.difference(changed).difference(removed) });
  }
  const kept = mine.fields.difference(removed);
  const fields = kept.union(changed);
  const isSame = changed.isEmpty && removed.intersection(mine.fields).isEmpty;
  const entry = isSame ? mine.entry : { ...mine.entry, time: writer.time };
  return write(object, [...others, { entry, fields }]);
}

/** What a new object of the type is before anything is set: its parts that are always there. */
function skeleton(object: ApiObject, schema: PatchSchema | undefined): JsonObject {
  const parts: { [key: string]: Json } = {};
  for (const key of ['metadata', 'spec', 'status']) if (schema?.field(key)?.isEmbedded === true && isObject((asJson(object)[key] ?? null) as Json)) parts[key] = {};
  return parts;
}

/**
 * Server-side apply. `applied` is what the client sent, complete with apiVersion, kind and name. Fields that the manager applied before and
 * leaves out now go, unless somebody else owns them. Fields that others own with another value are conflicts; with `force` they change hands.
 */
export function applyServerSide(live: ApiObject | undefined, applied: ApiObject, schema: PatchSchema | undefined, writer: Writer, force: boolean): ApplyResult {
  const { managedFields: _none, ...appliedMetadata } = applied.metadata;
  const config: ApiObject = { ...applied, metadata: appliedMetadata };
  const wanted = ownable(fieldsOf(asJson(config), schema), writer);
  const owned = read(live);
  const mine = owned.find((each) => isOf(each.entry, writer, 'Apply'));
  const others = owned.filter((each) => each !== mine);
  if (live === undefined) return { object: write(config, [{ entry: newEntry(writer, 'Apply', applied.apiVersion), fields: wanted }]) };

  const differing = ownable(changedFields(asJson(live), mergeTyped(asJson(live), asJson(config), schema), schema), writer);
  const conflicts: Conflict[] = [];
  for (const other of others) {
    const clash = other.fields.intersection(wanted).intersection(differing);
    for (const path of clash.paths()) conflicts.push({ manager: other.entry.manager, message: describeConflict(other.entry, applied.apiVersion), field: pathText(path) });
  }
  if (conflicts.length > 0 && !force) return { conflicts, message: conflictText(conflicts) };

  let merged: Json = mergeTyped(asJson(live), asJson(config), schema);
  // What this manager gives up and nobody else holds goes.
  const others_ = others.reduce((sum, each) => sum.union(each.fields), new FieldSet());
  const givenUp = (mine?.fields ?? new FieldSet()).difference(wanted).difference(others_);
  const droppable = leavesOf(givenUp, wanted.union(others_));
  merged = removeFields(merged, schema, droppable) ?? {};
  const object = merged as unknown as ApiObject;
  const rest = others.map((each) => ({ entry: each.entry, fields: force ? each.fields.difference(each.fields.intersection(wanted).intersection(differing)) : each.fields }));
  const isSame = mine !== undefined && mine.fields.equals(wanted) && differing.isEmpty;
  const entry = isSame ? mine.entry : newEntry(writer, 'Apply', applied.apiVersion);
  return { object: write(object, [...rest, { entry, fields: wanted }]) };
}

/** Of the fields given up, those below which nobody owns anything. */
function leavesOf(fields: FieldSet, owned: FieldSet): FieldSet {
  const result = new FieldSet();
  result.member = fields.member && !hasBelow(owned);
  for (const [element, child] of fields.children) {
    const inner = leavesOf(child, owned.children.get(element) ?? new FieldSet());
    if (!inner.isEmpty) result.children.set(element, inner);
  }
  return result;
}

function hasBelow(fields: FieldSet): boolean {
  for (const child of fields.children.values()) if (!child.isEmpty) return true;
  return false;
}

function describeConflict(entry: ManagedFieldsEntry, apiVersion: string): string {
  let text = `conflict with ${JSON.stringify(entry.manager)}`;
  if (entry.subresource !== undefined && entry.subresource !== '') text += ` with subresource ${JSON.stringify(entry.subresource)}`;
  if (entry.operation === 'Update') text += ` using ${entry.apiVersion}`;
  else if (entry.apiVersion !== apiVersion) text += ` using ${entry.apiVersion}`;
  return text;
}

/** `Apply failed with 2 conflicts: conflicts with "alice":\n- .data.color\n...` */
function conflictText(conflicts: readonly Conflict[]): string {
  const first = conflicts[0] as Conflict;
  if (conflicts.length === 1) return `Apply failed with 1 conflict: ${first.message}: ${first.field}`;
  const groups = new Map<string, string[]>();
  for (const each of conflicts) groups.set(each.message, [...(groups.get(each.message) ?? []), each.field]);
  const text = [...groups].sort(([a], [b]) => order(a, b)).map(([message, fields]) => `${message.replace(/^conflict /, 'conflicts ')}:\n${fields.map((field) => `- ${field}`).join('\n')}`);
  return `Apply failed with ${conflicts.length} conflicts: ${text.join('\n')}`;
}

/** What the main resource never takes where there is a status, and what its status never takes. */
const resetByMain = parseFields({ 'f:status': {} });
const resetByStatus = parseFields({ 'f:spec': {}, 'f:metadata': { 'f:labels': {} } });
const resetByCustomStatus = parseFields({ 'f:spec': {}, 'f:metadata': {} });

export function resetFieldsOf({ subresources, custom }: { readonly subresources: readonly string[]; readonly custom?: unknown }, subresource: string): FieldSet | undefined {
  if (!subresources.includes('status')) return undefined;
  if (subresource === 'status') return custom === undefined ? resetByStatus : resetByCustomStatus;
  return subresource === '' ? resetByMain : undefined;
}
