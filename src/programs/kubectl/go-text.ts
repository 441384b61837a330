// Small texts as Go's fmt and net/url print them.
import { goNumber } from '../../api/meta/go-value.ts';

/** %q of a string. */
export function quote(text: string): string {
  let out = '"';
  for (const c of text) {
    const code = c.codePointAt(0) as number;
    if (c === '"' || c === '\\') out += `\\${c}`;
    else if (c === '\n') out += '\\n';
    else if (c === '\t') out += '\\t';
    else if (c === '\r') out += '\\r';
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += c;
  }
  return out + '"';
}

/** url.QueryEscape */
export function queryEscape(text: string): string {
  return encodeURIComponent(text).replace(/%20/g, '+').replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A path with its query, sorted by name as url.Values.Encode does; lists repeat the name. */
export function withQuery(path: string, query: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const parts: string[] = [];
  for (const name of Object.keys(query).sort()) {
    const value = query[name];
    if (value === undefined) continue;
    for (const each of typeof value === 'string' ? [value] : value) parts.push(`${queryEscape(name)}=${queryEscape(each)}`);
  }
  if (parts.length === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${parts.join('&')}`;
}

/** json.Marshal: sorted keys, no spaces; `escapeHtml` as encoding/json does by default. */
export function goJson(value: unknown, escapeHtml = true): string {
  if (value === undefined) return 'null';
  if (Array.isArray(value)) return `[${value.map((item) => goJson(item, escapeHtml)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const map = value as Readonly<Record<string, unknown>>;
    const keys = Object.keys(map).filter((key) => map[key] !== undefined).sort(compareBytes);
    return `{${keys.map((key) => `${goString(key, escapeHtml)}:${goJson(map[key], escapeHtml)}`).join(',')}}`;
  }
  if (typeof value === 'string') return goString(value, escapeHtml);
  return JSON.stringify(value) ?? 'null';
}

function goString(text: string, escapeHtml: boolean): string {
  let out = JSON.stringify(text).replace(/[\u007f]/g, '\\u007f').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029').replaceAll('\\u007f', '\u007f');
  if (escapeHtml) out = out.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
  return out;
}

/** json.MarshalIndent with four spaces. `sorted` false keeps the order of keys (as of a Go struct). */
export function goJsonIndent(value: unknown, sorted = true, indent = '    ', pad = ''): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${pad}${indent}${goJsonIndent(item, sorted, indent, pad + indent)}`).join(',\n')}\n${pad}]`;
  }
  if (value !== null && typeof value === 'object') {
    const map = value as Readonly<Record<string, unknown>>;
    let keys = Object.keys(map).filter((key) => map[key] !== undefined);
    if (sorted) keys = keys.sort(compareBytes);
    if (keys.length === 0) return '{}';
    return `{\n${keys.map((key) => `${pad}${indent}${goString(key, true)}: ${goJsonIndent(map[key], sorted, indent, pad + indent)}`).join(',\n')}\n${pad}}`;
  }
  return goJson(value);
}

/** Order of UTF-16 code units: the same as Go's byte order for everything below U+10000. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** fmt's %#v of a decoded JSON value. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value === 'object') {
    const map = value as Readonly<Record<string, unknown>>;
    return `map[string]interface {}{${Object.keys(map).sort(compareBytes).map((key) => `${quote(key)}:${goSyntax(map[key])}`).join(', ')}}`;
  }
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : goNumber(value);
  return String(value);
}
