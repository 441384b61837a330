// The judge's own client: it writes and reads through the API all the time, remembers what was acknowledged, and finds contradictions.
// etcd's revisions order all writes, so a history is linearisable exactly when nobody reads older than what was acknowledged before they asked.
import { isAlreadyExists, isApiError, isConflict, isNotFound } from '../client/api-error.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import { createApiClient } from '../client/rest-client.ts';
import type { ApiClient } from '../client/contract.ts';
import type { ApiObject } from '../api/meta/object.ts';
import type { Host, Program } from '../kernel/host.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Task } from '../kernel/task.ts';

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
const keys = ['alpha', 'beta', 'gamma'];

interface Register extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
}

export type CheckerClientEvent =
  | { readonly type: 'checker.violation'; readonly text: string }
  | { readonly type: 'checker.operation'; readonly operation: 'create' | 'update' | 'read'; readonly outcome: 'ok' | 'refused' | 'unknown' };

interface Shared {
  /** Greatest revision of a key that anybody was told of (by an acknowledged write or a read). */
  readonly known: Map<string, number>;
  /** Acknowledged creations. */
  readonly created: Set<string>;
  /** Values by revision: one revision has one value. */
  readonly values: Map<string, string>;
}

/** Args: number of workers, and until when (ms) they write. Afterwards the acknowledged creations are looked for, and exit code 1 says some are gone. */
export const checkerClient: Program = {
  name: 'checker-client',
  *main(host, args) {
    const workers = Number(args[0] ?? '3');
    const untilMs = Number(args[1] ?? '60000');
    const shared: Shared = { known: new Map(), created: new Set(), values: new Map() };
    const running = [];
    for (let n = 0; n < workers; n++) running.push(host.tasks.spawn(`worker ${n}`, work(host, n, untilMs, shared)));
    for (const each of running) yield* each.join();
    host.trace.expose('summary', () => ({ created: shared.created.size, revisions: shared.values.size }));
    return yield* lookForAll(host, shared);
  },
};

function connect(host: Host): ReturnType<typeof createApiClient> {
  const config = loadKubeconfig(host, '/root/.kube/config');
  return createApiClient(host, { server: config.server, tls: config.tls, userAgent: 'checker-client' });
}

function* work(host: Host, number: number, untilMs: number, shared: Shared): Task<void> {
  const api = connect(host);
  for (let n = 0; host.clock.nowMs() < untilMs; n++) {
    yield* host.clock.sleep(100 + host.random.below(1500));
    const key = keys[host.random.below(keys.length)] as string;
    const dice = host.random.next();
    const operation = dice < 0.25 ? 'create' : dice < 0.6 ? 'update' : 'read';
    let outcome: 'ok' | 'refused' | 'unknown';
    try {
      if (operation === 'create') yield* create(api, `w${number}-${n}`, shared);
      else if (operation === 'update') yield* update(host, api, key, `${number}.${n}`, shared);
      else yield* readRegister(host, api, key, shared);
      outcome = 'ok';
    } catch (error) {
      if (isApiError(error)) outcome = error.code >= 500 ? 'unknown' : 'refused';
      else if (error instanceof NetworkError) outcome = 'unknown';
      else throw error;
    }
    host.trace.emit<CheckerClientEvent>({ type: 'checker.operation', operation, outcome });
  }
}

const timeoutMs = 8000;

function* create(api: ApiClient, name: string, shared: Shared): Task<void> {
  const object: Register = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `created-${name}`, namespace: 'default' }, data: { by: name } };
  yield* api.create(configMaps, 'default', object, { timeoutMs });
  shared.created.add(object.metadata.name);
}

/** Compare-and-swap on one register. */
function* update(host: Host, api: ApiClient, key: string, value: string, shared: Shared): Task<void> {
  const name = `register-${key}`;
  const floor = shared.known.get(key) ?? 0;
  let current: Register;
  try {
    current = yield* api.get<Register>(configMaps, 'default', name, { timeoutMs });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (floor > 0) violate(host, `${name} was at revision ${floor} and is gone`);
    try {
      const made = yield* api.create<Register>(configMaps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } }, { timeoutMs });
      observe(host, shared, key, made, 0);
    } catch (failure) {
      if (!isAlreadyExists(failure)) throw failure;
    }
    return;
  }
  observe(host, shared, key, current, floor);
  try {
    const written = yield* api.update<Register>(configMaps, 'default', { ...current, data: { value } }, { timeoutMs });
    observe(host, shared, key, written, revisionOf(current) + 1);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

function* readRegister(host: Host, api: ApiClient, key: string, shared: Shared): Task<void> {
  const floor = shared.known.get(key) ?? 0;
  try {
    observe(host, shared, key, yield* api.get<Register>(configMaps, 'default', `register-${key}`, { timeoutMs }), floor);
  } catch (error) {
    if (isNotFound(error) && floor > 0) violate(host, `register-${key} was at revision ${floor} and is gone`);
    throw error;
  }
}

function revisionOf(object: ApiObject): number {
  return Number(object.metadata.resourceVersion ?? '0');
}

function observe(host: Host, shared: Shared, key: string, object: Register, floor: number): void {
  const revision = revisionOf(object);
  if (revision < floor) violate(host, `register-${key} was read at revision ${revision} after ${floor} had been acknowledged`);
  const at = `${key}@${revision}`;
  const value = object.data?.['value'] ?? '';
  const before = shared.values.get(at);
  if (before !== undefined && before !== value) violate(host, `${at} is "${before}" and "${value}"`);
  shared.values.set(at, value);
  if (revision > (shared.known.get(key) ?? 0)) shared.known.set(key, revision);
}

function violate(host: Host, text: string): void {
  host.trace.emit<CheckerClientEvent>({ type: 'checker.violation', text });
}

/** After the faults: everything that was acknowledged is there. */
function* lookForAll(host: Host, shared: Shared): Task<number> {
  const api = connect(host);
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      const list = yield* api.list(configMaps, 'default', { timeoutMs: 10_000 });
      const there = new Set(list.items.map((each) => each.metadata.name));
      const lost = [...shared.created].filter((name) => !there.has(name));
      if (lost.length > 0) violate(host, `acknowledged and lost: ${lost.join(', ')}`);
      return lost.length > 0 ? 1 : 0;
    } catch (error) {
      if (!(error instanceof NetworkError) && !isApiError(error)) throw error;
      yield* host.clock.sleep(2000);
    }
  }
  violate(host, 'the API did not come back');
  return 1;
}
