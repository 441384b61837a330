// kubectl cp: one file to or from a container. The real one sends archives made by the container's tar; here the file goes through cat, so folders cannot be copied.
import type { Task } from '../../../kernel/task.ts';
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
  return { namespace: parts.length === 2 ? (parts[0] as string) : '', pod: parts[parts.length - 1] as string, path: text.slice(colon + 1) };
}

export const cpCommand: Command = {
  name: 'cp',
  use: 'cp <file-spec-src> <file-spec-dest> [options]',
  short: 'Copy files and directories to and from containers',
  long: 'Copy a file to or from a container. The container needs sh and cat. Folders cannot be copied.',
  examples: '  # To a pod\n  kubectl cp ./index.html web:/usr/share/nginx/html/index.html\n\n  # From a container of a pod in another namespace\n  kubectl cp tools/web:/etc/hostname ./name -c main',
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

const baseName = (path: string): string => path.replace(/\/+$/, '').split('/').pop() as string;

function* upload(k: Kubectl, source: Place, target: Place): Task<void> {
  const path = absolute(k, source.path);
  const text = k.host.disk.readText(path);
  if (text === undefined) {
    if (k.host.disk.list(path).length > 0) throw new CommandError(`${source.path} is a directory: only files can be copied`);
    throw new CommandError(`${source.path} doesn't exist in local filesystem`);
  }
  const remote = target.path.endsWith('/') ? `${target.path}${baseName(source.path)}` : target.path;
  // A folder as destination takes the file under its own name.
  const script = 'if [ -d "$0" ]; then cat > "$0/$1"; else cat > "$0"; fi';
  yield* execute(k, target, ['sh', '-c', script, remote, baseName(source.path)], text);
}

function* download(k: Kubectl, source: Place, target: Place): Task<void> {
  const text = yield* execute(k, source, ['cat', source.path]);
  const local = absolute(k, target.path);
  const isFolder = target.path.endsWith('/') || target.path === '.' || (k.host.disk.readText(local) === undefined && k.host.disk.list(local).length > 0);
  k.host.disk.write(isFolder ? `${local.replace(/\/+$/, '')}/${baseName(source.path)}` : local, text);
}

/** Runs a command in the container; its output. Throws with what it said when it fails. */
function* execute(k: Kubectl, place: Place, command: readonly string[], input?: string): Task<string> {
  const namespace = place.namespace || k.namespace;
  const pod: Any = yield* k.call('GET', k.path(podMapping, namespace, place.pod));
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`);
  const container = chooseContainer(k, pod, k.flags.string('container'), false);
  const stream = yield* k.stream('POST', k.path(podMapping, namespace, place.pod, 'exec'), { command, container, stdin: input === undefined ? undefined : 'true', stdout: 'true', stderr: 'true' });
  let out = '';
  let said = '';
  try {
    if (input !== undefined) {
      stream.send({ stdin: input });
      stream.send({ eof: true });
    }
    for (;;) {
      const frame = (yield* stream.receive()) as Any;
      if (frame === undefined) {
        if (!stream.open) return out;
        continue;
      }
      if (typeof frame === 'string') out += frame;
      if (frame.stdout !== undefined) out += frame.stdout;
      if (frame.stderr !== undefined) said += frame.stderr;
      if (frame.error !== undefined) throw new CommandError(`Internal error occurred: ${String(frame.error.message ?? frame.error)}`);
      if (frame.exitCode === undefined) continue;
      if (Number(frame.exitCode) === 0) return out;
      k.err(said);
      throw new CommandError(`command terminated with exit code ${frame.exitCode}`, Number(frame.exitCode));
    }
  } finally {
    stream.close();
  }
}
