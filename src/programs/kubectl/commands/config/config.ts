// kubectl config: the kubeconfig file.
import { encodeBase64 } from '../../../../api/meta/base64.ts';
import type { Command } from '../../command.ts';
import { outputFlags } from '../../command.ts';
import { absolute } from '../../builder.ts';
import { CommandError, ManyErrors, SilentExit, usageError } from '../../errors.ts';
import { flag } from '../../flags.ts';
import { printYaml } from '../../../../api/yaml/print-yaml.ts';
import { canonical, entryOf, folderOf, type KubeconfigFile, namesOf, readKubeconfig, writeKubeconfig } from '../../kubeconfig.ts';
import { helpText } from '../../help.ts';
import type { Any, Kubectl } from '../../kubectl.ts';
import { goJsonIndent } from '../../go-text.ts';
import { objectPrinter } from '../../printers/print-object.ts';
import { TabWriter, tableOptions } from '../../printers/tab-writer.ts';
import { withProperty } from './properties.ts';

const read = (k: Kubectl): Any => readKubeconfig(k.host, k.flags, true).document;
const current = (document: Any): string => (typeof document['current-context'] === 'string' ? document['current-context'] : '');

function write(k: Kubectl, change: (document: Any) => Any): void {
  const file = readKubeconfig(k.host, k.flags, true);
  writeKubeconfig(k.host, file, change(file.document));
}

/** Wrong arguments are answered with the help, and said after it. */
function checkArgs(k: Kubectl, command: Command, fits: boolean): void {
  if (fits) return;
  k.out(helpText(command, k.commandPath));
  throw new CommandError(`Unexpected args: [${k.flags.args.join(' ')}]`);
}

/** The path of a file that is there; none is ''. */
function existing(k: Kubectl, field: string): string {
  const path = k.flags.string(field);
  if (path !== '' && k.host.disk.readText(absolute(k, path)) === undefined) throw new CommandError(`could not stat ${field} file ${path}: stat ${path}: no such file or directory`);
  return path;
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
    for (const key of ['client-certificate-data', 'client-key-data', 'certificate-authority-data']) if (result[key] !== undefined) result[key] = 'DATA+OMITTED';
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
    if (flags.args.length > 0) throw usageError('kubectl config view', `unexpected arguments: [${flags.args.join(' ')}]`);
    const file = readKubeconfig(k.host, k.flags, true);
    if (!flags.bool('merge') && !file.explicit) throw new CommandError('if merge==false a precise file must be specified');
    let document: Any = file.document;
    if (flags.bool('minify')) {
      const name = flags.string('context') || current(document);
      const context = entryOf(document, 'contexts', name);
      if (context === undefined) throw new CommandError(name === '' ? 'current-context must exist in order to minify' : `cannot locate context ${name}`);
      const only = (list: 'clusters' | 'users', what: 'cluster' | 'user'): Any[] => {
        const wanted = context[what] ?? '';
        if (wanted !== '' && entryOf(document, list, String(wanted)) === undefined) throw new CommandError(`cannot locate ${what} ${String(wanted)}`);
        return (document[list] ?? []).filter((each: Any) => each.name === wanted);
      };
      document = { ...document, 'current-context': name, contexts: document.contexts.filter((each: Any) => each.name === name), clusters: only('clusters', 'cluster'), users: only('users', 'user') };
    }
    const shown: Any = canonical(flags.bool('flatten') ? flattened(k, file, document) : redact(document, flags.bool('raw')));
    const printer = objectPrinter(k);
    k.out(flags.string('output') === 'json' ? `${goJsonIndent(shown, false)}\n` : printer === undefined ? printYaml(shown) : printer(shown));
  },
};

