// Leases: promises that keys live only as long as somebody keeps renewing. Every member knows them; only the leader counts their time.
import { errors, Refusal } from './refusal.ts';

export interface Lease {
  readonly id: string;
  readonly ttlSeconds: number;
  readonly keys: Set<string>;
  /** On the leader, when it ends (world time); Infinity elsewhere. */
  expiresMs: number;
  /** What the last checkpoint left it; 0: its whole time. */
  remainingSeconds: number;
}

export interface LeaseSnapshot {
  readonly id: string;
  readonly ttlSeconds: number;
  readonly keys: readonly string[];
  readonly remainingSeconds: number;
}

export class Lessor {
  private leases = new Map<string, Lease>();
  private byKey = new Map<string, Lease>();
  private leading = false;
  private readonly minTtlSeconds: number;

  constructor(minTtlSeconds: number) {
    this.minTtlSeconds = minTtlSeconds;
  }

  get size(): number {
    return this.leases.size;
  }
  get(id: string): Lease | undefined {
    return this.leases.get(id);
  }
  list(): readonly Lease[] {
    return [...this.leases.values()];
  }

  grant(id: string, ttlSeconds: number, nowMs: number): Lease {
    if (ttlSeconds > 9_000_000_000) throw new Refusal(errors.leaseTtlTooLarge);
    if (this.leases.has(id)) throw new Refusal(errors.leaseExists);
    const ttl = Math.max(ttlSeconds, this.minTtlSeconds);
    const lease: Lease = { id, ttlSeconds: ttl, keys: new Set(), expiresMs: this.leading ? nowMs + ttl * 1000 : Infinity, remainingSeconds: 0 };
    this.leases.set(id, lease);
    return lease;
  }

  /** Forgets the lease; returns the keys that die with it, in order. */
  revoke(id: string): readonly string[] {
    const lease = this.leases.get(id);
    if (lease === undefined) throw new Refusal(errors.leaseNotFound);
    this.leases.delete(id);
    for (const key of lease.keys) this.byKey.delete(key);
    return [...lease.keys].sort();
  }

  /** The key belongs to this lease from now on ('' to none). */
  attach(key: string, id: string): void {
    const before = this.byKey.get(key);
    if (before !== undefined && before.id !== id) {
      before.keys.delete(key);
      this.byKey.delete(key);
    }
    if (id === '') return;
    const lease = this.leases.get(id);
    if (lease === undefined) return;
    lease.keys.add(key);
    this.byKey.set(key, lease);
  }

  /** The new leader gives every lease its whole time again (or what a checkpoint left it), and a little more. */
  promote(nowMs: number, extendMs: number): void {
    this.leading = true;
    for (const lease of this.leases.values()) lease.expiresMs = nowMs + (lease.remainingSeconds > 0 ? lease.remainingSeconds : lease.ttlSeconds) * 1000 + extendMs;
  }
  demote(): void {
    this.leading = false;
    for (const lease of this.leases.values()) lease.expiresMs = Infinity;
  }

  renew(id: string, nowMs: number): number {
    const lease = this.leases.get(id);
    if (lease === undefined) throw new Refusal(errors.leaseNotFound);
    lease.expiresMs = nowMs + lease.ttlSeconds * 1000;
    lease.remainingSeconds = 0;
    return lease.ttlSeconds;
  }

  /** Whole seconds left, as the leader counts; elsewhere the whole time. */
  secondsLeft(lease: Lease, nowMs: number): number {
    return lease.expiresMs === Infinity ? lease.ttlSeconds : Math.max(0, Math.floor((lease.expiresMs - nowMs) / 1000));
  }

  checkpoint(remaining: readonly { readonly id: string; readonly seconds: number }[]): void {
    for (const { id, seconds } of remaining) {
      const lease = this.leases.get(id);
      if (lease !== undefined) lease.remainingSeconds = Math.min(seconds, lease.ttlSeconds);
    }
  }

  expired(nowMs: number): readonly string[] {
    const found: string[] = [];
    for (const lease of this.leases.values()) if (lease.expiresMs <= nowMs) found.push(lease.id);
    return found;
  }

  snapshot(): readonly LeaseSnapshot[] {
    return [...this.leases.values()].map((lease) => ({ id: lease.id, ttlSeconds: lease.ttlSeconds, keys: [...lease.keys], remainingSeconds: lease.remainingSeconds }));
  }

  restore(leases: readonly LeaseSnapshot[]): void {
    this.leases = new Map();
    this.byKey = new Map();
    for (const each of leases) {
      const lease: Lease = { id: each.id, ttlSeconds: each.ttlSeconds, keys: new Set(each.keys), expiresMs: Infinity, remainingSeconds: each.remainingSeconds };
      this.leases.set(lease.id, lease);
      for (const key of each.keys) this.byKey.set(key, lease);
    }
  }
}
