// Answers that clients keep and ask for again: named by a digest of their content, and not sent twice.
import { formatTime } from '../api/meta/time.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { digest } from './tls-handshake.ts';

/** As long as the real server's SHA-512, in its letters. */
export function contentHash(text: string): string {
  const first = digest(text);
  return [first, ...['1', '2', '3'].map((each) => digest(`${first} ${each}`))].join('').toUpperCase();
}

/** Discovery (apiserver's discovery/aggregated/etag.go): only the very tag counts. */
export function withTag({ headers }: HttpRequest, hash: string, make: () => HttpResponse): HttpResponse {
  const etag = `"${hash}"`;
  const own = { etag, vary: 'Accept', 'cache-control': 'public' };
  if (headers['if-none-match'] === etag) return { status: 304, headers: own };
  const response = make();
  return { ...response, headers: { ...response.headers, ...own } };
}

/** Content as Go's http.ServeContent serves it: by its tag where the client names one, else by the time it was made. */
export function serveContent({ headers: asked }: HttpRequest, hash: string, madeMs: number, response: HttpResponse): HttpResponse {
  const etag = `"${hash}"`;
  const lastModified = httpTime(madeMs);
  const tags = asked['if-none-match'];
  const same = tags === undefined ? asked['if-modified-since'] === lastModified : tags.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag);
  if (!same) return { ...response, headers: { ...response.headers, etag, 'last-modified': lastModified } };
  const { 'content-type': _, ...headers } = response.headers;
  return { status: 304, headers: { ...headers, etag } };
}

/** At `url`, as kube-openapi's handler3: whoever names the hash may keep the content for ever, and who names another one is sent to the right one. */
export function serveHashed(request: HttpRequest, url: string, hash: string, madeMs: number, nowMs: number, response: HttpResponse): HttpResponse {
  const asked = request.query.find(([key]) => key === 'hash')?.[1] ?? '';
  const headers = { ...response.headers, vary: 'Accept' };
  if (asked === '') return serveContent(request, hash, madeMs, { ...response, headers });
  if (asked !== hash) return { status: 301, headers: { ...headers, etag: `"${hash}"`, location: `${url}?hash=${hash}` } };
  return serveContent(request, hash, madeMs, { ...response, headers: { ...headers, 'cache-control': 'public, immutable', expires: httpTime(aYearAfter(nowMs), 'UTC') } });
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayMs = 86_400_000;

/** `Thu, 01 Jan 2026 00:00:00 GMT` */
function httpTime(ms: number, zone = 'GMT'): string {
  const text = formatTime(ms);
  const day = days[(Math.floor(ms / dayMs) + 4) % 7] as string;
  return `${day}, ${text.slice(8, 10)} ${months[Number(text.slice(5, 7)) - 1] as string} ${text.slice(0, 4)} ${text.slice(11, 19)} ${zone}`;
}

/** The same day of the next year. */
function aYearAfter(ms: number): number {
  const text = formatTime(ms);
  const year = Number(text.slice(0, 4));
  const leap = (each: number): boolean => (each % 4 === 0 && each % 100 !== 0) || each % 400 === 0;
  const passesLeapDay = text.slice(5) < '02-29T24' ? leap(year) : leap(year + 1);
  return ms + (passesLeapDay ? 366 : 365) * dayMs;
}
