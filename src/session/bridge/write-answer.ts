// An answer from inside the world, written to a client outside. Inside, bodies are values; here they become bytes.
import type { ServerResponse } from 'node:http';
import { bytesOfText } from '../../api/meta/byte-text.ts';
import type { OutsideAnswer } from '../protocol.ts';
import type { Listener } from './outside-requests.ts';

/** `onFail` is called when nothing has been written yet. `translate` has the last word on what is written. */
export function writeAnswer(outgoing: ServerResponse, onFail: (message: string) => void, translate?: (text: string) => string): Listener {
  let isJson = false;
  const translated = (bytes: Uint8Array): Uint8Array => (translate === undefined ? bytes : Buffer.from(translate(Buffer.from(bytes).toString('utf8')), 'utf8'));
  return {
    respond: (answer) => {
      isJson = begin(outgoing, answer, translated);
    },
    data: (frame) => void outgoing.write(translated(frameBytes(frame, isJson))),
    end: () => void outgoing.end(),
    fail: (message) => {
      if (outgoing.headersSent) outgoing.destroy();
      else onFail(message);
    },
  };
}

/** Writes the head, and the body of an answer that is whole. Returns whether stream frames are JSON lines. */
function begin(outgoing: ServerResponse, { status, headers: given, body, streaming }: OutsideAnswer & { readonly answer: 'respond' }, translated: (bytes: Uint8Array) => Uint8Array): boolean {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) headers[name] = headerText(value);
  delete headers['content-length'];
  delete headers['transfer-encoding'];
  delete headers['connection'];
  const bytes = body === undefined ? undefined : translated(bytesOf(body));
  if (headers['content-type'] === undefined && bytes !== undefined) headers['content-type'] = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  // What was not sent again has no length (RFC 9110).
  if (!streaming && status !== 304) headers['content-length'] = String(bytes?.length ?? 0);
  outgoing.writeHead(status, headers);
  if (streaming) outgoing.flushHeaders();
  if (bytes !== undefined && bytes.length > 0) outgoing.write(bytes);
  return (headers['content-type'] ?? '').includes('json');
}

/** A header's text as UTF-8, which Node wants as one character for each byte; what would end the line or the head is a blank. */
function headerText(value: string): string {
  return Buffer.from(value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, ' '), 'utf8').toString('latin1');
}

export function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return typeof body === 'string' ? bytesOfText(body) : Buffer.from(JSON.stringify(body) + '\n', 'utf8');
}

function frameBytes(frame: unknown, isJson: boolean): Uint8Array {
  if (frame instanceof Uint8Array) return frame;
  if (typeof frame === 'string') return isJson ? Buffer.from(frame, 'utf8') : bytesOfText(frame);
  return Buffer.from(JSON.stringify(frame) + '\n', 'utf8');
}
