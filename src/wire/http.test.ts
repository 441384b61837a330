import { describe, expect, it } from 'vitest';
import { createWorld } from '../kernel/create-world.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Host, Program } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import { HttpClient } from './http-client.ts';
import { serveHttp } from './http-server.ts';
import { issueCertificate, verifyPeer, encodeCertificate, decodeCertificates } from './tls-handshake.ts';

const epochMs = 1_767_225_600_000;
const year = 365 * 86_400_000;
const dice = { n: 1, hex(digits: number) { return String(this.n++).padStart(digits, '0'); } };
const times = { notBeforeMs: epochMs - 1000, notAfterMs: epochMs + year };
const ca = issueCertificate(dice, { commonName: 'kubernetes', isCa: true, ...times });
const otherCa = issueCertificate(dice, { commonName: 'kubernetes', isCa: true, ...times });
const server = issueCertificate(dice, { commonName: 'server', ipAddresses: ['10.0.0.1'], usages: ['server auth'], ...times }, ca);
const client = issueCertificate(dice, { commonName: 'alice', organizations: ['dev'], usages: ['client auth'], ...times }, ca);

const serverProgram = (clientAuth: 'request' | 'require' | 'plain'): Program => ({
  name: 'server',
  *main(host: Host): Task<number> {
    const listener = host.network.listen(':443');
    yield* serveHttp(
      host,
      listener,
      function* (request, peer) {
        if (request.path === '/slow') yield* host.clock.sleep(5000);
        if (request.path === '/watch') {
          return {
            response: { status: 200, headers: {} },
            *run(stream) {
              for (let i = 0; i < 3; i++) {
                yield* host.clock.sleep(100);
                stream.send({ i });
              }
            },
          };
        }
        return { status: 200, headers: {}, body: { path: request.path, who: peer.certificate?.subject.commonName ?? '' } };
      },
      clientAuth === 'plain' ? {} : { tls: { own: server, trust: [ca.certificate], clientAuth } },
    );
    return 0;
  },
});

function run(clientAuth: 'request' | 'require' | 'plain', main: (host: Host) => Task<unknown>): unknown {
  let result: unknown = 'nothing';
  const world = createWorld({
    seed: 1,
    programs: [
      serverProgram(clientAuth),
      {
        name: 'client',
        *main(host: Host): Task<number> {
          yield* host.clock.sleep(10);
          try {
            result = yield* main(host);
          } catch (error) {
            if (!(error instanceof NetworkError)) throw error;
            result = `${error.code}: ${error.message}`;
          }
          return 0;
        },
      },
    ],
  });
  world.addMachine({ name: 'a', address: '10.0.0.1', units: [{ program: 'server', restart: false }] }).powerOn();
  world.addMachine({ name: 'b', address: '10.0.0.2', units: [{ program: 'client', restart: false }] }).powerOn();
  world.run(60_000);
  return result;
}

describe('http over the simulated network', () => {
  it('calls, with the certificate seen by the server', () => {
    expect(run('request', function* (host) {
      const http = new HttpClient(host, '10.0.0.1:443', { tls: { own: client, trust: [ca.certificate] } });
      const first = yield* http.call({ method: 'GET', path: '/x' });
      const second = yield* http.call({ method: 'GET', path: '/y' });
      return [first.body, second.body];
    })).toEqual([{ path: '/x', who: 'alice' }, { path: '/y', who: 'alice' }]);
  });
  it('streams', () => {
    expect(run('plain', function* (host) {
      const http = new HttpClient(host, '10.0.0.1:443');
      const stream = yield* http.open({ method: 'GET', path: '/watch' });
      const seen: unknown[] = [];
      for (;;) {
        const data = yield* stream.receive();
        if (data === undefined) break;
        seen.push(data);
      }
      return [seen, stream.open, host.clock.nowMs() < 400];
    })).toEqual([[{ i: 0 }, { i: 1 }, { i: 2 }], false, true]);
  });
  it('gives up after the timeout', () => {
    expect(run('plain', function* (host) {
      const http = new HttpClient(host, '10.0.0.1:443', { timeoutMs: 1000 });
      yield* http.call({ method: 'GET', path: '/slow' });
    })).toBe('ETIMEDOUT: context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
  });
  it('refuses an unknown authority', () => {
    expect(run('request', function* (host) {
      const http = new HttpClient(host, '10.0.0.1:443', { tls: { trust: [otherCa.certificate] } });
      yield* http.call({ method: 'GET', path: '/' });
    })).toBe('EPROTO: tls: failed to verify certificate: x509: certificate signed by unknown authority');
  });
  it('demands a certificate', () => {
    expect(run('require', function* (host) {
      const http = new HttpClient(host, '10.0.0.1:443', { tls: { trust: [ca.certificate] } });
      yield* http.call({ method: 'GET', path: '/' });
    })).toBe('EPROTO: remote error: tls: certificate required');
  });
  it('says that a plain client spoke to a TLS server', () => {
    expect(run('request', function* (host) {
      const http = new HttpClient(host, '10.0.0.1:443');
      return (yield* http.call({ method: 'GET', path: '/' })).body;
    })).toBe('Client sent an HTTP request to an HTTPS server.\n');
  });
  it('is refused where nobody listens', () => {
    expect(run('plain', function* (host) {
      const http = new HttpClient(host, '10.0.0.1:444');
      yield* http.call({ method: 'GET', path: '/' });
    })).toMatch(/^ECONNREFUSED: dial tcp 10\.0\.0\.1:444: connect: connection refused/);
  });
});

describe('certificates', () => {
  it('survive PEM', () => expect(decodeCertificates(encodeCertificate(client.certificate))).toEqual([client.certificate]));
  it.each([
    ['good', ca.certificate, epochMs, '10.0.0.1', undefined],
    ['expired', ca.certificate, epochMs + 2 * year, '10.0.0.1', 'x509: certificate has expired or is not yet valid: current time 2028-01-01T00:00:00Z is after 2027-01-01T00:00:00Z'],
    ['wrong name', ca.certificate, epochMs, '10.0.0.9', 'x509: certificate is valid for 10.0.0.1, not 10.0.0.9'],
  ])('%s', (_, authority, wallMs, serverName, problem) => {
    expect(verifyPeer(server.certificate, { trust: [authority], wallMs, usage: 'server auth', serverName })).toBe(problem);
  });
});
