// Carrying out one probe or lifecycle hook: http, tcp, exec, grpc, sleep; with the texts that the kubelet reports.
import type { Task } from '../../kernel/task.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import { HttpClient } from '../../wire/http-client.ts';
import type { Kubelet } from './kubelet.ts';
import { readySandbox } from './pod-runtime.ts';
import { RuntimeFailure } from './runtime-client.ts';
import type { Container, Handler, Pod } from './types.ts';

export interface Attempt {
  readonly success: boolean;
  readonly output: string;
  /** It could not be tried at all. */
  readonly isError?: boolean;
}

export function* runHandler(kubelet: Kubelet, pod: Pod, container: Container, handler: Handler, containerId: string, timeoutMs: number): Task<Attempt> {
  if (handler.exec !== undefined) return yield* runExec(kubelet, handler.exec.command ?? [], containerId, timeoutMs);
  if (handler.httpGet !== undefined) return yield* runHttp(kubelet, pod, container, handler.httpGet, timeoutMs);
  if (handler.tcpSocket !== undefined) {
    const port = resolvePort(container, handler.tcpSocket.port);
    if (port === undefined) return badPort(handler.tcpSocket.port);
    return yield* runTcp(kubelet, `${handler.tcpSocket.host ?? podAddress(kubelet, pod)}:${port}`, timeoutMs);
  }
  if (handler.grpc !== undefined) return yield* runGrpc(kubelet, `${podAddress(kubelet, pod)}:${handler.grpc.port}`, handler.grpc.service ?? '', timeoutMs);
  if (handler.sleep !== undefined) {
    yield* kubelet.host.clock.sleep(handler.sleep.seconds * 1000);
    return { success: true, output: '' };
  }
  return { success: false, output: 'missing probe handler', isError: true };
}

function podAddress(kubelet: Kubelet, pod: Pod): string {
  if (pod.spec.hostNetwork === true) return kubelet.addresses[0] ?? '127.0.0.1';
  return readySandbox(kubelet.runtime.pod(kubelet.runtimeUid(pod)))?.ip ?? '';
}

/** A number, or the name of one of the container's ports. */
function resolvePort(container: Container, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((each) => each.name === port);
  if (named !== undefined) return named.containerPort;
  const number = Number(port);
  return number > 0 ? number : undefined;
}

const badPort = (port: number | string): Attempt => ({ success: false, output: `strconv.Atoi: parsing "${port}": invalid syntax`, isError: true });

function* runHttp(kubelet: Kubelet, pod: Pod, container: Container, action: NonNullable<Handler['httpGet']>, timeoutMs: number): Task<Attempt> {
  const port = resolvePort(container, action.port);
  if (port === undefined) return badPort(action.port);
  const host = action.host === undefined || action.host === '' ? podAddress(kubelet, pod) : action.host;
  const isSecure = (action.scheme ?? 'HTTP').toUpperCase() === 'HTTPS';
  const whole = (action.path ?? '/').startsWith('/') ? (action.path ?? '/') : `/${action.path}`;
  const [path = '/', search] = whole.split('?');
  const query = (search ?? '').split('&').filter((part) => part !== '').map((part) => [decode(part.split('=')[0] ?? ''), decode(part.split('=').slice(1).join('='))] as const);
  const headers: Record<string, string> = { 'user-agent': `kube-probe/${kubelet.config.version.replace(/^v|\.\d+$/g, '')}`, accept: '*/*' };
  for (const header of action.httpHeaders ?? []) headers[header.name.toLowerCase()] = header.value;
  const client = new HttpClient(kubelet.host, `${host}:${port}`, { family: 'probe', ...limits(timeoutMs), ...(isSecure ? { tls: {} } : {}) });
  try {
    const response = yield* client.call({ method: 'GET', path, query, headers }, { note: `probe GET ${whole}` });
    if (response.status >= 200 && response.status < 400) return { success: true, output: typeof response.body === 'string' ? response.body : '' };
    return { success: false, output: `HTTP probe failed with statuscode: ${response.status}` };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    const text = error.code === 'ETIMEDOUT' ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : error.message;
    return { success: false, output: `Get "${isSecure ? 'https' : 'http'}://${host}:${port}${whole}": ${text}` };
  } finally {
    client.close();
  }
}

/** 0: no limit, as for hooks. */
const limits = (timeoutMs: number): { readonly timeoutMs?: number; readonly dialTimeoutMs?: number } => (timeoutMs > 0 ? { timeoutMs, dialTimeoutMs: timeoutMs } : {});

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replace(/\+/g, ' '));
  } catch {
    return part;
  }
}

function* runTcp(kubelet: Kubelet, address: string, timeoutMs: number): Task<Attempt> {
  try {
    const connection = yield* kubelet.host.network.dial(address, { timeoutMs, family: 'probe' });
    connection.close();
    return { success: true, output: '' };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return { success: false, output: error.code === 'ETIMEDOUT' ? `dial tcp ${address}: i/o timeout` : error.message };
  }
}

function* runGrpc(kubelet: Kubelet, address: string, service: string, timeoutMs: number): Task<Attempt> {
  const client = new HttpClient(kubelet.host, address, { family: 'probe', timeoutMs, dialTimeoutMs: timeoutMs });
  try {
    const response = yield* client.call({ method: 'POST', path: '/grpc.health.v1.Health/Check', body: { service } }, { note: 'probe grpc' });
    const status = (response.body as { status?: string } | undefined)?.status;
    if (response.status < 400 && status === 'SERVING') return { success: true, output: 'service healthy' };
    return { success: false, output: `service unhealthy (responded with "${status ?? 'UNKNOWN'}")` };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return { success: false, output: `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded` };
  } finally {
    client.close();
  }
}

function* runExec(kubelet: Kubelet, cmd: readonly string[], containerId: string, timeoutMs: number): Task<Attempt> {
  try {
    const result = yield* kubelet.runtime.call('RuntimeService/ExecSync', { containerId, cmd, timeoutSeconds: timeoutMs / 1000 }, `exec ${cmd.join(' ')}`);
    return { success: result.exitCode === 0, output: `${result.stdout}${result.stderr}` };
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    if (error.code === 'DeadlineExceeded') return { success: false, output: `command timed out: "${cmd.join(' ')}" timed out after ${timeoutMs / 1000}s` };
    return { success: false, output: error.message, isError: true };
  }
}
