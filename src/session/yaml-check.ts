// Holds a text against the structure of the API, with the place of every problem: what the editor underlines, and what may be written where.
// Our own words; `key` and `params` let the page say them in its language.
import { definitionOf, findDefinition, findKindDefinition, type Definition, type Field, type Shape } from '../api/meta/structure.ts';
import { enumOf } from '../api/meta/rare-facts.ts';
import { parseYamlNodes, toValue, YamlError, type YamlNode } from '../api/yaml/parse-yaml.ts';

export interface YamlProblem {
  /** All from 1. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

const mostProblems = 50;

class Checker {
  readonly problems: YamlProblem[] = [];

  add(node: YamlNode, key: string, message: string, params: Readonly<Record<string, string | number>>, severity: 'error' | 'warning' = 'error'): void {
    if (this.problems.length >= mostProblems) return;
    const { start } = node;
    const oneLine = node.kind === 'scalar' && node.end.line === start.line;
    this.problems.push({
      line: start.line + 1,
      column: start.column + 1,
      endLine: oneLine ? node.end.line + 1 : start.line + 1,
      endColumn: oneLine ? Math.max(node.end.column + 1, start.column + 2) : start.column + 2,
      severity,
      message,
      key,
      params,
    });
  }

  document(node: YamlNode): void {
    if (node.kind === 'scalar' && toValue(node) === null) return;
    if (node.kind !== 'mapping') return this.add(node, 'yaml.not-an-object', 'an object is expected: apiVersion, kind, metadata', {});
    const apiVersion = textOf(child(node, 'apiVersion'));
    const kind = textOf(child(node, 'kind'));
    if (apiVersion === undefined) this.add(node, 'yaml.missing-field', 'apiVersion is missing', { field: 'apiVersion' });
    if (kind === undefined) this.add(node, 'yaml.missing-field', 'kind is missing', { field: 'kind' });
    if (apiVersion === undefined || kind === undefined) return;
    if (kind === 'List') {
      const items = child(node, 'items');
      if (items?.kind === 'sequence') for (const item of items.items) this.document(item);
      return;
    }
    const definition = findKindDefinition(apiVersion, kind);
    if (definition === undefined) {
      this.add(child(node, 'kind') ?? node, 'yaml.unknown-kind', `no matches for kind "${kind}" in version "${apiVersion}"`, { kind, apiVersion }, 'warning');
      return;
    }
    this.struct(node, definition, '');
    const metadata = child(node, 'metadata');
    const name = metadata === undefined ? undefined : (child(metadata, 'name') ?? child(metadata, 'generateName'));
    if (name === undefined) this.add(metadata ?? node, 'yaml.missing-field', 'metadata.name is missing', { field: 'metadata.name' });
  }

  private struct(node: YamlNode & { readonly kind: 'mapping' }, definition: Definition, path: string): void {
    const seen = new Set<string>();
    for (const { key, value } of node.entries) {
      const name = key.kind === 'scalar' ? key.text : '';
      if (name === '<<') continue;
      const field = definition.fields.get(name);
      const here = path === '' ? name : `${path}.${name}`;
      if (seen.has(name)) this.add(key, 'yaml.duplicate-field', `key "${name}" already set in map`, { field: here });
      seen.add(name);
      if (field === undefined) {
        const near = nearest(name, definition.fields.keys());
        this.add(key, near === undefined ? 'yaml.unknown-field' : 'yaml.unknown-field-near', `unknown field "${here}"${near === undefined ? '' : `, did you mean "${near}"?`}`, near === undefined ? { field: here } : { field: here, near });
      } else this.value(value, field.shape, here);
    }
    // A node that stands for a reference may be empty; what is required is only asked of structs that were begun.
    for (const field of definition.fields.values()) {
      if (!field.required || seen.has(field.name) || node.entries.length === 0) continue;
      if (path === '' && field.name === 'metadata') continue;
      const here = path === '' ? field.name : `${path}.${field.name}`;
      if (path.startsWith('status')) continue;
      this.add(node, 'yaml.missing-field', `${here} is missing`, { field: here });
    }
  }

  private value(node: YamlNode, shape: Shape, path: string): void {
    if (node.kind === 'scalar' && toValue(node) === null) return;
    switch (shape.kind) {
      case 'struct': {
        const definition = findDefinition(shape.definition) ?? definitionOf(shape.definition);
        if (node.kind === 'mapping') this.struct(node, definition, path);
        else this.wrong(node, path, 'object');
        return;
      }
      case 'list':
        if (node.kind === 'sequence') node.items.forEach((item, index) => this.value(item, shape.items, `${path}[${index}]`));
        else this.wrong(node, path, 'list');
        return;
      case 'map':
        if (node.kind === 'mapping') for (const { key, value } of node.entries) this.value(value, shape.values, `${path}.${key.kind === 'scalar' ? key.text : ''}`);
        else this.wrong(node, path, 'object');
        return;
      default:
        this.scalar(node, shape.kind, path);
    }
  }

  private scalar(node: YamlNode, kind: Exclude<Shape['kind'], 'struct' | 'list' | 'map'>, path: string): void {
    if (kind === 'any' || kind === 'raw-extension' || kind === 'fields') return;
    const value = node.kind === 'scalar' ? toValue(node) : undefined;
    const type = typeof value;
    const isNumber = type === 'number';
    switch (kind) {
      case 'string':
      case 'bytes':
      case 'time':
      case 'micro-time':
        if (type !== 'string') this.wrong(node, path, 'string');
        return;
      case 'boolean':
        if (type !== 'boolean') this.wrong(node, path, 'boolean');
        return;
      case 'int32':
      case 'int64':
        if (!isNumber || !Number.isInteger(value)) this.wrong(node, path, 'integer');
        return;
      case 'double':
        if (!isNumber) this.wrong(node, path, 'number');
        return;
      case 'quantity':
        if (type !== 'string' && !isNumber) this.wrong(node, path, 'quantity');
        else if (!/^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/.test(String(value))) this.wrong(node, path, 'quantity');
        return;
      case 'int-or-string':
        if (type !== 'string' && !isNumber) this.wrong(node, path, 'integer or string');
        return;
    }
  }

  private wrong(node: YamlNode, path: string, type: string): void {
    const is = node.kind === 'scalar' ? typeNameOf(toValue(node)) : node.kind === 'mapping' ? 'object' : 'list';
    this.add(node, 'yaml.wrong-type', `${path} must be ${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}, not ${/^[aeio]/.test(is) ? 'an' : 'a'} ${is}`, { field: path, type, is });
  }
}

function typeNameOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function child(node: YamlNode, name: string): YamlNode | undefined {
  if (node.kind !== 'mapping') return undefined;
  for (const { key, value } of node.entries) if (key.kind === 'scalar' && key.text === name) return value;
  return undefined;
}

function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && node.text !== '' ? node.text : undefined;
}

/** The field that was probably meant: at most two letters away. */
function nearest(name: string, fields: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = name.length < 5 ? 2 : 3;
  for (const field of fields) {
    const far = distance(name.toLowerCase(), field.toLowerCase(), least);
    if (far < least) {
      least = far;
      best = field;
    }
  }
  return best;
}

function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] as number;
}

