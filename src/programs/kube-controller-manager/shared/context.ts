// What every controller is given: shared informers, a client that is its own service account, queues, and words for the trace.
import type { ApiObject } from '../../../api/meta/object.ts';
import { formatTime } from '../../../api/meta/time.ts';
import type { ApiClient, ResourceRef, WorkQueue } from '../../../client/contract.ts';
import { startController } from '../../../client/controller.ts';
import { createEventRecorder, type EventRecorder } from '../../../client/event-recorder.ts';
import type { Flags } from '../../../client/flags.ts';
import { startInformer, waitForSync, type RunningInformer } from '../../../client/informer.ts';
import { createWorkQueue } from '../../../client/work-queue.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerManagerEvent, Decision } from '../events.ts';
import { controllerOf, type Pod } from './objects.ts';
import { RateLimit } from './rate-limit.ts';
import { ServiceAccountClient } from './service-account-client.ts';

type Indexers = Readonly<Record<string, (object: ApiObject) => readonly string[]>>;

/** By the uid of the controlling owner; objects without one by `orphan/<namespace>`. */
function byOwner(object: ApiObject): readonly string[] {
  return [controllerOf(object)?.uid ?? `orphan/${object.metadata.namespace ?? ''}`];
}

const indexers: Readonly<Record<string, Indexers>> = {
  pods: { owner: byOwner, node: (pod) => [(pod as Pod).spec.nodeName ?? ''] },
  replicasets: { owner: byOwner },
  controllerrevisions: { owner: byOwner },
  jobs: { owner: byOwner },
  endpointslices: { service: (slice) => [`${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`] },
};

export interface Loop {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly workers?: number;
  readonly maxRetries?: number;
  /** Start only when these are in the cache. */
  readonly needs: readonly RunningInformer[];
  readonly reconcile: (key: string) => Task<void>;
}

export class ControllerContext {
  readonly host: Host;
  readonly flags: Flags;
  /** system:kube-controller-manager */
  readonly root: ApiClient;
  readonly queues: WorkQueue[] = [];
  private readonly anonymous: ApiClient;
  private readonly informers = new Map<string, RunningInformer>();
  private readonly clients = new Map<string, ApiClient>();

  constructor(host: Host, flags: Flags, root: ApiClient, anonymous: ApiClient) {
    this.host = host;
    this.flags = flags;
    this.root = root;
    this.anonymous = anonymous;
  }

  /** The one informer of this resource in the process. */
  informer<T extends ApiObject = ApiObject>(ref: ResourceRef): RunningInformer<T> {
    const key = `${ref.group}/${ref.resource}`;
    let informer = this.informers.get(key);
    if (informer === undefined) {
      const own = indexers[ref.resource];
      informer = startInformer(this.host, this.root, ref, own === undefined ? {} : { indexers: own });
      this.informers.set(key, informer);
    }
    return informer as unknown as RunningInformer<T>;
  }

  /** For kinds that may go: nobody serves them any more. Who asks for the resource again gets a new informer. */
  forget(ref: Pick<ResourceRef, 'group' | 'resource'>): void {
    const key = `${ref.group}/${ref.resource}`;
    this.informers.get(key)?.stop();
    this.informers.delete(key);
  }

  /** A client that acts as this service account of kube-system. */
  client(account: string): ApiClient {
    let client = this.clients.get(account);
    if (client === undefined) {
      const limit = new RateLimit(this.host, this.flags.number('kube-api-qps', 20), this.flags.number('kube-api-burst', 30));
      client = this.flags.bool('use-service-account-credentials', false) ? new ServiceAccountClient(this.host, this.root, this.anonymous, account, limit) : this.root;
      this.clients.set(account, client);
    }
    return client;
  }

  recorder(component: string, client: ApiClient): EventRecorder {
    return createEventRecorder(this.host, client, { component });
  }

  queue(name: string, options?: Parameters<typeof createWorkQueue>[2]): WorkQueue {
    const queue = createWorkQueue(this.host, name, options);
    this.queues.push(queue);
    return queue;
  }

  /** Starts a loop's workers once its caches are full. */
  start(loop: Loop): void {
    this.host.tasks.spawn(`${loop.name} start`, this.startWhenSynced(loop));
  }

  private *startWhenSynced(loop: Loop): Task<void> {
    yield* waitForSync(...loop.needs);
    this.emit({ type: 'controller.started', controller: loop.name });
    const reconcile = loop.reconcile;
    const emit = this.emit.bind(this);
    const { usage } = this.host;
    startController(this.host, {
      name: loop.name,
      queue: loop.queue,
      workers: loop.workers ?? 5,
      ...(loop.maxRetries === undefined ? {} : { maxRetries: loop.maxRetries }),
      reconcile: (key) => {
        emit({ type: 'controller.reconcile', controller: loop.name, key });
        usage.cpuMs += 0.3;
        return reconcile(key);
      },
      onError: (key, error) => {
        emit({ type: 'controller.retry', controller: loop.name, key, message: error.message });
      },
    });
  }

  /** Runs `work` again and again with `periodMs` between, once the caches are full. */
  every(name: string, periodMs: number, needs: readonly RunningInformer[], work: () => Task<void>): void {
    const { host } = this;
    function* loop(): Task<void> {
      yield* waitForSync(...needs);
      for (;;) {
        yield* work();
        yield* host.clock.sleep(periodMs);
      }
    }
    host.tasks.spawn(name, loop());
  }

  decided(controller: string, key: string, action: string, decision: Decision): void {
    this.emit({ type: 'controller.decided', controller, key, action, decision });
  }

  emit(event: ControllerManagerEvent): number {
    return this.host.trace.emit(event);
  }

  /** The present as an object's field would say it. */
  now(): string {
    return formatTime(this.host.clock.wallMs());
  }

  wallMs(): number {
    return this.host.clock.wallMs();
  }

  nowMs(): number {
    return this.host.clock.nowMs();
  }
}
