// What an expression may cost at most, before it runs, from how large its values may become. Rougher than cel-go's estimate, and never above it on
// purpose: what cannot be known counts as small. Good enough to tell a rule that walks a list within a list from one that does not.
import type { Expression } from './expression.ts';
import { parseExpression } from './parse.ts';

/** How large a value may become: characters, items or entries; and its parts. */
export interface Extent {
  readonly max: number;
  readonly item?: Extent | undefined;
  readonly field?: ((name: string) => Extent | undefined) | undefined;
}

const small: Extent = { max: 1 };

interface Estimate {
  readonly cost: number;
  readonly extent: Extent;
}

/** The greatest cost of an expression that can be parsed; 0 of one that cannot. */
export function estimateCost(text: string, variables: Readonly<Record<string, Extent>>): number {
  const { expression } = parseExpression(text);
  return expression === undefined ? 0 : estimate(expression, new Map(Object.entries(variables))).cost;
}

function estimate(expression: Expression, scope: ReadonlyMap<string, Extent>): Estimate {
  switch (expression.kind) {
    case 'literal':
      return { cost: 0, extent: { max: typeof expression.value === 'string' ? expression.value.length : 1 } };
    case 'name':
      return { cost: 1, extent: scope.get(expression.name) ?? small };
    case 'select': {
      const of = estimate(expression.of, scope);
      if (expression.test) return { cost: of.cost + 1, extent: small };
      return { cost: of.cost + 1, extent: of.extent.field?.(expression.field) ?? of.extent.item ?? small };
    }
    case 'list': {
      const items = expression.items.map((each) => estimate(each.value, scope));
      return { cost: 10 + sum(items), extent: { max: items.length, item: items[0]?.extent } };
    }
    case 'map':
      return { cost: 30 + sum(expression.entries.flatMap((each) => [estimate(each.key, scope), estimate(each.value, scope)])), extent: { max: expression.entries.length } };
    case 'object':
      return { cost: 40 + sum(expression.fields.map((each) => estimate(each.value, scope))), extent: small };
    case 'macro':
      return macro(expression, scope);
    case 'call':
      return call(expression, scope);
  }
}

const sum = (all: readonly Estimate[]): number => all.reduce((total, each) => total + each.cost, 0);

function macro(expression: Expression & { kind: 'macro' }, scope: ReadonlyMap<string, Extent>): Estimate {
  const range = estimate(expression.range, scope);
  const inner = new Map(scope);
  const [first, second] = expression.variables;
  const isBinding = expression.name === 'bind' || expression.name.startsWith('opt');
  if (first !== undefined) inner.set(first, isBinding ? range.extent : second === undefined ? (range.extent.item ?? small) : small);
  if (second !== undefined) inner.set(second, range.extent.item ?? small);
  const steps = expression.steps.map((each) => estimate(each, inner));
  if (isBinding) return { cost: range.cost + sum(steps), extent: steps.at(-1)?.extent ?? small };
  const { max } = range.extent;
  const makes = expression.name === 'map' || expression.name.startsWith('transform');
  return { cost: range.cost + max * (sum(steps) + 2), extent: makes ? { max, item: steps.at(-1)?.extent } : expression.name === 'filter' ? range.extent : small };
}

function call(expression: Expression & { kind: 'call' }, scope: ReadonlyMap<string, Extent>): Estimate {
  const given = [...(expression.target === undefined ? [] : [expression.target]), ...expression.args].map((each) => estimate(each, scope));
  const [a, b, c] = given;
  const cost = sum(given) + 1;
  const left = a?.extent ?? small;
  const right = b?.extent ?? small;
  const tenth = (size: number): number => Math.max(1, size * 0.1);
  switch (expression.name) {
    case '_&&_':
    case '_||_':
      return { cost: cost - 1, extent: small };
    case '_?_:_':
      return { cost: (a?.cost ?? 0) + Math.max(b?.cost ?? 0, c?.cost ?? 0), extent: right.max > (c?.extent.max ?? 0) ? right : (c?.extent ?? small) };
    case '_[_]':
    case '_[?_]':
      return { cost, extent: left.item ?? small };
    case '@in':
      return { cost: cost + right.max, extent: small };
    case '_==_':
    case '_!=_':
      return { cost: cost + Math.min(left.max, right.max) * 0.1, extent: small };
    case '_+_':
      return { cost: cost + (left.max + right.max) * 0.1, extent: { max: left.max + right.max, item: left.item ?? right.item } };
    case 'contains':
      return { cost: cost + tenth(left.max) * tenth(right.max), extent: small };
    case 'matches':
    case 'find':
      return { cost: cost + tenth(left.max) * Math.max(1, right.max * 0.25), extent: left };
    case 'split':
    case 'findAll':
      return { cost: cost + tenth(left.max), extent: { max: left.max, item: left } };
    case 'replace':
    case 'substring':
    case 'lowerAscii':
    case 'upperAscii':
    case 'trim':
    case 'indexOf':
    case 'lastIndexOf':
    case 'isSorted':
    case 'sum':
    case 'min':
    case 'max':
    case 'join':
      return { cost: cost + tenth(left.max), extent: left };
    case 'sets.contains':
    case 'sets.equivalent':
    case 'sets.intersects':
      return { cost: cost + left.max * right.max, extent: small };
    case 'orValue':
    case 'or':
    case 'string':
      return { cost, extent: left };
    default:
      return { cost, extent: small };
  }
}
