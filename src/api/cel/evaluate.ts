// A checked expression as a chain of closures that is run with values for its names. Counts what it costs, and stops when that is too much.
import { qualifiedName, type Expression } from './expression.ts';
import type { FunctionTable } from './function.ts';
import type { Scope } from './check.ts';
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
    if (test)
      return (frame) => {
        spend(frame, 1);
        const value = of(frame);
        if (value instanceof Optional) return value.value !== undefined && isMap(value.value) && value.value.get(field) !== undefined;
        if (!isMap(value)) throw noSuchOverload();
        return value.get(field) !== undefined;
      };
    return (frame) => {
      spend(frame, 1);
      return selectField(of(frame), field, optional);
    };
  }

  private call(expression: Expression & { kind: 'call' }): Step {
    const { name, target, args } = expression;
    switch (name) {
      case '_&&_':
      case '_||_':
        return logic(name === '_||_', this.make(args[0] as Expression), this.make(args[1] as Expression));
      case '_?_:_': {
        const [condition, yes, no] = args.map((each) => this.make(each)) as [Step, Step, Step];
        return (frame) => {
          const value = condition(frame);
          if (typeof value !== 'boolean') throw noSuchOverload();
          return value ? yes(frame) : no(frame);
        };
      }
      case '_[_]':
      case '_[?_]': {
        const [of, index] = args.map((each) => this.make(each)) as [Step, Step];
        const optional = name === '_[?_]';
        return (frame) => {
          spend(frame, 1);
          return indexed(of(frame), index(frame), optional);
        };
      }
      default:
    }
    const fixed = args.length === 2 ? operators[name] : undefined;
    if (fixed !== undefined && target === undefined) {
      const [left, right] = args.map((each) => this.make(each)) as [Step, Step];
      return (frame) => {
        const a = left(frame);
        const b = right(frame);
        spend(frame, operatorCost(a, b));
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
      spend(frame, overload.cost === undefined ? 1 : Math.ceil(overload.cost(...values)));
      return overload.call(...values);
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
    if (name === 'optMap' || name === 'optFlatMap')
      return (frame) => {
        const value = range(frame);
        if (!(value instanceof Optional)) throw noSuchOverload();
        if (value.value === undefined) return none;
        set(frame, [value.value]);
        const result = last(frame);
        return name === 'optMap' ? new Optional(result) : result;
      };
    const pairs = variables.length === 2;
    const walk = (frame: Frame, visit: (key: CelValue, value: CelValue) => boolean): CelValue => {
      const value = range(frame);
      if (value instanceof CelList) {
        for (let i = 0; i < value.items.length; i++) {
          const item = value.items[i] as CelValue;
          spend(frame, 2);
          set(frame, pairs ? [BigInt(i), item] : [item]);
          if (visit(pairs ? BigInt(i) : item, item)) break;
        }
      } else if (value !== null && isMap(value)) {
        for (const key of value.keys()) {
          spend(frame, 2);
          const item = value.get(key) as CelValue;
          set(frame, pairs ? [key, item] : [key]);
          if (visit(key, item)) break;
        }
      } else throw noSuchOverload();
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
  const test = (frame: Frame): boolean => {
    if (condition === undefined) return true;
    const value = condition(frame);
    if (typeof value !== 'boolean') throw noSuchOverload();
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
    spend(frame, 1);
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

/** The longer both sides are, the more it costs to look at them: a tenth for each character. */
function operatorCost(a: CelValue, b: CelValue): number {
  if (typeof a !== 'string' || typeof b !== 'string') return 1;
  return Math.max(1, Math.ceil((a.length < b.length ? a.length : b.length) * 0.1));
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
