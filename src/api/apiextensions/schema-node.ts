// A schema made ready for use: what is looked up for every object of a kind (fields, patterns, enums) is prepared once. Never changed.
import type { Json } from '../meta/object.ts';
import { compileRegex, type Regex } from '../regex/regex.ts';
import type { SchemaProps } from './types.ts';

export type ListType = 'atomic' | 'set' | 'map';

export class SchemaNode {
  readonly props: SchemaProps;
  readonly type: string | undefined;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly items: SchemaNode | undefined;
  /** Of maps; `true` when anything goes. */
  readonly additional: SchemaNode | true | undefined;
  readonly intOrString: boolean;
  readonly preserve: boolean;
  readonly embedded: boolean;
  readonly listType: ListType;
  readonly listKeys: readonly string[];
  readonly pattern: Regex | undefined;
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | undefined;
  /** Whether there is a default at or below this place, so that others need not be walked. */
  readonly hasDefaults: boolean;
  readonly hasRules: boolean;
  /** Whether anything below is a set, a map, or an embedded resource. */
  readonly hasStructure: boolean;

  constructor(props: SchemaProps) {
    this.props = props;
    this.type = props.type === '' ? undefined : props.type;
    this.properties = new Map(Object.entries(props.properties ?? {}).map(([name, each]) => [name, new SchemaNode(each)]));
    this.items = props.items === undefined || Array.isArray(props.items) ? undefined : new SchemaNode(props.items as SchemaProps);
    const additional = props.additionalProperties;
    this.additional = additional === undefined || additional === false ? undefined : additional === true ? true : new SchemaNode(additional);
    this.intOrString = props['x-kubernetes-int-or-string'] === true;
    this.preserve = props['x-kubernetes-preserve-unknown-fields'] === true;
    this.embedded = props['x-kubernetes-embedded-resource'] === true;
    const listType = props['x-kubernetes-list-type'];
    this.listType = listType === 'set' || listType === 'map' ? listType : 'atomic';
    this.listKeys = props['x-kubernetes-list-map-keys'] ?? [];
    const pattern = props.pattern === undefined ? undefined : compileRegex(props.pattern);
    this.pattern = pattern === undefined || 'problem' in pattern ? undefined : pattern;
    const many = (list: readonly SchemaProps[] | undefined): readonly SchemaNode[] => (list ?? []).map((each) => new SchemaNode(each));
    this.allOf = many(props.allOf);
    this.anyOf = many(props.anyOf);
    this.oneOf = many(props.oneOf);
    this.not = props.not === undefined ? undefined : new SchemaNode(props.not);
    const below = [...this.properties.values(), ...(this.items === undefined ? [] : [this.items]), ...(this.additional instanceof SchemaNode ? [this.additional] : [])];
    this.hasDefaults = props.default !== undefined || below.some((each) => each.hasDefaults);
    this.hasRules = (props['x-kubernetes-validations'] ?? []).length > 0 || below.some((each) => each.hasRules);
    this.hasStructure = this.embedded || this.listType !== 'atomic' || below.some((each) => each.hasStructure);
  }

  /** The schema of a field or of a map's value. */
  field(name: string): SchemaNode | undefined {
    return this.properties.get(name) ?? (this.additional instanceof SchemaNode ? this.additional : undefined);
  }
}

export type JsonObject = { readonly [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
export const own = (object: JsonObject, key: string): Json | undefined => (Object.hasOwn(object, key) ? object[key] : undefined);

/** A changed copy; `undefined` takes the field away. `__proto__` is a name like any other. */
export function withField(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  const copy: { [key: string]: Json } = { ...object };
  if (value === undefined) delete copy[key];
  else Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}
