// kubectl config: the kubeconfig file.
import { encodeBase64 } from '../../../../api/meta/base64.ts';
import type { Command } from '../../command.ts';
import { outputFlags } from '../../command.ts';
import { absolute } from '../../builder.ts';
import { CommandError, usageError } from '../../errors.ts';
import { flag } from '../../flags.ts';
import { printYaml } from '../../../../api/yaml/print-yaml.ts';
import { entryOf, namesOf, readKubeconfig, writeKubeconfig } from '../../kubeconfig.ts';
import type { Any, Kubectl } from '../../kubectl.ts';
import { objectPrinter } from '../../printers/print-object.ts';
import { TabWriter, tableOptions } from '../../printers/tab-writer.ts';

const read = (k: Kubectl): Any => readKubeconfig(k.host, k.flags, true).document;
const current = (document: Any): string => (typeof document['current-context'] === 'string' ? document['current-context'] : '');

function write(k: Kubectl, change: (document: Any) => Any): void {
  const file = readKubeconfig(k.host, k.flags, true);
  writeKubeconfig(k.host, file, change(file.document));
}

/** Sets fields of an entry, making it when it is new. */
function withEntry(document: Any, list: 'clusters' | 'users' | 'contexts', inner: string, name: string, changes: Any): Any {
  const entries: Any[] = Array.isArray(document[list]) ? document[list] : [];
  const merged = (before: Any): Any => {
    const result = { ...before };
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) delete result[key];
      else result[key] = value;
    }
    return result;
  };
  const exists = entries.some((entry) => entry.name === name);
  return { ...document, [list]: exists ? entries.map((entry) => (entry.name === name ? { ...entry, [inner]: merged(entry[inner] ?? {}) } : entry)) : [...entries, { name, [inner]: merged({}) }] };
}

function redact(document: Any, raw: boolean): Any {
  if (raw) return document;
  const hide = (fields: Any): Any => {
    const result = { ...fields };
    for (const key of ['client-certificate-data', 'client-key-data', 'certificate-authority-data']) if (result[key] !== undefined) result[key] = key === 'certificate-authority-data' ? 'DATA+OMITTED' : 'DATA+OMITTED';
    for (const key of ['token', 'password']) if (result[key] !== undefined) result[key] = 'REDACTED';
    return result;
  };
  return {
    ...document,
    clusters: (document.clusters ?? []).map((each: Any) => ({ ...each, cluster: hide(each.cluster ?? {}) })),
    users: (document.users ?? []).map((each: Any) => ({ ...each, user: hide(each.user ?? {}) })),
  };
}

const view: Command = {
  name: 'view',
  use: 'config view [flags] [options]',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  flags: [...outputFlags, flag.bool('flatten', 'Flatten the resulting kubeconfig file into self-contained output.'), flag.bool('merge', 'Merge the full hierarchy of kubeconfig files.', { value: 'true' }), flag.bool('minify', 'Remove all information not used by current-context from the output.'), flag.bool('raw', 'Display raw byte data and sensitive data.')],
  *run(k, flags) {
    let document = read(k);
    if (flags.bool('minify')) {
      const name = flags.string('context') || current(document);
      const context = entryOf(document, 'contexts', name);
      if (context === undefined) throw new CommandError(name === '' ? 'current-context must exist in order to minify' : `cannot locate context ${name}`);
      document = { ...document, 'current-context': name, contexts: document.contexts.filter((each: Any) => each.name === name), clusters: (document.clusters ?? []).filter((each: Any) => each.name === context['cluster']), users: (document.users ?? []).filter((each: Any) => each.name === context['user']) };
    }
    const shown = { apiVersion: 'v1', clusters: null, contexts: null, 'current-context': '', kind: 'Config', users: null, ...redact(document, flags.bool('raw') || flags.bool('flatten')) };
    for (const list of ['clusters', 'contexts', 'users']) if (Array.isArray(shown[list]) && shown[list].length === 0) shown[list] = null;
    const printer = objectPrinter(k);
    k.out(printer === undefined ? printYaml(shown) : printer(shown));
  },
};

