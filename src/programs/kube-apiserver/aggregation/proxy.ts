// Hands a request for a group version of another API server to that server, as the user who made it, and brings back what it answers.
import type { ApiService } from '../../../api/apiregistration/api-service.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import type { HttpStream } from '../../../wire/http-client.ts';
import type { StreamReply } from '../../../wire/http-server.ts';
import type { User } from '../stages/user.ts';
import { serviceUnavailable } from '../status.ts';
import type { RemoteServices } from './remote-services.ts';

/** `/apis/metrics.k8s.io/v1beta1/...` */
const groupPath = /^\/apis\/([^/]+)\/([^/]+)(?:\/|$)/;
const documents = '/openapi/v3/';
/** These are said anew, or belong to this server alone. */
const own = /^(authorization|impersonate-.*|x-remote-.*|connection)$/i;

export class AggregationProxy {
  private readonly services: RemoteServices;

  constructor(services: RemoteServices) {
    this.services = services;
  }

  private serviceFor(path: string): ApiService | undefined {
    const match = groupPath.exec(path);
    if (match !== null) return this.services.find(match[1] as string, match[2] as string);
    return path.startsWith(documents) ? this.describer(path.slice(documents.length)) : undefined;
  }

  /** OpenAPI of another server's group versions; the documents that all servers have are this one's. */
  private describer(name: string): ApiService | undefined {
    return /^apis\/[^/]/.test(name) ? this.services.withDocument(name.replace(/\/$/, '')) : undefined;
  }

  /** undefined: the path is none of another server's. */
  *answer(http: HttpRequest, user: User): Task<HttpResponse | StreamReply | undefined> {
    const service = this.serviceFor(http.path);
    if (service === undefined) return undefined;
    const client = this.services.isAvailable(service) ? this.services.clientOf(service) : undefined;
    if (client === undefined) throw serviceUnavailable('service unavailable');
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(http.headers)) if (!own.test(name)) headers[name] = value;
    let stream: HttpStream;
    try {
      stream = yield* client.open({ ...http, headers: { ...headers, ...headersOf(user) } }, { timeoutMs: 60_000, note: http.path });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw serviceUnavailable(`error trying to reach service: ${error.message}`);
    }
    if (!stream.open) return stream.response;
    return {
      response: stream.response,
      *run(down) {
        try {
          for (;;) {
            const frame = yield* stream.receive();
            if (frame === undefined) return;
            down.send(frame);
          }
        } catch (error) {
          if (!(error instanceof NetworkError)) throw error;
        } finally {
          stream.close();
        }
      },
    };
  }
}

/** As whom the request is made, as --requestheader-*-headers name it. */
function headersOf({ name, uid, groups, extra }: User): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'x-remote-user': name, 'x-remote-group': groups.join(', ') };
  if (uid !== undefined) headers['x-remote-uid'] = uid;
  for (const [key, values] of Object.entries(extra)) headers[`x-remote-extra-${encodeURIComponent(key).toLowerCase()}`] = values.join(', ');
  return headers;
}
