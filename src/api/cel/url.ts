// URLs taken apart as Go's url.ParseRequestURI does: absolute, or an absolute path.

export interface Url {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  /** Escaped. */
  readonly path: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
}

/** The problem in Go's words when it is none. */
export function parseUrl(text: string): Url | string {
  const fail = (why: string): string => `parse ${JSON.stringify(text)}: ${why}`;
  if (text === '') return fail('empty url');
  if (/[\u0000-\u001f\u007f]/.test(text)) return fail('net/url: invalid control character in URL');
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(text) as RegExpExecArray;
  const scheme = (match[1] ?? '').toLowerCase();
  let rest = match[2] as string;
  if (scheme === '' && text.startsWith(':')) return fail('missing protocol scheme');
  const mark = rest.indexOf('?');
  const search = mark < 0 ? '' : rest.slice(mark + 1);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (!rest.startsWith('/')) return scheme === '' ? fail('invalid URI for request') : { text, scheme, host: '', hostname: '', port: '', path: '', query: readQuery(search) };
  let host = '';
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const end = rest.indexOf('/', 2);
    host = (end < 0 ? rest.slice(2) : rest.slice(2, end)).replace(/^.*@/s, '');
    rest = end < 0 ? '' : rest.slice(end);
  }
  if (/[\s"<>\\^`{|}]/.test(host)) return fail(`invalid character ${JSON.stringify(/[\s"<>\\^`{|}]/.exec(host)?.[0])} in host name`);
  const place = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(host);
  if (place === null || (place[2] !== undefined && !/^\d*$/.test(place[2]))) return fail(`invalid port ${JSON.stringify(`:${host.slice(host.indexOf(':') + 1)}`)} after host`);
  const escape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(rest);
  if (escape !== null) return fail(`invalid URL escape ${JSON.stringify(escape[0])}`);
  return { text, scheme, host, hostname: (place[1] ?? '').replace(/^\[|\]$/g, ''), port: place[2] ?? '', path: escapePath(rest), query: readQuery(search) };
}

const escapePath = (path: string): string => path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (letter) => encodeURIComponent(letter));

function readQuery(search: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, readonly string[]>();
  for (const part of search === '' ? [] : search.split('&')) {
    const equals = part.indexOf('=');
    const name = decoded(equals < 0 ? part : part.slice(0, equals));
    query.set(name, [...(query.get(name) ?? []), decoded(equals < 0 ? '' : part.slice(equals + 1))]);
  }
  return query;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
