// RE2's syntax, as Go reads it, to a tree; what cannot be read gets Go's words.

export type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'group'; readonly index: number; readonly node: Node }
  | { readonly kind: 'concat' | 'alternate'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number | undefined; readonly greedy: boolean };

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'not-word';

/** Which characters fit: ranges of code points (from, to, from, to...), and classes of Unicode. */
export interface CharSet {
  readonly ranges: readonly number[];
  readonly unicode: readonly { readonly pattern: RegExp; readonly negated: boolean }[];
  readonly negated: boolean;
  readonly fold: boolean;
}

export class RegexProblem extends Error {
  constructor(what: string, where: string) {
    super(`error parsing regexp: ${what}: \`${where}\``);
  }
}

interface Flags {
  readonly fold: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly swapGreed: boolean;
}

const perl: Readonly<Record<string, readonly number[]>> = { d: [48, 57], w: [48, 57, 65, 90, 95, 95, 97, 122], s: [9, 10, 12, 13, 32, 32] };
const posix: Readonly<Record<string, readonly number[]>> = {
  alnum: [48, 57, 65, 90, 97, 122], alpha: [65, 90, 97, 122], ascii: [0, 127], blank: [9, 9, 32, 32], cntrl: [0, 31, 127, 127], digit: [48, 57], graph: [33, 126],
  lower: [97, 122], print: [32, 126], punct: [33, 47, 58, 64, 91, 96, 123, 126], space: [9, 13, 32, 32], upper: [65, 90], word: [48, 57, 65, 90, 95, 95, 97, 122], xdigit: [48, 57, 65, 70, 97, 102],
};
const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const last = 0x10ffff;
const maxRepeat = 1000;
const maxSize = 100_000;

function invert(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] as number, ranges[i + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  let next = 0;
  for (const [from, to] of pairs) {
    if (from > next) out.push(next, from - 1);
    next = Math.max(next, to + 1);
  }
  if (next <= last) out.push(next, last);
  return out;
}

export interface ParsedRegex {
  readonly node: Node;
  /** Without the whole match. */
  readonly groups: number;
}

export function parseRegex(pattern: string): ParsedRegex {
  const parser = new Parser(pattern);
  const node = parser.alternatives({ fold: false, multiline: false, dotAll: false, swapGreed: false });
  if (!parser.atEnd) throw new RegexProblem('unexpected )', pattern);
  return { node, groups: parser.groups };
}

class Parser {
  groups = 0;
  private readonly pattern: string;
  private at = 0;
  private depth = 0;
  private flags: Flags = { fold: false, multiline: false, dotAll: false, swapGreed: false };

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  get atEnd(): boolean {
    return this.at >= this.pattern.length;
  }

  private take(): number {
    const code = this.pattern.codePointAt(this.at) ?? 0;
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  private accept(text: string): boolean {
    if (!this.pattern.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  alternatives(flags: Flags): Node {
    if (++this.depth > 1000) throw new RegexProblem('expression nests too deeply', this.pattern);
    const outer = this.flags;
    this.flags = flags;
    const nodes = [this.sequence()];
    while (this.accept('|')) nodes.push(this.sequence());
    this.flags = outer;
    this.depth--;
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'alternate', nodes };
  }

  private sequence(): Node {
    const nodes: Node[] = [];
    while (!this.atEnd && this.pattern[this.at] !== '|' && this.pattern[this.at] !== ')') {
      const start = this.at;
      const atom = this.atom();
      if (atom === undefined) continue;
      nodes.push(this.repeated(atom, start));
    }
    if (nodes.length === 0) return { kind: 'empty' };
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'concat', nodes };
  }

  private repeated(atom: Node, start: number): Node {
    let node = atom;
    let previous = '';
    for (;;) {
      const at = this.at;
      const counts = this.repetition();
      if (counts === undefined) return node;
      const lazy = this.accept('?');
      const text = this.pattern.slice(at, this.at);
      if (previous !== '') throw new RegexProblem('invalid nested repetition operator', previous + text);
      const [min, max] = counts;
      if (min > maxRepeat || (max ?? 0) > maxRepeat || (max !== undefined && max < min)) throw new RegexProblem('invalid repeat count', text);
      node = { kind: 'repeat', node, min, max, greedy: lazy === this.flags.swapGreed };
      if (sizeOf(node) > maxSize) throw new RegexProblem('expression too large', this.pattern.slice(start, this.at));
      previous = text;
    }
  }

  private repetition(): readonly [number, number | undefined] | undefined {
    if (this.accept('*')) return [0, undefined];
    if (this.accept('+')) return [1, undefined];
    if (this.accept('?')) return [0, 1];
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.pattern.slice(this.at, this.at + 24));
    if (counted === null) return undefined;
    this.at += counted[0].length;
    const min = Number(counted[1]);
    return [min, counted[2] === undefined ? min : counted[3] === '' ? undefined : Number(counted[3])];
  }

