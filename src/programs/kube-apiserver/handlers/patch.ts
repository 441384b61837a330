// The four ways to patch, each as a function from the object that is there to the object that shall be there.
import { convertProblem } from '../../../api/meta/convert-problem.ts';
import { goValue } from '../../../api/meta/go-value.ts';
import { hasDuplicateFields, orderOfFields } from '../../../api/meta/json-duplicates.ts';
import type { ApiObject, Json } from '../../../api/meta/object.ts';
import { parseJson } from '../../../api/meta/parse-json.ts';
import { applyJsonPatch } from '../../../api/meta/patch/json-patch.ts';
import { applyServerSide, resetFieldsOf } from '../../../api/meta/patch/managed-fields.ts';
import type { PatchSchema } from '../../../api/meta/patch/schema.ts';
import { typedProblems, typedProblemText } from '../../../api/meta/patch/typed-check.ts';
import type { JsonObject } from '../../../api/meta/patch/values.ts';
import { applyMergePatch } from '../../../api/meta/patch/merge-patch.ts';
import { applyStrategicPatch, StrategicPatchError } from '../../../api/meta/patch/strategic.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { duplicateKeysProblem } from '../../../api/yaml/duplicate-keys.ts';
import { parseYaml } from '../../../api/yaml/parse-yaml.ts';
import { ApiError } from '../../../client/api-error.ts';
import { patchSchemaOf } from '../api-room.ts';
import type { ApiRequest } from '../registry/request.ts';
import type { ServedResource } from '../registry/resources.ts';
import { badRequest, conflict, unknownError, unsupportedMediaType } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { addStrictWarnings, decodeValue } from './decode.ts';
import { decodePatched, type PatchWords } from './patched.ts';

export interface Patch {
  readonly isApply: boolean;
  change(existing: StoredObject): StoredObject;
  /** For apply: the object when there is none yet. */
  create?(): StoredObject;
}

const accepted = 'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor';

