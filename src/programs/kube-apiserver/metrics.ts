// What kube-apiserver says at /metrics: names, labels and stability as in upstream's reference, as far as there is something behind them here.
import type { Host } from '../../kernel/host.ts';
import { countUpTo, Distribution, family, latencyBounds, processFamilies, Tally, type Family, type Sample } from '../../wire/metrics.ts';
import { buildFamily } from '../images/build-info.ts';
import type { FlowControl } from './flow-control/flow-control.ts';
import type { Passage, Pipeline } from './pipeline.ts';
import type { ResourceTable } from './registry/resources.ts';
import type { EtcdClient } from './storage/etcd-client.ts';
import type { WatchHub } from './storage/watch-hub.ts';

export interface ServerState {
  /** By the wall clock. */
  readonly startedMs: number;
  readonly pipeline: Pipeline;
  /** Not every API server has one. */
  readonly flowControl?: FlowControl;
  /** Of Kubernetes; undefined: it is no part of it. */
  readonly version?: string;
  readonly hub: WatchHub;
  readonly etcd: EtcdClient;
  readonly table: ResourceTable;
}

export function apiserverMetrics(host: Host, { startedMs, pipeline, flowControl, hub, etcd, table, version }: ServerState): readonly Family[] {
  return [
    ...processFamilies(host, startedMs),
    ...(version === undefined ? [] : [buildFamily(version)]),
    ...requestFamilies(pipeline),
    inflightFamily(pipeline.underWay),
    ...(flowControl === undefined ? [] : flowFamilies(flowControl, pipeline.underWay)),
    ...objectFamilies(hub, table),
    etcdFamily(etcd, table),
  ];
}

// ---------------------------------------------------------------- requests

const verbs: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' };
const connecting = new Set(['attach', 'exec', 'portforward', 'proxy']);
/** Of other paths the real server counts these alone. */
const counted = /^\/(?:healthz|livez|readyz|metrics)(?:\/|$)/;

function requestFamilies({ answered }: Pipeline): readonly Family[] {
  const total = new Tally();
  const seconds = new Distribution((bucket) => latencyBounds[bucket] ?? Infinity);
  for (const [key, measured] of answered.measured) {
    const [verb = '', group = '', version = '', resource = '', subresource = '', code = '', collection = '', how = '', dryRun = ''] = key.split('\n');
    if (resource === '' && !counted.test(subresource)) continue;
    const scope = resource === '' ? '' : verb === 'create' || collection === '' ? 'resource' : collection;
    const said = connecting.has(subresource) ? 'CONNECT' : how === 'apply' ? 'APPLY' : (verbs[verb] ?? verb.toUpperCase());
    const about = [resource === '' ? '' : 'apiserver', dryRun, group, resource, scope, subresource, said, version].join('\n');
    total.add(`${code}\n${about}`, countUpTo(Infinity, measured.counts));
    // How long a stream is open says nothing.
    if (verb !== 'watch' && !connecting.has(subresource)) seconds.merge(measured, about);
  }
  const labels = ['component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'];
  return [
    family('histogram', 'apiserver_request_duration_seconds', '[STABLE] How long requests took that are no streams, in seconds, by what they asked for.', seconds.samples(latencyBounds.length, labels)),
    family('counter', 'apiserver_request_total', '[STABLE] Requests that were answered, by what they asked for and the code of the answer.', total.samples(['code', ...labels])),
  ];
}

const isLong = ({ info }: Passage): boolean => info.verb === 'watch' || connecting.has(info.subresource);

function inflightFamily(underWay: ReadonlySet<Passage>): Family {
  const now = { mutating: 0, readOnly: 0 };
  for (const passage of underWay) if (!isLong(passage)) now[['get', 'list'].includes(passage.info.verb) ? 'readOnly' : 'mutating']++;
  return family('gauge', 'apiserver_current_inflight_requests', '[STABLE] Requests that are being answered, by kind; no streams.', Object.entries(now).map(([kind, value]) => ({ labels: { request_kind: kind }, value })));
}

// ---------------------------------------------------------------- priority and fairness

