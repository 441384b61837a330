// cat ls mkdir rmdir rm cp mv touch tee find basename dirname readlink du df stat chmod ln
import type { Host, Program } from '../../../kernel/host.ts';
import { absolutePath, contentText, entriesOf, exists, folderMarker, isFile, isFolder } from '../files.ts';
import { globToRegExp } from '../glob.ts';
import { applet, getopt, inputs, simple } from './applet.ts';

const cat = applet('cat', function* (host, args) {
  const { flags, operands } = getopt(args, '');
  if (operands.length === 0 || (operands.length === 1 && operands[0] === '-')) {
    for (;;) {
      const chunk = yield* host.input.read();
      if (chunk === undefined) return 0;
      host.output.write(chunk);
    }
  }
  const { texts, code } = yield* inputs(host, 'cat', operands);
  let number = 1;
  for (const { text } of texts) host.output.write(flags.has('n') ? text.replace(/^(?=[\s\S])/gm, () => `${String(number++).padStart(6)}\t`) : text);
  return code;
});

const ls = simple('ls', (host, args) => {
  const { flags, operands } = getopt(args, '');
  const long = flags.has('l');
  const row = (name: string, path: string): string => {
    const folder = !isFile(host.disk, path);
    if (!long) return name + (flags.has('F') || flags.has('p') ? (folder ? '/' : '') : '');
    const size = folder ? 4096 : (contentText(host.disk, path) ?? '').length;
    const { uid = 0, gid = 0 } = host.disk.attributes(path);
    return `${folder ? 'd' : '-'}${permissionText(modeOf(host, path))}    1 ${ownerText(uid).padEnd(8)} ${ownerText(gid).padEnd(8)} ${String(size).padStart(9)} Jan  1 00:00 ${name}`;
  };
  let code = 0;
  const targets = operands.length === 0 ? ['.'] : operands;
  const many = targets.length > 1;
  targets.forEach((target, index) => {
    const path = absolutePath(host, target);
    if (isFile(host.disk, path)) host.output.write(`${row(target, path)}\n`);
    else if (isFolder(host.disk, path)) {
      if (many) host.output.write(`${index > 0 ? '\n' : ''}${target}:\n`);
      if (flags.has('d')) {
        host.output.write(`${row(target, path)}\n`);
        return;
      }
      const names = entriesOf(host.disk, path).map((name) => name.replace(/\/$/, '')).filter((name) => flags.has('a') || flags.has('A') || !name.startsWith('.'));
      const shown = [...new Set(names)].map((name) => row(name, path === '/' ? `/${name}` : `${path}/${name}`));
      if (shown.length > 0) host.output.write(long || flags.has('1') ? shown.join('\n') + '\n' : columns(shown));
    } else {
      host.output.error(`ls: ${target}: No such file or directory\n`);
      code = 1;
    }
  });
  return code;
});

function modeOf(host: Host, path: string): number {
  return host.disk.attributes(path).mode ?? (isFile(host.disk, path) ? 0o644 : 0o755);
}

