// A quantity as a number, remembered: a cluster knows few different ones.
const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 1024, Mi: 1048576, Gi: 1073741824, Ti: 1099511627776, Pi: 1125899906842624, Ei: 1152921504606846976,
};
const known = new Map<string, number>();

/** 0 for what is not a quantity: the API server has refused those already. */
export function parseQuantity(quantity: string | number): number {
  if (typeof quantity === 'number') return quantity;
  let value = known.get(quantity);
  if (value === undefined) {
    const match = /^([+-]?\d*\.?\d*)(?:([eE][+-]?\d+)|([A-Za-z]{0,2}))$/.exec(quantity);
    const suffix = match?.[3] ?? '';
    value = match === null ? 0 : suffix === 'm' ? Number(match[1]) / 1000 : Number((match[1] ?? '0') + (match[2] ?? '')) * (suffixes[suffix] ?? 0);
    if (known.size > 5000) known.clear();
    known.set(quantity, value);
  }
  return value;
}
