// flowcontrol.Backoff: delays that double per key, and are forgotten after a long quiet.

interface Entry {
  delayMs: number;
  lastUpdateMs: number;
}

export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(initialMs: number, maxMs: number) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  /** Doubles the delay of `key` (or begins it). */
  next(key: string, nowMs: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#hasExpired(entry, nowMs)) {
      this.#entries.set(key, { delayMs: this.#initialMs, lastUpdateMs: nowMs });
      return;
    }
    entry.delayMs = Math.min(entry.delayMs * 2, this.#maxMs);
    entry.lastUpdateMs = nowMs;
  }

  /** Whether an event at `eventMs` still has to wait at `nowMs`; how long is left, or 0. */
  remaining(key: string, eventMs: number, nowMs: number): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#hasExpired(entry, eventMs)) return 0;
    return Math.max(0, eventMs + entry.delayMs - nowMs);
  }

  /** As `remaining`, counted from the last failure itself. */
  remainingSinceUpdate(key: string, nowMs: number): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#hasExpired(entry, nowMs)) return 0;
    return Math.max(0, entry.lastUpdateMs + entry.delayMs - nowMs);
  }

  delay(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #hasExpired(entry: Entry, atMs: number): boolean {
    return atMs - entry.lastUpdateMs > this.#maxMs * 2;
  }
}

/** `10s`, `1m20s`, `5m0s`, as Go prints the delay. */
export function backoffText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
