// YAML text to a value, with the refusals of go-yaml and the place of every node (for editors).
import { resolveScalar } from './resolve.ts';
import { Scanner, YamlError } from './scanner.ts';
import type { ScalarStyle, Token } from './scanner.ts';
import type { Mark } from './text-cursor.ts';

export type YamlNode =
  | { readonly kind: 'scalar'; readonly start: Mark; readonly end: Mark; readonly text: string; readonly style: ScalarStyle; readonly tag: string }
  | { readonly kind: 'sequence'; readonly start: Mark; readonly end: Mark; readonly items: readonly YamlNode[]; readonly flow: boolean }
  | { readonly kind: 'mapping'; readonly start: Mark; readonly end: Mark; readonly entries: readonly { readonly key: YamlNode; readonly value: YamlNode }[]; readonly flow: boolean };

export { YamlError } from './scanner.ts';

class Parser {
  private readonly scanner: Scanner;
  private anchors = new Map<string, YamlNode>();
  private depth = 0;
  hasAliases = false;

  constructor(text: string) {
    this.scanner = new Scanner(text);
  }

  private fail(problem: string, token: Token): never {
    throw new YamlError(problem, token.start, false);
  }

  /** All documents of the stream. */
  documents(): YamlNode[] {
    this.scanner.next();
    const found: YamlNode[] = [];
    for (;;) {
      while (this.scanner.peek().type === 'document-end') this.scanner.next();
      let token = this.scanner.peek();
      if (token.type === 'stream-end') return found;
      this.anchors = new Map();
      let explicit = false;
      while (token.type === 'directive') {
        this.scanner.next();
        token = this.scanner.peek();
        if (token.type !== 'directive' && token.type !== 'document-start') this.fail('did not find expected <document start>', token);
      }
      if (token.type === 'document-start') {
        this.scanner.next();
        explicit = true;
        token = this.scanner.peek();
      } else if (found.length > 0) this.fail('did not find expected <document start>', token);
      if (explicit && (token.type === 'document-start' || token.type === 'document-end' || token.type === 'stream-end')) found.push(this.empty(token.start));
      else found.push(this.node(true, false));
    }
  }

  private empty(mark: Mark): YamlNode {
    return { kind: 'scalar', start: mark, end: mark, text: '', style: 'plain', tag: '' };
  }

  private node(block: boolean, indentless: boolean): YamlNode {
    if (++this.depth > 1000) this.fail('exceeded max depth of 10000', this.scanner.peek());
    try {
      return this.nodeInside(block, indentless);
    } finally {
      this.depth--;
    }
  }

  private nodeInside(block: boolean, indentless: boolean): YamlNode {
    let token = this.scanner.peek();
    if (token.type === 'alias') {
      this.scanner.next();
      const node = this.anchors.get(token.value);
      this.hasAliases = true;
      if (node === undefined) throw new YamlError(`unknown anchor '${token.value}' referenced`, { index: token.start.index, line: 0, column: 0 }, false);
      return node;
    }
    let anchor: string | undefined;
    let tag = '';
    const start = token.start;
    while (token.type === 'anchor' || token.type === 'tag') {
      if (token.type === 'anchor' ? anchor !== undefined : tag !== '') break;
      if (token.type === 'anchor') anchor = token.value;
      else tag = token.value;
      this.scanner.next();
      token = this.scanner.peek();
    }
    const node = this.content(token, block, indentless, tag, anchor !== undefined || tag !== '', start);
    if (anchor !== undefined) this.anchors.set(anchor, node);
    return node;
  }

  private content(token: Token, block: boolean, indentless: boolean, tag: string, decorated: boolean, start: Mark): YamlNode {
    if (indentless && token.type === 'block-entry') return this.indentlessSequence();
    if (token.type === 'scalar') {
      this.scanner.next();
      return { kind: 'scalar', start: token.start, end: token.end, text: token.value, style: token.style ?? 'plain', tag };
    }
    if (token.type === 'flow-sequence-start') return this.flowSequence();
    if (token.type === 'flow-mapping-start') return this.flowMapping();
    if (block && token.type === 'block-sequence-start') return this.blockSequence();
    if (block && token.type === 'block-mapping-start') return this.blockMapping();
    if (decorated) return { kind: 'scalar', start, end: start, text: '', style: 'plain', tag };
    this.fail('did not find expected node content', token);
  }

