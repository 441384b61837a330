// MutatingWebhookConfiguration, ValidatingWebhookConfiguration: who is asked before an object is stored.
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { age } from '../printing/cells.ts';
import { checkOneOf, duplicate, forbidden, invalid, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import { validateWebhookClient } from '../validation/webhook-client.ts';
import { validateFullName, validateMatchConditions, validateReviewVersions, validateRule } from './match-validation.ts';
import type { Webhook, WebhookConfiguration } from './types.ts';

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
  validateWebhookClient(errors, webhook.clientConfig ?? {}, `${at}.clientConfig`);
  validateMatchConditions(errors, webhook.matchConditions, `${at}.matchConditions`);
  validateReviewVersions(errors, webhook.admissionReviewVersions, `${at}.admissionReviewVersions`);
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
