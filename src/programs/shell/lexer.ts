// Shell text to tokens: words with their quotes and substitutions, operators, here-documents.
import { type List, ShellSyntaxError, type Word, type WordPart } from './syntax.ts';

const operators = ['&&', '||', ';;', '<<<', '<<-', '<<', '>>', '>&', '<&', '&>', ';', '&', '|', '(', ')', '<', '>', '\n'];

export type Token = { readonly type: 'operator'; readonly text: string; readonly at: number; readonly fd?: number } | { readonly type: 'word'; readonly word: Word; readonly at: number; readonly end: number } | { readonly type: 'end'; readonly at: number };

/** How scripts inside of words are read: by whoever knows the grammar. */
export interface NestedScripts {
  whole(text: string): List;
  /** The script at `position`, up to the `)` that ends it; `text` is what it has become (aliases), `position` behind the `)`. */
  upToParenthesis(text: string, position: number): { readonly script: List; readonly text: string; readonly position: number };
}

export class Lexer {
  text: string;
  private position: number;
  private peeked: Token | undefined;
  private readonly nested: NestedScripts;
  /** Here-documents whose bodies follow after this line. */
  pending: { delimiter: string; strip: boolean; quoted: boolean; fill: (word: Word) => void }[] = [];

  constructor(text: string, nested: NestedScripts, position = 0) {
    this.text = text;
    this.nested = nested;
    this.position = position;
  }

  /** Where the next token is looked for: behind those that were taken. */
  get at(): number {
    return this.position;
  }

  /** Puts another text in the place of a token that was looked at; reading goes on at its beginning. */
  replace({ at, end }: { readonly at: number; readonly end: number }, text: string): void {
    this.text = this.text.slice(0, at) + text + this.text.slice(end);
    this.position = at;
    this.peeked = undefined;
  }

  peek(): Token {
    return (this.peeked ??= this.scan());
  }
  next(): Token {
    const token = this.peek();
    this.peeked = undefined;
    return token;
  }

  private scan(): Token {
    const { text } = this;
    for (;;) {
      const c = text[this.position];
      if (c === ' ' || c === '\t' || c === '\r') this.position++;
      else if (c === '\\' && text[this.position + 1] === '\n') this.position += 2;
      else if (c === '#') while (this.position < text.length && text[this.position] !== '\n') this.position++;
      else break;
    }
    const at = this.position;
    if (at >= text.length) return { type: 'end', at };
    const numbered = /^(\d)(>>|>&|>|<&|<)/.exec(text.slice(at, at + 4));
    if (numbered !== null) {
      this.position += (numbered[0] as string).length;
      return { type: 'operator', text: numbered[2] as string, fd: Number(numbered[1]), at };
    }
    const operator = operators.find((each) => text.startsWith(each, at));
    if (operator !== undefined) {
      this.position += operator.length;
      if (operator === '\n') this.readHereDocuments();
      return { type: 'operator', text: operator, at };
    }
    const word = this.word((c) => ' \t\r\n;&|()<>'.includes(c));
    return { type: 'word', word, at, end: this.position };
  }

  private readHereDocuments(): void {
    for (const document of this.pending) {
      const lines: string[] = [];
      for (;;) {
        if (this.position >= this.text.length) throw new ShellSyntaxError(`here-document delimited by end-of-file (wanted \`${document.delimiter}')`, true);
        const end = this.text.indexOf('\n', this.position);
        let line = end < 0 ? this.text.slice(this.position) : this.text.slice(this.position, end);
        this.position = end < 0 ? this.text.length : end + 1;
        if (document.strip) line = line.replace(/^\t+/, '');
        if (line === document.delimiter) break;
        lines.push(line);
      }
      const body = lines.map((line) => `${line}\n`).join('');
      document.fill(document.quoted ? [{ type: 'text', text: body, quoted: true }] : new Lexer(body, this.nested).hereBody());
    }
    this.pending = [];
  }

  private hereBody(): Word {
    const parts = new WordParts(true);
    this.quoted(parts, '');
    return parts.end();
  }

  /** One word, up to an unquoted character for which `ends` is true. */
  private word(ends: (c: string) => boolean): Word {
    const parts = new WordParts(false);
    for (;;) {
      const c = this.text[this.position];
      if (c === undefined || ends(c)) break;
      if (c === '\\') {
        const escaped = this.text[this.position + 1];
        if (escaped === undefined) throw new ShellSyntaxError('unexpected end of file', true);
        this.position += 2;
        if (escaped !== '\n') parts.push({ type: 'text', text: escaped, quoted: true });
      } else if (c === "'") {
        const end = this.text.indexOf("'", this.position + 1);
        if (end < 0) throw new ShellSyntaxError("unexpected EOF while looking for matching `''", true);
        parts.push({ type: 'text', text: this.text.slice(this.position + 1, end), quoted: true });
        this.position = end + 1;
      } else if (c === '"') {
        this.position++;
        const inside = new WordParts(true);
        this.quoted(inside, '"');
        const found = inside.end();
        parts.push(...(found.length === 0 ? [emptyQuotes] : found));
      } else this.expansionOr(c, parts, false);
    }
    return parts.end();
  }

