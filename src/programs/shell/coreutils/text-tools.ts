// head tail grep wc sort uniq cut tr sed seq rev nl base64 xargs column printf yes hexdump
import { bytesOf, decodeBase64, encodeBase64 } from '../../../api/meta/base64.ts';
import type { Program } from '../../../kernel/host.ts';
import { absolutePath, readFileText } from '../files.ts';
import { unescape } from '../builtins.ts';
import { runProgram } from '../launch.ts';
import { Shell } from '../shell.ts';
import { applet, eachLine, getopt, inputs, linesOf, readAll, simple } from './applet.ts';

const head = applet('head', function* (host, args) {
  const { values, operands } = getopt(args.map((arg) => arg.replace(/^-(\d+)$/, '-n$1')), 'n:c:');
  const count = Number(values.get('n') ?? 10);
  const { texts, code } = yield* inputs(host, 'head', operands);
  texts.forEach(({ name, text }, index) => {
    if (texts.length > 1) host.output.write(`${index > 0 ? '\n' : ''}==> ${name} <==\n`);
    if (values.has('c')) host.output.write(text.slice(0, Number(values.get('c'))));
    else {
      const lines = linesOf(text);
      for (const line of count < 0 ? lines.slice(0, count) : lines.slice(0, count)) host.output.write(`${line}\n`);
    }
  });
  return code;
});

const tail = applet('tail', function* (host, args) {
  const { flags, values, operands } = getopt(args.map((arg) => arg.replace(/^-(\d+)$/, '-n$1')), 'n:c:');
  const wanted = values.get('n') ?? '10';
  const pick = (lines: readonly string[]): readonly string[] => (wanted.startsWith('+') ? lines.slice(Number(wanted.slice(1)) - 1) : lines.slice(Math.max(0, lines.length - Number(wanted))));
  const { texts, code } = yield* inputs(host, 'tail', operands);
  for (const { text } of texts) for (const line of pick(linesOf(text))) host.output.write(`${line}\n`);
  const followed = operands[0];
  if ((flags.has('f') || flags.has('F')) && followed !== undefined && followed !== '-') {
    const path = absolutePath(host, followed);
    let seen = (readFileText(host.disk, path) ?? '').length;
    const changes = host.disk.watch(path);
    for (;;) {
      if ((yield* changes.take()) === undefined) return 0;
      const now = readFileText(host.disk, path) ?? '';
      if (now.length < seen) seen = 0;
      host.output.write(now.slice(seen));
      seen = now.length;
    }
  }
  return code;
});

const grep = applet('grep', function* (host, args) {
  const { flags, values, operands } = getopt(args, 'e:m:A:B:C:');
  const [source = '', ...files] = values.has('e') ? [values.get('e') as string, ...operands] : operands;
  const invert = flags.has('v');
  let pattern: RegExp;
  try {
    const text = flags.has('F') ? source.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : flags.has('E') || flags.has('P') ? source : basicToExtended(source);
    pattern = new RegExp(flags.has('w') ? `\\b(?:${text})\\b` : flags.has('x') ? `^(?:${text})$` : text, flags.has('i') ? 'i' : '');
  } catch {
    host.output.error(`grep: bad regex '${source}'\n`);
    return 2;
  }
  let found = 0;
  const most = Number(values.get('m') ?? Infinity);
  const show = (line: string, number: number, prefix: string): void => {
    if (flags.has('q') || flags.has('c')) return;
    if (flags.has('o') && !invert) {
      for (const match of line.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))) if (match[0] !== '') host.output.write(`${prefix}${match[0]}\n`);
      return;
    }
    host.output.write(`${prefix}${flags.has('n') ? `${number}:` : ''}${line}\n`);
  };
  if (files.length === 0) {
    let number = 0;
    yield* eachLine(host, (line) => {
      number++;
      if (pattern.test(line) === invert) return true;
      found++;
      show(line, number, '');
      return found < most && !flags.has('q');
    });
    if (flags.has('c')) host.output.write(`${found}\n`);
    return found > 0 ? 0 : 1;
  }
  const { texts, code } = yield* inputs(host, 'grep', files);
  const after = Number(values.get('A') ?? values.get('C') ?? 0);
  const before = Number(values.get('B') ?? values.get('C') ?? 0);
  for (const { name, text } of texts) {
    const prefix = texts.length > 1 && !flags.has('h') ? `${name}:` : '';
    const lines = linesOf(text);
    const chosen = new Set<number>();
    let count = 0;
    lines.forEach((line, index) => {
      if (pattern.test(line) === invert || count >= most) return;
      count++;
      for (let i = Math.max(0, index - before); i <= Math.min(lines.length - 1, index + after); i++) chosen.add(i);
    });
    found += count;
    if (flags.has('l')) {
      if (count > 0) host.output.write(`${name}\n`);
    } else if (flags.has('c')) host.output.write(`${prefix}${count}\n`);
    else [...chosen].sort((a, b) => a - b).forEach((index) => show(lines[index] as string, index + 1, prefix));
  }
  return found > 0 ? 0 : code > 0 ? 2 : 1;
});

