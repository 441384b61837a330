// sample-apiserver: an API server behind the aggregator, for wardle.example.com. See README.md of this folder.
import { flunderVersions } from '../../api/wardle/flunder.ts';
import { fischerKind } from '../../api/wardle/fischer.ts';
import { ApiError } from '../../client/api-error.ts';
import { DelegatedAccess } from '../../client/delegated-access.ts';
import { klog } from '../../client/klog.ts';
import { loadInClusterConfig } from '../../client/kubeconfig.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { Host, Listener, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { issueCertificate, loadCertificates, loadKeyPair } from '../../wire/tls-handshake.ts';
import type { KeyPair } from '../../wire/tls.ts';
import { runCompactor } from '../kube-apiserver/background/compactor.ts';
import { Discovery } from '../kube-apiserver/discovery/discovery.ts';
import { OpenApi } from '../kube-apiserver/discovery/openapi.ts';
import { noRemotes } from '../kube-apiserver/discovery/remotes.ts';
import type { ApiserverEvent } from '../kube-apiserver/events.ts';
import { ApiHandler } from '../kube-apiserver/handlers/api-handler.ts';
import { ListWatch } from '../kube-apiserver/handlers/list-watch.ts';
import { respond } from '../kube-apiserver/handlers/negotiate.ts';
import { NonResource, pathsWith } from '../kube-apiserver/handlers/non-resource.ts';
import { etcdCheck, fine, type Check } from '../kube-apiserver/health.ts';
import { apiserverMetrics } from '../kube-apiserver/metrics.ts';
import { Pipeline } from '../kube-apiserver/pipeline.ts';
import { ResourceTable, groupVersionOf, type ServedResource } from '../kube-apiserver/registry/resources.ts';
import { RestStore } from '../kube-apiserver/registry/rest-store.ts';
import { Collections } from '../kube-apiserver/storage/collections.ts';
import { EtcdClient, reachEtcd } from '../kube-apiserver/storage/etcd-client.ts';
import { Storage } from '../kube-apiserver/storage/storage.ts';
import type { StoredObject } from '../kube-apiserver/storage/watch-cache.ts';
import { WatchHub } from '../kube-apiserver/storage/watch-hub.ts';
import { WardleAdmission } from './admission.ts';
import { delegatedGates } from './delegated-gates.ts';
import { readFlags, type SampleApiserverFlags } from './flags.ts';

function served(): readonly ServedResource[] {
  const fischers = fischerKind() as unknown as ServedResource['declaration'];
  const flunders = flunderVersions().map(({ kind, fromStorage, toStorage }): ServedResource => ({ declaration: kind, groupVersion: groupVersionOf(kind), fromStorage: (object) => fromStorage(object) as StoredObject, toStorage: (object) => toStorage(object) as StoredObject }));
  return [...flunders, { declaration: fischers, groupVersion: groupVersionOf(fischers) }];
}

export const sampleApiserver: Program = {
  name: 'sample-apiserver',
  *main(host, args) {
    host.usage.memoryBytes = 40 << 20;
    const terminate = host.signals.catchTerminate();
    const server = yield* start(host, args);
    if (typeof server === 'string') {
      host.output.error(`Error: ${server}\n`);
      return 1;
    }
    const stopping = host.tasks.latch();
    const { pipeline, listener, own } = server;
    const serving = serveHttp(host, listener, (request, peer) => pipeline.serve(request, peer), {
      tls: { own, clientAuth: 'request' },
      stopping,
      onHandshakeError: (remote, problem) => host.output.error(`http: TLS handshake error from ${remote}: ${problem}\n`),
    });
    host.tasks.spawn('serve', serving);
    yield* terminate.wait();
    host.trace.emit<ApiserverEvent>({ type: 'apiserver.stopping' });
    stopping.set();
    yield* host.clock.sleep(200);
    return 0;
  },
};

interface Server {
  readonly pipeline: Pipeline;
  readonly listener: Listener;
  readonly own: KeyPair;
}

