// Turns arguments and files into objects to act on (cli-runtime's resource.Builder), with its refusals.
import { ApiError } from '../../client/api-error.ts';
import { parseYaml, splitDocuments, YamlError } from '../../api/yaml/parse-yaml.ts';
import type { Task } from '../../kernel/task.ts';
import { apiVersionOf } from './discovery.ts';
import type { Mapping } from './discovery.ts';
import { CommandError, messageOf, withMessage } from './errors.ts';
import { goJson, quote } from './go-text.ts';
import { parseBool } from './flags.ts';
import type { Any, Kubectl } from './kubectl.ts';
import { buildKustomization } from './kustomize/kustomize.ts';

/** One object that a command acts on. */
export interface Info {
  readonly mapping: Mapping;
  readonly namespace: string;
  readonly name: string;
  /** `STDIN`, a path, or '' when it came from the server. */
  readonly source: string;
  readonly object?: Any;
}

export const missingResource = "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/** What the arguments name, before anything is fetched. */
export interface Wanted {
  readonly kind: 'names' | 'lists';
  readonly items: readonly { readonly mapping: Mapping; readonly name: string }[];
  /** One `TYPE NAME`: its object is printed by itself, not in a List. */
  readonly single: boolean;
}

export interface WantedOptions {
  readonly args: readonly string[];
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly all?: boolean;
  /** `TYPE` alone means all of them (get, describe). */
  readonly allowEmptySelector?: boolean;
  readonly allNamespaces?: boolean;
}

export function* resolveWanted(k: Kubectl, options: WantedOptions): Task<Wanted> {
  const { args } = options;
  const selecting = options.all === true || (options.selector ?? '') !== '' || (options.fieldSelector ?? '') !== '';
  const slashes = args.filter((arg) => arg.includes('/')).length;
  if (slashes > 0 && slashes !== args.length) {
    throw new CommandError("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'");
  }
  if (slashes > 0) {
    const tuples: { resource: string; name: string }[] = [];
    for (const arg of args) {
      const parts = arg.split('/');
      if (parts.length !== 2) throw new CommandError('arguments in resource/name form may not have more than one slash');
      const [resource = '', name = ''] = parts;
      if (resource === '' || name === '' || resource.includes(',')) throw new CommandError('arguments in resource/name form must have a single resource and name');
      tuples.push({ resource, name });
    }
    if (selecting) throw new CommandError('selectors and the all flag cannot be used when passing resource/name arguments');
    const items: { mapping: Mapping; name: string }[] = [];
    for (const tuple of tuples) {
      const mapping = yield* k.discovery.find(tuple.resource);
      if (mapping.namespaced && options.allNamespaces === true) throw new CommandError('a resource cannot be retrieved by name across all namespaces');
      items.push({ mapping, name: tuple.name });
    }
    return { kind: 'names', items, single: items.length === 1 };
  }
  if (args.length === 0) {
    if (selecting) throw new CommandError('at least one resource must be specified to use a selector');
    throw new CommandError(missingResource);
  }
  const types = yield* expandTypes(k, args[0] as string);
  const names = args.slice(1);
  if (names.length === 0) {
    if (!selecting && options.allowEmptySelector !== true) {
      for (const type of types) yield* k.discovery.find(type);
      throw new CommandError('resource(s) were provided, but no name was specified');
    }
    const items: { mapping: Mapping; name: string }[] = [];
    for (const type of types) items.push({ mapping: yield* k.discovery.find(type), name: '' });
    return { kind: 'lists', items, single: false };
  }
  if (selecting) throw new CommandError('name cannot be provided when a selector is specified');
  const items: { mapping: Mapping; name: string }[] = [];
  for (const type of types) {
    const mapping = yield* k.discovery.find(type);
    if (mapping.namespaced && options.allNamespaces === true) throw new CommandError('a resource cannot be retrieved by name across all namespaces');
    for (const name of names) items.push({ mapping, name });
  }
  return { kind: 'names', items, single: items.length === 1 };
}

