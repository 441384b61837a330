// Regular expressions that cannot hang: RE2's syntax, matched by walking all alternatives at once (Pike's machine), in time proportional to
// pattern times text. Patterns come from anybody (schemas, policies), and an engine that tries one way after the other could take for ever.
import { parseRegex, RegexProblem, type Assertion, type CharSet, type Node } from './parse-regex.ts';

type Instruction =
  | { readonly op: 'char'; readonly set: CharSet }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly what: Assertion }
  | { readonly op: 'match' };

export interface Match {
  readonly start: number;
  readonly end: number;
  /** Text of each group, the whole first. */
  readonly groups: readonly (string | undefined)[];
}

export class Regex {
  private readonly program: readonly Instruction[];
  private readonly slots: number;
  /** Nothing can begin but at the text's start. */
  private readonly anchored: boolean;

  constructor(program: readonly Instruction[], groups: number) {
    const first = program[1];
    this.anchored = first?.op === 'assert' && first.what === 'text-start';
    this.program = program;
    this.slots = (groups + 1) * 2;
  }

  /** Whether the pattern occurs anywhere. */
  test(text: string): boolean {
    return this.run(text, 0, false) !== undefined;
  }

  /** The first occurrence at or after `from` (code units). */
  find(text: string, from = 0): Match | undefined {
    const saved = this.run(text, from, true);
    if (saved === undefined) return undefined;
    const groups: (string | undefined)[] = [];
    for (let i = 0; i < saved.length; i += 2) groups.push(saved[i] === -1 || saved[i + 1] === -1 ? undefined : text.slice(saved[i], saved[i + 1]));
    return { start: saved[0] as number, end: saved[1] as number, groups };
  }

  /** At most `limit` occurrences that do not overlap. */
  findAll(text: string, limit = Number.MAX_SAFE_INTEGER): readonly Match[] {
    const all: Match[] = [];
    let from = 0;
    while (all.length < limit && from <= text.length) {
      const match = this.find(text, from);
      if (match === undefined) break;
      // An empty one right behind another is none, as in Go.
      if (match.end > match.start || all.at(-1)?.end !== match.start) all.push(match);
      from = match.end > match.start ? match.end : match.end + 1;
    }
    return all;
  }

  private run(text: string, from: number, wantsGroups: boolean): readonly number[] | undefined {
    const { program } = this;
    let current: Thread[] = [];
    let next: Thread[] = [];
    const seen = new Int32Array(program.length).fill(-1);
    let found: readonly number[] | undefined;
    const start = new Array<number>(wantsGroups ? this.slots : 0).fill(-1);
    let step = 0;
    for (let at = from; ; ) {
      if (found === undefined && (!this.anchored || at === 0)) this.add(current, { pc: 0, saved: start }, text, at, seen, step);
      if (current.length === 0 && (found !== undefined || this.anchored)) break;
      const code = at < text.length ? (text.codePointAt(at) as number) : -1;
      const width = code > 0xffff ? 2 : 1;
      step++;
      next = [];
      for (const thread of current) {
        const instruction = program[thread.pc] as Instruction;
        if (instruction.op === 'match') {
          found = thread.saved;
          if (!wantsGroups) return found;
          // Those after it are less wanted.
          break;
        }
        if (instruction.op === 'char' && code >= 0 && fits(instruction.set, code)) this.add(next, { pc: thread.pc + 1, saved: thread.saved }, text, at + width, seen, step);
      }
      current = next;
      if (at >= text.length) break;
      at += width;
    }
    return found;
  }

  /** Follows what needs no character; a place that was reached already in this step was reached by a way more wanted. */
  private add(list: Thread[], first: Thread, text: string, at: number, seen: Int32Array, step: number): void {
    const stack: Thread[] = [first];
    while (stack.length > 0) {
      const { pc, saved } = stack.pop() as Thread;
      if (seen[pc] === step) continue;
      seen[pc] = step;
      const instruction = this.program[pc] as Instruction;
      switch (instruction.op) {
        case 'jump':
          stack.push({ pc: instruction.to, saved });
          break;
        case 'split':
          stack.push({ pc: instruction.second, saved }, { pc: instruction.first, saved });
          break;
        case 'save': {
          if (saved.length === 0) stack.push({ pc: pc + 1, saved });
          else {
            const copy = [...saved];
            copy[instruction.slot] = at;
            stack.push({ pc: pc + 1, saved: copy });
          }
          break;
        }
        case 'assert':
          if (holds(instruction.what, text, at)) stack.push({ pc: pc + 1, saved });
          break;
        default:
          list.push({ pc, saved });
      }
    }
  }
}