/** In basic expressions + ? | ( ) { } are plain unless escaped. */
function basicToExtended(source: string): string {
  return source.replace(/\\([+?|(){}])|([+?|(){}])/g, (_, escaped: string | undefined, bare: string | undefined) => escaped ?? `\\${bare}`);
}

const wc = applet('wc', function* (host, args) {
  const { flags, operands } = getopt(args, '');
  const { texts, code } = yield* inputs(host, 'wc', operands);
  const only = ['l', 'w', 'c', 'm'].filter((flag) => flags.has(flag));
  const count = (text: string): string[] => {
    const all: Record<string, number> = { l: text.split('\n').length - 1, w: text.split(/\s+/).filter((word) => word !== '').length, c: text.length, m: text.length };
    return (only.length === 0 ? ['l', 'w', 'c'] : only).map((flag) => String(all[flag]));
  };
  for (const { name, text } of texts) {
    const cells = count(text);
    host.output.write(`${cells.length === 1 ? cells[0] : cells.map((cell) => cell.padStart(7)).join(' ')}${name === '-' ? '' : ` ${name}`}\n`);
  }
  return code;
});

const sort = applet('sort', function* (host, args) {
  const { flags, values, operands } = getopt(args, 'k:t:');
  const { texts, code } = yield* inputs(host, 'sort', operands);
  const separator = values.get('t');
  const field = Number.parseInt(values.get('k') ?? '0', 10);
  const numeric = flags.has('n') || (values.get('k') ?? '').includes('n');
  const reverse = flags.has('r') || (values.get('k') ?? '').includes('r');
  const key = (line: string): string => (field > 0 ? ((separator === undefined ? line.trim().split(/\s+/) : line.split(separator)).slice(field - 1).join(separator ?? ' ')) : line);
  let lines = texts.flatMap(({ text }) => linesOf(text)).sort((a, b) => {
    const x = key(a);
    const y = key(b);
    const order = numeric ? (Number.parseFloat(x) || 0) - (Number.parseFloat(y) || 0) || (a < b ? -1 : a > b ? 1 : 0) : x < y ? -1 : x > y ? 1 : 0;
    return reverse ? -order : order;
  });
  if (flags.has('u')) lines = lines.filter((line, index) => index === 0 || key(line) !== key(lines[index - 1] as string));
  for (const line of lines) host.output.write(`${line}\n`);
  return code;
});

const uniq = applet('uniq', function* (host, args) {
  const { flags, operands } = getopt(args, '');
  const { texts, code } = yield* inputs(host, 'uniq', operands);
  const groups: { line: string; count: number }[] = [];
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    const last = groups[groups.length - 1];
    if (last?.line === line) last.count++;
    else groups.push({ line, count: 1 });
  }
  for (const { line, count } of groups) {
    if ((flags.has('d') && count < 2) || (flags.has('u') && count > 1)) continue;
    host.output.write(`${flags.has('c') ? `${String(count).padStart(7)} ` : ''}${line}\n`);
  }
  return code;
});

