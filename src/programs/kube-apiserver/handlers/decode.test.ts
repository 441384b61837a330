// What a body says it is, against what the path asks for: in the words of the real decoder.
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../client/api-error.ts';
import { createSmallWorld } from '../testing/small-world.ts';

describe('bodies of another kind', () => {
  it('are refused for what they are', () => {
    const scheme = 'in scheme "pkg/api/legacyscheme/scheme.go:30"';
    const rows: readonly (readonly [path: string, body: object, message: string])[] = [
      ['/api/v1/namespaces/default/configmaps', { kind: 'Pod' }, 'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion'],
      ['/apis/rbac.authorization.k8s.io/v1/clusterroles', { kind: 'ConfigMap', apiVersion: 'v1' }, 'ConfigMap in version "v1" cannot be handled as a ClusterRole: converting (v1.ConfigMap) to (rbac.ClusterRole): unknown conversion'],
      ['/api/v1/namespaces/default/configmaps', { kind: 'Deployment', apiVersion: 'v1' }, `Deployment in version "v1" cannot be handled as a ConfigMap: no kind "Deployment" is registered for version "v1" ${scheme}`],
      ['/api/v1/namespaces/default/configmaps', { apiVersion: 'apps/v1' }, `ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v1" ${scheme}`],
      ['/apis/apps/v1/namespaces/default/deployments', { kind: '__proto__' }, `__proto__ in version "v1" cannot be handled as a Deployment: no kind "__proto__" is registered for version "apps/v1" ${scheme}`],
      ['/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', { kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v1' }, 'the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)'],
      ['/api/v1/namespaces/default/events', { kind: 'Event', apiVersion: 'events.k8s.io/v1' }, 'the API version in the data (events.k8s.io/v1) does not match the expected API version (v1)'],
      ['/api/v1/namespaces/default/configmaps', { kind: 5 }, "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string"],
    ];
    const found = createSmallWorld().run(function* (client) {
      const messages: unknown[] = [];
      for (const [path, body] of rows) {
        try {
          yield* client.raw('POST', path, { body: { metadata: { name: 'a' }, ...body } });
          messages.push('taken');
        } catch (error) {
          messages.push(error instanceof ApiError && error.code === 400 ? error.message : error);
        }
      }
      return messages;
    });
    expect(found).toEqual(rows.map(([, , message]) => message));
  });
});
