// What kinds the API server knows, as the aggregated discovery documents (or, without those, the older lists) say.
import type { ApiClient, ResourceRef } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';

export interface Discovered extends ResourceRef {
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface Aggregated {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly { readonly resource: string; readonly responseKind?: { readonly kind: string }; readonly scope?: string; readonly verbs?: readonly string[] }[];
    }[];
  }[];
}

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** Two GETs, as client-go's discovery makes them. `preferredOnly`: each resource once, in its group's preferred version. */
export function* discover(client: ApiClient, preferredOnly: boolean): Task<readonly Discovered[]> {
  const found: Discovered[] = [];
  for (const path of ['/api', '/apis']) {
    const { body } = yield* client.raw('GET', path, { headers: { accept } });
    for (const group of (body as Aggregated).items ?? []) {
      const seen = new Set<string>();
      for (const { version, resources } of group.versions ?? []) {
        for (const { resource, responseKind, scope, verbs } of resources ?? []) {
          if (preferredOnly && seen.has(resource)) continue;
          seen.add(resource);
          found.push({ group: group.metadata?.name ?? '', version, resource, kind: responseKind?.kind ?? '', namespaced: scope === 'Namespaced', verbs: verbs ?? [] });
        }
      }
    }
  }
  return found;
}
