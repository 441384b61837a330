// The judge's own client: it writes, reads and watches through the API servers all the time and tells what it asked and what it was answered.
// It judges little itself: the checkers hold its story against what etcd agreed upon.
import type { ApiObject } from '../api/meta/object.ts';
import { ApiError, isAlreadyExists, isApiError, isConflict, isNotFound } from '../client/api-error.ts';
import type { ApiClient, WatchEvent } from '../client/contract.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import { createApiClient, resourcePath } from '../client/rest-client.ts';
import type { Host, Program } from '../kernel/host.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Task } from '../kernel/task.ts';
import type { RegisterAnswer, RegisterCall } from './checkers/linearizability.ts';

export interface CheckerClientOptions {
  /** `https://ip:port` of each API server; '' is what the kubeconfig says. Workers and watchers are spread over them. */
  readonly servers: readonly string[];
  readonly workers: number;
  readonly watchers: number;
  /** Longest pause of a worker between two operations. */
  readonly paceMs: number;
  /** World time until which they write. */
  readonly untilMs: number;
  /** A Deployment whose scale is changed now and then. */
  readonly deployment?: string;
}

export type CheckerClientEvent =
  | { readonly type: 'checker.violation'; readonly text: string }
  /** One operation on the ConfigMap `register-<key>` begins. */
  | { readonly type: 'checker.called'; readonly id: number; readonly key: string; readonly call: RegisterCall }
  /** ... and ends. Without `answer` it was refused before it could do anything. `revision` of the object that was answered, `atRevision` of the list it was in. */
  | { readonly type: 'checker.answered'; readonly id: number; readonly key: string; readonly answer?: RegisterAnswer; readonly value?: string; readonly revision?: number; readonly atRevision?: number }
  | { readonly type: 'checker.operation'; readonly operation: string; readonly outcome: 'ok' | 'refused' | 'unknown' }
  /** What a watcher of the ConfigMaps of `default` was told: a list at a revision (from which it goes on), a change, a bookmark. */
  | { readonly type: 'checker.watched'; readonly watcher: string; readonly what: 'listed' | 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly revision: number; readonly name: string };

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
const namespace = 'default';
const keys = ['alpha', 'beta', 'gamma'] as const;
const timeoutMs = 8000;
const fenceName = 'checker-fence';
const fenceLimitMs = 180_000;

interface Register extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
}

interface Shared {
  readonly options: CheckerClientOptions;
  /** Acknowledged creations. */
  readonly created: Set<string>;
  /** Values are unique, and so are operations. */
  lastOperation: number;
  /** Revision of the last write of all; 0 while there is none. */
  fence: number;
  /** Watchers that have come so far. */
  readonly arrived: Set<string>;
}

/** Args: CheckerClientOptions as JSON. Afterwards the acknowledged creations are looked for, and every watcher must hear of the last write; exit code 1 says that something is gone. */
export const checkerClient: Program = {
  name: 'checker-client',
  *main(host, args) {
    const options = JSON.parse(args[0] ?? '{}') as CheckerClientOptions;
    const shared: Shared = { options, created: new Set(), lastOperation: 0, fence: 0, arrived: new Set() };
    const running = [];
    for (let n = 0; n < options.workers; n++) running.push(host.tasks.spawn(`worker ${n}`, new Worker(host, shared, n).work()));
    for (let n = 0; n < options.watchers; n++) host.tasks.spawn(`watcher ${n}`, watch(host, shared, n));
    if (options.deployment !== undefined) running.push(host.tasks.spawn('scaler', scale(host, shared, options.deployment)));
    for (const each of running) yield* each.join();
    const lost = yield* lookForAll(host, shared);
    yield* drawFence(host, shared);
    return lost;
  },
};

function connect(host: Host, server: string): ApiClient {
  const config = loadKubeconfig(host, '/root/.kube/config');
  return createApiClient(host, { server: server === '' ? config.server : server, tls: config.tls, userAgent: 'checker-client', keepAlive: { idleMs: 5000, timeoutMs: 5000 } });
}

