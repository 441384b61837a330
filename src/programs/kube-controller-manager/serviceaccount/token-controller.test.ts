import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../../api/meta/base64.ts';
import { decodeToken } from '../../../wire/service-account-token.ts';
import { encodePrivateKey, publicKeyOf } from '../../../wire/tls-handshake.ts';
import { kubeControllerManager } from '../main.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';

const args = ['--root-ca-file=/etc/kubernetes/pki/ca.crt', '--service-account-private-key-file=/sa.key'];

describe('token secrets', () => {
  it('are filled, signed, and go with their account', () => {
    const fake = new FakeCluster([kubeControllerManager], [{ program: 'kube-controller-manager', args }], 1, { '/sa.key': encodePrivateKey('key') });
    fake.run(3000);
    const secret = (name: string, account: string) => fake.put('secrets', { metadata: { name, namespace: 'default', annotations: { 'kubernetes.io/service-account.name': account } }, type: 'kubernetes.io/service-account-token' });
    fake.put('serviceaccounts', { metadata: { name: 'robot', namespace: 'default' } });
    secret('good', 'robot');
    secret('orphan', 'nobody');
    fake.run(3000);
    const { data, metadata } = fake.get('secrets', 'default/good');
    const account = fake.get('serviceaccounts', 'default/robot');
    expect([decodeBase64(data['ca.crt']), decodeBase64(data.namespace), metadata.annotations['kubernetes.io/service-account.uid']]).toEqual(['CA', 'default', account.metadata.uid]);
    expect(decodeToken(decodeBase64(data.token) ?? '', [publicKeyOf('key')])).toMatchObject({ iss: 'kubernetes/serviceaccount', 'kubernetes.io/serviceaccount/secret.name': 'good', sub: 'system:serviceaccount:default:robot' });
    expect(decodeToken(decodeBase64(data.token) ?? '', [publicKeyOf('other')])).toBeUndefined();
    expect(fake.list('secrets', 'default').map((each) => each.metadata.name)).toEqual(['good']);
  });
});
