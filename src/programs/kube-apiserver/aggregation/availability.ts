// Looks after the APIServices that other servers stand behind: is there a Service, has it endpoints, does it answer; and says so in their status.
import type { ApiService } from '../../../api/apiregistration/api-service.ts';
import { setCondition, type Condition } from '../../../api/meta/conditions.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { Host } from '../../../kernel/host.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import type { HttpClient } from '../../../wire/http-client.ts';
import type { Loopback } from '../loopback.ts';
import { EtcdError } from '../storage/etcd-client.ts';
import { placeOf, type RemoteOpenApi, type RemoteServices } from './remote-services.ts';

/** After a change, while something does not answer, and when all is well. */
const soonMs = 1000;
const periodMs = 5000;
const restMs = 30_000;
const checkTimeoutMs = 5000;
const asAggregator = { accept: 'application/json', 'x-remote-user': 'system:aggregator', 'x-remote-group': 'system:masters' };

type Verdict = Omit<Condition, 'type'>;

export class AvailabilityController {
  private readonly host: Host;
  private readonly services: RemoteServices;
  private readonly loopback: Loopback;

  constructor(host: Host, services: RemoteServices, loopback: Loopback) {
    this.host = host;
    this.services = services;
    this.loopback = loopback;
  }

  *run(): Task<void> {
    let seen = -1;
    let checkedMs = -Infinity;
    for (;;) {
      const all = this.services.all();
      if (all.length === 0) {
        // Nothing to look after until an APIService comes.
        yield* this.services.change();
        continue;
      }
      const changed = seen !== this.services.generation;
      const due = all.some((each) => !this.services.isAvailable(each)) || this.host.clock.nowMs() - checkedMs >= restMs;
      if (changed || due) {
        checkedMs = this.host.clock.nowMs();
        seen = this.services.generation;
        for (const each of all) yield* this.check(each);
      }
      yield* this.host.clock.sleep(changed ? soonMs : periodMs);
    }
  }

  private *check(service: ApiService): Task<void> {
    const verdict = this.reach(service) ?? (yield* this.ask(service));
    const now = formatTime(this.host.clock.wallMs());
    const before = service.status?.conditions ?? [];
    const conditions = setCondition(before, { type: 'Available', ...verdict }, now);
    if (conditions === before) return;
    try {
      yield* this.loopback.replace(`/apis/apiregistration.k8s.io/v1/apiservices/${service.metadata.name}/status`, { ...service, status: { ...service.status, conditions } });
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof EtcdError)) throw error;
    }
  }

  /** What can be told without asking. */
  private reach(service: ApiService): Verdict | undefined {
    const { namespace, name, port } = placeOf(service);
    const found = this.services.serviceOf(service);
    if (found === undefined) return { status: 'False', reason: 'ServiceNotFound', message: `service/${name} in ${JSON.stringify(namespace)} is not present` };
    const spec = found['spec'] as { readonly type?: string; readonly ports?: readonly { readonly port: number; readonly name?: string }[] };
    if (spec.type === 'ExternalName') return undefined;
    const wanted = spec.ports?.find((each) => each.port === port);
    if (wanted === undefined) return { status: 'False', reason: 'ServicePortError', message: `service/${name} in ${JSON.stringify(namespace)} is not listening on port ${port}` };
    const slices = this.services.slicesOf(service);
    if (slices.length === 0) return { status: 'False', reason: 'EndpointsNotFound', message: `cannot find endpointslices for service/${name} in ${JSON.stringify(namespace)}` };
    const ready = slices.some((slice) => {
      const { endpoints = [], ports = [] } = slice as unknown as { readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[]; readonly ports?: readonly { readonly name?: string }[] };
      return endpoints.some((each) => each.conditions?.ready !== false) && ports.some((each) => (each.name ?? '') === (wanted.name ?? ''));
    });
    return ready ? undefined : { status: 'False', reason: 'MissingEndpoints', message: `endpointslices for service/${name} in ${JSON.stringify(namespace)} have no addresses with port name ${JSON.stringify(wanted.name ?? '')}` };
  }

  /** What it says of its kinds, as kube-aggregator's OpenAPI controllers ask: what did not change is not sent again. */
  private *learnOpenApi(service: ApiService, client: HttpClient): Task<void> {
    const { name } = service.metadata;
    const { group = '', version = '' } = service.spec ?? {};
    const known = this.services.openApiOf(name);
    const get = (path: string, headers: object = {}): Task<HttpResponse> => client.call({ method: 'GET', path, headers: { ...asAggregator, ...headers } }, { timeoutMs: checkTimeoutMs, note: `OpenAPI of ${group}/${version}` });
    try {
      yield* this.learnDocuments(name, known, get);
    } catch (error) {
      // It is there; what it says of its kinds comes the next time.
      if (!(error instanceof NetworkError)) throw error;
    }
  }

  private *learnDocuments(name: string, known: RemoteOpenApi | undefined, get: (path: string, headers?: object) => Task<HttpResponse>): Task<void> {
    const index = yield* get('/openapi/v3');
    const paths = index.status === 200 ? ((index.body as { readonly paths?: Readonly<Record<string, unknown>> }).paths ?? {}) : {};
    const whole = yield* get('/openapi/v2', known === undefined ? {} : { 'if-none-match': `"${known.hash}"` });
    const fresh = whole.status === 200 ? { definitions: (whole.body as { readonly definitions?: object }).definitions ?? {}, hash: (whole.headers['etag'] ?? '').replaceAll('"', '') } : undefined;
    this.services.learnOpenApi(name, { definitions: {}, hash: '', ...known, paths, ...fresh });
  }

  private *ask(service: ApiService): Task<Verdict> {
    const { group = '', version = '' } = service.spec ?? {};
    const path = `/apis/${group}/${version}`;
    const url = `https://${placeOf(service).name}.${placeOf(service).namespace}.svc:${placeOf(service).port}${path}`;
    const failed = (why: string): Verdict => ({ status: 'False', reason: 'FailedDiscoveryCheck', message: `failing or missing response from ${url}: ${why}` });
    const client = this.services.clientOf(service);
    if (client === undefined) return failed('no cluster IP');
    try {
      const answer = yield* client.call({ method: 'GET', path, headers: { accept: 'application/json', 'x-remote-user': 'system:kube-aggregator', 'x-remote-group': 'system:masters' } }, { timeoutMs: checkTimeoutMs, note: `discovery of ${group}/${version}` });
      if (answer.status < 200 || answer.status >= 300) return failed(`bad status from ${url}: ${answer.status}`);
      this.services.learn(service.metadata.name, answer.body);
      yield* this.learnOpenApi(service, client);
      return { status: 'True', reason: 'Passed', message: 'all checks passed' };
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return failed(`Get ${JSON.stringify(url)}: ${error.message}`);
    }
  }
}
