// Bootstrap tokens: Secrets bootstrap-token-<id> in kube-system that a joining machine shows before it has a certificate.
import { decodeBase64 } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { formatTime, parseTime } from '../../api/meta/time.ts';
import type { ApiClient, ResourceRef } from '../../client/contract.ts';
import type { Random } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';

export const secretsRef: ResourceRef = { group: '', version: 'v1', resource: 'secrets' };
export const nodeTokenGroup = 'system:bootstrappers:kubeadm:default-node-token';
const type = 'bootstrap.kubernetes.io/token';
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
  /** undefined: for ever. */
  readonly expiresMs: number | undefined;
  readonly usages: readonly string[];
  readonly description: string;
  readonly groups: readonly string[];
}

export const isToken = (text: string): boolean => /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(text);

export function generateToken(random: Random): string {
  return `${random.letters(6, alphabet)}.${random.letters(16, alphabet)}`;
}

export function tokenSecret(token: BootstrapToken): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${token.id}`, namespace: 'kube-system' },
    type,
    stringData: {
      'auth-extra-groups': token.groups.join(','),
      ...(token.description === '' ? {} : { description: token.description }),
      ...(token.expiresMs === undefined ? {} : { expiration: formatTime(token.expiresMs) }),
      'token-id': token.id,
      'token-secret': token.secret,
      ...Object.fromEntries(token.usages.map((usage) => [`usage-bootstrap-${usage}`, 'true'])),
    },
  } as unknown as ApiObject;
}

function readTokenSecret(secret: ApiObject): BootstrapToken | undefined {
  const { type: kind, data = {} } = secret as { readonly type?: string; readonly data?: Readonly<Record<string, string>> };
  const field = (name: string): string => decodeBase64(data[name] ?? '') ?? '';
  if (kind !== type || field('token-id') === '') return undefined;
  return {
    id: field('token-id'),
    secret: field('token-secret'),
    expiresMs: parseTime(field('expiration')),
    usages: ['authentication', 'signing'].filter((usage) => field(`usage-bootstrap-${usage}`) === 'true'),
    description: field('description'),
    groups: field('auth-extra-groups').split(',').filter((group) => group !== ''),
  };
}

export function* listTokens(api: ApiClient): Task<readonly BootstrapToken[]> {
  const list = yield* api.list(secretsRef, 'kube-system', { query: { fieldSelector: `type=${type}` } });
  return list.items.map(readTokenSecret).filter((token) => token !== undefined);
}
