// tar: what `kubectl cp` sends and fetches files with. POSIX ustar, read with pax and GNU long names; contents pass as byte text, so that an
// archive holds any bytes (api/meta/byte-text.ts).
import { byteLengthOf, indexAfterBytes } from '../../../api/meta/byte-text.ts';
import type { Host, Program } from '../../../kernel/host.ts';
import { absolutePath, folderMarker, isFile, isFolder, readFileText } from '../files.ts';
import { applet, getopt, readAll } from './applet.ts';

const blockBytes = 512;

interface Entry {
  readonly name: string;
  readonly folder: boolean;
  readonly content: string;
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

function header(name: string, size: number, type: string): string {
  const slash = byteLengthOf(name) > 100 ? name.lastIndexOf('/', 155) : -1;
  const [prefix, rest] = slash > 0 && byteLengthOf(name.slice(slash + 1)) <= 100 ? [name.slice(0, slash), name.slice(slash + 1)] : ['', name];
  const pad = (text: string, bytes: number): string => text + '\0'.repeat(Math.max(0, bytes - byteLengthOf(text)));
  const before = pad(byteLengthOf(rest) > 100 ? rest.replace(/[^ -~]/g, '_').slice(0, 100) : rest, 100) + octal(type === '5' ? 0o755 : 0o644, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11);
  const after = type + '\0'.repeat(100) + 'ustar\u000000' + pad('root', 32) + pad('root', 32) + octal(0, 7) + octal(0, 7) + pad(prefix, 155) + '\0'.repeat(12);
  return before + octal(sumOf(before) + sumOf(after) + 8 * 32, 6) + ' ' + after;
}

/** The sum of the bytes; names may hold any. */
function sumOf(text: string): number {
  let sum = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) sum += code;
    else if (code < 0x800) sum += (0xc0 | (code >> 6)) + (0x80 | (code & 63));
    else if (code >= 0xdc80 && code <= 0xdcff) sum += code & 0xff;
    else if (code < 0x10000) sum += (0xe0 | (code >> 12)) + (0x80 | ((code >> 6) & 63)) + (0x80 | (code & 63));
    else sum += (0xf0 | (code >> 18)) + (0x80 | ((code >> 12) & 63)) + (0x80 | ((code >> 6) & 63)) + (0x80 | (code & 63));
  }
  return sum;
}

function block(name: string, content: string, type: string): string {
  const size = byteLengthOf(content);
  // A name that no header holds goes before it, as GNU tar does it.
  const long = byteLengthOf(name) > 100 && name.lastIndexOf('/', 155) <= 0 ? block('././@LongLink', `${name}\0`, 'L') : '';
  return long + header(name, size, type) + content + '\0'.repeat((blockBytes - (size % blockBytes)) % blockBytes);
}

export function writeArchive(entries: readonly Entry[]): string {
  return entries.map(({ name, folder, content }) => block(folder ? `${name}/` : name, content, folder ? '5' : '0')).join('') + '\0'.repeat(2 * blockBytes);
}

