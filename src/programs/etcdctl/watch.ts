// watch: changes as they come. A stream that breaks is opened again at another endpoint, from the revision that was not seen yet.
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { WatchResponse } from '../../wire/etcd-rpc.ts';
import type { HttpStream } from '../../wire/http-client.ts';
import { rangeOf } from './keys.ts';
import { Failure, type Session } from './session.ts';
import { jsonHeader, jsonKv, simpleKv } from './values.ts';

/** The next revision that was not seen; 0 until the first answer tells. */
interface Cursor {
  next: number;
}

export function* watch(session: Session): Task<void> {
  const { flags, host } = session;
  const range = rangeOf(session, 'watch');
  const cursor: Cursor = { next: flags.number('rev', 0) };
  for (let attempt = 0; ; attempt++) {
    try {
      const stream = yield* session.open('Watch/Watch', session.endpoints[attempt % session.endpoints.length] as string);
      stream.send({ create: { ...range, prevKv: flags.bool('prev-kv'), progressNotify: flags.bool('progress-notify'), ...(cursor.next > 0 ? { startRevision: cursor.next } : {}) } }, `watch ${range.key}`);
      yield* follow(session, stream, cursor);
    } catch (error) {
      // The connection is gone, not the wish.
      if (!(error instanceof NetworkError)) throw error;
    }
    yield* host.clock.sleep(500);
  }
}

/** Prints until the stream ends. */
function* follow(session: Session, stream: HttpStream, cursor: Cursor): Task<void> {
  for (;;) {
    const answer = (yield* stream.receive()) as WatchResponse | undefined;
    if (answer === undefined) return;
    if (answer.canceled === true) {
      // Without a leader the member sends its watchers away: another one may know better.
      if (answer.cancelReason === 'etcdserver: no leader') return;
      session.host.output.error(`watch was canceled (${answer.cancelReason ?? ''})\n`);
      throw new Failure('watch is canceled by the server', 5);
    }
    if (answer.events.length > 0) cursor.next = Math.max(cursor.next, ...answer.events.map((event) => event.kv.modRevision + 1));
    else if (answer.created !== true) session.print(`progress notify: ${answer.header.revision}\n`);
    // From now on nothing is missed, also if nothing happened yet.
    if (cursor.next === 0) cursor.next = answer.header.revision + 1;
    print(session, answer);
  }
}

function print(session: Session, answer: WatchResponse): void {
  if (session.output === 'json') {
    if (answer.created === true) return;
    const events = answer.events.map((event) => `{${event.type === 'DELETE' ? '"type":1,' : ''}"kv":${jsonKv(event.kv)}${event.prevKv === undefined ? '' : `,"prev_kv":${jsonKv(event.prevKv)}`}}`);
    return session.print(`{"Header":${jsonHeader(answer.header)},"Events":[${events.join(',')}],"CompactRevision":0,"Canceled":false,"Created":false}\n`);
  }
  for (const event of answer.events) session.print(`${event.type}\n${event.prevKv === undefined ? '' : simpleKv(event.prevKv, session.display)}${simpleKv(event.kv, session.display)}`);
}
