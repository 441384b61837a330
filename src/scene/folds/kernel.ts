// Folds what the kernel says: machines, processes, wires, faults.
import type { KernelEvent, Place } from '../../kernel/world.ts';
import type { Seen } from '../events.ts';
import type { MachineRecord, ProcessRecord, WireRecord } from '../records.ts';
import type { SceneStore } from '../store.ts';

/** Processes that come and go by the dozen and mean nothing by themselves. */
const fleeting = /^(cni-.*|pause|checker-client)$/;
/** Wires that are opened for a moment: their messages are drawn, the wires are not. */
const momentary = new Set(['probe', 'data', 'dns', 'image', 'runtime']);

/** Programs whose own events say when they are ready; all others are as soon as they run. */
const announces = new Set(['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager']);

export class KernelFold {
  private readonly wireOf = new Map<number, string>();
  /** `machine/pid` -> record id. */
  private readonly byPid = new Map<string, string>();
  private readonly scene: SceneStore;

  constructor(scene: SceneStore) {
    this.scene = scene;
  }

  fold(event: Seen & { readonly data: KernelEvent }): void {
    const { scene } = this;
    const { data } = event;
    switch (data.type) {
      case 'machine.on':
      case 'machine.off': {
        const machine = scene.get<MachineRecord>(`machine:${data.name}`);
        if (machine !== undefined) scene.put({ ...machine, on: data.type === 'machine.on' });
        if (data.type === 'machine.off') this.powerLost(data.name);
        break;
      }
      case 'process.started': {
        if (fleeting.test(data.program)) break;
        const id = `process:${event.machine}/${data.name}`;
        const before = scene.get<ProcessRecord>(id);
        this.byPid.set(`${event.machine}/${data.pid}`, id);
        scene.put({
          table: 'process',
          id,
          machine: event.machine,
          name: data.name,
          program: data.program,
          state: 'running',
          incarnation: (before?.incarnation ?? 0) + 1,
          exitCode: null,
          ready: !announces.has(data.program),
          lease: '',
          standby: false,
          raft: null,
          pod: before?.pod ?? null,
        });
        break;
      }
      case 'process.exited': {
        const id = `process:${event.machine}/${data.name}`;
        this.byPid.delete(`${event.machine}/${data.pid}`);
        const process = scene.get<ProcessRecord>(id);
        if (process === undefined) break;
        if (isLasting(process)) scene.put({ ...process, state: 'exited', exitCode: data.code, ready: false, lease: '', standby: false, raft: null });
        else scene.remove(id);
        break;
      }
      case 'process.frozen':
      case 'process.thawed': {
        const process = scene.get<ProcessRecord>(`process:${event.machine}/${data.name}`);
        if (process !== undefined) scene.put({ ...process, state: data.type === 'process.frozen' ? 'frozen' : 'running' });
        break;
      }
      case 'net.opened':
        if (data.remote.startsWith('unix:') || momentary.has(data.family)) break;
        this.opened(data.connection, data.from, data.to, data.family);
        break;
      case 'net.closed':
        this.closed(data.connection);
        break;
      case 'fault.added':
        scene.put({ table: 'fault', id: `fault:${data.fault}`, name: data.fault, rule: data.rule, sinceMs: event.atMs });
        break;
      case 'fault.removed':
        scene.remove(`fault:${data.fault}`);
        break;
      default:
    }
  }

  /** The runtime told which pod a process is part of. */
  belongs(machine: string, pid: number, podUid: string): void {
    const process = this.scene.get<ProcessRecord>(this.byPid.get(`${machine}/${pid}`) ?? '');
    if (process !== undefined) this.scene.put({ ...process, pod: `pod:${podUid}` });
  }

  /** The identity that a connection's client showed. */
  identify(connection: number, identity: string): void {
    const wire = this.scene.get<WireRecord>(this.wireOf.get(connection) ?? '');
    if (wire !== undefined && wire.identity !== identity) this.scene.put({ ...wire, identity });
  }

  private opened(connection: number, from: Place, to: Place, family: WireRecord['family']): void {
    const id = `wire:${from.machine}/${from.process}>${to.machine}/${to.process}`;
    this.wireOf.set(connection, id);
    const before = this.scene.get<WireRecord>(id);
    this.scene.put(before === undefined ? { table: 'wire', id, from, to, family, count: 1, identity: '' } : { ...before, count: before.count + 1 });
  }

  private closed(connection: number): void {
    const id = this.wireOf.get(connection);
    if (id === undefined) return;
    this.wireOf.delete(connection);
    const wire = this.scene.get<WireRecord>(id);
    if (wire === undefined) return;
    if (wire.count <= 1) this.scene.remove(id);
    else this.scene.put({ ...wire, count: wire.count - 1 });
  }

  private powerLost(machine: string): void {
    for (const record of [...this.scene.records.values()])
      if (record.table === 'process' && record.machine === machine) {
        if (isLasting(record)) this.scene.put({ ...record, state: 'absent', exitCode: null, ready: false, lease: '', standby: false, raft: null });
        else this.scene.remove(record.id);
      }
  }
}

/** Parts of the cluster keep their place when they are gone; other processes leave the picture. */
const parts = /^(etcd|kube-apiserver|kube-scheduler|kube-controller-manager|cloud-controller-manager|kubelet|containerd|kube-proxy|calico-node|load-balancer|registry|traffic)$/;
function isLasting(process: ProcessRecord): boolean {
  return parts.test(process.program);
}
