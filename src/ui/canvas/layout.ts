// Where everything stands. Fixed slots: a machine's place follows from its role and number, a process's from its program, a pod's from
// its slot; nothing moves because something else came or went. Pure: the graph, the overlay and the keyboard all read the same answer.
import type { MachineRecord, ProcessRecord } from '../../scene/records.ts';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
export interface MachineBox extends Rect {
  readonly name: string;
  readonly role: MachineRecord['role'];
  /** Height of the network band that this machine's wires run through. */
  readonly laneY: number;
  readonly podArea: Rect | undefined;
  readonly order: number;
}
export interface Layout {
  readonly boxes: ReadonlyMap<string, MachineBox>;
  readonly width: number;
  readonly height: number;
  /** Where pods wait that have no node yet. */
  readonly pending: Rect | undefined;
  readonly bands: readonly Rect[];
  /** Vertical ways at both edges of the middle, where wires change bands. */
  readonly risers: { readonly left: number; readonly right: number };
}

export const plate = 34;
const pad = 8;
const pillHeight = 26;
const machineWidth = 250;
const columnGap = 16;
const sideWidth = 140;
const sideGap = 26;
const bandHeight = 74;
const barsHeight = 30;
const masterChips = 60;
const podRow = 30;

/** Programs that are drawn as a chip of their machine, and where: `part` large ones of the control plane, `unit` small ones of every node. */
export const chipPrograms: Readonly<Record<string, { readonly kind: 'part' | 'unit' | 'side'; readonly slot: number }>> = {
  'kube-scheduler': { kind: 'part', slot: 0 },
  'kube-controller-manager': { kind: 'part', slot: 1 },
  'kube-apiserver': { kind: 'part', slot: 2 },
  etcd: { kind: 'part', slot: 3 },
  kubelet: { kind: 'unit', slot: 0 },
  containerd: { kind: 'unit', slot: 1 },
  'kube-proxy': { kind: 'unit', slot: 2 },
  'calico-node': { kind: 'unit', slot: 3 },
  shell: { kind: 'side', slot: 1 },
  kubectl: { kind: 'side', slot: 0 },
  'load-balancer': { kind: 'side', slot: 0 },
  registry: { kind: 'side', slot: 0 },
  traffic: { kind: 'side', slot: 0 },
};

export function chipProgram(process: Pick<ProcessRecord, 'program' | 'name'>): string | undefined {
  if (process.program in chipPrograms) return process.program;
  const first = process.name.split('/')[0] ?? '';
  return first in chipPrograms ? first : undefined;
}

function isNodeRole(role: MachineRecord['role']): boolean {
  return role === 'master' || role === 'worker';
}

export function columnsFor(masters: number, workers: number): number {
  const wide = workers <= 3 ? 3 : workers <= 4 ? 4 : workers <= 10 ? 5 : workers <= 24 ? 6 : 10;
  return Math.max(masters, workers === 0 ? masters : Math.min(wide, Math.max(workers, 1)), 1);
}

