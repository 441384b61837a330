// What held from when to when, lane by lane, read out of the moments: who led, whether there was a majority, an API server, answers to traffic;
// how long a node was not ready and a fault lasted. A fault and what it did to the others are read one above the other.
import type { Moment } from '../../session/protocol.ts';

export type SpanLane = 'leadership' | 'quorum' | 'api' | 'node' | 'traffic' | 'fault';

export interface Span {
  readonly lane: SpanLane;
  readonly fromMs: number;
  /** undefined: it goes on. */
  readonly toMs: number | undefined;
  readonly level: 'good' | 'bad';
  /** Who leads. */
  readonly name?: string;
}

/** One lane, in which one thing holds at a time. */
class Lane {
  readonly spans: Span[] = [];
  private readonly lane: SpanLane;
  private open: { readonly fromMs: number; readonly level: Span['level']; readonly name: string | undefined } | undefined;

  constructor(lane: SpanLane) {
    this.lane = lane;
  }

  /** From this moment on this holds; undefined: nothing does. */
  turn(atMs: number, level: Span['level'] | undefined, name?: string): void {
    if (this.open?.level === level && this.open?.name === name) return;
    this.close(atMs);
    this.open = level === undefined ? undefined : { fromMs: atMs, level, name };
  }

  private close(toMs: number | undefined): void {
    if (this.open === undefined || (toMs !== undefined && toMs <= this.open.fromMs)) return;
    const { fromMs, level, name } = this.open;
    this.spans.push({ lane: this.lane, fromMs, toMs, level, ...(name === undefined ? {} : { name }) });
  }

  end(): readonly Span[] {
    this.close(undefined);
    return this.spans;
  }
}

/** What a fault is called, so that its end is found; `begins` false ends it. `*` ends all that were made by rules. */
function faultOf({ sentence: { key, params } }: Moment): { readonly name: string; readonly begins: boolean } | undefined {
  switch (key) {
    case 'input.power-off':
    case 'input.power-on':
      return { name: `power ${params['machine']}`, begins: key === 'input.power-off' };
    case 'input.freeze':
    case 'input.thaw':
      return { name: `freeze ${params['machine']}/${params['process']}`, begins: key === 'input.freeze' };
    case 'input.cut':
    case 'input.cut-one-way':
    case 'input.cut-off':
    case 'input.slow':
    case 'input.lossy':
    case 'input.heal':
      return { name: `rule ${params['name']}`, begins: key !== 'input.heal' };
    case 'input.heal-all':
      return { name: '*', begins: false };
    case 'input.slow-disk':
      return { name: `disk ${params['machine']}`, begins: Number(params['ms']) > 10 };
    case 'input.skew':
    case 'input.skew-seconds':
    case 'input.clock-right':
      return { name: `clock ${params['machine']}`, begins: key !== 'input.clock-right' };
    default:
      return undefined;
  }
}

/** Moments in order of time. */
export function spansOf(moments: readonly Moment[]): readonly Span[] {
  const lanes = { leadership: new Lane('leadership'), quorum: new Lane('quorum'), api: new Lane('api'), node: new Lane('node'), traffic: new Lane('traffic'), fault: new Lane('fault') };
  const faults = new Set<string>();
  const silent = new Set<string>();
  const traffic = new Map<string, 'good' | 'bad'>();
  const told = (atMs: number): void => lanes.traffic.turn(atMs, traffic.size === 0 ? undefined : [...traffic.values()].includes('bad') ? 'bad' : 'good');
  for (const moment of moments) {
    const { atMs, sentence } = moment;
    const { key, params } = sentence;
    const name = String(params['name'] ?? '');
    switch (key) {
      case 'moment.etcd-leader': {
        const gapMs = Number(params['gapMs'] ?? 0);
        if (gapMs > 0) lanes.leadership.turn(atMs - gapMs, 'bad');
        lanes.leadership.turn(atMs, 'good', String(params['member'] ?? ''));
        lanes.quorum.turn(atMs, 'good');
        break;
      }
      case 'moment.quorum-lost': {
        const sinceMs = Number(params['sinceMs'] ?? atMs);
        lanes.leadership.turn(sinceMs, 'bad');
        lanes.quorum.turn(sinceMs, 'bad');
        break;
      }
      case 'moment.quorum-regained':
        lanes.quorum.turn(atMs, 'good');
        break;
      case 'moment.api-available':
        lanes.api.turn(atMs, 'good');
        break;
      case 'moment.api-unavailable':
        lanes.api.turn(atMs, 'bad');
        break;
      case 'moment.node-not-ready':
      case 'moment.node-ready':
        if (key === 'moment.node-ready') silent.delete(String(params['node']));
        else silent.add(String(params['node']));
        lanes.node.turn(atMs, silent.size === 0 ? undefined : 'bad');
        break;
      case 'input.traffic':
        traffic.set(name, 'good');
        told(atMs);
        break;
      case 'input.stop-traffic':
        traffic.delete(name);
        told(atMs);
        break;
      case 'moment.traffic-failing':
      case 'moment.traffic-recovered':
        traffic.set(name, key === 'moment.traffic-failing' ? 'bad' : 'good');
        told(atMs);
        break;
      default: {
        const fault = faultOf(moment);
        if (fault === undefined) break;
        if (fault.begins) faults.add(fault.name);
        else if (fault.name === '*') for (const each of faults) { if (each.startsWith('rule ')) faults.delete(each); }
        else faults.delete(fault.name);
        lanes.fault.turn(atMs, faults.size === 0 ? undefined : 'bad');
      }
    }
  }
  return Object.values(lanes).flatMap((lane) => lane.end());
}
