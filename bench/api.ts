// The API inside the simulation: a client on the laptop with 32 requests under way, real etcd, all of admission.
import { createApiClient, type ClosableApiClient } from '../src/client/rest-client.ts';
import { loadKubeconfig } from '../src/client/kubeconfig.ts';
import { createCluster } from '../src/cluster/create-cluster.ts';
import type { Host } from '../src/kernel/host.ts';
import type { Task } from '../src/kernel/task.ts';
import { configMap, configMapPath, pod, podCount, podPath, watcherCount } from './pods.ts';

const underWay = 32;
const lists = 5;
const rounds = 10;

type Job = (host: Host, client: ClosableApiClient) => Task<void>;

export function measureApi(): Record<string, number> {
  let job: Job | undefined;
  const { world } = createCluster('default', {
    seed: 1,
    extraPrograms: [
      {
        name: 'bench-client',
        *main(host) {
          const { server, tls } = loadKubeconfig(host, '/root/.kube/config');
          yield* (job as Job)(host, createApiClient(host, { server, tls }));
          return 0;
        },
      },
    ],
  });
  world.run(120_000);

  /** Wall seconds until the job has ended. */
  const secondsOf = (next: Job): number => {
    job = next;
    const process_ = world.spawn('laptop', { program: 'bench-client' });
    const began = performance.now();
    world.run(world.nowMs + 600_000, () => process_.exit !== undefined);
    if (process_.exit?.code !== 0) throw new Error(process_.exit?.error ?? 'the client did not come to an end');
    return (performance.now() - began) / 1000;
  };
  const each = (count: number, call: (client: ClosableApiClient, number: number) => Task<unknown>): Job =>
    function* (host, client) {
      let next = 0;
      const worker = function* (): Task<void> {
        while (next < count) yield* call(client, next++);
      };
      const workers = Array.from({ length: underWay }, (_, n) => host.tasks.spawn(`worker ${n}`, worker()));
      for (const one of workers) yield* one.join();
    };

  const creates = secondsOf(each(podCount, (client, n) => client.raw('POST', podPath, { body: pod(n) })));
  const gets = secondsOf(each(podCount, (client, n) => client.raw('GET', `${podPath}/bench-${n}`)));
  const updates = secondsOf(
    each(podCount, (client, n) => client.raw('PATCH', `${podPath}/bench-${n}`, { body: { metadata: { labels: { round: '1' } } }, headers: { 'content-type': 'application/merge-patch+json' } })),
  );
  const listing = secondsOf(each(lists, (client) => client.raw('GET', podPath)));
  let seen = 0;
  const watching = secondsOf(function* (host, client) {
    yield* client.raw('POST', configMapPath, { body: configMap(1, 0) });
    const watch = function* (): Task<void> {
      const stream = yield* client.stream('GET', `${configMapPath}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dbench-1`);
      // The object as it is, then each round.
      for (let n = 0; n <= rounds; n++) {
        if ((yield* stream.receive()) === undefined) throw new Error('a watch ended early');
        seen++;
      }
      stream.close();
    };
    const watchers = Array.from({ length: watcherCount }, (_, n) => host.tasks.spawn(`watch ${n}`, watch()));
    yield* host.clock.sleep(1000);
    for (let round = 1; round <= rounds; round++) yield* client.raw('PUT', `${configMapPath}/bench-1`, { body: configMap(1, round) });
    for (const one of watchers) yield* one.join();
  });
  return {
    apiCreatesPerSecond: podCount / creates,
    apiGetsPerSecond: podCount / gets,
    apiUpdatesPerSecond: podCount / updates,
    apiList5000PodsMs: (listing / lists) * 1000,
    apiWatchEventsPerSecond: seen / watching,
  };
}
