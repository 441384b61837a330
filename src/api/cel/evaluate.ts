// A checked expression as a chain of closures that is run with values for its names. Counts what it costs, and stops when that is too much.
import { qualifiedName, type Expression } from './expression.ts';
import type { FunctionTable } from './function.ts';
import type { Scope } from './check.ts';
import { callCost, foldCost, isAccess, isCheaperBranch, isConstant, isConstantSet } from './runtime-cost.ts';
import * as types from './types.ts';
import { BuiltMap, CelError, CelList, compare, equals, isMap, noSuchKey, noSuchOverload, none, Optional, TypeValue, typeOfValue, Uint, type CelMap, type CelValue } from './values.ts';

/** What may still be spent. Shared by all evaluations that are counted together. */
export interface Budget {
  left: number;
}

export interface Frame {
  readonly names: (name: string) => CelValue | undefined;
  readonly locals: CelValue[];
  readonly budget: Budget;
}

/** The budget is spent; no operator swallows this. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
    this.name = 'CostExceeded';
  }
}

export type Step = (frame: Frame) => CelValue;

function spend(frame: Frame, cost: number): void {
  frame.budget.left -= cost;
  if (frame.budget.left < 0) throw new CostExceeded();
}

/** `names` are the variables that it reads. */
export function makeStep(expression: Expression, scope: Scope): { readonly step: Step; readonly names: ReadonlySet<string> } {
  const maker = new Maker(scope);
  return { step: maker.make(expression), names: maker.names };
}

class Maker {
  readonly names = new Set<string>();
  private readonly scope: Scope;
  private readonly functions: FunctionTable;
  private readonly locals: string[] = [];

  constructor(scope: Scope) {
    this.scope = scope;
    this.functions = scope.functions;
  }

  make(expression: Expression): Step {
    if ((expression.kind === 'list' || expression.kind === 'map' || expression.kind === 'call') && isConstant(expression)) return once(this.plan(expression));
    return this.plan(expression);
  }

  private plan(expression: Expression): Step {
    switch (expression.kind) {
      case 'literal': {
        const { value } = expression;
        return () => value;
      }
      case 'name':
        return this.name(expression.name) ?? fail(`no such attribute(s): ${expression.name}`);
      case 'select':
        return this.select(expression);
      case 'call':
        return this.call(expression);
      case 'list': {
        const items = expression.items.map(({ value, optional }) => ({ step: this.make(value), optional }));
        return (frame) => {
          spend(frame, 10);
          const out: CelValue[] = [];
          for (const { step, optional } of items) {
            const value = step(frame);
            if (!optional) out.push(value);
            else if (value instanceof Optional && value.value !== undefined) out.push(value.value);
          }
          return new CelList(out);
        };
      }
      case 'map': {
        const entries = expression.entries.map(({ key, value, optional }) => ({ key: this.make(key), value: this.make(value), optional }));
        return (frame) => {
          spend(frame, 30);
          const out = new BuiltMap();
          for (const entry of entries) {
            const key = entry.key(frame);
            if (out.get(key) !== undefined) throw new CelError(`Failed with repeated key`);
            put(out, key, entry.value(frame), entry.optional);
          }
          return out;
        };
      }
      case 'object': {
        const type = this.scope.objects(expression.name);
        const fields = expression.fields.map(({ name, value, optional }) => ({ name, step: this.make(value), optional }));
        return (frame) => {
          spend(frame, 40);
          const out = new BuiltMap(type);
          for (const { name, step, optional } of fields) put(out, name, step(frame), optional);
          return out;
        };
      }
      case 'macro':
        return this.macro(expression);
    }
  }

  private name(name: string): Step | undefined {
    const local = this.locals.lastIndexOf(name);
    if (local >= 0)
      return (frame) => {
        spend(frame, 1);
        return frame.locals[local] as CelValue;
      };
    if (this.scope.variables.has(name)) {
      this.names.add(name);
      return (frame) => {
        spend(frame, 1);
        const value = frame.names(name);
        if (value === undefined) throw new CelError(`no such attribute(s): ${name}`);
        return value;
      };
    }
    const type = types.namedTypes.get(name) ?? this.scope.objects(name);
    return type === undefined ? undefined : () => new TypeValue(type);
  }

