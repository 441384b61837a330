// What a call costs beyond its arguments, and how large its result may become: cel-go's own functions, and those of Kubernetes (apiserver's
// pkg/cel/library/cost.go).
import { add, fixed, most, multiply, scale, type Range, unknown } from './estimate-range.ts';
import type { CelType } from './types.ts';
import type { CelValue } from './values.ts';

export interface Argument {
  readonly size: Range | undefined;
  readonly type: CelType;
  /** Of a list that is reached from a variable: how large its items may be. */
  readonly itemSize: Range | undefined;
  readonly literal: CelValue | undefined;
}

export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
}

/** A walk over a text, for each character; a regular expression, for each of its letters. */
const walk = 0.1;
const regex = 0.25;
const one = fixed(1);
const only = (cost: Range): CallEstimate => ({ cost });

/** `left` and `right`: the kinds of the first two parameters, a receiver among them. */
export function callEstimate(name: string, left: string, right: string, target: Argument | undefined, args: readonly Argument[]): CallEstimate {
  const size = (argument: Argument | undefined): Range => argument?.size ?? unknown;
  const [first, second] = args;
  switch (name) {
    case 'check':
      return only(fixed(350_000));
    case 'fieldSelector':
    case 'labelSelector':
      return only(add(fixed(10), scale(size(first), walk), scale(scale(size(first), 0.5), 50)));
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return target === undefined ? only(one) : traversal(target);
    case 'url':
    case 'jsonpatch.escapeKey':
      return { cost: scale(size(first), walk), size: size(first) };
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return { cost: scale(size(target), walk), size: size(target) };
    case 'replace':
      return { cost: scale(size(target), 2 * walk), size: replacedSize(size(target), size(first), size(second)) };
    case 'split':
      return { cost: scale(size(target), 2 * walk), size: { min: 0, max: typeof second?.literal === 'bigint' ? Number(BigInt.asUintN(64, second.literal)) : size(target).max } };
    case 'join':
      return joined(target, first);
    case 'find':
    case 'findAll':
      return { cost: matching(size(target), size(first)), size: { min: 0, max: size(target).max } };
    case 'ip':
      return only(left === 'string' ? scale(size(first), walk) : one);
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return only(scale(size(first), walk));
    case 'ip.isCanonical':
      return only(scale(size(first), 2 * walk));
    case 'containsIP':
    case 'containsCIDR':
      return only(containment(name, right === 'string' ? size(first) : undefined));
    case 'validate':
      return only(scale(scale(size(first), walk), 128 * regex));
    default:
      return standard(name, left, right, target, args);
  }
}

/** Functions of CEL itself; what is not here costs one. */
function standard(name: string, left: string, right: string, target: Argument | undefined, args: readonly Argument[]): CallEstimate {
  const size = (argument: Argument | undefined): Range => argument?.size ?? unknown;
  const [first, second] = args;
  switch (name) {
    case '_==_':
    case '_!=_':
      return only(name === '_==_' && isOpaquePair(first, second) ? opaqueEquality(first?.type, size(second)) : comparison(size(first), size(second)));
    case '_<_':
    case '_<=_':
    case '_>_':
    case '_>=_':
      return only(left === 'string' || left === 'bytes' ? comparison(size(first), size(second)) : one);
    case '_+_': {
      const whole = add(size(first), size(second));
      if (left === 'list') return { cost: one, size: whole };
      return left === 'string' || left === 'bytes' ? { cost: scale(whole, walk), size: whole } : only(one);
    }
    case 'lists.range':
      return listing(literalSize(first, most));
    case 'slice':
      return target === undefined ? only(one) : listing(fixed(Math.max(0, literalSize(second, size(target).max).max - literalSize(first, 0).max)));
    case 'reverse':
      return left === 'list' ? listing(size(target)) : only(one);
    case 'flatten':
      return listing(size(target), first === undefined ? 1 : literalSize(first, most).max);
    case 'distinct':
    case 'sort':
      return compared(size(target), target?.type);
    case '@sortByAssociatedKeys':
      return compared(size(first), first?.type);
    case '@in':
      return only(right === 'list' ? scale(size(second), 1) : one);
    case 'startsWith':
    case 'endsWith':
      return only(scale(size(first), walk));
    case 'contains':
      return only(target === undefined ? one : multiply(scale(size(target), walk), scale(size(first), walk)));
    case 'matches':
      return only(target === undefined ? matching(size(first), size(second)) : matching(size(target), size(first)));
    case 'format':
      return only(scale(size(target), walk));
    case 'bytes':
      return left === 'string' ? { cost: scale(size(first), walk), size: { min: size(first).min, max: add(size(first), size(first), size(first), size(first)).max } } : only(one);
    case 'string':
      return left === 'bytes' ? { cost: scale(size(first), walk), size: { min: Math.floor(size(first).min / 4), max: size(first).max } } : only(one);
    case 'strings.quote':
      return { cost: scale(size(first), walk), size: add(fixed(2), { min: size(first).min, max: add(size(first), size(first)).max }) };
    default:
      return only(one);
  }
}

