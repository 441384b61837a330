// JSON patch (RFC 6902), refusing in the words of the API server's library (evanphx/json-patch).
import { applyPatch, type Operation } from 'rfc6902';
import type { Json } from '../object.ts';

export type JsonPatchResult = { readonly value: Json } | { readonly problem: string };

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

export function applyJsonPatch(target: Json, patch: Json): JsonPatchResult {
  if (!Array.isArray(patch)) return { problem: 'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch' };
  for (const each of patch as readonly Json[]) {
    const operation = each as { readonly op?: unknown; readonly path?: unknown };
    if (typeof operation !== 'object' || operation === null || typeof operation.op !== 'string' || !operations.includes(operation.op)) return { problem: `Unexpected kind: ${String((operation as { op?: unknown } | null)?.op)}` };
    if (typeof operation.path !== 'string') return { problem: `${operation.op} operation failed to decode path: missing path` };
    if (/(^|\/)(__proto__|constructor|prototype)(\/|$)/.test(operation.path)) return { problem: `${operation.op} operation does not apply: doc is missing path: ${JSON.stringify(operation.path)}: missing value` };
  }
  const copy = structuredCopy(target);
  const results = applyPatch(copy, patch as unknown as Operation[]);
  for (let at = 0; at < results.length; at++) {
    const failure = results[at];
    if (failure === null || failure === undefined) continue;
    const { op, path } = (patch as readonly { readonly op: string; readonly path: string }[])[at] as { readonly op: string; readonly path: string };
    if (op === 'test') return { problem: `testing value ${path} failed: test failed` };
    return { problem: `${op} operation does not apply: doc is missing ${op === 'add' ? 'path' : 'key'}: ${path}: missing value` };
  }
  return { value: copy };
}

function structuredCopy(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(structuredCopy);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, structuredCopy(each)]));
  return value;
}