  private select(expression: Expression & { kind: 'select' }): Step {
    const whole = qualifiedName(expression);
    if (whole !== undefined && !this.locals.includes(whole.split('.')[0] as string)) {
      const named = this.name(whole);
      if (named !== undefined) return named;
    }
    const of = this.make(expression.of);
    const { field, test, optional } = expression;
    // What an optional access does not find is not counted.
    const own = isAccess(expression.of) ? 0 : 1;
    if (test)
      return (frame) => {
        const value = of(frame);
        spend(frame, own);
        if (value instanceof Optional) return value.value !== undefined && isMap(value.value) && value.value.get(field) !== undefined;
        if (!isMap(value)) throw noSuchOverload();
        return value.get(field) !== undefined;
      };
    return (frame) => {
      const value = of(frame);
      if (!optional) spend(frame, own + 1);
      const found = selectField(value, field, optional);
      if (optional) spend(frame, own + (found === none ? 0 : 1));
      return found;
    };
  }

  private call(expression: Expression & { kind: 'call' }): Step {
    const { name, target, args } = expression;
    switch (name) {
      case '_&&_':
      case '_||_':
        return logic(name === '_||_', this.make(args[0] as Expression), this.make(args[1] as Expression));
      case '_?_:_': {
        const [condition, yes, no] = [this.make(args[0] as Expression), this.branch(args[1] as Expression), this.branch(args[2] as Expression)];
        return (frame) => {
          const value = condition(frame);
          if (typeof value !== 'boolean') throw noSuchOverload();
          return value ? yes(frame) : no(frame);
        };
      }
      case '_[_]':
      case '_[?_]': {
        const [of, index] = [this.make(args[0] as Expression), this.branch(args[1] as Expression)];
        const optional = name === '_[?_]';
        const own = isAccess(args[0] as Expression) ? 0 : 1;
        return (frame) => {
          const value = of(frame);
          const at = index(frame);
          if (!optional) spend(frame, own + 1);
          const found = indexed(value, at, optional);
          if (optional) spend(frame, own + (found === none ? 0 : 1));
          return found;
        };
      }
      default:
    }
    const fixed = args.length === 2 ? operators[name] : undefined;
    if (fixed !== undefined && target === undefined) {
      const [left, right] = args.map((each) => this.make(each)) as [Step, Step];
      const within = args[1] as Expression;
      const isFree = name === '@in' && isConstantSet(within);
      if (isFree && within.kind === 'list' && within.items.length === 0) return () => false;
      return (frame) => {
        const a = left(frame);
        const b = right(frame);
        if (!isFree) spend(frame, callCost(name, false, [a, b]));
        return fixed(a, b);
      };
    }
    if (target === undefined) return this.invoke(name, false, args);
    const whole = qualifiedName(target);
    if (whole !== undefined && this.functions.has(`${whole}.${name}`) && !this.locals.includes(whole) && !this.scope.variables.has(whole)) return this.invoke(`${whole}.${name}`, false, args);
    if ((name === 'orValue' || name === 'or') && args.length === 1) return orElse(this.make(target), this.make(args[0] as Expression), name === 'orValue');
    return this.invoke(name, true, [target, ...args]);
  }

  private invoke(name: string, isMember: boolean, args: readonly Expression[]): Step {
    const steps = args.map((each) => this.make(each));
    const { functions } = this;
    return (frame) => {
      const values = steps.map((step) => step(frame));
      const overload = functions.find(name, isMember, values);
      if (overload === undefined) throw noSuchOverload();
      spend(frame, callCost(name, isMember, values));
      return overload.call(...values);
    };
  }

  /** What a condition chooses, or what an item is found by: an access costs one less there. */
  private branch(expression: Expression): Step {
    const step = this.make(expression);
    if (!isCheaperBranch(expression)) return step;
    return (frame) => {
      const value = step(frame);
      frame.budget.left += 1;
      return value;
    };
  }

