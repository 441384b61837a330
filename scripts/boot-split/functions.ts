// The functions of a module that could live in another file: those no other function surrounds, so that all they see is the module's own scope.
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
  if (target !== undefined && (target as Node).type !== 'MemberExpression') namesIn(target as Node, found);
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

/** In the order of the text, so that a function has the same number whenever the same text is read. `own` are the names of the module's own scope. */
export function findMovable(program: Node, own: ReadonlySet<string>): readonly Movable[] {
  const found: Movable[] = [];
  const take = (node: Node, form: Movable['form'], member?: Node): void => {
    const whole = member ?? node;
    if (canMove(node, form, own)) found.push({ start: whole.start, end: whole.end, node, form, ...(member === undefined ? {} : { member }) });
  };
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'FunctionDeclaration':
        return take(node, 'declaration');
      case 'FunctionExpression':
        return take(node, 'function');
      case 'ArrowFunctionExpression':
        return take(node, 'arrow');
      case 'MethodDefinition':
        if (node['computed'] === true || node['kind'] === 'constructor') return;
        return take(node['value'] as Node, 'method', node);
      case 'Property':
        if (node['computed'] !== true && (node['method'] === true || node['kind'] === 'get' || node['kind'] === 'set')) return take(node['value'] as Node, 'method', node);
        break;
      // What is in an initialiser of a field sees the instance.
      case 'PropertyDefinition':
      case 'StaticBlock':
        return;
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);
  return found;
}
