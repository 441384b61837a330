// NoExecute taints of nodes that are not ready: put on at the rate that their zone allows, taken back at once.
import { findCondition } from '../../../api/meta/conditions.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import type { RunningInformer } from '../../../client/informer.ts';
import type { Mailbox } from '../../../kernel/host.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import type { Node, Taint } from '../shared/objects.ts';
import { changeTaints, notReady, unreachable, withTaints } from '../shared/taints.ts';
import { computeEvictionRate, computeZoneState, zoneOf, type ZoneState } from './decide.ts';

export interface EvictionLimits {
  /** Share of a zone's nodes that must be silent for the zone to count as unhealthy. */
  readonly threshold: number;
  /** Nodes per second; `largeZone`: from how many nodes on the secondary rate is not zero. */
  readonly rates: Parameters<typeof computeEvictionRate>[2];
}

interface Zone {
  state: ZoneState;
  /** Nodes that wait for their NoExecute taint. */
  readonly waiting: string[];
  rate: number;
  tokens: number;
  filledMs: number;
}

const taintIntervalMs = 100;

export class NodeEviction {
  private readonly context: ControllerContext;
  private readonly client: ApiClient;
  private readonly nodes: RunningInformer<Node>;
  private readonly limits: EvictionLimits;
  private readonly zones = new Map<string, Zone>();
  private readonly bell: Mailbox<string>;

  constructor(context: ControllerContext, client: ApiClient, nodes: RunningInformer<Node>, limits: EvictionLimits) {
    this.context = context;
    this.client = client;
    this.nodes = nodes;
    this.limits = limits;
    this.bell = context.host.tasks.mailbox<string>();
  }

  /** A node is seen for the first time: its zone exists. */
  enter(node: Node): void {
    this.zoneFor(node);
  }

  /** The node is gone and waits for nothing. */
  forget(name: string): void {
    for (const zone of this.zones.values()) dequeue(zone, name);
  }

  /** What follows from its Ready condition, `True`, `False` or `Unknown`. */
  *consider(node: Node, ready: string): Task<void> {
    const { name } = node.metadata;
    const zone = this.zoneFor(node);
    if (ready === 'True') {
      dequeue(zone, name);
      const stale = evictingTaints(node);
      if (stale.length > 0) {
        this.context.emit({ type: 'controller.node-back', node: name });
        yield* attempt(changeTaints(this.client, name, withTaints([], stale)));
      }
      return;
    }
    const wanted = ready === 'False' ? notReady : unreachable;
    const other = ready === 'False' ? unreachable : notReady;
    const taints = node.spec?.taints ?? [];
    const has = (key: string): boolean => taints.some((taint) => taint.key === key && taint.effect === 'NoExecute');
    if (has(other)) yield* attempt(this.swap(name, wanted, other));
    else if (!has(wanted) && !zone.waiting.includes(name)) {
      zone.waiting.push(name);
      this.bell.put(name);
    }
  }

  /** Judges each zone by its nodes. True when every zone had been silent and one is heard again. */
  *judge(all: readonly Node[]): Task<boolean> {
    const { zones, limits } = this;
    const byZone = new Map<string, string[]>();
    for (const node of all) {
      const status = findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
      const zone = zoneOf(node);
      const list = byZone.get(zone);
      if (list === undefined) byZone.set(zone, [status]);
      else list.push(status);
    }
    const states = new Map([...byZone].map(([zone, ready]) => [zone, computeZoneState(ready, limits.threshold)]));
    const allFull = states.size > 0 && [...states.values()].every((state) => state === 'FullDisruption');
    const wasAllFull = zones.size > 0 && [...zones.values()].every(({ state }) => state === 'FullDisruption');
    if (allFull && !wasAllFull) {
      // Everybody silent: it is more likely us. Stop evicting and take back what was threatened.
      for (const node of all) {
        const stale = evictingTaints(node);
        if (stale.length > 0) yield* attempt(changeTaints(this.client, node.metadata.name, withTaints([], stale)));
      }
    }
    for (const [name, state] of states) {
      const zone = zones.get(name);
      if (zone === undefined) continue;
      if (zone.state !== state) this.context.emit({ type: 'controller.zone-state', zone: name, state });
      zone.state = state;
      zone.rate = allFull ? 0 : computeEvictionRate(state, byZone.get(name)?.length ?? 0, limits.rates);
    }
    return wasAllFull && !allFull;
  }

  /** Ten times a second while somebody waits, else not at all. */
  *run(): Task<void> {
    const { context, zones } = this;
    for (;;) {
      yield* this.bell.take();
      while ([...zones.values()].some(({ waiting }) => waiting.length > 0)) {
        yield* context.host.clock.sleep(taintIntervalMs);
        for (const zone of zones.values()) {
          const nowMs = context.nowMs();
          zone.tokens = Math.min(1, zone.tokens + ((nowMs - zone.filledMs) * zone.rate) / 1000);
          zone.filledMs = nowMs;
          while (zone.waiting.length > 0 && zone.rate > 0 && zone.tokens >= 1 - 1e-9) {
            zone.tokens -= 1;
            yield* this.taint(zone.waiting.shift() ?? '');
          }
        }
      }
    }
  }

  private *taint(name: string): Task<void> {
    const node = this.nodes.get(name);
    const ready = findCondition(node?.status?.conditions, 'Ready')?.status;
    if (node === undefined || ready === undefined || ready === 'True') return;
    const taint: Taint = { key: ready === 'False' ? notReady : unreachable, effect: 'NoExecute', timeAdded: this.context.now() };
    yield* attempt(changeTaints(this.client, name, withTaints([taint], [])));
  }

  private *swap(name: string, wanted: string, other: string): Task<void> {
    yield* changeTaints(this.client, name, withTaints([{ key: wanted, effect: 'NoExecute', timeAdded: this.context.now() }], []));
    yield* changeTaints(this.client, name, withTaints([], [{ key: other, effect: 'NoExecute' }]));
  }

  private zoneFor(node: Node): Zone {
    const name = zoneOf(node);
    let zone = this.zones.get(name);
    if (zone === undefined) this.zones.set(name, (zone = { state: 'Initial', waiting: [], rate: this.limits.rates.normal, tokens: 1, filledMs: this.context.nowMs() }));
    return zone;
  }
}

function evictingTaints(node: Node): readonly Taint[] {
  return (node.spec?.taints ?? []).filter(({ key, effect }) => effect === 'NoExecute' && (key === notReady || key === unreachable));
}

function dequeue(zone: Zone, name: string): void {
  const at = zone.waiting.indexOf(name);
  if (at >= 0) zone.waiting.splice(at, 1);
}

/** What is refused now is tried again when the node is looked at next. */
function* attempt(task: Task<void>): Task<void> {
  try {
    yield* task;
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
  }
}