/** As the real one: what cannot be learnt at the start ends it, and the kubelet starts it again. Says what is wrong. */
function* start(host: Host, args: readonly string[]): Task<Server | string> {
  let flags: SampleApiserverFlags;
  let own: KeyPair;
  let cluster: ReturnType<typeof loadInClusterConfig>;
  let etcd: EtcdClient;
  try {
    flags = readFlags(args);
    own = servingIdentity(host, flags);
    cluster = loadInClusterConfig(host);
    etcd = new EtcdClient(host, flags.etcdServers, flags.etcdCaFile === '' ? {} : { trust: loadCertificates(host, flags.etcdCaFile) });
  } catch (error) {
    return (error as Error).message;
  }
  const { server, tls, tokenFile } = cluster;
  const client = createApiClient(host, { server, tls, tokenFile, userAgent: 'sample-apiserver/v0.0.0' });
  const access = new DelegatedAccess(host, client);
  const problem = yield* learn(host, access);
  if (problem !== undefined) return problem;
  if (!(yield* reachEtcd(host, etcd))) return 'etcd cannot be reached';
  const hub = new WatchHub(host, etcd);
  const collections = new Collections(hub);
  const pipeline = createPipeline(host, flags, { etcd, hub, collections, access, admission: new WardleAdmission(host, client, collections, flags.disabledPlugins) });
  let listener: Listener;
  try {
    listener = host.network.listen(`:${flags.securePort}`, { family: 'data' });
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return `failed to create listener: failed to listen on 0.0.0.0:${flags.securePort}: ${error.message}`;
  }
  host.tasks.spawn('compactor', runCompactor(host, etcd, flags.compactionIntervalMs));
  host.trace.emit<ApiserverEvent>({ type: 'apiserver.started', address: `${host.network.address}:${flags.securePort}` });
  klog(host, 'I', 'secure_serving.go:178', `Serving securely on [::]:${flags.securePort}`);
  return { pipeline, listener, own };
}

/** Whom the front proxy's certificate must be signed by is written in the cluster. Says why it could not be read. */
function* learn(host: Host, access: DelegatedAccess): Task<string | undefined> {
  try {
    yield* access.learn();
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof NetworkError)) throw error;
    if (error instanceof ApiError && error.code === 403) {
      const fix = "Usually fixed by 'kubectl create rolebinding -n kube-system ROLEBINDING_NAME --role=extension-apiserver-authentication-reader --serviceaccount=YOUR_NS:YOUR_SA'";
      klog(host, 'W', 'authentication.go:262', `Unable to get configmap/extension-apiserver-authentication in kube-system.  ${fix}`);
    }
    return `unable to load configmap based request-header-client-ca-file: ${error.message}`;
  }
}

function servingIdentity(host: Host, { tlsCertFile, tlsKeyFile }: SampleApiserverFlags): KeyPair {
  if (tlsCertFile !== '') return loadKeyPair(host, tlsCertFile, tlsKeyFile);
  const nowMs = host.clock.wallMs();
  return issueCertificate(host.random, { commonName: `localhost@${Math.floor(nowMs / 1000)}`, isCa: true, usages: ['server auth'], dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], notBeforeMs: nowMs, notAfterMs: nowMs + 31_536_000_000 });
}

interface Parts {
  readonly etcd: EtcdClient;
  readonly hub: WatchHub;
  readonly collections: Collections;
  readonly access: DelegatedAccess;
  readonly admission: WardleAdmission;
}

function createPipeline(host: Host, flags: SampleApiserverFlags, { etcd, hub, collections, access, admission }: Parts): Pipeline {
  const startedMs = host.clock.wallMs();
  const table = new ResourceTable();
  for (const resource of served()) table.add(resource);
  const storage = new Storage(host, etcd);
  const remotes = noRemotes();
  const store = new RestStore({ host, storage, collections, admission, hooks: new Map() });
  const handler = new ApiHandler({ host, table, store, listWatch: new ListWatch({ host, storage, collections, hub }) });
  const nonResource = new NonResource({
    discovery: new Discovery(table, `${host.network.address}:${flags.securePort}`, remotes),
    openApi: new OpenApi(table, { title: 'Wardle', version: '0.1' }, () => host.clock.wallMs(), remotes),
    checks: makeChecks(host, etcd, admission),
    metrics: () => apiserverMetrics(host, { startedMs, pipeline, hub, etcd, table }),
    version: () => ({ major: '1', minor: '0', gitVersion: '', gitCommit: '', gitTreeState: '', buildDate: '', goVersion: '', compiler: '', platform: '' }),
    own: (path) => (path === '/' ? respond(200, pathsWith(['', '/v1alpha1', '/v1beta1'].map((version) => `/apis/wardle.example.com${version}`))) : undefined),
  });
  const pipeline: Pipeline = new Pipeline({ host, gates: delegatedGates(access), table, handler, nonResource });
  host.trace.expose('caches', () => hub.all.map((cache) => ({ prefix: cache.prefix, objects: cache.size, revision: cache.revision, watchers: cache.watcherCount, ready: cache.ready })));
  return pipeline;
}

function makeChecks(host: Host, etcd: EtcdClient, admission: WardleAdmission): Readonly<Record<'healthz' | 'livez' | 'readyz', readonly Check[]>> {
  const live: readonly Check[] = [fine('ping'), fine('log'), { name: 'etcd', run: etcdCheck(host, etcd) }, fine('poststarthook/generic-apiserver-start-informers'), fine('poststarthook/start-sample-server-informers')];
  const informers: Check = { name: 'informer-sync', run: () => (admission.synced ? undefined : 'informers not started yet') };
  return { healthz: live, livez: live, readyz: [...live, informers, fine('shutdown')] };
}