  /** Inside double quotes, up to and including `close`; to the end of the text when it is ''. */
  private quoted(parts: WordParts, close: string): void {
    for (;;) {
      const c = this.text[this.position];
      if (c === undefined) {
        if (close === '') return;
        throw new ShellSyntaxError('unexpected EOF while looking for matching `"\'', true);
      }
      if (c === close) {
        this.position++;
        return;
      }
      if (c === '\\') {
        const escaped = this.text[this.position + 1] ?? '';
        this.position += 2;
        if (escaped !== '\n') parts.add('$`\\'.includes(escaped) || escaped === close ? escaped : `\\${escaped}`);
      } else this.expansionOr(c, parts, true);
    }
  }

  /** What stands here if it is expanded, else the character itself. */
  private expansionOr(c: string, parts: WordParts, quoted: boolean): void {
    const part = c === '$' || c === '`' ? this.substitution(quoted) : undefined;
    if (part !== undefined) {
      parts.push(part);
      return;
    }
    parts.add(c);
    this.position++;
  }

  private substitution(quoted: boolean): WordPart | undefined {
    const { text } = this;
    if (text[this.position] === '`') {
      const end = text.indexOf('`', this.position + 1);
      if (end < 0) throw new ShellSyntaxError('unexpected EOF while looking for matching ``\'', true);
      const script = text.slice(this.position + 1, end).replace(/\\([`$\\])/g, '$1');
      this.position = end + 1;
      return { type: 'command', script: this.nested.whole(script), quoted };
    }
    if (text.startsWith('$((', this.position)) {
      const end = text.indexOf('))', this.position);
      if (end < 0) throw new ShellSyntaxError('unexpected end of file', true);
      const expression = text.slice(this.position + 3, end);
      this.position = end + 2;
      return { type: 'arithmetic', expression, quoted };
    }
    if (text.startsWith('$(', this.position)) {
      const inner = this.nested.upToParenthesis(text, this.position + 2);
      // Aliases inside were replaced in the inner text: go on there.
      this.text = inner.text;
      this.position = inner.position;
      return { type: 'command', script: inner.script, quoted };
    }
    if (text.startsWith('${', this.position)) return this.braced(quoted);
    const name = /^\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(text.slice(this.position, this.position + 256));
    if (name === null) return undefined;
    this.position += (name[0] as string).length;
    return { type: 'variable', name: name[1] as string, operator: '', argument: undefined, quoted };
  }

  private braced(quoted: boolean): WordPart {
    this.position += 2;
    const head = /^(#?)([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])/.exec(this.text.slice(this.position, this.position + 256));
    if (head === null) throw new ShellSyntaxError('bad substitution');
    this.position += (head[0] as string).length;
    const name = head[2] as string;
    if (head[1] === '#' && this.text[this.position] === '}') {
      this.position++;
      return { type: 'variable', name, operator: '#', argument: undefined, quoted };
    }
    const operator = /^(:-|:=|:\?|:\+|-|=|\?|\+|##|#|%%|%|\/\/|\/|:)/.exec(this.text.slice(this.position, this.position + 2))?.[0] ?? '';
    this.position += operator.length;
    let argument: Word | undefined;
    if (operator !== '') argument = this.word((c) => c === '}');
    if (this.text[this.position] !== '}') throw new ShellSyntaxError("unexpected EOF while looking for matching `}'", this.text[this.position] === undefined);
    this.position++;
    return { type: 'variable', name, operator, argument, quoted };
  }
}

const emptyQuotes: WordPart = { type: 'text', text: '', quoted: true };

/** The parts of a word in their order; characters that follow each other are one part. */
class WordParts {
  private readonly parts: WordPart[] = [];
  private plain = '';
  private readonly isQuoted: boolean;

  constructor(isQuoted: boolean) {
    this.isQuoted = isQuoted;
  }

  add(text: string): void {
    this.plain += text;
  }
  push(...more: readonly WordPart[]): void {
    this.parts.push(...this.takePlain(), ...more);
  }
  end(): Word {
    return [...this.parts, ...this.takePlain()];
  }

  private takePlain(): readonly WordPart[] {
    const text = this.plain;
    this.plain = '';
    return text === '' ? [] : [{ type: 'text', text, quoted: this.isQuoted }];
  }
}
