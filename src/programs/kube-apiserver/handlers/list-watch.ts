// Lists and watches, answered from the watch cache. A list without resource version first makes sure that the cache is as new as etcd.
import type { KindDeclaration } from '../../../api/contract.ts';
import type { ListMeta } from '../../../api/meta/object.ts';
import { decodeBase64Url, encodeBase64Url } from '../../../api/meta/base64.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { Host, Mailbox } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import type { HttpStream } from '../../../wire/http-client.ts';
import type { StreamReply } from '../../../wire/http-server.ts';
import type { ApiserverEvent } from '../events.ts';
import type { ApiRequest } from '../registry/request.ts';
import { fromStorageForm, prepareForms } from '../registry/rest-store.ts';
import type { ServedResource } from '../registry/resources.ts';
import { badRequest, expired, resourceVersionTooLarge, serverTimeout, unknownError } from '../status.ts';
import type { Collections } from '../storage/collections.ts';
import type { Storage } from '../storage/storage.ts';
import { deliver, type CacheChange, type StoredObject, type WatchCache, type Watcher } from '../storage/watch-cache.ts';
import type { WatchHub } from '../storage/watch-hub.ts';
import { metadataOf, negotiate, respond, shape, tableOf, type Form, type TableOptions } from './negotiate.ts';
import { readListOptions, type ListOptions } from './list-options.ts';
import { readSelection, type Selection } from './selection.ts';

/** `PodList`; definitions of custom resources may choose another name. */
export const listKindOf = ({ kind, custom }: KindDeclaration): string => custom?.listKind ?? `${kind}List`;

const freshTimeoutMs = 3000;
const minWatchSeconds = 1800;

export class ListWatch {
  private readonly host: Host;
  private readonly storage: Storage;
  private readonly collections: Collections;
  private readonly hub: WatchHub;
  private readonly bookmarked = new Set<() => void>();
  private bookmarkTask = false;

  constructor(parts: { host: Host; storage: Storage; collections: Collections; hub: WatchHub }) {
    this.host = parts.host;
    this.storage = parts.storage;
    this.collections = parts.collections;
    this.hub = parts.hub;
  }

  // ---------------------------------------------------------------- list

  *list(request: ApiRequest, resource: ServedResource): Task<HttpResponse> {
    const form = negotiate(request.http.headers['accept']);
    const options = readListOptions(request.info.query, false);
    const selection = readSelection(request.info, resource);
    const cache = this.collections.cache(resource.declaration.storagePrefix);
    const from = placeInPast(options);
    if (from !== undefined) return yield* this.listPast(request, resource, selection, form, options.limit, from);
    yield* this.makeFresh(cache, options.resourceVersion, resource);
    const { revision } = cache;
    const objects = yield* selectServed(cache, resource, selection);
    // Whoever takes what the cache has takes it whole.
    const limit = options.resourceVersion === '0' ? 0 : options.limit;
    yield* prepareForms(resource, limit > 0 ? objects.slice(0, limit) : objects, 'served');
    return this.page(request, resource, form, objects, revision, limit, selection);
  }

  /** Objects that are computed, not stored. */
  answerList(request: ApiRequest, resource: ServedResource, objects: readonly StoredObject[]): HttpResponse {
    return this.page(request, resource, negotiate(request.http.headers['accept']), objects, 0, 0);
  }
  answerOne(request: ApiRequest, resource: ServedResource, object: StoredObject): HttpResponse {
    const form = negotiate(request.http.headers['accept']);
    return respond(200, shape(resource, object, form, includeObjectOf(request), this.host.clock.wallMs()), form, request.warnings);
  }

  /** Selected objects of the cache, in key order, as new as asked for. Also used by deletecollection. */
  *collect(request: ApiRequest, resource: ServedResource): Task<readonly StoredObject[]> {
    readListOptions(request.info.query, false);
    const cache = this.collections.cache(resource.declaration.storagePrefix);
    yield* this.makeFresh(cache, '', resource);
    return yield* selectServed(cache, resource, readSelection(request.info, resource));
  }

