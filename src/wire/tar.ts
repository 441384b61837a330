// Archives: what `kubectl cp` sends through exec, and the container's tar packs and unpacks. POSIX ustar, read with pax and GNU long names; contents pass
// as byte text, so that an archive holds any bytes (api/meta/byte-text.ts).
import { byteLengthOf, indexAfterBytes } from '../api/meta/byte-text.ts';

const blockBytes = 512;

export interface ArchiveEntry {
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

export function writeArchive(entries: readonly ArchiveEntry[]): string {
  return entries.map(({ name, folder, content }) => block(folder ? `${name}/` : name, content, folder ? '5' : '0')).join('') + '\0'.repeat(2 * blockBytes);
}

/** Undefined when it is no archive, or one that was cut off. */
export function readArchive(archive: string): readonly ArchiveEntry[] | undefined {
  const entries: ArchiveEntry[] = [];
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