export function checkYaml(text: string): { readonly problems: readonly YamlProblem[] } {
  const checker = new Checker();
  try {
    for (const node of parseYamlNodes(text)) checker.document(node);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const { line, column } = error.mark;
    checker.problems.push({ line: line + 1, column: column + 1, endLine: line + 1, endColumn: column + 2, severity: 'error', message: error.problem, key: 'yaml.syntax', params: { problem: error.problem } });
  }
  return { problems: checker.problems };
}

// ---------------------------------------------------------------- completion

export interface Offer {
  readonly label: string;
  readonly insert: string;
  readonly detail?: string;
}

interface Line {
  readonly indent: number;
  /** Column where the key stands: behind the dashes. */
  readonly keyColumn: number;
  readonly key: string;
  readonly isItem: boolean;
}

function readLine(text: string): Line | undefined {
  const match = /^(\s*)((?:-\s+)*)([^\s:#][^:]*)?(:.*)?$/.exec(text.replace(/\s+$/, ''));
  if (match === null || text.trim() === '' || text.trim().startsWith('#')) return undefined;
  const indent = (match[1] as string).length;
  const dashes = match[2] as string;
  return { indent, keyColumn: indent + dashes.length, key: match[4] === undefined ? '' : (match[3] ?? '').replace(/^["']|["']$/g, ''), isItem: dashes !== '' };
}

/** What may be written at a place, told from the indentation of the lines above: an unfinished text need not parse. */
export function completeYaml(text: string, lineNumber: number, column: number): readonly Offer[] {
  const all = text.split('\n');
  let first = lineNumber - 1;
  while (first > 0 && !(all[first - 1] as string).startsWith('---')) first--;
  let last = lineNumber;
  while (last < all.length && !(all[last] as string).startsWith('---')) last++;
  const lines = all.slice(first, last);
  const at = lineNumber - 1 - first;
  const current = (lines[at] ?? '').slice(0, column - 1);
  const whole = lines.join('\n');
  const apiVersion = /^apiVersion:\s*["']?([^\s"'#]+)/m.exec(whole)?.[1];
  const kind = /^kind:\s*["']?([^\s"'#]+)/m.exec(whole)?.[1];
  const valueOf = /^\s*(?:-\s+)*([A-Za-z0-9_.$/-]+):\s+\S*$/.exec(current);
  const dash = /^(\s*)((?:-\s+)*)/.exec(current) as RegExpExecArray;
  const keyColumn = (dash[1] as string).length + (dash[2] as string).length;
  const definition = apiVersion === undefined || kind === undefined ? undefined : findKindDefinition(apiVersion, kind);
  const path = pathTo(lines, at, keyColumn, dash[2] !== '');
  const home = definition === undefined ? undefined : walk(definition, path);
  if (valueOf !== null) return offerValues(home, valueOf[1] as string, path.length === 0);
  if (definition === undefined) return path.length > 0 ? [] : [{ label: 'apiVersion', insert: 'apiVersion: ' }, { label: 'kind', insert: 'kind: ' }, { label: 'metadata', insert: 'metadata:\n  name: ' }, { label: 'spec', insert: 'spec:\n  ' }];
  if (home === undefined) return [];
  const used = siblings(lines, at, keyColumn);
  return [...home.fields.values()]
    .filter((field) => !used.has(field.name) && field.name !== 'status' && field.name !== 'managedFields')
    .sort((a, b) => Number(b.required) - Number(a.required) || (a.name < b.name ? -1 : 1))
    .map((field) => ({ label: field.name, insert: insertOf(field, keyColumn), detail: `${describe(field.shape)}${field.required ? ', required' : ''}` }));
}

/** Keys from the root of the document down to the map that column belongs to. */
function pathTo(lines: readonly string[], at: number, keyColumn: number, isItem: boolean): readonly string[] {
  const path: string[] = [];
  let limit = isItem ? ((/^\s*/.exec(lines[at] ?? '') as RegExpExecArray)[0] ?? '').length + 0.5 : keyColumn;
  for (let n = at - 1; n >= 0 && limit > 0; n--) {
    const line = readLine(lines[n] as string);
    if (line === undefined) continue;
    if (line.isItem && line.indent < limit && line.keyColumn >= limit) {
      // This item is where we stand: its list's key is what matters next.
      limit = line.indent + 0.5;
      continue;
    }
    if (line.keyColumn < limit && line.key !== '') {
      path.unshift(line.key);
      limit = line.isItem ? line.indent + 0.5 : line.keyColumn;
    }
  }
  return path;
}

function siblings(lines: readonly string[], at: number, keyColumn: number): ReadonlySet<string> {
  const used = new Set<string>();
  for (const step of [-1, 1]) {
    for (let n = at + step; n >= 0 && n < lines.length; n += step) {
      const line = readLine(lines[n] as string);
      if (line === undefined) continue;
      if (line.keyColumn < keyColumn) break;
      if (step === 1 && line.isItem && line.indent < keyColumn) break;
      if (line.keyColumn === keyColumn) used.add(line.key);
      if (step === -1 && line.isItem && line.indent < keyColumn) break;
    }
  }
  return used;
}

function walk(root: Definition, path: readonly string[]): Definition | undefined {
  let definition: Definition | undefined = root;
  for (const name of path) {
    let shape: Shape | undefined = definition?.fields.get(name)?.shape;
    while (shape !== undefined && (shape.kind === 'list' || shape.kind === 'map')) shape = shape.kind === 'list' ? shape.items : shape.values;
    if (shape?.kind !== 'struct') return undefined;
    definition = findDefinition(shape.definition);
  }
  return definition;
}

function offerValues(home: Definition | undefined, name: string, atRoot: boolean): readonly Offer[] {
  if (atRoot && name === 'kind') return commonKinds.map(([kind]) => ({ label: kind, insert: kind }));
  if (atRoot && name === 'apiVersion') return [...new Set(commonKinds.map(([, version]) => version))].map((version) => ({ label: version, insert: version }));
  const field = home?.fields.get(name);
  const values = home === undefined || field === undefined ? undefined : enumOf(home, field);
  if (values !== undefined) return values.map((value) => ({ label: value, insert: value }));
  return field?.shape.kind === 'boolean' ? [{ label: 'true', insert: 'true' }, { label: 'false', insert: 'false' }] : [];
}

const commonKinds: readonly (readonly [kind: string, apiVersion: string])[] = [
  ['Deployment', 'apps/v1'], ['Service', 'v1'], ['Pod', 'v1'], ['ConfigMap', 'v1'], ['Secret', 'v1'], ['Namespace', 'v1'], ['StatefulSet', 'apps/v1'], ['DaemonSet', 'apps/v1'],
  ['ReplicaSet', 'apps/v1'], ['Job', 'batch/v1'], ['CronJob', 'batch/v1'], ['Ingress', 'networking.k8s.io/v1'], ['NetworkPolicy', 'networking.k8s.io/v1'], ['ServiceAccount', 'v1'],
  ['Role', 'rbac.authorization.k8s.io/v1'], ['RoleBinding', 'rbac.authorization.k8s.io/v1'], ['ClusterRole', 'rbac.authorization.k8s.io/v1'], ['ClusterRoleBinding', 'rbac.authorization.k8s.io/v1'],
  ['PersistentVolumeClaim', 'v1'], ['HorizontalPodAutoscaler', 'autoscaling/v2'], ['PodDisruptionBudget', 'policy/v1'],
];

function insertOf(field: Field, keyColumn: number): string {
  const inner = ' '.repeat(keyColumn + 2);
  if (field.shape.kind === 'struct' || field.shape.kind === 'map') return `${field.name}:\n${inner}`;
  if (field.shape.kind === 'list') return `${field.name}:\n${' '.repeat(keyColumn)}- `;
  return `${field.name}: `;
}

function describe(shape: Shape): string {
  switch (shape.kind) {
    case 'struct':
      return shape.definition.slice(shape.definition.lastIndexOf('.') + 1);
    case 'list':
      return `list of ${describe(shape.items)}`;
    case 'map':
      return `map of ${describe(shape.values)}`;
    default:
      return shape.kind;
  }
}
