// One request through the gates: authenticate, (impersonate,) flow control, authorise, then the handler. Every gate says what it decided.
import { ApiError } from '../../client/api-error.ts';
import type { Status } from '../../api/meta/object.ts';
import { PlainError } from '../../kernel/plain-error.ts';
import type { EventId, Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { Distribution, latencyBounds } from '../../wire/metrics.ts';
import type { Peer, StreamReply } from '../../wire/http-server.ts';
import type { AuditLog, AuditedRequest } from './audit/audit.ts';
import type { ApiserverEvent } from './events.ts';
import type { FlowControl, Seated } from './flow-control/flow-control.ts';
import type { AggregationProxy } from './aggregation/proxy.ts';
import type { ApiHandler } from './handlers/api-handler.ts';
import { respond } from './handlers/negotiate.ts';
import type { NonResource } from './handlers/non-resource.ts';
import { createApiRequest } from './registry/request.ts';
import type { ResourceTable } from './registry/resources.ts';
import { parseRequestInfo, resourceText, type RequestInfo } from './request-info.ts';
import { attributesOf, forbiddenFor } from './stages/authorize.ts';
import type { Gates } from './stages/gates.ts';
import type { User } from './stages/user.ts';
import { timeout, unauthorized, unknownError } from './status.ts';
import { EtcdError } from './storage/etcd-client.ts';

type Stage = (ApiserverEvent & { type: 'apiserver.refused' })['stage'];

export interface PipelineParts {
  readonly host: Host;
  readonly gates: Gates;
  readonly flowControl?: FlowControl;
  readonly audit?: AuditLog | undefined;
  readonly table: ResourceTable;
  readonly handler: ApiHandler;
  readonly nonResource: NonResource;
  readonly aggregation?: AggregationProxy;
}

/** What is known of a request while it is on its way. */
export interface Passage {
  /** The event that it began with. */
  readonly received: EventId;
  readonly beganMs: number;
  readonly http: HttpRequest;
  readonly info: RequestInfo;
  stage: Stage;
  audited: AuditedRequest | undefined;
  seated: Seated | undefined;
}

export class Pipeline {
  private readonly parts: PipelineParts;
  private readonly host: Host;
  /** Seconds; of what was let in, or had to wait too long for it: see metrics.ts. */
  readonly answered = new Distribution((bucket) => latencyBounds[bucket] ?? Infinity);
  readonly underWay = new Set<Passage>();

  constructor(parts: PipelineParts) {
    this.parts = parts;
    this.host = parts.host;
  }

  *serve(http: HttpRequest, peer: Peer): Task<HttpResponse | StreamReply> {
    const { trace } = this.host;
    const info = parseRequestInfo(http);
    this.host.usage.cpuMs += 2;
    const received = trace.emit<ApiserverEvent>({
      type: 'apiserver.received',
      verb: info.verb,
      method: http.method,
      path: http.path,
      resource: info.isResource ? resourceText(info) : '',
      namespace: info.namespace,
      name: info.name,
      userAgent: http.headers['user-agent'] ?? '',
    });
    const passage: Passage = { received, beganMs: this.host.clock.nowMs(), http, info, stage: 'authenticate', audited: undefined, seated: undefined };
    this.underWay.add(passage);
    try {
      return this.answer(passage, yield* this.pass(passage, peer));
    } catch (error) {
      return this.answer(passage, this.refuse(passage, error));
    } finally {
      this.underWay.delete(passage);
      // Also when the client went away meanwhile.
      if (passage.seated !== undefined) this.parts.flowControl?.leave(passage.seated);
    }
  }

  /** The gates one after the other, then the handler. */
  private *pass(passage: Passage, peer: Peer): Task<HttpResponse | StreamReply> {
    const { http, info } = passage;
    const { trace } = this.host;
    const { gates } = this.parts;
    const authentication = yield* gates.authenticate(http, peer);
    if (!('user' in authentication)) {
      this.host.output.error(`"Unable to authenticate the request" err="${authentication.problem}"\n`);
      throw unauthorized();
    }
    let { user } = authentication;
    trace.emit<ApiserverEvent>({ type: 'apiserver.authenticated', user: user.name, groups: user.groups, method: user.method });
    passage.audited = this.parts.audit?.begin(http, info, user, peer.remote);
    passage.stage = 'authorize';
    const other = gates.impersonate?.(user, http);
    if (other !== undefined) {
      user = other;
      if (passage.audited !== undefined) passage.audited.impersonated = other;
      trace.emit<ApiserverEvent>({ type: 'apiserver.authenticated', user: user.name, groups: user.groups, method: 'impersonation' });
    }
    passage.stage = 'flow-control';
    yield* this.takeSeats(passage, user);
    passage.stage = 'authorize';
    const attributes = attributesOf(user, info);
    const decision = yield* gates.authorize(attributes);
    passage.audited?.annotations.set('authorization.k8s.io/decision', decision.allowed ? 'allow' : 'forbid');
    passage.audited?.annotations.set('authorization.k8s.io/reason', decision.reason);
    trace.emit<ApiserverEvent>({ type: 'apiserver.authorized', allowed: decision.allowed, reason: decision.reason, user: user.name, verb: info.verb, resource: info.isResource ? resourceText(info) : info.path });
    if (!decision.allowed) throw forbiddenFor(attributes, decision.reason);
    passage.stage = 'decode';
    const elsewhere = this.parts.aggregation === undefined ? undefined : yield* this.parts.aggregation.answer(http, user);
    if (elsewhere !== undefined) return elsewhere;
    if (!info.isResource) return yield* this.parts.nonResource.handle(http, info);
    const request = createApiRequest(http, info, user);
    try {
      return yield* this.parts.handler.handle(request);
    } finally {
      if (passage.audited !== undefined) for (const [key, value] of request.annotations) passage.audited.annotations.set(key, value);
    }
  }

  /** A stream holds its seats only until it begins, as watches do. */
  private *takeSeats(passage: Passage, user: User): Task<void> {
    const { info } = passage;
    const { flowControl } = this.parts;
    if (flowControl === undefined) return;
    const resource = info.isResource ? this.parts.table.find(info.group, info.version, info.resource) : undefined;
    const seated = yield* flowControl.enter(user, info, resource?.declaration.storagePrefix);
    if (seated === undefined) return;
    const { admission, schema, level } = seated;
    if (admission === 'at once' || admission === 'waited') passage.seated = seated;
    if (admission === 'at once') return;
    const what = { flowSchema: schema.metadata.name, priorityLevel: level.shape.name, seats: level.shape.seats };
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.queued', ...what, outcome: admission });
    if (admission !== 'waited') throw new Rejected(seated.headers);
  }

  private answer(passage: Passage, answer: HttpResponse | StreamReply): HttpResponse | StreamReply {
    const streams = 'run' in answer;
    const response = streams ? answer.response : answer;
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.responded', code: response.status, request: passage.received });
    if (passage.stage === 'decode' || response.status === 429) this.count(passage, response.status);
    if (passage.audited !== undefined) this.parts.audit?.end(passage.audited, response, streams);
    const extra = passage.seated?.headers;
    if (extra === undefined && passage.audited === undefined) return answer;
    const whole = { ...response, headers: { ...response.headers, ...extra, ...(passage.audited === undefined ? {} : { 'audit-id': passage.audited.id }) } };
    return streams ? { ...answer, response: whole } : whole;
  }

  private count({ http, info, beganMs }: Passage, code: number): void {
    const { verb, group, version, resource, subresource, namespace, name, isResource } = info;
    // Only what is served is named, resources and paths: there is endless else that may be asked for.
    const served = isResource ? this.parts.table.find(group, version, resource)?.declaration : undefined;
    if (isResource && (served === undefined || (subresource !== '' && !served.subresources.includes(subresource)))) return;
    const isApply = verb === 'patch' && http.headers['content-type']?.startsWith('application/apply-patch') === true;
    this.answered.observe((this.host.clock.nowMs() - beganMs) / 1000, [verb, group, version, resource, isResource || code > 399 ? subresource : info.path, code, name === '' ? (namespace === '' ? 'cluster' : 'namespace') : '', isApply ? 'apply' : '', info.query.get('dryRun') === 'All' ? 'All' : ''].join('\n'));
  }

  private refuse({ stage }: Passage, error: unknown): HttpResponse {
    const { trace } = this.host;
    if (error instanceof Rejected) {
      trace.emit<ApiserverEvent>({ type: 'apiserver.refused', stage: 'flow-control', code: 429, reason: 'TooManyRequests', message: tooManyText.trim() });
      return { status: 429, headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1', ...error.headers }, body: tooManyText };
    }
    if (!(error instanceof ApiError) && !(error instanceof EtcdError)) {
      // A fault of ours: said aloud, so that no checker misses it; the server answers 500 and goes on, as Go's would.
      trace.emit<ApiserverEvent>({ type: 'apiserver.refused', stage: 'store', code: 500, reason: 'InternalError', message: `panic: ${error instanceof Error ? error.message : String(error)}` });
      throw error;
    }
    const refusal = toRefusal(error);
    const { code } = refusal;
    trace.emit<ApiserverEvent>({ type: 'apiserver.refused', stage: stage === 'decode' ? stageOf(code) : stage, code, reason: refusal.reason, message: refusal.message });
    return refusalResponse(refusal.status);
  }
}

const tooManyText = 'Too many requests, please try again later.\n';

/** No seat and no place in a queue. */
class Rejected extends PlainError {
  readonly headers: Readonly<Record<string, string>>;
  constructor(headers: Readonly<Record<string, string>>) {
    super(tooManyText);
    this.headers = headers;
  }
}

function toRefusal(error: ApiError | EtcdError): ApiError {
  if (error instanceof ApiError) return error;
  if (error.code === 'DeadlineExceeded') return timeout('request did not complete within requested timeout - context deadline exceeded');
  return unknownError(error.message);
}

function stageOf(code: number): Stage {
  if (code === 422) return 'validate';
  if (code === 403) return 'admit';
  if (code === 404 || code === 405) return 'find';
  if (code === 400 || code === 415 || code === 406) return 'decode';
  return 'store';
}

function refusalResponse(status: Status): HttpResponse {
  const response = respond(status.code ?? 500, status);
  const wait = status.details?.retryAfterSeconds;
  return wait === undefined || wait === 0 ? response : { ...response, headers: { ...response.headers, 'retry-after': String(wait) } };
}
