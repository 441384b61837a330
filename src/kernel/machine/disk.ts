// A machine's disk: survives processes always, and a power loss as far as it was synced.
import type { Disk, FileAttributes, Mailbox, Random, SpawnOptions, TornRecord } from '../host.ts';
import { SimMailbox } from '../mailbox.ts';
import type { Runner } from '../runner.ts';
import type { Task } from '../task.ts';
import { rotted } from './bit-rot.ts';
import { DiskFull } from './disk-full.ts';

interface ValueFile {
  readonly kind: 'value';
  value: unknown;
  /** What a power loss leaves; absent when the file was never synced. */
  synced: { readonly value: unknown } | undefined;
  /** Writes so far, to tell whether a sync covered the last. */
  version: number;
  syncedVersion: number;
}
interface LogFile {
  readonly kind: 'log';
  records: unknown[];
  syncedLength: number;
  /** What stood behind the last sync when the log was rewritten since: comes back at a power loss. */
  syncedRecords: unknown[] | undefined;
}
type File = ValueFile | LogFile;

export interface Mount {
  readonly path: string;
  readonly source: string;
  readonly readOnly?: boolean;
}

const torn: TornRecord = { torn: true };
const none: readonly string[] = [];

/** What a path must not have to be normal: doubled slashes, segments that begin with a dot (which may be harmless), a slash at its end. */
const odd = /\/(?:[/.]|$)/;

/** Absolute, without `.`, `..`, doubled or trailing slashes. */
export function normalisePath(path: string): string {
  return path.charCodeAt(0) === 47 && !odd.test(path) ? path : makeNormal(path);
}

function makeNormal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return '/' + parts.join('/');
}

function isUnder(path: string, folder: string): boolean {
  return folder === '/' || path === folder || (path.startsWith(folder) && path[folder.length] === '/');
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** `path`, which is `from` or under it, moved to `to`. All are normal, and so is what comes out. */
function moved(path: string, from: string, to: string): string {
  const rest = from === '/' ? path : path.slice(from.length);
  if (to === '/') return rest === '' ? '/' : rest;
  return rest === '' || rest === '/' ? to : to + rest;
}

/** Where `path` stands, or would stand, among sorted paths. */
function placeOf(sorted: readonly string[], path: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((sorted[mid] as string) < path) low = mid + 1;
    else high = mid;
  }
  return low;
}

export class MachineDisk {
  private readonly files = new Map<string, File>();
  /** All paths, sorted: a new one is put in its place, so that listing a folder of a full disk costs no sort. Built when first asked for. */
  private sorted: string[] | undefined;
  private watchers: { readonly folder: string; readonly root: (path: string) => string | undefined; readonly box: SimMailbox<string>; readonly isAlive: () => boolean }[] = [];
  private readonly dirty = new Set<string>();
  /** Of files and folders; few are marked. */
  private readonly marks = new Map<string, FileAttributes>();
  /** Folders below which nothing more can be written. */
  private readonly full = new Set<string>();
  fsyncMs: number;
  private readonly runner: Runner;
  private readonly random: Random;

  constructor(runner: Runner, random: Random, fsyncMs: number) {
    this.runner = runner;
    this.random = random;
    this.fsyncMs = fsyncMs;
  }

  read(path: string): unknown {
    const file = this.files.get(path);
    return file === undefined ? undefined : file.kind === 'value' ? file.value : file.records;
  }

  write(path: string, value: unknown): void {
    const file = this.files.get(path);
    if (file !== undefined && file.kind === 'value') {
      file.value = value;
      file.version++;
    } else {
      this.files.set(path, { kind: 'value', value, synced: undefined, version: 1, syncedVersion: 0 });
      if (file === undefined) this.enter(path);
    }
    this.changed(path);
  }

  /** Files that are there from the start, safe on the platter. */
  preload(path: string, value: unknown): void {
    this.write(path, value);
    this.syncNow(path);
  }

  remove(path: string): void {
    // Removal is taken as durable at once: nothing in the house depends on an unsynced unlink coming back.
    this.marks.delete(path);
    if (this.files.delete(path)) {
      this.leave(path);
      this.dirty.delete(path);
      this.notify(path);
      return;
    }
    for (const each of this.list(path)) this.remove(each);
  }

