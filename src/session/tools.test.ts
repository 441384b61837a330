// The second chunk of the worker's code: a cluster boots without it, what people do waits for it, and no history depends on when it came.
import { describe, expect, it } from 'vitest';
import { CodeNotLoaded } from '../kernel/assert.ts';
import { openCluster, type OpenWorld } from './open-cluster.ts';
import { protocolVersion, type Run } from './protocol.ts';
import { Driver } from './testing/drive.ts';

const run: Run = { version: protocolVersion, preset: 'single', seed: 1, epochMs: 1767225600000, inputs: [] };
const line = { do: 'run', machine: 'laptop', line: 'kubectl get nodes' } as const;
const upMs = 20_000;

function driver(open: OpenWorld = openCluster): Driver {
  return new Driver(open, { toolsAreComing: true });
}

describe('before the tools are there', () => {
  it('a command waits and is recorded at the moment at which it is given to the run', () => {
    const page = driver();
    page.control({ control: 'start', run, untilMs: upMs, playing: true, speed: 10 });
    const id = page.post(line);
    page.pass(1000);
    expect(page.answerTo(id)).toBeUndefined();
    const cameMs = page.frame.nowMs;
    page.session.toolsArrived();
    expect(page.answerTo(id)).toMatchObject({ kind: 'accepted', atMs: cameMs });
    page.pass(2000);
    expect(page.terminal.map(({ text }) => text).join('')).toContain('Ready');
  });

  it('what a person does keeps its order; pausing waits for nothing', () => {
    const page = driver();
    page.control({ control: 'start', run, untilMs: upMs, playing: true, speed: 1 });
    const id = page.post(line);
    page.control({ control: 'step' });
    page.control({ control: 'pause' });
    page.pass(100);
    expect(page.frame.playing).toBe(false);
    const stoodMs = page.frame.nowMs;
    page.session.toolsArrived();
    expect(page.answerTo(id)).toMatchObject({ kind: 'accepted', atMs: stoodMs });
    expect(page.frame.nowMs).toBeGreaterThanOrEqual(stoodMs);
  });

  it('a run with inputs starts when they are there', () => {
    const page = driver();
    page.control({ control: 'start', run: { ...run, inputs: [{ atMs: 15_000, command: line }] }, untilMs: upMs, playing: false, speed: 1 });
    page.pass(100);
    expect(page.restarts).toBe(0);
    page.session.toolsArrived();
    page.settle();
    expect(page.restarts).toBe(1);
    expect(page.run?.inputs).toHaveLength(1);
  });

  it('without them the cluster goes on and a command is refused with the reason', () => {
    const page = driver();
    page.control({ control: 'start', run, untilMs: upMs, playing: true, speed: 10 });
    const id = page.post(line);
    page.session.toolsFailed('a part of the page could not be loaded');
    expect(page.answerTo(id)).toMatchObject({ kind: 'refused', refusal: { key: 'no-tools', params: {} } });
    const atMs = page.frame.nowMs;
    page.pass(500);
    expect(page.frame.nowMs).toBeGreaterThan(atMs);
    expect(page.crash).toBeUndefined();
  });
});

describe('a run that reaches code which is not there yet', () => {
  it('begins once it is, also when not even its machines could be made without', () => {
    let here = false;
    const page = driver((plan) => {
      if (!here && plan.preset === 'bare') throw new CodeNotLoaded();
      return openCluster(plan);
    });
    page.control({ control: 'start', run, playing: true, speed: 1 });
    page.pass(100);
    expect(page.run?.preset).toBe('single');
    page.control({ control: 'start', run: { ...run, preset: 'bare' }, playing: true, speed: 1 });
    page.pass(100);
    expect(page.crash).toBeUndefined();
    here = true;
    page.session.toolsArrived();
    page.settle();
    expect(page.run?.preset).toBe('bare');
  });

  /** A world that needs the tools at its tenth second; `swallow` as if somebody on the way had caught it. */
  function needy(swallow: boolean): { readonly open: OpenWorld; arrive(): void } {
    let here = false;
    return {
      arrive: () => void (here = true),
      open: (plan) => {
        const opened = openCluster(plan);
        const go = opened.world.run.bind(opened.world);
        opened.world.run = (untilMs, stopWhen) => {
          if (!here && untilMs > 10_000) {
            const missed = new CodeNotLoaded();
            if (!swallow) throw missed;
          }
          go(untilMs, stopWhen);
        };
        return opened;
      },
    };
  }

  for (const swallow of [false, true]) {
    it(`begins again once it is${swallow ? ', also when an error was caught on the way' : ''}: the history is that of one who had it all along`, () => {
      const world = needy(swallow);
      const page = driver(world.open);
      page.control({ control: 'start', run, untilMs: upMs, playing: false, speed: 1 });
      page.pass(200);
      expect(page.crash).toBeUndefined();
      // What was caught is noticed afterwards only: that picture is thrown away.
      const before = page.restarts;
      expect(before).toBe(swallow ? 1 : 0);
      world.arrive();
      page.session.toolsArrived();
      page.settle();
      expect(page.restarts).toBe(before + 1);
      const plain = new Driver(openCluster);
      plain.control({ control: 'start', run, untilMs: upMs, playing: false, speed: 1 });
      expect(page.query({ query: 'hash' })).toBe(plain.query({ query: 'hash' }));
    });
  }
});
