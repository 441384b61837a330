import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { FramedSocket } from './framed-socket.ts';

describe('a framed socket', () => {
  it('writes a message when the one before has gone out, and closes after the last', () => {
    const done: string[] = [];
    const gone: (() => void)[] = [];
    const fake = { send: (data: Uint8Array, _options: object, sent: () => void) => (done.push(Buffer.from(data).toString()), gone.push(sent)), close: (code: number) => done.push(`close ${code}`) };
    const out = new FramedSocket(fake as unknown as WebSocket);
    for (const text of ['a', 'b']) out.send(Buffer.from(text));
    out.close(1000);
    expect(done).toEqual(['a']);
    gone.shift()?.();
    expect(done).toEqual(['a', 'b']);
    gone.shift()?.();
    expect(done).toEqual(['a', 'b', 'close 1000']);
    out.send(Buffer.from('c'));
    expect(done).toEqual(['a', 'b', 'close 1000']);
  });
});
