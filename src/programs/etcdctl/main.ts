// etcdctl: the command-line client of etcd.
import type { Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { alarmList, defrag, endpointHashKv, endpointHealth, endpointStatus, lease, memberAdd, memberList, memberPromote, memberRemove, moveLeader, snapshotSave } from './cluster.ts';
import type { EtcdctlEvent } from './events.ts';
import { compact, del, get, put, watch } from './keys.ts';
import { Failure, Session } from './session.ts';

const version = '3.6.8';

const commands: Readonly<Record<string, (session: Session) => Task<void>>> = {
  put, get, del, watch, compact, compaction: compact, 'move-leader': moveLeader, defrag,
  'member list': memberList, 'member add': memberAdd, 'member remove': memberRemove, 'member promote': memberPromote,
  'endpoint health': endpointHealth, 'endpoint status': endpointStatus, 'endpoint hashkv': endpointHashKv,
  'snapshot save': snapshotSave, 'alarm list': alarmList,
  'lease grant': (session) => lease(session, 'grant'), 'lease list': (session) => lease(session, 'list'), 'lease revoke': (session) => lease(session, 'revoke'),
  'lease timetolive': (session) => lease(session, 'timetolive'), 'lease keep-alive': (session) => lease(session, 'keep-alive'),
};
const groups = ['member', 'endpoint', 'snapshot', 'alarm', 'lease'];

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
      const command = commands[name];
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
