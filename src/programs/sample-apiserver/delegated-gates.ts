// Who asks is what the aggregator says, or what kube-apiserver says of a token; what he may is asked of kube-apiserver.
import { ApiError } from '../../client/api-error.ts';
import type { DelegatedAccess, User } from '../../client/delegated-access.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Gates } from '../kube-apiserver/stages/gates.ts';

/** Open to everybody: --authorization-always-allow-paths. */
const open = /^\/(healthz|readyz|livez)$/;

export const delegatedGates = (access: DelegatedAccess): Gates => ({
  *authenticate(http, peer) {
    try {
      const user = yield* access.user(http, peer);
      return user === undefined ? { problem: 'invalid bearer token' } : { user };
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof NetworkError)) throw error;
      return { problem: error.message };
    }
  },
  *authorize({ user, isResource, verb, group, resource, subresource, namespace, name, path }) {
    if (!isResource && open.test(path)) return { allowed: true, reason: '' };
    return yield* access.authorize(user as User, isResource ? { verb, group, version: '*', resource, subresource, namespace, name } : { verb, path });
  },
});
