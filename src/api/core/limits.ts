// LimitRange and ResourceQuota: what a namespace's pods may ask for, one by one and together.
import type { FieldError } from '../contract.ts';
import { column, columns, declareKind, mapField, mapSame } from '../kind.ts';
import { isQualifiedName } from '../meta/names.ts';
import { compareQuantity, quantityOf } from '../meta/quantity.ts';
import { age } from '../printing/cells.ts';
import { checkText, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import type { LimitRange, LimitRangeItem, ResourceQuota } from './types.ts';

type Amounts = Readonly<Record<string, string>>;

function fillAmounts(to: Amounts | undefined, from: Amounts | undefined): Amounts | undefined {
  let filled: Record<string, string> | undefined;
  for (const name in from) {
    if (to?.[name] !== undefined) continue;
    filled ??= { ...to };
    filled[name] = from[name] ?? '0';
  }
  return filled ?? to;
}

/** default from max, defaultRequest from default, then from min. */
function defaultItem(item: LimitRangeItem): LimitRangeItem {
  if (item.type !== 'Container') return item;
  const limits = fillAmounts(item.default, item.max);
  const requests = fillAmounts(fillAmounts(item.defaultRequest, limits), item.min);
  if (limits === item.default && requests === item.defaultRequest) return item;
  return { ...item, ...(limits === undefined ? {} : { default: limits }), ...(requests === undefined ? {} : { defaultRequest: requests }) };
}

function validateLimitRange({ spec }: LimitRange): readonly FieldError[] {
  const errors: FieldErrors = [];
  const types = new Set<string>();
  spec.limits?.forEach((item, index) => {
    const at = `spec.limits[${index}]`;
    if (types.has(item.type)) errors.push({ type: 'Duplicate', field: `${at}.type`, value: item.type, detail: '' });
    types.add(item.type);
    if (item.type === 'Pod') {
      if (item.default !== undefined) errors.push(forbidden(`${at}.default`, 'may not be specified when `type` is \'Pod\''));
      if (item.defaultRequest !== undefined) errors.push(forbidden(`${at}.defaultRequest`, 'may not be specified when `type` is \'Pod\''));
    }
    for (const name of new Set([...Object.keys(item.min ?? {}), ...Object.keys(item.max ?? {}), ...Object.keys(item.default ?? {}), ...Object.keys(item.defaultRequest ?? {})])) {
      const compare = (low: string | undefined, high: string | undefined, field: string, lowName: string, highName: string): void => {
        if (low !== undefined && high !== undefined && compareQuantity(quantityOf(low), quantityOf(high)) > 0) {
          errors.push(invalid(`${at}.${field}[${name}]`, low, `${lowName} value ${low} is greater than ${highName} value ${high}`));
        }
      };
      compare(item.min?.[name], item.max?.[name], 'min', 'min', 'max');
      compare(item.min?.[name], item.defaultRequest?.[name], 'defaultRequest', 'min', 'default request');
      compare(item.defaultRequest?.[name], item.max?.[name], 'defaultRequest', 'default request', 'max');
      compare(item.defaultRequest?.[name], item.default?.[name], 'defaultRequest', 'default request', 'default limit');
      compare(item.default?.[name], item.max?.[name], 'default', 'default', 'max');
    }
  });
  return errors;
}

export const limitRangeKind = declareKind<LimitRange>({
  kind: 'LimitRange',
  resource: 'limitranges',
  shortNames: ['limits'],
  storagePrefix: 'limitranges',
  definition: 'io.k8s.api.core.v1.LimitRange',
  defaults: (range) => mapField(range, 'spec', (spec) => mapField(spec, 'limits', (limits) => mapSame(limits, defaultItem))),
  validate: validateLimitRange,
  columns: [column('Name', 'string', 0, 'name'), column('Created At', 'date')],
  row: (range) => [range.metadata.name, range.metadata.creationTimestamp ?? null],
});

const quotaScopes = ['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating', 'VolumeAttributesClass'];

function validateQuota({ spec }: ResourceQuota): readonly FieldError[] {
  const errors: FieldErrors = [];
  for (const name in spec?.hard) {
    checkText(errors, name, `spec.hard[${name}]`, isQualifiedName);
    const amount = quantityOf(spec.hard[name]);
    if (amount.nanos < 0n) errors.push(invalid(`spec.hard[${name}]`, spec.hard[name], 'must be greater than or equal to 0'));
    if (/^(pods|services|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|services\..*|count\/.*)$/.test(name) && amount.nanos % 1_000_000_000n !== 0n) {
      errors.push(invalid(`spec.hard[${name}]`, spec.hard[name], 'must be an integer'));
    }
    if (!name.includes('/') && !name.includes('.') && !['cpu', 'memory', 'ephemeral-storage', 'pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims'].includes(name) && !name.startsWith('hugepages-')) {
      errors.push(invalid(`spec.hard[${name}]`, name, 'must be a standard resource for quota'));
    }
  }
  validateScopes(errors, spec?.scopes, Object.keys(spec?.hard ?? {}));
  spec?.scopeSelector?.matchExpressions?.forEach((term, index) => validateScopeTerm(errors, term, `spec.scopeSelector.matchExpressions[${index}]`, Object.keys(spec.hard ?? {})));
  return errors;
}

const computeResources = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const standardResources = new Set([...computeResources, 'ephemeral-storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage', 'requests.storage', 'pods', 'services', 'services.nodeports', 'services.loadbalancers', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims']);

/** BestEffort pods have nothing but their number; the other scopes know what pods compute with too. */
const fitsScope = (scope: string, resource: string): boolean => resource === 'pods' || (scope !== 'BestEffort' && computeResources.includes(resource));

function validateScopes(errors: FieldErrors, scopes: readonly string[] | undefined, hard: readonly string[]): void {
  if (scopes === undefined || scopes.length === 0) return;
  const refuse = (detail: string): void => void errors.push(invalid('spec.scopes', scopes, detail));
  for (const scope of scopes) {
    if (!quotaScopes.includes(scope)) refuse('unsupported scope');
    else for (const resource of [...hard].sort()) if (standardResources.has(resource) && !fitsScope(scope, resource)) refuse('unsupported scope applied to resource');
  }
  for (const [one, other] of [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const) if (scopes.includes(one) && scopes.includes(other)) refuse('conflicting scopes');
}

const unvaluedScopes = new Set(['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']);
const onlyExists = "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function validateScopeTerm(errors: FieldErrors, term: { readonly scopeName: string; readonly operator: string; readonly values?: readonly string[] }, at: string, hard: readonly string[]): void {
  const { scopeName, operator, values = [] } = term;
  if (!quotaScopes.includes(scopeName)) errors.push(notSupported(`${at}.scopeName`, scopeName, quotaScopes));
  else for (const resource of [...hard].sort()) if (standardResources.has(resource) && !fitsScope(scopeName, resource)) errors.push(invalid(at, term, 'unsupported scope applied to resource'));
  if (unvaluedScopes.has(scopeName) && operator !== 'Exists') errors.push(invalid(`${at}.operator`, operator, onlyExists));
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(invalid(`${at}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
  } else errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
}

/** `cpu: 1/4, memory: 1Gi/8Gi` of the requests, and the same of the limits. */
function usage(quota: ResourceQuota, limits: boolean): string {
  const hard = quota.status?.hard ?? {};
  return Object.keys(hard)
    .filter((name) => name.startsWith('limits.') === limits)
    .sort()
    .map((name) => `${name}: ${quota.status?.used?.[name] ?? '0'}/${hard[name] ?? '0'}`)
    .join(', ');
}

export const resourceQuotaKind = declareKind<ResourceQuota>({
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  shortNames: ['quota'],
  subresources: ['status'],
  storagePrefix: 'resourcequotas',
  definition: 'io.k8s.api.core.v1.ResourceQuota',
  defaults: (quota) => (quota.spec === undefined ? { ...quota, spec: {} } : quota),
  validate: validateQuota,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateQuota(next)];
    immutableField(errors, next.spec.scopes ?? [], old.spec.scopes ?? [], 'spec.scopes');
    return errors;
  },
  columns: columns('Name Request Limit Age'),
  row: (quota, nowMs) => [quota.metadata.name, usage(quota, false), usage(quota, true), age(quota, nowMs)],
});
