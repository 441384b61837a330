// Kinds that extend or tune the API server itself: webhooks, admission policies, custom resources, aggregated APIs, flow control.
import { mutatingAdmissionPolicyBindingKind, mutatingAdmissionPolicyKind, validatingAdmissionPolicyBindingKind, validatingAdmissionPolicyKind } from '../admissionregistration/policies.ts';
import { mutatingWebhookConfigurationKind, validatingWebhookConfigurationKind } from '../admissionregistration/webhooks.ts';
import { flowSchemaKind } from '../flowcontrol/flow-schema.ts';
import { priorityLevelConfigurationKind } from '../flowcontrol/priority-level-configuration.ts';
import { columns, declareKind, fill, mapField } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { age } from '../printing/cells.ts';
import { invalid, required, type FieldErrors } from '../validation/field-error.ts';

const extensionShared = { categories: ['api-extensions'], namespaced: false } as const;

interface CustomResourceDefinition extends ApiObject {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string; readonly singular?: string; readonly kind: string; readonly listKind?: string };
    readonly scope: string;
    readonly conversion?: { readonly strategy: string };
    readonly versions?: readonly { readonly name: string; readonly served: boolean; readonly storage: boolean; readonly schema?: { readonly openAPIV3Schema?: unknown } }[];
  };
  readonly status?: { readonly storedVersions?: readonly string[] };
}

function validateDefinition({ metadata, spec }: CustomResourceDefinition): FieldErrors {
  const errors: FieldErrors = [];
  const expected = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`;
  if (metadata.name !== expected) errors.push(invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!spec.group) errors.push(required('spec.group'));
  else if (!spec.group.includes('.')) errors.push(invalid('spec.group', spec.group, 'should be a domain with at least one dot'));
  if (!spec.scope) errors.push(required('spec.scope'));
  else if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') errors.push({ type: 'NotSupported', field: 'spec.scope', value: spec.scope, detail: '', supported: ['Cluster', 'Namespaced'] });
  for (const name of ['plural', 'kind'] as const) if (!spec.names?.[name]) errors.push(required(`spec.names.${name}`));
  const stored = (spec.versions ?? []).filter((version) => version.storage).length;
  if (stored !== 1) errors.push(invalid('spec.versions', spec.versions ?? [], 'must have exactly one version marked as storage version'));
  spec.versions?.forEach((version, index) => {
    if (version.schema?.openAPIV3Schema === undefined) errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'));
  });
  return errors;
}

const customResourceDefinition = declareKind<CustomResourceDefinition>({
  ...extensionShared,
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  subresources: ['status'],
  storagePrefix: 'apiextensions.k8s.io/customresourcedefinitions',
  definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  generation: true,
  initialStatus: (definition) => ({ conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: (definition.spec.versions ?? []).filter((version) => version.storage).map((version) => version.name) }),
  defaults: (definition) =>
    mapField(definition, 'spec', (spec) => {
      const named = mapField(spec, 'names', (names) => fill(names, { singular: (names.kind ?? '').toLowerCase(), listKind: `${names.kind ?? ''}List` }));
      return fill(named, { conversion: { strategy: 'None' } });
    }),
  validate: validateDefinition,
  validateUpdate: (next, old) => {
    const errors = validateDefinition(next);
    if (next.spec.scope !== old.spec.scope) errors.push(invalid('spec.scope', next.spec.scope, 'field is immutable'));
    if (next.spec.group !== old.spec.group) errors.push(invalid('spec.group', next.spec.group, 'field is immutable'));
    if (next.spec.names.kind !== old.spec.names.kind) errors.push(invalid('spec.names.kind', next.spec.names.kind, 'field is immutable'));
    return errors;
  },
});

interface ApiService extends ApiObject {
  readonly spec?: { readonly service?: { readonly namespace?: string; readonly name?: string; readonly port?: number } };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[] };
}

const apiService = declareKind<ApiService>({
  ...extensionShared,
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  resource: 'apiservices',
  subresources: ['status'],
  storagePrefix: 'apiregistration.k8s.io/apiservices',
  definition: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  nameRule: 'path-segment',
  // The aggregator's own objects come with their condition.
  initialStatus: (service) => service.status ?? {},
  defaults: (service) => mapField(service, 'spec', (spec) => mapField(spec, 'service', (ref) => fill(ref, { port: 443 }))),
  columns: columns('Name Service Available Age'),
  row: (service, nowMs) => {
    const ref = service.spec?.service;
    const available = service.status?.conditions?.find((condition) => condition.type === 'Available');
    const cell = available === undefined ? 'Unknown' : available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`;
    return [service.metadata.name, ref === undefined ? 'Local' : `${ref.namespace ?? ''}/${ref.name ?? ''}`, cell, age(service, nowMs)];
  },
});

export const extensionKinds = [
  mutatingAdmissionPolicyKind,
  mutatingAdmissionPolicyBindingKind,
  mutatingWebhookConfigurationKind,
  validatingAdmissionPolicyKind,
  validatingAdmissionPolicyBindingKind,
  validatingWebhookConfigurationKind,
  customResourceDefinition,
  apiService,
  flowSchemaKind,
  priorityLevelConfigurationKind,
];
