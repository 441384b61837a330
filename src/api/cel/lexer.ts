// An expression's text to tokens, by the grammar of the CEL specification.
import { encodeUtf8 } from '../meta/base64.ts';
import type { Problem } from './problem.ts';
import { bytes, double, int, string, uint, type CelType } from './types.ts';
import { Bytes, Uint, type CelValue } from './values.ts';

export interface Token {
  /** 'end', 'name', 'literal', or the operator itself. */
  readonly kind: string;
  readonly at: number;
  /** As it stands in the expression. */
  readonly text: string;
  readonly value?: CelValue;
  readonly type?: CelType;
}

const operators = ['==', '!=', '<=', '>=', '&&', '||', '[?', '{?', '.?', '+', '-', '*', '/', '%', '<', '>', '!', '?', ':', ',', '.', '(', ')', '[', ']', '{', '}'];
const escapes: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"', '`': '`', '?': '?' };

export function tokenize(text: string, problems: Problem[]): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const spaces = /[ \t\n\f\r]+|\/\/[^\n]*/y;
  const names = /[A-Za-z_][A-Za-z_0-9]*/y;
  const quotedNames = /`[A-Za-z0-9_.\-/ ]+`/y;
  const numbers = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+[uU]?/y;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match(spaces);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const quoted = readQuoted(text, at, problems);
    if (quoted !== undefined) {
      tokens.push(quoted);
      at += quoted.text.length;
      continue;
    }
    const name = match(names);
    if (name !== undefined) {
      tokens.push({ kind: 'name', at, text: name });
      at += name.length;
      continue;
    }
    const fieldName = match(quotedNames);
    if (fieldName !== undefined) {
      tokens.push({ kind: 'quoted name', at, text: fieldName });
      at += fieldName.length;
      continue;
    }
    // A dot belongs to a number only where no operand stands before it.
    const number = text[at] === '.' && isOperandEnd(tokens.at(-1)) ? undefined : match(numbers);
    if (number !== undefined) {
      tokens.push(readNumber(number, at, problems));
      at += number.length;
      continue;
    }
    const operator = operators.find((each) => text.startsWith(each, at));
    if (operator !== undefined) {
      tokens.push({ kind: operator, at, text: operator });
      at += operator.length;
      continue;
    }
    const bad = String.fromCodePoint(text.codePointAt(at) ?? 0);
    problems.push({ at, message: `Syntax error: token recognition error at: '${bad}'` });
    at += bad.length;
  }
  tokens.push({ kind: 'end', at: text.length, text: '<EOF>' });
  return tokens;
}

const isOperandEnd = (token: Token | undefined): boolean => token !== undefined && ['name', 'quoted name', 'literal', ')', ']', '}'].includes(token.kind);

function readNumber(text: string, at: number, problems: Problem[]): Token {
  if (/[uU]$/.test(text)) {
    const value = BigInt(text.slice(0, -1));
    if (value >= 1n << 64n) problems.push({ at, message: 'invalid uint literal' });
    return { kind: 'literal', at, text, value: new Uint(value >= 1n << 64n ? 0n : value), type: uint };
  }
  if (/^0[xX]/.test(text) || /^\d+$/.test(text)) {
    const value = BigInt(text);
    // One more than the largest is fine after a minus; the parser looks.
    if (value > 1n << 63n) problems.push({ at, message: 'invalid int literal' });
    return { kind: 'literal', at, text, value, type: int };
  }
  return { kind: 'literal', at, text, value: Number(text), type: double };
}

/** Texts and bytes: `"a"`, `r'\d'`, `b"..."`, `'''...'''`. */
function readQuoted(text: string, at: number, problems: Problem[]): Token | undefined {
  const prefix = /^(?:[rR][bB]?|[bB][rR]?)?(?=["'])/.exec(text.slice(at, at + 3))?.[0];
  if (prefix === undefined) return undefined;
  const isRaw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  const start = at + prefix.length;
  const quote = text.startsWith('"""', start) ? '"""' : text.startsWith("'''", start) ? "'''" : (text[start] as string);
  let out = '';
  const raw: number[] = [];
  let pos = start + quote.length;
  const add = (part: string): void => {
    if (isBytes) raw.push(...encodeUtf8(part));
    else out += part;
  };
  for (;;) {
    if (pos >= text.length || (quote.length === 1 && text[pos] === '\n')) {
      // Unfinished: the lexer says what it could not read, and goes on after it.
      const end = quote.length === 1 ? pos : text.length;
      problems.push({ at, message: `Syntax error: token recognition error at: '${text.slice(at, end)}'` });
      return { kind: 'literal', at, text: text.slice(at, end), value: out, type: string };
    }
    if (text.startsWith(quote, pos)) break;
    if (text[pos] === '\\' && !isRaw) {
      const escape = readEscape(text, pos, isBytes);
      if (escape === undefined) {
        problems.push({ at, message: `Syntax error: token recognition error at: '${text.slice(at, pos + 2)}'` });
        pos += 2;
        continue;
      }
      if (escape.byte === undefined) add(escape.text);
      else raw.push(escape.byte);
      pos = escape.end;
      continue;
    }
    if (text[pos] === '\\' && isRaw && pos + 1 < text.length) {
      add(text.slice(pos, pos + 2));
      pos += 2;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(pos) ?? 0);
    add(character);
    pos += character.length;
  }
  const whole = text.slice(at, pos + quote.length);
  return isBytes ? { kind: 'literal', at, text: whole, value: new Bytes(raw), type: bytes } : { kind: 'literal', at, text: whole, value: out, type: string };
}

function readEscape(text: string, at: number, isBytes: boolean): { readonly text: string; readonly byte?: number; readonly end: number } | undefined {
  const letter = text[at + 1] ?? '';
  const plain = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
  if (plain !== undefined) return { text: plain, end: at + 2 };
  const octal = /^[0-3][0-7]{2}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined) return code(parseInt(octal, 8), at + 4, isBytes);
  const lengths: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };
  const length = lengths[letter];
  if (length === undefined || (isBytes && length > 2)) return undefined;
  const hex = text.slice(at + 2, at + 2 + length);
  if (hex.length !== length || !/^[0-9a-fA-F]+$/.test(hex)) return undefined;
  const point = parseInt(hex, 16);
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
  return code(point, at + 2 + length, isBytes);
}

const code = (point: number, end: number, isBytes: boolean): { readonly text: string; readonly byte?: number; readonly end: number } => (isBytes ? { text: '', byte: point, end } : { text: String.fromCodePoint(point), end });
