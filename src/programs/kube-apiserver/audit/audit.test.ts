import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../api/meta/object.ts';
import { fakeEtcd } from '../testing/fake-etcd.ts';
import { clientIdentity, createSmallWorld } from '../testing/small-world.ts';
import { AuditPolicy } from './policy.ts';

const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: [system:apiserver]
- level: RequestResponse
  resources:
  - group: ""
    resources: [configmaps]
  omitManagedFields: true
- level: Metadata
  verbs: [delete]
`;

describe('the audit log', () => {
  it('has what the policy asks for: who, what, why, and the objects', () => {
    const { run, world } = createSmallWorld(1, fakeEtcd, [], ['--audit-log-path=/var/log/audit.log', '--audit-policy-file=/audit.yaml'], { '/audit.yaml': policy });
    run(function* (client) {
      yield* client.create({ group: '', version: 'v1', resource: 'configmaps' }, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } } as unknown as ApiObject);
      yield* client.list({ group: '', version: 'v1', resource: 'secrets' }, '');
    });
    run((client) => client.delete({ group: '', version: 'v1', resource: 'pods' }, 'default', 'x'), { tls: clientIdentity('jane') });
    const lines = ((world.machine('m1')?.readFile('/var/log/audit.log') ?? []) as readonly string[]).map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'RequestResponse', stage: 'ResponseComplete', requestURI: '/api/v1/namespaces/default/configmaps', verb: 'create',
      user: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }, sourceIPs: ['10.0.0.100'], objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
      responseStatus: { code: 201 }, requestObject: { data: { k: 'v' } }, responseObject: { data: { k: 'v' } }, annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    });
    expect((lines[0]?.['responseObject']?.['metadata'] as object)).not.toHaveProperty('managedFields');
    expect(lines[1]).toMatchObject({ level: 'Metadata', verb: 'delete', user: { username: 'jane' }, responseStatus: { code: 403, reason: 'Forbidden' }, annotations: { 'authorization.k8s.io/decision': 'forbid' } });
    expect(lines[1]).not.toHaveProperty('responseObject');
  });

  it.each(['', 'kind: Policy\napiVersion: audit.k8s.io/v1\nrules: []\n', 'kind: Policy\napiVersion: audit.k8s.io/v1\nrules:\n- level: Everything\n'])('a policy that is none is refused: %#', (text) => {
    expect(() => AuditPolicy.parse(text)).toThrow();
  });
});
