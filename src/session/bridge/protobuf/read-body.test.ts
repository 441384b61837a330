import { describe, expect, it } from 'vitest';
import { decodeObject } from '../../../api/meta/decode.ts';
import { definitionOf, type Shape } from '../../../api/meta/structure.ts';
import { kinds } from '../../../api/registry.ts';
import { body, configMapBody, field, sentByKubectl, writtenByGo } from '../testing/protobuf-bodies.ts';
import { fieldsOfMessage, messageTexts } from './message-fields.ts';
import { readProtobuf } from './read-body.ts';

/** What is in a body that can be read. */
function valueOf(bytes: Buffer): unknown {
  const read = readProtobuf(bytes);
  if ('problem' in read) throw new Error(read.problem);
  return JSON.parse(read.json);
}
const problemOf = (bytes: Buffer): unknown => {
  const read = readProtobuf(bytes);
  return 'problem' in read ? read : undefined;
};

describe('protobuf bodies', () => {
  it.each(sentByKubectl)('reads a %s', (_what, base64, value) => {
    expect(valueOf(Buffer.from(base64, 'base64'))).toEqual(value);
  });

  it.each(writtenByGo)('reads a %s as its JSON is read', (_what, base64, json) => {
    const { kind } = json as { readonly kind: string };
    const definition = kind === 'APIService' ? 'apiregistration.v1.APIService' : 'apiextensions.v1.CustomResourceDefinition';
    const read = decodeObject<{ readonly spec: object }>(valueOf(Buffer.from(base64, 'base64')), definition);
    const expected = decodeObject<{ readonly spec: object }>(json, definition);
    expect(read.strict).toEqual([]);
    if (kind === 'APIService' || json === writtenByGo[0]?.[2]) expect(read.object).toEqual(expected.object);
    // Schemas where no structural schema has one keep what says nothing.
    else expect(read.object).toMatchObject(expected.object);
  });

  it.each<[string, Buffer, object]>([
    ['keys that are properties of every object', body('v1', 'ConfigMap', field(2, Buffer.concat([field(1, '__proto__'), field(2, 'x')])), field(2, Buffer.concat([field(1, 'constructor')]))), { data: JSON.parse('{"__proto__":"x","constructor":""}') as object }],
    ['structs that Go embeds', body('v1', 'Pod', field(2, field(1, Buffer.concat([field(1, 'v'), field(2, field(19, Buffer.concat([field(1, field(1, 'c')), Buffer.from([4 << 3, 0])])))])))), { spec: { volumes: [{ name: 'v', configMap: { name: 'c', optional: false } }] } }],
    ['lists in maps', body('authentication.k8s.io/v1', 'TokenReview', field(3, field(2, field(4, Buffer.concat([field(1, 'k'), field(2, Buffer.concat([field(1, 'a'), field(1, 'b')]))]))))), { status: { user: { extra: { k: ['a', 'b'] } } } }],
    ['numbers one by one and packed', body('v1', 'Pod', field(2, field(14, Buffer.concat([Buffer.from([4 << 3, 5]), field(4, Buffer.from([7, 0x80, 1]))])))), { spec: { securityContext: { supplementalGroups: [5, 7, 128] } } }],
    ['negative numbers', body('scheduling.k8s.io/v1', 'PriorityClass', Buffer.from([2 << 3, 0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])), { value: -10 }],
    ['numbers or texts, and a quantity of nothing', body('v1', 'ResourceQuota', field(2, field(1, Buffer.concat([field(1, 'pods'), field(2, '')])))), { spec: { hard: { pods: '0' } } }],
    ['an object in an object, in protobuf itself', body('apps/v1', 'ControllerRevision', field(2, field(1, body('v1', 'Node', field(1, field(1, 'n')))))), { data: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } } }],
    ['times, and none', body('coordination.k8s.io/v1', 'Lease', field(1, Buffer.concat([field(8, ''), field(9, Buffer.from([8, 60]))])), field(2, field(4, Buffer.from([8, 61, 16, 0xb0, 0xea, 1])))), { metadata: { deletionTimestamp: '1970-01-01T00:01:00Z' }, spec: { renewTime: '1970-01-01T00:01:01.000030Z' } }],
    ['options of the group that they are sent to', body('apps/v1', 'DeleteOptions', Buffer.from([8, 0]), field(4, 'Orphan')), { gracePeriodSeconds: 0, propagationPolicy: 'Orphan' }],
    ['what is new and unknown', body('v1', 'Namespace', Buffer.from([0xf8, 7, 1]), field(1, field(1, 'n'))), { metadata: { name: 'n' } }],
  ])('reads %s', (_what, bytes, value) => {
    expect(valueOf(bytes)).toMatchObject(value);
  });

  it.each<[string, Buffer, object]>([
    ['nothing', Buffer.alloc(0), { problem: 'empty data' }],
    ['a text', Buffer.from('hello'), { problem: 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]' }],
    ['a prefix', Buffer.from('k8s\0'), { problem: 'empty body' }],
    ['a body cut in its head', configMapBody('x').subarray(0, 12), { problem: 'unexpected EOF' }],
    ['a message cut', body('v1', 'ConfigMap', Buffer.from([10, 5, 1])), { problem: 'unexpected EOF', apiVersion: 'v1', kind: 'ConfigMap' }],
    ['a number where a text should be', body('v1', 'ConfigMap', field(1, Buffer.from([8, 1]))), { problem: 'proto: wrong wireType = 0 for field Name', apiVersion: 'v1', kind: 'ConfigMap' }],
    ['no wire type', body('v1', 'ConfigMap', Buffer.from([15])), { problem: 'proto: illegal wireType 7', apiVersion: 'v1', kind: 'ConfigMap' }],
    ['no kind of that group', body('v1', 'Deployment'), { problem: 'no kind "Deployment" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"', apiVersion: 'v1', kind: 'Deployment' }],
    ['a kind of a group that only begins as a known one', body('apps.example.com/v1', 'Deployment'), { apiVersion: 'apps.example.com/v1' }],
    ['a list', body('v1', 'ConfigMapList'), { kind: 'ConfigMapList' }],
    ['a year that no time has', body('v1', 'Namespace', field(1, field(9, Buffer.from([8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])))), { problem: 'Time.MarshalJSON: year outside of range [0,9999]' }],
  ])('says why %s cannot be read', (_what, bytes, problem) => {
    expect(problemOf(bytes)).toMatchObject(problem);
  });

  it('goes only so deep', () => {
    const depth = (levels: number): Buffer => {
      let schema: Buffer = Buffer.alloc(0);
      for (let i = 0; i < levels; i++) schema = field(28, schema);
      return body('apiextensions.k8s.io/v1', 'CustomResourceDefinition', field(2, field(7, field(4, field(1, schema)))));
    };
    expect(problemOf(depth(100))).toBeUndefined();
    expect(problemOf(depth(1000))).toMatchObject({ problem: 'exceeded max depth' });
  });
});

