// The kubelet's side of the CRI: calls, and a picture of all sandboxes and containers that container events keep up to date (evented PLEG).
import type { PrivilegedHost } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { type ContainerEvent, type ContainerStatus, type CriMethods, criSocket, type PodSandboxStatus } from '../../wire/cri.ts';
import type { RpcError } from '../../wire/etcd-rpc.ts';
import { HttpClient, type HttpStream } from '../../wire/http-client.ts';
import { applyEvent, noRuntime, type PodRuntime, podUidLabel, sortContainers, sortSandboxes } from './pod-runtime.ts';

/** A refusal of the runtime; `message` as gRPC prints it: `rpc error: code = NotFound desc = ...`. */
export class RuntimeFailure extends Error {
  readonly code: RpcError['code'];
  readonly description: string;
  constructor(code: RpcError['code'], description: string) {
    super(`rpc error: code = ${code} desc = ${description}`);
    this.name = 'RuntimeFailure';
    this.code = code;
    this.description = description;
  }
}

export class RuntimeClient {
  runtimeName = 'containerd';
  runtimeVersion = '';
  isReady = false;
  isNetworkReady = false;
  networkMessage = 'container runtime status check may not have completed yet';
  readonly #host: PrivilegedHost;
  readonly #http: HttpClient;
  readonly #pods = new Map<string, PodRuntime>();
  #onChange: (podUid: string, event: ContainerEvent | undefined) => void = () => {};
  #isListed = false;

  constructor(host: PrivilegedHost) {
    this.#host = host;
    this.#http = new HttpClient(host, criSocket, { family: 'runtime' });
  }

  /** Throws RuntimeFailure; a runtime that is not there is code Unavailable. */
  *call<Method extends keyof CriMethods>(method: Method, request: CriMethods[Method][0], note?: string): Task<CriMethods[Method][1]> {
    try {
      const response = yield* this.#http.call({ method: 'POST', path: `/runtime.v1.${method}`, body: request }, { note: note ?? method.slice(method.indexOf('/') + 1) });
      if (response.status >= 400) throw failureOf(response.body);
      return response.body as CriMethods[Method][1];
    } catch (error) {
      throw asFailure(error);
    }
  }

  *open<Method extends keyof CriMethods>(method: Method, request: CriMethods[Method][0]): Task<HttpStream> {
    try {
      const stream = yield* this.#http.open({ method: 'POST', path: `/runtime.v1.${method}`, body: request }, { note: method.slice(method.indexOf('/') + 1) });
      if (stream.response.status >= 400) throw failureOf(stream.response.body);
      return stream;
    } catch (error) {
      throw asFailure(error);
    }
  }

  get isListed(): boolean {
    return this.#isListed;
  }

  podUids(): readonly string[] {
    return [...this.#pods.keys()];
  }

  pod(uid: string): PodRuntime {
    return this.#pods.get(uid) ?? noRuntime;
  }

  /** `event` is undefined after a listing. */
  onChange(handler: (podUid: string, event: ContainerEvent | undefined) => void): void {
    this.#onChange = handler;
  }

  /** Keeps the picture for ever: events while the stream lives, a listing whenever it has to be opened again. */
  *run(): Task<void> {
    for (;;) {
      try {
        const stream = yield* this.open('RuntimeService/GetContainerEvents', {});
        const version = yield* this.call('RuntimeService/Version', {});
        this.runtimeName = version.runtimeName;
        this.runtimeVersion = version.runtimeVersion;
        yield* this.#list();
        yield* this.checkStatus();
        for (;;) {
          const event = (yield* stream.receive()) as ContainerEvent | undefined;
          if (event === undefined) break;
          this.#apply(event);
        }
      } catch (error) {
        if (!(error instanceof RuntimeFailure || error instanceof NetworkError)) throw error;
      }
      this.isReady = false;
      yield* this.#host.clock.sleep(1000);
    }
  }

  /** Whether the runtime and its network are ready: asked every 5 s, and each time it matters. */
  *checkStatus(): Task<void> {
    try {
      const status = yield* this.call('RuntimeService/Status', {});
      this.isReady = status.runtimeReady;
      this.isNetworkReady = status.networkReady;
      this.networkMessage = status.networkMessage;
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      this.isReady = false;
      this.isNetworkReady = false;
      this.networkMessage = error.message;
    }
  }

  /** The node's pod CIDR became known: runtimes whose network configuration is a template need it. */
  *updatePodCidr(podCidr: string): Task<void> {
    for (;;) {
      try {
        yield* this.call('RuntimeService/UpdateRuntimeConfig', { podCidr });
        return;
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error;
        yield* this.#host.clock.sleep(1000);
      }
    }
  }

  /** Ends and removes everything of a pod that nobody asks for any more. */
  *removePod(uid: string): Task<void> {
    try {
      for (const container of this.pod(uid).containers) yield* this.call('RuntimeService/StopContainer', { containerId: container.id, timeoutSeconds: 30 });
      for (const sandbox of this.pod(uid).sandboxes) {
        yield* this.call('RuntimeService/StopPodSandbox', { podSandboxId: sandbox.id });
        yield* this.call('RuntimeService/RemovePodSandbox', { podSandboxId: sandbox.id });
      }
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
    }
  }

  *#list(): Task<void> {
    const { items } = yield* this.call('RuntimeService/ListPodSandbox', {});
    const { containers } = yield* this.call('RuntimeService/ListContainers', {});
    const sandboxes = new Map<string, PodSandboxStatus[]>();
    const grouped = new Map<string, ContainerStatus[]>();
    for (const sandbox of items) push(sandboxes, sandbox.metadata.uid, sandbox);
    for (const container of containers) push(grouped, container.labels[podUidLabel] ?? '', container);
    const uids = new Set([...this.#pods.keys(), ...sandboxes.keys(), ...grouped.keys()]);
    for (const uid of uids) {
      if (!sandboxes.has(uid) && !grouped.has(uid)) this.#pods.delete(uid);
      else this.#pods.set(uid, { sandboxes: sortSandboxes(sandboxes.get(uid) ?? []), containers: sortContainers(grouped.get(uid) ?? []) });
    }
    this.#isListed = true;
    for (const uid of uids) this.#onChange(uid, undefined);
  }

  #apply(event: ContainerEvent): void {
    const next = applyEvent(this.pod(event.podUid), event);
    if (next.sandboxes.length === 0 && next.containers.length === 0) this.#pods.delete(event.podUid);
    else this.#pods.set(event.podUid, next);
    this.#onChange(event.podUid, event);
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function failureOf(body: unknown): RuntimeFailure {
  const error = body as RpcError;
  return new RuntimeFailure(error.code, error.message);
}

function asFailure(error: unknown): RuntimeFailure {
  if (error instanceof RuntimeFailure) return error;
  if ((error as { code?: string }).code === undefined) throw error;
  return new RuntimeFailure('Unavailable', `connection error: desc = "transport: Error while dialing: ${(error as Error).message}"`);
}