/** Files that entries name, as data in them. */
function flattened(k: Kubectl, file: KubeconfigFile, document: Any): Any {
  const inline = (list: 'clusters' | 'users', inner: 'cluster' | 'user'): Any[] =>
    (document[list] ?? []).map((entry: Any) => {
      const fields = { ...entry[inner] };
      for (const field of ['certificate-authority', 'client-certificate', 'client-key']) {
        const path = fields[field] ?? '';
        if (path === '') continue;
        if ((fields[`${field}-data`] ?? '') !== '') throw new CommandError(`cannot have values for both path and data: ${path}`);
        const full = path.startsWith('/') ? path : folderOf(file, list, entry.name) + path;
        const content = k.host.disk.readText(full);
        if (content === undefined) throw new CommandError(`open ${full}: no such file or directory`);
        fields[`${field}-data`] = encodeBase64(content);
        delete fields[field];
      }
      return { ...entry, [inner]: fields };
    });
  return { ...document, clusters: inline('clusters', 'cluster'), users: inline('users', 'user') };
}

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
    checkArgs(k, useContext, flags.args.length === 1);
    const name = flags.args[0] as string;
    const document = read(k);
    if (name === '') throw new CommandError('empty context names are not allowed');
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
    if (output !== '' && output !== 'name') throw new CommandError(`--output ${output} is not available in kubectl config get-contexts; resetting to default output format`);
    const names = (flags.args.length > 0 ? [...flags.args] : namesOf(document, 'contexts')).sort();
    const writer = new TabWriter(tableOptions);
    if (output === '' && !flags.bool('no-headers')) writer.write('CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n');
    const missing: CommandError[] = [];
    for (const name of names) {
      const context = entryOf(document, 'contexts', name) as Any;
      if (context === undefined) {
        missing.push(new CommandError(`context ${name} not found`));
        continue;
      }
      writer.write(output === 'name' ? `${name}\n` : `${name === current(document) ? '*' : ''}\t${name}\t${context.cluster ?? ''}\t${context.user ?? ''}\t${context.namespace ?? ''}\n`);
    }
    k.out(writer.flush());
    if (missing.length > 0) throw new ManyErrors(missing);
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
      if (target === undefined || flags.args.length !== 1) {
        if (list === 'users') throw usageError(`kubectl config ${name}`, 'user to delete is required');
        k.out(helpText(deleter(name, list, what, short), k.commandPath));
        throw new SilentExit(0);
      }
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
    checkArgs(k, setContext, flags.args.length <= 1);
    if (flags.bool('current') && (flags.args[0] ?? '') !== '') throw new CommandError('you cannot specify both a context name and --current');
    const name = flags.bool('current') ? current(document) : flags.args[0];
    if (name === undefined || (name === '' && !flags.bool('current'))) throw new CommandError('you must specify a non-empty context name or --current');
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
    checkArgs(k, setCluster, flags.args.length === 1);
    const name = flags.args[0] as string;
    if (name === '') throw new CommandError('you must specify a non-empty cluster name');
    const insecure = flags.bool('insecure-skip-tls-verify');
    if (insecure && flags.string('certificate-authority') !== '') throw new CommandError('you cannot specify a certificate authority and insecure mode at the same time');
    if (flags.bool('embed-certs') && existing(k, 'certificate-authority') === '') throw new CommandError('you must specify a --certificate-authority to embed');
    const changes: Any = {};
    // Another server has another name, unless that is given too.
    if (flags.changed('server')) changes['tls-server-name'] = undefined;
    for (const field of ['server', 'tls-server-name', 'proxy-url']) if (flags.changed(field)) changes[field] = flags.string(field);
    if (flags.changed('insecure-skip-tls-verify')) changes['insecure-skip-tls-verify'] = insecure;
    if (insecure) changes['certificate-authority'] = changes['certificate-authority-data'] = undefined;
    if (flags.changed('certificate-authority')) {
      embed(k, changes, 'certificate-authority', 'clusters', name);
      if (flags.string('certificate-authority') !== '') changes['insecure-skip-tls-verify'] = undefined;
    }
    write(k, (before) => withEntry(before, 'clusters', 'cluster', name, changes));
    k.line(`Cluster ${JSON.stringify(name)} set.`);
  },
};

function embed(k: Kubectl, changes: Any, field: string, list: 'clusters' | 'users', name: string): void {
  const path = k.flags.string(field);
  if (k.flags.bool('embed-certs')) {
    changes[`${field}-data`] = encodeBase64(k.host.disk.readText(absolute(k, path)) ?? '');
    changes[field] = undefined;
    return;
  }
  // Relative to the file it stands in, where that is above it.
  const full = absolute(k, path);
  const folder = folderOf(readKubeconfig(k.host, k.flags, true), list, name);
  changes[field] = folder !== '' && full.startsWith(folder) ? full.slice(folder.length) : full;
  changes[`${field}-data`] = undefined;
}

