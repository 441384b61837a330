// ValidatingAdmissionPolicy and MutatingAdmissionPolicy with their bindings. Expressions are compiled by the API server, which has the environment.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { isDns1123Subdomain, isPathSegment, isQualifiedName } from '../meta/names.ts';
import { age } from '../printing/cells.ts';
import { checkOneOf, checkText, duplicate, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import { validateMatchConditions, validateMatchResources, validateOneOf, validateParamKind } from './match-validation.ts';
import type { AdmissionPolicy, AdmissionPolicyBinding, MatchResources, ParamRef, PolicySpec } from './types.ts';
import { validateConditions } from '../validation/status.ts';

const shared = { group: 'admissionregistration.k8s.io', categories: ['api-extensions'], namespaced: false, generation: true } as const;
const unset = '<unset>';
const mostAuditAnnotations = 20;

const defaultMatch = (match: MatchResources): MatchResources => {
  const scoped = (rules: NonNullable<MatchResources['resourceRules']>) => mapSame(rules, (rule) => fill(rule, { scope: '*' }));
  return mapField(mapField(fill(match, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }), 'resourceRules', scoped), 'excludeResourceRules', scoped);
};

function validateSpec(errors: FieldErrors, spec: PolicySpec): void {
  validateOneOf(errors, spec.failurePolicy, 'spec.failurePolicy', ['Fail', 'Ignore']);
  if (spec.paramKind !== undefined) validateParamKind(errors, spec.paramKind, 'spec.paramKind');
  if (spec.matchConstraints === undefined) errors.push(required('spec.matchConstraints'));
  else {
    validateMatchResources(errors, spec.matchConstraints, 'spec.matchConstraints');
    if ((spec.matchConstraints.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
  }
  validateMatchConditions(errors, spec.matchConditions, 'spec.matchConditions');
  spec.variables?.forEach(({ name, expression }, index) => {
    const at = `spec.variables[${index}]`;
    if ((name ?? '').trim() === '') errors.push(required(`${at}.name`, 'name is not specified'));
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name as string)) errors.push(invalid(`${at}.name`, name, 'name is not a valid CEL identifier'));
    if ((expression ?? '').trim() === '') errors.push(required(`${at}.expression`, 'expression is not specified'));
  });
}

