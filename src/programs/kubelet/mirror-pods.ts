// The mirror pods: what the API server sees of static pods. Made by the kubelet, owned by the Node; deleting one only makes it come again.
import type { Task } from '../../kernel/task.ts';
import { ApiError, isAlreadyExists, isNotFound } from '../../client/api-error.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { KubeletEvent } from './events.ts';
import type { Kubelet } from './kubelet.ts';
import { podsRef } from './status-manager.ts';
import { hashAnnotation, isStaticPod, mirrorAnnotation, type Pod, podKey } from './types.ts';

export class MirrorPods {
  readonly #kubelet: Kubelet;
  /** Mirror pods in the API, by `namespace/name`. */
  readonly #mirrors = new Map<string, Pod>();
  readonly #busy = new Set<string>();

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet;
  }

  apiUid(pod: Pod): string | undefined {
    const mirror = this.#mirrors.get(podKey(pod));
    return mirror?.metadata.annotations?.[mirrorAnnotation] === pod.metadata.annotations?.[hashAnnotation] ? mirror?.metadata.uid : undefined;
  }

  onApi(type: 'add' | 'update' | 'delete', mirror: Pod): void {
    const key = podKey(mirror);
    if (type === 'delete') this.#mirrors.delete(key);
    else this.#mirrors.set(key, mirror);
    const worker = this.#kubelet.findPod(mirror.metadata.namespace ?? 'default', mirror.metadata.name);
    if (worker !== undefined && isStaticPod(worker.pod)) {
      this.#kubelet.statuses.setApiUid(worker.uid, this.apiUid(worker.pod));
      if (type === 'update') this.#kubelet.statuses.observe(worker.uid, mirror.status);
      worker.wake();
    } else if (type !== 'delete') this.#spawn(key, this.#remove(mirror));
  }

  /** Makes the static pod's mirror right; tried again at every round of the pod. */
  ensure(pod: Pod): void {
    const { client } = this.#kubelet;
    if (client === undefined || this.#kubelet.node() === undefined) return;
    const mirror = this.#mirrors.get(podKey(pod));
    if (mirror !== undefined && mirror.metadata.deletionTimestamp === undefined && this.apiUid(pod) !== undefined) return;
    this.#spawn(podKey(pod), this.#make(pod, mirror));
  }

  /** The static pod is gone: so is its mirror. */
  drop(pod: Pod): void {
    const mirror = this.#mirrors.get(podKey(pod));
    if (mirror !== undefined && this.#kubelet.findPod(pod.metadata.namespace ?? 'default', pod.metadata.name) === undefined) this.#spawn(podKey(pod), this.#remove(mirror));
  }

  #spawn(key: string, task: Task<void>): void {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    const busy = this.#busy;
    this.#kubelet.host.tasks.spawn(
      `mirror ${key}`,
      (function* (): Task<void> {
        try {
          yield* task;
        } catch (error) {
          if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
        } finally {
          busy.delete(key);
        }
      })(),
    );
  }

  *#make(pod: Pod, old: Pod | undefined): Task<void> {
    const { client, config } = this.#kubelet;
    const node = this.#kubelet.node();
    if (client === undefined || node === undefined) return;
    if (old !== undefined) yield* this.#remove(old);
    const { uid: _, ...metadata } = pod.metadata;
    const mirror: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [mirrorAnnotation]: pod.metadata.annotations?.[hashAnnotation] ?? '' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: config.nodeName, uid: node.metadata.uid ?? '', controller: true }],
      },
      spec: pod.spec,
    };
    try {
      const made = yield* client.create<Pod>(podsRef, mirror.metadata.namespace ?? 'default', mirror);
      this.#kubelet.host.trace.emit<KubeletEvent>({ type: 'kubelet.mirror-created', pod: podKey(pod), uid: made.metadata.uid ?? '' });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  *#remove(mirror: Pod): Task<void> {
    const { client } = this.#kubelet;
    if (client === undefined) return;
    try {
      yield* client.delete(podsRef, mirror.metadata.namespace ?? 'default', mirror.metadata.name, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        gracePeriodSeconds: 0,
        ...(mirror.metadata.uid === undefined ? {} : { preconditions: { uid: mirror.metadata.uid } }),
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
