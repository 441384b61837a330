// Taints and tolerations, and the API calls that add or take a node's taints.
import type { ApiClient } from '../../../client/contract.ts';
import { isConflict } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { refs, type Node, type Taint, type Toleration } from './objects.ts';

export const notReady = 'node.kubernetes.io/not-ready';
export const unreachable = 'node.kubernetes.io/unreachable';

export function toleratesTaint({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  return operator === 'Exists' || ((operator === 'Equal' || operator === '') && value === (taint.value ?? ''));
}

function sameTaint(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.effect === other.effect;
}

/** Reads the node (the server's cache will do), changes its taints, and patches; again when somebody else was faster. */
export function* changeTaints(client: ApiClient, name: string, change: (taints: readonly Taint[]) => readonly Taint[]): Task<void> {
  for (let attempt = 0; ; attempt++) {
    const node = yield* client.get<Node>(refs.nodes, '', name, attempt === 0 ? { query: { resourceVersion: '0' } } : {});
    const before = node.spec?.taints ?? [];
    const after = change(before);
    if (after === before) return;
    try {
      yield* client.patch(refs.nodes, '', name, 'application/strategic-merge-patch+json', { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: after.length === 0 ? null : after } });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt >= 4) throw error;
    }
  }
}

export function withTaints(add: readonly Taint[], remove: readonly Taint[]): (taints: readonly Taint[]) => readonly Taint[] {
  return (taints) => {
    const kept = taints.filter((taint) => !remove.some((other) => sameTaint(taint, other)));
    const fresh = add.filter((taint) => !kept.some((other) => sameTaint(taint, other)));
    return kept.length === taints.length && fresh.length === 0 ? taints : [...kept, ...fresh];
  };
}
