// metrics.k8s.io/v1beta1: discovery, nodes and pods with what they use, as JSON and as tables.
import { matchesFields, parseFieldSelector } from '../../api/meta/field-selector.ts';
import { matchesSelector, parseSelector } from '../../api/meta/labels.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { addResources, formatQuantity } from '../../api/meta/quantity.ts';
import { formatDuration, formatTime } from '../../api/meta/time.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import type { MetricStore, Usage } from './metric-store.ts';

const group = 'metrics.k8s.io';
const groupVersion = `${group}/v1beta1`;

export interface PodObject extends ApiObject {
  readonly status?: { readonly phase?: string };
}

/** What is asked for; `name` '' for a list, `namespace` '' for all. */
export interface Asked {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** What there is, by the API server's word. */
export interface Listed {
  nodes(): readonly ApiObject[];
  pods(namespace: string): readonly PodObject[];
}

type UsageText = Readonly<Record<'cpu' | 'memory', string>>;
interface Metrics {
  readonly kind: 'NodeMetrics' | 'PodMetrics';
  readonly apiVersion: string;
  readonly metadata: object;
  readonly timestamp: string;
  readonly window: string;
  readonly usage?: UsageText;
  readonly containers?: readonly { readonly name: string; readonly usage: UsageText }[];
}

const json = (status: number, body: unknown): HttpResponse => ({ status, headers: { 'content-type': 'application/json' }, body });

export const failure = (code: number, reason: string, message: string, details: object = {}): HttpResponse => json(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code });

const notFound = (resource: string, of: string, name: string): HttpResponse => failure(404, 'NotFound', `${of === '' ? resource : `${resource}.${of}`} "${name}" not found`, { name, ...(of === '' ? {} : { group: of }), kind: resource });

/** Documents that anybody who is known may read. */
export function discovery(path: string): HttpResponse | undefined {
  const version = { groupVersion, version: 'v1beta1' };
  const about = { name: group, versions: [version], preferredVersion: version };
  const resource = (name: string, kind: string, namespaced: boolean): object => ({ name, singularName: '', namespaced, kind, verbs: ['get', 'list'] });
  switch (path.replace(/\/$/, '')) {
    case '/apis':
      return json(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: [about] });
    case `/apis/${group}`:
      return json(200, { kind: 'APIGroup', apiVersion: 'v1', ...about });
    case `/apis/${groupVersion}`:
      return json(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [resource('nodes', 'NodeMetrics', false), resource('pods', 'PodMetrics', true)] });
    default:
      return undefined;
  }
}

/** `/apis/metrics.k8s.io/v1beta1/[namespaces/NS/]pods[/NAME]`; undefined for any other path. */
export function readPath(path: string): Asked | undefined {
  const match = /^\/apis\/metrics\.k8s\.io\/v1beta1\/(?:namespaces\/([^/]+)\/(?=pods))?(nodes|pods)(?:\/([^/]+))?\/?$/.exec(path);
  if (match === null) return undefined;
  const [, namespace = '', resource = '', name = ''] = match;
  // One pod is only found in its namespace.
  return resource === 'pods' && name !== '' && namespace === '' ? undefined : { resource, namespace, name };
}

export function answer(request: HttpRequest, { resource, namespace, name }: Asked, listed: Listed, store: MetricStore, wallMs: number): HttpResponse {
  const all: readonly ApiObject[] = resource === 'nodes' ? listed.nodes() : listed.pods(namespace);
  const make = (object: ApiObject): Metrics | undefined => (resource === 'nodes' ? nodeMetrics(object, store, wallMs) : podMetrics(object as PodObject, store, wallMs));
  if (name !== '') {
    const object = all.find((each) => each.metadata.name === name);
    if (object === undefined) return notFound(resource, '', name);
    const metrics = make(object);
    if (metrics === undefined) return resource === 'nodes' ? notFound('nodemetrics', group, name) : notFound('podmetrics', group, `${namespace}/${name}`);
    return json(200, asTable(request) ? tableOf([metrics], request) : metrics);
  }
  const query = new Map(request.query);
  const labels = parseSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  if (labels.problem !== undefined || fields.problem !== undefined) return failure(400, 'BadRequest', labels.problem ?? fields.problem ?? '');
  const items = [...all]
    .filter(({ metadata }) => matchesSelector(labels.selector, metadata.labels) && matchesFields(fields.selector, { 'metadata.name': metadata.name, 'metadata.namespace': metadata.namespace ?? '' }))
    .sort((a, b) => order(a.metadata.namespace ?? '', b.metadata.namespace ?? '') || order(a.metadata.name, b.metadata.name))
    .map(make)
    .filter((each) => each !== undefined);
  if (asTable(request)) return json(200, tableOf(items, request));
  return json(200, { kind: resource === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList', apiVersion: groupVersion, metadata: {}, items: items.map(({ kind: _kind, apiVersion: _version, ...item }) => item) });
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const usageText = ({ cpuNanoCores, memoryBytes }: Usage): UsageText => ({ cpu: formatQuantity({ nanos: BigInt(cpuNanoCores), format: 'DecimalSI' }), memory: formatQuantity({ nanos: BigInt(Math.round(memoryBytes)) * 1_000_000_000n, format: 'BinarySI' }) });

function head(kind: Metrics['kind'], { metadata: { name, namespace, labels } }: ApiObject, usage: Usage, wallMs: number): Metrics {
  return {
    kind,
    apiVersion: groupVersion,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), creationTimestamp: formatTime(wallMs), ...(labels === undefined ? {} : { labels }) },
    timestamp: formatTime(usage.atMs),
    window: formatDuration(usage.windowMs),
  };
}

function nodeMetrics(node: ApiObject, store: MetricStore, wallMs: number): Metrics | undefined {
  const usage = store.node(node.metadata.name);
  return usage === undefined ? undefined : { ...head('NodeMetrics', node, usage, wallMs), usage: usageText(usage) };
}

function podMetrics(pod: PodObject, store: MetricStore, wallMs: number): Metrics | undefined {
  if (pod.status?.phase !== 'Running') return undefined;
  const usages = [...(store.pod(`${pod.metadata.namespace ?? ''}/${pod.metadata.name}`) ?? [])];
  const [first, ...rest] = usages.map(([, usage]) => usage);
  if (first === undefined) return undefined;
  const earliest = rest.reduce((found, each) => (each.atMs < found.atMs ? each : found), first);
  return { ...head('PodMetrics', pod, earliest, wallMs), containers: usages.map(([name, usage]) => ({ name, usage: usageText(usage) })) };
}

// ---------------------------------------------------------------- tables

const asTable = ({ headers }: HttpRequest): boolean => (headers['accept'] ?? '').includes('as=Table');

function tableOf(items: readonly Metrics[], request: HttpRequest): object {
  const include = new Map(request.query).get('includeObject') ?? 'Metadata';
  const column = (name: string, format: string, description = ''): object => ({ name, type: 'string', format, description, priority: 0 });
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: [column('Name', 'name', 'Name of the resource'), column('cpu', 'quantity'), column('memory', 'quantity'), column('Window', 'duration')],
    rows: items.map((each) => {
      const usage = each.usage ?? (each.containers ?? []).map((container) => container.usage).reduce<Readonly<Record<string, string>>>(addResources, {});
      const object = include === 'None' ? null : include === 'Object' ? each : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: each.metadata };
      return { cells: [(each.metadata as { readonly name: string }).name, usage['cpu'] ?? '0', usage['memory'] ?? '0', each.window], object };
    }),
  };
}
