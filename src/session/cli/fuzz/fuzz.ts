// The API server under requests that nobody should send: what must hold after each of them. One API server and a small etcd, in a world of their own.
import { sameJson } from '../../../api/meta/equality.ts';
import type { Json as ApiJson } from '../../../api/meta/object.ts';
import { kinds } from '../../../api/registry.ts';
import { createRandom } from '../../../kernel/random.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import { admin, createSmallWorld } from '../../../programs/kube-apiserver/testing/small-world.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import { requestOf } from '../../doorway.ts';
import type { OutsideRequestHead } from '../../protocol.ts';
import { RequestMaker } from './requests.ts';

export interface FuzzProblem {
  readonly number: number;
  readonly what: 'status' | 'slow' | 'no answer' | 'prototype' | 'stored' | 'crash';
  readonly detail: string;
  readonly request: OutsideRequestHead;
}

export interface FuzzResult {
  readonly count: number;
  readonly problems: readonly FuzzProblem[];
  /** How many answers had each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Stored objects that were read back and validated again. */
  readonly checked: number;
  readonly slowestMs: number;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** CPU milliseconds that one request may take; Infinity does not judge. */
  readonly budgetMs: number;
  /** A clock of this process's CPU time, in milliseconds. */
  readonly cpuMs: () => number;
  readonly onProblem?: (problem: FuzzProblem) => void;
  /** Only this one, after nothing else. */
  readonly only?: number;
}

const longestMs = 70_000;
const refillEvery = 250;

export function fuzz(options: FuzzOptions): FuzzResult {
  const problems: FuzzProblem[] = [];
  const statuses = new Map<number, number>();
  let checked = 0;
  let slowestMs = 0;
  const clean = Object.getOwnPropertyNames(Object.prototype).length;
  const small = createSmallWorld();
  const { world } = small;
  small.run(function* (_client, host): Task<void> {
    yield* prepare(new HttpClient(host, '10.0.0.1:6443', { tls: admin }));
  });
  // What is traced is not looked at, and would fill the memory.
  world.onTrace(() => undefined);
  const maker = new RequestMaker(createRandom(options.seed, 'fuzz'), kinds.map((kind) => ({ group: kind.group, version: kind.version, kind: kind.kind, resource: kind.resource, namespaced: kind.namespaced, definition: kind.definition })));
  for (let number = 0; number < options.count; number++) {
    // Something good to spoil, and to delete.
    if (number % refillEvery === 0) for (const head of maker.goodOnes()) small.run((_client, host) => exchange(host, head), { maxMs: longestMs });
    const head = maker.next();
    if (options.only !== undefined && options.only !== number) continue;
    const report = (what: FuzzProblem['what'], detail: string): void => {
      const problem = { number, what, detail, request: head };
      problems.push(problem);
      options.onProblem?.(problem);
    };
    const send = (): { readonly response: HttpResponse | string; readonly tookMs: number } => {
      const began = options.cpuMs();
      const response = small.run((_client, host) => exchange(host, head), { maxMs: longestMs });
      return { response: response as HttpResponse | string, tookMs: options.cpuMs() - began };
    };
    let sent: ReturnType<typeof send>;
    try {
      sent = send();
      // The machine may have been busy with something else: slow is what is slow again.
      for (let again = 0; again < 3 && sent.tookMs > options.budgetMs; again++) sent = { ...sent, tookMs: Math.min(sent.tookMs, send().tookMs) };
    } catch (error) {
      report(error instanceof Error && error.message === 'the client did not end' ? 'no answer' : 'crash', error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (world.machine('m1').processes().every((process) => process.program !== 'kube-apiserver')) break;
      continue;
    }
    const { response, tookMs } = sent;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > options.budgetMs) report('slow', `${Math.round(tookMs)} ms`);
    if (Object.getOwnPropertyNames(Object.prototype).length !== clean || ({} as { polluted?: unknown }).polluted !== undefined || ([] as { polluted?: unknown }).polluted !== undefined) {
      report('prototype', 'Object.prototype has changed');
      break;
    }
    if (typeof response === 'string') {
      report('crash', response);
      continue;
    }
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    if (response.status >= 500 && !mayFail(head, response)) report('status', `${response.status} ${JSON.stringify(response.body ?? '').slice(0, 600)}`);
    const path = storedAt(head, response);
    if (path === undefined) continue;
    checked++;
    const wrong = small.run((_client, host) => judgeStored(host, path), { maxMs: longestMs }) as string | undefined;
    if (wrong !== undefined) report('stored', `${path}: ${wrong}`);
  }
  return { count: options.count, problems, statuses, checked, slowestMs };
}

function* prepare(http: HttpClient): Task<void> {
  const create = function* (path: string, body: object): Task<void> {
    yield* http.call({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body });
  };
  yield* create('/api/v1/namespaces', { metadata: { name: 'fuzz' } });
  for (const namespace of ['default', 'fuzz', 'kube-system']) yield* create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
}

