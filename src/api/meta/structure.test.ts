import { describe, expect, it } from 'vitest';
import { structureRest } from '../generated/structure-rest.ts';
import { structureText } from '../generated/structure-text.ts';
import { hasReference, readReference } from '../testing/reference.ts';
import { patchSchemaOf } from './patch/structure-schema.ts';
import { applyStrategicPatch } from './patch/strategic.ts';
import { enumOf, rareListFacts, rarePointerFacts } from './rare-facts.ts';
import { listFacts, pointerFacts } from './structure-facts.ts';
import { definitionNames, definitionOf, fullDefinitionName, type Shape } from './structure.ts';

interface Property {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly enum?: readonly string[];
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}
interface ReferenceDefinition {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Property>>;
  readonly 'x-kubernetes-map-type'?: string;
}

const special: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'micro-time',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'raw-extension',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'fields',
};
/** Shapes of JSON schema that are any value to us. */
const anyOnes = /apiextensions\.v1\.(JSON$|JSONSchemaPropsOr|CustomResourceSubresourceStatus)/;

function referenceShape(property: Property): string {
  if (property.$ref !== undefined) {
    const name = property.$ref.replace('#/definitions/', '');
    return special[name] ?? (anyOnes.test(name) ? 'any' : name);
  }
  if (property.type === 'array') return `[${referenceShape(property.items ?? {})}`;
  if (property.type === 'object' && property.additionalProperties !== undefined) return `{${referenceShape(property.additionalProperties)}`;
  if (property.type === 'string') return property.format === 'byte' ? 'bytes' : 'string';
  if (property.type === 'integer') return property.format === 'int32' ? 'int32' : 'int64';
  if (property.type === 'number') return 'double';
  return property.type === 'boolean' ? 'boolean' : 'any';
}

function ourShape(shape: Shape): string {
  if (shape.kind === 'struct') return fullDefinitionName(shape.definition);
  if (shape.kind === 'list') return `[${ourShape(shape.items)}`;
  return shape.kind === 'map' ? `{${ourShape(shape.values)}` : shape.kind;
}

describe.skipIf(!hasReference)('the structure against a real server’s definitions (skipped without the reference)', () => {
  const reference = hasReference ? readReference<{ definitions: Readonly<Record<string, ReferenceDefinition>> }>('definitions.json').definitions : {};
  it('has every definition', () => {
    const ours = new Set(definitionNames().map(fullDefinitionName));
    const missing = Object.keys(reference).filter((name) => !ours.has(name) && special[name] === undefined && !anyOnes.test(name));
    expect(missing.sort()).toEqual(['io.k8s.apimachinery.pkg.apis.meta.v1.Patch', 'io.k8s.apimachinery.pkg.version.Info']);
    expect([...ours].filter((name) => reference[name] === undefined)).toEqual([]);
  });

  it('has the same fields, types, required fields, merge keys and list types', () => {
    const differences: string[] = [];
    for (const name of definitionNames()) {
      const theirs = reference[fullDefinitionName(name)];
      const ours = definitionOf(name);
      if (theirs === undefined) continue;
      if ((theirs['x-kubernetes-map-type'] === 'atomic') !== ours.atomic) differences.push(`${name}: atomic`);
      for (const field of new Set([...Object.keys(theirs.properties ?? {}), ...ours.fields.keys()])) {
        const property = theirs.properties?.[field];
        const known = ours.fields.get(field);
        if (property === undefined || known === undefined) {
          differences.push(`${name}.${field}: ${property === undefined ? 'too much' : 'missing'}`);
          continue;
        }
        const say = (what: string, theirValue: unknown, ourValue: unknown): void => {
          if (JSON.stringify(theirValue) !== JSON.stringify(ourValue)) differences.push(`${name}.${field} ${what}: ${JSON.stringify(theirValue)} / ${JSON.stringify(ourValue)}`);
        };
        say('type', referenceShape(property), ourShape(known.shape));
        say('required', (theirs.required ?? []).includes(field), known.required);
        say('list type', property['x-kubernetes-list-type'] ?? 'atomic', known.shape.kind === 'list' ? known.merge : (property['x-kubernetes-list-type'] ?? 'atomic'));
        if (known.merge === 'map') say('keys', property['x-kubernetes-list-map-keys'], known.keys);
        say('merge key', property['x-kubernetes-patch-merge-key'], known.patchKey === '' ? undefined : known.patchKey);
        const strategy = [...(known.patchReplace ? ['replace'] : []), ...(known.patchKey === undefined ? [] : ['merge']), ...(known.retainKeys ? ['retainKeys'] : [])].join(',');
        say('strategy', property['x-kubernetes-patch-strategy'] ?? '', strategy);
        if (property['x-kubernetes-map-type'] !== undefined) say('map type', property['x-kubernetes-map-type'], known.merge);
        const values = property.enum ?? property.items?.enum ?? property.additionalProperties?.enum;
        const allowed = enumOf(ours, known);
        if (allowed !== undefined && values !== undefined) say('values', values, allowed);
        if (allowed !== undefined && values === undefined) differences.push(`${name}.${field}: no enum there`);
      }
    }
    expect(differences).toEqual([]);
  });
});

describe('the facts beside the structure', () => {
  const named = (text: string) =>
    text
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '')
      .filter((name) => name !== '' && name !== '*');
  it.each([
    { of: 'what a booting cluster looks up', structure: structureText, facts: listFacts + pointerFacts },
    { of: 'everything else', structure: structureRest, facts: rareListFacts + rarePointerFacts },
  ])('are in the same chunk as the structure they belong to: $of', ({ structure, facts }) => {
    const definitions = new Set(named(structure));
    expect(named(facts).filter((name) => !definitions.has(name))).toEqual([]);
  });
});

describe('patch schema', () => {
  it('merges containers by name and ports by number', () => {
    const schema = patchSchemaOf('io.k8s.api.apps.v1.Deployment');
    const target = { spec: { template: { spec: { containers: [{ name: 'a', image: 'x', ports: [{ containerPort: 80 }] }, { name: 'b', image: 'y' }] } }, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { template: { spec: { containers: [{ name: 'b', image: 'z' }] } }, strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(applyStrategicPatch(target, patch, schema)).toEqual({
      spec: { template: { spec: { containers: [{ name: 'a', image: 'x', ports: [{ containerPort: 80 }] }, { name: 'b', image: 'z' }] } }, strategy: { type: 'Recreate' } },
    });
  });
});
