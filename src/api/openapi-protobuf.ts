// /openapi/v2 as the protobuf message that clients of the second version ask for (openapi.v2.Document of google/gnostic-models): field numbers are that format's.
import { encodeUtf8 } from './meta/base64.ts';

type Json = Readonly<Record<string, unknown>>;

/** Bytes that grow; a nested message is written to its own and then copied behind its length. */
class Message {
  private bytes = new Uint8Array(256);
  private length = 0;

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.written);
    this.bytes = larger;
  }
  private varint(value: number): void {
    this.room(5);
    for (; value >= 0x80; value = Math.floor(value / 128)) this.bytes[this.length++] = (value % 128) + 128;
    this.bytes[this.length++] = value;
  }
  private block(field: number, content: ArrayLike<number>): void {
    this.varint(field * 8 + 2);
    this.varint(content.length);
    this.room(content.length);
    this.bytes.set(content, this.length);
    this.length += content.length;
  }
  text(field: number, value: unknown): void {
    if (typeof value === 'string' && value !== '') this.block(field, encodeUtf8(value));
  }
  texts(field: number, values: unknown): void {
    if (Array.isArray(values)) for (const value of values) this.block(field, encodeUtf8(String(value)));
  }
  nested(field: number, write: (inner: Message) => void): void {
    const inner = new Message();
    write(inner);
    this.block(field, inner.written);
  }
  /** A map entry: name and value. */
  named(field: number, name: string, write: (inner: Message) => void): void {
    this.nested(field, (entry) => {
      entry.text(1, name);
      entry.nested(2, write);
    });
  }
}

/** gnostic keeps free values as YAML; JSON is YAML. */
const free = (value: unknown) => (message: Message): void => message.text(2, JSON.stringify(value));

const schema = (node: Json) => (message: Message): void => {
  message.text(1, node['$ref']);
  message.text(2, node['format']);
  message.text(4, node['description']);
  if (node['default'] !== undefined) message.nested(5, free(node['default']));
  message.texts(19, node['required']);
  if (Array.isArray(node['enum'])) for (const value of node['enum']) message.nested(20, free(value));
  const additional = node['additionalProperties'] as Json | undefined;
  if (additional !== undefined) message.nested(21, (item) => item.nested(1, schema(additional)));
  if (typeof node['type'] === 'string') message.nested(22, (item) => item.text(1, node['type']));
  const items = node['items'] as Json | undefined;
  if (items !== undefined) message.nested(23, (item) => item.nested(1, schema(items)));
  const properties = node['properties'] as Readonly<Record<string, Json>> | undefined;
  if (properties !== undefined) message.nested(25, (map) => Object.entries(properties).forEach(([name, each]) => map.named(1, name, schema(each))));
  for (const [name, value] of Object.entries(node)) if (name.startsWith('x-')) message.named(31, name, free(value));
};

/** `document` is what `openApiV2Document` makes. */
export function openApiV2Protobuf(document: Json): Uint8Array {
  const message = new Message();
  const info = document['info'] as Json;
  message.text(1, document['swagger']);
  message.nested(2, (each) => {
    each.text(1, info['title']);
    each.text(2, info['version']);
  });
  message.nested(8, () => {});
  message.nested(9, (map) => Object.entries(document['definitions'] as Readonly<Record<string, Json>>).forEach(([name, each]) => map.named(1, name, schema(each))));
  return message.written;
}
