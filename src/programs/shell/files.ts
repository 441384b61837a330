// Paths and folders over the machine's disk, which knows files only: an empty folder is kept by a marker file.
import type { Disk, Host } from '../../kernel/host.ts';

export const folderMarker = '.folder';

export function absolutePath(host: Pick<Host, 'env'>, path: string, cwd = host.env['PWD'] ?? '/'): string {
  const full = path.startsWith('/') ? path : `${cwd}/${path}`;
  const parts: string[] = [];
  for (const part of full.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}

const alwaysThere = new Set(['/', '/root', '/home', '/tmp', '/etc', '/var', '/bin', '/usr', '/dev', '/proc']);

export function isFile(disk: Disk, path: string): boolean {
  return disk.read(path) !== undefined;
}
export function isFolder(disk: Disk, path: string): boolean {
  if (alwaysThere.has(path)) return true;
  const prefix = `${path}/`;
  // A volume that nothing was put into yet is a folder by its mark alone.
  return disk.list(path).some((each) => each.startsWith(prefix)) || (disk.attributes(path).mode !== undefined && !isFile(disk, path));
}
export function exists(disk: Disk, path: string): boolean {
  return isFile(disk, path) || isFolder(disk, path);
}

/** Names directly inside a folder, sorted; folders end with `/`. */
export function entriesOf(disk: Disk, folder: string): string[] {
  const prefix = folder === '/' ? '/' : `${folder}/`;
  const names = new Set<string>();
  for (const path of disk.list(folder)) {
    if (!path.startsWith(prefix)) continue;
    const rest = path.slice(prefix.length);
    const slash = rest.indexOf('/');
    if (slash >= 0) names.add(rest.slice(0, slash + 1));
    else if (rest !== folderMarker && rest !== '') names.add(rest);
  }
  if (folder === '/') for (const each of alwaysThere) if (each !== '/') names.add(`${each.slice(1)}/`);
  return [...names].sort();
}

/** A file's content as text; values that programs keep as objects are shown as JSON, logs as their lines. */
export function readFileText(disk: Disk, path: string): string | undefined {
  return disk.mayRead(path) ? contentText(disk, path) : undefined;
}

/** Why `readFileText` had nothing to give. */
export function whyUnreadable(disk: Disk, path: string): string {
  if (!isFile(disk, path)) return isFolder(disk, path) ? 'Is a directory' : 'No such file or directory';
  return 'Permission denied';
}

/** What a system call that was refused is called by the C library; undefined for errors of another kind. */
export function refusalOf(error: unknown): { readonly path: string; readonly why: string } | undefined {
  const match = error instanceof Error ? /^open (.*): (read-only file system|permission denied)$/.exec(error.message) : null;
  return match === null ? undefined : { path: match[1] ?? '', why: match[2] === 'permission denied' ? 'Permission denied' : 'Read-only file system' };
}

/** ... whoever asks. */
export function contentText(disk: Disk, path: string): string | undefined {
  if (path === '/dev/null') return '';
  const value = disk.read(path);
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((record: unknown) => (typeof record === 'string' ? `${record}\n` : logLine(record))).join('');
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function logLine(record: unknown): string {
  const text = (record as { readonly text?: unknown } | null)?.text;
  if (typeof text === 'string') return text.endsWith('\n') ? text : `${text}\n`;
  return `${JSON.stringify(record)}\n`;
}
