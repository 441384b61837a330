// The last stage: carries out an allowed request on a resource, by verb and subresource.
import { ApiError } from '../../../client/api-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import type { StreamReply } from '../../../wire/http-server.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { resetFieldsOf, trackUpdate } from '../../../api/meta/patch/managed-fields.ts';
import { specOf } from '../admission/plugin.ts';
import { patchSchemaOf } from '../api-room.ts';
import type { ApiRequest } from '../registry/request.ts';
import { sameValue, withMeta } from '../registry/request.ts';
import type { ResourceTable, ServedResource } from '../registry/resources.ts';
import { invalidObject, type RestStore, type Target } from '../registry/rest-store.ts';
import { badRequest, definitionTerminating, methodNotAllowed, resourceNotFound } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { decodeBody, decodeValue, readBody } from './decode.ts';
import { readDeleteOptions } from './delete-options.ts';
import type { ListWatch } from './list-watch.ts';
import { includeObjectOf, listKindOf } from './list-watch.ts';
import { negotiate, respond, shape } from './negotiate.ts';
import { readPatch, type Patch } from './patch.ts';
import { scaleOf, withScale, withScaleOwners } from './scale.ts';
import { withWriteOptions } from './write-options.ts';

const plainStatusUpdate = (next: StoredObject, existing: StoredObject): StoredObject => ({ ...existing, ...(next['status'] === undefined ? {} : { status: next['status'] }), metadata: { ...existing.metadata, ...(next.metadata.managedFields === undefined ? {} : { managedFields: next.metadata.managedFields }) } });

/** Written so often, by the system itself, that nobody's field ownership is kept. */
const untracked = new Set(['pods', 'nodes', 'leases', 'events', 'endpointslices', 'endpoints', 'ipaddresses', 'resourceclaims']);

