import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../../scene/folds/summary.ts';
import { targetsOf } from './targets.ts';

function service(name: string, namespace: string, spec: object) {
  return { kind: 'Service', name, namespace, summary: summaryOf({ kind: 'Service', metadata: { name, namespace }, spec } as unknown as Parameters<typeof summaryOf>[0]) };
}

describe('targetsOf', () => {
  it("asks a Service's own port, whatever port the nodes open for it", () => {
    expect(targetsOf(service('frontend', 'default', { type: 'NodePort', clusterIP: '10.104.155.95', ports: [{ port: 80, nodePort: 31299, protocol: 'TCP' }] }))).toEqual(['frontend.default']);
    expect(targetsOf(service('redis', 'shop', { type: 'ClusterIP', clusterIP: '10.1.2.3', ports: [{ port: 6379 }] }))).toEqual(['redis.shop:6379']);
  });

  it('has one for each TCP port, and none for what no page is asked of', () => {
    expect(targetsOf(service('mixed', 'a', { type: 'LoadBalancer', clusterIP: '10.1.2.4', ports: [{ port: 53, protocol: 'UDP' }, { port: 8080, nodePort: 30001, protocol: 'TCP' }, { port: 80, protocol: 'TCP' }] }))).toEqual(['mixed.a:8080', 'mixed.a']);
    expect(targetsOf(service('kube-dns', 'kube-system', { clusterIP: '10.96.0.10', ports: [{ port: 53, protocol: 'TCP' }] }))).toEqual([]);
    expect(targetsOf(service('kubernetes', 'default', { clusterIP: '10.96.0.1', ports: [{ port: 443, protocol: 'TCP' }] }))).toEqual([]);
    expect(targetsOf(service('elsewhere', 'a', { type: 'ExternalName', externalName: 'example.org' }))).toEqual([]);
  });
});
