// The declaration of a kind: everything the API server, kubectl and the editor need to know about it. One small file per kind makes one of these.
import type { Decoded } from './meta/decode.ts';
import type { ApiObject, Json } from './meta/object.ts';
import type { PatchSchema } from './meta/patch/schema.ts';

/** A field problem, printed as `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export interface FieldError {
  readonly type: 'Required' | 'Invalid' | 'NotSupported' | 'Duplicate' | 'Forbidden' | 'TooLong' | 'TooMany' | 'NotFound' | 'InternalError' | 'TypeInvalid';
  /** `spec.template.spec.containers[0].name` */
  readonly field: string;
  readonly value?: Json | undefined;
  /** How the value is printed, where that is not its JSON (Go's own dump of an internal struct); '' leaves it out. */
  readonly valueText?: string;
  readonly detail: string;
  /** For NotSupported: the values that are. */
  readonly supported?: readonly string[];
}

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  /** 0 is shown always, 1 with -o wide. */
  readonly priority: 0 | 1;
}

/** What only kinds of a CustomResourceDefinition have: their structure comes from a schema, not from the generated text. */
export interface CustomKind {
  /** Reads what a client sent: unknown fields go (and are told), metadata is checked. */
  readonly decode: (value: object) => Decoded<ApiObject>;
  /** The object as it is served, from what is stored: of this version, pruned, with defaults. */
  readonly fromStored: (object: ApiObject) => ApiObject;
  /** The version that is stored. */
  readonly storageVersion: string;
  readonly patchSchema: PatchSchema;
  readonly listKind: string;
  /** The schema as OpenAPI shows it, of the whole object. */
  readonly openApi: (dialect: 'v2' | 'v3') => Readonly<Record<string, unknown>>;
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string };
  /** Said with every answer. */
  readonly deprecation?: string;
}

export interface KindDeclaration<T extends ApiObject = ApiObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  /** Key prefix below /registry, e.g. `pods`, `services/specs`, `minions`. */
  readonly storagePrefix: string;
  /** Name of the definition in the generated structure, e.g. `io.k8s.api.apps.v1.Deployment`. */
  readonly definition: string;
  /** Returns the object with every default filled in. Pure. */
  readonly defaults: (object: T) => T;
  readonly validate: (object: T) => readonly FieldError[];
  /** `warn` takes what is wrong but may stay, because it was so before. */
  readonly validateUpdate?: (object: T, old: T, warn?: (text: string) => void) => readonly FieldError[];
  /** Checks of an update through a subresource (`status`, `approval`...). */
  readonly validateSubresourceUpdate?: (subresource: string, object: T, old: T, warn?: (text: string) => void) => readonly FieldError[];
  /** What a create/update through the main resource may not set (status is reset, generation is managed...). Pure. */
  readonly prepareForCreate?: (object: T) => T;
  readonly prepareForUpdate?: (object: T, old: T) => T;
  readonly prepareForStatusUpdate?: (object: T, old: T) => T;
  readonly columns: readonly Column[];
  /** Cells in the order of `columns`. `nowMs` for ages is not needed: ages are printed by clients from creationTimestamp columns of type date... except where the server prints them, as Kubernetes does. */
  readonly row: (object: T, nowMs: number) => readonly Json[];
  /** Fields that --field-selector may name besides metadata.name and metadata.namespace. */
  readonly selectableFields?: (object: T) => Readonly<Record<string, string>>;
  /** Names must be DNS labels, subdomains, path segments... */
  readonly nameRule: 'subdomain' | 'label' | 'label1035' | 'path-segment';
  readonly custom?: CustomKind;
}
