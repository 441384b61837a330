import { describe, expect, test } from 'vitest';
import type { Moment } from '../../session/protocol.ts';
import { spansOf } from './spans.ts';

let id = 0;
const moment = (atMs: number, key: string, params: Moment['sentence']['params'] = {}): Moment => ({ id: ++id, atMs, lane: 'fault', sentence: { key, params }, because: 0, level: 'info' });
const lane = (moments: readonly Moment[], name: string) => spansOf(moments).filter((span) => span.lane === name).map(({ fromMs, toMs, level, name: who }) => [fromMs, toMs, level, ...(who === undefined ? [] : [who])]);

describe('spans of the timeline', () => {
  test('a leader dies, another leads: the time between is a span of its own, a majority there was all along', () => {
    const moments = [moment(100, 'moment.etcd-leader', { member: 'm1', term: 2 }), moment(5000, 'input.power-off', { machine: 'm1' }), moment(6500, 'moment.etcd-leader', { member: 'm2', term: 3, gapMs: 1500 }), moment(9000, 'input.power-on', { machine: 'm1' })];
    expect(lane(moments, 'leadership')).toEqual([[100, 5000, 'good', 'm1'], [5000, 6500, 'bad'], [6500, undefined, 'good', 'm2']]);
    expect(lane(moments, 'quorum')).toEqual([[100, undefined, 'good']]);
    expect(lane(moments, 'fault')).toEqual([[5000, 9000, 'bad']]);
  });
  test('a lost majority begins when the leader was lost, not when it was told', () => {
    const moments = [moment(100, 'moment.etcd-leader', { member: 'm1', term: 2 }), moment(8000, 'moment.quorum-lost', { members: 3, sinceMs: 5000 }), moment(20_000, 'moment.etcd-leader', { member: 'm2', term: 4, gapMs: 15_000 }), moment(20_000, 'moment.quorum-regained', { member: 'm2' })];
    expect(lane(moments, 'leadership')).toEqual([[100, 5000, 'good', 'm1'], [5000, 20_000, 'bad'], [20_000, undefined, 'good', 'm2']]);
    expect(lane(moments, 'quorum')).toEqual([[100, 5000, 'good'], [5000, 20_000, 'bad'], [20_000, undefined, 'good']]);
  });
  test('of two traffics one fails; faults overlap; healing all ends what rules made', () => {
    const moments = [
      moment(10, 'input.traffic', { name: 'a', target: 'x', rate: 10 }), moment(20, 'input.traffic', { name: 'b', target: 'y', rate: 10 }), moment(30, 'input.cut', { name: 'cut-1' }), moment(40, 'moment.traffic-failing', { name: 'b', target: 'y' }),
      moment(50, 'input.freeze', { machine: 'm', process: 'p' }), moment(60, 'input.heal-all'), moment(70, 'moment.traffic-recovered', { name: 'b', target: 'y', seconds: 1 }), moment(80, 'input.thaw', { machine: 'm', process: 'p' }),
      moment(90, 'input.stop-traffic', { name: 'a' }), moment(95, 'input.stop-traffic', { name: 'b' }),
    ];
    expect(lane(moments, 'traffic')).toEqual([[10, 40, 'good'], [40, 70, 'bad'], [70, 95, 'good']]);
    expect(lane(moments, 'fault')).toEqual([[30, 80, 'bad']]);
  });
  test('API servers and nodes', () => {
    const moments = [moment(1, 'moment.api-available', { machine: 'm' }), moment(2, 'moment.node-ready', { node: 'w' }), moment(3, 'moment.api-unavailable'), moment(4, 'moment.api-available', { machine: 'm' }), moment(5, 'moment.node-not-ready', { node: 'w' }), moment(6, 'moment.node-ready', { node: 'w' })];
    expect(lane(moments, 'api')).toEqual([[1, 3, 'good'], [3, 4, 'bad'], [4, undefined, 'good']]);
    expect(lane(moments, 'node')).toEqual([[5, 6, 'bad']]);
  });
});
