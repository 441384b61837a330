// The head and body of a request from outside, as they are recorded.
import type { IncomingMessage } from 'node:http';
import type { OutsideRequestHead } from '../protocol.ts';
import { readProtobuf } from './protobuf/read-body.ts';

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'accept-encoding', 'content-length', 'host', 'expect']);

/** The request line and headers; the body is added by `withBody`. */
export function headOf(incoming: IncomingMessage, method = incoming.method ?? 'GET'): OutsideRequestHead {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? [] : [...new URLSearchParams(url.slice(mark + 1))];
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value === undefined || hopByHop.has(name) || name.startsWith('sec-websocket-') || name === '__proto__') continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { method: method as OutsideRequestHead['method'], path, query, headers };
}

/** Protobuf is turned into the JSON that it stands for; its type is still told. What cannot be read is kept as bytes, for the API server to refuse. */
export function withBody(head: OutsideRequestHead, bytes: Buffer): OutsideRequestHead {
  if (bytes.length === 0) return head;
  const type = ((head.headers['content-type'] ?? '').split(';')[0] ?? '').trim();
  if (type === 'application/vnd.kubernetes.protobuf') {
    const read = readProtobuf(bytes);
    return 'json' in read ? { ...head, body: read.json } : { ...head, bytes: bytes.toString('base64'), unread: read };
  }
  if (type.includes('protobuf') || type.includes('cbor')) return { ...head, bytes: bytes.toString('base64') };
  return { ...head, body: bytes.toString('utf8') };
}

export async function readBytes(incoming: IncomingMessage, mostBytes: number): Promise<Buffer | 'too large' | 'gone'> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    return 'gone';
  }
  return Buffer.concat(chunks);
}
