// The result of a patch, read as an object of its kind: what is wrong in it is a problem of the field "patch" (apiserver's endpoints/handlers/patch.go).
import { invalid } from '../../../api/validation/field-error.ts';
import { decodeKind, formatFieldError } from '../api-room.ts';
import type { ApiRequest } from '../registry/request.ts';
import type { ServedResource } from '../registry/resources.ts';
import { invalid as invalidObject } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { addStrictWarnings, unregisteredKind, withDefaults } from './decode.ts';

/** How one way of patching tells of what is wrong. */
export interface PatchWords {
  /** Problems of the patch itself: fields that it names twice. Empty when they are ignored. */
  readonly strict: readonly string[];
  /** What is shown as the bad value: the result, or the patch. */
  readonly shown: (result: object) => string;
  /** Another word for what cannot be read, and another order. */
  readonly unreadable?: (result: object) => string | undefined;
  readonly inOrder?: (strict: readonly string[]) => readonly string[];
  /** The result is of the path's kind, whatever it says. */
  readonly ofPathsKind?: boolean;
}

/** The struct into which Go reads what an object is. */
const identity = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

type Fields = Readonly<Record<string, unknown>>;

/** Parts of `value` that are the very same as in `known` were checked when they came in. */
export function decodePatched(request: ApiRequest, resource: ServedResource, value: unknown, known: StoredObject, words: PatchWords): StoredObject {
  const refuse = (problem: string): never => {
    throw invalidObject('', '', '', [invalid('patch', words.shown(value as object), problem)], formatFieldError);
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(`json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type ${identity}`);
  const { declaration, groupVersion } = resource;
  const given = value as Fields;
  const changed: Record<string, unknown> = {};
  const kept: Record<string, unknown> = {};
  for (const field in given) {
    const same = given[field] === known[field] && typeof given[field] === 'object' && given[field] !== null;
    (same ? kept : changed)[field] = given[field];
  }
  if (kept['metadata'] !== undefined) changed['metadata'] = kept['metadata'];
  if (words.ofPathsKind !== true) {
    const { kind = declaration.kind, apiVersion = groupVersion } = given;
    if (kind !== declaration.kind || apiVersion !== groupVersion) refuse(unregisteredKind(String(apiVersion), String(kind)));
  }
  changed['kind'] = declaration.kind;
  changed['apiVersion'] = groupVersion;
  const decoded = decodeKind(changed, declaration);
  if (decoded.error !== undefined) refuse(words.unreadable?.(given) ?? decoded.error);
  if (request.fieldValidation !== 'Ignore') {
    const strict = [...words.strict, ...(words.inOrder?.(decoded.strict) ?? decoded.strict)];
    if (request.fieldValidation === 'Warn') addStrictWarnings(request, strict);
    else if (strict.length > 0) refuse(`strict decoding error: ${strict.join(', ')}`);
  }
  const object = { ...(decoded.object as StoredObject), ...kept };
  return withDefaults(resource, object.metadata === undefined ? { ...object, metadata: { name: '' } } : object);
}
