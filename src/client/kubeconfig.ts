// Reads a kubeconfig file: where the API server is and who we are.
import { decodeBase64 } from '../api/meta/base64.ts';
import { parseYaml } from '../api/yaml/parse-yaml.ts';
import type { Host } from '../kernel/host.ts';
import { decodeCertificates, decodePrivateKey } from '../wire/tls-handshake.ts';
import type { KeyPair, TlsIdentity } from '../wire/tls.ts';

export interface Kubeconfig {
  readonly server: string;
  readonly tls: TlsIdentity;
  readonly token?: string;
  readonly tokenFile?: string;
  /** Of the context; `default` when it names none. */
  readonly namespace: string;
  readonly context: string;
  readonly cluster: string;
  readonly user: string;
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] };
  /** The whole document, for `kubectl config`. */
  readonly document: KubeconfigDocument;
}

export interface KubeconfigDocument {
  readonly 'current-context'?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster: Readonly<Record<string, unknown>> }[];
  readonly users?: readonly { readonly name: string; readonly user: Readonly<Record<string, unknown>> }[];
  readonly contexts?: readonly { readonly name: string; readonly context: Readonly<Record<string, unknown>> }[];
  readonly [key: string]: unknown;
}

/** Throws a plain Error that reads as client-go's when the file is missing or says nothing usable. `context` overrides current-context. */
export function loadKubeconfig(host: Pick<Host, 'disk'>, path: string, context?: string): Kubeconfig {
  const text = host.disk.readText(path);
  if (text === undefined) throw new Error(`stat ${path}: no such file or directory`);
  return readKubeconfig(text, (file) => host.disk.readText(file), path, context);
}

export function readKubeconfig(text: string, readFile: (path: string) => string | undefined, path = '', context?: string): Kubeconfig {
  let document: KubeconfigDocument;
  try {
    document = (parseYaml(text) ?? {}) as KubeconfigDocument;
  } catch (error) {
    throw new Error(`error loading config file "${path}": ${(error as Error).message}`);
  }
  const contextName = context ?? document['current-context'] ?? '';
  const chosen = document.contexts?.find((each) => each.name === contextName)?.context ?? {};
  if (context !== undefined && document.contexts?.some((each) => each.name === context) !== true) throw new Error(`context "${context}" does not exist`);
  const clusterName = text_(chosen['cluster']);
  const userName = text_(chosen['user']);
  const cluster = document.clusters?.find((each) => each.name === clusterName)?.cluster ?? {};
  const user = document.users?.find((each) => each.name === userName)?.user ?? {};
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const data = (owner: Readonly<Record<string, unknown>>, field: string): string | undefined => {
    const inline = owner[`${field}-data`];
    if (typeof inline === 'string' && inline !== '') return decodeBase64(inline) ?? '';
    const file = owner[field];
    if (typeof file !== 'string' || file === '') return undefined;
    const full = file.startsWith('/') ? file : folder + file;
    const content = readFile(full);
    if (content === undefined) throw new Error(`unable to read ${field} ${full} for ${clusterName} due to open ${full}: no such file or directory`);
    return content;
  };
  const authority = data(cluster, 'certificate-authority');
  const certificate = data(user, 'client-certificate');
  const key = data(user, 'client-key');
  const own: KeyPair | undefined = certificate === undefined || key === undefined ? undefined : keyPairOf(certificate, key);
  const insecure = cluster['insecure-skip-tls-verify'] === true;
  const trust = insecure ? undefined : decodeCertificates(authority ?? '');
  const tls: TlsIdentity = { ...(own === undefined ? {} : { own }), ...(trust === undefined ? {} : { trust }) };
  return {
    server: text_(cluster['server']) || 'http://localhost:8080',
    tls,
    ...(typeof user['token'] === 'string' && user['token'] !== '' ? { token: user['token'] } : {}),
    ...(typeof user['tokenFile'] === 'string' ? { tokenFile: user['tokenFile'] } : {}),
    ...(typeof user['as'] === 'string' ? { impersonate: { user: user['as'] } } : {}),
    namespace: text_(chosen['namespace']) || 'default',
    context: contextName,
    cluster: clusterName,
    user: userName,
    document,
  };
}

const text_ = (value: unknown): string => (typeof value === 'string' ? value : '');

function keyPairOf(certificatePem: string, keyPem: string): KeyPair {
  const certificate = decodeCertificates(certificatePem)[0];
  const privateKey = decodePrivateKey(keyPem);
  if (certificate === undefined) throw new Error('tls: failed to find any PEM data in certificate input');
  if (privateKey === undefined) throw new Error('tls: failed to find any PEM data in key input');
  return { certificate, privateKey };
}

/** What a pod's program uses: the mounted service account. Throws as rest.InClusterConfig when it is not in a pod. */
export function loadInClusterConfig(host: Pick<Host, 'disk' | 'env'>): { readonly server: string; readonly tls: TlsIdentity; readonly tokenFile: string; readonly namespace: string } {
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const address = host.env['KUBERNETES_SERVICE_HOST'];
  const port = host.env['KUBERNETES_SERVICE_PORT'];
  if (address === undefined || port === undefined) throw new Error('unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined');
  if (host.disk.readText(`${folder}/token`) === undefined) throw new Error(`open ${folder}/token: no such file or directory`);
  return {
    server: `https://${address}:${port}`,
    tls: { trust: decodeCertificates(host.disk.readText(`${folder}/ca.crt`) ?? '') },
    tokenFile: `${folder}/token`,
    namespace: host.disk.readText(`${folder}/namespace`)?.trim() ?? 'default',
  };
}
