// HTTP as the programs speak it: many requests at once on one connection, as HTTP/2 does. Bodies are values, not bytes: JSON objects that are
// never changed after sending, or strings for anything else. Both ends' helpers (call, serve) live in http-client.ts and http-server.ts.

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Path without query, e.g. `/api/v1/namespaces/default/pods`. Percent-decoded segment by segment by the receiver. */
  readonly path: string;
  /** Query parameters in order, decoded. */
  readonly query: readonly (readonly [string, string])[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A body that only a client outside can send: the first of bytes that could not be read, why not, and what they say they are, when they say so. */
export class UnreadableBody {
  readonly start: readonly number[];
  readonly problem: string;
  readonly apiVersion: string;
  readonly kind: string;

  constructor(start: readonly number[], problem = '', apiVersion = '', kind = '') {
    this.start = start;
    this.problem = problem;
    this.apiVersion = apiVersion;
    this.kind = kind;
  }
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What travels. `stream` numbers are chosen by the client. `data` frames carry watch events, log chunks, exec channels, in both directions. */
export type HttpFrame =
  | { readonly kind: 'request'; readonly stream: number; readonly request: HttpRequest; /** more data frames will follow */ readonly open: boolean }
  | { readonly kind: 'response'; readonly stream: number; readonly response: HttpResponse; readonly open: boolean }
  | { readonly kind: 'data'; readonly stream: number; readonly data: unknown }
  | { readonly kind: 'end'; readonly stream: number }
  | { readonly kind: 'reset'; readonly stream: number; readonly reason: string }
  | { readonly kind: 'goaway' };
