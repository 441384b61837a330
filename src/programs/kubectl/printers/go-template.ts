// The part of Go's text/template that people use with `kubectl get -o go-template`: pipelines, fields, variables, if, range, with, functions.
import { decodeBase64 } from '../../../api/meta/base64.ts';
import { goValue } from '../../../api/meta/go-value.ts';
import { compareBytes, queryEscape, quote } from '../go-text.ts';

export class TemplateError extends Error {
  /** The field that was not there. */
  readonly at: string | undefined;
  constructor(message: string, at?: string) {
    super(message);
    this.at = at;
  }
}

/** How {{break}} and {{continue}} leave a round. */
class Leave extends Error {}

type Command = readonly Operand[];
type Operand =
  | { readonly type: 'field'; readonly path: readonly string[]; readonly of?: Operand }
  | { readonly type: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly type: 'literal'; readonly value: unknown }
  | { readonly type: 'function'; readonly name: string }
  | { readonly type: 'pipeline'; readonly pipeline: Pipeline };
interface Pipeline {
  readonly declare: readonly string[];
  readonly assign: boolean;
  readonly commands: readonly Command[];
}
type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'action'; readonly pipeline: Pipeline }
  | { readonly type: 'leave'; readonly how: 'break' | 'continue' }
  | { readonly type: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly type: 'if' | 'range' | 'with'; readonly pipeline: Pipeline; readonly body: readonly Node[]; readonly otherwise: readonly Node[] };

const functionNames = new Set(['len', 'index', 'print', 'printf', 'println', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'not', 'html', 'js', 'urlquery', 'slice', 'exists', 'base64decode']);

interface Piece {
  readonly action: boolean;
  readonly text: string;
}

function cut(template: string): Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  let trimNext = false;
  while (position < template.length) {
    const open = template.indexOf('{{', position);
    let text = template.slice(position, open < 0 ? template.length : open);
    if (trimNext) text = text.replace(/^\s+/, '');
    if (open < 0) {
      pieces.push({ action: false, text });
      break;
    }
    let inner = open + 2;
    if (template[inner] === '-' && /\s/.test(template[inner + 1] ?? '')) {
      text = text.replace(/\s+$/, '');
      inner++;
    }
    if (text !== '') pieces.push({ action: false, text });
    let close = -1;
    let quoteMark = '';
    for (let i = inner; i < template.length; i++) {
      const c = template[i] as string;
      if (quoteMark !== '') {
        if (c === '\\' && quoteMark === '"') i++;
        else if (c === quoteMark) quoteMark = '';
      } else if (c === '"' || c === '`') quoteMark = c;
      else if (c === '}' && template[i + 1] === '}') {
        close = i;
        break;
      }
    }
    if (close < 0) throw new TemplateError('unclosed action');
    let action = template.slice(inner, close);
    trimNext = /\s-$/.test(action);
    if (trimNext) action = action.slice(0, -1);
    if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(action)) pieces.push({ action: true, text: action.trim() });
    position = close + 2;
  }
  return pieces;
}