function flowFamilies(flowControl: FlowControl, underWay: ReadonlySet<Passage>): readonly Family[] {
  const dispatched = new Tally();
  const rejected = new Tally();
  for (const [key, times] of flowControl.admissions.counts) {
    const [schema = '', level = '', admission = ''] = key.split('\n');
    if (admission === 'at once' || admission === 'waited') dispatched.add(`${schema}\n${level}`, times);
    else rejected.add(`${schema}\n${level}\n${admission}`, times);
  }
  const requests = new Tally();
  const seats = new Tally();
  for (const { seated } of underWay) {
    if (seated === undefined) continue;
    const key = `${seated.schema.metadata.name}\n${seated.level.shape.name}`;
    requests.add(key);
    seats.add(key, seated.width);
  }
  const labels = ['flow_schema', 'priority_level'];
  const limits = flowControl.shapes().map(({ name, seats: most }): Sample => ({ labels: { priority_level: name }, value: most }));
  return [
    family('gauge', 'apiserver_flowcontrol_current_executing_requests', '[BETA] Requests that hold seats.', requests.samples(labels)),
    family('gauge', 'apiserver_flowcontrol_current_executing_seats', '[BETA] Seats that requests hold.', seats.samples(labels)),
    family('counter', 'apiserver_flowcontrol_dispatched_requests_total', '[BETA] Requests that got their seats.', dispatched.samples(labels)),
    family('gauge', 'apiserver_flowcontrol_nominal_limit_seats', '[BETA] Seats of each priority level.', limits.sort((a, b) => ((a.labels?.['priority_level'] ?? '') < (b.labels?.['priority_level'] ?? '') ? -1 : 1))),
    family('counter', 'apiserver_flowcontrol_rejected_requests_total', '[BETA] Requests that got none, by reason.', rejected.samples([...labels, 'reason'])),
  ];
}

// ---------------------------------------------------------------- objects

/** Of collections that are held in memory: those that anybody has asked for. */
function objectFamilies(hub: WatchHub, table: ResourceTable): readonly Family[] {
  const sizes = new Map(hub.all.filter((cache) => cache.ready).map((cache) => [cache.prefix, cache.size]));
  const found = new Map<string, { readonly group: string; readonly resource: string; readonly value: number }>();
  for (const { declaration } of table.all()) {
    const { group, resource, storagePrefix } = declaration;
    const value = sizes.get(`/registry/${storagePrefix}/`);
    if (value !== undefined && !found.has(storagePrefix)) found.set(storagePrefix, { group, resource, value });
  }
  const rows = [...found.values()].sort((a, b) => (`${a.group}/${a.resource}` < `${b.group}/${b.resource}` ? -1 : 1));
  return [
    family('gauge', 'apiserver_resource_objects', '[ALPHA] Objects that are stored, by resource.', rows.map(({ group, resource, value }) => ({ labels: { group, resource }, value }))),
    family('gauge', 'apiserver_storage_objects', '[STABLE] (Deprecated since 1.34.0) Objects that are stored, by resource: see apiserver_resource_objects.', rows.map(({ group, resource, value }) => ({ labels: { resource: group === '' ? resource : `${resource}.${group}` }, value }))),
  ];
}

/** Of other keys than those of objects nothing is said. */
function etcdFamily({ answered }: EtcdClient, table: ResourceTable): Family {
  const byPrefix = new Map(table.all().toReversed().map(({ declaration }) => [declaration.storagePrefix.split('/')[0], declaration]));
  const seconds = new Distribution((bucket) => latencyBounds[bucket] ?? Infinity);
  for (const [key, measured] of answered.measured) {
    const [operation = '', prefix = ''] = key.split('\n');
    const declaration = byPrefix.get(prefix);
    if (declaration !== undefined) seconds.merge(measured, `${declaration.group}\n${operation}\n${declaration.resource}`);
  }
  return family('histogram', 'etcd_request_duration_seconds', '[ALPHA] How long etcd took, in seconds, by what was done with which resource.', seconds.samples(latencyBounds.length, ['group', 'operation', 'resource']));
}
