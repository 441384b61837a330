// kubectl explain: the structure of a kind, from the server's OpenAPI v3 document.
import type { Task } from '../../../kernel/task.ts';
import { flag } from '../flags.ts';
import type { Command } from '../command.ts';
import { CommandError, NoResourceMatch, SilentExit } from '../errors.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import type { Mapping } from '../discovery.ts';

export const explainCommand: Command = {
  name: 'explain',
  use: 'explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2] [options]',
  short: 'Get documentation for a resource',
  examples: '  # The fields of a pod\n  kubectl explain pods\n\n  # One field\n  kubectl explain pod.spec.containers',
  flags: [flag.string('api-version', 'Use given api-version (group/version) of the resource.'), flag.string('output', 'Format in which to render the schema.', { value: 'plaintext', short: 'o' }), flag.bool('recursive', 'When true, print the name of all the fields recursively.')],
  *run(k, flags) {
    if (flags.args.length === 0) throw new CommandError('You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.');
    if (flags.args.length > 1) throw new CommandError('We accept only this format: explain RESOURCE');
    if (!['plaintext', 'plaintext-openapiv2'].includes(flags.string('output'))) throw new CommandError(`unrecognized format: ${flags.string('output')}`);
    const { type, path } = yield* splitType(k, flags.args[0] as string);
    let mapping: Mapping;
    try {
      mapping = yield* k.discovery.find(type);
    } catch (error) {
      // explain says this without the usual prefix.
      if (!(error instanceof NoResourceMatch)) throw error;
      k.err(error.message);
      throw new SilentExit(1);
    }
    if (flags.string('api-version') !== '') {
      const [group, version] = flags.string('api-version').includes('/') ? (flags.string('api-version').split('/') as [string, string]) : ['', flags.string('api-version')];
      const found = (yield* k.discovery.resources()).find((each) => each.group === group && each.version === version && each.resource === mapping.resource);
      if (found === undefined) throw new CommandError(`couldn't find resource for "${group}/${version}, Resource=${mapping.resource}"`);
      mapping = found;
    }
    const folder = mapping.group === '' ? `api/${mapping.version}` : `apis/${mapping.group}/${mapping.version}`;
    const root: Any = yield* k.call('GET', '/openapi/v3', { query: { timeout: '32s' } });
    const url: string | undefined = root?.paths?.[folder]?.serverRelativeURL;
    if (url === undefined) throw new CommandError(`couldn't find resource for "${mapping.group}/${mapping.version}, Kind=${mapping.kind}"`);
    const document: Any = yield* k.call('GET', url, { query: { timeout: '32s' } });
    const schemas: Any = document?.components?.schemas ?? {};
    const schema = Object.values(schemas).find((each: Any) => (each['x-kubernetes-group-version-kind'] ?? []).some((gvk: Any) => gvk.group === mapping.group && gvk.version === mapping.version && gvk.kind === mapping.kind)) as Any;
    if (schema === undefined) throw new CommandError(`couldn't find resource for "${mapping.group}/${mapping.version}, Kind=${mapping.kind}"`);
    k.out(explain(k, schemas, schema, path, mapping, flags.bool('recursive')));
  },
};

/**
 * `deployments.apps.spec`: a resource, with its group perhaps, then the field path. As kubectl's pkg/explain: of those that go by the first name the first whose
 * name and group the argument begins with, so that `nodes.metrics.k8s.io` are fields of the core's nodes.
 */
function* splitType(k: Kubectl, argument: string): Task<{ type: string; path: string[] }> {
  const [name = '', ...rest] = argument.split('.');
  const lower = name.toLowerCase();
  const resources = yield* k.discovery.resources();
  const named = resources.filter((each) => each.resource === lower || each.singular === lower || each.shortNames.includes(lower));
  const found = named.map(({ resource, group }) => (group === '' ? resource : `${resource}.${group}`)).find((each) => argument.startsWith(each));
  if (found === undefined) return { type: name, path: rest };
  return { type: found, path: argument.slice(found.length).split('.').slice(1) };
}

function resolve(schemas: Any, schema: Any): Any {
  let current = schema;
  let description: string | undefined;
  for (let i = 0; i < 10; i++) {
    const ref: string | undefined = current?.$ref ?? current?.allOf?.[0]?.$ref;
    if (ref === undefined) break;
    description ??= current.description;
    const next = schemas[ref.replace('#/components/schemas/', '')];
    if (next === undefined) break;
    current = next;
  }
  return description === undefined || description === '' ? current : { ...current, fieldDescription: description };
}

