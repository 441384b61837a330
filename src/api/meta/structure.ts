// The structure of every API object, from the generated text and the facts beside it: looked up by name, read lazily, and never changed.
import { structureRest } from '../generated/structure-rest.ts';
import { structureText } from '../generated/structure-text.ts';
import { wardleStructure } from '../wardle/structure.ts';
import { rareListFacts, rarePointerFacts } from './rare-facts.ts';
import { atomicFacts, granularFacts, listFacts, pointerFacts } from './structure-facts.ts';

export type ScalarKind =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'time'
  | 'micro-time'
  | 'quantity'
  | 'int-or-string'
  /** Any JSON: a schema's default, fieldsV1. */
  | 'any'
  /** A whole object of some other kind. */
  | 'raw-extension'
  | 'fields';

export type Shape =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'struct'; readonly definition: string }
  | { readonly kind: 'list'; readonly items: Shape }
  | { readonly kind: 'map'; readonly values: Shape };

export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
  /** Lists: how server-side apply treats them. Structs and maps: atomic or granular (absent means granular). */
  readonly merge: 'atomic' | 'granular' | 'set' | 'map';
  /** Keys of a list with merge 'map'. */
  readonly keys: readonly string[];
  /** Strategic merge: key of the items; '' when a list of scalars is merged; undefined when the list is replaced. */
  readonly patchKey: string | undefined;
  readonly retainKeys: boolean;
  /** A struct that strategic merge replaces whole. */
  readonly patchReplace: boolean;
  /** Its zero value is kept. */
  readonly pointer: boolean;
}

export interface Definition {
  /** `apps.v1.Deployment` */
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
  readonly atomic: boolean;
  /** Served objects (they have apiVersion, kind, metadata): their kind and group version. */
  readonly object: { readonly group: string; readonly version: string; readonly kind: string } | undefined;
}

const scalarKinds: Readonly<Record<string, ScalarKind>> = {
  s: 'string',
  b: 'boolean',
  i: 'int32',
  l: 'int64',
  d: 'double',
  y: 'bytes',
  t: 'time',
  T: 'micro-time',
  q: 'quantity',
  I: 'int-or-string',
  a: 'any',
  r: 'raw-extension',
  f: 'fields',
};
const scalarShapes = new Map<string, Shape>(Object.entries(scalarKinds).map(([code, kind]) => [code, { kind }]));

/** Packages whose group is not their first part with nothing added. */
const groupNames: Readonly<Record<string, string>> = {
  core: '',
  meta: '',
  rbac: 'rbac.authorization.k8s.io',
  networking: 'networking.k8s.io',
  discovery: 'discovery.k8s.io',
  coordination: 'coordination.k8s.io',
  events: 'events.k8s.io',
  storage: 'storage.k8s.io',
  scheduling: 'scheduling.k8s.io',
  node: 'node.k8s.io',
  authentication: 'authentication.k8s.io',
  authorization: 'authorization.k8s.io',
  certificates: 'certificates.k8s.io',
  admissionregistration: 'admissionregistration.k8s.io',
  flowcontrol: 'flowcontrol.apiserver.k8s.io',
  resource: 'resource.k8s.io',
  apiextensions: 'apiextensions.k8s.io',
  apiregistration: 'apiregistration.k8s.io',
  wardle: 'wardle.example.com',
};

const prefixes: readonly (readonly [start: string, full: string])[] = [
  ['meta.', 'io.k8s.apimachinery.pkg.apis.meta.'],
  ['apiextensions.', 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.'],
  ['apiregistration.', 'io.k8s.kube-aggregator.pkg.apis.apiregistration.'],
  ['wardle.', 'io.k8s.sample-apiserver.pkg.apis.wardle.'],
];

/** `apps.v1.Deployment` to `io.k8s.api.apps.v1.Deployment`. */
export function fullDefinitionName(name: string): string {
  for (const [start, full] of prefixes) if (name.startsWith(start)) return full + name.slice(start.length);
  return `io.k8s.api.${name}`;
}

/** The other way; a short name stays as it is. */
export function shortDefinitionName(name: string): string {
  for (const [start, full] of prefixes) if (name.startsWith(full)) return start + name.slice(full.length);
  return name.startsWith('io.k8s.api.') ? name.slice('io.k8s.api.'.length) : name;
}

const texts = readTexts(structureText);
/** Those that no booting cluster looks up, read when one is asked for: in the page they come with the second chunk. */
const rest: { texts?: ReadonlyMap<string, string>; others?: ReadonlyMap<string, string>; facts?: Facts } = {};
const definitions = new Map<string, Definition>();

/** Everything below is a memo of constant text. */
function readTexts(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    found.set(space < 0 ? line : line.slice(0, space), space < 0 ? '' : line.slice(space + 1));
  }
  return found;
}

function restTexts(): ReadonlyMap<string, string> {
  rest.texts ??= readTexts(structureRest);
  return rest.texts;
}

/** Of kinds that only another server serves: found by name, but none of those that a client of Kubernetes knows. */
function otherTexts(): ReadonlyMap<string, string> {
  rest.others ??= readTexts(wardleStructure);
  return rest.others;
}

function factsByDefinition(text: string): Map<string, readonly string[]> {
  const facts = new Map<string, readonly string[]>();
  for (const line of text.split('\n')) {
    const [name, ...words] = line.split(' ');
    if (name) facts.set(name, words);
  }
  return facts;
}
interface Facts {
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly pointers: ReadonlyMap<string, readonly string[]>;
}
let bootFacts: Facts | undefined;

