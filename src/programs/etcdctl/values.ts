// How etcdctl writes keys, values, ids and headers in its output formats.
import { encodeBase64 } from '../../api/meta/base64.ts';
import type { KeyValue, ResponseHeader } from '../../wire/etcd-rpc.ts';

/** Values of API servers are objects here; upstream they are bytes. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

/** Ids are 64-bit numbers to etcdctl's JSON: from their hexadecimal digits. */
export const decimal = (hex: string): string => BigInt(`0x${hex === '' ? '0' : hex}`).toString();

/** As `%16x` prints an id. */
export const padded = (hex: string): string => hex.padStart(16, ' ');

export function jsonHeader(header: ResponseHeader): string {
  return `{"cluster_id":${decimal(header.clusterId)},"member_id":${decimal(header.memberId)},"revision":${header.revision},"raft_term":${header.raftTerm}}`;
}

export function fieldsHeader(header: ResponseHeader): string {
  return `"ClusterID" : ${decimal(header.clusterId)}\n"MemberID" : ${decimal(header.memberId)}\n"Revision" : ${header.revision}\n"RaftTerm" : ${header.raftTerm}\n`;
}

export function jsonKv(kv: KeyValue): string {
  const value = kv.value === undefined ? '' : `,"value":"${encodeBase64(valueText(kv.value))}"`;
  const lease = kv.lease === '' ? '' : `,"lease":${decimal(kv.lease)}`;
  return `{"key":"${encodeBase64(kv.key)}","create_revision":${kv.createRevision},"mod_revision":${kv.modRevision},"version":${kv.version}${value}${lease}}`;
}

export function fieldsKv(kv: KeyValue): string {
  return `"Key" : ${JSON.stringify(kv.key)}\n"CreateRevision" : ${kv.createRevision}\n"ModRevision" : ${kv.modRevision}\n"Version" : ${kv.version}\n"Value" : ${JSON.stringify(valueText(kv.value))}\n"Lease" : ${decimal(kv.lease)}\n`;
}

/** Key and value, a line each; `valueOnly` and `hex` as the flags say. */
export function simpleKv(kv: KeyValue, options: { readonly valueOnly: boolean; readonly hex: boolean }): string {
  const show = options.hex ? hexEscaped : (text: string): string => text;
  return `${options.valueOnly ? '' : `${show(kv.key)}\n`}${show(valueText(kv.value))}\n`;
}

function hexEscaped(text: string): string {
  return [...new Uint8Array([...text].flatMap((each) => utf8(each.codePointAt(0) as number)))].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function utf8(code: number): number[] {
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), 0x80 | (code & 63)];
  if (code < 0x10000) return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
}
