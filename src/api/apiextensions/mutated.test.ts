// Definitions and objects with anything anywhere: every one is refused or taken, none ends in an exception, and what is taken makes a kind that works.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../cel/provide.ts';
import type { KindDeclaration } from '../contract.ts';
import { decodeObject } from '../meta/decode.ts';
import type { Json } from '../meta/object.ts';
import { formatFieldError } from '../validation/field-error.ts';
import { customKinds } from './custom-kind.ts';
import { customResourceDefinitionKind } from './custom-resource-definition.ts';
import type { CustomResourceDefinition } from './types.ts';

const definition: Json = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing', shortNames: ['th'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } },
        additionalPrinterColumns: [{ name: 'N', type: 'integer', jsonPath: '.spec.n' }],
        selectableFields: [{ jsonPath: '.spec.s' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['n'],
                properties: {
                  n: { type: 'integer', minimum: 0, default: 1 },
                  s: { type: 'string', pattern: '^a*$', maxLength: 5, format: 'date' },
                  l: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object', required: ['k'], properties: { k: { type: 'string' }, v: { 'x-kubernetes-int-or-string': true } } } },
                  m: { type: 'object', additionalProperties: { type: 'number' } },
                },
                oneOf: [{ required: ['n'] }, { required: ['s'] }],
                'x-kubernetes-validations': [{ rule: 'self.n >= 0 && (!has(self.l) || self.l.all(x, x.k != ""))', message: 'no', fieldPath: '.n' }],
              },
              status: { type: 'object', properties: { n: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
};
const object: Json = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a', labels: { x: 'y' } }, spec: { n: 2, s: 'aa', l: [{ k: 'a', v: 1 }], m: { q: 1.5 } }, status: { n: 1 } };

const strange: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, '', 0, -1, 1e300, true, [], {}, [null], [[]], '__proto__', '.', '[', '(', 'self.', 'a'.repeat(300), { a: { b: [] } }, { type: 'array' }, { $ref: '#' }, ['x', 'x']),
  fc.string(),
  fc.jsonValue().map((value) => value as Json),
);

/** Every place in a value. */
function places(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  const below = Array.isArray(value) ? (value as readonly Json[]).flatMap((each, index) => places(each, [...path, index])) : typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([name, each]) => places(each, [...path, name])) : [];
  return [path, ...below];
}

function changed(value: Json, path: readonly (string | number)[], to: Json | undefined): Json {
  const [first, ...rest] = path;
  if (first === undefined) return to ?? null;
  if (Array.isArray(value)) return (value as readonly Json[]).map((each, index) => (index === first ? changed(each, rest, to) : each));
  const record = value as { readonly [name: string]: Json };
  const entries = Object.entries(record).flatMap(([name, each]): [string, Json][] => (name !== first ? [[name, each]] : rest.length === 0 && to === undefined ? [] : [[name, changed(each, rest, to)]]));
  return Object.fromEntries(entries);
}

const mutations = (of: Json, length: number): fc.Arbitrary<Json> =>
  fc.array(fc.tuple(fc.constantFrom(...places(of).slice(1)), fc.option(strange, { nil: undefined })), { minLength: 1, maxLength: length }).map((edits) =>
    edits.reduce((value, [path, to]) => {
      try {
        return changed(value, path, to);
      } catch {
        // The place is gone by an earlier edit.
        return value;
      }
    }, of),
  );

function take(given: Json): CustomResourceDefinition | string {
  const decoded = decodeObject<CustomResourceDefinition>(given, customResourceDefinitionKind.definition);
  if (decoded.error !== undefined) return decoded.error;
  const whole = { ...decoded.object, metadata: decoded.object.metadata ?? { name: '' } };
  const kind = customResourceDefinitionKind;
  const filled = kind.defaults(whole);
  const prepared = kind.prepareForCreate?.(filled) ?? filled;
  const errors = [...kind.validate(prepared), ...(kind.validateUpdate?.(prepared, prepared) ?? [])];
  return errors.length > 0 ? errors.map(formatFieldError).join('\n') : prepared;
}

function tryObject(kinds: readonly KindDeclaration[], given: Json): void {
  for (const kind of kinds) {
    kind.custom?.openApi('v2');
    kind.custom?.openApi('v3');
    if (typeof given !== 'object' || given === null || Array.isArray(given)) continue;
    const decoded = kind.custom?.decode(given);
    if (decoded === undefined || decoded.error !== undefined) continue;
    const whole = kind.defaults({ ...decoded.object, metadata: decoded.object.metadata ?? { name: '' } });
    kind.validate(kind.prepareForCreate?.(whole) ?? whole).map(formatFieldError);
    kind.validateUpdate?.(kind.prepareForUpdate?.(whole, whole) ?? whole, whole);
    kind.row(whole, 0);
    kind.selectableFields?.(whole);
    kind.custom?.fromStored(whole);
  }
}

describe('anything anywhere', () => {
  it('in a definition', () => {
    let taken = 0;
    fc.assert(
      fc.property(mutations(definition, 3), (given) => {
        const result = take(given);
        if (typeof result === 'string') return;
        taken++;
        tryObject(customKinds(result), object);
      }),
      { numRuns: 800, seed: 1 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  it('in an object', () => {
    const whole = take(definition);
    expect(whole).not.toBeTypeOf('string');
    const kinds = customKinds(whole as CustomResourceDefinition);
    fc.assert(
      fc.property(mutations(object, 4), (given) => tryObject(kinds, given)),
      { numRuns: 1200, seed: 1 },
    );
  });
});
