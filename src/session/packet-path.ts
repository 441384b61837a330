// How a packet goes from a pod or machine to an address or a Service's name: looked up now, with the same rules that carry real packets.
import type { PathHop, Random } from '../kernel/host.ts';
import type { SimWorld } from '../kernel/create-world.ts';
import { createRandom } from '../kernel/random.ts';
import { route, type Namespace } from '../kernel/network/route.ts';
import type { LiveRun } from './live-run.ts';

export interface PacketPath {
  readonly outcome: 'reached' | 'refused' | 'lost' | 'unreachable' | 'unknown';
  readonly hops: readonly (PathHop | { readonly machine: string; readonly namespace: string; readonly kind: 'dns' | 'closed'; readonly what: string })[];
  /** Which process of the last machine takes it, once it is there. */
  readonly process?: string;
  readonly problem?: string;
}

interface StoredService {
  readonly spec?: { readonly clusterIP?: string; readonly ports?: readonly { readonly port: number; readonly protocol?: string }[] };
}

export function packetPath(live: LiveRun, from: string, to: string): PacketPath {
  const world = live.world as SimWorld;
  const start = startOf(live, world, from);
  if (start === undefined) return { outcome: 'unknown', hops: [], problem: `${from} is neither a pod nor a machine` };
  const target = targetOf(live, start, to);
  if (target === undefined) return { outcome: 'unknown', hops: [], problem: `${to} is no address and no Service` };
  const random: Random = createRandom(1, 'packet-path', from, to);
  const found = route({ machineByAddress: (address) => world.machineByAddress(address), nowMs: world.nowMs, random }, start, 'tcp', target.address);
  const hops = [...target.hops, ...found.hops];
  if (found.kind !== 'reached') return { outcome: found.kind, hops };
  const { namespace, ip, port } = found;
  const listener = world.fabric.listenerAt(namespace, 'tcp', ip, port);
  if (listener !== undefined) return { outcome: 'reached', hops, process: listener.holder.place.process };
  return { outcome: 'refused', hops: [...hops, { machine: namespace.machine.name, namespace: namespace.name, kind: 'closed', what: `connect ${ip}:${port}: connection refused` }] };
}

function startOf(live: LiveRun, world: SimWorld, from: string): Namespace | undefined {
  const machineName = from.startsWith('machine:') ? from.slice('machine:'.length) : from;
  const machine = world.machines.find((each) => each.name === machineName);
  if (machine !== undefined) return world.machine(machineName).host;
  for (const record of live.scene.store.records()) {
    if (record.table !== 'pod' || (record.id !== from && record.uid !== from && record.name !== from && `${record.namespace}/${record.name}` !== from)) continue;
    if (record.node === '' || record.ip === '') return undefined;
    const node = world.machine(record.node);
    for (const namespace of node.namespaces.values()) if (namespace.addresses.includes(record.ip)) return namespace;
    return node.host;
  }
  return undefined;
}

function targetOf(live: LiveRun, start: Namespace, to: string): { readonly address: string; readonly hops: PacketPath['hops'] } | undefined {
  const text = to.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const colon = text.lastIndexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const port = colon < 0 ? '' : text.slice(colon + 1);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return { address: `${name}:${port === '' ? '80' : port}`, hops: [] };
  const machine = live.world.machines.find((each) => each.name === name);
  if (machine !== undefined) return { address: `${machine.address}:${port === '' ? '80' : port}`, hops: [{ machine: start.machine.name, namespace: start.name, kind: 'dns', what: `/etc/hosts: ${name} ${machine.address}` }] };
  const [service = '', namespace = 'default'] = name.split('.');
  const stored = live.scene.keys.at(`/registry/services/specs/${namespace}/${service}`, Infinity) as StoredService | undefined;
  const address = stored?.spec?.clusterIP;
  if (address === undefined || address === '' || address === 'None') return undefined;
  const wanted = port === '' ? String(stored?.spec?.ports?.[0]?.port ?? 80) : port;
  return { address: `${address}:${wanted}`, hops: [{ machine: start.machine.name, namespace: start.name, kind: 'dns', what: `DNS ${service}.${namespace}.svc.cluster.local -> ${address}` }] };
}
