// One module of the simulation as text, and its two halves: what a cluster runs by itself, and what it runs only after somebody did something.
import { transformSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findMovable, namesIn, parseModule, type Movable, type Node } from './functions.ts';

interface Import {
  readonly node: Node;
  /** As it is written, or the path of a file of ours. */
  readonly source: string;
  readonly isOurs: boolean;
  /** Local name to the text of its specifier; empty for an import for its effect. */
  readonly locals: ReadonlyMap<string, string>;
}

export interface Halves {
  readonly hot: string;
  /** undefined when nothing was taken out. Its `cold$` are the functions in the order of their numbers. */
  readonly cold: string | undefined;
  /** Files that the hot half still imports. */
  readonly needs: readonly string[];
}

/** Shorter functions cost as much as what would stand in their place. */
const leastLength = 50;
/** Of a class's method nothing stays but its name. */
const leastMethodLength = 24;

/** One within another function costs more: its stub passes what it sees, and both files name that. */
function leastLengthOf({ captured, member }: Movable): number {
  if (captured === undefined && member?.type === 'MethodDefinition') return leastMethodLength;
  return captured === undefined ? leastLength : leastLength + 140 + captured.join().length;
}

export class ModuleText {
  readonly path: string;
  readonly code: string;
  readonly movable: readonly Movable[];
  readonly imports: readonly Import[];
  private readonly program: Node;
  private readonly own: ReadonlySet<string>;

  constructor(path: string) {
    this.path = path;
    const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', target: 'es2023', sourcefile: path, tsconfigRaw: { compilerOptions: { target: 'ES2023', verbatimModuleSyntax: true } } });
    this.code = code;
    this.program = parseModule(path, code);
    this.imports = this.body.filter((node) => node.type === 'ImportDeclaration').map((node) => readImport(node, path, code));
    this.own = new Set([...this.body.flatMap(declaredBy), ...this.imports.flatMap(({ locals }) => [...locals.keys()])]);
    this.movable = findMovable(this.program, this.own);
  }

  private get body(): readonly Node[] {
    return this.program['body'] as readonly Node[];
  }

  /** Files of ours that it imports or exports from. */
  get dependencies(): readonly string[] {
    return [...this.imports.filter(({ isOurs }) => isOurs).map(({ source }) => source), ...this.reexported];
  }
  private get reexported(): readonly string[] {
    return this.body.flatMap((node) => {
      const source = (node['source'] as Node | null | undefined)?.['value'] as string | undefined;
      return node.type === 'ImportDeclaration' || source === undefined || !source.startsWith('.') ? [] : [resolve(dirname(this.path), source)];
    });
  }

  /** The module with a call at the start of each of its functions. */
  counting(hit: string, first: number): string {
    const edits: Edit[] = this.movable.flatMap(({ node }, index) => {
      const body = node['body'] as Node;
      const call = `${hit}(${first + index})`;
      if (body.type === 'BlockStatement') return { start: body.start + 1, end: body.start + 1, text: `${call};` };
      return [
        { start: body.start, end: body.start, text: `(${call},` },
        { start: body.end, end: body.end, text: ')' },
      ];
    });
    return apply(this.code, edits);
  }

