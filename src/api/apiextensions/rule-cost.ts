// Rules that would cost too much are refused with their definition: how large values may become is what their schema and the size of a request allow
// (apiserver's cel/common/schemas.go, apiextensions' validation.go).
import type { Extent } from '../cel/estimate.ts';
import { forbidden, type FieldErrors } from '../validation/field-error.ts';
import { celFieldsOf, celTypeOf } from './cel-values.ts';
import { ruleEnvironment } from './rules.ts';
import { SchemaNode } from './schema-node.ts';
import type { ValidationRule } from './types.ts';

const requestBytes = 3 * 1024 * 1024;
/** Of one expression, and of all expressions of a schema. */
const ruleLimit = 10_000_000;
const schemaLimit = 100_000_000;
const advice = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

/** How large a value may become, and the fewest bytes that it takes in a request. */
interface Measure extends Extent {
  readonly leastBytes: number;
}

const stringKey: Measure = { max: 0, leastBytes: 2 };
const known = new WeakMap<SchemaNode, Measure>();

function measureOf(node: SchemaNode, isRoot = false): Measure {
  const memo = isRoot ? undefined : known.get(node);
  if (memo !== undefined) return memo;
  const measure = node.intOrString ? { max: textMax(node, requestBytes - 2), leastBytes: 1 } : measureByType(node, isRoot);
  if (!isRoot) known.set(node, measure);
  return measure;
}

/** A character may take four bytes. */
const textMax = ({ props }: SchemaNode, otherwise: number): number => (props.maxLength === undefined ? otherwise : Math.max(0, props.maxLength) * 4);

function measureByType(node: SchemaNode, isRoot: boolean): Measure {
  const { props } = node;
  switch (node.type) {
    case 'array': {
      const item = node.items === undefined ? undefined : measureOf(node.items);
      return { max: Math.max(0, props.maxItems ?? Math.floor((requestBytes - 2) / ((item?.leastBytes ?? 0) + 1))), leastBytes: 2, item };
    }
    case 'object': {
      if (node.additional instanceof SchemaNode) {
        const item = measureOf(node.additional);
        return { max: Math.max(0, props.maxProperties ?? Math.floor((requestBytes - 2) / (item.leastBytes + 6))), leastBytes: 2, key: stringKey, item };
      }
      return objectMeasure(node, isRoot);
    }
    case 'string':
      return stringMeasure(node);
    default:
      return { max: 0, leastBytes: node.type === 'boolean' ? 4 : 1 };
  }
}

function objectMeasure(node: SchemaNode, isRoot: boolean): Measure {
  let leastBytes = 2;
  for (const name of node.props.required ?? []) {
    const property = node.properties.get(name);
    if (property !== undefined && property.props.default === undefined && celTypeOf(property) !== undefined) leastBytes += name.length + 4 + measureOf(property).leastBytes;
  }
  const fields = celFieldsOf(node, isRoot || node.embedded);
  return {
    max: 0,
    leastBytes,
    field: (name) => {
      const field = fields.get(name);
      return field === undefined ? undefined : measureOf(field.node);
    },
  };
}

function stringMeasure(node: SchemaNode): Measure {
  const { format, enum: values, maxLength } = node.props;
  switch (format) {
    case 'byte':
      return { max: Math.max(0, maxLength ?? requestBytes - 2), leastBytes: 2 };
    case 'duration':
      return { max: 32, leastBytes: 3 };
    case 'date':
      return { max: 12, leastBytes: 12 };
    case 'date-time':
      return { max: 32, leastBytes: 21 };
    default:
      return { max: textMax(node, (values ?? []).length > 0 ? Math.max(...(values ?? []).map((each) => (typeof each === 'string' ? each.length : 0))) : requestBytes - 2), leastBytes: 2 };
  }
}

/** Of one evaluation of a rule at most. */
export const ruleCost = (node: SchemaNode, rule: ValidationRule, isRoot = false): number => ruleEnvironment(node, rule, isRoot)?.estimate(rule.rule, measureOf(node, isRoot)) ?? 0;

// ---------------------------------------------------------------- what is refused

interface Costly {
  readonly at: string;
  readonly cost: number;
}

export function checkRuleCosts(root: SchemaNode, path: string, errors: FieldErrors): void {
  const costs: Costly[] = [];
  collect(root, path, 1, true, costs, errors);
  const total = costs.reduce((sum, each) => sum + each.cost, 0);
  if (total <= schemaLimit) return;
  // The few that cost most, if they matter at all.
  const dear = costs.filter(({ cost }) => cost >= schemaLimit / 100).sort((a, b) => b.cost - a.cost);
  for (const { at } of dear.slice(0, 4)) errors.push(forbidden(at, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'));
  errors.push(forbidden(path, exceeds('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', total, schemaLimit)));
}

function exceeds(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  return `${what} exceeds budget by factor of ${factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`} ${advice}`;
}

/** `times`: how often the place may occur in one object; undefined when its lists have no end. */
function collect(node: SchemaNode, path: string, times: number | undefined, isRoot: boolean, costs: Costly[], errors: FieldErrors): void {
  if (!node.hasRules) return;
  const within = (limit: number | undefined): number | undefined => (times === undefined || limit === undefined ? undefined : times * Math.max(0, limit));
  for (const [name, each] of node.properties) collect(each, `${path}.properties[${name}]`, times, false, costs, errors);
  if (node.items !== undefined) collect(node.items, `${path}.items`, within(node.props.maxItems), false, costs, errors);
  if (node.additional instanceof SchemaNode) collect(node.additional, `${path}.additionalProperties`, within(node.props.maxProperties), false, costs, errors);
  const rules = node.props['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return;
  const measure = measureOf(node, isRoot);
  const occurs = times ?? Math.floor(requestBytes / (measure.leastBytes + 1));
  rules.forEach((rule, index) => {
    const note = (part: string, cost: number): void => {
      const at = `${path}.x-kubernetes-validations[${index}].${part}`;
      if (cost > ruleLimit) errors.push(forbidden(at, exceeds(`estimated ${part} cost`, cost, ruleLimit)));
      costs.push({ at, cost });
    };
    note('rule', ruleCost(node, rule, isRoot) * occurs);
    const { messageExpression } = rule;
    if (messageExpression !== undefined && messageExpression !== '') note('messageExpression', ruleEnvironment(node, rule, isRoot)?.estimate(messageExpression, measure) ?? 0);
  });
}
