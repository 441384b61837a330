// Kubernetes' quantities in expressions: `quantity("1Gi").isLessThan(quantity("2Gi"))`.
import { addQuantity, compareQuantity, parseQuantity, quantityFromWhole, subtractQuantity, type Quantity } from '../../meta/quantity.ts';
import { declare, opaqueType, type Library } from '../function.ts';
import { CelError, type OpaqueValue } from '../values.ts';

const type = opaqueType('kubernetes.Quantity');
const giga = 1_000_000_000n;

class QuantityValue implements OpaqueValue {
  readonly opaqueType = type;
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    this.quantity = quantity;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof QuantityValue && compareQuantity(this.quantity, other.quantity) === 0;
  }
}

function read(text: string): QuantityValue {
  const quantity = parseQuantity(text);
  if (typeof quantity === 'string') throw new CelError(quantity);
  return new QuantityValue(quantity);
}

const whole = (value: bigint): Quantity => quantityFromWhole(Number(value));

/** Made when it is first needed. */
export const quantityLibrary = (): Library => [
  declare('quantity(string): kubernetes.Quantity', read),
  declare('isQuantity(string): bool', (text: string) => typeof parseQuantity(text) !== 'string'),
  declare('kubernetes.Quantity.isInteger(): bool', ({ quantity }: QuantityValue) => quantity.nanos % giga === 0n),
  declare('kubernetes.Quantity.asInteger(): int', ({ quantity }: QuantityValue) => {
    if (quantity.nanos % giga !== 0n) throw new CelError('cannot convert value to integer');
    return quantity.nanos / giga;
  }),
  declare('kubernetes.Quantity.asApproximateFloat(): double', ({ quantity }: QuantityValue) => Number(quantity.nanos) / 1e9),
  declare('kubernetes.Quantity.sign(): int', ({ quantity }: QuantityValue) => (quantity.nanos < 0n ? -1n : quantity.nanos > 0n ? 1n : 0n)),
  declare('kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool', (a: QuantityValue, b: QuantityValue) => compareQuantity(a.quantity, b.quantity) > 0),
  declare('kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool', (a: QuantityValue, b: QuantityValue) => compareQuantity(a.quantity, b.quantity) < 0),
  declare('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: QuantityValue, b: QuantityValue) => BigInt(compareQuantity(a.quantity, b.quantity))),
  declare('kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity', (a: QuantityValue, b: QuantityValue) => new QuantityValue(addQuantity(a.quantity, b.quantity))),
  declare('kubernetes.Quantity.add(int): kubernetes.Quantity', (a: QuantityValue, b: bigint) => new QuantityValue(addQuantity(a.quantity, whole(b)))),
  declare('kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity', (a: QuantityValue, b: QuantityValue) => new QuantityValue(subtractQuantity(a.quantity, b.quantity))),
  declare('kubernetes.Quantity.sub(int): kubernetes.Quantity', (a: QuantityValue, b: bigint) => new QuantityValue(subtractQuantity(a.quantity, whole(b)))),
];
