// resource.Quantity: amounts of cpu, memory and the like, `100m`, `1.5Gi`, `2e3`. Kept exact, in billionths, and printed in Kubernetes' canonical form.

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  /** Billionths of one. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

export const quantityFormatProblem = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
export const quantitySuffixProblem = "unable to parse quantity's suffix";

const giga = 1_000_000_000n;
const maxAllowed = ((1n << 63n) - 1n) * giga;

const decimalExponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' };

/** resource.ParseQuantity; a text that is none gives Kubernetes' problem text. */
export function parseQuantity(text: string): Quantity | string {
  const match = /^([+-]?)(\d+\.?\d*|\.\d+)([A-Za-z]*)([+-]?\d*)$/.exec(text);
  if (match === null) return quantityFormatProblem;
  const [, sign, digits = '', letters = '', exponentDigits = ''] = match;
  let format: QuantityFormat;
  let exponent10 = 0;
  let exponent2 = 0;
  if ((letters === 'e' || letters === 'E') && exponentDigits !== '') {
    if (!/^[+-]?\d+$/.test(exponentDigits)) return quantitySuffixProblem;
    format = 'DecimalExponent';
    exponent10 = Number(exponentDigits);
    if (Math.abs(exponent10) > 64) exponent10 = exponent10 > 0 ? 64 : -64;
  } else if (!/^[eEinumkKMGTP]*$/.test(letters)) {
    return quantityFormatProblem;
  } else if (exponentDigits !== '') {
    return quantitySuffixProblem;
  } else if (Object.hasOwn(binaryExponents, letters)) {
    format = 'BinarySI';
    exponent2 = binaryExponents[letters] ?? 0;
  } else if (Object.hasOwn(decimalExponents, letters)) {
    format = 'DecimalSI';
    exponent10 = decimalExponents[letters] ?? 0;
  } else {
    return quantitySuffixProblem;
  }
  const point = digits.indexOf('.');
  const whole = point < 0 ? digits : digits.slice(0, point) + digits.slice(point + 1);
  const fractionDigits = point < 0 ? 0 : digits.length - point - 1;
  let nanos = BigInt(whole) << BigInt(exponent2);
  const scale = 9 + exponent10 - fractionDigits;
  if (scale >= 0) nanos *= 10n ** BigInt(scale);
  else {
    // Finer than a billionth: rounded up, away from zero.
    const divisor = 10n ** BigInt(-scale);
    nanos = (nanos + divisor - 1n) / divisor;
  }
  if (nanos > maxAllowed) nanos = maxAllowed;
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

const parsed = new Map<string, Quantity | string>();
const parsedLimit = 4096;

/** A memo of a pure function: the same few texts come again and again. */
function parseRemembered(text: string): Quantity | string {
  let quantity = parsed.get(text);
  if (quantity === undefined) {
    quantity = parseQuantity(text);
    if (parsed.size >= parsedLimit) parsed.clear();
    parsed.set(text, quantity);
  }
  return quantity;
}

/** The quantity of a field of an accepted object; what is none counts as zero. JSON numbers are accepted, as the API does. */
export function quantityOf(value: string | number | undefined | null): Quantity {
  if (value === undefined || value === null) return zeroQuantity;
  const quantity = parseRemembered(typeof value === 'number' ? String(value) : value);
  return typeof quantity === 'string' ? zeroQuantity : quantity;
}

export function quantityProblem(value: string | number): string | undefined {
  const quantity = parseRemembered(typeof value === 'number' ? String(value) : value);
  return typeof quantity === 'string' ? quantity : undefined;
}

function ceilDivide(nanos: bigint, unit: bigint): number {
  if (nanos <= 0n) return Number(nanos / unit) + 0;
  return Number((nanos + unit - 1n) / unit);
}

const milliValues = new Map<string, number>();
const wholeValues = new Map<string, number>();

function rememberedNumber(memo: Map<string, number>, value: string | number | undefined | null, unit: bigint): number {
  if (value === undefined || value === null) return 0;
  const text = typeof value === 'number' ? String(value) : value;
  let amount = memo.get(text);
  if (amount === undefined) {
    amount = ceilDivide(quantityOf(text).nanos, unit);
    if (memo.size >= parsedLimit) memo.clear();
    memo.set(text, amount);
  }
  return amount;
}

/** Quantity.MilliValue(): thousandths, rounded up; cpu is counted so. */
export function milliValue(value: string | number | undefined | null): number {
  return rememberedNumber(milliValues, value, 1_000_000n);
}

/** Quantity.Value(): whole units (bytes, pods), rounded up. */
export function wholeValue(value: string | number | undefined | null): number {
  return rememberedNumber(wholeValues, value, giga);
}

/** Quantity.String(): the canonical form, `1500m`, `1Gi`, `2k`. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const amount = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && amount >= 1024n * giga && amount % giga === 0n) {
    let whole = amount / giga;
    let step = 0;
    while (step < binarySuffixes.length - 1 && whole % 1024n === 0n) {
      whole /= 1024n;
      step++;
    }
    return `${sign}${whole}${binarySuffixes[step]}`;
  }
  let mantissa = amount;
  let step = 0;
  while (step < decimalSuffixes.length - 1 && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    step++;
  }
  if (format !== 'DecimalExponent') return `${sign}${mantissa}${decimalSuffixes[step]}`;
  const exponent = step * 3 - 9;
  return exponent === 0 ? `${sign}${mantissa}` : `${sign}${mantissa}e${exponent}`;
}

const canonical = new Map<string, string>();

/** The text Kubernetes would store for this text; unchanged when it is no quantity. */
export function canonicalQuantity(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : value;
  let answer = canonical.get(text);
  if (answer === undefined) {
    const quantity = parseRemembered(text);
    answer = typeof quantity === 'string' ? text : formatQuantity(quantity);
    if (canonical.size >= parsedLimit) canonical.clear();
    canonical.set(text, answer);
  }
  return answer;
}

/** Quantity.Add: the format of the first that is not zero. */
export function addQuantity(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function compareQuantity(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

export function quantityFromMilli(milli: number): Quantity {
  return { nanos: BigInt(Math.round(milli)) * 1_000_000n, format: 'DecimalSI' };
}

export function quantityFromWhole(value: number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(Math.round(value)) * giga, format };
}

export type ResourceList = Readonly<Record<string, string>>;

/** The sum by resource name, in canonical text. */
export function addResources(a: ResourceList, b: ResourceList): ResourceList {
  const sum: Record<string, string> = { ...a };
  for (const name in b) sum[name] = formatQuantity(addQuantity(quantityOf(a[name]), quantityOf(b[name])));
  return sum;
}

/** The larger by resource name. */
export function maxResources(a: ResourceList, b: ResourceList): ResourceList {
  const larger: Record<string, string> = { ...a };
  for (const name in b) {
    const old = a[name];
    if (old === undefined || compareQuantity(quantityOf(b[name]), quantityOf(old)) > 0) larger[name] = b[name] ?? '0';
  }
  return larger;
}
