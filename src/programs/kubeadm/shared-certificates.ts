// The Secret kubeadm-certs: authorities and keys that control planes share, sealed with a key that the administrator carries to the joining machine.
import { decodeBase64, decodeBase64Bytes, encodeBase64, encodeBase64Bytes } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { isNotFound } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/contract.ts';
import type { Task } from '../../kernel/task.ts';
import { digest } from '../../wire/tls-handshake.ts';
import { group, readableBy } from './addons.ts';
import { generateToken, nodeTokenGroup, secretsRef, tokenSecret } from './bootstrap-tokens.ts';
import { pkiFolder } from './certificates.ts';
import { Failure, type Context } from './context.ts';
import { createObjects } from './set-up.ts';

const secretName = 'kubeadm-certs';
const lifeMs = 2 * 3_600_000;
const sharedCertificateFiles = ['ca.crt', 'ca.key', 'etcd/ca.crt', 'etcd/ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'] as const;
const dataKey = (file: string): string => file.replace('/', '-');

/** Text with a key stream over it and a mark by which a wrong key is noticed: enough that the Secret does not show what it holds. */
function seal(text: string, key: string): string {
  return `${digest(`seal ${key} ${text}`)}.${encodeBase64Bytes(shuffle(textBytes(text), key))}`;
}

/** undefined when the key is another. */
function unseal(sealed: string, key: string): string | undefined {
  const dot = sealed.indexOf('.');
  const bytes = decodeBase64Bytes(sealed.slice(dot + 1));
  if (bytes === undefined) return undefined;
  const text = shuffle(bytes, key).map((byte) => String.fromCharCode(byte)).join('');
  return digest(`seal ${key} ${text}`) === sealed.slice(0, dot) ? text : undefined;
}

/** PEM text is ASCII. */
const textBytes = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0) & 0xff);

function shuffle(bytes: readonly number[], key: string): number[] {
  let stream = '';
  return bytes.map((byte, i) => {
    if (i % 16 === 0) stream = digest(`${key} ${i}`);
    return byte ^ Number.parseInt(stream.slice((i % 16) * 2, (i % 16) * 2 + 2), 16);
  });
}

/** Uploads; the Secret belongs to a short-lived token and goes with it after two hours. */
export function* uploadCertificates(context: Context, api: ApiClient, key: string): Task<void> {
  context.phase('upload-certs');
  const data: Record<string, string> = {};
  for (const file of sharedCertificateFiles) {
    const text = context.host.disk.readText(`${pkiFolder}/${file}`);
    if (text === undefined) throw new Failure(`couldn't read ${pkiFolder}/${file}`);
    data[dataKey(file)] = encodeBase64(seal(text, key));
  }
  const [id = '', secret = ''] = generateToken(context.host.random).split('.');
  const owner = yield* api.create(secretsRef, 'kube-system', tokenSecret({ id, secret, expiresMs: context.host.clock.wallMs() + lifeMs, usages: [], description: 'Proxy for managing TTL for the kubeadm-certs secret', groups: [] }));
  const metadata = { name: secretName, namespace: 'kube-system', ownerReferences: [{ apiVersion: 'v1', kind: 'Secret', name: owner.metadata.name, uid: owner.metadata.uid ?? '', blockOwnerDeletion: true, controller: true }] };
  try {
    yield* api.delete(secretsRef, 'kube-system', secretName);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  yield* api.create(secretsRef, 'kube-system', { apiVersion: 'v1', kind: 'Secret', metadata, data } as unknown as ApiObject);
  yield* createObjects(context, api, readableBy('kubeadm:kubeadm-certs', 'secrets', [secretName], [group(nodeTokenGroup)]));
  context.say('[upload-certs] Storing the certificates in Secret "kubeadm-certs" in the "kube-system" Namespace');
  context.say('[upload-certs] Using certificate key:');
  context.say(key);
}

export function* downloadCertificates(context: Context, api: ApiClient, key: string): Task<void> {
  context.phase('download-certs');
  context.say('[download-certs] Downloading the certificates in Secret "kubeadm-certs" in the "kube-system" Namespace');
  let secret: ApiObject & { readonly data?: Readonly<Record<string, string>> };
  try {
    secret = yield* api.get(secretsRef, 'kube-system', secretName);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new Failure('error execution phase control-plane-prepare/download-certs: error downloading certs: error downloading the secret: Secret "kubeadm-certs" was not found in the "kube-system" Namespace. This Secret might have expired. Please, run `kubeadm init phase upload-certs --upload-certs` on a control plane to generate a new one');
  }
  const files: Record<string, string> = {};
  for (const file of sharedCertificateFiles) {
    const text = unseal(decodeBase64(secret.data?.[dataKey(file)] ?? '') ?? '', key);
    if (text === undefined) throw new Failure('error execution phase control-plane-prepare/download-certs: error downloading certs: error decrypting secret data with provided key: cipher: message authentication failed');
    files[`${pkiFolder}/${file}`] = text;
  }
  yield* context.write(files);
}