  /** `isRun` says of the functions by their number which were seen to run; `first` numbers those that go. */
  split(isRun: (index: number) => boolean, first: number): Halves & { readonly taken: number } {
    const rare = this.movable.filter((each, index) => !isRun(index) && each.end - each.start >= leastLengthOf(each));
    const taken = rare.filter((each) => !rare.some((other) => other !== each && other.start <= each.start && each.end <= other.end));
    const wholes = this.movableWholes(taken);
    const inWhole = (node: { readonly start: number; readonly end: number }) => wholes.some((whole) => whole.start <= node.start && node.end <= whole.end);
    const put = this.classesWith(taken.filter((each) => !inWhole(each)));
    const isPut = new Set(put.flatMap(({ methods }) => methods));
    // Those of a class have numbers one after the other.
    const stubbed = [...isPut, ...taken.filter((each) => !inWhole(each) && !isPut.has(each))];
    const cut = [...wholes, ...stubbed];
    if (cut.length === 0) return { hot: this.code, cold: undefined, needs: this.dependencies, taken: 0 };

    const hotNames = this.namesOutside(cut);
    const edits: Edit[] = [
      ...wholes.map(({ start, end }) => ({ start, end, text: '' })),
      ...stubbed.map((each, index) => ({ start: each.start, end: each.end, text: isPut.has(each) ? '' : this.stub(each, first + index) })),
      ...put.map(({ name, end, methods }) => ({ start: end, end, text: `\nput$(${name},${first + stubbed.indexOf(methods[0] as Movable)},"${methods.map(nameOf).join(' ')}");` })),
    ];
    const needs = [...this.reexported];
    for (const each of this.imports) {
      const kept = [...each.locals].filter(([local]) => hotNames.has(local));
      if (kept.length > 0 || each.locals.size === 0) {
        if (each.isOurs) needs.push(each.source);
        if (kept.length < each.locals.size) edits.push({ start: each.node.start, end: each.node.end, text: importText(kept.map(([, text]) => text), each.source) });
      } else edits.push({ start: each.node.start, end: each.node.end, text: '' });
    }

    const coldNames = new Set<string>();
    for (const { node } of stubbed) namesIn(node, coldNames);
    for (const whole of wholes) namesIn(whole, coldNames);
    const declared = new Set([...wholes.flatMap(declaredBy), ...stubbed.filter(isOwnDeclaration).map(({ node }) => (node['id'] as Node)['name'] as string)]);
    const lent = [...this.own].filter((name) => coldNames.has(name) && !declared.has(name) && !this.imports.some(({ locals }) => locals.has(name)));
    const lines: string[] = [];
    for (const each of this.imports) {
      const used = [...each.locals].filter(([local]) => coldNames.has(local));
      if (used.length > 0) lines.push(importText(used.map(([, text]) => text), each.source));
    }
    if (lent.length > 0) lines.push(importText(lent.map((name) => `${name}$ as ${name}`), this.path));
    for (const whole of wholes) lines.push(this.code.slice(whole.start, whole.end));
    const members = stubbed.map((each, index) => {
      const name = isOwnDeclaration(each) ? ((each.node['id'] as Node)['name'] as string) : `$${index}`;
      lines.push(this.moved(each, name));
      return name;
    });
    lines.push(`export const cold$ = [${members.join(',')}];`);
    const lending = lent.length === 0 ? '' : `\nexport { ${lent.map((name) => `${name} as ${name}$`).join(', ')} };`;
    const registry = stubbed.length === 0 ? '' : `import { cold$, go$, put$ } from "virtual:cold";\n`;
    return { hot: `${registry}${apply(this.code, edits)}${lending}\n`, cold: lines.join('\n'), needs, taken: stubbed.length };
  }

  /** Classes of the module with methods that go: those are put there by name, which weighs less than a stub for each. */
  private classesWith(taken: readonly Movable[]): readonly { readonly name: string; readonly end: number; readonly methods: readonly Movable[] }[] {
    return this.body.flatMap((statement) => {
      const node = statement.type === 'ExportNamedDeclaration' ? (statement['declaration'] as Node | null) : statement;
      if (node?.type !== 'ClassDeclaration') return [];
      const members = (node['body'] as Node)['body'] as readonly Node[];
      const methods = taken.filter(({ member }) => member !== undefined && members.includes(member) && member['kind'] === 'method' && member['static'] !== true && (member['key'] as Node).type === 'Identifier');
      return methods.length === 0 ? [] : [{ name: (node['id'] as Node)['name'] as string, end: statement.end, methods }];
    });
  }

