// Namespace: a place for names.
import { columns, declareKind } from '../kind.ts';
import { age } from '../printing/cells.ts';
import type { Namespace } from './types/object.ts';
import { invalid } from '../validation/field-error.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespaceKind = declareKind<Namespace>({
  kind: 'Namespace',
  resource: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['finalize', 'status'],
  storagePrefix: 'namespaces',
  definition: 'io.k8s.api.core.v1.Namespace',
  nameRule: 'label',
  initialStatus: () => ({ phase: 'Active' }),
  validateStatus: ({ metadata, status }) => {
    const leaves = metadata.deletionTimestamp !== undefined;
    const phase = leaves ? 'Terminating' : 'Active';
    return status?.phase === phase ? [] : [invalid('status.Phase', status?.phase ?? '', `may only be '${phase}' if \`deletionTimestamp\` is ${leaves ? 'not ' : ''}empty`)];
  },
  defaults: (namespace) => {
    const { metadata } = namespace;
    const named = metadata.name !== undefined && metadata.name !== '' && metadata.labels?.[nameLabel] !== metadata.name;
    const labelled = named ? { ...namespace, metadata: { ...metadata, labels: { ...metadata.labels, [nameLabel]: metadata.name } } } : namespace;
    return labelled.spec === undefined ? { ...labelled, spec: {} } : labelled;
  },
  prepareForCreate: (namespace) => {
    const finalizers = namespace.spec.finalizers ?? [];
    return finalizers.includes('kubernetes') ? namespace : { ...namespace, spec: { ...namespace.spec, finalizers: [...finalizers, 'kubernetes'] } };
  },
  // Only the finalize subresource changes them.
  prepareForUpdate: (next, old) => ({ ...next, spec: old.spec }),
  columns: columns('Name Status Age'),
  row: (namespace, nowMs) => [namespace.metadata.name, namespace.status?.phase ?? '', age(namespace, nowMs)],
  selectableFields: (namespace) => ({ 'status.phase': namespace.status?.phase ?? '', name: namespace.metadata.name }),
});
