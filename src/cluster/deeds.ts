// What a person, or a schedule of faults, can do to a world: plain data, so that it can be recorded and done again.
import type { FaultRule, World } from '../kernel/world.ts';

export type Deed =
  | { readonly do: 'power'; readonly machine: string; readonly on: boolean }
  | { readonly do: 'kill' | 'freeze' | 'thaw'; readonly machine: string; readonly process: string }
  | { readonly do: 'fault'; readonly name: string; readonly rule: FaultRule }
  | { readonly do: 'heal'; readonly name: string }
  | { readonly do: 'wipe-disk'; readonly machine: string; readonly folder?: string }
  /** No more can be written below the folder (default: nowhere on the machine), until it is said again with `full: false`. */
  | { readonly do: 'fill-disk'; readonly machine: string; readonly folder?: string; readonly full: boolean }
  /** One bit of the file (of a folder: of its last file) turns; in a log of records, that of record `record` (from 0; -1 the last, as when left out). */
  | { readonly do: 'rot-file'; readonly machine: string; readonly path: string; readonly record?: number }
  | { readonly do: 'fsync'; readonly machine: string; readonly ms: number }
  | { readonly do: 'skew'; readonly machine: string; readonly ms: number }
  /** A program is started on a machine, as by somebody logged in there. */
  | { readonly do: 'spawn'; readonly machine: string; readonly program: string; readonly args: readonly string[] };

/** Throws a plain Error when it cannot be done: no such machine or process, no power. */
export function perform(world: World, deed: Deed): void {
  if (deed.do === 'fault') return world.addFault(deed.name, deed.rule);
  if (deed.do === 'heal') return world.removeFault(deed.name);
  const machine = world.machine(deed.machine);
  switch (deed.do) {
    case 'power':
      return deed.on ? machine.powerOn() : machine.powerOff();
    case 'kill':
      return machine.kill(deed.process);
    case 'freeze':
      return machine.freeze(deed.process);
    case 'thaw':
      return machine.thaw(deed.process);
    case 'wipe-disk':
      return machine.wipeDisk(deed.folder);
    case 'fill-disk':
      return machine.fillDisk(deed.folder ?? '/', deed.full);
    case 'rot-file':
      return machine.rotFile(machine.readFile(deed.path) === undefined ? (machine.listFiles(deed.path).at(-1) ?? deed.path) : deed.path, deed.record);
    case 'fsync':
      return machine.setFsync(deed.ms);
    case 'skew':
      return machine.setSkew(deed.ms);
    case 'spawn':
      world.spawn(deed.machine, { program: deed.program, args: deed.args, privileged: true });
  }
}