function typeOf(schemas: Any, schema: Any): string {
  const ref: string | undefined = schema?.$ref ?? schema?.allOf?.[0]?.$ref;
  if (ref !== undefined) {
    const target = schemas[ref.replace('#/components/schemas/', '')];
    if (target?.type === undefined || target.type === 'object') return target?.properties === undefined && target?.type !== 'object' && target?.type !== undefined ? target.type : nameOfRef(ref, target);
    return ref.endsWith('.Time') || ref.endsWith('.Quantity') || ref.endsWith('.IntOrString') || ref.endsWith('.MicroTime') ? (ref.endsWith('Time') ? target.type : nameOfRef(ref, target)) : target.type;
  }
  if (schema?.type === 'array') return `[]${typeOf(schemas, schema.items)}`;
  if (schema?.type === 'object' && schema.additionalProperties !== undefined && typeof schema.additionalProperties === 'object') return `map[string]${typeOf(schemas, schema.additionalProperties)}`;
  if (schema?.['x-kubernetes-int-or-string'] === true) return 'IntOrString';
  if (schema?.type === 'object' || schema?.properties !== undefined) return 'Object';
  return schema?.type ?? 'Object';
}
const nameOfRef = (ref: string, target: Any): string => (target === undefined ? 'Object' : (ref.split('.').pop() as string));

/** Through lists and maps to what holds fields. */
function fieldsOf(schemas: Any, schema: Any): Any {
  let current = resolve(schemas, schema);
  for (let i = 0; i < 10; i++) {
    if (current?.type === 'array') current = resolve(schemas, current.items);
    else if (current?.type === 'object' && current.properties === undefined && typeof current.additionalProperties === 'object') current = resolve(schemas, current.additionalProperties);
    else break;
  }
  return current;
}

function explain(k: Kubectl, schemas: Any, root: Any, path: readonly string[], mapping: { group: string; version: string; kind: string }, recursive: boolean): string {
  let out = mapping.group === '' ? '' : `GROUP:      ${mapping.group}\n`;
  out += `KIND:       ${mapping.kind}\nVERSION:    ${mapping.version}\n\n`;
  let schema = root;
  const walked: string[] = [];
  for (const name of path) {
    const fields = fieldsOf(schemas, schema);
    const next = fields?.properties?.[name];
    if (next === undefined) {
      k.out(out);
      throw new CommandError(`field "${path.at(-1) ?? name}" does not exist`);
    }
    schema = next;
    walked.push(name);
  }
  const inner = fieldsOf(schemas, schema);
  if (path.length > 0) {
    const last = walked[walked.length - 1] as string;
    out += `FIELD: ${last} <${typeOf(schemas, schema)}>\n${enumText(resolve(schemas, schema)) || '\n'}\n`;
  }
  out += 'DESCRIPTION:\n';
  const resolved = resolve(schemas, schema);
  const descriptions = [resolved?.fieldDescription ?? schema.description, resolved?.fieldDescription !== undefined && inner !== undefined ? inner.description : undefined, schema.type === 'array' || schema.type === 'object' ? (inner === resolved ? undefined : inner?.description) : undefined].filter((each): each is string => typeof each === 'string' && each !== '');
  out += descriptions.length === 0 ? (typeof resolved?.description === 'string' && resolved.description !== '' ? wrap(resolved.description, 4) : '    <empty>') : [...new Set(descriptions)].map((each) => wrap(each, 4)).join('\n');
  out += out.endsWith('<empty>') ? '\n' : '\n    \n';
  if (inner?.properties !== undefined) out += `FIELDS:\n${fieldLines(schemas, inner, 2, recursive, new Set())}`;
  // A list of fields with their descriptions ends with a line more.
  return `${out.replace(/\n+$/, '\n')}${inner?.properties !== undefined && !recursive ? '\n\n' : '\n'}`;
}

function enumText(schema: Any): string {
  if (!Array.isArray(schema?.enum)) return '';
  return `ENUM:\n${schema.enum.map((each: string) => `    ${each}`).join('\n')}\n`;
}

function fieldLines(schemas: Any, schema: Any, indent: number, recursive: boolean, seen: ReadonlySet<unknown>): string {
  let out = '';
  const pad = ' '.repeat(indent);
  for (const name of Object.keys(schema.properties).sort()) {
    const field = schema.properties[name];
    const resolved = resolve(schemas, field);
    out += `${pad}${name}\t<${typeOf(schemas, field)}>${(schema.required ?? []).includes(name) ? ' -required-' : ''}\n`;
    if (Array.isArray(resolved?.enum)) out += `${pad}enum: ${resolved.enum.length > 4 ? `${resolved.enum.slice(0, 4).map(shown).join(', ')}, ....` : resolved.enum.map(shown).join(', ')}\n`;
    if (!recursive) {
      const description = field.description;
      out += `${typeof description === 'string' && description !== '' ? wrap(description, indent + 2) : `${pad}  <no description>`}\n\n`;
      continue;
    }
    const inner = fieldsOf(schemas, field);
    if (inner?.properties !== undefined && !seen.has(inner)) out += fieldLines(schemas, inner, indent + 2, true, new Set([...seen, inner]));
  }
  return out;
}

const shown = (value: string): string => (value === '' ? '""' : value);

/** Words in lines of 80 columns; the description's own line breaks stay. */
function wrap(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    // Two blanks between sentences stay two, unless the line ends there.
    for (const [, gap = '', word = ''] of paragraph.matchAll(/(\s*)(\S+)/g)) {
      if (line !== '' && line.length + gap.length + word.length > 80 - indent) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : line + gap + word;
    }
    lines.push(line);
  }
  return lines.map((line) => (line === '' ? '' : pad + line)).join('\n');
}