/** What only some kinds of a server have: answers that are not the registry's. */
export interface OwnAnswers {
  /** Instead of what follows; undefined: none of its business. */
  answer(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> | undefined;
  /** Of a subresource that is neither status nor scale. */
  subresource(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply>;
  /** Of kinds that go in several steps; undefined: like all others. */
  delete(request: ApiRequest, target: Target): Task<unknown> | undefined;
}

export class ApiHandler {
  private readonly host: Host;
  private readonly table: ResourceTable;
  private readonly store: RestStore;
  private readonly listWatch: ListWatch;
  private own: OwnAnswers | undefined;

  constructor(parts: { host: Host; table: ResourceTable; store: RestStore; listWatch: ListWatch }) {
    this.host = parts.host;
    this.table = parts.table;
    this.store = parts.store;
    this.listWatch = parts.listWatch;
  }

  /** They need this handler in their turn. */
  add(own: OwnAnswers): void {
    this.own = own;
  }

  *handle(given: ApiRequest): Task<HttpResponse | StreamReply> {
    const { info } = given;
    const resource = this.table.find(info.group, info.version, info.resource);
    // No handler has such a path: not even a Status is said.
    if (resource === undefined) return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' };
    if (resource.declaration.custom?.deprecation !== undefined) given.warnings.push(resource.declaration.custom.deprecation);
    const request = withWriteOptions(given);
    const { declaration } = resource;
    const target: Target = { resource, namespace: declaration.namespaced ? info.namespace : '', name: info.name, subresource: info.subresource };
    const own = this.own?.answer(request, target);
    if (own !== undefined) return yield* own;
    if (!declaration.namespaced && info.namespace !== '' && info.resource !== 'namespaces') throw resourceNotFound();
    if (info.subresource !== '') {
      if (!declaration.subresources.includes(info.subresource)) throw resourceNotFound();
      return yield* this.handleSubresource(request, target);
    }
    if (!declaration.verbs.includes(info.verb)) throw methodNotAllowed();
    // A collection is posted to, its members are put and patched.
    if (info.verb === 'create' ? info.name !== '' : info.name === '' && (info.verb === 'update' || info.verb === 'patch')) throw methodNotAllowed();
    if (resource.terminating === true && (info.verb === 'create' || info.verb === 'deletecollection')) throw definitionTerminating(declaration, info.verb);
    const form = negotiate(request.http.headers['accept']);
    const finish = (status: number, object: StoredObject): HttpResponse => respond(status, shape(resource, object, form, includeObjectOf(request), this.host.clock.wallMs()), form, request.warnings);
    switch (info.verb) {
      case 'get':
        return finish(200, yield* this.store.get(target, info.query.get('resourceVersion') ?? ''));
      case 'list':
        return yield* this.listWatch.list(request, resource);
      case 'watch':
        return yield* this.listWatch.watch(request, resource);
      case 'create': {
        if (declaration.namespaced && info.namespace === '') throw methodNotAllowed();
        const object = this.checkPlace(decodeBody(request, resource), target, '');
        return finish(201, yield* this.store.create(request, target, this.track(request, resource, undefined, object)));
      }
      case 'update': {
        const object = this.checkPlace(decodeBody(request, resource), target, target.name);
        const { object: stored, created } = yield* this.store.update(request, target, (existing) => this.track(request, resource, existing, object), {
          prepare: 'main',
          createWhenMissing: this.store.allowsCreateOnUpdate(target) ? () => this.track(request, resource, undefined, withoutVersion(object)) : undefined,
        });
        return finish(created ? 201 : 200, stored);
      }
      case 'patch': {
        const patch = readPatch(request, resource, this.host.clock.wallMs());
        const { object: stored, created } = yield* this.store.update(
          request,
          target,
          (existing) => {
            const changed = this.checkPlace(patch.change(existing), target, target.name);
            return patch.isApply ? changed : this.track(request, resource, existing, changed);
          },
          { prepare: 'main', createWhenMissing: patch.create === undefined ? undefined : () => this.checkPlace((patch.create as () => StoredObject)(), target, target.name) },
        );
        return finish(created ? 201 : 200, stored);
      }
      case 'delete': {
        const answer = yield* this.delete(request, target);
        return respond(200, shape(resource, answer as StoredObject, form, includeObjectOf(request), this.host.clock.wallMs()), form, request.warnings);
      }
      case 'deletecollection':
        return yield* this.deleteCollection(request, resource, target);
      default:
        throw methodNotAllowed();
    }
  }

  private *delete(request: ApiRequest, target: Target): Task<unknown> {
    const own = this.own?.delete(request, target);
    return own === undefined ? yield* this.store.delete(request, target, readDeleteOptions(request)) : yield* own;
  }

  private *deleteCollection(request: ApiRequest, resource: ServedResource, target: Target): Task<HttpResponse> {
    const objects = yield* this.listWatch.collect(request, resource);
    const items: unknown[] = [];
    for (const object of objects) {
      try {
        items.push(yield* this.delete(request, { ...target, namespace: object.metadata.namespace ?? '', name: object.metadata.name }));
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    }
    return respond(200, { kind: listKindOf(resource.declaration), apiVersion: resource.groupVersion, metadata: {}, items: objects }, undefined, request.warnings);
  }

  // ---------------------------------------------------------------- subresources

  private *handleSubresource(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> {
    switch (request.info.subresource) {
      case 'status':
        return yield* this.part(request, target, 'status', plainStatusUpdate);
      case 'scale':
        return yield* this.scale(request, target);
      default:
        if (this.own === undefined) throw resourceNotFound();
        return yield* this.own.subresource(request, target);
    }
  }

  /** Reads or writes one part of an object; the rest stays as it is. */
  *part(request: ApiRequest, target: Target, prepare: 'status' | 'none', merge: (next: StoredObject, existing: StoredObject) => StoredObject): Task<HttpResponse> {
    const { resource } = target;
    const { verb } = request.info;
    const form = negotiate(request.http.headers['accept']);
    if (verb === 'get') return respond(200, shape(resource, yield* this.store.get(target), form, includeObjectOf(request), this.host.clock.wallMs()), form, request.warnings);
    if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed();
    const own = resource.declaration.prepareForStatusUpdate;
    const change = this.changeOf(request, target);
    const { object } = yield* this.store.update(
      request,
      target,
      (existing) => {
        const given = change.change(existing);
        const merged = prepare === 'status' && own !== undefined ? (own(given, existing) as StoredObject) : merge(given, existing);
        const version = given.metadata.resourceVersion;
        const placed = version === undefined || version === '' ? merged : withMeta(merged, { resourceVersion: version });
        // Who applies is noted by the apply itself.
        if (change.isApply) return withMeta(placed, { managedFields: given.metadata.managedFields });
        return this.track(request, resource, existing, placed);
      },
      { prepare: 'none' },
    );
    return respond(200, shape(resource, object, form, includeObjectOf(request), this.host.clock.wallMs()), form, request.warnings);
  }

  private changeOf(request: ApiRequest, target: Target): Patch {
    if (request.info.verb === 'patch') return readPatch(request, target.resource, this.host.clock.wallMs());
    const given = this.checkPlace(decodeBody(request, target.resource), target, target.name);
    return { isApply: false, change: () => given };
  }

  private *scale(request: ApiRequest, target: Target): Task<HttpResponse> {
    const { verb } = request.info;
    const form = negotiate(request.http.headers['accept']);
    const paths = target.resource.declaration.custom?.scale;
    const scaleResource = this.table.findKind('autoscaling', 'v1', 'Scale') ?? target.resource;
    if (verb === 'get') return respond(200, scaleOf(yield* this.store.get(target), paths), form, request.warnings);
    if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed();
    const asScale = { kind: 'Scale', groupVersion: 'autoscaling/v1', definition: 'autoscaling.v1.Scale' };
    const scaleKind: ServedResource = { ...scaleResource, groupVersion: 'autoscaling/v1', declaration: { ...plainDeclaration(target.resource.declaration), kind: 'Scale', version: 'v1', definition: 'io.k8s.api.autoscaling.v1.Scale' } };
    const patch = verb === 'patch' ? readPatch(request, scaleKind, this.host.clock.wallMs()) : undefined;
    const given = patch === undefined ? decodeValue(request, target.resource, readBody(request, asScale.kind), asScale) : undefined;
    const { object } = yield* this.store.update(
      request,
      target,
      (existing) => {
        const scaled = patch?.change(scaleOf(existing, paths, patch.isApply)) ?? (given as StoredObject);
        const next = withScale(existing, scaled, paths);
        const replicas = Number(specOf(scaleOf(next, paths))['replicas'] ?? 0);
        if (!(replicas >= 0)) throw invalidObject({ ...target.resource, declaration: { ...target.resource.declaration, group: 'autoscaling', kind: 'Scale' } }, target.name, [{ type: 'Invalid', field: 'spec.replicas', value: replicas, detail: 'must be greater than or equal to 0' }]);
        if (patch?.isApply === true) return withScaleOwners(next, scaled, paths);
        return this.track(request, target.resource, existing, next);
      },
      { prepare: 'main' },
    );
    return respond(200, scaleOf(object, paths), form, request.warnings);
  }

  // ---------------------------------------------------------------- checks

  /** The object's own words must not contradict the path. */
  private checkPlace(object: StoredObject, target: Target, name: string): StoredObject {
    const { metadata } = object;
    if (name !== '' && metadata.name !== undefined && metadata.name !== '' && metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
    if (!target.resource.declaration.namespaced) return object;
    if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== target.namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    if (name !== '' && (metadata.name === undefined || metadata.name === '')) return withMeta(object, { name, namespace: target.namespace });
    return metadata.namespace === target.namespace ? object : withMeta(object, { namespace: target.namespace });
  }

  /** Notes in managedFields which fields this writer set. */
  private track(request: ApiRequest, resource: ServedResource, existing: StoredObject | undefined, next: StoredObject): StoredObject {
    const { declaration } = resource;
    if (untracked.has(declaration.resource) && request.user.name.startsWith('system:')) return keepManaged(existing, next);
    // Who changes nothing owns nothing new.
    if (existing !== undefined && sameContent(next, existing)) return existing;
    const given = next.metadata.managedFields ?? existing?.metadata.managedFields;
    const carried = given === undefined || next.metadata.managedFields !== undefined ? next : withMeta(next, { managedFields: given });
    const { subresource } = request.info;
    const reset = resetFieldsOf(declaration, subresource);
    return trackUpdate(existing, carried, patchSchemaOf(declaration), { manager: request.fieldManager, subresource, time: formatTime(this.host.clock.wallMs()), ...(reset === undefined ? {} : { reset }) }) as StoredObject;
  }
}

function sameContent(next: StoredObject, existing: StoredObject): boolean {
  const { managedFields: _a, resourceVersion: version, ...mine } = next.metadata;
  const { managedFields: _b, resourceVersion: known, ...theirs } = existing.metadata;
  return (version === undefined || version === '' || version === known) && sameValue({ ...next, metadata: mine }, { ...existing, metadata: theirs });
}

function keepManaged(existing: StoredObject | undefined, next: StoredObject): StoredObject {
  const managedFields = existing?.metadata.managedFields;
  if (managedFields === undefined || next.metadata.managedFields !== undefined) return next;
  return withMeta(next, { managedFields });
}

/** Without what makes it a custom kind: its scale is none. */
const plainDeclaration = ({ custom: _, ...declaration }: ServedResource['declaration']): ServedResource['declaration'] => declaration;

const withoutVersion = (object: StoredObject): StoredObject => {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
};
