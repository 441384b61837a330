// etcdctl: the command-line client of etcd.
import type { Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { checkPerf } from './check.ts';
import { endpointHashKv, endpointHealth, endpointStatus } from './endpoints.ts';
import type { EtcdctlEvent } from './events.ts';
import { compact, del, get, put } from './keys.ts';
import { leaseGrant, leaseKeepAlive, leaseList, leaseRevoke, leaseTimeToLive } from './lease.ts';
import { alarm, defrag, moveLeader, snapshotSave } from './maintenance.ts';
import { memberAdd, memberList, memberPromote, memberRemove, memberUpdate } from './members.ts';
import { Failure, Session } from './session.ts';
import { txn } from './txn.ts';
import { watch } from './watch.ts';

const version = '3.6.8';

const commands: Readonly<Record<string, (session: Session) => Task<void>>> = {
  put, get, del, watch, txn, compact, compaction: compact, 'move-leader': moveLeader, defrag,
  'member list': memberList, 'member add': memberAdd, 'member remove': memberRemove, 'member promote': memberPromote, 'member update': memberUpdate,
  'endpoint health': endpointHealth, 'endpoint status': endpointStatus, 'endpoint hashkv': endpointHashKv,
  'snapshot save': snapshotSave, 'alarm list': (session) => alarm(session, 'GET'), 'alarm disarm': (session) => alarm(session, 'DEACTIVATE'),
  'lease grant': leaseGrant, 'lease list': leaseList, 'lease revoke': leaseRevoke, 'lease timetolive': leaseTimeToLive, 'lease keep-alive': leaseKeepAlive,
  'check perf': checkPerf,
};
const groups = ['member', 'endpoint', 'snapshot', 'alarm', 'lease', 'check'];

export const etcdctl: Program = {
  name: 'etcdctl',
  *main(host, args) {
    const words = args[0] === 'etcdctl' ? args.slice(1) : args;
    try {
      const whole = new Session(host, words);
      const [first, second] = whole.args;
      if (first === undefined || first === 'help') {
        host.output.write(`NAME:\n\tetcdctl - A simple command line client for etcd3.\n\nCOMMANDS:\n${Object.keys(commands).map((name) => `\t${name}\n`).join('')}`);
        return 0;
      }
      if (first === 'version') {
        host.output.write(`etcdctl version: ${version}\nAPI version: ${version.replace(/\.\d+$/, '')}\n`);
        return 0;
      }
      const name = groups.includes(first) ? `${first} ${second ?? ''}`.trim() : first;
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (command === undefined) throw new Failure(`unknown command "${groups.includes(first) ? (second ?? '') : first}" for "etcdctl${groups.includes(first) ? ` ${first}` : ''}"`);
      host.trace.emit<EtcdctlEvent>({ type: 'etcdctl.request', command: words.join(' '), endpoint: whole.endpoints[0] ?? '' });
      yield* command(whole.without(name.split(' ').length));
      return 0;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.message !== '') host.output.error(`Error: ${error.message}\n`);
      return error.exitCode;
    }
  },
};
