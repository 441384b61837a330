// What an expression may cost at most before it runs, from how large its values may become: the model of cel-go's checker (cost.go), with the functions of
// Kubernetes in estimate-calls.ts. Whether a rule may be written depends on it, so it is followed where it is odd, too.
import type { Findings } from './check.ts';
import { callEstimate, type Argument } from './estimate-calls.ts';
import { add, fixed, multiply, type Range, union, unknown } from './estimate-range.ts';
import type { Expression } from './expression.ts';
import * as types from './types.ts';
import type { CelType } from './types.ts';
import { Bytes } from './values.ts';

/** How large a value may become: characters, bytes, items or entries (0: it has no size), and of what it is made. */
export interface Extent {
  readonly max: number;
  readonly key?: Extent | undefined;
  readonly item?: Extent | undefined;
  readonly field?: ((name: string) => Extent | undefined) | undefined;
}

/** Sizes of the keys (or places) and values of something that an expression has made. */
interface Entries {
  readonly isList: boolean;
  readonly key: Range;
  readonly value: Range;
}

interface Part {
  readonly cost: Range;
  readonly size: Range | undefined;
  readonly entries: Entries | undefined;
  /** How it is reached from a variable: its name, then fields, `@items`, `@values`, `@keys`. */
  readonly path: readonly string[];
}

type Local = Omit<Part, 'cost'>;

const one = fixed(1);
const nothing = fixed(0);
const listCost = 10;
const mapCost = 30;
const objectCost = 40;

export function greatestCost(expression: Expression, findings: Findings, root: Extent): number {
  return new Estimator(findings, root).part(expression).cost.max;
}

class Estimator {
  private readonly findings: Findings;
  private readonly root: Extent;
  private readonly locals: (readonly [name: string, local: Local])[] = [];

  constructor(findings: Findings, root: Extent) {
    this.findings = findings;
    this.root = root;
  }

  private typeOf(expression: Expression): CelType {
    return this.findings.types.get(expression) ?? types.dyn;
  }

  /** Of what is reached by this path: the variable itself does not matter, all are of one schema. */
  private extentAt(path: readonly string[]): Range | undefined {
    if (path.length === 0) return undefined;
    let at: Extent | undefined = this.root;
    for (const name of path.slice(1)) at = name === '@items' || name === '@values' ? at?.item : name === '@keys' ? at?.key : at?.field?.(name);
    return at === undefined ? undefined : { min: 0, max: at.max };
  }

  /** With the size that it has by itself, else by its path, its type, or the local variable that it is. */
  private finish(expression: Expression, cost: Range, path: readonly string[], own?: Range, entries?: Entries, last?: Range): Part {
    const size = own ?? literalSize(expression) ?? this.extentAt(path) ?? (isScalar(this.typeOf(expression)) ? one : last);
    return { cost, size, entries, path };
  }

  part(expression: Expression): Part {
    switch (expression.kind) {
      case 'literal':
        return this.finish(expression, nothing, []);
      case 'name': {
        const local = this.locals.findLast(([name]) => name === expression.name)?.[1];
        return this.finish(expression, one, local?.path ?? [expression.name], undefined, local?.entries, local?.size);
      }
      case 'select':
        return this.select(expression);
      case 'list': {
        const items = expression.items.map(({ value }) => this.part(value));
        const value = items.reduce<Range>((all, { size }) => union(all, size ?? unknown), items.length === 0 ? nothing : { min: unknown.max, max: 0 });
        return this.finish(expression, add(fixed(listCost), ...items.map(({ cost }) => cost)), [], undefined, { isList: true, key: one, value });
      }
      case 'map': {
        const parts = expression.entries.map(({ key, value }) => [this.part(key), this.part(value)] as const);
        const sizes = (which: 0 | 1): Range => parts.reduce<Range>((all, pair) => union(all, pair[which].size ?? unknown), parts.length === 0 ? nothing : { min: unknown.max, max: 0 });
        return this.finish(expression, add(fixed(mapCost), ...parts.flatMap(([key, value]) => [key.cost, value.cost])), [], undefined, { isList: false, key: sizes(0), value: sizes(1) });
      }
      case 'object':
        return this.finish(expression, add(fixed(objectCost), ...expression.fields.map(({ value }) => this.part(value).cost)), []);
      case 'macro':
        return this.macro(expression);
      case 'call':
        return this.call(expression);
    }
  }

