// What this server serves, as clients ask for it: /api, /apis, each group version, and both at once (aggregated).
import { encodeBase64Bytes } from '../../../api/meta/base64.ts';
import { sha256Hex } from '../../../api/meta/sha256.ts';
import { contentHash } from '../../../wire/cached-content.ts';
import type { ResourceTable, ServedResource } from '../registry/resources.ts';
import type { Remotes } from './remotes.ts';

interface Subresource {
  readonly group?: string;
  readonly version?: string;
  /** '' is the kind of the resource itself. */
  readonly kind: string;
  readonly verbs: readonly string[];
}

const change = ['get', 'patch', 'update'];
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];
const subresources: Readonly<Record<string, Subresource>> = {
  status: { kind: '', verbs: change },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: change },
  ephemeralcontainers: { kind: '', verbs: change },
  resize: { kind: '', verbs: change },
  approval: { kind: '', verbs: change },
  finalize: { kind: '', verbs: ['update'] },
  log: { kind: '', verbs: ['get'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
};

function subresource(resource: ServedResource, name: string): Subresource {
  if (name === 'proxy') return { kind: `${resource.declaration.kind}ProxyOptions`, verbs: proxyVerbs };
  const known = subresources[name] ?? { kind: '', verbs: change };
  return known.kind === '' ? { ...known, kind: resource.declaration.kind } : known;
}

/** Where the real server stores objects of a kind in another group version than it serves them in. */
const storedElsewhere: Readonly<Record<string, string>> = {
  'customresourcedefinitions.apiextensions.k8s.io': 'apiextensions.k8s.io/v1beta1',
  'events.events.k8s.io': '/v1',
  'flunders.wardle.example.com': 'wardle.example.com/v1alpha1',
  'horizontalpodautoscalers.autoscaling': 'autoscaling/v2',
  'mutatingadmissionpolicies.admissionregistration.k8s.io': 'admissionregistration.k8s.io/v1beta1',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': 'admissionregistration.k8s.io/v1beta1',
};

/** Tells a client that objects are stored in another form than before: eight bytes of the digest of what they are stored as. */
function storageVersionHash({ declaration: { group, version, resource, kind, custom, verbs } }: ServedResource): { readonly storageVersionHash?: string } {
  if (!verbs.includes('watch')) return {};
  const stored = custom?.storageVersion ?? storedElsewhere[`${resource}.${group}`] ?? `${group}/${version}`;
  const digest = sha256Hex(`${stored}/${kind}`).slice(0, 16);
  return { storageVersionHash: encodeBase64Bytes(Array.from({ length: 8 }, (_, index) => Number.parseInt(digest.slice(2 * index, 2 * index + 2), 16))) };
}

/** Groups in the order in which clients prefer them. */
const groupOrder = ['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling', 'batch', 'certificates.k8s.io', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'scheduling.k8s.io', 'coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io', 'resource.k8s.io', 'flowcontrol.apiserver.k8s.io'];

const versionRank = (version: string): number => {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return -1;
  return Number(match[1]) * 1000 + (match[2] === undefined ? 900_000 : match[2] === 'beta' ? 400_000 : 0) + Number(match[3] ?? 0);
};

interface PlainResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** An APIResourceList in the aggregated form. */
function aggregatedResources(list: unknown): readonly object[] {
  const all = ((list as { readonly resources?: readonly PlainResource[] } | undefined)?.resources ?? []).filter((each) => typeof each?.name === 'string');
  const kindOf = ({ group = '', version = '', kind }: PlainResource): object => ({ group, version, kind });
  return all
    .filter((each) => !each.name.includes('/'))
    .map((each) => {
      const below = all.filter((other) => other.name.startsWith(`${each.name}/`)).map((other) => ({ subresource: other.name.slice(each.name.length + 1), responseKind: kindOf(other), verbs: other.verbs ?? [] }));
      return {
        resource: each.name,
        responseKind: kindOf(each),
        scope: each.namespaced === true ? 'Namespaced' : 'Cluster',
        singularResource: each.singularName ?? '',
        verbs: each.verbs ?? [],
        ...(each.shortNames === undefined ? {} : { shortNames: each.shortNames }),
        ...(each.categories === undefined ? {} : { categories: each.categories }),
        ...(below.length === 0 ? {} : { subresources: below }),
      };
    });
}

export class Discovery {
  private readonly table: ResourceTable;
  private readonly address: string;
  private readonly remotes: Remotes;
  private readonly documents = new Map<string, unknown>();
  private readonly hashes = new Map<string, string>();
  private generation = '';

  constructor(table: ResourceTable, address: string, remotes: Remotes) {
    this.table = table;
    this.address = address;
    this.remotes = remotes;
  }

  /** The document of a path, or undefined when it is no discovery path. */
  document(path: string, aggregated: boolean): unknown {
    const generation = `${this.table.generation} ${this.remotes.generation}`;
    if (this.generation !== generation) {
      this.documents.clear();
      this.hashes.clear();
      this.generation = generation;
    }
    const key = `${path} ${aggregated}`;
    if (!this.documents.has(key)) this.documents.set(key, this.make(path.replace(/\/+$/, ''), aggregated));
    return this.documents.get(key);
  }

  /** Names the content of the aggregated document of a path, which was asked for just now. */
  hash(path: string): string {
    let hash = this.hashes.get(path);
    if (hash === undefined) this.hashes.set(path, (hash = contentHash(JSON.stringify(this.document(path, true)))));
    return hash;
  }

  private make(path: string, aggregated: boolean): unknown {
    if (path === '/api' && this.table.hasGroupVersion('', 'v1')) {
      if (aggregated) return this.aggregate(['']);
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.address }] };
    }
    if (path === '/apis') {
      if (aggregated) return this.aggregate(this.groups());
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: this.groups().map((group) => this.group(group)) };
    }
    const parts = path.split('/').slice(1);
    if (parts[0] === 'api' && parts.length === 2) return this.resourceList('', parts[1] as string);
    if (parts[0] === 'apis' && parts.length === 2) {
      const group = parts[1] as string;
      return this.groups().includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...this.group(group) } : undefined;
    }
    if (parts[0] === 'apis' && parts.length === 3) return this.resourceList(parts[1] as string, parts[2] as string);
    return undefined;
  }

  private groups(): readonly string[] {
    const served = new Set(this.table.all().map((each) => each.declaration.group).filter((group) => group !== ''));
    for (const { group } of this.remotes.groupVersions()) served.add(group);
    const others = [...served].filter((group) => !groupOrder.includes(group)).sort();
    return [...groupOrder.filter((group) => served.has(group)), ...others];
  }

  private versions(group: string): readonly string[] {
    const versions = new Set(this.table.all().filter((each) => each.declaration.group === group).map((each) => each.declaration.version));
    for (const each of this.remotes.groupVersions()) if (each.group === group) versions.add(each.version);
    return [...versions].sort((a, b) => versionRank(b) - versionRank(a));
  }

  private group(name: string): object {
    const versions = this.versions(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  }

  private resourcesOf(group: string, version: string): readonly ServedResource[] {
    return this.table
      .all()
      .filter((each) => each.declaration.group === group && each.declaration.version === version)
      .sort((a, b) => (a.declaration.resource < b.declaration.resource ? -1 : 1));
  }

  private resourceList(group: string, version: string): unknown {
    const resources = this.resourcesOf(group, version);
    if (resources.length === 0) return undefined;
    const entries = resources.flatMap((resource) => {
      const { declaration } = resource;
      const main = {
        name: declaration.resource,
        singularName: declaration.singular,
        namespaced: declaration.namespaced,
        kind: declaration.kind,
        verbs: [...declaration.verbs].sort(),
        ...(declaration.shortNames.length > 0 ? { shortNames: declaration.shortNames } : {}),
        ...(declaration.categories.length > 0 ? { categories: declaration.categories } : {}),
        ...storageVersionHash(resource),
      };
      const below = [...declaration.subresources].sort().map((name) => {
        const { group: subGroup, version: subVersion, kind, verbs } = subresource(resource, name);
        return { name: `${declaration.resource}/${name}`, singularName: '', namespaced: declaration.namespaced, ...(subGroup === undefined ? {} : { group: subGroup, version: subVersion }), kind, verbs };
      });
      return [main, ...below];
    });
    return { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion: group === '' ? version : `${group}/${version}`, resources: entries };
  }

  /** What another server said of itself; nothing while it does not answer. */
  private remoteVersion(group: string, version: string): object | undefined {
    const remote = this.remotes.groupVersions().find((each) => each.group === group && each.version === version);
    if (remote === undefined) return undefined;
    if (!remote.available) return { version, freshness: 'Stale' };
    return { version, resources: aggregatedResources(remote.resources), freshness: 'Current' };
  }

  private aggregate(groups: readonly string[]): unknown {
    const items = groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: this.versions(group).map((version) => this.remoteVersion(group, version) ?? ({
        version,
        resources: this.resourcesOf(group, version).map((resource) => {
          const { declaration } = resource;
          const below = [...declaration.subresources].sort().map((name) => {
            const { group: subGroup = '', version: subVersion = '', kind, verbs } = subresource(resource, name);
            return { subresource: name, responseKind: { group: subGroup, version: subVersion, kind }, verbs };
          });
          return {
            resource: declaration.resource,
            responseKind: { group: '', version: '', kind: declaration.kind },
            scope: declaration.namespaced ? 'Namespaced' : 'Cluster',
            singularResource: declaration.singular,
            verbs: [...declaration.verbs].sort(),
            ...(declaration.shortNames.length > 0 ? { shortNames: declaration.shortNames } : {}),
            ...(declaration.categories.length > 0 ? { categories: declaration.categories } : {}),
            ...(below.length > 0 ? { subresources: below } : {}),
          };
        }),
        freshness: 'Current',
      })),
    }));
    return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  }
}
