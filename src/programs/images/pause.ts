// The process that holds a pod's namespaces: it waits.
import type { Program } from '../../kernel/host.ts';

export const pause: Program = {
  name: 'pause',
  *main(host) {
    const terminate = host.signals.catchTerminate();
    yield* terminate.wait();
    return 0;
  },
};
