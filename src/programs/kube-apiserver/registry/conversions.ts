// Kinds that are served in two shapes and stored in one: events (core and events.k8s.io) and autoscalers (v1 and v2).
import type { StoredObject } from '../storage/watch-cache.ts';
import { fieldsOf, type Fields } from '../admission/plugin.ts';

/** Renames top-level fields; what is not named stays. */
function rename(object: StoredObject, apiVersion: string, pairs: readonly (readonly [string, string])[]): StoredObject {
  const out: Record<string, unknown> = {};
  const names = new Map(pairs.map(([from, to]) => [from, to]));
  for (const [field, value] of Object.entries(object)) out[names.get(field) ?? field] = value;
  out['apiVersion'] = apiVersion;
  return out as StoredObject;
}

const eventFields: readonly (readonly [string, string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

/** What core events always say, the others leave out when it is nothing, but for the source. */
const always = ({ deprecatedSource = {}, reportingController = '', reportingInstance = '' }: StoredObject): Fields => ({ deprecatedSource, reportingController, reportingInstance });
const isLeftOut = ([field, value]: readonly [string, unknown]): boolean => value === '' && (field === 'reportingComponent' || field === 'reportingInstance');
/** How often is said by the others even when it is never, and not by core events. */
function countedSeries({ series }: StoredObject, says: 'always' | 'if any'): Fields {
  if (series === undefined || series === null) return {};
  const { count = 0, ...rest } = series as Fields;
  return { series: says === 'always' || count !== 0 ? { count, ...rest } : rest };
}

export const eventToStorage = (event: StoredObject): StoredObject => rename({ ...event, ...always(event), ...countedSeries(event, 'if any') }, 'v1', eventFields);

export function eventFromStorage(event: StoredObject): StoredObject {
  const said = Object.fromEntries(Object.entries(event).filter((each) => !isLeftOut(each))) as unknown as StoredObject;
  return rename({ ...said, ...countedSeries(event, 'always') }, 'events.k8s.io/v1', eventFields.map(([a, b]) => [b, a]));
}

/** v1 knows one number, the CPU target; everything else travels in v2 form. */
export function autoscalerToStorage(object: StoredObject): StoredObject {
  const spec = fieldsOf(object['spec']);
  const { targetCPUUtilizationPercentage: target, ...rest } = spec as Fields & { targetCPUUtilizationPercentage?: number };
  const metrics = target === undefined ? undefined : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }];
  return { ...object, apiVersion: 'autoscaling/v2', spec: { ...rest, ...(metrics === undefined ? {} : { metrics }) } };
}

export function autoscalerFromStorage(object: StoredObject): StoredObject {
  const { metrics, behavior: _behavior, ...rest } = fieldsOf(object['spec']) as Fields & { metrics?: readonly Fields[]; behavior?: unknown };
  const status = fieldsOf(object['status']) as Fields & { currentMetrics?: readonly Fields[]; conditions?: unknown };
  const cpu = (list: readonly Fields[] | undefined, field: string): unknown => {
    const found = (list ?? []).map((each) => fieldsOf(each['resource'])).find((each) => each['name'] === 'cpu');
    return found === undefined ? undefined : fieldsOf(found[field])['averageUtilization'];
  };
  const target = cpu(metrics, 'target');
  const current = cpu(status.currentMetrics, 'current');
  const { currentMetrics: _metrics, conditions: _conditions, ...plainStatus } = status;
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    spec: { ...rest, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    ...(object['status'] === undefined ? {} : { status: { ...plainStatus, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) } }),
  };
}