/** `pods,svc`, and categories such as `all`. */
function* expandTypes(k: Kubectl, argument: string): Task<string[]> {
  const found: string[] = [];
  for (const type of argument.split(',')) {
    if (type.includes('.')) {
      found.push(type);
      continue;
    }
    const resources = yield* k.discovery.resources();
    const members = resources.filter((each) => each.categories.includes(type));
    if (members.length === 0) found.push(type);
    else for (const member of members) {
      const name = `${member.resource}.${member.version}.${member.group}`;
      if (!resources.some((other) => other.group === member.group && other.resource === member.resource && other !== member && resources.indexOf(other) < resources.indexOf(member))) found.push(name);
    }
  }
  if (found.length === 0) throw new CommandError('you must specify only one resource');
  return found;
}

export interface ListOptions {
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly allNamespaces?: boolean;
  readonly chunkSize?: number;
}

/** A list request's refusal, as the builder words it. */
export function explainListError(error: unknown, mapping: Mapping, options: ListOptions): unknown {
  if (!(error instanceof ApiError) || (error.status.reason !== 'BadRequest' && error.status.reason !== 'NotFound')) return error;
  const name = `${mapping.group}/${mapping.version}, Resource=${mapping.resource}`;
  let message = error.message;
  if (message === 'the server could not find the requested resource') message += ` (get ${mapping.group === '' ? mapping.resource : `${mapping.resource}.${mapping.group}`})`;
  const selector = options.selector ?? '';
  const fields = options.fieldSelector ?? '';
  if (selector === '' && fields === '') return withMessage(error, `Unable to list ${quote(name)}: ${message}`);
  return withMessage(error, `Unable to find ${quote(name)} that match label selector ${quote(selector)}, field selector ${quote(fields)}: ${message}`);
}

export function listQuery(options: ListOptions): Record<string, string | undefined> {
  return {
    labelSelector: options.selector === undefined || options.selector === '' ? undefined : options.selector,
    fieldSelector: options.fieldSelector === undefined || options.fieldSelector === '' ? undefined : options.fieldSelector,
    limit: options.chunkSize === 0 ? undefined : String(options.chunkSize ?? 500),
  };
}

/** All objects of a list, page by page. */
export function* listAll(k: Kubectl, mapping: Mapping, options: ListOptions): Task<Any> {
  const path = k.path(mapping, options.allNamespaces === true ? '' : k.namespace);
  let whole: Any;
  let next = '';
  do {
    try {
      const page: Any = yield* k.call('GET', path, { query: { ...listQuery(options), continue: next === '' ? undefined : next } });
      whole = whole === undefined ? page : { ...whole, items: [...whole.items, ...page.items] };
      next = page.metadata?.continue ?? '';
    } catch (error) {
      throw explainListError(error, mapping, options);
    }
  } while (next !== '');
  return whole;
}

/** Items of a list carry no kind of their own: give them one. */
export function itemsOf(list: Any, mapping: Mapping): Any[] {
  return (list.items ?? []).map((item: Any) => (item.kind === undefined ? { apiVersion: apiVersionOf(mapping), kind: mapping.kind, ...item } : item));
}

function* getOne(k: Kubectl, mapping: Mapping, name: string, subresource = ''): Task<Any> {
  return yield* k.call('GET', k.path(mapping, k.namespace, name, subresource));
}

/** Fetches everything that is wanted; what fails is collected beside what was found. */
export function* fetchWanted(k: Kubectl, wanted: Wanted, options: ListOptions): Task<{ readonly infos: Info[]; readonly errors: unknown[] }> {
  const infos: Info[] = [];
  const errors: unknown[] = [];
  for (const item of wanted.items) {
    try {
      if (wanted.kind === 'names') {
        const object = yield* getOne(k, item.mapping, item.name);
        infos.push({ mapping: item.mapping, namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? item.name, source: '', object });
      } else {
        for (const object of itemsOf(yield* listAll(k, item.mapping, options), item.mapping)) {
          infos.push({ mapping: item.mapping, namespace: object.metadata?.namespace ?? '', name: object.metadata.name, source: '', object });
        }
      }
    } catch (error) {
      errors.push(error);
    }
  }
  return { infos, errors };
}

// ---------------------------------------------------------------- files

