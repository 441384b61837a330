// What image programs share: a small HTTP server that logs a line per request and stops politely.
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { serveHttp } from '../../wire/http-server.ts';

export type Answer = (request: HttpRequest, remote: string) => HttpResponse;

/** Serves `answer` on every port until SIGTERM, then lets requests in hand finish. Returns the exit code. */
export function* serveApp(host: Host, ports: readonly number[], answer: Answer, log: (request: HttpRequest, response: HttpResponse, remote: string) => void): Task<number> {
  const terminate = host.signals.catchTerminate();
  for (const port of ports) {
    try {
      const listener = host.network.listen(`:${port}`, { family: 'data' });
      host.tasks.spawn(
        `port ${port}`,
        serveHttp(
          host,
          listener,
          function* (request, peer) {
            host.usage.cpuMs += 0.2;
            const response = answer(request, peer.remote);
            log(request, response, peer.remote);
            return response;
          },
          { stopping: terminate },
        ),
      );
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      host.output.error(`${error.message}\n`);
      return 1;
    }
  }
  yield* terminate.wait();
  yield* host.clock.sleep(20);
  return 0;
}
