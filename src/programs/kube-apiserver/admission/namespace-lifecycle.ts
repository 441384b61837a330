// NamespaceLifecycle: nothing new in a namespace that does not exist or is being deleted; the system namespaces stay.
import { forbidden, namespaceTerminating, notFound } from '../status.ts';
import { keyFor } from '../storage/collections.ts';
import type { AdmissionPlugin } from './plugin.ts';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: (request) => (request.operation === 'DELETE' && request.resource === 'namespaces' && request.group === '') || (request.operation === 'CREATE' && request.namespace !== '' && request.resource !== 'namespaces'),
  *validateSlowly(request, { collections, storage }) {
    if (request.operation === 'DELETE') {
      if (immortal.has(request.name)) throw forbidden(request, request.name, 'this namespace may not be deleted');
      return;
    }
    // Access reviews are answered for any namespace.
    if (request.group === 'authorization.k8s.io') return;
    const { namespace } = request;
    let found = collections.get('namespaces', '', namespace);
    // The local copy may be behind a namespace that was made a moment ago.
    if (found === undefined) found = yield* storage.get(keyFor('namespaces', '', namespace));
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    if (found.metadata.deletionTimestamp !== undefined) throw namespaceTerminating(request, request.object?.metadata.name ?? request.name, namespace);
  },
};
