import { describe, expect, it } from 'vitest';
import { computeCandidates, findInHosts, parseResolvConf, reverseName } from './dns-resolver.ts';

describe('the stub resolver', () => {
  const config = parseResolvConf('# made by kubelet\nsearch default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5 timeout:2\n');
  it('reads resolv.conf', () => {
    expect(config).toEqual({ servers: ['10.96.0.10'], searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], ndots: 5, timeoutMs: 2000, attempts: 2 });
  });
  it('searches short names first', () => {
    expect(computeCandidates('web', config)).toEqual(['web.default.svc.cluster.local', 'web.svc.cluster.local', 'web.cluster.local', 'web']);
  });
  it('asks for full names first, and only for absolute ones', () => {
    expect(computeCandidates('a.b.c.d.e.f', config)[0]).toBe('a.b.c.d.e.f');
    expect(computeCandidates('docker.io.', config)).toEqual(['docker.io']);
  });
  it('reads hosts', () => {
    expect(findInHosts('127.0.0.1 localhost\n192.168.2.10\tdocker.io registry-1.docker.io # hub\n', 'registry-1.docker.io')).toEqual(['192.168.2.10']);
  });
  it('reverses', () => expect(reverseName('10.244.1.4')).toBe('4.1.244.10.in-addr.arpa'));
});