  private *makeFresh(cache: WatchCache, wanted: string, resource: ServedResource): Task<void> {
    if (!cache.ready && !(yield* cache.waitReady(freshTimeoutMs))) {
      // The cache cannot be filled: say what etcd says.
      yield* this.storage.etcd.range({ key: cache.prefix, limit: 1, countOnly: true }, 10_000);
      if (!(yield* cache.waitReady(freshTimeoutMs))) throw serverTimeout(resource.declaration, 'list');
    }
    if (wanted === '0') return;
    const revision = wanted === '' ? yield* this.currentRevision(cache) : Number(wanted);
    if (cache.revision >= revision) return;
    // The member that is watched may be behind the one that answered: it is asked until it is there.
    for (let waitedMs = 0; waitedMs < freshTimeoutMs; waitedMs += 100) {
      this.hub.requestProgress();
      if (yield* cache.waitFresh(revision, 100)) return;
    }
    if (wanted !== '') throw resourceVersionTooLarge(revision, cache.revision);
    throw unknownError('etcdserver: request timed out');
  }

  private *currentRevision(cache: WatchCache): Task<number> {
    return (yield* this.storage.etcd.range({ key: cache.prefix, limit: 1, keysOnly: true })).header.revision;
  }

  /** A page of the past, read from etcd at its revision. */
  private *listPast(request: ApiRequest, resource: ServedResource, selection: Selection, form: Form, limit: number, from: { revision: number; after: string }): Task<HttpResponse> {
    const cache = this.collections.cache(resource.declaration.storagePrefix);
    const prefix = selection.namespace === '' ? cache.prefix : `${cache.prefix}${selection.namespace}/`;
    const start = from.after === '' ? prefix : `${cache.prefix}${from.after}\0`;
    let answer;
    try {
      answer = yield* this.storage.etcd.range({ key: start, rangeEnd: `${prefix.slice(0, -1)}0`, ...(from.revision === anyRevision ? {} : { revision: from.revision }) });
    } catch (error) {
      if (error instanceof Error && error.message.includes('compacted')) throw tooOld(from);
      if (error instanceof Error && error.message.includes('future revision')) throw resourceVersionTooLarge(from.revision, yield* this.currentRevision(cache));
      throw error;
    }
    const revision = from.revision === anyRevision ? answer.header.revision : from.revision;
    const objects = answer.kvs.map((kv): StoredObject => {
      const object = kv.value as StoredObject;
      return { ...object, metadata: { ...object.metadata, resourceVersion: String(kv.modRevision) } };
    });
    const { matches } = selection;
    const inPlace = objects.filter((object) => cache.selects({ ...selection, matches: undefined, fromRevision: 0, send: () => undefined, end: () => undefined }, object));
    const selected = matches === undefined ? inPlace : yield* matching(resource, inPlace, matches);
    yield* prepareForms(resource, limit > 0 ? selected.slice(0, limit) : selected, 'served');
    return this.page(request, resource, form, selected, revision, limit, selection);
  }

  private page(request: ApiRequest, resource: ServedResource, form: Form, objects: readonly StoredObject[], revision: number, limit: number, selection?: Selection): HttpResponse {
    let shown = objects;
    let metadata: ListMeta = revision === 0 ? {} : { resourceVersion: String(revision) };
    if (limit > 0 && objects.length > limit) {
      shown = objects.slice(0, limit);
      const last = shown.at(-1) as StoredObject;
      const after = resource.declaration.namespaced ? `${last.metadata.namespace ?? ''}/${last.metadata.name}` : last.metadata.name;
      // How many are left is said only of whole lists: etcd counts without selectors.
      const whole = selection === undefined || (selection.matches === undefined && selection.name === undefined && selection.node === undefined);
      metadata = { ...metadata, continue: writeToken(revision, after), ...(whole ? { remainingItemCount: objects.length - limit } : {}) };
    }
    const items = resource.fromStorage === undefined ? shown : shown.map((object) => fromStorageForm(resource, object));
    const { declaration, groupVersion } = resource;
    if (form.kind === 'table') return respond(200, tableOf(resource, items, metadata, { includeObject: includeObjectOf(request) }, this.host.clock.wallMs()), form, request.warnings);
    if (form.kind === 'metadata') return respond(200, { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(metadataOf) }, form, request.warnings);
    return respond(200, { kind: listKindOf(declaration), apiVersion: groupVersion, metadata, items }, form, request.warnings);
  }

