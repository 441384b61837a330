// kubectl's JSONPath dialect: templates with {range}...{end}, filters, unions, slices, recursion; parser and evaluator as in client-go/util/jsonpath.
import { goNumber } from '../../../api/meta/go-value.ts';
import { compareBytes, goJson } from '../go-text.ts';
import { messageOf } from '../errors.ts';

type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'list'; readonly nodes: Node[] }
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'identifier'; readonly name: string }
  | { readonly type: 'array'; readonly params: readonly (SliceParam | undefined)[] }
  | { readonly type: 'filter'; readonly left: ListNode; readonly right: ListNode; readonly operator: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'wildcard' }
  | { readonly type: 'recursive' }
  | { readonly type: 'union'; readonly nodes: readonly ListNode[] };
type ListNode = Extract<Node, { type: 'list' }>;
interface SliceParam {
  readonly value: number;
  readonly derived: boolean;
}

class JsonPathError extends Error {}

const terminators = new Set([' ', '\t', '\r', '\n', '', '.', ',', '[', ']', '$', '@', '{', '}']);

class Parser {
  readonly root: ListNode = { type: 'list', nodes: [] };
  private position = 0;
  private start = 0;
  private readonly input: string;

  constructor(input: string) {
    this.input = input;
    this.parseText(this.root);
  }

  private next(): string {
    const c = this.input[this.position] ?? '';
    this.position++;
    return c;
  }
  private peek(): string {
    return this.input[this.position] ?? '';
  }
  private consume(): string {
    const text = this.input.slice(this.start, this.position);
    this.start = this.position;
    return text;
  }

  private parseText(current: ListNode): void {
    const open = this.input.indexOf('{', this.position);
    this.position = open < 0 ? this.input.length : open;
    const text = this.consume();
    if (text !== '') current.nodes.push({ type: 'text', text });
    if (open < 0) return;
    this.position++;
    this.consume();
    const node: ListNode = { type: 'list', nodes: [] };
    current.nodes.push(node);
    this.parseInside(node);
  }

  private parseInside(current: ListNode): void {
    for (;;) {
      const rest = this.input.slice(this.position, this.position + 3);
      if (rest.startsWith('}')) {
        this.position++;
        this.consume();
        return this.parseText(this.root);
      }
      if (rest === '[?(') {
        this.parseFilter(current);
        continue;
      }
      if (rest.startsWith('..')) {
        if (current.nodes[current.nodes.length - 1]?.type === 'recursive') throw new JsonPathError('invalid multiple recursive descent');
        this.position += 2;
        this.consume();
        current.nodes.push({ type: 'recursive' });
        if (/[\p{L}\p{N}_]/u.test(this.peek())) this.parseField(current);
        continue;
      }
      const c = this.next();
      if (c === '' || c === '\n' || c === '\r') throw new JsonPathError('unclosed action');
      if (c === ' ' || c === '@' || c === '$') this.consume();
      else if (c === '[') this.parseArray(current);
      else if (c === '"' || c === "'") this.parseQuote(current, c);
      else if (c === '.') this.parseField(current);
      else if (c === '+' || c === '-' || /\d/.test(c)) {
        this.position--;
        this.parseNumber(current);
      } else if (/[\p{L}\p{N}_]/u.test(c)) {
        this.position--;
        this.parseIdentifier(current);
      } else throw new JsonPathError(`unrecognized character in action: U+${(c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')} '${c}'`);
    }
  }

