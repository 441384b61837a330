// The kubeconfig file: reading it as client-go's clientcmd does, and writing it back for `kubectl config`.
import { packageVersion } from '../images/releases.ts';
import { decodeBase64 } from '../../api/meta/base64.ts';
import { parseYaml, YamlError } from '../../api/yaml/parse-yaml.ts';
import { printYaml } from '../../api/yaml/print-yaml.ts';
import type { Host } from '../../kernel/host.ts';
import { globalFlags } from './command.ts';
import { CommandError, ConfigError } from './errors.ts';
import type { ParsedFlags } from './flags.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface KubeconfigFile {
  readonly path: string;
  readonly exists: boolean;
  readonly document: Fields;
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

function kubeconfigPath(host: Pick<Host, 'env'>, flags: ParsedFlags): string {
  if (flags.changed('kubeconfig')) return flags.string('kubeconfig');
  const fromEnv = (host.env['KUBECONFIG'] ?? '').split(':').filter((each) => each !== '');
  return fromEnv[0] ?? `${host.env['HOME'] ?? '/root'}/.kube/config`;
}

/** `editing`: a file that is not there yet is an empty one. */
export function readKubeconfig(host: Pick<Host, 'env' | 'disk'>, flags: ParsedFlags, editing = false): KubeconfigFile {
  const path = kubeconfigPath(host, flags);
  const text = host.disk.readText(path);
  if (text === undefined) {
    if (flags.changed('kubeconfig') && !editing) throw new CommandError(`stat ${path}: no such file or directory`);
    return { path, exists: false, document: {} };
  }
  try {
    const value = parseYaml(text);
    return { path, exists: true, document: value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {} };
  } catch (error) {
    if (error instanceof YamlError) throw new CommandError(`error loading config file "${path}": ${error.message}`);
    throw error;
  }
}

export function writeKubeconfig(host: Pick<Host, 'disk'>, file: KubeconfigFile, document: Fields): void {
  host.disk.write(file.path, printYaml({ apiVersion: 'v1', kind: 'Config', ...document }));
}

/** The entry `name` of `clusters`, `users` or `contexts`: its inner object. */
export function entryOf(document: Fields, list: 'clusters' | 'users' | 'contexts', name: string): Fields | undefined {
  const entries = document[list];
  if (!Array.isArray(entries)) return undefined;
  const inner = list === 'clusters' ? 'cluster' : list === 'users' ? 'user' : 'context';
  const found = (entries as readonly Fields[]).find((entry) => entry['name'] === name);
  return found === undefined ? undefined : ((found[inner] ?? {}) as Fields);
}

export function namesOf(document: Fields, list: 'clusters' | 'users' | 'contexts'): string[] {
  const entries = document[list];
  return Array.isArray(entries) ? (entries as readonly Fields[]).map((entry) => String(entry['name'] ?? '')) : [];
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
  const folder = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  const pem = (owner: Fields, field: string, flagName: string): string | undefined => {
    const fromFlag = given(flagName);
    const inline = fromFlag === '' ? text(owner[`${field}-data`]) : '';
    if (inline !== '') return decodeBase64(inline) ?? '';
    const name = fromFlag || text(owner[field]);
    if (name === '') return undefined;
    const full = name.startsWith('/') || fromFlag !== '' ? name : folder + name;
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
  if (asUser === '' && (asGroups.length > 0 || flags.string('as-uid') !== '')) throw new CommandError('requesting uid, groups or user-extra for impersonation without impersonating a user');
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
