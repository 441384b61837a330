// The door under requests that nobody should send, over real HTTPS: bytes that are no text, protobuf that is none, broken heads.
import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../api/registry.ts';
import { createRandom } from '../../kernel/random.ts';
import { mayFail } from '../cli/fuzz/fuzz.ts';
import { pick } from '../cli/fuzz/nasty.ts';
import { RequestMaker } from '../cli/fuzz/requests.ts';
import type { OutsideRequestHead } from '../protocol.ts';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';
import { sentByKubectl, writtenByGo } from './testing/protobuf-bodies.ts';

let served: ServedCluster;
let crash: unknown;
let authority: string;
let token: string;
let agent: Agent;

beforeAll(async () => {
  served = await serveCluster({ preset: 'conformance', port: 0, host: '127.0.0.1', speed: 20, seed: 1, onCrash: (error) => (crash = error) });
  const kubeconfig = readFileSync(served.kubeconfig, 'utf8');
  authority = Buffer.from(/certificate-authority-data: (\S+)/.exec(kubeconfig)?.[1] ?? '', 'base64').toString();
  token = /token: (\S+)/.exec(kubeconfig)?.[1] ?? '';
  agent = new Agent({ ca: authority, keepAlive: true, maxSockets: 8 });
});
afterAll(() => {
  agent.destroy();
  served.close();
  expect(crash).toBeUndefined();
});

/** undefined when Node's own client will not send such a thing. */
function send(head: OutsideRequestHead, bytes: Buffer | undefined): Promise<{ readonly status: number; readonly body: string } | undefined> {
  return new Promise((resolve, reject) => {
    const query = new URLSearchParams(head.query.map(([name, value]) => [name, value])).toString();
    try {
      const outgoing = httpsRequest(`${served.url}`, { method: head.method, path: `${head.path}${query === '' ? '' : `?${query}`}`, agent, headers: { authorization: `Bearer ${token}`, ...head.headers } }, (incoming) => {
        let body = '';
        // A stream that does not end: its head is enough.
        const enough = setTimeout(() => {
          resolve({ status: incoming.statusCode ?? 0, body });
          incoming.destroy();
        }, 300);
        incoming.on('close', () => clearTimeout(enough));
        incoming.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
        incoming.on('error', () => undefined);
      });
      outgoing.on('error', reject);
      outgoing.end(bytes);
    } catch {
      resolve(undefined);
    }
  });
}

describe('the door under requests that nobody should send', () => {
  it('answers each of them, and not with a fault of its own', async () => {
    const random = createRandom(7, 'http');
    const maker = new RequestMaker(random, kinds.map((kind) => ({ group: kind.group, version: kind.version, kind: kind.kind, resource: kind.resource, namespaced: kind.namespaced, definition: kind.definition })));
    const faults: unknown[] = [];
    let answered = 0;
    for (let i = 0; i < 400; i++) {
      const head = maker.next();
      const bytes = head.bytes !== undefined ? Buffer.from(head.bytes, 'base64') : head.body === undefined ? undefined : Buffer.from(head.body);
      // Here and there a byte that is none of UTF-8.
      if (bytes !== undefined && bytes.length > 0 && i % 3 === 0) bytes[random.below(bytes.length)] = 0x80 | random.below(128);
      const answer = await send(head, bytes);
      if (answer === undefined) continue;
      answered++;
      if (answer.status >= 500 && !mayFail(head, answer)) faults.push([answer.status, answer.body.slice(0, 300), head.method, head.path]);
    }
    expect(faults).toEqual([]);
    expect(answered).toBeGreaterThan(300);
  }, 60_000);

  it('answers protobuf with bytes changed, lost and doubled', async () => {
    const random = createRandom(11, 'protobuf');
    const bodies = [...sentByKubectl, ...writtenByGo].map(([, base64]) => Buffer.from(base64, 'base64'));
    const paths = ['/api/v1/namespaces', '/apis/apps/v1/namespaces/default/deployments', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', '/apis/apiregistration.k8s.io/v1/apiservices'];
    const statuses = new Map<number, number>();
    for (let i = 0; i < 300; i++) {
      let bytes = Buffer.from(pick(random, bodies));
      for (let changes = random.below(4); changes > 0; changes--) {
        const at = random.below(bytes.length);
        const end = at + random.below(bytes.length - at);
        const way = random.below(3);
        if (way === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
        else if (way === 1) bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
        else bytes[at] = random.below(256);
        if (bytes.length === 0) break;
      }
      const answer = await send({ method: 'POST', path: pick(random, paths), query: [['dryRun', 'All']], headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } }, bytes);
      statuses.set(answer?.status ?? 0, (statuses.get(answer?.status ?? 0) ?? 0) + 1);
    }
    expect([...statuses.keys()].filter((status) => status === 0 || status >= 500)).toEqual([]);
    expect(statuses.get(400)).toBeGreaterThan(50);
    expect(statuses.get(201)).toBeGreaterThan(5);
  }, 60_000);

  it.each([
    ['no HTTP', Buffer.from('hello\r\n\r\n')],
    ['a head without an end', Buffer.from(`GET /${'a'.repeat(70_000)} HTTP/1.1\r\n`)],
    ['a body that does not come', Buffer.from('POST /api/v1/namespaces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{')],
    ['an upgrade to nothing', Buffer.from('GET /api/v1/namespaces/default/pods/x/exec HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n\x80\x03\x00\x01\xff\xff\xff\xff')],
  ])('goes on after %s', async (_what, bytes) => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ port: Number(new URL(served.url).port), host: '127.0.0.1', ca: authority, servername: 'localhost' }, () => {
        socket.write(bytes);
        socket.end();
      });
      socket.resume();
      socket.on('close', () => resolve());
      socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve() : reject(error)));
      setTimeout(() => socket.destroy(), 1000);
    });
    expect((await send({ method: 'GET', path: '/readyz', query: [], headers: {} }, undefined))?.status).toBe(200);
  });
});
