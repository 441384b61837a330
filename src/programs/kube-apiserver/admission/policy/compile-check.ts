// The expressions of policies and webhooks are compiled when they are written: what does not compile is refused with its place.
import { compileProblem, compileVariables, environmentOf } from '../../../../api/admissionregistration/environment.ts';
import type { AdmissionPolicy, MatchCondition, PolicySpec, WebhookConfiguration } from '../../../../api/admissionregistration/types.ts';
import type { Compiled, Environment } from '../../../../api/cel/environment.ts';
import { bool, nullType, string } from '../../../../api/cel/types.ts';
import type { FieldError } from '../../../../api/contract.ts';
import { invalid } from '../../../../api/validation/field-error.ts';
import type { StoredObject } from '../../storage/watch-cache.ts';
import { compileMutation } from './mutating-policy.ts';

type Errors = FieldError[];

function check(errors: Errors, field: string, expression: string | undefined, compile: (text: string) => Compiled): void {
  if ((expression ?? '').trim() === '') return;
  const problem = compileProblem(compile(expression as string));
  if (problem !== undefined) errors.push(invalid(field, expression, problem));
}

function checkConditions(errors: Errors, at: string, conditions: readonly MatchCondition[] | undefined, environment: Environment): void {
  conditions?.forEach(({ expression }, index) => check(errors, `${at}[${index}].expression`, expression, (text) => environment.compileTo(text, bool)));
}

/** Conditions and variables, which both kinds of policies have. */
function checkShared(errors: Errors, spec: PolicySpec): void {
  checkConditions(errors, 'spec.matchConditions', spec.matchConditions, environmentOf({ hasParams: spec.paramKind !== undefined }));
  compileVariables(spec).problems.forEach((problem, index) => {
    const expression = spec.variables?.[index]?.expression ?? '';
    if (problem !== undefined && expression.trim() !== '') errors.push(invalid(`spec.variables[${index}].expression`, expression, compileProblem({ error: problem }) ?? ''));
  });
}

export function validatingPolicyProblems(object: StoredObject): readonly FieldError[] {
  const { spec = {} } = object as AdmissionPolicy;
  const errors: Errors = [];
  checkShared(errors, spec);
  const parts = { hasParams: spec.paramKind !== undefined, variables: compileVariables(spec).types };
  const environment = environmentOf(parts);
  const messages = environmentOf({ ...parts, hasAuthorizer: false });
  spec.validations?.forEach(({ expression, messageExpression }, index) => {
    check(errors, `spec.validations[${index}].expression`, expression, (text) => environment.compileTo(text, bool));
    check(errors, `spec.validations[${index}].messageExpression`, messageExpression, (text) => messages.compileTo(text, string));
  });
  spec.auditAnnotations?.forEach(({ valueExpression }, index) => check(errors, `spec.auditAnnotations[${index}].valueExpression`, valueExpression, (text) => environment.compileTo(text, string, nullType)));
  return errors;
}

export function mutatingPolicyProblems(object: StoredObject): readonly FieldError[] {
  const { spec = {} } = object as AdmissionPolicy;
  const errors: Errors = [];
  checkShared(errors, spec);
  spec.mutations?.forEach((mutation, index) => {
    const part = mutation.patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration';
    check(errors, `spec.mutations[${index}].${part}.expression`, mutation[part]?.expression, () => compileMutation(spec, mutation));
  });
  return errors;
}

export function webhookProblems(object: StoredObject): readonly FieldError[] {
  const errors: Errors = [];
  const environment = environmentOf({});
  (object as WebhookConfiguration).webhooks?.forEach(({ matchConditions }, index) => checkConditions(errors, `webhooks[${index}].matchConditions`, matchConditions, environment));
  return errors;
}