const currentContext: Command = {
  name: 'current-context',
  use: 'config current-context [flags] [options]',
  short: 'Display the current-context',
  *run(k) {
    const name = current(read(k));
    if (name === '') throw new CommandError('current-context is not set');
    k.line(name);
  },
};

const useContext: Command = {
  name: 'use-context',
  aliases: ['use'],
  use: 'config use-context CONTEXT_NAME [options]',
  short: 'Set the current-context in a kubeconfig file',
  *run(k, flags) {
    const name = flags.args[0];
    if (name === undefined || flags.args.length !== 1) throw usageError('kubectl config use-context', 'Unexpected args: [' + flags.args.join(' ') + ']');
    const document = read(k);
    if (entryOf(document, 'contexts', name) === undefined) throw new CommandError(`no context exists with the name: ${JSON.stringify(name)}`);
    write(k, (before) => ({ ...before, 'current-context': name }));
    k.line(`Switched to context ${JSON.stringify(name)}.`);
  },
};

const getContexts: Command = {
  name: 'get-contexts',
  use: 'config get-contexts [(-o|--output=)name)] [options]',
  short: 'Describe one or many contexts',
  flags: [flag.bool('no-headers', "When using the default or custom-column output format, don't print headers."), flag.string('output', 'Output format. One of: (name).', { short: 'o' })],
  *run(k, flags) {
    const document = read(k);
    const output = flags.string('output');
    if (output !== '' && output !== 'name') throw new CommandError(`output must be one of '' or 'name': ${output}`);
    const names = flags.args.length > 0 ? [...flags.args] : namesOf(document, 'contexts').sort();
    const writer = new TabWriter(tableOptions);
    if (output === '' && !flags.bool('no-headers')) writer.write('CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n');
    const missing: string[] = [];
    for (const name of names) {
      const context = entryOf(document, 'contexts', name) as Any;
      if (context === undefined) {
        missing.push(`context ${name} not found`);
        continue;
      }
      writer.write(output === 'name' ? `${name}\n` : `${name === current(document) ? '*' : ''}\t${name}\t${context.cluster ?? ''}\t${context.user ?? ''}\t${context.namespace ?? ''}\n`);
    }
    k.out(writer.flush());
    if (missing.length > 0) throw new CommandError(missing.join(', '));
  },
};

function lister(name: string, list: 'clusters' | 'users', short: string): Command {
  return {
    name, use: `config ${name} [flags] [options]`, short,
    *run(k) {
      k.line('NAME');
      for (const each of namesOf(read(k), list).sort()) k.line(each);
    },
  };
}

function deleter(name: string, list: 'clusters' | 'users' | 'contexts', what: string, short: string): Command {
  return {
    name, use: `config ${name} NAME [options]`, short,
    *run(k, flags) {
      const target = flags.args[0];
      if (target === undefined) throw usageError(`kubectl config ${name}`, 'you must specify a name');
      const file = readKubeconfig(k.host, k.flags);
      if (entryOf(file.document, list, target) === undefined) throw new CommandError(`cannot delete ${what} ${target}, not in ${file.path}`);
      if (list === 'contexts' && current(file.document) === target) k.err('warning: this removed your active context, use "kubectl config use-context" to select a different one');
      write(k, (document) => ({ ...document, [list]: document[list].filter((each: Any) => each.name !== target) }));
      k.line(`deleted ${what} ${target} from ${file.path}`);
    },
  };
}