interface Thread {
  readonly pc: number;
  readonly saved: readonly number[];
}

function inRanges(ranges: readonly number[], code: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (code >= (ranges[i] as number) && code <= (ranges[i + 1] as number)) return true;
  return false;
}

function inSet(set: CharSet, code: number): boolean {
  return inRanges(set.ranges, code) || set.unicode.some(({ pattern, negated }) => pattern.test(String.fromCodePoint(code)) !== negated);
}

function fits(set: CharSet, code: number): boolean {
  let inside = inSet(set, code);
  if (!inside && set.fold) {
    const letter = String.fromCodePoint(code);
    inside = inSet(set, letter.toLowerCase().codePointAt(0) ?? code) || inSet(set, letter.toUpperCase().codePointAt(0) ?? code);
  }
  return inside !== set.negated;
}

const isWord = (text: string, at: number): boolean => at >= 0 && at < text.length && /\w/.test(text[at] as string);

function holds(what: Assertion, text: string, at: number): boolean {
  switch (what) {
    case 'text-start':
      return at === 0;
    case 'text-end':
      return at === text.length;
    case 'line-start':
      return at === 0 || text[at - 1] === '\n';
    case 'line-end':
      return at === text.length || text[at] === '\n';
    case 'word':
      return isWord(text, at - 1) !== isWord(text, at);
    case 'not-word':
      return isWord(text, at - 1) === isWord(text, at);
  }
}

function emit(node: Node, out: Instruction[]): void {
  switch (node.kind) {
    case 'empty':
      return;
    case 'set':
      out.push({ op: 'char', set: node.set });
      return;
    case 'assert':
      out.push({ op: 'assert', what: node.what });
      return;
    case 'group':
      out.push({ op: 'save', slot: node.index * 2 });
      emit(node.node, out);
      out.push({ op: 'save', slot: node.index * 2 + 1 });
      return;
    case 'concat':
      for (const each of node.nodes) emit(each, out);
      return;
    case 'alternate': {
      const jumps: { op: 'jump'; to: number }[] = [];
      node.nodes.forEach((each, index) => {
        if (index === node.nodes.length - 1) {
          emit(each, out);
          return;
        }
        const split = { op: 'split' as const, first: out.length + 1, second: 0 };
        out.push(split);
        emit(each, out);
        const jump = { op: 'jump' as const, to: 0 };
        out.push(jump);
        jumps.push(jump);
        split.second = out.length;
      });
      for (const jump of jumps) jump.to = out.length;
      return;
    }
    case 'repeat':
      emitRepeat(node, out);
  }
}

function emitRepeat(node: Node & { kind: 'repeat' }, out: Instruction[]): void {
  for (let i = 0; i < node.min; i++) emit(node.node, out);
  const split = (): { op: 'split'; first: number; second: number } => {
    const instruction = { op: 'split' as const, first: 0, second: 0 };
    out.push(instruction);
    return instruction;
  };
  const aim = (instruction: { first: number; second: number }, inside: number, outside: number): void => {
    instruction.first = node.greedy ? inside : outside;
    instruction.second = node.greedy ? outside : inside;
  };
  if (node.max === undefined) {
    const at = out.length;
    const loop = split();
    emit(node.node, out);
    out.push({ op: 'jump', to: at });
    aim(loop, at + 1, out.length);
    return;
  }
  const exits: { instruction: { first: number; second: number }; inside: number }[] = [];
  for (let i = node.min; i < node.max; i++) {
    const instruction = split();
    exits.push({ instruction, inside: out.length });
    emit(node.node, out);
  }
  for (const { instruction, inside } of exits) aim(instruction, inside, out.length);
}

const known = new Map<string, Regex | { readonly problem: string }>();
const knownLimit = 1024;

/** The same few patterns come again and again: a memo of a pure function. */
export function compileRegex(pattern: string): Regex | { readonly problem: string } {
  let regex = known.get(pattern);
  if (regex === undefined) {
    regex = compile(pattern);
    if (known.size >= knownLimit) known.clear();
    known.set(pattern, regex);
  }
  return regex;
}

function compile(pattern: string): Regex | { readonly problem: string } {
  try {
    const { node, groups } = parseRegex(pattern);
    const program: Instruction[] = [{ op: 'save', slot: 0 }];
    emit(node, program);
    program.push({ op: 'save', slot: 1 }, { op: 'match' });
    return new Regex(program, groups);
  } catch (error) {
    if (error instanceof RegexProblem) return { problem: error.message };
    throw error;
  }
}
