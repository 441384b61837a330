// The search against a brute force that tries every order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLinearizable, stepRegister, type Operation, type RegisterAnswer, type RegisterCall } from './linearizability.ts';

/** Every order of every subset that holds all answered operations. */
function bruteForce(history: readonly Operation[], state: string | null = null, left: ReadonlySet<number> = new Set(history.keys())): boolean {
  if (![...left].some((id) => (history[id] as Operation).answer !== 'unknown')) return true;
  for (const id of left) {
    const operation = history[id] as Operation;
    // Nothing that is still to come may have returned before this was called.
    if ([...left].some((other) => other !== id && (history[other] as Operation).returnedMs < operation.calledMs)) continue;
    const next = stepRegister(state, operation);
    if (next === undefined) continue;
    const rest = new Set(left);
    rest.delete(id);
    if (bruteForce(history, next, rest)) return true;
  }
  return false;
}

const call: fc.Arbitrary<RegisterCall> = fc.oneof(
  fc.constant<RegisterCall>({ op: 'read' }),
  fc.record({ op: fc.constant('create' as const), value: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ op: fc.constant('swap' as const), expect: fc.constantFrom('a', 'b', 'c'), value: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ op: fc.constant('set' as const), value: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ op: fc.constant('delete' as const), expect: fc.constantFrom('a', 'b', 'c') }),
);
const answer = (isRead: boolean): fc.Arbitrary<RegisterAnswer> =>
  isRead
    ? fc.oneof({ weight: 5, arbitrary: fc.record({ value: fc.constantFrom(null, 'a', 'b', 'c') }) }, { weight: 1, arbitrary: fc.constant('unknown' as const) })
    : fc.oneof(
        { weight: 6, arbitrary: fc.constant({ done: true } as const) },
        { weight: 2, arbitrary: fc.record({ refused: fc.constantFrom('exists' as const, 'conflict' as const, 'absent' as const) }) },
        { weight: 2, arbitrary: fc.constant('unknown' as const) },
      );
const operation: fc.Arbitrary<Operation> = call.chain((it) =>
  fc.record({ call: fc.constant(it), answer: answer(it.op === 'read'), calledMs: fc.integer({ min: 0, max: 12 }), length: fc.integer({ min: 1, max: 6 }) }).map(({ length, ...each }) => ({
    ...each,
    returnedMs: each.answer === 'unknown' ? Infinity : each.calledMs + length,
  })),
);

/** A history that one register really had, with answers of the moment in the middle of each operation; some of them lost. */
const real: fc.Arbitrary<readonly Operation[]> = fc.array(fc.record({ call, calledMs: fc.integer({ min: 0, max: 20 }), half: fc.integer({ min: 1, max: 5 }), lost: fc.integer({ min: 0, max: 9 }) }), { maxLength: 40 }).map((plan) => {
  const order = plan.map((each, id) => ({ ...each, id, atMs: each.calledMs + each.half + id / 1000 })).sort((a, b) => a.atMs - b.atMs);
  let state: string | null = null;
  return order.map(({ call: planned, id, calledMs, half, lost, atMs }): Operation => {
    // Values are unique in a real history.
    const made = 'value' in planned ? { ...planned, value: `${planned.value}${id}` } : planned;
    const fixed = 'expect' in made && state !== null && lost % 2 === 0 ? { ...made, expect: state } : made;
    const answers: RegisterAnswer[] = [{ value: state }, { done: true }, { refused: 'exists' }, { refused: 'conflict' }, { refused: 'absent' }];
    const given = answers.find((each) => (fixed.op === 'read') === ('value' in (each as object)) && stepRegister(state, { call: fixed, answer: each }) !== undefined) as RegisterAnswer;
    const next = stepRegister(state, { call: fixed, answer: given }) as string | null;
    state = next;
    const isLost = lost === 0;
    return { call: fixed, answer: isLost ? 'unknown' : given, calledMs, returnedMs: isLost ? Infinity : Math.max(calledMs + 2 * half, atMs + 0.5) };
  });
});

