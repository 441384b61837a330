// ValidatingAdmissionPolicy: rules of the cluster's own, in CEL. A binding says where they hold and what a failure does: deny, warn, audit.
import type { AdmissionPolicy, AdmissionPolicyBinding, PolicySpec, Validation } from '../../../../api/admissionregistration/types.ts';
import { compileVariables, environmentOf } from '../../../../api/admissionregistration/environment.ts';
import { evaluate, outOfBudget, runtimeCostBudget, type Budget, type Evaluated, type Program } from '../../../../api/cel/environment.ts';
import { bool, nullType, string } from '../../../../api/cel/types.ts';
import { ApiError } from '../../../../client/api-error.ts';
import type { Task } from '../../../../kernel/task.ts';
import type { ApiserverEvent } from '../../events.ts';
import { forbidden } from '../../status.ts';
import type { StoredObject } from '../../storage/watch-cache.ts';
import { isConfiguration, matchResources, nameOf, prepareMatch, type Match } from '../match.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { evaluationText, matchConditions, RequestValues } from './expressions.ts';
import { collectParams } from './params.ts';

const policiesPrefix = 'validatingadmissionpolicies';
const bindingsPrefix = 'validatingadmissionpolicybindings';
const mostMessageBytes = 5 * 1024;
const mostAnnotationBytes = 10 * 1024;
const codes: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413 };

interface Failure {
  readonly message: string;
  readonly reason?: string;
  readonly index: number;
}
interface Denial extends Failure {
  readonly policy: string;
  readonly binding: string | undefined;
}

export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  handles: (request) => !isConfiguration(request),
  isIdle: ({ collections }) => collections.cache(bindingsPrefix).size === 0,
  *validateSlowly(request, context) {
    const { collections, host } = context;
    const bindings = collections.cache(bindingsPrefix).list('') as readonly AdmissionPolicyBinding[];
    const denials: Denial[] = [];
    for (const policy of collections.cache(policiesPrefix).list('') as readonly AdmissionPolicy[]) {
      const bound = bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name);
      if (bound.length === 0) continue;
      const match = matchResources(policy.spec?.matchConstraints, request, context);
      if (match === undefined) continue;
      yield* prepareMatch(match, request, context);
      for (const binding of bound) {
        const failures = yield* applyBinding(policy, binding, match, request, context);
        if (failures === undefined) continue;
        host.trace.emit<ApiserverEvent>({ type: 'apiserver.policy', policy: policy.metadata.name, binding: binding.metadata.name, failures: failures.map(({ message }) => message) });
        denials.push(...failures.filter(({ denies }) => denies).map((failure) => ({ ...failure, policy: policy.metadata.name, binding: binding.metadata.name })));
      }
    }
    if (denials.length > 0) throw denied(request, denials[0] as Denial);
  },
};

