// Cuts YAML text into tokens, as libyaml does, so that its refusals are the ones that kubectl prints.
import { TextCursor, type Mark } from './text-cursor.ts';

export class YamlError extends Error {
  readonly problem: string;
  readonly mark: Mark;
  readonly isScanner: boolean;
  /** Line as go-yaml prints it: a parser's line counts from 0, a scanner's from 1, and line 0 is not printed. */
  constructor(problem: string, mark: Mark, isScanner: boolean) {
    const line = mark.line === 0 ? 0 : isScanner ? mark.line + 1 : mark.line;
    super(`yaml: ${line === 0 ? '' : `line ${line}: `}${problem}`);
    this.problem = problem;
    this.mark = mark;
    this.isScanner = isScanner;
  }
}

export type TokenType =
  | 'stream-start' | 'stream-end' | 'directive' | 'document-start' | 'document-end' | 'block-sequence-start' | 'block-mapping-start' | 'block-end'
  | 'flow-sequence-start' | 'flow-sequence-end' | 'flow-mapping-start' | 'flow-mapping-end' | 'block-entry' | 'flow-entry' | 'key' | 'value'
  | 'alias' | 'anchor' | 'tag' | 'scalar';
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface Token {
  readonly type: TokenType;
  readonly start: Mark;
  readonly end: Mark;
  readonly value: string;
  readonly style?: ScalarStyle;
}

interface SimpleKey {
  possible: boolean;
  required: boolean;
  token: number;
  mark: Mark;
}

export class Scanner extends TextCursor {
  private readonly queue: Token[] = [];
  private taken = 0;
  private streamStarted = false;
  private streamEnded = false;
  private readonly indents: number[] = [];
  private indent = -1;
  private simpleKeyAllowed = false;
  private simpleKeys: SimpleKey[] = [];
  private flowLevel = 0;

  peek(): Token {
    this.fill();
    return this.queue[0] as Token;
  }
  next(): Token {
    this.fill();
    this.taken++;
    return this.queue.shift() as Token;
  }

  private fail(problem: string): never {
    throw new YamlError(problem, this.mark(), true);
  }

  private fill(): void {
    for (;;) {
      let needMore = this.queue.length === 0;
      if (!needMore) {
        this.staleSimpleKeys();
        needMore = this.simpleKeys.some((key) => key.possible && key.token === this.taken);
      }
      if (!needMore) return;
      this.fetch();
    }
  }

  private push(type: TokenType, start: Mark, value = '', style?: ScalarStyle): void {
    this.queue.push({ type, start, end: this.mark(), value, ...(style === undefined ? {} : { style }) });
  }

  /** A token of one character. */
  private pushIndicator(type: TokenType): void {
    const start = this.mark();
    this.skip();
    this.push(type, start);
  }

  private fetch(): void {
    if (!this.streamStarted) {
      this.streamStarted = true;
      this.simpleKeyAllowed = true;
      this.simpleKeys = [{ possible: false, required: false, token: 0, mark: this.mark() }];
      this.push('stream-start', this.mark());
      return;
    }
    this.toNextToken();
    this.staleSimpleKeys();
    this.unroll(this.column);
    if (this.isEnd()) return this.fetchStreamEnd();
    const c = this.at();
    if (this.column === 0 && c === '%') return this.fetchDirective();
    if (this.column === 0 && (this.text.startsWith('---', this.index) || this.text.startsWith('...', this.index)) && this.isBlankOrEnd(3)) {
      return this.fetchDocumentIndicator(c === '-' ? 'document-start' : 'document-end');
    }
    if (c === '[' || c === '{') return this.fetchFlowStart(c === '[' ? 'flow-sequence-start' : 'flow-mapping-start');
    if (c === ']' || c === '}') return this.fetchFlowEnd(c === ']' ? 'flow-sequence-end' : 'flow-mapping-end');
    if (c === ',') return this.fetchFlowEntry();
    if (c === '-' && this.isBlankOrEnd(1)) return this.fetchBlockEntry();
    if (c === '?' && (this.flowLevel > 0 || this.isBlankOrEnd(1))) return this.fetchKey();
    if (c === ':' && (this.flowLevel > 0 || this.isBlankOrEnd(1))) return this.fetchValue();
    if (c === '*' || c === '&') return this.fetchAnchor(c === '*' ? 'alias' : 'anchor');
    if (c === '!') return this.fetchTag();
    if (c === '|' && this.flowLevel === 0) return this.fetchBlockScalar('literal');
    if (c === '>' && this.flowLevel === 0) return this.fetchBlockScalar('folded');
    if (c === "'" || c === '"') return this.fetchFlowScalar(c === "'" ? 'single' : 'double');
    const indicators = '-?:,[]{}#&*!|>\'"%@`';
    if (!(this.isBlankOrEnd() || indicators.includes(c)) || (c === '-' && !this.isBlank(1)) || (this.flowLevel === 0 && (c === '?' || c === ':') && !this.isBlankOrEnd(1))) {
      return this.fetchPlain();
    }
    this.fail('found character that cannot start any token');
  }

