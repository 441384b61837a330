// Where a packet goes: the walk from a namespace through veth, NAT rules, routes and links to whoever has the address.
import type { NatService, PathHop, Random, Route, Transport } from '../host.ts';
import { cidrContains, parseCidr, parseIpv4, splitAddress, type Cidr } from './cidr.ts';

export interface Namespace {
  readonly name: string;
  readonly machine: RoutedMachine;
  readonly addresses: string[];
  /** Listeners by `transport/port`. */
  readonly ports: Map<string, unknown[]>;
}

/** What routing needs of a machine. */
export interface RoutedMachine {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly on: boolean;
  readonly host: Namespace;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly routing: RoutingTable;
}

export const hostNamespace = 'host';

interface ParsedRoute {
  readonly cidr: Cidr;
  readonly route: Route;
}

/** One machine's routes and NAT rules, by who put them there. */
export class RoutingTable {
  private routesByOwner = new Map<string, readonly ParsedRoute[]>();
  private natByOwner = new Map<string, { readonly mode: string; readonly services: readonly NatService[] }>();
  private natIndex = new Map<string, NatService>();
  /** `client|service` -> backend, for session affinity. */
  private readonly sticky = new Map<string, { readonly backend: string; untilMs: number }>();

  setRoutes(owner: string, routes: readonly Route[]): void {
    const parsed: ParsedRoute[] = [];
    for (const route of routes) {
      const cidr = parseCidr(route.destination);
      if (cidr !== undefined) parsed.push({ cidr, route });
    }
    this.routesByOwner.set(owner, parsed);
  }
  routes(): readonly Route[] {
    return [...this.routesByOwner.values()].flatMap((list) => list.map((each) => each.route));
  }
  lookup(address: number): Route | undefined {
    let best: ParsedRoute | undefined;
    for (const list of this.routesByOwner.values())
      for (const each of list) if (cidrContains(each.cidr, address) && (best === undefined || each.cidr.bits > best.cidr.bits)) best = each;
    return best?.route;
  }

  setNat(owner: string, mode: string, services: readonly NatService[]): void {
    this.natByOwner.set(owner, { mode, services });
    this.natIndex = new Map();
    for (const { services: list } of this.natByOwner.values()) for (const each of list) this.natIndex.set(`${each.transport}/${each.address}`, each);
  }
  nat(): readonly { readonly owner: string; readonly mode: string; readonly services: readonly NatService[] }[] {
    return [...this.natByOwner].map(([owner, value]) => ({ owner, ...value }));
  }
  mode(service: NatService): string {
    for (const { mode, services } of this.natByOwner.values()) if (services.includes(service)) return mode;
    return '';
  }
  service(transport: Transport, address: string): NatService | undefined {
    return this.natIndex.get(`${transport}/${address}`);
  }
  choose(service: NatService, client: string, nowMs: number, random: Random): string {
    const seconds = service.affinitySeconds;
    const key = `${client}|${service.transport}/${service.address}`;
    if (seconds !== undefined) {
      const kept = this.sticky.get(key);
      if (kept !== undefined && kept.untilMs > nowMs && service.backends.includes(kept.backend)) {
        kept.untilMs = nowMs + seconds * 1000;
        return kept.backend;
      }
    }
    const backend = service.backends[random.below(service.backends.length)] as string;
    if (seconds !== undefined) this.sticky.set(key, { backend, untilMs: nowMs + seconds * 1000 });
    return backend;
  }
  clear(): void {
    this.routesByOwner.clear();
    this.natByOwner.clear();
    this.natIndex.clear();
    this.sticky.clear();
  }
}

export type RouteResult =
  | { readonly kind: 'reached'; readonly namespace: Namespace; readonly ip: string; readonly port: number; readonly hops: readonly PathHop[]; readonly links: readonly Link[]; readonly source: string }
  | { readonly kind: 'refused' | 'lost' | 'unreachable'; readonly hops: readonly PathHop[]; readonly links: readonly Link[] };

/** A stretch between two machines. */
export interface Link {
  readonly from: RoutedMachine;
  readonly to: RoutedMachine;
}

export interface RouteWorld {
  machineByAddress(address: string): RoutedMachine | undefined;
  readonly nowMs: number;
  readonly random: Random;
}