  exists(path: string): boolean {
    if (this.files.has(path)) return true;
    if (path === '/') return this.files.size > 0;
    const all = this.paths();
    const prefix = path + '/';
    return all[placeOf(all, prefix)]?.startsWith(prefix) === true;
  }

  private paths(): string[] {
    return (this.sorted ??= [...this.files.keys()].sort());
  }

  private enter(path: string): void {
    if (this.sorted !== undefined) this.sorted.splice(placeOf(this.sorted, path), 0, path);
  }

  private leave(path: string): void {
    if (this.sorted !== undefined) this.sorted.splice(placeOf(this.sorted, path), 1);
  }

  list(folder: string): readonly string[] {
    const all = this.paths();
    if (folder === '/') return all.slice();
    const prefix = folder + '/';
    const low = placeOf(all, prefix);
    let end = low;
    while (end < all.length && (all[end] as string).startsWith(prefix)) end++;
    return all.slice(low, end);
  }

  private log(path: string): LogFile {
    const file = this.files.get(path);
    if (file !== undefined && file.kind === 'log') return file;
    const fresh: LogFile = { kind: 'log', records: [], syncedLength: 0, syncedRecords: undefined };
    this.files.set(path, fresh);
    if (file === undefined) this.enter(path);
    return fresh;
  }

  append(path: string, record: unknown): void {
    this.log(path).records.push(record);
    this.changed(path);
  }

  readLog(path: string): readonly unknown[] {
    const file = this.files.get(path);
    return file !== undefined && file.kind === 'log' ? file.records : [];
  }

  rewriteLog(path: string, from: number, records: readonly unknown[]): void {
    const file = this.log(path);
    if (from < file.syncedLength && file.syncedRecords === undefined) file.syncedRecords = file.records.slice(0, file.syncedLength);
    file.records = [...file.records.slice(0, from), ...records];
    if (file.syncedLength > from) file.syncedLength = from;
    this.changed(path);
  }

  private changed(path: string): void {
    this.dirty.add(path);
    this.notify(path);
  }

  private notify(path: string): void {
    if (this.watchers.length === 0) return;
    let left = false;
    for (const watcher of this.watchers) {
      if (!isUnder(path, watcher.folder)) continue;
      if (!watcher.isAlive()) {
        left = true;
        continue;
      }
      const seen = watcher.root(path);
      if (seen !== undefined) watcher.box.put(seen);
    }
    if (left) this.watchers = this.watchers.filter((each) => each.isAlive());
  }

  watch(folder: string, root: (path: string) => string | undefined, isAlive: () => boolean): Mailbox<string> {
    const box = new SimMailbox<string>(this.runner);
    this.watchers.push({ folder, root, box, isAlive });
    return box;
  }

  *sync(path: string): Task<void> {
    const captured: { readonly path: string; readonly file: File; readonly length: number; readonly value: unknown }[] = [];
    for (const each of this.dirtyAt(path)) {
      const file = this.files.get(each);
      if (file === undefined) continue;
      // As it is now: what is written while the platter turns is not covered.
      if (file.kind === 'log') captured.push({ path: each, file, length: file.records.length, value: undefined });
      else captured.push({ path: each, file, length: file.version, value: file.value });
    }
    yield* this.runner.sleep(this.fsyncMs);
    for (const { path: each, file, length, value } of captured) {
      if (file.kind === 'log') this.settleLog(each, file, length);
      else this.settleValue(each, file, value, length);
    }
  }

  /** What is not synced of a file, or below a folder. Most of what is dirty on a node (logs, cgroups) is never synced, so it is not looked through. */
  private dirtyAt(path: string): readonly string[] {
    if (this.dirty.has(path)) return [path];
    // A file has nothing below it.
    if (this.dirty.size === 0 || this.files.has(path)) return none;
    if (path === '/') return [...this.dirty];
    const found: string[] = [];
    const all = this.paths();
    const prefix = path + '/';
    for (let i = placeOf(all, prefix); i < all.length && (all[i] as string).startsWith(prefix); i++) if (this.dirty.has(all[i] as string)) found.push(all[i] as string);
    return found;
  }

