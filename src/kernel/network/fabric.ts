// All wires of one world: who is connected with whom, what a packet meets on its way, and what may be seen of it.
import type { DialOptions, Family, ListenOptions, NetworkErrorShape, PathHop, Random, Transport } from '../host.ts';
import type { SimProcess } from '../machine/process.ts';
import type { Runner } from '../runner.ts';
import { Timer } from '../runner.ts';
import type { Task } from '../task.ts';
import type { FaultRule, KernelEvent, Place, Verdict } from '../world.ts';
import { splitAddress } from './cidr.ts';
import { Delivery, EndPoint, type Carrier } from './connection.ts';
import { judge } from './faults.ts';
import { SimListener } from './listener.ts';
import { NetworkError } from './network-error.ts';
import { route, routesBack, type Namespace, type RoutedMachine, type RouteResult, type RouteWorld } from './route.ts';

const synRetryMs = [1000, 3000, 7000, 15_000, 31_000];
const defaultDialTimeoutMs = 30_000;
const localLatencyMs = 0.02;

export interface FabricWorld {
  readonly runner: Runner;
  readonly random: Random;
  machineByAddress(address: string): RoutedMachine | undefined;
  emit(place: Place, event: KernelEvent): number;
  readonly tracing: boolean;
  countEvent(kind: number): number;
}

export class Fabric implements Carrier, RouteWorld {
  readonly runner: Runner;
  readonly faults = new Map<string, FaultRule>();
  readonly ends = new Map<number, EndPoint>();
  latency: (from: string, to: string) => number;
  private readonly world: FabricWorld;
  private nextConnection = 0;
  private nextPort = 32_768;

  constructor(world: FabricWorld, latency: (from: string, to: string) => number) {
    this.world = world;
    this.runner = world.runner;
    this.latency = latency;
  }

  get nowMs(): number {
    return this.runner.queue.nowMs;
  }
  get random(): Random {
    return this.world.random;
  }
  machineByAddress(address: string): RoutedMachine | undefined {
    return this.world.machineByAddress(address);
  }

  private oneWayMs(from: string, to: string): number {
    return from === to ? localLatencyMs : this.latency(from, to);
  }

  private judge(from: Place, to: Place, family: Family, transport: Transport): Verdict {
    if (this.faults.size === 0 || from.machine === to.machine) return 'pass';
    return judge(this.faults.values(), { from, to, family, transport, bytes: 0 }, this.random);
  }

  passage(from: EndPoint, to: EndPoint): { readonly verdict: Verdict; readonly latencyMs: number } {
    return {
      verdict: this.judge(from.holder.place, to.holder.place, from.family, from.transport),
      latencyMs: this.oneWayMs(from.holder.machineName, to.holder.machineName),
    };
  }

  traceMessage(from: EndPoint, to: EndPoint, family: Family, note: string, body: unknown, arriveMs: number, lost: boolean): number {
    if (!this.world.tracing) return this.world.countEvent(lost ? 2 : 1);
    return this.world.emit(from.holder.place, {
      type: 'net.message',
      connection: from.id >> 1,
      from: from.holder.place,
      to: to.holder.place,
      family,
      note,
      arriveMs,
      lost,
      body,
    });
  }

  closed(end: EndPoint, error: NetworkErrorShape | undefined): void {
    if (!this.ends.delete(end.id)) return;
    (end.holder as SimProcess).ends.delete(end);
    if (!this.ends.has(end.id ^ 1))
      this.world.emit(end.holder.place, { type: 'net.closed', connection: end.id >> 1, ...(error === undefined ? {} : { error: error.message }) });
  }

  listen(process: SimProcess, address: string, options: ListenOptions): SimListener {
    const transport = options.transport ?? 'tcp';
    if (address.startsWith('unix:')) return this.listenUnix(process, address, options);
    const { ip, port: wanted } = splitAddress(address);
    const namespace = process.namespace;
    const wildcard = ip === '' || ip === '0.0.0.0' || ip === '::' || ip === '[::]';
    if (!wildcard && ip !== 'localhost' && !ip.startsWith('127.') && !namespace.addresses.includes(ip))
      throw new NetworkError('EADDRNOTAVAIL', `listen ${transport} ${address}: bind: cannot assign requested address`);
    const port = wanted === 0 ? this.ephemeral() : wanted;
    const key = `${transport}/${port}`;
    const open = (namespace.ports.get(key) ?? []) as SimListener[];
    const clash = open.some((each) => each.ip === '' || wildcard || each.ip === ip);
    if (clash) throw new NetworkError('EADDRINUSE', `listen ${transport} ${address}: bind: address already in use`);
    const listener = new SimListener(this.runner, {
      address: `${wildcard ? '0.0.0.0' : ip}:${port}`,
      ip: wildcard ? '' : ip,
      port,
      family: options.family,
      holder: process,
      onClose: (closed) => {
        namespace.ports.set(key, ((namespace.ports.get(key) ?? []) as SimListener[]).filter((each) => each !== closed));
        process.listeners.delete(closed);
      },
    });
    namespace.ports.set(key, [...open, listener]);
    process.listeners.add(listener);
    return listener;
  }