  private macro(expression: Expression & { kind: 'macro' }): Step {
    const { name, variables, steps } = expression;
    const range = this.make(expression.range);
    const depth = this.locals.length;
    this.locals.push(...variables);
    const inner = steps.map((each) => this.make(each));
    this.locals.length = depth;
    const last = inner.at(-1) as Step;
    const condition = inner.length === 2 || ['all', 'exists', 'exists_one', 'filter'].includes(name) ? inner[0] : undefined;
    const set = (frame: Frame, values: readonly CelValue[]): void => {
      for (let i = 0; i < variables.length; i++) frame.locals[depth + i] = values[i] as CelValue;
    };
    if (name === 'bind')
      return (frame) => {
        set(frame, [range(frame)]);
        return last(frame);
      };
    const hasName = expression.range.kind === 'name';
    if (name === 'optMap' || name === 'optFlatMap')
      return (frame) => {
        const value = range(frame);
        if (!(value instanceof Optional)) throw noSuchOverload();
        // It becomes `x.hasValue() ? optional.of(... x.value() ...) : optional.none()`, with a name for what is none yet.
        spend(frame, hasName ? 1 : 2);
        spend(frame, value.value === undefined ? 1 : name === 'optMap' ? 3 : 2);
        if (value.value === undefined) return none;
        set(frame, [value.value]);
        const result = last(frame);
        return name === 'optMap' ? new Optional(result) : result;
      };
    const pairs = variables.length === 2;
    const { before, early, end } = foldCost(name);
    const walk = (frame: Frame, visit: (key: CelValue, value: CelValue) => boolean): CelValue => {
      const value = range(frame);
      if (value instanceof CelList) {
        for (let i = 0; i < value.items.length; i++) {
          const item = value.items[i] as CelValue;
          spend(frame, before);
          set(frame, pairs ? [BigInt(i), item] : [item]);
          if (!visit(pairs ? BigInt(i) : item, item)) continue;
          if (i + 1 < value.items.length) spend(frame, early);
          break;
        }
      } else if (value !== null && isMap(value)) {
        const keys = value.keys();
        for (const [i, key] of keys.entries()) {
          spend(frame, before);
          const item = value.get(key) as CelValue;
          set(frame, pairs ? [key, item] : [key]);
          if (!visit(key, item)) continue;
          if (i + 1 < keys.length) spend(frame, early);
          break;
        }
      } else throw noSuchOverload();
      spend(frame, end);
      return value;
    };
    return fold(name, walk, condition, last);
  }
}

function put(out: BuiltMap, key: CelValue, value: CelValue, optional: boolean): void {
  if (!optional) out.put(key, value);
  else if (value instanceof Optional && value.value !== undefined) out.put(key, value.value);
}

function fold(name: string, walk: (frame: Frame, visit: (key: CelValue, value: CelValue) => boolean) => CelValue, condition: Step | undefined, last: Step): Step {
  const { yes } = foldCost(name);
  const test = (frame: Frame): boolean => {
    const value = condition === undefined ? true : condition(frame);
    if (typeof value !== 'boolean') throw noSuchOverload();
    if (value) spend(frame, yes);
    return value;
  };
  switch (name) {
    case 'all':
    case 'exists': {
      const decides = name === 'exists';
      return (frame) => {
        // An error counts only when no element decides.
        let problem: CelError | undefined;
        let decided = false;
        walk(frame, () => {
          try {
            decided = test(frame) === decides;
          } catch (error) {
            if (!(error instanceof CelError)) throw error;
            problem ??= error;
          }
          return decided;
        });
        if (decided) return decides;
        if (problem !== undefined) throw problem;
        return !decides;
      };
    }
    case 'exists_one':
      return (frame) => {
        let count = 0;
        walk(frame, () => {
          if (test(frame)) count++;
          return false;
        });
        return count === 1;
      };
    case 'filter':
      return (frame) => {
        const out: CelValue[] = [];
        walk(frame, (key) => {
          if (test(frame)) out.push(key);
          return false;
        });
        return new CelList(out);
      };
    case 'map':
    case 'transformList':
      return (frame) => {
        const out: CelValue[] = [];
        walk(frame, () => {
          if (test(frame)) out.push(last(frame));
          return false;
        });
        return new CelList(out);
      };
    default:
      return (frame) => {
        const out = new BuiltMap();
        walk(frame, (key) => {
          if (!test(frame)) return false;
          const value = last(frame);
          if (name === 'transformMap') out.put(key, value);
          else if (isMap(value)) {
            for (const each of value.keys()) {
              if (out.get(each) !== undefined) throw new CelError(`insert failed: key ${String(each)} already exists`);
              out.put(each, value.get(each) as CelValue);
            }
          } else throw noSuchOverload();
          return false;
        });
        return out;
      };
  }
}

