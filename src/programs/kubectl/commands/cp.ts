// kubectl cp: files and folders to and from a container, as an archive that the container's tar unpacks or packs at the other end of an exec.
// Follows kubectl/pkg/cmd/cp: what a destination means, and what is refused of an archive that somebody tampered with.
import type { Disk } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { type ArchiveEntry, readArchive, writeArchive } from '../../../wire/tar.ts';
import { absolute } from '../builder.ts';
import { containerFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { podMapping } from './act.ts';
import { chooseContainer } from './pods.ts';

interface Place {
  readonly namespace: string;
  /** '' on this computer. */
  readonly pod: string;
  readonly path: string;
}

/** `[[namespace/]pod:]path` */
function placeOf(text: string): Place {
  const colon = text.indexOf(':');
  if (colon === 0) throw new CommandError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  if (colon < 0) return { namespace: '', pod: '', path: text };
  const parts = text.slice(0, colon).split('/');
  if (parts.length > 2) throw new CommandError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  return { namespace: parts.length === 2 ? (parts[0] as string) : '', pod: parts[parts.length - 1] as string, path: text.slice(colon + 1).replace(/(.)\/+$/, '$1') };
}

export const cpCommand: Command = {
  name: 'cp',
  use: 'cp <file-spec-src> <file-spec-dest> [options]',
  short: 'Copy files and directories to and from containers',
  long: 'Copy files and folders to and from a container. The container needs a tar.',
  examples: '  # A folder to a pod\n  kubectl cp ./site web:/usr/share/nginx/html\n\n  # A file to a pod\n  kubectl cp ./index.html web:/usr/share/nginx/html/index.html\n\n  # From a container of a pod in another namespace\n  kubectl cp tools/web:/etc/hostname ./name -c main',
  flags: [containerFlag, flag.bool('no-preserve', "The copied file/directory's ownership and permissions will not be preserved in the container"), flag.int('retries', 'Set number of retries to complete a copy operation from a container.', { value: '0' })],
  *run(k, flags) {
    if (flags.args.length !== 2) throw new CommandError('source and destination are required');
    const source = placeOf(flags.args[0] as string);
    const target = placeOf(flags.args[1] as string);
    if (source.pod !== '' && target.pod !== '') throw new CommandError('one of src or dest must be a local file specification');
    if (source.pod === '' && target.pod === '') throw new CommandError('one of src or dest must be a remote file specification');
    if (source.path === '' || target.path === '') throw new CommandError('filepath can not be empty');
    if (source.pod === '') yield* upload(k, source, target);
    else yield* download(k, source, target);
  },
};

/** Kept in an empty folder of a simulated disk, which knows files only. */
const folderMarker = '.folder';

const isFolder = (disk: Disk, path: string): boolean => disk.list(path).some((each) => each.startsWith(path === '/' ? path : `${path}/`));
const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.');
const baseName = (path: string): string => path.replace(/\/+$/, '').split('/').pop() as string;

/** path.Clean: no dots, no doubled slashes; a relative path may begin with `..`. */
function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..' || parts.length === 0 || parts.at(-1) === '..') parts.push(part);
    else parts.pop();
  }
  return `${path.startsWith('/') ? '/' : ''}${(path.startsWith('/') ? parts.filter((part) => part !== '..') : parts).join('/')}` || '.';
}

function* upload(k: Kubectl, source: Place, target: Place): Task<void> {
  const path = clean(absolute(k, source.path));
  const { disk } = k.host;
  const isFile = disk.readText(path) !== undefined;
  if (!isFile && !isFolder(disk, path) && !disk.exists(path)) throw new CommandError(`${source.path} doesn't exist in local filesystem`);
  // A folder as destination takes what is copied under its own name.
  const { exitCode } = yield* execute(k, target, ['test', '-d', target.path]);
  const remote = clean(exitCode === 0 ? `${target.path}/${baseName(path)}` : target.path);
  const archive = writeArchive(entriesOf(disk, path, isFile, baseName(remote)));
  const preserve = k.flags.bool('no-preserve') ? ['--no-same-permissions', '--no-same-owner'] : [];
  const done = yield* execute(k, target, ['tar', ...preserve, '-xmf', '-', '-C', parentOf(remote)], archive);
  k.out(done.out);
  if (done.exitCode !== 0) throw failed(k, done);
}