describe('the tables of messages', () => {
  it('have every message and field of what is served', () => {
    const missing: string[] = [];
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const definition = definitionOf(name);
      const known = fieldNames(definition.name);
      for (const each of definition.fields.values()) {
        const isTypeMeta = definition.object !== undefined && (each.name === 'kind' || each.name === 'apiVersion');
        if (!isTypeMeta && !known.has(each.name)) missing.push(`${definition.name}.${each.name}`);
        visitShape(each.shape);
      }
    };
    const visitShape = (shape: Shape): void => {
      if (shape.kind === 'struct') visit(shape.definition);
      else if (shape.kind === 'list') visitShape(shape.items);
      else if (shape.kind === 'map') visitShape(shape.values);
    };
    for (const { definition } of kinds) visit(definition);
    for (const name of ['meta.v1.DeleteOptions', 'autoscaling.v1.Scale', 'policy.v1.Eviction', 'authentication.v1.TokenRequest', 'core.v1.Binding']) visit(name);
    expect(missing).toEqual([]);
    expect(seen.size).toBeGreaterThan(480);
  });

  it('name no field that there is not, and no number twice', () => {
    for (const [name, words] of messageTexts()) {
      expect(fieldsOfMessage(name)?.size, name).toBe(words.length);
      expect(new Set(words.map((word) => word.split('=')[0])).size, name).toBe(words.length);
    }
  });
});

function fieldNames(message: string): Set<string> {
  const names = new Set<string>();
  for (const { name, embedded } of fieldsOfMessage(message)?.values() ?? []) for (const each of embedded ? fieldNames(name) : [name]) names.add(each);
  return names;
}
