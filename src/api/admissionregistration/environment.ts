// The environment of admission's expressions: which names they know, and of which types.
import { Environment, type Compiled, type Program } from '../cel/environment.ts';
import type { Library } from '../cel/function.ts';
import { authorizerLibrary, authorizerType, resourceCheckType } from '../cel/library/authz.ts';
import { bool, dyn, listOf, mapOf, objectOf, string, type CelType } from '../cel/types.ts';
import type { PolicySpec } from './types.ts';

const record = (name: string, fields: Readonly<Record<string, CelType>>): CelType => objectOf(name, (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined));
const kindType = record('kubernetes.GroupVersionKind', { group: string, version: string, kind: string });
const resourceType = record('kubernetes.GroupVersionResource', { group: string, version: string, resource: string });
const userType = record('kubernetes.UserInfo', { username: string, uid: string, groups: listOf(string), extra: mapOf(string, listOf(string)) });
const requestType = record('kubernetes.AdmissionRequest', {
  kind: kindType, resource: resourceType, subResource: string, requestKind: kindType, requestResource: resourceType, requestSubResource: string,
  name: string, namespace: string, operation: string, userInfo: userType, dryRun: bool, options: dyn,
});
const metadataType = record('kubernetes.NamespaceMetadata', { name: string, generateName: string, namespace: string, labels: mapOf(string, string), annotations: mapOf(string, string), uid: string, creationTimestamp: dyn, deletionTimestamp: dyn, deletionGracePeriodSeconds: dyn, generation: dyn, resourceVersion: string });
const namespaceType = record('kubernetes.Namespace', { metadata: metadataType, spec: record('kubernetes.NamespaceSpec', { finalizers: listOf(string) }), status: record('kubernetes.NamespaceStatus', { phase: string }) });

export interface EnvironmentParts {
  readonly hasParams?: boolean;
  readonly hasAuthorizer?: boolean;
  /** Types of the policy's own variables by name, as far as they are known. */
  readonly variables?: ReadonlyMap<string, CelType>;
  readonly objectType?: CelType;
  readonly paramsType?: CelType;
  readonly objects?: (name: string) => CelType | undefined;
  readonly libraries?: readonly Library[];
}

export function environmentOf({ hasParams = false, hasAuthorizer = true, variables, objectType = dyn, paramsType = dyn, objects, libraries = [] }: EnvironmentParts): Environment {
  return new Environment({
    variables: {
      object: objectType,
      oldObject: objectType,
      request: requestType,
      namespaceObject: namespaceType,
      ...(hasParams ? { params: paramsType } : {}),
      ...(hasAuthorizer ? { authorizer: authorizerType, 'authorizer.requestResource': resourceCheckType } : {}),
      ...(variables === undefined ? {} : { variables: objectOf('kubernetes.variables', (name) => variables.get(name)) }),
    },
    libraries: [authorizerLibrary, ...libraries],
    ...(objects === undefined ? {} : { objects }),
  });
}

/** As an API error says it; undefined when it compiled. */
export const compileProblem = (compiled: Compiled): string | undefined => (compiled.error === undefined ? undefined : compiled.error.startsWith('ERROR:') ? `compilation failed: ${compiled.error}` : compiled.error);

/** Each variable knows those before it. */
export function compileVariables(spec: PolicySpec, parts: EnvironmentParts = {}): { readonly programs: ReadonlyMap<string, Program>; readonly types: ReadonlyMap<string, CelType>; readonly problems: readonly (string | undefined)[] } {
  const programs = new Map<string, Program>();
  const types = new Map<string, CelType>();
  const problems: (string | undefined)[] = [];
  for (const { name = '', expression = '' } of spec.variables ?? []) {
    const result = environmentOf({ ...parts, hasParams: spec.paramKind !== undefined, variables: new Map(types) }).compile(expression);
    if (result.program !== undefined) programs.set(name, result.program);
    types.set(name, result.program?.type ?? dyn);
    problems.push(result.error);
  }
  return { programs, types, problems };
}
