// Writes a JSON value as sigs.k8s.io/yaml does: sorted keys, unindented sequences, quotes only where go-yaml puts them.
import { isBase60, resolveScalar } from './resolve.ts';

export function printYaml(value: unknown): string {
  if (isMap(value) && Object.keys(value).length > 0) return block(value, 0);
  if (Array.isArray(value) && value.length > 0) return block(value, 0);
  return scalarOrEmpty(value, 2, 0) + '\n';
}

/** go-yaml breaks a long text at the first blank behind this column. */
const foldColumn = 80;

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A non-empty collection, each line ended. */
function block(value: Readonly<Record<string, unknown>> | readonly unknown[], indent: number): string {
  const pad = ' '.repeat(indent);
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) text += `${pad}- ${inner(item, indent + 2)}`;
    return text;
  }
  const map = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(map).sort(compareKeys)) {
    const item = map[key];
    if (item === undefined) continue;
    text += `${pad}${writeKey(key)}:`;
    if (Array.isArray(item) && item.length > 0) text += '\n' + block(item as readonly unknown[], indent);
    else if (isMap(item) && Object.keys(item).length > 0) text += '\n' + block(item, indent + 2);
    else text += ` ${scalarOrEmpty(item, indent + 2, indent + writeKey(key).length + 2)}\n`;
  }
  return text;
}

/** An item after `- `: its first line joins the dash. */
function inner(item: unknown, indent: number): string {
  if ((Array.isArray(item) && item.length > 0) || (isMap(item) && Object.keys(item).length > 0)) {
    return block(item as readonly unknown[], indent).slice(indent);
  }
  return scalarOrEmpty(item, indent, indent) + '\n';
}

function scalarOrEmpty(value: unknown, indent: number, column: number): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object') return '{}';
  if (typeof value === 'string') return writeString(value, indent, false, column);
  if (typeof value === 'number') return writeNumber(value);
  return String(value);
}

function writeNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

function writeKey(key: string): string {
  if (key.length > 128) return `? ${writeString(key, 0, true)}\n`;
  return writeString(key, 0, true);
}

function isPrintable(code: number): boolean {
  return code === 0x0a || (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code !== 0xfeff && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff);
}

/** `indent` is that of the lines that follow the first, `column` where the text begins. A key is never broken. */
function writeString(text: string, indent: number, isKey: boolean, column = 0): string {
  let canPlain = typeof resolveScalar(text) === 'string' && !isBase60(text) && text !== '<<' && !looksLikeTime(text);
  const found = analyse(text);
  if (text.includes('\n') && !isKey && found.literalAllowed) return literal(text, indent);
  if (text.includes('\n')) canPlain = false;
  const fold = (written: string, edges: number): string => (isKey ? written : folded(written, indent, column, edges));
  if (canPlain && found.plainAllowed) return fold(text, 0);
  // What would resolve to another type is written in double quotes; what merely cannot be plain, in single ones.
  if (typeof resolveScalar(text) === 'string' && !isBase60(text) && text !== '<<' && !looksLikeTime(text) && !text.includes('\n') && found.singleAllowed) return fold(`'${text.replaceAll("'", "''")}'`, 1);
  return fold(doubleQuoted(text), 1);
}

/** `edges`: 1 when quotes stand around the text; a blank right beside them stays. */
function folded(text: string, indent: number, column: number, edges: number): string {
  if (column + text.length <= foldColumn) return text;
  let out = '';
  let previousSpace = false;
  const points = [...text];
  points.forEach((c, i) => {
    const inside = edges === 0 || (i > 1 && i < points.length - 2);
    if (c === ' ' && !previousSpace && column > foldColumn && inside && (points[i + 1] !== ' ' || text.startsWith('"'))) {
      out += `\n${' '.repeat(indent)}${points[i + 1] === ' ' ? '\\' : ''}`;
      column = indent;
    } else {
      out += c;
      column++;
    }
    previousSpace = c === ' ';
  });
  return out;
}

function looksLikeTime(text: string): boolean {
  if (/^\d{4}-\d\d?-\d\d?$/.test(text)) return true;
  return /^\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d(\.\d*)?([ \t]*(Z|[-+]\d\d?(:\d\d)?))?$/.test(text);
}