  private settleLog(path: string, file: LogFile, length: number): void {
    file.syncedRecords = undefined;
    file.syncedLength = Math.max(file.syncedLength, Math.min(length, file.records.length));
    if (file.syncedLength === file.records.length) this.dirty.delete(path);
  }

  private settleValue(path: string, file: ValueFile, value: unknown, version: number): void {
    if (version <= file.syncedVersion) return;
    file.synced = { value };
    file.syncedVersion = version;
    if (version === file.version) this.dirty.delete(path);
  }

  private syncNow(path: string): void {
    const file = this.files.get(path);
    if (file?.kind === 'value') this.settleValue(path, file, file.value, file.version);
    else if (file?.kind === 'log') this.settleLog(path, file, file.records.length);
  }

  /** Power is gone: of what was not synced, some is there, some is not, and the last record may be half written. */
  crash(): void {
    for (const path of [...this.dirty]) {
      const file = this.files.get(path);
      if (file === undefined) continue;
      if (file.kind === 'value') {
        if (this.random.next() < 0.5) {
          if (file.synced === undefined) this.files.delete(path);
          else file.value = file.synced.value;
        }
      } else {
        if (file.syncedRecords !== undefined && this.random.next() < 0.5) {
          file.records = file.syncedRecords;
          file.syncedLength = file.records.length;
        }
        const loose = file.records.length - file.syncedLength;
        if (loose > 0) {
          const kept = this.random.below(loose + 1);
          file.records = file.records.slice(0, file.syncedLength + kept);
          if (kept < loose && this.random.next() < 0.5) file.records.push(torn);
        }
      }
      if (this.files.has(path)) this.syncNow(path);
    }
    this.dirty.clear();
    this.sorted = undefined;
    this.watchers = [];
  }

  fill(folder: string, full: boolean): void {
    if (full) this.full.add(normalisePath(folder));
    else this.full.delete(normalisePath(folder));
  }

  /** Whether there is room for more at this place. */
  hasRoom(path: string): boolean {
    if (this.full.size === 0) return true;
    for (const folder of this.full) if (isUnder(path, folder)) return false;
    return true;
  }

  /** Changes one leaf of what is stored; nobody is told. */
  rot(path: string, record: number): void {
    const file = this.files.get(path);
    if (file === undefined) return;
    if (file.kind === 'value') {
      file.value = rotted(file.value, this.random);
      file.synced = { value: file.value };
      return;
    }
    const at = record < 0 ? file.records.length + record : record;
    if (at >= 0 && at < file.records.length) file.records[at] = rotted(file.records[at], this.random);
  }

  /** With the medium of the folder that it is in. */
  attributes(path: string): FileAttributes {
    const own = this.marks.get(path) ?? {};
    if (this.marks.size === 0 || own.medium !== undefined) return own;
    for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) if (this.marks.get(folder)?.medium !== undefined) return { ...own, medium: 'tmpfs' };
    return own;
  }

  setAttributes(path: string, attributes: FileAttributes): void {
    this.marks.set(path, { ...this.marks.get(path), ...attributes });
  }

  wipe(folder: string): void {
    for (const path of this.list(folder)) this.remove(path);
    this.remove(folder);
  }
}

/** A process's sight of the disk, through its root folder and mounts. */
export class DiskView implements Disk {
  private readonly disk: MachineDisk;
  private readonly root: string;
  private readonly mounts: readonly Mount[];
  private readonly isRootReadOnly: boolean;
  private readonly user: SpawnOptions['user'];
  private readonly owner: { readonly dead: boolean };

  /** `owner`: whose watches end when it is dead. */
  constructor(disk: MachineDisk, { root = '/', mounts = [], readOnlyRoot = false, user }: Pick<SpawnOptions, 'root' | 'mounts' | 'readOnlyRoot' | 'user'>, owner: { readonly dead: boolean }) {
    this.disk = disk;
    this.root = normalisePath(root);
    this.isRootReadOnly = readOnlyRoot;
    this.user = user;
    this.mounts = mounts
      .map((mount) => ({ ...mount, path: normalisePath(mount.path), source: normalisePath(mount.source) }))
      .sort((a, b) => b.path.length - a.path.length);
    this.owner = owner;
  }

