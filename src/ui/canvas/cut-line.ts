// A line across the picture divides the machines: who lies on which side of it.

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Placed {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/**
 * The smaller side of a line from `a` to `b`, drawn on as far as it goes: names in the order given. Empty when the line is a dot or all machines lie on one
 * side of it. A machine belongs to the side where its middle is.
 */
export function cutOff(a: Point, b: Point, machines: Iterable<Placed>): readonly string[] {
  if (Math.hypot(b.x - a.x, b.y - a.y) < 1) return [];
  const left: string[] = [];
  const right: string[] = [];
  for (const { name, x, y, w, h } of machines) {
    const side = (b.x - a.x) * (y + h / 2 - a.y) - (b.y - a.y) * (x + w / 2 - a.x);
    (side < 0 ? left : right).push(name);
  }
  if (left.length === 0 || right.length === 0) return [];
  return left.length <= right.length ? left : right;
}