  private parseIdentifier(current: ListNode): void {
    while (!terminators.has(this.peek())) this.position++;
    const name = this.consume();
    current.nodes.push(name === 'true' || name === 'false' ? { type: 'bool', value: name === 'true' } : { type: 'identifier', name });
  }
  private parseNumber(current: ListNode): void {
    if (this.peek() === '+' || this.peek() === '-') this.position++;
    while (/[\d.]/.test(this.peek())) this.position++;
    const text = this.consume();
    const value = Number(text);
    if (Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${text}`);
    current.nodes.push({ type: 'number', value });
  }
  private parseField(current: ListNode): void {
    this.consume();
    for (;;) {
      const c = this.peek();
      if (c === '\\') this.position += 2;
      else if (terminators.has(c)) break;
      else this.position++;
    }
    const name = this.consume();
    current.nodes.push(name === '*' ? { type: 'wildcard' } : { type: 'field', name: name.replaceAll('\\', '') });
  }
  private parseQuote(current: ListNode, quote: string): void {
    for (;;) {
      const c = this.next();
      if (c === '' || c === '\n') throw new JsonPathError('unterminated quoted string');
      if (c === quote && this.input[this.position - 2] !== '\\') break;
    }
    const text = this.consume();
    current.nodes.push({ type: 'text', text: unquote(text) });
  }
  private parseArray(current: ListNode): void {
    for (;;) {
      const c = this.next();
      if (c === '' || c === '\n') throw new JsonPathError('unterminated array');
      if (c === ']') break;
    }
    const whole = this.consume();
    let text = whole.slice(1, -1);
    if (text === '*') text = ':';
    const parts = text.split(',');
    if (parts.length > 1) {
      current.nodes.push({ type: 'union', nodes: parts.map((part) => parseAction(`[${part.trim()}]`)) });
      return;
    }
    const key = /^'([^']*)'$/.exec(text);
    if (key !== null) {
      current.nodes.push(...parseAction(`.${key[1]}`).nodes);
      return;
    }
    const slice = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
    if (slice === null) throw new JsonPathError(`invalid array index ${text}`);
    const params: (SliceParam | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const part = slice[i + 1] ?? '';
      const digits = i > 0 ? part.slice(1) : part;
      if (part !== '') params.push(digits === '' ? undefined : { value: Number(digits), derived: false });
      else params.push(i === 1 ? { value: (params[0]?.value ?? 0) + 1, derived: true } : undefined);
    }
    current.nodes.push({ type: 'array', params });
  }
  private parseFilter(current: ListNode): void {
    this.position += 3;
    this.consume();
    let begun = false;
    let ended = false;
    let pair = '';
    for (;;) {
      const c = this.next();
      if (c === '' || c === '\n') throw new JsonPathError('unterminated filter');
      if (c === '"' || c === "'") {
        if (!begun) {
          begun = true;
          pair = c;
        } else if (this.input[this.position - 2] !== '\\' && c === pair) ended = true;
      } else if (c === ')' && begun === ended) break;
    }
    if (this.next() !== ']') throw new JsonPathError('unclosed array expect ]');
    const text = this.consume().slice(0, -2);
    const match = /^([^!<>=]+)([!<>=]+)(.+?)$/.exec(text);
    if (match === null) current.nodes.push({ type: 'filter', left: parseAction(text), right: { type: 'list', nodes: [] }, operator: 'exists' });
    else current.nodes.push({ type: 'filter', left: parseAction(match[1] as string), right: parseAction(match[3] as string), operator: match[2] as string });
  }
}

function unquote(text: string): string {
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', "'": "'", '"': '"' };
  return text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/gs, (whole, code: string) => {
    if (code.length > 1) return String.fromCharCode(parseInt(code.slice(1), 16));
    return escapes[code] ?? whole;
  });
}

function parseAction(text: string): ListNode {
  const first = new Parser(`{${text}}`).root.nodes[0];
  return first?.type === 'list' ? first : { type: 'list', nodes: [] };
}

export class JsonPath {
  private readonly root: ListNode;
  private beginRange = 0;
  private inRange = 0;
  private endRange = 0;
  private lastEnd: Node | undefined;
  private readonly allowMissingKeys: boolean;

  /** Throws JsonPathError. */
  constructor(template: string, allowMissingKeys = false) {
    this.root = new Parser(template).root;
    this.allowMissingKeys = allowMissingKeys;
  }

  /** One group of results for each part of the template. */
  findResults(data: unknown): unknown[][] {
    return this.find([data], this.root.nodes);
  }

  print(data: unknown): string {
    return this.findResults(data).map((results) => results.map(printResult).join(' ')).join('');
  }

  private find(current: readonly unknown[], nodes: readonly Node[]): unknown[][] {
    const full: unknown[][] = [];
    for (let i = 0; i < nodes.length; i++) {
      const results = this.walk(current, nodes[i] as Node);
      if (this.endRange > 0 && this.endRange <= this.inRange) {
        this.endRange--;
        this.lastEnd = nodes[i];
        break;
      }
      if (this.beginRange > 0) {
        this.beginRange--;
        this.inRange++;
        const inside = nodes.slice(i + 1);
        if (results.length > 0) for (const value of results) full.push(...this.find([value], inside));
        else this.find([undefined], inside);
        this.inRange--;
        for (let k = i + 1; k < nodes.length; k++) {
          if (nodes[k] === this.lastEnd) {
            i = k;
            break;
          }
        }
        continue;
      }
      full.push(results);
    }
    return full;
  }

  private walk(values: readonly unknown[], node: Node): unknown[] {
    switch (node.type) {
      case 'list': {
        let current: readonly unknown[] = values;
        for (const each of node.nodes) current = this.walk(current, each);
        return [...current];
      }
      case 'text':
        return [node.text];
      case 'field':
        return this.field(values, node.name);
      case 'array':
        return values.flatMap((value) => slice(value, node.params));
      case 'filter':
        return this.filter(values, node);
      case 'number':
      case 'bool':
        return values.map(() => node.value);
      case 'wildcard':
        return values.flatMap(childrenOf);
      case 'recursive':
        return recurse(values);
      case 'union':
        return node.nodes.flatMap((each) => this.walk(values, each));
      case 'identifier':
        if (node.name === 'range') this.beginRange++;
        else if (node.name === 'end') {
          if (this.inRange === 0) throw new JsonPathError('not in range, nothing to end');
          this.endRange++;
        } else throw new JsonPathError(`unrecognized identifier ${node.name}`);
        return [...values];
    }
  }

  private field(values: readonly unknown[], name: string): unknown[] {
    const found: unknown[] = [];
    for (const value of values) {
      if (isMap(value) && Object.hasOwn(value, name) && value[name] !== undefined) found.push(value[name]);
    }
    if (found.length === 0 && !this.allowMissingKeys) throw new JsonPathError(`${name} is not found`);
    return found;
  }

  private filter(values: readonly unknown[], node: Extract<Node, { type: 'filter' }>): unknown[] {
    const found: unknown[] = [];
    for (const value of values) {
      if (value === null || value === undefined) continue;
      if (!Array.isArray(value)) throw new JsonPathError(`${goJson(value)} is not array or slice and cannot be filtered`);
      for (const item of value) {
        const lefts = this.side([item], node.left, node.operator === 'exists');
        if (node.operator === 'exists') {
          if (lefts.length > 0) found.push(item);
          continue;
        }
        if (lefts.length === 0) continue;
        if (lefts.length > 1) throw new JsonPathError('can only compare one element at a time');
        const rights = this.side([item], node.right, false);
        if (rights.length === 0) continue;
        if (rights.length > 1) throw new JsonPathError('can only compare one element at a time');
        if (compare(lefts[0], rights[0], node.operator)) found.push(item);
      }
    }
    return found;
  }
  private side(values: readonly unknown[], node: ListNode, quiet: boolean): unknown[] {
    try {
      return this.walk(values, node);
    } catch (error) {
      if (quiet && error instanceof JsonPathError) return [];
      throw error;
    }
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (isMap(value)) return Object.keys(value).sort(compareBytes).map((key) => value[key]);
  return [];
}

function recurse(values: readonly unknown[]): unknown[] {
  return values.flatMap((value) => {
    const children = childrenOf(value);
    return children.length === 0 ? [] : [value, ...recurse(children)];
  });
}

function slice(value: unknown, params: readonly (SliceParam | undefined)[]): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${typeof value === 'object' ? 'map[string]interface {}' : typeof value === 'number' ? 'int64' : typeof value === 'boolean' ? 'bool' : 'string'} is not array or slice`);
  const length = value.length;
  let from = params[0]?.value ?? 0;
  if (from < 0) from += length;
  let to = params[1]?.value ?? length;
  if (to < 0 || (to === 0 && params[1]?.derived === true)) to += length;
  if (from === to) return [];
  if (from >= length || from < 0) throw new JsonPathError(`array index out of bounds: index ${from}, length ${length}`);
  if (to > length || to < 0) throw new JsonPathError(`array index out of bounds: index ${to - 1}, length ${length}`);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  const step = params[2]?.value ?? 1;
  if (step <= 0) throw new JsonPathError('step must be > 0');
  const found: unknown[] = [];
  for (let i = from; i < to; i += step) found.push(value[i]);
  return found;
}

function compare(left: unknown, right: unknown, operator: string): boolean {
  if (!['<', '<=', '>', '>=', '==', '!='].includes(operator)) throw new JsonPathError(`unrecognized filter operator ${operator}`);
  if (typeof left !== typeof right || left === null || typeof left === 'object') throw new JsonPathError('incompatible types for comparison');
  const a = left as string | number | boolean;
  const b = right as string | number | boolean;
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function printResult(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return goJson(value, false);
  if (typeof value === 'number') return goNumber(value);
  return String(value);
}

/** `.a.b`, `a.b`, `{.a.b}` all become `{.a.b}`: for custom-columns and --sort-by. */
export function relaxedExpression(text: string): string {
  if (text === '') return '';
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text);
  if (match === null) throw new JsonPathError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
  return `{.${match[1] ?? match[2]}}`;
}

/** Runs `-o jsonpath`; throws an Error in kubectl's words. */
export function printJsonPath(path: JsonPath, template: string, object: unknown, syntax: (value: unknown) => string): string {
  try {
    return path.print(object);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw new Error(`error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${messageOf(error)}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${syntax(object)}\n\n\n`);
  }
}
