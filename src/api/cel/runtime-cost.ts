// What evaluation costs, call by call and step by step, as cel-go counts it (interpreter/runtimecost.go) with what Kubernetes' functions cost
// (apiserver's pkg/cel/library/cost.go).
import { callEstimate, type Argument } from './estimate-calls.ts';
import { fixed } from './estimate-range.ts';
import type { Expression } from './expression.ts';
import { byteLengthOf } from '../meta/byte-text.ts';
import { Bytes, CelList, isMap, isOpaque, Optional, typeOfValue, type CelValue } from './values.ts';

/** Texts by their characters, lists and maps by their entries; everything else is 1. */
function sizeOf(value: CelValue): number {
  if (typeof value === 'string') return [...value].length;
  if (value instanceof Bytes) return value.bytes.length;
  if (value instanceof CelList) return value.items.length;
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value);
  if (value === null || typeof value !== 'object') return 1;
  if (isOpaque(value)) return value.size ?? 1;
  return isMap(value) ? value.keys().length : 1;
}

function traversalCost(value: CelValue): number {
  if (typeof value === 'string') return Math.floor(byteLengthOf(value) * 0.1);
  if (value instanceof Bytes) return Math.floor(value.bytes.length * 0.1);
  if (value instanceof CelList) return value.items.reduce<number>((sum, item) => sum + traversalCost(item), 0);
  if (value !== null && isMap(value)) return value.keys().reduce<number>((sum, key) => sum + traversalCost(key) + traversalCost(value.get(key) as CelValue), 0);
  return 1;
}

const joinedSize = ({ items }: CelList, by: CelValue): number => items.reduce<number>((sum, item) => sum + sizeOf(item), 0) + (by === null ? 0 : Math.max(0, items.length - 1) * sizeOf(by));

/** A new list is made. */
const listCost = (items: number): number => 11 + Math.max(0, Math.floor(items));

const argument = (value: CelValue): Argument => ({ size: fixed(sizeOf(value)), type: typeOfValue(value), itemSize: undefined, literal: undefined });
const isShort = (value: CelValue): boolean => value === null || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

/** One call, without its arguments. */
export function callCost(name: string, isMember: boolean, args: readonly CelValue[]): number {
  const [first = null, second = null] = args;
  if (args.length === 2 && !isMember && isShort(first) && isShort(second)) return 1;
  switch (name) {
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return traversalCost(first);
    case 'join':
      return Math.ceil(joinedSize(first as CelList, second) * 2 * 0.1);
    case 'lists.range':
      return listCost(Number(first));
    case 'slice':
      return listCost(Number(args[2]) - Number(second));
    case 'reverse':
      return first instanceof CelList ? listCost(first.items.length) : 1;
    case 'flatten':
      return listCost(sizeOf(first) * (args.length === 2 ? Math.max(0, Number(second)) : 1));
    case 'distinct':
    case 'sort':
    case '@sortByAssociatedKeys': {
      const { items } = (name === '@sortByAssociatedKeys' ? second : first) as CelList;
      return listCost(items.length ** 2 * (typeof items[0] === 'string' || items[0] instanceof Bytes ? 2.1 : 2));
    }
    case 'sets.contains':
    case 'sets.intersects':
      return 1 + sizeOf(first) * sizeOf(second);
    case 'sets.equivalent':
      return 1 + 2 * sizeOf(first) * sizeOf(second);
    case 'containsIP':
    case 'containsCIDR': {
      const size = sizeOf(first);
      const masked = name === 'containsCIDR' ? Math.ceil(size * 0.1) + 1 : 0;
      return Math.ceil(2 * size * 0.1) + masked + (typeof second === 'string' ? Math.ceil(sizeOf(second) * 0.1) : 0);
    }
    case 'validate':
      return Math.ceil((1 + sizeOf(second)) * 0.1) * Math.ceil((isOpaque(first) ? (first.patternSize ?? 0) : 0) * 0.25);
    case '_==_':
      return isOpaque(first) ? 1 : callEstimate(name, '', '', undefined, args.map(argument)).cost.max;
    default: {
      const given = args.map(argument);
      const [left, right] = given;
      return callEstimate(name, left?.type.kind ?? '', right?.type.kind ?? '', isMember ? left : undefined, isMember ? given.slice(1) : given).cost.max;
    }
  }
}

/** What one element costs besides what is asked about it, when the answer is yes and when it is no; the end; an early end with elements left. */
export interface FoldCost {
  readonly before: number;
  readonly yes: number;
  readonly end: number;
  readonly early: number;
}

const transforming: FoldCost = { before: 0, yes: 12, end: 1, early: 0 };
const foldCosts: Readonly<Record<string, FoldCost>> = {
  all: { before: 3, yes: 0, end: 1, early: 2 },
  exists: { before: 4, yes: 0, end: 1, early: 3 },
  exists_one: { before: 0, yes: 2, end: 2, early: 0 },
  filter: { before: 0, yes: 13, end: 1, early: 0 },
  transformMap: { before: 0, yes: 3, end: 1, early: 0 },
  transformMapEntry: { before: 0, yes: 2, end: 1, early: 0 },
};
export const foldCost = (name: string): FoldCost => foldCosts[name === 'existsOne' ? 'exists_one' : name] ?? transforming;

const conversions = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'type', 'uint']);

/** What is made before anything is evaluated, and costs nothing then: literals, lists and maps of them, and what they are converted to. */
export function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return true;
    case 'list':
      return expression.items.every(({ value, optional }) => !optional && isConstant(value));
    case 'map':
      return expression.entries.every(({ key, value, optional }) => !optional && isConstant(key) && isConstant(value));
    case 'call':
      return expression.target === undefined && expression.args.length === 1 && conversions.has(expression.name) && isConstant(expression.args[0] as Expression);
    default:
      return false;
  }
}

/** `x in ['a', 'b']` is looked up, which costs nothing. */
export const isConstantSet = (expression: Expression): boolean =>
  expression.kind === 'list' && expression.items.every(({ value, optional }) => !optional && isConstant(value) && !['list', 'map'].includes(value.kind) && !(value.kind === 'literal' && (value.value === null || value.value instanceof Bytes)));

/** Fields and items of these are part of one access; of anything else they are an access of their own. */
export const isAccess = (expression: Expression): boolean =>
  expression.kind === 'name' || (expression.kind === 'select' && !expression.test) || (expression.kind === 'call' && ['_[_]', '_[?_]', '_?_:_'].includes(expression.name));

/** As the branch of a condition or the index of an item, an access does not cost what it costs by itself. */
export const isCheaperBranch = (expression: Expression): boolean => isAccess(expression) && !(expression.kind === 'call' && expression.name === '_?_:_');
