// Lists and sets, as Kubernetes' list library and CEL's extensions have them.
import { declare, type Library } from '../function.ts';
import { CelError, CelList, compare, Duration, equals, noSuchOverload, Uint, type CelValue, typeOfValue } from '../values.ts';

function order(a: CelValue, b: CelValue): number {
  const result = compare(a, b);
  if (result === undefined) throw noSuchOverload();
  return result;
}

const isSorted = (list: CelList): boolean => list.items.every((item, index) => index === 0 || order(list.items[index - 1] as CelValue, item) <= 0);

function extreme(list: CelList, sign: number, name: string): CelValue {
  const [first, ...rest] = list.items;
  if (first === undefined) throw new CelError(`${name} called on empty list`);
  return rest.reduce<CelValue>((best, item) => (order(item, best) * sign > 0 ? item : best), first);
}

const contains = (list: CelList, item: CelValue): boolean => list.items.some((other) => equals(other, item));
const includesAll = (list: CelList, items: CelList): boolean => items.items.every((item) => contains(list, item));
const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];

function slice({ items }: CelList, start: bigint, end: bigint): CelList {
  const about = `cannot slice(${start}, ${end}), `;
  if (start < 0n || end < 0n) throw new CelError(`${about}negative indexes not supported`);
  if (start > end) throw new CelError(`${about}start index must be less than or equal to end index`);
  if (BigInt(items.length) < end) throw new CelError(`${about}list is length ${items.length}`);
  return new CelList(items.slice(Number(start), Number(end)));
}

function flatten(value: CelValue, depth: bigint): readonly CelValue[] {
  if (!(value instanceof CelList)) throw noSuchOverload();
  if (depth < 0n) throw new CelError('level must be non-negative');
  return value.items.flatMap((item) => (item instanceof CelList && depth > 0n ? flatten(item, depth - 1n) : [item]));
}

function range(count: bigint): CelList {
  if (count < 0n) throw new CelError(`lists.range: size must be non-negative, got ${count}`);
  return new CelList(Array.from({ length: Number(count) }, (_, index) => BigInt(index)));
}

function sortBy({ items }: CelList, { items: keys }: CelList): CelList {
  if (items.length !== keys.length) throw new CelError(`@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${items.length} and ${keys.length} elements respectively`);
  const types = new Set(keys.map((key) => typeOfValue(key).kind));
  if (types.size > 1) throw new CelError('list elements must have the same type');
  return new CelList(items.map((item, index) => ({ item, key: keys[index] as CelValue })).sort((a, b) => order(a.key, b.key)).map(({ item }) => item));
}

const distinct = ({ items }: CelList): CelList => new CelList(items.filter((item, index) => items.findIndex((other) => equals(other, item)) === index));

/** Made when it is first needed. */
export const listLibrary = (): Library => [
  ...comparable.flatMap((type) => [
    declare(`list(${type}).isSorted(): bool`, isSorted),
    declare(`list(${type}).min(): ${type}`, (list: CelList) => extreme(list, -1, 'min')),
    declare(`list(${type}).max(): ${type}`, (list: CelList) => extreme(list, 1, 'max')),
    declare(`list(${type}).sort(): list(${type})`, (list: CelList) => sortBy(list, list)),
    declare(`list(A).@sortByAssociatedKeys(list(${type})): list(A)`, sortBy),
  ]),
  declare('lists::range(int): list(int)', range),
  declare('list(A).reverse(): list(A)', ({ items }: CelList) => new CelList([...items].reverse())),
  declare('list(A).slice(int, int): list(A)', slice),
  declare('list(list(A)).flatten(): list(A)', (list: CelList) => new CelList(flatten(list, 1n))),
  declare('list(dyn).flatten(int): list(dyn)', (list: CelList, depth: bigint) => new CelList(flatten(list, depth))),
  declare('list(A).distinct(): list(A)', distinct),
  declare('list(int).sum(): int', (list: CelList) => list.items.reduce<bigint>((sum, item) => sum + (item as bigint), 0n)),
  declare('list(uint).sum(): uint', (list: CelList) => new Uint(list.items.reduce<bigint>((sum, item) => sum + (item as Uint).value, 0n))),
  declare('list(double).sum(): double', (list: CelList) => list.items.reduce<number>((sum, item) => sum + (item as number), 0)),
  declare('list(duration).sum(): duration', (list: CelList) => new Duration(list.items.reduce<bigint>((sum, item) => sum + (item as Duration).nanos, 0n))),
  declare('list(A).indexOf(A): int', (list: CelList, item: CelValue) => BigInt(list.items.findIndex((other) => equals(other, item)))),
  declare('list(A).lastIndexOf(A): int', (list: CelList, item: CelValue) => BigInt(list.items.findLastIndex((other) => equals(other, item)))),
  declare('sets::contains(list(A), list(A)): bool', includesAll),
  declare('sets::equivalent(list(A), list(A)): bool', (a: CelList, b: CelList) => includesAll(a, b) && includesAll(b, a)),
  declare('sets::intersects(list(A), list(A)): bool', (a: CelList, b: CelList) => b.items.some((item) => contains(a, item))),
];