  // ---------------------------------------------------------------- watch

  *watch(request: ApiRequest, resource: ServedResource): Task<StreamReply> {
    const form = negotiate(request.http.headers['accept']);
    const { resourceVersion, initial, bookmarks, timeoutSeconds } = readListOptions(request.info.query, true);
    const selected = readSelection(request.info, resource);
    const whole: Selection = request.info.name !== '' && selected.name === undefined ? { ...selected, name: request.info.name } : selected;
    // What a webhook converts is selected by what it is in this version: when it has been converted.
    const selection = resource.prepare === undefined ? whole : { ...whole, matches: undefined };
    const cache = this.collections.cache(resource.declaration.storagePrefix);
    if (!cache.ready && !(yield* cache.waitReady(freshTimeoutMs))) throw serverTimeout(resource.declaration, 'watch');
    if (initial === true) yield* this.makeFresh(cache, resourceVersion, resource);
    const wanted = resourceVersion === '' && initial === false ? yield* this.currentRevision(cache) : Number(resourceVersion);
    const timeoutMs = (timeoutSeconds > 0 ? timeoutSeconds : minWatchSeconds * (1 + this.host.random.next())) * 1000;
    const open: WatchOptions = { request, resource, cache, selection, matches: whole.matches, form, wanted: wanted === 0 ? cache.revision : wanted, initial: initial === true, bookmarks, timeoutMs };
    return { response: { status: 200, headers: { 'content-type': 'application/json;stream=watch' } }, run: (stream) => this.run(stream, open) };
  }

  private *run(stream: HttpStream, options: WatchOptions): Task<void> {
    const { cache, selection, resource, request } = options;
    const described = resource.groupVersion === 'v1' ? resource.declaration.resource : `${resource.declaration.resource}.${resource.declaration.group}`;
    const encode = this.encoder(options);
    const send = (type: string, object: unknown, cause: number): void => stream.send({ type, object, cause }, type);
    // Where a webhook converts, events wait for it, in order.
    const waiting = resource.prepare === undefined ? undefined : this.host.tasks.mailbox<CacheChange>();
    const watcher: Watcher = {
      ...selection,
      fromRevision: options.wanted,
      send: (type, object, change) => {
        if (waiting === undefined) stream.send({ type, object: encode(object), cause: change.cause }, `${type} ${object.metadata.name}`);
        else waiting.put(change, change.cause);
      },
      end: () => stream.close(),
    };
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.watch-opened', resource: described, user: request.user.name });
    if (options.initial) {
      const { revision } = cache;
      const objects = yield* selectServed(cache, resource, { ...selection, matches: options.matches });
      yield* prepareForms(resource, objects, 'served');
      for (const object of objects) send('ADDED', encode(object), 0);
      watcher.fromRevision = revision;
      // While a webhook was asked, more may have happened.
      for (const change of cache.since(revision) ?? []) if (cache.transition(watcher, change) !== undefined) waiting?.put(change, change.cause);
      watcher.fromRevision = cache.revision;
      if (options.bookmarks) send('BOOKMARK', this.bookmark(options, cache.revision, true), 0);
    } else {
      const missed = cache.since(options.wanted);
      if (missed === undefined) {
        const status = expired(`too old resource version: ${options.wanted} (${cache.oldestRevision})`).status;
        send('ERROR', status, 0);
        return;
      }
      for (const change of missed) {
        const type = cache.transition(watcher, change);
        if (type === undefined) continue;
        if (change.cause !== 0) this.host.trace.follow(change.cause);
        deliver(watcher, type, change);
      }
      watcher.fromRevision = Math.max(options.wanted, cache.revision);
    }
    const converting = waiting === undefined ? undefined : this.host.tasks.spawn('watch conversion', this.convertEvents(stream, options, waiting, encode));
    const remove = cache.addWatcher(watcher);
    const bookmark = (): void => {
      if (cache.revision > watcher.fromRevision) send('BOOKMARK', this.bookmark(options, cache.revision, false), 0);
    };
    if (options.bookmarks) this.keepBookmarking(bookmark);
    try {
      yield* stream.receive(options.timeoutMs);
    } finally {
      remove();
      converting?.cancel();
      this.bookmarked.delete(bookmark);
      this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.watch-closed', resource: described, user: request.user.name });
    }
  }

