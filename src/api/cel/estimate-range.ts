// From and to: sizes and costs that are not known exactly. They stop at the greatest of 64 bits, as cel-go's do.

export interface Range {
  readonly min: number;
  readonly max: number;
}

export const most = 2 ** 64;
const capped = (value: number): number => (value > most ? most : value);

export const unknown: Range = { min: 0, max: most };
export const fixed = (value: number): Range => ({ min: value, max: value });
export const add = (...all: readonly Range[]): Range => all.reduce((a, b) => ({ min: capped(a.min + b.min), max: capped(a.max + b.max) }), fixed(0));
export const multiply = (a: Range, b: Range): Range => ({ min: capped(a.min * b.min), max: capped(a.max * b.max) });
/** Rounded up. */
export const scale = (range: Range, factor: number): Range => ({ min: capped(Math.ceil(range.min * factor)), max: capped(Math.ceil(range.max * factor)) });
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
