// Whether a command can be done now; the reason when it cannot, for the page to put into words.
import type { Machine, World } from '../kernel/world.ts';
import { isEdited } from '../wire/editor.ts';
import type { Command, Refusal } from './protocol.ts';

/** Programs that a simulated seed starts. */
const judges: ReadonlySet<string> = new Set(['checker-client', 'kubectl', 'member-replacer']);

function refusal(key: Refusal['key'], params: Refusal['params'] = {}): Refusal {
  return { key, params };
}

export function refuse(world: World, command: Command): Refusal | undefined {
  switch (command.do) {
    case 'fault':
      return command.name === '' ? refusal('unnamed-fault') : undefined;
    case 'heal':
      return world.faults.has(command.name) ? undefined : refusal('no-fault', { name: command.name });
    case 'heal-all':
      return undefined;
    case 'message':
      if (command.action === 'delay' && !(command.delayMs > 0 && command.delayMs <= 600_000)) return refusal('delay-range', { most: 600_000 });
      return world.inFlight().some((each) => each.id === command.id) ? undefined : refusal('arrived');
    case 'request':
    case 'request-data':
    case 'request-end':
      // What comes too late, or for a machine without power, is answered at the door.
      return undefined;
    case 'traffic':
      return Number.isFinite(command.ratePerSecond) && command.ratePerSecond >= 0 && command.ratePerSecond <= 1000 ? undefined : refusal('rate-range', { most: 1000 });
    default: {
      const machine = world.machines.find((each) => each.name === command.machine);
      return machine === undefined ? refusal('no-machine', { machine: command.machine }) : refuseAt(machine, command);
    }
  }
}

function refuseAt(machine: Machine, command: Exclude<Command, { readonly do: 'fault' | 'heal' | 'heal-all' | 'traffic' | 'message' | 'request' | 'request-data' | 'request-end' }>): Refusal | undefined {
  switch (command.do) {
    case 'power':
      return machine.on === command.on ? refusal(command.on ? 'on-already' : 'off-already', { machine: machine.name }) : undefined;
    case 'fsync':
      return command.ms >= 0 ? undefined : refusal('sync-range');
    case 'wipe-disk':
    case 'fill-disk':
    case 'skew':
      return undefined;
    case 'spawn':
      if (!judges.has(command.program)) return refusal('shell-only', { program: command.program });
      return machine.on ? undefined : refusal('no-power', { machine: machine.name });
    case 'rot-file':
      return machine.readFile(command.path) === undefined && machine.listFiles(command.path).length === 0 ? refusal('no-file', { path: command.path, machine: machine.name }) : undefined;
    case 'edit':
      return isEdited(machine, command.editor) ? undefined : refusal('not-edited');
    case 'kill':
    case 'freeze':
    case 'thaw': {
      if (!machine.on) return refusal('no-power', { machine: machine.name });
      const process = machine.processes().find((each) => each.name === command.process);
      if (process === undefined) return refusal('no-process', { process: command.process, machine: machine.name });
      if (command.do === 'freeze' && process.state === 'frozen') return refusal('frozen-already', { process: command.process });
      return command.do === 'thaw' && process.state !== 'frozen' ? refusal('not-frozen', { process: command.process }) : undefined;
    }
    default:
      return machine.on ? undefined : refusal('no-power', { machine: machine.name });
  }
}
