// Who asks, and may he do that? kube-apiserver knows both itself; a server behind it asks kube-apiserver.
import type { Task } from '../../../kernel/task.ts';
import type { HttpRequest } from '../../../wire/http.ts';
import type { Peer } from '../../../wire/http-server.ts';
import type { Attributes, Decision } from '../rbac/rbac-authorizer.ts';
import type { Authentication, Authenticator } from './authenticate.ts';
import type { Authorizer } from './authorize.ts';
import { impersonated } from './impersonate.ts';
import type { User } from './user.ts';

export interface Gates {
  authenticate(http: HttpRequest, peer: Peer): Task<Authentication>;
  authorize(attributes: Attributes): Task<Decision>;
  /** The user to act as, where the request names one and may. Throws the refusal. */
  impersonate?(user: User, http: HttpRequest): User | undefined;
}

export const ownGates = (authenticator: Authenticator, authorizer: Authorizer): Gates => ({
  *authenticate(http, peer) {
    return authenticator.authenticate(http, peer);
  },
  *authorize(attributes) {
    return authorizer.authorize(attributes);
  },
  impersonate: (user, http) => impersonated(user, http, authorizer),
});
