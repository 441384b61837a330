// Local copies of what the server itself must know (roles, namespaces, service accounts, pods...): the watch caches, by storage prefix.
import type { WatchCache, StoredObject } from './watch-cache.ts';
import type { WatchHub } from './watch-hub.ts';

const nodeOfPod = (pod: StoredObject): string => (pod as { readonly spec?: { readonly nodeName?: string } }).spec?.nodeName ?? '';

export class Collections {
  private readonly hub: WatchHub;
  private readonly known = new Map<string, WatchCache>();

  constructor(hub: WatchHub) {
    this.hub = hub;
  }

  /** `pods`, `services/specs`, `minions`: what stands after /registry/. */
  cache(storagePrefix: string): WatchCache {
    let cache = this.known.get(storagePrefix);
    if (cache === undefined) {
      cache = this.hub.cache(`/registry/${storagePrefix}/`, storagePrefix === 'pods' ? nodeOfPod : undefined);
      this.known.set(storagePrefix, cache);
    }
    return cache;
  }

  get(storagePrefix: string, namespace: string, name: string): StoredObject | undefined {
    return this.cache(storagePrefix).get(keyFor(storagePrefix, namespace, name));
  }
}

export function keyFor(storagePrefix: string, namespace: string, name: string): string {
  return namespace === '' ? `/registry/${storagePrefix}/${name}` : `/registry/${storagePrefix}/${namespace}/${name}`;
}
