// kubectl get: tables from the server, every other format from the objects, and watching.
import type { Task } from '../../../kernel/task.ts';
import { allNamespacesFlag, fieldSelectorFlag, fileFlags, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { apiVersionOf, kindName } from '../discovery.ts';
import type { Mapping } from '../discovery.ts';
import { explainListError, filesGiven, itemsOf, listAll, listQuery, missingResource, readFiles, resolveWanted } from '../builder.ts';
import type { ListOptions } from '../builder.ts';
import type { ApiStream } from '../../../client/contract.ts';
import { BareError, CommandError, isNetworkError, messageOf, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJsonIndent } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { getFormats, objectPrinter } from '../printers/print-object.ts';
import type { ObjectPrinter } from '../printers/print-object.ts';
import { sortBy } from '../printers/sort.ts';
import { plainTable, writeTable } from '../printers/table.ts';
import type { TableStyle } from '../printers/table.ts';
import { tableOptions, TabWriter } from '../printers/tab-writer.ts';

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

export const getCommand: Command = {
  name: 'get',
  use: 'get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]',
  short: 'Display one or many resources',
  long: 'Display one or many resources.\n\nPrints a table of the most important fields. Narrow the list with a label selector (-l), a field selector, or names;\nwithout -n the namespace of the current context is used, with -A all of them.\n\nUse "kubectl api-resources" for a complete list of supported resources.',
  examples: '  # All pods of the namespace\n  kubectl get pods\n\n  # ... with node and address\n  kubectl get pods -o wide\n\n  # One Deployment as YAML\n  kubectl get deployment web -o yaml\n\n  # A single field of each pod\n  kubectl get pods -o jsonpath=\'{range .items[*]}{.metadata.name}{"\\n"}{end}\'\n\n  # Watch pods change\n  kubectl get pods -w',
  flags: [
    flag.string('output', 'Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, custom-columns-file, wide).', { short: 'o' }),
    flag.string('template', 'Template string or path to template file to use when -o=go-template, -o=go-template-file.'),
    flag.bool('allow-missing-template-keys', 'If true, ignore any errors in templates when a field or map key is missing in the template.', { value: 'true' }),
    flag.bool('show-managed-fields', 'If true, keep the managedFields when printing objects in JSON or YAML format.'),
    ...fileFlags,
    allNamespacesFlag,
    selectorFlag,
    fieldSelectorFlag,
    flag.int('chunk-size', 'Return large lists in chunks rather than all at once. Pass 0 to disable.', { value: '500' }),
    flag.bool('ignore-not-found', 'If set to true, suppresses NotFound error for specific objects that do not exist.'),
    flag.strings('label-columns', 'Accepts a comma separated list of labels that are going to be presented as columns.', { short: 'L' }),
    flag.bool('no-headers', "When using the default or custom-column output format, don't print headers."),
    flag.bool('output-watch-events', 'Output watch event objects when --watch or --watch-only is used.'),
    flag.string('raw', 'Raw URI to request from the server.'),
    flag.bool('server-print', 'If true, have the server return the appropriate table output.', { value: 'true' }),
    flag.bool('show-kind', 'If present, list the resource type for the requested object(s).'),
    flag.bool('show-labels', 'When printing, show all labels as the last column.'),
    flag.string('sort-by', 'If non-empty, sort list types using this field specification.'),
    flag.string('subresource', 'If specified, gets the subresource of the requested object.'),
    flag.bool('watch', 'After listing/getting the requested object, watch for changes.', { short: 'w' }),
    flag.bool('watch-only', 'Watch for changes to the requested object(s), without listing/getting first.'),
  ],
  *run(k, flags) {
    if (flags.string('raw') !== '') {
      const uri = flags.string('raw');
      if (flags.args.length > 0) throw new CommandError('arguments may not be passed when --raw is specified');
      if (!uri.startsWith('/') && !/^[a-z]+:\/\//i.test(uri)) throw new CommandError(`--raw must be a valid URL path: parse ${JSON.stringify(uri)}: invalid URI for request`);
      return yield* raw(k, uri);
    }
    if (flags.args.length === 0 && !filesGiven(k)) {
      k.err('You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n');
      throw new CommandError("Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples");
    }
    if (flags.bool('output-watch-events') && !flags.bool('watch') && !flags.bool('watch-only')) throw new CommandError('--output-watch-events option can only be used with --watch or --watch-only');
    if (flags.string('subresource') !== '' && !filesGiven(k) && flags.args.length === 1 && !(flags.args[0] as string).includes('/')) throw new CommandError('subresource cannot be used when bulk resources are specified');
    const printer = objectPrinter(k, getFormats);
    const options: ListOptions = { selector: flags.string('selector'), fieldSelector: flags.string('field-selector'), allNamespaces: flags.bool('all-namespaces'), chunkSize: flags.int('chunk-size') };
    const requests = yield* plan(k, options);
    if (flags.bool('watch') || flags.bool('watch-only')) {
      throwAll(requests.errors);
      return yield* watch(k, requests.items, options, printer);
    }
    const printing = new Get(k, options, printer);
    if (printer !== undefined) yield* printing.generic(requests.items, requests.single, requests.errors);
    else yield* printing.tables(requests.items, requests.errors);
  },
};

interface Wish {
  readonly mapping: Mapping;
  readonly namespace: string;
  /** '' for a list. */
  readonly name: string;
}

function* plan(k: Kubectl, options: ListOptions): Task<{ items: Wish[]; single: boolean; errors: readonly unknown[] }> {
  if (filesGiven(k)) {
    if (k.flags.args.length > 0) throw new CommandError('when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well');
    const files = yield* filesOf(k, { filenames: k.flags.list('filename'), kustomize: k.flags.string('kustomize'), recursive: k.flags.bool('recursive') });
    if (files.infos.length === 0) throwAll(files.errors.map((each) => new BareError(messageOf(each))));
    if (files.infos.length === 0) throw new CommandError(missingResource);
    // What the files say wrong is told without the usual prefix.
    return { errors: files.errors.map((each) => new BareError(messageOf(each))), items: files.infos.map((info) => ({ mapping: info.mapping, namespace: info.namespace, name: info.name })), single: files.infos.length === 1 && files.errors.length === 0 };
  }
  const wanted = yield* resolveWanted(k, { args: k.flags.args, selector: options.selector ?? '', fieldSelector: options.fieldSelector ?? '', allowEmptySelector: true, allNamespaces: options.allNamespaces === true });
  return { errors: [], items: wanted.items.map((item) => ({ mapping: item.mapping, namespace: options.allNamespaces === true ? '' : k.namespace, name: item.name })), single: wanted.single };
}

/** A kustomization's refusals, too, come without the usual prefix. */
function* filesOf(k: Kubectl, wanted: Parameters<typeof readFiles>[1]): ReturnType<typeof readFiles> {
  try {
    return yield* readFiles(k, wanted);
  } catch (error) {
    throw (wanted.kustomize ?? '') !== '' && error instanceof CommandError ? new BareError(error.message) : error;
  }
}

function* raw(k: Kubectl, uri: string): Task<number> {
  let answer = yield* k.request('GET', uri);
  // The root of a proxied workload is moved to where its relative links work.
  for (let hops = 0; hops < 10 && answer.status >= 300 && answer.headers['location'] !== undefined; hops++) answer = yield* k.request('GET', answer.headers['location']);
  const { body } = answer;
  k.out(typeof body === 'string' ? body : JSON.stringify(body));
  return 0;
}

class Get {
  private readonly k: Kubectl;
  private readonly options: ListOptions;
  private readonly printer: ObjectPrinter | undefined;
  constructor(k: Kubectl, options: ListOptions, printer: ObjectPrinter | undefined) {
    this.k = k;
    this.options = options;
    this.printer = printer;
  }

  private isIgnored(error: unknown): boolean {
    return this.k.flags.bool('ignore-not-found') && (error as { status?: { reason?: string } }).status?.reason === 'NotFound';
  }

  *generic(wishes: readonly Wish[], single: boolean, before: readonly unknown[]): Task<void> {
    const { k } = this;
    const objects: Any[] = [];
    const errors: unknown[] = [...before];
    let list: Any;
    for (const wish of wishes) {
      try {
        if (wish.name !== '') objects.push(yield* k.call('GET', k.path(wish.mapping, wish.namespace, wish.name, k.flags.string('subresource'))));
        else {
          list = yield* listAll(k, wish.mapping, { ...this.options, allNamespaces: wish.namespace === '' });
          objects.push(...itemsOf(list, wish.mapping));
        }
      } catch (error) {
        if (!this.isIgnored(error)) errors.push(error);
      }
    }
    if (objects.length === 0 && (errors.length > 0 || single)) throwAll(errors);
    if (objects.length === 0 && this.k.flags.bool('ignore-not-found') && wishes.every((wish) => wish.name !== '')) return throwAll(errors);
    const print = this.printer as ObjectPrinter;
    const sortField = k.flags.string('sort-by');
    const sorted = sortField === '' ? objects : sortBy(objects, sortField, (object) => object);
    if (single && sorted.length === 1) k.out(print(sorted[0]));
    else k.out(print({ apiVersion: 'v1', items: sorted, kind: 'List', metadata: { resourceVersion: '' } }));
    throwAll(errors);
  }

  *tables(wishes: readonly Wish[], before: readonly unknown[]): Task<void> {
    const { k } = this;
    const errors: unknown[] = [...before];
    const tables: { mapping: Mapping; table: Any }[] = [];
    const sortField = k.flags.string('sort-by');
    for (const wish of wishes) {
      try {
        tables.push({ mapping: wish.mapping, table: yield* fetchTable(k, wish, this.options, sortField !== '') });
      } catch (error) {
        if (!this.isIgnored(error)) errors.push(error);
      }
    }
    const kinds = new Set(wishes.map((wish) => `${wish.mapping.group}/${wish.mapping.kind}`));
    const withKind = k.flags.bool('show-kind') || new Set(tables.filter((each) => (each.table.rows ?? []).length > 0).map((each) => kindName(each.mapping))).size > 1 || (kinds.size > 1 && wishes.every((wish) => wish.name !== '')) || kinds.size > 1;
    let writer = new TabWriter(tableOptions);
    let lastKind = '';
    let written = false;
    for (const each of tables) {
      const rows: Any[] = each.table.rows ?? [];
      if (rows.length === 0) continue;
      const kind = kindName(each.mapping);
      const isNew = kind !== lastKind;
      if (isNew && lastKind !== '') {
        k.out(writer.flush());
        if (!k.flags.bool('no-headers')) k.out('\n');
        writer = new TabWriter(tableOptions);
      }
      let table = each.table;
      if (sortField !== '') {
        const sorted = sortedRows(rows, sortField);
        // As kubectl: a field that no row has leaves nothing to print.
        if (sorted === undefined) continue;
        table = { ...table, rows: sorted };
      }
      writeTable(writer, table, styleOf(k, each.mapping, withKind, this.options.allNamespaces === true), isNew);
      lastKind = kind;
      written = true;
    }
    k.out(writer.flush());
    if (!written && errors.length === 0 && !k.flags.bool('ignore-not-found')) {
      const namespaced = wishes.every((wish) => wish.mapping.namespaced) && this.options.allNamespaces !== true;
      k.err(namespaced ? `No resources found in ${k.namespace} namespace.` : 'No resources found');
    }
    throwAll(errors);
  }
}

function sortedRows(rows: readonly Any[], field: string): Any[] | undefined {
  try {
    return sortBy(rows, field, (row) => row.object);
  } catch (error) {
    if (error instanceof CommandError && error.message.startsWith("couldn't find any field")) return undefined;
    throw error;
  }
}

function styleOf(k: Kubectl, mapping: Mapping, withKind: boolean, allNamespaces: boolean, event?: string): TableStyle {
  return {
    wide: k.flags.string('output') === 'wide',
    noHeaders: k.flags.bool('no-headers'),
    withNamespace: allNamespaces && mapping.namespaced,
    kindPrefix: withKind ? `${kindName(mapping)}/` : '',
    showLabels: k.flags.bool('show-labels'),
    labelColumns: k.flags.list('label-columns'),
    ...(event === undefined ? {} : { event }),
  };
}

function* fetchTable(k: Kubectl, wish: Wish, options: ListOptions, withObjects: boolean): Task<Any> {
  const headers = k.flags.bool('server-print') ? { accept: tableAccept } : {};
  const includeObject = withObjects ? 'Object' : undefined;
  const path = k.path(wish.mapping, wish.namespace, wish.name, wish.name === '' ? '' : k.flags.string('subresource'));
  const note = (table: Any): Any => {
    if (wish.namespace === '' && wish.mapping.namespaced) return table;
    const whole = wish.name === '' && (options.selector ?? '') === '' && (options.fieldSelector ?? '') === '';
    k.seen.push({ mapping: wish.mapping, namespace: wish.namespace, whole, names: (table.rows ?? []).map((row: Any) => String(row.object?.metadata?.name ?? row.cells[0])) });
    return table;
  };
  if (wish.name !== '') return note(asTable(k, yield* k.call('GET', path, { headers, query: { includeObject } })));
  let whole: Any;
  let next = '';
  do {
    let page: Any;
    try {
      page = asTable(k, yield* k.call('GET', path, { headers, query: { ...listQuery(options), includeObject, continue: next === '' ? undefined : next } }));
    } catch (error) {
      throw explainListError(error, wish.mapping, options);
    }
    whole = whole === undefined ? page : { ...whole, rows: [...whole.rows, ...(page.rows ?? [])] };
    next = page.metadata?.continue ?? '';
  } while (next !== '');
  return note(whole);
}

function asTable(k: Kubectl, answer: Any): Any {
  return answer.kind === 'Table' ? answer : plainTable(answer, k.nowMs());
}

// ---------------------------------------------------------------- watching

/** With --request-timeout a watch ends when its time is over, and that is no failure. */
function* receiveUntil(k: Kubectl, stream: ApiStream, endsMs: number | undefined): Task<unknown> {
  if (endsMs === undefined) return yield* stream.receive();
  try {
    return yield* stream.receive(Math.max(1, endsMs - k.host.clock.nowMs()));
  } catch (error) {
    if (!isNetworkError(error)) throw error;
    stream.close();
    return undefined;
  }
}

function* watch(k: Kubectl, wishes: readonly Wish[], options: ListOptions, printer: ObjectPrinter | undefined): Task<number> {
  if (wishes.length !== 1) throw new CommandError(filesGiven(k) ? 'watch is only supported on individual resources and resource collections, but a list of resources is found' : 'you may only specify a single resource type');
  const wish = wishes[0] as Wish;
  const withEvents = k.flags.bool('output-watch-events');
  const path = k.path(wish.mapping, wish.namespace);
  const fieldSelector = wish.name === '' ? options.fieldSelector : `metadata.name=${wish.name}`;
  const headers: Record<string, string> = printer === undefined && k.flags.bool('server-print') ? { accept: tableAccept } : {};
  const query = { ...listQuery({ ...options, fieldSelector: fieldSelector ?? '' }), includeObject: k.flags.string('sort-by') === '' ? undefined : 'Object' };
  const writer = new TabWriter(tableOptions);
  let headersDone = false;
  const show = (object: Any, event: string): void => {
    if (printer !== undefined) {
      k.out(withEvents ? goJsonIndent({ type: event, object }) + '\n' : printer(object));
      return;
    }
    writeTable(writer, asTable(k, object), styleOf(k, wish.mapping, k.flags.bool('show-kind'), options.allNamespaces === true, withEvents ? event : undefined), !headersDone);
    headersDone = true;
    k.out(writer.flush());
  };
  let resourceVersion = '0';
  let listed: Any;
  try {
    listed = wish.name === '' ? yield* k.call('GET', path, { headers, query }) : yield* k.call('GET', k.path(wish.mapping, wish.namespace, wish.name), { headers });
  } catch (error) {
    throw wish.name === '' ? explainListError(error, wish.mapping, options) : error;
  }
  // An object's own version may be older than the collection's: watch from there all the same, as kubectl does.
  resourceVersion = listed.metadata?.resourceVersion ?? '0';
  if (!k.flags.bool('watch-only')) {
    const isTable = listed.kind === 'Table';
    if (printer === undefined) {
      if (!isTable || (listed.rows ?? []).length > 0) show(listed, 'ADDED');
    } else if (wish.name !== '') show(listed, 'ADDED');
    else for (const item of itemsOf(listed, wish.mapping)) show(item, 'ADDED');
  }
  const watchQuery = { ...query, limit: undefined };
  const endsMs = k.timeoutMs === undefined ? undefined : k.host.clock.nowMs() + k.timeoutMs;
  let known = resourceVersion;
  for (;;) {
    const stream = yield* k.stream('GET', path, { ...watchQuery, watch: 'true', resourceVersion: known }, undefined, headers);
    for (;;) {
      const event = (yield* receiveUntil(k, stream, endsMs)) as Any;
      if (event === undefined) break;
      if (event.type === 'ERROR') {
        stream.close();
        throw new CommandError(String(event.object?.message ?? 'watch failed'));
      }
      const version = event.object?.metadata?.resourceVersion ?? event.object?.rows?.[0]?.object?.metadata?.resourceVersion;
      if (version !== undefined) known = version;
      if (event.type === 'BOOKMARK') continue;
      const object = event.object.kind === undefined ? { apiVersion: apiVersionOf(wish.mapping), kind: wish.mapping.kind, ...event.object } : event.object;
      show(object, event.type);
    }
    // The server ends long watches in an orderly way; kubectl then ends as well.
    return 0;
  }
}
