// Pulling an image from its registry: the manifest, then every layer, in containerd's words when it fails.
import type { PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { encodeBase64 } from '../../api/meta/base64.ts';
import type { PullImageRequest } from '../../wire/cri.ts';
import { DnsError, resolve } from '../../wire/dns-resolver.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { HttpClient } from '../../wire/http-client.ts';
import { type ImageName, parseImageName } from '../../wire/image-name.ts';
import type { RuntimeConfig } from './config.ts';
import type { ContainerdEvent } from './events.ts';
import { findImage, imageFolder, imageReference, type StoredImage, storeImage } from './image-store.ts';
import { RpcFailure } from './rpc-failure.ts';

/** A manifest as our registries serve it: the image's record, with its layers when it has several. */
interface Manifest extends Omit<StoredImage, 'digest'> {
  readonly digest?: string;
  readonly layers?: readonly { readonly digest: string; readonly sizeBytes?: number; readonly size?: number }[];
  readonly config?: Partial<StoredImage>;
}

/** Returns the reference by digest. Throws RpcFailure. */
export function* pullImage(host: PrivilegedHost, config: RuntimeConfig, request: PullImageRequest): Task<string> {
  const name = parseImageName(request.image);
  if ('problem' in name) throw new RpcFailure('InvalidArgument', `failed to parse image reference "${request.image}": ${name.problem}`);
  const startedMs = host.clock.nowMs();
  host.trace.emit<ContainerdEvent>({ type: 'containerd.pull-started', image: name.canonical, registry: name.registry });
  try {
    const image = yield* fetchImage(host, config, name, request);
    if (findImage(host.disk, name.canonical)?.image.digest !== image.digest) {
      storeImage(host.disk, name.canonical, image);
      yield* host.disk.sync(`${imageFolder}/${name.canonical}`);
    }
    const tookMs = host.clock.nowMs() - startedMs;
    host.trace.emit<ContainerdEvent>({ type: 'containerd.pulled', image: name.canonical, registry: name.registry, sizeBytes: image.sizeBytes, tookMs });
    return imageReference(name.canonical, image);
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    host.trace.emit<ContainerdEvent>({ type: 'containerd.pull-failed', image: name.canonical, registry: name.registry, message: error.message });
    throw error;
  }
}

function* fetchImage(host: PrivilegedHost, config: RuntimeConfig, name: ImageName, request: PullImageRequest): Task<StoredImage> {
  const prefix = `failed to pull and unpack image "${name.canonical}"`;
  const reference = name.digest ?? name.tag ?? 'latest';
  const site = name.registry === 'docker.io' ? 'registry-1.docker.io' : name.registry;
  const path = `/v2/${name.repository}/manifests/${reference}`;
  const asked = `${prefix}: failed to resolve reference "${name.canonical}": failed to do request: Head "https://${site}${path}"`;
  const { address, port } = yield* findRegistry(host, name.registry, asked);
  const client = new HttpClient(host, `${address}:${port}`, { family: 'image', timeoutMs: 30_000 });
  const headers: Record<string, string> = { host: name.registry, accept: 'application/vnd.oci.image.manifest.v1+json' };
  if (request.auth !== undefined) headers['authorization'] = `Basic ${encodeBase64(`${request.auth.username}:${request.auth.password}`)}`;
  try {
    const response = yield* get(client, path, headers, `pull ${name.repository}:${reference}`, asked);
    if (response.status === 401 || response.status === 403) throw new RpcFailure('Unknown', `${prefix}: failed to resolve reference "${name.canonical}": ${refusedText(name, request)}`);
    if (response.status === 404) throw new RpcFailure('NotFound', `${prefix}: failed to resolve reference "${name.canonical}": ${name.canonical}: not found`);
    if (response.status >= 400) throw new RpcFailure('Unknown', `${prefix}: failed to resolve reference "${name.canonical}": unexpected status from HEAD request to https://${site}${path}: ${response.status} ${statusText(response.status)}`);
    const manifest = response.body as Manifest;
    const image = readManifest(manifest, response);
    // Content that is here already is not fetched again.
    if (findImage(host.disk, name.canonical)?.image.digest === image.digest) return image;
    const layers = manifest.layers ?? [{ digest: image.digest, sizeBytes: image.sizeBytes }];
    for (const layer of layers) {
      const blob = `/v2/${name.repository}/blobs/${layer.digest}`;
      const copying = `${prefix}: failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://${site}${blob}"`;
      const answer = yield* get(client, blob, headers, `layer ${layer.digest.slice(0, 19)}`, copying);
      if (answer.status >= 400) throw new RpcFailure('Unknown', `${prefix}: failed to copy: httpReadSeeker: failed open: unexpected status code https://${site}${blob}: ${answer.status} ${statusText(answer.status)}`);
      const size = layer.sizeBytes ?? layer.size ?? 0;
      // Down the wire, then unpacked; a registry that goes away meanwhile is noticed at the next layer.
      yield* host.clock.sleep((size / config.bandwidth) * 1000 + 40 + host.random.below(40));
    }
    return image;
  } finally {
    client.close();
  }
}

function* findRegistry(host: PrivilegedHost, registry: string, asked: string): Task<{ address: string; port: string }> {
  const colon = registry.indexOf(':');
  const name = colon < 0 ? registry : registry.slice(0, colon);
  const port = colon < 0 ? '443' : registry.slice(colon + 1);
  try {
    return { address: (yield* resolve(host, name))[0] ?? '', port };
  } catch (error) {
    if (error instanceof DnsError) throw new RpcFailure('Unknown', `${asked}: dial tcp: ${error.message}`);
    throw error;
  }
}

function* get(client: HttpClient, path: string, headers: Readonly<Record<string, string>>, note: string, asked: string): Task<HttpResponse> {
  try {
    return yield* client.call({ method: 'GET', path, headers }, { note });
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
    throw new RpcFailure('Unknown', `${asked}: ${(error as Error).message}`);
  }
}

function readManifest(manifest: Manifest, response: HttpResponse): StoredImage {
  const source = { ...manifest, ...manifest.config };
  const layersSize = (manifest.layers ?? []).reduce((sum, layer) => sum + (layer.sizeBytes ?? layer.size ?? 0), 0);
  return {
    program: source.program,
    args: source.args ?? [],
    ...(source.commandOnly === true ? { commandOnly: true } : {}),
    ...(source.env === undefined ? {} : { env: source.env }),
    sizeBytes: source.sizeBytes ?? layersSize,
    digest: manifest.digest ?? response.headers['docker-content-digest'] ?? 'sha256:unknown',
    ...(source.user === undefined ? {} : { user: source.user }),
    ...(source.files === undefined ? {} : { files: source.files }),
  };
}

function refusedText(name: ImageName, request: PullImageRequest): string {
  const denied = 'pull access denied, repository does not exist or may require authorization';
  if (name.registry === 'docker.io') return `${denied}: server message: insufficient_scope: authorization failed`;
  return request.auth === undefined ? `${denied}: authorization failed: no basic auth credentials` : `${denied}: authorization failed: unauthorized: authentication required`;
}

function statusText(status: number): string {
  return { 400: 'Bad Request', 429: 'Too Many Requests', 500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout' }[status] ?? '';
}
