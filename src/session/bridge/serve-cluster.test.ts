// The door, from outside: a real HTTPS client against a cluster behind it.
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readRun } from '../link.ts';
import { openCluster } from '../open-cluster.ts';
import type { Run } from '../protocol.ts';
import { RecordedRun } from '../recorded-run.ts';
import { certify, makeAuthority } from './certificate.ts';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';
import { body, configMapBody, field, writtenByGo } from './testing/protobuf-bodies.ts';
import { makeSigningRequest } from './testing/signing-request.ts';

let served: ServedCluster;
let authority: string;
let token: string;
let crash: unknown;

beforeAll(async () => {
  served = await serveCluster({ preset: 'conformance', port: 0, host: '127.0.0.1', speed: 1, seed: 1, record: true, onCrash: (error) => (crash = error) });
  const kubeconfig = readFileSync(served.kubeconfig, 'utf8');
  authority = Buffer.from(/certificate-authority-data: (\S+)/.exec(kubeconfig)?.[1] ?? '', 'base64').toString();
  token = /token: (\S+)/.exec(kubeconfig)?.[1] ?? '';
});
afterAll(() => {
  served.close();
  expect(crash).toBeUndefined();
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function call(method: string, path: string, options: { readonly body?: string | Buffer; readonly headers?: Record<string, string>; readonly cert?: string; readonly key?: string; readonly until?: (text: string) => boolean } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const init: RequestOptions = { method, ca: authority, servername: 'localhost', headers: { authorization: `Bearer ${token}`, ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }), ...options.headers }, agent: false, ...(options.cert === undefined ? {} : { cert: options.cert, key: options.key }) };
    const outgoing = httpsRequest(`${served.url}${path}`, init, (incoming) => {
      let text = '';
      const done = () => resolve({ status: incoming.statusCode ?? 0, type: incoming.headers['content-type'] ?? '', text });
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
        if (options.until?.(text) === true) {
          done();
          incoming.destroy();
        }
      });
      incoming.on('end', done);
      incoming.on('error', () => undefined);
    });
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

const json = (answer: Answer) => JSON.parse(answer.text) as { readonly items?: readonly unknown[]; readonly metadata?: object; readonly code?: number; readonly reason?: string; readonly message?: string };

