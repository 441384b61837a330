// Tells each node, by an annotation, how long it may keep Secrets and ConfigMaps without asking: longer in big clusters.
import { isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs, type Node } from '../shared/objects.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';
const steps: readonly (readonly [nodes: number, seconds: number])[] = [[100, 0], [500, 15], [1000, 30], [2000, 60], [Infinity, 300]];

export function startTtlController(context: ControllerContext): void {
  const client = context.client('ttl-controller');
  const nodes = context.informer<Node>(refs.nodes);
  const queue = context.queue('ttlcontroller');
  nodes.onChange(({ type, object }) => {
    if (type !== 'delete' && object.metadata.annotations?.[annotation] !== wanted()) queue.add(object.metadata.name);
  });

  function wanted(): string {
    const count = nodes.list().length;
    return String(steps.find(([limit]) => count <= limit)?.[1] ?? 0);
  }

  function* reconcile(name: string): Task<void> {
    const node = nodes.get(name);
    if (node === undefined || node.metadata.annotations?.[annotation] === wanted()) return;
    try {
      yield* client.patch(refs.nodes, '', name, 'application/strategic-merge-patch+json', { metadata: { annotations: { [annotation]: wanted() } } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  context.start({ name: 'ttl', queue, workers: 5, needs: [nodes], reconcile });
}