function tokens(text: string): string[] {
  const found = text.match(/"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])+'|:=|[()|,=]|\$?(?:\.?[\w$-]+)?(?:\.[\w-]+)*\.?|\S/g) ?? [];
  return found.filter((token) => token !== '');
}

class ActionParser {
  private readonly words: string[];
  private position = 0;
  constructor(text: string) {
    this.words = tokens(text);
  }
  get done(): boolean {
    return this.position >= this.words.length;
  }
  pipeline(): Pipeline {
    const declare: string[] = [];
    let assign = false;
    let probe = this.position;
    const names: string[] = [];
    while (/^\$\w*$/.test(this.words[probe] ?? '')) {
      names.push(this.words[probe] as string);
      probe++;
      if (this.words[probe] !== ',') break;
      probe++;
    }
    if (names.length > 0 && (this.words[probe] === ':=' || this.words[probe] === '=')) {
      assign = this.words[probe] === '=';
      declare.push(...names);
      this.position = probe + 1;
    }
    const commands: Command[] = [];
    let command: Operand[] = [];
    for (; this.position < this.words.length; this.position++) {
      const word = this.words[this.position] as string;
      if (word === ')') break;
      if (word === '|') {
        commands.push(command);
        command = [];
      } else command.push(this.operand(word));
    }
    if (command.length === 0) throw new TemplateError('missing value for command');
    commands.push(command);
    return { declare, assign, commands };
  }
  private operand(word: string): Operand {
    if (word === '(') {
      this.position++;
      const pipeline = this.pipeline();
      if (this.words[this.position] !== ')') throw new TemplateError('unclosed left paren');
      const next = this.words[this.position + 1] ?? '';
      if (next.startsWith('.') && next.length > 1) {
        this.position++;
        return { type: 'field', path: next.slice(1).split('.'), of: { type: 'pipeline', pipeline } };
      }
      return { type: 'pipeline', pipeline };
    }
    if (word.startsWith('"')) return { type: 'literal', value: unquote(word) };
    if (word.startsWith('`')) return { type: 'literal', value: word.slice(1, -1) };
    if (word.startsWith("'")) return { type: 'literal', value: (unquote(`"${word.slice(1, -1)}"`) as string).codePointAt(0) };
    if (word === 'true' || word === 'false') return { type: 'literal', value: word === 'true' };
    if (word === 'nil') return { type: 'literal', value: null };
    if (/^[+-]?\d/.test(word)) return { type: 'literal', value: Number(word) };
    if (word === '.') return { type: 'field', path: [] };
    if (word.startsWith('$')) {
      const [name = '$', ...path] = word.split('.');
      return { type: 'variable', name, path };
    }
    if (word.startsWith('.')) return { type: 'field', path: word.slice(1).split('.') };
    if (functionNames.has(word)) return { type: 'function', name: word };
    throw new TemplateError(`function "${word}" not defined`);
  }
}

function unquote(text: string): string {
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };
  return text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/gs, (whole, code: string) => (code.length > 1 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (escapes[code] ?? whole)));
}

export class GoTemplate {
  private readonly nodes: readonly Node[];
  private position = 0;
  private readonly pieces: readonly Piece[];
  private out = '';
  private readonly defined = new Map<string, readonly Node[]>();
  private readonly strict: boolean;
  private depth = 0;

  /** `strict`: a key that a map lacks is an error. */
  constructor(template: string, strict = false) {
    this.strict = strict;
    this.pieces = cut(template);
    const found = this.parse(true);
    this.nodes = found.nodes;
  }

