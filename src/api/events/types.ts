// The objects of events/v1 as the API has them: optional where the API lets a field out. A stored object always has its spec.
import type { EventSource, ObjectReference } from '../core/types/object.ts';
import type { ApiObject } from '../meta/object.ts';

export interface Event extends ApiObject {
  readonly action?: string;
  readonly deprecatedCount?: number;
  readonly deprecatedFirstTimestamp?: string;
  readonly deprecatedLastTimestamp?: string;
  readonly deprecatedSource?: EventSource;
  readonly eventTime: string;
  readonly note?: string;
  readonly reason?: string;
  readonly regarding?: ObjectReference;
  readonly related?: ObjectReference;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
  readonly series?: EventSeries;
  readonly type?: string;
}

export interface EventSeries {
  readonly count: number;
  readonly lastObservedTime: string;
}
