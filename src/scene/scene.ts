// Folds a run's events into the scene: one call per event, in order.
import type { EtcdEvent } from '../programs/etcd/events.ts';
import type { KernelEvent } from '../kernel/world.ts';
import { EtcdFold } from './folds/etcd.ts';
import { KernelFold } from './folds/kernel.ts';
import { foldProgram } from './folds/programs.ts';
import type { Seen } from './events.ts';
import type { MachineRecord } from './records.ts';
import { SceneStore } from './store.ts';

export class Scene {
  readonly store = new SceneStore();
  private readonly etcd = new EtcdFold(this.store);
  private readonly kernel = new KernelFold(this.store);

  constructor(machines: readonly MachineRecord[]) {
    for (const machine of machines) this.store.put(machine);
  }

  fold(event: Seen): void {
    const { data } = event;
    if (data.type === 'net.message') return;
    const prefix = data.type.slice(0, data.type.indexOf('.'));
    if (prefix === 'etcd') this.etcd.fold(event as Seen & { readonly data: EtcdEvent });
    else if (prefix === 'net' || prefix === 'process' || prefix === 'machine' || prefix === 'fault') this.kernel.fold(event as Seen & { readonly data: KernelEvent });
    else if (data.type === 'containerd.container-started') this.kernel.belongs(event.machine, data.pid, data.podUid);
    else foldProgram(this.store, event);
  }

  /** An API server learnt who is at the other end of a connection. */
  identify(connection: number, identity: string): void {
    this.kernel.identify(connection, identity);
  }
}
