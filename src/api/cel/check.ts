// Type checking: whether names, fields and calls exist and fit, before anything is evaluated; in the words of cel-go.
import { qualifiedName, type Expression } from './expression.ts';
import type { FunctionTable, Overload } from './function.ts';
import type { Problem } from './problem.ts';
import * as types from './types.ts';
import { Bindings, formatType, isAssignable, joined, substitute, type CelType } from './types.ts';

export interface Scope {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: FunctionTable;
  /** Types that objects can be made of, by name (`Object.spec`). */
  readonly objects: (name: string) => CelType | undefined;
}

/** What the checker found out about the parts of an expression, for whoever asks: the type of each, and what each call may be a call of. */
export interface Findings {
  readonly types: Map<Expression, CelType>;
  readonly calls: Map<Expression, { readonly name: string; readonly overloads: readonly Overload[] }>;
}

export function checkExpression(expression: Expression, scope: Scope, findings?: Findings): { readonly type: CelType; readonly problems: readonly Problem[] } {
  const checker = new Checker(scope, findings);
  const type = checker.check(expression);
  findings?.types.forEach((each, part) => findings.types.set(part, substitute(each, checker.bindings, true)));
  return { type: substitute(type, checker.bindings, true), problems: checker.problems };
}

class Checker {
  readonly problems: Problem[] = [];
  bindings = new Bindings();
  private readonly scope: Scope;
  private readonly locals: (readonly [name: string, type: CelType])[] = [];
  private fresh = 0;
  private readonly findings: Findings | undefined;

  constructor(scope: Scope, findings: Findings | undefined) {
    this.scope = scope;
    this.findings = findings;
  }

  private report(at: number, message: string): CelType {
    this.problems.push({ at, message });
    return types.errorType;
  }

  private freshParam(): CelType {
    return types.param(`_var${this.fresh++}`);
  }

  private known(type: CelType): CelType {
    return substitute(type, this.bindings, false);
  }

  private format(type: CelType): string {
    return formatType(substitute(type, this.bindings, true));
  }

  check(expression: Expression): CelType {
    const type = this.typeOf(expression);
    this.findings?.types.set(expression, type);
    return type;
  }

  private typeOf(expression: Expression): CelType {
    switch (expression.kind) {
      case 'literal':
        return expression.type;
      case 'name':
        return this.lookUp(expression.name) ?? this.report(expression.at, `undeclared reference to '${expression.name}' (in container '')`);
      case 'select':
        return this.select(expression);
      case 'call':
        return this.call(expression);
      case 'list': {
        let item: CelType = this.freshParam();
        for (const each of expression.items) item = this.join(each.value, this.unwrapOptional(each.value, each.optional), item);
        return types.listOf(item);
      }
      case 'map': {
        let key: CelType = this.freshParam();
        let value: CelType = this.freshParam();
        for (const entry of expression.entries) {
          key = this.join(entry.key, this.check(entry.key), key);
          value = this.join(entry.value, this.unwrapOptional(entry.value, entry.optional), value);
        }
        return types.mapOf(key, value);
      }
      case 'object':
        return this.object(expression);
      case 'macro':
        return this.macro(expression);
    }
  }

  private unwrapOptional(expression: Expression, optional: boolean): CelType {
    const type = this.check(expression);
    if (!optional) return type;
    const known = this.known(type);
    if (known.kind === 'optional') return known.item;
    if (known.kind === 'dyn' || known.kind === 'error') return known;
    return this.report(expression.at, `expected type 'optional_type(${this.format(known)})' but found '${this.format(known)}'`);
  }

  /** What is printed by a format may be of any types. */
  private mixedList(expression: Expression & { kind: 'list' }): CelType {
    for (const each of expression.items) this.check(each.value);
    return types.listOf(types.dyn);
  }

  /** All elements of a literal are of one type. */
  private join(expression: Expression, type: CelType, before: CelType): CelType {
    if (isAssignable(this.bindings, type, before)) return joined(before, type);
    if (isAssignable(this.bindings, before, type)) return type;
    this.report(expression.at, `expected type '${this.format(before)}' but found '${this.format(type)}'`);
    return before;
  }

  private lookUp(name: string): CelType | undefined {
    for (let i = this.locals.length - 1; i >= 0; i--) if (this.locals[i]?.[0] === name) return this.locals[i]?.[1];
    const variable = this.scope.variables.get(name);
    if (variable !== undefined) return variable;
    const named = types.namedTypes.get(name) ?? this.scope.objects(name);
    return named === undefined ? undefined : types.typeOf(named);
  }

