// The generic registry: create, read, update and delete objects of any kind, with the rules that all kinds share. Writes are optimistic.
import type { FieldError } from '../../../api/contract.ts';
import type { Status } from '../../../api/meta/object.ts';
import { generatedName } from '../../../api/meta/names.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Admission, AdmissionRequest, Operation } from '../admission/plugin.ts';
import { formatFieldError } from '../api-room.ts';
import type { ApiserverEvent } from '../events.ts';
import { alreadyExists, badRequest, conflict, generateNameConflict, invalid, notFound, success, type ResourceName } from '../status.ts';
import { keyFor, type Collections } from '../storage/collections.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { terminatingDefinition } from '../apiextensions/terminating.ts';
import { decideDeletion, isDeletable, type DeletionStep } from './deletion.ts';
import { sameValue, withMeta, type ApiRequest, type DeleteOptions } from './request.ts';
import type { ServedResource } from './resources.ts';

export interface Target {
  readonly resource: ServedResource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** What a kind does besides the common rules: allocate addresses, book numbers. */
export interface KindHooks {
  /** May this user write this? Asked after mutation and before validation, where the real server's storages ask it. Throws the refusal. */
  authorize?(request: ApiRequest, target: Target, object: StoredObject, old: StoredObject | undefined): Task<void>;
  /** Checks that need more than the API room has. */
  validate?(object: StoredObject, old: StoredObject | undefined): readonly FieldError[];
  /** Writes down what only the request knows, e.g. who asks. */
  prepare?(request: ApiRequest, object: StoredObject): StoredObject;
  /** Completes a new object (e.g. with a cluster IP). `undo` gives back what was taken when the write fails. */
  beforeCreate?(object: StoredObject, dryRun: boolean): Task<{ readonly object: StoredObject; readonly undo?: () => Task<void> }>;
  beforeUpdate?(object: StoredObject, old: StoredObject, dryRun: boolean): Task<{ readonly object: StoredObject; readonly undo?: () => Task<void> }>;
  afterDelete?(object: StoredObject): Task<void>;
}

export interface UpdateOptions {
  /** PUT of an object that is not there makes it, where the kind allows that; apply always does. */
  readonly createWhenMissing?: (() => StoredObject) | undefined;
  /** Which part of the declaration prepares the object: the whole, its status, or nothing (the caller did). */
  readonly prepare: 'main' | 'status' | 'none';
  readonly skipAdmission?: boolean;
  /** Sets what callers may not: the marks of deletion. */
  readonly finish?: (object: StoredObject) => StoredObject;
}

/** Kinds that a PUT may create. */
const createOnUpdate = new Set(['endpoints', 'events', 'limitranges', 'leases.coordination.k8s.io', 'services', 'persistentvolumes.none', 'resourcequotas.none', 'roles.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io', 'runtimeclasses.node.k8s.io.none']);
/** Kinds whose deletion answers with the object. */
const returnsDeleted = new Set(['pods', 'services', 'serviceaccounts', 'persistentvolumes', 'persistentvolumeclaims', 'podtemplates', 'resourcequotas']);
/** Kinds that are kept for a while only. */
const isShortLived = (prefix: string): boolean => prefix === 'events';

export class RestStore {
  private readonly host: Host;
  private readonly storage: Storage;
  private readonly collections: Collections;
  private readonly admission: Admission;
  private readonly hooks: ReadonlyMap<string, KindHooks>;
  private readonly eventLease: (() => Task<string>) | undefined;

  constructor(parts: { host: Host; storage: Storage; collections: Collections; admission: Admission; hooks: ReadonlyMap<string, KindHooks>; eventLease?: () => Task<string> }) {
    this.host = parts.host;
    this.storage = parts.storage;
    this.collections = parts.collections;
    this.admission = parts.admission;
    this.hooks = parts.hooks;
    this.eventLease = parts.eventLease;
  }

  // ---------------------------------------------------------------- create

