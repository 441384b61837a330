// Answers to what a page asks. Everything given out is plain data; what was asked of the past is answered as of the moment shown.
import type { Family } from '../kernel/host.ts';
import type { MessageEvent, TraceEvent } from '../kernel/world.ts';
import { lostWrites } from '../cluster/lost-writes.ts';
import { presetNames } from '../cluster/presets/presets.ts';
import { parseKey, type Stored } from '../scene/folds/stored-object.ts';
import { tell } from '../scene/tell.ts';
import type { LiveRun } from './live-run.ts';
import { packetPath } from './packet-path.ts';
import type { InFlightMessage, LostWrites, Query } from './protocol.ts';
import { checkYaml, completeYaml } from './yaml-check.ts';

/** `atMs` is the moment shown, Infinity at the end of the run. */
export function answer(live: LiveRun, query: Query, atMs: number): unknown {
  switch (query.query) {
    case 'object':
      return findObject(live, query, atMs);
    case 'why':
      return [...live.scene.why(query.of)].reverse();
    case 'flow':
      return live.scene.flow(query.root);
    case 'events':
      return listEvents(live, query);
    case 'logs':
      return readLogs(live, query.machine, query.process, query.tail);
    case 'view':
      return plain(live.world.view(query.machine, query.process, query.view));
    case 'etcd-keys':
      return listKeys(live, query, atMs);
    case 'key-history':
      return live.scene.keys.versions(query.key).filter((version) => version.atMs <= atMs).map(({ revision, atMs: at, value }) => ({ revision, atMs: at, value: plain(value) }));
    case 'lost-writes':
      return findLost(live, query, atMs);
    case 'completions':
      return complete(live, query.machine, query.line, query.cursor);
    case 'message':
      return readMessage(live, query.id);
    case 'in-flight':
      return inFlight(live, query.family);
    case 'path':
      return packetPath(live, query.from, query.to);
    case 'check-yaml':
      return checkYaml(query.text);
    case 'complete-yaml':
      return completeYaml(query.text, query.line, query.column);
    case 'run':
      return live.run;
    case 'hash':
      return live.world.hash;
    case 'presets':
      return presetNames;
  }
}

/** What `etcdctl snapshot save` writes, as far as it matters here; anything else may lie there, too. */
interface SnapshotFile {
  readonly snapshot?: { readonly store?: { readonly revision?: number } };
}

function findLost(live: LiveRun, { machine, snapshot }: Query & { readonly query: 'lost-writes' }, atMs: number): LostWrites | undefined {
  const file = live.world.machines.find((each) => each.name === machine)?.readFile(snapshot) as SnapshotFile | undefined;
  const revision = file?.snapshot?.store?.revision;
  if (revision === undefined) return undefined;
  const { keys } = live.scene;
  const wiped = live.run.inputs.filter(({ command, atMs: at }) => at <= atMs && command.do === 'wipe-disk' && '/var/lib/etcd'.startsWith(command.folder ?? '/')).at(-1);
  const untilMs = Math.min(atMs, wiped?.atMs ?? Infinity);
  const histories = [...keys.keysUnder('')].map((key) => [key, keys.versions(key).filter((version) => version.atMs <= untilMs)] as const);
  return { revision, writes: lostWrites(histories, revision) };
}

function inFlight(live: LiveRun, family: Family): readonly InFlightMessage[] {
  const between = live.world.inFlight().filter((each) => each.family === family && each.from.machine !== each.to.machine);
  return between.map(({ id, from, to, note, arriveMs }) => ({ id, from, to, note, departMs: live.scene.trace.event(id)?.atMs ?? live.nowMs, arriveMs }));
}

function findObject(live: LiveRun, query: Query & { readonly query: 'object' }, atMs: number): unknown {
  const { keys } = live.scene;
  const slash = query.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : query.apiVersion.slice(0, slash);
  const tail = query.namespace === '' ? `/${query.name}` : `/${query.namespace}/${query.name}`;
  for (const key of keys.keysUnder('/registry/')) {
    if (!key.endsWith(tail)) continue;
    const value = keys.at(key, atMs) as Stored | undefined;
    if (value === undefined) continue;
    const parts = parseKey(key, value);
    if (parts === undefined || parts.resource !== query.resource || parts.name !== query.name || parts.namespace !== query.namespace) continue;
    if (parts.group !== group && query.apiVersion !== '' && parts.group !== '') continue;
    const versions = keys.versions(key);
    let revision = 0;
    for (const version of versions) if (version.atMs <= atMs) revision = version.revision;
    return plain({ ...value, metadata: { ...value.metadata, resourceVersion: String(revision) } });
  }
  return undefined;
}

