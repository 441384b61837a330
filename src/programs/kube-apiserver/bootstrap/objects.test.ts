import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apiServicePriorities, clusterRoleBindings, clusterRoles, flowSchemas, priorityClasses, priorityLevels, roleBindings, roles, systemNamespaces, type BootstrapObject } from './objects.ts';
import { missingRules } from '../rbac/escalation.ts';
import { mustBeReplaced, reconciled } from './reconcile.ts';

const folder = `${import.meta.dirname}/../../../../../shared/reference/bootstrap`;
type Any = { metadata: { name: string; namespace?: string; generation?: number }; rules?: unknown; aggregationRule?: unknown };
const read = (file: string): Any[] => JSON.parse(readFileSync(`${folder}/${file}.json`, 'utf8')) as Any[];
const byName = (items: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(
    (items as Any[]).map((item) => {
      const copy = JSON.parse(JSON.stringify(item)) as Any;
      delete copy.metadata.generation;
      // The aggregated rules are filled in by the controller manager.
      if (copy.aggregationRule !== undefined) delete copy.rules;
      return [`${copy.metadata.namespace ?? ''}/${copy.metadata.name}`, copy];
    }),
  );

describe.skipIf(!existsSync(folder))('bootstrap objects equal those of a fresh v1.36 cluster', () => {
  it.each([
    ['clusterroles', clusterRoles()],
    ['clusterrolebindings', clusterRoleBindings()],
    ['roles', roles()],
    ['rolebindings', roleBindings()],
    ['priorityclasses', priorityClasses()],
    ['prioritylevelconfigurations', priorityLevels()],
    ['flowschemas', flowSchemas()],
  ] as const)('%s', (file, made) => expect(byName(made)).toEqual(byName(read(file))));

  it('namespaces', () => expect(read('namespaces').map(({ metadata }) => metadata.name).sort()).toEqual([...systemNamespaces].sort()));
  it('API services', () => {
    const priorities = (read('apiservices') as unknown as { spec: { group?: string; version: string; groupPriorityMinimum: number; versionPriority: number } }[]).map(({ spec }) => [`${spec.group ?? ''}/${spec.version}`, [spec.groupPriorityMinimum, spec.versionPriority]]);
    expect(Object.fromEntries(priorities)).toEqual(apiServicePriorities);
  });
});

describe('a server that finds bootstrap roles', () => {
  const view = { kind: 'ClusterRole', metadata: { name: 'system:basic-user', labels: {}, annotations: {} }, rules: [{ apiGroups: ['x'], resources: ['y'], verbs: ['get'] }] } as unknown as BootstrapObject;
  const wanted = clusterRoles().find((each) => each.metadata.name === 'system:basic-user') as BootstrapObject;
  it('gives back what was taken and leaves what was added', () => {
    const whole = reconciled(view, wanted);
    expect((whole?.['rules'] as unknown[])[0]).toEqual({ apiGroups: ['x'], resources: ['y'], verbs: ['get'] });
    expect(missingRules(whole?.['rules'] as never, wanted['rules'] as never)).toEqual([]);
    expect(whole?.metadata.annotations).toEqual({ 'rbac.authorization.kubernetes.io/autoupdate': 'true' });
    expect(reconciled(whole as BootstrapObject, wanted)).toBeUndefined();
  });
  it('leaves alone who says so', () => expect(reconciled({ ...view, metadata: { ...view.metadata, annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } } }, wanted)).toBeUndefined());
  it('makes a binding to another role anew', () => {
    const binding = clusterRoleBindings().find((each) => each.metadata.name === 'system:basic-user') as BootstrapObject;
    expect(mustBeReplaced({ ...binding, roleRef: { ...(binding['roleRef'] as object), name: 'x' } }, binding)).toBe(true);
    expect(mustBeReplaced(binding, binding)).toBe(false);
    expect(reconciled({ ...binding, subjects: [] }, binding)?.['subjects']).toEqual(binding['subjects']);
  });
});
