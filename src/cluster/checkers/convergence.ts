// When faults are over, everything that was copied is the same again: members, watch caches, informers. Asked of the programs themselves.
import type { InformerContents } from '../../client/informer.ts';
import type { World } from '../../kernel/world.ts';
import type { StateView } from '../../programs/etcd/views.ts';
import type { CacheContents } from '../../programs/kube-apiserver/main.ts';

interface Place {
  readonly machine: string;
  readonly process: string;
  readonly program: string;
}

function* placesOf(world: World): Generator<Place> {
  for (const machine of world.machines)
    for (const process of machine.processes()) if (process.state === 'running') yield { machine: machine.name, process: process.name, program: process.program };
}

/** Where resources are kept whose folder is not named like them. */
const folders: Readonly<Record<string, string>> = { services: 'services/specs', nodes: 'minions', endpoints: 'services/endpoints', replicationcontrollers: 'controllers', ingresses: 'ingress' };

/** Answered by the API server from what it knows, not kept in etcd. */
const computed: ReadonlySet<string> = new Set(['apiservices']);

/** What is not the same yet, or undefined. `members`: how many etcd members there must be. */
export function describeDivergence(world: World, members: number): string | undefined {
  const states: { readonly where: string; readonly state: StateView }[] = [];
  for (const { machine, process, program } of placesOf(world)) {
    if (program !== 'etcd') continue;
    const state = world.view(machine, process, 'state') as StateView | undefined;
    if (state !== undefined) states.push({ where: machine, state });
  }
  if (states.length < members) return `${states.length} of ${members} etcd members run`;
  const first = states[0] as (typeof states)[number];
  for (const { where, state } of states) {
    const text = describeStates(first.state, state);
    if (text !== undefined) return `etcd on ${first.where} and ${where}: ${text}`;
  }
  const counts = countByFolder(first.state.keys);
  for (const place of placesOf(world)) {
    const text = place.program === 'kube-apiserver' ? describeCaches(world, place, first.state.keys, counts) : describeInformers(world, place, first.state.keys, counts);
    if (text !== undefined) return `${place.process} on ${place.machine}: ${text}`;
  }
  return undefined;
}

/** How many keys begin with each folder's name, e.g. `/registry/pods/` and `/registry/pods/default/`. */
function countByFolder(keys: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys.keys())
    for (let end = key.indexOf('/', 1); end >= 0; end = key.indexOf('/', end + 1)) {
      const folder = key.slice(0, end + 1);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  return counts;
}

function describeStates(a: StateView, b: StateView): string | undefined {
  if (a === b) return undefined;
  if (a.applied !== b.applied) return `applied ${a.applied} and ${b.applied}`;
  if (a.revision !== b.revision) return `revisions ${a.revision} and ${b.revision}`;
  for (const [key, revision] of a.keys) if (b.keys.get(key) !== revision) return `${key} at ${revision} and ${b.keys.get(key) ?? 'absent'}`;
  if (a.keys.size !== b.keys.size) return `${a.keys.size} and ${b.keys.size} keys`;
  return a.leases.join() === b.leases.join() ? undefined : `leases ${a.leases.length} and ${b.leases.length}, or others`;
}

function describeCaches(world: World, { machine, process }: Place, keys: ReadonlyMap<string, number>, counts: ReadonlyMap<string, number>): string | undefined {
  for (const { prefix, revisions } of (world.view(machine, process, 'contents') ?? []) as readonly CacheContents[]) {
    for (const [key, revision] of revisions) if (keys.get(key) !== revision) return `its cache has ${key} at ${revision}, etcd ${keys.get(key) ?? 'not at all'}`;
    const count = counts.get(prefix) ?? 0;
    if (count !== revisions.size) return `its cache of ${prefix} has ${revisions.size} objects, etcd ${count}`;
  }
  return undefined;
}

function describeInformers(world: World, { machine, process }: Place, keys: ReadonlyMap<string, number>, counts: ReadonlyMap<string, number>): string | undefined {
  for (const view of world.views(machine, process)) {
    if (!view.startsWith('informer ')) continue;
    const [, resource = '', namespace = ''] = view.split(' ');
    const prefix = `/registry/${folders[resource] ?? resource}/${namespace === '' ? '' : `${namespace}/`}`;
    const contents = world.view(machine, process, view) as InformerContents;
    if (!contents.synced || computed.has(resource)) continue;
    const root = `/registry/${folders[resource] ?? resource}/`;
    for (const [key, revision] of contents.revisions) {
      const kept = keys.get(`${root}${key}`);
      if (String(kept) !== revision) return `its copy of ${resource} ${key} is at ${revision}, etcd has it ${kept === undefined ? 'not at all' : `at ${kept}`}`;
    }
    if (contents.selects) continue;
    const count = counts.get(prefix) ?? 0;
    if (count !== contents.revisions.size) return `its copy of ${resource} has ${contents.revisions.size} objects, etcd ${count}`;
  }
  return undefined;
}
