// ConfigMaps and Secrets that pods of this node use: each is watched alone (as the node authoriser demands) while at least one pod needs it.
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../client/contract.ts';
import { type RunningInformer, startInformer } from '../../client/informer.ts';
import { dataOf } from './env.ts';
import type { Pod, VolumeSource } from './types.ts';

export type ObjectKind = 'configmap' | 'secret';

const refs: Readonly<Record<ObjectKind, ResourceRef>> = {
  configmap: { group: '', version: 'v1', resource: 'configmaps' },
  secret: { group: '', version: 'v1', resource: 'secrets' },
};

interface Entry {
  readonly informer: RunningInformer;
  readonly users: Set<string>;
}

export class ObjectCache {
  readonly #host: Host;
  readonly #client: ApiClient;
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: (podUids: readonly string[]) => void;

  constructor(host: Host, client: ApiClient, onChange: (podUids: readonly string[]) => void) {
    this.#host = host;
    this.#client = client;
    this.#onChange = onChange;
  }

  /** Begins to watch what the pod refers to. */
  acquire(podUid: string, namespace: string, references: readonly (readonly [ObjectKind, string])[]): void {
    for (const [kind, name] of references) {
      const key = `${kind}/${namespace}/${name}`;
      let entry = this.#entries.get(key);
      if (entry === undefined) {
        const informer = startInformer(this.#host, this.#client, refs[kind], { namespace, fieldSelector: `metadata.name=${name}` });
        const made: Entry = { informer, users: new Set() };
        informer.onChange((change) => {
          if (change.type !== 'add' || informer.synced) this.#onChange([...made.users]);
        });
        this.#entries.set(key, (entry = made));
      }
      entry.users.add(podUid);
    }
  }

  release(podUid: string): void {
    for (const [key, entry] of this.#entries) {
      if (!entry.users.delete(podUid) || entry.users.size > 0) continue;
      entry.informer.stop();
      this.#entries.delete(key);
    }
  }

  /** Waits until everything that the pod refers to has been looked up once; false after `timeoutMs`. */
  *waitFor(podUid: string, timeoutMs: number): Task<boolean> {
    const missing = [...this.#entries.values()].filter((entry) => entry.users.has(podUid) && !entry.informer.synced);
    if (missing.length === 0) return true;
    const done = yield* this.#host.tasks.timeout(
      timeoutMs,
      (function* (): Task<true> {
        for (const entry of missing) yield* entry.informer.waitForSync();
        return true;
      })(),
    );
    return done === true;
  }

  /** Decoded data; undefined when there is no such object. */
  data(kind: ObjectKind, namespace: string, name: string): Readonly<Record<string, string>> | undefined {
    const object: ApiObject | undefined = this.#entries.get(`${kind}/${namespace}/${name}`)?.informer.get(`${namespace}/${name}`);
    if (object === undefined) return undefined;
    return dataOf({ ...object, kind: kind === 'secret' ? 'Secret' : 'ConfigMap' });
  }
}

/** Every ConfigMap and Secret that a pod names. */
export function referencesOf(pod: Pod): readonly (readonly [ObjectKind, string])[] {
  const found = new Map<string, readonly [ObjectKind, string]>();
  const add = (kind: ObjectKind, name: string | undefined): void => {
    if (name !== undefined && name !== '') found.set(`${kind}/${name}`, [kind, name]);
  };
  const addSource = (source: VolumeSource): void => {
    add('configmap', source.configMap?.name);
    add('secret', source.secret?.secretName ?? source.secret?.name);
  };
  for (const volume of pod.spec.volumes ?? []) {
    addSource(volume as VolumeSource);
    for (const source of volume.projected?.sources ?? []) addSource(source);
  }
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      add('configmap', from.configMapRef?.name);
      add('secret', from.secretRef?.name);
    }
    for (const variable of container.env ?? []) {
      add('configmap', variable.valueFrom?.configMapKeyRef?.name);
      add('secret', variable.valueFrom?.secretKeyRef?.name);
    }
  }
  for (const secret of pod.spec.imagePullSecrets ?? []) add('secret', secret.name);
  return [...found.values()];
}
