// x-kubernetes-validations: rules compiled where their schema says so, and evaluated on the objects, with old values where there are some.
import type { FieldError } from '../contract.ts';
import { cel } from '../cel/engine.ts';
import type { Budget, Environment, Program } from '../cel/environment.ts';
import { outOfBudget } from '../cel/limits.ts';
import * as types from '../cel/types.ts';
import { none, Optional, type CelValue } from '../cel/values.ts';
import { sameJson } from '../meta/equality.ts';
import type { Json } from '../meta/object.ts';
import { formatFieldError, type FieldErrors } from '../validation/field-error.ts';
import { celTypeOf, toCel } from './cel-values.ts';
import { isList, isObject, own, type SchemaNode } from './schema-node.ts';
import type { ValidationRule } from './types.ts';
import { oldItems, type Old } from './validate-value.ts';

export interface RuleProblem {
  readonly rule: ValidationRule;
  readonly index: number;
  /** `rule`, `messageExpression`, `fieldPath` */
  readonly part: string;
  readonly detail: string;
  readonly missing?: boolean;
}

export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program;
  readonly message: Program | undefined;
  readonly isTransition: boolean;
}

export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly problems: readonly RuleProblem[];
}

const compiled = new WeakMap<SchemaNode, CompiledRules>();
const compiledRoots = new WeakMap<SchemaNode, CompiledRules>();

/** A memo: a schema's rules are compiled once. `isRoot`: the schema of a whole resource. */
export function compileRules(node: SchemaNode, isRoot: boolean): CompiledRules {
  const memo = isRoot ? compiledRoots : compiled;
  let rules = memo.get(node);
  if (rules === undefined) {
    rules = compileAll(node, isRoot);
    memo.set(node, rules);
  }
  return rules;
}

/** Where a rule of this place is read; undefined: expressions cannot see such a value. */
export function ruleEnvironment(node: SchemaNode, rule: ValidationRule, isRoot: boolean): Environment | undefined {
  const self = celTypeOf(node, isRoot);
  return self === undefined ? undefined : cel().environment({ variables: { self, oldSelf: rule.optionalOldSelf === true ? types.optionalOf(self) : self } });
}

function compileAll(node: SchemaNode, isRoot: boolean): CompiledRules {
  const given = node.props['x-kubernetes-validations'] ?? [];
  if (given.length === 0) return { rules: [], problems: [] };
  const rules: CompiledRule[] = [];
  const problems: RuleProblem[] = [];
  given.forEach((rule, index) => {
    const fail = (part: string, detail: string, missing = false): void => void problems.push({ rule, index, part, detail, missing });
    const environment = ruleEnvironment(node, rule, isRoot);
    if (environment === undefined) return fail('rule', 'the schema of this value does not allow rules');
    if ((rule.rule ?? '').trim() === '') return fail('rule', 'rule is not specified', true);
    const program = environment.compile(rule.rule);
    if (program.program === undefined) return fail('rule', `compilation failed: ${program.error}`);
    if (program.program.type.kind !== 'bool' && program.program.type.kind !== 'dyn') return fail('rule', 'cel expression must evaluate to a bool');
    let message: Program | undefined;
    if (rule.messageExpression !== undefined && rule.messageExpression !== '') {
      const text = environment.compile(rule.messageExpression);
      if (text.program === undefined) return fail('messageExpression', `messageExpression compilation failed: ${text.error}`);
      if (text.program.type.kind !== 'string') return fail('messageExpression', 'messageExpression must evaluate to a string');
      message = text.program;
    }
    const isTransition = program.program.names.has('oldSelf');
    if (rule.optionalOldSelf !== undefined && !isTransition) return fail('optionalOldSelf', 'may not be set if oldSelf is not used in rule');
    rules.push({ rule, program: program.program, message, isTransition });
  });
  return { rules, problems };
}

export interface RuleRun {
  readonly errors: FieldErrors;
  /** What is wrong but was wrong before: said, not refused. */
  readonly warnings: string[];
  readonly budget: Budget;
}

/** With `old`, transition rules run too, and values that did not change are only warned about. False when the budget is spent. */
export function runRules(value: Json, node: SchemaNode | undefined, path: string, run: RuleRun, old: Old | undefined, isRoot: boolean): boolean {
  if (node === undefined || !node.hasRules || value === null) return true;
  for (const rule of compileRules(node, isRoot).rules) if (!runRule(rule, value, node, path, run, old, isRoot)) return false;
  if (isList(value)) {
    const { items } = node;
    if (items === undefined) return true;
    const before = old === undefined ? undefined : oldItems(node, old.value);
    return value.every((item, index) => runRules(item, items, `${path}[${index}]`, run, before?.(item), false));
  }
  if (!isObject(value)) return true;
  const before = old === undefined ? undefined : isObject(old.value) ? old.value : {};
  return Object.keys(value).every((name) => {
    const inner = node.properties.get(name);
    const where = inner === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    return runRules(value[name] as Json, inner ?? node.field(name), where, run, before === undefined ? undefined : { value: own(before, name) }, false);
  });
}

