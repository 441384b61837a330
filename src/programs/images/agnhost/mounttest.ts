// `agnhost mounttest`: makes files with given permission bits, and tells of given files the file system, mode, owner and content.
import type { FileAttributes, Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Flags } from './flags.ts';

const newContent = 'mount-tester new file\n';
/** What statfs says of the root of a container. */
const overlayMagic = '2035054128';

export function* runMounttest(host: Host, flags: Flags): Task<number> {
  let failed = false;
  const say = (text: string): void => host.output.write(`${text}\n`);
  const path = (name: string): string => flags.text(name, '');
  const read = (file: string): void => {
    const text = textOf(host, file);
    if (text === undefined) {
      failed = true;
      say(`error reading file content for "${file}": open ${file}: ${host.disk.mayRead(file) ? 'no such file or directory' : 'permission denied'}`);
    } else say(`content of file "${file}": ${text}`);
  };
  const look = (file: string, what: string, tell: (attributes: FileAttributes, isFolder: boolean) => void): void => {
    if (file === '') return;
    const isFile = host.disk.read(file) !== undefined;
    const attributes = host.disk.attributes(file);
    if (isFile || Object.keys(attributes).length > 0 || host.disk.exists(file)) return tell(attributes, !isFile);
    failed = true;
    say(`error from ${what}("${file}"): stat ${file}: no such file or directory`);
  };

  const typed = path('fs_type');
  look(typed, 'statfs', ({ medium }) => say(`mount type of "${typed}": ${medium ?? overlayMagic}`));
  for (const [name, mode] of [['new_file_0644', 0o644], ['new_file_0666', 0o666], ['new_file_0660', 0o660], ['new_file_0777', 0o777]] as const) {
    const file = path(name);
    if (file === '') continue;
    try {
      host.disk.write(file, newContent);
      host.disk.setAttributes(file, { mode, uid: host.user.uid, gid: host.user.gid });
      read(file);
    } catch (error) {
      failed = true;
      say(`error writing new file "${file}": ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const moded = path('file_mode');
  look(moded, 'Stat', (attributes, isFolder) => say(`mode of file "${moded}": ${isFolder ? 'd' : '-'}${permissionText(attributes, isFolder)}`));
  const permitted = path('file_perm');
  look(permitted, 'Stat', (attributes, isFolder) => say(`perms of file "${permitted}": -${permissionText(attributes, isFolder)}`));
  const owned = path('file_owner');
  look(owned, 'stat', ({ uid = 0, gid = 0 }) => say(`owner UID of "${owned}": ${uid}\nowner GID of "${owned}": ${gid}`));
  if (path('file_content') !== '') read(path('file_content'));
  const looped = path('file_content_in_loop');
  if (looped !== '' && !(yield* readInLoop(host, looped, flags.number('retry_time', 180) * 1000, flags.flag('break_on_expected_content', true)))) failed = true;
  return failed ? 1 : 0;
}

/** Every two seconds; false when the last try could not read it. */
function* readInLoop(host: Host, file: string, patienceMs: number, breakOnExpected: boolean): Task<boolean> {
  const startedMs = host.clock.nowMs();
  let isRead = false;
  for (; host.clock.nowMs() - startedMs < patienceMs; yield* host.clock.sleep(2000)) {
    const text = textOf(host, file);
    isRead = text !== undefined;
    if (text === undefined) {
      host.output.write(`Error reading file ${file}: open ${file}: ${host.disk.mayRead(file) ? 'no such file or directory' : 'permission denied'}, retrying\n`);
      continue;
    }
    host.output.write(`content of file "${file}": ${text}\n`);
    if (!breakOnExpected) continue;
    if (text === newContent) break;
    host.output.write(`Unexpected content. Expected: ${newContent}. Retrying`);
  }
  return isRead;
}

function textOf(host: Host, file: string): string | undefined {
  if (!host.disk.mayRead(file)) return undefined;
  const value = host.disk.read(file);
  if (Array.isArray(value)) return value.map((record: unknown) => (typeof record === 'string' ? record : JSON.stringify(record))).join('');
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

/** `rw-r--r--` */
function permissionText({ mode }: FileAttributes, isFolder: boolean): string {
  const bits = mode ?? (isFolder ? 0o755 : 0o644);
  return [...'rwxrwxrwx'].map((letter, index) => ((bits >> (8 - index)) & 1 ? letter : '-')).join('');
}