const setContext: Command = {
  name: 'set-context',
  use: 'config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace] [options]',
  short: 'Set a context entry in kubeconfig',
  flags: [flag.string('cluster', 'cluster for the context entry in kubeconfig'), flag.bool('current', 'Modify the current context'), flag.string('namespace', 'namespace for the context entry in kubeconfig', { short: 'n' }), flag.string('user', 'user for the context entry in kubeconfig')],
  *run(k, flags) {
    const document = read(k);
    if (flags.args.length > 1) throw usageError('kubectl config set-context', `Unexpected args: [${flags.args.join(' ')}]`);
    if (flags.bool('current') && flags.args.length > 0) throw new CommandError('you cannot specify both a context name and --current');
    const name = flags.bool('current') ? current(document) : flags.args[0];
    if (name === undefined) throw new CommandError('you must specify a non-empty context name or --current');
    if (name === '') throw new CommandError('no current context is set');
    const existed = entryOf(document, 'contexts', name) !== undefined;
    const changes: Any = {};
    for (const field of ['cluster', 'user', 'namespace']) if (flags.changed(field)) changes[field] = flags.string(field);
    write(k, (before) => withEntry(before, 'contexts', 'context', name, changes));
    k.line(existed ? `Context ${JSON.stringify(name)} modified.` : `Context ${JSON.stringify(name)} created.`);
  },
};

const setCluster: Command = {
  name: 'set-cluster',
  use: 'config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com] [options]',
  short: 'Set a cluster entry in kubeconfig',
  flags: [flag.string('certificate-authority', 'Path to certificate-authority file for the cluster entry in kubeconfig'), flag.bool('embed-certs', 'embed-certs for the cluster entry in kubeconfig'), flag.bool('insecure-skip-tls-verify', 'insecure-skip-tls-verify for the cluster entry in kubeconfig'), flag.string('proxy-url', 'proxy-url for the cluster entry in kubeconfig'), flag.string('server', 'server for the cluster entry in kubeconfig', { short: 's' }), flag.string('tls-server-name', 'tls-server-name for the cluster entry in kubeconfig')],
  *run(k, flags) {
    const name = flags.args[0];
    if (name === undefined || flags.args.length !== 1) throw usageError('kubectl config set-cluster', `Unexpected args: [${flags.args.join(' ')}]`);
    const changes: Any = {};
    for (const field of ['server', 'tls-server-name', 'proxy-url']) if (flags.changed(field)) changes[field] = flags.string(field);
    if (flags.changed('insecure-skip-tls-verify')) changes['insecure-skip-tls-verify'] = flags.bool('insecure-skip-tls-verify');
    if (flags.changed('certificate-authority')) embed(k, changes, 'certificate-authority');
    write(k, (before) => withEntry(before, 'clusters', 'cluster', name, changes));
    k.line(`Cluster ${JSON.stringify(name)} set.`);
  },
};

function embed(k: Kubectl, changes: Any, field: string): void {
  const path = k.flags.string(field);
  if (!k.flags.bool('embed-certs')) {
    changes[field] = path;
    changes[`${field}-data`] = undefined;
    return;
  }
  const content = k.host.disk.readText(absolute(k, path));
  if (content === undefined) throw new CommandError(`could not stat ${field} file ${path}: stat ${path}: no such file or directory`);
  changes[`${field}-data`] = encodeBase64(content);
  changes[field] = undefined;
}

const setCredentials: Command = {
  name: 'set-credentials',
  use: 'config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [options]',
  short: 'Set a user entry in kubeconfig',
  flags: [flag.string('client-certificate', 'Path to client-certificate file for the user entry in kubeconfig'), flag.string('client-key', 'Path to client-key file for the user entry in kubeconfig'), flag.bool('embed-certs', 'Embed client cert/key for the user entry in kubeconfig'), flag.string('password', 'password for the user entry in kubeconfig'), flag.string('token', 'token for the user entry in kubeconfig'), flag.string('username', 'username for the user entry in kubeconfig')],
  *run(k, flags) {
    const name = flags.args[0];
    if (name === undefined || flags.args.length !== 1) throw usageError('kubectl config set-credentials', `Unexpected args: [${flags.args.join(' ')}]`);
    const changes: Any = {};
    for (const field of ['token', 'username', 'password']) if (flags.changed(field)) changes[field] = flags.string(field);
    for (const field of ['client-certificate', 'client-key']) if (flags.changed(field)) embed(k, changes, field);
    write(k, (before) => withEntry(before, 'users', 'user', name, changes));
    k.line(`User ${JSON.stringify(name)} set.`);
  },
};