  private select(expression: Expression & { kind: 'select' }): CelType {
    const whole = qualifiedName(expression);
    if (whole !== undefined && !this.isLocal(whole)) {
      const type = this.lookUp(whole);
      if (type !== undefined) return type;
    }
    const of = this.known(this.check(expression.of));
    const isOptional = expression.optional || of.kind === 'optional';
    const field = this.field(expression, of.kind === 'optional' ? of.item : of);
    if (expression.test) return types.bool;
    return isOptional && field.kind !== 'error' ? types.optionalOf(field) : field;
  }

  private isLocal(whole: string): boolean {
    const root = whole.split('.')[0];
    return this.locals.some(([name]) => name === root);
  }

  private field(expression: Expression & { kind: 'select' }, of: CelType): CelType {
    switch (of.kind) {
      case 'map':
        return of.value;
      case 'object': {
        const type = of.field(expression.field);
        return type ?? this.report(expression.at, `undefined field '${expression.field}'`);
      }
      case 'param':
        isAssignable(this.bindings, types.dyn, of);
        return types.dyn;
      case 'dyn':
      case 'error':
        return types.dyn;
      default:
        return this.report(expression.at, `type '${this.format(of)}' does not support field selection`);
    }
  }

  private call(expression: Expression & { kind: 'call' }): CelType {
    const { target, args } = expression;
    if (target !== undefined) {
      // A function of a namespace: `ip.isCanonical(x)`, `quantity(...)` stays what it is.
      const whole = qualifiedName(target);
      if (whole !== undefined && this.scope.functions.has(`${whole}.${expression.name}`) && !this.isLocal(whole) && this.scope.variables.get(whole) === undefined) {
        return this.resolve(expression, `${whole}.${expression.name}`, false, args.map((each) => this.check(each)));
      }
    }
    if (!this.scope.functions.has(expression.name)) {
      if (target !== undefined) this.check(target);
      for (const each of args) this.check(each);
      return this.report(expression.at, `undeclared reference to '${expression.name}' (in container '')`);
    }
    const given = [...(target === undefined ? [] : [target]), ...args].map((each) => (expression.name === 'format' && each.kind === 'list' ? this.mixedList(each) : this.check(each)));
    return this.resolve(expression, expression.name, target !== undefined, given);
  }

  private resolve(expression: Expression & { kind: 'call' }, name: string, isMember: boolean, args: readonly CelType[]): CelType {
    let result: CelType | undefined;
    const fitting: Overload[] = [];
    for (const overload of this.scope.functions.overloads(name)) {
      if (overload.isMember !== isMember || overload.params.length !== args.length) continue;
      const attempt = this.bindings.copy();
      const { params, result: gives } = this.instantiate(overload);
      if (!params.every((each, index) => isAssignable(attempt, args[index] as CelType, each))) continue;
      fitting.push(overload);
      if (result === undefined) {
        this.bindings = attempt;
        result = gives;
      } else if (formatType(substitute(result, this.bindings, true)) !== formatType(substitute(gives, attempt, true))) result = types.dyn;
    }
    this.findings?.calls.set(expression, { name, overloads: fitting });
    if (result !== undefined) return this.known(result);
    if (args.some((each) => this.known(each).kind === 'error')) return types.errorType;
    const texts = args.map((each) => this.format(each));
    const applied = isMember ? `${texts[0]}.(${texts.slice(1).join(', ')})` : `(${texts.join(', ')})`;
    return this.report(expression.at, `found no matching overload for '${name}' applied to '${applied}'`);
  }

  /** A signature's own variables, new for each call. */
  private instantiate(overload: Overload): { readonly params: readonly CelType[]; readonly result: CelType } {
    if (![...overload.params, overload.result].some(hasParam)) return overload;
    const mine = new Bindings();
    const renew = (type: CelType): CelType => {
      collectParams(type, (name) => {
        if (mine.get(name) === undefined) mine.set(name, this.freshParam());
      });
      return substitute(type, mine, false);
    };
    return { params: overload.params.map(renew), result: renew(overload.result) };
  }

