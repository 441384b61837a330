// Redirections: files, here-documents and copies in place of a command's streams.
import type { Task } from '../../kernel/task.ts';
import { absolutePath, contentText, isFile, isFolder, readFileText, refusalOf, whyUnreadable } from './files.ts';
import type { Shell } from './shell.ts';
import type { Streams } from './streams.ts';
import type { Redirect } from './syntax.ts';

const nowhere = (): void => undefined;

/** The streams with these redirections; undefined when one cannot be made, which has been said. */
export function* redirect(shell: Shell, redirects: readonly Redirect[], streams: Streams): Task<Streams | undefined> {
  if (redirects.length === 0) return streams;
  const { host } = shell;
  let { input } = streams;
  let out = (text: string): void => streams.out(text);
  let err = (text: string): void => streams.err(text);
  for (const { operator, fd, target: word } of redirects) {
    const target = yield* shell.expansion.text(word, streams);
    if (operator === '<<' || operator === '<<<') {
      input = host.tasks.mailbox<string>();
      input.put(operator === '<<<' ? `${target}\n` : target);
      input.close();
      continue;
    }
    if (operator === '>&') {
      if (target === '1' && fd === 2) err = out;
      else if (target === '2' && fd === 1) out = err;
      else if (target === '-' && fd === 1) out = nowhere;
      else if (target === '-') err = nowhere;
      continue;
    }
    const path = absolutePath(host, target, shell.cwd);
    if (operator === '<') {
      const text = readFileText(host.disk, path);
      if (text === undefined) {
        streams.err(`${shell.name}: ${target}: ${whyUnreadable(host.disk, path)}\n`);
        return undefined;
      }
      input = host.tasks.mailbox<string>();
      if (text !== '') input.put(text);
      input.close();
      continue;
    }
    const write = openForWriting(shell, path, target, operator === '>>', streams);
    if (write === undefined) return undefined;
    if (fd === 2) err = write;
    else out = write;
  }
  return { input, out, err };
}

function openForWriting({ host: { disk }, name }: Shell, path: string, shown: string, append: boolean, streams: Streams): ((text: string) => void) | undefined {
  if (path === '/dev/null') return nowhere;
  if (path === '/dev/stdout') return (text) => streams.out(text);
  if (path === '/dev/stderr') return (text) => streams.err(text);
  // busybox's shell says what it could not do, bash only why.
  const isBash = name.includes('bash');
  const refuse = (why: string): undefined => void streams.err(`${name}: ${isBash ? '' : "can't create "}${shown}: ${why}\n`);
  if (!isFile(disk, path) && isFolder(disk, path)) return refuse('Is a directory');
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  if (!isFolder(disk, folder)) return refuse(isBash ? 'No such file or directory' : 'nonexistent directory');
  try {
    let content = append ? (contentText(disk, path) ?? '') : '';
    disk.write(path, content);
    return (text) => {
      content += text;
      disk.write(path, content);
    };
  } catch (error) {
    return refuse(refusalOf(error)?.why ?? String(error));
  }
}