function validateValidations(errors: FieldErrors, { validations, auditAnnotations }: PolicySpec, policyName: string): void {
  if ((validations ?? []).length === 0 && (auditAnnotations ?? []).length === 0) {
    for (const name of ['validations', 'auditAnnotations']) errors.push(required(`spec.${name}`, 'validations or auditAnnotations must contain at least one item'));
    return;
  }
  validations?.forEach(({ expression, message, messageExpression, reason }, index) => {
    const at = `spec.validations[${index}]`;
    if ((expression ?? '').trim() === '') errors.push(required(`${at}.expression`, 'expression is not specified'));
    if (messageExpression !== undefined && messageExpression !== '' && messageExpression.trim() === '') errors.push(invalid(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified'));
    if (message !== undefined && message !== '' && message.trim() === '') errors.push(invalid(`${at}.message`, message, 'message must be non-empty if specified'));
    else if (/[\n\r]/.test((message ?? '').trim())) errors.push(invalid(`${at}.message`, message, 'message must not contain line breaks'));
    checkOneOf(errors, reason, `${at}.reason`, ['Forbidden', 'Invalid', 'RequestEntityTooLarge']);
  });
  if ((auditAnnotations ?? []).length > mostAuditAnnotations) errors.push(invalid('spec.auditAnnotations', auditAnnotations, `must not have more than ${mostAuditAnnotations} auditAnnotations`));
  auditAnnotations?.forEach(({ key = '', valueExpression }, index) => {
    const at = `spec.auditAnnotations[${index}]`;
    if (policyName === '') errors.push(invalid(`${at}.key`, key, 'requires metadata.name be non-empty'));
    else checkText(errors, `${policyName}/${key}`, `${at}.key`, isQualifiedName);
    if ((valueExpression ?? '').trim() === '') errors.push(required(`${at}.valueExpression`, 'valueExpression is not specified'));
    if ((auditAnnotations as readonly { key?: string }[]).findIndex((each) => each.key === key) < index) errors.push(duplicate(`${at}.key`, key));
  });
}

function validateMutations(errors: FieldErrors, { mutations, reinvocationPolicy }: PolicySpec): void {
  if ((mutations ?? []).length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  mutations?.forEach((mutation, index) => {
    const at = `spec.mutations[${index}]`;
    const apply = mutation.applyConfiguration;
    const patch = mutation.jsonPatch;
    switch (mutation.patchType) {
      case undefined:
      case '':
        errors.push(required(`${at}.patchType`));
        return;
      case 'ApplyConfiguration':
        if (apply === undefined) errors.push(required(`${at}.applyConfiguration`, 'must be specified when patchType is ApplyConfiguration'));
        else if ((apply.expression ?? '').trim() === '') errors.push(required(`${at}.applyConfiguration.expression`, 'expression is not specified'));
        if (patch !== undefined) errors.push(invalid(`${at}.jsonPatch`, patch, 'must not be specified when patchType is not JSONPatch'));
        return;
      case 'JSONPatch':
        if (patch === undefined) errors.push(required(`${at}.jsonPatch`, 'must be specified when patchType is JSONPatch'));
        else if ((patch.expression ?? '').trim() === '') errors.push(required(`${at}.jsonPatch.expression`, 'expression is not specified'));
        if (apply !== undefined) errors.push(invalid(`${at}.applyConfiguration`, apply, 'must not be specified when patchType is not ApplyConfiguration'));
        return;
      default:
        errors.push(notSupported(`${at}.patchType`, mutation.patchType, ['ApplyConfiguration', 'JSONPatch']));
    }
  });
  validateOneOf(errors, reinvocationPolicy, 'spec.reinvocationPolicy', ['IfNeeded', 'Never']);
}

const policy = (kind: string, resource: string, part: 'validations' | 'mutations') =>
  declareKind<AdmissionPolicy>({
    ...shared,
    kind,
    resource,
    subresources: part === 'validations' ? ['status'] : [],
    validateStatus: ({ status }) => {
      const errors: FieldErrors = [];
      validateConditions(errors, status?.conditions, 'status.conditions');
      return errors;
    },
    storagePrefix: resource,
    definition: `io.k8s.api.admissionregistration.v1.${kind}`,
    defaults: (object) => mapField(object, 'spec', (spec) => mapField(fill(spec, { failurePolicy: 'Fail' }), 'matchConstraints', defaultMatch)),
    validate: ({ metadata, spec = {} }): readonly FieldError[] => {
      const errors: FieldErrors = [];
      validateSpec(errors, spec);
      if (part === 'validations') validateValidations(errors, spec, metadata.name);
      else validateMutations(errors, spec);
      return errors;
    },
    columns: columns(`Name ${part === 'validations' ? 'Validations#' : 'Mutations#'} ParamKind Age`),
    row: (object, nowMs) => {
      const param = object.spec?.paramKind;
      return [object.metadata.name, (object.spec?.[part] ?? []).length, param === undefined ? unset : `${param.apiVersion ?? ''}/${param.kind ?? ''}`, age(object, nowMs)];
    },
  });

function validateParamRef(errors: FieldErrors, ref: ParamRef, at: string): void {
  if (ref.name) checkText(errors, ref.name, `${at}.name`, isPathSegment);
  if (ref.selector !== undefined) validateLabelSelector(errors, ref.selector, `${at}.selector`);
  if (ref.name && ref.selector !== undefined) for (const name of ['name', 'selector']) errors.push(forbidden(`${at}.${name}`, 'name and selector are mutually exclusive'));
  if (!ref.name && ref.selector === undefined) errors.push(required(at, 'one of name or selector must be specified'));
  validateOneOf(errors, ref.parameterNotFoundAction, `${at}.parameterNotFoundAction`, ['Deny', 'Allow']);
}

function validateActions(errors: FieldErrors, actions: readonly string[], at: string): void {
  actions.forEach((action, index) => {
    checkOneOf(errors, action, `${at}[${index}]`, ['Audit', 'Deny', 'Warn']);
    if (actions.indexOf(action) < index) errors.push(duplicate(`${at}[${index}]`, action));
  });
  if (actions.includes('Deny') && actions.includes('Warn')) errors.push(invalid(at, actions, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'));
  if (actions.length === 0) errors.push(required(at, 'at least one validation action is required'));
}

const binding = (kind: string, resource: string, hasActions: boolean) =>
  declareKind<AdmissionPolicyBinding>({
    ...shared,
    kind,
    resource,
    storagePrefix: resource,
    definition: `io.k8s.api.admissionregistration.v1.${kind}`,
    defaults: (object) => mapField(object, 'spec', (spec) => mapField(spec, 'matchResources', defaultMatch)),
    validate: ({ spec = {} }) => {
      const errors: FieldErrors = [];
      if (!spec.policyName) errors.push(required('spec.policyName'));
      else checkText(errors, spec.policyName, 'spec.policyName', isDns1123Subdomain);
      if (spec.paramRef !== undefined) validateParamRef(errors, spec.paramRef, 'spec.paramRef');
      // (sic) upstream's path lacks a letter.
      if (spec.matchResources !== undefined) validateMatchResources(errors, spec.matchResources, 'spec.matchResouces');
      if (hasActions) validateActions(errors, spec.validationActions ?? [], 'spec.validationActions');
      return errors;
    },
    columns: columns('Name PolicyName ParamRef Age'),
    row: (object, nowMs) => {
      const ref = object.spec?.paramRef;
      const text = ref === undefined ? unset : ref.namespace ? `${ref.namespace}/${ref.name ?? '*'}` : (ref.name ?? '*');
      return [object.metadata.name, object.spec?.policyName ?? '', text, age(object, nowMs)];
    },
  });

export const validatingAdmissionPolicyKind = policy('ValidatingAdmissionPolicy', 'validatingadmissionpolicies', 'validations');
export const mutatingAdmissionPolicyKind = policy('MutatingAdmissionPolicy', 'mutatingadmissionpolicies', 'mutations');
export const validatingAdmissionPolicyBindingKind = binding('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', true);
export const mutatingAdmissionPolicyBindingKind = binding('MutatingAdmissionPolicyBinding', 'mutatingadmissionpolicybindings', false);