const cut = applet('cut', function* (host, args) {
  const { values, operands } = getopt(args, 'd:f:c:');
  const { texts, code } = yield* inputs(host, 'cut', operands);
  const ranges = (values.get('f') ?? values.get('c') ?? '1').split(',').map((part) => {
    const [from = '', to] = part.split('-');
    return { from: Number(from || 1), to: to === undefined ? Number(from) : to === '' ? Infinity : Number(to) };
  });
  const wanted = (n: number): boolean => ranges.some((range) => n >= range.from && n <= range.to);
  const delimiter = values.get('d') ?? '\t';
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    if (values.has('c')) host.output.write(`${[...line].filter((_, index) => wanted(index + 1)).join('')}\n`);
    else if (!line.includes(delimiter)) host.output.write(`${line}\n`);
    else host.output.write(`${line.split(delimiter).filter((_, index) => wanted(index + 1)).join(delimiter)}\n`);
  }
  return code;
});

const tr = applet('tr', function* (host, args) {
  const { flags, operands } = getopt(args, '');
  const [from = '', to = ''] = operands.map(expandSet);
  const text = yield* readAll(host);
  let out = '';
  for (const c of text) {
    const at = from.indexOf(c);
    if (flags.has('d')) {
      if (at < 0) out += c;
    } else if (at < 0) out += c;
    else {
      const mapped = to === '' ? c : (to[Math.min(at, to.length - 1)] as string);
      if (!(flags.has('s') && out.endsWith(mapped))) out += mapped;
    }
  }
  host.output.write(out);
  return 0;
});

function expandSet(text: string): string {
  const named = text.replace('[:lower:]', 'a-z').replace('[:upper:]', 'A-Z').replace('[:digit:]', '0-9').replace('[:space:]', ' \\t\\n');
  return unescape(named).replace(/(.)-(.)/gs, (_, a: string, b: string) => {
    let out = '';
    for (let code = a.charCodeAt(0); code <= b.charCodeAt(0); code++) out += String.fromCharCode(code);
    return out;
  });
}

/** s, d, p, q with line numbers, $, and /patterns/ as addresses. */
const sed = applet('sed', function* (host, args) {
  const { flags, values, operands } = getopt(args, 'e:');
  const [script = '', ...files] = values.has('e') ? [values.get('e') as string, ...operands] : operands;
  const extended = flags.has('E') || flags.has('r');
  const toRegExp = (source: string, more = ''): RegExp => new RegExp(extended ? source : basicToExtended(source), more);
  const rules: { from?: string; to?: string; action: string }[] = [];
  for (const part of script.split(/;(?=(?:[^/]*\/[^/]*\/)*[^/]*$)|\n/).map((each) => each.trim()).filter((each) => each !== '')) {
    const match = /^(\d+|\$|\/(?:\\.|[^/])*\/)?(?:,(\d+|\$|\/(?:\\.|[^/])*\/))?\s*([\s\S]*)$/.exec(part);
    rules.push({ ...(match?.[1] === undefined ? {} : { from: match[1] }), ...(match?.[2] === undefined ? {} : { to: match[2] }), action: match?.[3] ?? '' });
  }
  const { texts, code } = yield* inputs(host, 'sed', files);
  for (const { name, text } of texts) {
    const lines = linesOf(text);
    const out: string[] = [];
    const active = new Set<number>();
    let quit = false;
    lines.forEach((original, index) => {
      if (quit) return;
      let line = original;
      let deleted = false;
      const at = (address: string): boolean => (address === '$' ? index === lines.length - 1 : address.startsWith('/') ? toRegExp(address.slice(1, -1)).test(line) : Number(address) === index + 1);
      rules.forEach((rule, number) => {
        if (deleted) return;
        let applies = true;
        if (rule.from !== undefined && rule.to !== undefined) {
          if (active.has(number)) {
            if (at(rule.to)) active.delete(number);
          } else if (at(rule.from)) {
            if (!(/^\d+$/.test(rule.to) && Number(rule.to) <= index + 1)) active.add(number);
          } else applies = false;
        } else if (rule.from !== undefined) applies = at(rule.from);
        if (!applies) return;
        const action = rule.action;
        if (action === 'd') deleted = true;
        else if (action === 'p') out.push(line);
        else if (action === 'q') quit = true;
        else if (action.startsWith('s')) {
          const mark = action[1] ?? '/';
          const [, pattern = '', replacement = '', options = ''] = splitUnescaped(action, mark);
          const found = toRegExp(pattern, `${options.includes('g') ? 'g' : ''}${options.includes('i') || options.includes('I') ? 'i' : ''}`);
          line = line.replace(found, (...groups: unknown[]) => replacement.replace(/\\(\d)|\\(.)|&/g, (whole, digit: string | undefined, escaped: string | undefined) => (digit !== undefined ? String(groups[Number(digit)] ?? '') : escaped !== undefined ? (escaped === 'n' ? '\n' : escaped) : whole === '&' ? String(groups[0]) : whole)));
        } else if (/^[aic]/.test(action)) {
          const added = action.slice(1).replace(/^\\?\s*/, '');
          if (action.startsWith('i')) out.push(added);
          else if (action.startsWith('c')) line = added;
          else {
            out.push(line);
            line = added;
          }
        }
      });
      if (!deleted && !flags.has('n')) out.push(line);
    });
    const result = out.map((line) => `${line}\n`).join('');
    if (flags.has('i') && name !== '-') host.disk.write(absolutePath(host, name), result);
    else host.output.write(result);
  }
  return code;
});

