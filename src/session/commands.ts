// Whether a command can be done now; the reason when it cannot, in words for the person.
import type { Machine, World } from '../kernel/world.ts';
import type { Command } from './protocol.ts';

/** Programs that a simulated seed starts. */
const judges: ReadonlySet<string> = new Set(['checker-client', 'kubectl', 'member-replacer']);

export function refuse(world: World, command: Command): string | undefined {
  switch (command.do) {
    case 'fault':
      return command.name === '' ? 'a fault needs a name' : undefined;
    case 'heal':
      return world.faults.has(command.name) ? undefined : `there is no fault ${command.name}`;
    case 'heal-all':
      return undefined;
    case 'message':
      if (command.action === 'delay' && !(command.delayMs > 0 && command.delayMs <= 600_000)) return 'a delay is between 0 and 600000 ms';
      return world.inFlight().some((each) => each.id === command.id) ? undefined : 'that message has arrived already';
    case 'request':
    case 'request-data':
    case 'request-end':
      // What comes too late, or for a machine without power, is answered at the door.
      return undefined;
    case 'traffic':
      return Number.isFinite(command.ratePerSecond) && command.ratePerSecond >= 0 && command.ratePerSecond <= 1000 ? undefined : 'a rate is between 0 and 1000 requests a second';
    default: {
      const machine = world.machines.find((each) => each.name === command.machine);
      return machine === undefined ? `there is no machine ${command.machine}` : refuseAt(machine, command);
    }
  }
}

function refuseAt(machine: Machine, command: Exclude<Command, { readonly do: 'fault' | 'heal' | 'heal-all' | 'traffic' | 'message' | 'request' | 'request-data' | 'request-end' }>): string | undefined {
  switch (command.do) {
    case 'power':
      return machine.on === command.on ? `${machine.name} is ${command.on ? 'on' : 'off'} already` : undefined;
    case 'fsync':
      return command.ms >= 0 ? undefined : 'a sync takes at least 0 ms';
    case 'wipe-disk':
    case 'fill-disk':
    case 'skew':
      return undefined;
    case 'spawn':
      if (!judges.has(command.program)) return `${command.program} is started by a line in a shell`;
      return machine.on ? undefined : `${machine.name} has no power`;
    case 'rot-file':
      return machine.readFile(command.path) === undefined && machine.listFiles(command.path).length === 0 ? `there is no file ${command.path} on ${machine.name}` : undefined;
    case 'kill':
    case 'freeze':
    case 'thaw': {
      if (!machine.on) return `${machine.name} has no power`;
      const process = machine.processes().find((each) => each.name === command.process);
      if (process === undefined) return `no process ${command.process} runs on ${machine.name}`;
      if (command.do === 'freeze' && process.state === 'frozen') return `${command.process} is frozen already`;
      return command.do === 'thaw' && process.state !== 'frozen' ? `${command.process} is not frozen` : undefined;
    }
    default:
      return machine.on ? undefined : `${machine.name} has no power`;
  }
}
