// Words to the texts they stand for: braces, variables, commands, arithmetic, splitting, patterns; in a shell's surroundings.
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { evaluateArithmetic } from './arithmetic.ts';
import { entriesOf, folderMarker, isFile, isFolder } from './files.ts';
import { globToRegExp, hasPattern, matchPattern } from './glob.ts';
import { parseScript } from './parse.ts';
import type { Streams } from './streams.ts';
import type { List, Word } from './syntax.ts';

/** What of a shell its words are expanded with. */
export interface Surroundings {
  readonly host: Host;
  readonly cwd: string;
  readonly args: readonly string[];
  /** Single letters, as `set` takes them. */
  readonly options: ReadonlySet<string>;
  get(name: string): string | undefined;
  setVariable(name: string, value: string): void;
  /** What a script prints, without its last newlines. */
  capture(script: List, streams: Streams): Task<string>;
}

/** Fields being built; `literal` marks characters that are no pattern. */
interface Field {
  text: string;
  readonly literal: Set<number>;
}

export class Expansion {
  private readonly shell: Surroundings;

  constructor(shell: Surroundings) {
    this.shell = shell;
  }

  /** The words of a command. Throws ExpansionError, as all that follows. */
  *words(words: readonly Word[], streams: Streams): Task<string[]> {
    const found: string[] = [];
    for (const word of words) for (const braced of expandBraces(word)) found.push(...(yield* this.word(braced, streams)));
    return found;
  }

  /** Without splitting and patterns: assignments, redirections, case. */
  *text(word: Word, streams: Streams): Task<string> {
    let text = '';
    for (const part of word) {
      const values = yield* this.part(part, streams);
      text += Array.isArray(values) ? values.join(' ') : values;
    }
    return word[0]?.type === 'text' && !word[0].quoted ? this.tilde(text) : text;
  }

  private tilde(text: string): string {
    return text === '~' || text.startsWith('~/') ? `${this.shell.get('HOME') ?? '/root'}${text.slice(1)}` : text;
  }

  private *word(word: Word, streams: Streams): Task<string[]> {
    const fields: Field[] = [];
    let open = false;
    const add = (text: string, quoted: boolean): void => {
      if (!open) fields.push({ text: '', literal: new Set() });
      open = true;
      const field = fields[fields.length - 1] as Field;
      if (quoted) for (let i = 0; i < text.length; i++) field.literal.add(field.text.length + i);
      field.text += text;
    };
    for (let index = 0; index < word.length; index++) {
      const part = word[index] as Word[number];
      const value = yield* this.part(part, streams);
      if (part.type === 'text') {
        add(index === 0 && !part.quoted ? this.tilde(part.text) : part.text, part.quoted);
        continue;
      }
      if (Array.isArray(value)) {
        value.forEach((each, i) => {
          if (i > 0) open = false;
          add(each, true);
        });
        continue;
      }
      if (part.quoted) {
        add(value, true);
        continue;
      }
      const pieces = value.split(/[ \t\n]+/);
      pieces.forEach((piece, i) => {
        if (i > 0) open = false;
        if (piece !== '') add(piece, false);
      });
      if (/[ \t\n]$/.test(value)) open = false;
    }
    return fields.flatMap((field) => this.glob(field.text, field.literal));
  }

  private glob(text: string, literal: ReadonlySet<number>): string[] {
    let plain = true;
    for (let i = 0; i < text.length; i++) if (!literal.has(i) && hasPattern(text[i] as string)) plain = false;
    if (plain || this.shell.options.has('f')) return [text];
    const parts: Field[] = [{ text: '', literal: new Set() }];
    for (let i = 0; i < text.length; i++) {
      if (text[i] === '/') parts.push({ text: '', literal: new Set() });
      else {
        const part = parts[parts.length - 1] as Field;
        if (literal.has(i)) part.literal.add(part.text.length);
        part.text += text[i];
      }
    }
    let found: string[] = [text.startsWith('/') ? '' : this.shell.cwd === '/' ? '' : this.shell.cwd];
    const prefix = text.startsWith('/') ? '' : `${this.shell.cwd === '/' ? '' : this.shell.cwd}/`;
    for (const part of text.startsWith('/') ? parts.slice(1) : parts) {
      const pattern = globToRegExp(part.text, part.literal);
      found = found.flatMap((folder) => {
        if (!hasPattern(part.text)) return [`${folder}/${part.text}`];
        return entriesOf(this.shell.host.disk, folder === '' ? '/' : folder).map((name) => name.replace(/\/$/, '')).filter((name) => (!name.startsWith('.') || part.text.startsWith('.')) && name !== folderMarker && pattern.test(name)).map((name) => `${folder}/${name}`);
      });
    }
    const existing = found.filter((path) => isFile(this.shell.host.disk, path) || isFolder(this.shell.host.disk, path));
    if (existing.length === 0) return [text];
    return existing.map((path) => (prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path)).sort();
  }

