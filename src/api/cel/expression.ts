// What an expression is once it is read. `at` is where cel-go points: the operator, the dot, the opening bracket; an offset in code units.
import type { CelValue } from './values.ts';
import type { CelType } from './types.ts';

interface At {
  readonly at: number;
}

export type MacroName = 'all' | 'exists' | 'exists_one' | 'map' | 'filter' | 'transformList' | 'transformMap' | 'transformMapEntry' | 'bind' | 'optMap' | 'optFlatMap';

export type Expression =
  | (At & { readonly kind: 'literal'; readonly value: CelValue; readonly type: CelType })
  | (At & { readonly kind: 'name'; readonly name: string })
  /** `a.b`, `a.?b`; with `test`, has(a.b). */
  | (At & { readonly kind: 'select'; readonly of: Expression; readonly field: string; readonly test: boolean; readonly optional: boolean })
  | (At & { readonly kind: 'call'; readonly name: string; readonly target: Expression | undefined; readonly args: readonly Expression[] })
  | (At & { readonly kind: 'list'; readonly items: readonly ListItem[] })
  | (At & { readonly kind: 'map'; readonly entries: readonly MapEntry[] })
  /** `Object.spec{replicas: 3}` */
  | (At & { readonly kind: 'object'; readonly name: string; readonly fields: readonly ObjectField[] })
  /** A macro that walks over `range` with one or two variables, or gives `range` a name. */
  | (At & { readonly kind: 'macro'; readonly name: MacroName; readonly range: Expression; readonly variables: readonly string[]; readonly steps: readonly Expression[] });

export interface ListItem {
  readonly value: Expression;
  readonly optional: boolean;
}
export interface MapEntry {
  readonly at: number;
  readonly key: Expression;
  readonly value: Expression;
  readonly optional: boolean;
}
export interface ObjectField {
  readonly at: number;
  readonly name: string;
  readonly value: Expression;
  readonly optional: boolean;
}

/** `a.b.c` as one name, where it can be one. */
export function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind !== 'select' || expression.test || expression.optional) return undefined;
  const of = qualifiedName(expression.of);
  return of === undefined ? undefined : `${of}.${expression.field}`;
}
