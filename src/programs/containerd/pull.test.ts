// Pulls from simulated registries, and what containerd says when they fail.
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../kernel/create-world.ts';
import type { Program } from '../../kernel/host.ts';
import { criSocket } from '../../wire/cri.ts';
import { HttpClient } from '../../wire/http-client.ts';
import { registry } from '../registry/main.ts';
import { containerd } from './main.ts';

function pull(image: string, options: { auth?: { username: string; password: string }; down?: boolean; after?: string } = {}) {
  const results: { status: number; body: unknown; tookMs: number }[] = [];
  const puller: Program = {
    name: 'puller',
    *main(host) {
      yield* host.clock.sleep(100);
      for (const name of [image, ...(options.after === undefined ? [] : [options.after])]) {
        const startedMs = host.clock.nowMs();
        const response = yield* new HttpClient(host, criSocket).call({ method: 'POST', path: '/runtime.v1.ImageService/PullImage', body: { image: name, ...(options.auth === undefined ? {} : { auth: options.auth }) } });
        results.push({ status: response.status, body: response.body, tookMs: host.clock.nowMs() - startedMs });
      }
      return 0;
    },
  };
  const world = createWorld({ seed: 1, programs: [containerd, registry, puller] });
  const record = { program: 'nginx', args: [], sizeBytes: 60_000_000, digest: `sha256:${'a'.repeat(64)}` };
  const hub = world.addMachine({
    name: 'hub',
    address: '192.168.2.10',
    files: { '/var/lib/registry/docker.io/library/nginx/latest': record, '/var/lib/registry/reg.local/team/app/1': record, '/var/lib/registry/registry.k8s.io/pause/3.2': record, '/etc/registry/config': { open: [], closed: [], private: { 'reg.local/team': 'me:secret' } } },
    units: [{ program: 'registry' }],
  });
  const node = world.addMachine({ name: 'node', address: '192.168.1.10', files: { '/etc/hosts': '192.168.2.10 docker.io reg.local k8s.gcr.io\n' }, units: [{ program: 'containerd' }] });
  if (options.down !== true) hub.powerOn();
  node.powerOn();
  world.spawn('node', { program: 'puller' });
  world.run(120_000);
  return { results, node };
}
const message = (results: { body: unknown }[]): string => (results[0]?.body as { message?: string }).message ?? '';

describe('pulling', () => {
  it('takes as long as the image is large, and keeps it', () => {
    const { results, node } = pull('nginx', { after: 'nginx:latest' });
    expect(results[0]).toMatchObject({ status: 200, body: { imageRef: `docker.io/library/nginx@sha256:${'a'.repeat(64)}` } });
    expect(results[0]?.tookMs).toBeGreaterThan(1000);
    expect(results[1]?.tookMs).toBeLessThan(10);
    expect(node.listFiles('/var/lib/containerd/images')).toEqual(['/var/lib/containerd/images/docker.io/library/nginx:latest']);
  });
  it('of a tag that is not there', () =>
    expect(message(pull('nginx:nope').results)).toBe('failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found'));
  it('of a repository that is not there', () =>
    expect(message(pull('nginxx').results)).toBe(
      'failed to pull and unpack image "docker.io/library/nginxx:latest": failed to resolve reference "docker.io/library/nginxx:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    ));
  it('from a registry that nobody knows', () =>
    expect(message(pull('nowhere.example/app').results).replace(/127.0.0.1:\d{5}/, 'HERE')).toBe(
      'failed to pull and unpack image "nowhere.example/app:latest": failed to resolve reference "nowhere.example/app:latest": failed to do request: Head "https://nowhere.example/v2/app/manifests/latest": dial tcp: lookup nowhere.example on 127.0.0.1:53: read udp HERE->127.0.0.1:53: read: connection refused',
    ));
  it('by the name that the registry had before', () => expect(pull('k8s.gcr.io/pause:3.2').results[0]).toMatchObject({ status: 200, body: { imageRef: `k8s.gcr.io/pause@sha256:${'a'.repeat(64)}` } }));
  it('from a registry that is off', () => expect(message(pull('nginx', { down: true }).results)).toMatch(/failed to do request: Head "https:\/\/registry-1.docker.io\/v2\/library\/nginx\/manifests\/latest": dial tcp 192.168.2.10:443: .*i\/o timeout/));
  it('from a private repository needs its password', () => {
    expect(message(pull('reg.local/team/app:1').results)).toContain('no basic auth credentials');
    expect(pull('reg.local/team/app:1', { auth: { username: 'me', password: 'secret' } }).results[0]?.status).toBe(200);
  });
});
