// APIService: which group versions there are, and who serves them: this server, or another one behind a Service.
import { columns, declareKind, fill, mapField } from '../kind.ts';
import type { Condition } from '../meta/conditions.ts';
import { isDns1035Label, isDns1123Subdomain } from '../meta/names.ts';
import type { ApiObject } from '../meta/object.ts';
import { age } from '../printing/cells.ts';
import { checkOneOf, invalid, required, type FieldErrors } from '../validation/field-error.ts';

export interface ApiService extends ApiObject {
  readonly spec?: {
    readonly group?: string;
    readonly version?: string;
    readonly groupPriorityMinimum?: number;
    readonly versionPriority?: number;
    readonly caBundle?: string;
    readonly insecureSkipTLSVerify?: boolean;
    readonly service?: { readonly namespace?: string; readonly name?: string; readonly port?: number };
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

function validate({ metadata, spec = {} }: ApiService): FieldErrors {
  const errors: FieldErrors = [];
  const { group = '', version = '', service } = spec;
  if (metadata.name !== `${version}.${group}`) errors.push(invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(`${version}.${group}`)}`));
  if (group === '') {
    if (version !== 'v1') errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  } else for (const problem of isDns1123Subdomain(group)) errors.push(invalid('spec.group', group, problem));
  for (const problem of isDns1035Label(version)) errors.push(invalid('spec.version', version, problem));
  const { groupPriorityMinimum = 0, versionPriority = 0 } = spec;
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) errors.push(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000'));
  if (versionPriority <= 0 || versionPriority > 1000) errors.push(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  if (service === undefined) {
    if ((spec.caBundle ?? '') !== '') errors.push(invalid('spec.caBundle', `${spec.caBundle?.length ?? 0} bytes`, 'local APIServices may not have a caBundle'));
    if (spec.insecureSkipTLSVerify === true) errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  if (!service.namespace) errors.push(required('spec.service.namespace'));
  if (!service.name) errors.push(required('spec.service.name'));
  if (service.port !== undefined && (service.port < 1 || service.port > 65_535)) errors.push(invalid('spec.service.port', service.port, 'port is not valid: must be between 1 and 65535, inclusive'));
  if (spec.insecureSkipTLSVerify === true && (spec.caBundle ?? '') !== '') errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

export const apiServiceKind = declareKind<ApiService>({
  categories: ['api-extensions'],
  namespaced: false,
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  resource: 'apiservices',
  subresources: ['status'],
  storagePrefix: 'apiregistration.k8s.io/apiservices',
  definition: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  nameRule: 'path-segment',
  // The aggregator's own objects come with their condition.
  initialStatus: (service) => (service.spec?.service === undefined ? (service.status ?? {}) : {}),
  defaults: (service) => mapField(service, 'spec', (spec) => mapField(spec, 'service', (ref) => fill(ref, { port: 443 }))),
  validate,
  validateStatus: ({ status }) => {
    const errors: FieldErrors = [];
    status?.conditions?.forEach((condition, index) => checkOneOf(errors, condition.status ?? '', `status.conditions[${index}].status`, ['True', 'False', 'Unknown']));
    return errors;
  },
  columns: columns('Name Service Available Age'),
  row: (service, nowMs) => {
    const ref = service.spec?.service;
    const available = service.status?.conditions?.find((condition) => condition.type === 'Available');
    const cell = available === undefined ? 'Unknown' : available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`;
    return [service.metadata.name, ref === undefined ? 'Local' : `${ref.namespace ?? ''}/${ref.name ?? ''}`, cell, age(service, nowMs)];
  },
});
