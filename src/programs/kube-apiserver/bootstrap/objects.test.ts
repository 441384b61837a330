import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clusterRoleBindings, clusterRoles, flowSchemas, priorityClasses, priorityLevels, roleBindings, roles } from './objects.ts';

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
});
