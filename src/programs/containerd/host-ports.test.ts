import { expect, it } from 'vitest';
import type { PodSandboxConfig } from '../../wire/cri.ts';
import { computeHostPorts } from './host-ports.ts';
import type { SandboxRecord } from './records.ts';

const sandbox = (name: string, portMappings: PodSandboxConfig['portMappings'], more: Partial<SandboxRecord> = {}): SandboxRecord => ({
  id: name, state: 'SANDBOX_READY', createdAtMs: 0, ip: '10.244.1.2', namespace: 'n', process: undefined,
  config: { metadata: { name, namespace: 'default', uid: 'u', attempt: 0 }, hostname: name, hostNetwork: false, labels: {}, annotations: {}, portMappings },
  ...more,
});
const web = { containerPort: 80, hostPort: 8080, protocol: 'TCP' };
const rule = (address: string, more: object = {}) => ({ address, transport: 'tcp', name: 'hostport default/web:8080', backends: ['10.244.1.2:80'], ...more });

it.each([
  ['on every address of the machine', sandbox('web', [web]), [rule('192.168.1.10:8080'), rule('10.0.0.10:8080')]],
  ['also when that is said', sandbox('web', [{ ...web, hostIp: '0.0.0.0' }]), [rule('192.168.1.10:8080'), rule('10.0.0.10:8080')]],
  ['on one address where the pod names it', sandbox('web', [{ ...web, hostIp: '127.0.0.1' }]), [rule('127.0.0.1:8080')]],
  ['by UDP', sandbox('web', [{ ...web, hostIp: '127.0.0.1', protocol: 'UDP' }]), [rule('127.0.0.1:8080', { transport: 'udp' })]],
  ['not without a host port', sandbox('web', [{ ...web, hostPort: 0 }]), []],
  ['not of a sandbox that has stopped', sandbox('web', [web], { state: 'SANDBOX_NOTREADY' }), []],
  ['not on the host network, where the port is open anyway', sandbox('web', [web], { ip: '' }), []],
])('a host port is open %s', (_name, record, expected) => expect(computeHostPorts([record], ['192.168.1.10', '10.0.0.10'])).toEqual(expected));
