// Rules that would cost too much are refused with their definition: how large values may become is what their schema and the size of a request allow.
import { estimateCost, type Extent } from '../cel/estimate.ts';
import { forbidden, type FieldErrors } from '../validation/field-error.ts';
import { SchemaNode } from './schema-node.ts';

const requestBytes = 3 * 1024 * 1024;
/** Of one rule, and of all rules of a schema (apiextensions-apiserver). */
const ruleLimit = 10_000_000;
const schemaLimit = 100_000_000;
/** The estimate here is rough; only what is far beyond the limit is sure to be refused by a real server too. */
const certain = 100;
const advice = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

/** The fewest bytes that a value takes in a request. */
function leastBytes(node: SchemaNode): number {
  switch (node.type) {
    case 'boolean':
      return 4;
    case 'object': {
      let bytes = 2;
      for (const name of node.props.required ?? []) {
        const property = node.properties.get(name);
        if (property !== undefined && property.props.default === undefined) bytes += name.length + 4 + leastBytes(property);
      }
      return bytes;
    }
    case 'integer':
    case 'number':
      return 1;
    default:
      return 2;
  }
}

const most = (limit: number | undefined, each: number): number => limit ?? Math.floor((requestBytes - 2) / each);

function extentOf(node: SchemaNode): Extent {
  const { props } = node;
  switch (node.type) {
    case 'array':
      return { max: most(props.maxItems, node.items === undefined ? 3 : leastBytes(node.items) + 1), item: node.items === undefined ? undefined : extentOf(node.items) };
    case 'string':
      return { max: props.enum === undefined || props.enum.length === 0 ? most(props.maxLength, 1) : Math.max(...props.enum.map((each) => String(each).length)) };
    case 'object': {
      if (node.additional instanceof SchemaNode) return { max: most(props.maxProperties, leastBytes(node.additional) + 6), item: extentOf(node.additional) };
      return {
        max: 1,
        field: (name) => {
          const property = node.properties.get(name);
          return property === undefined ? undefined : extentOf(property);
        },
      };
    }
    default:
      return { max: 1 };
  }
}

export function checkRuleCosts(root: SchemaNode, path: string, errors: FieldErrors): void {
  const costs: { readonly at: string; readonly cost: number }[] = [];
  collect(root, path, 1, costs);
  const tooMuch = costs.filter(({ cost }) => cost > ruleLimit * certain);
  for (const { at } of tooMuch) errors.push(forbidden(at, `estimated rule cost exceeds budget by factor of more than 100x ${advice}`));
  const total = costs.reduce((sum, each) => sum + each.cost, 0);
  if (tooMuch.length === 0 || total <= schemaLimit) return;
  for (const { at } of tooMuch.slice(0, 4)) errors.push(forbidden(at, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'));
  const factor = total / schemaLimit;
  errors.push(forbidden(path, `x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of ${factor > 100 ? 'more than 100x' : `${factor.toFixed(1)}x`} ${advice}`));
}

/** `times`: how often the place may occur in one object; undefined when its lists have no end. */
function collect(node: SchemaNode, path: string, times: number | undefined, costs: { readonly at: string; readonly cost: number }[]): void {
  if (!node.hasRules) return;
  const rules = node.props['x-kubernetes-validations'] ?? [];
  if (rules.length > 0) {
    const self = extentOf(node);
    const occurs = times ?? most(undefined, leastBytes(node) + 1);
    rules.forEach((rule, index) => costs.push({ at: `${path}.x-kubernetes-validations[${index}].rule`, cost: estimateCost(rule.rule, { self, oldSelf: self }) * occurs }));
  }
  const within = (limit: number | undefined): number | undefined => (times === undefined || limit === undefined ? undefined : times * limit);
  for (const [name, each] of node.properties) collect(each, `${path}.properties[${name}]`, times, costs);
  if (node.items !== undefined) collect(node.items, `${path}.items`, within(node.props.maxItems), costs);
  if (node.additional instanceof SchemaNode) collect(node.additional, `${path}.additionalProperties`, within(node.props.maxProperties), costs);
}
