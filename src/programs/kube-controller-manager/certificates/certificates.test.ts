import { describe, expect, it } from 'vitest';
import type { RequestFacts } from '../../../api/certificates/request-facts.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { reasonToGo } from './cleaner.ts';
import { signerProblem, type SigningRequest } from './request.ts';

const facts = (parts: Partial<RequestFacts> = {}): RequestFacts => ({ commonName: 'system:node:n1', organizations: ['system:nodes'], dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [], publicKey: '', ...parts });
const request = (signerName: string, ...usages: string[]): SigningRequest => ({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'a' }, spec: { request: '', signerName, usages } });
const client = ['client auth', 'digital signature', 'key encipherment'];
const server = ['server auth', 'digital signature'];

describe('signers', () => {
  it.each([
    ['kubernetes.io/kube-apiserver-client', ['client auth'], {}, undefined],
    ['kubernetes.io/kube-apiserver-client', ['server auth'], {}, 'invalid usage for client certificate: server auth'],
    ['kubernetes.io/kube-apiserver-client', ['digital signature'], {}, 'missing required usage for client certificate: client auth'],
    ['kubernetes.io/kube-apiserver-client-kubelet', client, {}, undefined],
    ['kubernetes.io/kube-apiserver-client-kubelet', server, {}, 'usages did not match [client auth digital signature key encipherment]'],
    ['kubernetes.io/kube-apiserver-client-kubelet', client, { organizations: ['x'] }, 'subject organization is not system:nodes'],
    ['kubernetes.io/kube-apiserver-client-kubelet', client, { commonName: 'n1' }, 'subject common name does not begin with system:node:'],
    ['kubernetes.io/kube-apiserver-client-kubelet', client, { dnsNames: ['a'] }, 'DNS subjectAltNames are not allowed'],
    ['kubernetes.io/kubelet-serving', server, { ipAddresses: ['10.0.0.1'] }, undefined],
    ['kubernetes.io/kubelet-serving', server, {}, 'DNS or IP subjectAltName is required'],
    ['kubernetes.io/legacy-unknown', [], { organizations: [] }, undefined],
    ['example.com/mine', ['client auth'], {}, false],
  ] as const)('%s for %j of %j: %s', (signer, usages, parts, problem) => expect(signerProblem(request(signer, ...usages), facts(parts))).toBe(problem));
});

describe('old requests', () => {
  const hour = 3_600_000;
  const at = (ms: number): string => formatTime(1_767_225_600_000 + ms);
  const decided = (type: string, certificate = ''): SigningRequest => ({ ...request('x'), metadata: { name: 'a', creationTimestamp: at(0) }, status: { certificate, conditions: type === '' ? [] : [{ type, status: 'True', lastUpdateTime: at(0) }] } });
  it.each([
    ['', 23 * hour, undefined],
    ['', 25 * hour, 'nobody decided for a day'],
    ['Denied', hour - 1000, undefined],
    ['Denied', hour + 1000, 'denied an hour ago'],
    ['Failed', hour + 1000, 'failed an hour ago'],
    ['Approved', 30 * hour, undefined],
  ] as const)('%s after %d ms: %s', (type, ms, why) => expect(reasonToGo(decided(type), 1_767_225_600_000 + ms)).toBe(why));
  it('signed ones an hour after their approval', () => expect(reasonToGo(decided('Approved', 'eA=='), 1_767_225_600_000 + hour + 1000)).toBe('approved an hour ago'));
});
