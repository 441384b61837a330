// What an admission plugin is: a pure decider that may change an object on its way in, or refuse it. Plugins run in the real server's order.
import type { KindDeclaration } from '../../../api/contract.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Config } from '../config.ts';
import type { Authorizer } from '../stages/authorize.ts';
import type { ResourceTable } from '../registry/resources.ts';
import type { User } from '../stages/user.ts';
import type { WebhookCaller } from './webhook/webhook-caller.ts';
import type { Collections } from '../storage/collections.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface AdmissionRequest {
  readonly operation: Operation;
  readonly user: User;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly declaration: KindDeclaration;
  /** As it would be stored (without it for DELETE). */
  readonly object: StoredObject | undefined;
  readonly old: StoredObject | undefined;
  readonly dryRun: boolean;
}

/** What plugins may look at. */
export interface AdmissionContext {
  readonly host: Host;
  readonly config: Config;
  readonly collections: Collections;
  readonly storage: Storage;
  readonly authorizer: Authorizer;
  readonly resources: ResourceTable;
  readonly webhooks: WebhookCaller;
  readonly reinvocation: Reinvocation;
  warn(text: string): void;
  /** A note for the audit log, e.g. `pod-security.kubernetes.io/enforce-policy`. */
  annotate(key: string, value: string): void;
}

/**
 * What a policy or webhook changed, others may want to see: then the mutating plugins run once more, and those of them that asked for it
 * (reinvocationPolicy IfNeeded) see an object that changed since they left it.
 */
export class Reinvocation {
  isSecond = false;
  wanted = false;
  /** By policy or webhook: the object as it left it. */
  readonly left = new Map<string, StoredObject>();
}

/** What one request's plugins say to its client and to the audit log. */
export interface Remarks {
  readonly warnings: string[];
  readonly annotations: Map<string, string>;
}

/** What the registry asks before it writes. Each throws the refusal. */
export interface Admission {
  /** What must be sure before the first plugin decides. */
  prepare(request: AdmissionRequest, remarks: Remarks): Task<void>;
  mutate(request: AdmissionRequest, remarks: Remarks): Task<StoredObject>;
  validate(request: AdmissionRequest, remarks: Remarks): Task<void>;
}

export interface Mutation {
  readonly object: StoredObject;
  /** Said to the picture, e.g. `+ toleration node.kubernetes.io/not-ready`. */
  readonly changes: readonly string[];
}

export interface AdmissionPlugin {
  readonly name: string;
  /** Whether it looks at this request at all; cheap. */
  handles(request: AdmissionRequest): boolean;
  /** Nothing is configured for it: it need not be asked. Cheap. */
  isIdle?(context: AdmissionContext): boolean;
  mutate?(request: AdmissionRequest, context: AdmissionContext): Mutation | undefined;
  /** The same, for those that must ask others. */
  mutateSlowly?(request: AdmissionRequest, context: AdmissionContext): Task<Mutation | undefined>;
  /** Throws the refusal. */
  validate?(request: AdmissionRequest, context: AdmissionContext): void;
  /** The same, for those that must ask etcd. */
  validateSlowly?(request: AdmissionRequest, context: AdmissionContext): Task<void>;
}

export const isPodCreate = (request: AdmissionRequest): boolean => request.operation === 'CREATE' && request.resource === 'pods' && request.group === '' && request.subresource === '';

/** The loosely typed view that deciders take of an object's fields. */
export type Fields = { readonly [field: string]: unknown };
export const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
export const specOf = (object: StoredObject | undefined): Fields => fieldsOf(object?.['spec']);
export const withSpec = (object: StoredObject, spec: Fields): StoredObject => ({ ...object, spec: { ...specOf(object), ...spec } });
export const mirrorAnnotation = 'kubernetes.io/config.mirror';
export const isMirrorPod = (object: StoredObject): boolean => object.metadata.annotations?.[mirrorAnnotation] !== undefined;
