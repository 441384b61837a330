// Every namespace has a service account `default`.
import { isAlreadyExists, isNamespaceTerminating } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';

const name = 'default';

export function startServiceAccountController(context: ControllerContext): void {
  const client = context.client('service-account-controller');
  const namespaces = context.informer(refs.namespaces);
  const accounts = context.informer(refs.serviceAccounts);
  const queue = context.queue('serviceaccount');
  namespaces.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(object.metadata.name);
  });
  accounts.onChange(({ type, object }) => {
    if (type === 'delete') queue.add(object.metadata.namespace ?? '');
  });

  function* reconcile(namespace: string): Task<void> {
    const found = namespaces.get(namespace) as { readonly status?: { readonly phase?: string } } | undefined;
    if (found === undefined || found.status?.phase === 'Terminating' || accounts.get(`${namespace}/${name}`) !== undefined) return;
    try {
      yield* client.create(refs.serviceAccounts, namespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
    } catch (error) {
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
    }
  }

  context.start({ name: 'serviceaccount', queue, workers: 1, needs: [namespaces, accounts], reconcile });
}
