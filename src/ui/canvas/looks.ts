// From records to what is shown of them: which process stands for a chip, and how it looks.
import type { MachineRecord, NodeRecord, PodRecord, ProcessRecord } from '../../scene/records.ts';
import type { ProcessLook } from '../design/pictograms.tsx';
import { chipProgram } from './layout.ts';

/** The process that a chip shows: the running one, else the latest. */
export function chipProcess(processes: readonly ProcessRecord[] | undefined, program: string): ProcessRecord | undefined {
  let best: ProcessRecord | undefined;
  for (const process of processes ?? []) {
    if (chipProgram(process) !== program) continue;
    if (best === undefined || rank(process) >= rank(best)) best = process;
  }
  return best;
}
function rank(process: ProcessRecord): number {
  return process.state === 'running' ? 3 : process.state === 'frozen' ? 2 : process.state === 'exited' ? 1 : 0;
}

export function processLook(process: ProcessRecord | undefined, on: boolean): ProcessLook {
  if (!on) return 'noPower';
  if (process === undefined || process.state === 'absent') return 'absent';
  if (process.state === 'frozen') return 'frozen';
  // A command that ended well is simply gone.
  if (process.state === 'exited') return process.exitCode === 0 || process.program === 'kubectl' ? 'absent' : 'exited';
  if (process.lease !== '' || process.raft?.role === 'leader') return 'leads';
  if (process.standby) return 'standby';
  return process.ready ? 'ready' : 'starting';
}

export function nodeState(machine: MachineRecord, node: NodeRecord | undefined): 'off' | 'ready' | 'notReady' | 'unknown' | 'noNode' {
  if (!machine.on) return 'off';
  if (node === undefined) return 'noNode';
  return node.ready === 'True' ? 'ready' : node.ready === 'False' ? 'notReady' : 'unknown';
}

const byOwner = new WeakMap<object, ReadonlyMap<string, number>>();
/** Places when pods stand beside their siblings instead of where they came up. */
export function ownerSlots(pods: readonly PodRecord[]): ReadonlyMap<string, number> {
  let slots = byOwner.get(pods);
  if (slots === undefined) {
    const key = (pod: PodRecord) => `${pod.namespace}/${pod.owner?.kind ?? '~'}/${pod.owner?.name ?? ''}/${pod.name}`;
    slots = new Map([...pods].sort((a, b) => (key(a) < key(b) ? -1 : 1)).map((pod, at) => [pod.id, at]));
    byOwner.set(pods, slots);
  }
  return slots;
}
