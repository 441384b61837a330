// What a request asks for, read from its path, method and query: the same facts for authorisation, admission and storage.
import type { HttpRequest } from '../../wire/http.ts';

export interface RequestInfo {
  readonly isResource: boolean;
  readonly path: string;
  /** Lower case, as RBAC knows it: get list watch create update patch delete deletecollection; for other paths the method. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource, for proxies: `/metrics`. */
  readonly rest: string;
  readonly query: Query;
}

/** Query parameters; the first value counts. */
export class Query {
  private readonly pairs: HttpRequest['query'];
  constructor(pairs: HttpRequest['query']) {
    this.pairs = pairs;
  }
  get(name: string): string | undefined {
    for (const pair of this.pairs) if (pair[0] === name) return pair[1];
    return undefined;
  }
  all(name: string): readonly string[] {
    return this.pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }
  bool(name: string): boolean {
    const value = this.get(name);
    return value !== undefined && value.toLowerCase() !== 'false' && value !== '0';
  }
  get entries(): HttpRequest['query'] {
    return this.pairs;
  }
}

const methodVerbs: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete', OPTIONS: 'options' };
const namespaceSubresources = new Set(['status', 'finalize']);

export function parseRequestInfo(request: HttpRequest): RequestInfo {
  const query = new Query(request.query);
  const parts = request.path.includes('%') ? request.path.split('/').map(decodeSegment) : request.path.split('/');
  if (parts[0] === '') parts.shift();
  if (parts.at(-1) === '') parts.pop();
  const other = (): RequestInfo => ({ isResource: false, path: request.path, verb: request.method.toLowerCase(), group: '', version: '', namespace: '', resource: '', subresource: '', name: '', rest: '', query });
  let group = '';
  let version: string;
  let at: number;
  if (parts[0] === 'api' && parts.length >= 3) {
    version = parts[1] as string;
    at = 2;
  } else if (parts[0] === 'apis' && parts.length >= 4) {
    group = parts[1] as string;
    version = parts[2] as string;
    at = 3;
  } else return other();
  let verb = methodVerbs[request.method] ?? request.method.toLowerCase();
  let watchPrefix = false;
  if (parts[at] === 'watch' && parts.length > at + 1) {
    watchPrefix = true;
    at++;
  }
  let namespace = '';
  let resource: string;
  let rest: readonly string[];
  if (parts[at] === 'namespaces') {
    const third = parts[at + 2];
    if (parts[at + 1] !== undefined) namespace = parts[at + 1] as string;
    if (third !== undefined && !namespaceSubresources.has(third)) {
      resource = third;
      rest = parts.slice(at + 3);
    } else {
      resource = 'namespaces';
      rest = parts.slice(at + 1);
    }
  } else {
    resource = parts[at] as string;
    rest = parts.slice(at + 1);
  }
  let name = rest[0] ?? '';
  const subresource = rest[1] ?? '';
  const tail = rest.length > 2 ? `/${rest.slice(2).join('/')}` : '';
  if (name === '' && verb === 'get') {
    verb = query.bool('watch') || watchPrefix ? 'watch' : 'list';
    // A list of one object by name is authorised as that object.
    const selector = query.get('fieldSelector');
    const match = selector === undefined ? null : /(?:^|,)metadata\.name==?([^,]+)/.exec(selector);
    if (match !== null) name = match[1] as string;
  } else if (name !== '' && verb === 'get' && watchPrefix) verb = 'watch';
  if (name === '' && verb === 'delete') verb = 'deletecollection';
  return { isResource: true, path: request.path, verb, group, version, namespace, resource, subresource, name, rest: tail, query };
}

function decodeSegment(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const resourceText = (info: Pick<RequestInfo, 'group' | 'resource' | 'subresource'>): string => {
  const base = info.group === '' ? info.resource : `${info.resource}.${info.group}`;
  return info.subresource === '' ? base : `${base}/${info.subresource}`;
};
