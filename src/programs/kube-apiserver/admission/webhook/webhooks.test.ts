// Webhooks over the simulated network: agnhost's, on a machine of its own.
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../../../api/meta/base64.ts';
import type { ApiObject } from '../../../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../../../client/contract.ts';
import type { Program } from '../../../../kernel/host.ts';
import type { Task } from '../../../../kernel/task.ts';
import { serveHttp } from '../../../../wire/http-server.ts';
import { encodeCertificate, loadKeyPair } from '../../../../wire/tls-handshake.ts';
import { fakeEtcd } from '../../testing/fake-etcd.ts';
import { catching, withStatus } from '../../testing/refusals.ts';
import { ca, createSmallWorld, servingFiles, type Neighbour } from '../../testing/small-world.ts';

type Any = ApiObject & Record<string, any>;

/** Answers reviews as the path says: `/deny`, `/label`, `/warn`, `/slow`, `/odd`. */
const hook: Program = {
  name: 'hook',
  *main(host): Task<number> {
    const own = loadKeyPair(host, '/tls.crt', '/tls.key');
    yield* serveHttp(host, host.network.listen(':8443', { family: 'data' }), function* (request) {
      const asked = (request.body as Any)['request'];
      if (request.path === '/slow') yield* host.clock.sleep(3000);
      const labels = asked.object?.metadata.labels ?? {};
      const answers: Record<string, object> = {
        '/deny': { allowed: false, status: { message: `no ${asked.operation} of ${asked.resource.resource} by ${asked.userInfo.username}`, code: 403, reason: 'Forbidden' } },
        '/label': { allowed: true, patchType: 'JSONPatch', patch: encodeBase64(JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { ...labels, seen: String(Object.keys(labels).length) } }])) },
        '/warn': { allowed: true, warnings: ['careful'], auditAnnotations: { by: 'hook' } },
        '/slow': { allowed: true },
      };
      if (request.path === '/odd') return { status: 200, headers: {}, body: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: 'other', allowed: true } } };
      const answer = answers[request.path];
      return answer === undefined ? { status: 404, headers: {}, body: '' } : { status: 200, headers: {}, body: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: asked.uid, ...answer } } };
    }, { tls: { own } });
    return 0;
  },
};
const files = servingFiles('hook', ['hook.default.svc'], ['10.0.0.50']);
const neighbour: Neighbour = { name: 'hook', address: '10.0.0.50', program: hook, args: [], files: { '/tls.crt': files.certificate, '/tls.key': files.key } };
const maps: ResourceRef = { group: '', version: 'v1', resource: 'configmaps' };
const caBundle = encodeBase64(encodeCertificate(ca.certificate));
const webhook = (path: string, more: object = {}): object => ({ name: `${path.slice(1)}.hook.example`, clientConfig: { url: `https://10.0.0.50:8443${path}`, caBundle }, rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }], sideEffects: 'None', admissionReviewVersions: ['v1'], ...more });
const configure = (client: ApiClient, kind: 'Mutating' | 'Validating', name: string, ...webhooks: object[]) =>
  client.create({ group: 'admissionregistration.k8s.io', version: 'v1', resource: `${kind.toLowerCase()}webhookconfigurations` }, '', { apiVersion: 'admissionregistration.k8s.io/v1', kind: `${kind}WebhookConfiguration`, metadata: { name }, webhooks } as unknown as ApiObject);
const map = (name: string, labels: object = {}): Any => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } }) as Any;
const world = () => createSmallWorld(1, fakeEtcd, [neighbour]);

