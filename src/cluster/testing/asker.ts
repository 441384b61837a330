// Requests to a cluster's API server with any header and any body, one at a time: `ask` returns what was answered, refusals too.
import { isApiError } from '../../client/api-error.ts';
import type { ApiStream } from '../../client/contract.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { createApiClient, type ClosableApiClient } from '../../client/rest-client.ts';
import type { Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { World } from '../../kernel/world.ts';

export type Body = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Seen {
  readonly type: string;
  readonly object: Body;
}

/** A watch that is open: what came so far. */
export interface Watching {
  readonly events: readonly Seen[];
  /** `ADDED a`, `MODIFIED a` */
  said(): readonly string[];
  readonly ended: boolean;
  /** The client hangs up. */
  stop(): void;
}

export class Asker {
  readonly program: Program;
  private job: ((client: ClosableApiClient, host: Host) => Task<unknown>) | undefined;

  constructor() {
    const take = (): ((client: ClosableApiClient, host: Host) => Task<unknown>) | undefined => this.job;
    this.program = {
      name: 'asker',
      *main(host) {
        const work = take();
        const config = loadKubeconfig(host, '/root/.kube/config');
        const client = createApiClient(host, { server: config.server, tls: config.tls, userAgent: 'e2e.test/v1.36' });
        if (work !== undefined) yield* work(client, host);
        client.close();
        return 0;
      },
    };
  }

  /** Runs `main` on the laptop to its end. */
  run<T>(world: World, main: (client: ClosableApiClient, host: Host) => Task<T>, maxMs = 120_000): T {
    let result: { readonly value: T } | undefined;
    this.job = function* (client, host) {
      result = { value: yield* main(client, host) };
    };
    world.spawn('laptop', { program: 'asker' });
    world.run(world.nowMs + maxMs, () => result !== undefined);
    if (result === undefined) throw new Error('the client did not end');
    return result.value;
  }

  ask(world: World, method: string, path: string, { body, headers }: Ask = {}): Answer {
    return this.run(world, function* (client) {
      try {
        const options = { ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) };
        const { status, headers: answered, body: said } = yield* client.raw(method, path, options);
        return { status, headers: answered, body: said };
      } catch (error) {
        if (!isApiError(error)) throw error;
        return { status: error.code, headers: {}, body: error.status };
      }
    });
  }

  /** Opens a watch of that path (with its query) and goes on listening; returns once it is open. */
  watch(world: World, path: string, headers?: Readonly<Record<string, string>>): Watching {
    const events: Seen[] = [];
    let stream: ApiStream | undefined;
    let ended = false;
    let opened = false;
    this.job = function* (client) {
      stream = yield* client.stream('GET', path, headers === undefined ? {} : { headers });
      opened = true;
      for (;;) {
        const event = (yield* stream.receive()) as Seen | undefined;
        if (event === undefined) break;
        events.push(event);
      }
      ended = true;
    };
    world.spawn('laptop', { program: 'asker' });
    world.run(world.nowMs + 20_000, () => opened);
    if (!opened) throw new Error('the watch did not open');
    return {
      events,
      said: () => events.map(({ type, object }) => `${type} ${String((object as { readonly metadata?: { readonly name?: string } }).metadata?.name)}`),
      get ended() {
        return ended;
      },
      stop: () => stream?.close(),
    };
  }
}