  private object(expression: Expression & { kind: 'object' }): CelType {
    const type = this.scope.objects(expression.name);
    if (type === undefined || type.kind !== 'object') {
      for (const field of expression.fields) this.check(field.value);
      return this.report(expression.at, `undeclared reference to '${expression.name}' (in container '')`);
    }
    for (const field of expression.fields) {
      const value = this.unwrapOptional(field.value, field.optional);
      const wanted = type.field(field.name);
      if (wanted === undefined) this.report(field.at, `undefined field '${field.name}'`);
      else if (!isAssignable(this.bindings, value, wanted)) this.report(field.at, `expected type of field '${field.name}' is '${this.format(wanted)}' but provided type is '${this.format(value)}'`);
    }
    return type;
  }

  private macro(expression: Expression & { kind: 'macro' }): CelType {
    const { name, variables, steps } = expression;
    const range = this.known(this.check(expression.range));
    if (name === 'bind') return this.within([[variables[0] as string, range]], () => this.check(steps[0] as Expression));
    if (name === 'optMap' || name === 'optFlatMap') {
      const inner = range.kind === 'optional' ? range.item : range.kind === 'dyn' || range.kind === 'error' ? types.dyn : this.report(expression.at, `found no matching overload for '${name}' applied to '${this.format(range)}'`);
      const type = this.within([[variables[0] as string, inner]], () => this.check(steps[0] as Expression));
      return name === 'optMap' ? types.optionalOf(type) : type;
    }
    const [first, second] = this.rangeTypes(expression, range);
    const locals: (readonly [string, CelType])[] = variables.length === 2 ? [[variables[0] as string, first], [variables[1] as string, second]] : [[variables[0] as string, range.kind === 'list' ? second : first]];
    return this.within(locals, () => {
      const isMapping = name === 'map' || name === 'transformList' || name === 'transformMap' || name === 'transformMapEntry';
      const condition = isMapping ? (steps.length === 2 ? steps[0] : undefined) : steps[0];
      if (condition !== undefined) {
        const type = this.check(condition);
        if (!isAssignable(this.bindings, type, types.bool)) {
          // As the folds of cel-go say it: each macro is made of its own operator.
          const operator = name === 'all' ? '_&&_' : name === 'exists' ? '_||_' : '_?_:_';
          const rest = operator === '_?_:_' ? `(${this.format(type)}, ${name === 'exists_one' ? 'int, int' : `${this.format(types.listOf(types.dyn))}, ${this.format(types.listOf(types.dyn))}`})` : `(bool, ${this.format(type)})`;
          this.report(condition.at, `found no matching overload for '${operator}' applied to '${rest}'`);
        }
      }
      switch (name) {
        case 'filter':
          return range.kind === 'list' ? range : types.listOf(first);
        case 'map':
        case 'transformList':
          return types.listOf(this.check(steps.at(-1) as Expression));
        case 'transformMap':
          return types.mapOf(first, this.check(steps.at(-1) as Expression));
        case 'transformMapEntry': {
          const entry = this.known(this.check(steps.at(-1) as Expression));
          return entry.kind === 'map' ? entry : types.mapOf(types.dyn, types.dyn);
        }
        default:
          return types.bool;
      }
    });
  }

  /** Index or key, and value. */
  private rangeTypes(expression: Expression & { kind: 'macro' }, range: CelType): readonly [CelType, CelType] {
    switch (range.kind) {
      case 'list':
        return [types.int, range.item];
      case 'map':
        return [range.key, range.value];
      case 'param':
        isAssignable(this.bindings, types.dyn, range);
        return [types.dyn, types.dyn];
      case 'dyn':
      case 'error':
        return [types.dyn, types.dyn];
      default:
        this.report(expression.range.at, `expression of type '${this.format(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
        return [types.errorType, types.errorType];
    }
  }

  private within(locals: readonly (readonly [string, CelType])[], work: () => CelType): CelType {
    this.locals.push(...locals);
    const result = work();
    this.locals.length -= locals.length;
    return result;
  }
}

function hasParam(type: CelType): boolean {
  let found = false;
  collectParams(type, () => (found = true));
  return found;
}

function collectParams(type: CelType, visit: (name: string) => void): void {
  switch (type.kind) {
    case 'param':
      visit(type.name);
      return;
    case 'list':
    case 'optional':
      collectParams(type.item, visit);
      return;
    case 'map':
      collectParams(type.key, visit);
      collectParams(type.value, visit);
      return;
    case 'type':
      collectParams(type.of, visit);
      return;
    default:
  }
}
