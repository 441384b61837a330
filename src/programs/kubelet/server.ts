// The kubelet's server on port 10250: pods, logs, exec, attach, port-forward, metrics; for the API server and those whom it lets in.
import type { Task } from '../../kernel/task.ts';
import { formatNanoTime, parseTime } from '../../api/meta/time.ts';
import { ApiError } from '../../client/api-error.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import { type ContainerStatus, logText, type LogRecord } from '../../wire/cri.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { type Peer, serveHttp, type StreamReply } from '../../wire/http-server.ts';
import type { HttpStream } from '../../wire/http-client.ts';
import { issueCertificate, loadCertificates, loadKeyPair, verifyPeer } from '../../wire/tls-handshake.ts';
import type { KeyPair } from '../../wire/tls.ts';
import { summary } from './figures.ts';
import type { Kubelet } from './kubelet.ts';
import { answerMetrics } from './metrics.ts';
import { readySandbox } from './pod-runtime.ts';
import type { PodWorker } from './pod-worker.ts';
import { RuntimeFailure } from './runtime-client.ts';

export function* serveKubelet(kubelet: Kubelet): Task<void> {
  const { host, config } = kubelet;
  const listener = host.network.listen(`:${config.port}`, { family: 'kubelet' });
  yield* serveHttp(host, listener, (request, peer) => answer(kubelet, request, peer), { tls: { own: servingIdentity(kubelet), clientAuth: 'request' } });
}

/** The certificate that the node was given, or one that it signs itself; that names the host, and none of its addresses. */
function servingIdentity({ host, config }: Kubelet): KeyPair {
  const folder = '/var/lib/kubelet/pki';
  if (host.disk.read(`${folder}/kubelet.crt`) !== undefined) return loadKeyPair(host, `${folder}/kubelet.crt`, `${folder}/kubelet.key`);
  const nowMs = host.clock.wallMs();
  return issueCertificate(host.random, { commonName: `${config.nodeName}@${Math.floor(nowMs / 1000)}`, isCa: true, usages: ['server auth'], dnsNames: [config.nodeName], notBeforeMs: nowMs, notAfterMs: nowMs + 31_536_000_000 });
}

const text = (status: number, body: string): HttpResponse => ({ status, headers: { 'content-type': 'text/plain' }, body });

function* answer(kubelet: Kubelet, request: HttpRequest, peer: Peer): Task<HttpResponse | StreamReply> {
  if (request.path === '/healthz') return text(200, 'ok');
  const refused = yield* authorize(kubelet, request, peer);
  if (refused !== undefined) return refused;
  const [, root = '', ...parts] = request.path.split('/');
  switch (root) {
    case 'pods':
      return { status: 200, headers: {}, body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [...kubelet.workers.values()].map((worker) => ({ ...worker.pod, ...(worker.status === undefined ? {} : { status: worker.status }) })) } };
    case 'containerLogs':
      return logs(kubelet, parts, new Map(request.query));
    case 'exec':
    case 'attach':
      return yield* openShell(kubelet, root, parts, request);
    case 'portForward':
      return yield* openPort(kubelet, parts, new Map(request.query));
    case 'stats':
      return { status: 200, headers: {}, body: yield* summary(kubelet) };
    case 'metrics':
      return yield* answerMetrics(kubelet, parts.join('/'));
    default:
      return text(404, '404 page not found');
  }
}

// ---------------------------------------------------------------- who may