/** Undefined when it is no archive, or one that was cut off. */
export function readArchive(archive: string): readonly Entry[] | undefined {
  const entries: Entry[] = [];
  let at = 0;
  let named: string | undefined;
  while (at < archive.length) {
    const end = indexAfterBytes(archive, at, blockBytes);
    if (end === undefined) return undefined;
    const head = archive.slice(at, end);
    if (/^\0*$/.test(head)) return entries;
    const field = (from: number, bytes: number): string => {
      const start = indexAfterBytes(head, 0, from) ?? 0;
      return head.slice(start, indexAfterBytes(head, start, bytes) ?? head.length).replace(/\0[\s\S]*$/, '');
    };
    const size = parseInt(field(124, 12).trim() || '0', 8);
    const contentEnd = Number.isNaN(size) ? undefined : indexAfterBytes(archive, end, size);
    const next = contentEnd === undefined ? undefined : indexAfterBytes(archive, end, Math.ceil(size / blockBytes) * blockBytes);
    if (contentEnd === undefined || next === undefined) return undefined;
    const content = archive.slice(end, contentEnd);
    const type = field(156, 1);
    const prefix = field(257, 5) === 'ustar' ? field(345, 155) : '';
    const name = named ?? (prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`);
    at = next;
    if (type === 'x' || type === 'L') {
      named = type === 'L' ? content.replace(/\0+$/, '') : (/(?:^|\n)\d+ path=([^\n]*)\n/.exec(content)?.[1] ?? named);
      continue;
    }
    named = undefined;
    if (type === '5') entries.push({ name: name.replace(/\/+$/, ''), folder: true, content: '' });
    else if (type === '0' || type === '' || type === '7') entries.push({ name, folder: false, content });
  }
  return undefined;
}

function collect(host: Host, operand: string, base: string): readonly Entry[] | undefined {
  const path = absolutePath(host, operand, base);
  const name = operand.replace(/^\/+/, '').replace(/\/+$/, '') || '.';
  if (isFile(host.disk, path)) return [{ name, folder: false, content: readFileText(host.disk, path) ?? '' }];
  if (!isFolder(host.disk, path)) return undefined;
  const folders = new Set<string>([name]);
  const files: Entry[] = [];
  for (const file of host.disk.list(path)) {
    const inside = file.slice(path === '/' ? 1 : path.length + 1);
    const parts = inside.split('/');
    for (let i = 1; i < parts.length; i++) folders.add(`${name}/${parts.slice(0, i).join('/')}`);
    if (parts.at(-1) !== folderMarker) files.push({ name: `${name}/${inside}`, folder: false, content: readFileText(host.disk, file) ?? '' });
  }
  return [...[...folders].map((each): Entry => ({ name: each, folder: true, content: '' })), ...files];
}

const tar = applet('tar', function* (host, given) {
  // The oldest form has no dash before its letters.
  const args = given[0] !== undefined && !given[0].startsWith('-') ? [`-${given[0]}`, ...given.slice(1)] : given;
  const { flags, values, operands } = getopt(args, 'f:C:');
  const fail = (text: string): number => {
    host.output.error(`tar: ${text}\n`);
    return 1;
  };
  const base = absolutePath(host, values.get('C') ?? '.');
  const file = values.get('f') ?? '-';
  if (flags.has('z') || flags.has('j') || flags.has('J')) return fail('compressed archives are not supported here');
  if (values.has('C') && !isFolder(host.disk, base)) return fail(`can't change directory to '${values.get('C') ?? ''}': No such file or directory`);
  if (flags.has('c')) {
    if (operands.length === 0) return fail('empty archive');
    const entries: Entry[] = [];
    let code = 0;
    for (const operand of operands) {
      if (operand.startsWith('/') && code === 0) host.output.error("tar: removing leading '/' from member names\n");
      const found = collect(host, operand, base);
      if (found === undefined) code = fail(`${operand}: No such file or directory`);
      else entries.push(...found);
    }
    const archive = writeArchive(entries);
    if (file === '-') host.output.write(archive);
    else host.disk.write(absolutePath(host, file), archive);
    return code;
  }
  if (!flags.has('x') && !flags.has('t')) return fail('must specify one of -c, -x, -t');
  const text = file === '-' ? yield* readAll(host) : readFileText(host.disk, absolutePath(host, file));
  if (text === undefined) return fail(`can't open '${file}': No such file or directory`);
  const entries = readArchive(text);
  if (entries === undefined) return fail('short read');
  for (const { name, folder, content } of entries) {
    if (operands.length > 0 && !operands.some((each) => name === each || name.startsWith(`${each}/`))) continue;
    if (flags.has('t') || flags.has('v')) host.output.write(`${name}${folder ? '/' : ''}\n`);
    if (flags.has('t')) continue;
    const path = absolutePath(host, name.replace(/^\/+/, ''), base);
    // Nothing is written outside of where it was asked for.
    if (base !== '/' && path !== base && !path.startsWith(`${base}/`)) return fail(`${name}: refusing to extract outside of ${base}`);
    if (!folder) host.disk.write(path, content);
    else if (!isFolder(host.disk, path)) host.disk.write(`${path}/${folderMarker}`, '');
  }
  return 0;
});

export const archiveTools: readonly Program[] = [tar];
