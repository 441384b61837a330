// Acting as somebody else, as the Impersonate-* headers ask: a right of its own for the user, each group, the uid and each extra value.
import type { HttpRequest } from '../../../wire/http.ts';
import { internalError } from '../status.ts';
import type { Attributes } from '../rbac/rbac-authorizer.ts';
import { forbiddenFor, type Authorizer } from './authorize.ts';
import { anonymous, authenticatedGroup, serviceAccountOf, unauthenticatedGroup, type User } from './user.ts';

const extraPrefix = 'impersonate-extra-';

interface Wanted {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const listOf = (header: string | undefined): readonly string[] => (header ?? '').split(',').map((each) => each.trim()).filter((each) => each !== '');

/** undefined: the request asks for nobody else. */
function wantedBy({ headers }: HttpRequest): Wanted | undefined {
  const extra: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
  let found = false;
  for (const name in headers) {
    if (!name.startsWith('impersonate-')) continue;
    found = true;
    if (name.startsWith(extraPrefix)) extra[unescapeKey(name.slice(extraPrefix.length))] = listOf(headers[name]);
  }
  return found ? { user: headers['impersonate-user'] ?? '', groups: listOf(headers['impersonate-group']), uid: headers['impersonate-uid'] ?? '', extra } : undefined;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** The user to act as; undefined when the request names nobody. Throws the refusal. */
export function impersonated(user: User, http: HttpRequest, authorizer: Authorizer): User | undefined {
  const wanted = wantedBy(http);
  if (wanted === undefined) return undefined;
  if (wanted.user === '') throw internalError('requested groups, uid or extra fields without impersonating a user');
  const check = (what: Pick<Attributes, 'resource' | 'name'> & Partial<Attributes>): void => {
    const attributes: Attributes = { user, verb: 'impersonate', isResource: true, group: '', subresource: '', namespace: '', path: '', ...what };
    const decision = authorizer.authorize(attributes);
    if (!decision.allowed) throw forbiddenFor(attributes, decision.reason);
  };
  const account = serviceAccountOf(wanted.user);
  if (account === undefined) check({ resource: 'users', name: wanted.user });
  else check({ resource: 'serviceaccounts', namespace: account.namespace, name: account.name });
  for (const name of wanted.groups) check({ resource: 'groups', name });
  for (const [key, values] of Object.entries(wanted.extra)) for (const name of values) check({ group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name });
  if (wanted.uid !== '') check({ group: 'authentication.k8s.io', resource: 'uids', name: wanted.uid });
  const implied = account === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`];
  const groups = withStandingGroup(wanted.user, wanted.groups.length > 0 ? wanted.groups : implied);
  return { name: wanted.user, ...(wanted.uid === '' ? {} : { uid: wanted.uid }), groups, extra: wanted.extra, method: 'impersonation' };
}

/** Everybody is authenticated, except who says that he is not. */
function withStandingGroup(user: string, groups: readonly string[]): readonly string[] {
  if (groups.includes(authenticatedGroup) || groups.includes(unauthenticatedGroup)) return groups;
  return [...groups, user === anonymous.name ? unauthenticatedGroup : authenticatedGroup];
}