describe('linearisability of one register', () => {
  it('is what a brute force says', () => {
    let bad = 0;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (history) => {
        const expected = bruteForce(history);
        if (!expected) bad++;
        expect(checkLinearizable(history).ok).toBe(expected);
      }),
      { numRuns: 1500 },
    );
    expect(bad).toBeGreaterThan(100);
  });

  it('holds for every history that a register had', () => {
    fc.assert(fc.property(real, (history) => void expect(checkLinearizable(history).ok).toBe(true)), { numRuns: 300 });
  });

  it('knows a stale read and a lost update', () => {
    const done = { done: true } as const;
    const at = (calledMs: number, returnedMs: number, made: RegisterCall, given: RegisterAnswer): Operation => ({ call: made, answer: given, calledMs, returnedMs });
    const created = at(0, 1, { op: 'create', value: 'a' }, done);
    const swapped = at(2, 3, { op: 'swap', expect: 'a', value: 'b' }, done);
    expect(checkLinearizable([created, swapped, at(4, 5, { op: 'read' }, { value: 'a' })]).ok).toBe(false);
    expect(checkLinearizable([created, swapped, at(2.5, 5, { op: 'read' }, { value: 'a' })]).ok).toBe(true);
    expect(checkLinearizable([created, swapped, at(4, 5, { op: 'swap', expect: 'a', value: 'c' }, done)]).ok).toBe(false);
    // What nobody heard of may happen later, but only once.
    const unheard = at(2, Infinity, { op: 'swap', expect: 'a', value: 'x' }, 'unknown');
    expect(checkLinearizable([created, unheard, at(4, 5, { op: 'read' }, { value: 'a' }), at(6, 7, { op: 'read' }, { value: 'x' })]).ok).toBe(true);
    expect(checkLinearizable([created, unheard, at(4, 5, { op: 'read' }, { value: 'x' }), at(6, 7, { op: 'read' }, { value: 'a' })]).ok).toBe(false);
  });

  it('stays cheap on a long history', () => {
    const history = Array.from({ length: 2000 }, (_, n): Operation => {
      const calledMs = n * 2;
      if (n === 0) return { call: { op: 'create', value: 'v0' }, answer: { done: true }, calledMs, returnedMs: 1 };
      if (n % 50 === 0) return { call: { op: 'set', value: `lost${n}` }, answer: 'unknown', calledMs, returnedMs: Infinity };
      return { call: { op: 'set', value: `v${n}` }, answer: { done: true }, calledMs, returnedMs: calledMs + 7 };
    });
    expect(checkLinearizable(history)).toMatchObject({ ok: true });
    expect(checkLinearizable(history).explored).toBeLessThan(20_000);
  });

  it('gives up, and does not say that it is right, where there are too many orders to try', () => {
    const lost = Array.from({ length: 40 }, (_, n): Operation => ({ call: { op: 'set', value: `lost${n}` }, answer: 'unknown', calledMs: n, returnedMs: Infinity }));
    const created: Operation = { call: { op: 'create', value: 'a' }, answer: { done: true }, calledMs: 0, returnedMs: 1 };
    const impossible: Operation = { call: { op: 'read' }, answer: { value: 'never written' }, calledMs: 100, returnedMs: 101 };
    const { ok, explored } = checkLinearizable([created, ...lost, impossible]);
    expect(ok).toBe(false);
    expect(explored).toBeLessThan(1_100_000);
  });

  it('finds the order sooner where it is known which of the lost writes were stored', () => {
    const history: Operation[] = [{ call: { op: 'create', value: 'v0' }, answer: { done: true }, calledMs: 0, returnedMs: 1 }];
    const stored = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const at = 100 * round;
      for (let n = 0; n < 12; n++) history.push({ call: { op: 'set', value: `lost${round}.${n}` }, answer: 'unknown', calledMs: at + 10 + n, returnedMs: Infinity });
      // Only the last one came through, and nobody ever saw it: but the delete met another value.
      stored.add(`lost${round}.11`);
      history.push({ call: { op: 'read' }, answer: { value: `v${round}` }, calledMs: at + 30, returnedMs: at + 31 });
      history.push({ call: { op: 'delete', expect: `v${round}` }, answer: { refused: 'conflict' }, calledMs: at + 40, returnedMs: at + 41 });
      history.push({ call: { op: 'set', value: `v${round + 1}` }, answer: { done: true }, calledMs: at + 50, returnedMs: at + 51 });
    }
    const known = checkLinearizable(history, null, stored);
    expect(known.ok).toBe(true);
    expect(known.explored).toBeLessThan(1000);
    // What is stored explains nothing by itself.
    expect(checkLinearizable([...history.slice(0, 1), ...history.filter(({ answer }) => answer !== 'unknown').slice(1)], null, stored).ok).toBe(false);
  });
});
