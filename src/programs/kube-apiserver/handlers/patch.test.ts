import { describe, expect, it } from 'vitest';
import { isApiError } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { createSmallWorld } from '../testing/small-world.ts';

const apps = { group: 'apps', version: 'v1', resource: 'deployments' };
const path = '/apis/apps/v1/namespaces/default/deployments/web';
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } } } };
const merge = 'application/merge-patch+json';
const json = 'application/json-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const apply = 'application/apply-patch+yaml';

interface Answer {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: unknown;
  readonly warnings: readonly string[];
}

function* patch(client: ApiClient, type: string, body: string, fieldValidation = 'Strict'): Task<Answer> {
  const manager = type === apply ? '&fieldManager=me' : '';
  try {
    const { status, headers } = yield* client.raw('PATCH', `${path}?fieldValidation=${fieldValidation}${manager}`, { body, headers: { 'content-type': type } });
    const warnings = [...(headers['warning'] ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((each) => JSON.parse(`"${each[1] as string}"`) as string);
    return { code: status, reason: '', message: '', details: undefined, warnings };
  } catch (error) {
    if (!isApiError(error)) throw error;
    return { code: error.code, reason: error.reason, message: error.message, details: error.status.details, warnings: [] };
  }
}

/** The answers to all of them, of one Deployment that none of them changes. */
function answers(...patches: readonly (readonly [type: string, body: string, fieldValidation?: string])[]): readonly Answer[] {
  return createSmallWorld().run(function* (client) {
    yield* client.create(apps, 'default', deployment);
    const found: Answer[] = [];
    for (const [type, body, validation] of patches) found.push(yield* patch(client, type, body, validation));
    return found;
  }) as readonly Answer[];
}

const twice = '{"spec":{"unknown":1,"paused":true,"paused":false,"template":{"spec":{"containers":[{"name":"c","odd":true,"image":"a","image":"b"}]}}}}';

describe('a strict patch with fields that nobody knows, or twice', () => {
  it('is invalid: a merge shows its result', () => {
    const [answer] = answers([merge, twice]);
    const problems = 'strict decoding error: duplicate field "spec.paused", duplicate field "spec.template.spec.containers[0].image", unknown field "spec.unknown", unknown field "spec.template.spec.containers[0].odd"';
    expect(answer).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(answer?.message).toMatch(/^ "" is invalid: patch: Invalid value: "\{\\"kind\\":\\"Deployment\\",\\"apiVersion\\":\\"apps\/v1\\",\\"metadata\\":\{\\"name\\":\\"web\\"/);
    const causes = (answer?.details as { readonly causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[] }).causes;
    expect(causes.map(({ reason, field }) => [reason, field])).toEqual([['FieldValueInvalid', 'patch']]);
    const order = (text: string): readonly string[] => (text.split('strict decoding error: ')[1] ?? '').split(', ').sort();
    expect(order(causes[0]?.message ?? '')).toEqual(order(problems));
    expect(causes[0]?.message).toContain('strict decoding error: duplicate field "spec.paused", duplicate field "spec.template.spec.containers[0].image", unknown field');
  });

  it('is invalid: a JSON patch tells of its operations too', () => {
    const [answer] = answers([json, '[{"op":"add","path":"/spec/unknown","value":1,"foo":"bar"},{"op":"add","path":"/spec/paused","op":"add","value":false}]']);
    expect(answer).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(answer?.message).toMatch(/strict decoding error: json patch unknown field "\[0\].foo", json patch duplicate field "\[1\].op", unknown field "spec.unknown"$/);
  });

  it('is invalid: a strategic merge shows the patch, and unknown fields by the alphabet', () => {
    const [answer] = answers([strategic, '{"spec":{"zoo":1,"paused":false,"paused":true,"template":{"spec":{"containers":[{"name":"c","odd":[1,{"a":null}]}]}}}}']);
    const message = 'Invalid value: "map[spec:map[paused:true template:map[spec:map[containers:[map[name:c odd:[1 map[a:<nil>]]]]]] zoo:1]]": strict decoding error: duplicate field "spec.paused", unknown field "spec.template.spec.containers[0].odd", unknown field "spec.zoo"';
    expect(answer).toEqual({ code: 422, reason: 'Invalid', message: ` "" is invalid: patch: ${message}`, details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] }, warnings: [] });
  });

  it('is warned of, problem by problem, where warnings are asked for, and passes where they are not', () => {
    const [merged, merging, operations, ignored, applied] = answers([merge, twice, 'Warn'], [strategic, '{"spec":{"b":1,"a":1}}', 'Warn'], [json, '[{"op":"add","path":"/spec/x","value":1,"foo":2}]', 'Warn'], [merge, twice, 'Ignore'], [apply, 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    a: b\n    a: b\n  name: web\n  name: web\n', 'Warn']);
    expect(merged?.warnings.toSorted()).toEqual(['duplicate field "spec.paused"', 'duplicate field "spec.template.spec.containers[0].image"', 'unknown field "spec.template.spec.containers[0].odd"', 'unknown field "spec.unknown"']);
    expect(merging).toMatchObject({ code: 200, warnings: ['unknown field "spec.a"', 'unknown field "spec.b"'] });
    expect(operations?.warnings).toEqual(['json patch unknown field "[0].foo"', 'unknown field "spec.x"']);
    expect(ignored).toMatchObject({ code: 200, warnings: [] });
    expect(applied).toMatchObject({ code: 200, warnings: ['line 6: key "a" already set in map', 'line 8: key "name" already set in map'] });
  });

  it('is a bad request when it is applied', () => {
    const [answer] = answers([apply, 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  name: web\n']);
    expect(answer).toMatchObject({ code: 400, reason: 'BadRequest', message: 'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 5: key "name" already set in map' });
  });
});

describe('a patch whose result cannot be read', () => {
  it('is invalid in the words of what reads it', () => {
    const found = answers([merge, '{"spec":{"replicas":"two"}}', 'Ignore'], [strategic, '{"spec":{"replicas":"two"}}', 'Ignore'], [strategic, '{"spec":{"template":"x"}}'], [strategic, '{"metadata":{"labels":{"a":1}}}'], [merge, '{"kind":"Other"}']);
    expect(found.map((each) => each.code)).toEqual([422, 422, 422, 422, 422]);
    expect(found[0]?.message).toMatch(/": json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32$/);
    expect(found.slice(1, 4).map((each) => each.message)).toEqual([
      ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:two]]": unrecognized type: int32',
      ' "" is invalid: patch: Invalid value: "map[spec:map[template:x]]": cannot restore struct from: string',
      ' "" is invalid: patch: Invalid value: "map[metadata:map[labels:map[a:1]]]": cannot convert int64 to string',
    ]);
    expect(found[4]?.message).toMatch(/": no kind "Other" is registered for version "apps\/v1" in scheme "pkg\/api\/legacyscheme\/scheme.go:30"$/);
  });
});