  // ------------------------------------------------ simple keys and indentation

  private staleSimpleKeys(): void {
    for (const key of this.simpleKeys) {
      if (key.possible && (key.mark.line < this.line || key.mark.index + 1024 < this.index)) {
        if (key.required) this.fail("could not find expected ':'");
        key.possible = false;
      }
    }
  }
  private saveSimpleKey(): void {
    const required = this.flowLevel === 0 && this.indent === this.column;
    if (!this.simpleKeyAllowed) return;
    this.removeSimpleKey();
    this.simpleKeys[this.simpleKeys.length - 1] = { possible: true, required, token: this.taken + this.queue.length, mark: this.mark() };
  }
  private removeSimpleKey(): void {
    const key = this.simpleKeys[this.simpleKeys.length - 1] as SimpleKey;
    if (key.possible && key.required) this.fail("could not find expected ':'");
    key.possible = false;
  }
  private roll(column: number, position: number, type: 'block-sequence-start' | 'block-mapping-start', mark: Mark): void {
    if (this.flowLevel > 0 || this.indent >= column) return;
    this.indents.push(this.indent);
    this.indent = column;
    const token: Token = { type, start: mark, end: mark, value: '' };
    if (position < 0) this.queue.push(token);
    else this.queue.splice(position - this.taken, 0, token);
  }
  private unroll(column: number): void {
    if (this.flowLevel > 0) return;
    while (this.indent > column) {
      this.push('block-end', this.mark());
      this.indent = this.indents.pop() ?? -1;
    }
  }

  // ------------------------------------------------ tokens

