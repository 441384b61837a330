// Sees to it that a container's image is on the node: pull policy, secrets, one pull at a time, back-off.
import type { Latch, PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { formatDuration } from '../../api/meta/time.ts';
import { decodeBase64 } from '../../api/meta/base64.ts';
import type { ImageRecord, PullImageRequest } from '../../wire/cri.ts';
import { parseImageName } from '../../wire/image-name.ts';
import { Backoff } from './backoff.ts';
import type { KubeletEvent } from './events.ts';
import type { Kubelet } from './kubelet.ts';
import { RuntimeFailure } from './runtime-client.ts';
import { type Container, type Pod, podKey } from './types.ts';

export interface ImageProblem {
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName' | 'ImageInspectError';
  readonly message: string;
  /** When it may be tried again. */
  readonly retryMs: number;
}

export class Images {
  /** What the runtime has, as last asked. */
  known: readonly ImageRecord[] = [];
  readonly #kubelet: Kubelet;
  readonly #host: PrivilegedHost;
  readonly #backoff = new Backoff(10_000, 300_000);
  readonly #present = new Set<string>();
  /** Pods that wait for their turn to pull; undefined while nobody pulls. */
  #turns: Latch[] | undefined;
  readonly #lastError = new Map<string, string>();

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet;
    this.#host = kubelet.host;
  }

  *refresh(): Task<void> {
    try {
      this.known = (yield* this.#kubelet.runtime.call('ImageService/ListImages', {})).images;
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
    }
  }

  forgetPod(uid: string): void {
    this.#backoff.forget(`${uid}_`);
  }

  /** undefined when the image is there. */
  *ensure(pod: Pod, container: Container): Task<ImageProblem | undefined> {
    const image = container.image ?? '';
    const uid = pod.metadata.uid ?? '';
    const record = (type: 'Normal' | 'Warning', reason: string, message: string): void => this.#kubelet.record(pod, type, reason, message, container.name);
    const name = parseImageName(image);
    if ('problem' in name) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${name.problem}`;
      record('Warning', 'InspectFailed', message);
      return { reason: 'InvalidImageName', message, retryMs: 10_000 };
    }
    const policy = container.imagePullPolicy ?? (name.tag === 'latest' && name.digest === undefined ? 'Always' : 'IfNotPresent');
    let isPresent = this.#present.has(name.canonical);
    if (!isPresent) {
      const status = yield* this.#kubelet.runtime.call('ImageService/ImageStatus', { image }, `ImageStatus ${image}`);
      isPresent = status.image !== undefined;
      if (isPresent) this.#present.add(name.canonical);
    }
    if (policy !== 'Always' && isPresent) {
      record('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`);
      return undefined;
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      record('Warning', 'ErrImageNeverPull', message);
      return { reason: 'ErrImageNeverPull', message, retryMs: 10_000 };
    }
    const key = `${uid}_${name.canonical}`;
    const waitMs = this.#backoff.remainingSinceUpdate(key, this.#host.clock.nowMs());
    if (waitMs > 0) {
      const message = `Back-off pulling image "${image}"`;
      record('Normal', 'BackOff', message);
      this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.backoff', pod: podKey(pod), uid, container: container.name, what: 'ImagePullBackOff', delayMs: this.#backoff.delay(key) });
      const last = this.#lastError.get(key);
      return { reason: 'ImagePullBackOff', message: last === undefined ? message : `${message}: ErrImagePull: ${last}`, retryMs: waitMs };
    }
    return yield* this.#pull(pod, container, image, name.canonical, key);
  }

  *#takeTurn(): Task<void> {
    if (this.#turns === undefined) {
      this.#turns = [];
      return;
    }
    const mine = this.#host.tasks.latch();
    this.#turns.push(mine);
    let isMine = false;
    try {
      yield* mine.wait();
      isMine = true;
    } finally {
      // A pod that is deleted while it waits leaves the line, or hands its turn on.
      if (!isMine) {
        if (mine.isSet) this.#endTurn();
        else this.#turns = this.#turns.filter((each) => each !== mine);
      }
    }
  }

  #endTurn(): void {
    const next = this.#turns?.shift();
    if (next === undefined) this.#turns = undefined;
    else next.set();
  }

  *#pull(pod: Pod, container: Container, image: string, canonical: string, key: string): Task<ImageProblem | undefined> {
    const uid = pod.metadata.uid ?? '';
    const askedMs = this.#host.clock.nowMs();
    this.#kubelet.record(pod, 'Normal', 'Pulling', `Pulling image "${image}"`, container.name);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.pulling', pod: podKey(pod), uid, container: container.name, image });
    // serializeImagePulls: one at a time.
    if (this.#kubelet.config.serializeImagePulls) yield* this.#takeTurn();
    const startedMs = this.#host.clock.nowMs();
    let imageRef: string;
    try {
      const auth = findCredentials(this.#kubelet.pullSecrets(pod), canonical);
      const request: PullImageRequest = { image: canonical, ...(auth === undefined ? {} : { auth }) };
      imageRef = (yield* this.#kubelet.runtime.call('ImageService/PullImage', request, `PullImage ${image}`)).imageRef;
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      this.#backoff.next(key, this.#host.clock.nowMs());
      this.#lastError.set(key, error.message);
      this.#kubelet.record(pod, 'Warning', 'Failed', `Failed to pull image "${image}": ${error.message}`, container.name);
      this.#kubelet.record(pod, 'Warning', 'Failed', 'Error: ErrImagePull', container.name);
      this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.pull-failed', pod: podKey(pod), uid, container: container.name, image, reason: 'ErrImagePull', message: error.message });
      return { reason: 'ErrImagePull', message: error.message, retryMs: 3000 + this.#host.random.below(2000) };
    } finally {
      if (this.#kubelet.config.serializeImagePulls) this.#endTurn();
    }
    const nowMs = this.#host.clock.nowMs();
    this.#present.add(canonical);
    this.#lastError.delete(key);
    if (!this.known.some((each) => each.repoDigests.includes(imageRef))) yield* this.refresh();
    const size = this.known.find((each) => each.repoTags.includes(canonical) || each.repoDigests.includes(canonical))?.sizeBytes ?? 0;
    this.#kubelet.record(pod, 'Normal', 'Pulled', `Successfully pulled image "${image}" in ${shortDuration(nowMs - startedMs)} (${shortDuration(nowMs - askedMs)} including waiting). Image size: ${size} bytes.`, container.name);
    return undefined;
  }
}

/** Rounded to milliseconds, as the event prints it. */
const shortDuration = (ms: number): string => formatDuration(Math.round(ms));

/** Credentials for an image's registry from the pod's pull secrets (kubernetes.io/dockerconfigjson). */
export function findCredentials(secrets: readonly Readonly<Record<string, string>>[], canonical: string): PullImageRequest['auth'] {
  const registry = canonical.slice(0, canonical.indexOf('/'));
  for (const secret of secrets) {
    let auths: Readonly<Record<string, { readonly auth?: string; readonly username?: string; readonly password?: string }>> = {};
    try {
      const config = JSON.parse(secret['.dockerconfigjson'] ?? '{}') as { auths?: typeof auths };
      auths = config.auths ?? {};
    } catch {
      continue;
    }
    for (const [server, entry] of Object.entries(auths)) {
      const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
      if (host !== registry && !(registry === 'docker.io' && host === 'index.docker.io')) continue;
      if (entry.username !== undefined && entry.password !== undefined) return { username: entry.username, password: entry.password };
      const [username = '', password = ''] = (decodeBase64(entry.auth ?? '') ?? '').split(':');
      return { username, password };
    }
  }
  return undefined;
}
