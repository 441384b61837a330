// CEL as the API server uses it: compile an expression against declared names, then evaluate it with values, within a cost.
import { checkExpression, type Findings, type Scope } from './check.ts';
import { greatestCost, type Extent } from './estimate.ts';
import { CostExceeded, makeStep, type Budget, type Step } from './evaluate.ts';
import { FunctionTable, type Library } from './function.ts';
import { formatLibrary } from './library/format.ts';
import { listLibrary } from './library/lists.ts';
import { networkLibrary } from './library/network.ts';
import { quantityLibrary } from './library/quantity.ts';
import { semverLibrary } from './library/semver.ts';
import { standardLibrary } from './library/standard.ts';
import { stringLibrary } from './library/strings.ts';
import { perCallLimit, runtimeCostBudget } from './limits.ts';
import { parseExpression } from './parse.ts';
import { formatProblems } from './problem.ts';
import { formatType, type CelType } from './types.ts';
import { CelError, type CelValue } from './values.ts';

export type { Budget } from './evaluate.ts';
export { conditionsCostBudget, outOfBudget, runtimeCostBudget } from './limits.ts';

export interface EnvironmentOptions {
  readonly variables: Readonly<Record<string, CelType>>;
  /** Besides the libraries that every environment of Kubernetes has. */
  readonly libraries?: readonly Library[];
  /** Types that expressions can make objects of. */
  readonly objects?: (name: string) => CelType | undefined;
}

export interface Program {
  readonly text: string;
  readonly type: CelType;
  readonly step: Step;
  /** The variables that it reads. */
  readonly names: ReadonlySet<string>;
}

export type Compiled = { readonly program: Program; readonly error?: undefined } | { readonly program?: undefined; /** `ERROR: <input>:1:5: ...` */ readonly error: string };

export type Values = (name: string) => CelValue | undefined;
export type Evaluated = { readonly value: CelValue; readonly error?: undefined } | { readonly value?: undefined; readonly error: string; /** It cost more than one may. */ readonly exceeded: boolean };

/** What every environment of Kubernetes has; made once, at first use. */
let base: readonly Library[] | undefined;
let baseTable: FunctionTable | undefined;
const baseLibraries = (): readonly Library[] => (base ??= [standardLibrary, stringLibrary, listLibrary, quantityLibrary, networkLibrary, semverLibrary, formatLibrary].map((each) => each()));

export class Environment {
  private readonly scope: Scope;

  constructor(options: EnvironmentOptions) {
    const functions = options.libraries === undefined ? (baseTable ??= new FunctionTable(baseLibraries())) : new FunctionTable([...baseLibraries(), ...options.libraries]);
    this.scope = { variables: new Map(Object.entries(options.variables)), functions, objects: options.objects ?? (() => undefined) };
  }

  compile(text: string): Compiled {
    const { expression, problems } = parseExpression(text);
    if (expression === undefined) return { error: formatProblems(text, problems) };
    const checked = checkExpression(expression, this.scope);
    if (checked.problems.length > 0) return { error: formatProblems(text, checked.problems) };
    return { program: { text, type: checked.type, ...makeStep(expression, this.scope) } };
  }

  /** What an expression may cost at most, when the variables are of this extent; 0 of one that is not right. */
  estimate(text: string, root: Extent): number {
    const { expression } = parseExpression(text);
    const findings: Findings = { types: new Map(), calls: new Map() };
    if (expression === undefined || checkExpression(expression, this.scope, findings).problems.length > 0) return 0;
    return greatestCost(expression, findings, root);
  }

  /** As `compile`, for an expression that must be of one of these types (dyn always fits): `must evaluate to bool`. */
  compileTo(text: string, ...wanted: readonly CelType[]): Compiled {
    const compiled = this.compile(text);
    if (compiled.program === undefined) return compiled;
    const { type } = compiled.program;
    if (type.kind === 'dyn' || wanted.some((each) => formatType(each) === formatType(type))) return compiled;
    const texts = wanted.map(formatType);
    return { error: texts.length === 1 ? `must evaluate to ${texts[0]}` : `must evaluate to one of ${texts.join(', ')}` };
  }
}

/** Runs a program. `budget` is what all evaluations that are counted together may still cost: below zero it is spent. Each alone may cost `perCallLimit`. */
export function evaluate(program: Program, values: Values, budget: Budget = { left: runtimeCostBudget }): Evaluated {
  const call: Budget = { left: perCallLimit };
  try {
    return { value: program.step({ names: values, locals: [], budget: call }) };
  } catch (error) {
    if (error instanceof CelError) return { error: error.message, exceeded: false };
    if (error instanceof CostExceeded) return { error: error.message, exceeded: true };
    if (error instanceof RangeError) return { error: 'operation cancelled: evaluation is too deep', exceeded: true };
    throw error;
  } finally {
    budget.left -= perCallLimit - call.left;
  }
}
