// An etcd of one member in memory, for tests of the API server alone: ranges, transactions, watches, leases that never end.
import type { Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Compare, KeyValue, RequestOp, ResponseOp, TxnRequest, WatchedEvent, WatchRequest } from '../../../wire/etcd-rpc.ts';
import type { HttpStream } from '../../../wire/http-client.ts';
import { serveHttp } from '../../../wire/http-server.ts';

interface Event extends WatchedEvent {
  readonly revision: number;
}

export const fakeEtcd: Program = {
  name: 'etcd',
  *main(host: Host): Task<number> {
    const keys = new Map<string, KeyValue>();
    const log: Event[] = [];
    const watchers = new Set<{ id: number; key: string; end: string | undefined; stream: HttpStream }>();
    let revision = 1;
    let compacted = 0;
    let leases = 0;
    const header = () => ({ clusterId: 'c', memberId: 'm', revision, raftTerm: 1 });
    const inside = (key: string, from: string, end: string | undefined): boolean => (end === undefined ? key === from : end === '\0' ? key >= from : key >= from && key < end);
    const range = (r: { key: string; rangeEnd?: string; revision?: number; limit?: number; countOnly?: boolean }) => {
      let view = keys;
      if (r.revision !== undefined && r.revision > 0 && r.revision < revision) {
        view = new Map();
        for (const event of log) {
          if (event.revision > r.revision) continue;
          if (event.type === 'PUT') view.set(event.kv.key, event.kv);
          else view.delete(event.kv.key);
        }
      }
      const found = [...view.values()].filter((kv) => inside(kv.key, r.key, r.rangeEnd)).sort((a, b) => (a.key < b.key ? -1 : 1));
      const limited = r.limit !== undefined && r.limit > 0 ? found.slice(0, r.limit) : found;
      return { header: header(), kvs: r.countOnly === true ? [] : limited, more: limited.length < found.length, count: found.length };
    };
    const holds = (c: Compare): boolean => {
      const kv = keys.get(c.key);
      const have = c.target === 'MOD' ? (kv?.modRevision ?? 0) : c.target === 'VERSION' ? (kv?.version ?? 0) : c.target === 'CREATE' ? (kv?.createRevision ?? 0) : kv?.value;
      return have === c.value;
    };
    const emit = (event: Event): void => {
      log.push(event);
      for (const each of watchers) if (inside(event.kv.key, each.key, each.end)) each.stream.send({ header: header(), watchId: each.id, events: [event] });
    };
    const apply = (op: RequestOp): ResponseOp => {
      if ('range' in op) return { range: range(op.range) };
      if ('put' in op) {
        const old = keys.get(op.put.key);
        const kv: KeyValue = { key: op.put.key, value: op.put.value, createRevision: old?.createRevision ?? revision, modRevision: revision, version: (old?.version ?? 0) + 1, lease: op.put.lease ?? '' };
        keys.set(kv.key, kv);
        emit({ type: 'PUT', kv, cause: host.trace.cause, revision });
        return { put: { header: header() } };
      }
      if ('deleteRange' in op) {
        const gone = range(op.deleteRange).kvs;
        for (const kv of gone) {
          keys.delete(kv.key);
          emit({ type: 'DELETE', kv: { ...kv, value: undefined, modRevision: revision }, cause: host.trace.cause, revision });
        }
        return { deleteRange: { header: header(), deleted: gone.length, prevKvs: [] } };
      }
      throw new Error('nested');
    };
    const writes = (ops: readonly RequestOp[]): boolean => ops.some((op) => 'put' in op || ('deleteRange' in op && range(op.deleteRange).count > 0));
    const run = (ops: readonly RequestOp[]): ResponseOp[] => {
      if (writes(ops)) revision++;
      return ops.map(apply);
    };
    const listener = host.network.listen(':2379');
    yield* serveHttp(host, listener, function* (request) {
      const body = request.body as never;
      const ok = (value: unknown) => ({ status: 200, headers: {}, body: value });
      switch (request.path.split('.').at(-1)) {
        case 'KV/Range':
          if ((body as { revision?: number }).revision !== undefined && ((body as { revision: number }).revision ?? 0) < compacted) return { status: 400, headers: {}, body: { code: 'OutOfRange', message: 'etcdserver: mvcc: required revision has been compacted' } };
          return ok(range(body));
        case 'KV/Txn': {
          yield* host.clock.sleep(1);
          const txn = body as TxnRequest;
          const succeeded = txn.compare.every(holds);
          const responses = run(succeeded ? txn.success : txn.failure);
          return ok({ header: header(), succeeded, responses });
        }
        case 'KV/Put':
          run([{ put: body }]);
          return ok({ header: header() });
        case 'KV/DeleteRange':
          return ok((run([{ deleteRange: body }])[0] as { deleteRange: unknown }).deleteRange);
        case 'KV/Compact':
          compacted = (body as { revision: number }).revision;
          return ok({ header: header() });
        case 'Lease/LeaseGrant':
          return ok({ id: String(++leases), ttl: 1 });
        case 'Watch/Watch':
          return {
            response: { status: 200, headers: {} },
            *run(stream: HttpStream): Task<void> {
              const mine: { id: number; key: string; end: string | undefined; stream: HttpStream }[] = [];
              try {
                for (;;) {
                  const message = (yield* stream.receive()) as WatchRequest | undefined;
                  if (message === undefined) return;
                  if ('create' in message) {
                    const watcher = { id: message.create.watchId ?? 0, key: message.create.key, end: message.create.rangeEnd, stream };
                    stream.send({ header: header(), watchId: watcher.id, created: true, events: [] });
                    for (const event of log) if (event.revision >= (message.create.startRevision ?? revision + 1) && inside(event.kv.key, watcher.key, watcher.end)) stream.send({ header: header(), watchId: watcher.id, events: [event] });
                    watchers.add(watcher);
                    mine.push(watcher);
                  } else if ('progress' in message) stream.send({ header: header(), watchId: -1, events: [] });
                }
              } finally {
                for (const each of mine) watchers.delete(each);
              }
            },
          };
        default:
          return { status: 404, headers: {}, body: { code: 'Unknown', message: `no ${request.path}` } };
      }
    });
    return 0;
  },
};