const setCredentials: Command = {
  name: 'set-credentials',
  use: 'config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value] [options]',
  short: 'Set a user entry in kubeconfig',
  flags: [
    ...['client-certificate', 'client-key'].map((name) => flag.string(name, `Path to ${name} file for the user entry in kubeconfig`)),
    ...['token', 'username', 'password', 'auth-provider', 'exec-command', 'exec-api-version', 'exec-interactive-mode'].map((name) => flag.string(name, `${name} for the user entry in kubeconfig`)),
    flag.bool('embed-certs', 'Embed client cert/key for the user entry in kubeconfig'),
    flag.bool('exec-provide-cluster-info', 'Whether the exec plugin is told about the cluster'),
    flag.strings('auth-provider-arg', "'key=value' arguments for the auth provider"),
    flag.strings('exec-arg', 'New arguments for the exec plugin'),
    flag.array('exec-env', "'key=value' environment values for the exec plugin"),
  ],
  *run(k, flags) {
    if (flags.args.length !== 1) {
      k.out(helpText(setCredentials, k.commandPath));
      throw new CommandError(`unexpected args: [${flags.args.join(' ')}]`);
    }
    const name = flags.args[0] as string;
    const providerArgs = pairs(flags.list('auth-provider-arg'), 'auth-provider-arg');
    const env = pairs(flags.list('exec-env'), 'exec-env');
    if (name === '') throw new CommandError('you must specify a non-empty user name');
    const basic = flags.string('username') !== '' || flags.string('password') !== '';
    if (flags.string('token') !== '' && basic) throw new CommandError('you cannot specify more than one authentication method at the same time: --token, --username/--password');
    if (flags.bool('embed-certs') && existing(k, 'client-certificate') === '' && existing(k, 'client-key') === '') throw new CommandError('you must specify a --client-certificate or --client-key to embed');
    if (flags.bool('embed-certs')) existing(k, 'client-key');
    if (flags.changed('exec-interactive-mode') && !['IfAvailable', 'Always', 'Never'].includes(flags.string('exec-interactive-mode'))) throw new CommandError('invalid interactive mode type, can be only IfAvailable, Never, Always');
    const before: Any = entryOf(read(k), 'users', name) ?? {};
    const changes: Any = {};
    for (const field of ['token', 'username', 'password']) if (flags.changed(field)) changes[field] = flags.string(field);
    for (const field of ['client-certificate', 'client-key']) if (flags.changed(field)) embed(k, changes, field, 'users', name);
    // Who comes with one of the two leaves the other.
    if (flags.string('token') !== '') changes['username'] = changes['password'] = undefined;
    if (basic) changes['token'] = undefined;
    let provider: Any = before['auth-provider'];
    if (flags.changed('auth-provider') && provider?.name !== flags.string('auth-provider')) provider = { name: flags.string('auth-provider') };
    if (provider !== undefined) {
      const config = { ...provider.config, ...Object.fromEntries(providerArgs.set) };
      for (const key of providerArgs.gone) delete config[key];
      changes['auth-provider'] = { ...provider, config: Object.keys(config).length > 0 ? config : null };
    }
    let exec: Any = before.exec;
    if (flags.changed('exec-command')) exec = { env: null, provideClusterInfo: false, ...exec, command: flags.string('exec-command'), args: null };
    if (exec !== undefined) {
      if (flags.changed('exec-api-version')) exec = { ...exec, apiVersion: flags.string('exec-api-version') };
      if (flags.list('exec-arg').length > 0) exec = { ...exec, args: [...flags.list('exec-arg')] };
      if (flags.changed('exec-interactive-mode')) exec = { ...exec, interactiveMode: flags.string('exec-interactive-mode') };
      if (flags.changed('exec-provide-cluster-info')) exec = { ...exec, provideClusterInfo: flags.bool('exec-provide-cluster-info') };
      const kept: Any[] = (exec.env ?? []).filter((each: Any) => !env.gone.includes(each.name)).map((each: Any) => (env.set.has(each.name) ? { ...each, value: env.set.get(each.name) } : each));
      const added = [...env.set].filter(([key]) => !kept.some((each) => each.name === key)).map(([key, value]) => ({ name: key, value }));
      changes['exec'] = { ...exec, env: kept.length + added.length > 0 ? [...kept, ...added] : null };
    }
    write(k, (document) => withEntry(document, 'users', 'user', name, changes));
    k.line(`User ${JSON.stringify(name)} set.`);
  },
};

