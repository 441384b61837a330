// MutatingAdmissionPolicy: CEL that changes objects on their way in, by apply configurations or JSON patches.
import { compileVariables, environmentOf } from '../../../../api/admissionregistration/environment.ts';
import type { AdmissionPolicy, AdmissionPolicyBinding, Mutation, PolicySpec } from '../../../../api/admissionregistration/types.ts';
import { evaluate, outOfBudget, runtimeCostBudget, type Budget, type Program } from '../../../../api/cel/environment.ts';
import { declare, type Library } from '../../../../api/cel/function.ts';
import { bool, dyn, listOf, objectOf, string, type CelType } from '../../../../api/cel/types.ts';
import { CelError, toJson } from '../../../../api/cel/values.ts';
import { sameJson } from '../../../../api/meta/equality.ts';
import type { Json } from '../../../../api/meta/object.ts';
import { applyJsonPatch } from '../../../../api/meta/patch/json-patch.ts';
import { mergeTyped } from '../../../../api/meta/patch/typed.ts';
import type { PatchSchema } from '../../../../api/meta/patch/schema.ts';
import { ApiError } from '../../../../client/api-error.ts';
import type { Task } from '../../../../kernel/task.ts';
import { patchSchemaOf } from '../../api-room.ts';
import { forbidden } from '../../status.ts';
import type { StoredObject } from '../../storage/watch-cache.ts';
import { changesOf } from '../changes.ts';
import { convert, isConfiguration, matchResources, nameOf, ownResource, prepareConversion, prepareMatch, retyped, type Match } from '../match.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { evaluationText, matchConditions, RequestValues } from './expressions.ts';
import { collectParams } from './params.ts';

const policiesPrefix = 'mutatingadmissionpolicies';
const bindingsPrefix = 'mutatingadmissionpolicybindings';

export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: 'MutatingAdmissionPolicy',
  handles: (request) => !isConfiguration(request) && request.object !== undefined,
  isIdle: ({ collections }) => collections.cache(bindingsPrefix).size === 0,
  *mutateSlowly(request, context) {
    const { collections, reinvocation } = context;
    const bindings = collections.cache(bindingsPrefix).list('') as readonly AdmissionPolicyBinding[];
    let current = request;
    for (const policy of collections.cache(policiesPrefix).list('') as readonly AdmissionPolicy[]) {
      const match = matchResources(policy.spec?.matchConstraints, current, context);
      if (match === undefined) continue;
      for (const binding of bindings) {
        if (binding.spec?.policyName !== policy.metadata.name) continue;
        if (binding.spec.matchResources !== undefined && matchResources(binding.spec.matchResources, current, context) === undefined) continue;
        const key = `${policy.metadata.name}/${binding.metadata.name}`;
        if (reinvocation.isSecond && (policy.spec?.reinvocationPolicy !== 'IfNeeded' || reinvocation.left.get(key) === current.object)) continue;
        const object = yield* applyPolicy(policy, binding, match, current, context);
        reinvocation.left.set(key, object);
        if (object !== current.object) current = { ...current, object };
      }
    }
    return current.object === request.object ? undefined : { object: current.object as StoredObject, changes: changesOf(request.object, current.object) };
  },
};

function* applyPolicy(policy: AdmissionPolicy, binding: AdmissionPolicyBinding, match: Match, request: AdmissionRequest, context: AdmissionContext): Task<StoredObject> {
  const spec = policy.spec ?? {};
  const params = yield* collectParams(spec.paramKind, binding.spec?.paramRef, request, context);
  let object = request.object as StoredObject;
  try {
    if (typeof params === 'string') throw new CelError(`failed to configure binding: ${params}`);
    for (const param of params) object = yield* mutate(policy, match, { ...request, object }, context, param);
    return object;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    if (spec.failurePolicy === 'Ignore') return object;
    const text = `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${error.message}`;
    const { status } = forbidden(request, nameOf(request), text);
    throw new ApiError({ ...status, reason: 'Invalid', code: 422, details: { ...status.details, causes: [{ message: text }] } });
  }
}

// ---------------------------------------------------------------- compiled

interface CompiledMutations {
  readonly conditions: readonly (Program | undefined)[];
  readonly variables: ReadonlyMap<string, Program>;
  readonly mutations: readonly (Program | undefined)[];
}
const compiledPolicies = new WeakMap<AdmissionPolicy, CompiledMutations>();

function compiled(policy: AdmissionPolicy): CompiledMutations {
  let known = compiledPolicies.get(policy);
  if (known === undefined) {
    const spec = policy.spec ?? {};
    const { programs } = compileVariables(spec);
    const plain = environmentOf({ hasParams: spec.paramKind !== undefined });
    known = {
      conditions: (spec.matchConditions ?? []).map(({ expression }) => plain.compileTo(expression ?? '', bool).program),
      variables: programs,
      mutations: (spec.mutations ?? []).map((mutation) => compileMutation(spec, mutation).program),
    };
    compiledPolicies.set(policy, known);
  }
  return known;
}

