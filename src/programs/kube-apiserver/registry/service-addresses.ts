// Cluster IPs and node ports of Services. An address belongs to whoever created its IPAddress object; node ports are booked in one bitmap.
import { decodeBase64Bytes, encodeBase64Bytes } from '../../../api/meta/base64.ts';
import { formatTime } from '../../../api/meta/time.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { fieldsOf, specOf, withSpec, type Fields } from '../admission/plugin.ts';
import type { Config } from '../config.ts';
import { internalError, invalid } from '../status.ts';
import { formatFieldError } from '../api-room.ts';
import { keyFor } from '../storage/collections.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import type { KindHooks } from './rest-store.ts';

interface Port extends Fields {
  readonly port: number;
  readonly protocol?: string;
  readonly nodePort?: number;
}
type Undo = () => Task<void>;

export function parseCidr(cidr: string): { readonly base: number; readonly size: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const number = addressToNumber(address);
  return { base: number - (number % size), size };
}
export const addressToNumber = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
export const numberToAddress = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

export class ServiceAddresses implements KindHooks {
  private readonly host: Host;
  private readonly storage: Storage;
  private readonly cidr: string;
  private readonly range: { readonly base: number; readonly size: number };
  private readonly ports: readonly [number, number];
  private readonly newUid: () => string;

  constructor(host: Host, storage: Storage, config: Config, newUid: () => string) {
    this.host = host;
    this.storage = storage;
    this.cidr = config.serviceClusterIpRange;
    this.range = parseCidr(config.serviceClusterIpRange);
    this.ports = config.serviceNodePortRange;
    this.newUid = newUid;
  }

  *beforeCreate(service: StoredObject, dryRun: boolean): Task<{ readonly object: StoredObject; readonly undo?: Undo }> {
    const undos: Undo[] = [];
    const undo: Undo = function* () {
      for (const each of undos) yield* each();
    };
    try {
      let object = yield* this.assignAddress(service, dryRun, undos);
      object = yield* this.assignPorts(object, undefined, dryRun, undos);
      return { object, undo };
    } catch (error) {
      yield* undo();
      throw error;
    }
  }

  *beforeUpdate(service: StoredObject, old: StoredObject, dryRun: boolean): Task<{ readonly object: StoredObject; readonly undo?: Undo }> {
    const undos: Undo[] = [];
    const wasExternal = specOf(old)['type'] === 'ExternalName';
    const isExternal = specOf(service)['type'] === 'ExternalName';
    let object = service;
    if (!isExternal && !wasExternal && specOf(service)['clusterIP'] === undefined) {
      // An update that leaves the address out keeps it.
      object = withSpec(object, { clusterIP: specOf(old)['clusterIP'], clusterIPs: specOf(old)['clusterIPs'] });
    }
    if (!isExternal && wasExternal) object = yield* this.assignAddress(object, dryRun, undos);
    if (isExternal && !wasExternal && !dryRun) yield* this.releaseAddress(old);
    if (isExternal && !wasExternal) {
      const { clusterIP: _ip, clusterIPs: _ips, ...spec } = specOf(object);
      object = { ...object, spec };
    }
    object = yield* this.assignPorts(object, old, dryRun, undos);
    if (!dryRun) {
      const kept = new Set(nodePortsOf(object));
      const gone = nodePortsOf(old).filter((port) => !kept.has(port));
      if (gone.length > 0) yield* this.changePorts((used) => gone.forEach((port) => used.delete(port)));
    }
    return {
      object,
      *undo() {
        for (const each of undos) yield* each();
      },
    };
  }

  *afterDelete(service: StoredObject): Task<void> {
    yield* this.releaseAddress(service);
    const ports = nodePortsOf(service);
    if (ports.length > 0) yield* this.changePorts((used) => ports.forEach((port) => used.delete(port)));
  }

  // ---------------------------------------------------------------- cluster IPs

  private *assignAddress(service: StoredObject, dryRun: boolean, undos: Undo[]): Task<StoredObject> {
    const spec = specOf(service);
    if (spec['type'] === 'ExternalName') return service;
    const wanted = spec['clusterIP'] as string | undefined;
    if (wanted === 'None') return withSpec(service, { clusterIPs: ['None'], ...familiesOf(spec, true) });
    let address: string;
    if (wanted !== undefined && wanted !== '') {
      const problem = yield* this.tryAddress(service, wanted, dryRun);
      if (problem !== undefined) throw invalid('', 'Service', service.metadata.name, [{ type: 'Invalid', field: 'spec.clusterIPs', value: [wanted], detail: `failed to allocate IP ${wanted}: ${problem}` }], formatFieldError);
      address = wanted;
    } else address = yield* this.anyAddress(service, dryRun);
    if (!dryRun) undos.push(() => this.removeAddress(address));
    return withSpec(service, { clusterIP: address, clusterIPs: [address], ...familiesOf(spec, false) });
  }

