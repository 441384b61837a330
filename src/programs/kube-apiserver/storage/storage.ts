// Reads and optimistic writes of single keys: a write names the revision it was based on, and is tried again when somebody was faster.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Compare, KeyValue, TxnResponse } from '../../../wire/etcd-rpc.ts';
import type { ApiserverEvent } from '../events.ts';
import type { EtcdClient } from './etcd-client.ts';
import { withRevision, type StoredObject } from './watch-cache.ts';

/** The object as it is kept: without its resource version. */
function toStored(object: StoredObject): StoredObject {
  if (object.metadata.resourceVersion === undefined) return object;
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

export type WriteResult = { readonly ok: true; readonly object: StoredObject; readonly revision: number } | { readonly ok: false; readonly current: StoredObject | undefined };

export class Storage {
  private readonly host: Host;
  readonly etcd: EtcdClient;

  constructor(host: Host, etcd: EtcdClient) {
    this.host = host;
    this.etcd = etcd;
  }

  /** A linearised read. */
  *get(key: string): Task<StoredObject | undefined> {
    const answer = yield* this.etcd.range({ key });
    const kv = answer.kvs[0];
    return kv === undefined ? undefined : withRevision(kv.value, kv.modRevision);
  }

  /** Writes when the key is still at `basedOn` (0: does not exist). Otherwise says what is there now. */
  *write(key: string, value: StoredObject, basedOn: number, lease?: string): Task<WriteResult> {
    const stored = toStored(value);
    const answer = yield* this.etcd.txn(
      {
        compare: [{ key, target: 'MOD', result: 'EQUAL', value: basedOn }],
        success: [{ put: { key, value: stored, ...(lease === undefined ? {} : { lease }) } }],
        failure: basedOn === 0 ? [] : [{ range: { key } }],
      },
      `Txn put ${key}`,
    );
    if (!answer.succeeded) return { ok: false, current: found(answer) };
    const revision = answer.header.revision;
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.stored', key, revision, change: basedOn === 0 ? 'create' : 'update' });
    return { ok: true, object: withRevision(stored, revision), revision };
  }

  *remove(key: string, basedOn: StoredObject): Task<WriteResult> {
    const compare: Compare[] = [{ key, target: 'MOD', result: 'EQUAL', value: Number(basedOn.metadata.resourceVersion) }];
    const answer = yield* this.etcd.txn({ compare, success: [{ deleteRange: { key } }], failure: [{ range: { key } }] }, `Txn delete ${key}`);
    if (!answer.succeeded) return { ok: false, current: found(answer) };
    const revision = answer.header.revision;
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.stored', key, revision, change: 'delete' });
    return { ok: true, object: withRevision(toStored(basedOn), revision), revision };
  }
}

function found(answer: TxnResponse): StoredObject | undefined {
  const first = answer.responses[0];
  const kv: KeyValue | undefined = first !== undefined && 'range' in first ? first.range.kvs[0] : undefined;
  return kv === undefined ? undefined : withRevision(kv.value, kv.modRevision);
}