export function readPatch(request: ApiRequest, resource: ServedResource, wallMs: number): Patch {
  const type = (request.http.headers['content-type'] ?? '').split(';')[0] as string;
  const body = parseBody(request.http.body, type);
  const schema = patchSchemaOf(resource.declaration);
  switch (type) {
    case 'application/json-patch+json': {
      if (!Array.isArray(body) && typeof body === 'object') throw badRequest(`${request.fieldValidation === 'Ignore' ? '' : 'error decoding patch: '}json: cannot unmarshal ${body === null ? 'null' : 'object'} into Go value of type ${request.fieldValidation === 'Ignore' ? 'jsonpatch.Patch' : '[]handlers.jsonPatchOp'}`);
      const words: PatchWords = { strict: strictOperations(request, body), shown: asText };
      return {
        isApply: false,
        change: (existing) => {
          const result = applyJsonPatch(existing as unknown as Json, body as Json);
          if ('problem' in result) throw unprocessable();
          return decodePatched(request, resource, result.value, existing, words);
        },
      };
    }
    case 'application/merge-patch+json':
      requireObject(body, request.fieldValidation === 'Ignore' ? '' : 'error decoding patch: ');
      return { isApply: false, change: (existing) => decodePatched(request, resource, applyMergePatch(existing as unknown as Json, body as Json), existing, { strict: fieldsTwice(request), shown: asText }) };
    case 'application/strategic-merge-patch+json':
      if (schema === undefined || resource.declaration.custom !== undefined) throw unsupportedMediaType(acceptedOf(resource));
      requireObject(body);
      return {
        isApply: false,
        change: (existing) => {
          try {
            return decodePatched(request, resource, applyStrategicPatch(existing as unknown as Json, body as Json, schema), existing, strategicWords(request, resource, body));
          } catch (error) {
            if (error instanceof StrategicPatchError) throw badRequest(error.message);
            throw error;
          }
        },
      };
    case 'application/apply-patch+yaml': {
      const manager = request.info.query.get('fieldManager') ?? '';
      const force = request.info.query.bool('force');
      const reset = resetFieldsOf(resource.declaration, request.info.subresource);
      const writer = { manager, subresource: request.info.subresource, time: formatTime(wallMs), ...(reset === undefined ? {} : { reset }) };
      const applied = decodeApplied(request, resource, body, schema);
      if (applied.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
      const keysTwice = request.fieldValidation !== 'Ignore' && typeof request.http.body === 'string' ? duplicateKeysProblem(request.http.body) : undefined;
      const twice = keysTwice === undefined ? undefined : `error converting YAML to JSON: ${keysTwice}`;
      const apply = (live: StoredObject | undefined): StoredObject => {
        const result = applyServerSide(live as ApiObject | undefined, applied, schema, writer, force);
        if ('object' in result) {
          if (twice !== undefined && request.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${twice}`);
          if (twice !== undefined) addStrictWarnings(request, [twice]);
          return result.object as StoredObject;
        }
        throw new ApiError({
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: result.message,
          reason: 'Conflict',
          details: { causes: result.conflicts.map((each) => ({ reason: 'FieldManagerConflict', message: each.message, field: each.field })) },
          code: 409,
        });
      };
      const { uid } = applied.metadata;
      const create = (): StoredObject => {
        if (uid !== undefined && uid !== '') throw conflict(resource.declaration, request.info.name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
        return apply(undefined);
      };
      return { isApply: true, change: apply, create };
    }
    default:
      throw unsupportedMediaType(acceptedOf(resource));
  }
}

/** Custom resources have no strategic merge. */
const acceptedOf = ({ declaration }: ServedResource): string => (declaration.custom === undefined ? accepted : accepted.replace('application/strategic-merge-patch+json, ', ''));

/** What is applied must fit the schema, whatever the request's field validation says. */
function decodeApplied(request: ApiRequest, resource: ServedResource, body: unknown, schema: PatchSchema | undefined): StoredObject {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body} into Go value of type map[string]interface {}`);
  const { apiVersion, kind } = body as { readonly apiVersion?: unknown; readonly kind?: unknown };
  const [group, version] = (typeof apiVersion === 'string' ? (apiVersion.includes('/') ? apiVersion : `/${apiVersion}`) : '/').split('/');
  if (typeof body === 'object' && body !== null && (apiVersion !== resource.groupVersion || kind !== resource.declaration.kind)) throw badRequest(`invalid object type: ${group ?? ''}/${version ?? ''}, Kind=${typeof kind === 'string' ? kind : ''}`);
  const problems = schema !== undefined && typeof body === 'object' && body !== null && !Array.isArray(body) ? typedProblems(body as JsonObject, schema) : [];
  const { namespace, name } = request.info;
  if (problems.length > 0) throw unknownError(`failed to create typed patch object (${namespace}/${name}; ${resource.groupVersion}, Kind=${resource.declaration.kind}): ${typedProblemText(problems)}`);
  return decodeValue(request, resource, body, undefined, () => undefined);
}

/** As Go writes a whole object: what it is comes first. */
function asText(result: object): string {
  const { kind, apiVersion, metadata, ...rest } = result as { readonly kind?: unknown; readonly apiVersion?: unknown; readonly metadata?: unknown };
  return JSON.stringify({ kind, apiVersion, metadata, ...rest });
}

/** Of a patch that is an object: the fields that its text names twice. */
function fieldsTwice({ http, fieldValidation }: ApiRequest): readonly string[] {
  if (fieldValidation === 'Ignore' || typeof http.body !== 'string' || !hasDuplicateFields(http.body)) return [];
  return orderOfFields(http.body).problems;
}

/** Of a JSON patch: what its operations say twice, and what no operation has. */
function strictOperations(request: ApiRequest, body: unknown): readonly string[] {
  if (request.fieldValidation === 'Ignore' || !Array.isArray(body)) return [];
  const unknown = (body as readonly unknown[]).flatMap((each, index) => (typeof each !== 'object' || each === null ? [] : Object.keys(each).filter((name) => !operationFields.has(name)).map((name) => `unknown field "[${index}].${name}"`)));
  const { body: text } = request.http;
  const problems = typeof text === 'string' && hasDuplicateFields(text) ? orderOfFields(text).inOrder(unknown) : unknown;
  return problems.map((each) => `json patch ${each}`);
}

const operationFields: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);

/** A strategic merge makes the object without writing it as JSON: other words, in the order of the alphabet, and the patch is what is shown. */
function strategicWords(request: ApiRequest, { declaration }: ServedResource, body: unknown): PatchWords {
  return { strict: fieldsTwice(request), shown: () => goValue(body), unreadable: (result) => convertProblem(result, declaration.definition), inOrder: (strict) => [...strict].sort(), ofPathsKind: true };
}

function parseBody(body: unknown, type: string): unknown {
  if (typeof body !== 'string') return body;
  try {
    return type.endsWith('yaml') ? parseYaml(body) : parseJson(body);
  } catch (error) {
    if (type.endsWith('yaml')) throw badRequest(`error decoding YAML: ${(error as Error).message}`);
    throw badRequest(`${type.startsWith('application/strategic') ? '' : 'error decoding patch: '}${(error as Error).message}`);
  }
}

/** Merging patches are objects. */
function requireObject(body: unknown, before = ''): void {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return;
  const what = Array.isArray(body) ? 'array' : body === null ? 'null' : typeof body === 'boolean' ? 'bool' : typeof body;
  throw badRequest(`${before}json: cannot unmarshal ${what} into Go value of type map[string]interface {}`);
}

/** A JSON patch that does not apply: the real server does not say why. */
function unprocessable(): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'the server rejected our request due to an error in our request', reason: 'Invalid', details: {}, code: 422 });
}
