// Is there an order of the operations, each at some moment between its call and its return, in which one register alone would have answered so?
// The search of Wing & Gong with Lowe's memory of what was tried, as Porcupine does it. Objects are independent of each other, so each is
// judged alone. Pure.

/** One Kubernetes object as a register: absent (null) or a value. No value is ever written twice. */
export type RegisterCall =
  | { readonly op: 'read' }
  | { readonly op: 'create'; readonly value: string }
  /** An update with the resource version of `expect`. */
  | { readonly op: 'swap'; readonly expect: string; readonly value: string }
  /** A patch without a resource version. */
  | { readonly op: 'set'; readonly value: string }
  /** A deletion with the resource version of `expect`. */
  | { readonly op: 'delete'; readonly expect: string };

export type RegisterAnswer =
  | { readonly value: string | null }
  | { readonly done: true }
  /** AlreadyExists, Conflict, NotFound. */
  | { readonly refused: 'exists' | 'conflict' | 'absent' }
  /** No answer: it may have happened, or may happen at any later time, or never. */
  | 'unknown';

export interface Operation {
  readonly call: RegisterCall;
  readonly answer: RegisterAnswer;
  readonly calledMs: number;
  /** Infinity when there was no answer. */
  readonly returnedMs: number;
}

type State = string | null;

/** The state after the operation, or undefined when a register in this state would not have answered so. */
export function stepRegister(state: State, { call, answer }: Pick<Operation, 'call' | 'answer'>): State | undefined {
  const next = effect(state, call);
  if (answer === 'unknown') return typeof next === 'object' && next !== null && 'refused' in next ? state : (next as State);
  if (call.op === 'read') return 'value' in answer && answer.value === state ? state : undefined;
  if (typeof next === 'object' && next !== null) return 'refused' in answer && answer.refused === next.refused ? state : undefined;
  return 'done' in answer ? next : undefined;
}

function effect(state: State, call: RegisterCall): State | { readonly refused: 'exists' | 'conflict' | 'absent' } {
  switch (call.op) {
    case 'read':
      return state;
    case 'create':
      return state === null ? call.value : { refused: 'exists' };
    case 'swap':
    case 'delete':
      if (state === null) return { refused: 'absent' };
      if (state !== call.expect) return { refused: 'conflict' };
      return call.op === 'swap' ? call.value : null;
    case 'set':
      return state === null ? { refused: 'absent' } : call.value;
  }
}

interface Node {
  readonly operation: Operation;
  /** Place of the operation in the history. */
  readonly id: number;
  /** The return of this call; undefined for a return. */
  match: Node | undefined;
  before: Node | undefined;
  after: Node | undefined;
}

/** Steps after which a search gives up: right histories of a run take hundreds, wrong ones with many lost answers take more than memory holds. */
const mostSteps = 500_000;

/**
 * Whether the history of one register, which begins in `initial`, is linearisable; not `ok`, too, when nothing was found in `mostSteps`, since what
 * can't be shown to be right is to be looked at. `explored`: steps of the search, to know what it cost. `stored`: values that the store is known to have
 * held; they only decide what is tried first, and an order that is found holds whatever they are.
 */
export function checkLinearizable(history: readonly Operation[], initial: State = null, stored: ReadonlySet<string> = new Set()): { readonly ok: boolean; readonly explored: number } {
  // Of what never answered, most never happened: it is first tried without those whose values nobody ever met, then with all.
  const met = new Set(stored);
  for (const { call, answer } of history) {
    if (typeof answer === 'object' && 'value' in answer && answer.value !== null) met.add(answer.value);
    if ('expect' in call) met.add(call.expect);
  }
  const likely = history.filter(({ call, answer }) => answer !== 'unknown' || (call.op !== 'read' && (call.op === 'delete' || met.has(call.value))));
  const first = search(likely, initial);
  if (first.ok || likely.length === history.length) return first;
  const second = search(history.filter(({ call, answer }) => answer !== 'unknown' || call.op !== 'read'), initial);
  return { ok: second.ok, explored: first.explored + second.explored };
}

function search(history: readonly Operation[], initial: State): { readonly ok: boolean; readonly explored: number } {
  const head = link(history);
  const done = new Uint32Array((history.length + 31) >> 5);
  const tried = new Set<string>();
  const stack: { readonly node: Node; readonly state: State }[] = [];
  let state = initial;
  let explored = 0;
  let mustReturn = history.filter((each) => each.returnedMs !== Infinity).length;
  let node = head.after;
  while (mustReturn > 0) {
    if (++explored > mostSteps) return { ok: false, explored };
    if (node !== undefined && node.match !== undefined) {
      const next = stepRegister(state, node.operation);
      if (next !== undefined) {
        done[node.id >> 5] = (done[node.id >> 5] as number) | (1 << (node.id & 31));
        const key = `${done.join()} ${next ?? ''}`;
        if (!tried.has(key)) {
          tried.add(key);
          stack.push({ node, state });
          state = next;
          lift(node);
          if (node.operation.returnedMs !== Infinity) mustReturn--;
          node = head.after;
          continue;
        }
        done[node.id >> 5] = (done[node.id >> 5] as number) & ~(1 << (node.id & 31));
      }
      node = node.after;
      continue;
    }
    // A return whose call was not placed yet, or the end: something before must go elsewhere.
    const back = stack.pop();
    if (back === undefined) return { ok: false, explored };
    state = back.state;
    done[back.node.id >> 5] = (done[back.node.id >> 5] as number) & ~(1 << (back.node.id & 31));
    unlift(back.node);
    if (back.node.operation.returnedMs !== Infinity) mustReturn++;
    node = back.node.after;
  }
  return { ok: true, explored };
}

/** Calls and returns in the order of time, as a list that takes single ones out and in again. What never answered returns after everything. */
function link(history: readonly Operation[]): Node {
  const marks: { readonly atMs: number; readonly isReturn: boolean; readonly node: Node }[] = [];
  history.forEach((operation, id) => {
    const back: Node = { operation, id, match: undefined, before: undefined, after: undefined };
    const call: Node = { operation, id, match: back, before: undefined, after: undefined };
    marks.push({ atMs: operation.calledMs, isReturn: false, node: call }, { atMs: operation.returnedMs, isReturn: true, node: back });
  });
  // At one moment calls come first: what cannot be told apart may have overlapped.
  marks.sort((a, b) => (a.atMs === b.atMs ? Number(a.isReturn) - Number(b.isReturn) || a.node.id - b.node.id : a.atMs < b.atMs ? -1 : 1));
  const head: Node = { operation: history[0] as Operation, id: -1, match: undefined, before: undefined, after: undefined };
  let last = head;
  for (const { node } of marks) {
    last.after = node;
    node.before = last;
    last = node;
  }
  return head;
}

function lift(call: Node): void {
  takeOut(call);
  takeOut(call.match as Node);
}
function unlift(call: Node): void {
  putBack(call.match as Node);
  putBack(call);
}
function takeOut(node: Node): void {
  (node.before as Node).after = node.after;
  if (node.after !== undefined) node.after.before = node.before;
}
function putBack(node: Node): void {
  (node.before as Node).after = node;
  if (node.after !== undefined) node.after.before = node;
}
