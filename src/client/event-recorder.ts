// Records Kubernetes Events about objects: sent in the background, repeated ones counted, floods dropped, as client-go does.
import { formatMicroTime, formatTime } from '../api/meta/time.ts';
import type { ApiObject } from '../api/meta/object.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Host, Mailbox } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import { ApiError, isNotFound } from './api-error.ts';
import type { ApiClient, ResourceRef } from './contract.ts';

export interface EventRecorder {
  /** `object` needs apiVersion, kind and metadata (name, namespace, uid, resourceVersion). */
  event(object: ApiObject, type: 'Normal' | 'Warning', reason: string, message: string, options?: EventOptions): void;
}

export interface EventOptions {
  /** e.g. `spec.containers{web}` */
  readonly fieldPath?: string;
  /** events.k8s.io only: what was done, e.g. `Binding`. */
  readonly action?: string;
  readonly related?: ApiObject;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface EventRecorderOptions {
  /** e.g. `kubelet`, `deployment-controller`, `default-scheduler`. */
  readonly component: string;
  /** Host of the source: kubelets give the node's name; others leave it out. For events.k8s.io: `component-hostname`. */
  readonly instance?: string;
  /** `core` (default) or the newer `events.k8s.io/v1` form (the scheduler's). */
  readonly form?: 'core' | 'events.k8s.io';
}

const coreEvents: ResourceRef = { group: '', version: 'v1', resource: 'events' };
const newEvents: ResourceRef = { group: 'events.k8s.io', version: 'v1', resource: 'events' };

export function createEventRecorder(host: Host, client: ApiClient, options: EventRecorderOptions): EventRecorder {
  const queue = host.tasks.mailbox<Recorded>();
  const broadcaster = new Broadcaster(host, client, options);
  host.tasks.spawn('events', broadcaster.run(queue));
  return {
    event: (object, type, reason, message, extra = {}) => {
      // Client-go's channel holds 1000 events and drops what does not fit.
      if (queue.size < 1000) queue.put({ object, type, reason, message, extra, wallMs: host.clock.wallMs() });
    },
  };
}

interface Recorded {
  readonly object: ApiObject;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly extra: EventOptions;
  readonly wallMs: number;
}
interface Known {
  readonly name: string;
  readonly namespace: string;
  readonly firstMs: number;
  count: number;
  lastMs: number;
}
interface Bucket {
  tokens: number;
  filledMs: number;
}

const spamBurst = 25;
const spamPerMs = 1 / 300_000;
const aggregateAfter = 10;
const aggregateWindowMs = 600_000;
const seriesGapMs = 360_000;

class Broadcaster {
  private readonly host: Host;
  private readonly client: ApiClient;
  private readonly options: EventRecorderOptions;
  private readonly known = new Map<string, Known>();
  private readonly spam = new Map<string, Bucket>();
  private readonly similar = new Map<string, { messages: Set<string>; lastMs: number }>();
  private serial = 0;

  constructor(host: Host, client: ApiClient, options: EventRecorderOptions) {
    this.host = host;
    this.client = client;
    this.options = options;
  }

  *run(queue: Mailbox<Recorded>): Task<void> {
    for (;;) {
      const recorded = yield* queue.take();
      if (recorded === undefined) return;
      const spamKey = keyOf(this.options.component, ...partsOf(recorded.object));
      if (this.options.form === 'events.k8s.io') yield* this.sendNew(recorded);
      else if (this.passesSpamFilter(spamKey, recorded.wallMs)) yield* this.sendCore(recorded);
    }
  }

