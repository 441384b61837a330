// Event: what happened to an object, said by a component. Served in two shapes (core and events.k8s.io), stored in the first.
import { columns, declareKind } from '../kind.ts';
import { translateTimestampSince } from '../meta/time.ts';
import type { Json } from '../meta/object.ts';
import type { FieldErrors } from '../validation/field-error.ts';
import { invalid } from '../validation/field-error.ts';
import type { Event } from './types/object.ts';
import type { Event as EventsEvent } from '../events/types.ts';

const eventColumns = columns('Last_Seen Type Reason Object', 'Subobject Source').concat(columns('Message', 'First_Seen Count# Name'));

interface EventLine {
  readonly name: string;
  readonly type: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly kind: string | undefined;
  readonly objectName: string | undefined;
  readonly fieldPath: string | undefined;
  readonly component: string | undefined;
  readonly host: string | undefined;
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly eventTime: string | undefined;
  readonly count: number | undefined;
  readonly series: { readonly count?: number; readonly lastObservedTime?: string } | undefined;
}

function line(event: EventLine, nowMs: number): readonly Json[] {
  const first = translateTimestampSince(event.first ?? event.eventTime, nowMs);
  const last = event.series !== undefined ? translateTimestampSince(event.series.lastObservedTime, nowMs) : event.last === undefined ? first : translateTimestampSince(event.last, nowMs);
  const count = event.series !== undefined ? (event.series.count ?? 0) : (event.count ?? 0) === 0 ? 1 : (event.count ?? 1);
  const kind = (event.kind ?? '').toLowerCase();
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    event.objectName ? `${kind}/${event.objectName}` : kind,
    event.fieldPath ?? '',
    [event.component ?? '', ...(event.host ? [event.host] : [])].join(', '),
    (event.message ?? '').trim(),
    first,
    count,
    event.name,
  ];
}

/** As pkg/apis/core and pkg/apis/events name them: the newer group has its own words for some. */
function selectable(words: { readonly of: string; readonly reporting: string; readonly hasSource: boolean }, event: EventLine & { readonly namespace?: string | undefined; readonly uid?: string | undefined; readonly apiVersion?: string | undefined; readonly resourceVersion?: string | undefined; readonly reporting?: string | undefined }): Readonly<Record<string, string>> {
  return {
    [`${words.of}.kind`]: event.kind ?? '',
    [`${words.of}.namespace`]: event.namespace ?? '',
    [`${words.of}.name`]: event.objectName ?? '',
    [`${words.of}.uid`]: event.uid ?? '',
    [`${words.of}.apiVersion`]: event.apiVersion ?? '',
    [`${words.of}.resourceVersion`]: event.resourceVersion ?? '',
    [`${words.of}.fieldPath`]: event.fieldPath ?? '',
    reason: event.reason ?? '',
    [words.reporting]: event.reporting ?? '',
    ...(words.hasSource ? { source: event.component ?? '' } : {}),
    type: event.type ?? '',
  };
}

function fromCore(event: Event): EventLine {
  const { involvedObject: of, source } = event;
  return {
    name: event.metadata.name,
    type: event.type,
    reason: event.reason,
    message: event.message,
    kind: of?.kind,
    objectName: of?.name,
    fieldPath: of?.fieldPath,
    component: source?.component || event.reportingComponent,
    host: source?.host || event.reportingInstance,
    first: event.firstTimestamp,
    last: event.lastTimestamp,
    eventTime: event.eventTime,
    count: event.count,
    series: event.series,
  };
}

function fromEvents(event: EventsEvent): EventLine {
  const { regarding: of, deprecatedSource: source } = event;
  return {
    name: event.metadata.name,
    type: event.type,
    reason: event.reason,
    message: event.note,
    kind: of?.kind,
    objectName: of?.name,
    fieldPath: of?.fieldPath,
    component: source?.component || event.reportingController,
    host: source?.host || event.reportingInstance,
    first: event.deprecatedFirstTimestamp,
    last: event.deprecatedLastTimestamp,
    eventTime: event.eventTime,
    count: event.deprecatedCount,
    series: event.series,
  };
}

function checkNamespace(of: { readonly namespace?: string } | undefined, namespace: string | undefined): FieldErrors {
  const expected = of?.namespace ? of.namespace : 'default';
  return expected === namespace ? [] : [invalid('involvedObject.namespace', of?.namespace ?? '', 'does not match event.namespace')];
}

export const eventKind = declareKind<Event>({
  kind: 'Event',
  resource: 'events',
  shortNames: ['ev'],
  storagePrefix: 'events',
  definition: 'io.k8s.api.core.v1.Event',
  validate: (event) => checkNamespace(event.involvedObject, event.metadata.namespace),
  columns: eventColumns,
  row: (event, nowMs) => line(fromCore(event), nowMs),
  selectableFields: (event) => {
    const of = event.involvedObject;
    return selectable({ of: 'involvedObject', reporting: 'reportingComponent', hasSource: true }, { ...fromCore(event), namespace: of?.namespace, uid: of?.uid, apiVersion: of?.apiVersion, resourceVersion: of?.resourceVersion, reporting: event.reportingComponent });
  },
});

export const eventsEventKind = declareKind<EventsEvent>({
  group: 'events.k8s.io',
  kind: 'Event',
  resource: 'events',
  shortNames: ['ev'],
  storagePrefix: 'events',
  definition: 'io.k8s.api.events.v1.Event',
  validate: (event) => checkNamespace(event.regarding, event.metadata.namespace),
  columns: eventColumns,
  row: (event, nowMs) => line(fromEvents(event), nowMs),
  selectableFields: (event) => {
    const of = event.regarding;
    return selectable({ of: 'regarding', reporting: 'reportingController', hasSource: false }, { ...fromEvents(event), namespace: of?.namespace, uid: of?.uid, apiVersion: of?.apiVersion, resourceVersion: of?.resourceVersion, reporting: event.reportingController });
  },
});
