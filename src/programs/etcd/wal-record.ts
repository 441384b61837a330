// One record of the write-ahead log with its checksum. As in etcd, each record's checksum goes on from the one before, so that none can be left out.
import type { Entry, HardState } from '../../raft/message.ts';
import { mixNumber, mixText, weigh } from './weight.ts';

export interface Metadata {
  readonly memberId: string;
  readonly clusterId: string;
}

export type WalContent =
  | { readonly t: 'metadata'; readonly metadata: Metadata }
  | { readonly t: 'entries'; readonly entries: readonly Entry[] }
  | { readonly t: 'state'; readonly state: HardState }
  /** This snapshot is on the disk whole; `received`: from the leader, and the log before it is void. */
  | { readonly t: 'snapshot'; readonly index: number; readonly term: number; readonly received: boolean }
  /** First of a segment: where the chain of checksums goes on. */
  | { readonly t: 'crc'; readonly previous: number };

export interface WalRecord {
  readonly crc: number;
  readonly content: WalContent;
}

/** The checksum of a record that follows one with `previous`. */
export function crcOf(previous: number, content: WalContent): number {
  let crc = mixText(previous, content.t);
  switch (content.t) {
    case 'metadata':
      crc = mixText(mixText(crc, content.metadata.memberId), content.metadata.clusterId);
      break;
    case 'entries':
      for (const entry of content.entries) {
        crc = mixNumber(mixNumber(crc, entry.index), entry.term);
        if (entry.type !== 'normal') crc = mixText(crc, entry.type);
        if (entry.data !== undefined) crc = mixNumber(crc, weigh(entry.data).crc);
      }
      break;
    case 'state':
      crc = mixNumber(mixText(mixNumber(crc, content.state.term), content.state.vote), content.state.commit);
      break;
    case 'snapshot':
      crc = mixNumber(mixNumber(mixNumber(crc, content.index), content.term), content.received ? 1 : 0);
      break;
    case 'crc':
      return content.previous;
  }
  return crc >>> 0;
}

/** How the records of a log read: up to where they are whole, and what is wrong with the next. */
export type LogReading =
  | { readonly records: readonly WalContent[]; readonly crc: number; readonly end: 'whole' }
  /** The last record was being written when the power went: everything before it is whole. */
  | { readonly records: readonly WalContent[]; readonly crc: number; readonly end: 'torn' }
  | { readonly end: 'corrupt'; readonly reason: string };

/** Reads one segment, whose chain goes on from `previous`. `isLast`: only the end of the last segment can be torn. */
export function readSegment(log: readonly unknown[], previous: number, isLast: boolean): LogReading {
  const records: WalContent[] = [];
  let crc = previous;
  for (const [at, raw] of log.entries()) {
    const record = raw as Partial<WalRecord> & { readonly torn?: true };
    if (typeof record !== 'object' || record === null || record.torn === true || record.content === undefined) {
      if (isLast && at === log.length - 1) return { records, crc, end: 'torn' };
      return { end: 'corrupt', reason: 'unexpected EOF' };
    }
    if (record.content.t === 'crc' && record.content.previous !== crc && crc !== 0) return { end: 'corrupt', reason: mismatch(crc, record.content.previous) };
    crc = crcOf(crc, record.content);
    if (record.crc !== crc) return { end: 'corrupt', reason: mismatch(record.crc ?? 0, crc) };
    records.push(record.content);
  }
  return { records, crc, end: 'whole' };
}

function mismatch(expected: number, computed: number): string {
  return `walpb: crc mismatch: expected: ${expected.toString(16)} computed: ${computed.toString(16)}`;
}
