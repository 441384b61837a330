// systemctl: the machine's units, started, stopped and told about. Words as systemd's.
import type { Host, UnitStatus } from '../../../kernel/host.ts';
import { osOf } from '../shell.ts';
import { getopt, simple } from './applet.ts';

const plain = (unit: string): string => unit.replace(/\.service$/, '');
const changes = ['start', 'stop', 'restart'] as const;

export const systemctl = simple('systemctl', (host, args) => {
  const os = osOf(host);
  if (os === undefined) {
    host.output.error("System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n");
    return 1;
  }
  const { operands } = getopt(args, 'n:t:');
  const [verb = 'list-units', ...names] = operands;
  const change = changes.find((each) => each === verb);
  if (change !== undefined) {
    let code = 0;
    for (const name of names.map(plain)) {
      try {
        os.control(name, change);
      } catch {
        host.output.error(`Failed to ${verb} ${name}.service: Unit ${name}.service not found.\n`);
        code = 5;
      }
    }
    return code;
  }
  if (verb === 'daemon-reload' || verb === 'enable' || verb === 'disable') return 0;
  if (verb === 'list-units') return list(host, os.units());
  if (verb === 'status' || verb === 'is-active') return tell(host, os.units(), verb, names.map(plain));
  host.output.error(`Unknown command verb '${verb}'.\n`);
  return 1;
});

const states = { active: ['active', 'running'], inactive: ['inactive', 'dead'], 'auto-restart': ['activating', 'auto-restart'] } as const;

function list(host: Host, units: readonly UnitStatus[]): number {
  host.output.write('  UNIT                       LOAD   ACTIVE     SUB\n');
  for (const unit of units) {
    const [active, sub] = states[unit.state];
    host.output.write(`  ${`${unit.name}.service`.padEnd(26)} loaded ${active.padEnd(10)} ${sub}\n`);
  }
  host.output.write(`\n${units.length} loaded units listed.\n`);
  return 0;
}

function tell(host: Host, units: readonly UnitStatus[], verb: string, names: readonly string[]): number {
  let code = 0;
  for (const name of names) {
    const unit = units.find((each) => each.name === name);
    if (unit?.state !== 'active') code = unit === undefined ? 4 : 3;
    if (verb === 'is-active') {
      host.output.write(`${unit === undefined ? 'inactive' : states[unit.state][0]}\n`);
      continue;
    }
    if (unit === undefined) {
      host.output.error(`Unit ${name}.service could not be found.\n`);
      continue;
    }
    const [active, sub] = states[unit.state];
    const ended = unit.exit === undefined ? '' : `\n    Process: (code=${unit.exit.signal === undefined ? 'exited' : 'killed'}, status=${unit.exit.signal ?? unit.exit.code})`;
    host.output.write(`${unit.state === 'active' ? '●' : '○'} ${name}.service\n     Loaded: loaded\n     Active: ${active} (${sub})${ended}${unit.pid === undefined ? '' : `\n   Main PID: ${unit.pid} (${name})`}\n`);
  }
  return code;
}
