// Messages between etcd's members, stopped one by one by hand, and what becomes of them in a replay.
import { describe, expect, it } from 'vitest';
import { openCluster } from './open-cluster.ts';
import type { InFlightMessage, Run } from './protocol.ts';
import { Driver } from './testing/drive.ts';

const run: Run = { version: 1, preset: 'ha', seed: 1, epochMs: 1_767_225_600_000, inputs: [] };

function started(): Driver {
  const driver = new Driver(openCluster);
  driver.control({ control: 'start', run, untilMs: 30_000, playing: true, speed: 1 });
  return driver;
}
const inFlight = (driver: Driver): readonly InFlightMessage[] => driver.query({ query: 'in-flight', family: 'raft' }) as readonly InFlightMessage[];

describe('messages in flight', () => {
  it('the run stops as the next one leaves; it can be dropped, and the same inputs give the same history', () => {
    const driver = started();
    driver.control({ control: 'next-message', family: 'raft' });
    expect(driver.frame.playing).toBe(false);
    const [first] = inFlight(driver);
    expect(first?.from.process).toBe('etcd');
    expect(first?.arriveMs).toBeGreaterThan(driver.frame.nowMs);
    expect(driver.command({ do: 'message', id: first?.id ?? 0, action: 'drop' })).toMatchObject({ kind: 'accepted' });
    expect(inFlight(driver).some((each) => each.id === first?.id)).toBe(false);
    expect(driver.moments.at(-1)?.sentence.key).toBe('input.drop-message');
    driver.control({ control: 'play' });
    driver.pass(2000);
    driver.control({ control: 'pause' });
    const hash = driver.query({ query: 'hash' });
    const again = new Driver(openCluster);
    const recorded = driver.query({ query: 'run' }) as Run;
    again.control({ control: 'start', run: recorded, untilMs: driver.frame.endMs, playing: false, speed: 1 });
    expect(again.query({ query: 'hash' })).toBe(hash);
  });

  it('one that is held arrives later', () => {
    const driver = started();
    driver.control({ control: 'next-message', family: 'raft' });
    const [first] = inFlight(driver);
    driver.command({ do: 'message', id: first?.id ?? 0, action: 'delay', delayMs: 400 });
    expect(inFlight(driver).find((each) => each.id === first?.id)?.arriveMs).toBeCloseTo((first?.arriveMs ?? 0) + 400, 1);
  });

  it('one that has arrived is refused', () => {
    const driver = started();
    driver.control({ control: 'next-message', family: 'raft' });
    const [first] = inFlight(driver);
    driver.control({ control: 'play' });
    driver.pass(1000);
    expect(driver.command({ do: 'message', id: first?.id ?? 0, action: 'drop' })).toMatchObject({ kind: 'refused', refusal: { key: 'arrived', params: {} } });
  });

  it('a leader whose heartbeats are all dropped loses its place', () => {
    const driver = started();
    const raft = (): { role: string; term: number; leader: string } => driver.query({ query: 'view', machine: 'm2-k8s', process: 'etcd', view: 'raft' }) as { role: string; term: number; leader: string };
    const before = raft();
    for (let n = 0; n < 400 && raft().leader === before.leader; n++) {
      driver.control({ control: 'next-message', family: 'raft' });
      for (const message of inFlight(driver)) if (message.from.machine === before.leader) driver.command({ do: 'message', id: message.id, action: 'drop' });
    }
    expect(raft().term).toBeGreaterThan(before.term);
    expect(raft().leader).not.toBe(before.leader);
  });
});
