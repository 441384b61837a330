import { describe, expect, it } from 'vitest';
import { computeRoutes } from './calico-node.ts';
import { decideAddress, usableRange } from './cidr.ts';

describe('addresses of a node', () => {
  it('begin after the gateway', () => expect(decideAddress({ last: 0, taken: {} }, '10.244.1.0/24')).toBe('10.244.1.2'));
  it('go on after the last one', () => expect(decideAddress({ last: 0x0af40105, taken: { '10.244.1.6': 'x' } }, '10.244.1.0/24')).toBe('10.244.1.7'));
  it('begin again at the end', () => expect(decideAddress({ last: 0x0af401fe, taken: { '10.244.1.2': 'x' } }, '10.244.1.0/24')).toBe('10.244.1.3'));
  it('run out', () => {
    const taken = Object.fromEntries(Array.from({ length: 253 }, (_, index) => [`10.244.1.${index + 2}`, 'x']));
    expect(decideAddress({ last: 0, taken }, '10.244.1.0/24')).toBeUndefined();
  });
  it('know their range', () => expect(usableRange('10.244.1.0/24')).toEqual({ first: 0x0af40102, last: 0x0af401fe }));
});

it('routes to every other node', () => {
  const node = (name: string, podCIDR: string, address: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { podCIDR }, status: { addresses: [{ type: 'InternalIP', address }] } });
  expect(computeRoutes([node('a', '10.244.0.0/24', '192.168.1.10'), node('b', '10.244.1.0/24', '192.168.1.101'), node('c', '', '192.168.1.102')], 'a')).toEqual([
    { destination: '10.244.1.0/24', via: '192.168.1.101', owner: 'calico' },
  ]);
});
