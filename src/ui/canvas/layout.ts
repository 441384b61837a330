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
  /** The machines at the side stand in a row on top. */
  readonly portrait: boolean;
  /** Vertical ways at both edges of the middle, where wires change bands. */
  readonly risers: { readonly left: number; readonly right: number };
}

export const plate = 32;
const pad = 8;
const unitHeight = 25;
const unitRow = 28;
const machineWidth = 262;
/** A machine of etcd alone runs three things, one below the other. */
const etcdWidth = 136;
const columnGap = 12;
const sideWidth = 122;
const sideGap = 18;
const bandHeight = 58;
const barsHeight = 19;
const partHeight = 48;
const podRow = 30;
/** Height of the machines at the side. */
const sideRow = 100;
const unitsHeight = 2 * unitRow + 4;
const partsHeight = 2 * partHeight + 6 + pad;

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
  return role === 'master' || role === 'worker' || role === 'etcd';
}

function columnsFor(masters: number, workers: number): number {
  const wide = workers <= 3 ? 3 : workers <= 4 ? 4 : workers <= 10 ? 5 : workers <= 24 ? 6 : 10;
  return Math.max(masters, workers === 0 ? masters : Math.min(wide, Math.max(workers, 1)), 1);
}

/** `portrait`: a narrow page, where the machines at the sides stand in a row above. */
export function layoutMachines(machines: Iterable<MachineRecord>, portrait = false): Layout {
  const all = [...machines];
  const of = (role: MachineRecord['role']) => all.filter((machine) => machine.role === role).sort((a, b) => a.slot - b.slot);
  // Machines of etcd alone stand in the masters' row.
  const masters = [...of('master'), ...of('etcd')];
  const workers = of('worker');
  const left = [...of('client'), ...of('load-balancer'), ...of('traffic')];
  const right = [...of('registry'), ...of('cloud')];
  const columns = columnsFor(of('master').length, workers.length);
  const middleX = portrait || left.length === 0 ? 0 : sideWidth + sideGap;
  const widthOf = (machine: MachineRecord) => (machine.role === 'etcd' ? etcdWidth : machineWidth);
  const rowWidth = (row: readonly MachineRecord[]) => row.reduce((sum, machine) => sum + widthOf(machine) + columnGap, -columnGap);
  const middleWidth = Math.max(columns * machineWidth + (columns - 1) * columnGap, rowWidth(masters));
  const rightX = middleX + middleWidth + sideGap;
  const topY = portrait && left.length + right.length > 0 ? sideRow + 16 : 0;

  const masterPodRows = workers.length === 0 ? 6 : 1;
  const masterHeight = plate + barsHeight + masterPodRows * podRow + unitsHeight + partsHeight;
  const workerPodRows = workers.length > 10 ? 4 : portrait ? 6 : 5;
  const workerHeight = plate + unitsHeight + barsHeight + workerPodRows * podRow + pad;

  const boxes = new Map<string, MachineBox>();
  const bands: Rect[] = [];
  let order = 0;
  const place = (machine: MachineRecord, rect: Rect, laneY: number, podArea: Rect | undefined): void => {
    boxes.set(machine.name, { ...rect, name: machine.name, role: machine.role, laneY, podArea, order: order++ });
  };
  const rowX = (row: readonly MachineRecord[]) => middleX + (middleWidth - rowWidth(row)) / 2;
  const band = (y: number): Rect => ({ x: middleX - 11, y: y + 5, w: middleWidth + 22, h: bandHeight - 10 });
  const mainBandY = topY + (masters.length > 0 ? masterHeight : 0);
  if (workers.length > 0 || masters.length > 1) bands.push(band(mainBandY));
  const mainLane = mainBandY + bandHeight / 2;

  masters.forEach((machine, at) => {
    const x = rowX(masters) + rowWidth(masters.slice(0, at)) + columnGap;
    place(machine, { x, y: topY, w: widthOf(machine), h: masterHeight }, mainLane, machine.role === 'etcd' ? undefined : { x: x + pad, y: topY + plate + barsHeight, w: machineWidth - 2 * pad, h: masterPodRows * podRow });
  });

  let rowY = mainBandY + bandHeight;
  workers.forEach((machine, at) => {
    if (at > 0 && at % columns === 0) {
      rowY += workerHeight;
      bands.push(band(rowY));
      rowY += bandHeight;
    }
    const x = (workers.length <= columns ? rowX(workers) : middleX) + (at % columns) * (machineWidth + columnGap);
    const podTop = plate + unitsHeight + barsHeight;
    place(machine, { x, y: rowY, w: machineWidth, h: workerHeight }, rowY - bandHeight / 2, { x: x + pad, y: rowY + podTop, w: machineWidth - 2 * pad, h: workerPodRows * podRow });
  });
  const alone = workers.length === 0;
  const bottom = alone ? mainBandY + (left.some((machine) => machine.role === 'load-balancer') ? bandHeight : 0) : rowY + workerHeight;
  const risers = { left: middleX - sideGap / 2, right: rightX - sideGap / 2 };

  if (portrait) {
    const side = [...left, ...right];
    const width = side.length === 0 ? 0 : Math.min(170, (middleWidth - (side.length - 1) * 8) / side.length);
    side.forEach((machine, at) => place(machine, { x: at * (width + 8), y: 0, w: width, h: sideRow }, mainLane, undefined));
    const pending = { x: 0, y: bottom + 12, w: middleWidth, h: 68 };
    return { boxes, width: middleWidth, height: pending.y + pending.h, pending, bands, risers, portrait };
  }

  of('client').forEach((machine) => place(machine, { x: 0, y: machine.slot * 120, w: sideWidth, h: sideRow }, mainLane, undefined));
  of('load-balancer').forEach((machine) => place(machine, { x: 0, y: mainBandY - 6, w: sideWidth, h: bandHeight + 12 }, mainLane, undefined));
  of('traffic').forEach((machine, at) => place(machine, { x: 0, y: (alone ? sideRow + 14 : Math.max(mainBandY + bandHeight + 24, sideRow + 14)) + at * 146, w: sideWidth, h: 132 }, mainLane, undefined));
  right.forEach((machine, at) => place(machine, { x: rightX, y: at * 66, w: sideWidth, h: 58 }, mainLane, undefined));
  const pending: Rect | undefined = all.length === 0 ? undefined : { x: rightX, y: alone ? right.length * 66 + 12 : Math.max(mainBandY + bandHeight, right.length * 66 + 12), w: sideWidth, h: 210 };
  return {
    boxes,
    width: rightX + sideWidth,
    height: Math.max(bottom, mainLane + 16, right.length * 66, pending === undefined ? 0 : pending.y + pending.h),
    pending,
    bands,
    risers,
    portrait,
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
  if (box.role === 'etcd' && chip.kind === 'unit') return { x: pad, y: plate + chip.slot * unitRow, w: inner, h: unitHeight };
  if (box.role === 'etcd') return { x: pad, y: box.h - partHeight - pad, w: inner, h: partHeight };
  const half = (inner - 6) / 2;
  const column = chip.slot % 2;
  const row = Math.floor(chip.slot / 2);
  const x = pad + column * (half + 6);
  if (chip.kind === 'unit') {
    const top = box.role === 'master' && box.podArea !== undefined ? box.podArea.y - box.y + box.podArea.h + 2 : plate;
    return { x, y: top + row * unitRow, w: half, h: unitHeight };
  }
  return { x, y: box.h - partsHeight + row * (partHeight + 6), w: half, h: partHeight };
}

export function barsRect(box: MachineBox): Rect | undefined {
  if (box.podArea === undefined) return undefined;
  return { x: pad, y: box.podArea.y - box.y - barsHeight, w: box.w - 2 * pad, h: barsHeight };
}

export function center(rect: Rect): { readonly x: number; readonly y: number } {
  return { x: rect.x + rect.w / 2, y: rect.y + rect.h / 2 };
}
