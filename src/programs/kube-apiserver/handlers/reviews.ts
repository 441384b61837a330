// Questions that are answered and not stored: who am I, may I, whose token is this.
import type { HttpResponse } from '../../../wire/http.ts';
import { fieldsOf, type Fields } from '../admission/plugin.ts';
import type { ApiRequest } from '../registry/request.ts';
import type { Attributes } from '../rbac/rbac-authorizer.ts';
import type { Authenticator } from '../stages/authenticate.ts';
import type { Authorizer } from '../stages/authorize.ts';
import { authenticatedGroup, mastersGroup, serviceAccountOf, type User } from '../stages/user.ts';
import { badRequest } from '../status.ts';
import { respond } from './negotiate.ts';

export class Reviews {
  private readonly authenticator: Authenticator;
  private readonly authorizer: Authorizer;

  constructor(authenticator: Authenticator, authorizer: Authorizer) {
    this.authenticator = authenticator;
    this.authorizer = authorizer;
  }

  /** The answer of a review kind; undefined for other resources. */
  answer(request: ApiRequest): HttpResponse | undefined {
    const { group, resource, verb } = request.info;
    if (verb !== 'create') return undefined;
    const body = fieldsOf(request.http.body);
    if (group === 'authorization.k8s.io') {
      switch (resource) {
        case 'selfsubjectaccessreviews':
          return this.accessReview(body, 'SelfSubjectAccessReview', request.user);
        case 'subjectaccessreviews':
        case 'localsubjectaccessreviews':
          return this.accessReview(body, resource === 'subjectaccessreviews' ? 'SubjectAccessReview' : 'LocalSubjectAccessReview', subjectOf(fieldsOf(body['spec'])), request.info.namespace);
        case 'selfsubjectrulesreviews':
          return this.rulesReview(body, request.user);
      }
    }
    if (group === 'authentication.k8s.io') {
      if (resource === 'tokenreviews') return this.tokenReview(body);
      if (resource === 'selfsubjectreviews') {
        return respond(201, { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: { creationTimestamp: null }, status: { userInfo: userInfo(request.user) } });
      }
    }
    return undefined;
  }

  private accessReview(body: Fields, kind: string, user: User, namespace?: string): HttpResponse {
    const spec = fieldsOf(body['spec']);
    const resource = spec['resourceAttributes'] as Fields | undefined;
    const path = spec['nonResourceAttributes'] as Fields | undefined;
    if (resource === undefined && path === undefined) throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
    const text = (from: Fields | undefined, field: string): string => String(from?.[field] ?? '');
    const attributes: Attributes = {
      user,
      verb: text(resource ?? path, 'verb'),
      isResource: resource !== undefined,
      group: text(resource, 'group'),
      resource: text(resource, 'resource'),
      subresource: text(resource, 'subresource'),
      namespace: namespace ?? text(resource, 'namespace'),
      name: text(resource, 'name'),
      path: text(path, 'path'),
    };
    const decision = this.authorizer.authorize(attributes);
    const status = { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
    return respond(201, { kind, apiVersion: 'authorization.k8s.io/v1', metadata: body['metadata'] ?? { creationTimestamp: null }, spec, status });
  }

  private rulesReview(body: Fields, user: User): HttpResponse {
    const spec = fieldsOf(body['spec']);
    const namespace = String(spec['namespace'] ?? '');
    if (namespace === '') throw badRequest('no namespace on request');
    const rules = [...this.authorizer.rbac.rulesFor(user, namespace)];
    if (user.groups.includes(mastersGroup)) rules.unshift({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] });
    const status = {
      resourceRules: rules.filter((rule) => rule.resources !== undefined).map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) })),
      nonResourceRules: rules.filter((rule) => rule.nonResourceURLs !== undefined).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: false,
    };
    return respond(201, { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', metadata: { creationTimestamp: null }, spec: {}, status });
  }

  private tokenReview(body: Fields): HttpResponse {
    const spec = fieldsOf(body['spec']);
    const audiences = (spec['audiences'] ?? undefined) as readonly string[] | undefined;
    const answer = this.authenticator.authenticateToken(String(spec['token'] ?? ''), audiences);
    const status = 'user' in answer ? { authenticated: true, user: userInfo(answer.user), ...(audiences === undefined ? {} : { audiences }) } : { user: {}, error: answer.problem };
    return respond(201, { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: { creationTimestamp: null }, spec, status });
  }
}

const userInfo = (user: User): object => ({
  username: user.name,
  ...(user.uid === undefined ? {} : { uid: user.uid }),
  groups: user.groups,
  ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
});

function subjectOf(spec: Fields): User {
  const name = String(spec['user'] ?? '');
  const groups = [...((spec['groups'] ?? []) as readonly string[])];
  const account = serviceAccountOf(name);
  if (account !== undefined && groups.length === 0) groups.push('system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, authenticatedGroup);
  return { name, groups, extra: {}, method: 'token' };
}