  private toNextToken(): void {
    for (;;) {
      while (this.at() === ' ' || ((this.flowLevel > 0 || !this.simpleKeyAllowed) && this.at() === '\t')) this.skip();
      if (this.at() === '#') while (!this.isBreak() && !this.isEnd()) this.skip();
      if (!this.isBreak()) return;
      this.skipLine();
      if (this.flowLevel === 0) this.simpleKeyAllowed = true;
    }
  }
  private fetchStreamEnd(): void {
    if (this.column !== 0) {
      this.column = 0;
      this.line++;
    }
    this.unroll(-1);
    this.removeSimpleKey();
    this.simpleKeyAllowed = false;
    if (!this.streamEnded) this.push('stream-end', this.mark());
    this.streamEnded = true;
  }
  private fetchDirective(): void {
    this.unroll(-1);
    this.removeSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.mark();
    let value = '';
    while (!this.isBreak() && !this.isEnd()) {
      value += this.at();
      this.skip();
    }
    if (!/^%[A-Za-z0-9_-]+/.test(value)) this.fail('could not find expected directive name');
    this.push('directive', start, value);
  }
  private fetchDocumentIndicator(type: 'document-start' | 'document-end'): void {
    this.unroll(-1);
    this.removeSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.mark();
    this.skip(3);
    this.push(type, start);
  }
  private fetchFlowStart(type: TokenType): void {
    this.saveSimpleKey();
    this.flowLevel++;
    this.simpleKeys.push({ possible: false, required: false, token: 0, mark: this.mark() });
    this.simpleKeyAllowed = true;
    this.pushIndicator(type);
  }
  private fetchFlowEnd(type: TokenType): void {
    this.removeSimpleKey();
    if (this.flowLevel > 0) {
      this.flowLevel--;
      this.simpleKeys.pop();
    }
    this.simpleKeyAllowed = false;
    this.pushIndicator(type);
  }
  private fetchFlowEntry(): void {
    this.removeSimpleKey();
    this.simpleKeyAllowed = true;
    this.pushIndicator('flow-entry');
  }
  private fetchBlockEntry(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) this.fail('block sequence entries are not allowed in this context');
      this.roll(this.column, -1, 'block-sequence-start', this.mark());
    }
    this.removeSimpleKey();
    this.simpleKeyAllowed = true;
    this.pushIndicator('block-entry');
  }
  private fetchKey(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) this.fail('mapping keys are not allowed in this context');
      this.roll(this.column, -1, 'block-mapping-start', this.mark());
    }
    this.removeSimpleKey();
    this.simpleKeyAllowed = this.flowLevel === 0;
    this.pushIndicator('key');
  }
  private fetchValue(): void {
    const key = this.simpleKeys[this.simpleKeys.length - 1] as SimpleKey;
    if (key.possible) {
      this.queue.splice(key.token - this.taken, 0, { type: 'key', start: key.mark, end: key.mark, value: '' });
      this.roll(key.mark.column, key.token, 'block-mapping-start', key.mark);
      key.possible = false;
      this.simpleKeyAllowed = false;
    } else {
      if (this.flowLevel === 0) {
        if (!this.simpleKeyAllowed) this.fail('mapping values are not allowed in this context');
        this.roll(this.column, -1, 'block-mapping-start', this.mark());
      }
      this.simpleKeyAllowed = this.flowLevel === 0;
    }
    this.pushIndicator('value');
  }
  private fetchAnchor(type: 'alias' | 'anchor'): void {
    this.saveSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.mark();
    this.skip();
    let name = '';
    while (/[A-Za-z0-9_-]/.test(this.at())) {
      name += this.at();
      this.skip();
    }
    if (name === '' || !(this.isBlankOrEnd() || '?:,]}%@`'.includes(this.at()))) this.fail('did not find expected alphabetic or numeric character');
    this.push(type, start, name);
  }
  private fetchTag(): void {
    this.saveSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.mark();
    let value = '';
    while (!this.isBlankOrEnd() && !(this.flowLevel > 0 && ',[]{}'.includes(this.at()))) {
      value += this.at();
      this.skip();
    }
    this.push('tag', start, value);
  }

  private fetchBlockScalar(style: 'literal' | 'folded'): void {
    this.removeSimpleKey();
    this.simpleKeyAllowed = true;
    const start = this.mark();
    this.skip();
    let chomping = 0;
    let increment = 0;
    for (let i = 0; i < 2; i++) {
      if (chomping === 0 && (this.at() === '+' || this.at() === '-')) {
        chomping = this.at() === '+' ? 1 : -1;
        this.skip();
      } else if (increment === 0 && /[0-9]/.test(this.at())) {
        if (this.at() === '0') this.fail('found an indentation indicator equal to 0');
        increment = Number(this.at());
        this.skip();
      }
    }
    while (this.isBlank()) this.skip();
    if (this.at() === '#') while (!this.isBreak() && !this.isEnd()) this.skip();
    if (!this.isBreak() && !this.isEnd()) this.fail('did not find expected comment or line break');
    if (this.isBreak()) this.skipLine();
    let indent = increment > 0 ? (this.indent >= 0 ? this.indent + increment : increment) : 0;
    let text = '';
    let leadingBreak = '';
    let trailing = '';
    let leadingBlank = false;
    const breaks = (): void => {
      let most = 0;
      trailing = '';
      for (;;) {
        while ((indent === 0 || this.column < indent) && this.at() === ' ') this.skip();
        if (this.column > most) most = this.column;
        if ((indent === 0 || this.column < indent) && this.at() === '\t') this.fail('found a tab character where an indentation space is expected');
        if (!this.isBreak()) break;
        trailing += this.readLine();
      }
      if (indent === 0) indent = Math.max(most, this.indent + 1, 1);
    };
    breaks();
    let end = this.mark();
    while (this.column === indent && !this.isEnd()) {
      const trailingBlank = this.isBlank();
      if (style === 'folded' && leadingBreak.startsWith('\n') && !leadingBlank && !trailingBlank) {
        if (trailing === '') text += ' ';
      } else text += leadingBreak;
      leadingBreak = '';
      text += trailing;
      leadingBlank = this.isBlank();
      while (!this.isBreak() && !this.isEnd()) {
        text += this.at();
        this.skip();
      }
      end = this.mark();
      leadingBreak = this.isEnd() ? '' : this.readLine();
      breaks();
    }
    if (chomping !== -1) text += leadingBreak;
    if (chomping === 1) text += trailing;
    this.queue.push({ type: 'scalar', start, end, value: text, style });
  }

  private fetchFlowScalar(style: 'single' | 'double'): void {
    this.saveSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.mark();
    const quote = style === 'single' ? "'" : '"';
    this.skip();
    let text = '';
    for (;;) {
      if (this.column === 0 && (this.text.startsWith('---', this.index) || this.text.startsWith('...', this.index)) && this.isBlankOrEnd(3)) this.fail('found unexpected document indicator');
      if (this.isEnd()) {
        // As libyaml, whose line count has moved past the last line.
        if (this.column !== 0) this.line++;
        this.column = 0;
        this.fail('found unexpected end of stream');
      }
      let leadingBlanks = false;
      while (!this.isBlankOrEnd()) {
        if (style === 'single' && this.at() === "'" && this.at(1) === "'") {
          text += "'";
          this.skip(2);
        } else if (this.at() === quote) break;
        else if (style === 'double' && this.at() === '\\' && this.isBreak(1)) {
          this.skip();
          this.skipLine();
          leadingBlanks = true;
          break;
        } else if (style === 'double' && this.at() === '\\') text += this.readEscape();
        else {
          text += this.at();
          this.skip();
        }
      }
      if (this.at() === quote) break;
      let blanks = '';
      let leadingBreak = '';
      let trailing = '';
      while (this.isBlank() || this.isBreak()) {
        if (this.isBlank()) {
          if (!leadingBlanks) blanks += this.at();
          this.skip();
        } else if (!leadingBlanks) {
          blanks = '';
          leadingBreak = this.readLine();
          leadingBlanks = true;
        } else trailing += this.readLine();
      }
      if (leadingBlanks) text += leadingBreak.startsWith('\n') ? (trailing === '' ? ' ' : trailing) : leadingBreak + trailing;
      else text += blanks;
    }
    this.skip();
    this.push('scalar', start, text, style);
  }

  private readEscape(): string {
    const simple: Record<string, string> = { '0': '\0', a: '\x07', b: '\b', t: '\t', '\t': '\t', n: '\n', v: '\v', f: '\f', r: '\r', e: '\x1b', ' ': ' ', '"': '"', "'": "'", '\\': '\\', '/': '/', N: '\u0085', _: '\u00a0', L: '\u2028', P: '\u2029' };
    const c = this.at(1);
    const plain = simple[c];
    if (plain !== undefined) {
      this.skip(2);
      return plain;
    }
    const digits = c === 'x' ? 2 : c === 'u' ? 4 : c === 'U' ? 8 : 0;
    if (digits === 0) this.fail('found unknown escape character');
    const hex = this.text.slice(this.index + 2, this.index + 2 + digits);
    if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) this.fail('did not find expected hexdecimal number');
    const code = parseInt(hex, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) this.fail('found invalid Unicode character escape code');
    this.skip(2 + digits);
    return String.fromCodePoint(code);
  }

  private fetchPlain(): void {
    this.saveSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.mark();
    let end = start;
    let text = '';
    let blanks = '';
    let leadingBreak = '';
    let trailing = '';
    let leadingBlanks = false;
    const indent = this.indent + 1;
    for (;;) {
      if (this.column === 0 && (this.text.startsWith('---', this.index) || this.text.startsWith('...', this.index)) && this.isBlankOrEnd(3)) break;
      if (this.at() === '#') break;
      while (!this.isBlankOrEnd()) {
        const c = this.at();
        if (this.flowLevel > 0 && c === ':' && !this.isBlankOrEnd(1) && !',?[]{}'.includes(this.at(1))) {
          // `a:b` inside a flow collection is one scalar, as in go-yaml.
        } else if (c === ':' && (this.isBlankOrEnd(1) || this.flowLevel > 0)) break;
        else if (this.flowLevel > 0 && (c === ',' || c === '[' || c === ']' || c === '{' || c === '}' || (c === '?' && this.isBlankOrEnd(1)))) break;
        if (leadingBlanks) {
          text += leadingBreak.startsWith('\n') ? (trailing === '' ? ' ' : trailing) : leadingBreak + trailing;
          leadingBreak = '';
          trailing = '';
          leadingBlanks = false;
        } else text += blanks;
        blanks = '';
        text += c;
        this.skip();
        end = this.mark();
      }
      if (!(this.isBlank() || this.isBreak())) break;
      while (this.isBlank() || this.isBreak()) {
        if (this.isBlank()) {
          if (leadingBlanks && this.column < indent && this.at() === '\t') this.fail('found a tab character that violates indentation');
          if (!leadingBlanks) blanks += this.at();
          this.skip();
        } else if (!leadingBlanks) {
          blanks = '';
          leadingBreak = this.readLine();
          leadingBlanks = true;
        } else trailing += this.readLine();
      }
      if (this.flowLevel === 0 && this.column < indent) break;
    }
    this.queue.push({ type: 'scalar', start, end, value: text, style: 'plain' });
    if (leadingBlanks) this.simpleKeyAllowed = true;
  }
}