function* authorize(kubelet: Kubelet, request: HttpRequest, peer: Peer): Task<HttpResponse | undefined> {
  const { config, host, client } = kubelet;
  let user: { readonly name: string; readonly groups: readonly string[] } | undefined;
  if (peer.certificate !== undefined && config.clientCAFile !== undefined) {
    const problem = verifyPeer(peer.certificate, { trust: loadCertificates(host, config.clientCAFile), wallMs: host.clock.wallMs(), usage: 'client auth' });
    if (problem === undefined) user = { name: peer.certificate.subject.commonName, groups: peer.certificate.subject.organizations };
  }
  const token = request.headers['authorization']?.replace(/^Bearer /, '');
  try {
    if (user === undefined && token !== undefined && client !== undefined) {
      const review = (yield* client.raw('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } } })).body as { status?: { authenticated?: boolean; user?: { username?: string; groups?: readonly string[] } } };
      if (review.status?.authenticated === true) user = { name: review.status.user?.username ?? '', groups: review.status.user?.groups ?? [] };
    }
    if (user === undefined) return text(401, 'Unauthorized');
    if (user.groups.includes('system:masters') || user.groups.includes('kubeadm:cluster-admins') || client === undefined || user.name === 'kube-apiserver-kubelet-client') return undefined;
    const verb = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete', HEAD: 'get', OPTIONS: 'get' }[request.method];
    const subresource = request.path.startsWith('/stats') ? 'stats' : request.path.startsWith('/metrics') ? 'metrics' : 'proxy';
    const attributes = { verb, version: 'v1', resource: 'nodes', subresource, name: config.nodeName };
    const review = (yield* client.raw('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec: { user: user.name, groups: user.groups, resourceAttributes: attributes } },
    })).body as { status?: { allowed?: boolean } };
    if (review.status?.allowed === true) return undefined;
    return text(403, `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])`);
  } catch (error) {
    if (error instanceof ApiError || error instanceof NetworkError) return text(500, `Authorization error: ${error.message}`);
    throw error;
  }
}

// ---------------------------------------------------------------- logs

function logs(kubelet: Kubelet, [namespace = '', name = '', container = '']: readonly string[], query: ReadonlyMap<string, string>): HttpResponse | StreamReply {
  const worker = kubelet.findPod(namespace, name);
  if (worker === undefined) return text(404, `pod "${name}" does not exist`);
  const found = findLog(kubelet, worker, container, query.get('previous') === 'true');
  if (typeof found === 'string') return text(400, found);
  const options = readLogOptions(query, kubelet.host.clock.wallMs());
  const lines = selectLines(kubelet.host.disk.readLog(found.logPath) as readonly LogRecord[], options);
  if (query.get('follow') !== 'true') return { status: 200, headers: { 'content-type': 'text/plain' }, body: lines.join('') };
  return { response: { status: 200, headers: { 'content-type': 'text/plain' } }, run: (stream) => followLog(kubelet, worker, found, options, lines, stream) };
}

function findLog(kubelet: Kubelet, worker: PodWorker, container: string, previous: boolean): ContainerStatus | string {
  const { pod } = worker;
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])];
  if (!all.some((each) => each.name === container)) return `container ${container} is not valid for pod ${pod.metadata.name}`;
  const started = kubelet.runtime.pod(worker.uid).containers.filter((each) => each.metadata.name === container && each.startedAtMs > 0);
  const found = previous ? started[started[0]?.state === 'CONTAINER_RUNNING' || started.length > 1 ? 1 : 0] : started[0];
  if (found !== undefined) return found;
  if (previous) return `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`;
  const state = [...(worker.status?.containerStatuses ?? []), ...(worker.status?.initContainerStatuses ?? []), ...(worker.status?.ephemeralContainerStatuses ?? [])].find((each) => each.name === container);
  const reason = state?.state.waiting?.reason ?? 'ContainerCreating';
  const why = reason === 'ErrImagePull' || reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
  return `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${why}`;
}

export interface LogOptions {
  readonly tailLines: number | undefined;
  readonly sinceMs: number | undefined;
  readonly timestamps: boolean;
  readonly limitBytes: number | undefined;
}

function readLogOptions(query: ReadonlyMap<string, string>, nowMs: number): LogOptions {
  const number = (name: string): number | undefined => (query.get(name) === undefined ? undefined : Number(query.get(name)));
  const sinceSeconds = number('sinceSeconds');
  return {
    tailLines: number('tailLines'),
    sinceMs: sinceSeconds === undefined ? parseTime(query.get('sinceTime')) : nowMs - sinceSeconds * 1000,
    timestamps: query.get('timestamps') === 'true',
    limitBytes: number('limitBytes'),
  };
}

export function selectLines(records: readonly LogRecord[], options: LogOptions): readonly string[] {
  const { sinceMs, tailLines } = options;
  // A line that was being written when the power went is no line.
  let chosen = records.filter((record) => record.text !== undefined && (sinceMs === undefined || record.timeMs >= sinceMs));
  if (tailLines !== undefined) chosen = tailLines === 0 ? [] : chosen.slice(-tailLines);
  const lines = chosen.map((record) => formatLine(record, options));
  if (options.limitBytes === undefined) return lines;
  return [lines.join('').slice(0, options.limitBytes)];
}

