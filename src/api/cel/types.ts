// The types of CEL (the Common Expression Language): what they are, how they print in the words of cel-go, and which fits where.

export type CelType =
  | { readonly kind: 'dyn' | 'error' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' }
  | { readonly kind: 'list'; readonly item: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType }
  | { readonly kind: 'optional'; readonly item: CelType }
  | { readonly kind: 'type'; readonly of: CelType }
  /** A type of a library that only its functions can look into, e.g. `kubernetes.Quantity`. */
  | { readonly kind: 'opaque'; readonly name: string }
  /** Named fields. `field` gives a field's type, or undefined when there is none of that name. */
  | { readonly kind: 'object'; readonly name: string; readonly field: (name: string) => CelType | undefined }
  /** A type variable of a function's signature. */
  | { readonly kind: 'param'; readonly name: string };

const simple = <K extends 'dyn' | 'error' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration'>(kind: K): CelType => ({ kind });

export const dyn = simple('dyn');
export const errorType = simple('error');
export const nullType = simple('null');
export const bool = simple('bool');
export const int = simple('int');
export const uint = simple('uint');
export const double = simple('double');
export const string = simple('string');
export const bytes = simple('bytes');
export const timestamp = simple('timestamp');
export const duration = simple('duration');
export const listOf = (item: CelType): CelType => ({ kind: 'list', item });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value });
export const optionalOf = (item: CelType): CelType => ({ kind: 'optional', item });
export const typeOf = (of: CelType): CelType => ({ kind: 'type', of });
export const opaque = (name: string): CelType => ({ kind: 'opaque', name });
export const param = (name: string): CelType => ({ kind: 'param', name });
export const objectOf = (name: string, field: (name: string) => CelType | undefined): CelType => ({ kind: 'object', name, field });

/** Types that an expression can name: `type(x) == string`. */
export const namedTypes: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['bool', bool],
  ['int', int],
  ['uint', uint],
  ['double', double],
  ['string', string],
  ['bytes', bytes],
  ['list', listOf(dyn)],
  ['map', mapOf(dyn, dyn)],
  ['null_type', nullType],
  ['type', typeOf(dyn)],
  ['dyn', dyn],
  ['google.protobuf.Timestamp', timestamp],
  ['google.protobuf.Duration', duration],
  ['optional_type', optionalOf(dyn)],
]);

/** `map(string, list(int))`, as cel-go's checker prints types. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'error':
      return '!error!';
    case 'list':
      return `list(${formatType(type.item)})`;
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case 'optional':
      return `optional_type(${formatType(type.item)})`;
    case 'type':
      return `type(${formatType(type.of)})`;
    case 'opaque':
    case 'object':
    case 'param':
      return type.name;
    default:
      return type.kind;
  }
}

/** The name that `type(x)` prints at run time. */
export function runtimeTypeName(type: CelType): string {
  switch (type.kind) {
    case 'null':
      return 'null_type';
    case 'optional':
      return 'optional_type';
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'opaque':
    case 'object':
    case 'param':
      return type.name;
    default:
      return type.kind;
  }
}

/** What the type variables of one check stand for so far. */
export class Bindings {
  private readonly types = new Map<string, CelType>();

  get(name: string): CelType | undefined {
    return this.types.get(name);
  }

  set(name: string, type: CelType): void {
    this.types.set(name, type);
  }

  /** For an overload that turns out not to fit. */
  copy(): Bindings {
    const other = new Bindings();
    for (const [name, type] of this.types) other.types.set(name, type);
    return other;
  }

  take(other: Bindings): void {
    for (const [name, type] of other.types) this.types.set(name, type);
  }
}

/** The type with every variable that stands for something replaced; with `toDyn`, the others become dyn. */
export function substitute(type: CelType, bindings: Bindings, toDyn: boolean): CelType {
  switch (type.kind) {
    case 'param': {
      const bound = bindings.get(type.name);
      if (bound !== undefined) return substitute(bound, bindings, toDyn);
      return toDyn ? dyn : type;
    }
    case 'list':
      return listOf(substitute(type.item, bindings, toDyn));
    case 'map':
      return mapOf(substitute(type.key, bindings, toDyn), substitute(type.value, bindings, toDyn));
    case 'optional':
      return optionalOf(substitute(type.item, bindings, toDyn));
    case 'type':
      return typeOf(substitute(type.of, bindings, toDyn));
    default:
      return type;
  }
}

function occursIn(name: string, type: CelType, bindings: Bindings): boolean {
  switch (type.kind) {
    case 'param': {
      if (type.name === name) return true;
      const bound = bindings.get(type.name);
      return bound !== undefined && occursIn(name, bound, bindings);
    }
    case 'list':
    case 'optional':
      return occursIn(name, type.item, bindings);
    case 'map':
      return occursIn(name, type.key, bindings) || occursIn(name, type.value, bindings);
    case 'type':
      return occursIn(name, type.of, bindings);
    default:
      return false;
  }
}

const nullable = new Set<CelType['kind']>(['object', 'opaque', 'timestamp', 'duration']);

/** Whether a value of type `from` can stand where `to` is asked for; learns what type variables mean on the way. */
export function isAssignable(bindings: Bindings, from: CelType, to: CelType): boolean {
  if (to.kind === 'param') return bind(bindings, to.name, from, true);
  if (from.kind === 'param') return bind(bindings, from.name, to, false);
  if (from.kind === 'dyn' || to.kind === 'dyn' || from.kind === 'error' || to.kind === 'error') return true;
  if (from.kind === 'null' && nullable.has(to.kind)) return true;
  if (from.kind === 'list' && to.kind === 'list') return isAssignable(bindings, from.item, to.item);
  if (from.kind === 'map' && to.kind === 'map') return isAssignable(bindings, from.key, to.key) && isAssignable(bindings, from.value, to.value);
  if (from.kind === 'optional' && to.kind === 'optional') return isAssignable(bindings, from.item, to.item);
  if (from.kind === 'type' && to.kind === 'type') return true;
  if ((from.kind === 'opaque' && to.kind === 'opaque') || (from.kind === 'object' && to.kind === 'object')) return from.name === to.name;
  return from.kind === to.kind;
}

function bind(bindings: Bindings, name: string, other: CelType, isTarget: boolean): boolean {
  if (other.kind === 'param' && other.name === name) return true;
  const bound = bindings.get(name);
  if (bound !== undefined) {
    const fits = isTarget ? isAssignable(bindings, other, bound) : isAssignable(bindings, bound, other);
    if (!fits) return false;
    // What was null or narrower before is the wider of both from now on.
    const wider = isTarget ? joined(bound, other) : bound;
    if (wider !== bound) bindings.set(name, wider);
    return true;
  }
  if (occursIn(name, other, bindings)) return false;
  bindings.set(name, other);
  return true;
}

/** Of two types that fit, the one that says less. */
export function joined(a: CelType, b: CelType): CelType {
  if (a.kind === 'dyn' || b.kind === 'dyn') return dyn;
  return a.kind === 'null' ? b : a;
}

export function sameType(a: CelType, b: CelType): boolean {
  return formatType(a) === formatType(b);
}