function serverOf(shared: Shared, number: number): string {
  const { servers } = shared.options;
  return servers[number % servers.length] ?? '';
}

function isExpected(error: unknown): error is ApiError | NetworkError {
  return isApiError(error) || error instanceof NetworkError;
}

class Worker {
  private readonly host: Host;
  private readonly shared: Shared;
  private readonly number: number;
  private readonly api: ApiClient;
  /** The objects as this worker saw them last: what its updates are based on, fresh or stale. */
  private readonly seen = new Map<string, Register>();

  constructor(host: Host, shared: Shared, number: number) {
    this.host = host;
    this.shared = shared;
    this.number = number;
    this.api = connect(host, serverOf(shared, number));
  }

  *work(): Task<void> {
    const { host, shared } = this;
    while (host.clock.nowMs() < shared.options.untilMs) {
      yield* host.clock.sleep(20 + host.random.below(shared.options.paceMs));
      const key = keys[host.random.below(keys.length)] as string;
      const dice = host.random.next();
      if (dice < 0.15) yield* this.createOne();
      else if (dice < 0.4) yield* this.read(key);
      else if (dice < 0.5) yield* this.list();
      else if (dice < 0.62) yield* this.set(key);
      else if (dice < 0.66) yield* this.delete(key);
      else yield* this.swap(key);
    }
  }

  private value(): string {
    return `${this.number}.${this.shared.lastOperation + 1}`;
  }

  private call(key: string, call: RegisterCall): number {
    const id = ++this.shared.lastOperation;
    this.host.trace.emit<CheckerClientEvent>({ type: 'checker.called', id, key, call });
    return id;
  }

  private answer(id: number, key: string, operation: string, answer: RegisterAnswer | undefined, object?: Register, atRevision?: number): void {
    const { trace } = this.host;
    const value = object?.data?.['value'];
    trace.emit<CheckerClientEvent>({
      type: 'checker.answered', id, key, ...(answer === undefined ? {} : { answer }), ...(value === undefined ? {} : { value }), ...(object === undefined ? {} : { revision: revisionOf(object) }), ...(atRevision === undefined ? {} : { atRevision }),
    });
    this.count(operation, answer);
    if (object !== undefined) this.seen.set(key, object);
  }

  private count(operation: string, answer: RegisterAnswer | undefined): void {
    const outcome = answer === 'unknown' ? 'unknown' : answer === undefined || 'refused' in answer ? 'refused' : 'ok';
    this.host.trace.emit<CheckerClientEvent>({ type: 'checker.operation', operation, outcome });
  }

  /** Something new under a name of its own: it must be there at the end. */
  private *createOne(): Task<void> {
    const name = `created-${this.number}-${++this.shared.lastOperation}`;
    try {
      yield* this.api.create<Register>(configMaps, namespace, registerOf(name, 'x'), { timeoutMs });
      this.shared.created.add(name);
      this.count('create', { done: true });
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.count('create', refusalOf(error));
    }
  }

  private *read(key: string): Task<void> {
    const id = this.call(key, { op: 'read' });
    try {
      const object = yield* this.api.get<Register>(configMaps, namespace, `register-${key}`, { timeoutMs });
      this.answer(id, key, 'read', { value: object.data?.['value'] ?? '' }, object);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.answer(id, key, 'read', isNotFound(error) ? { value: null } : refusalOf(error));
    }
  }

  /** A consistent list is a read of each of them. */
  private *list(): Task<void> {
    const ids = keys.map((key) => this.call(key, { op: 'read' }));
    try {
      const { items, metadata } = yield* this.api.list<Register>(configMaps, namespace, { timeoutMs });
      const atRevision = Number(metadata.resourceVersion);
      keys.forEach((key, n) => {
        const object = items.find((each) => each.metadata.name === `register-${key}`);
        this.answer(ids[n] as number, key, 'list', { value: object === undefined ? null : (object.data?.['value'] ?? '') }, object, atRevision);
      });
    } catch (error) {
      if (!isExpected(error)) throw error;
      keys.forEach((key, n) => this.answer(ids[n] as number, key, 'list', refusalOf(error)));
    }
  }

