import { describe, expect, it } from 'vitest';
import type { Entry } from '../../raft/message.ts';
import { crcOf, readSegment, type WalContent, type WalRecord } from './wal-record.ts';

const entry: Entry = { index: 7, term: 3, type: 'conf-change', data: { kind: 'add', member: 'm2' } };
const contents: readonly WalContent[] = [
  { t: 'metadata', metadata: { memberId: 'a1', clusterId: 'c1' } },
  { t: 'entries', entries: [entry, { index: 8, term: 3, type: 'normal', data: { put: 'x' } }] },
  { t: 'state', state: { term: 3, vote: 'a1', commit: 6 } },
  { t: 'snapshot', index: 4, term: 2, received: false },
];

function written(): WalRecord[] {
  let crc = 0;
  return contents.map((content) => ({ content, crc: (crc = crcOf(crc, content)) }));
}

/** Every copy of `value` in which one leaf is another one. */
function* rotten(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield `${value}~`;
  else if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
  else if (Array.isArray(value)) for (const [at, each] of value.entries()) for (const other of rotten(each)) yield value.with(at, other);
  else for (const [key, each] of Object.entries(value as object)) for (const other of rotten(each)) yield { ...(value as object), [key]: other };
}

describe('a record of the log', () => {
  it('is read back as it was written', () => {
    expect(readSegment(written(), 0, true)).toMatchObject({ end: 'whole', records: contents });
  });

  it('is refused when any leaf of it has changed', () => {
    const log = written();
    const sound: string[] = [];
    for (const [at, record] of log.entries())
      for (const other of rotten(record)) if (readSegment(log.with(at, other as WalRecord), 0, true).end !== 'corrupt') sound.push(JSON.stringify(other));
    expect(sound).toEqual([]);
  });
});