  private parse(top: boolean): { nodes: Node[]; end: string } {
    const nodes: Node[] = [];
    while (this.position < this.pieces.length) {
      const piece = this.pieces[this.position++] as Piece;
      if (!piece.action) {
        nodes.push({ type: 'text', text: piece.text });
        continue;
      }
      const keyword = /^(if|range|with|else|end|template|define|block|break|continue)\b/.exec(piece.text)?.[1];
      if (keyword === 'end' || keyword === 'else') {
        if (top) throw new TemplateError(`unexpected {{${keyword}}}`);
        return { nodes, end: piece.text };
      }
      if (keyword === 'if' || keyword === 'range' || keyword === 'with') nodes.push(this.block(keyword, piece.text.slice(keyword.length)));
      else if (keyword === 'break' || keyword === 'continue') nodes.push({ type: 'leave', how: keyword });
      else if (keyword === 'define' || keyword === 'block' || keyword === 'template') {
        const [, name, rest = ''] = /^\w+\s+("(?:\\.|[^"\\])*"|`[^`]*`)([\s\S]*)$/.exec(piece.text) ?? [];
        if (name === undefined) throw new TemplateError(`unexpected ${JSON.stringify(piece.text)} in ${keyword} clause`);
        if (keyword !== 'template') this.defined.set(name, this.parse(false).nodes);
        if (keyword !== 'define') nodes.push({ type: 'template', name, pipeline: rest.trim() === '' ? undefined : new ActionParser(rest).pipeline() });
      }
      else nodes.push({ type: 'action', pipeline: new ActionParser(piece.text).pipeline() });
    }
    if (!top) throw new TemplateError('unexpected EOF');
    return { nodes, end: '' };
  }

  private block(type: 'if' | 'range' | 'with', text: string): Node {
    const pipeline = new ActionParser(text).pipeline();
    const body = this.parse(false);
    let otherwise: readonly Node[] = [];
    const chained = /^else\s+(if|with)\b([\s\S]*)$/.exec(body.end);
    if (chained !== null) otherwise = [this.block(chained[1] as 'if' | 'with', chained[2] as string)];
    else if (body.end.startsWith('else')) otherwise = this.parse(false).nodes;
    return { type, pipeline, body: body.nodes, otherwise };
  }

  /** Throws TemplateError. */
  execute(data: unknown): string {
    this.out = '';
    this.walk(this.nodes, data, new Map([['$', data]]));
    return this.out;
  }

  private walk(nodes: readonly Node[], dot: unknown, variables: Map<string, unknown>): void {
    for (const node of nodes) {
      if (node.type === 'text') this.out += node.text;
      else if (node.type === 'action') {
        const value = this.evaluate(node.pipeline, dot, variables);
        if (node.pipeline.declare.length === 0) this.out += printValue(value);
      } else if (node.type === 'leave') throw new Leave(node.how);
      else if (node.type === 'template') {
        const body = this.defined.get(node.name);
        if (body === undefined) throw new TemplateError(`template ${node.name} not defined`);
        if (this.depth >= 1000) throw new TemplateError('exceeded maximum template depth (100000)');
        const value = node.pipeline === undefined ? null : this.evaluate(node.pipeline, dot, variables);
        this.depth++;
        this.walk(body, value, new Map([['$', value]]));
        this.depth--;
      } else {
        const scope = new Map(variables);
        const value = this.evaluate(node.type === 'range' ? { ...node.pipeline, declare: [] } : node.pipeline, dot, scope);
        if (node.type === 'range') this.range(node, value, dot, scope);
        else if (isTrue(value)) this.walk(node.body, node.type === 'with' ? value : dot, scope);
        else this.walk(node.otherwise, dot, scope);
        for (const name of variables.keys()) variables.set(name, scope.get(name));
      }
    }
  }

  private range(node: Extract<Node, { pipeline: Pipeline; body: readonly Node[] }>, value: unknown, dot: unknown, scope: Map<string, unknown>): void {
    let entries: (readonly [unknown, unknown])[] = [];
    if (Array.isArray(value)) entries = value.map((item, index) => [index, item] as const);
    else if (value !== null && typeof value === 'object') {
      const map = value as Record<string, unknown>;
      entries = Object.keys(map).sort(compareBytes).map((key) => [key, map[key]] as const);
    } else if (typeof value === 'number') entries = Array.from({ length: value }, (_, index) => [index, index] as const);
    if (entries.length === 0) return this.walk(node.otherwise, dot, scope);
    for (const [key, item] of entries) {
      const [first, second] = node.pipeline.declare;
      if (second !== undefined) {
        scope.set(first as string, key);
        scope.set(second, item);
      } else if (first !== undefined) scope.set(first, item);
      try {
        this.walk(node.body, item, scope);
      } catch (error) {
        if (!(error instanceof Leave)) throw error;
        if (error.message === 'break') break;
      }
    }
  }

  private evaluate(pipeline: Pipeline, dot: unknown, variables: Map<string, unknown>): unknown {
    let value: unknown;
    pipeline.commands.forEach((command, index) => {
      value = this.command(command, dot, variables, index === 0 ? undefined : { value });
    });
    for (const name of pipeline.declare) variables.set(name, value);
    return value;
  }

  private command(command: Command, dot: unknown, variables: Map<string, unknown>, piped: { readonly value: unknown } | undefined): unknown {
    const first = command[0] as Operand;
    if (first.type !== 'function') {
      if (command.length > 1 || piped !== undefined) throw new TemplateError(`can't give argument to non-function`);
      return this.operand(first, dot, variables);
    }
    const args = command.slice(1).map((operand) => this.operand(operand, dot, variables));
    if (piped !== undefined) args.push(piped.value);
    return call(first.name, args);
  }

  private operand(operand: Operand, dot: unknown, variables: Map<string, unknown>): unknown {
    switch (operand.type) {
      case 'literal':
        return operand.value;
      case 'field':
        return follow(operand.of === undefined ? dot : this.operand(operand.of, dot, variables), operand.path, this.strict);
      case 'variable':
        if (!variables.has(operand.name)) throw new TemplateError(`undefined variable "${operand.name}"`);
        return follow(variables.get(operand.name), operand.path, this.strict);
      case 'pipeline':
        return this.evaluate(operand.pipeline, dot, variables);
      case 'function':
        return call(operand.name, []);
    }
  }
}