/** One request on a connection of its own; of a stream the head is enough. */
function* exchange(host: Host, head: OutsideRequestHead): Task<HttpResponse | string> {
  const http = new HttpClient(host, '10.0.0.1:6443', { tls: admin, timeoutMs: 65_000 });
  try {
    const stream = yield* http.open(requestOf(head));
    for (let frames = 0; stream.open && frames < 50; frames++) if ((yield* stream.receive(1500)) === undefined) break;
    const { response } = stream;
    stream.close();
    return response;
  } catch (error) {
    if (error instanceof NetworkError) return `no answer: ${error.message}`;
    throw error;
  } finally {
    http.close();
  }
}

/**
 * What a server may rightly say with a 5xx: about what is behind it, and one refusal that v1.36 words as a plain error and so answers 500 without a reason: the typed
 * conversion of an applied object, "failed to create typed patch object (...): .spec.x: field not declared in schema", whatever fieldValidation says. See
 * Apply in apimachinery's managedfields/internal/structuredmerge.go, and kubernetes issues 122480 and 139253 (open when v1.36 was released).
 */
export function mayFail(head: OutsideRequestHead, response: Pick<HttpResponse, 'status' | 'body'>): boolean {
  const text = JSON.stringify(response.body ?? '');
  switch (response.status) {
    case 500:
      return /without impersonating a user|no preferred addresses|error dialing backend/.test(text) || (isApply(head) && /failed to create typed patch object/.test(text));
    case 501:
      return /501/.test(text);
    case 503:
      return /proxy|no endpoints|unable to handle the request|not ready/i.test(text + head.path) || /no preferred addresses|error dialing backend/.test(text);
    case 504:
      return /Too large resource version/.test(text) || /\/(exec|attach|portforward|log)/.test(head.path);
    default:
      return false;
  }
}

const isApply = ({ method, headers }: OutsideRequestHead): boolean => method === 'PATCH' && (headers['content-type'] ?? '').startsWith('application/apply-patch');

/** Where the object is that a write has left behind. */
function storedAt(head: OutsideRequestHead, response: HttpResponse): string | undefined {
  if (!['POST', 'PUT', 'PATCH'].includes(head.method) || response.status >= 300 || head.query.some(([name, value]) => name === 'dryRun' && value !== '')) return undefined;
  const body = response.body as { readonly kind?: string; readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown; readonly uid?: unknown; readonly resourceVersion?: unknown } } | undefined;
  const name = body?.metadata?.name;
  if (typeof name !== 'string' || name === '' || body?.metadata?.uid === undefined || /;as=/.test(head.headers['accept'] ?? '')) return undefined;
  const parts = head.path.split('/').filter((part) => part !== '');
  const root = parts[0] === 'api' ? 2 : 3;
  const inNamespace = parts[root] === 'namespaces' && parts.length > root + 2 && parts[root + 2] !== 'status' && parts[root + 2] !== 'finalize';
  const resourceAt = inNamespace ? root + 2 : root;
  if (parts.length > resourceAt + 2) return undefined;
  return `/${parts.slice(0, resourceAt + 1).join('/')}/${encodeURIComponent(name.toWellFormed())}`;
}

/** An object that is stored must be one that may be stored: put back as it is, it changes nothing. And it is plain JSON. */
function* judgeStored(host: Host, path: string): Task<string | undefined> {
  const http = new HttpClient(host, '10.0.0.1:6443', { tls: admin, timeoutMs: 65_000 });
  try {
    const read = yield* http.call({ method: 'GET', path });
    // A review is answered and not kept.
    if (read.status === 404 || read.status === 405) return undefined;
    if (read.status !== 200) return `cannot be read: ${read.status} ${JSON.stringify(read.body).slice(0, 300)}`;
    const again = JSON.parse(JSON.stringify(read.body)) as ApiJson;
    if (!sameJson(again, read.body as ApiJson)) return 'is no plain JSON';
    const put = yield* http.call({ method: 'PUT', path, query: [['dryRun', 'All'], ['fieldValidation', 'Strict']], headers: { 'content-type': 'application/json' }, body: again });
    // Some kinds cannot be updated at all.
    if (put.status === 405) return undefined;
    if (put.status !== 200) return `would not be stored again: ${put.status} ${JSON.stringify((put.body as { message?: unknown }).message ?? put.body).slice(0, 600)}`;
    const difference = differs(read.body, put.body);
    return difference === undefined ? undefined : `changes when it is put back: ${difference}`;
  } catch (error) {
    if (error instanceof NetworkError) return error.message;
    throw error;
  } finally {
    http.close();
  }
}

function differs(a: unknown, b: unknown): string | undefined {
  const bare = (value: unknown): Record<string, unknown> => {
    const object = value as { readonly metadata: Record<string, unknown> };
    const { managedFields: _fields, resourceVersion: _version, ...metadata } = object.metadata;
    return { ...object, metadata };
  };
  const left = bare(a);
  const right = bare(b);
  for (const field of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (!sameJson(left[field] as ApiJson, right[field] as ApiJson)) return `${field}: ${JSON.stringify(left[field])?.slice(0, 400)} became ${JSON.stringify(right[field])?.slice(0, 400)}`;
  }
  return undefined;
}
