// Questions that are answered and not stored: who am I, may I, whose token is this.
import type { KindDeclaration } from '../../../api/contract.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { formatTime } from '../../../api/meta/time.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import { fieldsOf, type Fields } from '../admission/plugin.ts';
import { formatFieldError } from '../api-room.ts';
import type { ApiRequest } from '../registry/request.ts';
import type { ServedResource } from '../registry/resources.ts';
import type { Attributes } from '../rbac/rbac-authorizer.ts';
import type { Authenticator } from '../stages/authenticate.ts';
import type { Authorizer } from '../stages/authorize.ts';
import { nodeNameOf, type User } from '../stages/user.ts';
import { badRequest, invalid } from '../status.ts';
import { decodeBody } from './decode.ts';
import { requirePlain, respond } from './negotiate.ts';

const reviewGroups = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

export class Reviews {
  private readonly authenticator: Authenticator;
  private readonly authorizer: Authorizer;

  private readonly wallMs: () => number;

  constructor(authenticator: Authenticator, authorizer: Authorizer, wallMs: () => number) {
    this.wallMs = wallMs;
    this.authenticator = authenticator;
    this.authorizer = authorizer;
  }

  /** The answer of a review kind; undefined for other resources. */
  answer(request: ApiRequest, served: ServedResource): HttpResponse | undefined {
    const { declaration } = served;
    const { group, resource, verb } = request.info;
    if (verb !== 'create') return undefined;
    if (!reviewGroups.has(group) || !declaration.verbs.includes('create')) return undefined;
    requirePlain(request.http.headers['accept']);
    const body = fieldsOf(decodeBody(request, served));
    if (group === 'authorization.k8s.io') {
      switch (resource) {
        case 'selfsubjectaccessreviews':
          return this.accessReview(request, body, declaration, request.user);
        case 'subjectaccessreviews':
        case 'localsubjectaccessreviews':
          return this.accessReview(request, body, declaration, subjectOf(fieldsOf(body['spec'])));
        case 'selfsubjectrulesreviews':
          return this.rulesReview(body, request.user);
      }
    }
    if (group === 'authentication.k8s.io') {
      if (resource === 'tokenreviews') return this.tokenReview(body);
      if (resource === 'selfsubjectreviews') {
        const metadata = { ...metadataOf(body), creationTimestamp: formatTime(this.wallMs()) };
        return respond(201, { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata, status: { userInfo: userInfo(request.user) } });
      }
    }
    return undefined;
  }

  private accessReview(request: ApiRequest, body: Fields, declaration: KindDeclaration, user: User): HttpResponse {
    this.check(body, declaration);
    const spec = fieldsOf(body['spec']);
    const resource = spec['resourceAttributes'] as Fields | undefined;
    const path = spec['nonResourceAttributes'] as Fields | undefined;
    const text = (from: Fields | undefined, field: string): string => String(from?.[field] ?? '');
    const { namespace } = request.info;
    // The review of a namespace is about that namespace.
    if (declaration.namespaced && text(resource, 'namespace') !== namespace) throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    const selector = fieldsOf(resource?.['fieldSelector']);
    const attributes: Attributes = {
      user,
      verb: text(resource ?? path, 'verb'),
      isResource: resource !== undefined,
      group: text(resource, 'group'),
      resource: text(resource, 'resource'),
      subresource: text(resource, 'subresource'),
      namespace: text(resource, 'namespace'),
      name: text(resource, 'name'),
      path: text(path, 'path'),
      ...(typeof selector['rawSelector'] === 'string' ? { fieldSelector: selector['rawSelector'] } : {}),
    };
    const decision = this.authorizer.authorize(attributes);
    const status = { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
    return respond(201, { kind: declaration.kind, apiVersion: 'authorization.k8s.io/v1', metadata: metadataOf(body), spec, status }, undefined, request.warnings);
  }

  private check(body: Fields, declaration: KindDeclaration): void {
    const errors = declaration.validate(body as unknown as ApiObject);
    if (errors.length > 0) throw invalid(declaration.group, declaration.kind, '', errors, formatFieldError);
  }

  private rulesReview(body: Fields, user: User): HttpResponse {
    const namespace = String(fieldsOf(body['spec'])['namespace'] ?? '');
    if (namespace === '') throw badRequest('no namespace on request');
    const rules = this.authorizer.rulesFor(user, namespace);
    // What the node authorizer allows, it does not list.
    const problem = nodeNameOf(user) === undefined ? undefined : 'node authorizer does not support user rule resolution';
    const status = {
      resourceRules: rules.filter((rule) => (rule.resources ?? []).length > 0).map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) })),
      nonResourceRules: rules.filter((rule) => (rule.nonResourceURLs ?? []).length > 0).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: problem !== undefined,
      ...(problem === undefined ? {} : { evaluationError: problem }),
    };
    return respond(201, { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', metadata: metadataOf(body), spec: {}, status });
  }

  private tokenReview(body: Fields): HttpResponse {
    const spec = fieldsOf(body['spec']);
    const token = String(spec['token'] ?? '');
    if (token === '') throw badRequest('token is required for TokenReview in authentication');
    const audiences = (spec['audiences'] ?? undefined) as readonly string[] | undefined;
    const answer = this.authenticator.authenticateToken(token, audiences);
    const status = 'user' in answer ? { authenticated: true, user: userInfo(answer.user), ...(answer.audiences === undefined ? {} : { audiences: answer.audiences }) } : { user: {}, error: answer.problem };
    return respond(201, { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: metadataOf(body), spec, status });
  }
}

function metadataOf(body: Fields): Fields {
  const { name, ...rest } = fieldsOf(body['metadata']);
  return name === '' || name === undefined ? rest : { name, ...rest };
}

const userInfo = (user: User): object => ({
  username: user.name,
  ...(user.uid === undefined ? {} : { uid: user.uid }),
  groups: user.groups,
  ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
});

function subjectOf(spec: Fields): User {
  return { name: String(spec['user'] ?? ''), ...(spec['uid'] === undefined ? {} : { uid: String(spec['uid']) }), groups: (spec['groups'] ?? []) as readonly string[], extra: (spec['extra'] ?? {}) as User['extra'], method: 'token' };
}