/** go-yaml's yaml_emitter_analyze_scalar, as far as it decides the style. */
function analyse(text: string): { readonly plainAllowed: boolean; readonly singleAllowed: boolean; readonly literalAllowed: boolean } {
  if (text === '') return { plainAllowed: false, singleAllowed: true, literalAllowed: false };
  let indicators = text.startsWith('---') || text.startsWith('...');
  let special = false;
  let lineBreaks = false;
  let breakSpace = false;
  let spaceBreak = false;
  let previousSpace = false;
  let previousBreak = false;
  let precededByBlank = true;
  const points = [...text];
  const isBlankAt = (index: number): boolean => index >= points.length || points[index] === ' ' || points[index] === '\t' || isBreak(points[index] as string);
  points.forEach((c, index) => {
    const followedByBlank = isBlankAt(index + 1);
    if (index === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(c)) indicators = true;
      else if ((c === '?' || c === ':' || c === '-') && followedByBlank) indicators = true;
    } else if ((c === ':' && followedByBlank) || (c === '#' && precededByBlank)) indicators = true;
    if (!isPrintable(c.codePointAt(0) as number)) special = true;
    if (c === ' ') {
      if (previousBreak) breakSpace = true;
      previousSpace = true;
      previousBreak = false;
    } else if (isBreak(c)) {
      lineBreaks = true;
      if (previousSpace) spaceBreak = true;
      previousBreak = true;
      previousSpace = false;
    } else {
      previousSpace = false;
      previousBreak = false;
    }
    precededByBlank = isBlankAt(index);
  });
  const first = points[0] as string;
  const last = points[points.length - 1] as string;
  const edges = first === ' ' || last === ' ' || isBreak(first) || isBreak(last);
  const plainAllowed = !indicators && !edges && !lineBreaks && !special && !spaceBreak && !breakSpace;
  const singleAllowed = !special && !spaceBreak && !breakSpace;
  const literalAllowed = !special && !spaceBreak && last !== ' ';
  return { plainAllowed, singleAllowed, literalAllowed };
}

function isBreak(c: string): boolean {
  return c === '\n' || c === '\r' || c === '\u0085' || c === '\u2028' || c === '\u2029';
}

function literal(text: string, indent: number): string {
  let hint = text.startsWith(' ') || text.startsWith('\n') ? '2' : '';
  if (!text.endsWith('\n')) hint += '-';
  else if (text.length === 1 || text.endsWith('\n\n')) hint += '+';
  const pad = ' '.repeat(Math.max(indent, 2));
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  return `|${hint}\n` + lines.map((line) => (line === '' ? '' : pad + line)).join('\n');
}

function doubleQuoted(text: string): string {
  const names: Record<number, string> = { 0: '0', 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r', 27: 'e', 0x22: '"', 0x5c: '\\', 0x85: 'N', 0xa0: '_', 0x2028: 'L', 0x2029: 'P' };
  let out = '"';
  for (const c of text) {
    const code = c.codePointAt(0) as number;
    if (isPrintable(code) && !isBreak(c) && c !== '"' && c !== '\\') out += c;
    else if (names[code] !== undefined) out += `\\${names[code]}`;
    else if (code <= 0xff) out += `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
    else if (code <= 0xffff) out += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
    else out += `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`;
  }
  return out + '"';
}

const isLetter = (c: string): boolean => /\p{L}/u.test(c);
const isDigit = (c: string | undefined): boolean => c !== undefined && c >= '0' && c <= '9';

/** go-yaml's natural order of keys: numbers inside compare as numbers, letters come after the rest. */
function compareKeys(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const p = x[i] as string;
    const q = y[i] as string;
    if (p === q) continue;
    const pLetter = isLetter(p);
    const qLetter = isLetter(q);
    if (pLetter && qLetter) return p < q ? -1 : 1;
    if (pLetter || qLetter) return qLetter ? -1 : 1;
    let xn = 0;
    let yn = 0;
    if (p === '0' || q === '0') {
      for (let j = i - 1; j >= 0 && isDigit(x[j]); j--) {
        if (x[j] !== '0') {
          xn = 1;
          yn = 1;
          break;
        }
      }
    }
    let xi = i;
    let yi = i;
    for (; isDigit(x[xi]); xi++) xn = xn * 10 + Number(x[xi]);
    for (; isDigit(y[yi]); yi++) yn = yn * 10 + Number(y[yi]);
    if (xn !== yn) return xn < yn ? -1 : 1;
    if (xi !== yi) return xi < yi ? -1 : 1;
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}
