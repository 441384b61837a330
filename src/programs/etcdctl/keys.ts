// put, get, del, compact: from words to requests (which transactions hold too), and from answers to text.
import type { Flags } from '../../client/flags.ts';
import type { Task } from '../../kernel/task.ts';
import type { DeleteRangeRequest, DeleteRangeResponse, PutRequest, PutResponse, RangeRequest, RangeResponse } from '../../wire/etcd-rpc.ts';
import { Failure, type Session } from './session.ts';
import { fieldsHeader, fieldsKv, jsonHeader, jsonKv, simpleKv } from './values.ts';

/** The words of one command: of the command line, or of a line of a transaction. */
export interface Words {
  readonly args: readonly string[];
  readonly flags: Flags;
}

export function prefixEnd(prefix: string): string {
  if (prefix === '') return '\0';
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

export function rangeOf({ args, flags }: Words, command: string): { key: string; rangeEnd?: string } {
  if (flags.bool('prefix') && flags.bool('from-key')) throw new Failure('`--prefix` and `--from-key` cannot be set at the same time, choose one', 128);
  if (args.length === 0) throw new Failure(`${command} command needs one argument as key and an optional argument as range_end`, 128);
  if (args.length > 1 && (flags.bool('prefix') || flags.bool('from-key'))) throw new Failure('too many arguments, only accept one argument when `--prefix` or `--from-key` is set', 128);
  const key = args[0] as string;
  if (flags.bool('prefix')) return { key: key === '' ? '\0' : key, rangeEnd: prefixEnd(key) };
  if (flags.bool('from-key')) return { key: key === '' ? '\0' : key, rangeEnd: '\0' };
  return { key, ...(args[1] === undefined ? {} : { rangeEnd: args[1] }) };
}

const isOn = (flags: Flags, name: string): boolean => flags.get(name) !== undefined;

// ---------------------------------------------------------------- put

/** `value`: when it did not stand among the words. */
export function putRequest({ args, flags }: Words, value = args[1]): PutRequest {
  const key = args[0];
  const ignoreValue = flags.bool('ignore-value');
  if (key === undefined || (value === undefined && !ignoreValue)) throw new Failure('put command needs 1 argument and input from stdin or 2 arguments', 128);
  const lease = flags.get('lease');
  if (lease !== undefined && !/^[0-9a-f]{1,16}$/i.test(lease)) throw new Failure(`bad lease ID (strconv.ParseInt: parsing ${JSON.stringify(lease)}: invalid syntax), expecting ID in Hex`, 128);
  return {
    key,
    value: ignoreValue ? undefined : value,
    ...(lease === undefined ? {} : { lease: lease.toLowerCase() }),
    prevKv: flags.bool('prev-kv'),
    ...(ignoreValue ? { ignoreValue } : {}),
    ...(flags.bool('ignore-lease') ? { ignoreLease: true } : {}),
  };
}

export function* put(session: Session): Task<void> {
  const { args, flags } = session;
  let [, value] = args;
  if (args.length === 1 && !flags.bool('ignore-value')) {
    value = '';
    for (let chunk = yield* session.host.input.read(); chunk !== undefined; chunk = yield* session.host.input.read()) value += chunk;
  }
  printPut(session, yield* session.call<PutResponse>('KV/Put', putRequest(session, value)));
}

export function printPut(session: Session, answer: PutResponse): void {
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)}${answer.prevKv === undefined ? '' : `,"prev_kv":${jsonKv(answer.prevKv)}`}}\n`);
  if (session.output === 'fields') return session.print(`${fieldsHeader(answer.header)}${answer.prevKv === undefined ? '' : fieldsKv(answer.prevKv)}`);
  session.print(`OK\n${answer.prevKv === undefined ? '' : simpleKv(answer.prevKv, session.display)}`);
}

// ---------------------------------------------------------------- get

export function getRequest(words: Words): RangeRequest {
  const { flags } = words;
  const keysOnly = flags.bool('keys-only');
  const countOnly = flags.bool('count-only');
  if (keysOnly && countOnly) throw new Failure('`--keys-only` and `--count-only` cannot be set at the same time, choose one', 128);
  const consistency = flags.get('consistency') ?? 'l';
  if (consistency !== 'l' && consistency !== 's') throw new Failure(`unknown consistency flag ${JSON.stringify(consistency)}`, 4);
  const order = (flags.get('order') ?? '').toUpperCase();
  const target = (flags.get('sort-by') ?? '').toUpperCase();
  if (!['', 'ASCEND', 'DESCEND'].includes(order)) throw new Failure(`bad sort order ${flags.get('order') ?? ''}`, 4);
  if (!['', 'CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION'].includes(target)) throw new Failure(`bad sort target ${flags.get('sort-by') ?? ''}`, 4);
  const whole = (flag: string, name: keyof RangeRequest): object => (isOn(flags, flag) ? { [name]: flags.number(flag, 0) } : {});
  return {
    ...rangeOf(words, 'get'),
    ...(consistency === 's' ? { serializable: true } : {}),
    ...whole('rev', 'revision'),
    ...whole('limit', 'limit'),
    ...whole('min-mod-rev', 'minModRevision'),
    ...whole('max-mod-rev', 'maxModRevision'),
    ...whole('min-create-rev', 'minCreateRevision'),
    ...whole('max-create-rev', 'maxCreateRevision'),
    // Sorting by something means ascending, unless told otherwise.
    ...(order === '' ? (target === '' ? {} : { sortOrder: 'ASCEND' as const }) : { sortOrder: order as 'ASCEND' | 'DESCEND' }),
    ...(target === '' ? {} : { sortTarget: (target === 'MODIFY' ? 'MOD' : target) as 'KEY' }),
    keysOnly,
    countOnly,
  };
}

export function* get(session: Session): Task<void> {
  const request = getRequest(session);
  if (session.flags.bool('print-value-only') && session.output !== 'simple') throw new Failure('print-value-only is only for `--write-out=simple`', 128);
  if (session.output === 'table') throw new Failure('table is not supported as output format for get', 128);
  const answer = yield* session.call<RangeResponse>('KV/Range', request);
  if (request.countOnly === true && session.output === 'simple') return;
  printGet(session, answer);
}

export function printGet(session: Session, answer: RangeResponse): void {
  if (session.output === 'json') {
    const kvs = answer.kvs.length === 0 ? '' : `,"kvs":[${answer.kvs.map(jsonKv).join(',')}]`;
    return session.print(`{"header":${jsonHeader(answer.header)}${kvs}${answer.more ? ',"more":true' : ''}${answer.count === 0 ? '' : `,"count":${answer.count}`}}\n`);
  }
  if (session.output === 'fields') return session.print(`${fieldsHeader(answer.header)}${answer.kvs.map(fieldsKv).join('')}"More" : ${answer.more}\n"Count" : ${answer.count}\n`);
  session.print(answer.kvs.map((kv) => simpleKv(kv, session.display)).join(''));
}

// ---------------------------------------------------------------- del, compact

export function deleteRequest(words: Words): DeleteRangeRequest {
  return { ...rangeOf(words, 'del'), prevKv: words.flags.bool('prev-kv') };
}

export function* del(session: Session): Task<void> {
  printDelete(session, yield* session.call<DeleteRangeResponse>('KV/DeleteRange', deleteRequest(session)));
}

export function printDelete(session: Session, answer: DeleteRangeResponse): void {
  const prevKvs = answer.prevKvs.length === 0 ? '' : `,"prev_kvs":[${answer.prevKvs.map(jsonKv).join(',')}]`;
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)}${answer.deleted === 0 ? '' : `,"deleted":${answer.deleted}`}${prevKvs}}\n`);
  if (session.output === 'fields') return session.print(`${fieldsHeader(answer.header)}"Deleted" : ${answer.deleted}\n${answer.prevKvs.map(fieldsKv).join('')}`);
  session.print(`${answer.deleted}\n${answer.prevKvs.map((kv) => simpleKv(kv, session.display)).join('')}`);
}

export function* compact(session: Session): Task<void> {
  if (session.args.length !== 1) throw new Failure('compaction command needs 1 argument', 128);
  const revision = Number(session.args[0]);
  if (!Number.isInteger(revision)) throw new Failure(`strconv.ParseInt: parsing ${JSON.stringify(session.args[0])}: invalid syntax`);
  yield* session.call('KV/Compact', { revision, physical: session.flags.bool('physical') });
  session.print(`compacted revision ${revision}\n`);
}
