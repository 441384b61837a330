// Who asks.
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly method: 'certificate' | 'service-account' | 'token' | 'bootstrap-token' | 'front-proxy' | 'anonymous' | 'impersonation';
}

export const mastersGroup = 'system:masters';
const nodesGroup = 'system:nodes';
export const authenticatedGroup = 'system:authenticated';
export const unauthenticatedGroup = 'system:unauthenticated';

export const anonymous: User = { name: 'system:anonymous', groups: [unauthenticatedGroup], extra: {}, method: 'anonymous' };
/** The API server itself, for what it does at start and in the background. */
export const apiserverUser: User = { name: 'system:apiserver', groups: [mastersGroup, authenticatedGroup], extra: {}, method: 'token' };

/** The node's name when the user is a kubelet. */
export function nodeNameOf(user: User): string | undefined {
  return user.name.startsWith('system:node:') && user.groups.includes(nodesGroup) ? user.name.slice('system:node:'.length) : undefined;
}

export function serviceAccountOf(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  const parts = userName.split(':');
  if (parts.length !== 4 || parts[0] !== 'system' || parts[1] !== 'serviceaccount') return undefined;
  return { namespace: parts[2] as string, name: parts[3] as string };
}

export function serviceAccountUser(namespace: string, name: string, uid: string, extra: User['extra'] = {}): User {
  return { name: `system:serviceaccount:${namespace}:${name}`, uid, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, authenticatedGroup], extra, method: 'service-account' };
}
