// move-leader, snapshot save, defrag, alarm.
import type { Task } from '../../kernel/task.ts';
import type { ResponseHeader } from '../../wire/etcd-rpc.ts';
import { chosenEndpoints, type StatusResponse } from './endpoints.ts';
import { Failure, type Session } from './session.ts';
import { decimal, jsonHeader } from './values.ts';

export function* moveLeader(session: Session): Task<void> {
  if (session.args.length !== 1) throw new Failure('move-leader command needs 1 argument', 128);
  const target = (session.args[0] as string).toLowerCase();
  if (!/^[0-9a-f]{1,16}$/.test(target)) throw new Failure(`strconv.ParseUint: parsing ${JSON.stringify(session.args[0])}: invalid syntax`, 128);
  for (const endpoint of session.endpoints) {
    const status = yield* session.callAt<StatusResponse>(endpoint, 'Maintenance/Status', {});
    if (status.header.memberId !== status.leader) continue;
    yield* session.callAt(endpoint, 'Maintenance/MoveLeader', { targetId: target });
    session.print(`Leadership transferred from ${status.leader} to ${target}\n`);
    return;
  }
  throw new Failure(`no leader endpoint given at [${session.endpoints.join(' ')}]`, 128);
}

export function* snapshotSave(session: Session): Task<void> {
  if (session.args.length !== 1) throw new Failure('snapshot save expects one argument', 128);
  if (session.endpoints.length !== 1) throw new Failure(`snapshot must be requested to one selected node, not multiple [${session.endpoints.join(' ')}]`, 5);
  const { host } = session;
  const path = session.args[0] as string;
  const answer = yield* session.callAt<{ readonly version: string; readonly snapshot: unknown; readonly sizeBytes: number; readonly hash: number }>(session.endpoints[0] as string, 'Maintenance/Snapshot', {}, session.flags.get('command-timeout') === undefined ? 60_000 : session.timeoutMs);
  const file = { etcdSnapshot: true, version: answer.version, sizeBytes: answer.sizeBytes, hash: answer.hash, snapshot: answer.snapshot } as const;
  // Under a name of its own first, as etcdctl does: a half-written snapshot must not look like a whole one.
  const full = absolute(host.env, path);
  host.disk.write(full, file);
  yield* host.disk.sync(full);
  session.print(`Snapshot saved at ${path}\n`);
}

export function absolute(env: Readonly<Record<string, string>>, path: string): string {
  return path.startsWith('/') ? path : `${env['PWD'] ?? '/root'}/${path}`;
}

export function* defrag(session: Session): Task<void> {
  let failures = 0;
  for (const endpoint of yield* chosenEndpoints(session)) {
    try {
      yield* session.callAt(endpoint, 'Maintenance/Defragment', {});
      session.print(`Finished defragmenting etcd member[${endpoint}]\n`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures++;
      session.host.output.error(`Failed to defragment etcd member[${endpoint}] (${error.message})\n`);
    }
  }
  if (failures > 0) throw new Failure('');
}

export interface Alarm {
  readonly memberId: string;
  readonly alarm: string;
}

/** alarm list, alarm disarm: prints the alarms there are, or those that were cleared. */
export function* alarm(session: Session, action: 'GET' | 'DEACTIVATE'): Task<void> {
  if (session.args.length > 0) throw new Failure(`alarm ${action === 'GET' ? 'list' : 'disarm'} command accepts no arguments`, 128);
  const { header, alarms } = yield* session.call<{ readonly header: ResponseHeader; readonly alarms: readonly Alarm[] }>('Maintenance/Alarm', { action });
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(header)}${alarms.length === 0 ? '' : `,"alarms":[${alarms.map((each) => `{"memberID":${decimal(each.memberId)},"alarm":${each.alarm === 'NOSPACE' ? 1 : 2}}`).join(',')}]`}}\n`);
  session.print(alarms.map((each) => `memberID:${decimal(each.memberId)} alarm:${each.alarm} \n`).join(''));
}
