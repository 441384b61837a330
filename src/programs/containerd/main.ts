// containerd: the container runtime of a node. Listens on the CRI socket; keeps sandboxes, containers and images.
import type { Host, PrivilegedHost, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { type CriMethods, criSocket, type PullImageRequest } from '../../wire/cri.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { serveHttp, type StreamReply } from '../../wire/http-server.ts';
import { parseImageName } from '../../wire/image-name.ts';
import { parseRuntimeConfig } from './config.ts';
import type { ContainerdEvent } from './events.ts';
import { findImage, imageFolder, imageRecord, imageReference, listImages, removeImage, storeImage } from './image-store.ts';
import { pullImage } from './pull.ts';
import { containerStatus, sandboxStatus } from './records.ts';
import { RpcFailure } from './rpc-failure.ts';
import { Runtime } from './runtime.ts';
import { attach, containerEvents, exec, execSync, portForward } from './streaming.ts';

type Request<Method extends keyof CriMethods> = CriMethods[Method][0];

export const containerd: Program = {
  name: 'containerd',
  *main(host: Host) {
    const privileged = host as PrivilegedHost;
    const config = parseRuntimeConfig(host.disk.readText('/etc/containerd/config.toml'));
    const runtime = new Runtime(privileged, config);
    runtime.recover();
    host.usage.memoryBytes = 60 << 20;
    host.trace.emit<ContainerdEvent>({ type: 'containerd.started', runtimeName: config.runtimeName, recovered: runtime.store.containers.size });
    host.trace.expose('containers', () => [...runtime.store.containers.values()].map(containerStatus));
    host.trace.expose('sandboxes', () => [...runtime.store.sandboxes.values()].map(sandboxStatus));
    host.trace.expose('images', () => listImages(host.disk));
    const pulls = new PullQueue(privileged, runtime);
    const listener = host.network.listen(criSocket, { family: 'runtime' });
    yield* serveHttp(host, listener, (request) => answer(runtime, pulls, request));
    return 0;
  },
};

function* answer(runtime: Runtime, pulls: PullQueue, request: HttpRequest): Task<HttpResponse | StreamReply> {
  try {
    const reply = yield* dispatch(runtime, pulls, request.path.replace(/^\/runtime\.v1\./, ''), request.body);
    return isStream(reply) ? reply : { status: 200, headers: {}, body: reply };
  } catch (error) {
    if (error instanceof RpcFailure) return { status: 500, headers: {}, body: { code: error.code, message: error.message } };
    throw error;
  }
}

function isStream(reply: object): reply is StreamReply {
  return 'run' in reply && 'response' in reply;
}

function* dispatch(runtime: Runtime, pulls: PullQueue, method: string, body: unknown): Task<object> {
  const { host, config } = runtime;
  switch (method as keyof CriMethods) {
    case 'RuntimeService/Version':
      return { runtimeName: config.runtimeName, runtimeVersion: config.runtimeVersion };
    case 'RuntimeService/Status': {
      const isReady = runtime.sandboxes.networkConfig.read() !== undefined;
      return { runtimeReady: true, networkReady: isReady, networkMessage: isReady ? '' : 'Network plugin returns error: cni plugin not initialized' };
    }
    case 'RuntimeService/UpdateRuntimeConfig':
      runtime.sandboxes.networkConfig.setPodCidr((body as Request<'RuntimeService/UpdateRuntimeConfig'>).podCidr);
      return {};
    case 'RuntimeService/RunPodSandbox':
      return { podSandboxId: yield* runtime.sandboxes.run((body as Request<'RuntimeService/RunPodSandbox'>).config) };
    case 'RuntimeService/StopPodSandbox':
      yield* runtime.sandboxes.stop((body as Request<'RuntimeService/StopPodSandbox'>).podSandboxId);
      return {};
    case 'RuntimeService/RemovePodSandbox':
      yield* runtime.sandboxes.remove((body as Request<'RuntimeService/RemovePodSandbox'>).podSandboxId);
      return {};
    case 'RuntimeService/ListPodSandbox':
      return { items: [...runtime.store.sandboxes.values()].map(sandboxStatus) };
    case 'RuntimeService/CreateContainer': {
      const request = body as Request<'RuntimeService/CreateContainer'>;
      return { containerId: yield* runtime.containers.create(request.podSandboxId, request.config) };
    }
    case 'RuntimeService/StartContainer':
      yield* runtime.containers.start((body as Request<'RuntimeService/StartContainer'>).containerId);
      return {};
    case 'RuntimeService/UpdateContainerResources': {
      const request = body as Request<'RuntimeService/UpdateContainerResources'>;
      runtime.containers.updateResources(request.containerId, request.resources);
      return {};
    }
    case 'RuntimeService/StopContainer': {
      const request = body as Request<'RuntimeService/StopContainer'>;
      yield* runtime.containers.stop(request.containerId, request.timeoutSeconds);
      return {};
    }
    case 'RuntimeService/RemoveContainer':
      yield* runtime.containers.remove((body as Request<'RuntimeService/RemoveContainer'>).containerId);
      return {};
    case 'RuntimeService/ListContainers':
      return { containers: [...runtime.store.containers.values()].map(containerStatus) };
    case 'RuntimeService/ListContainerStats': {
      const running = [...runtime.store.containers.values()].filter((record) => record.state === 'CONTAINER_RUNNING');
      return { stats: running.map((record) => ({ id: record.id, ...runtime.containers.usageOf(record.id) })) };
    }
    case 'RuntimeService/ExecSync': {
      const request = body as Request<'RuntimeService/ExecSync'>;
      return yield* execSync(runtime, request.containerId, request.cmd, request.timeoutSeconds);
    }
    case 'RuntimeService/Exec':
      return exec(runtime, body as Request<'RuntimeService/Exec'>);
    case 'RuntimeService/Attach':
      return attach(runtime, (body as Request<'RuntimeService/Attach'>).containerId);
    case 'RuntimeService/PortForward': {
      const request = body as Request<'RuntimeService/PortForward'>;
      return portForward(runtime, request.podSandboxId, request.port);
    }
    case 'RuntimeService/GetContainerEvents':
      return containerEvents(runtime);
    case 'ImageService/ListImages':
      return { images: listImages(host.disk) };
    case 'ImageService/ImageStatus': {
      const found = findImage(host.disk, (body as Request<'ImageService/ImageStatus'>).image);
      return found === undefined ? {} : { image: imageRecord(found) };
    }
    case 'ImageService/PullImage':
      return { imageRef: yield* pulls.pull(body as PullImageRequest) };
    case 'ImageService/RemoveImage': {
      const removed = removeImage(host.disk, (body as Request<'ImageService/RemoveImage'>).image);
      if (removed !== undefined) host.trace.emit<ContainerdEvent>({ type: 'containerd.image-removed', image: removed });
      return {};
    }
    default:
      throw new RpcFailure('Unknown', `unknown method ${method}`);
  }
}

/** Two pulls of one image at a time are one download. */
class PullQueue {
  readonly #host: PrivilegedHost;
  readonly #runtime: Runtime;
  readonly #running = new Map<string, { readonly done: ReturnType<PrivilegedHost['tasks']['latch']> }>();

  constructor(host: PrivilegedHost, runtime: Runtime) {
    this.#host = host;
    this.#runtime = runtime;
  }

  *pull(request: PullImageRequest): Task<string> {
    if (this.#runtime.config.instant) return this.#invent(request.image);
    const key = request.image;
    const running = this.#running.get(key);
    if (running !== undefined) {
      yield* running.done.wait();
      const found = findImage(this.#host.disk, request.image);
      if (found !== undefined) return imageReference(found.name, found.image);
    }
    const entry = { done: this.#host.tasks.latch() };
    this.#running.set(key, entry);
    try {
      return yield* pullImage(this.#host, this.#runtime.config, request);
    } finally {
      this.#running.delete(key);
      entry.done.set();
    }
  }

  /** `instant`: every image is there for the asking. */
  #invent(text: string): string {
    const name = parseImageName(text);
    if ('problem' in name) throw new RpcFailure('InvalidArgument', `failed to parse image reference "${text}": ${name.problem}`);
    // A tag that is not at hand of an image that is: the same program.
    const repository = name.canonical.replace(/[:@][^/]*$/, '');
    const sibling = this.#host.disk.list(imageFolder).find((path) => path.startsWith(`${imageFolder}/${repository}:`));
    const known = sibling === undefined ? undefined : findImage(this.#host.disk, sibling.slice(imageFolder.length + 1));
    const image = known !== undefined && known.image.program !== this.#runtime.config.instantProgram ? { ...known.image, digest: `sha256:${fakeDigest(name.canonical)}` } : { program: this.#runtime.config.instantProgram, args: [], sizeBytes: 0, digest: name.digest ?? `sha256:${fakeDigest(name.canonical)}` };
    storeImage(this.#host.disk, name.canonical, image);
    return imageReference(name.canonical, image);
  }
}

/** 64 hexadecimal digits that depend on the name alone. */
function fakeDigest(text: string): string {
  let digits = '';
  for (let round = 0; round < 8; round++) {
    let hash = 0x811c9dc5 ^ round;
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    digits += (hash >>> 0).toString(16).padStart(8, '0');
  }
  return digits;
}
