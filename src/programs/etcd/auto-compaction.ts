// History that forgets by itself, on the leader: revisions older than a time, or all but the last so many (--auto-compaction-mode, -retention).
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { EtcdConfig } from './config.ts';
import { Refusal } from './refusal.ts';

export interface CompactionTarget {
  readonly isLeader: () => boolean;
  readonly revision: () => number;
  readonly compact: (revision: number) => Task<void>;
}

const hourMs = 3_600_000;
const revisionCheckMs = 5 * 60_000;
/** Samples in a period, as etcd takes them. */
const samples = 10;

export function* autoCompact(host: Host, options: NonNullable<EtcdConfig['autoCompaction']>, target: CompactionTarget): Task<void> {
  if (options.mode === 'revision') yield* byRevision(host, options.retention, target);
  else yield* byTime(host, options.retentionMs, target);
}

function* byRevision(host: Host, retention: number, target: CompactionTarget): Task<void> {
  let last = 0;
  for (;;) {
    yield* host.clock.sleep(revisionCheckMs);
    const wanted = target.revision() - retention;
    if (!target.isLeader() || wanted <= 0 || wanted === last) continue;
    if (yield* attempt(host, wanted, target)) last = wanted;
  }
}

/** Every retention (at most an hour), what was older than the retention. */
function* byTime(host: Host, retentionMs: number, target: CompactionTarget): Task<void> {
  const everyMs = Math.min(retentionMs, hourMs);
  const stepMs = everyMs / samples;
  const kept = Math.ceil(retentionMs / stepMs);
  const revisions: number[] = [target.revision()];
  let sinceMs = 0;
  let last = 0;
  for (;;) {
    yield* host.clock.sleep(stepMs);
    sinceMs += stepMs;
    revisions.push(target.revision());
    if (revisions.length > kept + 1) revisions.shift();
    // A new leader has watched as long as the old one did, so it may go on at once.
    if (!target.isLeader() || sinceMs < everyMs || revisions.length <= kept) continue;
    sinceMs = 0;
    const wanted = revisions[0] as number;
    if (wanted === last || wanted <= 1) continue;
    if (yield* attempt(host, wanted, target)) last = wanted;
  }
}

function* attempt(host: Host, revision: number, target: CompactionTarget): Task<boolean> {
  const startMs = host.clock.nowMs();
  try {
    yield* target.compact(revision);
    host.output.error(`{"level":"info","msg":"completed auto compaction","revision":${revision},"took":"${(host.clock.nowMs() - startMs).toFixed(3)}ms"}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Somebody compacted further already, e.g. an API server.
    return error.error.code === 'OutOfRange';
  }
}