  private *set(key: string): Task<void> {
    const value = this.value();
    const id = this.call(key, { op: 'set', value });
    try {
      const object = yield* this.api.patch<Register>(configMaps, namespace, `register-${key}`, 'application/merge-patch+json', { data: { value } }, { timeoutMs });
      this.answer(id, key, 'patch', { done: true }, object);
    } catch (error) {
      if (!isExpected(error)) throw error;
      // The server gave up on a patch that others were always faster than: nothing was written.
      this.answer(id, key, 'patch', isConflict(error) ? undefined : refusalOf(error));
    }
  }

  private *delete(key: string): Task<void> {
    const known = this.seen.get(key);
    if (known === undefined) return;
    const id = this.call(key, { op: 'delete', expect: known.data?.['value'] ?? '' });
    try {
      yield* this.api.delete(configMaps, namespace, `register-${key}`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { resourceVersion: known.metadata.resourceVersion } }, { timeoutMs });
      this.answer(id, key, 'delete', { done: true });
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.answer(id, key, 'delete', refusalOf(error));
    }
    this.seen.delete(key);
  }

  /** Creates it when it is not known, else updates what was seen last. */
  private *swap(key: string): Task<void> {
    const known = this.seen.get(key);
    const value = this.value();
    const name = `register-${key}`;
    const id = this.call(key, known === undefined ? { op: 'create', value } : { op: 'swap', expect: known.data?.['value'] ?? '', value });
    const operation = known === undefined ? 'create-register' : 'update';
    try {
      const object = known === undefined ? yield* this.api.create<Register>(configMaps, namespace, registerOf(name, value), { timeoutMs }) : yield* this.api.update<Register>(configMaps, namespace, { ...known, data: { value } }, { timeoutMs });
      this.answer(id, key, operation, { done: true }, object);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.answer(id, key, operation, refusalOf(error));
      // Whoever was refused looks again; whoever does not know goes on with what it has, as a careless client does.
      if (isNotFound(error)) this.seen.delete(key);
      else if (isApiError(error) && error.code === 409) yield* this.read(key);
    }
  }
}

function registerOf(name: string, value: string): Register {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { value } };
}

/** undefined: refused before anything could happen. */
function refusalOf(error: ApiError | NetworkError): RegisterAnswer | undefined {
  if (isAlreadyExists(error)) return { refused: 'exists' };
  if (isConflict(error)) return { refused: 'conflict' };
  if (isNotFound(error)) return { refused: 'absent' };
  return isApiError(error) && error.code < 500 && error.code !== 408 ? undefined : 'unknown';
}

function revisionOf(object: ApiObject): number {
  return Number(object.metadata.resourceVersion ?? '0');
}

/** Changes the wanted number of replicas now and then, so that controllers have work. */
function* scale(host: Host, shared: Shared, name: string): Task<void> {
  const api = connect(host, '');
  while (host.clock.nowMs() < shared.options.untilMs) {
    yield* host.clock.sleep(2000 + host.random.below(15_000));
    try {
      yield* api.patch(deployments, namespace, name, 'application/merge-patch+json', { spec: { replicas: 1 + host.random.below(6) } }, { timeoutMs });
      host.trace.emit<CheckerClientEvent>({ type: 'checker.operation', operation: 'scale', outcome: 'ok' });
    } catch (error) {
      if (!isExpected(error)) throw error;
      host.trace.emit<CheckerClientEvent>({ type: 'checker.operation', operation: 'scale', outcome: isApiError(error) && error.code < 500 ? 'refused' : 'unknown' });
    }
  }
}

