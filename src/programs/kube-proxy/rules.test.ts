import { describe, expect, it } from 'vitest';
import { renderRules } from './render.ts';
import { changedNames, computeRules, type EndpointSliceObject, type ServiceObject } from './rules.ts';

const service = (spec: Partial<ServiceObject['spec']>): ServiceObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: '10.96.1.1', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec } });
const slice = (endpoints: EndpointSliceObject['endpoints']): EndpointSliceObject => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'web-1', namespace: 'default' }, ...(endpoints === undefined ? {} : { endpoints }), ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] });
const rulesFor = (spec: Partial<ServiceObject['spec']>, endpoints: EndpointSliceObject['endpoints']) =>
  computeRules({ services: [service(spec)], slicesOf: () => [slice(endpoints)], nodeName: 'w1', nodeAddresses: ['192.168.1.101'] });
const two: EndpointSliceObject['endpoints'] = [
  { addresses: ['10.244.1.2'], nodeName: 'w1', conditions: { ready: true } },
  { addresses: ['10.244.2.2'], nodeName: 'w2', conditions: { ready: true } },
];

describe('the rules of a Service', () => {
  it('cluster IP', () => expect(rulesFor({}, two)).toEqual([{ address: '10.96.1.1:80', transport: 'tcp', name: 'default/web:http', backends: ['10.244.1.2:8080', '10.244.2.2:8080'] }]));
  it('no endpoints', () => expect(rulesFor({}, [])[0]?.backends).toEqual([]));
  it('node port, masqueraded', () => expect(rulesFor({ type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }, two)[1]).toMatchObject({ address: '192.168.1.101:30080', masquerade: true }));
  it('node port, Local', () => {
    const rule = rulesFor({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }, two)[1];
    expect(rule?.backends).toEqual(['10.244.1.2:8080']);
    expect(rule?.masquerade).toBeUndefined();
  });
  it('internal Local', () => expect(rulesFor({ internalTrafficPolicy: 'Local' }, two)[0]?.backends).toEqual(['10.244.1.2:8080']));
  it('affinity', () => expect(rulesFor({ sessionAffinity: 'ClientIP' }, two)[0]?.affinitySeconds).toBe(10_800));
  it('headless has none', () => expect(rulesFor({ clusterIP: 'None' }, two)).toEqual([]));
  it('falls back to ending endpoints that serve', () =>
    expect(rulesFor({}, [{ addresses: ['10.244.1.2'], conditions: { ready: false, serving: true, terminating: true } }, { addresses: ['10.244.1.3'], conditions: { ready: false, serving: false } }])[0]?.backends).toEqual(['10.244.1.2:8080']));
});

it('names what changed', () => {
  const before = rulesFor({}, two);
  expect(changedNames(before, before)).toEqual([]);
  expect(changedNames(before, rulesFor({}, []))).toEqual(['default/web:http']);
  expect(changedNames(before, [])).toEqual(['default/web:http']);
});

it('renders as the tools do', () => {
  const rules = rulesFor({}, two);
  expect(renderRules('iptables', rules)).toContain('--probability 0.50000000000');
  expect(renderRules('iptables', rulesFor({}, []))).toContain('has no endpoints" -m tcp --dport 80 -j REJECT');
  expect(renderRules('ipvs', rules)).toContain('TCP  10.96.1.1:80 rr\n  -> 10.244.1.2:8080');
  expect(renderRules('nftables', rules)).toContain('numgen random mod 2');
});
