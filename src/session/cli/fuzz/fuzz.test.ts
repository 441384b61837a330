import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';

describe('the API server under requests that nobody should send', () => {
  it('answers each, keeps only what it may keep, and stays what it was', () => {
    const result = fuzz({ seed: 2026, count: 3000, budgetMs: Infinity, cpuMs: () => 0 });
    expect(result.problems).toEqual([]);
    expect(result.checked).toBeGreaterThan(50);
    expect([...result.statuses.keys()].filter((status) => status < 300).length).toBeGreaterThan(1);
  }, 120_000);

  it('makes the same requests from the same seed', () => {
    const once = fuzz({ seed: 5, count: 120, budgetMs: Infinity, cpuMs: () => 0 });
    const again = fuzz({ seed: 5, count: 120, budgetMs: Infinity, cpuMs: () => 0 });
    expect([...again.statuses]).toEqual([...once.statuses]);
  }, 60_000);
});