export interface FileOptions {
  readonly filenames: readonly string[];
  readonly kustomize?: string;
  readonly recursive?: boolean;
  /** Checks apiVersion and kind first, as `--validate=strict` does, and reads the server's schema. */
  readonly validate?: 'strict' | 'warn' | 'ignore';
  /** Without a server (--local): mappings are guessed. */
  readonly local?: boolean;
}

interface Raw {
  readonly source: string;
  readonly value: Any;
}

export function filesGiven(k: Kubectl): boolean {
  return k.flags.list('filename').length > 0 || k.flags.string('kustomize') !== '';
}

/** Objects from -f and -k. Problems are collected, so that good objects of the same stream are still acted on. */
export function* readFiles(k: Kubectl, options: FileOptions): Task<{ readonly infos: Info[]; readonly errors: unknown[] }> {
  const infos: Info[] = [];
  const errors: unknown[] = [];
  const raws: Raw[] = [];
  if (options.kustomize !== undefined && options.kustomize !== '') {
    if (options.filenames.length > 0) throw new CommandError("can only specify one of -f or -k");
    for (const value of kustomizationOf(k, options.kustomize)) raws.push({ source: options.kustomize, value });
  }
  for (const name of options.filenames) {
    try {
      if (name === '-') readStream(yield* readStdin(k), 'STDIN', raws);
      else if (/^https?:\/\//.test(name) && k.outside.download !== undefined) readStream(yield* k.outside.download(name), name, raws);
      else if (/^https?:\/\//.test(name)) throw new CommandError(`Get "${name}": dial tcp: lookup ${name.replace(/^https?:\/\//, '').replace(/[:/].*$/, '')}: no such host`);
      else for (const path of expandPath(k, name, options.recursive === true)) readStream(k.host.disk.readText(path.full) ?? '', path.shown, raws);
    } catch (error) {
      errors.push(error);
    }
  }
  for (const raw of raws) {
    try {
      for (const value of flattenList(raw.value)) infos.push(yield* toInfo(k, value, raw.source, options));
    } catch (error) {
      errors.push(error);
    }
  }
  return { infos, errors };
}

/** The objects of a kustomization's folder on this computer. */
export function kustomizationOf(k: Kubectl, folder: string): Any[] {
  // A path with a slash behind it asks whether the folder is there.
  const read = (path: string): string | undefined => (path.endsWith('/') ? (k.host.disk.list(path.slice(0, -1)).length > 0 ? '' : undefined) : k.host.disk.readText(path));
  return buildKustomization(read, absolute(k, folder));
}

export function* readStdin(k: Kubectl): Task<string> {
  let text = '';
  for (;;) {
    const chunk = yield* k.host.input.read();
    if (chunk === undefined) return text;
    text += chunk;
  }
}

export function absolute(k: Kubectl, path: string): string {
  if (path.startsWith('/')) return path;
  if (path.startsWith('~/')) return `${k.host.env['HOME'] ?? '/root'}${path.slice(1)}`;
  return `${(k.host.env['PWD'] ?? '/').replace(/\/$/, '')}/${path.replace(/^\.\//, '')}`;
}

function expandPath(k: Kubectl, name: string, recursive: boolean): { full: string; shown: string }[] {
  const full = absolute(k, name).replace(/(.)\/+$/, '$1');
  if (k.host.disk.readText(full) !== undefined) return [{ full, shown: name }];
  const prefix = full === '/' ? '/' : `${full}/`;
  const inside = k.host.disk.list(full).filter((path) => path.startsWith(prefix));
  if (inside.length === 0) throw new CommandError(`the path "${name}" does not exist`);
  const files = inside.filter((path) => /\.(json|yaml|yml)$/.test(path) && (recursive || !path.slice(prefix.length).includes('/')));
  if (files.length === 0) throw new CommandError(`error reading [${name}]: recognized file extensions are [.json .yaml .yml]`);
  return files.map((path) => ({ full: path, shown: `${name.replace(/\/+$/, '')}/${path.slice(prefix.length)}` }));
}

/** Parses every document of a stream. Throws on the first that cannot be read, as kubectl's decoder stops there. */
function readStream(text: string, source: string, raws: Raw[]): void {
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{')) {
    try {
      raws.push({ source, value: JSON.parse(text) });
      return;
    } catch {
      const values = jsonValues(trimmed);
      if (values !== undefined) {
        for (const value of values) raws.push({ source, value });
        return;
      }
      // Flow YAML, or broken: the YAML reader decides.
    }
  }
  for (const part of splitDocuments(text)) {
    let value: Any;
    try {
      value = parseYaml(part.text);
    } catch (error) {
      if (error instanceof YamlError) throw new CommandError(`error parsing ${source}: error converting YAML to JSON: ${error.message}`);
      throw error;
    }
    if (value === null) continue;
    raws.push({ source, value });
  }
}

/** Several JSON objects one after the other; undefined when it is something else. */
function jsonValues(text: string): Any[] | undefined {
  const values: Any[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (quoted) {
      if (c === '\\') at++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '{' || c === '[') {
      if (depth++ === 0) start = at;
    } else if (c === '}' || c === ']') {
      if (--depth > 0) continue;
      try {
        values.push(JSON.parse(text.slice(start, at + 1)));
      } catch {
        return undefined;
      }
    } else if (depth === 0 && !/\s/.test(c as string)) return undefined;
  }
  return depth === 0 ? values : undefined;
}

function flattenList(value: Any): Any[] {
  if (value !== null && typeof value === 'object' && typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items)) {
    const kind = value.kind.slice(0, -4);
    return value.items.map((item: Any) => (item?.kind === undefined && kind !== '' ? { apiVersion: value.apiVersion, kind, ...item } : item)).flatMap(flattenList);
  }
  return [value];
}

function* toInfo(k: Kubectl, value: Any, source: string, options: FileOptions): Task<Info> {
  const isMap = value !== null && typeof value === 'object' && !Array.isArray(value);
  const missing: string[] = [];
  if (!isMap || typeof value.apiVersion !== 'string' || value.apiVersion === '') missing.push('apiVersion not set');
  if (!isMap || typeof value.kind !== 'string' || value.kind === '') missing.push('kind not set');
  if ((options.validate === 'strict' || options.validate === 'warn') && isMap && missing.length > 0) {
    const text = missing.length === 1 ? missing[0] : `[${missing.join(', ')}]`;
    throw new CommandError(`error validating "${source}": error validating data: ${text}; if you choose to ignore these errors, turn validation off with --validate=false`);
  }
  if (!isMap) {
    const type = Array.isArray(value) ? 'array' : typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : 'number';
    const problem = `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    if (options.validate !== 'ignore' && options.validate !== undefined) throw new CommandError(`error validating "${source}": error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false`);
    throw new CommandError(`unable to decode "${source}": ${problem}`);
  }
  if (typeof value.kind !== 'string' || value.kind === '') throw new CommandError(`unable to decode ${quote(source)}: Object 'Kind' is missing in '${goJson(value)}'`);
  if (options.validate === 'strict' || options.validate === 'warn') yield* verifySupport(k, value, source);
  if (value.metadata !== undefined && (value.metadata === null || typeof value.metadata !== 'object')) throw new CommandError(`unable to decode ${quote(source)}: json: cannot unmarshal into Go struct field ObjectMeta.metadata`);
  for (const field of ['labels', 'annotations']) {
    const wrong = Object.values(value.metadata?.[field] ?? {}).find((each) => typeof each !== 'string' && each !== null);
    if (wrong === undefined) continue;
    const type = Array.isArray(wrong) ? 'array' : typeof wrong === 'boolean' ? 'bool' : typeof wrong;
    throw new CommandError(`unable to decode ${quote(source)}: json: cannot unmarshal ${type} into Go struct field ObjectMeta.metadata.${field} of type string`);
  }
  const name: string = typeof value.metadata?.name === 'string' ? value.metadata.name : '';
  const namespace: string = typeof value.metadata?.namespace === 'string' ? value.metadata.namespace : '';
  const mapping = options.local === true ? guessMapping(value) : yield* k.discovery.forKind(value.apiVersion ?? '', value.kind);
  if (mapping === undefined) {
    throw new CommandError(`resource mapping not found for name: ${quote(name)} namespace: ${quote(namespace)} from ${quote(source)}: no matches for kind ${quote(value.kind)} in version ${quote(value.apiVersion ?? '')}\nensure CRDs are installed first`);
  }
  if (options.local === true) return { mapping, namespace, name, source, object: value };
  return withNamespace(k, { mapping, namespace, name, source, object: value });
}

function guessMapping(value: Any): Mapping {
  const [group, version] = value.apiVersion.includes('/') ? value.apiVersion.split('/') : ['', value.apiVersion];
  return { group, version, resource: `${value.kind.toLowerCase()}s`, singular: value.kind.toLowerCase(), kind: value.kind, namespaced: true, shortNames: [], categories: [], verbs: [], subresources: [] };
}

function withNamespace(k: Kubectl, info: Info): Info {
  if (!info.mapping.namespaced) {
    if (info.namespace === '') return info;
    const { namespace: _, ...metadata } = info.object.metadata;
    return { ...info, namespace: '', object: { ...info.object, metadata } };
  }
  if (info.namespace === '') {
    return { ...info, namespace: k.namespace, object: { ...info.object, metadata: { ...info.object.metadata, namespace: k.namespace } } };
  }
  if (k.target.namespaceGiven && info.namespace !== k.namespace) {
    throw new CommandError(`the namespace from the provided object "${info.namespace}" does not match the namespace "${k.namespace}". You must pass '--namespace=${info.namespace}' to perform this operation.`);
  }
  return info;
}

/** Asks the server's OpenAPI whether the kind knows fieldValidation, as kubectl does before it trusts the server with validation. */
function* verifySupport(k: Kubectl, value: Any, source: string): Task<void> {
  const group = value.apiVersion.includes('/') ? `apis/${value.apiVersion}` : `api/${value.apiVersion}`;
  try {
    if (!k.openapiSeen.has('')) k.openapiSeen.set('', yield* k.call('GET', '/openapi/v3', { query: { timeout: '32s' } }));
    if (k.openapiSeen.has(group)) return;
    const root: Any = k.openapiSeen.get('');
    const url: string | undefined = root?.paths?.[group]?.serverRelativeURL;
    if (url === undefined) return;
    k.openapiSeen.set(group, yield* k.call('GET', url, { query: { timeout: '32s' } }));
  } catch (error) {
    if (error instanceof ApiError) {
      // A server without OpenAPI v3: the request itself will tell.
      k.openapiSeen.set('', k.openapiSeen.get('') ?? {});
      return;
    }
    throw new CommandError(`error validating "${source}": error validating data: failed to download openapi: ${messageOf(error)}; if you choose to ignore these errors, turn validation off with --validate=false`);
  }
}

export function validationOf(k: Kubectl): 'strict' | 'warn' | 'ignore' {
  const text = k.flags.string('validate');
  if (text === 'true' || text === 'strict') return 'strict';
  if (text === 'warn') return 'warn';
  if (text === 'false' || text === 'ignore') return 'ignore';
  throw new CommandError(`invalid - validate option ${quote(text)}`);
}

export function fieldValidation(mode: 'strict' | 'warn' | 'ignore'): string {
  return mode === 'strict' ? 'Strict' : mode === 'warn' ? 'Warn' : 'Ignore';
}

export function dryRunOf(k: Kubectl): 'none' | 'client' | 'server' {
  const text = k.flags.string('dry-run');
  if (text === 'client' || text === 'server' || text === 'none') return text;
  if (text === 'unchanged') {
    k.klog('W', 'helpers.go:719] --dry-run is deprecated and can be replaced with --dry-run=client.');
    return 'client';
  }
  const flag = parseBool(text);
  if (flag !== undefined) {
    const instead = flag ? 'client' : 'none';
    k.klog('W', `helpers.go:733] --dry-run=${text} is deprecated (boolean value) and can be replaced with --dry-run=${instead}.`);
    return instead;
  }
  throw new CommandError(`Invalid dry-run value (${text}). Must be "none", "server", or "client".`);
}

/** ` (dry run)` or ` (server dry run)` behind what was done. */
export function dryRunSuffix(mode: 'none' | 'client' | 'server'): string {
  return mode === 'client' ? ' (dry run)' : mode === 'server' ? ' (server dry run)' : '';
}
