// JSON patch (RFC 6902), refusing in the words of the API server's library (evanphx/json-patch).
import { applyPatch, type Operation } from 'rfc6902';
import type { Json } from '../object.ts';

export type JsonPatchResult = { readonly value: Json } | { readonly problem: string };

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

export function applyJsonPatch(target: Json, patch: Json): JsonPatchResult {
  if (!Array.isArray(patch)) return { problem: 'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch' };
  for (const each of patch as readonly Json[]) {
    const operation = each as { readonly op?: unknown; readonly path?: unknown };
    if (typeof operation !== 'object' || operation === null || typeof operation.op !== 'string' || !operations.includes(operation.op)) return { problem: `Unexpected kind: ${typeof operation?.op === 'string' ? operation.op : 'unknown'}` };
    if (typeof operation.path !== 'string') return { problem: `${operation.op} operation failed to decode path: missing path` };
    const from = (operation as { readonly from?: unknown }).from;
    if ((operation.op === 'move' || operation.op === 'copy') && typeof from !== 'string') return { problem: `${operation.op} operation failed to decode from: missing from` };
    for (const pointer of [operation.path, ...(typeof from === 'string' ? [from] : [])])
      if (pointer !== '' && !pointer.startsWith('/')) return { problem: `${operation.op} operation does not apply: doc is missing path: ${JSON.stringify(pointer)}: missing value` };
    if (/(^|\/)(__proto__|constructor|prototype)(\/|$)/.test(operation.path)) return { problem: `${operation.op} operation does not apply: doc is missing path: ${JSON.stringify(operation.path)}: missing value` };
  }
  const copy = structuredCopy(target);
  let copied = 0;
  for (const operation of patch as unknown as readonly Operation[]) {
    const { op, path } = operation;
    if (op === 'copy') {
      copied += JSON.stringify(valueAt(copy, operation.from) ?? null).length;
      if (copied > mostCopiedBytes) return { problem: `Unable to copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${mostCopiedBytes}` };
    }
    const failure = applyPatch(copy, [operation])[0];
    if (failure === null || failure === undefined) continue;
    if (op === 'test') return { problem: `testing value ${path} failed: test failed` };
    return { problem: `${op} operation does not apply: doc is missing ${op === 'add' ? 'path' : 'key'}: ${path}: missing value` };
  }
  return { value: copy };
}

/** As the API server limits it, so that copies of copies do not fill its memory. */
const mostCopiedBytes = 3 * 1024 * 1024;

function valueAt(root: Json, pointer: string): Json | undefined {
  let at: Json | undefined = root;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replace(/~1/g, '/').replace(/~0/g, '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as { readonly [name: string]: Json })[name];
  }
  return at;
}

function structuredCopy(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(structuredCopy);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, structuredCopy(each)]));
  return value;
}
