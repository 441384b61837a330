// Shell text to a tree: words with quotes and substitutions, redirections, pipelines, lists, compound commands.

export type WordPart =
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly type: 'variable'; readonly name: string; readonly operator: string; readonly argument: Word | undefined; readonly quoted: boolean }
  | { readonly type: 'command'; readonly script: List; readonly quoted: boolean }
  | { readonly type: 'arithmetic'; readonly expression: string; readonly quoted: boolean };
export type Word = readonly WordPart[];

export interface Redirect {
  readonly fd: number;
  readonly operator: '<' | '>' | '>>' | '>&' | '<<<' | '<<';
  readonly target: Word;
}

export type Command =
  | { readonly type: 'simple'; readonly assignments: readonly { readonly name: string; readonly value: Word }[]; readonly words: readonly Word[]; readonly redirects: readonly Redirect[] }
  | { readonly type: 'if'; readonly branches: readonly { readonly condition: List; readonly body: List }[]; readonly otherwise: List | undefined; readonly redirects: readonly Redirect[] }
  | { readonly type: 'for'; readonly name: string; readonly words: readonly Word[] | undefined; readonly body: List; readonly redirects: readonly Redirect[] }
  | { readonly type: 'while'; readonly until: boolean; readonly condition: List; readonly body: List; readonly redirects: readonly Redirect[] }
  | { readonly type: 'case'; readonly word: Word; readonly branches: readonly { readonly patterns: readonly Word[]; readonly body: List }[]; readonly redirects: readonly Redirect[] }
  | { readonly type: 'group' | 'subshell'; readonly body: List; readonly redirects: readonly Redirect[] }
  | { readonly type: 'function'; readonly name: string; readonly body: Command; readonly redirects: readonly Redirect[] };

export interface Pipeline {
  readonly negated: boolean;
  readonly commands: readonly Command[];
}
export interface ListItem {
  readonly pipelines: readonly { readonly join: '&&' | '||' | ''; readonly pipeline: Pipeline }[];
  readonly background: boolean;
  /** As typed, for `jobs`. */
  readonly text: string;
}
export type List = readonly ListItem[];

export class ShellSyntaxError extends Error {
  /** More lines would complete it. */
  readonly incomplete: boolean;
  constructor(message: string, incomplete = false) {
    super(message);
    this.incomplete = incomplete;
  }
}

const operators = ['&&', '||', ';;', '<<<', '<<-', '<<', '>>', '>&', '<&', '&>', ';', '&', '|', '(', ')', '<', '>', '\n'];
const reserved = new Set(['if', 'then', 'elif', 'else', 'fi', 'for', 'in', 'do', 'done', 'while', 'until', 'case', 'esac', '{', '}', '!']);

type Token = { readonly type: 'operator'; readonly text: string; readonly at: number; readonly fd?: number } | { readonly type: 'word'; readonly word: Word; readonly at: number; readonly end: number } | { readonly type: 'end'; readonly at: number };

export function parseScript(text: string, aliases: ReadonlyMap<string, string> = new Map()): List {
  const parser = new Parser(text, aliases);
  const list = parser.list([]);
  parser.expectEnd();
  return list;
}

class Parser {
  private text: string;
  private position = 0;
  private peeked: Token | undefined;
  private readonly aliases: ReadonlyMap<string, string>;
  /** Here-documents whose bodies follow after this line. */
  private pending: { delimiter: string; strip: boolean; quoted: boolean; fill: (word: Word) => void }[] = [];

  constructor(text: string, aliases: ReadonlyMap<string, string>) {
    this.text = text;
    this.aliases = aliases;
  }

  // ------------------------------------------------ tokens

