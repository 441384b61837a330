// How a kind is declared: what it says itself, and what is the same for nearly all of them (metadata checks, status kept apart, generation, columns).
import type { Column, FieldError, KindDeclaration } from './contract.ts';
import { sameJson } from './meta/equality.ts';
import type { NameRule } from './meta/names.ts';
import { findDefinition } from './meta/structure.ts';
import type { ApiObject, Json } from './meta/object.ts';
import { validateMetadata, validateMetadataUpdate } from './validation/metadata.ts';

export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

export const column = (name: string, type: Column['type'] = 'string', priority: 0 | 1 = 0, format?: string): Column => ({
  name,
  type,
  ...(format === undefined ? {} : { format }),
  description: '',
  priority,
});

/** `columns('Name Status Age', 'Selector')`: texts shown always, and with -o wide; underscores are spaces; `Data#` is an integer, `Suspend?` a boolean, `Created_At@` a date. */
export function columns(always: string, wide = ''): readonly Column[] {
  const read = (word: string, priority: 0 | 1): Column => {
    const type = word.endsWith('#') ? 'integer' : word.endsWith('?') ? 'boolean' : word.endsWith('@') ? 'date' : 'string';
    const name = (type === 'string' ? word : word.slice(0, -1)).replace(/_/g, ' ');
    return column(name, type, priority, name === 'Name' ? 'name' : undefined);
  };
  return [...always.split(' ').map((word) => read(word, 0)), ...(wide === '' ? [] : wide.split(' ').map((word) => read(word, 1)))];
}

export interface KindParts<T extends ApiObject> {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly resource: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced?: boolean;
  readonly verbs?: readonly string[];
  readonly subresources?: readonly string[];
  readonly storagePrefix: string;
  readonly definition: string;
  readonly nameRule?: NameRule;
  readonly defaults?: (object: T) => T;
  readonly validate?: (object: T) => readonly FieldError[];
  /** Given the next and the old object; `validate` of the next is not called for it. */
  readonly validateUpdate?: (object: T, old: T) => readonly FieldError[];
  readonly validateSubresourceUpdate?: (subresource: string, object: T, old: T) => readonly FieldError[];
  /** What a write of the status may not say. Statuses are written all the time: what is hardly ever wrong should be seen at a glance. */
  readonly validateStatus?: (object: T, old: T) => readonly FieldError[];
  /** metadata.generation counts changes of everything but metadata and status. */
  readonly generation?: boolean | 'and-annotations';
  /** The status of a new object; kinds with a status subresource begin with {} otherwise. */
  readonly initialStatus?: (object: T) => object | undefined;
  readonly prepareForCreate?: (object: T) => T;
  readonly prepareForUpdate?: (object: T, old: T) => T;
  readonly prepareForStatusUpdate?: (object: T, old: T) => T;
  readonly columns?: readonly Column[];
  readonly row?: (object: T, nowMs: number) => readonly Json[];
  readonly selectableFields?: (object: T) => Readonly<Record<string, string>>;
}

type Loose = ApiObject & { readonly status?: unknown; readonly spec?: unknown };

/** Everything but who and where it is, and its status. */
function sameContent(a: ApiObject, b: ApiObject): boolean {
  const left = a as unknown as Readonly<Record<string, unknown>>;
  const right = b as unknown as Readonly<Record<string, unknown>>;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (key === 'metadata' || key === 'status' || key === 'apiVersion' || key === 'kind') continue;
    if (!sameJson(left[key], right[key])) return false;
  }
  return true;
}

function withGeneration<T extends ApiObject>(object: T, generation: number): T {
  return object.metadata.generation === generation ? object : { ...object, metadata: { ...object.metadata, generation } };
}

const defaultColumns = columns('Name Created_At@');

/** In Go a spec is a struct: never absent, at most empty. */
function hasSpec(definition: string): boolean {
  const field = findDefinition(definition)?.fields.get('spec');
  return field?.shape.kind === 'struct' && !field.pointer;
}

/** Groups whose objects' metadata the real server checks without the core API's additions. */
const genericMetadata: ReadonlySet<string> = new Set(['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io']);

