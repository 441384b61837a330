// One request through the gates: authenticate, (impersonate,) authorise, then the handler. Every gate says what it decided.
import { ApiError } from '../../client/api-error.ts';
import type { Status } from '../../api/meta/object.ts';
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import type { Peer, StreamReply } from '../../wire/http-server.ts';
import type { ApiserverEvent } from './events.ts';
import type { ApiHandler } from './handlers/api-handler.ts';
import { respond } from './handlers/negotiate.ts';
import type { NonResource } from './handlers/non-resource.ts';
import { createApiRequest } from './registry/request.ts';
import { parseRequestInfo, resourceText } from './request-info.ts';
import type { Authenticator } from './stages/authenticate.ts';
import { impersonated } from './stages/impersonate.ts';
import { attributesOf, forbiddenFor, type Authorizer } from './stages/authorize.ts';
import { timeout, unauthorized, unknownError } from './status.ts';
import { EtcdError } from './storage/etcd-client.ts';

type Stage = (ApiserverEvent & { type: 'apiserver.refused' })['stage'];

export class Pipeline {
  private readonly host: Host;
  private readonly authenticator: Authenticator;
  private readonly authorizer: Authorizer;
  private readonly handler: ApiHandler;
  private readonly nonResource: NonResource;
  readonly counts = new Map<string, number>();

  constructor(parts: { host: Host; authenticator: Authenticator; authorizer: Authorizer; handler: ApiHandler; nonResource: NonResource }) {
    this.host = parts.host;
    this.authenticator = parts.authenticator;
    this.authorizer = parts.authorizer;
    this.handler = parts.handler;
    this.nonResource = parts.nonResource;
  }

  *serve(http: HttpRequest, peer: Peer): Task<HttpResponse | StreamReply> {
    const { trace } = this.host;
    const info = parseRequestInfo(http);
    const request = trace.emit<ApiserverEvent>({
      type: 'apiserver.received',
      verb: info.verb,
      method: http.method,
      path: http.path,
      resource: info.isResource ? resourceText(info) : '',
      namespace: info.namespace,
      name: info.name,
      userAgent: http.headers['user-agent'] ?? '',
    });
    let stage: Stage = 'authenticate';
    try {
      const authentication = this.authenticator.authenticate(http, peer);
      if (!('user' in authentication)) {
        this.host.output.error(`"Unable to authenticate the request" err="${authentication.problem}"\n`);
        throw unauthorized();
      }
      let { user } = authentication;
      trace.emit<ApiserverEvent>({ type: 'apiserver.authenticated', user: user.name, groups: user.groups, method: user.method });
      stage = 'authorize';
      const other = impersonated(user, http, this.authorizer);
      if (other !== undefined) {
        user = other;
        trace.emit<ApiserverEvent>({ type: 'apiserver.authenticated', user: user.name, groups: user.groups, method: 'impersonation' });
      }
      const attributes = attributesOf(user, info);
      const decision = this.authorizer.authorize(attributes);
      trace.emit<ApiserverEvent>({ type: 'apiserver.authorized', allowed: decision.allowed, reason: decision.reason, user: user.name, verb: info.verb, resource: info.isResource ? resourceText(info) : info.path });
      if (!decision.allowed) throw forbiddenFor(attributes, decision.reason);
      stage = 'decode';
      const answer = info.isResource ? yield* this.handler.handle(createApiRequest(http, info, user)) : yield* this.nonResource.handle(http, info);
      const code = 'run' in answer ? answer.response.status : answer.status;
      trace.emit<ApiserverEvent>({ type: 'apiserver.responded', code, request });
      this.count(info.verb, code);
      return answer;
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof EtcdError)) {
        // A fault of ours: said aloud, so that no checker misses it; the server answers 500 and goes on, as Go's would.
        trace.emit<ApiserverEvent>({ type: 'apiserver.refused', stage: 'store', code: 500, reason: 'InternalError', message: `panic: ${error instanceof Error ? error.message : String(error)}` });
        throw error;
      }
      const refusal = this.toRefusal(error);
      const code = refusal.code;
      trace.emit<ApiserverEvent>({ type: 'apiserver.refused', stage: stage === 'decode' ? stageOf(code) : stage, code, reason: refusal.reason, message: refusal.message });
      trace.emit<ApiserverEvent>({ type: 'apiserver.responded', code, request });
      this.count(info.verb, code);
      return refusalResponse(refusal.status);
    }
  }

  private count(verb: string, code: number): void {
    const key = `${verb} ${code}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  private toRefusal(error: ApiError | EtcdError): ApiError {
    if (error instanceof ApiError) return error;
    if (error.code === 'DeadlineExceeded') return timeout('request did not complete within requested timeout - context deadline exceeded');
    return unknownError(error.message);
  }
}

function stageOf(code: number): Stage {
  if (code === 422) return 'validate';
  if (code === 403) return 'admit';
  if (code === 404 || code === 405) return 'find';
  if (code === 400 || code === 415 || code === 406) return 'decode';
  return 'store';
}

export function refusalResponse(status: Status): HttpResponse {
  const response = respond(status.code ?? 500, status);
  const wait = status.details?.retryAfterSeconds;
  return wait === undefined || wait === 0 ? response : { ...response, headers: { ...response.headers, 'retry-after': String(wait) } };
}
