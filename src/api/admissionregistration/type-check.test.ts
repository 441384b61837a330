import { describe, expect, it } from 'vitest';
import { typeCheck } from './type-check.ts';
import type { AdmissionPolicy, PolicySpec } from './types.ts';

const check = (spec: PolicySpec, resources = ['deployments']) => typeCheck({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], resources }] }, ...spec } } as AdmissionPolicy);

describe('type checking', () => {
  it('says which field is none', () => {
    const found = check({ validations: [{ expression: 'object.replicas > 1' }, { expression: 'true', messageExpression: "'a' + object.spec.replicas" }] }, ['deployments', 'replicasets']);
    expect(found.map(({ fieldRef }) => fieldRef)).toEqual(['spec.validations[0].expression', 'spec.validations[1].messageExpression']);
    expect(found[0]?.warning).toBe(['Deployment', 'ReplicaSet'].map((kind) => `apps/v1, Kind=${kind}: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^`).join('\n'));
    expect(found[1]?.warning).toContain("found no matching overload for '_+_' applied to '(string, int)'");
  });
  it('knows variables, parameters, maps and lists', () => {
    expect(check({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, variables: [{ name: 'labels', expression: 'object.metadata.labels' }], validations: [{ expression: "variables.labels['a'] == params.data.b && object.spec.template.spec.containers.all(c, c.image.startsWith('x'))" }] })).toEqual([]);
    expect(check({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'params.dat.b == 1' }] })[0]?.warning).toContain("undefined field 'dat'");
  });
  it('leaves wildcards alone', () => expect(check({ validations: [{ expression: 'object.nothing' }] }, ['*'])).toEqual([]));
});
