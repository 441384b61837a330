// A very small API server for the tests of node programs: keeps objects, lists, watches, patches; no admission, no validation, no etcd.
import type { Host, Mailbox, Program } from '../../../kernel/host.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { serveHttp, type StreamReply } from '../../../wire/http-server.ts';
import type { TlsIdentity } from '../../../wire/tls.ts';
import type { Task } from '../../../kernel/task.ts';

type Json = { [key: string]: unknown };
type Stored = Json & { metadata: Json & { name: string; namespace?: string } };

export interface SmallApi {
  readonly program: Program;
  readonly objects: Map<string, Stored>;
  /** `VERB resource name` of every request but watches and events. */
  readonly requests: { atMs: number; verb: string; resource: string; name: string; user: string; body: unknown }[];
  /** From outside: as if a person had done it. */
  put(resource: string, object: Json): void;
  remove(resource: string, namespace: string, name: string, graceSeconds?: number): void;
}

const kinds: Record<string, string> = { pods: 'Pod', nodes: 'Node', services: 'Service', configmaps: 'ConfigMap', secrets: 'Secret', leases: 'Lease', endpointslices: 'EndpointSlice', namespaces: 'Namespace', events: 'Event' };

export function createSmallApi(tls?: TlsIdentity): SmallApi {
  const objects = new Map<string, Stored>();
  const requests: SmallApi['requests'] = [];
  const watchers = new Set<{ resource: string; matches: (object: Stored) => boolean; box: Mailbox<unknown>; seen: Set<string> }>();
  let revision = 100;
  let serial = 0;
  const keyOf = (resource: string, namespace: string, name: string): string => `${resource}/${namespace}/${name}`;
  const save = (resource: string, object: Json): Stored => {
    const meta = object['metadata'] as Stored['metadata'];
    const key = keyOf(resource, meta.namespace ?? '', meta.name);
    const stored: Stored = { ...object, metadata: { uid: `uid-${++serial}`, ...meta, resourceVersion: String(++revision) } };
    objects.set(key, stored);
    for (const watcher of watchers) {
      if (watcher.resource !== resource) continue;
      const was = watcher.seen.has(key);
      if (watcher.matches(stored)) {
        watcher.seen.add(key);
        watcher.box.put({ type: was ? 'MODIFIED' : 'ADDED', object: stored });
      } else if (was) watcher.box.put({ type: 'DELETED', object: stored });
    }
    return stored;
  };
  const drop = (resource: string, key: string): void => {
    const object = objects.get(key);
    if (object === undefined) return;
    objects.delete(key);
    const gone = { ...object, metadata: { ...object.metadata, resourceVersion: String(++revision) } };
    for (const watcher of watchers) if (watcher.resource === resource && watcher.seen.delete(key)) watcher.box.put({ type: 'DELETED', object: gone });
  };
  const refuse = (code: number, reason: string): HttpResponse => ({ status: code, headers: {}, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message: reason, code } });

  function handle(host: Host, request: HttpRequest): HttpResponse | StreamReply {
    const parts = request.path.split('/').filter((part) => part !== '');
    const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
    const namespace = rest[0] === 'namespaces' && rest.length > 2 ? (rest[1] ?? '') : '';
    const [resource = '', name = '', subresource = ''] = namespace === '' ? rest : rest.slice(2);
    const query = new Map(request.query);
    if (query.get('watch') !== 'true' && resource !== 'events') requests.push({ atMs: host.clock.nowMs(), verb: request.method, resource: subresource === '' ? resource : `${resource}/${subresource}`, name, user: request.headers['user-agent'] ?? '', body: request.body });
    const key = keyOf(resource, namespace, name);
    const selector = query.get('fieldSelector') ?? '';
    const matches = (object: Stored): boolean => {
      if (namespace !== '' && object.metadata.namespace !== namespace) return false;
      const [field, value] = selector.split('=');
      if (field === 'metadata.name') return object.metadata.name === value;
      if (field === 'spec.nodeName') return (object['spec'] as Json)['nodeName'] === value;
      return true;
    };
    if (request.method === 'GET' && name === '') {
      const all = [...objects].filter(([each, object]) => each.startsWith(`${resource}/`) && matches(object));
      if (query.get('watch') !== 'true') return { status: 200, headers: {}, body: { apiVersion: 'v1', kind: `${kinds[resource]}List`, metadata: { resourceVersion: String(revision) }, items: all.map(([, object]) => object) } };
      const watcher = { resource, matches, box: host.tasks.mailbox<unknown>(), seen: new Set(all.map(([each]) => each)) };
      watchers.add(watcher);
      return {
        response: { status: 200, headers: {} },
        *run(stream): Task<void> {
          try {
            while (stream.open) {
              const event = yield* watcher.box.take();
              stream.send(event);
            }
          } finally {
            watchers.delete(watcher);
          }
        },
      };
    }
    const existing = objects.get(key);
    if (request.method === 'GET') return existing === undefined ? refuse(404, 'NotFound') : { status: 200, headers: {}, body: existing };
    if (request.method === 'POST') {
      if (subresource === 'token') return { status: 201, headers: {}, body: { status: { token: `token-${name}`, expirationTimestamp: '2026-01-01T01:00:07Z' } } };
      const body = request.body as Stored;
      const made = keyOf(resource, namespace, body.metadata.name);
      if (objects.has(made)) return refuse(409, 'AlreadyExists');
      return { status: 201, headers: {}, body: save(resource, { ...body, apiVersion: body['apiVersion'] ?? 'v1', kind: kinds[resource] }) };
    }
    if (existing === undefined) return refuse(404, 'NotFound');
    if (request.method === 'PUT') return { status: 200, headers: {}, body: save(resource, { ...(request.body as Json) }) };
    if (request.method === 'PATCH') return { status: 200, headers: {}, body: save(resource, merge(existing, request.body as Json) as Json) };
    const grace = (request.body as { gracePeriodSeconds?: number } | undefined)?.gracePeriodSeconds;
    if (resource === 'pods' && grace !== 0) save(resource, { ...existing, metadata: { ...existing.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: grace ?? 30 } });
    else drop(resource, key);
    return { status: 200, headers: {}, body: existing };
  }

  const program: Program = {
    name: 'small-api',
    *main(host) {
      const answer = function* (request: HttpRequest): Task<HttpResponse | StreamReply> {
        return handle(host, request);
      };
      if (tls !== undefined) host.tasks.spawn('secure', serveHttp(host, host.network.listen(':6443'), answer, { tls }));
      yield* serveHttp(host, host.network.listen(':8080'), answer);
      return 0;
    },
  };
  return {
    program,
    objects,
    requests,
    put: (resource, object) => void save(resource, object),
    remove: (resource, namespace, name, graceSeconds = 30) => {
      const object = objects.get(keyOf(resource, namespace, name));
      if (object !== undefined) save(resource, { ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: graceSeconds } });
    },
  };
}

const mergeKeys: Record<string, string> = { conditions: 'type', podIPs: 'ip', hostIPs: 'ip', addresses: 'type' };

function merge(old: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Json = { ...(typeof old === 'object' && !Array.isArray(old) ? (old as Json) : {}) };
  for (const [key, value] of Object.entries(patch as Json)) {
    if (key.startsWith('$')) continue;
    const mergeKey = mergeKeys[key];
    if (value === null) delete result[key];
    else if (mergeKey !== undefined && Array.isArray(value)) {
      const list = [...((result[key] as Json[] | undefined) ?? [])];
      for (const entry of value as Json[]) {
        const at = list.findIndex((each) => each[mergeKey] === entry[mergeKey]);
        if (at < 0) list.push(merge({}, entry) as Json);
        else list[at] = merge(list[at], entry) as Json;
      }
      const order = (patch as Json)[`$setElementOrder/${key}`] as Json[] | undefined;
      result[key] = order === undefined ? list : order.map((each) => list.find((entry) => entry[mergeKey] === each[mergeKey])).filter((entry) => entry !== undefined);
    } else result[key] = merge(result[key], value);
  }
  return result;
}
