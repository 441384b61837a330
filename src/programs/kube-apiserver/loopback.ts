// The server's requests to itself: the same stages from admission on, without the network, as system:apiserver.
import { ApiError } from '../../client/api-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { HttpRequest } from '../../wire/http.ts';
import type { ApiHandler } from './handlers/api-handler.ts';
import { createApiRequest } from './registry/request.ts';
import { parseRequestInfo } from './request-info.ts';
import { apiserverUser } from './stages/user.ts';

export class Loopback {
  private readonly handler: ApiHandler;

  constructor(handler: ApiHandler) {
    this.handler = handler;
  }

  *call(method: HttpRequest['method'], path: string, body?: object): Task<unknown> {
    const request: HttpRequest = { method, path, query: [], headers: { 'user-agent': 'kube-apiserver', 'content-type': 'application/json' }, ...(body === undefined ? {} : { body }) };
    const answer = yield* this.handler.handle(createApiRequest(request, parseRequestInfo(request), apiserverUser));
    return 'run' in answer ? undefined : answer.body;
  }

  /** undefined when it is not there. */
  *tryGet(path: string): Task<unknown> {
    try {
      return yield* this.call('GET', path);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Also fine when another server was first. */
  *create(path: string, body: object): Task<void> {
    try {
      yield* this.call('POST', path, body);
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
    }
  }

  *replace(path: string, body: object): Task<void> {
    try {
      yield* this.call('PUT', path, body);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 409) throw error;
    }
  }
}
