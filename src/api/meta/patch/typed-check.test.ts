import { describe, expect, it } from 'vitest';
import type { JsonObject } from './values.ts';
import { patchSchemaOf } from './structure-schema.ts';
import { typedProblems, typedProblemText } from './typed-check.ts';

const deployment = patchSchemaOf('apps.v1.Deployment');
const check = (spec: object): string => typedProblemText(typedProblems({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec } as unknown as JsonObject, deployment));
const containers = (...list: object[]): string => check({ template: { spec: { containers: list } } });

describe('an applied object', () => {
  it('that fits has no problems', () => {
    expect(typedProblems({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels: { a: 'b' } }, spec: { replicas: null, paused: true, template: { spec: { containers: [{ name: 'a', resources: { limits: { cpu: 1, memory: '1Gi' } }, ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] }] } } } } as unknown as JsonObject, deployment)).toEqual([]);
  });
  it('is told of values of other types as structured-merge-diff does', () => {
    expect(check({ replicas: 'three' })).toBe('.spec.replicas: expected numeric (int or float), got string');
    expect(check({ paused: 'yes' })).toBe('.spec.paused: expected boolean, got &{yes}');
    expect(containers({ name: 'a', env: [{ name: 'X', value: true }] })).toBe('.spec.template.spec.containers[name="a"].env[name="X"].value: expected string, got &value.valueUnstructured{Value:true}');
    expect(check({ template: { spec: { containers: { name: 'a' } } } })).toBe('.spec.template.spec.containers: expected list, got &{map[name:a]}');
    expect(check({ strategy: 'Recreate' })).toBe('.spec.strategy: expected map, got &{Recreate}');
  });
  it('is told of fields that nobody knows, one for each object, and of keys', () => {
    expect(containers({ name: 'a', imagePolicy: 'x', other: 1 })).toBe('.spec.template.spec.containers[name="a"].imagePolicy: field not declared in schema');
    expect(containers({ name: 'a', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] })).toBe('.spec.template.spec.containers[name="a"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]');
    expect(containers({ image: 'nginx' })).toBe(`.spec.template.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn't have default values for any key fields)`);
    expect(check({ replicas: 'x', unknown: 1 })).toBe('errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.unknown: field not declared in schema');
  });
});
