// Priority and fairness: every request is of a flow, every flow of a priority level, and a level has only so many seats at a time.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { Tally } from '../../../wire/metrics.ts';
import type { Config } from '../config.ts';
import type { RequestInfo } from '../request-info.ts';
import type { User } from '../stages/user.ts';
import type { Collections } from '../storage/collections.ts';
import type { StoredObject, WatchCache } from '../storage/watch-cache.ts';
import { byPrecedence, distinguisherOf, matchesFlow, type FlowSchema } from './classify.ts';
import { PriorityLevel, type Admission, type LevelShape } from './priority-level.ts';

interface Configuration extends StoredObject {
  readonly spec: {
    readonly type: string;
    readonly limited?: { readonly nominalConcurrencyShares?: number; readonly limitResponse?: { readonly type: string; readonly queuing?: LevelShape['queuing'] } };
    readonly exempt?: { readonly nominalConcurrencyShares?: number };
  };
}

/** A request that was let in; it holds seats until `leave`. */
export interface Seated {
  readonly schema: FlowSchema;
  readonly level: PriorityLevel;
  readonly width: number;
  readonly admission: Admission;
  readonly headers: Readonly<Record<string, string>>;
}

/** A list costs a seat for each hundred objects, up to ten. */
const objectsPerSeat = 100;
const mostSeats = 10;

export class FlowControl {
  private readonly host: Host;
  private readonly config: Config;
  private readonly collections: Collections;
  private readonly schemaCache: WatchCache;
  private readonly levelCache: WatchCache;
  private generation = -1;
  private schemas: readonly FlowSchema[] = [];
  private readonly levels = new Map<string, PriorityLevel>();
  /** By schema, level and what became of the request. */
  readonly admissions = new Tally();
  private readonly headers = new WeakMap<FlowSchema, Readonly<Record<string, string>>>();

  constructor(host: Host, config: Config, collections: Collections) {
    this.host = host;
    this.config = config;
    this.collections = collections;
    this.schemaCache = collections.cache('flowschemas');
    this.levelCache = collections.cache('prioritylevelconfigurations');
  }

  /** Waits for seats; undefined before there is any configuration: then everybody is let in. */
  *enter(user: User, info: RequestInfo, prefix: string | undefined): Task<Seated | undefined> {
    this.refresh();
    const schema = this.schemas.find((each) => matchesFlow(each, user, info));
    const level = schema === undefined ? undefined : this.levels.get(schema.spec.priorityLevelConfiguration.name);
    if (schema === undefined || level === undefined) return undefined;
    const width = level.shape.exempt ? 1 : this.widthOf(info, prefix);
    const admission = yield* level.enter(`${schema.metadata.name}\n${distinguisherOf(schema, user, info)}`, width, this.config.requestTimeoutMs / 4);
    this.admissions.add(`${schema.metadata.name}\n${level.shape.name}\n${admission}`);
    return { schema, level, width, admission, headers: this.headersOf(schema, level) };
  }

  leave({ level, width }: Seated): void {
    level.leave(width);
  }

  shapes(): readonly LevelShape[] {
    return [...this.levels.values()].map(({ shape }) => shape);
  }

  /** What operators see at /debug/api_priority_and_fairness/dump_priority_levels. */
  view(): object {
    return Object.fromEntries([...this.levels.values()].map((level) => [level.shape.name, { seats: level.shape.seats, executing: level.seatsInUse, waiting: level.queuedRequests, ...level.counts }]));
  }

  dump(): string {
    const head = 'PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests';
    const rows = [...this.levels.values()].sort((a, b) => (a.shape.name < b.shape.name ? -1 : 1)).map((level) => [level.shape.name, level.queuedRequests > 0 ? 1 : 0, level.seatsInUse === 0 && level.queuedRequests === 0, false, level.queuedRequests, level.seatsInUse, level.counts.dispatched, level.counts.rejected, 0, 0].join(', '));
    return `${[head, ...rows].join('\n')}\n`;
  }

  private headersOf(schema: FlowSchema, level: PriorityLevel): Readonly<Record<string, string>> {
    let known = this.headers.get(schema);
    if (known === undefined) {
      known = { 'x-kubernetes-pf-flowschema-uid': schema.metadata.uid ?? '', 'x-kubernetes-pf-prioritylevel-uid': level.uid };
      this.headers.set(schema, known);
    }
    return known;
  }

  private widthOf(info: RequestInfo, prefix: string | undefined): number {
    if (info.verb !== 'list' || prefix === undefined) return 1;
    const stored = this.collections.cache(prefix).size;
    const limit = Number(info.query.get('limit') ?? 0);
    const read = info.name !== '' ? 1 : limit > 0 ? Math.min(limit, stored) : stored;
    return Math.min(mostSeats, Math.max(1, Math.ceil(read / objectsPerSeat)));
  }

  private refresh(): void {
    const generation = this.schemaCache.generation + this.levelCache.generation;
    if (generation === this.generation) return;
    this.generation = generation;
    const configurations = this.levelCache.list('') as readonly Configuration[];
    const shares = (each: Configuration): number => each.spec?.limited?.nominalConcurrencyShares ?? each.spec?.exempt?.nominalConcurrencyShares ?? 0;
    const total = configurations.reduce((sum, each) => sum + shares(each), 0);
    const gone = new Set(this.levels.keys());
    for (const configuration of configurations) {
      const { name, uid = '' } = configuration.metadata;
      gone.delete(name);
      const shape: LevelShape = {
        name,
        exempt: configuration.spec.type === 'Exempt',
        seats: total === 0 ? 0 : Math.ceil((this.config.maxRequestsInFlight * shares(configuration)) / total),
        queuing: configuration.spec.limited?.limitResponse?.queuing,
      };
      const level = this.levels.get(name);
      if (level === undefined) this.levels.set(name, new PriorityLevel(this.host, shape, uid));
      else {
        level.shape = shape;
        level.uid = uid;
        level.dispatch();
      }
    }
    for (const name of gone) this.levels.delete(name);
    // A schema without its level leads nowhere; others of a later precedence take its requests.
    this.schemas = (this.schemaCache.list('') as readonly FlowSchema[]).filter((each) => this.levels.has(each.spec.priorityLevelConfiguration.name)).sort(byPrecedence);
  }
}