const renameContext: Command = {
  name: 'rename-context',
  use: 'config rename-context CONTEXT_NAME NEW_NAME [options]',
  short: 'Rename a context from the kubeconfig file',
  *run(k, flags) {
    const [from, to] = flags.args;
    if (from === undefined || to === undefined) throw usageError('kubectl config rename-context', `Unexpected args: [${flags.args.join(' ')}]`);
    const document = read(k);
    if (entryOf(document, 'contexts', from) === undefined) throw new CommandError(`cannot rename the context ${JSON.stringify(from)}, it's not in ${readKubeconfig(k.host, k.flags).path}`);
    if (entryOf(document, 'contexts', to) !== undefined) throw new CommandError(`cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${readKubeconfig(k.host, k.flags).path}`);
    write(k, (before) => ({ ...before, contexts: before.contexts.map((each: Any) => (each.name === from ? { ...each, name: to } : each)), 'current-context': current(before) === from ? to : before['current-context'] }));
    k.line(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.`);
  },
};

/** `a.b.c` of the document, for set and unset. */
function change(document: Any, path: readonly string[], value: unknown): Any {
  const [first = '', ...rest] = path;
  if (Array.isArray(document)) throw new CommandError('set and unset do not reach into lists here; use set-cluster, set-context, set-credentials');
  const copy = { ...document };
  if (rest.length === 0) {
    if (value === undefined) delete copy[first];
    else copy[first] = value;
  } else copy[first] = change(copy[first] ?? {}, rest, value);
  return copy;
}

const set: Command = {
  name: 'set', use: 'config set PROPERTY_NAME PROPERTY_VALUE [options]', short: 'Set an individual value in a kubeconfig file',
  *run(k, flags) {
    const [property, value] = flags.args;
    if (property === undefined || value === undefined) throw usageError('kubectl config set', `Unexpected args: [${flags.args.join(' ')}]`);
    write(k, (before) => setProperty(before, property, value));
    k.line(`Property ${JSON.stringify(property)} set.`);
  },
};
const unset: Command = {
  name: 'unset', use: 'config unset PROPERTY_NAME [options]', short: 'Unset an individual value in a kubeconfig file',
  *run(k, flags) {
    const [property] = flags.args;
    if (property === undefined) throw usageError('kubectl config unset', `Unexpected args: [${flags.args.join(' ')}]`);
    write(k, (before) => setProperty(before, property, undefined));
    k.line(`Property ${JSON.stringify(property)} unset.`);
  },
};

const properties = new Set(['apiVersion', 'kind', 'preferences', 'clusters', 'users', 'contexts', 'current-context', 'extensions']);

function setProperty(document: Any, property: string, value: string | undefined): Any {
  if (!properties.has(property.split('.')[0] as string)) throw new CommandError(`unable to parse ${property} after [] at api.Config`);
  const [list = '', name = '', ...rest] = property.split('.');
  const inner = list === 'clusters' ? 'cluster' : list === 'users' ? 'user' : list === 'contexts' ? 'context' : undefined;
  if (inner === undefined || name === '') return change(document, property.split('.'), value);
  if (rest.length === 0 && value === undefined) return { ...document, [list]: (document[list] ?? []).filter((each: Any) => each.name !== name) };
  return withEntry(document, list as 'clusters', inner, name, { [rest.join('.')]: value });
}

export const configCommand: Command = {
  name: 'config',
  use: 'config SUBCOMMAND [options]',
  short: 'Modify kubeconfig files',
  long: 'Modify kubeconfig files using subcommands like "kubectl config set current-context my-context".',
  commands: [currentContext, deleter('delete-cluster', 'clusters', 'cluster', 'Delete the specified cluster from the kubeconfig'), deleter('delete-context', 'contexts', 'context', 'Delete the specified context from the kubeconfig'), deleter('delete-user', 'users', 'user', 'Delete the specified user from the kubeconfig'), lister('get-clusters', 'clusters', 'Display clusters defined in the kubeconfig'), getContexts, lister('get-users', 'users', 'Display users defined in the kubeconfig'), renameContext, set, setCluster, setContext, setCredentials, unset, useContext, view],
};
