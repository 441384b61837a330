// All keys in order: a list of sorted leaves. Finding is two binary searches; a range is a walk. Leaves split when full and go when empty.

const leafSize = 256;

export interface Keyed {
  readonly key: string;
}

export class KeyTree<T extends Keyed> {
  private leaves: T[][] = [];
  private readonly exact = new Map<string, T>();

  get size(): number {
    return this.exact.size;
  }

  get(key: string): T | undefined {
    return this.exact.get(key);
  }

  /** The key must not be there yet. */
  insert(item: T): void {
    this.exact.set(item.key, item);
    if (this.leaves.length === 0) {
      this.leaves.push([item]);
      return;
    }
    const at = this.leafOf(item.key);
    const leaf = this.leaves[at] as T[];
    const place = lowerBound(leaf, item.key);
    if (place === leaf.length) leaf.push(item);
    else leaf.splice(place, 0, item);
    if (leaf.length <= leafSize) return;
    // Keys often come in order: then a split near the end keeps leaves full.
    const cut = place === leaf.length - 1 ? leafSize : leafSize >> 1;
    this.leaves.splice(at + 1, 0, leaf.splice(cut));
  }

  remove(key: string): void {
    if (!this.exact.delete(key)) return;
    const at = this.leafOf(key);
    const leaf = this.leaves[at] as T[];
    leaf.splice(lowerBound(leaf, key), 1);
    if (leaf.length === 0) this.leaves.splice(at, 1);
  }

  /** Everything with `from` <= key < `end`, in order, until `visit` says false. `end` undefined: to the last key. */
  walk(from: string, end: string | undefined, visit: (item: T) => boolean | void): void {
    if (this.leaves.length === 0) return;
    let at = this.leafOf(from);
    let place = lowerBound(this.leaves[at] as T[], from);
    for (; at < this.leaves.length; at++, place = 0) {
      const leaf = this.leaves[at] as T[];
      for (; place < leaf.length; place++) {
        const item = leaf[place] as T;
        if (end !== undefined && item.key >= end) return;
        if (visit(item) === false) return;
      }
    }
  }

  /** The last leaf whose first key is not greater than `key`; the first one when there is none. */
  private leafOf(key: string): number {
    let low = 0;
    let high = this.leaves.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (((this.leaves[mid] as T[])[0] as T).key <= key) low = mid + 1;
      else high = mid;
    }
    return low === 0 ? 0 : low - 1;
  }
}

function lowerBound<T extends Keyed>(leaf: readonly T[], key: string): number {
  let low = 0;
  let high = leaf.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((leaf[mid] as T).key < key) low = mid + 1;
    else high = mid;
  }
  return low;
}
