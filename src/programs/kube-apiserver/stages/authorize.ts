// Second gate: may this user do this? The group system:masters may do everything; then the modes of --authorization-mode are asked in order.
import type { ApiError } from '../../../client/api-error.ts';
import type { Config } from '../config.ts';
import { NodeAuthorizer } from '../rbac/node-authorizer.ts';
import { RbacAuthorizer, type Attributes, type Decision, type PolicyRule } from '../rbac/rbac-authorizer.ts';
import type { RequestInfo } from '../request-info.ts';
import { forbidden, forbiddenPath } from '../status.ts';
import type { Collections } from '../storage/collections.ts';
import { mastersGroup, type User } from './user.ts';

export class Authorizer {
  readonly rbac: RbacAuthorizer;
  private readonly node: NodeAuthorizer;
  private readonly modes: readonly string[];

  constructor(config: Config, collections: Collections) {
    this.modes = config.authorizationModes;
    this.rbac = new RbacAuthorizer(collections);
    this.node = new NodeAuthorizer(collections);
  }

  authorize(attributes: Attributes): Decision {
    if (attributes.user.groups.includes(mastersGroup)) return { allowed: true, reason: '' };
    const reasons: string[] = [];
    for (const mode of this.modes) {
      if (mode === 'AlwaysAllow') return { allowed: true, reason: '' };
      const decision = mode === 'Node' ? this.node.authorize(attributes) : mode === 'RBAC' ? this.rbac.authorize(attributes) : undefined;
      if (decision?.allowed === true) return decision;
      if (decision !== undefined && decision.reason !== '') reasons.push(decision.reason);
    }
    return { allowed: false, reason: reasons.join('\n') };
  }

  /** Every rule that reaches a user in a namespace ('' for those that hold everywhere). */
  rulesFor(user: User, namespace: string): readonly PolicyRule[] {
    return this.rbac.rulesFor(user, namespace);
  }
}

export function attributesOf(user: User, info: RequestInfo): Attributes {
  return {
    user,
    verb: info.verb,
    isResource: info.isResource,
    group: info.group,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
    fieldSelector: info.query.get('fieldSelector'),
  };
}

/** The refusal, in the words of the real server. */
export function forbiddenFor(attributes: Attributes, reason: string): ApiError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes;
  const tail = reason === '' ? '' : `: ${reason}`;
  if (!attributes.isResource) return forbiddenPath(`User "${user.name}" cannot ${verb} path "${path}"${tail}`);
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? ' at the cluster scope' : ` in the namespace "${namespace}"`;
  return forbidden({ group, resource }, name, `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}"${where}${tail}`);
}
