// Carries pod statuses to the API server: one pod after the other, each as a GET and a strategic merge patch of what differs; deletes pods that have ended.
import type { Mailbox, PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { isNotFound } from '../../client/api-error.ts';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient, ResourceRef } from '../../client/contract.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import { diffStatus } from './status-patch.ts';
import type { Pod, PodStatus } from './types.ts';

export const podsRef: ResourceRef = { group: '', version: 'v1', resource: 'pods' };

interface Entry {
  /** Uid of the pod in the API: that of the mirror pod for static pods; undefined while there is none. */
  readonly namespace: string;
  readonly name: string;
  apiUid: string | undefined;
  status: PodStatus;
  version: number;
  sentVersion: number;
  /** The pod has ended here, nothing of it is left: it may be deleted from the API. */
  isFinished: boolean;
  isQueued: boolean;
  /** What the API has, as last heard; undefined before that. */
  served: PodStatus | undefined;
  isChecking: boolean;
  cause: number;
}

const syncPeriodMs = 10_000;

/** Whether the API has another status than we last worked out. */
function differs({ served, status }: Entry): boolean {
  return served !== undefined && diffStatus(served, mergeStatus(served, status)) !== undefined;
}

export class StatusManager {
  readonly #host: PrivilegedHost;
  readonly #client: ApiClient | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: Mailbox<string>;

  constructor(host: PrivilegedHost, client: ApiClient | undefined) {
    this.#host = host;
    this.#client = client;
    this.#queue = host.tasks.mailbox<string>();
  }

  get(uid: string): PodStatus | undefined {
    return this.#entries.get(uid)?.status;
  }

  /** `status` was worked out anew and differs from before. */
  set(pod: Pod, uid: string, apiUid: string | undefined, status: PodStatus): void {
    let entry = this.#entries.get(uid);
    if (entry === undefined) {
      entry = { namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name, apiUid, status, version: 0, sentVersion: 0, isFinished: false, isQueued: false, served: undefined, isChecking: false, cause: 0 };
      this.#entries.set(uid, entry);
    }
    entry.apiUid = apiUid ?? entry.apiUid;
    entry.status = status;
    entry.version++;
    this.#enqueue(uid, entry);
  }

  /** Static pods: their mirror pod came, or came again. */
  setApiUid(uid: string, apiUid: string | undefined): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined || entry.apiUid === apiUid) return;
    entry.apiUid = apiUid;
    entry.sentVersion = 0;
    if (apiUid !== undefined) this.#enqueue(uid, entry);
  }

  /** The API's copy as it is now. What somebody else wrote into it (a lost node's pods are marked not ready) is put right at the next round. */
  observe(uid: string, served: PodStatus | undefined): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.served = served;
    if (entry.isChecking || this.#client === undefined || !differs(entry)) return;
    entry.isChecking = true;
    this.#host.tasks.spawn('status check', this.#check(uid, entry));
  }

  *#check(uid: string, entry: Entry): Task<void> {
    yield* this.#host.clock.sleep(syncPeriodMs);
    entry.isChecking = false;
    if (this.#entries.get(uid) !== entry || !differs(entry)) return;
    entry.version++;
    this.#enqueue(uid, entry);
  }

  finish(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.isFinished = true;
    this.#enqueue(uid, entry);
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  #enqueue(uid: string, entry: Entry): void {
    entry.cause = this.#host.trace.cause;
    if (entry.isQueued || this.#client === undefined) return;
    entry.isQueued = true;
    this.#queue.put(uid);
  }

  *run(): Task<void> {
    const client = this.#client;
    if (client === undefined) return;
    for (;;) {
      const uid = yield* this.#queue.take();
      if (uid === undefined) return;
      const entry = this.#entries.get(uid);
      if (entry === undefined) continue;
      entry.isQueued = false;
      if (entry.apiUid === undefined) continue;
      this.#host.trace.follow(entry.cause);
      try {
        yield* this.#sync(client, uid, entry, entry.apiUid);
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
        this.#retryLater(uid, entry);
      }
    }
  }

  /** As the real one, which goes over everything unsent every 10 s. */
  #retryLater(uid: string, entry: Entry): void {
    if (entry.isQueued) return;
    entry.isQueued = true;
    const { clock } = this.#host;
    const queue = this.#queue;
    this.#host.tasks.spawn(
      'status retry',
      (function* (): Task<void> {
        yield* clock.sleep(syncPeriodMs);
        queue.put(uid);
      })(),
    );
  }

  *#sync(client: ApiClient, uid: string, entry: Entry, apiUid: string): Task<void> {
    if (entry.version === entry.sentVersion && !entry.isFinished) return;
    let pod: Pod;
    try {
      pod = yield* client.get<Pod>(podsRef, entry.namespace, entry.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Gone: whoever deleted it is done. The pod worker hears of it by the watch.
      return;
    }
    if (pod.metadata.uid !== apiUid) {
      this.#entries.delete(uid);
      return;
    }
    // What has changed during the look goes with the rest.
    const version = entry.version;
    const wanted = mergeStatus(pod.status, entry.status);
    const patch = diffStatus(pod.status, wanted);
    if (patch !== undefined && version !== entry.sentVersion) {
      pod = yield* client.patch<Pod>(podsRef, entry.namespace, entry.name, 'application/strategic-merge-patch+json', { metadata: { uid: apiUid }, status: patch }, { subresource: 'status' });
    }
    entry.sentVersion = version;
    if (!entry.isFinished || pod.metadata.deletionTimestamp === undefined || entry.version !== version) return;
    yield* client.delete(podsRef, entry.namespace, entry.name, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid: apiUid } });
    this.#entries.delete(uid);
  }
}

/** Ours over the server's; conditions of others are kept as the server has them now. */
function mergeStatus(server: PodStatus | undefined, ours: PodStatus): PodStatus {
  const mine = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled', 'PodResizePending', 'PodResizeInProgress']);
  const own = (ours.conditions ?? []).filter((condition) => mine.has(condition.type));
  const others = (server?.conditions ?? []).filter((condition) => !mine.has(condition.type));
  const conditions = own.map((condition) => {
    const before = server?.conditions?.find((each) => each.type === condition.type);
    return before !== undefined && before.status === condition.status ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition;
  });
  const { nominatedNodeName } = server ?? {};
  return { ...ours, ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }), conditions: [...conditions, ...others] };
}