function restFacts(): Facts {
  rest.facts ??= { lists: factsByDefinition(rareListFacts), pointers: factsByDefinition(rarePointerFacts) };
  return rest.facts;
}
const atomics = new Set(atomicFacts.split(' '));
const granulars = new Set(granularFacts.split(' '));

export function definitionNames(): readonly string[] {
  return [...texts.keys(), ...restTexts().keys()].sort((a, b) => (a < b ? -1 : 1));
}

/** By short or full name. */
export function findDefinition(name: string): Definition | undefined {
  const known = definitions.get(name);
  if (known !== undefined) return known;
  const short = shortDefinitionName(name);
  const text = texts.get(short) ?? restTexts().get(short) ?? otherTexts().get(short);
  if (text === undefined) return undefined;
  const definition = definitions.get(short) ?? readDefinition(short, text);
  definitions.set(short, definition);
  definitions.set(name, definition);
  return definition;
}

export function definitionOf(name: string): Definition {
  const definition = findDefinition(name);
  if (definition === undefined) throw new Error(`no definition ${name}`);
  return definition;
}

function readShape(code: string, home: string): Shape {
  const scalar = scalarShapes.get(code);
  if (scalar !== undefined) return scalar;
  if (code.startsWith('[')) return { kind: 'list', items: readShape(code.slice(1), home) };
  if (code.startsWith('{')) return { kind: 'map', values: readShape(code.slice(1), home) };
  const name = code.slice(1);
  return { kind: 'struct', definition: name.includes('.') ? name : `${home}.${name}` };
}

function readDefinition(name: string, text: string): Definition {
  bootFacts ??= { lists: factsByDefinition(listFacts), pointers: factsByDefinition(pointerFacts) };
  const { lists, pointers } = texts.has(name) ? bootFacts : restFacts();
  const home = name.slice(0, name.lastIndexOf('.'));
  const kind = name.slice(home.length + 1);
  const merges = new Map<string, string>();
  for (const word of lists.get(name) ?? []) {
    const match = /^([^=*~^!]+)(.*)$/.exec(word);
    if (match !== null) merges.set(match[1] ?? '', match[2] ?? '');
  }
  const ownPointers = pointers.get(name) ?? [];
  const anyPointers = bootFacts.pointers.get('*') ?? [];
  const fields = new Map<string, Field>();
  for (const part of text === '' ? [] : text.split(' ')) {
    const colon = part.indexOf(':');
    const required = part.charAt(colon - 1) === '!';
    const fieldName = part.slice(0, required ? colon - 1 : colon);
    const shape = readShape(part.slice(colon + 1), home);
    fields.set(fieldName, readField(name, fieldName, required, shape, merges.get(fieldName), ownPointers.includes(fieldName) || anyPointers.includes(fieldName)));
  }
  const isObject = fields.has('apiVersion') && fields.has('kind');
  const dot = home.lastIndexOf('.');
  const packageName = home.slice(0, dot);
  const object = isObject ? { group: groupNames[packageName] ?? packageName, version: home.slice(dot + 1), kind } : undefined;
  return { name, fields, atomic: atomics.has(name), object };
}

function readField(definition: string, name: string, required: boolean, shape: Shape, facts: string | undefined, pointer: boolean): Field {
  const path = `${definition}.${name}`;
  const keysText = /^=([^*~^!]+)/.exec(facts ?? '')?.[1];
  const strategic = (facts ?? '').includes('*');
  const alone = /~([A-Za-z]+)/.exec(facts ?? '')?.[1];
  const keys = keysText === undefined || keysText === 'set' ? [] : keysText.split(',');
  const merge =
    keysText === 'set' ? 'set' : keys.length > 0 ? 'map' : shape.kind === 'list' || (atomics.has(path) && !granulars.has(path)) ? 'atomic' : shapeMerge(shape, path);
  return {
    name,
    required,
    shape,
    merge,
    keys,
    patchKey: alone ?? (strategic ? (keys[0] ?? '') : undefined),
    retainKeys: (facts ?? '').includes('^'),
    patchReplace: (facts ?? '').includes('!'),
    pointer,
  };
}

function shapeMerge(shape: Shape, path: string): 'atomic' | 'granular' {
  if (granulars.has(path)) return 'granular';
  if (shape.kind === 'struct') return atomics.has(shape.definition) ? 'atomic' : 'granular';
  return shape.kind === 'map' ? 'granular' : 'atomic';
}

let byKind: Map<string, string> | undefined;

/** The definition of a served kind: `findKindDefinition('apps/v1', 'Deployment')`. */
export function findKindDefinition(apiVersion: string, kind: string): Definition | undefined {
  if (byKind === undefined) {
    byKind = new Map();
    for (const [name, text] of [...texts, ...restTexts()]) {
      if (!text.includes('apiVersion:s') || !text.includes('kind:s')) continue;
      const home = name.slice(0, name.lastIndexOf('.'));
      const dot = home.lastIndexOf('.');
      const group = groupNames[home.slice(0, dot)] ?? home.slice(0, dot);
      const version = home.slice(dot + 1);
      byKind.set(`${group === '' ? version : `${group}/${version}`} ${name.slice(home.length + 1)}`, name);
    }
  }
  const name = byKind.get(`${apiVersion} ${kind}`);
  return name === undefined ? undefined : findDefinition(name);
}
