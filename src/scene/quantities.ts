// Resource quantities as plain numbers for bars: millicores and bytes. Rounded as drawings may be; exact sums are src/api/meta/quantity.ts's.

export function cpuMilli(text: string | undefined): number {
  return text === undefined ? 0 : Math.round(amount(text) * 1000);
}
export function memoryBytes(text: string | undefined): number {
  return text === undefined ? 0 : Math.round(amount(text));
}
function amount(text: string): number {
  return quantityNumber(text);
}

const cache = new Map<string, number>();
function quantityNumber(text: string): number {
  let value = cache.get(text);
  if (value === undefined) {
    value = toNumber(text);
    cache.set(text, value);
  }
  return value;
}

const suffixes: Readonly<Record<string, number>> = { '': 1, m: 1e-3, u: 1e-6, n: 1e-9, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5 };
function toNumber(text: string): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text);
  return match === null ? 0 : Number(match[1]) * (suffixes[match[2] ?? ''] ?? 1);
}
