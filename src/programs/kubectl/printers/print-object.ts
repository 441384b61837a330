// `-o`: one printer per format, chosen by the flags (cli-runtime's PrintFlags).
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import { CommandError, messageOf } from '../errors.ts';
import { inStructOrder } from '../go-order.ts';
import { goJson, goJsonIndent, goSyntax, quote } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { printCustomColumns } from './custom-columns.ts';
import { goValue } from '../../../api/meta/go-value.ts';
import { GoTemplate, TemplateError } from './go-template.ts';
import { JsonPath, printJsonPath } from './jsonpath.ts';

const plainFormats = 'go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml';
export const getFormats = 'custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml';

/** Prints one object (or List) as text. */
export type ObjectPrinter = (object: Any) => string;

/** The printer of `-o`; undefined without one (and for `wide`). Throws CommandError for unknown formats. */
export function objectPrinter(k: Kubectl, formats = plainFormats): ObjectPrinter | undefined {
  let format = k.flags.string('output');
  let template = k.flags.has('template') ? k.flags.string('template') : '';
  if (format === '' && template !== '') format = 'go-template';
  if (format === '' || (format === 'wide' && formats === getFormats)) return undefined;
  const equals = format.indexOf('=');
  let kind = equals < 0 ? format : format.slice(0, equals);
  const inline = equals < 0 ? undefined : format.slice(equals + 1);
  if (!formats.split(',').includes(kind)) {
    // `-o jsonpath={...}` and the old `-o template` aside, the whole text is the format.
    throw new CommandError(`unable to match a printer suitable for the output format ${quote(format)}, allowed formats are: ${formats}`);
  }
  if (inline !== undefined) template = inline;
  // Templates and paths see managed fields: only what prints JSON or YAML leaves them out.
  const clean = (object: Any): Any => (k.flags.has('show-managed-fields') && k.flags.bool('show-managed-fields') ? object : withoutManagedFields(object));
  let printed = 0;
  switch (kind) {
    case 'json':
      return (object) => goJsonIndent(clean(object)) + '\n';
    case 'yaml':
      return (object) => (printed++ > 0 ? '---\n' : '') + printYaml(clean(object));
    case 'kyaml':
      return (object) => `---\n${kyaml(clean(object), '')}\n`;
    case 'name':
      return (object) => namesOf(object).map((name) => `${name}\n`).join('');
  }
  if (kind.endsWith('file') || kind.endsWith('-file')) {
    const text = k.host.disk.readText(template.startsWith('/') ? template : `${k.host.env['PWD'] ?? ''}/${template}`);
    if (text === undefined) throw new CommandError(`error reading ${kind === 'jsonpath-file' ? 'jsonpath' : '--template'} ${template}, open ${template}: no such file or directory`);
    template = text;
    kind = kind.replace(/-?file$/, '');
  }
  if (kind === 'custom-columns') {
    if (template === '') throw new CommandError('custom-columns format specified but no custom columns given');
    return (object) => printCustomColumns(template, object, k.flags.has('no-headers') && k.flags.bool('no-headers'));
  }
  if (template === '') throw new CommandError('template format specified but no template given');
  if (kind === 'jsonpath' || kind === 'jsonpath-as-json') return jsonPathPrinter(k, template, kind === 'jsonpath-as-json');
  let parsed: GoTemplate;
  try {
    parsed = new GoTemplate(template, k.flags.has('allow-missing-template-keys') && !k.flags.bool('allow-missing-template-keys'));
  } catch (error) {
    throw new CommandError(`error parsing template ${template}, template: output:1: ${messageOf(error)}`);
  }
  return (object) => {
    try {
      return parsed.execute(object);
    } catch (error) {
      const at = error instanceof TemplateError ? error.at : undefined;
      const column = at === undefined ? '' : `:${Math.max(0, template.indexOf(at))}`;
      const problem = `template: output:1${column}: executing "output" at <${at ?? template}>: ${messageOf(error)}`;
      if (at !== undefined) k.out(`Error executing template: ${problem}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\traw data was:\n\t\t${goJson(object)}\n\tobject given to template engine was:\n\t\t${goValue(object)}\n\n`);
      throw new CommandError(`error executing template ${quote(template)}: ${problem}`);
    }
  };
}

function jsonPathPrinter(k: Kubectl, template: string, asJson: boolean): ObjectPrinter {
  let path: JsonPath;
  try {
    path = new JsonPath(template, !k.flags.has('allow-missing-template-keys') || k.flags.bool('allow-missing-template-keys'));
  } catch (error) {
    throw new CommandError(`error parsing jsonpath ${template}, ${messageOf(error)}`);
  }
  if (asJson) return (object) => path.findResults(object).map((results) => `${goJsonIndent(results)}\n`).join('');
  return (object) => printJsonPath(path, template, object, goSyntax);
}

export function withoutManagedFields(object: Any): Any {
  if (object === null || typeof object !== 'object') return object;
  let result = object;
  if (Array.isArray(result.items) && typeof result.kind === 'string' && result.kind.endsWith('List')) result = { ...result, items: result.items.map(withoutManagedFields) };
  if (result.metadata?.managedFields === undefined) return result;
  const { managedFields: _, ...metadata } = result.metadata;
  return { ...result, metadata };
}

/** `deployment.apps/web` of an object, or of each item of a List. */
export function namesOf(object: Any): string[] {
  if (Array.isArray(object?.items) && String(object.kind ?? '').endsWith('List')) return object.items.flatMap(namesOf);
  return [nameOf(object)];
}

export function nameOf(object: Any): string {
  const apiVersion = String(object.apiVersion ?? '');
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const kind = String(object.kind ?? '').toLowerCase();
  const name = object.metadata?.name;
  return `${group === '' ? kind : `${kind}.${group}`}/${name === undefined || name === '' ? '<unknown>' : name}`;
}

/** What create, apply, scale... say: `deployment.apps/web created`, or the object with -o. */
export class ResultPrinter {
  private readonly k: Kubectl;
  private readonly printer: ObjectPrinter | undefined;
  /** `typed`: kubectl made the object of a Go type itself, whose fields keep their order in JSON. */
  constructor(k: Kubectl, typed = false) {
    this.k = k;
    this.printer = typed && k.flags.string('output') === 'json' ? (object) => goJsonIndent(inStructOrder(withoutManagedFields(object)), false) + '\n' : objectPrinter(k);
  }
  get silent(): boolean {
    return this.printer !== undefined;
  }
  print(object: Any, operation: string): void {
    if (this.printer !== undefined) this.k.out(this.printer(object));
    else this.k.line(`${nameOf(object)} ${operation}`);
  }
}

/** KYAML: YAML in JSON's clothes, with unquoted keys and trailing commas. */
export function kyaml(value: unknown, pad: string): string {
  const inner = `${pad}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every((item) => item !== null && typeof item === 'object' && !Array.isArray(item))) return `[${value.map((item) => kyaml(item, pad)).join(', ')}]`;
    return `[\n${value.map((item) => `${inner}${kyaml(item, inner)},\n`).join('')}${pad}]`;
  }
  if (value !== null && typeof value === 'object') {
    const map = value as Record<string, unknown>;
    const keys = Object.keys(map).filter((key) => map[key] !== undefined).sort();
    if (keys.length === 0) return '{}';
    return `{\n${keys.map((key) => `${inner}${/^[A-Za-z_][\w./-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key) ? key : JSON.stringify(key)}: ${kyaml(map[key], inner)},\n`).join('')}${pad}}`;
  }
  return value === undefined ? 'null' : JSON.stringify(value);
}