  private peek(): Token {
    return (this.peeked ??= this.scan());
  }
  private next(): Token {
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
      document.fill(document.quoted ? [{ type: 'text', text: body, quoted: true }] : new Parser(body, this.aliases).hereBody());
    }
    this.pending = [];
  }

  private hereBody(): Word {
    const parts: WordPart[] = [];
    this.quotedParts(parts, '');
    return parts;
  }

  /** One word, up to an unquoted character for which `ends` is true. */
  private word(ends: (c: string) => boolean): Word {
    const parts: WordPart[] = [];
    let plain = '';
    const flush = (): void => {
      if (plain !== '') parts.push({ type: 'text', text: plain, quoted: false });
      plain = '';
    };
    for (;;) {
      const c = this.text[this.position];
      if (c === undefined || ends(c)) break;
      if (c === '\\') {
        const escaped = this.text[this.position + 1];
        if (escaped === undefined) throw new ShellSyntaxError('unexpected end of file', true);
        this.position += 2;
        if (escaped === '\n') continue;
        flush();
        parts.push({ type: 'text', text: escaped, quoted: true });
      } else if (c === "'") {
        const end = this.text.indexOf("'", this.position + 1);
        if (end < 0) throw new ShellSyntaxError("unexpected EOF while looking for matching `''", true);
        flush();
        parts.push({ type: 'text', text: this.text.slice(this.position + 1, end), quoted: true });
        this.position = end + 1;
      } else if (c === '"') {
        flush();
        this.position++;
        const before = parts.length;
        this.quotedParts(parts, '"');
        if (parts.length === before) parts.push({ type: 'text', text: '', quoted: true });
      } else if (c === '$' || c === '`') {
        const part = this.substitution(false);
        if (part === undefined) {
          plain += c;
          this.position++;
        } else {
          flush();
          parts.push(part);
        }
      } else {
        plain += c;
        this.position++;
      }
    }
    flush();
    return parts;
  }

  /** Inside double quotes, up to and including `close`; to the end of the text when it is ''. */
  private quotedParts(parts: WordPart[], close: string): void {
    let plain = '';
    const flush = (): void => {
      if (plain !== '') parts.push({ type: 'text', text: plain, quoted: true });
      plain = '';
    };
    for (;;) {
      const c = this.text[this.position];
      if (c === undefined) {
        if (close === '') break;
        throw new ShellSyntaxError('unexpected EOF while looking for matching `"\'', true);
      }
      if (c === close) {
        this.position++;
        break;
      }
      if (c === '\\') {
        const escaped = this.text[this.position + 1] ?? '';
        if (escaped === '\n') {
          this.position += 2;
          continue;
        }
        plain += '$`\\'.includes(escaped) || escaped === close ? escaped : `\\${escaped}`;
        this.position += 2;
      } else if (c === '$' || c === '`') {
        const part = this.substitution(true);
        if (part === undefined) {
          plain += c;
          this.position++;
        } else {
          flush();
          parts.push(part);
        }
      } else {
        plain += c;
        this.position++;
      }
    }
    flush();
  }

  private substitution(quoted: boolean): WordPart | undefined {
    const { text } = this;
    if (text[this.position] === '`') {
      const end = text.indexOf('`', this.position + 1);
      if (end < 0) throw new ShellSyntaxError('unexpected EOF while looking for matching ``\'', true);
      const script = text.slice(this.position + 1, end).replace(/\\([`$\\])/g, '$1');
      this.position = end + 1;
      return { type: 'command', script: parseScript(script, this.aliases), quoted };
    }
    if (text.startsWith('$((', this.position)) {
      const end = text.indexOf('))', this.position);
      if (end < 0) throw new ShellSyntaxError('unexpected end of file', true);
      const expression = text.slice(this.position + 3, end);
      this.position = end + 2;
      return { type: 'arithmetic', expression, quoted };
    }
    if (text.startsWith('$(', this.position)) {
      const inner = new Parser(text, this.aliases);
      inner.position = this.position + 2;
      const script = inner.list([')']);
      const close = inner.next();
      if (close.type !== 'operator' || close.text !== ')') throw new ShellSyntaxError('unexpected EOF while looking for matching `)\'', true);
      // Aliases inside were replaced in the inner text: go on there.
      this.text = inner.text;
      this.position = inner.position;
      return { type: 'command', script, quoted };
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

  // ------------------------------------------------ grammar

  expectEnd(): void {
    const token = this.peek();
    if (token.type !== 'end') throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
    if (this.pending.length > 0) throw new ShellSyntaxError('here-document', true);
  }

  private shown(token: Token): string {
    if (token.type === 'end') return 'newline';
    if (token.type === 'operator') return token.text === '\n' ? 'newline' : token.text;
    return this.text.slice(token.at, token.end);
  }

  /** The plain text of a token when it is one unquoted word. */
  private plainWord(token: Token): string | undefined {
    if (token.type !== 'word' || token.word.length !== 1) return undefined;
    const part = token.word[0];
    return part?.type === 'text' && !part.quoted ? part.text : undefined;
  }

  private isOperator(text: string): boolean {
    const token = this.peek();
    return token.type === 'operator' && token.text === text && token.fd === undefined;
  }

  private skipNewlines(): void {
    while (this.isOperator('\n')) this.next();
  }

  /** Until the end, or a word or operator in `until`. */
  list(until: readonly string[]): List {
    const items: ListItem[] = [];
    for (;;) {
      while (this.isOperator('\n') || (this.isOperator(';') && items.length > 0)) this.next();
      const token = this.peek();
      if (token.type === 'end') break;
      const plain = token.type === 'operator' ? token.text : this.plainWord(token);
      if (plain !== undefined && until.includes(plain)) break;
      const start = token.at;
      const pipelines: { join: '&&' | '||' | ''; pipeline: Pipeline }[] = [{ join: '', pipeline: this.pipeline() }];
      for (;;) {
        const join = this.isOperator('&&') ? '&&' : this.isOperator('||') ? '||' : undefined;
        if (join === undefined) break;
        this.next();
        this.skipNewlines();
        if (this.peek().type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
        pipelines.push({ join, pipeline: this.pipeline() });
      }
      const text = this.text.slice(start, this.peek().at).trim();
      const background = this.isOperator('&');
      if (background || this.isOperator(';') || this.isOperator('\n')) this.next();
      items.push({ pipelines, background, text });
    }
    return items;
  }

  private pipeline(): Pipeline {
    let negated = false;
    if (this.plainWord(this.peek()) === '!') {
      this.next();
      negated = true;
    }
    const commands = [this.command()];
    while (this.isOperator('|')) {
      this.next();
      this.skipNewlines();
      if (this.peek().type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      commands.push(this.command());
    }
    return { negated, commands };
  }

  private expectWord(wanted: string): void {
    const token = this.next();
    if (this.plainWord(token) === wanted) return;
    if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
    throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
  }

  private body(...until: string[]): List {
    const list = this.list(until);
    if (list.length === 0) {
      const token = this.peek();
      if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
    }
    return list;
  }

  private command(): Command {
    const token = this.peek();
    if (token.type === 'operator' && token.text === '(') {
      this.next();
      const body = this.body(')');
      const close = this.next();
      if (close.type !== 'operator' || close.text !== ')') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      return { type: 'subshell', body, redirects: this.redirects() };
    }
    const keyword = this.plainWord(token);
    switch (keyword) {
      case 'if':
        return this.ifCommand();
      case 'for':
        return this.forCommand();
      case 'while':
      case 'until': {
        this.next();
        const condition = this.body('do');
        this.expectWord('do');
        const body = this.body('done');
        this.expectWord('done');
        return { type: 'while', until: keyword === 'until', condition, body, redirects: this.redirects() };
      }
      case 'case':
        return this.caseCommand();
      case '{': {
        this.next();
        const body = this.body('}');
        this.expectWord('}');
        return { type: 'group', body, redirects: this.redirects() };
      }
      case 'then': case 'elif': case 'else': case 'fi': case 'do': case 'done': case 'esac': case '}':
        throw new ShellSyntaxError(`syntax error near unexpected token \`${keyword}'`);
    }
    return this.simple();
  }

  private ifCommand(): Command {
    this.next();
    const branches: { condition: List; body: List }[] = [];
    let otherwise: List | undefined;
    for (;;) {
      const condition = this.body('then');
      this.expectWord('then');
      branches.push({ condition, body: this.body('elif', 'else', 'fi') });
      const word = this.plainWord(this.next());
      if (word === 'elif') continue;
      if (word === 'else') {
        otherwise = this.body('fi');
        this.expectWord('fi');
      } else if (word !== 'fi') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      return { type: 'if', branches, otherwise, redirects: this.redirects() };
    }
  }

  private forCommand(): Command {
    this.next();
    const name = this.plainWord(this.next());
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) throw new ShellSyntaxError(`\`${name ?? ''}': not a valid identifier`);
    this.skipNewlines();
    let words: Word[] | undefined;
    if (this.plainWord(this.peek()) === 'in') {
      this.next();
      words = [];
      for (;;) {
        const token = this.peek();
        if (token.type !== 'word') break;
        words.push(token.word);
        this.next();
      }
    }
    if (this.isOperator(';')) this.next();
    this.skipNewlines();
    this.expectWord('do');
    const body = this.body('done');
    this.expectWord('done');
    return { type: 'for', name, words, body, redirects: this.redirects() };
  }

  private caseCommand(): Command {
    this.next();
    const subject = this.next();
    if (subject.type !== 'word') throw new ShellSyntaxError('syntax error: unexpected end of file', subject.type === 'end');
    this.skipNewlines();
    this.expectWord('in');
    const branches: { patterns: Word[]; body: List }[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.plainWord(this.peek()) === 'esac') {
        this.next();
        return { type: 'case', word: subject.word, branches, redirects: this.redirects() };
      }
      if (this.isOperator('(')) this.next();
      const patterns: Word[] = [];
      for (;;) {
        const token = this.next();
        if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
        if (token.type !== 'word') throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
        patterns.push(token.word);
        const after = this.next();
        if (after.type === 'operator' && after.text === '|') continue;
        if (after.type === 'operator' && after.text === ')') break;
        throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(after)}'`, after.type === 'end');
      }
      const body = this.list([';;', 'esac']);
      if (this.isOperator(';;')) this.next();
      branches.push({ patterns, body });
    }
  }

  private redirects(): Redirect[] {
    const found: Redirect[] = [];
    while (this.isRedirect()) this.redirect(found);
    return found;
  }
  private isRedirect(): boolean {
    const token = this.peek();
    return token.type === 'operator' && ['<', '>', '>>', '>&', '<&', '<<', '<<-', '<<<', '&>'].includes(token.text);
  }
  private redirect(found: Redirect[]): void {
    const operator = this.next() as Extract<Token, { type: 'operator' }>;
    const target = this.next();
    if (target.type !== 'word') throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(target)}'`);
    if (operator.text === '<<' || operator.text === '<<-') {
      const quoted = target.word.some((part) => part.type === 'text' && part.quoted);
      const delimiter = target.word.map((part) => (part.type === 'text' ? part.text : '')).join('');
      const index = found.length;
      found.push({ fd: operator.fd ?? 0, operator: '<<', target: [] });
      this.pending.push({ delimiter, strip: operator.text === '<<-', quoted, fill: (word) => (found[index] = { fd: operator.fd ?? 0, operator: '<<', target: word }) });
      // The body stands after this line: it is read when the newline is.
      return;
    }
    if (operator.text === '&>') {
      found.push({ fd: 1, operator: '>', target: target.word }, { fd: 2, operator: '>&', target: [{ type: 'text', text: '1', quoted: false }] });
      return;
    }
    const text = operator.text === '<&' ? '<' : operator.text;
    found.push({ fd: operator.fd ?? (text.startsWith('<') ? 0 : 1), operator: text as Redirect['operator'], target: target.word });
  }

  private simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      if (this.isRedirect()) {
        this.redirect(redirects);
        continue;
      }
      const token = this.peek();
      if (token.type !== 'word') break;
      if (words.length === 0) {
        const expanded = this.expandAlias(token);
        if (expanded) continue;
        const assignment = assignmentOf(token.word);
        if (assignment !== undefined) {
          assignments.push(assignment);
          this.next();
          continue;
        }
      }
      this.next();
      words.push(token.word);
      if (words.length === 1 && this.isOperator('(') && this.plainWord(token) !== undefined) {
        this.next();
        if (!this.isOperator(')')) throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(this.peek())}'`);
        this.next();
        this.skipNewlines();
        return { type: 'function', name: this.plainWord(token) as string, body: this.command(), redirects: [] };
      }
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) {
      const token = this.peek();
      if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
    }
    return { type: 'simple', assignments, words, redirects };
  }

  private readonly expanded = new Set<string>();

  private expandAlias(token: Token): boolean {
    const name = this.plainWord(token);
    const value = name === undefined || reserved.has(name) ? undefined : this.aliases.get(name);
    if (value === undefined || name === undefined || token.type !== 'word' || this.expanded.has(`${name}@${this.text.length - token.at}`)) return false;
    const rest = this.text.slice(token.end);
    // The text is replaced in place; remember where, so that an alias is not expanded into itself.
    this.text = this.text.slice(0, token.at) + value + rest;
    this.position = token.at;
    this.peeked = undefined;
    this.expanded.add(`${name}@${this.text.length - token.at}`);
    return true;
  }
}

function assignmentOf(word: Word): { name: string; value: Word } | undefined {
  const first = word[0];
  if (first?.type !== 'text' || first.quoted) return undefined;
  const match = /^([A-Za-z_]\w*)=/.exec(first.text);
  if (match === null) return undefined;
  const rest = first.text.slice((match[0] as string).length);
  return { name: match[1] as string, value: [...(rest === '' ? [] : [{ type: 'text', text: rest, quoted: false } as const]), ...word.slice(1)] };
}