/** `key=value` sets, `key-` takes away (cmdutil.ParsePairs). */
function pairs(words: readonly string[], what: string): { readonly set: Map<string, string>; readonly gone: string[] } {
  const set = new Map<string, string>();
  const gone: string[] = [];
  const wrong: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) set.set(word.slice(0, equals), word.slice(equals + 1));
    else if (equals < 0 && word.endsWith('-') && word !== '-') gone.push(word.slice(0, -1));
    else wrong.push(word);
  }
  if (wrong.length > 0) throw new CommandError(`invalid ${what} format: ${wrong.join(', ')}`);
  return { set, gone };
}

const renameContext: Command = {
  name: 'rename-context',
  use: 'config rename-context CONTEXT_NAME NEW_NAME [options]',
  short: 'Rename a context from the kubeconfig file',
  *run(k, flags) {
    checkArgs(k, renameContext, flags.args.length === 2);
    const [from = '', to = ''] = flags.args;
    if (to === '') throw new CommandError('You must specify a new non-empty context name');
    const document = read(k);
    if (entryOf(document, 'contexts', from) === undefined) throw new CommandError(`cannot rename the context ${JSON.stringify(from)}, it's not in ${readKubeconfig(k.host, k.flags).path}`);
    if (entryOf(document, 'contexts', to) !== undefined) throw new CommandError(`cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${readKubeconfig(k.host, k.flags).path}`);
    write(k, (before) => ({ ...before, contexts: before.contexts.map((each: Any) => (each.name === from ? { ...each, name: to } : each)), 'current-context': current(before) === from ? to : before['current-context'] }));
    k.line(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.`);
  },
};

const set: Command = {
  name: 'set', use: 'config set PROPERTY_NAME PROPERTY_VALUE [options]', short: 'Set an individual value in a kubeconfig file',
  flags: [flag.bool('set-raw-bytes', 'When writing binary data, take the value as it is instead of as base64.')],
  *run(k, flags) {
    checkArgs(k, set, flags.args.length === 2);
    const [property = '', value = ''] = flags.args;
    if (value === '') throw new CommandError('you cannot use set to unset a property');
    if (property === '') throw new CommandError('you must specify a property');
    write(k, (before) => withProperty(before, property, value, flags.bool('set-raw-bytes')));
    k.line(`Property ${JSON.stringify(property)} set.`);
  },
};
const unset: Command = {
  name: 'unset', use: 'config unset PROPERTY_NAME [options]', short: 'Unset an individual value in a kubeconfig file',
  *run(k, flags) {
    checkArgs(k, unset, flags.args.length === 1);
    const [property = ''] = flags.args;
    if (property === '') throw new CommandError('you must specify a property');
    write(k, (before) => withProperty(before, property, undefined, true));
    k.line(`Property ${JSON.stringify(property)} unset.`);
  },
};

export const configCommand: Command = {
  name: 'config',
  use: 'config SUBCOMMAND [options]',
  short: 'Modify kubeconfig files',
  long: 'Modify kubeconfig files using subcommands like "kubectl config set current-context my-context".',
  commands: [currentContext, deleter('delete-cluster', 'clusters', 'cluster', 'Delete the specified cluster from the kubeconfig'), deleter('delete-context', 'contexts', 'context', 'Delete the specified context from the kubeconfig'), deleter('delete-user', 'users', 'user', 'Delete the specified user from the kubeconfig'), lister('get-clusters', 'clusters', 'Display clusters defined in the kubeconfig'), getContexts, lister('get-users', 'users', 'Display users defined in the kubeconfig'), renameContext, set, setCluster, setContext, setCredentials, unset, useContext, view],
};
