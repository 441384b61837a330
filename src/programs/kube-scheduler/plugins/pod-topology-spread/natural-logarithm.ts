// ln of a whole number, the same in every engine (Math.log may differ in its last digit).
const ln2 = 0.6931471805599453;
const known: number[] = [];

export function naturalLogarithm(whole: number): number {
  let value = known[whole];
  if (value === undefined) known[whole] = value = compute(whole);
  return value;
}

/** whole = m * 2^e with m in [2/3, 4/3); ln m = 2 atanh((m - 1) / (m + 1)), a series that converges fast there. */
function compute(whole: number): number {
  let m = whole;
  let exponent = 0;
  while (m >= 4 / 3) {
    m /= 2;
    exponent++;
  }
  const t = (m - 1) / (m + 1);
  const square = t * t;
  let sum = 0;
  for (let term = 31; term >= 1; term -= 2) sum = sum * square + 1 / term;
  return 2 * t * sum + exponent * ln2;
}
