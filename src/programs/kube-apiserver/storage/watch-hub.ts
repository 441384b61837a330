// Feeds all watch caches from one etcd watch stream; opens it again where it broke, and lists again what was compacted away.
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Host, Mailbox } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { WatchRequest, WatchResponse } from '../../../wire/etcd-rpc.ts';
import type { HttpStream } from '../../../wire/http-client.ts';
import { EtcdError, type EtcdClient } from './etcd-client.ts';
import { WatchCache, type StoredObject } from './watch-cache.ts';

export class WatchHub {
  private readonly host: Host;
  private readonly etcd: EtcdClient;
  private readonly caches: WatchCache[] = [];
  private readonly byPrefix = new Map<string, WatchCache>();
  private stream: HttpStream | undefined;
  /** Caches that the member has confirmed to watch on this stream: only what it says after that is true of them. */
  private readonly confirmed = new Set<number>();
  private readonly wanted: Mailbox<number>;
  private started = false;

  constructor(host: Host, etcd: EtcdClient) {
    this.host = host;
    this.etcd = etcd;
    this.wanted = host.tasks.mailbox<number>();
  }

  /** The cache of a prefix such as `/registry/pods/`; started at first use. */
  cache(prefix: string, nodeOf?: (object: StoredObject) => string): WatchCache {
    let cache = this.byPrefix.get(prefix);
    if (cache === undefined) {
      cache = new WatchCache(this.host, prefix, nodeOf);
      this.byPrefix.set(prefix, cache);
      this.caches.push(cache);
      const id = this.caches.length - 1;
      if (!this.started) {
        this.started = true;
        this.host.tasks.spawn('etcd watch', this.run());
      }
      this.host.tasks.spawn(`cache ${prefix}`, this.fill(id));
    }
    return cache;
  }

  get all(): readonly WatchCache[] {
    return this.caches;
  }

  /** Asks etcd to say how far the stream has come; every cache then knows that it has seen all up to there. */
  requestProgress(): void {
    this.stream?.send({ progress: true } satisfies WatchRequest, 'progress');
  }

  /** Lists a collection until it works, then has it watched from there. */
  private *fill(id: number): Task<void> {
    const cache = this.caches[id] as WatchCache;
    let pauseMs = 100;
    for (;;) {
      try {
        const answer = yield* this.etcd.range({ key: cache.prefix, rangeEnd: endOf(cache.prefix) });
        cache.replace(answer.kvs, answer.header.revision);
        break;
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        yield* this.host.clock.sleep(pauseMs);
        pauseMs = Math.min(pauseMs * 2, 5000);
      }
    }
    if (this.stream !== undefined) this.create(this.stream, id);
    else this.wanted.put(id);
  }

  private create(stream: HttpStream, id: number): void {
    const cache = this.caches[id] as WatchCache;
    stream.send({ create: { watchId: id, key: cache.prefix, rangeEnd: endOf(cache.prefix), startRevision: cache.revision + 1 } } satisfies WatchRequest, `watch ${cache.prefix}`);
  }

  private *run(): Task<void> {
    // The first cache is filled before there is anything to watch.
    yield* this.wanted.take();
    let pauseMs = 100;
    for (;;) {
      let stream: HttpStream;
      try {
        stream = yield* this.etcd.openWatch();
        pauseMs = 100;
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        yield* this.host.clock.sleep(pauseMs * (1 + this.host.random.next()));
        pauseMs = Math.min(pauseMs * 2, 3000);
        continue;
      }
      this.stream = stream;
      this.confirmed.clear();
      while (this.wanted.poll() !== undefined);
      this.caches.forEach((cache, id) => {
        if (cache.ready) this.create(stream, id);
      });
      const lost = yield* this.read(stream);
      this.stream = undefined;
      stream.close();
      if (lost) yield* this.host.clock.sleep(100 + 100 * this.host.random.next());
    }
  }

  private *read(stream: HttpStream): Task<boolean> {
    try {
      for (;;) {
        const response = (yield* stream.receive()) as WatchResponse | undefined;
        if (response === undefined) return true;
        if (response.watchId < 0) {
          // A progress report for the whole stream.
          if (response.canceled === true) return true;
          for (const id of this.confirmed) this.caches[id]?.advance(response.header.revision);
          continue;
        }
        const cache = this.caches[response.watchId];
        if (cache === undefined) continue;
        if (response.created === true) this.confirmed.add(response.watchId);
        if (response.canceled === true) {
          this.confirmed.delete(response.watchId);
          if (response.compactRevision !== undefined && response.compactRevision > 0) {
            cache.invalidate();
            this.host.tasks.spawn(`cache ${cache.prefix}`, this.fill(response.watchId));
            continue;
          }
          // No leader, or the member goes away: everything is watched anew.
          return true;
        }
        for (const event of response.events) {
          const { kv } = event;
          if (kv.modRevision <= cache.revision) {
            // One revision may change several keys (a transaction); an older one was seen before the stream broke.
            if (kv.modRevision < cache.revision || !this.isNews(cache, kv.key, kv.modRevision, event.type)) continue;
          }
          if (event.type === 'PUT') cache.put(kv.key, kv.value, kv.modRevision, event.cause);
          else cache.remove(kv.key, kv.modRevision, event.cause);
        }
        if (response.events.length === 0 && response.created !== true) cache.advance(response.header.revision);
      }
    } catch (error) {
      if (error instanceof NetworkError) return true;
      throw error;
    }
  }

  private isNews(cache: WatchCache, key: string, revision: number, type: 'PUT' | 'DELETE'): boolean {
    const known = cache.get(key);
    return type === 'DELETE' ? known !== undefined : known === undefined || Number(known.metadata.resourceVersion) < revision;
  }
}

/** The end of the interval of all keys that begin with `prefix` (which ends with `/`). */
export function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}
