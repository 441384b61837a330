// ServiceAccount: who a pod is to the API server.
import { columns, declareKind } from '../kind.ts';
import { age } from '../printing/cells.ts';
import type { ServiceAccount } from './types/object.ts';

export const serviceAccountKind = declareKind<ServiceAccount>({
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  shortNames: ['sa'],
  subresources: ['token'],
  storagePrefix: 'serviceaccounts',
  definition: 'io.k8s.api.core.v1.ServiceAccount',
  columns: columns('Name Age'),
  row: (account, nowMs) => [account.metadata.name, age(account, nowMs)],
});