  private passesSpamFilter(key: string, wallMs: number): boolean {
    let bucket = this.spam.get(key);
    if (bucket === undefined) this.spam.set(key, (bucket = { tokens: spamBurst, filledMs: wallMs }));
    bucket.tokens = Math.min(spamBurst, bucket.tokens + (wallMs - bucket.filledMs) * spamPerMs);
    bucket.filledMs = wallMs;
    if (this.spam.size > 4096) this.spam.delete(this.spam.keys().next().value as string);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** More than ten different messages of one reason in ten minutes are counted as one event. */
  private aggregate(recorded: Recorded): string {
    const key = keyOf(...partsOf(recorded.object), recorded.type, recorded.reason, recorded.extra.fieldPath ?? '');
    let group = this.similar.get(key);
    if (group === undefined || recorded.wallMs - group.lastMs > aggregateWindowMs) {
      group = { messages: new Set(), lastMs: recorded.wallMs };
      this.similar.set(key, group);
      if (this.similar.size > 4096) this.similar.delete(this.similar.keys().next().value as string);
    }
    group.messages.add(recorded.message);
    group.lastMs = recorded.wallMs;
    return group.messages.size < aggregateAfter ? recorded.message : `(combined from similar events): ${recorded.message}`;
  }

  private *sendCore(recorded: Recorded): Task<void> {
    const { object } = recorded;
    const message = this.aggregate(recorded);
    const combined = message !== recorded.message;
    const key = keyOf(...partsOf(object), recorded.type, recorded.reason, recorded.extra.fieldPath ?? '', combined ? '' : message);
    const known = this.known.get(key);
    const lastTimestamp = formatTime(recorded.wallMs);
    if (known !== undefined) {
      known.count++;
      const patch = { count: known.count, lastTimestamp, message };
      const gone = yield* this.retrying(() => this.client.patch(coreEvents, known.namespace, known.name, 'application/strategic-merge-patch+json', patch));
      if (!gone) return;
      this.known.delete(key);
    }
    const namespace = object.metadata.namespace || 'default';
    const name = this.eventName(object, recorded.wallMs);
    const { component, instance } = this.options;
    const event: ApiObject & Record<string, unknown> = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace, ...(recorded.extra.annotations === undefined ? {} : { annotations: recorded.extra.annotations }) },
      involvedObject: referenceOf(object, recorded.extra.fieldPath),
      reason: recorded.reason,
      message,
      source: { component, ...(instance === undefined ? {} : { host: instance }) },
      firstTimestamp: lastTimestamp,
      lastTimestamp,
      count: 1,
      type: recorded.type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: instance ?? '',
    };
    this.remember(key, { name, namespace, firstMs: recorded.wallMs, count: 1, lastMs: recorded.wallMs });
    yield* this.retrying(() => this.client.create(coreEvents, namespace, event));
  }

  private *sendNew(recorded: Recorded): Task<void> {
    const { object, extra } = recorded;
    const key = keyOf(...partsOf(object), recorded.type, recorded.reason, extra.action ?? '', ...(extra.related === undefined ? [] : partsOf(extra.related)));
    const known = this.known.get(key);
    if (known !== undefined && recorded.wallMs - known.lastMs < seriesGapMs) {
      known.count++;
      known.lastMs = recorded.wallMs;
      // Isomorphic events become a series; only the first repetition is written at once, later ones with the next refresh.
      if (known.count > 2 && recorded.wallMs - known.firstMs < seriesGapMs) return;
      const patch = { series: { count: known.count, lastObservedTime: formatMicroTime(recorded.wallMs) } };
      const gone = yield* this.retrying(() => this.client.patch(newEvents, known.namespace, known.name, 'application/strategic-merge-patch+json', patch));
      if (!gone) return;
    }
    const namespace = object.metadata.namespace || 'default';
    const name = this.eventName(object, recorded.wallMs);
    const event: ApiObject & Record<string, unknown> = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace },
      eventTime: formatMicroTime(recorded.wallMs),
      reportingController: this.options.component,
      reportingInstance: this.options.instance ?? `${this.options.component}-${this.host.hostname}`,
      action: extra.action ?? recorded.reason,
      reason: recorded.reason,
      regarding: referenceOf(object, extra.fieldPath),
      ...(extra.related === undefined ? {} : { related: referenceOf(extra.related, undefined) }),
      note: recorded.message,
      type: recorded.type,
    };
    this.remember(key, { name, namespace, firstMs: recorded.wallMs, count: 1, lastMs: recorded.wallMs });
    yield* this.retrying(() => this.client.create(newEvents, namespace, event));
  }

  private remember(key: string, known: Known): void {
    this.known.set(key, known);
    if (this.known.size > 4096) this.known.delete(this.known.keys().next().value as string);
  }

  /** Name, a dot and the time in nanoseconds as hexadecimal digits; a serial keeps two of one moment apart. */
  private eventName(object: ApiObject, wallMs: number): string {
    this.serial++;
    const nanos = BigInt(Math.floor(wallMs * 1000)) * 1000n + BigInt(this.serial % 1000);
    return `${object.metadata.name}.${nanos.toString(16)}`;
  }

  /** Tries 12 times, 10 s apart. Returns true when the event to patch is gone. */
  private *retrying(request: () => Task<unknown>): Task<boolean> {
    for (let attempt = 0; attempt < 12; attempt++) {
      try {
        yield* request();
        return false;
      } catch (error) {
        if (isNotFound(error)) return true;
        if (error instanceof ApiError) return false;
        if (!(error instanceof NetworkError)) throw error;
        yield* this.host.clock.sleep(attempt === 0 ? 10_000 * this.host.random.next() : 10_000);
      }
    }
    return false;
  }
}

function partsOf({ kind, metadata }: ApiObject): readonly string[] {
  return [kind, metadata.namespace ?? '', metadata.name, metadata.uid ?? ''];
}

/** Joined, not a template: these keys are kept for every pod, and what is added up is kept as the tree of its parts. */
function keyOf(...parts: readonly string[]): string {
  return parts.join('/');
}

function referenceOf(object: ApiObject, fieldPath: string | undefined): Record<string, string> {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    apiVersion: object.apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}