function entriesOf(disk: Disk, path: string, isFile: boolean, name: string): readonly ArchiveEntry[] {
  if (isFile) return [{ name, folder: false, content: disk.readText(path) ?? '' }];
  const files = disk.list(path).map((file): ArchiveEntry => {
    const inside = `${name}/${file.slice(path === '/' ? 1 : path.length + 1)}`;
    return baseName(inside) === folderMarker ? { name: parentOf(inside), folder: true, content: '' } : { name: inside, folder: false, content: disk.readText(file) ?? '' };
  });
  return files.length === 0 ? [{ name, folder: true, content: '' }] : files;
}

function* download(k: Kubectl, source: Place, target: Place): Task<void> {
  const done = yield* execute(k, source, ['tar', 'cf', '-', source.path]);
  // The real one prints what tar complains of on standard output.
  k.out(done.err);
  if (done.exitCode !== 0) throw failed(k, { ...done, err: '' });
  const entries = readArchive(done.out);
  if (entries === undefined) throw new CommandError('unexpected EOF');
  const prefix = clean(source.path.replace(/^\/+/, '')).replace(/^(\.\.\/)+|^\.\.$/, '').replace(/^\.$/, '');
  const destination = clean(absolute(k, target.path));
  for (const { name, folder, content } of entries) {
    if (!name.startsWith(prefix)) throw new CommandError('tar contents corrupted');
    const path = clean(`${destination}/${name.slice(prefix.length)}`);
    if (path !== destination && !path.startsWith(destination === '/' ? '/' : `${destination}/`)) {
      k.err(`warning: file ${JSON.stringify(path)} is outside target destination, skipping`);
      continue;
    }
    if (folder) makeFolder(k, path);
    else if (isFolder(k.host.disk, path) || path === clean(absolute(k, '.'))) throw new CommandError(`open ${target.path}: is a directory`);
    else k.host.disk.write(path, content);
  }
}

function makeFolder(k: Kubectl, path: string): void {
  if (k.outside.makeFolder !== undefined) k.outside.makeFolder(path);
  else if (!isFolder(k.host.disk, path)) k.host.disk.write(`${path}/${folderMarker}`, '');
}

interface Done {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

function failed(k: Kubectl, { exitCode, err }: Done): CommandError {
  if (err !== '') k.err(err);
  return new CommandError(`command terminated with exit code ${exitCode}`, exitCode);
}

/** Runs a command in the container, and what it said. Throws when it could not be run at all. */
function* execute(k: Kubectl, place: Place, command: readonly string[], input?: string): Task<Done> {
  const namespace = place.namespace || k.namespace;
  const pod: Any = yield* k.call('GET', k.path(podMapping, namespace, place.pod));
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`);
  const container = chooseContainer(k, pod, k.flags.string('container'), input === undefined && command[0] === 'test');
  const stream = yield* k.stream('POST', k.path(podMapping, namespace, place.pod, 'exec'), { command, container, stdin: input === undefined ? undefined : 'true', stdout: 'true', stderr: 'true' });
  let out = '';
  let err = '';
  try {
    if (input !== undefined) {
      stream.send({ stdin: input });
      stream.send({ eof: true });
    }
    for (;;) {
      const frame = (yield* stream.receive()) as Any;
      if (frame === undefined) {
        if (!stream.open) return { exitCode: 0, out, err };
        continue;
      }
      if (typeof frame === 'string') out += frame;
      if (frame.stdout !== undefined) out += frame.stdout;
      if (frame.stderr !== undefined) err += frame.stderr;
      if (frame.error !== undefined) throw new CommandError(`Internal error occurred: ${String(frame.error.message ?? frame.error)}`);
      if (frame.exitCode !== undefined) return { exitCode: Number(frame.exitCode), out, err };
    }
  } finally {
    stream.close();
  }
}
