// Reads the API's protobuf bodies, as Go clients send them, into the JSON that they stand for. Answers are always JSON:
// every client that offers protobuf takes JSON, too.
import { findKindDefinition } from '../../../api/meta/structure.ts';
import type { UnreadBody } from '../../protocol.ts';
import { fieldsOfMessage } from './message-fields.ts';
import { MessageReader } from './read-message.ts';
import { bytesOf, fieldsIn } from './wire-fields.ts';

export type ReadBody = { readonly json: string } | UnreadBody;

const magic = [0x6b, 0x38, 0x73, 0x00];
const hasMagic = (bytes: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);
const utf8 = new TextDecoder();

/** The words of the problems are those of `apimachinery/pkg/runtime/serializer/protobuf`. */
export function readProtobuf(bytes: Uint8Array): ReadBody {
  if (bytes.length === 0) return { problem: 'empty data' };
  if (!hasMagic(bytes)) return { problem: `provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]` };
  if (bytes.length === magic.length) return { problem: 'empty body' };
  let named: { apiVersion?: string; kind?: string } = {};
  try {
    const envelope = bytes.subarray(magic.length);
    for (const _ of fieldsIn(envelope));
    const typeMeta = bytesOf(envelope, 1) ?? new Uint8Array();
    const apiVersion = utf8.decode(bytesOf(typeMeta, 1));
    const kind = utf8.decode(bytesOf(typeMeta, 2));
    named = { apiVersion, kind };
    const message = messageOf(apiVersion, kind);
    if (message === undefined) return { problem: `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`, ...named };
    return { json: JSON.stringify({ apiVersion, kind, ...new MessageReader(readNested).struct(message, bytesOf(envelope, 2) ?? new Uint8Array()) }) };
  } catch (error) {
    return { problem: (error as Error).message, ...named };
  }
}

/** Options are of the group that they are sent to. Nobody sends lists. */
function messageOf(apiVersion: string, kind: string): string | undefined {
  const name = kind === 'DeleteOptions' ? 'meta.v1.DeleteOptions' : findKindDefinition(apiVersion, kind)?.name;
  return name === undefined || fieldsOfMessage(name) === undefined ? undefined : name;
}

/** What an object holds of another may itself be protobuf. */
function readNested(bytes: Uint8Array): unknown {
  if (!hasMagic(bytes)) return undefined;
  const read = readProtobuf(bytes);
  if ('problem' in read) throw new Error(read.problem);
  return JSON.parse(read.json);
}