/** `rw-r--r--` */
const permissionText = (mode: number): string => [...'rwxrwxrwx'].map((letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-')).join('');
const ownerText = (id: number): string => (id === 0 ? 'root' : String(id));

/** `0640`, `+x`, `u=rw,go-w`; undefined when it is no mode. */
function changeMode(mode: number, change: string): number | undefined {
  if (/^[0-7]{1,4}$/.test(change)) return parseInt(change, 8);
  for (const part of change.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(part);
    if (match === null) return undefined;
    const [, who = '', how, what = ''] = match;
    const bits = (what.includes('r') ? 4 : 0) | (what.includes('w') ? 2 : 0) | (what.includes('x') ? 1 : 0);
    for (const [letter, shift] of [['u', 6], ['g', 3], ['o', 0]] as const) {
      if (who !== '' && !who.includes('a') && !who.includes(letter)) continue;
      mode = how === '+' ? mode | (bits << shift) : how === '-' ? mode & ~(bits << shift) : (mode & ~(7 << shift)) | (bits << shift);
    }
  }
  return mode;
}

const chmod = simple('chmod', (host, args) => {
  const [change = '', ...operands] = args.filter((arg) => !/^-[Rvf]+$/.test(arg));
  let code = 0;
  for (const operand of operands) {
    const path = absolutePath(host, operand);
    const mode = changeMode(modeOf(host, path), change);
    if (mode === undefined || !exists(host.disk, path)) {
      host.output.error(mode === undefined ? `chmod: invalid mode '${change}'\n` : `chmod: ${operand}: No such file or directory\n`);
      code = 1;
    } else host.disk.setAttributes(path, { mode });
  }
  return code;
});

function columns(names: readonly string[]): string {
  const line = names.join('  ');
  if (line.length <= 80) return `${line}\n`;
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const perLine = Math.max(1, Math.floor(80 / width));
  const rows = Math.ceil(names.length / perLine);
  let text = '';
  for (let row = 0; row < rows; row++) text += `${names.filter((_, index) => index % rows === row).map((name) => name.padEnd(width)).join('').trimEnd()}\n`;
  return text;
}

const mkdir = simple('mkdir', (host, args) => {
  const { flags, operands } = getopt(args, 'm:');
  let code = 0;
  for (const operand of operands) {
    const path = absolutePath(host, operand);
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    if (exists(host.disk, path)) {
      if (flags.has('p')) continue;
      host.output.error(`mkdir: can't create directory '${operand}': File exists\n`);
      code = 1;
    } else if (!flags.has('p') && !isFolder(host.disk, parent)) {
      host.output.error(`mkdir: can't create directory '${operand}': No such file or directory\n`);
      code = 1;
    } else host.disk.write(`${path}/${folderMarker}`, '');
  }
  return code;
});

/** A folder outlives the last thing in it. */
function keepFolder(host: Host, removed: string): void {
  const folder = removed.slice(0, removed.lastIndexOf('/'));
  if (folder !== '' && host.disk.list(folder).length === 0) host.disk.write(`${folder}/${folderMarker}`, '');
}

/** One file, whether it is a value or a log of records. */
function copyFile(host: Host, from: string, to: string): void {
  if (!host.disk.mayRead(from)) throw new Error(`open ${from}: permission denied`);
  const records = host.disk.readLog(from);
  if (records.length > 0) host.disk.rewriteLog(to, 0, records);
  else host.disk.write(to, host.disk.read(from));
}

function removeTree(host: Host, path: string): void {
  for (const file of host.disk.list(path)) host.disk.remove(file);
  if (isFile(host.disk, path)) host.disk.remove(path);
}

const rm = simple('rm', (host, args) => {
  const { flags, operands } = getopt(args, '');
  const recursive = flags.has('r') || flags.has('R');
  let code = 0;
  for (const operand of operands) {
    const path = absolutePath(host, operand);
    if (isFile(host.disk, path)) {
      host.disk.remove(path);
      keepFolder(host, path);
    } else if (isFolder(host.disk, path)) {
      if (recursive) {
        removeTree(host, path);
        keepFolder(host, path);
      } else {
        host.output.error(`rm: '${operand}' is a directory\n`);
        code = 1;
      }
    } else if (!flags.has('f')) {
      host.output.error(`rm: can't remove '${operand}': No such file or directory\n`);
      code = 1;
    }
  }
  return code;
});

const rmdir = simple('rmdir', (host, args) => {
  let code = 0;
  for (const operand of args) {
    const path = absolutePath(host, operand);
    if (entriesOf(host.disk, path).length > 0) {
      host.output.error(`rmdir: '${operand}': Directory not empty\n`);
      code = 1;
    } else removeTree(host, path);
  }
  return code;
});

function copy(host: Host, name: string, args: readonly string[], move: boolean): number {
  const { flags, operands } = getopt(args, '');
  const target = operands[operands.length - 1];
  if (operands.length < 2 || target === undefined) {
    host.output.error(`${name}: missing file operand\n`);
    return 1;
  }
  const to = absolutePath(host, target);
  const intoFolder = isFolder(host.disk, to) && !isFile(host.disk, to);
  if (!intoFolder && (operands.length > 2 || (target.endsWith('/') && !isFolder(host.disk, absolutePath(host, operands[0] as string))))) {
    host.output.error(`${name}: target '${target}' is not a directory\n`);
    return 1;
  }
  let code = 0;
  for (const operand of operands.slice(0, -1)) {
    const from = absolutePath(host, operand);
    const goal = intoFolder ? `${to === '/' ? '' : to}/${from.slice(from.lastIndexOf('/') + 1)}` : to;
    if (isFile(host.disk, from)) {
      copyFile(host, from, goal);
      if (move) {
        host.disk.remove(from);
        keepFolder(host, from);
      }
    } else if (isFolder(host.disk, from) && (move || flags.has('r') || flags.has('R') || flags.has('a'))) {
      for (const file of host.disk.list(from)) copyFile(host, file, goal + file.slice(from.length));
      if (move) {
        removeTree(host, from);
        keepFolder(host, from);
      }
    } else {
      host.output.error(isFolder(host.disk, from) ? `${name}: omitting directory '${operand}'\n` : `${name}: can't stat '${operand}': No such file or directory\n`);
      code = 1;
    }
  }
  return code;
}

const touch = simple('touch', (host, args) => {
  for (const operand of getopt(args, 'd:t:').operands) {
    const path = absolutePath(host, operand);
    if (!exists(host.disk, path)) host.disk.write(path, '');
  }
  return 0;
});

const tee = applet('tee', function* (host, args) {
  const { flags, operands } = getopt(args, '');
  const contents = new Map(operands.map((operand) => {
    const path = absolutePath(host, operand);
    return [path, flags.has('a') ? (contentText(host.disk, path) ?? '') : ''] as [string, string];
  }));
  for (;;) {
    const chunk = yield* host.input.read();
    if (chunk === undefined) break;
    host.output.write(chunk);
    for (const [path, text] of contents) contents.set(path, text + chunk);
  }
  for (const [path, text] of contents) host.disk.write(path, text);
  return 0;
});

const find = simple('find', (host, args) => {
  const start = args[0] !== undefined && !args[0].startsWith('-') ? args[0] : '.';
  const value = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const pattern = value('-name') === undefined ? undefined : globToRegExp(value('-name') as string);
  const type = value('-type');
  const root = absolutePath(host, start);
  const found = new Set<string>();
  if (type !== 'f') found.add(start);
  const prefix = root === '/' ? '/' : `${root}/`;
  for (const path of host.disk.list(root)) {
    const parts = path.slice(prefix.length).split('/');
    if (type !== 'f') for (let i = 1; i < parts.length; i++) found.add(`${start === '/' ? '' : start}/${parts.slice(0, i).join('/')}`);
    if (type !== 'd' && parts[parts.length - 1] !== folderMarker) found.add(`${start === '/' ? '' : start}/${parts.join('/')}`);
  }
  for (const path of [...found].sort()) if (pattern === undefined || pattern.test(path.slice(path.lastIndexOf('/') + 1))) host.output.write(`${path}\n`);
  return 0;
});

const basename = simple('basename', (host, args) => {
  let name = (args[0] ?? '').replace(/\/+$/, '').split('/').pop() ?? '';
  if (args[1] !== undefined && name.endsWith(args[1]) && name !== args[1]) name = name.slice(0, -args[1].length);
  host.output.write(`${name}\n`);
  return 0;
});
const dirname = simple('dirname', (host, args) => {
  const path = (args[0] ?? '').replace(/\/+$/, '');
  const slash = path.lastIndexOf('/');
  host.output.write(`${slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash)}\n`);
  return 0;
});
/** `stat -c '%a %u'` */
function statText(host: Host, path: string, shown: string, format: string): string {
  const { uid = 0, gid = 0 } = host.disk.attributes(path);
  const values: Readonly<Record<string, string>> = { a: modeOf(host, path).toString(8), A: `${isFile(host.disk, path) ? '-' : 'd'}${permissionText(modeOf(host, path))}`, u: String(uid), U: ownerText(uid), g: String(gid), G: ownerText(gid), n: shown, s: String((contentText(host.disk, path) ?? '').length), F: isFile(host.disk, path) ? 'regular file' : 'directory' };
  return format.replace(/%([a-zA-Z])/g, (whole, letter: string) => values[letter] ?? whole);
}

const stat = simple('stat', (host, args) => {
  let code = 0;
  const format = getopt(args, 'c:').values.get('c');
  for (const operand of getopt(args, 'c:').operands) {
    const path = absolutePath(host, operand);
    if (!exists(host.disk, path)) {
      host.output.error(`stat: can't stat '${operand}': No such file or directory\n`);
      code = 1;
    } else if (format !== undefined) host.output.write(`${statText(host, path, operand, format)}\n`);
    else host.output.write(`  File: ${operand}\n  Size: ${(contentText(host.disk, path) ?? '').length}\t${isFile(host.disk, path) ? 'regular file' : 'directory'}\n`);
  }
  return code;
});

export const fileTools: readonly Program[] = [
  cat, ls, mkdir, rm, rmdir, touch, tee, find, basename, dirname, stat,
  simple('cp', (host, args) => copy(host, 'cp', args, false)),
  simple('mv', (host, args) => copy(host, 'mv', args, true)),
  chmod,
  simple('chown', () => 0),
];