  private blockSequence(): YamlNode {
    const start = this.scanner.next().start;
    const items: YamlNode[] = [];
    for (;;) {
      const token = this.scanner.next();
      if (token.type === 'block-end') return { kind: 'sequence', start, end: token.start, items, flow: false };
      if (token.type !== 'block-entry') this.fail("did not find expected '-' indicator", token);
      const next = this.scanner.peek();
      items.push(next.type === 'block-entry' || next.type === 'block-end' ? this.empty(token.end) : this.node(true, false));
    }
  }
  private indentlessSequence(): YamlNode {
    const start = this.scanner.peek().start;
    const items: YamlNode[] = [];
    for (;;) {
      const token = this.scanner.peek();
      if (token.type !== 'block-entry') return { kind: 'sequence', start, end: token.start, items, flow: false };
      this.scanner.next();
      const next = this.scanner.peek().type;
      items.push(next === 'block-entry' || next === 'key' || next === 'value' || next === 'block-end' ? this.empty(token.end) : this.node(true, false));
    }
  }
  private blockMapping(): YamlNode {
    const start = this.scanner.next().start;
    const entries: { key: YamlNode; value: YamlNode }[] = [];
    for (;;) {
      let token = this.scanner.peek();
      if (token.type === 'block-end') {
        this.scanner.next();
        return { kind: 'mapping', start, end: token.start, entries, flow: false };
      }
      if (token.type !== 'key' && token.type !== 'value') this.fail('did not find expected key', token);
      let key = this.empty(token.start);
      if (token.type === 'key') {
        this.scanner.next();
        const next = this.scanner.peek().type;
        if (next !== 'key' && next !== 'value' && next !== 'block-end') key = this.node(true, true);
        token = this.scanner.peek();
      }
      let value = this.empty(token.start);
      if (token.type === 'value') {
        this.scanner.next();
        const next = this.scanner.peek().type;
        if (next !== 'key' && next !== 'value' && next !== 'block-end') value = this.node(true, true);
      }
      entries.push({ key, value });
    }
  }
  private flowSequence(): YamlNode {
    const start = this.scanner.next().start;
    const items: YamlNode[] = [];
    for (let first = true; ; first = false) {
      let token = this.scanner.peek();
      if (token.type !== 'flow-sequence-end' && !first) {
        if (token.type !== 'flow-entry') this.fail("did not find expected ',' or ']'", token);
        this.scanner.next();
        token = this.scanner.peek();
      }
      if (token.type === 'flow-sequence-end') {
        this.scanner.next();
        return { kind: 'sequence', start, end: token.end, items, flow: true };
      }
      if (token.type === 'key') {
        this.scanner.next();
        const pair = this.flowPair(token, 'flow-sequence-end');
        items.push({ kind: 'mapping', start: token.start, end: pair.value.end, entries: [pair], flow: true });
      } else items.push(this.node(false, false));
    }
  }
  /** After a KEY token: the key's node, and the value if there is one. */
  private flowPair(token: Token, end: 'flow-sequence-end' | 'flow-mapping-end'): { key: YamlNode; value: YamlNode } {
    let next = this.scanner.peek().type;
    const key = next === 'value' || next === 'flow-entry' || next === end ? this.empty(token.start) : this.node(false, false);
    let value = this.empty(key.end);
    if (this.scanner.peek().type === 'value') {
      this.scanner.next();
      next = this.scanner.peek().type;
      if (next !== 'flow-entry' && next !== end) value = this.node(false, false);
    }
    return { key, value };
  }
  private flowMapping(): YamlNode {
    const start = this.scanner.next().start;
    const entries: { key: YamlNode; value: YamlNode }[] = [];
    for (let first = true; ; first = false) {
      let token = this.scanner.peek();
      if (token.type !== 'flow-mapping-end' && !first) {
        if (token.type !== 'flow-entry') this.fail("did not find expected ',' or '}'", token);
        this.scanner.next();
        token = this.scanner.peek();
      }
      if (token.type === 'flow-mapping-end') {
        this.scanner.next();
        return { kind: 'mapping', start, end: token.end, entries, flow: true };
      }
      if (token.type === 'key') {
        this.scanner.next();
        entries.push(this.flowPair(token, 'flow-mapping-end'));
      } else if (token.type === 'value') {
        entries.push(this.flowPair(token, 'flow-mapping-end'));
      } else {
        const key = this.node(false, false);
        entries.push({ key, value: this.empty(key.end) });
      }
    }
  }
}

export type YamlValue = null | boolean | number | string | YamlValue[] | { [key: string]: YamlValue };

