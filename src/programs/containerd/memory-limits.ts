// The out-of-memory killer: while there are containers with a limit, they are looked at every second.
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';

export interface LimitedContainer {
  readonly limitBytes: number;
  readonly usedBytes: number;
  kill(): void;
}

export class MemoryLimits {
  readonly #host: Host;
  /** The running containers that have a limit. */
  readonly #limited: () => readonly LimitedContainer[];
  #isWatching = false;

  constructor(host: Host, limited: () => readonly LimitedContainer[]) {
    this.#host = host;
    this.#limited = limited;
  }

  /** A container with a limit runs. */
  watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#host.tasks.spawn('memory limits', this.#run());
  }

  *#run(): Task<void> {
    for (;;) {
      yield* this.#host.clock.sleep(1000);
      const limited = this.#limited();
      for (const container of limited) if (container.usedBytes > container.limitBytes) container.kill();
      if (limited.length === 0) break;
    }
    this.#isWatching = false;
  }
}
