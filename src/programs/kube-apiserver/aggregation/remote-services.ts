// Group versions that other API servers serve, behind Services: which there are, whether they answer, and the way to them.
import type { ApiService } from '../../../api/apiregistration/api-service.ts';
import { isConditionTrue } from '../../../api/meta/conditions.ts';
import { decodeBase64 } from '../../../api/meta/base64.ts';
import type { Host, Mailbox } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import { decodeCertificates } from '../../../wire/tls-handshake.ts';
import type { TlsIdentity } from '../../../wire/tls.ts';
import type { ResourceTable } from '../registry/resources.ts';
import type { Collections } from '../storage/collections.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export const apiServicesPrefix = 'apiregistration.k8s.io/apiservices';

export interface RemoteGroupVersion {
  readonly group: string;
  readonly version: string;
  readonly priority: number;
  readonly available: boolean;
  /** APIResourceList, as the other server answered last. */
  readonly resources: unknown;
}

/** What another server says of its kinds (OpenAPI). */
export interface RemoteOpenApi {
  /** Of its index of documents: `apis/metrics.k8s.io/v1beta1` and where that is. */
  readonly paths: Readonly<Record<string, unknown>>;
  readonly definitions: object;
  /** Names the definitions. */
  readonly hash: string;
}

interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export class RemoteServices {
  private readonly host: Host;
  private readonly table: ResourceTable;
  private readonly collections: Collections;
  private readonly identity: TlsIdentity;
  private readonly clients = new Map<string, HttpClient>();
  private readonly resources = new Map<string, unknown>();
  private readonly openApis = new Map<string, RemoteOpenApi>();
  private readonly changes: Mailbox<true>;
  private waiting = false;
  /** Grows when what discovery shows of the others may have changed. */
  generation = 0;

  constructor(host: Host, table: ResourceTable, collections: Collections, identity: TlsIdentity) {
    this.host = host;
    this.table = table;
    this.collections = collections;
    this.identity = identity;
    this.changes = host.tasks.mailbox<true>();
    collections.cache(apiServicesPrefix).onChange(() => {
      this.generation++;
      if (!this.waiting) return;
      this.waiting = false;
      this.changes.put(true);
    });
  }

  /** Waits until an APIService comes, changes or goes. */
  *change(): Task<void> {
    this.waiting = true;
    yield* this.changes.take();
  }

  /** Every APIService that names a Service, for a group version that this server does not serve itself. */
  all(): readonly ApiService[] {
    return this.collections
      .cache(apiServicesPrefix)
      .list('')
      .map((each) => each as unknown as ApiService)
      .filter(({ spec }) => spec?.service !== undefined && !this.table.hasGroupVersion(spec.group ?? '', spec.version ?? ''));
  }

  find(group: string, version: string): ApiService | undefined {
    const found = this.collections.get(apiServicesPrefix, '', `${version}.${group}`) as unknown as ApiService | undefined;
    return found?.spec?.service === undefined || this.table.hasGroupVersion(group, version) ? undefined : found;
  }

  isAvailable(service: ApiService): boolean {
    return isConditionTrue(service.status?.conditions, 'Available');
  }

  groupVersions(): readonly RemoteGroupVersion[] {
    return this.all().map((each) => ({ group: each.spec?.group ?? '', version: each.spec?.version ?? '', priority: each.spec?.groupPriorityMinimum ?? 0, available: this.isAvailable(each), resources: this.resources.get(each.metadata.name) }));
  }

  learn(name: string, resources: unknown): void {
    if (this.resources.get(name) === resources) return;
    this.resources.set(name, resources);
    this.generation++;
  }

  learnOpenApi(name: string, openApi: RemoteOpenApi): void {
    this.openApis.set(name, openApi);
  }

  openApiOf(name: string): RemoteOpenApi | undefined {
    return this.openApis.get(name);
  }

  /** Of all that answer. */
  private describing(): readonly { readonly service: ApiService; readonly openApi: RemoteOpenApi }[] {
    return this.all().flatMap((service) => {
      const openApi = this.isAvailable(service) ? this.openApis.get(service.metadata.name) : undefined;
      return openApi === undefined ? [] : [{ service, openApi }];
    });
  }

  openApiPaths(): Readonly<Record<string, unknown>> {
    return Object.assign({}, ...this.describing().map(({ openApi }) => openApi.paths)) as Readonly<Record<string, unknown>>;
  }

  openApiDefinitions(): readonly RemoteOpenApi[] {
    return this.describing().map(({ openApi }) => openApi);
  }

  /** Whose document this is: `apis/metrics.k8s.io/v1beta1`. */
  withDocument(name: string): ApiService | undefined {
    return this.describing().find(({ openApi }) => Object.hasOwn(openApi.paths, name))?.service;
  }

  serviceOf(service: ApiService): StoredObject | undefined {
    const { namespace, name } = placeOf(service);
    return this.collections.get('services/specs', namespace, name);
  }

  slicesOf(service: ApiService): readonly StoredObject[] {
    const { namespace, name } = placeOf(service);
    return [...this.collections.cache('endpointslices').values(namespace)].filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name);
  }

  /** To the Service's cluster IP, through this machine's kube-proxy; undefined when it has none. */
  clientOf(service: ApiService): HttpClient | undefined {
    const { namespace, name, port } = placeOf(service);
    const spec = this.serviceOf(service)?.['spec'] as { readonly clusterIP?: string } | undefined;
    if (spec?.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP === 'None') return undefined;
    const target = `${spec.clusterIP}:${port}`;
    const bundle = service.spec?.insecureSkipTLSVerify === true ? undefined : (service.spec?.caBundle ?? '');
    const key = `${target} ${namespace}/${name} ${bundle ?? 'any'}`;
    let client = this.clients.get(key);
    if (client === undefined) {
      const tls: TlsIdentity = { ...(this.identity.own === undefined ? {} : { own: this.identity.own }), ...(bundle === undefined ? {} : { trust: decodeCertificates(decodeBase64(bundle) ?? '') }) };
      client = new HttpClient(this.host, target, { family: 'data', tls, serverName: `${name}.${namespace}.svc`, dialTimeoutMs: 5000 });
      this.clients.set(key, client);
    }
    return client;
  }
}

export const placeOf = ({ spec }: ApiService): Place => ({ namespace: spec?.service?.namespace ?? '', name: spec?.service?.name ?? '', port: spec?.service?.port ?? 443 });
