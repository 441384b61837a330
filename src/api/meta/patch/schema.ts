// What patches must know of a field: how its lists and maps are merged. Answered by the structure (built-in kinds) or a CRD's schema.

export interface PatchSchema {
  /** Of a field of an object, or of a value of a map; undefined: nothing is known, lists are replaced. */
  field(name: string): PatchSchema | undefined;
  /** Of a list's items. */
  item(): PatchSchema | undefined;
  /** What values may be (an applied object is held against it); absent: anything. */
  readonly takes?: 'string' | 'numeric' | 'boolean' | 'scalar' | 'list' | 'map' | undefined;
  /** An object that has no other fields than those that are known. */
  readonly isClosed?: boolean | undefined;
  /** Strategic merge: `x-kubernetes-patch-strategy` split at commas, e.g. ['merge', 'retainKeys']. */
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey?: string | undefined;
  /** Server-side apply. Lists without a type are atomic. */
  readonly listType?: 'atomic' | 'set' | 'map' | undefined;
  readonly listMapKeys?: readonly string[] | undefined;
  /** Maps and objects: `atomic` ones are owned as a whole. Default granular. */
  readonly mapType?: 'atomic' | 'granular' | undefined;
  /** A list item's keys may be left out when they have a default, e.g. protocol TCP. */
  readonly keyDefaults?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** A field that is always there (a struct, not a pointer): it is never owned by itself. */
  readonly isEmbedded?: boolean | undefined;
}
