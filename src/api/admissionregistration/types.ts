// The objects of admissionregistration/v1 as the API has them: optional where the API lets a field out.
import type { LabelSelector } from '../meta/labels.ts';
import type { ApiObject } from '../meta/object.ts';
import type { WebhookClientConfig } from '../validation/webhook-client.ts';
import type { Condition } from '../meta/conditions.ts';

export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

export interface MatchCondition {
  readonly name?: string;
  readonly expression?: string;
}

export interface Webhook {
  readonly name: string;
  readonly clientConfig?: WebhookClientConfig;
  readonly rules?: readonly Rule[];
  readonly failurePolicy?: string;
  readonly matchPolicy?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly timeoutSeconds?: number;
  readonly reinvocationPolicy?: string;
  readonly sideEffects?: string;
  readonly admissionReviewVersions?: readonly string[];
  readonly matchConditions?: readonly MatchCondition[];
}

export interface WebhookConfiguration extends ApiObject {
  readonly webhooks?: readonly Webhook[];
}

export interface MatchResources {
  readonly matchPolicy?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly resourceRules?: readonly Rule[];
  readonly excludeResourceRules?: readonly Rule[];
}

export interface Validation {
  readonly expression?: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
}

export interface Mutation {
  readonly patchType?: string;
  readonly applyConfiguration?: { readonly expression?: string };
  readonly jsonPatch?: { readonly expression?: string };
}

export interface PolicySpec {
  readonly failurePolicy?: string;
  readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string };
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly { readonly name?: string; readonly expression?: string }[];
  /** Of a ValidatingAdmissionPolicy. */
  readonly validations?: readonly Validation[];
  readonly auditAnnotations?: readonly { readonly key?: string; readonly valueExpression?: string }[];
  /** Of a MutatingAdmissionPolicy. */
  readonly mutations?: readonly Mutation[];
  readonly reinvocationPolicy?: string;
}

export interface AdmissionPolicy extends ApiObject {
  readonly spec?: PolicySpec;
  readonly status?: { readonly conditions?: readonly Condition[]; readonly observedGeneration?: number; readonly typeChecking?: { readonly expressionWarnings?: readonly { readonly fieldRef: string; readonly warning: string }[] } };
}

export interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: LabelSelector;
  readonly parameterNotFoundAction?: string;
}

export interface AdmissionPolicyBinding extends ApiObject {
  readonly spec?: { readonly policyName?: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources; readonly validationActions?: readonly string[] };
}
