// The grammar of the shell: tokens to the tree of syntax.ts.
import { Lexer, type NestedScripts, type Token } from './lexer.ts';
import { type Command, type List, type ListItem, type Pipeline, type Redirect, ShellSyntaxError, type Word } from './syntax.ts';

const reserved = new Set(['if', 'then', 'elif', 'else', 'fi', 'for', 'in', 'do', 'done', 'while', 'until', 'case', 'esac', '{', '}', '!']);

/** Throws ShellSyntaxError. */
export function parseScript(text: string, aliases: ReadonlyMap<string, string> = new Map()): List {
  const parser = new Parser(text, aliases);
  const list = parser.list([]);
  parser.expectEnd();
  return list;
}

/** Scripts within words know the same aliases. */
function nestedScripts(aliases: ReadonlyMap<string, string>): NestedScripts {
  return {
    whole: (text) => parseScript(text, aliases),
    upToParenthesis(text, position) {
      const parser = new Parser(text, aliases, position);
      const script = parser.list([')']);
      const close = parser.lexer.next();
      if (close.type !== 'operator' || close.text !== ')') throw new ShellSyntaxError("unexpected EOF while looking for matching `)'", true);
      return { script, text: parser.lexer.text, position: parser.lexer.at };
    },
  };
}

class Parser {
  readonly lexer: Lexer;
  private readonly aliases: ReadonlyMap<string, string>;

  constructor(text: string, aliases: ReadonlyMap<string, string>, position = 0) {
    this.lexer = new Lexer(text, nestedScripts(aliases), position);
    this.aliases = aliases;
  }

  expectEnd(): void {
    const token = this.lexer.peek();
    if (token.type !== 'end') throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
    if (this.lexer.pending.length > 0) throw new ShellSyntaxError('here-document', true);
  }

  private shown(token: Token): string {
    if (token.type === 'end') return 'newline';
    if (token.type === 'operator') return token.text === '\n' ? 'newline' : token.text;
    return this.lexer.text.slice(token.at, token.end);
  }

  /** The plain text of a token when it is one unquoted word. */
  private plainWord(token: Token): string | undefined {
    if (token.type !== 'word' || token.word.length !== 1) return undefined;
    const part = token.word[0];
    return part?.type === 'text' && !part.quoted ? part.text : undefined;
  }

  private isOperator(text: string): boolean {
    const token = this.lexer.peek();
    return token.type === 'operator' && token.text === text && token.fd === undefined;
  }

  private skipNewlines(): void {
    while (this.isOperator('\n')) this.lexer.next();
  }

  /** Until the end, or a word or operator in `until`. */
  list(until: readonly string[]): List {
    const items: ListItem[] = [];
    for (;;) {
      while (this.isOperator('\n') || (this.isOperator(';') && items.length > 0)) this.lexer.next();
      const token = this.lexer.peek();
      if (token.type === 'end') break;
      const plain = token.type === 'operator' ? token.text : this.plainWord(token);
      if (plain !== undefined && until.includes(plain)) break;
      const start = token.at;
      const pipelines: { join: '&&' | '||' | ''; pipeline: Pipeline }[] = [{ join: '', pipeline: this.pipeline() }];
      for (;;) {
        const join = this.isOperator('&&') ? '&&' : this.isOperator('||') ? '||' : undefined;
        if (join === undefined) break;
        this.lexer.next();
        this.skipNewlines();
        if (this.lexer.peek().type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
        pipelines.push({ join, pipeline: this.pipeline() });
      }
      const text = this.lexer.text.slice(start, this.lexer.peek().at).trim();
      const background = this.isOperator('&');
      if (background || this.isOperator(';') || this.isOperator('\n')) this.lexer.next();
      items.push({ pipelines, background, text });
    }
    return items;
  }

  private pipeline(): Pipeline {
    let negated = false;
    if (this.plainWord(this.lexer.peek()) === '!') {
      this.lexer.next();
      negated = true;
    }
    const commands = [this.command()];
    while (this.isOperator('|')) {
      this.lexer.next();
      this.skipNewlines();
      if (this.lexer.peek().type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      commands.push(this.command());
    }
    return { negated, commands };
  }

  private expectWord(wanted: string): void {
    const token = this.lexer.next();
    if (this.plainWord(token) === wanted) return;
    if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
    throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
  }

  private body(...until: string[]): List {
    const list = this.list(until);
    if (list.length === 0) {
      const token = this.lexer.peek();
      if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
    }
    return list;
  }

  private command(): Command {
    const token = this.lexer.peek();
    if (token.type === 'operator' && token.text === '(') {
      this.lexer.next();
      const body = this.body(')');
      const close = this.lexer.next();
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
        this.lexer.next();
        const condition = this.body('do');
        this.expectWord('do');
        const body = this.body('done');
        this.expectWord('done');
        return { type: 'while', until: keyword === 'until', condition, body, redirects: this.redirects() };
      }
      case 'case':
        return this.caseCommand();
      case '{': {
        this.lexer.next();
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
    this.lexer.next();
    const branches: { condition: List; body: List }[] = [];
    let otherwise: List | undefined;
    for (;;) {
      const condition = this.body('then');
      this.expectWord('then');
      branches.push({ condition, body: this.body('elif', 'else', 'fi') });
      const word = this.plainWord(this.lexer.next());
      if (word === 'elif') continue;
      if (word === 'else') {
        otherwise = this.body('fi');
        this.expectWord('fi');
      } else if (word !== 'fi') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      return { type: 'if', branches, otherwise, redirects: this.redirects() };
    }
  }

  private forCommand(): Command {
    this.lexer.next();
    const name = this.plainWord(this.lexer.next());
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) throw new ShellSyntaxError(`\`${name ?? ''}': not a valid identifier`);
    this.skipNewlines();
    let words: Word[] | undefined;
    if (this.plainWord(this.lexer.peek()) === 'in') {
      this.lexer.next();
      words = [];
      for (;;) {
        const token = this.lexer.peek();
        if (token.type !== 'word') break;
        words.push(token.word);
        this.lexer.next();
      }
    }
    if (this.isOperator(';')) this.lexer.next();
    this.skipNewlines();
    this.expectWord('do');
    const body = this.body('done');
    this.expectWord('done');
    return { type: 'for', name, words, body, redirects: this.redirects() };
  }

  private caseCommand(): Command {
    this.lexer.next();
    const subject = this.lexer.next();
    if (subject.type !== 'word') throw new ShellSyntaxError('syntax error: unexpected end of file', subject.type === 'end');
    this.skipNewlines();
    this.expectWord('in');
    const branches: { patterns: Word[]; body: List }[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.plainWord(this.lexer.peek()) === 'esac') {
        this.lexer.next();
        return { type: 'case', word: subject.word, branches, redirects: this.redirects() };
      }
      if (this.isOperator('(')) this.lexer.next();
      const patterns: Word[] = [];
      for (;;) {
        const token = this.lexer.next();
        if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
        if (token.type !== 'word') throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
        patterns.push(token.word);
        const after = this.lexer.next();
        if (after.type === 'operator' && after.text === '|') continue;
        if (after.type === 'operator' && after.text === ')') break;
        throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(after)}'`, after.type === 'end');
      }
      const body = this.list([';;', 'esac']);
      if (this.isOperator(';;')) this.lexer.next();
      branches.push({ patterns, body });
    }
  }