describe('validating webhooks', () => {
  it('refuse, warn, and are asked only about what they want', () => {
    const { run, events } = world();
    const result = run(function* (client) {
      yield* configure(client, 'Validating', 'a', webhook('/warn'), webhook('/deny', { objectSelector: { matchLabels: { bad: 'yes' } }, matchConditions: [{ name: 'c', expression: "object.metadata.name != 'exempt'" }] }));
      const warned = yield* client.raw('POST', '/api/v1/namespaces/default/configmaps', { body: map('good') });
      return [warned.headers['warning'], yield* catching(() => client.create(maps, 'default', map('bad', { bad: 'yes' })), withStatus), ((yield* client.create(maps, 'default', map('exempt', { bad: 'yes' }))) as Any).metadata.name];
    });
    expect(result).toEqual(['299 - "careful"', '403 Forbidden: admission webhook "deny.hook.example" denied the request: no CREATE of configmaps by kubernetes-admin', 'exempt']);
    const told = events.map((event) => event.data as unknown as { type: string; webhook?: string; answer?: string }).filter(({ type }) => type === 'apiserver.webhook');
    expect(told.map(({ webhook: name, answer }) => `${name}: ${answer}`)).toContain('deny.hook.example: denied: no CREATE of configmaps by kubernetes-admin');
  });

  it('that cannot be asked refuse or let pass, as their policy says', () => {
    const { run } = world();
    const attempt = (path: string, more: object = {}) => {
      const name = `w${Object.keys(more).length}${path.slice(1)}`.replace(/[^a-z0-9]/g, '');
      return run(function* (client) {
        yield* configure(client, 'Validating', name, webhook(path, more));
        const answer = yield* catching(() => client.create(maps, 'default', map(name)), withStatus);
        yield* client.delete({ group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingwebhookconfigurations' }, '', name);
        return typeof answer === 'string' ? answer : answer.metadata.name;
      });
    };
    const failed = '500 InternalError: Internal error occurred: failed calling webhook';
    expect(attempt('/missing')).toBe(`${failed} "missing.hook.example": failed to call webhook: the server could not find the requested resource`);
    expect(attempt('/slow', { timeoutSeconds: 1 })).toBe(`${failed} "slow.hook.example": failed to call webhook: Post "https://10.0.0.50:8443/slow?timeout=1s": context deadline exceeded`);
    expect(attempt('/odd')).toMatch(/failed calling webhook "odd.hook.example": received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "other"$/);
    expect(attempt('/warn', { clientConfig: { url: 'https://10.0.0.50:8443/warn' } })).toBe(`${failed} "warn.hook.example": failed to call webhook: Post "https://10.0.0.50:8443/warn?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`);
    expect(attempt('/warn', { clientConfig: { service: { namespace: 'default', name: 'none' }, caBundle } })).toBe(`${failed} "warn.hook.example": failed to call webhook: Post "https://none.default.svc:443/?timeout=10s": service "none" not found`);
    expect(attempt('/warn', { clientConfig: { url: 'https://10.0.0.50:9999/', caBundle } })).toContain('dial tcp 10.0.0.50:9999: connect: connection refused');
    expect(attempt('/missing', { failurePolicy: 'Ignore' })).toBe('w1missing');
  });

  it('are checked when they are written', () => {
    const { run } = world();
    const result = run((client) => configure(client, 'Validating', 'a', webhook('/warn', { name: 'short', sideEffects: 'Some', timeoutSeconds: 60, clientConfig: { url: 'http://u:p@h/x?y#z' }, rules: [{ apiGroups: ['*', ''], apiVersions: [], operations: ['PATCH'], resources: ['pods', '*'] }] })));
    for (const part of [
      'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
      'webhooks[0].rules[0].operations[0]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      "webhooks[0].rules[0].apiGroups: Invalid value: [\"*\",\"\"]: if '*' is present, must not specify other API groups",
      'webhooks[0].rules[0].apiVersions: Required value',
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 60: the timeout value must be between 1 and 30 seconds',
      "'https' is the only allowed URL scheme",
      'user information is not permitted in the URL',
    ]) expect(result).toContain(part);
  });
});

describe('mutating webhooks', () => {
  it('patch one after the other, and again where they asked to be asked', () => {
    const { run } = world();
    const result = run(function* (client) {
      yield* configure(client, 'Mutating', 'a', webhook('/label', { reinvocationPolicy: 'IfNeeded' }));
      yield* configure(client, 'Mutating', 'b', webhook('/label', { name: 'second.hook.example', clientConfig: { url: 'https://10.0.0.50:8443/label', caBundle } }));
      const made = yield* client.create<Any>(maps, 'default', map('m', { x: 'y' }));
      return made.metadata.labels;
    });
    // First `1` of {x}, then `2` of {x, seen}; the first, asked again, sees both and finds nothing new.
    expect(result).toEqual({ x: 'y', seen: '2' });
  });

  it('let a dry run pass without effect', () => {
    const { run } = world();
    const result = run(function* (client) {
      yield* configure(client, 'Mutating', 'a', webhook('/label'));
      const made = yield* client.create<Any>(maps, 'default', map('m'), { query: { dryRun: 'All' } });
      return [made.metadata.labels, yield* catching(() => client.get(maps, 'default', 'm'), withStatus)];
    });
    expect(result).toEqual([{ seen: '0' }, '404 NotFound: configmaps "m" not found']);
  });
});
