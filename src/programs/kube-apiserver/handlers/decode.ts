// From a request's body to an object of the kind that the path names: format, type, field checks, in the real server's words.
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import { hasDuplicateFields, orderOfFields } from '../../../api/meta/json-duplicates.ts';
import { parseJson } from '../../../api/meta/parse-json.ts';
import { findKindDefinition } from '../../../api/meta/structure.ts';
import { duplicateKeysProblem } from '../../../api/yaml/duplicate-keys.ts';
import { parseYaml } from '../../../api/yaml/parse-yaml.ts';
import { UnreadableBody } from '../../../wire/http.ts';
import type { ApiError } from '../../../client/api-error.ts';
import { decodeKind } from '../api-room.ts';
import type { ApiRequest } from '../registry/request.ts';
import type { ServedResource } from '../registry/resources.ts';
import { badRequest, unsupportedMediaType } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

const textTypes: readonly string[] = ['application/json', 'application/yaml'];
const acceptedTypes: readonly string[] = [...textTypes, 'application/vnd.kubernetes.protobuf'];

/** The body of what is to be a `kind`, as a plain value: from JSON that came by reference (so does what protobuf stands for), or from text. */
export function readBody(request: ApiRequest, kind: string, accepted = acceptedTypes): unknown {
  const type = ((request.http.headers['content-type'] || 'application/json').split(';')[0] as string).trim();
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted.join(', '));
  const { body } = request.http;
  if (body instanceof UnreadableBody) throw badRequest(unreadable(body, kind));
  if (typeof body !== 'string') return body;
  try {
    return type.includes('yaml') ? parseYaml(body) : parseJson(body);
  } catch (error) {
    const { message } = error as Error;
    throw unrecognized(kind, type.includes('yaml') ? `error converting YAML to JSON: ${message}` : `${noIdentity}${message}`, body);
  }
}

const noIdentity = "couldn't get version/kind; json parse error: ";
const shownBytes = 30;

/** What cannot even be asked of what kind it is, and how it begins. */
function unrecognized(kind: string, problem: string, body: string): ApiError {
  const bytes = bytesOfText(body);
  const rest = bytes.length > shownBytes ? ' ...' : '';
  const shown = body.startsWith('{') ? textOfBytes(bytes.subarray(0, shownBytes)) : [...bytes.subarray(0, shownBytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem} (${shown === '' ? '<empty>' : `${shown}${rest}`})`);
}

export function decodeBody(request: ApiRequest, resource: ServedResource): StoredObject {
  const { declaration } = resource;
  return withDefaults(resource, decodeValue(request, resource, readBody(request, declaration.kind, declaration.custom === undefined ? acceptedTypes : textTypes)));
}

/** As `transformDecodeError` of the real server's handlers says it. */
function unreadable({ start, problem, apiVersion, kind }: UnreadableBody, expected: string): string {
  if (kind !== '') return `${kind} in version "${apiVersion.slice(apiVersion.indexOf('/') + 1)}" cannot be handled as a ${expected}: ${problem}`;
  const hex = start.slice(0, 30).map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `the object provided is unrecognized (must be of type ${expected}): ${problem} (${start.length > 30 ? `${hex} ...` : hex})`;
}

/** Custom resources are defaulted where they are read, so that who writes them owns what was filled in. */
export const withDefaults = ({ declaration }: ServedResource, object: StoredObject): StoredObject => (declaration.custom === undefined ? object : (declaration.defaults(object) as StoredObject));

/** `kind` and `groupVersion` default to those of the path, as the real decoder's do. */
export interface DecodeAs {
  readonly kind: string;
  readonly groupVersion: string;
  readonly definition: string;
}

/** `report` takes what is not strictly right; otherwise the request's field validation decides what becomes of it. */
export function decodeValue(request: ApiRequest, resource: ServedResource, value: unknown, as?: DecodeAs, report?: (strict: readonly string[]) => void): StoredObject {
  const kind = as?.kind ?? resource.declaration.kind;
  const groupVersion = as?.groupVersion ?? resource.groupVersion;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unrecognized(kind, `${noIdentity}unexpected end of JSON input`, '');
  const given = value as { readonly kind?: unknown; readonly apiVersion?: unknown };
  const version = groupVersion.slice(groupVersion.indexOf('/') + 1);
  const isNamed = given.kind === kind && given.apiVersion === groupVersion;
  if (!isNamed && (given.kind !== undefined || given.apiVersion !== undefined)) checkIdentity(given, kind, groupVersion, resource.declaration.custom !== undefined && as === undefined);
  const typed = isNamed ? value : { ...value, kind, apiVersion: groupVersion };
  const decoded = decodeKind(typed, resource.declaration, as?.definition);
  if (decoded.error !== undefined) throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${decoded.error}`);
  if (report === undefined) reportStrict(request, kind, version, typeof request.http.body === 'string' ? withDuplicates(request, request.http.body, decoded.strict, resource) : decoded.strict);
  else report(decoded.strict);
  const object = decoded.object as StoredObject;
  return object.metadata === undefined ? { ...object, metadata: { name: '' } } : object;
}

