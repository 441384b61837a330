// Machines, processes, wires and faults: what the kernel says of them.
import type { KernelEvent, TraceEvent } from '../../kernel/world.ts';
import type { FoldContext } from '../fold.ts';
import type { NodeRecord, ProcessRecord, WireRecord } from '../records.ts';

export function processId(machine: string, name: string): string {
  return `process:${machine}/${name}`;
}

interface OpenWire {
  readonly id: string;
  readonly record: WireRecord;
  count: number;
  /** When the last connection went; the wire is drawn for a while longer. */
  emptySinceMs: number;
  identity: string;
}

const lingerMs = 1500;

/** Wires are the connections between two processes taken together. Short ones come and go all the time, so a wire outlives its last connection a little. */
export class WireFold {
  private readonly wires = new Map<string, OpenWire>();
  private readonly byConnection = new Map<number, OpenWire>();
  private readonly empty = new Set<OpenWire>();
  private nextSweepMs = 0;

  opened(context: FoldContext, event: KernelEvent & { readonly type: 'net.opened' }): void {
    const { from, to, family } = event;
    if (family === 'probe' || family === 'dns') return;
    const id = `wire:${from.machine}/${from.process}>${to.machine}/${to.process}`;
    let wire = this.wires.get(id);
    if (wire === undefined) {
      const record: WireRecord = { table: 'wire', id, from, to, family, count: 1, identity: '' };
      wire = { id, record, count: 0, emptySinceMs: 0, identity: '' };
      this.wires.set(id, wire);
      context.put(record);
    }
    wire.count++;
    this.empty.delete(wire);
    this.byConnection.set(event.connection, wire);
  }

  closed(context: FoldContext, connection: number): void {
    const wire = this.byConnection.get(connection);
    if (wire === undefined) return;
    this.byConnection.delete(connection);
    if (--wire.count > 0) return;
    wire.emptySinceMs = context.nowMs;
    this.empty.add(wire);
  }

  /** The dialer of a connection has shown a certificate or token. */
  identified(context: FoldContext, connection: number, identity: string): void {
    const wire = this.byConnection.get(connection);
    if (wire === undefined || wire.identity === identity || identity === '') return;
    wire.identity = identity;
    context.put({ ...wire.record, count: Math.max(1, wire.count), identity });
  }

  sweep(context: FoldContext): void {
    if (context.nowMs < this.nextSweepMs) return;
    this.nextSweepMs = context.nowMs + 1000;
    for (const wire of this.empty) {
      if (context.nowMs - wire.emptySinceMs < lingerMs) continue;
      this.empty.delete(wire);
      this.wires.delete(wire.id);
      context.remove(wire.id);
    }
  }

  /** A machine without power says nothing, but its wires are gone. */
  machineOff(context: FoldContext, machine: string): void {
    for (const wire of this.wires.values()) {
      if (wire.record.from.machine !== machine && wire.record.to.machine !== machine) continue;
      if (wire.record.from.machine !== machine) continue;
      this.wires.delete(wire.id);
      this.empty.delete(wire);
      context.remove(wire.id);
    }
    for (const [connection, wire] of this.byConnection) if (!this.wires.has(wire.id)) this.byConnection.delete(connection);
  }
}

export function newProcess(machine: string, name: string, program: string, before: ProcessRecord | undefined): ProcessRecord {
  return {
    table: 'process',
    id: processId(machine, name),
    machine,
    name,
    program,
    state: 'running',
    incarnation: (before?.incarnation ?? 0) + 1,
    exitCode: null,
    ready: program !== 'etcd' && program !== 'kube-apiserver',
    lease: '',
    standby: false,
    raft: null,
    pod: before?.pod ?? null,
  };
}

/** One-shot programs leave no mark behind when they end well. */
const lasting = new Set(['kubelet', 'containerd', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'calico-node', 'coredns', 'load-balancer', 'registry', 'traffic', 'shell-session']);

function exited(context: FoldContext, machine: string, name: string, code: number): void {
  const id = processId(machine, name);
  const record = context.store.get(id);
  if (record?.table !== 'process') return;
  const orphan = record.pod === null || record.program === 'pause' || context.store.get(record.pod) === undefined;
  if ((orphan || code === 0) && !lasting.has(record.program)) {
    if (record.pod !== null) context.podProcesses.get(record.pod)?.delete(id);
    return context.remove(id);
  }
  context.put({ ...record, state: 'exited', exitCode: code, ready: false, lease: '', standby: false, raft: null });
}

export function foldKernel(context: FoldContext, wires: WireFold, event: TraceEvent): void {
  const data = event.data as KernelEvent;
  switch (data.type) {
    case 'process.started': {
      const id = processId(event.machine, data.name);
      const before = context.store.get(id);
      context.byPid.set(`${event.machine}:${data.pid}`, id);
      context.put(newProcess(event.machine, data.name, data.program, before?.table === 'process' ? before : undefined));
      break;
    }
    case 'process.exited':
      context.byPid.delete(`${event.machine}:${data.pid}`);
      exited(context, event.machine, data.name, data.code);
      break;
    case 'process.frozen':
      context.update('process', processId(event.machine, data.name), { state: 'frozen' });
      break;
    case 'process.thawed':
      context.update('process', processId(event.machine, data.name), { state: 'running' });
      break;
    case 'machine.on':
      context.update('machine', `machine:${data.name}`, { on: true });
      break;
    case 'machine.off':
      context.update('machine', `machine:${data.name}`, { on: false });
      for (const record of [...context.store.records()]) {
        if (record.table !== 'process' || record.machine !== data.name || record.state === 'exited') continue;
        exited(context, record.machine, record.name, 137);
      }
      wires.machineOff(context, data.name);
      context.update<NodeRecord>('node', `node:${data.name}`, { used: { cpuMilli: 0, memoryBytes: 0 } });
      break;
    case 'net.opened':
      wires.opened(context, data);
      break;
    case 'net.closed':
      wires.closed(context, data.connection);
      break;
    case 'fault.added':
      context.put({ table: 'fault', id: `fault:${data.fault}`, name: data.fault, rule: data.rule, sinceMs: event.atMs });
      break;
    case 'fault.removed':
      context.remove(`fault:${data.fault}`);
      break;
    case 'net.message':
      break;
  }
}
