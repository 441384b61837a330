// Type checking of a ValidatingAdmissionPolicy: its expressions against the fields of the kinds that it matches. What it finds are warnings in the
// policy's status, as k8s.io/apiserver/pkg/admission/plugin/policy/validating/typechecking.go writes them.
import type { Compiled } from '../cel/environment.ts';
import { bool, bytes, double, dyn, int, listOf, mapOf, objectOf, string, timestamp, type CelType } from '../cel/types.ts';
import { definitionOf, findKindDefinition, type Definition, type Shape } from '../meta/structure.ts';
import { findResource } from '../registry.ts';
import { compileVariables, environmentOf } from './environment.ts';
import type { AdmissionPolicy, PolicySpec } from './types.ts';

export interface ExpressionWarning {
  readonly fieldRef: string;
  readonly warning: string;
}

const mostTypes = 10;

interface CheckedType {
  /** `apps/v1, Kind=Deployment` */
  readonly text: string;
  readonly type: CelType;
}

export function typeCheck({ spec = {} }: AdmissionPolicy): readonly ExpressionWarning[] {
  const types = matchedTypes(spec);
  const warnings: ExpressionWarning[] = [];
  const check = (fieldRef: string, expression: string | undefined, hasAuthorizer: boolean): void => {
    if ((expression ?? '').trim() === '') return;
    const found = types.flatMap(({ text, type }) => {
      const { error } = compileFor(spec, type, expression as string, hasAuthorizer);
      return error === undefined ? [] : [`${text}: ${error}`];
    });
    if (found.length > 0) warnings.push({ fieldRef, warning: found.join('\n') });
  };
  spec.variables?.forEach(({ expression }, index) => check(`spec.variables[${index}].expression`, expression, true));
  spec.validations?.forEach(({ expression, messageExpression }, index) => {
    check(`spec.validations[${index}].expression`, expression, true);
    check(`spec.validations[${index}].messageExpression`, messageExpression, false);
  });
  return warnings;
}

function compileFor(spec: PolicySpec, objectType: CelType, expression: string, hasAuthorizer: boolean): Compiled {
  const { apiVersion = '', kind = '' } = spec.paramKind ?? {};
  const param = spec.paramKind === undefined ? undefined : findKindDefinition(apiVersion, kind);
  const parts = { objectType, ...(param === undefined ? {} : { paramsType: typeOfDefinition(param) }) };
  const { types } = compileVariables(spec, parts);
  return environmentOf({ ...parts, hasParams: spec.paramKind !== undefined, hasAuthorizer, variables: types }).compile(expression);
}

/** Kinds that the rules name without wildcards. */
function matchedTypes(spec: PolicySpec): readonly CheckedType[] {
  const found = new Map<string, CheckedType>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of spec.matchConstraints?.resourceRules ?? []) {
    for (const group of apiGroups)
      for (const version of apiVersions)
        for (const resource of resources) {
          if ([group, version, resource].some((each) => each.includes('*')) || resource.includes('/')) continue;
          const apiVersion = group === '' ? version : `${group}/${version}`;
          const kind = findResource(apiVersion, resource)?.kind;
          const definition = kind === undefined ? undefined : findKindDefinition(apiVersion, kind);
          if (definition === undefined) continue;
          const text = `${group === '' ? `/${version}` : apiVersion}, Kind=${kind as string}`;
          if (found.size < mostTypes) found.set(text, { text, type: typeOfDefinition(definition) });
        }
  }
  return [...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

const known = new Map<string, CelType>();

function typeOfDefinition(definition: Definition): CelType {
  let type = known.get(definition.name);
  if (type === undefined) {
    type = objectOf(definition.name, (name) => {
      const field = definition.fields.get(name);
      return field === undefined ? undefined : typeOfShape(field.shape);
    });
    known.set(definition.name, type);
  }
  return type;
}

const scalars: Readonly<Record<string, CelType>> = { string, quantity: string, boolean: bool, int32: int, int64: int, double, bytes, time: timestamp, 'micro-time': timestamp };

function typeOfShape(shape: Shape): CelType {
  switch (shape.kind) {
    case 'struct':
      return typeOfDefinition(definitionOf(shape.definition));
    case 'list':
      return listOf(typeOfShape(shape.items));
    case 'map':
      return mapOf(string, typeOfShape(shape.values));
    default:
      return scalars[shape.kind] ?? dyn;
  }
}