function listKeys(live: LiveRun, query: Query & { readonly query: 'etcd-keys' }, atMs: number): unknown {
  const { keys } = live.scene;
  const found: unknown[] = [];
  let more = false;
  for (const entry of keys.list(query.prefix, { atMs, ...(query.revision === undefined ? {} : { revision: query.revision }) })) {
    if (found.length >= query.limit) {
      more = true;
      break;
    }
    found.push({ ...entry, value: plain(entry.value) });
  }
  return { revision: keys.revision, keys: found, more };
}

function listEvents(live: LiveRun, query: Query & { readonly query: 'events' }): unknown {
  const found: TraceEvent[] = [];
  for (const event of live.scene.trace.between(query.fromMs, query.toMs)) {
    if (query.machine !== undefined && event.machine !== query.machine) continue;
    if (query.process !== undefined && event.process !== query.process) continue;
    found.push(event);
  }
  return found.slice(-query.limit).map((event) => {
    const told = tell(event);
    return { id: event.id, atMs: event.atMs, machine: event.machine, process: event.process, cause: event.cause, type: event.data.type, data: small(event), ...(told === undefined ? {} : { sentence: told.sentence, stage: told.stage }) };
  });
}

/** An event's data without what may be large. */
function small(event: TraceEvent): unknown {
  const { data } = event;
  if (data.type === 'net.message') {
    const { from, to, family, note, arriveMs, lost } = data as MessageEvent;
    return { from, to, family, note, arriveMs, lost };
  }
  if (data.type !== 'etcd.revision') return plain(data);
  const { revision, changes } = data as unknown as { readonly revision: number; readonly changes: readonly { readonly key: string; readonly value: unknown }[] };
  return { revision, changes: changes.map(({ key, value }) => ({ key, deleted: value === null })) };
}

function readMessage(live: LiveRun, id: number): unknown {
  const event = live.scene.trace.event(id);
  if (event?.data.type !== 'net.message') return undefined;
  const { from, to, family, note, arriveMs, lost, body } = event.data as MessageEvent;
  return { id, departMs: event.atMs, from, to, family, note, arriveMs, lost, cause: event.cause, root: live.scene.trace.root(id), body: plain(body) };
}

interface LogRecord {
  readonly text?: string;
  readonly stream?: string;
}

/** A container's log is what its runtime wrote to the node's disk; others have none. */
function readLogs(live: LiveRun, machine: string, process: string, tail: number): unknown {
  const record = live.scene.store.get(`process:${machine}/${process}`);
  if (record?.table !== 'process' || record.pod === null) return [];
  const pod = live.scene.store.get(record.pod);
  if (pod?.table !== 'pod') return [];
  const container = process.split('/')[0] as string;
  const host = live.world.machine(machine);
  const wanted = `${pod.namespace}_${pod.name}_`;
  const files = host.listFiles('/var/log/pods').filter((path) => path.startsWith(`/var/log/pods/${wanted}`) && path.includes(`/${container}/`));
  const newest = files.sort((a, b) => attemptOf(a) - attemptOf(b)).at(-1);
  const content = newest === undefined ? undefined : host.readFile(newest);
  return Array.isArray(content) ? plain((content as readonly LogRecord[]).slice(-tail)) : [];
}

function attemptOf(path: string): number {
  return Number(/\/(\d+)\.log$/.exec(path)?.[1] ?? 0);
}

/** The shell offers its completer as a view. */
function complete(live: LiveRun, machine: string, line: string, cursor: number): unknown {
  const completer = live.world.view(machine, 'shell', 'complete');
  if (typeof completer !== 'function') return [];
  return plain((completer as (line: string, cursor: number) => unknown)(line, cursor));
}

const deepest = 40;

/** A copy that can cross postMessage: functions are left out, maps and sets become objects and lists. */
export function plain(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'function' || typeof value === 'symbol' ? undefined : typeof value === 'bigint' ? Number(value) : value;
  if (depth > deepest) return undefined;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item, depth + 1)]));
  if (value instanceof Set) return [...value].map((item) => plain(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const inner = plain(item, depth + 1);
    if (inner !== undefined) copy[key] = inner;
  }
  return copy;
}
