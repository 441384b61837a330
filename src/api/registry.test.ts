import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findDefinition } from './meta/structure.ts';
import { kinds } from './registry.ts';
import { hasReference, readReference, referenceFolder } from './testing/reference.ts';

interface Resource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

describe('kinds', () => {
  it('have a definition in the structure, and cells for every column', () => {
    for (const kind of kinds) {
      expect(findDefinition(kind.definition)?.object, kind.kind).toEqual({ group: kind.group, version: kind.version, kind: kind.kind });
      expect(kind.columns[0]?.name).toBeDefined();
    }
  });

  it('do not share a place in the store, but for the two shapes of events and autoscalers', () => {
    const places = kinds.filter((kind) => kind.verbs.includes('watch')).map((kind) => kind.storagePrefix);
    expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual(['horizontalpodautoscalers', 'events']);
  });

  it.skipIf(!hasReference)('are those of discovery (skipped without the reference)', () => {
    for (const file of readdirSync(`${referenceFolder}/discovery`).filter((name) => /^(api_v1|apis_.*)\.json$/.test(name))) {
      const list = readReference<{ groupVersion: string; resources: readonly Resource[] }>(`discovery/${file}`);
      const expected = list.resources
        .filter((resource) => !resource.name.includes('/'))
        .map((resource) => ({
          name: resource.name,
          singular: resource.singularName,
          namespaced: resource.namespaced,
          kind: resource.kind,
          verbs: [...resource.verbs].sort(),
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
          subresources: list.resources.filter((each) => each.name.startsWith(`${resource.name}/`)).map((each) => each.name.slice(resource.name.length + 1)).sort(),
        }));
      const ours = kinds
        .filter((kind) => (kind.group === '' ? kind.version : `${kind.group}/${kind.version}`) === list.groupVersion)
        .map((kind) => ({
          name: kind.resource,
          singular: kind.singular,
          namespaced: kind.namespaced,
          kind: kind.kind,
          verbs: [...kind.verbs].sort(),
          shortNames: kind.shortNames,
          categories: kind.categories,
          subresources: [...kind.subresources].sort(),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(ours, list.groupVersion).toEqual([...expected].sort((a, b) => (a.name < b.name ? -1 : 1)));
    }
  });
});
