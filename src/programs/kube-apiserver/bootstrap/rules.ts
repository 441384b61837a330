// Words for writing RBAC rules down: `may(read, apps, 'deployments')`.
import type { PolicyRule } from '../rbac/rbac-authorizer.ts';

export const core = '';
export const apps = 'apps';
export const autoscaling = 'autoscaling';
export const batch = 'batch';
export const policy = 'policy';
/** Where Deployments, Ingresses and the like were before they had groups of their own. */
export const extensions = 'extensions';
export const authentication = 'authentication.k8s.io';
export const authorization = 'authorization.k8s.io';
export const certificates = 'certificates.k8s.io';
export const coordination = 'coordination.k8s.io';
export const discovery = 'discovery.k8s.io';
export const eventsGroup = 'events.k8s.io';
export const networking = 'networking.k8s.io';
export const nodeGroup = 'node.k8s.io';
export const rbac = 'rbac.authorization.k8s.io';
export const dynamic = 'resource.k8s.io';
export const storage = 'storage.k8s.io';
export const any = '*';

export type Verbs = readonly string[];
export const read: Verbs = ['get', 'list', 'watch'];
/** What an informer does. */
export const follow: Verbs = ['list', 'watch'];
export const change: Verbs = ['patch', 'update'];
export const write: Verbs = ['create', 'delete', 'deletecollection', ...change];
export const full: Verbs = [...read, ...write];

const sorted = (texts: readonly string[]): readonly string[] => [...texts].sort();
const list = (one: string | readonly string[]): readonly string[] => (typeof one === 'string' ? [one] : one);

/** `resources` may end in subresources: `pods/log`. */
export function may(verbs: Verbs | string, groups: string | readonly string[], ...resources: readonly string[]): PolicyRule {
  return { apiGroups: sorted(list(groups)), resources: sorted(resources), verbs: sorted(list(verbs)) };
}

/** Only the objects of these names. */
export function mayNamed(verbs: Verbs | string, group: string, resource: string, ...names: readonly string[]): PolicyRule {
  const { apiGroups, resources, verbs: allowed } = may(verbs, group, resource);
  return { ...(apiGroups === undefined ? {} : { apiGroups }), resourceNames: sorted(names), ...(resources === undefined ? {} : { resources }), verbs: allowed };
}

export const mayVisit = (verbs: Verbs | string, ...paths: readonly string[]): PolicyRule => ({ nonResourceURLs: sorted(paths), verbs: sorted(list(verbs)) });

/** What every component does that tells of its work. */
export const recordEvents: PolicyRule = may(['create', ...change], [core, eventsGroup], 'events');

/** `['jobs', 'jobs/status']` */
const expand = (subresources: readonly string[], ...resources: readonly string[]): readonly string[] => resources.flatMap((resource) => [resource, ...subresources.map((part) => `${resource}/${part}`)]);
export const withStatus = (...resources: readonly string[]): readonly string[] => expand(['status'], ...resources);
export const withScale = (...resources: readonly string[]): readonly string[] => expand(['scale'], ...resources);
export const withScaleAndStatus = (...resources: readonly string[]): readonly string[] => expand(['scale', 'status'], ...resources);
export const parts = (resource: string, ...subresources: readonly string[]): readonly string[] => subresources.map((each) => `${resource}/${each}`);
