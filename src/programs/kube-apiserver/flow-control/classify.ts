// Which flow a request belongs to: the first FlowSchema, by precedence, that names its user and what it does.
import type { RequestInfo } from '../request-info.ts';
import { serviceAccountOf, type User } from '../stages/user.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export interface FlowSchema extends StoredObject {
  readonly spec: {
    readonly matchingPrecedence?: number;
    readonly priorityLevelConfiguration: { readonly name: string };
    readonly distinguisherMethod?: { readonly type: string };
    readonly rules?: readonly FlowRule[];
  };
}
interface FlowRule {
  readonly subjects: readonly FlowSubject[];
  readonly resourceRules?: readonly { readonly verbs: readonly string[]; readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly clusterScope?: boolean; readonly namespaces?: readonly string[] }[];
  readonly nonResourceRules?: readonly { readonly verbs: readonly string[]; readonly nonResourceURLs: readonly string[] }[];
}
interface FlowSubject {
  readonly kind: string;
  readonly user?: { readonly name: string };
  readonly group?: { readonly name: string };
  readonly serviceAccount?: { readonly name: string; readonly namespace: string };
}

export const byPrecedence = (a: FlowSchema, b: FlowSchema): number => (a.spec.matchingPrecedence ?? 1000) - (b.spec.matchingPrecedence ?? 1000) || (a.metadata.name < b.metadata.name ? -1 : 1);

export const matchesFlow = (schema: FlowSchema, user: User, info: RequestInfo): boolean => schema.spec.rules?.some((rule) => rule.subjects.some((subject) => isSubject(subject, user)) && matchesRule(rule, info)) === true;

function isSubject({ kind, user: named, group, serviceAccount }: FlowSubject, user: User): boolean {
  switch (kind) {
    case 'User':
      return named?.name === '*' || named?.name === user.name;
    case 'Group':
      return group?.name === '*' || user.groups.includes(group?.name ?? '');
    case 'ServiceAccount': {
      const account = serviceAccountOf(user.name);
      return account !== undefined && account.namespace === serviceAccount?.namespace && (serviceAccount.name === '*' || serviceAccount.name === account.name);
    }
    default:
      return false;
  }
}

const has = (values: readonly string[] | undefined, wanted: string): boolean => values !== undefined && (values.includes('*') || values.includes(wanted));

function matchesRule({ resourceRules, nonResourceRules }: FlowRule, info: RequestInfo): boolean {
  if (!info.isResource) return nonResourceRules?.some(({ verbs, nonResourceURLs }) => has(verbs, info.verb) && nonResourceURLs.some((url) => url === '*' || url === info.path || (url.endsWith('/*') && info.path.startsWith(url.slice(0, -1))))) === true;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return resourceRules?.some((rule) => has(rule.verbs, info.verb) && has(rule.apiGroups, info.group) && has(rule.resources, resource) && (info.namespace === '' ? rule.clusterScope === true : has(rule.namespaces, info.namespace))) === true;
}

/** What tells one flow of a schema from another. */
export function distinguisherOf(schema: FlowSchema, user: User, info: RequestInfo): string {
  const method = schema.spec.distinguisherMethod?.type;
  return method === 'ByUser' ? user.name : method === 'ByNamespace' ? info.namespace : '';
}