/** What is the same in every evaluation is made by the first, and is not counted. */
function once(step: Step): Step {
  let made: CelValue | undefined;
  return (frame) => (made ??= step({ ...frame, budget: { left: Infinity } }));
}

const fail = (message: string): Step => () => {
  throw new CelError(message);
};

function selectField(value: CelValue, field: string, optional: boolean): CelValue {
  if (value instanceof Optional) {
    if (value.value === undefined) return none;
    const inner = value.value !== null && isMap(value.value) ? value.value.get(field) : undefined;
    return inner === undefined ? none : new Optional(inner);
  }
  if (value === null || !isMap(value)) {
    if (optional) return none;
    throw noSuchOverload();
  }
  const found = value.get(field);
  if (optional) return found === undefined ? none : new Optional(found);
  if (found === undefined) throw noSuchKey(field);
  return found;
}

function indexed(value: CelValue, index: CelValue, optional: boolean): CelValue {
  if (value instanceof Optional) {
    if (value.value === undefined) return none;
    return indexed(value.value, index, true);
  }
  if (value instanceof CelList) {
    const at = index instanceof Uint ? index.value : typeof index === 'number' && Number.isInteger(index) ? BigInt(index) : index;
    if (typeof at !== 'bigint') throw new CelError(`unsupported index type '${types.runtimeTypeName(typeOfValue(index))}' in list`);
    const found = at < 0n ? undefined : value.items[Number(at)];
    if (optional) return found === undefined ? none : new Optional(found);
    if (found === undefined) throw new CelError(`index out of bounds: ${at}`);
    return found;
  }
  if (value === null || !isMap(value)) throw noSuchOverload();
  const found = (value as CelMap).get(index);
  if (optional) return found === undefined ? none : new Optional(found);
  if (found === undefined) throw noSuchKey(keyName(index));
  return found;
}

const keyName = (key: CelValue): string => (key instanceof Uint ? String(key.value) : String(key));

function orElse(target: Step, other: Step, unwrap: boolean): Step {
  return (frame) => {
    const value = target(frame);
    if (!(value instanceof Optional)) throw noSuchOverload();
    if (value.value === undefined) return other(frame);
    return unwrap ? value.value : value;
  };
}

/** Either side may decide, whatever the other one is. */
function logic(decides: boolean, left: Step, right: Step): Step {
  const read = (step: Step, frame: Frame): boolean => {
    const value = step(frame);
    if (typeof value !== 'boolean') throw noSuchOverload();
    return value;
  };
  return (frame) => {
    let first: boolean;
    try {
      first = read(left, frame);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      if (read(right, frame) === decides) return decides;
      throw error;
    }
    return first === decides ? decides : read(right, frame);
  };
}

const ordered = (fits: (order: number) => boolean) => (a: CelValue, b: CelValue): boolean => {
  const order = compare(a, b);
  if (order === undefined) throw noSuchOverload();
  return fits(order);
};

const operators: Readonly<Record<string, (a: CelValue, b: CelValue) => CelValue>> = {
  '_==_': equals,
  '_!=_': (a, b) => !equals(a, b),
  '_<_': ordered((order) => order < 0),
  '_<=_': ordered((order) => order <= 0),
  '_>_': ordered((order) => order > 0),
  '_>=_': ordered((order) => order >= 0),
  '@in': (item, within) => {
    if (within instanceof CelList) return within.items.some((each) => equals(each, item));
    if (within === null || !isMap(within)) throw noSuchOverload();
    return within.get(item) !== undefined;
  },
};
