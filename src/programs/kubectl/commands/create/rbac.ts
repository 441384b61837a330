// kubectl create role | clusterrole | rolebinding | clusterrolebinding
import type { Task } from '../../../../kernel/task.ts';
import type { Command } from '../../command.ts';
import { CommandError, NoResourceMatch, SilentExit } from '../../errors.ts';
import { flag } from '../../flags.ts';
import type { Any, Kubectl } from '../../kubectl.ts';
import { createAndPrint, oneName } from './create-object.ts';
import { createFlags } from './workloads.ts';

const known = new Set(['get', 'delete', 'list', 'create', 'update', 'patch', 'watch', 'proxy', 'deletecollection', 'use', 'bind', 'escalate', 'impersonate', 'approve', 'sign', 'attest', '*']);

const nonResourceVerbs = new Set(['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*']);

/** Verbs that mean something on these resources alone. */
const specialVerbs: Readonly<Record<string, readonly string[]>> = {
  bind: ['roles.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io'],
  escalate: ['roles.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io'],
  impersonate: ['serviceaccounts.'],
};

/** Rules from --verb, --resource and --resource-name, one per API group. */
function* rulesOf(k: Kubectl): Task<Any[]> {
  const { flags } = k;
  let verbs = [...new Set(flags.list('verb'))];
  if (verbs.includes('*')) verbs = ['*'];
  const nonResource = flags.has('non-resource-url') ? flags.list('non-resource-url') : [];
  if (verbs.length === 0) throw new CommandError('at least one verb must be specified');
  const names = flags.list('resource-name');
  const resources = flags.list('resource');
  if (resources.length === 0 && nonResource.length === 0) throw new CommandError(flags.has('non-resource-url') ? 'one of resource or nonResourceURL must be specified' : 'at least one resource must be specified');
  if (resources.length > 0) for (const verb of verbs) if (!known.has(verb)) k.err(`Warning: '${verb}' is not a standard resource verb`);
  const byGroup = new Map<string, string[]>();
  for (const each of resources) {
    const [type = '', subresource] = each.split('/');
    if (type === '*' && (verbs[0] === '*' || resources.length === 1) && subresource === undefined) {
      byGroup.set('*', ['*']);
      continue;
    }
    let mapping;
    try {
      mapping = yield* k.discovery.find(type);
    } catch (error) {
      if (!(error instanceof NoResourceMatch)) throw error;
      // Said without the usual prefix here, and with the group that was asked for.
      const dot = type.indexOf('.');
      k.err(dot < 0 ? error.message : `${error.message} in group ${JSON.stringify(type.slice(dot + 1))}`);
      throw new SilentExit(1);
    }
    for (const verb of verbs) {
      const allowed = specialVerbs[verb];
      if (allowed !== undefined && !allowed.includes(`${mapping.resource}.${mapping.group}`)) throw new CommandError(`can not perform '${verb}' on '${mapping.resource}' in group '${mapping.group}'`);
    }
    const name = subresource === undefined ? mapping.resource : `${mapping.resource}/${subresource}`;
    const list = byGroup.get(mapping.group) ?? [];
    if (!list.includes(name)) byGroup.set(mapping.group, [...list, name]);
  }
  for (const verb of nonResource.length > 0 ? verbs : []) if (!nonResourceVerbs.has(verb)) throw new CommandError(`invalid verb: '${verb}' for nonResourceURL`);
  for (const url of nonResource) {
    if (url !== '*' && !url.startsWith('/')) throw new CommandError('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*')) throw new CommandError("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
  if (names.length > 0 && resources.length > 1) throw new CommandError('resource name(s) can not be applied to multiple resources');
  const rules: Any[] = [...byGroup].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, list]) => ({ verbs, apiGroups: [group], resources: list, ...(names.length > 0 ? { resourceNames: [...names] } : {}) }));
  return nonResource.length > 0 ? [...rules, { verbs, nonResourceURLs: nonResource }] : rules;
}

const ruleFlags = [
  flag.strings('resource', 'Resource that the rule applies to'),
  flag.array('resource-name', 'Resource in the white list that the rule applies to, repeat this flag for multiple items'),
  flag.strings('verb', 'Verb that applies to the resources contained in the rule'),
];