  private *convertEvents(stream: HttpStream, options: WatchOptions, waiting: Mailbox<CacheChange>, encode: (object: StoredObject) => unknown): Task<void> {
    const { resource, cache, selection, matches } = options;
    for (;;) {
      const change = yield* waiting.take();
      if (change === undefined) return;
      let next: { readonly type: CacheChange['type']; readonly object: StoredObject; readonly cause: number } | undefined;
      try {
        const seen = change.previous === undefined ? [change.object] : [change.previous, change.object];
        yield* prepareForms(resource, seen, 'served');
        const watcher: Watcher = { ...selection, matches, fromRevision: 0, send: (type, object, { cause }) => void (next = { type, object, cause }), end: () => undefined };
        const type = cache.transition(watcher, change);
        if (type !== undefined) deliver(watcher, type, change);
        if (next === undefined) continue;
        yield* prepareForms(resource, [next.object], 'served');
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // The real server ends a watch whose objects it cannot convert; the client lists again, and is told then.
        stream.send({ type: 'ERROR', object: error.status, cause: change.cause }, 'ERROR');
        return stream.close();
      }
      stream.send({ type: next.type, object: encode(next.object), cause: next.cause }, `${next.type} ${next.object.metadata.name}`);
    }
  }

  private encoder(options: WatchOptions): (object: StoredObject) => unknown {
    const { resource, form, request } = options;
    const include = includeObjectOf(request);
    if (form.kind === 'plain') return resource.fromStorage === undefined ? (object) => object : (object) => fromStorageForm(resource, object);
    if (form.kind === 'metadata') return metadataOf;
    let first = true;
    return (object) => {
      const { resourceVersion } = object.metadata;
      const table = tableOf(resource, [fromStorageForm(resource, object)], resourceVersion === undefined ? {} : { resourceVersion }, { includeObject: include }, this.host.clock.wallMs(), first);
      first = false;
      return table;
    };
  }

  private bookmark(options: WatchOptions, revision: number, endsInitial: boolean): unknown {
    const { declaration, groupVersion } = options.resource;
    const metadata = { resourceVersion: String(revision), ...(endsInitial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) };
    if (options.form.kind === 'table') return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: String(revision) }, columnDefinitions: null, rows: [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } }] };
    if (options.form.kind === 'metadata') return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
    return { kind: declaration.kind, apiVersion: groupVersion, metadata };
  }

  /** About once a minute every watch that asked for it learns how far the collection is. */
  private keepBookmarking(bookmark: () => void): void {
    this.bookmarked.add(bookmark);
    if (this.bookmarkTask) return;
    this.bookmarkTask = true;
    this.host.tasks.spawn('bookmarks', this.runBookmarks());
  }

  private *runBookmarks(): Task<void> {
    for (;;) {
      yield* this.host.clock.sleep(60_000 * (0.95 + 0.1 * this.host.random.next()));
      this.hub.requestProgress();
      yield* this.host.clock.sleep(100);
      for (const bookmark of this.bookmarked) bookmark();
    }
  }
}