  private atom(): Node | undefined {
    const start = this.at;
    const code = this.take();
    switch (String.fromCodePoint(code)) {
      case '(':
        return this.group();
      case '[':
        return { kind: 'set', set: this.charClass(start) };
      case '.':
        return set(this.flags.dotAll ? [0, last] : [0, 9, 11, last]);
      case '^':
        return { kind: 'assert', what: this.flags.multiline ? 'line-start' : 'text-start' };
      case '$':
        return { kind: 'assert', what: this.flags.multiline ? 'line-end' : 'text-end' };
      case '*':
      case '+':
      case '?': {
        this.accept('?');
        throw new RegexProblem('missing argument to repetition operator', this.pattern.slice(start, this.at));
      }
      case '\\':
        return this.escape(start);
      default: {
        if (code === 123) {
          this.at = start;
          const counts = this.repetition();
          if (counts !== undefined) throw new RegexProblem('missing argument to repetition operator', this.pattern.slice(start, this.at));
          this.at = start + 1;
        }
        return { kind: 'set', set: { ranges: [code, code], unicode: [], negated: false, fold: this.flags.fold } };
      }
    }
  }

  private group(): Node | undefined {
    let flags = this.flags;
    let index: number | undefined;
    if (this.accept('?')) {
      const named = /^(?:P?<([A-Za-z_]\w*)>)/.exec(this.pattern.slice(this.at));
      if (named !== null) {
        this.at += named[0].length;
        index = ++this.groups;
      } else {
        const given = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.pattern.slice(this.at));
        if (given === null) {
          const end = /^[^)>]{0,2}/.exec(this.pattern.slice(this.at))?.[0] ?? '';
          throw new RegexProblem('invalid or unsupported Perl syntax', `(?${end.startsWith('<') || end.startsWith('P') ? end.slice(0, 2) : end.slice(0, 1)}`);
        }
        this.at += given[0].length;
        flags = setFlags(setFlags(flags, given[1] ?? '', true), given[2] ?? '', false);
        if (given[3] === ')') {
          this.flags = flags;
          return undefined;
        }
      }
    } else index = ++this.groups;
    const node = this.alternatives(flags);
    if (!this.accept(')')) throw new RegexProblem('missing closing )', this.pattern);
    return index === undefined ? node : { kind: 'group', index, node };
  }

  private escape(start: number): Node {
    if (this.atEnd) throw new RegexProblem('trailing backslash at end of expression', '');
    const letter = this.pattern[this.at] as string;
    const assertions: Readonly<Record<string, Assertion>> = { A: 'text-start', z: 'text-end', b: 'word', B: 'not-word' };
    const assertion = Object.hasOwn(assertions, letter) ? assertions[letter] : undefined;
    if (assertion !== undefined) {
      this.at++;
      return { kind: 'assert', what: assertion };
    }
    if (this.accept('Q')) {
      const end = this.pattern.indexOf('\\E', this.at);
      const text = this.pattern.slice(this.at, end < 0 ? undefined : end);
      this.at = end < 0 ? this.pattern.length : end + 2;
      return { kind: 'concat', nodes: [...text].map((each) => set([each.codePointAt(0) ?? 0, each.codePointAt(0) ?? 0])) };
    }
    const group = this.classEscape(start);
    if (group !== undefined) return { kind: 'set', set: { ...group, fold: this.flags.fold } };
    const code = this.characterEscape(start);
    return { kind: 'set', set: { ranges: [code, code], unicode: [], negated: false, fold: this.flags.fold } };
  }

  /** `\d`, `\W`, `\pL`, `\p{Greek}`; undefined when it is something else. */
  private classEscape(start: number): CharSet | undefined {
    const letter = this.pattern[this.at] as string;
    const ranges = Object.hasOwn(perl, letter.toLowerCase()) ? perl[letter.toLowerCase()] : undefined;
    if (ranges !== undefined) {
      this.at++;
      return { ranges: letter === letter.toLowerCase() ? ranges : invert(ranges), unicode: [], negated: false, fold: false };
    }
    if (letter !== 'p' && letter !== 'P') return undefined;
    const match = /^[pP](?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/.exec(this.pattern.slice(this.at));
    if (match === null) throw new RegexProblem('invalid character class range', this.pattern.slice(start, this.at + 1));
    this.at += match[0].length;
    const name = match[2] ?? match[3] ?? '';
    const negated = (letter === 'P') !== (match[1] === '^');
    for (const form of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
      try {
        return { ranges: [], unicode: [{ pattern: new RegExp(`^${form}$`, 'u'), negated }], negated: false, fold: false };
      } catch {
        continue;
      }
    }
    throw new RegexProblem('invalid character class range', this.pattern.slice(start, this.at));
  }

  private characterEscape(start: number): number {
    const letter = this.pattern[this.at] as string;
    if (Object.hasOwn(controls, letter)) {
      this.at++;
      return controls[letter] as number;
    }
    const octal = /^(?:[1-7][0-7]{1,2}|0[0-7]{0,2})/.exec(this.pattern.slice(this.at))?.[0];
    if (octal !== undefined) {
      this.at += octal.length;
      return parseInt(octal, 8);
    }
    const hex = /^x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(this.pattern.slice(this.at));
    if (hex !== null) {
      this.at += hex[0].length;
      return parseInt(hex[1] ?? hex[2] ?? '0', 16);
    }
    const code = this.take();
    if (code < 128 && !/[A-Za-z0-9]/.test(String.fromCharCode(code))) return code;
    throw new RegexProblem('invalid escape sequence', this.pattern.slice(start, this.at));
  }

  private charClass(start: number): CharSet {
    const negated = this.accept('^');
    const ranges: number[] = [];
    const unicode: { pattern: RegExp; negated: boolean }[] = [];
    let first = true;
    while (this.pattern[this.at] !== ']' || first) {
      if (this.atEnd) throw new RegexProblem('missing closing ]', this.pattern.slice(start));
      first = false;
      const name = /^\[:(\^?)(\w+):\]/.exec(this.pattern.slice(this.at));
      if (name !== null) {
        const known = Object.hasOwn(posix, name[2] as string) ? posix[name[2] as string] : undefined;
        if (known === undefined) throw new RegexProblem('invalid character class range', name[0]);
        this.at += name[0].length;
        ranges.push(...(name[1] === '^' ? invert(known) : known));
        continue;
      }
      const from = this.at;
      if (this.pattern[this.at] === '\\') {
        this.at++;
        if (this.atEnd) throw new RegexProblem('missing closing ]', this.pattern.slice(start));
        const group = this.classEscape(from);
        if (group !== undefined) {
          ranges.push(...group.ranges);
          unicode.push(...group.unicode);
          continue;
        }
        this.at = from;
      }
      const low = this.classCharacter();
      let high = low;
      if (this.pattern[this.at] === '-' && this.at + 1 < this.pattern.length && this.pattern[this.at + 1] !== ']') {
        this.at++;
        high = this.classCharacter();
        if (high < low) throw new RegexProblem('invalid character class range', this.pattern.slice(from, this.at));
      }
      ranges.push(low, high);
    }
    this.at++;
    return { ranges, unicode, negated, fold: this.flags.fold };
  }

  private classCharacter(): number {
    const start = this.at;
    const code = this.take();
    return code === 92 ? this.characterEscape(start) : code;
  }
}

const set = (ranges: readonly number[]): Node => ({ kind: 'set', set: { ranges, unicode: [], negated: false, fold: false } });

function setFlags(flags: Flags, letters: string, on: boolean): Flags {
  return {
    fold: letters.includes('i') ? on : flags.fold,
    multiline: letters.includes('m') ? on : flags.multiline,
    dotAll: letters.includes('s') ? on : flags.dotAll,
    swapGreed: letters.includes('U') ? on : flags.swapGreed,
  };
}

/** How many instructions a node becomes. */
function sizeOf(node: Node): number {
  switch (node.kind) {
    case 'repeat':
      return sizeOf(node.node) * Math.max(1, node.max ?? node.min + 1) + 1;
    case 'group':
      return sizeOf(node.node) + 2;
    case 'concat':
    case 'alternate':
      return node.nodes.reduce((sum, each) => sum + sizeOf(each) + 1, 0);
    default:
      return 1;
  }
}