function follow(value: unknown, path: readonly string[], strict: boolean): unknown {
  let current = value;
  for (const name of path) {
    if (current === undefined || current === null) return undefined;
    if (typeof current !== 'object' || Array.isArray(current)) throw new TemplateError(`can't evaluate field ${name} in type interface {}`);
    if (strict && !Object.hasOwn(current, name)) throw new TemplateError(`map has no entry for key ${JSON.stringify(name)}`, `.${path.join('.')}`);
    current = Object.hasOwn(current, name) ? (current as Record<string, unknown>)[name] : undefined;
  }
  return current;
}

function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return true;
}

function printValue(value: unknown): string {
  return value === undefined || value === null ? '<no value>' : goValue(value);
}

function call(name: string, args: readonly unknown[]): unknown {
  const [a, b] = args;
  switch (name) {
    case 'len':
      if (typeof a === 'string') return a.length;
      if (Array.isArray(a)) return a.length;
      if (a !== null && typeof a === 'object') return Object.keys(a).length;
      throw new TemplateError('error calling len: len of nil pointer');
    case 'index': {
      let current: unknown = a;
      for (const key of args.slice(1)) {
        if (Array.isArray(current)) {
          if (typeof key !== 'number' || key < 0 || key >= current.length) throw new TemplateError(`error calling index: index out of range: ${String(key)}`);
          current = current[key];
        } else if (current !== null && typeof current === 'object') current = (current as Record<string, unknown>)[String(key)];
        else throw new TemplateError('error calling index: index of untyped nil');
      }
      return current;
    }
    case 'print':
      // A blank stands between two of which neither is a string.
      return args.map((arg, at) => (at > 0 && typeof arg !== 'string' && typeof args[at - 1] !== 'string' ? ' ' : '') + (typeof arg === 'string' ? arg : goValue(arg))).join('');
    case 'println':
      return args.map(goValue).join(' ') + '\n';
    case 'printf':
      return sprintf(String(a), args.slice(1));
    case 'eq':
      return args.slice(1).some((other) => other === a);
    case 'ne':
      return a !== b;
    case 'lt':
      return (a as number) < (b as number);
    case 'le':
      return (a as number) <= (b as number);
    case 'gt':
      return (a as number) > (b as number);
    case 'ge':
      return (a as number) >= (b as number);
    case 'and':
      return args.find((arg) => !isTrue(arg)) ?? args[args.length - 1];
    case 'or':
      return args.find(isTrue) ?? args[args.length - 1];
    case 'not':
      return !isTrue(a);
    case 'exists': {
      let current: unknown = a;
      for (const key of args.slice(1)) {
        if (Array.isArray(current)) current = current[Number(key)];
        else if (current !== null && typeof current === 'object') current = (current as Record<string, unknown>)[String(key)];
        else return false;
        if (current === undefined) return false;
      }
      return true;
    }
    case 'base64decode':
      return decodeBase64(String(a)) ?? '';
    case 'slice':
      return Array.isArray(a) || typeof a === 'string' ? a.slice(Number(b ?? 0), args[2] === undefined ? undefined : Number(args[2])) : a;
    case 'html':
      return goValue(a).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll("'", '&#39;');
    case 'urlquery':
      return queryEscape(goValue(a));
    case 'js':
      return goValue(a).replace(/[\\'"<>&=\n\r\t\0]/g, (c) => (c === '\\' || c === "'" || c === '"' ? `\\${c}` : `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`));
    default:
      return goValue(a);
  }
}

function sprintf(format: string, args: readonly unknown[]): string {
  let index = 0;
  return format.replace(/%([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g, (whole, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const arg = args[index++];
    let text: string;
    if (verb === 'd') text = String(Math.trunc(Number(arg)));
    else if (verb === 'q') text = quote(goValue(arg));
    else if (verb === 'f') text = Number(arg).toFixed(precision === undefined ? 6 : Number(precision));
    else if (verb === 'x') text = Number(arg).toString(16);
    else if (verb === 's' || verb === 'v' || verb === 't') text = goValue(arg);
    else return whole;
    if (width === undefined || text.length >= Number(width)) return text;
    return flags.includes('-') ? text.padEnd(Number(width)) : text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
  });
}
