// CEL in admission: what the names of expressions stand for in one request (the names themselves are in api/admissionregistration/environment.ts).
import { conditionsCostBudget, evaluate, outOfBudget, type Budget, type Evaluated, type Program } from '../../../../api/cel/environment.ts';
import { AuthorizerHandle, ResourceCheck, type Access } from '../../../../api/cel/library/authz.ts';
import { CelError, fromJson, type CelMap, type CelValue } from '../../../../api/cel/values.ts';
import type { MatchCondition } from '../../../../api/admissionregistration/types.ts';
import type { Json } from '../../../../api/meta/object.ts';
import type { StoredObject } from '../../storage/watch-cache.ts';
import { convert, nameOf, ownResource, type Match } from '../match.ts';
import type { AdmissionContext, AdmissionRequest } from '../plugin.ts';
import { serviceAccountUser, type User } from '../../stages/user.ts';
import type { Authorizer } from '../../stages/authorize.ts';

// ---------------------------------------------------------------- values of one request

/** The names of one request. `variables` are computed when they are first read. */
export class RequestValues {
  private readonly known = new Map<string, CelValue>();
  private readonly request: AdmissionRequest;
  private readonly context: AdmissionContext;
  private readonly match: Match;
  private readonly params: StoredObject | undefined;

  constructor(request: AdmissionRequest, context: AdmissionContext, match: Match, params?: StoredObject) {
    this.request = request;
    this.context = context;
    this.match = match;
    this.params = params;
  }

  /** Whatever an expression names. */
  readonly get = (name: string): CelValue | undefined => {
    let value = this.known.get(name);
    if (value === undefined) {
      value = this.make(name);
      if (value !== undefined) this.known.set(name, value);
    }
    return value;
  };

  /** Adds the policy's own variables, each a program over the names that there are. */
  addVariables(programs: ReadonlyMap<string, Program>, budget: Budget): void {
    this.known.set('variables', new LazyVariables(programs, this.get, budget));
  }

  private make(name: string): CelValue | undefined {
    const { request, context } = this;
    switch (name) {
      case 'object':
      case 'oldObject':
        return fromJson(convert(name === 'object' ? request.object : request.old, ownResource(request, context), this.match.resource) as unknown as Json);
      case 'params':
        return fromJson(this.params as unknown as Json);
      case 'request':
        return fromJson(admissionRequestJson(request, this.match, context) as Json);
      case 'namespaceObject':
        return fromJson(namespaceJson(request, context));
      case 'authorizer':
        return new AuthorizerHandle(accessOf(context.authorizer, request.user));
      case 'authorizer.requestResource': {
        const { group, resource, subresource, namespace } = request;
        return new ResourceCheck(new AuthorizerHandle(accessOf(context.authorizer, request.user)), { isResource: true, group, resource, subresource, namespace, name: nameOf(request) });
      }
      default:
        return undefined;
    }
  }
}

const accessOf = (authorizer: Authorizer, user: User): Access => ({
  ask: (question) => authorizer.authorize({ user, ...question }),
  forServiceAccount: (namespace, name) => accessOf(authorizer, serviceAccountUser(namespace, name, '')),
});

class LazyVariables implements CelMap {
  readonly isMap = true;
  private readonly programs: ReadonlyMap<string, Program>;
  private readonly names: (name: string) => CelValue | undefined;
  private readonly budget: Budget;
  private readonly results = new Map<string, Evaluated>();

  constructor(programs: ReadonlyMap<string, Program>, names: (name: string) => CelValue | undefined, budget: Budget) {
    this.programs = programs;
    this.names = names;
    this.budget = budget;
  }

  get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string') return undefined;
    const program = this.programs.get(key);
    if (program === undefined) return undefined;
    let result = this.results.get(key);
    if (result === undefined) {
      result = evaluate(program, this.names, this.budget);
      this.results.set(key, result);
    }
    if (result.error !== undefined) throw new CelError(`composited variable ${JSON.stringify(key)} fails to evaluate: ${result.error}`);
    return result.value;
  }

  keys(): readonly CelValue[] {
    return [...this.programs.keys()];
  }
}

