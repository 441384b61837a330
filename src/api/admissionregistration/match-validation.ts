// What webhooks and policies match by, checked as pkg/apis/admissionregistration/validation does.
import { isDns1035Label, isDns1123Subdomain, isPathSegment, isQualifiedName } from '../meta/names.ts';
import { checkOneOf, checkText, duplicate, invalid, notSupported, required, tooMany, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import type { MatchCondition, MatchResources, Rule } from './types.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const mostConditions = 64;

export function validateRule(errors: FieldErrors, rule: Rule, at: string): void {
  const only = (values: readonly string[] | undefined, name: string, what: string): void => {
    if ((values ?? []).length === 0) errors.push(required(`${at}.${name}`));
    if ((values ?? []).length > 1 && values?.includes('*') === true) errors.push(invalid(`${at}.${name}`, values, `if '*' is present, must not specify other ${what}`));
  };
  only(rule.operations, 'operations', 'operations');
  rule.operations?.forEach((operation, index) => checkOneOf(errors, operation, `${at}.operations[${index}]`, operations));
  only(rule.apiGroups, 'apiGroups', 'API groups');
  only(rule.apiVersions, 'apiVersions', 'API versions');
  rule.apiVersions?.forEach((version, index) => {
    if (version === '') errors.push(required(`${at}.apiVersions[${index}]`));
  });
  validateResources(errors, rule.resources ?? [], `${at}.resources`);
  checkOneOf(errors, rule.scope, `${at}.scope`, ['*', 'Cluster', 'Namespaced']);
}

function validateResources(errors: FieldErrors, resources: readonly string[], at: string): void {
  if (resources.length === 0) errors.push(required(at));
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  let plain = false;
  resources.forEach((each, index) => {
    if (each === '') {
      errors.push(required(`${at}[${index}]`));
      return;
    }
    const slash = each.indexOf('/');
    if (slash < 0) {
      plain = each !== '*';
      return;
    }
    const resource = each.slice(0, slash);
    const subresource = each.slice(slash + 1);
    if (wholeResources.has(resource)) errors.push(invalid(`${at}[${index}]`, each, `if '${resource}/*' is present, must not specify ${each}`));
    if (wholeSubresources.has(subresource)) errors.push(invalid(`${at}[${index}]`, each, `if '*/${subresource}' is present, must not specify ${each}`));
    if (subresource === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(subresource);
  });
  if (resources.length > 1 && resources.includes('*/*')) errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && plain) errors.push(invalid(at, resources, "if '*' is present, must not specify other resources without subresources"));
}

export function validateMatchResources(errors: FieldErrors, match: MatchResources, at: string): void {
  if (match.matchPolicy === undefined) errors.push(required(`${at}.matchPolicy`));
  else checkOneOf(errors, match.matchPolicy, `${at}.matchPolicy`, ['Equivalent', 'Exact']);
  for (const name of ['namespaceSelector', 'objectSelector'] as const) {
    if (match[name] === undefined) errors.push(required(`${at}.${name}`));
    else validateLabelSelector(errors, match[name], `${at}.${name}`);
  }
  for (const list of ['resourceRules', 'excludeResourceRules'] as const) {
    match[list]?.forEach((rule, index) => {
      const here = `${at}.${list}[${index}]`;
      rule.resourceNames?.forEach((name, position) => {
        checkText(errors, name, `${here}.resourceNames[${position}]`, isPathSegment);
        if ((rule.resourceNames as readonly string[]).indexOf(name) < position) errors.push(duplicate(`${here}.resourceNames[${position}]`, name));
      });
      validateRule(errors, rule, here);
    });
  }
}

/** All but the expressions themselves, which the API server compiles. */
export function validateMatchConditions(errors: FieldErrors, conditions: readonly MatchCondition[] | undefined, at: string): void {
  if (conditions === undefined) return;
  if (conditions.length > mostConditions) errors.push(tooMany(at, conditions.length, mostConditions));
  conditions.forEach(({ name, expression }, index) => {
    if ((expression ?? '').trim() === '') errors.push(required(`${at}[${index}].expression`));
    if (!name) errors.push(required(`${at}[${index}].name`));
    else {
      checkText(errors, name, `${at}[${index}].name`, isQualifiedName);
      if (conditions.findIndex((each) => each.name === name) < index) errors.push(duplicate(`${at}[${index}].name`, name));
    }
  });
}

/** `webhooks[0].name`: at least three labels. */
export function validateFullName(errors: FieldErrors, name: string, at: string): void {
  if (name === '') {
    errors.push(required(at));
    return;
  }
  const problems = isDns1123Subdomain(name);
  if (problems.length > 0) errors.push(invalid(at, name, problems.join(',')));
  else if (name.split('.').length < 3) errors.push(invalid(at, name, 'should be a domain with at least three segments separated by dots'));
}

export function validateReviewVersions(errors: FieldErrors, versions: readonly string[] | undefined, at: string): void {
  if (versions === undefined || versions.length === 0) {
    errors.push(required(at, 'must specify one of v1, v1beta1'));
    return;
  }
  versions.forEach((version, index) => {
    if (versions.indexOf(version) < index) errors.push(invalid(`${at}[${index}]`, version, 'duplicate version'));
    else checkText(errors, version, `${at}[${index}]`, isDns1035Label);
  });
  if (!versions.includes('v1') && !versions.includes('v1beta1')) errors.push(invalid(at, versions, 'must include at least one of v1, v1beta1'));
}

export function validateParamKind(errors: FieldErrors, kind: { readonly apiVersion?: string; readonly kind?: string }, at: string): void {
  const { apiVersion = '', kind: name = '' } = kind;
  if (apiVersion === '') errors.push(required(`${at}.apiVersion`));
  else {
    const parts = apiVersion.split('/');
    const [group, version] = parts.length === 1 ? ['', apiVersion] : [parts[0] as string, parts[1] as string];
    if (parts.length > 2) errors.push(invalid(`${at}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
    else {
      const joined = (value: string, problems: readonly string[]): void => {
        if (problems.length > 0) errors.push(invalid(`${at}.apiVersion`, value, problems.join(',')));
      };
      if (group !== '') joined(group, isDns1123Subdomain(group));
      if (version === '') errors.push(invalid(`${at}.apiVersion`, apiVersion, 'version must be specified'));
      else joined(version, isDns1035Label(version));
    }
  }
  if (name === '') errors.push(required(`${at}.kind`));
  else {
    const problems = isDns1035Label(name.toLowerCase());
    if (problems.length > 0) errors.push(invalid(`${at}.kind`, name, `may have mixed case, but should otherwise match: ${problems.join(',')}`));
  }
}

export function validateOneOf(errors: FieldErrors, value: string | undefined, at: string, allowed: readonly string[]): void {
  if (value === undefined) errors.push(required(at));
  else if (!allowed.includes(value)) errors.push(notSupported(at, value, allowed));
}
