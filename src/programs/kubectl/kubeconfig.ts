// The kubeconfig file: reading it as client-go's clientcmd does, and writing it back for `kubectl config`.
import { packageVersion } from '../images/releases.ts';
import { decodeBase64 } from '../../api/meta/base64.ts';
import { parseYaml, YamlError } from '../../api/yaml/parse-yaml.ts';
import { printYaml } from '../../api/yaml/print-yaml.ts';
import type { Host } from '../../kernel/host.ts';
import { globalFlags } from './command.ts';
import { CommandError, ConfigError } from './errors.ts';
import type { ParsedFlags } from './flags.ts';
import type { Any } from './kubectl.ts';

type Fields = Readonly<Record<string, unknown>>;

const lists = ['clusters', 'users', 'contexts'] as const;
type List = (typeof lists)[number];
const innerOf = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

export interface KubeconfigFile {
  /** Where new entries go. */
  readonly path: string;
  /** --kubeconfig named it. */
  readonly explicit: boolean;
  readonly exists: boolean;
  /** The files of $KUBECONFIG as one: the first to name an entry wins. */
  readonly document: Fields;
  readonly sources: readonly { readonly path: string; readonly document: Fields }[];
}

/** Where to speak, and as whom. Certificates are PEM texts. */
export interface Target {
  readonly server: string;
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly insecure: boolean;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tlsServerName?: string;
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[]; readonly uid?: string };
  /** Of the flags or the context; `default` without. */
  readonly namespace: string;
  /** -n was given. */
  readonly namespaceGiven: boolean;
  readonly userAgent: string;
}

/** `editing`: a file that is not there yet is an empty one. */
export function readKubeconfig(host: Pick<Host, 'env' | 'disk'>, flags: ParsedFlags, editing = false): KubeconfigFile {
  const explicit = flags.changed('kubeconfig') && flags.string('kubeconfig') !== '';
  const fromEnv = (host.env['KUBECONFIG'] ?? '').split(':').filter((each) => each !== '');
  const paths = explicit ? [flags.string('kubeconfig')] : fromEnv.length > 0 ? [...new Set(fromEnv)] : [`${host.env['HOME'] ?? '/root'}/.kube/config`];
  const sources: { path: string; document: Fields }[] = [];
  for (const path of paths) {
    const text = host.disk.readText(fromHere(host, path));
    if (text !== undefined) sources.push({ path, document: parseKubeconfig(path, text) });
    else if (explicit && !editing) throw new CommandError(`stat ${path}: no such file or directory`);
  }
  return { path: sources[0]?.path ?? (paths[paths.length - 1] as string), explicit, exists: sources.length > 0, document: sources.length === 1 ? (sources[0] as { document: Fields }).document : merged(sources.map((each) => each.document)), sources };
}

const fromHere = (host: Pick<Host, 'env'>, path: string): string => (path.startsWith('/') ? path : `${host.env['PWD'] ?? ''}/${path}`);