  /** Statements that nothing but what goes mentions: they go as they are. */
  private movableWholes(taken: readonly Movable[]): readonly Node[] {
    const exported = new Set(this.body.filter((node) => node.type === 'ExportNamedDeclaration' && node['declaration'] === null).flatMap((node) => (node['specifiers'] as readonly Node[]).map((each) => (each['local'] as Node)['name'] as string)));
    const wholes: Node[] = [];
    for (let grew = true; grew; ) {
      grew = false;
      for (const node of this.body) {
        if (wholes.includes(node) || !isStill(node)) continue;
        const names = declaredBy(node);
        if (names.some((name) => exported.has(name))) continue;
        const outside = this.namesOutside([...wholes, ...taken, node]);
        if (names.some((name) => outside.has(name))) continue;
        // What runs stays, whoever mentions it.
        const inTaken = (each: Movable) => taken.some((other) => other.start <= each.start && each.end <= other.end);
        if (this.movable.some((each) => node.start <= each.start && each.end <= node.end && !inTaken(each) && each.end - each.start >= leastLength)) continue;
        wholes.push(node);
        grew = true;
      }
    }
    return wholes.toSorted((a, b) => a.start - b.start);
  }

  private namesOutside(cut: readonly { readonly start: number; readonly end: number }[]): ReadonlySet<string> {
    const found = new Set<string>();
    const visit = (node: Node): void => {
      if (node.type === 'ImportDeclaration' || cut.some((each) => each.start <= node.start && node.end <= each.end)) return;
      const inside = cut.some((each) => node.start <= each.start && each.end <= node.end);
      if (!inside) {
        namesIn(node, found);
        return;
      }
      for (const key of Object.keys(node)) {
        const value = node[key];
        for (const each of Array.isArray(value) ? value : [value]) if (each !== null && typeof each === 'object' && typeof (each as Node).type === 'string') visit(each as Node);
      }
    };
    visit(this.program);
    return found;
  }

  /** There are a thousand of them: the same words in each weigh least. */
  private stub({ node, form, member, captured }: Movable, number: number): string {
    if (captured === undefined && form !== 'arrow') {
      const body = `{return go$(this,arguments,${number})}`;
      if (form === 'method') return isSetter(member) ? `${this.headOf(member as Node)}($0)${body}` : `${this.headOf(member as Node)}()${body}`;
      return `function ${form === 'declaration' ? ((node['id'] as Node)['name'] as string) : ''}()${body}`;
    }
    const params = node['params'] as readonly Node[];
    const text = this.code.slice(node.start, node.end);
    const isPlain = params.every(({ type }) => type !== 'RestElement') && !/\barguments\b/.test(text);
    const names = isPlain ? params.map((_, index) => `$${index}`).join(',') : '...$';
    const call = captured === undefined ? `cold$[${number}]` : `cold$[${number}](${captured.join(',')})`;
    switch (form) {
      case 'arrow':
        return captured === undefined ? `((...$)=>go$(0,$,${number}))` : `((${names})=>${call}(${names}))`;
      case 'declaration':
        return `function ${(node['id'] as Node)['name'] as string}(${names}){return ${call}(${names})}`;
      case 'function':
        return `function(${names}){return ${call}.call(this${names === '' ? '' : `,${names}`})}`;
      case 'method':
        return `${this.headOf(member as Node)}(${names}){return ${call}.call(this${names === '' ? '' : `,${names}`})}`;
    }
  }

  private headOf(member: Node): string {
    const { kind, static: isStatic, key } = member as Node & { readonly kind: string; readonly static?: boolean; readonly key: Node };
    return `${isStatic === true ? 'static ' : ''}${kind === 'get' || kind === 'set' ? `${kind} ` : ''}${this.code.slice(key.start, key.end)}`;
  }

  /** A function within another becomes one that is given what it sees of its surroundings, and gives the function. */
  private moved({ node, form, captured }: Movable, name: string): string {
    const text = this.code.slice(node.start, node.end);
    const expression = form === 'method' ? `function${node['generator'] === true ? '*' : ''}${text}` : text;
    if (captured !== undefined) return `const ${name} = (${captured.join(',')}) => (${expression});`;
    return form === 'declaration' ? text : `const ${name} = ${expression};`;
  }
}

