// Folds the smaller things that programs say: readiness, leases, images, traffic, which pod a process belongs to.
import type { Seen } from '../events.ts';
import type { MachineRecord, ProcessRecord, TrafficRecord } from '../records.ts';
import type { SceneStore } from '../store.ts';

const keptSeconds = 120;

export function foldProgram(scene: SceneStore, event: Seen): void {
  const { data } = event;
  const self = () => scene.get<ProcessRecord>(`process:${event.machine}/${event.process}`);
  switch (data.type) {
    case 'apiserver.ready': {
      const process = self();
      if (process !== undefined) scene.put({ ...process, ready: data.ready });
      break;
    }
    case 'lease.acquired': {
      const process = self();
      if (process !== undefined) scene.put({ ...process, lease: data.lease, standby: false, ready: true });
      break;
    }
    case 'lease.lost': {
      const process = self();
      if (process !== undefined) scene.put({ ...process, lease: '', ready: false });
      break;
    }
    case 'lease.standby': {
      const process = self();
      if (process !== undefined) scene.put({ ...process, lease: '', standby: true, ready: true });
      break;
    }
    case 'containerd.pulled': {
      const machine = scene.get<MachineRecord>(`machine:${event.machine}`);
      if (machine !== undefined && !machine.images.some((image) => image.name === data.image)) scene.put({ ...machine, images: [...machine.images, { name: data.image, sizeBytes: data.sizeBytes }] });
      break;
    }
    case 'containerd.image-removed': {
      const machine = scene.get<MachineRecord>(`machine:${event.machine}`);
      if (machine !== undefined) scene.put({ ...machine, images: machine.images.filter((image) => image.name !== data.image) });
      break;
    }
    case 'traffic.started':
    case 'traffic.second': {
      const id = `traffic:${data.name}`;
      const before = scene.get<TrafficRecord>(id);
      const seconds = before?.target === data.target ? before.seconds : [];
      const more = data.type === 'traffic.second' ? [{ atMs: event.atMs, ok: data.ok, failed: data.failed, meanMs: data.meanMs }] : [];
      scene.put({ table: 'traffic', id, name: data.name, target: data.target, ratePerSecond: data.ratePerSecond, seconds: [...seconds, ...more].slice(-keptSeconds) });
      break;
    }
    default:
  }
}