export const createRole: Command = {
  name: 'role',
  use: 'create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none] [options]',
  short: 'Create a role with single rule',
  flags: [...createFlags, ...ruleFlags],
  *run(k) {
    const name = oneName(k);
    const rules = yield* rulesOf(k);
    yield* createAndPrint(k, { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', kind: 'Role', namespaced: true }, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name }, rules });
  },
};

export const createClusterRole: Command = {
  name: 'clusterrole',
  use: 'create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none] [options]',
  short: 'Create a cluster role',
  flags: [...createFlags, ...ruleFlags, flag.array('aggregation-rule', 'An aggregation label selector for combining ClusterRoles.'), flag.strings('non-resource-url', 'A partial url that user should have access to.')],
  *run(k, flags) {
    const name = oneName(k);
    const aggregation = flags.list('aggregation-rule');
    if (aggregation.length > 0 && ['non-resource-url', 'verb', 'resource', 'resource-name'].some((each) => flags.list(each).length > 0)) throw new CommandError('aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames');
    const base = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } };
    const object = aggregation.length > 0
      ? { ...base, rules: null, aggregationRule: { clusterRoleSelectors: [{ matchLabels: Object.fromEntries(aggregation.flatMap((each) => each.split(',')).map((pair) => pair.split('=') as [string, string])) }] } }
      : { ...base, rules: yield* rulesOf(k) };
    yield* createAndPrint(k, { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles', kind: 'ClusterRole', namespaced: false }, object);
  },
};

const subjectFlags = [
  flag.array('group', 'Groups to bind to the role.'),
  flag.array('serviceaccount', 'Service accounts to bind to the role, in the format <namespace>:<name>'),
  flag.array('user', 'Usernames to bind to the role.'),
];

function subjectsOf(k: Kubectl): Any[] {
  const { flags } = k;
  const subjects: Any[] = [];
  for (const name of flags.list('user')) subjects.push({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name });
  for (const name of flags.list('group')) subjects.push({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name });
  for (const each of flags.list('serviceaccount')) {
    const [namespace = '', name = '', ...more] = each.split(':');
    if (namespace === '' || name === '' || more.length > 0) throw new CommandError('serviceaccount must be <namespace>:<name>');
    subjects.push({ kind: 'ServiceAccount', name, namespace });
  }
  return subjects;
}

export const createRoleBinding: Command = {
  name: 'rolebinding',
  use: 'create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]',
  short: 'Create a role binding for a particular role or cluster role',
  flags: [...createFlags, ...subjectFlags, flag.string('clusterrole', 'ClusterRole this RoleBinding should reference'), flag.string('role', 'Role this RoleBinding should reference')],
  *run(k, flags) {
    const name = oneName(k);
    const role = flags.string('role');
    const clusterRole = flags.string('clusterrole');
    if ((role === '') === (clusterRole === '')) throw new CommandError('exactly one of clusterrole or role must be specified');
    const subjects = subjectsOf(k);
    const object = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name }, ...(subjects.length > 0 ? { subjects } : {}), roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role !== '' ? 'Role' : 'ClusterRole', name: role || clusterRole } };
    yield* createAndPrint(k, { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'rolebindings', kind: 'RoleBinding', namespaced: true }, object, { failure: 'failed to create rolebinding: ' });
  },
};

export const createClusterRoleBinding: Command = {
  name: 'clusterrolebinding',
  use: 'create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]',
  short: 'Create a cluster role binding for a particular cluster role',
  flags: [...createFlags, ...subjectFlags, flag.string('clusterrole', 'ClusterRole this ClusterRoleBinding should reference', { required: true })],
  *run(k, flags) {
    const name = oneName(k);
    const subjects = subjectsOf(k);
    const object = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name }, ...(subjects.length > 0 ? { subjects } : {}), roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: flags.string('clusterrole') } };
    yield* createAndPrint(k, { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false }, object, { failure: 'failed to create clusterrolebinding: ' });
  },
};