function isLoopback(ip: string): boolean {
  return ip === 'localhost' || ip.startsWith('127.') || ip === '' || ip === '0.0.0.0';
}

/** Follows a packet for `address` from `start`. Draws dice only where NAT chooses a backend. */
export function route(world: RouteWorld, start: Namespace, transport: Transport, address: string): RouteResult {
  const hops: PathHop[] = [];
  const links: Link[] = [];
  let { ip, port } = splitAddress(address);
  let source = start.addresses[0] ?? '';
  const hop = (machine: RoutedMachine, namespace: string, kind: PathHop['kind'], what: string) => hops.push({ machine: machine.name, namespace, kind, what });
  if (isLoopback(ip) || start.addresses.includes(ip)) {
    hop(start.machine, start.name, 'local', isLoopback(ip) ? `lo ${ip === '' ? '127.0.0.1' : ip}` : `local ${ip}`);
    if (!(start === start.machine.host && start.machine.routing.service(transport, `${ip}:${port}`) !== undefined))
      return { kind: 'reached', namespace: start, ip, port, hops, links, source };
  }
  let machine = start.machine;
  if (start !== machine.host) hop(machine, start.name, 'veth', `veth of ${start.name} ${source}`);
  for (let ttl = 0; ttl < 8; ttl++) {
    const service = machine.routing.service(transport, `${ip}:${port}`);
    if (service !== undefined) {
      if (service.backends.length === 0) {
        hop(machine, hostNamespace, 'refused', `${machine.routing.mode(service)}: ${service.name} ${ip}:${port} has no endpoints: REJECT`);
        return { kind: 'refused', hops, links };
      }
      const backend = machine.routing.choose(service, source, world.nowMs, world.random);
      hop(machine, hostNamespace, 'nat', `${machine.routing.mode(service)}: ${service.name} DNAT ${ip}:${port} -> ${backend}`);
      ({ ip, port } = splitAddress(backend));
      if (service.masquerade === true) {
        source = machine.addresses[0] as string;
        hop(machine, hostNamespace, 'nat', `${machine.routing.mode(service)}: masquerade as ${source}`);
      }
      // The chosen backend may itself be an address of this machine's NAT; that is not rewritten twice.
    }
    if (machine.addresses.includes(ip)) {
      hop(machine, hostNamespace, 'listen', `${ip}:${port} on ${machine.name}`);
      return { kind: 'reached', namespace: machine.host, ip, port, hops, links, source };
    }
    for (const namespace of machine.namespaces.values()) {
      if (!namespace.addresses.includes(ip)) continue;
      hop(machine, namespace.name, 'veth', `veth to ${namespace.name} ${ip}`);
      return { kind: 'reached', namespace, ip, port, hops, links, source };
    }
    const number = parseIpv4(ip);
    if (number === undefined) return { kind: 'unreachable', hops, links };
    const found = machine.routing.lookup(number);
    const via = found?.via;
    const next = world.machineByAddress(via ?? ip);
    if (next === undefined || next === machine) {
      hop(machine, hostNamespace, 'lost', `no route to ${ip}`);
      return { kind: 'lost', hops, links };
    }
    if (via !== undefined) hop(machine, hostNamespace, 'route', `route ${found?.destination ?? ''} via ${via} (${found?.owner ?? ''})`);
    hop(machine, hostNamespace, 'link', `${machine.name} -> ${next.name}`);
    links.push({ from: machine, to: next });
    if (!next.on) {
      hop(next, hostNamespace, 'lost', `${next.name} does not answer`);
      return { kind: 'lost', hops, links };
    }
    machine = next;
  }
  hop(machine, hostNamespace, 'lost', 'time to live exceeded');
  return { kind: 'lost', hops, links };
}

/** Whether answers find their way back to `source` from `machine`: a pod address needs a route there. */
export function routesBack(world: RouteWorld, machine: RoutedMachine, source: string): boolean {
  if (source === '' || machine.addresses.includes(source)) return true;
  for (const namespace of machine.namespaces.values()) if (namespace.addresses.includes(source)) return true;
  if (world.machineByAddress(source) !== undefined) return true;
  const number = parseIpv4(source);
  return number !== undefined && machine.routing.lookup(number)?.via !== undefined;
}
