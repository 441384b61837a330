import { describe, expect, it } from 'vitest';
import { createSmallWorld } from './testing/small-world.ts';

describe('/metrics', () => {
  it('counts requests by what they asked for, flows by their level, objects by their resource', () => {
    const { run } = createSmallWorld();
    const text = run(function* (client) {
      const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
      const made = yield* client.create(configMaps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
      yield* client.create(configMaps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }, { query: { dryRun: 'All' } });
      yield* client.update(configMaps, 'default', made);
      yield* client.raw('PATCH', '/api/v1/namespaces/default/configmaps/a', { query: { fieldManager: 'me' }, headers: { 'content-type': 'application/apply-patch+yaml' }, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } });
      yield* client.list(configMaps, 'default');
      yield* client.list({ group: 'apps', version: 'v1', resource: 'deployments' }, '');
      try {
        yield* client.get(configMaps, 'default', 'absent');
      } catch {
        // It is counted all the same.
      }
      yield* client.raw('GET', '/livez');
      yield* client.raw('GET', '/version');
      return (yield* client.raw('GET', '/metrics')).body as string;
    });
    const requests = (text as string).split('\n').filter((line) => line.startsWith('apiserver_request_total{'));
    const row = (code: number, dryRun: string, group: string, resource: string, scope: string, verb: string): string => `apiserver_request_total{code="${code}",component="apiserver",dry_run="${dryRun}",group="${group}",resource="${resource}",scope="${scope}",subresource="",verb="${verb}",version="v1"} 1`;
    expect(requests).toEqual(
      expect.arrayContaining([
        row(201, '', '', 'configmaps', 'resource', 'POST'),
        row(201, 'All', '', 'configmaps', 'resource', 'POST'),
        row(200, '', '', 'configmaps', 'resource', 'PUT'),
        row(200, '', '', 'configmaps', 'resource', 'APPLY'),
        row(200, '', '', 'configmaps', 'namespace', 'LIST'),
        row(200, '', 'apps', 'deployments', 'cluster', 'LIST'),
        row(404, '', '', 'configmaps', 'resource', 'GET'),
      ]),
    );
    expect(requests.filter((line) => line.includes('component=""'))).toEqual(['apiserver_request_total{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/livez",verb="GET",version=""} 1']);
    expect(text).toContain('\napiserver_request_duration_seconds_count{component="apiserver",dry_run="",group="apps",resource="deployments",scope="cluster",subresource="",verb="LIST",version="v1"} 1\n');
    expect(text).toMatch(/^apiserver_request_duration_seconds_bucket\{component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="POST",version="v1",le="60"\} 1$/m);
    expect(text).toMatch(/^etcd_request_duration_seconds_count\{group="",operation="create",resource="configmaps"\} [1-9]/m);
    expect(text).toContain('\napiserver_current_inflight_requests{request_kind="readOnly"} 1\n');
    expect(text).toMatch(/^apiserver_flowcontrol_dispatched_requests_total\{flow_schema="exempt",priority_level="exempt"\} [1-9]/m);
    expect(text).toMatch(/^apiserver_resource_objects\{group="",resource="configmaps"\} [1-9]/m);
  });
});