const objectTypes = new Map<string, CelType>();
/** `Object`, `Object.spec`, ...: whatever fields; what they may be, the object's structure says when it is decoded. */
function objectType(name: string): CelType | undefined {
  if (name === 'JSONPatch') return patchType;
  if (name !== 'Object' && !name.startsWith('Object.')) return undefined;
  let type = objectTypes.get(name);
  if (type === undefined) {
    type = objectOf(name, () => dyn);
    objectTypes.set(name, type);
  }
  return type;
}
const patchFields: Readonly<Record<string, CelType>> = { op: string, path: string, from: string, value: dyn };
const patchType = objectOf('JSONPatch', (name) => (Object.hasOwn(patchFields, name) ? patchFields[name] : undefined));
const patchLibrary: Library = [declare('jsonpatch::escapeKey(string): string', (key: string) => key.replace(/~/g, '~0').replace(/\//g, '~1'))];

export function compileMutation(spec: PolicySpec, mutation: Mutation) {
  const { types } = compileVariables(spec);
  const environment = environmentOf({ hasParams: spec.paramKind !== undefined, variables: types, objects: objectType, libraries: [patchLibrary] });
  if (mutation.patchType === 'JSONPatch') return environment.compileTo(mutation.jsonPatch?.expression ?? '', listOf(patchType));
  return environment.compileTo(mutation.applyConfiguration?.expression ?? '', objectType('Object') as CelType);
}

// ---------------------------------------------------------------- one evaluation

function* mutate(policy: AdmissionPolicy, match: Match, request: AdmissionRequest, context: AdmissionContext, param: StoredObject | undefined): Task<StoredObject> {
  const spec = policy.spec ?? {};
  const parts = compiled(policy);
  yield* prepareMatch(match, request, context);
  const conditions = matchConditions(spec.matchConditions ?? [], parts.conditions, new RequestValues(request, context, match, param));
  if (conditions.error !== undefined) throw new CelError(conditions.error);
  const own = ownResource(request, context);
  let object = request.object as StoredObject;
  if (!conditions.matches) return object;
  for (const [index, mutation] of (spec.mutations ?? []).entries()) {
    const program = parts.mutations[index];
    if (program === undefined) continue;
    // Each mutation sees what the one before it left.
    const values = new RequestValues({ ...request, object }, context, match, param);
    const budget: Budget = { left: runtimeCostBudget };
    values.addVariables(parts.variables, budget);
    const result = evaluate(program, values.get, budget);
    if (budget.left < 0) throw new CelError(outOfBudget);
    if (result.error !== undefined) throw new CelError(evaluationText(mutation.applyConfiguration?.expression ?? mutation.jsonPatch?.expression, result.error));
    const there = convert(object, own, match.resource) as StoredObject;
    const changed = mutation.patchType === 'JSONPatch' ? patched(there, toJson(result.value)) : merged(there, toJson(result.value), patchSchemaOf(match.resource.declaration));
    if (sameJson(changed, there)) continue;
    const typed = retyped(changed, request, match.resource);
    if (typeof typed === 'string') throw new CelError(`error applying patch: ${typed}`);
    yield* prepareConversion([typed], match.resource, own);
    object = convert(typed, match.resource, own) as StoredObject;
    yield* prepareConversion([object], own, match.resource);
  }
  return object;
}

function patched(object: StoredObject, patch: Json): StoredObject {
  const result = applyJsonPatch(object as unknown as Json, patch);
  if ('problem' in result) throw new CelError(`JSON Patch: ${result.problem}`);
  return result.value as unknown as StoredObject;
}

/** As server-side apply merges, without owners. Atomic lists and maps may not be changed this way. */
function merged(object: StoredObject, configuration: Json, schema: PatchSchema | undefined): StoredObject {
  const atomic = atomicPath(configuration, schema, '');
  if (atomic !== undefined) throw new CelError(`error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic}`);
  const { apiVersion, kind, metadata } = object;
  const whole = { ...(configuration as { readonly [key: string]: Json }), apiVersion, kind } as unknown as Json;
  const next = mergeTyped(object as unknown as Json, whole, schema) as unknown as StoredObject;
  return { ...next, metadata: { ...next.metadata, name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) } };
}

function atomicPath(value: Json, schema: PatchSchema | undefined, path: string): string | undefined {
  if (Array.isArray(value)) {
    if (schema !== undefined && schema.listType !== 'map' && schema.listType !== 'set') return path;
    for (const item of value as readonly Json[]) {
      const found = atomicPath(item, schema?.item(), path);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (schema?.mapType === 'atomic') return path;
  for (const [key, each] of Object.entries(value)) {
    const found = atomicPath(each as Json, schema?.field(key), `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