  private listenUnix(process: SimProcess, address: string, options: ListenOptions): SimListener {
    const sockets = process.machine.sockets;
    if (sockets.has(address)) throw new NetworkError('EADDRINUSE', `listen unix ${address.slice(5)}: bind: address already in use`);
    const listener = new SimListener(this.runner, {
      address,
      ip: address,
      port: 0,
      family: options.family,
      holder: process,
      onClose: (closed) => {
        sockets.delete(address);
        process.listeners.delete(closed);
      },
    });
    sockets.set(address, listener);
    process.listeners.add(listener);
    return listener;
  }

  private ephemeral(): number {
    this.nextPort = this.nextPort >= 60_999 ? 32_768 : this.nextPort + 1;
    return this.nextPort;
  }

  listenerAt(namespace: Namespace, transport: Transport, ip: string, port: number): SimListener | undefined {
    const open = namespace.ports.get(`${transport}/${port}`) as SimListener[] | undefined;
    const loopback = ip === '' || ip === 'localhost' || ip.startsWith('127.');
    return open?.find((each) => each.ip === '' || each.ip === ip || (loopback && (each.ip === 'localhost' || each.ip.startsWith('127.'))));
  }

  /** Walks and asks the fault rules; a lost answer counts as lost. */
  tryRoute(process: SimProcess, transport: Transport, address: string, family: Family): RouteResult {
    const result = route(this, process.namespace, transport, address);
    if (result.kind !== 'reached') return result;
    const target = result.namespace.machine;
    for (const link of result.links) {
      const from = { machine: link.from.name, process: process.name };
      const to = { machine: link.to.name, process: '' };
      if (this.judge(from, to, family, transport) === 'drop' || this.judge(to, from, family, transport) === 'drop') return { kind: 'lost', hops: result.hops, links: result.links };
    }
    if (target !== process.machine && !routesBack(this, target, result.source)) return { kind: 'lost', hops: result.hops, links: result.links };
    return result;
  }

  *dial(process: SimProcess, address: string, options: DialOptions): Task<EndPoint> {
    const transport = options.transport ?? 'tcp';
    if (address.startsWith('unix:')) return yield* this.dialUnix(process, address, options);
    const deadline = this.nowMs + (options.timeoutMs ?? defaultDialTimeoutMs);
    const wanted: Family = options.family ?? 'control';
    for (let attempt = 0; ; attempt++) {
      const found = this.tryRoute(process, transport, address, wanted);
      if (found.kind === 'unreachable') throw new NetworkError('ENETUNREACH', `dial ${transport} ${address}: connect: network is unreachable`);
      if (found.kind === 'refused') {
        yield* this.runner.sleep(localLatencyMs);
        throw new NetworkError('ECONNREFUSED', `dial ${transport} ${address}: connect: connection refused`);
      }
      if (found.kind === 'reached') {
        const end = yield* this.connect(process, address, transport, options, found);
        if (end !== undefined) return end;
      }
      const waitMs = Math.min(synRetryMs[Math.min(attempt, synRetryMs.length - 1)] as number, deadline - this.nowMs);
      if (waitMs > 0) yield* this.runner.sleep(waitMs);
      if (this.nowMs >= deadline) throw new NetworkError('ETIMEDOUT', `dial ${transport} ${address}: i/o timeout`);
    }
  }

