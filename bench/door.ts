// The same through the door: HTTPS and JSON, against a cluster that runs in real time, as `npm run serve` does it.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { parseYaml } from '../src/api/yaml/parse-yaml.ts';
import type { KubeconfigDocument } from '../src/client/kubeconfig.ts';
import { serveCluster } from '../src/session/bridge/serve-cluster.ts';
import { configMap, configMapPath, pod, podCount, podPath, watcherCount } from './pods.ts';

const underWay = 32;
const lists = 5;
const rounds = 10;

export async function measureDoor(): Promise<Record<string, number>> {
  const served = await serveCluster({ preset: 'default', port: 0, host: '127.0.0.1', speed: 1, seed: 1, onCrash: (error) => { throw error; } });
  const { server, ...identity } = readDoorConfig(served.kubeconfig);
  const agent = new Agent({ keepAlive: true, maxSockets: underWay, ...identity });
  const watchAgent = new Agent({ keepAlive: true, ...identity });

  const open = (method: string, path: string, body: object | undefined, type: string, via: Agent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }) };
      const call = request(`${server}${path}`, { method, headers, agent: via }, (response) => {
        if ((response.statusCode as number) < 300) resolve(response);
        else reject(new Error(`${method} ${path}: ${response.statusCode}`));
      });
      call.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  const whole = async (method: string, path: string, body?: object, type = 'application/json'): Promise<string> => {
    const response = await open(method, path, body, type, agent);
    let text = '';
    response.setEncoding('utf8');
    for await (const part of response) text += part as string;
    return text;
  };
  const secondsOf = async (job: () => Promise<void>): Promise<number> => {
    const began = performance.now();
    await job();
    return (performance.now() - began) / 1000;
  };
  const each = (count: number, call: (number: number) => Promise<unknown>) => async (): Promise<void> => {
    let next = 0;
    await Promise.all(Array.from({ length: underWay }, async () => {
      while (next < count) await call(next++);
    }));
  };

  try {
    const creates = await secondsOf(each(podCount, (n) => whole('POST', podPath, pod(n))));
    const gets = await secondsOf(each(podCount, (n) => whole('GET', `${podPath}/bench-${n}`)));
    const updates = await secondsOf(each(podCount, (n) => whole('PATCH', `${podPath}/bench-${n}`, { metadata: { labels: { round: '1' } } }, 'application/merge-patch+json')));
    const listing = await secondsOf(each(lists, () => whole('GET', podPath)));
    await whole('POST', configMapPath, configMap(1, 0));
    // The watchers first, then the rounds: making a thousand TLS connections is not what is measured.
    let seen = 0;
    const streams = await Promise.all(Array.from({ length: watcherCount }, () => open('GET', `${configMapPath}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dbench-1`, undefined, '', watchAgent)));
    const counted = streams.map((stream) => countLines(stream, rounds + 1, () => (seen += 1)));
    const watching = await secondsOf(async () => {
      for (let round = 1; round <= rounds; round++) await whole('PUT', `${configMapPath}/bench-1`, configMap(1, round));
      await Promise.all(counted);
    });
    for (const stream of streams) stream.destroy();
    return {
      doorCreatesPerSecond: podCount / creates,
      doorGetsPerSecond: podCount / gets,
      doorUpdatesPerSecond: podCount / updates,
      doorList5000PodsMs: (listing / lists) * 1000,
      doorWatchEventsPerSecond: (watcherCount * rounds) / watching,
    };
  } finally {
    agent.destroy();
    watchAgent.destroy();
    served.close();
  }
}

/** What kubectl would find in the file: the door's address, its authority, and our certificate. */
function readDoorConfig(path: string): { readonly server: string; readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } {
  const { clusters, users } = parseYaml(readFileSync(path, 'utf8')) as KubeconfigDocument;
  const cluster = clusters?.[0]?.cluster ?? {};
  const user = users?.[0]?.user ?? {};
  const data = (text: unknown): Buffer => {
    if (typeof text !== 'string') throw new Error(`${path} lacks a certificate or key`);
    return Buffer.from(text, 'base64');
  };
  return { server: String(cluster['server']), ca: data(cluster['certificate-authority-data']), cert: data(user['client-certificate-data']), key: data(user['client-key-data']) };
}

/** Resolves once a stream has brought so many lines. */
function countLines(stream: IncomingMessage, wanted: number, onLine: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let lines = 0;
    stream.on('error', reject).on('end', () => reject(new Error('a watch ended early')));
    stream.on('data', (part: Buffer) => {
      for (const byte of part) {
        if (byte !== 10) continue;
        lines += 1;
        onLine();
        if (lines === wanted) resolve();
      }
    });
  });
}
