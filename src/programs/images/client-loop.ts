// A load generator as demos ship one: it asks its frontend for a page, over and over, and reports when that fails.
import type { Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import { DnsError } from '../../wire/dns-resolver.ts';
import { HttpClient } from '../../wire/http-client.ts';

export const clientLoop: Program = {
  name: 'client-loop',
  *main(host) {
    const target = host.env['FRONTEND_ADDR'] ?? host.env['TARGET'] ?? 'frontend:80';
    const users = Number(host.env['USERS'] ?? '10');
    const pauseMs = Math.max(1000, 10_000 / Math.max(1, users));
    let failed = 0;
    for (let n = 1; ; n++) {
      yield* host.clock.sleep(pauseMs);
      const client = new HttpClient(host, target, { family: 'data', timeoutMs: 5000, dialTimeoutMs: 3000 });
      try {
        const response = yield* client.call({ method: 'GET', path: '/' });
        if (response.status >= 400) failed++;
      } catch (error) {
        if (!(error instanceof NetworkError) && !(error instanceof DnsError)) throw error;
        failed++;
        host.output.error(`GET http://${target}/: ${error.message}\n`);
      } finally {
        client.close();
      }
      if (n % 100 === 0) host.output.write(`${n} requests, ${failed} failed\n`);
    }
  },
};