export function layoutMachines(machines: Iterable<MachineRecord>): Layout {
  const all = [...machines];
  const of = (role: MachineRecord['role']) => all.filter((machine) => machine.role === role).sort((a, b) => a.slot - b.slot);
  const masters = of('master');
  const workers = of('worker');
  const leftSide = [...of('client'), ...of('load-balancer'), ...of('traffic')];
  const rightSide = [...of('registry'), ...of('cloud')];
  const columns = columnsFor(masters.length, workers.length);
  const middleX = leftSide.length > 0 ? sideWidth + sideGap : 0;
  const middleWidth = columns * machineWidth + (columns - 1) * columnGap;
  const rightX = middleX + middleWidth + sideGap;

  const masterPodRows = workers.length === 0 ? 6 : 1;
  const masterHeight = plate + barsHeight + masterPodRows * podRow + pad + 2 * (pillHeight + 4) + pad + 2 * masterChips + 6 + pad;
  const workerPodRows = workers.length > 10 ? 4 : 6;
  const workerHeight = plate + 2 * (pillHeight + 4) + pad + barsHeight + workerPodRows * podRow + pad;

  const boxes = new Map<string, MachineBox>();
  const bands: Rect[] = [];
  let order = 0;
  const place = (machine: MachineRecord, rect: Rect, laneY: number, podArea: Rect | undefined): void => {
    boxes.set(machine.name, { ...rect, name: machine.name, role: machine.role, laneY, podArea, order: order++ });
  };

  const band = (y: number): Rect => ({ x: middleX - 14, y: y + 6, w: middleWidth + 28, h: bandHeight - 12 });
  const mainBandY = masters.length > 0 ? masterHeight : 0;
  bands.push(band(mainBandY));
  const mainLane = mainBandY + bandHeight / 2;

  const left = new Map(leftSide.map((machine) => [machine, machine] as const));
  for (const machine of of('client')) {
    place(machine, { x: 0, y: machine.slot * 120, w: sideWidth, h: 108 }, mainLane, undefined);
    left.delete(machine);
  }
  for (const machine of of('load-balancer')) place(machine, { x: 0, y: mainBandY - 6, w: sideWidth, h: bandHeight + 12 }, mainLane, undefined);

  const mastersX = middleX + (middleWidth - (masters.length * machineWidth + (masters.length - 1) * columnGap)) / 2;
  masters.forEach((machine, at) => {
    const x = mastersX + at * (machineWidth + columnGap);
    const podArea = { x: x + pad, y: plate + barsHeight, w: machineWidth - 2 * pad, h: masterPodRows * podRow };
    place(machine, { x, y: 0, w: machineWidth, h: masterHeight }, mainLane, podArea);
  });

  let rowY = mainBandY + bandHeight;
  const rows = Math.max(1, Math.ceil(workers.length / columns));
  workers.forEach((machine, at) => {
    const row = Math.floor(at / columns);
    const inRow = Math.min(columns, workers.length - row * columns);
    const shift = row === 0 || rows === 1 ? (middleWidth - (inRow * machineWidth + (inRow - 1) * columnGap)) / 2 : 0;
    if (at > 0 && at % columns === 0) {
      rowY += workerHeight;
      bands.push(band(rowY));
      rowY += bandHeight;
    }
    const x = middleX + shift + (at % columns) * (machineWidth + columnGap);
    const podTop = plate + 2 * (pillHeight + 4) + pad + barsHeight;
    place(machine, { x, y: rowY, w: machineWidth, h: workerHeight }, rowY - bandHeight / 2, { x: x + pad, y: rowY + podTop, w: machineWidth - 2 * pad, h: workerPodRows * podRow });
  });
  const bottom = workers.length > 0 ? rowY + workerHeight : masterHeight + bandHeight;

  of('traffic').forEach((machine, at) => place(machine, { x: 0, y: mainBandY + bandHeight + 24 + at * 150, w: sideWidth, h: 138 }, mainLane, undefined));
  rightSide.forEach((machine, at) => place(machine, { x: rightX, y: at * 78, w: sideWidth, h: 68 }, mainLane, undefined));

  const hasRight = rightSide.length > 0;
  const pending: Rect | undefined = all.length === 0 ? undefined : { x: rightX, y: Math.max(mainBandY + bandHeight, rightSide.length * 78 + 12), w: sideWidth, h: 216 };
  return {
    boxes,
    width: rightX + (hasRight || pending !== undefined ? sideWidth : -sideGap),
    height: Math.max(bottom, rightSide.length * 78, pending === undefined ? 0 : pending.y + pending.h),
    pending,
    bands,
    risers: { left: middleX - 9, right: rightX - 9 },
  };
}

/** Where a process's chip stands inside its machine's box, relative to the box. */
export function chipRect(box: MachineBox, program: string): Rect | undefined {
  const chip = chipPrograms[program];
  if (chip === undefined) return undefined;
  const inner = box.w - 2 * pad;
  if (chip.kind === 'side') {
    return isNodeRole(box.role) ? undefined : { x: pad, y: plate - 2 + chip.slot * 34, w: inner, h: 30 };
  }
  const half = (inner - 6) / 2;
  const column = chip.slot % 2;
  const row = Math.floor(chip.slot / 2);
  const x = pad + column * (half + 6);
  if (chip.kind === 'unit') {
    const top = box.role === 'master' ? (box.podArea === undefined ? plate : box.podArea.y - box.y + box.podArea.h) + pad : plate;
    return { x, y: top + row * (pillHeight + 4), w: half, h: pillHeight };
  }
  return { x, y: box.h - pad - 2 * masterChips - 6 + row * (masterChips + 6), w: half, h: masterChips };
}

export function barsRect(box: MachineBox): Rect | undefined {
  if (box.podArea === undefined) return undefined;
  return { x: pad, y: box.podArea.y - box.y - barsHeight, w: box.w - 2 * pad, h: barsHeight };
}

export function center(rect: Rect): { readonly x: number; readonly y: number } {
  return { x: rect.x + rect.w / 2, y: rect.y + rect.h / 2 };
}