export function declareKind<T extends ApiObject>(parts: KindParts<T>): KindDeclaration<T> {
  const namespaced = parts.namespaced ?? true;
  const nameRule = parts.nameRule ?? 'subdomain';
  const subresources = parts.subresources ?? [];
  const hasStatus = subresources.includes('status');
  const own = parts.validate ?? (() => []);
  const counted = parts.generation ?? false;
  const ownDefaults = parts.defaults ?? ((object: T) => object);
  const defaults = (object: T): T => ownDefaults((object as Loose).spec === undefined && hasSpec(parts.definition) ? { ...object, spec: {} } : object);
  const finalizers = genericMetadata.has(parts.group ?? '') ? 'any-name' : 'standard';
  const validate = (object: T): readonly FieldError[] => [...validateMetadata(object.metadata, nameRule, namespaced, 'metadata', finalizers), ...own(object)];
  const validateUpdate = (object: T, old: T): readonly FieldError[] => [
    ...validateMetadataUpdate(object.metadata, old.metadata, 'metadata', finalizers),
    ...(parts.validateUpdate === undefined ? own(object) : parts.validateUpdate(object, old)),
  ];
  const validateSubresourceUpdate = (part: string, object: T, old: T): readonly FieldError[] => [
    ...validateMetadataUpdate(object.metadata, old.metadata, 'metadata', finalizers),
    ...((part === 'status' ? parts.validateStatus?.(object, old) : undefined) ?? []),
    ...(parts.validateSubresourceUpdate?.(part, object, old) ?? []),
  ];
  const prepareForCreate = (object: T): T => {
    let next: T = object;
    if (hasStatus) {
      const status = parts.initialStatus === undefined ? {} : parts.initialStatus(object);
      if (status !== undefined) next = { ...next, status };
    }
    if (counted !== false) next = withGeneration(next, 1);
    else if (next.metadata.generation !== undefined) {
      const { generation: _, ...metadata } = next.metadata;
      next = { ...next, metadata };
    }
    return parts.prepareForCreate?.(next) ?? next;
  };
  const prepareForUpdate = (object: T, old: T): T => {
    let next: T = object;
    const status = (old as Loose).status;
    if (hasStatus && (next as Loose).status !== status) {
      if (status === undefined) {
        const { status: _, ...rest } = next as Loose;
        next = rest as unknown as T;
      } else next = { ...next, status };
    }
    next = parts.prepareForUpdate?.(next, old) ?? next;
    if (counted === false) return next;
    const before = old.metadata.generation ?? 0;
    const changed = !sameContent(next, old) || (counted === 'and-annotations' && !sameJson(next.metadata.annotations, old.metadata.annotations));
    return withGeneration(next, changed ? before + 1 : before);
  };
  const prepareForStatusUpdate = (object: T, old: T): T => {
    // Only the status is taken (and of the metadata what controllers may set with it).
    const next = { ...old, metadata: object.metadata, ...((object as Loose).status === undefined ? {} : { status: (object as Loose).status }) };
    return parts.prepareForStatusUpdate?.(next, old) ?? next;
  };
  return {
    group: parts.group ?? '',
    version: parts.version ?? 'v1',
    kind: parts.kind,
    resource: parts.resource,
    singular: parts.singular ?? parts.kind.toLowerCase(),
    shortNames: parts.shortNames ?? [],
    categories: parts.categories ?? [],
    namespaced,
    verbs: parts.verbs ?? allVerbs,
    subresources,
    storagePrefix: parts.storagePrefix,
    definition: parts.definition,
    defaults,
    validate,
    validateUpdate,
    validateSubresourceUpdate,
    prepareForCreate,
    prepareForUpdate,
    ...(hasStatus ? { prepareForStatusUpdate } : {}),
    columns: parts.columns ?? defaultColumns,
    row: parts.row ?? ((object) => [object.metadata.name, object.metadata.creationTimestamp ?? null]),
    ...(parts.selectableFields === undefined ? {} : { selectableFields: parts.selectableFields }),
    nameRule,
  };
}

/** The object with what is absent filled in; the same object when nothing is. */
export function fill<T extends object>(object: T, defaults: Partial<T>): T {
  for (const key in defaults) if (object[key] === undefined) return { ...defaults, ...object };
  return object;
}

/** Maps a list; the same list when no item changed. */
export function mapSame<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const old = list[i] as T;
    const next = change(old);
    if (next === old) continue;
    changed ??= [...list];
    changed[i] = next;
  }
  return changed ?? list;
}

/** The object with one field changed; the same object when the field is absent or stays. */
export function mapField<T extends object, K extends keyof T>(object: T, key: K, change: (value: NonNullable<T[K]>) => NonNullable<T[K]>): T {
  const old = object[key];
  if (old === undefined || old === null) return object;
  const next = change(old);
  return next === old ? object : { ...object, [key]: next };
}
