// MutatingWebhookConfiguration, ValidatingWebhookConfiguration: who is asked before an object is stored.
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { age } from '../printing/cells.ts';
import { checkOneOf, duplicate, forbidden, invalid, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import { isDns1123Subdomain } from '../meta/names.ts';
import { validateFullName, validateMatchConditions, validateReviewVersions, validateRule } from './match-validation.ts';
import type { Webhook, WebhookClientConfig, WebhookConfiguration } from './types.ts';

function defaultWebhook(webhook: Webhook, mutating: boolean): Webhook {
  let next = fill(webhook, { failurePolicy: 'Fail', matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {}, timeoutSeconds: 10, ...(mutating ? { reinvocationPolicy: 'Never' } : {}) });
  next = mapField(next, 'rules', (rules) => mapSame(rules, (rule) => fill(rule, { scope: '*' })));
  return mapField(next, 'clientConfig', (config) => mapField(config, 'service', (service) => fill(service, { port: 443 })));
}

function validateWebhook(errors: FieldErrors, webhook: Webhook, at: string): void {
  validateFullName(errors, webhook.name ?? '', `${at}.name`);
  webhook.rules?.forEach((rule, index) => validateRule(errors, rule, `${at}.rules[${index}]`));
  checkOneOf(errors, webhook.failurePolicy, `${at}.failurePolicy`, ['Fail', 'Ignore']);
  checkOneOf(errors, webhook.matchPolicy, `${at}.matchPolicy`, ['Equivalent', 'Exact']);
  if (webhook.sideEffects === undefined) errors.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  else checkOneOf(errors, webhook.sideEffects, `${at}.sideEffects`, ['None', 'NoneOnDryRun']);
  const timeout = webhook.timeoutSeconds;
  if (timeout !== undefined && (timeout < 1 || timeout > 30)) errors.push(invalid(`${at}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'));
  validateLabelSelector(errors, webhook.namespaceSelector, `${at}.namespaceSelector`);
  validateLabelSelector(errors, webhook.objectSelector, `${at}.objectSelector`);
  checkOneOf(errors, webhook.reinvocationPolicy, `${at}.reinvocationPolicy`, ['IfNeeded', 'Never']);
  validateClientConfig(errors, webhook.clientConfig ?? {}, `${at}.clientConfig`);
  validateMatchConditions(errors, webhook.matchConditions, `${at}.matchConditions`);
  validateReviewVersions(errors, webhook.admissionReviewVersions, `${at}.admissionReviewVersions`);
}

/** Exactly one of `url` and `service`. Of a url: HTTPS alone, and nothing that identifies a user or a query. */
function validateClientConfig(errors: FieldErrors, { url, service }: WebhookClientConfig, at: string): void {
  if ((url === undefined) === (service === undefined)) errors.push(required(at, 'exactly one of url or service is required'));
  else if (url !== undefined) validateUrl(errors, url, `${at}.url`);
  else if (service !== undefined) {
    if (!service.name) errors.push(required(`${at}.service.name`, 'service name is required'));
    if (!service.namespace) errors.push(required(`${at}.service.namespace`, 'service namespace is required'));
    const port = service.port ?? 443;
    if (!Number.isInteger(port) || port < 1 || port > 65_535) errors.push(invalid(`${at}.service.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
    validatePath(errors, service.path, `${at}.service.path`);
  }
}

function validatePath(errors: FieldErrors, path: string | undefined, at: string): void {
  if (path === undefined || path === '/') return;
  if (path === '//') errors.push(invalid(at, path, 'segment[0] may not be empty'));
  else if (!path.startsWith('/')) errors.push(invalid(at, path, 'must start with a \'/\''));
  else {
    const steps = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/');
    steps.forEach((step, index) => {
      if (step === '') errors.push(invalid(at, path, `segment[${index}] may not be empty`));
      else for (const problem of isDns1123Subdomain(step)) errors.push(invalid(at, path, `segment[${index}]: ${problem}`));
    });
  }
}

function validateUrl(errors: FieldErrors, url: string, at: string): void {
  const form = "desired format: https://host[/path]";
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(url);
  const [, scheme, authority = '', , query, fragment] = match ?? [];
  if (scheme !== 'https') errors.push(invalid(at, scheme ?? '', `'https' is the only allowed URL scheme; ${form}`));
  const user = authority.lastIndexOf('@');
  if (authority.slice(user + 1) === '') errors.push(invalid(at, authority, `host must be specified; ${form}`));
  if (user >= 0) errors.push(invalid(at, authority.slice(0, user), 'user information is not permitted in the URL'));
  if (fragment !== undefined) errors.push(invalid(at, fragment.slice(1), 'fragments are not permitted in the URL'));
  if (query !== undefined) errors.push(invalid(at, query.slice(1), 'query parameters are not permitted in the URL'));
}

const configuration = (kind: string, resource: string, mutating: boolean) => {
  const validate = (object: WebhookConfiguration): FieldErrors => {
    const errors: FieldErrors = [];
    const names = new Set<string>();
    object.webhooks?.forEach((webhook, index) => {
      validateWebhook(errors, webhook, `webhooks[${index}]`);
      if (names.has(webhook.name)) errors.push(duplicate(`webhooks[${index}].name`, webhook.name));
      names.add(webhook.name);
      if (!mutating && webhook.reinvocationPolicy !== undefined) errors.push(forbidden(`webhooks[${index}].reinvocationPolicy`, 'may not be set on a validating webhook'));
    });
    return errors;
  };
  return declareKind<WebhookConfiguration>({
    group: 'admissionregistration.k8s.io',
    categories: ['api-extensions'],
    namespaced: false,
    kind,
    resource,
    storagePrefix: resource,
    definition: `io.k8s.api.admissionregistration.v1.${kind}`,
    generation: true,
    defaults: (object) => mapField(object, 'webhooks', (webhooks) => mapSame(webhooks, (webhook) => defaultWebhook(webhook, mutating))),
    validate,
    columns: columns('Name Webhooks# Age'),
    row: (object, nowMs) => [object.metadata.name, (object.webhooks ?? []).length, age(object, nowMs)],
  });
};

export const mutatingWebhookConfigurationKind = configuration('MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', true);
export const validatingWebhookConfigurationKind = configuration('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', false);
