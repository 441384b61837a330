// Which resources the server has: aggregated discovery, cached on the disk for six hours as kubectl caches it.
import type { Task } from '../../kernel/task.ts';
import { NoResourceMatch } from './errors.ts';
import type { Any, Kubectl } from './kubectl.ts';

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

/** A resource and the kind of its objects. */
export interface Mapping {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
}

const cacheMs = 6 * 3600 * 1000;
const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** `deployments.apps` */
export function resourceName(mapping: Mapping): string {
  return mapping.group === '' ? mapping.resource : `${mapping.resource}.${mapping.group}`;
}
/** `deployment.apps`: how results name an object's kind. */
export function kindName(mapping: Mapping): string {
  return mapping.group === '' ? mapping.kind.toLowerCase() : `${mapping.kind.toLowerCase()}.${mapping.group}`;
}
export function apiVersionOf(mapping: Mapping): string {
  return mapping.group === '' ? mapping.version : `${mapping.group}/${mapping.version}`;
}

export class Discovery {
  private readonly k: Kubectl;
  private loaded: readonly Mapping[] | undefined;
  private fresh = false;

  constructor(k: Kubectl) {
    this.k = k;
  }

  private get cachePath(): string {
    const server = this.k.target.server.replace(/^https?:\/\//, '').replace(/[^A-Za-z0-9.-]/g, '_');
    const folder = this.k.flags.string('cache-dir') || this.k.host.env['KUBECACHEDIR'] || `${this.k.host.env['HOME'] ?? '/root'}/.kube/cache`;
    return `${folder}/discovery/${server}/resources.json`;
  }

  /** All resources, in the server's order: core first. */
  *resources(refresh = false): Task<readonly Mapping[]> {
    if (this.loaded !== undefined && (!refresh || this.fresh)) return this.loaded;
    if (!refresh) {
      const cached = this.readCache();
      if (cached !== undefined) return (this.loaded = cached);
    }
    const found: Mapping[] = [];
    for (const root of ['/api', '/apis']) {
      const document: Any = yield* this.k.call('GET', root, { query: { timeout: '32s' }, headers: { accept } });
      if (document?.kind === 'APIGroupDiscoveryList') found.push(...readAggregated(document));
      else found.push(...(yield* this.legacy(root, document)));
    }
    this.loaded = found;
    this.fresh = true;
    try {
      this.k.host.disk.write(this.cachePath, { atMs: this.k.host.clock.wallMs(), resources: found });
    } catch {
      // A read-only home only costs the cache.
    }
    return found;
  }

  private readCache(): readonly Mapping[] | undefined {
    let cached: unknown = this.k.host.disk.read(this.cachePath);
    if (typeof cached === 'string') {
      try {
        cached = JSON.parse(cached);
      } catch {
        return undefined;
      }
    }
    const entry = cached as { readonly atMs: number; readonly resources: readonly Mapping[] } | undefined;
    const age = entry === undefined ? Infinity : this.k.host.clock.wallMs() - entry.atMs;
    return entry !== undefined && age >= 0 && age < cacheMs ? entry.resources : undefined;
  }

  private *legacy(root: string, document: Any): Task<Mapping[]> {
    const versions: { group: string; version: string; path: string }[] = [];
    if (root === '/api') for (const version of document?.versions ?? []) versions.push({ group: '', version, path: `/api/${version}` });
    for (const group of document?.groups ?? []) for (const each of group.versions) versions.push({ group: group.name, version: each.version, path: `/apis/${each.groupVersion}` });
    const found: Mapping[] = [];
    for (const each of versions) {
      const list: Any = yield* this.k.call('GET', each.path, { query: { timeout: '32s' } });
      const resources: Any[] = list?.resources ?? [];
      for (const resource of resources) {
        if (resource.name.includes('/')) continue;
        found.push({
          group: each.group, version: each.version, resource: resource.name, kind: resource.kind, namespaced: resource.namespaced, singular: resource.singularName || resource.kind.toLowerCase(),
          shortNames: resource.shortNames ?? [], categories: resource.categories ?? [], verbs: resource.verbs ?? [],
          subresources: resources.filter((other) => other.name.startsWith(`${resource.name}/`)).map((other) => ({ name: other.name.split('/')[1], kind: other.kind, group: other.group ?? each.group, version: other.version ?? each.version, verbs: other.verbs ?? [] })),
        });
      }
    }
    return found;
  }

  /** `po`, `pods`, `Pod`, `deployments.apps`, `deployments.v1.apps`. Throws NoResourceMatch. */
  *find(argument: string): Task<Mapping> {
    for (const refresh of [false, true]) {
      const resources = yield* this.resources(refresh);
      const found = matchResource(resources, argument);
      if (found === undefined) continue;
      this.warnAmbiguous(resources, found, argument.toLowerCase());
      return found;
    }
    throw new NoResourceMatch(argument.split('.')[0] ?? '');
  }

  private readonly warned = new Set<string>();

  /** A short name that others have as well. */
  private warnAmbiguous(resources: readonly Mapping[], found: Mapping, argument: string): void {
    if (!found.shortNames.includes(argument) || this.warned.has(argument)) return;
    this.warned.add(argument);
    const others = [...new Set(resources.filter((each) => each.shortNames.includes(argument) && (each.group !== found.group || each.resource !== found.resource)).map(resourceName))];
    for (const other of others) this.k.warn(`short name "${argument}" could also match lower priority resource ${other}`);
  }

  /** The mapping of an object's apiVersion and kind. */
  *forKind(apiVersion: string, kind: string): Task<Mapping | undefined> {
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    const version = slash < 0 ? apiVersion : apiVersion.slice(slash + 1);
    for (const refresh of [false, true]) {
      const found = (yield* this.resources(refresh)).find((each) => each.group === group && each.version === version && each.kind === kind);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Preferred version of group and resource, for commands that need a known kind: undefined when the server has none. */
  *byResource(group: string, resource: string): Task<Mapping | undefined> {
    return (yield* this.resources()).find((each) => each.group === group && each.resource === resource);
  }
}

function readAggregated(document: Any): Mapping[] {
  const found: Mapping[] = [];
  for (const group of document.items ?? []) {
    for (const version of group.versions ?? []) {
      for (const resource of version.resources ?? []) {
        if (resource.responseKind?.kind === undefined || resource.responseKind.kind === '') continue;
        found.push({
          group: group.metadata?.name ?? '',
          version: version.version,
          resource: resource.resource,
          singular: resource.singularResource || resource.responseKind.kind.toLowerCase(),
          kind: resource.responseKind.kind,
          namespaced: resource.scope === 'Namespaced',
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
          verbs: resource.verbs ?? [],
          subresources: (resource.subresources ?? []).map((sub: Any) => ({ name: sub.subresource, kind: sub.responseKind?.kind ?? '', group: sub.responseKind?.group || (group.metadata?.name ?? ''), version: sub.responseKind?.version || version.version, verbs: sub.verbs ?? [] })),
        });
      }
    }
  }
  return found;
}

export function matchResource(resources: readonly Mapping[], argument: string): Mapping | undefined {
  const lower = argument.toLowerCase();
  const parts = lower.split('.');
  const name = parts[0] as string;
  const named = (candidates: readonly Mapping[]): Mapping | undefined =>
    candidates.find((each) => each.resource === name) ?? candidates.find((each) => each.singular === name) ?? candidates.find((each) => each.shortNames.includes(name)) ?? candidates.find((each) => each.kind.toLowerCase() === name);
  if (parts.length >= 2) {
    // `pods.v1.` and `deployments.v1.apps` name a version, `deployments.apps` a group.
    const version = parts.length >= 3 ? (parts[1] as string) : '';
    const group = parts.slice(2).join('.');
    const exact = named(resources.filter((each) => each.version === version && each.group === group));
    if (exact !== undefined) return exact;
    const rest = parts.slice(1).join('.');
    return named(resources.filter((each) => each.group === rest)) ?? (rest === '' ? undefined : named(resources.filter((each) => each.group.startsWith(rest))));
  }
  return named(resources);
}
