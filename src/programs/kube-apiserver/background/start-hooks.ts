// What a server makes sure of once it runs: system namespaces, roles, priority classes, flow control, its own lease, what it publishes of itself.
import { formatMicroTime, formatTime } from '../../../api/meta/time.ts';
import { isApiError } from '../../../client/api-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { digest } from '../../../wire/tls-handshake.ts';
import { apiServicePriorities, clusterRoleBindings, clusterRoles, flowSchemas, namespaceObject, priorityClasses, priorityLevels, roleBindings, roles, systemNamespaces, type BootstrapObject } from '../bootstrap/objects.ts';
import { mustBeReplaced, reconciled } from '../bootstrap/reconcile.ts';
import type { Config } from '../config.ts';
import type { Loopback } from '../loopback.ts';
import type { ResourceTable } from '../registry/resources.ts';
import { EtcdError } from '../storage/etcd-client.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';

export class StartHooks {
  private readonly host: Host;
  private readonly config: Config;
  private readonly loopback: Loopback;
  private readonly table: ResourceTable;
  private readonly done = new Set<string>();

  constructor(host: Host, config: Config, loopback: Loopback, table: ResourceTable) {
    this.host = host;
    this.config = config;
    this.loopback = loopback;
    this.table = table;
  }

  /** Those hooks that do nothing here are finished from the start. */
  isDone(name: string): boolean {
    return this.done.has(name) || !Object.hasOwn(this.work, name);
  }

  start(): void {
    for (const [name, work] of Object.entries(this.work)) this.host.tasks.spawn(`hook ${name}`, this.until(name, work));
    this.host.tasks.spawn('identity lease', this.keepIdentityLease());
    this.host.tasks.spawn('authentication info', this.until('info', () => this.publishAuthentication()));
  }

  private readonly work: Readonly<Record<string, () => Task<void>>> = {
    'start-system-namespaces-controller': () => this.ensureAll('/api/v1/namespaces', systemNamespaces.map(namespaceObject)),
    'rbac/bootstrap-roles': () => this.ensureRoles(),
    'scheduling/bootstrap-system-priority-classes': () => this.ensureAll('/apis/scheduling.k8s.io/v1/priorityclasses', priorityClasses()),
    'priority-and-fairness-config-producer': () => this.ensureFlowControl(),
    'start-kubernetes-service-cidr-controller': () => this.ensureServiceCidr(),
    'apiservice-registration-controller': () => this.ensureApiServices(),
  };

  /** Tries again until it works; etcd may not be there yet. */
  private *until(name: string, work: () => Task<void>): Task<void> {
    for (;;) {
      try {
        yield* work();
        this.done.add(name);
        return;
      } catch (error) {
        if (!isApiError(error) && !(error instanceof EtcdError)) throw error;
        this.host.output.error(`poststarthook/${name}: ${error.message}\n`);
        yield* this.host.clock.sleep(1000);
      }
    }
  }

  private *ensureRoles(): Task<void> {
    yield* this.ensureAll(`${rbac}/clusterroles`, clusterRoles(), true);
    yield* this.ensureAll(`${rbac}/clusterrolebindings`, clusterRoleBindings(), true);
    for (const namespace of ['kube-system', 'kube-public']) {
      const here = (objects: readonly BootstrapObject[]): readonly BootstrapObject[] => objects.filter((each) => each.metadata.namespace === namespace);
      yield* this.ensureAll(`${rbac}/namespaces/${namespace}/roles`, here(roles()), true);
      yield* this.ensureAll(`${rbac}/namespaces/${namespace}/rolebindings`, here(roleBindings()), true);
    }
  }

  private *ensureFlowControl(): Task<void> {
    yield* this.ensureAll('/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations', priorityLevels());
    yield* this.ensureAll('/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas', flowSchemas());
  }