  *create(request: ApiRequest, target: Target, given: StoredObject): Task<StoredObject> {
    const { declaration } = target.resource;
    const of = nameOf(target);
    let object = this.fillSystemFields(given, target);
    const generated = given.metadata.name === undefined || given.metadata.name === '';
    if (declaration.namespaced) yield* this.admission.prepare(this.admissionRequest(request, target, 'CREATE', object, undefined), request);
    const sent = object;
    object = declaration.defaults(object) as StoredObject;
    const filled = filledFields(sent, object);
    if (filled.length > 0) this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.mutated', plugin: 'defaults', changes: filled });
    object = yield* this.admission.mutate(this.admissionRequest(request, target, 'CREATE', object, undefined), request);
    const hooks = this.hooks.get(declaration.storagePrefix);
    if (hooks?.authorize !== undefined) yield* hooks.authorize(request, target, object, undefined);
    object = (declaration.prepareForCreate?.(object) ?? object) as StoredObject;
    if (hooks?.prepare !== undefined) object = hooks.prepare(request, object);
    for (let attempt = 0; ; attempt++) {
      const errors = [...declaration.validate(object), ...(hooks?.validate?.(object, undefined) ?? [])];
      if (errors.length > 0) throw invalidObject(target.resource, object.metadata.name, errors);
      this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.validated', kind: declaration.kind });
      yield* this.admission.validate(this.admissionRequest(request, target, 'CREATE', object, undefined), request);
      const key = keyFor(declaration.storagePrefix, declaration.namespaced ? target.namespace : '', object.metadata.name);
      const completed = yield* this.complete(target, (hooks) => hooks.beforeCreate?.(object, request.dryRun), object);
      if (request.dryRun) {
        if ((yield* this.storage.get(key)) !== undefined) throw alreadyExists(of, object.metadata.name);
        return completed.object;
      }
      yield* prepareForms(target.resource, [completed.object], 'stored');
      const stored = toStorageForm(target.resource, completed.object);
      const lease = this.eventLease !== undefined && isShortLived(declaration.storagePrefix) ? yield* this.eventLease() : undefined;
      const written = yield* this.storage.write(key, stored, 0, lease);
      if (written.ok) return yield* readStorageForm(target.resource, written.object);
      if (completed.undo !== undefined) yield* completed.undo();
      if (!generated) throw alreadyExists(of, object.metadata.name);
      if (attempt >= 7) throw generateNameConflict(of, object.metadata.name);
      object = withMeta(object, { name: this.generateName(object.metadata.generateName ?? '') });
    }
  }

  private fillSystemFields(given: StoredObject, target: Target): StoredObject {
    const { declaration } = target.resource;
    const resourceVersion = given.metadata?.resourceVersion;
    if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0') throw badRequest('resourceVersion should not be set on objects to be created');
    const rest = ownMetadata(given.metadata ?? {});
    const name = rest.name !== undefined && rest.name !== '' ? rest.name : rest.generateName !== undefined && rest.generateName !== '' ? this.generateName(rest.generateName) : '';
    return {
      ...given,
      metadata: {
        ...rest,
        name,
        ...(declaration.namespaced ? { namespace: target.namespace } : {}),
        uid: this.newUid(),
        creationTimestamp: formatTime(this.host.clock.wallMs()),
      },
    };
  }

  newUid(): string {
    const word = (): string => this.host.random.hex(8);
    const a = word();
    const b = word();
    const c = word();
    return [a, b.slice(0, 4), `4${b.slice(5)}`, '89ab'.charAt(parseInt(c.charAt(0), 16) & 3) + c.slice(1, 4), c.slice(4) + word()].join('-');
  }

  private generateName(base: string): string {
    return generatedName(base, (bound) => this.host.random.below(bound));
  }

  private *complete(target: Target, run: (hooks: KindHooks) => Task<{ readonly object: StoredObject; readonly undo?: () => Task<void> }> | undefined, object: StoredObject): Task<{ readonly object: StoredObject; readonly undo?: () => Task<void> }> {
    const hooks = this.hooks.get(target.resource.declaration.storagePrefix);
    const task = hooks === undefined ? undefined : run(hooks);
    return task === undefined ? { object } : yield* task;
  }