  private place(path: string): { readonly path: string; readonly readOnly: boolean } {
    const clean = normalisePath(path);
    for (const mount of this.mounts)
      if (isUnder(clean, mount.path)) return { path: moved(clean, mount.path, mount.source), readOnly: mount.readOnly === true };
    return { path: moved(clean, '/', this.root), readOnly: this.isRootReadOnly };
  }

  /** The machine's path as this process sees it; undefined when it cannot. */
  private unplace(path: string): string | undefined {
    for (const mount of this.mounts) if (isUnder(path, mount.source)) return moved(path, mount.source, mount.path);
    return isUnder(path, this.root) ? moved(path, this.root, '/') : undefined;
  }

  private writable(path: string, more = true): string {
    const place = this.place(path);
    if (place.readOnly) throw new Error(`open ${path}: read-only file system`);
    // To make or remove something is to write its folder.
    if (!this.may(2, more && this.disk.exists(place.path) ? place.path : parentOf(place.path))) throw new Error(`open ${path}: permission denied`);
    if (more && !this.disk.hasRoom(place.path)) throw new DiskFull('write', path);
    return place.path;
  }

  /** `bit`: 4 to read, 2 to write. Root may everything; and what nobody gave a mode refuses nobody. */
  private may(bit: 2 | 4, path: string): boolean {
    const { user } = this;
    if (user === undefined || user.uid === 0) return true;
    const { mode, uid = 0, gid = 0 } = this.disk.attributes(path);
    if (mode === undefined) return true;
    const shift = uid === user.uid ? 6 : gid === user.gid || user.groups.includes(gid) ? 3 : 0;
    return ((mode >> shift) & bit) !== 0;
  }
  mayRead(path: string): boolean {
    return this.may(4, this.place(path).path);
  }
  read(path: string): unknown {
    return this.disk.read(this.place(path).path);
  }
  readText(path: string): string | undefined {
    const value = this.read(path);
    return typeof value === 'string' ? value : undefined;
  }
  write(path: string, value: unknown): void {
    this.disk.write(this.claimed(this.writable(path)), value);
  }
  /** What a user other than root makes is theirs. */
  private claimed(path: string): string {
    if (this.user !== undefined && this.user.uid + this.user.gid > 0 && this.disk.read(path) === undefined) this.disk.setAttributes(path, { uid: this.user.uid, gid: this.user.gid });
    return path;
  }
  remove(path: string): void {
    this.disk.remove(this.writable(path, false));
  }
  exists(path: string): boolean {
    const place = this.place(path).path;
    if (this.disk.exists(place)) return true;
    const clean = normalisePath(path);
    return this.mounts.some((mount) => isUnder(mount.path, clean));
  }
  list(folder: string): readonly string[] {
    const clean = normalisePath(folder);
    const found = new Set<string>();
    for (const path of this.disk.list(this.place(clean).path)) {
      const seen = this.unplace(path);
      if (seen !== undefined && isUnder(seen, clean)) found.add(seen);
    }
    for (const mount of this.mounts) {
      if (!isUnder(mount.path, clean) || mount.path === clean) continue;
      if (this.disk.read(mount.source) !== undefined) found.add(mount.path);
      for (const path of this.disk.list(mount.source)) found.add(normalisePath(mount.path + path.slice(mount.source.length)));
    }
    return [...found].sort();
  }
  append(path: string, record: unknown): void {
    this.disk.append(this.claimed(this.writable(path)), record);
  }
  readLog(path: string): readonly unknown[] {
    return this.disk.readLog(this.place(path).path);
  }
  rewriteLog(path: string, from: number, records: readonly unknown[]): void {
    this.disk.rewriteLog(this.writable(path, records.length > 0), from, records);
  }
  sync(path: string): Task<void> {
    return this.disk.sync(this.place(path).path);
  }
  attributes(path: string): FileAttributes {
    return this.disk.attributes(this.place(path).path);
  }
  setAttributes(path: string, attributes: FileAttributes): void {
    this.disk.setAttributes(this.writable(path), attributes);
  }
  watch(folder: string): Mailbox<string> {
    return this.disk.watch(this.place(folder).path, (path) => this.unplace(path), () => !this.owner.dead);
  }
}
