// Ingress and IngressClass: HTTP from outside to Services.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber } from '../meta/names.ts';
import { age, none, someOf } from '../printing/cells.ts';
import { checkText, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import type { Ingress, IngressBackend, IngressClass } from './types.ts';
import { validateIngressStatus } from './load-balancer-status.ts';

const wildcard = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const notWildcard =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function validateBackend(errors: FieldErrors, backend: IngressBackend | undefined, field: string): void {
  const { service, resource } = backend ?? {};
  if (service !== undefined && resource !== undefined) errors.push(invalid(field, '', 'cannot set both resource and service backends'));
  else if (resource !== undefined) {
    if (!resource.kind) errors.push(required(`${field}.resource.kind`));
    if (!resource.name) errors.push(required(`${field}.resource.name`));
  } else if (service !== undefined) {
    if (!service.name) errors.push(required(`${field}.service.name`));
    else checkText(errors, service.name, `${field}.service.name`, isDns1123Label);
    const { name, number } = service.port ?? {};
    if (name && number) errors.push(invalid(field, '', 'cannot set both port name & port number'));
    else if (!name && number === undefined) errors.push(required(field, 'port name or number is required'));
    else if (number !== undefined) for (const problem of isPortNumber(number)) errors.push(invalid(`${field}.service.port.number`, number, problem));
  } else errors.push(required(field, 'resource or service backend is required'));
}

function validateIngress({ spec }: Ingress): readonly FieldError[] {
  const errors: FieldErrors = [];
  if ((spec?.rules ?? []).length === 0 && spec?.defaultBackend === undefined) errors.push(invalid('spec', spec?.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (spec?.defaultBackend !== undefined) validateBackend(errors, spec.defaultBackend, 'spec.defaultBackend');
  spec?.rules?.forEach((rule, index) => {
    const at = `spec.rules[${index}]`;
    if (rule.host?.includes('*') === true) {
      if (!wildcard.test(rule.host)) errors.push(invalid(`${at}.host`, rule.host, notWildcard));
    } else if (rule.host) checkText(errors, rule.host, `${at}.host`, isDns1123Subdomain);
    if (rule.http === undefined) return;
    if ((rule.http.paths ?? []).length === 0) errors.push(required(`${at}.http.paths`));
    rule.http.paths?.forEach((path, which) => {
      const where = `${at}.http.paths[${which}]`;
      if (!path.pathType) errors.push(required(`${where}.pathType`, 'pathType must be specified'));
      else if (!['Exact', 'ImplementationSpecific', 'Prefix'].includes(path.pathType)) errors.push(notSupported(`${where}.pathType`, path.pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
      else if (path.pathType !== 'ImplementationSpecific' || path.path) {
        if (!path.path?.startsWith('/')) errors.push(invalid(`${where}.path`, path.path ?? '', 'must be an absolute path'));
        else if (path.pathType !== 'ImplementationSpecific') {
          for (const bad of ['//', '/./', '/../', '%2f', '%2F']) if (path.path.includes(bad)) errors.push(invalid(`${where}.path`, path.path, `must not contain '${bad}'`));
        }
      }
      validateBackend(errors, path.backend, `${where}.backend`);
    });
  });
  return errors;
}

export const ingressKind = declareKind<Ingress>({
  group: 'networking.k8s.io',
  kind: 'Ingress',
  resource: 'ingresses',
  shortNames: ['ing'],
  subresources: ['status'],
  storagePrefix: 'ingress',
  definition: 'io.k8s.api.networking.v1.Ingress',
  generation: true,
  initialStatus: () => ({ loadBalancer: {} }),
  defaults: (ingress) => (ingress.spec === undefined ? { ...ingress, spec: {} } : ingress),
  validate: validateIngress,
  validateStatus: ({ status }) => validateIngressStatus(status?.loadBalancer?.ingress),
  columns: columns('Name Class Hosts Address Ports Age'),
  row: (ingress, nowMs) => {
    const hosts = (ingress.spec.rules ?? []).map((rule) => rule.host ?? '').filter((host) => host !== '');
    const addresses = (ingress.status?.loadBalancer?.ingress ?? []).map((each) => each.ip || each.hostname || '').filter((each) => each !== '');
    return [
      ingress.metadata.name,
      ingress.spec.ingressClassName ?? none,
      hosts.length === 0 ? '*' : someOf(hosts, 3),
      [...new Set(addresses)].sort().join(','),
      (ingress.spec.tls ?? []).length > 0 ? '80, 443' : '80',
      age(ingress, nowMs),
    ];
  },
});

export const ingressClassKind = declareKind<IngressClass>({
  group: 'networking.k8s.io',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  namespaced: false,
  storagePrefix: 'ingressclasses',
  definition: 'io.k8s.api.networking.v1.IngressClass',
  generation: true,
  validate: (ingressClass) => {
    const errors: FieldErrors = [];
    if (!ingressClass.spec?.controller) errors.push(required('spec.controller'));
    return errors;
  },
  columns: columns('Name Controller Parameters Age'),
  row: (ingressClass, nowMs) => {
    const parameters = ingressClass.spec?.parameters;
    return [
      ingressClass.metadata.name,
      ingressClass.spec?.controller ?? '',
      parameters === undefined ? none : `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ''}/${parameters.name}`,
      age(ingressClass, nowMs),
    ];
  },
});