function splitUnescaped(text: string, mark: string): string[] {
  const parts: string[] = [''];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && text[i + 1] === mark) {
      parts[parts.length - 1] += mark;
      i++;
    } else if (text[i] === '\\') {
      parts[parts.length - 1] += text[i] as string;
      parts[parts.length - 1] += text[++i] ?? '';
    } else if (text[i] === mark) parts.push('');
    else parts[parts.length - 1] += text[i] as string;
  }
  return parts;
}

const seq = simple('seq', (host, args) => {
  const { values, operands } = getopt(args.filter((arg) => arg !== '-w'), 's:');
  const numbers = operands.map(Number);
  const [from, step, to] = numbers.length === 1 ? [1, 1, numbers[0] as number] : numbers.length === 2 ? [numbers[0] as number, 1, numbers[1] as number] : [numbers[0] as number, numbers[1] as number, numbers[2] as number];
  const out: string[] = [];
  for (let n = from; step > 0 ? n <= to : n >= to; n += step) {
    out.push(String(n));
    if (out.length > 1_000_000 || step === 0) break;
  }
  if (out.length > 0) host.output.write(out.join(values.get('s') ?? '\n') + '\n');
  return 0;
});

const printf = simple('printf', (host, args) => {
  const [format = '', ...rest] = args;
  let index = 0;
  let out = '';
  do {
    const start = index;
    out += format.replace(/\\(?:x[0-9a-fA-F]{1,2}|0[0-7]{0,3}|[0-7]{1,3}|.)|%%|%([-+ 0#]*)(\d+|\*)?(?:\.(\d+))?([sdiuxXofcbqe])/gs, (whole, flags: string | undefined, width: string | undefined, precision: string | undefined, verb: string | undefined) => {
      if (whole.startsWith('\\')) return unescape(whole);
      if (whole === '%%') return '%';
      const size = width === '*' ? Number(rest[index++] ?? 0) : Number(width ?? 0);
      const value = rest[index++] ?? '';
      let text = value;
      if (verb === 'd' || verb === 'i' || verb === 'u') text = String(Math.trunc(Number(value) || 0));
      else if (verb === 'x') text = (Math.trunc(Number(value)) || 0).toString(16);
      else if (verb === 'X') text = (Math.trunc(Number(value)) || 0).toString(16).toUpperCase();
      else if (verb === 'o') text = (Math.trunc(Number(value)) || 0).toString(8);
      else if (verb === 'f') text = (Number(value) || 0).toFixed(Number(precision ?? 6));
      else if (verb === 'c') text = value.slice(0, 1);
      else if (verb === 'b') text = unescape(value);
      else if (precision !== undefined) text = text.slice(0, Number(precision));
      if (text.length >= size) return text;
      return (flags ?? '').includes('-') ? text.padEnd(size) : text.padStart(size, (flags ?? '').includes('0') ? '0' : ' ');
    });
    if (index === start) break;
  } while (index < rest.length);
  host.output.write(out);
  return 0;
});

const base64 = applet('base64', function* (host, args) {
  const { flags, values, operands } = getopt(args, 'w:');
  const { texts, code } = yield* inputs(host, 'base64', operands);
  for (const { text } of texts) {
    if (flags.has('d') || flags.has('decode') || flags.has('D')) {
      const plain = decodeBase64(text.replace(/\s+/g, ''));
      if (plain === undefined) {
        host.output.error('base64: invalid input\n');
        return 1;
      }
      host.output.write(plain);
    } else {
      const encoded = encodeBase64(text);
      const width = Number(values.get('w') ?? 76);
      host.output.write(width > 0 ? encoded.replace(new RegExp(`(.{${width}})`, 'g'), '$1\n').replace(/\n?$/, '\n') : encoded);
    }
  }
  return code;
});

const xargs = applet('xargs', function* (host, args) {
  const items: string[] = [];
  let at = 0;
  let replace: string | undefined;
  let perCall = Infinity;
  while (at < args.length && (args[at] as string).startsWith('-')) {
    const option = args[at++] as string;
    if (option === '-I') replace = args[at++];
    else if (option.startsWith('-I')) replace = option.slice(2);
    else if (option === '-n') perCall = Number(args[at++]);
    else if (option.startsWith('-n')) perCall = Number(option.slice(2));
  }
  const command = args.slice(at);
  if (command.length === 0) command.push('echo');
  const text = yield* readAll(host);
  if (replace !== undefined) items.push(...linesOf(text).filter((line) => line.trim() !== ''));
  else items.push(...text.split(/\s+/).filter((word) => word !== ''));
  const { appletTable } = tables;
  const shell = new Shell(host, 'xargs', appletTable());
  const streams = { input: undefined, out: (out: string) => host.output.write(out), err: (err: string) => host.output.error(err) };
  let code = 0;
  const call = function* (words: readonly string[]) {
    const [name = '', ...rest] = words;
    const failed = name === 'echo' ? (host.output.write(`${rest.join(' ')}\n`), 0) : yield* runProgram(shell, name, rest, streams);
    if (failed !== 0) code = 123;
  };
  if (replace !== undefined) for (const item of items) yield* call(command.map((word) => word.replaceAll(replace as string, item)));
  else if (items.length > 0) for (let i = 0; i < items.length; i += Math.min(perCall, items.length)) yield* call([...command, ...items.slice(i, perCall === Infinity ? undefined : i + perCall)]);
  return code;
});

/** Filled by applets.ts: programs that run other programs need the table that they are in. */
export const tables: { appletTable: () => ReadonlyMap<string, Program> } = { appletTable: () => new Map() };

/** Fields by number, patterns, NR, print: the one-liners that people type. */
const awk = applet('awk', function* (host, args) {
  const { values, operands } = getopt(args, 'F:v:');
  const [program = '', ...files] = operands;
  const { texts, code } = yield* inputs(host, 'awk', files);
  const rules = [...program.matchAll(/(?:(BEGIN|END|\/(?:\\.|[^/])*\/|[^{}]*?)\s*)\{([^}]*)\}|^([^{}]+)$/g)].map((match) => ({ condition: (match[1] ?? match[3] ?? '').trim(), body: match[2] }));
  const variables = new Map<string, number | string>();
  if (values.has('v')) variables.set((values.get('v') as string).split('=')[0] as string, (values.get('v') as string).split('=').slice(1).join('='));
  const separator = values.get('F');
  const fieldsOf = (line: string): string[] => (separator === undefined ? line.trim().split(/\s+/) : line.split(separator.length === 1 ? separator : new RegExp(separator)));
  const run = (body: string | undefined, line: string, number: number): void => {
    const fields = fieldsOf(line);
    const value = (expression: string): string | number => {
      const text = expression.trim();
      if (/^"[^"]*"$/.test(text)) return unescape(text.slice(1, -1));
      if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
      const sum = /^([\s\S]+?)\s*([-+*/])\s*([\s\S]+)$/.exec(text);
      if (sum !== null && !text.includes('"') && !/^\$\w+$/.test(text)) {
        const a = Number(value(sum[1] as string)) || 0;
        const b = Number(value(sum[3] as string)) || 0;
        return sum[2] === '+' ? a + b : sum[2] === '-' ? a - b : sum[2] === '*' ? a * b : a / b;
      }
      if (text === 'NR') return number;
      if (text === 'NF') return fields.length;
      const field = /^\$(NF|\d+)$/.exec(text);
      if (field !== null) return field[1] === '0' ? line : (fields[(field[1] === 'NF' ? fields.length : Number(field[1])) - 1] ?? '');
      const parts = text.match(/"(?:\\.|[^"\\])*"|\$?\w+/g) ?? [];
      if (parts.length > 1) return parts.map((part) => String(value(part))).join('');
      return variables.get(text) ?? '';
    };
    for (const statement of (body ?? 'print').split(/;|\n/).map((each) => each.trim()).filter((each) => each !== '')) {
      const assign = /^(\w+)\s*(\+=|-=|=|\+\+)\s*([\s\S]*)$/.exec(statement);
      if (statement === 'print' || statement === 'print $0') host.output.write(`${line}\n`);
      else if (statement.startsWith('print ') || statement.startsWith('print\t')) host.output.write(`${splitCommas(statement.slice(6)).map((each) => String(value(each))).join(' ')}\n`);
      else if (assign !== null) {
        const now = Number(variables.get(assign[1] as string) ?? 0);
        variables.set(assign[1] as string, assign[2] === '=' ? value(assign[3] as string) : assign[2] === '++' ? now + 1 : assign[2] === '+=' ? now + Number(value(assign[3] as string)) : now - Number(value(assign[3] as string)));
      }
    }
    void value;
  };
  const matches = (condition: string, line: string, number: number): boolean => {
    if (condition === '') return true;
    if (condition.startsWith('/')) return new RegExp(condition.slice(1, -1)).test(line);
    const test = /^(\S+)\s*(==|!=|>=|<=|>|<|~|!~)\s*([\s\S]+)$/.exec(condition);
    if (test === null) return true;
    const fields = fieldsOf(line);
    const left = test[1] === 'NR' ? String(number) : test[1] === 'NF' ? String(fields.length) : test[1] === '$0' ? line : (fields[Number((test[1] as string).slice(1)) - 1] ?? '');
    const right = (test[3] as string).trim().replace(/^"(.*)"$/, '$1').replace(/^\/(.*)\/$/, '$1');
    const numeric = left !== '' && right !== '' && !Number.isNaN(Number(left)) && !Number.isNaN(Number(right));
    switch (test[2]) {
      case '==': return numeric ? Number(left) === Number(right) : left === right;
      case '!=': return numeric ? Number(left) !== Number(right) : left !== right;
      case '>': return numeric ? Number(left) > Number(right) : left > right;
      case '<': return numeric ? Number(left) < Number(right) : left < right;
      case '>=': return numeric ? Number(left) >= Number(right) : left >= right;
      case '<=': return numeric ? Number(left) <= Number(right) : left <= right;
      case '~': return new RegExp(right).test(left);
      default: return !new RegExp(right).test(left);
    }
  };
  for (const rule of rules) if (rule.condition === 'BEGIN') run(rule.body, '', 0);
  let number = 0;
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    number++;
    for (const rule of rules) if (rule.condition !== 'BEGIN' && rule.condition !== 'END' && matches(rule.condition, line, number)) run(rule.body, line, number);
  }
  for (const rule of rules) if (rule.condition === 'END') run(rule.body, '', number);
  return code;
});

/** `hexdump -C`: sixteen bytes a line, with their letters. */
const hexdump = applet('hexdump', function* (host, args) {
  const { operands } = getopt(args, 'n:s:');
  const { texts, code } = yield* inputs(host, 'hexdump', operands);
  const bytes = texts.flatMap(({ text }) => bytesOf(text));
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.slice(at, at + 16);
    const left = row.slice(0, 8).map((byte) => hex(byte, 2)).join(' ');
    const right = row.slice(8).map((byte) => hex(byte, 2)).join(' ');
    host.output.write(`${hex(at, 8)}  ${`${left}  ${right}`.padEnd(50)}|${row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')}|\n`);
  }
  if (bytes.length > 0) host.output.write(`${hex(bytes.length, 8)}\n`);
  return code;
});

function splitCommas(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? [text];
}

export const textTools: readonly Program[] = [head, tail, grep, wc, sort, uniq, cut, tr, sed, seq, printf, base64, xargs, awk, hexdump];