  // ---------------------------------------------------------------- read

  key(target: Target): string {
    const { declaration } = target.resource;
    return keyFor(declaration.storagePrefix, declaration.namespaced ? target.namespace : '', target.name);
  }

  /** `resourceVersion` "0": whatever the cache has; else linearised. */
  *get(target: Target, resourceVersion = ''): Task<StoredObject> {
    const key = this.key(target);
    let found: StoredObject | undefined;
    if (resourceVersion !== '') {
      const cache = this.collections.cache(target.resource.declaration.storagePrefix);
      yield* cache.waitReady(3000);
      if (Number(resourceVersion) > 0) yield* cache.waitFresh(Number(resourceVersion), 3000);
      found = cache.get(key);
    }
    found ??= yield* this.storage.get(key);
    if (found === undefined) throw notFound(nameOf(target), target.name);
    return yield* readStorageForm(target.resource, found);
  }

  // ---------------------------------------------------------------- update

  /** `change` makes the new object from what is there (in this version's form); it is called again when somebody was faster. */
  *update(request: ApiRequest, target: Target, change: (existing: StoredObject) => StoredObject, options: UpdateOptions): Task<{ readonly object: StoredObject; readonly created: boolean }> {
    const { resource } = target;
    const { declaration } = resource;
    const key = this.key(target);
    const cache = this.collections.cache(declaration.storagePrefix);
    let current = cache.ready ? cache.get(key) : undefined;
    let certain = current === undefined;
    current ??= yield* this.storage.get(key);
    for (let attempt = 0; ; attempt++) {
      if (current === undefined) {
        if (!certain) {
          current = yield* this.storage.get(key);
          certain = true;
          if (current !== undefined) continue;
        }
        if (options.createWhenMissing === undefined || target.subresource !== '') throw notFound(nameOf(target), target.name);
        return { object: yield* this.create(request, target, options.createWhenMissing()), created: true };
      }
      let next: StoredObject;
      const existing = yield* readStorageForm(resource, current);
      try {
        next = yield* this.decideUpdate(request, target, existing, change(existing), options);
        if (options.finish !== undefined) next = options.finish(next);
        if (options.skipAdmission !== true) yield* this.admission.validate(this.admissionRequest(request, target, 'UPDATE', next, existing), request);
      } catch (error) {
        // What was refused on the cached state may be fine on the true one.
        if (certain || !(error instanceof ApiError)) throw error;
        const fresh: StoredObject | undefined = yield* this.storage.get(key);
        certain = true;
        if (fresh?.metadata.resourceVersion === current.metadata.resourceVersion) throw error;
        current = fresh;
        continue;
      }
      const completed = yield* this.complete(target, (hooks) => hooks.beforeUpdate?.(next, existing, request.dryRun), next);
      next = completed.object;
      if (request.dryRun) return { object: next, created: false };
      if (isDeletable(next, declaration.storagePrefix)) {
        const removed = yield* this.storage.remove(key, current);
        if (removed.ok) {
          yield* this.afterDelete(target, removed.object);
          return { object: yield* readStorageForm(resource, withMeta(next, { resourceVersion: removed.object.metadata.resourceVersion })), created: false };
        }
        current = removed.current;
        certain = true;
        continue;
      }
      yield* prepareForms(resource, [next], 'stored');
      const stored = toStorageForm(resource, next);
      if (sameValue(stored, current)) {
        if (certain) return { object: existing, created: false };
        const fresh: StoredObject | undefined = yield* this.storage.get(key);
        certain = true;
        if (fresh?.metadata.resourceVersion === current.metadata.resourceVersion) return { object: existing, created: false };
        current = fresh;
        continue;
      }
      const written = yield* this.storage.write(key, stored, Number(current.metadata.resourceVersion));
      if (written.ok) return { object: yield* readStorageForm(resource, written.object), created: false };
      if (completed.undo !== undefined) yield* completed.undo();
      current = written.current;
      certain = true;
    }
  }