  private *part(part: Word[number], streams: Streams): Task<string | string[]> {
    switch (part.type) {
      case 'text':
        return part.text;
      case 'arithmetic': {
        const text = (yield* this.text(parseInner(part.expression), streams)) as string;
        try {
          return String(evaluateArithmetic(text, (name) => this.shell.get(name) ?? '', (name, value) => this.shell.setVariable(name, value)));
        } catch (error) {
          throw new ExpansionError(error instanceof Error ? error.message : String(error));
        }
      }
      case 'command':
        return yield* this.shell.capture(part.script, streams);
      case 'variable':
        return yield* this.variable(part, streams);
    }
  }

  private *variable(part: Extract<Word[number], { type: 'variable' }>, streams: Streams): Task<string | string[]> {
    const { name, operator } = part;
    if ((name === '@' || (name === '*' && !part.quoted)) && operator === '') return [...this.shell.args];
    const value = this.shell.get(name);
    const argument = part.argument === undefined ? '' : yield* this.text(part.argument, streams);
    const unset = value === undefined || (operator.startsWith(':') && operator.length === 2 && value === '');
    switch (operator) {
      case '#':
        // `${#x}` has no argument, `${x#pattern}` has one.
        if (part.argument === undefined) return String((value ?? '').length);
        return stripPrefix(value ?? '', argument, false);
      case '##':
        return stripPrefix(value ?? '', argument, true);
      case '%':
        return stripSuffix(value ?? '', argument, false);
      case '%%':
        return stripSuffix(value ?? '', argument, true);
      case ':-': case '-':
        return unset ? argument : (value as string);
      case ':=': case '=':
        if (unset) this.shell.setVariable(name, argument);
        return unset ? argument : (value as string);
      case ':+': case '+':
        return unset ? '' : argument;
      case ':?': case '?':
        if (unset) throw new ExpansionError(`${name}: ${argument === '' ? 'parameter null or not set' : argument}`);
        return value as string;
      case ':': {
        const [offset = '0', length] = argument.split(':');
        const start = Number(offset) < 0 ? Math.max(0, (value ?? '').length + Number(offset)) : Number(offset);
        return (value ?? '').slice(start, length === undefined ? undefined : start + Number(length));
      }
      case '/': case '//': {
        const slash = argument.indexOf('/');
        const pattern = slash < 0 ? argument : argument.slice(0, slash);
        const replacement = slash < 0 ? '' : argument.slice(slash + 1);
        const source = globToRegExp(pattern).source.slice(1, -1).replaceAll('[^/]', '[\\s\\S]');
        return (value ?? '').replace(new RegExp(source, operator === '//' ? 'g' : ''), () => replacement);
      }
    }
    if (value === undefined && this.shell.options.has('u')) throw new ExpansionError(`${name}: parameter not set`);
    return value ?? '';
  }
}

export class ExpansionError extends Error {}

function parseInner(expression: string): Word {
  const list = parseScript(`: "${expression.replaceAll('"', '')}"`);
  const command = list[0]?.pipelines[0]?.pipeline.commands[0];
  return command?.type === 'simple' ? (command.words[1] ?? []) : [];
}

function stripPrefix(text: string, pattern: string, longest: boolean): string {
  const lengths = Array.from({ length: text.length + 1 }, (_, index) => (longest ? text.length - index : index));
  for (const length of lengths) if (matchPattern(pattern, text.slice(0, length))) return text.slice(length);
  return text;
}
function stripSuffix(text: string, pattern: string, longest: boolean): string {
  const lengths = Array.from({ length: text.length + 1 }, (_, index) => (longest ? index : text.length - index));
  for (const start of lengths) if (matchPattern(pattern, text.slice(start))) return text.slice(0, start);
  return text;
}

/** A word that stands for more words than this is refused, as bash does when its memory ends. */
const mostWords = 50_000;
function refuseCrowd(count: number): void {
  if (count > mostWords) throw new ExpansionError(`brace expansion: failed to allocate memory for ${count} elements`);
}

/** `{1..3}` and `{a,b}` in unquoted text, as bash does. */
function expandBraces(word: Word): Word[] {
  for (let index = 0; index < word.length; index++) {
    const part = word[index] as Word[number];
    if (part.type !== 'text' || part.quoted) continue;
    const match = /^([\s\S]*?)\{([^{}]*)\}([\s\S]*)$/.exec(part.text);
    if (match === null) continue;
    const inner = match[2] as string;
    const range = /^(-?\d+)\.\.(-?\d+)$/.exec(inner);
    let values: string[] = [];
    if (range !== null) {
      const from = Number(range[1]);
      const to = Number(range[2]);
      refuseCrowd(Math.abs(to - from) + 1);
      for (let n = from; from <= to ? n <= to : n >= to; n += from <= to ? 1 : -1) values.push(String(n));
    } else if (inner.includes(',')) values = inner.split(',');
    else continue;
    const found: Word[] = [];
    for (const value of values) {
      found.push(...expandBraces([...word.slice(0, index), { type: 'text', text: `${match[1]}${value}${match[3]}`, quoted: false }, ...word.slice(index + 1)]));
      refuseCrowd(found.length);
    }
    return found;
  }
  return [word];
}
