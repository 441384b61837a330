// kube-apiserver: the only door to the cluster's state. Puts the stages together, starts what runs in the background, and serves.
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { ExitCode, Host, Listener, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { loadCertificates, loadKeyPair } from '../../wire/tls-handshake.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import { AdmissionChain } from './admission/chain.ts';
import { mutatingPolicyProblems, validatingPolicyProblems, webhookProblems } from './admission/policy/compile-check.ts';
import { WebhookCaller } from './admission/webhook/webhook-caller.ts';
import { builtInResources } from './api-room.ts';
import { CustomResources } from './apiextensions/custom-resources.ts';
import { DefinitionController } from './apiextensions/definition-controller.ts';
import { definitionsPrefix } from './apiextensions/terminating.ts';
import { AvailabilityController } from './aggregation/availability.ts';
import { AggregationProxy } from './aggregation/proxy.ts';
import { apiServicesPrefix, RemoteServices } from './aggregation/remote-services.ts';
import { runCompactor } from './background/compactor.ts';
import { EndpointReconciler } from './background/endpoint-reconciler.ts';
import { StartHooks } from './background/start-hooks.ts';
import { versionInfo } from '../images/build-info.ts';
import { imageVersion } from '../images/releases.ts';
import { parseConfig, type Config } from './config.ts';
import { Discovery } from './discovery/discovery.ts';
import { OpenApi } from './discovery/openapi.ts';
import { AuditLog } from './audit/audit.ts';
import type { ApiserverEvent } from './events.ts';
import { keepDanglingConditions } from './flow-control/dangling.ts';
import { FlowControl } from './flow-control/flow-control.ts';
import { ApiHandler } from './handlers/api-handler.ts';
import { ComponentStatuses } from './handlers/component-status.ts';
import { CoreAnswers } from './handlers/core-answers.ts';
import { ListWatch } from './handlers/list-watch.ts';
import { NonResource } from './handlers/non-resource.ts';
import { answerOwnPath } from './handlers/own-paths.ts';
import { PodSubresources } from './handlers/pod-subresources.ts';
import { Reviews } from './handlers/reviews.ts';
import { TokenRequests } from './handlers/token-requests.ts';
import { etcdCheck, makeChecks } from './health.ts';
import { apiserverMetrics } from './metrics.ts';
import { Loopback } from './loopback.ts';
import { Pipeline } from './pipeline.ts';
import { RoleGuard } from './rbac/role-guard.ts';
import { ResourceTable } from './registry/resources.ts';
import { RestStore, type KindHooks } from './registry/rest-store.ts';
import { signedByAsker } from './registry/signing-requests.ts';
import { ServiceAddresses } from './registry/service-addresses.ts';
import { Authenticator } from './stages/authenticate.ts';
import { Authorizer } from './stages/authorize.ts';
import { ownGates } from './stages/gates.ts';
import { Collections } from './storage/collections.ts';
import { EtcdClient, reachEtcd } from './storage/etcd-client.ts';
import { EventLeases } from './storage/event-leases.ts';
import { Storage } from './storage/storage.ts';
import { WatchHub } from './storage/watch-hub.ts';

/** What the view `contents` shows of one watch cache. */
export interface CacheContents {
  readonly prefix: string;
  readonly revisions: ReadonlyMap<string, number>;
}

/** What a server is made of, as far as tests put mistakes into it. */
export interface ServerParts {
  readonly hub: WatchHub;
  readonly storage: Storage;
}

export const createKubeApiserver = (prepare: (parts: ServerParts) => void = () => undefined): Program => ({
  name: 'kube-apiserver',
  *main(host, args): Task<ExitCode> {
    const config = parseConfig(args, host.network.address);
    const terminate = host.signals.catchTerminate();
    host.usage.memoryBytes = 250 << 20;
    let etcdTls: TlsIdentity;
    let serving: TlsIdentity;
    let kubeletTls: TlsIdentity;
    let audit: AuditLog | undefined;
    let proxyTls: TlsIdentity;
    try {
      audit = AuditLog.open(host, config);
      etcdTls = identity(host, config.etcdCertFile, config.etcdKeyFile, config.etcdCaFile);
      serving = identity(host, config.tlsCertFile, config.tlsKeyFile, config.clientCaFile);
      kubeletTls = identity(host, config.kubeletClientCertFile, config.kubeletClientKeyFile, config.kubeletCaFile);
      proxyTls = identity(host, config.proxyClientCertFile, config.proxyClientKeyFile, undefined);
    } catch (error) {
      host.output.error(`Error: ${(error as Error).message}\n`);
      return 1;
    }
    const etcd = new EtcdClient(host, config.etcdServers, etcdTls);
    if (!(yield* reachEtcd(host, etcd))) return 1;
    const server = createServer(host, config, etcd, kubeletTls, proxyTls, audit, prepare);
    let listener: Listener;
    try {
      listener = host.network.listen(`:${config.securePort}`, { family: 'client' });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      host.output.error(`Error: failed to create listener: failed to listen on 0.0.0.0:${config.securePort}: ${error.message}\n`);
      return 1;
    }
    const stopping = host.tasks.latch();
    host.tasks.spawn(
      'serve',
      serveHttp(host, listener, (request, peer) => server.pipeline.serve(request, peer), {
        tls: { ...serving, clientAuth: 'request' },
        stopping,
        streamFamily: (request) => (request.query.some(([name, value]) => name === 'watch' && value !== 'false' && value !== '0') ? 'watch' : undefined),
        onHandshakeError: (remote, problem) => host.output.error(`http: TLS handshake error from ${remote}: ${problem}\n`),
      }),
    );
    host.trace.emit<ApiserverEvent>({ type: 'apiserver.started', address: `${config.advertiseAddress}:${config.securePort}` });
    host.output.error(`"Serving securely" address="[::]:${config.securePort}"\n`);
    yield* server.start();
    yield* terminate.wait();
    return yield* server.stop(stopping);
  },
});

export const kubeApiserver = createKubeApiserver();

function identity(host: Host, certFile: string | undefined, keyFile: string | undefined, caFile: string | undefined): TlsIdentity {
  return {
    ...(certFile === undefined || keyFile === undefined ? {} : { own: loadKeyPair(host, certFile, keyFile) }),
    ...(caFile === undefined ? {} : { trust: loadCertificates(host, caFile) }),
  };
}

interface Server {
  readonly pipeline: Pipeline;
  start(): Task<void>;
  stop(stopping: { set(): void }): Task<ExitCode>;
}

function createServer(host: Host, config: Config, etcd: EtcdClient, kubeletTls: TlsIdentity, proxyTls: TlsIdentity, audit: AuditLog | undefined, prepare: (parts: ServerParts) => void): Server {
  const startedMs = host.clock.wallMs();
  const hub = new WatchHub(host, etcd);
  const storage = new Storage(host, etcd);
  prepare({ hub, storage });
  const collections = new Collections(hub);
  const table = new ResourceTable();
  for (const resource of builtInResources()) table.add(resource);
  const authenticator = new Authenticator(host, config, collections);
  const authorizer = new Authorizer(config, collections);
  const flowControl = new FlowControl(host, config, collections);
  const admission = new AdmissionChain(config, { host, config, collections, storage, authorizer, resources: table, webhooks: new WebhookCaller(host, collections) });
  const hooks = new Map<string, KindHooks>();
  const leases = new EventLeases(host, etcd, config.eventTtlSeconds);
  const store = new RestStore({ host, storage, collections, admission, hooks, eventLease: () => leases.current() });
  hooks.set('services/specs', new ServiceAddresses(host, storage, config, () => store.newUid()));
  const guard = new RoleGuard(authorizer, storage);
  for (const prefix of ['roles', 'clusterroles']) hooks.set(prefix, guard.roles);
  for (const prefix of ['rolebindings', 'clusterrolebindings']) hooks.set(prefix, guard.bindings);
  hooks.set('validatingadmissionpolicies', { validate: validatingPolicyProblems });
  hooks.set('mutatingadmissionpolicies', { validate: mutatingPolicyProblems });
  for (const prefix of ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']) hooks.set(prefix, { validate: webhookProblems });
  hooks.set('certificatesigningrequests', { prepare: signedByAsker });
  const listWatch = new ListWatch({ host, storage, collections, hub });
  const handler = new ApiHandler({ host, table, store, listWatch });
  handler.add(new CoreAnswers({
    host,
    table,
    store,
    listWatch,
    handler,
    pods: new PodSubresources({ host, config, store, storage, collections, admission, kubeletTls }),
    reviews: new Reviews(authenticator, authorizer, () => host.clock.wallMs()),
    tokens: new TokenRequests({ host, config, store, storage, collections, admission }),
    components: new ComponentStatuses(host, etcd),
  }));
  const loopback = new Loopback(handler);
  const customResources = new CustomResources(host, table, collections);
  const definitions = new DefinitionController(host, customResources, loopback);
  const remotes = new RemoteServices(host, table, collections, proxyTls);
  const availability = new AvailabilityController(host, remotes, loopback);
  const startHooks = new StartHooks(host, config, loopback, table);
  const reconciler = config.endpointReconcilerType === 'none' ? undefined : new EndpointReconciler(host, config, etcd, loopback);
  let stopping = false;
  const needed = [...admission.needs, definitionsPrefix, apiServicesPrefix, 'services/specs', 'endpointslices', 'secrets', 'clusterroles', 'clusterrolebindings', 'roles', 'rolebindings', 'flowschemas', 'prioritylevelconfigurations'];
  const synced = (): boolean => needed.every((prefix) => collections.cache(prefix).ready);
  const checks = makeChecks({
    hookDone: (name) => startHooks.isDone(name),
    synced,
    stopping: () => stopping,
    etcd: etcdCheck(host, etcd),
  });
  let wasReady = false;
  const onReadiness = (ready: boolean, text: string): void => {
    if (ready === wasReady) return;
    wasReady = ready;
    const failed = text.split('\n').filter((line) => line.startsWith('[-]')).map((line) => line.slice(3).split(' ')[0] as string);
    host.trace.emit<ApiserverEvent>({ type: 'apiserver.ready', ready, failed });
  };
  const version = imageVersion(host);
  const nonResource = new NonResource({
    discovery: new Discovery(table, `${config.advertiseAddress}:${config.securePort}`, remotes),
    openApi: new OpenApi(table, { title: 'Kubernetes', version }, () => host.clock.wallMs(), remotes),
    checks,
    metrics: () => apiserverMetrics(host, { startedMs, pipeline, hub, etcd, table, flowControl, version }),
    onReadiness,
    version: () => versionInfo(version),
    own: (path) => answerOwnPath(path, { config, accountKeys: authenticator.publicKeys, priorityLevels: () => flowControl.dump() }),
  });
  const pipeline: Pipeline = new Pipeline({ host, gates: ownGates(authenticator, authorizer), flowControl, audit, table, handler, nonResource, aggregation: new AggregationProxy(remotes) });
  host.trace.expose('priority-levels', () => flowControl.view());
  host.trace.expose('caches', () => hub.all.map((cache) => ({ prefix: cache.prefix, objects: cache.size, revision: cache.revision, watchers: cache.watcherCount, ready: cache.ready })));
  host.trace.expose('contents', () => hub.all.filter((cache) => cache.ready).map((cache): CacheContents => ({ prefix: cache.prefix, revisions: cache.revisions() })));
  return {
    pipeline,
    *start() {
      for (const prefix of needed) collections.cache(prefix);
      host.tasks.spawn('compactor', runCompactor(host, etcd, config.compactionIntervalMs));
      for (const prefix of needed) yield* collections.cache(prefix).waitReady(60_000);
      startHooks.start();
      host.tasks.spawn('flow schemas', keepDanglingConditions(host, collections, loopback));
      host.tasks.spawn('custom resource definitions', definitions.run());
      host.tasks.spawn('api service availability', availability.run());
      if (reconciler !== undefined) host.tasks.spawn('kubernetes service', reconciler.run());
    },
    *stop(latch) {
      stopping = true;
      host.trace.emit<ApiserverEvent>({ type: 'apiserver.stopping' });
      if (reconciler !== undefined) yield* reconciler.leave();
      if (config.shutdownDelayMs > 0) yield* host.clock.sleep(config.shutdownDelayMs);
      latch.set();
      // Open requests are answered; watches end with the process.
      yield* host.clock.sleep(200);
      return 0;
    },
  };
}
