// SPDY/3.1, the server's side: streams in one connection, as client-go multiplexes exec, attach and port-forward (on a bare upgraded connection,
// or inside a WebSocket). Flow control is not enforced, as moby/spdystream, which is at the other end, does not either.
import { createDeflate, createInflate, constants, type Deflate, type Inflate } from 'node:zlib';

// ---------------------------------------------------------------- the header dictionary (SPDY/3 draft, 2.6.10.1)

const dictionaryWords =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection ' +
  'content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host ' +
  'if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range ' +
  'referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public ' +
  'set-cookie keep-alive origin';
const dictionaryRest =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content' +
  '301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,' +
  'application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

function counted(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export const headerDictionary = Buffer.concat([...dictionaryWords.split(' ').map((word) => counted(word.replace('_', ' '))), Buffer.from(dictionaryRest, 'ascii')]);

// ---------------------------------------------------------------- frames

const kinds = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
const finFlag = 1;
/** A name or a block longer than this is an attack. */
const mostFrameBytes = 1 << 20;
const mostStreams = 1000;

function control(kind: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(kind, 2);
  head.writeUInt32BE(((flags << 24) | content.length) >>> 0, 4);
  return Buffer.concat([head, content]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export interface SpdyStream {
  readonly id: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  onData: (data: Buffer) => void;
  /** The client writes no more. */
  onFinish: () => void;
  /** The stream is gone. */
  onReset: () => void;
  write(data: Uint8Array): void;
  /** Writes no more. */
  finish(): void;
  reset(): void;
}

export interface SpdyCarrier {
  write(data: Buffer): void;
  close(): void;
}

export class SpdySession {
  private readonly carrier: SpdyCarrier;
  private readonly onStream: (stream: SpdyStream) => void;
  private readonly streams = new Map<number, SpdyStream>();
  private readonly inflate: Inflate = createInflate({ dictionary: headerDictionary, finishFlush: constants.Z_SYNC_FLUSH });
  private readonly deflate: Deflate = createDeflate({ dictionary: headerDictionary });
  private inflated: Buffer[] = [];
  private deflated: Buffer[] = [];
  private pending: Buffer = Buffer.alloc(0);
  /** Frames are worked one after the other: headers are decompressed by a stream that remembers. */
  private chain: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(carrier: SpdyCarrier, onStream: (stream: SpdyStream) => void) {
    this.carrier = carrier;
    this.onStream = onStream;
    this.inflate.on('data', (chunk: Buffer) => this.inflated.push(chunk));
    this.deflate.on('data', (chunk: Buffer) => this.deflated.push(chunk));
    this.inflate.on('error', () => this.close());
    this.deflate.on('error', () => this.close());
  }

  receive(data: Buffer): void {
    this.pending = this.pending.length === 0 ? data : Buffer.concat([this.pending, data]);
    while (!this.closed && this.pending.length >= 8) {
      const length = this.pending.readUInt32BE(4) & 0xffffff;
      if (length > mostFrameBytes) return this.close();
      if (this.pending.length < 8 + length) return;
      const frame = this.pending.subarray(0, 8 + length);
      this.pending = this.pending.subarray(8 + length);
      this.chain = this.chain.then(() => this.take(frame)).catch(() => this.close());
    }
  }

  /** What has been written still goes out; a frame in the middle of its work does not hold it up. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const stream of this.streams.values()) stream.onReset();
    this.streams.clear();
    this.inflate.close();
    this.deflate.close();
    this.carrier.close();
  }

  get openStreams(): number {
    return this.streams.size;
  }

  private async take(frame: Buffer): Promise<void> {
    if (this.closed) return;
    const flags = frame[4] as number;
    const content = frame.subarray(8);
    if (((frame[0] as number) & 0x80) === 0) {
      const stream = this.streams.get(frame.readUInt32BE(0) & 0x7fffffff);
      if (content.length > 0) stream?.onData(content);
      if ((flags & finFlag) !== 0) stream?.onFinish();
      return;
    }
    switch (frame.readUInt16BE(2)) {
      case kinds.synStream:
        return await this.open(content, flags);
      case kinds.headers:
        // Nobody sends more headers, but the decompressor has to see them.
        await this.readHeaders(content.subarray(4));
        return;
      case kinds.synReply:
        await this.readHeaders(content.subarray(4));
        return;
      case kinds.rstStream: {
        const id = content.readUInt32BE(0) & 0x7fffffff;
        const stream = this.streams.get(id);
        this.streams.delete(id);
        stream?.onReset();
        return;
      }
      case kinds.ping:
        // Ours would be even; a client's comes back as it is.
        if ((content.readUInt32BE(0) & 1) === 1) this.carrier.write(control(kinds.ping, 0, content));
        return;
      default:
        return;
    }
  }

  private async open(content: Buffer, flags: number): Promise<void> {
    const id = content.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.readHeaders(content.subarray(10));
    if (this.streams.has(id) || this.streams.size >= mostStreams || (id & 1) === 0) {
      this.carrier.write(control(kinds.rstStream, 0, word(id), word(3)));
      return;
    }
    let finished = false;
    const stream: SpdyStream = {
      id,
      headers,
      onData: () => undefined,
      onFinish: () => undefined,
      onReset: () => undefined,
      write: (data) => {
        if (finished || this.closed || data.length === 0) return;
        this.carrier.write(Buffer.concat([word(id), word(data.length & 0xffffff), data]));
      },
      finish: () => {
        if (finished || this.closed) return;
        finished = true;
        this.carrier.write(Buffer.concat([word(id), word(finFlag << 24)]));
      },
      reset: () => {
        if (this.closed || !this.streams.delete(id)) return;
        this.carrier.write(control(kinds.rstStream, 0, word(id), word(5)));
      },
    };
    this.streams.set(id, stream);
    this.carrier.write(control(kinds.synReply, 0, word(id), await this.emptyHeaders()));
    this.onStream(stream);
    if ((flags & finFlag) !== 0) stream.onFinish();
  }

  private async readHeaders(block: Buffer): Promise<ReadonlyMap<string, string>> {
    this.inflated = [];
    await new Promise<void>((resolve, reject) => this.inflate.write(block, (error) => (error ? reject(error) : resolve())));
    const bytes = Buffer.concat(this.inflated);
    if (bytes.length > mostFrameBytes) throw new Error('headers are too long');
    const headers = new Map<string, string>();
    let at = 0;
    const text = (): string => {
      const length = bytes.readUInt32BE(at);
      if (at + 4 + length > bytes.length) throw new Error('headers are cut off');
      at += 4 + length;
      return bytes.toString('utf8', at - length, at);
    };
    const count = bytes.readUInt32BE(0);
    at = 4;
    for (let i = 0; i < count; i++) headers.set(text().toLowerCase(), text());
    return headers;
  }

  private async emptyHeaders(): Promise<Buffer> {
    this.deflated = [];
    await new Promise<void>((resolve) => {
      this.deflate.write(word(0));
      this.deflate.flush(constants.Z_SYNC_FLUSH, () => resolve());
    });
    return Buffer.concat(this.deflated);
  }
}