  private redirects(): Redirect[] {
    const found: Redirect[] = [];
    while (this.isRedirect()) this.redirect(found);
    return found;
  }
  private isRedirect(): boolean {
    const token = this.lexer.peek();
    return token.type === 'operator' && ['<', '>', '>>', '>&', '<&', '<<', '<<-', '<<<', '&>'].includes(token.text);
  }
  private redirect(found: Redirect[]): void {
    const operator = this.lexer.next() as Extract<Token, { type: 'operator' }>;
    const target = this.lexer.next();
    if (target.type !== 'word') throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(target)}'`);
    if (operator.text === '<<' || operator.text === '<<-') {
      const quoted = target.word.some((part) => part.type === 'text' && part.quoted);
      const delimiter = target.word.map((part) => (part.type === 'text' ? part.text : '')).join('');
      const index = found.length;
      found.push({ fd: operator.fd ?? 0, operator: '<<', target: [] });
      this.lexer.pending.push({ delimiter, strip: operator.text === '<<-', quoted, fill: (word) => (found[index] = { fd: operator.fd ?? 0, operator: '<<', target: word }) });
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
      const token = this.lexer.peek();
      if (token.type !== 'word') break;
      if (words.length === 0) {
        const expanded = this.expandAlias(token);
        if (expanded) continue;
        const assignment = assignmentOf(token.word);
        if (assignment !== undefined) {
          assignments.push(assignment);
          this.lexer.next();
          continue;
        }
      }
      this.lexer.next();
      words.push(token.word);
      if (words.length === 1 && this.isOperator('(') && this.plainWord(token) !== undefined) {
        this.lexer.next();
        if (!this.isOperator(')')) throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(this.lexer.peek())}'`);
        this.lexer.next();
        this.skipNewlines();
        return { type: 'function', name: this.plainWord(token) as string, body: this.command(), redirects: [] };
      }
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) {
      const token = this.lexer.peek();
      if (token.type === 'end') throw new ShellSyntaxError('syntax error: unexpected end of file', true);
      throw new ShellSyntaxError(`syntax error near unexpected token \`${this.shown(token)}'`);
    }
    return { type: 'simple', assignments, words, redirects };
  }

  private readonly expanded = new Set<string>();

  private expandAlias(token: Token): boolean {
    const name = this.plainWord(token);
    const value = name === undefined || reserved.has(name) ? undefined : this.aliases.get(name);
    if (value === undefined || name === undefined || token.type !== 'word' || this.expanded.has(`${name}@${this.lexer.text.length - token.at}`)) return false;
    // Replaced in place; remember where, so that an alias is not expanded into itself.
    this.lexer.replace(token, value);
    this.expanded.add(`${name}@${this.lexer.text.length - token.at}`);
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
