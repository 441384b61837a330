// tar as busybox has it; the archives themselves are wire/tar.ts.
import type { Host, Program } from '../../../kernel/host.ts';
import { type ArchiveEntry, readArchive, writeArchive } from '../../../wire/tar.ts';
import { absolutePath, folderMarker, isFile, isFolder, readFileText } from '../files.ts';
import { applet, getopt, readAll } from './applet.ts';

function collect(host: Host, operand: string, base: string): readonly ArchiveEntry[] | undefined {
  const path = absolutePath(host, operand, base);
  const name = operand.replace(/^\/+/, '').replace(/\/+$/, '') || '.';
  if (isFile(host.disk, path)) return [{ name, folder: false, content: readFileText(host.disk, path) ?? '' }];
  if (!isFolder(host.disk, path)) return undefined;
  const folders = new Set<string>([name]);
  const files: ArchiveEntry[] = [];
  for (const file of host.disk.list(path)) {
    const inside = file.slice(path === '/' ? 1 : path.length + 1);
    const parts = inside.split('/');
    for (let i = 1; i < parts.length; i++) folders.add(`${name}/${parts.slice(0, i).join('/')}`);
    if (parts.at(-1) !== folderMarker) files.push({ name: `${name}/${inside}`, folder: false, content: readFileText(host.disk, file) ?? '' });
  }
  return [...[...folders].map((each): ArchiveEntry => ({ name: each, folder: true, content: '' })), ...files];
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
    const entries: ArchiveEntry[] = [];
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
