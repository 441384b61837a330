// Reads a language's Markdown: front matter, an introduction, a section per step. Markdown's tree becomes a few plain block kinds, so that
// nothing foreign can ever be more than text; raw HTML is shown as the text it is.
import remarkFrontmatter from 'remark-frontmatter';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { parse as parseYaml } from 'yaml';
import type { Block, Inline, LessonProse, Parsed, StepProse } from './lesson.ts';
import type { Problem } from './problem.ts';

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly depth?: number;
  readonly children?: readonly Node[];
  readonly position?: { readonly start: { readonly line: number } };
}

const processor = unified().use(remarkParse).use(remarkFrontmatter, ['yaml']);

export function parseProse(text: string, file: string, language: string): Parsed<LessonProse> {
  const problems: Problem[] = [];
  const tree = processor.parse(text) as unknown as Node;
  const front = readFront(tree, file, problems);
  const intro: Block[] = [];
  const steps: Record<string, StepProse> = {};
  let blocks = intro;
  let texts: Record<string, string> | undefined;
  for (const node of tree.children ?? []) {
    if (node.type === 'yaml') continue;
    if (node.type === 'heading') {
      const id = plain(node).trim();
      if (!/^[a-z0-9][a-z0-9-]*$/.test(id)) problems.push({ file, line: lineOf(node), message: `a heading is the id of a step, not "${id}"` });
      if (id in steps) problems.push({ file, line: lineOf(node), message: `step "${id}" stands here twice` });
      blocks = [];
      texts = {};
      steps[id] = { blocks, texts };
      continue;
    }
    if (node.type === 'list' && texts !== undefined) {
      if (readTexts(node, texts)) continue;
    }
    const block = toBlock(node);
    if (block !== undefined) blocks.push(block);
  }
  if (front.title === '') problems.push({ file, line: 1, message: 'the front matter needs a title' });
  return { value: { language, title: front.title, basedOn: front.basedOn, intro, steps }, problems };
}

function lineOf(node: Node): number {
  return node.position?.start.line ?? 0;
}

function readFront(tree: Node, file: string, problems: Problem[]): { readonly title: string; readonly basedOn: string } {
  const node = tree.children?.find((each) => each.type === 'yaml');
  let value: unknown;
  try {
    value = parseYaml(node?.value ?? '');
  } catch (error) {
    problems.push({ file, line: 1, message: (error as Error).message });
  }
  const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const text = (key: string) => (typeof record[key] === 'string' ? record[key] : '');
  return { title: text('title'), basedOn: text('based_on') };
}

/** A list whose items all read `id: text` gives texts of options, checks and hints; any other list is prose. */
function readTexts(list: Node, texts: Record<string, string>): boolean {
  const items = (list.children ?? []).map((item) => /^([a-z0-9][a-z0-9-]*): ([\s\S]+)$/.exec(plain(item).trim()));
  if (items.some((each) => each === null)) return false;
  for (const each of items) texts[each?.[1] ?? ''] = (each?.[2] ?? '').trim();
  return true;
}

function plain(node: Node): string {
  if (node.value !== undefined) return node.value;
  return (node.children ?? []).map(plain).join('');
}

function toBlock(node: Node): Block | undefined {
  if (node.type === 'paragraph') return { kind: 'paragraph', inlines: toInlines(node.children ?? []) };
  if (node.type === 'list') return { kind: 'list', items: (node.children ?? []).map((item) => toInlines((item.children ?? []).flatMap((each) => each.children ?? [each]))) };
  if (node.type === 'code') return { kind: 'code', text: node.value ?? '' };
  const text = plain(node);
  return text === '' ? undefined : { kind: 'paragraph', inlines: [{ kind: 'text', text }] };
}

function toInlines(nodes: readonly Node[]): readonly Inline[] {
  const inlines: Inline[] = [];
  for (const node of nodes) {
    if (node.type === 'strong') inlines.push({ kind: 'strong', text: plain(node) });
    else if (node.type === 'emphasis') inlines.push({ kind: 'emphasis', text: plain(node) });
    else if (node.type === 'inlineCode') inlines.push({ kind: 'code', text: node.value ?? '' });
    else inlines.push(...splitRuns(plain(node)));
  }
  return inlines;
}

/** `[kubectl get pods]{run}` in the middle of text. */
function splitRuns(text: string): readonly Inline[] {
  const inlines: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(/\[([^\]]+)\]\{run\}/g)) {
    if (match.index > at) inlines.push({ kind: 'text', text: text.slice(at, match.index) });
    inlines.push({ kind: 'run', line: match[1] ?? '' });
    at = match.index + match[0].length;
  }
  if (at < text.length) inlines.push({ kind: 'text', text: text.slice(at) });
  return inlines;
}
