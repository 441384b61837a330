// The kinds that a CustomResourceDefinition makes: one declaration for each served version, like those of built-in kinds, led by its schema.
import type { Column, FieldError, KindDeclaration } from '../contract.ts';
import { runtimeCostBudget } from '../cel/limits.ts';
import { allVerbs, column } from '../kind.ts';
import { decodeObject, type Decoded } from '../meta/decode.ts';
import { sameJson } from '../meta/equality.ts';
import type { ApiObject, Json } from '../meta/object.ts';
import { translateTimestampSince } from '../meta/time.ts';
import { validateMetadata, validateMetadataUpdate } from '../validation/metadata.ts';
import { applyDefaults } from './apply-defaults.ts';
import { customOpenApi } from './custom-openapi.ts';
import { findValues, parseFieldPath, parseJsonPath, valueAt } from './field-path.ts';
import { prune } from './prune.ts';
import { runRules, type RuleRun } from './rules.ts';
import { SchemaNode, type JsonObject } from './schema-node.ts';
import { customPatchSchema } from './schema-patch.ts';
import type { CustomResourceDefinition, DefinitionVersion, PrinterColumn } from './types.ts';
import { validateLists } from './validate-lists.ts';
import { validateValue, type Old } from './validate-value.ts';

type Custom = ApiObject & { readonly [field: string]: unknown };
const asJson = (object: ApiObject): JsonObject => object as unknown as JsonObject;

/** `com.example.stable.v1.CronTab`, as OpenAPI names the kinds of `stable.example.com`. */
const customDefinitionName = (group: string, version: string, kind: string): string => `${group.split('.').reverse().join('.')}.${version}.${kind}`;

export function customKinds(definition: CustomResourceDefinition): readonly KindDeclaration[] {
  const versions = definition.spec.versions ?? [];
  const storage = versions.find((each) => each.storage)?.name ?? versions[0]?.name ?? 'v1';
  return versions.filter((each) => each.served).map((version) => customKind(definition, version, storage));
}

function customKind(definition: CustomResourceDefinition, version: DefinitionVersion, storageVersion: string): KindDeclaration {
  const { group } = definition.spec;
  const names = definition.status?.acceptedNames ?? definition.spec.names;
  const { kind } = names;
  const groupVersion = `${group}/${version.name}`;
  const namespaced = definition.spec.scope === 'Namespaced';
  const root = new SchemaNode(version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  const hasStatus = version.subresources?.status !== undefined;
  const scale = version.subresources?.scale;
  const printed = version.additionalPrinterColumns ?? [ageColumn];
  const check = (object: ApiObject, old: ApiObject | undefined, warn: (text: string) => void): readonly FieldError[] => validateContent(root, object, old, warn);
  const selectable = (version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), parseFieldPath(jsonPath) ?? []] as const);
  return {
    group,
    version: version.name,
    kind,
    resource: names.plural,
    singular: names.singular ?? kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced,
    verbs: allVerbs,
    subresources: [...(hasStatus ? ['status'] : []), ...(scale === undefined ? [] : ['scale'])],
    storagePrefix: `${group}/${names.plural}`,
    definition: customDefinitionName(group, version.name, kind),
    nameRule: 'subdomain',
    defaults: (object) => (root.hasDefaults ? (applyDefaults(asJson(object), root) as unknown as ApiObject) : object),
    validate: (object) => [...validateMetadata(object.metadata, 'subdomain', namespaced, 'metadata', 'any-name'), ...check(object, undefined, () => undefined)],
    validateUpdate: (object, old, warn) => [...validateMetadataUpdate(object.metadata, old.metadata, 'metadata', 'any-name'), ...check(object, old, warn ?? (() => undefined))],
    validateSubresourceUpdate: (_, object, old, warn) => check(object, old, warn ?? (() => undefined)),
    prepareForCreate: (object) => {
      const { status: _, ...rest } = object as Custom;
      return withGeneration(hasStatus ? (rest as unknown as ApiObject) : object, 1);
    },
    prepareForUpdate: (object, old) => {
      const next = hasStatus ? withStatusOf(object, old) : object;
      const before = old.metadata.generation ?? 0;
      return withGeneration(next, sameContent(next, old, hasStatus) ? before : before + 1);
    },
    ...(hasStatus ? { prepareForStatusUpdate: (object: ApiObject, old: ApiObject) => statusOf(object, old) } : {}),
    columns: [column('Name', 'string', 0, 'name'), ...printed.map(columnOf)],
    row: (object, nowMs) => [object.metadata.name, ...printed.map((each) => cell(object, each, nowMs))],
    ...(selectable.length === 0 ? {} : { selectableFields: (object: ApiObject) => Object.fromEntries(selectable.map(([name, path]) => [name, textOf(valueAt(asJson(object), path))])) }),
    custom: {
      decode: (value) => decodeCustom(value, root),
      fromStored: servedForm(root, groupVersion),
      storageVersion: `${group}/${storageVersion}`,
      patchSchema: customPatchSchema(root),
      listKind: names.listKind ?? `${kind}List`,
      openApi: (dialect) => customOpenApi(version.schema?.openAPIV3Schema, { group, version: version.name, kind }, dialect),
      ...(scale === undefined ? {} : { scale }),
      ...(version.deprecated === true ? { deprecation: version.deprecationWarning ?? `${groupVersion} ${kind} is deprecated` } : {}),
    },
  };
}

