// A module cut in two does what it did in one, once both halves are there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ModuleText } from './module-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'boot-split-'));
afterAll(() => rmSync(folder, { recursive: true }));

const long = 'const padding = "so long that it is worth to be moved into the other file, which costs a call in its place";';
const source = `import { join, sep } from 'node:path';
const table = new Map([['one', 1], ['two', 2]]);
const base = 10;
let count = 0;
export function rare(a: number, b = base): string { ${long} return padding.slice(0, 0) + String(a + b) + join('x', 'y') + sep; }
export function* numbers(upTo: number): Generator<number> { ${long} for (let n = 0; n < upTo; n++) yield n + padding.length * 0; }
function helper(name: string): number { ${long} return (table.get(name) ?? 0) + padding.length * 0; }
export const look = (name: string): number => { ${long} return helper(name) + padding.length * 0; };
export const kind = { name: 'Kind', validate(value: number) { ${long} return [this.name, value, padding.length * 0]; }, get title() { ${long} return this.name + padding.slice(0, 0); } };
export class Counter {
  private by = 2;
  static make(by: number): Counter { ${long} const made = new Counter(); made.by = by; return padding === '' ? new Counter() : made; }
  next(...more: number[]): number { ${long} return more.reduce((sum, each) => sum + each, this.by) + padding.length * 0; }
  *walk(): Generator<number> { ${long} yield this.by + padding.length * 0; }
}
export function often(): number { ${long} return ++count + padding.length * 0; }
export function remember(): number { ${long} return count + padding.length * 0; }
export function start(base: number, { factor = base } = {}) {
  let total = 0;
  const found: number[] = [];
  const add = (base: number) => { ${long} ${long.replace('padding', 'more')} found.push(base * factor + padding.length * 0); };
  function* all(): Generator<number> { ${long} ${long.replace('padding', 'more')} for (const each of found) yield each; if (found.length < 3) { again(0); yield* all(); } }
  function again(times: number): void { ${long} ${long.replace('padding', 'more')} for (const each of [base + times]) { const twice = (n: number): number => { ${long} ${long.replace('padding', 'others')} return n * each * found.length + padding.length * 0; }; add(twice(2)); } }
  const count_ = () => { ${long} total += 1; return total + padding.length * 0; };
  return { add, all, count: count_, own: { told() { ${long} ${long.replace('padding', 'more')} return [this.name, base, padding.length * 0]; }, name: 'own' } };
}
`;

interface Sample {
  rare(a: number, b?: number): string;
  numbers(upTo: number): Generator<number>;
  look(name: string): number;
  readonly kind: { validate(value: number): unknown[]; readonly title: string };
  readonly Counter: { new (): { next(...more: number[]): number; walk(): Generator<number> }; make(by: number): { next(...more: number[]): number } };
  often(): number;
  remember(): number;
  start(base: number, options?: object): { add(base: number): void; all(): Generator<number>; count(): number; readonly own: { told(): unknown[] } };
}

async function open(isRun: (index: number) => boolean, bring = true): Promise<{ readonly sample: Sample; readonly hot: string; readonly cold: string }> {
  const name = `m${Math.floor(performance.now() * 1000)}`;
  const path = join(folder, `${name}.ts`);
  writeFileSync(path, source);
  const { hot, cold = '' } = new ModuleText(path).split(isRun, 0);
  const registry = pathToFileURL(join(folder, `${name}-registry.mjs`)).href;
  const hotUrl = pathToFileURL(join(folder, `${name}.mjs`)).href;
  writeFileSync(join(folder, `${name}-registry.mjs`), 'export const cold$ = Array.from({ length: 99 }, () => () => { throw new Error("missing"); }); export const go$ = (self, args, number) => cold$[number].apply(self, args); export const put$ = (type, number, names) => names.split(" ").forEach((name, index) => Object.defineProperty(type.prototype, name, { value() { return go$(this, arguments, number + index); }, writable: true, configurable: true }));');
  writeFileSync(join(folder, `${name}.mjs`), hot.replace('virtual:cold', registry));
  writeFileSync(join(folder, `${name}-cold.mjs`), cold.replaceAll(JSON.stringify(path), JSON.stringify(hotUrl)));
  const sample = (await import(/* @vite-ignore */ hotUrl)) as Sample;
  if (bring && cold !== '') {
    const { cold$: parts } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, `${name}-cold.mjs`)).href)) as { readonly cold$: readonly unknown[] };
    const { cold$: places } = (await import(/* @vite-ignore */ registry)) as { readonly cold$: unknown[] };
    for (const [number, code] of parts.entries()) places[number] = code;
  }
  return { sample, hot, cold };
}

function behaviour(sample: Sample): unknown {
  const counter = new sample.Counter();
  const started = sample.start(3);
  started.add(7);
  return [
    [...started.all()], started.count(), started.count(), started.own.told(),
    sample.rare(1), sample.rare(1, 2), [...sample.numbers(3)], sample.look('two'), sample.kind.validate(7), sample.kind.title,
    counter.next(1, 2), [...counter.walk()], sample.Counter.make(5).next(), sample.often(), sample.often(), sample.remember(),
  ];
}

describe('a module in two halves', () => {
  it('behaves as in one piece, whichever functions are taken out', async () => {
    const whole = await open(() => true);
    expect(whole.cold).toBe('');
    const expected = behaviour(whole.sample);
    for (const isRun of [() => false, (index: number) => index % 2 === 0, (index: number) => index % 3 === 0]) expect(behaviour((await open(isRun)).sample)).toEqual(expected);
  });

  it('takes along what only rare functions mention, and leaves what assigns a variable of the module', async () => {
    const { hot, cold } = await open(() => false);
    expect(cold).toContain('new Map');
    expect(hot).not.toContain('new Map');
    expect(hot).not.toContain('node:path');
    expect(hot).toContain('++count');
    expect(cold).toContain('count$ as count');
  });

  it('takes a function out of another one, with what it sees of it; not one that sees what changes', async () => {
    // `start` is the last function of the module; add, all, again, twice and told within it can go.
    let last = 0;
    await open((index) => ((last = index), true));
    const { sample, hot, cold } = await open((index) => index <= last - 5);
    expect(cold).toMatch(/\(found,factor\) => |\(factor,found\) => /);
    expect(cold).toContain('yield');
    expect(hot).toContain('total += 1');
    expect(hot).not.toContain('found.push');
    expect(behaviour(sample)).toEqual(behaviour((await open(() => true)).sample));
  });

  it('says so when the other half is not there', async () => {
    const { sample } = await open(() => false, false);
    expect(() => sample.rare(1)).toThrow('missing');
  });
});