interface WatchOptions {
  readonly request: ApiRequest;
  readonly resource: ServedResource;
  readonly cache: WatchCache;
  readonly selection: Selection;
  /** Of the selection, also where it has to wait for a conversion. */
  readonly matches: Selection['matches'];
  readonly form: Form;
  readonly wanted: number;
  readonly initial: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** Selected by what the objects are in the version that is asked for. */
function* selectServed(cache: WatchCache, resource: ServedResource, selection: Selection): Task<readonly StoredObject[]> {
  const { matches } = selection;
  if (resource.prepare === undefined || matches === undefined) return select(cache, selection);
  return yield* matching(resource, select(cache, { ...selection, matches: undefined }), matches);
}

function* matching(resource: ServedResource, objects: readonly StoredObject[], matches: (object: StoredObject) => boolean): Task<readonly StoredObject[]> {
  yield* prepareForms(resource, objects, 'served');
  return objects.filter(matches);
}

function select(cache: WatchCache, selection: Selection): readonly StoredObject[] {
  const { namespace, name, node, matches } = selection;
  if (name !== undefined && namespace !== '') {
    const one = cache.get(`${cache.prefix}${namespace}/${name}`);
    return one !== undefined && (matches === undefined || matches(one)) ? [one] : [];
  }
  let objects: readonly StoredObject[] = node !== undefined ? [...cache.onNode(node)].sort(byKey) : cache.list(namespace);
  if (node !== undefined && namespace !== '') objects = objects.filter((object) => object.metadata.namespace === namespace);
  if (name !== undefined) objects = objects.filter((object) => object.metadata.name === name);
  return matches === undefined ? objects : objects.filter(matches);
}

function byKey(a: StoredObject, b: StoredObject): number {
  const x = `${a.metadata.namespace ?? ''}/${a.metadata.name}`;
  const y = `${b.metadata.namespace ?? ''}/${b.metadata.name}`;
  return x < y ? -1 : x > y ? 1 : 0;
}

export function includeObjectOf(request: ApiRequest): TableOptions['includeObject'] {
  const value = request.info.query.get('includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}

/** Where in the past a list begins that asks for a page or an exact revision; undefined for one of now. */
function placeInPast({ token, match, resourceVersion, limit }: ListOptions): { readonly revision: number; readonly after: string } | undefined {
  if (token !== '') return readToken(token);
  const exact = match === 'Exact' || (match === '' && limit > 0);
  return exact && resourceVersion !== '' && resourceVersion !== '0' ? { revision: Number(resourceVersion), after: '' } : undefined;
}

/** In a token: the rest of the list as it is, whatever it was. */
const anyRevision = -1;

/** A token whose revision etcd has forgotten: refused, with another one that goes on at the same place in the list of now. */
function tooOld({ after }: { readonly after: string }): ApiError {
  if (after === '') return expired('The resourceVersion for the provided list is too old.');
  const { status } = expired('The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.');
  return new ApiError({ ...status, metadata: { continue: writeToken(anyRevision, after) } });
}

const writeToken = (revision: number, after: string): string => encodeBase64Url(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\0` }));

function readToken(token: string): { revision: number; after: string } {
  const bytes = decodeBase64Url(token);
  if (bytes === undefined) throw badToken(': illegal base64 data');
  let parsed: { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown };
  try {
    parsed = JSON.parse(bytes) as typeof parsed;
  } catch {
    throw badToken(': no JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw badToken(': no JSON object');
  const { v, rv, start } = parsed;
  if (v !== 'meta.k8s.io/v1') throw badToken(`: server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`);
  if (!Number.isInteger(rv) || rv === 0) throw badToken(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') throw badToken(': encoded start key empty (version meta.k8s.io/v1)');
  if (/(^|\/)(\.{1,2}(\/|$)|\/)/.test(start)) throw badToken(`: ${start}`);
  return { revision: Number(rv), after: start.replace(/\0$/, '') };
}

const badToken = (why: string): ApiError => badRequest(`invalid continue token: continue key is not valid${why}`);