/** Of two scalars it is 1; of what has no size in its schema, nothing. */
function comparison(a: Range, b: Range): Range {
  const max = Math.min(a.max, b.max);
  return scale({ min: max > 0 ? 1 : 0, max }, walk);
}

const isOpaquePair = (a: Argument | undefined, b: Argument | undefined): boolean => a?.type.kind === 'opaque' && b?.type.kind === 'opaque' && a.type.name === b.type.name;

function opaqueEquality(type: CelType | undefined, other: Range): Range {
  const name = type?.kind === 'opaque' ? type.name : '';
  if (name.endsWith('NamedFormat')) return scale({ min: 1, max: 64 }, walk);
  return name.endsWith('URL') ? scale({ min: 1, max: other.max }, walk) : one;
}

/** A new list, of so many items. */
const listing = (size: Range, factor = 1): CallEstimate => ({ cost: add(fixed(11), scale(size, factor)), size });
const literalSize = (argument: Argument | undefined, otherwise: number): Range => fixed(typeof argument?.literal === 'bigint' ? Math.max(0, Number(argument.literal)) : otherwise);

/** Every item with every other. */
function compared(size: Range, type: CelType | undefined): CallEstimate {
  const item = type?.kind === 'list' ? type.item.kind : '';
  return listing(multiply(size, size), item === 'string' || item === 'bytes' ? 2 + walk : 2);
}

/** Once over a list, or a text; lists of texts are compared text by text. */
function traversal({ size = unknown, type, itemSize = unknown }: Argument): CallEstimate {
  if (type.kind !== 'list') return only(scale(size, walk));
  const isLong = type.item.kind === 'string' || type.item.kind === 'bytes';
  return only(multiply(size, isLong ? add(one, scale(itemSize, walk)) : one));
}

/** One more than the text, so that an expensive expression costs even where there is none. */
const matching = (text: Range, pattern: Range): Range => multiply(scale(add(text, one), walk), scale(pattern, regex));

function replacedSize(text: Range, old: Range, by: Range): Range {
  // The longest: as many of the shortest replaced by the longest as there can be; around every letter when nothing is replaced.
  const most = old.min === 0 ? { count: text.max + 1, kept: text.max } : by.max <= old.min ? { count: 0, kept: text.max } : { count: Math.ceil(text.max / old.min), kept: 0 };
  const least = old.max === 0 ? { count: text.min + 1, kept: text.min } : old.max <= by.min ? { count: 0, kept: text.min } : { count: Math.ceil(text.min / old.max), kept: 0 };
  return add(multiply({ min: least.count, max: most.count }, by), { min: least.kept, max: most.kept });
}

function joined(list: Argument | undefined, separator: Argument | undefined): CallEstimate {
  const count = list?.size ?? unknown;
  let size = list?.type.kind === 'list' ? multiply(count, list.itemSize ?? unknown) : fixed(0);
  if (separator !== undefined) size = add(size, multiply(separator.size ?? unknown, { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) }));
  return { cost: scale(size, walk), size };
}

/** Bytes of addresses compared, those of a text read before. */
function containment(name: string, text: Range | undefined): Range {
  const bytes: Range = { min: 4, max: 16 };
  const compared = scale(add(bytes, bytes), walk);
  const masked = name === 'containsCIDR' ? add(scale(bytes, walk), one) : fixed(0);
  return add(compared, masked, text === undefined ? fixed(0) : scale(text, walk));
}