function denied(request: AdmissionRequest, { policy, binding, message, reason }: Denial): ApiError {
  const text = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? '' : ` with binding '${binding}'`} denied request: ${message}`;
  const { status } = forbidden(request, nameOf(request), text);
  const why = reason ?? 'Invalid';
  return new ApiError({ ...status, reason: why, code: codes[why] ?? 422, details: { ...status.details, causes: [{ message: text }] } });
}

/** What failed under this binding; undefined when it does not concern the request. Warnings and audit annotations are said at once. */
function* applyBinding(policy: AdmissionPolicy, binding: AdmissionPolicyBinding, match: Match, request: AdmissionRequest, context: AdmissionContext): Task<readonly (Failure & { readonly denies: boolean })[] | undefined> {
  if (binding.spec?.matchResources !== undefined && matchResources(binding.spec.matchResources, request, context) === undefined) return undefined;
  const spec = policy.spec ?? {};
  const params = yield* collectParams(spec.paramKind, binding.spec?.paramRef, request, context);
  if (typeof params === 'string') return spec.failurePolicy === 'Ignore' ? [] : [{ message: `failed to configure binding: ${params}`, index: 0, denies: true }];
  const actions = binding.spec?.validationActions ?? [];
  const all: (Failure & { readonly denies: boolean })[] = [];
  const audited: Failure[] = [];
  for (const param of params) {
    const failures = validate(policy, match, request, context, param);
    for (const failure of failures) {
      if (actions.includes('Warn')) context.warn(`Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${failure.message}`);
      if (actions.includes('Audit')) audited.push(failure);
      all.push({ ...failure, denies: actions.includes('Deny') });
    }
  }
  if (audited.length > 0) {
    const value = audited.map(({ message, index }) => ({ message, policy: policy.metadata.name, binding: binding.metadata.name, expressionIndex: index, validationActions: actions }));
    context.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify(value));
  }
  return all;
}

// ---------------------------------------------------------------- one evaluation

interface CompiledPolicy {
  readonly conditions: readonly (Program | undefined)[];
  readonly variables: ReadonlyMap<string, Program>;
  readonly validations: readonly { readonly validation: Validation; readonly program: Program | undefined; readonly message: Program | undefined }[];
  readonly annotations: readonly { readonly key: string; readonly program: Program | undefined }[];
}
const compiledPolicies = new WeakMap<AdmissionPolicy, CompiledPolicy>();

/** What was stored has been checked: an expression that does not compile any more is left out. */
function compiled(policy: AdmissionPolicy): CompiledPolicy {
  let known = compiledPolicies.get(policy);
  if (known === undefined) {
    known = compilePolicy(policy.spec ?? {});
    compiledPolicies.set(policy, known);
  }
  return known;
}

function compilePolicy(spec: PolicySpec): CompiledPolicy {
  const hasParams = spec.paramKind !== undefined;
  const { programs, types } = compileVariables(spec);
  const environment = environmentOf({ hasParams, variables: types });
  const messages = environmentOf({ hasParams, hasAuthorizer: false, variables: types });
  const plain = environmentOf({ hasParams });
  return {
    conditions: (spec.matchConditions ?? []).map(({ expression }) => plain.compileTo(expression ?? '', bool).program),
    variables: programs,
    validations: (spec.validations ?? []).map((validation) => ({
      validation,
      program: environment.compileTo(validation.expression ?? '', bool).program,
      message: validation.messageExpression === undefined || validation.messageExpression === '' ? undefined : messages.compileTo(validation.messageExpression, string).program,
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key = '', valueExpression = '' }) => ({ key, program: environment.compileTo(valueExpression, string, nullType).program })),
  };
}

/** Evaluates programs in their order with the variables and one budget. Undefined when it is spent. */
function evaluateAll(programs: readonly (Program | undefined)[], parts: CompiledPolicy, values: RequestValues, budget: Budget): readonly (Evaluated | undefined)[] | undefined {
  values.addVariables(parts.variables, budget);
  const results: (Evaluated | undefined)[] = [];
  for (const program of programs) {
    results.push(program && evaluate(program, values.get, budget));
    if (budget.left < 0) return undefined;
  }
  return results;
}

function validate(policy: AdmissionPolicy, match: Match, request: AdmissionRequest, context: AdmissionContext, param: StoredObject | undefined): readonly Failure[] {
  const spec = policy.spec ?? {};
  const parts = compiled(policy);
  const values = new RequestValues(request, context, match, param);
  const onError = (message: string, index: number): readonly Failure[] => (spec.failurePolicy === 'Ignore' ? [] : [{ message, index }]);
  const conditions = matchConditions(spec.matchConditions ?? [], parts.conditions, values);
  if (conditions.error !== undefined) return onError(conditions.error, 0);
  if (!conditions.matches) return [];
  const budget: Budget = { left: runtimeCostBudget };
  const results = evaluateAll(parts.validations.map(({ program }) => program), parts, values, budget);
  if (results === undefined) return onError(outOfBudget, 0);
  // Every message is made, also of what did not fail: when that costs too much, all validations have failed.
  const messages = evaluateAll(parts.validations.map(({ message }) => message), parts, values, budget);
  const failures: Failure[] = [];
  parts.validations.forEach(({ validation }, index) => {
    const result = results[index];
    if (result === undefined) return;
    if (result.error !== undefined) failures.push(...onError(evaluationText(validation.expression, result.error), index));
    else if (messages === undefined) failures.push(...onError(`failed messageExpression: ${outOfBudget}`, index));
    else if (result.value !== true) failures.push({ message: failureMessage(validation, messages[index]), reason: validation.reason ?? 'Invalid', index });
  });
  return annotate(policy, parts, values, context, failures, onError);
}

function failureMessage(validation: Validation, made: Evaluated | undefined): string {
  const text = typeof made?.value === 'string' ? made.value.trim() : '';
  if (text !== '' && text.length <= mostMessageBytes && !text.includes('\n')) return text;
  const fixed = (validation.message ?? '').trim();
  return fixed === '' ? `failed expression: ${(validation.expression ?? '').trim()}` : fixed;
}

/** With what failed here too. */
function annotate(policy: AdmissionPolicy, parts: CompiledPolicy, values: RequestValues, context: AdmissionContext, failures: readonly Failure[], onError: (message: string, index: number) => readonly Failure[]): readonly Failure[] {
  const results = evaluateAll(parts.annotations.map(({ program }) => program), parts, values, { left: runtimeCostBudget });
  if (results === undefined) return onError(outOfBudget, 0);
  const all = [...failures];
  parts.annotations.forEach(({ key }, index) => {
    const result = results[index];
    if (result === undefined) return;
    if (result.error !== undefined) all.push(...onError(evaluationText(policy.spec?.auditAnnotations?.[index]?.valueExpression, result.error), index));
    else if (typeof result.value === 'string' && result.value.trim() !== '') context.annotate(`${policy.metadata.name}/${key}`, result.value.trim().slice(0, mostAnnotationBytes));
  });
  return all;
}