  /** From the upper band first, so that addresses named by hand find room in the lower one. */
  private *anyAddress(service: StoredObject, dryRun: boolean): Task<string> {
    const { base, size } = this.range;
    const band = Math.min(Math.max(16, Math.floor(size / 16)), 256);
    const upper = Math.max(1, size - band - 1);
    for (let attempt = 0; attempt < 50; attempt++) {
      const offset = attempt < 40 ? band + this.host.random.below(upper) : 1 + this.host.random.below(Math.max(1, size - 2));
      const address = numberToAddress(base + offset);
      if ((yield* this.tryAddress(service, address, dryRun)) === undefined) return address;
    }
    throw internalError('failed to allocate a serviceIP: range is full');
  }

  private *tryAddress(service: StoredObject, address: string, dryRun: boolean): Task<string | undefined> {
    if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) return `the provided IP (${address}) is not a valid IP`;
    const offset = addressToNumber(address) - this.range.base;
    if (offset <= 0 || offset >= this.range.size - 1) return `the provided network does not match the current range`.replace('the provided network does not match the current range', `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${this.cidr}`);
    const key = keyFor('ipaddresses', '', address);
    const object: StoredObject = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: address,
        uid: this.newUid(),
        creationTimestamp: formatTime(this.host.clock.wallMs()),
        labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
      },
      spec: { parentRef: { resource: 'services', namespace: service.metadata.namespace ?? '', name: service.metadata.name } },
    };
    if (dryRun) return (yield* this.storage.get(key)) === undefined ? undefined : 'provided IP is already allocated';
    return (yield* this.storage.write(key, object, 0)).ok ? undefined : 'provided IP is already allocated';
  }

  private *releaseAddress(service: StoredObject): Task<void> {
    for (const address of (specOf(service)['clusterIPs'] ?? []) as readonly string[]) if (address !== 'None' && address !== '') yield* this.removeAddress(address);
  }

  private *removeAddress(address: string): Task<void> {
    yield* this.storage.etcd.deleteRange({ key: keyFor('ipaddresses', '', address) });
  }

  // ---------------------------------------------------------------- node ports

  private *assignPorts(service: StoredObject, old: StoredObject | undefined, dryRun: boolean, undos: Undo[]): Task<StoredObject> {
    const spec = specOf(service);
    const type = spec['type'];
    const ports = (spec['ports'] ?? []) as readonly Port[];
    const wanted = type === 'NodePort' || (type === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false);
    if (!wanted) {
      if (old === undefined || type === 'LoadBalancer' || !ports.some((port) => port.nodePort !== undefined)) return service;
      // The type changed away: its node ports go unless they were asked for again.
      return withSpec(service, { ports: ports.map(({ nodePort: _nodePort, ...rest }) => rest) });
    }
    const oldPorts = (specOf(old)['ports'] ?? []) as readonly Port[];
    const had = new Set(nodePortsOf(old));
    const kept = ports.map((port) => {
      if (port.nodePort !== undefined && port.nodePort !== 0) return port;
      const same = oldPorts.find((each) => each.port === port.port && (each.protocol ?? 'TCP') === (port.protocol ?? 'TCP') && each.nodePort !== undefined);
      return same === undefined ? port : { ...port, nodePort: same.nodePort as number };
    });
    const needs = kept.filter((port) => port.nodePort === undefined || port.nodePort === 0 || !had.has(port.nodePort));
    if (needs.length === 0) return kept.some((port, index) => port !== ports[index]) ? withSpec(service, { ports: kept }) : service;
    let assigned: readonly Port[] = kept;
    const taken: number[] = [];
    const decide = (used: Set<number>): void => {
      taken.length = 0;
      const byPort = new Map<number, number>();
      assigned = kept.map((port, index) => {
        const given = port.nodePort;
        if (given !== undefined && given !== 0) {
          if (had.has(given) || taken.includes(given)) return port;
          const [low, high] = this.ports;
          if (given < low || given > high) throw invalid('', 'Service', service.metadata.name, [{ type: 'Invalid', field: `spec.ports[${index}].nodePort`, value: given, detail: `provided port is not in the valid range. The range of valid ports is ${low}-${high}` }], formatFieldError);
          if (used.has(given)) throw invalid('', 'Service', service.metadata.name, [{ type: 'Invalid', field: `spec.ports[${index}].nodePort`, value: given, detail: 'provided port is already allocated' }], formatFieldError);
          taken.push(given);
          return port;
        }
        const shared = byPort.get(port.port);
        const chosen = shared ?? this.anyPort(used, taken);
        byPort.set(port.port, chosen);
        if (!taken.includes(chosen)) taken.push(chosen);
        return { ...port, nodePort: chosen };
      });
      for (const port of taken) used.add(port);
    };
    yield* this.changePorts(decide, dryRun);
    if (!dryRun && taken.length > 0) {
      const mine = [...taken];
      undos.push(() => this.changePorts((used) => mine.forEach((port) => used.delete(port))));
    }
    return withSpec(service, { ports: assigned });
  }

  private anyPort(used: ReadonlySet<number>, taken: readonly number[]): number {
    const [low, high] = this.ports;
    const size = high - low + 1;
    const band = Math.min(Math.max(16, Math.floor(size / 32)), 128);
    for (let attempt = 0; attempt < 200; attempt++) {
      const port = low + (attempt < 150 ? band + this.host.random.below(size - band) : this.host.random.below(size));
      if (!used.has(port) && !taken.includes(port)) return port;
    }
    throw internalError('failed to allocate a nodePort: range is full');
  }

  /** Changes the booked ports in one optimistic write. */
  private *changePorts(change: (used: Set<number>) => void, dryRun = false): Task<void> {
    const key = '/registry/ranges/servicenodeports';
    let current = yield* this.storage.get(key);
    for (;;) {
      const used = this.readPorts(current);
      change(used);
      if (dryRun) return;
      const next: StoredObject = { apiVersion: 'v1', kind: 'RangeAllocation', metadata: current?.metadata ?? ({ name: '' } as StoredObject['metadata']), range: `${this.ports[0]}-${this.ports[1]}`, data: this.writePorts(used) };
      const written = yield* this.storage.write(key, next, Number(current?.metadata.resourceVersion ?? 0));
      if (written.ok) return;
      current = written.current ?? (yield* this.storage.get(key));
    }
  }

  private readPorts(object: StoredObject | undefined): Set<number> {
    const used = new Set<number>();
    const bytes = decodeBase64Bytes(String(fieldsOf(object)['data'] ?? '')) ?? [];
    bytes.forEach((byte, index) => {
      for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) used.add(this.ports[0] + (bytes.length - 1 - index) * 8 + bit);
    });
    return used;
  }

  /** A big-endian bitmap, as Go's big.Int writes it. */
  private writePorts(used: ReadonlySet<number>): string {
    let highest = -1;
    for (const port of used) highest = Math.max(highest, port - this.ports[0]);
    const bytes: number[] = Array.from({ length: Math.floor(highest / 8) + 1 }, () => 0);
    for (const port of used) {
      const offset = port - this.ports[0];
      const index = bytes.length - 1 - Math.floor(offset / 8);
      bytes[index] = (bytes[index] ?? 0) | (1 << offset % 8);
    }
    return encodeBase64Bytes(bytes);
  }
}

/** This cluster speaks IPv4. A headless service without selector leaves both families to whoever writes its endpoints. */
function familiesOf(spec: Fields, headless: boolean): Fields {
  if (spec['ipFamilies'] !== undefined && spec['ipFamilyPolicy'] !== undefined) return {};
  const selectorless = headless && Object.keys((spec['selector'] ?? {}) as object).length === 0;
  return selectorless ? { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' } : { ipFamilies: spec['ipFamilies'] ?? ['IPv4'], ipFamilyPolicy: spec['ipFamilyPolicy'] ?? 'SingleStack' };
}

function nodePortsOf(service: StoredObject | undefined): number[] {
  const spec = specOf(service);
  const ports = ((spec['ports'] ?? []) as readonly Port[]).map((port) => port.nodePort ?? 0).filter((port) => port !== 0);
  const health = spec['healthCheckNodePort'];
  return typeof health === 'number' && health !== 0 ? [...ports, health] : ports;
}