function parseKubeconfig(path: string, text: string): Fields {
  try {
    const value = parseYaml(text);
    if (value === null || value === undefined) return {};
    if (typeof value !== 'object' || Array.isArray(value)) throw new CommandError(`error loading config file "${path}": couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
    const { apiVersion = 'v1', users } = value as { readonly apiVersion?: unknown; readonly users?: unknown };
    if (apiVersion !== 'v1') throw new CommandError(`error loading config file "${path}": no kind "Config" is registered for version "${String(apiVersion)}" in scheme "k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50"`);
    return Array.isArray(users) ? { ...value, users: users.map(withExecMode) } : value;
  } catch (error) {
    if (error instanceof YamlError) throw new CommandError(`error loading config file "${path}": ${error.message}`);
    throw error;
  }
}

/** Old versions of exec plugins may read from the terminal where there is one. */
function withExecMode(entry: Any): Any {
  const exec = entry?.user?.exec;
  return exec === undefined || exec === null || (exec.interactiveMode ?? '') !== '' || !/\/v1(alpha1|beta1)$/.test(exec.apiVersion ?? '') ? entry : { ...entry, user: { ...entry.user, exec: { ...exec, interactiveMode: 'IfAvailable' } } };
}

const entriesOf = (document: Fields, list: List): readonly Fields[] => (Array.isArray(document[list]) ? (document[list] as readonly Fields[]) : []);

function merged(documents: readonly Fields[]): Fields {
  const result: Record<string, unknown> = {};
  for (const document of documents) for (const [key, value] of Object.entries(document)) if (!Object.hasOwn(result, key) || result[key] === '' || result[key] === null) result[key] = value;
  for (const list of lists) {
    const found = new Map<unknown, Fields>();
    for (const document of documents) for (const entry of entriesOf(document, list)) if (!found.has(entry['name'])) found.set(entry['name'], entry);
    if (found.size > 0) result[list] = [...found.values()];
  }
  return result;
}

const originOf = (file: KubeconfigFile, list: List, name: unknown): string => file.sources.find(({ document }) => entriesOf(document, list).some((entry) => entry['name'] === name))?.path ?? file.path;

/** Writes what changed, each entry to the file that it came from (clientcmd's ModifyConfig). */
export function writeKubeconfig(host: Pick<Host, 'env' | 'disk'>, file: KubeconfigFile, after: Fields): void {
  const texts = new Map(file.sources.map((each) => [each.path, each.document]));
  const touched = new Set<string>();
  const change = (path: string, fields: Fields): void => {
    texts.set(path, { ...texts.get(path), ...fields });
    touched.add(path);
  };
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
  const current = (document: Fields | undefined): unknown => document?.['current-context'] ?? '';
  if (current(file.document) !== current(after)) change(current(after) === '' ? (file.sources.find(({ document }) => current(document) !== '')?.path ?? file.path) : file.path, { 'current-context': current(after) });
  for (const key of ['preferences', 'extensions', 'kind', 'apiVersion']) if (differs(file.document[key], after[key])) change(file.path, { [key]: after[key] });
  for (const list of lists) {
    const [old, next] = [entriesOf(file.document, list), entriesOf(after, list)];
    for (const entry of next) {
      if (!differs(entry, old.find((each) => each['name'] === entry['name']))) continue;
      const path = originOf(file, list, entry['name']);
      const here = entriesOf(texts.get(path) ?? {}, list);
      change(path, { [list]: [...here.filter((each) => each['name'] !== entry['name']), entry] });
    }
    for (const { name } of old as readonly { readonly name?: unknown }[]) {
      if (next.some((each) => each['name'] === name)) continue;
      const path = originOf(file, list, name);
      change(path, { [list]: entriesOf(texts.get(path) ?? {}, list).filter((each) => each['name'] !== name) });
    }
  }
  for (const path of touched) host.disk.write(fromHere(host, path), printYaml(canonical(texts.get(path) ?? {})));
}

const orders: Readonly<Record<List, readonly string[]>> = {
  clusters: ['server', 'tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority', 'certificate-authority-data', 'proxy-url', 'disable-compression'],
  users: ['client-certificate', 'client-certificate-data', 'client-key', 'client-key-data', 'token', 'tokenFile', 'as', 'as-uid', 'as-groups', 'as-user-extra', 'username', 'password', 'auth-provider', 'exec'],
  contexts: ['cluster', 'user', 'namespace'],
};
/** What is written even when it is empty. */
const always = new Set(['server', 'cluster', 'user']);

/** As Go writes it: entries by name, fields in the order of their structs, no empty ones but those that are always there. */
export function canonical(document: Fields): Fields {
  const { apiVersion: _a, kind: _k, preferences, clusters: _c, users: _u, contexts: _x, 'current-context': current, ...rest } = document;
  const written = (list: List): unknown => {
    const entries = [...entriesOf(document, list)].sort((a, b) => (text(a['name']) < text(b['name']) ? -1 : 1));
    if (entries.length === 0) return null;
    return entries.map((entry) => {
      const from = (entry[innerOf[list]] ?? {}) as Fields;
      const fields: Record<string, unknown> = {};
      for (const field of [...orders[list], ...Object.keys(from)]) {
        const value = from[field];
        if (value !== '' && value !== false && value !== null && value !== undefined) fields[field] = value;
        else if (always.has(field) && orders[list].includes(field)) fields[field] = '';
      }
      return { name: entry['name'], [innerOf[list]]: fields };
    });
  };
  const hasPreferences = Object.keys((preferences ?? {}) as object).length > 0;
  return { kind: 'Config', apiVersion: 'v1', ...(hasPreferences ? { preferences } : {}), clusters: written('clusters'), users: written('users'), contexts: written('contexts'), 'current-context': text(current), ...rest };
}

/** The entry `name` of `clusters`, `users` or `contexts`: its inner object. */
export function entryOf(document: Fields, list: List, name: string): Fields | undefined {
  const found = entriesOf(document, list).find((entry) => entry['name'] === name);
  return found === undefined ? undefined : ((found[innerOf[list]] ?? {}) as Fields);
}

export const namesOf = (document: Fields, list: List): string[] => entriesOf(document, list).map((entry) => String(entry['name'] ?? ''));

/** The folder from which an entry's paths lead on, with a slash behind it. */
export function folderOf(file: KubeconfigFile, list: List, name: string): string {
  const path = originOf(file, list, name);
  return path.slice(0, path.lastIndexOf('/') + 1);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function resolveTarget(host: Pick<Host, 'env' | 'disk'>, flags: ParsedFlags): Target {
  const file = readKubeconfig(host, flags);
  const given = (name: string): string => flags.global(globalFlags.find((each) => each.name === name));
  const document = file.document;
  const contextName = given('context') || text(document['current-context']);
  const context = entryOf(document, 'contexts', contextName);
  if (context === undefined && contextName !== '') throw new ConfigError(`context was not found for specified context: ${contextName}`);
  const clusterName = given('cluster') || text(context?.['cluster']);
  const userName = given('user') || text(context?.['user']);
  const cluster = entryOf(document, 'clusters', clusterName) ?? {};
  const user = entryOf(document, 'users', userName) ?? {};
  if (given('cluster') !== '' && entryOf(document, 'clusters', clusterName) === undefined) throw new CommandError(`no server found for cluster "${clusterName}"`);
  if (given('user') !== '' && entryOf(document, 'users', userName) === undefined) throw new CommandError(`auth info "${userName}" does not exist`);
  const pem = (owner: Fields, field: string, flagName: string): string | undefined => {
    const fromFlag = given(flagName);
    const inline = fromFlag === '' ? text(owner[`${field}-data`]) : '';
    if (inline !== '') return decodeBase64(inline) ?? '';
    const name = fromFlag || text(owner[field]);
    if (name === '') return undefined;
    const full = name.startsWith('/') || fromFlag !== '' ? name : (owner === cluster ? folderOf(file, 'clusters', clusterName) : folderOf(file, 'users', userName)) + name;
    const content = host.disk.readText(full);
    if (content === undefined) throw new CommandError(`unable to read ${field} ${full} for ${userName} due to open ${full}: no such file or directory`);
    return content;
  };
  const authority = pem(cluster, 'certificate-authority', 'certificate-authority');
  const certificate = pem(user, 'client-certificate', 'client-certificate');
  const key = pem(user, 'client-key', 'client-key');
  const inPod = file.exists ? undefined : inClusterTarget(host);
  const token = given('token') || text(user['token']);
  const asUser = given('as') || text(user['as']);
  const asGroups = flags.list('as-group').length > 0 ? flags.list('as-group') : Array.isArray(user['as-groups']) ? (user['as-groups'] as string[]) : [];
  if (asUser === '' && (asGroups.length > 0 || flags.string('as-uid') !== '')) throw new CommandError(`requesting uid, groups or user-extra for ${userName} without impersonating a user`);
  const server = given('server') || text(cluster['server']) || inPod?.server || 'http://localhost:8080';
  const authorityText = authority ?? (given('server') === '' ? inPod?.authority : undefined);
  return {
    server: (/^https?:\/\//.test(server) ? server : `http://${server}`).replace(/\/+$/, ''),
    ...(authorityText === undefined ? {} : { certificateAuthority: authorityText }),
    ...(certificate === undefined ? {} : { clientCertificate: certificate }),
    ...(key === undefined ? {} : { clientKey: key }),
    insecure: flags.changed('insecure-skip-tls-verify') ? flags.bool('insecure-skip-tls-verify') : cluster['insecure-skip-tls-verify'] === true,
    ...(token !== '' ? { token } : inPod === undefined ? {} : { tokenFile: inPod.tokenFile }),
    ...(text(user['tokenFile']) === '' || token !== '' ? {} : { tokenFile: text(user['tokenFile']) }),
    ...(given('username') || text(user['username']) ? { username: given('username') || text(user['username']), password: given('password') || text(user['password']) } : {}),
    ...(given('tls-server-name') || text(cluster['tls-server-name']) ? { tlsServerName: given('tls-server-name') || text(cluster['tls-server-name']) } : {}),
    ...(asUser === '' ? {} : { impersonate: { user: asUser, groups: asGroups, ...(flags.string('as-uid') === '' ? {} : { uid: flags.string('as-uid') }) } }),
    namespace: given('namespace') || text(context?.['namespace']) || inPod?.namespace || 'default',
    namespaceGiven: given('namespace') !== '',
    userAgent: `kubectl/${packageVersion(host.disk, 'kubectl')} (linux/amd64) kubernetes/terrarium`,
  };
}

function inClusterTarget(host: Pick<Host, 'env' | 'disk'>): { readonly server: string; readonly authority: string; readonly tokenFile: string; readonly namespace: string } | undefined {
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const address = host.env['KUBERNETES_SERVICE_HOST'];
  if (address === undefined || host.disk.readText(`${folder}/token`) === undefined) return undefined;
  return {
    server: `https://${address}:${host.env['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
    authority: host.disk.readText(`${folder}/ca.crt`) ?? '',
    tokenFile: `${folder}/token`,
    namespace: host.disk.readText(`${folder}/namespace`)?.trim() ?? 'default',
  };
}
