// Lists and sets, as Kubernetes' list library and CEL's sets extension have them.
import { declare, type Library } from '../function.ts';
import { CelError, CelList, compare, Duration, equals, noSuchOverload, Uint, type CelValue } from '../values.ts';


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

/** Made when it is first needed. */
export const listLibrary = (): Library => [
  ...comparable.flatMap((type) => [
    declare(`list(${type}).isSorted(): bool`, isSorted),
    declare(`list(${type}).min(): ${type}`, (list: CelList) => extreme(list, -1, 'min')),
    declare(`list(${type}).max(): ${type}`, (list: CelList) => extreme(list, 1, 'max')),
  ]),
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