  /** The handshake over a known way; undefined when it got lost after all. */
  private *connect(process: SimProcess, address: string, transport: Transport, options: DialOptions, found: RouteResult & { kind: 'reached' }): Task<EndPoint | undefined> {
    const machine = found.namespace.machine;
    const oneWayMs = this.oneWayMs(process.machine.name, machine.name);
    const roundTrip = transport === 'tcp';
    if (roundTrip) yield* this.runner.sleep(oneWayMs);
    if (!machine.on) return undefined;
    const listener = this.listenerAt(found.namespace, transport, found.ip, found.port);
    if (listener === undefined) {
      if (roundTrip) yield* this.runner.sleep(oneWayMs);
      throw new NetworkError('ECONNREFUSED', `dial ${transport} ${address}: connect: connection refused`);
    }
    const family = options.family ?? listener.family ?? 'control';
    const end = this.join(process, listener, { address, transport, family, path: found.hops, source: found.source, target: `${found.ip}:${found.port}` });
    if (roundTrip) yield* this.runner.sleep(oneWayMs);
    if (options.keepAlive !== undefined && end.open) end.keepAlive(options.keepAlive.idleMs, options.keepAlive.timeoutMs);
    return end;
  }

  private *dialUnix(process: SimProcess, address: string, options: DialOptions): Task<EndPoint> {
    yield* this.runner.sleep(localLatencyMs);
    const listener = process.machine.sockets.get(address);
    if (listener === undefined) throw new NetworkError('ECONNREFUSED', `dial unix ${address.slice(5)}: connect: no such file or directory`);
    return this.join(process, listener, { address, transport: 'tcp', family: options.family ?? listener.family ?? 'runtime', path: [], source: address, target: address });
  }

  private join(process: SimProcess, listener: SimListener, options: { address: string; transport: Transport; family: Family; path: readonly PathHop[]; source: string; target: string }): EndPoint {
    const id = this.nextConnection++ << 1;
    const server = listener.holder as SimProcess;
    const unix = options.address.startsWith('unix:');
    const client = unix ? options.source : `${options.source}:${this.ephemeral()}`;
    const common = { transport: options.transport, family: options.family, path: options.path };
    const near = new EndPoint(this, { ...common, id, local: client, remote: options.address, holder: process, isMachineUp: process.machine.upCheck(), bootId: process.machine.bootId });
    const far = new EndPoint(this, { ...common, id: id + 1, local: options.target, remote: client, holder: server, isMachineUp: server.machine.upCheck(), bootId: server.machine.bootId });
    near.peer = far;
    far.peer = near;
    this.ends.set(near.id, near);
    this.ends.set(far.id, far);
    process.ends.add(near);
    server.ends.add(far);
    const cause = this.world.emit(process.place, {
      type: 'net.opened',
      connection: id >> 1,
      from: process.place,
      to: server.place,
      remote: options.address,
      family: options.family,
    });
    listener.offer(far, cause);
    return near;
  }

  /** Messages on their way, in the order in which they left. */
  inFlight(): Delivery[] {
    const found: Delivery[] = [];
    for (const due of this.runner.queue.planned()) if (due instanceof Delivery && !due.message.fin) found.push(due);
    return found.sort((a, b) => a.cause - b.cause);
  }

  /** Loses or delays the message whose departure was event `id`; false when it is not on its way. */
  intercept(id: number, delayMs: number | undefined): boolean {
    const all: Delivery[] = [];
    for (const due of this.runner.queue.planned()) if (due instanceof Delivery) all.push(due);
    const wanted = all.find((each) => each.cause === id && !each.message.fin);
    if (wanted === undefined) return false;
    const behind = all.filter((each) => each.from === wanted.from && (each.atMs > wanted.atMs || (each.atMs === wanted.atMs && each.seq >= wanted.seq)));
    behind.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq);
    if (delayMs === undefined) wanted.from.lose(behind);
    else wanted.from.hold(behind, delayMs);
    this.world.emit(wanted.from.holder.place, { type: 'net.intercepted', message: id, ...(delayMs === undefined ? { what: 'dropped' } : { what: 'delayed', arriveMs: wanted.atMs + delayMs }) });
    return true;
  }

  /** A killed process's wires: the other sides hear a reset (or nothing, after a power loss). */
  release(process: SimProcess, silently: boolean): void {
    for (const listener of [...process.listeners]) {
      if (!silently) listener.close();
      else listener.open = false;
    }
    process.listeners.clear();
    for (const end of [...process.ends]) {
      if (silently) {
        end.vanish();
        this.closed(end, undefined);
      } else end.abort();
    }
    process.ends.clear();
  }

  later(delayMs: number, action: () => void): Timer {
    const timer = new Timer(action);
    this.runner.queue.after(delayMs, timer);
    return timer;
  }
}
