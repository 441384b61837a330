// All that the runtime knows of its sandboxes and containers: records in memory and on the disk, and who is told of their changes.
import type { Mailbox, PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ContainerEvent } from '../../wire/cri.ts';
import { type ContainerRecord, containerPath, containerStatus, type SandboxRecord, sandboxPath, sandboxStatus, stateFolder } from './records.ts';
import { RpcFailure } from './rpc-failure.ts';

export class RecordStore {
  readonly sandboxes = new Map<string, SandboxRecord>();
  readonly containers = new Map<string, ContainerRecord>();
  readonly subscribers = new Set<Mailbox<ContainerEvent>>();
  readonly #host: PrivilegedHost;
  #isFlushing = false;

  constructor(host: PrivilegedHost) {
    this.#host = host;
  }

  /** Throws RpcFailure when there is none. */
  container(id: string): ContainerRecord {
    const record = this.containers.get(id);
    if (record === undefined) throw new RpcFailure('NotFound', `an error occurred when try to find container "${id}": not found`);
    return record;
  }

  containersOf(sandboxId: string): readonly ContainerRecord[] {
    return [...this.containers.values()].filter((container) => container.sandboxId === sandboxId);
  }

  saveSandbox(record: SandboxRecord): void {
    this.sandboxes.set(record.id, record);
    this.#host.disk.write(sandboxPath(record.id), record);
    this.#flushSoon();
  }

  saveContainer(record: ContainerRecord): void {
    this.containers.set(record.id, record);
    this.#host.disk.write(containerPath(record.id), record);
    this.#flushSoon();
  }

  announce(type: ContainerEvent['type'], record: SandboxRecord | ContainerRecord): void {
    const event: ContainerEvent =
      'sandboxId' in record
        ? { type, containerId: record.id, podSandboxId: record.sandboxId, podUid: record.podUid, ...(type === 'DELETED' ? {} : { container: containerStatus(record) }) }
        : { type, containerId: record.id, podSandboxId: record.id, podUid: record.config.metadata.uid, ...(type === 'DELETED' ? {} : { sandbox: sandboxStatus(record) }) };
    for (const subscriber of this.subscribers) subscriber.put(event);
  }

  /** Records outlive a power loss, a moment after they were written; several at a time share one sync. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#host.tasks.spawn('flush', this.#flush());
  }

  *#flush(): Task<void> {
    yield* this.#host.clock.sleep(500);
    this.#isFlushing = false;
    yield* this.#host.disk.sync(stateFolder);
  }
}
