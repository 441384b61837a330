import { expect, test } from 'vitest';
import { eventFromStorage, eventToStorage } from './conversions.ts';

const about = { metadata: { name: 'e', namespace: 'default' }, reason: 'r' };

test('an event of events.k8s.io is stored as a core one, which says what there is nothing to say of', () => {
  const stored = eventToStorage({ apiVersion: 'events.k8s.io/v1', kind: 'Event', ...about, note: 'n' });
  expect(stored).toEqual({ apiVersion: 'v1', kind: 'Event', ...about, message: 'n', source: {}, reportingComponent: '', reportingInstance: '' });
});

test('a series says how often, even never, in one form alone', () => {
  const series = { count: 0, lastObservedTime: '2026-01-01T00:00:00.000000Z' };
  const stored = eventToStorage({ apiVersion: 'events.k8s.io/v1', kind: 'Event', ...about, series });
  expect(stored['series']).toEqual({ lastObservedTime: series.lastObservedTime });
  expect(eventFromStorage(stored)['series']).toEqual(series);
});

test('it comes back without what is nothing, and so does what was written as a core one', () => {
  const served = { apiVersion: 'events.k8s.io/v1', kind: 'Event', ...about, note: 'n', deprecatedSource: {} };
  expect(eventFromStorage(eventToStorage(served))).toEqual(served);
  expect(eventFromStorage({ apiVersion: 'v1', kind: 'Event', ...about, message: 'n', source: {}, reportingComponent: 'c', reportingInstance: '' })).toEqual({ ...served, reportingController: 'c' });
});