describe('the door', () => {
  it('shows a certificate that its kubeconfig vouches for, and a cluster that is up', async () => {
    const answer = await call('GET', '/api/v1/nodes');
    expect(answer.status).toBe(200);
    expect(answer.type).toContain('application/json');
    expect(json(answer).items).toHaveLength(3);
  });

  it('lets nobody in without the token', async () => {
    const answer = await call('GET', '/api/v1/nodes', { headers: { authorization: 'Bearer wrong' } });
    expect(answer.status).toBe(401);
  });

  it('gives who asked for a certificate a real one, which lets its holder in as whom it names', async () => {
    const { requestPem, keyPem } = makeSigningRequest('jane', ['developers']);
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const asked = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'jane' }, spec: { request: Buffer.from(requestPem).toString('base64'), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], expirationSeconds: 86_400 } };
    const headers = { 'content-type': 'application/json' };
    const made = json(await call('POST', path, { headers, body: JSON.stringify(asked) })) as unknown as { readonly status?: object };
    const approved = { ...made, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: 'by a test' }] } };
    expect((await call('PUT', `${path}/jane/approval`, { headers, body: JSON.stringify(approved) })).status).toBe(200);
    const watched = await call('GET', `${path}?watch=true&fieldSelector=metadata.name%3Djane`, { until: (text) => text.includes('"certificate"') });
    const issued = (text: string) => Buffer.from(/"certificate":"([^"]+)"/.exec(text)?.[1] ?? '', 'base64').toString();
    const cert = issued(watched.text);
    const x509 = new X509Certificate(cert);
    expect(x509.verify(new X509Certificate(authority).publicKey)).toBe(true);
    expect(x509.subject).toBe('O=developers\nCN=jane');
    expect(x509.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(Math.abs(Date.parse(x509.validTo) - Date.now() - 86_400_000)).toBeLessThan(3_600_000);
    // Read again it is the same, and it goes back in as what it stands for.
    const read = await call('GET', `${path}/jane`);
    expect(issued(read.text)).toBe(cert);
    expect((await call('PUT', `${path}/jane/status`, { headers, body: read.text })).text).toContain(Buffer.from(cert).toString('base64'));
    const as = { cert, key: keyPem, headers: { authorization: '' } };
    const who = json(await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { ...as, headers: { ...as.headers, ...headers }, body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }) })) as unknown as { readonly status: { readonly userInfo: { readonly username: string; readonly groups: readonly string[] } } };
    expect(who.status.userInfo).toMatchObject({ username: 'jane', groups: ['developers', 'system:authenticated'] });
    expect(json(await call('GET', '/api/v1/nodes', as)).message).toBe('nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope');
    // A copy that says more is signed by somebody else, and a certificate that is no good is worse than none.
    const forged = certify(makeAuthority(), { commonName: 'kubernetes-admin', organizations: ['system:masters'], publicKey: createPublicKey(keyPem).export({ type: 'spki', format: 'der' }), usages: ['client auth'], names: [], notBeforeMs: Date.now() - 1000, notAfterMs: Date.now() + 3_600_000 });
    expect(json(await call('GET', '/api/v1/nodes', { ...as, cert: forged }))).toMatchObject({ code: 401, message: 'Unauthorized' });
  });

  it('takes a body that is a JSON text for one', async () => {
    const answer = await call('PATCH', '/api/v1/namespaces/default', { headers: { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' }, body: '"nonsense"' });
    expect([answer.status, json(answer).message]).toEqual([400, 'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}']);
  });

  it('refuses foreign hosts and origins', async () => {
    expect((await call('GET', '/version', { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await call('GET', '/version', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await call('GET', '/version', { headers: { origin: 'http://localhost:5173' } })).status).toBe(403);
    expect((await call('GET', '/version', { headers: { origin: 'http://localhost', 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    // Go's WebSocket clients, which the official test suite has.
    expect((await call('GET', '/version', { headers: { origin: 'http://localhost' } })).status).toBe(200);
    expect((await call('GET', '/version', { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } })).status).toBe(403);
    expect((await call('GET', '/version', { headers: { origin: served.url } })).status).toBe(200);
  });

  it('takes JSON, YAML and what kubectl sends as protobuf; the API server judges the rest', async () => {
    const made = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '한글' } });
    const path = '/api/v1/namespaces/default/configmaps';
    expect((await call('POST', path, { body: made('one'), headers: { 'content-type': 'application/json' } })).status).toBe(201);
    expect((await call('POST', path, { body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n', headers: { 'content-type': 'application/yaml' } })).status).toBe(201);
    expect((await call('POST', path, { body: configMapBody('three'), headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } })).status).toBe(201);
    expect((await call('POST', path, { body: '{', headers: { 'content-type': 'application/json' } })).status).toBe(400);
    expect(json(await call('GET', `${path}/one`))).toMatchObject({ data: { a: '한글' } });
    expect(json(await call('GET', `${path}/three`))).toMatchObject({ metadata: { name: 'three' }, data: { k: 'v' } });
  });

  it('takes definitions and API services in protobuf, and custom resources in text alone', async () => {
    const protobuf = (content: Buffer | string) => ({ body: content, headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } });
    const [definition, , service] = writtenByGo.map(([, base64]) => Buffer.from(base64, 'base64'));
    expect((await call('POST', '/apis/apiregistration.k8s.io/v1/apiservices', protobuf(service as Buffer))).status).toBe(201);
    expect(json(await call('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.wardle.example.com'))).toMatchObject({ spec: { service: { namespace: 'default', name: 'sample-api', port: 443 }, caBundle: 'Y2E=', groupPriorityMinimum: 2000, versionPriority: 200 } });
    expect((await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', protobuf(definition as Buffer))).status).toBe(201);
    const path = '/apis/example.com/v1/namespaces/default/widgets';
    await vi.waitFor(async () => expect((await call('GET', path)).status).toBe(200), { timeout: 30_000, interval: 100 });
    const widget = JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { mode: null, tags: { x: 'y' } } });
    expect(json(await call('POST', path, { body: widget, headers: { 'content-type': 'application/json' } }))).toMatchObject({ spec: { size: 3, mode: null, tags: { x: 'y' } } });
    expect(json(await call('POST', path, protobuf(body('example.com/v1', 'Widget', field(1, field(1, 'v'))))))).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml', reason: 'UnsupportedMediaType', code: 415 });
    // What is about a custom resource and none itself may be protobuf.
    const scale = body('autoscaling/v1', 'Scale', field(1, field(1, 'w')), field(2, Buffer.from([8, 5])));
    expect(json(await call('PUT', `${path}/w/scale`, protobuf(scale)))).toMatchObject({ spec: { replicas: 5 } });
    expect(json(await call('DELETE', `${path}/w`, protobuf(body('example.com/v1', 'DeleteOptions', field(2, field(1, 'none such')))))).code).toBe(409);
    expect((await call('DELETE', `${path}/w`, protobuf(body('example.com/v1', 'DeleteOptions', field(4, 'Background'))))).status).toBe(200);
    expect((await call('GET', `${path}/w`)).status).toBe(404);
  });

  it('says what is wrong with a body', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const answer = async (content: Buffer | string, type = 'application/vnd.kubernetes.protobuf', method = 'POST', to = path) => {
      const { code, reason, message } = json(await call(method, to, { body: content, headers: { 'content-type': type } }));
      return [code, reason, message];
    };
    const bad = (message: string) => [400, 'BadRequest', message];
    expect(await answer('hello')).toEqual(bad('the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (68656c6c6f)'));
    expect(await answer(configMapBody('cut').subarray(0, -1))).toEqual(bad(`the object provided is unrecognized (must be of type ConfigMap): unexpected EOF (${configMapBody('cut').subarray(0, 30).toString('hex')} ...)`));
    expect(await answer(body('v1', 'ConfigMap', Buffer.from([10, 9])))).toEqual(bad('ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF'));
    expect(await answer(body('v1', 'Unheard'))).toEqual(bad('Unheard in version "v1" cannot be handled as a ConfigMap: no kind "Unheard" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'));
    const unsupported = [415, 'UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf'];
    expect(await answer('{}', 'application/cbor')).toEqual(unsupported);
    expect(await answer('a=b', 'application/x-www-form-urlencoded')).toEqual(unsupported);
    // Nothing is deleted by what cannot be read.
    await call('POST', path, { body: configMapBody('kept'), headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } });
    expect((await answer('hello', 'application/vnd.kubernetes.protobuf', 'DELETE', `${path}/kept`))[0]).toBe(400);
    expect((await answer('{', 'application/json', 'DELETE', `${path}/kept`))[0]).toBe(400);
    expect((await answer('{"kind":"Pod"}', 'application/json', 'DELETE', `${path}/kept`))[0]).toBe(400);
    expect((await call('GET', `${path}/kept`)).status).toBe(200);
  });

  it('streams a watch as it happens', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const watching = call('GET', `${path}?watch=true`, { until: (text) => text.includes('"later"') });
    await call('POST', path, { body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' } }), headers: { 'content-type': 'application/json' } });
    const lines = (await watching).text.trim().split('\n').map((line) => JSON.parse(line) as { readonly type: string; readonly object: { readonly metadata: { readonly name: string } } });
    expect(lines.at(-1)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'later' } } });
  });

  it('knows who shows its certificate', async () => {
    const kubeconfig = readFileSync(served.kubeconfig, 'utf8');
    const read = (name: string) => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(kubeconfig)?.[1] ?? '', 'base64').toString();
    const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const headers = { 'content-type': 'application/json' };
    expect((await call('POST', path, { body: review, headers: { ...headers, authorization: '' } })).text).toContain('system:anonymous');
    const shown = await call('POST', path, { body: review, headers: { ...headers, authorization: '' }, cert: read('client-certificate-data'), key: read('client-key-data') });
    expect(shown.text).toContain('"username":"kubernetes-admin"');
  });

  it('records what came through it: played again, it is the same history', () => {
    const { run, world } = served;
    expect(run.inputs.length).toBeGreaterThan(10);
    // As it comes from a file or a link.
    const again = new RecordedRun(openCluster, readRun(JSON.parse(JSON.stringify(run))).run as Run);
    const untilMs = world.nowMs;
    world.run(untilMs);
    again.advance(untilMs);
    expect(again.world.hash).toBe(world.hash);
  });

  it('keeps time with the real clock', async () => {
    // However late a busy machine is, it catches up; and it is never ahead of the clock on the wall.
    const aheadMs = () => served.world.epochMs + served.world.nowMs - Date.now();
    const before = served.world.nowMs;
    await vi.waitFor(() => {
      expect(served.world.nowMs).toBeGreaterThan(before + 200);
      expect(aheadMs()).toBeGreaterThan(-5000);
    }, { timeout: 60_000, interval: 100 });
    expect(aheadMs()).toBeLessThan(5000);
  });

  it('lets nobody in with a certificate that has expired by the cluster\'s clock, over TLS as over the years', async () => {
    const day = 86_400_000;
    const kubeconfig = readFileSync(served.kubeconfig, 'utf8');
    const read = (name: string) => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(kubeconfig)?.[1] ?? '', 'base64').toString();
    const admin = { cert: read('client-certificate-data'), key: read('client-key-data'), headers: { authorization: '' } };
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const { requestPem, keyPem } = makeSigningRequest('kim', ['system:masters-to-be']);
    const headers = { 'content-type': 'application/json' };
    const asked = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'kim' }, spec: { request: Buffer.from(requestPem).toString('base64'), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], expirationSeconds: 3600 } };
    const made = json(await call('POST', requests, { headers, body: JSON.stringify(asked) })) as unknown as object;
    await call('PUT', `${requests}/kim/approval`, { headers, body: JSON.stringify({ ...made, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: 'by a test' }] } }) });
    const issued = (await call('GET', `${requests}?watch=true&fieldSelector=metadata.name%3Dkim`, { until: (text) => text.includes('"certificate"') })).text;
    const kim = { cert: Buffer.from(/"certificate":"([^"]+)"/.exec(issued)?.[1] ?? '', 'base64').toString(), key: keyPem, headers: { authorization: '' } };
    const server = served.world.machine('control-plane');
    const tries = async () => [(await call('GET', '/version', kim)).status, (await call('GET', '/version', admin)).status];
    expect(await tries()).toEqual([200, 200]);
    server.setSkew(2 * 3_600_000);
    expect(await tries()).toEqual([401, 200]);
    server.setSkew(400 * day);
    expect(await tries()).toEqual([401, 401]);
    expect(json(await call('GET', '/api/v1/nodes', admin))).toMatchObject({ kind: 'Status', code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    server.setSkew(0);
    expect(await tries()).toEqual([200, 200]);
  });
});
