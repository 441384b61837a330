// Every five minutes the servers agree on a revision that is five minutes old and have etcd forget what is older.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ApiserverEvent } from '../events.ts';
import { EtcdError, type EtcdClient } from '../storage/etcd-client.ts';

const key = 'compact_rev_key';

export function* runCompactor(host: Host, etcd: EtcdClient, intervalMs: number): Task<void> {
  if (intervalMs <= 0) return;
  let version = 0;
  let revision = 0;
  for (;;) {
    yield* host.clock.sleep(intervalMs);
    try {
      const answer = yield* etcd.txn(
        { compare: [{ key, target: 'VERSION', result: 'EQUAL', value: version }], success: [{ put: { key, value: String(revision) } }], failure: [{ range: { key } }] },
        'Txn compact_rev_key',
      );
      const previous = revision;
      revision = answer.header.revision;
      if (!answer.succeeded) {
        // Another server was first: the next turn begins from its time.
        const first = answer.responses[0];
        const kv = first !== undefined && 'range' in first ? first.range.kvs[0] : undefined;
        version = kv?.version ?? 0;
        continue;
      }
      version++;
      if (previous === 0) continue;
      yield* etcd.compact({ revision: previous });
      host.trace.emit<ApiserverEvent>({ type: 'apiserver.compacted', revision: previous });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
    }
  }
}
