import { describe, expect, it } from 'vitest';
import { answerFromCluster, answerReverse, type Directory, type EndpointSliceObject, type ServiceObject } from './answer.ts';
import { parseCorefile } from './corefile.ts';

const service = (name: string, spec: ServiceObject['spec']): ServiceObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec });
const services = [
  service('web', { clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }),
  service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }),
  service('out', { type: 'ExternalName', externalName: 'example.com' }),
];
const slice: EndpointSliceObject = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
  endpoints: [{ addresses: ['10.244.1.5'], hostname: 'db-0', conditions: { ready: true } }, { addresses: ['10.244.1.6'], conditions: { ready: false } }],
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
};
const directory: Directory = {
  service: (namespace, name) => services.find((each) => each.metadata.name === name && namespace === 'default'),
  hasNamespace: (name) => name === 'default',
  slicesOf: (_namespace, name) => (name === 'db' ? [slice] : []),
  serviceByIp: (ip) => services.find((each) => each.spec.clusterIP === ip),
  sliceByIp: (ip) => (ip === '10.244.1.5' ? slice : undefined),
};
const options = { zone: 'cluster.local', ttl: 30, pods: 'insecure' as const };
const ask = (name: string, type: 'A' | 'SRV' | 'TXT' = 'A') => {
  const outcome = answerFromCluster({ id: 1, name, type }, directory, options);
  return outcome.kind === 'records' ? outcome.records.map((record) => record.value) : outcome.kind === 'alias' ? `alias ${outcome.target}` : 'NXDOMAIN';
};

describe('names of the cluster', () => {
  it.each([
    ['web.default.svc.cluster.local', 'A', ['10.96.1.1']],
    ['web.default.svc.cluster.local', 'TXT', []],
    ['_http._tcp.web.default.svc.cluster.local', 'SRV', ['0 100 80 web.default.svc.cluster.local.']],
    ['db.default.svc.cluster.local', 'A', ['10.244.1.5']],
    ['db-0.db.default.svc.cluster.local', 'A', ['10.244.1.5']],
    ['_sql._tcp.db.default.svc.cluster.local', 'SRV', ['0 100 5432 db-0.db.default.svc.cluster.local.']],
    ['nope.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['web.other.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['web.default.svc.cluster.local.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['out.default.svc.cluster.local', 'A', 'alias example.com'],
    ['10-244-1-9.default.pod.cluster.local', 'A', ['10.244.1.9']],
    ['dns-version.cluster.local', 'TXT', ['1.1.0']],
  ] as const)('%s %s', (name, type, expected) => expect(ask(name, type)).toEqual(expected));
  it('and back', () => {
    expect(answerReverse({ id: 1, name: '1.1.96.10.in-addr.arpa', type: 'PTR' }, directory, options)).toMatchObject({ records: [{ value: 'web.default.svc.cluster.local.' }] });
    expect(answerReverse({ id: 1, name: '5.1.244.10.in-addr.arpa', type: 'PTR' }, directory, options)).toMatchObject({ records: [{ value: 'db-0.db.default.svc.cluster.local.' }] });
    expect(answerReverse({ id: 1, name: '9.9.9.9.in-addr.arpa', type: 'PTR' }, directory, options)).toBeUndefined();
  });
});

describe('the Corefile', () => {
  it("is kubeadm's", () => {
    const text = '.:53 {\n    errors\n    health {\n       lameduck 5s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }\n    prometheus :9153\n    forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }\n    cache 30\n}\n';
    expect(parseCorefile(text)).toMatchObject({ port: 53, zones: ['cluster.local', 'in-addr.arpa', 'ip6.arpa'], ttl: 30, pods: 'insecure', forward: ['/etc/resolv.conf'], healthPort: 8080, readyPort: 8181, metricsPort: 9153, lameduckMs: 5000 });
  });
  it('refuses what it does not know', () => expect(() => parseCorefile('.:53 {\n  nonsense\n}\n')).toThrow("Corefile:2 - Error during parsing: Unknown directive 'nonsense'"));
});
