// A page that is seen through the proxy: links from its server's root must lead through the proxy again.
import type { HttpResponse } from '../../../wire/http.ts';

const link = /(<[a-z][^<>]*?\s(?:href|src|action|cite|data|background|formaction|poster|icon|manifest|longdesc|usemap|codebase|classid|profile|archive)\s*=\s*)(["'])(\/[^"'<>]*)\2/gi;

/** As k8s.io/apimachinery's proxy.Transport: of HTML the links, and where a redirection leads. `prefix`: the path up to and with `/proxy`. */
export function rewriteLinks(response: HttpResponse, prefix: string): HttpResponse {
  const { headers, body } = response;
  const { location } = headers;
  const through = (path: string): string => (path.startsWith('//') || path.startsWith(prefix) ? path : `${prefix}${path}`);
  const moved = location?.startsWith('/') === true ? { ...response, headers: { ...headers, location: through(location) } } : response;
  if (typeof body !== 'string' || (headers['content-type'] ?? '').split(';')[0]?.trim() !== 'text/html') return moved;
  return { ...moved, body: body.replace(link, (_, before: string, quote: string, path: string) => `${before}${quote}${through(path)}${quote}`) };
}
