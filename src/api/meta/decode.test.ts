import { describe, expect, it } from 'vitest';
import { decodeObject } from './decode.ts';

const pod = (spec: unknown): unknown => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });

describe('decoding in Go’s words', () => {
  const rows: readonly [string, string, unknown, string][] = [
    ['a bool for an image', 'core.v1.Pod', pod({ containers: [{ name: 'a', image: true }] }), 'json: cannot unmarshal bool into Go struct field Container.spec.containers.image of type string'],
    ['the first of two', 'core.v1.Pod', pod({ containers: [{ name: 5, image: 'x', ports: 'none' }] }), 'json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string'],
    ['a quantity', 'core.v1.Pod', pod({ containers: [{ name: 'a', resources: { requests: { cpu: 'two' } } }] }), "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ['a text for a number', 'apps.v1.Deployment', { spec: { replicas: 'three' } }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
    ['a fraction', 'apps.v1.Deployment', { spec: { replicas: 1.5 } }, 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    ['a label', 'core.v1.Pod', { metadata: { labels: { a: 1 } } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string'],
    ['a struct', 'core.v1.Pod', { spec: 'x' }, 'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec'],
    ['a list', 'core.v1.Pod', pod({ containers: {} }), 'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container'],
    ['base64', 'core.v1.Secret', { data: { a: 'no!' } }, 'illegal base64 data at input byte 2'],
  ];
  it.each(rows)('%s', (_, definition, value, error) => expect(decodeObject(value, definition).error).toBe(error));
});

describe('what is held', () => {
  it('drops unknown fields, nulls and zeros that Go leaves out, and keeps pointers', () => {
    const { object, strict } = decodeObject(
      { metadata: { name: 'd', labels: {}, creationTimestamp: null }, spec: { replicas: 0, paused: false, foo: 1, template: { spec: { containers: [{ name: 'a', bar: 2, stdin: false, resources: { limits: { memory: '1024Mi', cpu: 0.5 } } }], hostNetwork: false } } } },
      'apps.v1.Deployment',
    );
    expect(object).toEqual({ metadata: { name: 'd' }, spec: { replicas: 0, template: { spec: { containers: [{ name: 'a', resources: { limits: { memory: '1Gi', cpu: '500m' } } }] } } } });
    expect(strict).toEqual(['unknown field "spec.foo"', 'unknown field "spec.template.spec.containers[0].bar"']);
  });
  it('keeps the zeros that Go writes, pointers or not, and leaves the others to the defaults', () => {
    const kept = { metadata: { name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: false }] }, value: 0 };
    expect(decodeObject(kept, 'scheduling.v1.PriorityClass').object).toEqual(kept);
    expect(decodeObject({ spec: { serviceName: '', ordinals: { start: 0 }, minReadySeconds: 0 } }, 'apps.v1.StatefulSet').object).toEqual({ spec: { serviceName: '', ordinals: { start: 0 } } });
    expect(decodeObject({ roleRef: { apiGroup: '', kind: 'Role', name: 'r' } }, 'rbac.v1.RoleBinding').object).toEqual({ roleRef: { kind: 'Role', name: 'r' } });
    expect(decodeObject({ spec: { controller: '' } }, 'networking.v1.IngressClass').object).toEqual({ spec: {} });
    expect(decodeObject({ spec: { matchingPrecedence: 0 } }, 'flowcontrol.v1.FlowSchema').object).toEqual({ spec: {} });
  });
  it('says of a condition that nobody probed that it was not', () => {
    const conditions = (...times: object[]) => times.map((time) => ({ type: 'Ready', status: 'True', ...time }));
    expect(decodeObject({ status: { conditions: conditions({}, { lastProbeTime: null }, { lastProbeTime: '2026-01-01T00:00:00Z', lastTransitionTime: null }) } }, 'core.v1.Pod').object).toEqual({ status: { conditions: conditions({ lastProbeTime: null }, { lastProbeTime: null }, { lastProbeTime: '2026-01-01T00:00:00Z' }) } });
  });
  it('gives the same object back when there is nothing to change', () => {
    const value = pod({ containers: [{ name: 'a', image: 'x' }] });
    expect(decodeObject(value, 'core.v1.Pod').object).toBe(value);
  });
});
