// LimitRange and ResourceQuota: what a namespace's pods may ask for, one by one and together.
import type { FieldError } from '../contract.ts';
import { column, columns, declareKind, mapField, mapSame } from '../kind.ts';
import { isQualifiedName } from '../meta/names.ts';
import { compareQuantity, formatQuantity, quantityOf, type Quantity } from '../meta/quantity.ts';
import { age } from '../printing/cells.ts';
import { checkText, duplicate, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import type { LimitRange, LimitRangeItem, ResourceQuota } from './types/object.ts';

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

/** As validation.ValidateLimitRange: each resource's bounds in their order. */
function validateLimitRange({ spec }: LimitRange): readonly FieldError[] {
  const errors: FieldErrors = [];
  const types = new Set<string>();
  spec.limits?.forEach((item, index) => {
    const at = `spec.limits[${index}]`;
    checkText(errors, item.type, `${at}.type`, isQualifiedName);
    if (types.has(item.type)) errors.push(duplicate(`${at}.type`, item.type));
    types.add(item.type);
    if (item.type === 'Pod') {
      if (item.default !== undefined) errors.push(forbidden(`${at}.default`, "may not be specified when `type` is 'Pod'"));
      if (item.defaultRequest !== undefined) errors.push(forbidden(`${at}.defaultRequest`, "may not be specified when `type` is 'Pod'"));
    }
    if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) errors.push(required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
    const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
    for (const list of lists) for (const name of Object.keys(item[list] ?? {})) validateResourceName(errors, item.type, name, `${at}.${list}[${name}]`);
    for (const name of [...new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})))].sort()) validateBounds(errors, item, name, at);
  });
  return errors;
}

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);

function validateResourceName(errors: FieldErrors, type: string, name: string, at: string): void {
  checkText(errors, name, at, isQualifiedName);
  if (name.includes('/') || name.startsWith('hugepages-')) return;
  if (type === 'Pod' || type === 'Container') {
    if (!containerResources.has(name)) errors.push(invalid(at, name, 'must be a standard resource for containers'));
  } else if (!containerResources.has(name) && name !== 'storage') errors.push(invalid(at, name, 'must be a standard resource type or fully qualified'));
}

function validateBounds(errors: FieldErrors, item: LimitRangeItem, name: string, at: string): void {
  const of = (list: Amounts | undefined): Quantity | undefined => (list?.[name] === undefined ? undefined : quantityOf(list[name]));
  const [min, max, limit, request, ratio] = [of(item.min), of(item.max), of(item.default), of(item.defaultRequest), of(item.maxLimitRequestRatio)];
  const ordered = (low: Quantity | undefined, high: Quantity | undefined, field: string, value: Quantity | undefined, lowName: string, highName: string): void => {
    if (low === undefined || high === undefined || compareQuantity(low, high) <= 0) return;
    errors.push(invalid(`${at}.${field}[${name}]`, formatQuantity(value as Quantity), `${lowName} value ${formatQuantity(low)} is greater than ${highName} value ${formatQuantity(high)}`));
  };
  ordered(min, max, 'min', min, 'min', 'max');
  ordered(min, request, 'defaultRequest', request, 'min', 'default request');
  ordered(request, max, 'defaultRequest', request, 'default request', 'max');
  ordered(request, limit, 'defaultRequest', request, 'default request', 'default limit');
  ordered(min, limit, 'default', min, 'min', 'default');
  ordered(limit, max, 'default', max, 'default', 'max');
  if (ratio === undefined) return;
  const field = `${at}.maxLimitRequestRatio[${name}]`;
  if (compareQuantity(ratio, quantityOf('1')) < 0) errors.push(invalid(field, formatQuantity(ratio), `ratio ${formatQuantity(ratio)} is less than 1`));
  if (min === undefined || max === undefined || min.nanos === 0n) return;
  const widest = Number(max.nanos) / Number(min.nanos);
  if (Number(ratio.nanos) / 1e9 > widest) errors.push(invalid(field, formatQuantity(ratio), `ratio ${formatQuantity(ratio)} is greater than max/min = ${widest.toFixed(6)}`));
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

function validateAmounts(errors: FieldErrors, amounts: Amounts | undefined, field: string): void {
  for (const name in amounts) {
    const at = `${field}[${name}]`;
    checkText(errors, name, at, isQualifiedName);
    const amount = quantityOf(amounts[name] ?? '0');
    if (amount.nanos < 0n) errors.push(invalid(at, amounts[name], 'must be greater than or equal to 0'));
    if (/^(pods|services|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|services\..*|count\/.*)$/.test(name) && amount.nanos % 1_000_000_000n !== 0n) {
      errors.push(invalid(at, amounts[name], 'must be an integer'));
    }
    if (!name.includes('/') && !name.includes('.') && !['cpu', 'memory', 'ephemeral-storage', 'pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims'].includes(name) && !name.startsWith('hugepages-')) {
      errors.push(invalid(at, name, 'must be a standard resource for quota'));
    }
  }
}

function validateQuota({ spec }: ResourceQuota): readonly FieldError[] {
  const errors: FieldErrors = [];
  validateAmounts(errors, spec?.hard, 'spec.hard');
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
  validateStatus: ({ status }) => {
    const errors: FieldErrors = [];
    validateAmounts(errors, status?.hard, 'status.hard');
    validateAmounts(errors, status?.used, 'status.used');
    return errors;
  },
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateQuota(next)];
    immutableField(errors, next.spec.scopes ?? [], old.spec.scopes ?? [], 'spec.scopes');
    return errors;
  },
  columns: columns('Name Request Limit Age'),
  row: (quota, nowMs) => [quota.metadata.name, usage(quota, false), usage(quota, true), age(quota, nowMs)],
});