  private *ensureServiceCidr(): Task<void> {
    yield* this.ensureAll('/apis/networking.k8s.io/v1/servicecidrs', [
      { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'kubernetes', finalizers: ['networking.k8s.io/service-cidr-finalizer'] }, spec: { cidrs: [this.config.serviceClusterIpRange] }, status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(this.host.clock.wallMs()), reason: '', message: 'Kubernetes Service CIDR is ready' }] } },
    ]);
  }

  private *ensureApiServices(): Task<void> {
    const wanted = new Set(this.table.all().map((each) => `${each.declaration.group}/${each.declaration.version}`));
    const services = Object.entries(apiServicePriorities)
      .filter(([groupVersion]) => wanted.has(groupVersion))
      .map(([groupVersion, [groupPriorityMinimum, versionPriority]]): BootstrapObject => {
        const [group = '', version = ''] = groupVersion.split('/');
        return {
          apiVersion: 'apiregistration.k8s.io/v1',
          kind: 'APIService',
          metadata: { name: `${version}.${group}`, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
          spec: { ...(group === '' ? {} : { group }), groupPriorityMinimum, version, versionPriority },
          status: { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: formatTime(this.host.clock.wallMs()), reason: 'Local', message: 'Local APIServices are always available' }] },
        };
      });
    yield* this.ensureAll('/apis/apiregistration.k8s.io/v1/apiservices', services);
  }

  /** Creates what is missing. What is there was made by another server, or changed by somebody who may; roles are completed again. */
  private *ensureAll(path: string, objects: readonly BootstrapObject[], completes = false): Task<void> {
    if (!this.serves(path)) return;
    const list = (yield* this.loopback.call('GET', path)) as { readonly items: readonly BootstrapObject[] };
    const has = new Map(list.items.map((each) => [each.metadata.name, each]));
    for (const object of objects) {
      const { name } = object.metadata;
      const existing = has.get(name);
      if (existing === undefined) yield* this.loopback.create(path, object);
      else if (completes && mustBeReplaced(existing, object)) {
        yield* this.loopback.call('DELETE', `${path}/${name}`);
        yield* this.loopback.create(path, object);
      } else if (completes) {
        const whole = reconciled(existing, object);
        if (whole !== undefined) yield* this.loopback.replace(`${path}/${name}`, { ...whole, apiVersion: object.apiVersion, kind: object.kind });
      }
    }
  }

  private serves(path: string): boolean {
    const parts = path.split('/');
    const [group, version] = parts[1] === 'api' ? ['', parts[2]] : [parts[2], parts[3]];
    return this.table.find(group as string, version as string, parts.at(-1) as string) !== undefined;
  }

  private *publishAuthentication(): Task<void> {
    const file = this.config.clientCaFile;
    const text = file === undefined ? undefined : this.host.disk.readText(file);
    if (text === undefined) return;
    const path = '/api/v1/namespaces/kube-system/configmaps';
    yield* this.loopback.create(path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' }, data: { 'client-ca-file': text, ...this.frontProxyData() } });
    const since = formatTime(this.host.clock.wallMs()).slice(0, 10);
    yield* this.loopback.create(path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' }, data: { since } });
  }

  /** Whom servers behind this one may believe when it says who asks. */
  private frontProxyData(): Readonly<Record<string, string>> {
    const { clientCaFile, allowedNames, extraPrefixes, groups, users } = this.config.requestHeaders;
    const authority = clientCaFile === undefined ? undefined : this.host.disk.readText(clientCaFile);
    if (authority === undefined) return {};
    return {
      'requestheader-allowed-names': JSON.stringify(allowedNames),
      'requestheader-client-ca-file': authority,
      'requestheader-extra-headers-prefix': JSON.stringify(extraPrefixes),
      'requestheader-group-headers': JSON.stringify(groups),
      'requestheader-username-headers': JSON.stringify(users),
    };
  }

  /** Each server shows that it lives by a lease of its own. */
  private *keepIdentityLease(): Task<void> {
    const name = `apiserver-${digest(this.host.hostname).slice(0, 26)}`;
    const holder = `${name}_${this.host.random.hex(8)}-${this.host.random.hex(4)}-4${this.host.random.hex(3)}-a${this.host.random.hex(3)}-${this.host.random.hex(12)}`;
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
    for (;;) {
      try {
        const time = formatMicroTime(this.host.clock.wallMs());
        const found = (yield* this.loopback.tryGet(`${path}/${name}`)) as { spec: object } | undefined;
        const spec = { holderIdentity: holder, leaseDurationSeconds: 3600, renewTime: time };
        if (found === undefined) {
          yield* this.loopback.create(path, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-system', labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': this.host.hostname } }, spec });
        } else yield* this.loopback.replace(`${path}/${name}`, { ...found, spec: { ...found.spec, ...spec } });
      } catch (error) {
        if (!isApiError(error) && !(error instanceof EtcdError)) throw error;
      }
      yield* this.host.clock.sleep(10_000);
    }
  }
}
