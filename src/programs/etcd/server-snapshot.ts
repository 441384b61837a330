// The whole state of a member at one index: what snapshots hold, on the disk and on the wire.
import type { LeaseSnapshot } from './lessor.ts';
import type { StoreSnapshot } from './mvcc/store.ts';
import type { MemberInfo } from './request.ts';

export type AlarmType = 'NOSPACE' | 'CORRUPT';

export interface Alarm {
  readonly memberId: string;
  readonly alarm: AlarmType;
}

export interface ServerSnapshot {
  readonly store: StoreSnapshot;
  readonly leases: readonly LeaseSnapshot[];
  readonly members: readonly MemberInfo[];
  /** Ids that may never come back. */
  readonly removed: readonly string[];
  readonly alarms: readonly Alarm[];
  /** Lowest minor version of all members, once they agreed on it, e.g. `3.6.0`. */
  readonly clusterVersion: string;
}