const formatLine = (record: LogRecord, options: LogOptions): string => `${options.timestamps ? `${formatNanoTime(record.timeMs)} ` : ''}${logText(record)}`;

function* followLog(kubelet: Kubelet, worker: PodWorker, container: ContainerStatus, options: LogOptions, first: readonly string[], stream: HttpStream): Task<void> {
  const { disk } = kubelet.host;
  const folder = container.logPath.slice(0, container.logPath.lastIndexOf('/'));
  const changes = disk.watch(folder);
  for (const line of first) stream.send(line);
  let seen = disk.readLog(container.logPath).length;
  while (stream.open) {
    const records = disk.readLog(container.logPath) as readonly LogRecord[];
    for (const record of records.slice(seen)) if (record.text !== undefined) stream.send(formatLine(record, options), record.text.slice(0, 40));
    seen = records.length;
    const status = kubelet.runtime.pod(worker.uid).containers.find((each) => each.id === container.id);
    if (status === undefined || status.state !== 'CONTAINER_RUNNING') break;
    yield* changes.take(1000);
  }
  changes.close();
  stream.close();
}

// ---------------------------------------------------------------- exec, attach, port-forward

function* openShell(kubelet: Kubelet, verb: 'exec' | 'attach', [namespace = '', name = '', ...rest]: readonly string[], request: HttpRequest): Task<HttpResponse | StreamReply> {
  const worker = kubelet.findPod(namespace, name);
  if (worker === undefined) return text(404, 'pod does not exist');
  const containerName = rest[rest.length - 1] ?? '';
  const running = kubelet.runtime.pod(worker.uid).containers.find((each) => each.metadata.name === containerName);
  if (running === undefined || running.state !== 'CONTAINER_RUNNING') return text(404, `unable to upgrade connection: container not found ("${containerName}")`);
  const query = new Map(request.query);
  const is = (...names: readonly string[]): boolean => names.some((each) => query.get(each) === 'true' || query.get(each) === '1');
  const options = { containerId: running.id, tty: is('tty'), stdin: is('stdin', 'input') };
  const cmd = request.query.filter(([key]) => key === 'command').map(([, value]) => value);
  try {
    const inner = verb === 'exec' ? yield* kubelet.runtime.open('RuntimeService/Exec', { ...options, cmd }) : yield* kubelet.runtime.open('RuntimeService/Attach', options);
    return { response: { status: 200, headers: {} }, run: (stream) => join(kubelet, stream, inner) };
  } catch (error) {
    if (error instanceof RuntimeFailure) return text(500, `error executing command in container: ${error.description}`);
    throw error;
  }
}

function* openPort(kubelet: Kubelet, [namespace = '', name = '']: readonly string[], query: ReadonlyMap<string, string>): Task<HttpResponse | StreamReply> {
  const worker = kubelet.findPod(namespace, name);
  if (worker === undefined) return text(404, 'pod does not exist');
  const sandbox = readySandbox(kubelet.runtime.pod(worker.uid));
  if (sandbox === undefined) return text(404, `pod not found ("${name}_${namespace}")`);
  const port = query.get('port') ?? query.get('ports');
  // The connection first, the ports later, each on a stream of its own.
  if (port === undefined) return { response: { status: 200, headers: {} }, run: waitForEnd };
  try {
    const inner = yield* kubelet.runtime.open('RuntimeService/PortForward', { podSandboxId: sandbox.id, port: Number(port) });
    return { response: { status: 200, headers: {} }, run: (stream) => join(kubelet, stream, inner) };
  } catch (error) {
    if (error instanceof RuntimeFailure) return text(500, error.description);
    throw error;
  }
}

function* waitForEnd(stream: HttpStream): Task<void> {
  try {
    while (stream.open && (yield* stream.receive()) !== undefined);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
  }
}

/** Hands every frame on in both directions until one side ends. */
function* join(kubelet: Kubelet, outer: HttpStream, inner: HttpStream): Task<void> {
  const upstream = kubelet.host.tasks.spawn('stream in', pump(outer, inner));
  yield* pump(inner, outer);
  upstream.cancel();
  outer.close();
}

function* pump(from: HttpStream, to: HttpStream): Task<void> {
  try {
    for (;;) {
      const frame = yield* from.receive();
      if (frame === undefined) break;
      to.send(frame);
    }
  } catch (error) {
    // One end of the stream broke: so does the other.
    if (!(error instanceof NetworkError)) throw error;
  }
  to.close();
}