function runRule({ rule, program, message, isTransition }: CompiledRule, value: Json, node: SchemaNode, path: string, run: RuleRun, old: Old | undefined, isRoot: boolean): boolean {
  const before = old?.value;
  const isOptional = rule.optionalOldSelf === true;
  if (isTransition && before === undefined && !isOptional) return true;
  const self = toCel(value, node, isRoot);
  const oldSelf = (): CelValue | undefined => {
    if (before === undefined) return isOptional ? none : undefined;
    const converted = toCel(before, node, isRoot);
    return isOptional ? new Optional(converted) : converted;
  };
  const names = (name: string): CelValue | undefined => (name === 'self' ? self : name === 'oldSelf' ? oldSelf() : undefined);
  const field = path === '' ? '<nil>' : path;
  const spent = (): boolean => {
    run.errors.push({ type: 'Invalid', field, value: node.type ?? '', detail: outOfBudget });
    return false;
  };
  if (run.budget.left <= 0) return spent();
  const result = cel().evaluate(program, names, run.budget);
  if (run.budget.left < 0) return spent();
  const shown = value !== null && typeof value === 'object' ? { valueText: '' } : { value };
  const about = ruleText(rule);
  let problem: FieldError | undefined;
  if (result.value === undefined) {
    const detail = result.exceeded
      ? `'${result.error}': no further validation rules will be run due to call cost exceeds limit for rule: ${about}`
      : result.error === 'no such overload'
        ? `'${result.error}': call arguments did not match a supported operator, function or macro signature for rule: ${about}`
        : `${result.error} evaluating rule: ${about}`;
    problem = { type: 'Invalid', field, value: node.type ?? '', detail };
    if (result.exceeded) {
      run.errors.push(problem);
      return false;
    }
  } else if (result.value !== true) {
    const text = message === undefined ? undefined : messageOf(message, rule, names, run.budget);
    problem = failed(rule, text?.text, path, shown, value);
    if (text?.refused !== undefined) {
      run.errors.push({ type: 'Invalid', field: problem.field, value: node.type ?? '', detail: text.refused });
      return false;
    }
  }
  if (problem === undefined) return true;
  // A value that stays as it was may go on being wrong.
  if (!isTransition && before !== undefined && sameJson(before, value)) run.warnings.push(formatFieldError(problem));
  else run.errors.push(problem);
  return true;
}

/** Rules are named in messages by their message, else by themselves. */
const ruleText = (rule: ValidationRule): string => (rule.message !== undefined && rule.message !== '' ? rule.message : rule.rule.trim());

/** What a rule's own expression says of its failure: a text, nothing that can be used, or that it costs too much. */
function messageOf(message: Program, rule: ValidationRule, names: (name: string) => CelValue | undefined, budget: Budget): { readonly text?: string; readonly refused?: string } {
  const result = cel().evaluate(message, names, budget);
  if (budget.left < 0) return { refused: 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run' };
  if (result.value === undefined) return result.exceeded ? { refused: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}` } : {};
  const text = typeof result.value === 'string' ? result.value.trim() : '';
  return text === '' || text.includes('\n') || text.length > 5120 ? {} : { text };
}

function failed(rule: ValidationRule, text: string | undefined, path: string, shown: { readonly valueText?: string; readonly value?: Json }, value: Json): FieldError {
  const detail = text ?? (rule.message !== undefined && rule.message !== '' ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`);
  const field = rule.fieldPath === undefined || rule.fieldPath === '' ? path : joinPath(path, rule.fieldPath);
  const at = field === '' ? '<nil>' : field;
  switch (rule.reason) {
    case 'FieldValueRequired':
      return { type: 'Required', field: at, detail };
    case 'FieldValueForbidden':
      return { type: 'Forbidden', field: at, detail };
    case 'FieldValueDuplicate':
      return { type: 'Duplicate', field: at, value, detail: '' };
    default:
      return { type: 'Invalid', field: at, ...shown, detail };
  }
}

/** `.spec.foo`, `['a.b']`, `[0]` below a path. */
function joinPath(path: string, below: string): string {
  const joined = below.replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_, name: string) => (/^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${name}]`));
  return path === '' ? joined.replace(/^\./, '') : `${path}${joined}`;
}
