// The functions of a module that could live in another file: those that see only the module's own scope, and those within another function
// that see nothing of it but names which are given a value once.
import { parseSync } from 'vite';

/** A node of the syntax tree, as far as it is looked at here. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Movable {
  /** What is cut out of the text: the function, or the whole member when it is a method. */
  readonly start: number;
  readonly end: number;
  readonly node: Node;
  readonly form: 'declaration' | 'arrow' | 'function' | 'method';
  /** The member around a method. */
  readonly member?: Node;
  /** Of a function within another: the names it sees of those around it, which its stub must pass. */
  readonly captured?: readonly string[];
}

export function parseModule(path: string, code: string): Node {
  const { program, errors } = parseSync(path, code, { lang: 'js', sourceType: 'module' });
  const first = errors[0];
  if (first !== undefined) throw new Error(`${path}: ${first.message}`);
  return program as unknown as Node;
}

export function childrenOf(node: Node): Node[] {
  const found: Node[] = [];
  for (const key of Object.keys(node)) {
    const value = node[key];
    for (const each of Array.isArray(value) ? value : [value]) if (each !== null && typeof each === 'object' && typeof (each as Node).type === 'string') found.push(each as Node);
  }
  return found;
}

/** Names that the code under a node mentions, whoever they belong to: more than it needs does no harm. */
export function namesIn(node: Node, found = new Set<string>()): Set<string> {
  if (node.type === 'Identifier') found.add(node['name'] as string);
  const isKeyed = node.type === 'Property' || node.type === 'MethodDefinition' || node.type === 'PropertyDefinition';
  for (const child of childrenOf(node)) {
    if (node['computed'] !== true && node.type === 'MemberExpression' && child === node['property']) continue;
    if (node['computed'] !== true && isKeyed && node['shorthand'] !== true && child === node['key']) continue;
    namesIn(child, found);
  }
  return found;
}

/** Names that the code under a node gives a new value; a property of what a name stands for is another matter. */
function namesAssigned(node: Node, found = new Set<string>()): Set<string> {
  const target = node.type === 'AssignmentExpression' || node.type === 'ForInStatement' || node.type === 'ForOfStatement' ? node['left'] : node.type === 'UpdateExpression' ? node['argument'] : undefined;
  if (target !== undefined && (target as Node).type !== 'MemberExpression' && (target as Node).type !== 'VariableDeclaration') namesIn(target as Node, found);
  for (const child of childrenOf(node)) namesAssigned(child, found);
  return found;
}

function contains(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || childrenOf(node).some((child) => contains(child, test));
}

/** Whether a function means the same in another file. */
function canMove(node: Node, form: Movable['form'], own: ReadonlySet<string>): boolean {
  if (contains(node, (each) => each.type === 'Super' || each.type === 'MetaProperty' || each.type === 'PrivateIdentifier' || each.type === 'AwaitExpression' || each.type === 'ImportExpression')) return false;
  if (form === 'arrow' && contains(node, (each) => each.type === 'ThisExpression' || (each.type === 'Identifier' && each['name'] === 'arguments'))) return false;
  for (const name of namesAssigned(node)) if (own.has(name)) return false;
  return true;
}

/** The surroundings of a function within others: names it can see of them, and those of them that are given another value somewhere. */
interface Surroundings {
  readonly visible: ReadonlySet<string>;
  readonly assigned: ReadonlySet<string>;
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Names that a node brings into the scope of what is under it. */
function scopeOf(node: Node): readonly string[] {
  if (functionTypes.has(node.type)) return (node['params'] as readonly Node[]).flatMap((each) => [...namesIn(each)]);
  switch (node.type) {
    case 'BlockStatement':
      return (node['body'] as readonly Node[]).flatMap(declaredIn);
    case 'SwitchStatement':
      return (node['cases'] as readonly Node[]).flatMap((each) => (each['consequent'] as readonly Node[]).flatMap(declaredIn));
    case 'ForStatement':
      return node['init'] === null ? [] : declaredIn(node['init'] as Node);
    case 'ForInStatement':
    case 'ForOfStatement':
      return declaredIn(node['left'] as Node);
    case 'CatchClause':
      return node['param'] === null ? [] : [...namesIn(node['param'] as Node)];
    default:
      return [];
  }
}

function declaredIn(statement: Node): readonly string[] {
  if (statement.type === 'VariableDeclaration') return (statement['declarations'] as readonly Node[]).flatMap((each) => [...namesIn(each['id'] as Node)]);
  return statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration' ? [(statement['id'] as Node)['name'] as string] : [];
}

/** In the order of the text, so that a function has the same number whenever the same text is read. `own` are the names of the module's own scope. */
export function findMovable(program: Node, own: ReadonlySet<string>): readonly Movable[] {
  const found: Movable[] = [];
  const take = (node: Node, form: Movable['form'], around: Surroundings | undefined, member?: Node): void => {
    const whole = member ?? node;
    const captured = around === undefined ? undefined : [...namesIn(node)].filter((name) => around.visible.has(name));
    const isFixed = captured === undefined || !captured.some((name) => around?.assigned.has(name));
    if (isFixed && canMove(node, form, own)) found.push({ start: whole.start, end: whole.end, node, form, ...(member === undefined ? {} : { member }), ...(captured === undefined ? {} : { captured }) });
    visitUnder(node, around ?? { visible: new Set(), assigned: namesAssigned(node) });
  };
  const visitUnder = (node: Node, around: Surroundings | undefined): void => {
    const names = around === undefined ? [] : scopeOf(node);
    const inner = around === undefined || names.length === 0 ? around : { ...around, visible: new Set([...around.visible, ...names]) };
    for (const child of childrenOf(node)) visit(child, inner);
  };
  const visit = (node: Node, around: Surroundings | undefined): void => {
    switch (node.type) {
      case 'FunctionDeclaration':
        return take(node, 'declaration', around);
      case 'FunctionExpression':
        return take(node, 'function', around);
      case 'ArrowFunctionExpression':
        return take(node, 'arrow', around);
      case 'MethodDefinition':
        if (node['computed'] === true || node['kind'] === 'constructor') return;
        return take(node['value'] as Node, 'method', around, node);
      case 'Property':
        if (node['computed'] !== true && (node['method'] === true || node['kind'] === 'get' || node['kind'] === 'set')) return take(node['value'] as Node, 'method', around, node);
        break;
      // What is in an initialiser of a field sees the instance.
      case 'PropertyDefinition':
      case 'StaticBlock':
        return;
    }
    visitUnder(node, around);
  };
  visit(program, undefined);
  return found;
}
