// The head of a request from outside, as the simulation's programs see it.
import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from '../../wire/http.ts';

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'accept-encoding', 'content-length', 'host']);

/** The request line and headers as the world has them; the body is added by the caller. */
export function headOf(incoming: IncomingMessage, method = incoming.method ?? 'GET'): HttpRequest {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? [] : [...new URLSearchParams(url.slice(mark + 1))];
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) if (value !== undefined && !hopByHop.has(name)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return { method: method as HttpRequest['method'], path, query, headers };
}
