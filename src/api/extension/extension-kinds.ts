// Kinds that extend or tune the API server itself: webhooks, admission policies, custom resources, aggregated APIs, flow control.
import { mutatingAdmissionPolicyBindingKind, mutatingAdmissionPolicyKind, validatingAdmissionPolicyBindingKind, validatingAdmissionPolicyKind } from '../admissionregistration/policies.ts';
import { mutatingWebhookConfigurationKind, validatingWebhookConfigurationKind } from '../admissionregistration/webhooks.ts';
import { customResourceDefinitionKind } from '../apiextensions/custom-resource-definition.ts';
import { apiServiceKind } from '../apiregistration/api-service.ts';
import { flowSchemaKind } from '../flowcontrol/flow-schema.ts';
import { priorityLevelConfigurationKind } from '../flowcontrol/priority-level-configuration.ts';

export const extensionKinds = [
  mutatingAdmissionPolicyKind,
  mutatingAdmissionPolicyBindingKind,
  mutatingWebhookConfigurationKind,
  validatingAdmissionPolicyKind,
  validatingAdmissionPolicyBindingKind,
  validatingWebhookConfigurationKind,
  customResourceDefinitionKind,
  apiServiceKind,
  flowSchemaKind,
  priorityLevelConfigurationKind,
];
