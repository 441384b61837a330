import { describe, expect, it } from 'vitest';
import type { Control, Query, Run, ToSession } from './protocol.ts';
import { ToolsGate } from './tools-gate.ts';

const run: Run = { version: 1, preset: 'default', seed: 1, epochMs: 0, inputs: [] };
const played: Run = { ...run, inputs: [{ atMs: 5, command: { do: 'power', machine: 'm', on: false } }] };
const control = (each: Control): ToSession => ({ kind: 'control', control: each });
const query = (each: Query): ToSession => ({ kind: 'query', id: 1, query: each });
const command: ToSession = { kind: 'command', id: 1, command: { do: 'power', machine: 'm', on: false } };
const start = (each: Run): ToSession => control({ control: 'start', run: each, playing: true, speed: 1 });

describe('while the tools are on their way', () => {
  it.each([
    ['a command', command, true],
    ['a fresh run', start(run), false],
    ['a run in which things were done', start(played), true],
    ['pausing', control({ control: 'pause' }), false],
    ['taking something back', control({ control: 'undo' }), true],
    ['looking for the next hop', control({ control: 'hop' }), true],
    ['a step', control({ control: 'step' }), false],
    ['asking for the hash', query({ query: 'hash' }), false],
    ['asking for an object', query({ query: 'why', of: 1 }), true],
  ])('%s: waits or not', (_name, message, waits) => {
    const gate = new ToolsGate(true);
    expect(gate.hold(message)).toBe(waits);
    expect(gate.takeHeld()).toEqual(waits ? [message] : []);
    expect(new ToolsGate(false).hold(message)).toBe(false);
  });

  it('what moves the run keeps its place behind what was done, what only asks does not hold it up', () => {
    const gate = new ToolsGate(true);
    const step = control({ control: 'step' });
    gate.hold(query({ query: 'why', of: 1 }));
    expect(gate.hold(step)).toBe(false);
    gate.hold(command);
    expect(gate.hold(step)).toBe(true);
    expect(gate.hold(control({ control: 'play' }))).toBe(false);
    gate.forgetDeeds();
    expect(gate.takeHeld().map(({ kind }) => kind)).toEqual(['query']);
  });

  it('that failed: nothing waits any more, what needs them is refused', () => {
    const gate = new ToolsGate(true);
    gate.fail('offline');
    expect([gate.hasFailed, gate.problem, gate.hold(command)]).toEqual([true, 'offline', false]);
    expect(gate.refuses({ query: 'why', of: 1 })).toBe(true);
    expect(gate.refuses({ query: 'hash' })).toBe(false);
  });
});
