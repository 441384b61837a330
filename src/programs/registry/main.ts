// An image registry: manifests and layers by the distribution API, from records on its disk; a push writes one.
// Records: /var/lib/registry/<host>/<repository>/<tag> (RegistryImage); /etc/registry/config = {isOpen: hosts..., private: [...]}.
import { decodeBase64 } from '../../api/meta/base64.ts';
import type { Host, Program } from '../../kernel/host.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { packageFolder, packageHost } from '../images/package-repository.ts';
import type { RegistryEvent } from './events.ts';

/** An image as the registry keeps it. */
export interface RegistryImage {
  readonly program: string;
  readonly args: readonly string[];
  /** No entry point: a pod's args are the whole command. */
  readonly commandOnly?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Number of the user that it runs as; root when absent. */
  readonly user?: string;
  /** What is known of its file system: path -> text. */
  readonly files?: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  readonly digest: string;
}

export interface RegistryConfig {
  /** Prefixes `host/repository` for which any image is taken to exist, as one of which nothing is known. */
  readonly open: readonly string[];
  /** Prefixes of whose listed repositories every tag is taken to exist. */
  readonly anyTag?: readonly string[];
  /** Prefixes that are not open although they begin as one above. */
  readonly closed: readonly string[];
  /** Prefix -> the `user:password` that may read and write there. */
  readonly private: Readonly<Record<string, string>>;
}

export const registryFolder = '/var/lib/registry';
export const registryConfigPath = '/etc/registry/config';

export const registry: Program = {
  name: 'registry',
  *main(host) {
    const listener = host.network.listen(':443', { family: 'image' });
    yield* serveHttp(host, listener, function* (request) {
      return answer(host, request);
    });
    return 0;
  },
};

function answer(host: Host, request: HttpRequest): HttpResponse {
  const config = (host.disk.read(registryConfigPath) ?? { open: [], closed: [], private: {} }) as RegistryConfig;
  // The old name of Kubernetes' registry leads to the new one.
  const site = (request.headers['host'] ?? '').replace(/^registry-1\./, '').replace(/^k8s\.gcr\.io$/, 'registry.k8s.io');
  if (site === packageHost) {
    const text = host.disk.readText(`${packageFolder}${request.path}`);
    return text === undefined ? { status: 404, headers: {} } : { status: 200, headers: { 'content-type': 'text/plain' }, body: text };
  }
  if (request.path === '/v2/' || request.path === '/v2') return json(200, {});
  const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(request.path);
  if (match === null) return failure(404, 'NOT_FOUND', 'page not found');
  const [, repository = '', what = '', reference = ''] = match;
  const full = `${site}/${repository}`;
  const secret = Object.entries(config.private).find(([prefix]) => full.startsWith(prefix))?.[1];
  if (secret !== undefined && !isAuthorised(request, secret)) return failure(401, 'UNAUTHORIZED', 'authentication required');
  if (request.method === 'PUT' && what === 'manifests') return push(host, request, site, repository, reference);
  if (what === 'blobs') {
    host.trace.emit<RegistryEvent>({ type: 'registry.blob', repository, digest: reference });
    return { status: 200, headers: { 'content-type': 'application/octet-stream' } };
  }
  const image = find(host, config, full, reference);
  const known = host.disk.list(`${registryFolder}/${full}`).length > 0;
  // Docker Hub does not tell a repository that is missing from one that is private.
  const status = image !== undefined ? 200 : !known && site === 'docker.io' ? 401 : 404;
  host.trace.emit<RegistryEvent>({ type: 'registry.manifest', repository: full, reference, status });
  if (image === undefined) return status === 401 ? failure(401, 'UNAUTHORIZED', 'authentication required') : failure(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${reference}`);
  return { status: 200, headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json', 'docker-content-digest': image.digest }, body: image };
}

function find(host: Host, config: RegistryConfig, full: string, reference: string): RegistryImage | undefined {
  const folder = `${registryFolder}/${full}`;
  if (reference.startsWith('sha256:')) {
    for (const path of host.disk.list(folder)) {
      const image = host.disk.read(path) as RegistryImage;
      if (image.digest === reference) return image;
    }
    // A digest that we cannot have names the image whose tag was given with it: the content is what the record says.
    const first = host.disk.list(folder)[0];
    return first === undefined ? openImage(config, full, reference) : { ...(host.disk.read(first) as RegistryImage), digest: reference };
  }
  const listed = host.disk.list(folder)[0];
  if (listed !== undefined && config.anyTag?.some((prefix) => full.startsWith(prefix)) === true && host.disk.read(`${folder}/${reference}`) === undefined) return { ...(host.disk.read(listed) as RegistryImage), digest: inventDigest(`${full}:${reference}`) };
  return (host.disk.read(`${folder}/${reference}`) as RegistryImage | undefined) ?? (host.disk.list(folder).length > 0 ? undefined : openImage(config, full, reference));
}

function openImage(config: RegistryConfig, full: string, reference: string): RegistryImage | undefined {
  if (!config.open.some((prefix) => full.startsWith(prefix)) || config.closed.some((prefix) => full.startsWith(prefix))) return undefined;
  const digest = reference.startsWith('sha256:') ? reference : inventDigest(`${full}:${reference}`);
  return { program: 'generic-server', args: [], sizeBytes: 40_000_000, digest };
}

/** A stable stand-in for a content digest: 64 hexadecimal digits that depend on the text alone. */
export function inventDigest(text: string): string {
  let digest = '';
  for (let lane = 0; lane < 8; lane++) {
    let h = 0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b1);
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    digest += (h >>> 0).toString(16).padStart(8, '0');
  }
  return `sha256:${digest}`;
}

function push(host: Host, request: HttpRequest, site: string, repository: string, tag: string): HttpResponse {
  const body = request.body as Partial<RegistryImage> | undefined;
  if (typeof body !== 'object' || typeof body.program !== 'string') return failure(400, 'MANIFEST_INVALID', 'manifest invalid');
  const image: RegistryImage = {
    program: body.program,
    args: body.args ?? [],
    ...(body.env === undefined ? {} : { env: body.env }),
    sizeBytes: body.sizeBytes ?? 40_000_000,
    digest: body.digest ?? inventDigest(`${site}/${repository}:${tag}@${host.clock.nowMs()}`),
  };
  host.disk.write(`${registryFolder}/${site}/${repository}/${tag}`, image);
  host.trace.emit<RegistryEvent>({ type: 'registry.pushed', repository: `${site}/${repository}`, tag, user: userOf(request) });
  return { status: 201, headers: { 'docker-content-digest': image.digest } };
}

function credentials(request: HttpRequest): string {
  const header = request.headers['authorization'] ?? '';
  return header.startsWith('Basic ') ? (decodeBase64(header.slice(6)) ?? '') : '';
}
function userOf(request: HttpRequest): string {
  return credentials(request).split(':')[0] ?? '';
}
function isAuthorised(request: HttpRequest, secret: string): boolean {
  return credentials(request) === secret;
}

function json(status: number, body: unknown): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body };
}
function failure(status: number, code: string, message: string): HttpResponse {
  return json(status, { errors: [{ code, message }] });
}
