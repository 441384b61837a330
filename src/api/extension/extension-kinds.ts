// Kinds that extend or tune the API server itself: webhooks, admission policies, custom resources, aggregated APIs, flow control.
import { mutatingAdmissionPolicyBindingKind, mutatingAdmissionPolicyKind, validatingAdmissionPolicyBindingKind, validatingAdmissionPolicyKind } from '../admissionregistration/policies.ts';
import { mutatingWebhookConfigurationKind, validatingWebhookConfigurationKind } from '../admissionregistration/webhooks.ts';
import { columns, declareKind, fill, mapField } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { age, none } from '../printing/cells.ts';
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

interface FlowSchema extends ApiObject {
  readonly spec?: { readonly matchingPrecedence?: number; readonly priorityLevelConfiguration?: { readonly name: string }; readonly distinguisherMethod?: { readonly type: string } };
  readonly status?: { readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] };
}
interface PriorityLevel extends ApiObject {
  readonly spec?: {
    readonly type: string;
    readonly limited?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number; readonly limitResponse?: { readonly type: string; readonly queuing?: { readonly queues?: number; readonly handSize?: number; readonly queueLengthLimit?: number } } };
    readonly exempt?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number };
  };
}
const flow = { group: 'flowcontrol.apiserver.k8s.io', namespaced: false, subresources: ['status'] } as const;

const flowSchema = declareKind<FlowSchema>({
  ...flow,
  kind: 'FlowSchema',
  resource: 'flowschemas',
  storagePrefix: 'flowschemas',
  definition: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  generation: true,
  defaults: (schema) => mapField(schema, 'spec', (spec) => fill(spec, { matchingPrecedence: 1000 })),
  columns: columns('Name PriorityLevel MatchingPrecedence# DistinguisherMethod Age MissingPL'),
  row: (schema, nowMs) => {
    const dangling = schema.status?.conditions?.find((condition) => condition.type === 'Dangling')?.status ?? '?';
    return [schema.metadata.name, schema.spec?.priorityLevelConfiguration?.name ?? '', schema.spec?.matchingPrecedence ?? 0, schema.spec?.distinguisherMethod?.type ?? none, age(schema, nowMs), dangling];
  },
});

const priorityLevel = declareKind<PriorityLevel>({
  ...flow,
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  storagePrefix: 'prioritylevelconfigurations',
  definition: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  generation: true,
  defaults: (level) =>
    mapField(level, 'spec', (spec) => {
      const limited = mapField(spec, 'limited', (part) =>
        mapField(fill(part, { nominalConcurrencyShares: 30, lendablePercent: 0 }), 'limitResponse', (response) => mapField(response, 'queuing', (queuing) => fill(queuing, { queues: 64, handSize: 8, queueLengthLimit: 50 }))),
      );
      return limited.type === 'Exempt' ? mapField(fill(limited, { exempt: {} }), 'exempt', (exempt) => fill(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 })) : limited;
    }),
  columns: columns('Name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age'),
  row: (level, nowMs) => {
    const queuing = level.spec?.limited?.limitResponse?.queuing;
    const shares = level.spec?.limited?.nominalConcurrencyShares ?? level.spec?.exempt?.nominalConcurrencyShares;
    return [level.metadata.name, level.spec?.type ?? '', shares ?? none, queuing?.queues ?? none, queuing?.handSize ?? none, queuing?.queueLengthLimit ?? none, age(level, nowMs)];
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
  flowSchema,
  priorityLevel,
];
