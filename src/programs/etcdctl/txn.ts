// txn: conditions and two lists of requests from standard input, done as one.
import { parseFlags } from '../../client/flags.ts';
import type { Task } from '../../kernel/task.ts';
import type { Compare, RequestOp, TxnRequest, TxnResponse } from '../../wire/etcd-rpc.ts';
import { deleteRequest, getRequest, printDelete, printGet, printPut, putRequest } from './keys.ts';
import { booleans, Failure, type Session } from './session.ts';
import { jsonHeader } from './values.ts';

export function* txn(session: Session): Task<void> {
  if (session.args.length > 0) throw new Failure('txn command does not accept argument', 128);
  const isInteractive = session.flags.bool('interactive');
  const lines = new Lines(session);
  const prompt = (text: string): void => {
    if (isInteractive) session.print(`${text}\n`);
  };
  prompt('compares:');
  const compare = (yield* lines.block()).map(parseCompare);
  prompt('success requests (get, put, del):');
  const success = (yield* lines.block()).map(parseOp);
  prompt('failure requests (get, put, del):');
  const failure = (yield* lines.block()).map(parseOp);
  print(session, yield* session.call<TxnResponse>('KV/Txn', { compare, success, failure } satisfies TxnRequest));
}

/** Standard input in blocks that an empty line ends. */
class Lines {
  private readonly session: Session;
  private rest = '';
  private ended = false;

  constructor(session: Session) {
    this.session = session;
  }

  *block(): Task<string[]> {
    const block: string[] = [];
    for (;;) {
      const line = (yield* this.line()).trim();
      if (line === '') return block;
      block.push(line);
    }
  }

  private *line(): Task<string> {
    while (!this.rest.includes('\n') && !this.ended) {
      const chunk = yield* this.session.host.input.read();
      if (chunk === undefined) this.ended = true;
      else this.rest += chunk;
    }
    const end = this.rest.indexOf('\n');
    if (end < 0) {
      // The last block may end with the input instead of an empty line.
      const last = this.rest;
      this.rest = '';
      return last;
    }
    const line = this.rest.slice(0, end);
    this.rest = this.rest.slice(end + 1);
    return line;
  }
}

const targets: Readonly<Record<string, Compare['target']>> = { ver: 'VERSION', version: 'VERSION', c: 'CREATE', create: 'CREATE', m: 'MOD', mod: 'MOD', val: 'VALUE', value: 'VALUE', lease: 'LEASE' };
const results: Readonly<Record<string, Compare['result']>> = { '=': 'EQUAL', '!=': 'NOT_EQUAL', '>': 'GREATER', '<': 'LESS' };

/** `mod("key") > "0"` */
export function parseCompare(line: string): Compare {
  const match = /^(\w+)\("((?:[^"\\]|\\.)*)"\)\s*(\S+)\s*"((?:[^"\\]|\\.)*)"$/.exec(line);
  if (match === null) throw new Failure(`malformed comparison: ${line}`, 3);
  const [, name = '', key = '', sign = '', value = ''] = match;
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (target === undefined) throw new Failure(`malformed comparison: ${line} (unknown target ${name})`, 3);
  const result = Object.hasOwn(results, sign) ? results[sign] : undefined;
  if (result === undefined) throw new Failure(`malformed comparison: ${line}`, 3);
  const text = unescape(value);
  if (target === 'VALUE') return { key: unescape(key), target, result, value: text };
  if (target === 'LEASE') return { key: unescape(key), target, result, value: text === '0' ? '' : text };
  if (!/^-?\d+$/.test(text)) throw new Failure(`invalid txn compare request: ${line} (strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax)`, 3);
  return { key: unescape(key), target, result, value: Number(text) };
}

const unescape = (text: string): string => text.replace(/\\(.)/g, '$1');

function parseOp(line: string): RequestOp {
  const words = argify(line);
  if (words.length < 2) throw new Failure(`invalid txn compare request: ${line}`, 3);
  const flags = parseFlags(words.slice(1), booleans);
  const parts = { args: flags.positional, flags };
  switch (words[0]) {
    case 'put':
      return { put: putRequest(parts) };
    case 'get':
      return { range: getRequest(parts) };
    case 'del':
      return { deleteRange: deleteRequest(parts) };
    default:
      throw new Failure(`invalid txn request: ${line}`, 3);
  }
}

/** Words, of which those in quotation marks may hold spaces. */
function argify(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => (double !== undefined ? unescape(double) : (single ?? plain ?? '')));
}

function print(session: Session, answer: TxnResponse): void {
  if (session.output === 'json') {
    const parts = answer.responses.map((each) => JSON.stringify({ Response: each }));
    return session.print(`{"header":${jsonHeader(answer.header)}${answer.succeeded ? ',"succeeded":true' : ''}${parts.length === 0 ? '' : `,"responses":[${parts.join(',')}]`}}\n`);
  }
  session.print(answer.succeeded ? 'SUCCESS\n' : 'FAILURE\n');
  for (const response of answer.responses) {
    session.print('\n');
    if ('range' in response) printGet(session, response.range);
    else if ('put' in response) printPut(session, response.put);
    else if ('deleteRange' in response) printDelete(session, response.deleteRange);
  }
}