const nameOf = ({ member }: Movable): string => (member?.['key'] as Node)['name'] as string;

const isSetter = (member: Node | undefined): boolean => member?.['kind'] === 'set';

/** A function of the module, which others of it call by its name. */
function isOwnDeclaration({ form, captured }: Movable): boolean {
  return form === 'declaration' && captured === undefined;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function apply(code: string, edits: readonly Edit[]): string {
  let text = '';
  let at = 0;
  for (const { start, end, text: next } of edits.toSorted((a, b) => a.start - b.start)) {
    text += code.slice(at, start) + next;
    at = end;
  }
  return text + code.slice(at);
}

function readImport(node: Node, path: string, code: string): Import {
  const written = (node['source'] as Node)['value'] as string;
  const isOurs = written.startsWith('.');
  const locals = new Map<string, string>();
  for (const each of node['specifiers'] as readonly Node[]) {
    const local = (each['local'] as Node)['name'] as string;
    const text = code.slice(each.start, each.end);
    locals.set(local, each.type === 'ImportDefaultSpecifier' ? `default as ${text}` : text);
  }
  return { node, source: isOurs ? resolve(dirname(path), written) : written, isOurs, locals };
}

function importText(specifiers: readonly string[], source: string): string {
  const star = specifiers.find((each) => each.startsWith('*'));
  return star === undefined ? `import { ${specifiers.join(', ')} } from ${JSON.stringify(source)};` : `import ${star} from ${JSON.stringify(source)};`;
}

function declaredBy(node: Node): readonly string[] {
  switch (node.type) {
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return node['declaration'] === null ? [] : declaredBy(node['declaration'] as Node);
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return node['id'] === null ? [] : [(node['id'] as Node)['name'] as string];
    case 'VariableDeclaration':
      return (node['declarations'] as readonly Node[]).flatMap((each) => [...namesIn(each['id'] as Node)]);
    default:
      return [];
  }
}

/** A declaration of the module alone, whose making has no effect that anybody could see. */
function isStill(node: Node): boolean {
  if (node.type === 'FunctionDeclaration') return true;
  if (node.type === 'ClassDeclaration') return node['superClass'] === null && ((node['body'] as Node)['body'] as readonly Node[]).every((each) => each.type === 'MethodDefinition' || (each.type === 'PropertyDefinition' && each['static'] !== true));
  if (node.type !== 'VariableDeclaration' || node['kind'] !== 'const') return false;
  return (node['declarations'] as readonly Node[]).every((each) => (each['id'] as Node).type === 'Identifier' && each['init'] !== null && isPure(each['init'] as Node));
}

const pureMakers = new Set(['Map', 'Set', 'RegExp']);

function isPure(node: Node): boolean {
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return true;
    case 'TemplateLiteral':
    case 'ArrayExpression':
    case 'ObjectExpression':
    case 'UnaryExpression':
    case 'BinaryExpression':
    case 'ParenthesizedExpression':
      return childrenOfValue(node).every(isPure);
    case 'TemplateElement':
      return true;
    case 'Property':
      return node['computed'] !== true && isPure(node['value'] as Node);
    case 'SpreadElement':
      return isPure(node['argument'] as Node);
    case 'NewExpression':
      return (node['callee'] as Node).type === 'Identifier' && pureMakers.has((node['callee'] as Node)['name'] as string) && (node['arguments'] as readonly Node[]).every(isPure);
    default:
      return false;
  }
}

function childrenOfValue(node: Node): readonly Node[] {
  return ['elements', 'properties', 'expressions', 'argument', 'left', 'right', 'expression'].flatMap((key) => {
    const value = node[key];
    return (Array.isArray(value) ? value : [value]).filter((each): each is Node => each !== null && typeof each === 'object' && typeof (each as Node).type === 'string');
  });
}
