// An API server behind another one: looked after, in discovery, and reached through the first as the user who asks.
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../../api/meta/base64.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../../client/contract.ts';
import type { Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { serveHttp } from '../../../wire/http-server.ts';
import { encodeCertificate, loadKeyPair } from '../../../wire/tls-handshake.ts';
import { fakeEtcd } from '../testing/fake-etcd.ts';
import { verdict, withStatus } from '../testing/refusals.ts';
import { ca, createSmallWorld, servingFiles, type Neighbour } from '../testing/small-world.ts';

type Any = ApiObject & Record<string, any>;

const address = '10.96.0.50';
/** Serves `weather.example.com/v1`, and says who asked. */
const weather: Program = {
  name: 'weather',
  *main(host): Task<number> {
    const own = loadKeyPair(host, '/tls.crt', '/tls.key');
    yield* serveHttp(host, host.network.listen(':443', { family: 'data' }), function* (request) {
      if (request.path === '/apis/weather.example.com/v1') return { status: 200, headers: {}, body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'weather.example.com/v1', resources: [{ name: 'reports', singularName: 'report', namespaced: false, kind: 'Report', verbs: ['get', 'list'] }, { name: 'reports/status', singularName: '', namespaced: false, kind: 'Report', verbs: ['get'] }] } };
      return { status: 200, headers: {}, body: { path: request.path, user: request.headers['x-remote-user'], groups: request.headers['x-remote-group'], authorization: request.headers['authorization'] ?? 'none' } };
    }, { tls: { own } });
    return 0;
  },
};
const files = servingFiles('weather', ['weather.default.svc'], [address]);
const neighbour: Neighbour = { name: 'weather', address, program: weather, args: [], files: { '/tls.crt': files.certificate, '/tls.key': files.key } };
const services: ResourceRef = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' };
const apiService = (more: object = {}, name = 'v1.weather.example.com'): Any => ({ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name }, spec: { group: 'weather.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, caBundle: encodeBase64(encodeCertificate(ca.certificate)), service: { namespace: 'default', name: 'weather' }, ...more } });

function* condition(client: ApiClient): Task<string> {
  const found = yield* client.get<Any>(services, '', 'v1.weather.example.com');
  const [first] = found['status'].conditions as { status: string; reason: string; message: string }[];
  return `${first?.status} ${first?.reason}: ${first?.message}`;
}

describe('aggregation', () => {
  it('follows a server from nothing to answers', () => {
    const { run } = createSmallWorld(1, fakeEtcd, [neighbour]);
    const result = run(
      function* (client, host) {
        yield* client.create(services, '', apiService());
        yield* host.clock.sleep(3000);
        const without = yield* condition(client);
        const refused = yield* verdict(() => client.raw('GET', '/apis/weather.example.com/v1/reports'), withStatus);
        const stale = ((yield* client.raw('GET', '/apis', { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } })).body as { items: Any[] }).items.find((each) => each.metadata.name === 'weather.example.com') as Any;
        yield* client.create({ group: '', version: 'v1', resource: 'services' }, 'default', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'weather' }, spec: { clusterIP: address, ports: [{ port: 443 }] } } as unknown as ApiObject);
        yield* host.clock.sleep(6000);
        const lonely = yield* condition(client);
        yield* client.create({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' }, 'default', { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'weather-1', labels: { 'kubernetes.io/service-name': 'weather' } }, addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports: [{ name: '', port: 443, protocol: 'TCP' }] } as unknown as ApiObject);
        yield* host.clock.sleep(6000);
        const there = yield* condition(client);
        const answer = (yield* client.raw('GET', '/apis/weather.example.com/v1/reports/today', { headers: { 'x-remote-user': 'somebody else' } })).body;
        const found = ((yield* client.raw('GET', '/apis', { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } })).body as { items: Any[] }).items.find((each) => each.metadata.name === 'weather.example.com') as Any;
        return { without, refused, stale: stale['versions'], lonely, there, answer, found: found['versions'] };
      },
      { maxMs: 120_000 },
    );
    expect(result).toEqual({
      without: 'False ServiceNotFound: service/weather in "default" is not present',
      refused: '503 ServiceUnavailable: service unavailable',
      stale: [{ version: 'v1', freshness: 'Stale' }],
      lonely: 'False EndpointsNotFound: cannot find endpointslices for service/weather in "default"',
      there: 'True Passed: all checks passed',
      answer: { path: '/apis/weather.example.com/v1/reports/today', user: 'kubernetes-admin', groups: 'system:masters, system:authenticated', authorization: 'none' },
      found: [{ version: 'v1', freshness: 'Current', resources: [{ resource: 'reports', responseKind: { group: '', version: '', kind: 'Report' }, scope: 'Cluster', singularResource: 'report', verbs: ['get', 'list'], subresources: [{ subresource: 'status', responseKind: { group: '', version: '', kind: 'Report' }, verbs: ['get'] }] }] }],
    });
  });

  it.each<[string, Any, string]>([
    ['name', apiService({}, 'v2.weather.example.com'), 'metadata.name: Invalid value: "v2.weather.example.com": must be `spec.version+"."+spec.group`: "v1.weather.example.com"'],
    ['priority', apiService({ groupPriorityMinimum: 0 }), 'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000'],
    ['trust', apiService({ insecureSkipTLSVerify: true }), 'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present'],
  ])('refuses an APIService with a wrong %s', (_, object, problem) => {
    const { run } = createSmallWorld();
    expect(run((client) => verdict(() => client.create(services, '', object), withStatus))).toContain(problem);
  });
});