/** What is not said is taken from the path; what is said must be that. */
function checkIdentity(given: { readonly kind?: unknown; readonly apiVersion?: unknown }, kind: string, groupVersion: string, isCustom: boolean): void {
  for (const field of ['apiVersion', 'kind'] as const) {
    const text = given[field] ?? '';
    if (typeof text !== 'string') throw badRequest(`couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonKindOf(text)} into Go struct field .${field} of type string`);
  }
  const saidKind = (given.kind as string | null | undefined) || kind;
  const said = (given.apiVersion as string | null | undefined) || groupVersion;
  if (saidKind === kind && said === groupVersion) return;
  const problem = isCustom ? undefined : otherKindProblem(said, saidKind, groupVersion, kind);
  if (problem !== undefined) throw badRequest(`${saidKind} in version "${said.slice(said.indexOf('/') + 1)}" cannot be handled as a ${kind}: ${problem}`);
  if (said !== groupVersion) throw badRequest(`the API version in the data (${said}) does not match the expected API version (${groupVersion})`);
  throw badRequest(`${saidKind} in version "${said.slice(said.indexOf('/') + 1)}" cannot be handled as a ${kind}: converting (${saidKind}) to (${kind}): unknown conversion`);
}

/** Why the one cannot become the other, from Go's conversions; undefined for another version of the same. */
function otherKindProblem(said: string, saidKind: string, expected: string, kind: string): string | undefined {
  const isSameGroup = groupOf(said) === groupOf(expected);
  if (saidKind === kind && (isSameGroup || (kind === 'Event' && findKindDefinition(said, kind) !== undefined))) return undefined;
  if (findKindDefinition(said, saidKind) === undefined) return unregisteredKind(said, saidKind);
  const home = kind === 'Event' ? '' : groupOf(expected);
  return `converting (${said.slice(said.indexOf('/') + 1)}.${saidKind}) to (${home === '' ? 'core' : (home.split('.')[0] as string)}.${kind}): unknown conversion`;
}

const groupOf = (groupVersion: string): string => groupVersion.slice(0, Math.max(0, groupVersion.indexOf('/')));
/** In the words of Go's scheme; its name is where the server makes it. */
export const unregisteredKind = (apiVersion: string, kind: string): string => `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;

/** Bodies that came as text may name a field twice: that is told among the other problems. */
function withDuplicates({ http, fieldValidation }: ApiRequest, body: string, strict: readonly string[], { declaration }: ServedResource): readonly string[] {
  if (fieldValidation === 'Ignore') return strict;
  const type = http.headers['content-type'] ?? 'application/json';
  if (type.includes('patch')) return strict;
  if (!type.includes('yaml')) {
    if (!hasDuplicateFields(body)) return strict;
    const fields = orderOfFields(body);
    // Custom resources are read as they are first, and by their schema then.
    return declaration.custom === undefined ? fields.inOrder(strict) : [...fields.problems, ...strict];
  }
  const problem = duplicateKeysProblem(body);
  return problem === undefined ? strict : [problem, ...strict];
}

function jsonKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function reportStrict(request: ApiRequest, kind: string, version: string, strict: readonly string[]): void {
  if (strict.length === 0 || request.fieldValidation === 'Ignore') return;
  if (request.fieldValidation === 'Strict') throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${strict.join(', ')}`);
  addStrictWarnings(request, strict);
}

/** One warning for each problem: those that the YAML reader tells in one text stand in lines of their own. */
export function addStrictWarnings({ warnings }: ApiRequest, strict: readonly string[]): void {
  for (const text of strict) {
    const [, lines] = /^(?:error converting YAML to JSON: )?yaml: unmarshal errors:\n([^]*)$/.exec(text) ?? [];
    for (const each of lines === undefined ? [text] : lines.split('\n').map((line) => line.trim())) if (!warnings.includes(each)) warnings.push(each);
  }
}
