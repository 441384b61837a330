// `agnhost guestbook`: a store of keys with replicas that register at their primary, and a front that speaks to both by their Services' names.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import type { Flags } from './flags.ts';
import { get, isRefusal, query, reply, serveOn } from './serve.ts';

interface Book {
  readonly store: Map<string, string>;
  readonly replicas: string[];
  readonly backendPort: number;
}

export function* serveGuestbook(host: Host, flags: Flags): Task<number> {
  const book: Book = { store: new Map(), replicas: [], backendPort: flags.number('backend-port', 6379) };
  const primary = flags.text('replicaof', '');
  if (primary !== '') host.tasks.spawn('register', register(host, book, primary));
  return yield* serveOn(host, [{ port: flags.number('http-port', 80) }], (request) => answer(host, book, request));
}

function* register(host: Host, book: Book, primary: string): Task<void> {
  const target = `${primary}:${book.backendPort}`;
  for (let n = 0; n < 15; n++) {
    try {
      const { body } = yield* get(host, target, `register?host=${host.network.address}`);
      for (const [key, value] of Object.entries((JSON.parse(body) as { data: Record<string, string> }).data)) book.store.set(key, value);
      host.output.error(`Registered to node: ${primary}\n`);
      return;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      host.output.error(`encountered error while registering to primary: ${error.message}. Retrying in 1s.\n`);
    }
    yield* host.clock.sleep(1000);
  }
  throw new Error('Timed out while registering to primary.');
}

function* answer(host: Host, book: Book, request: HttpRequest): Task<HttpResponse> {
  const key = query(request, 'key');
  const value = query(request, 'value');
  host.output.error(`GET ${request.path}?${request.query.map(([name, each]) => `${name}=${each}`).join('&')}\n`);
  switch (request.path) {
    case '/register':
      book.replicas.push(query(request, 'host'));
      return reply(200, JSON.stringify({ data: Object.fromEntries(book.store) }));
    case '/get':
      return reply(200, JSON.stringify({ data: key === '' ? Object.fromEntries(book.store) : (book.store.get(key) ?? '') }));
    case '/set':
      if (key === '') return reply(400, 'cannot set with empty key.\n');
      book.store.set(key, value);
      for (const replica of book.replicas) {
        try {
          yield* get(host, `${replica}:${book.backendPort}`, `set?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`);
        } catch (error) {
          if (!isRefusal(error)) throw error;
          return reply(417, `encountered error while propagating to replica '${replica}': ${error.message}\n`);
        }
      }
      return reply(200, JSON.stringify({ message: 'Updated' }));
    case '/guestbook':
      return yield* forward(host, book, query(request, 'cmd').toLowerCase(), key, value);
    default:
      return reply(404, '404 page not found\n');
  }
}

function* forward(host: Host, book: Book, cmd: string, key: string, value: string): Task<HttpResponse> {
  if (cmd !== 'get' && cmd !== 'set') return reply(400, `unsupported cmd: '${cmd}'\n`);
  if (cmd === 'set' && key === '') return reply(400, 'cannot set with empty key.\n');
  try {
    const { body } = yield* get(host, `${cmd === 'get' ? 'agnhost-replica' : 'agnhost-primary'}:${book.backendPort}`, `${cmd}?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`);
    return reply(200, body);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return reply(417, `encountered error: ${error.message}\n`);
  }
}
