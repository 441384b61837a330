// What containers left to be said of their end: the text of /dev/termination-log or, where the container asks for it, the tail of its log.
import type { Disk } from '../../kernel/host.ts';
import { type ContainerStatus, logText, type LogRecord } from '../../wire/cri.ts';
import type { PodRuntime } from './pod-runtime.ts';
import type { Container } from './types.ts';
import { terminationLog } from './volumes.ts';

/** The tail that FallbackToLogsOnError shows: at most so many lines, and of them so many characters. */
const fallbackLines = 80;
const fallbackCharacters = 2048;

/** The messages of one pod's dead containers. */
export class TerminationMessages {
  readonly #disk: Pick<Disk, 'readText' | 'readLog' | 'remove'>;
  readonly #uid: string;
  readonly #byId = new Map<string, string>();

  constructor(disk: Pick<Disk, 'readText' | 'readLog' | 'remove'>, uid: string) {
    this.#disk = disk;
    this.#uid = uid;
  }

  /** Takes the message of a container that just ended; its next instance begins with an empty file. `container` is undefined when the pod no longer names it. */
  collect(status: ContainerStatus, container: Container | undefined): void {
    const path = terminationLog(this.#uid, status.metadata.name);
    let message = this.#disk.readText(path) ?? '';
    if (message !== '') this.#disk.remove(path);
    if (message === '' && container?.terminationMessagePolicy === 'FallbackToLogsOnError' && status.exitCode !== 0) {
      message = (this.#disk.readLog(status.logPath) as readonly LogRecord[]).slice(-fallbackLines).map(logText).join('').slice(-fallbackCharacters);
    }
    if (message !== '') this.#byId.set(status.id, message);
  }

  forget(containerId: string): void {
    this.#byId.delete(containerId);
  }

  /** The pod's runtime with these messages; what the runtime itself has to say of an end goes first. */
  addTo(runtime: PodRuntime): PodRuntime {
    if (this.#byId.size === 0) return runtime;
    return { ...runtime, containers: runtime.containers.map((each) => (this.#byId.has(each.id) && each.message === '' ? { ...each, message: this.#byId.get(each.id) ?? '' } : each)) };
  }
}
