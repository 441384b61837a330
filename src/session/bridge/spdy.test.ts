import { constants, createDeflate, deflateSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { headerDictionary, SpdySession, type SpdyStream } from './spdy.ts';

const word = (value: number): Buffer => Buffer.from([(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
const counted = (text: string): Buffer => Buffer.concat([word(text.length), Buffer.from(text)]);
const control = (kind: number, content: Buffer, flags = 0): Buffer => Buffer.concat([Buffer.from([0x80, 3, 0, kind, flags]), word(content.length).subarray(1), content]);

async function headers(pairs: Readonly<Record<string, string>>): Promise<Buffer> {
  const deflate = createDeflate({ dictionary: headerDictionary });
  const chunks: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  deflate.write(Buffer.concat([word(Object.keys(pairs).length), ...Object.entries(pairs).flatMap(([name, value]) => [counted(name), counted(value)])]));
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  return Buffer.concat(chunks);
}

describe('SPDY/3.1', () => {
  it('has the dictionary of the draft: its Adler-32 is known', () => {
    expect(headerDictionary).toHaveLength(1423);
    expect(deflateSync('x', { dictionary: headerDictionary }).subarray(2, 6).toString('hex')).toBe('e3c6a7c2');
  });

  it('opens streams, however the bytes are cut, and says what is written and when it ends', async () => {
    let heard = '';
    let finished = false;
    const written: Buffer[] = [];
    const streams: SpdyStream[] = [];
    const session = new SpdySession({ write: (data) => written.push(data), close: () => undefined }, (stream) => {
      streams.push(stream);
      stream.onData = (data) => (heard += data.toString());
      stream.onFinish = () => (finished = true);
    });
    const bytes = Buffer.concat([control(1, Buffer.concat([word(1), word(0), Buffer.alloc(2), await headers({ StreamType: 'data', port: '80' })])), word(1), Buffer.from([1, 0, 0, 2]), Buffer.from('hi'), control(6, word(7))]);
    for (const byte of bytes.subarray(0, -30)) session.receive(Buffer.from([byte]));
    session.receive(bytes.subarray(-30));
    // zlib works on threads of its own: however long they take.
    await vi.waitFor(() => expect(finished).toBe(true), { timeout: 60_000 });
    const stream = streams[0] as SpdyStream;
    expect([stream.headers.get('streamtype'), stream.headers.get('port'), heard]).toEqual(['data', '80', 'hi']);
    stream.write(Buffer.from('yo'));
    stream.finish();
    const out = Buffer.concat(written).toString('hex');
    expect(out.startsWith('80030002')).toBe(true);
    expect(out).toContain('0000000100000002796f');
    expect(out.endsWith('0000000101000000')).toBe(true);
    session.close();
  });

  it('closes on garbage', async () => {
    let closed = false;
    const session = new SpdySession({ write: () => undefined, close: () => (closed = true) }, () => undefined);
    session.receive(control(1, Buffer.concat([word(1), word(0), Buffer.alloc(2), Buffer.from('no zlib at all')])));
    await vi.waitFor(() => expect(closed).toBe(true), { timeout: 60_000 });
    session.receive(Buffer.from('more'));
    expect(session.openStreams).toBe(0);
  });
});
