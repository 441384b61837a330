// What a controller has asked for and not yet seen: until it has, its cache is known to be old, and deciding again would ask twice.
interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly sinceMs: number;
}

const expireAfterMs = 5 * 60_000;

export class Expectations {
  private readonly expected = new Map<string, Expected>();
  private readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  satisfied(key: string): boolean {
    const entry = this.expected.get(key);
    return entry === undefined || (entry.creations <= 0 && entry.deletions.size === 0) || this.nowMs() - entry.sinceMs > expireAfterMs;
  }

  expectCreations(key: string, count: number): void {
    this.expected.set(key, { creations: count, deletions: new Set(), sinceMs: this.nowMs() });
  }

  expectDeletions(key: string, keys: readonly string[]): void {
    this.expected.set(key, { creations: 0, deletions: new Set(keys), sinceMs: this.nowMs() });
  }

  expectBoth(key: string, creations: number, deletions: readonly string[]): void {
    this.expected.set(key, { creations, deletions: new Set(deletions), sinceMs: this.nowMs() });
  }

  created(key: string, count = 1): void {
    const entry = this.expected.get(key);
    if (entry !== undefined) entry.creations -= count;
  }

  deleted(key: string, deleted: string): void {
    this.expected.get(key)?.deletions.delete(deleted);
  }

  forget(key: string): void {
    this.expected.delete(key);
  }
}
