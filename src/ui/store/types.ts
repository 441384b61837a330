// The few types of other rooms that the page speaks of, under their short names.
import type { Flight } from '../../session/protocol.ts';
import type { FaultRecord } from '../../scene/records.ts';

export type Family = Flight['family'];
export type FaultRule = FaultRecord['rule'];
export type EventId = Flight['id'];
export interface Place {
  readonly machine: string;
  readonly process: string;
}
export const families: readonly Family[] = ['client', 'watch', 'etcd', 'raft', 'kubelet', 'data', 'probe', 'dns', 'runtime', 'image', 'control'];
