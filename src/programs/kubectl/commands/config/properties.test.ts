import { describe, expect, it } from 'vitest';
import { withProperty } from './properties.ts';

const document = { users: [{ name: 'a.b', user: { token: 't', exec: { command: 'x' } } }], clusters: [{ name: 'c', cluster: { server: 's' } }] };

describe('properties of a kubeconfig', () => {
  it.each([
    ['clusters.10.0.0.1.server', 'x', { clusters: [...document.clusters, { name: '10.0.0.1', cluster: { server: 'x' } }] }],
    ['clusters.c.insecure-skip-tls-verify', 'T', { clusters: [{ name: 'c', cluster: { server: 's', 'insecure-skip-tls-verify': true } }] }],
    ['clusters.c.certificate-authority-data', 'Zm9v', { clusters: [{ name: 'c', cluster: { server: 's', 'certificate-authority-data': 'Zm9v' } }] }],
    ['clusters.c.certificate-authority-data', 'Zm\n9v\n', { clusters: [{ name: 'c', cluster: { server: 's', 'certificate-authority-data': 'Zm9v' } }] }],
    ['users.a.b.act-as', 'bob', { users: [{ name: 'a.b', user: { token: 't', exec: { command: 'x' }, as: 'bob' } }] }],
    ['users.a.b.exec', undefined, { users: [{ name: 'a.b', user: { token: 't' } }] }],
    ['users.a.b', undefined, { users: [] }],
    ['clusters', undefined, { clusters: [] }],
  ])('%s = %s', (property, value, changed) => {
    expect(withProperty(document, property, value, false)).toEqual({ ...document, ...changed });
  });
  it.each([
    ['foo', 'x', 'unable to parse foo after [] at api.Config'],
    ['constructor', 'x', 'unable to parse constructor after [] at api.Config'],
    ['clusters.c.server.x', 'x', 'unable to parse one or more field values of clusters.c.server.x'],
    ['clusters.c.insecure-skip-tls-verify', 'maybe', 'strconv.ParseBool: parsing "maybe": invalid syntax'],
    ['clusters.c.certificate-authority-data', 'no base64', 'error decoding input value: illegal base64 data at input byte 2'],
    ['users.nobody.token', undefined, 'current map key `nobody` is invalid'],
  ])('refuses %s = %s', (property, value, message) => {
    expect(() => withProperty(document, property, value, false)).toThrow(message);
  });
});