  private select(expression: Expression & { kind: 'select' }): Part {
    const of = this.part(expression.of);
    // That something is there is seen on the way.
    if (expression.test) return this.finish(expression, of.cost, []);
    if (expression.optional) return this.finish(expression, add(of.cost, one), []);
    const { kind } = this.typeOf(expression.of);
    const looks = kind === 'map' || kind === 'object' || kind === 'param';
    return this.finish(expression, looks ? add(of.cost, one) : of.cost, [...of.path, expression.field]);
  }

  // ---------------------------------------------------------------- calls

  private call(expression: Expression & { kind: 'call' }): Part {
    const { args } = expression;
    const name = this.findings.calls.get(expression)?.name ?? expression.name;
    // A namespace is no value.
    const target = expression.target === undefined || name !== expression.name ? undefined : this.part(expression.target);
    const given = args.map((each) => this.part(each));
    const argCost = add(nothing, ...given.map(({ cost }) => cost));
    const [first, second, third] = given;
    switch (name) {
      case 'dyn':
        return this.finish(expression, add(argCost, one), [], first?.size, first?.entries);
      case '_&&_':
      case '_||_':
        return this.finish(expression, { min: first?.cost.min ?? 0, max: argCost.max }, []);
      case '_?_:_':
        return this.finish(expression, add(first?.cost ?? nothing, union(second?.cost ?? nothing, third?.cost ?? nothing)), [], union(second?.size ?? unknown, third?.size ?? unknown), mergedEntries(second?.entries, third?.entries));
      case '_[_]': {
        const kind = this.typeOf(args[0] as Expression).kind;
        const step = kind === 'list' ? '@items' : '@values';
        return this.finish(expression, add(argCost, one), kind === 'list' || kind === 'map' ? [...(first?.path ?? []), step] : [], first?.entries?.value);
      }
      default:
        return this.function(expression, name, target, given, argCost);
    }
  }

  private function(expression: Expression & { kind: 'call' }, name: string, target: Part | undefined, given: readonly Part[], argCost: Range): Part {
    const argument = (part: Part, of: Expression): Argument => ({ size: part.size, type: this.typeOf(of), itemSize: part.path.length === 0 ? undefined : this.extentAt([...part.path, '@items']), literal: of.kind === 'literal' ? of.value : undefined });
    const values = given.map((each, index) => argument(each, expression.args[index] as Expression));
    const receiver = target === undefined ? undefined : argument(target, expression.target as Expression);
    const overloads = this.findings.calls.get(expression)?.overloads ?? [];
    const kinds = new Set(overloads.map(({ params }) => `${params[0]?.kind ?? ''} ${params[1]?.kind ?? ''}`));
    let cost: Range | undefined;
    let size: Range | undefined;
    for (const kind of kinds.size === 0 ? [' '] : kinds) {
      const [left = '', right = ''] = kind.split(' ');
      const estimate = callEstimate(name, left, right, receiver, values);
      cost = cost === undefined ? estimate.cost : union(cost, estimate.cost);
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : union(size, estimate.size);
    }
    const entries = name === '_+_' ? mergedEntries(given[0]?.entries, given[1]?.entries) : undefined;
    return this.finish(expression, add(target?.cost ?? nothing, argCost, cost ?? one), [], size, entries);
  }

  // ---------------------------------------------------------------- macros

  private within<T>(locals: readonly (readonly [string, Local])[], work: () => T): T {
    this.locals.push(...locals);
    const result = work();
    this.locals.length -= locals.length;
    return result;
  }