/** The AdmissionRequest without its objects, as expressions and webhooks see it. */
export function admissionRequestJson(request: AdmissionRequest, match: Match, context: AdmissionContext): { readonly [field: string]: Json } {
  const own = ownResource(request, context).declaration;
  const matched = match.resource.declaration;
  const { user } = request;
  const kind = (of: typeof own) => kindOf(request, of);
  return {
    kind: kind(matched),
    resource: { group: matched.group, version: matched.version, resource: matched.resource },
    ...(request.subresource === '' ? {} : { subResource: request.subresource }),
    requestKind: kind(own),
    requestResource: { group: own.group, version: own.version, resource: own.resource },
    ...(request.subresource === '' ? {} : { requestSubResource: request.subresource }),
    ...(nameOf(request) === '' ? {} : { name: nameOf(request) }),
    ...(request.namespace === '' && !(request.group === '' && request.resource === 'namespaces') ? {} : { namespace: request.namespace === '' ? nameOf(request) : request.namespace }),
    operation: request.operation,
    userInfo: { username: user.name, ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }), groups: user.groups, ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra as { readonly [key: string]: Json } }) },
    dryRun: request.dryRun,
    options: optionsJson(request),
  };
}

/** Bindings, evictions, scales and exec options are objects of their own kind. */
function kindOf(request: AdmissionRequest, { group, version, kind }: { readonly group: string; readonly version: string; readonly kind: string }): Json {
  switch (request.subresource) {
    case 'binding':
      return { group: '', version: 'v1', kind: 'Binding' };
    case 'scale':
      return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    case 'eviction':
      return { group: 'policy', version: 'v1', kind: 'Eviction' };
    case 'exec':
    case 'attach':
      return { group: '', version: 'v1', kind: request.subresource === 'exec' ? 'PodExecOptions' : 'PodAttachOptions' };
    case 'portforward':
      return { group: '', version: 'v1', kind: 'PodPortForwardOptions' };
    default:
      return { group, version, kind };
  }
}

function optionsJson({ operation, dryRun }: AdmissionRequest): Json {
  if (operation === 'CONNECT') return null;
  const kind = operation === 'CREATE' ? 'CreateOptions' : operation === 'UPDATE' ? 'UpdateOptions' : 'DeleteOptions';
  return { kind, apiVersion: 'meta.k8s.io/v1', ...(dryRun ? { dryRun: ['All'] } : {}) };
}

function namespaceJson(request: AdmissionRequest, { collections }: AdmissionContext): Json {
  if (request.namespace === '' || (request.group === '' && request.resource === 'namespaces')) return null;
  const found = collections.get('namespaces', '', request.namespace);
  if (found === undefined) return null;
  const { managedFields: _fields, ownerReferences: _owners, finalizers: _finalizers, ...metadata } = found.metadata;
  return { metadata: metadata as unknown as Json, spec: (found['spec'] ?? {}) as Json, status: (found['status'] ?? {}) as Json };
}

// ---------------------------------------------------------------- match conditions

export const evaluationText = (expression: string | undefined, error: string): string => `expression '${expression ?? ''}' resulted in error: ${error}`;

export type ConditionsResult = { readonly matches: boolean; readonly error?: undefined } | { readonly error: string };

/** One that is false decides, whatever else fails; unless together they cost too much. */
export function matchConditions(conditions: readonly MatchCondition[], programs: readonly (Program | undefined)[], values: RequestValues): ConditionsResult {
  const budget: Budget = { left: conditionsCostBudget };
  const errors: string[] = [];
  let matches = true;
  for (let index = 0; index < conditions.length; index++) {
    const program = programs[index];
    if (program === undefined) continue;
    const result = evaluate(program, values.get, budget);
    if (budget.left < 0) return { error: outOfBudget };
    if (result.error !== undefined) errors.push(evaluationText(conditions[index]?.expression, result.error));
    else if (result.value !== true) matches = false;
  }
  if (!matches || errors.length === 0) return { matches };
  return { error: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` };
}
