// Tokens to an expression, with the macros of Kubernetes' CEL environment seen where they are called.
import { qualifiedName, type Expression, type ListItem, type MacroName, type MapEntry, type ObjectField } from './expression.ts';
import { tokenize, type Token } from './lexer.ts';
import type { Problem } from './problem.ts';
import { bool, nullType } from './types.ts';

const operandStart = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const reserved = new Set(['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'package', 'namespace', 'null', 'return', 'true', 'var', 'void', 'while']);
/** Macros called on a value: how many variables, how many steps. */
const macros: Readonly<Record<string, readonly (readonly [name: MacroName, variables: number, steps: number])[]>> = {
  all: [['all', 1, 1], ['all', 2, 1]],
  exists: [['exists', 1, 1], ['exists', 2, 1]],
  exists_one: [['exists_one', 1, 1]],
  existsOne: [['exists_one', 1, 1], ['exists_one', 2, 1]],
  map: [['map', 1, 1], ['map', 1, 2]],
  filter: [['filter', 1, 1]],
  transformList: [['transformList', 2, 1], ['transformList', 2, 2]],
  transformMap: [['transformMap', 2, 1], ['transformMap', 2, 2]],
  transformMapEntry: [['transformMapEntry', 2, 1], ['transformMapEntry', 2, 2]],
  optMap: [['optMap', 1, 1]],
  optFlatMap: [['optFlatMap', 1, 1]],
};
const levels: readonly (readonly string[])[] = [['||'], ['&&'], ['<', '<=', '>=', '>', '==', '!=', 'in'], ['+', '-'], ['*', '/', '%']];
const maxDepth = 250;

/** Ends the reading: what follows a syntax error says nothing. */
class Stop extends Error {}

/** `expression` is undefined exactly when there are problems. */
export function parseExpression(text: string): { readonly expression?: Expression; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const parser = new Parser(tokenize(text, problems), problems);
  try {
    const expression = parser.read();
    return problems.length > 0 ? { problems } : { expression, problems };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { problems };
  }
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly problems: Problem[];
  private position = 0;
  private depth = 0;

  constructor(tokens: readonly Token[], problems: Problem[]) {
    this.tokens = tokens;
    this.problems = problems;
  }

  read(): Expression {
    const expression = this.ternary();
    const rest = this.peek();
    if (rest.kind !== 'end') {
      // A single token too many could be left out; more cannot.
      const isLast = this.tokens[this.position + 1]?.kind === 'end';
      this.fail(rest, `Syntax error: ${isLast ? 'extraneous' : 'mismatched'} input '${rest.text}' expecting <EOF>`);
    }
    return expression;
  }

  private peek(): Token {
    return this.tokens[this.position] as Token;
  }

  private next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.position++;
    return token;
  }

  private accept(kind: string): Token | undefined {
    return this.peek().kind === kind ? this.next() : undefined;
  }

  private fail(token: Token, message: string): never {
    this.problems.push({ at: token.at, message });
    throw new Stop();
  }

  private expect(kind: string, among: string): Token {
    const token = this.peek();
    if (token.kind === kind) return this.next();
    if (token.kind === 'end') this.fail(token, `Syntax error: ${among === `'${kind}'` ? `missing '${kind}' at '<EOF>'` : `mismatched input '<EOF>' expecting ${among}`}`);
    this.fail(token, `Syntax error: mismatched input '${token.text}' expecting ${among}`);
  }

  private ternary(): Expression {
    if (++this.depth > maxDepth) this.fail(this.peek(), `expression recursion limit exceeded: ${maxDepth}`);
    const condition = this.binary(0);
    const mark = this.accept('?');
    let result = condition;
    if (mark !== undefined) {
      const yes = this.binary(0);
      this.expect(':', "':'");
      const no = this.ternary();
      result = { kind: 'call', at: mark.at, name: '_?_:_', target: undefined, args: [condition, yes, no] };
    }
    this.depth--;
    return result;
  }

  private binary(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const token = this.peek();
      const text = token.kind === 'name' && token.text === 'in' ? 'in' : token.kind;
      if (!operators.includes(text)) return left;
      this.next();
      const right = this.binary(level + 1);
      left = { kind: 'call', at: token.at, name: text === 'in' ? '@in' : `_${text}_`, target: undefined, args: [left, right] };
    }
  }

  private unary(): Expression {
    const token = this.peek();
    if (token.kind !== '!' && token.kind !== '-') return this.member();
    let count = 0;
    while (this.peek().kind === token.kind) {
      this.next();
      count++;
    }
    const following = this.peek();
    if (token.kind === '-' && following.kind === 'literal' && (typeof following.value === 'bigint' || typeof following.value === 'number') && count % 2 === 1) {
      const negative: Token = { ...following, value: -following.value, at: token.at };
      return this.member(negative);
    }
    const operand = this.member();
    if (count % 2 === 0) return operand;
    return { kind: 'call', at: token.at, name: token.kind === '!' ? '!_' : '-_', target: undefined, args: [operand] };
  }

  private member(literal?: Token): Expression {
    let expression = this.primary(literal);
    for (;;) {
      const token = this.peek();
      if (token.kind === '.' || token.kind === '.?') {
        this.next();
        expression = this.afterDot(expression, token);
      } else if (token.kind === '[' || token.kind === '[?') {
        this.next();
        const index = this.ternary();
        this.expect(']', "']'");
        expression = { kind: 'call', at: token.at, name: token.kind === '[' ? '_[_]' : '_[?_]', target: undefined, args: [expression, index] };
      } else if (token.kind === '{' || token.kind === '{?') {
        const name = qualifiedName(expression);
        if (name === undefined) return expression;
        this.next();
        expression = { kind: 'object', at: token.at, name, fields: this.objectFields(token.kind === '{?') };
      } else return expression;
    }
  }

  private afterDot(of: Expression, dot: Token): Expression {
    const name = this.peek();
    if (name.kind === 'quoted name') {
      this.next();
      return { kind: 'select', at: dot.at, of, field: name.text.slice(1, -1), test: false, optional: dot.kind === '.?' };
    }
    if (name.kind !== 'name') this.fail(name, name.kind === 'end' ? "Syntax error: no viable alternative at input '.'" : `Syntax error: no viable alternative at input '.${name.text}'`);
    this.next();
    const open = dot.kind === '.' ? this.accept('(') : undefined;
    if (open === undefined) return { kind: 'select', at: dot.at, of, field: name.text, test: false, optional: dot.kind === '.?' };
    const args = this.list(')', "')'");
    return this.memberMacro(of, name, open, args) ?? { kind: 'call', at: open.at, name: name.text, target: of, args };
  }

  private memberMacro(of: Expression, name: Token, open: Token, args: readonly Expression[]): Expression | undefined {
    if (name.text === 'bind' && of.kind === 'name' && of.name === 'cel' && args.length === 3) {
      const variable = args[0] as Expression;
      if (variable.kind !== 'name') this.fail({ ...open, at: variable.at }, 'cel.bind() variable names must be simple identifiers');
      return { kind: 'macro', at: open.at, name: 'bind', range: args[1] as Expression, variables: [variable.name], steps: [args[2] as Expression] };
    }
    if (name.text === 'sortBy' && args.length === 2 && of.kind !== 'literal' && of.kind !== 'map' && of.kind !== 'object') {
      const [variable, key] = args as [Expression, Expression];
      if (variable.kind !== 'name') this.fail({ ...open, at: variable.at }, 'argument is not an identifier');
      const input: Expression = { kind: 'name', at: open.at, name: '@__sortBy_input__' };
      const keys: Expression = { kind: 'macro', at: open.at, name: 'map', range: input, variables: [variable.name], steps: [key] };
      return { kind: 'macro', at: open.at, name: 'bind', range: of, variables: [input.name], steps: [{ kind: 'call', at: open.at, name: '@sortByAssociatedKeys', target: input, args: [keys] }] };
    }
    const forms = Object.hasOwn(macros, name.text) ? macros[name.text] : undefined;
    const chosen = forms?.find(([, variables, steps]) => variables + steps === args.length);
    if (chosen === undefined) return undefined;
    const [macro, count, steps] = chosen;
    const variables: string[] = [];
    for (const each of args.slice(0, count)) {
      if (each.kind !== 'name') this.fail({ ...open, at: each.at }, macro.startsWith('opt') ? `${macro}() variable name must be a simple identifier` : 'argument must be a simple name');
      variables.push(each.name);
    }
    return { kind: 'macro', at: open.at, name: macro, range: of, variables, steps: args.slice(count, count + steps) };
  }

  private primary(literal?: Token): Expression {
    const token = literal ?? this.peek();
    if (literal !== undefined) this.next();
    if (token.kind === 'literal') {
      if (literal === undefined) this.next();
      if (typeof token.value === 'bigint' && token.value > (1n << 63n) - 1n) this.fail(token, 'invalid int literal');
      return { kind: 'literal', at: token.at, value: token.value ?? null, type: token.type ?? nullType };
    }
    switch (token.kind) {
      case '(': {
        this.next();
        const inner = this.ternary();
        this.expect(')', "')'");
        return inner;
      }
      case '[':
      case '[?':
        this.next();
        return { kind: 'list', at: token.at, items: this.listItems(token.kind === '[?') };
      case '{':
      case '{?':
        this.next();
        return { kind: 'map', at: token.at, entries: this.mapEntries(token.kind === '{?') };
      case '.':
        this.next();
        return this.named(this.expect('name', 'IDENTIFIER'));
      case 'name':
        this.next();
        return this.named(token);
      default:
        return this.fail(token, `Syntax error: mismatched input '${token.text}' expecting ${operandStart}`);
    }
  }

  private named(token: Token): Expression {
    const { text, at } = token;
    if (text === 'true' || text === 'false') return { kind: 'literal', at, value: text === 'true', type: bool };
    if (text === 'null') return { kind: 'literal', at, value: null, type: nullType };
    if (reserved.has(text)) this.fail(token, text === 'in' ? `Syntax error: mismatched input 'in' expecting ${operandStart}` : `reserved identifier: ${text}`);
    const open = this.accept('(');
    if (open === undefined) return { kind: 'name', at, name: text };
    const args = this.list(')', "')'");
    if (text !== 'has' || args.length !== 1) return { kind: 'call', at: open.at, name: text, target: undefined, args };
    const field = args[0] as Expression;
    if (field.kind !== 'select') this.fail({ ...open, at: field.at }, 'invalid argument to has() macro');
    return { ...field, at: open.at, test: true };
  }

  private list(end: string, name: string): readonly Expression[] {
    const items: Expression[] = [];
    if (this.accept(end) !== undefined) return items;
    do items.push(this.ternary());
    while (this.accept(',') !== undefined);
    this.expect(end, `{${name}, ','}`);
    return items;
  }

  private listItems(firstOptional: boolean): readonly ListItem[] {
    const items: ListItem[] = [];
    let optional = firstOptional;
    while (this.peek().kind !== ']') {
      if (this.accept('?') !== undefined) optional = true;
      items.push({ value: this.ternary(), optional });
      optional = false;
      if (this.accept(',') === undefined) break;
    }
    this.expect(']', "{']', ','}");
    return items;
  }

  private mapEntries(firstOptional: boolean): readonly MapEntry[] {
    const entries: MapEntry[] = [];
    let optional = firstOptional;
    while (this.peek().kind !== '}') {
      if (this.accept('?') !== undefined) optional = true;
      const key = this.ternary();
      const { at } = this.expect(':', "':'");
      entries.push({ at, key, value: this.ternary(), optional });
      optional = false;
      if (this.accept(',') === undefined) break;
    }
    this.expect('}', "{'}', ','}");
    return entries;
  }

  private objectFields(firstOptional: boolean): readonly ObjectField[] {
    const fields: ObjectField[] = [];
    let optional = firstOptional;
    while (this.peek().kind !== '}') {
      if (this.accept('?') !== undefined) optional = true;
      const quoted = this.accept('quoted name');
      const name = quoted === undefined ? this.expect('name', 'IDENTIFIER').text : quoted.text.slice(1, -1);
      const { at } = this.expect(':', "':'");
      fields.push({ at, name, value: this.ternary(), optional });
      optional = false;
      if (this.accept(',') === undefined) break;
    }
    this.expect('}', "{'}', ','}");
    return fields;
  }
}