  private *decideUpdate(request: ApiRequest, target: Target, existing: StoredObject, given: StoredObject, options: UpdateOptions): Task<StoredObject> {
    const { declaration } = target.resource;
    const of = nameOf(target);
    const wanted = given.metadata.resourceVersion;
    if (wanted !== undefined && wanted !== '' && wanted !== '0' && wanted !== existing.metadata.resourceVersion) throw conflict(of, target.name);
    const uid = given.metadata.uid;
    if (uid !== undefined && uid !== '' && uid !== existing.metadata.uid) throw conflict(of, target.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${existing.metadata.uid ?? ''}`);
    let next = keepSystemFields(given, existing, options.prepare !== 'none');
    if (options.prepare === 'none') return yield* this.decidePart(request, target, existing, next, options);
    const prepareFirst = options.prepare === 'status' ? declaration.prepareForStatusUpdate : undefined;
    if (prepareFirst !== undefined) next = prepareFirst(next, existing) as StoredObject;
    if (options.prepare === 'main') next = declaration.defaults(next) as StoredObject;
    if (options.skipAdmission !== true) next = yield* this.admission.mutate(this.admissionRequest(request, target, 'UPDATE', next, existing), request);
    const hooks = this.hooks.get(declaration.storagePrefix);
    if (hooks?.authorize !== undefined && options.skipAdmission !== true) yield* hooks.authorize(request, target, next, existing);
    if (options.prepare === 'main') next = (declaration.prepareForUpdate?.(next, existing) ?? next) as StoredObject;
    const errors = options.prepare === 'main' ? [...(declaration.validateUpdate?.(next, existing, (text) => request.warnings.push(text)) ?? declaration.validate(next)), ...(hooks?.validate?.(next, existing) ?? [])] : [];
    if (errors.length > 0) throw invalidObject(target.resource, target.name, errors);
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.validated', kind: declaration.kind });
    return next;
  }

  /** A subresource that the caller merged itself: admission and the kind's own checks of that part. */
  private *decidePart(request: ApiRequest, target: Target, existing: StoredObject, merged: StoredObject, options: UpdateOptions): Task<StoredObject> {
    if (options.skipAdmission === true) return merged;
    const next = yield* this.admission.mutate(this.admissionRequest(request, target, 'UPDATE', merged, existing), request);
    const errors = target.resource.declaration.validateSubresourceUpdate?.(target.subresource, next, existing, (text) => request.warnings.push(text)) ?? [];
    if (errors.length > 0) throw invalidObject(target.resource, target.name, errors);
    return next;
  }

  // ---------------------------------------------------------------- delete

  *delete(request: ApiRequest, target: Target, options: DeleteOptions): Task<StoredObject | Status> {
    const { resource } = target;
    const { declaration } = resource;
    const of = nameOf(target);
    const key = this.key(target);
    const dryRun = request.dryRun || (options.dryRun?.includes('All') ?? false);
    const cache = this.collections.cache(declaration.storagePrefix);
    let current = cache.ready ? cache.get(key) : undefined;
    let certain = current === undefined;
    current ??= yield* this.storage.get(key);
    let admitted = false;
    let updatedOnce = false;
    for (;;) {
      if (current === undefined) {
        if (!certain) {
          current = yield* this.storage.get(key);
          certain = true;
          if (current !== undefined) continue;
        }
        if (updatedOnce) return success(detailsOf(target, undefined));
        throw notFound(of, target.name);
      }
      const uid = options.preconditions?.uid;
      const version = options.preconditions?.resourceVersion;
      const mismatch =
        uid !== undefined && uid !== '' && uid !== current.metadata.uid
          ? `the UID in the precondition (${uid}) does not match the UID in record (${current.metadata.uid ?? ''}). The object might have been deleted and then recreated`
          : version !== undefined && version !== current.metadata.resourceVersion && !updatedOnce
            ? `the ResourceVersion in the precondition (${version}) does not match the ResourceVersion in record (${current.metadata.resourceVersion ?? ''}). The object might have been modified`
            : undefined;
      if (mismatch !== undefined) {
        if (certain) throw conflict(of, target.name, mismatch);
        current = yield* this.storage.get(key);
        certain = true;
        continue;
      }
      if (!admitted) {
        yield* this.admission.validate(this.admissionRequest(request, target, 'DELETE', undefined, current), request);
        admitted = true;
      }
      const step: DeletionStep = updatedOnce ? { update: undefined, remove: true } : decideDeletion(current, declaration.resource, declaration.group, options, this.host.clock.wallMs());
      if (dryRun) return step.remove ? this.deletedAnswer(target, current) : yield* readStorageForm(resource, step.update ?? current);
      if (step.update !== undefined && !sameValue(step.update, current)) {
        const written = yield* this.storage.write(key, step.update, Number(current.metadata.resourceVersion));
        if (!written.ok) {
          current = written.current;
          certain = true;
          continue;
        }
        current = written.object;
        certain = true;
      }
      if (!step.remove) return yield* readStorageForm(resource, current);
      updatedOnce = step.update !== undefined || updatedOnce;
      const removed = yield* this.storage.remove(key, current);
      if (removed.ok) {
        yield* this.afterDelete(target, removed.object);
        return this.deletedAnswer(target, removed.object);
      }
      current = removed.current;
      certain = true;
    }
  }

  /** A namespace is first marked; its controller empties it and then takes its finalizer away. */
  *markNamespaceTerminating(request: ApiRequest, target: Target, options: DeleteOptions): Task<StoredObject> {
    const existing = yield* this.get(target);
    yield* this.admission.validate(this.admissionRequest(request, target, 'DELETE', undefined, existing), request);
    const uid = options.preconditions?.uid;
    const { object } = yield* this.update(
      request,
      target,
      (namespace) => {
        if (uid !== undefined && uid !== namespace.metadata.uid) throw conflict(nameOf(target), target.name, `the UID in the precondition (${uid}) does not match the UID in record (${namespace.metadata.uid ?? ''}). The object might have been deleted and then recreated`);
        return namespace;
      },
      { prepare: 'none', skipAdmission: true, finish: (namespace) => ({ ...withMeta(namespace, { deletionTimestamp: namespace.metadata.deletionTimestamp ?? formatTime(this.host.clock.wallMs()) }), status: { ...(namespace['status'] as object | undefined), phase: 'Terminating' } }) },
    );
    return object;
  }

  /** A definition is first marked; it goes when its objects are gone. */
  *markDefinitionTerminating(request: ApiRequest, target: Target, options: DeleteOptions): Task<StoredObject> {
    const existing = yield* this.get(target);
    yield* this.admission.validate(this.admissionRequest(request, target, 'DELETE', undefined, existing), request);
    const now = formatTime(this.host.clock.wallMs());
    const { object } = yield* this.update(
      request,
      target,
      (definition) => {
        const uid = options.preconditions?.uid;
        if (uid !== undefined && uid !== definition.metadata.uid) throw conflict(nameOf(target), target.name, `the UID in the precondition (${uid}) does not match the UID in record (${definition.metadata.uid ?? ''}). The object might have been deleted and then recreated`);
        return definition;
      },
      { prepare: 'none', skipAdmission: true, finish: (definition) => terminatingDefinition(definition, now) },
    );
    return object;
  }

  private deletedAnswer(target: Target, object: StoredObject): StoredObject | Status {
    const { declaration } = target.resource;
    return declaration.group === '' && returnsDeleted.has(declaration.resource) ? fromStorageForm(target.resource, object) : success(detailsOf(target, object));
  }

  *afterDelete(target: Target, object: StoredObject): Task<void> {
    const task = this.hooks.get(target.resource.declaration.storagePrefix)?.afterDelete?.(object);
    if (task !== undefined) yield* task;
  }

  // ---------------------------------------------------------------- admission

  admissionRequest(request: ApiRequest, target: Target, operation: Operation, object: StoredObject | undefined, old: StoredObject | undefined): AdmissionRequest {
    const { declaration } = target.resource;
    return {
      operation,
      user: request.user,
      group: declaration.group,
      version: declaration.version,
      resource: declaration.resource,
      subresource: target.subresource,
      namespace: declaration.namespaced ? target.namespace : '',
      name: target.name,
      declaration,
      object,
      old,
      dryRun: request.dryRun,
    };
  }

  allowsCreateOnUpdate(target: Target): boolean {
    const { group, resource } = target.resource.declaration;
    return createOnUpdate.has(group === '' ? resource : `${resource}.${group}`);
  }
}

export const nameOf = (target: Pick<Target, 'resource'>): ResourceName => target.resource.declaration;

/** Where a webhook converts, it is asked first. */
export function* prepareForms(resource: ServedResource, objects: readonly StoredObject[], to: 'served' | 'stored'): Task<void> {
  if (resource.prepare !== undefined) yield* resource.prepare(objects, to);
}

function* readStorageForm(resource: ServedResource, object: StoredObject): Task<StoredObject> {
  yield* prepareForms(resource, [object], 'served');
  return fromStorageForm(resource, object);
}

export const fromStorageForm = (resource: ServedResource, object: StoredObject): StoredObject => resource.fromStorage?.(object) ?? object;
export const toStorageForm = (resource: ServedResource, object: StoredObject): StoredObject => resource.toStorage?.(object) ?? object;

export function invalidObject(resource: ServedResource, name: string, errors: readonly FieldError[]): ApiError {
  const { group, kind } = resource.declaration;
  return invalid(group, kind, name, errors, formatFieldError);
}

function detailsOf(target: Target, object: StoredObject | undefined): NonNullable<Status['details']> {
  const { group, resource } = target.resource.declaration;
  const uid = object?.metadata.uid;
  return { name: target.name, ...(group === '' ? {} : { group }), kind: resource, ...(uid === undefined ? {} : { uid }) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Metadata = StoredObject['metadata'] & { readonly selfLink?: string };

/** Metadata without what only the server sets on deletion. Nearly always there is nothing to take away. */
function withoutMarks(metadata: Metadata): StoredObject['metadata'] {
  if (metadata.deletionTimestamp === undefined && metadata.deletionGracePeriodSeconds === undefined && metadata.selfLink === undefined) return metadata;
  const { deletionTimestamp: _a, deletionGracePeriodSeconds: _b, selfLink: _c, ...rest } = metadata;
  return rest;
}

/** The same for a new object, which has no version either. */
function ownMetadata(metadata: Metadata): StoredObject['metadata'] {
  if (metadata.resourceVersion === undefined) return withoutMarks(metadata);
  const { resourceVersion: _version, ...rest } = metadata;
  return withoutMarks(rest);
}

const kept = ['namespace', 'uid', 'creationTimestamp', 'generateName'] as const;
const keptLast = ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/** What no update changes: name, uid, times, and that it is being deleted. */
function keepSystemFields(given: StoredObject, existing: StoredObject, keepGeneration: boolean): StoredObject {
  const old = existing.metadata;
  const metadata: Mutable<StoredObject['metadata']> = { ...withoutMarks(given.metadata) };
  metadata.name = old.name;
  for (const field of kept) if (old[field] !== undefined) (metadata as Record<string, unknown>)[field] = old[field];
  if (keepGeneration && old.generation !== undefined) metadata.generation = old.generation;
  for (const field of keptLast) if (old[field] !== undefined) (metadata as Record<string, unknown>)[field] = old[field];
  return { ...given, metadata };
}

/** Fields of the spec that defaulting filled in, by name: what the picture tells of it. */
function filledFields(before: StoredObject, after: StoredObject): readonly string[] {
  if (before === after) return [];
  const was = ((before as { readonly spec?: unknown }).spec ?? {}) as Readonly<Record<string, unknown>>;
  const is = ((after as { readonly spec?: unknown }).spec ?? {}) as Readonly<Record<string, unknown>>;
  return Object.keys(is).filter((key) => was[key] !== is[key]).map((key) => `spec.${key}`);
}