const textOf = (value: Json | undefined): string => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));

// ---------------------------------------------------------------- reading

/** What is no object of ours keeps its place; metadata is read as every object's. */
function decodeCustom(value: object, root: SchemaNode): Decoded<ApiObject> {
  const strict: string[] = [];
  const unknown: string[] = [];
  let object = prune(value as JsonObject, root, true, unknown) as JsonObject;
  const given = object['metadata'];
  if (given !== undefined && given !== null) {
    const metadata = decodeObject<Json>(given, 'meta.v1.ObjectMeta');
    if (metadata.error !== undefined) return { object: object as unknown as ApiObject, strict, error: metadata.error };
    strict.push(...metadata.strict.map((text) => text.replace('unknown field "', 'unknown field "metadata.')));
    if (metadata.object !== given) object = { ...object, metadata: metadata.object };
  }
  strict.push(...unknown.map((path) => `unknown field ${JSON.stringify(path)}`));
  return { object: object as unknown as ApiObject, strict };
}

/** Stored objects are seen through the schema of today: what it does not know is not there, what it has a default for is. */
function servedForm(root: SchemaNode, groupVersion: string): (object: ApiObject) => ApiObject {
  const known = new WeakMap<ApiObject, ApiObject>();
  return (object) => {
    let served = known.get(object);
    if (served === undefined) {
      const versioned = object.apiVersion === groupVersion ? object : { ...object, apiVersion: groupVersion };
      served = applyDefaults(prune(asJson(versioned), root, true), root) as unknown as ApiObject;
      known.set(object, served);
    }
    return served;
  };
}

// ---------------------------------------------------------------- writing

function withGeneration(object: ApiObject, generation: number): ApiObject {
  return object.metadata.generation === generation ? object : { ...object, metadata: { ...object.metadata, generation } };
}

function withStatusOf(object: ApiObject, old: ApiObject): ApiObject {
  const { status: before } = old as Custom;
  const { status, ...rest } = object as Custom;
  if (status === before) return object;
  return (before === undefined ? rest : { ...rest, status: before }) as ApiObject;
}

/** Only the status is taken, and who wrote it. */
function statusOf(object: ApiObject, old: ApiObject): ApiObject {
  const { status } = object as Custom;
  const { status: _, ...rest } = old as Custom;
  const { managedFields } = object.metadata;
  const metadata = managedFields === undefined ? old.metadata : { ...old.metadata, managedFields };
  return { ...rest, ...(status === undefined ? {} : { status }), metadata } as ApiObject;
}

/** Generation counts changes of everything but metadata, and but status where that is a part of its own. */
function sameContent(a: ApiObject, b: ApiObject, hasStatus: boolean): boolean {
  const left = a as Custom;
  const right = b as Custom;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (key === 'metadata' || (hasStatus && key === 'status') || key === 'apiVersion' || key === 'kind') continue;
    if (!sameJson(left[key], right[key])) return false;
  }
  return true;
}

const blocking = new Set<FieldError['type']>(['Required', 'TooLong', 'TooMany', 'TypeInvalid']);
const unchecked: FieldError = { type: 'Invalid', field: '<nil>', value: null, detail: 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation' };

function validateContent(root: SchemaNode, object: ApiObject, old: ApiObject | undefined, warn: (text: string) => void): readonly FieldError[] {
  const value = asJson(object);
  const before: Old | undefined = old === undefined ? undefined : { value: asJson(old) };
  const errors = validateValue(value, root, '', before);
  validateLists(value, root, '', errors);
  if (!root.hasRules) return errors;
  if (errors.some((each) => blocking.has(each.type))) return [...errors, unchecked];
  const run: RuleRun = { errors, warnings: [], budget: { left: runtimeCostBudget } };
  runRules(value, root, '', run, before, true);
  for (const text of run.warnings) warn(text);
  return errors;
}

// ---------------------------------------------------------------- printing

const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: '' };

function columnOf(given: PrinterColumn): Column {
  return { name: given.name, type: given.type as Column['type'], ...(given.format === undefined ? {} : { format: given.format }), description: given.description ?? '', priority: (given.priority ?? 0) > 0 ? 1 : 0 };
}

function cell(object: ApiObject, { type, jsonPath }: PrinterColumn, nowMs: number): Json {
  const steps = parseJsonPath(jsonPath);
  if (typeof steps === 'string') return null;
  const value = findValues(asJson(object), steps)[0];
  if (value === undefined) return null;
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : value === null ? '<nil>' : JSON.stringify(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return typeof value === 'string' ? translateTimestampSince(value, nowMs) : null;
  }
}
