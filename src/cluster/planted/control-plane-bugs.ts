// Mistakes of API servers, controllers and nodes, put into right programs from outside.
import type { ApiClient } from '../../client/contract.ts';
import { runLeaderElection } from '../../client/leader-election.ts';
import type { Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { containerd } from '../../programs/containerd/main.ts';
import { stateFolder } from '../../programs/containerd/records.ts';
import { createKubeApiserver } from '../../programs/kube-apiserver/main.ts';
import type { WatchCache } from '../../programs/kube-apiserver/storage/watch-cache.ts';
import type { WatchHub } from '../../programs/kube-apiserver/storage/watch-hub.ts';
import { createKubeControllerManager } from '../../programs/kube-controller-manager/main.ts';
import { createKubeScheduler } from '../../programs/kube-scheduler/main.ts';

function changeCaches(hub: WatchHub, change: (cache: WatchCache) => void): void {
  const changed = new Set<WatchCache>();
  const find = hub.cache.bind(hub);
  hub.cache = (prefix, nodeOf) => {
    const cache = find(prefix, nodeOf);
    if (!changed.has(cache)) change(cache);
    changed.add(cache);
    return cache;
  };
}

/** The watch cache leaves one revision out now and then. */
export const watchCacheSkips: Program = createKubeApiserver(({ hub }) =>
  changeCaches(hub, (cache) => {
    const put = cache.put.bind(cache);
    cache.put = (key, value, revision, cause) => (revision % 41 === 0 ? cache.advance(revision) : put(key, value, revision, cause));
  }),
);

/** A watch that comes back begins at the present, not where it broke off. */
export const watchResumesLate: Program = createKubeApiserver(({ hub }) =>
  changeCaches(hub, (cache) => {
    cache.since = () => [];
  }),
);

/** An update overwrites whatever is there. */
export const losesUpdates: Program = createKubeApiserver(({ storage }) => {
  const write = storage.write.bind(storage);
  storage.write = function* (key, value, basedOn, lease) {
    const now = basedOn === 0 ? undefined : yield* storage.get(key);
    return yield* write(key, value, now === undefined ? basedOn : Number(now.metadata.resourceVersion), lease);
  };
});

/** A get is answered from the watch cache, however old that is. */
export const readsFromTheCache: Program = createKubeApiserver(({ storage, hub }) => {
  const get = storage.get.bind(storage);
  storage.get = function* (key) {
    for (const cache of hub.all) {
      const known = cache.ready && key.startsWith(cache.prefix) ? cache.get(key) : undefined;
      if (known !== undefined) return known;
    }
    return yield* get(key);
  };
});

/** A consistent list does not wait for its cache. */
export const listsWithoutWaiting: Program = createKubeApiserver(({ storage }) => {
  const { etcd } = storage;
  const range = etcd.range.bind(etcd);
  etcd.range = function* (request, timeoutMs) {
    const answer = yield* range(request, timeoutMs);
    return request.keysOnly === true ? { ...answer, header: { ...answer.header, revision: 0 } } : answer;
  };
});

type Elect = typeof runLeaderElection;

/** Whoever led once leads on, whatever became of the lease. */
const neverGivesUp: Elect = function* (host, client, options) {
  let started = false;
  function* leadForEver(): Task<void> {
    if (!started) host.tasks.spawn('leading', options.run());
    started = true;
    yield* host.tasks.latch().wait();
  }
  for (;;) yield* runLeaderElection(host, client, { ...options, run: leadForEver });
};

/** Whoever wants to lead takes the lease, whoever holds it. */
const stealsTheLease: Elect = function (host, client, options) {
  const careless = Object.assign(Object.create(client) as ApiClient, {
    *get(...args: Parameters<ApiClient['get']>) {
      const object = (yield* client.get(...args)) as { readonly spec?: object };
      return object.spec !== undefined && 'holderIdentity' in object.spec ? { ...object, spec: { ...object.spec, holderIdentity: '' } } : object;
    },
  });
  return runLeaderElection(host, careless, options);
};

export const leadersNeverGiveUp: readonly Program[] = [createKubeControllerManager(neverGivesUp), createKubeScheduler(neverGivesUp)];
export const leasesAreStolen: readonly Program[] = [createKubeControllerManager(stealsTheLease), createKubeScheduler(stealsTheLease)];

/** A runtime that is started again has forgotten what it runs: the kubelet has everything started once more. */
export const runtimeForgets: Program = {
  name: 'containerd',
  main(host, args) {
    for (const path of host.disk.list(stateFolder)) host.disk.remove(path);
    return containerd.main(host, args);
  },
};