/** The JSON that sigs.k8s.io/yaml makes of a node. Later duplicates win. */
export function toValue(node: YamlNode): YamlValue {
  if (node.kind === 'scalar') return toScalar(node.text, node.style, node.tag);
  if (node.kind === 'sequence') return node.items.map(toValue);
  const value: { [key: string]: YamlValue } = {};
  for (const entry of node.entries) {
    if (entry.key.kind === 'scalar' && entry.key.style === 'plain' && entry.key.text === '<<') {
      const merged = entry.value.kind === 'sequence' ? [...entry.value.items].reverse() : [entry.value];
      for (const each of merged) {
        const other = toValue(each);
        if (other === null || typeof other !== 'object' || Array.isArray(other)) throw new YamlError('map merge requires map or sequence of maps as the value', { index: 0, line: 0, column: 0 }, false);
        for (const [key, inner] of Object.entries(other)) if (!Object.hasOwn(value, key)) setKey(value, key, inner);
      }
      continue;
    }
    setKey(value, keyText(entry.key), toValue(entry.value));
  }
  return value;
}

/** Aliases of aliases can stand for more than anybody has written: go-yaml's rule, by the share of the nodes that only aliases make. */
function refuseBomb(root: YamlNode): void {
  const sizes = new Map<YamlNode, number>();
  const sizeOf = (node: YamlNode): number => {
    if (node.kind === 'scalar') {
      sizes.set(node, 1);
      return 1;
    }
    const known = sizes.get(node);
    if (known !== undefined) return known;
    const parts = node.kind === 'sequence' ? node.items : node.entries.flatMap(({ key, value }) => [key, value]);
    let size = 1;
    for (const part of parts) size += sizeOf(part);
    sizes.set(node, size);
    return size;
  };
  const size = sizeOf(root);
  const share = 1 - sizes.size / size;
  const allowed = size <= 400_000 ? 0.99 : size >= 4_000_000 ? 0.1 : 0.99 - (0.89 * (size - 400_000)) / 3_600_000;
  if (size - sizes.size > 1000 && share > allowed) throw new YamlError('document contains excessive aliasing', root.start, false);
}

/** `__proto__` as a key must stay a key. */
function setKey(target: { [key: string]: YamlValue }, key: string, value: YamlValue): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

export function keyText(node: YamlNode): string {
  if (node.kind !== 'scalar') throw new YamlError('invalid map key', node.start, false);
  const value = toScalar(node.text, node.style, node.tag);
  return value === null ? 'null' : String(value);
}

function toScalar(text: string, style: ScalarStyle, tag: string): string | number | boolean | null {
  if (tag === '!!str' || tag === '!') return text;
  if (tag === '!!int' || tag === '!!float' || tag === '!!bool' || tag === '!!null') return resolveScalar(text);
  if (style !== 'plain') return text;
  return resolveScalar(text);
}

/** Every document as a tree with places. Throws YamlError. */
export function parseYamlNodes(text: string): YamlNode[] {
  return new Parser(text).documents();
}

/** The first document as a value (null when there is none). Throws YamlError. */
export function parseYaml(text: string): YamlValue {
  const parser = new Parser(text);
  const first = parser.documents()[0];
  if (first === undefined) return null;
  if (parser.hasAliases) refuseBomb(first);
  return toValue(first);
}

/** As {value, problem}, for callers that show problems instead of throwing. */
export function tryParseYaml(text: string): { readonly value: YamlValue; readonly problem?: YamlError } {
  try {
    return { value: parseYaml(text) };
  } catch (error) {
    if (error instanceof YamlError) return { value: null, problem: error };
    throw error;
  }
}

/** Cuts a stream at its `---` lines, as kubectl's decoder does; comments-only parts are kept for the caller to skip. `line` counts from 0. */
export function splitDocuments(text: string): { readonly text: string; readonly line: number }[] {
  const parts: { text: string; line: number }[] = [];
  let current: string[] = [];
  let startLine = 0;
  const lines = text.split('\n');
  lines.forEach((line, number) => {
    const rest = line.startsWith('---') ? line.slice(3).trim() : undefined;
    if (rest !== undefined && (rest === '' || rest.startsWith('#'))) {
      if (current.length > 0) parts.push({ text: current.join('\n') + '\n', line: startLine });
      current = [];
      startLine = number + 1;
    } else current.push(line);
  });
  const last = current.join('\n');
  if (last !== '') parts.push({ text: last, line: startLine });
  return parts;
}