  private macro(expression: Expression & { kind: 'macro' }): Part {
    const { name, variables, steps } = expression;
    const range = this.part(expression.range);
    const [first = '', second] = variables;
    const last = steps.at(-1) as Expression;
    if (name === 'bind') {
      const body = this.within([[first, range]], () => this.part(last));
      return this.finish(expression, add(fixed(listCost), range.cost, body.cost), [], body.size, body.entries);
    }
    if (name === 'optMap' || name === 'optFlatMap') return this.ofOptional(expression, range, first, last);
    const isList = range.entries?.isList ?? this.typeOf(expression.range).kind === 'list';
    const at = (step: string, size: Range | undefined): Local => ({ path: [...range.path, step], size, entries: undefined });
    const value = at(isList ? '@items' : '@values', range.entries?.value);
    const key = at(isList ? '@indices' : '@keys', range.entries?.key);
    const locals: (readonly [string, Local])[] = second === undefined ? [[first, isList ? value : key]] : [[first, key], [second, value]];
    return this.within(locals, () => this.fold(expression, range, steps.map((each) => this.part(each)), this.part({ kind: 'name', at: expression.at, name: first })));
  }

  /** `target.hasValue() ? optional.of(cel.bind(v, target.value(), e)) : optional.none()` */
  private ofOptional(expression: Expression & { kind: 'macro' }, target: Part, variable: string, step: Expression): Part {
    const type = this.typeOf(expression.range);
    const inside: Local = { path: [], size: type.kind === 'optional' && isScalar(type.item) ? one : undefined, entries: undefined };
    const body = this.within([[variable, inside]], () => this.part(step));
    const bound = add(fixed(listCost), target.cost, one, body.cost);
    return this.finish(expression, add(target.cost, one, union(expression.name === 'optMap' ? add(bound, one) : bound, one)), [], unknown);
  }

  /** What cel-go's folds are made of, for each macro: what it begins with, what each step costs besides, and how it ends. */
  private fold(expression: Expression & { kind: 'macro' }, range: Part, steps: readonly Part[], item: Part): Part {
    const condition = steps.length === 2 ? (steps[0] as Part).cost : undefined;
    const last = steps.at(-1) as Part;
    const either = (step: Range): Range => (condition === undefined ? step : add(condition, union(step, one)));
    const times = range.size ?? unknown;
    const whole = (begin: number, step: Range, end: number, size: Range, entries?: Entries): Part => this.finish(expression, add(range.cost, fixed(begin), fixed(end), multiply(times, step)), [], size, entries);
    const made = (size: Range | undefined): Entries => ({ isList: true, key: one, value: union(nothing, size ?? unknown) });
    switch (expression.name) {
      case 'all':
      case 'exists':
        return whole(0, add(fixed(expression.name === 'all' ? 2 : 3), { min: 1, max: add(one, last.cost).max }), 1, one);
      case 'exists_one':
        return whole(0, add(last.cost, { min: 1, max: 2 }), 2, one);
      case 'filter':
        return whole(listCost, add(last.cost, { min: 1, max: listCost + 3 }), 1, times, made(item.size));
      case 'map':
      case 'transformList':
        return whole(listCost, either(add(last.cost, fixed(listCost + 2))), 1, times, made(last.size));
      default:
        return whole(mapCost, either(add(last.cost, fixed(expression.name === 'transformMap' ? 3 : 2))), 1, times);
    }
  }
}

function mergedEntries(a: Entries | undefined, b: Entries | undefined): Entries | undefined {
  return a === undefined || b === undefined ? undefined : { isList: a.isList, key: union(a.key, b.key), value: union(a.value, b.value) };
}

function literalSize(expression: Expression): Range | undefined {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return fixed(typeof value === 'string' ? [...value].length : value instanceof Bytes ? value.bytes.length : 1);
    }
    case 'list':
      return fixed(expression.items.length);
    case 'map':
      return fixed(expression.entries.length);
    default:
      return undefined;
  }
}

const scalars: ReadonlySet<string> = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint']);
const isScalar = (type: CelType): boolean => (type.kind === 'optional' ? isScalar(type.item) : scalars.has(type.kind));