// ---------------------------------------------------------------- watching

/** Lists once, then watches on from the last revision it was told of, through every break; lists again only when that is gone. */
function* watch(host: Host, shared: Shared, number: number): Task<void> {
  const api = connect(host, serverOf(shared, number));
  const watcher = `${number} at ${serverOf(shared, number) || 'the load balancer'}`;
  const tell = (what: Extract<CheckerClientEvent, { type: 'checker.watched' }>['what'], revision: number, name: string): void => {
    host.trace.emit<CheckerClientEvent>({ type: 'checker.watched', watcher, what, revision, name });
    if (shared.fence > 0 && revision >= shared.fence) shared.arrived.add(watcher);
  };
  let revision = 0;
  // A list from the cache as it happens to be may be older than what was seen: only the first may be one.
  let mayBeStale = host.random.next() < 0.5;
  for (;;) {
    try {
      if (revision === 0) {
        const list = yield* api.list(configMaps, namespace, { timeoutMs, ...(mayBeStale ? { query: { resourceVersion: '0' } } : {}) });
        mayBeStale = false;
        revision = Number(list.metadata.resourceVersion);
        tell('listed', revision, '');
      }
      const stream = yield* api.stream('GET', resourcePath(configMaps, namespace), { query: { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: String(revision), timeoutSeconds: String(20 + host.random.below(60)) } });
      for (;;) {
        const event = (yield* stream.receive()) as WatchEvent | undefined;
        if (event === undefined) break;
        if (event.type === 'ERROR') {
          stream.close();
          throw new ApiError(event.object as never);
        }
        revision = revisionOf(event.object);
        tell(event.type, revision, event.object.metadata.name);
      }
    } catch (error) {
      if (!isExpected(error)) throw error;
      if (isApiError(error) && error.code === 410) revision = 0;
    }
    yield* host.clock.sleep(100 + host.random.below(900));
  }
}

/** A last write that all watchers must hear of. */
function* drawFence(host: Host, shared: Shared): Task<void> {
  const api = connect(host, '');
  const limitMs = host.clock.nowMs() + fenceLimitMs;
  /** It is there already: an answer was lost. */
  let asked = false;
  while (shared.fence === 0) {
    try {
      shared.fence = revisionOf(asked ? yield* api.get(configMaps, namespace, fenceName, { timeoutMs }) : yield* api.create<Register>(configMaps, namespace, registerOf(fenceName, 'x'), { timeoutMs }));
    } catch (error) {
      if (!isExpected(error)) throw error;
      asked = isAlreadyExists(error);
      if (host.clock.nowMs() > limitMs) return violate(host, 'nothing can be written any more');
      yield* host.clock.sleep(1000);
    }
  }
  while (shared.arrived.size < shared.options.watchers && host.clock.nowMs() < limitMs) yield* host.clock.sleep(500);
  if (shared.arrived.size < shared.options.watchers) violate(host, `of ${shared.options.watchers} watchers only these heard of the last write (revision ${shared.fence}): ${[...shared.arrived].join(', ') || 'none'}`);
}

function violate(host: Host, text: string): void {
  host.trace.emit<CheckerClientEvent>({ type: 'checker.violation', text });
}

/** After the faults: everything that was acknowledged is there. */
function* lookForAll(host: Host, shared: Shared): Task<number> {
  const api = connect(host, '');
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      const list = yield* api.list(configMaps, namespace, { timeoutMs: 10_000 });
      const there = new Set(list.items.map((each) => each.metadata.name));
      const lost = [...shared.created].filter((name) => !there.has(name));
      if (lost.length > 0) violate(host, `acknowledged and lost: ${lost.join(', ')}`);
      return lost.length > 0 ? 1 : 0;
    } catch (error) {
      if (!isExpected(error)) throw error;
      yield* host.clock.sleep(2000);
    }
  }
  violate(host, 'the API did not come back');
  return 1;
}
