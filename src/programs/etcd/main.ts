// etcd: a store of keys that several members agree upon.
import type { Host, Listener, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { type Handler, serveHttp } from '../../wire/http-server.ts';
import { loadCertificates, loadKeyPair } from '../../wire/tls-handshake.ts';
import type { KeyPair, TlsIdentity } from '../../wire/tls.ts';
import { bootstrap } from './bootstrap.ts';
import { type EtcdConfig, parseConfig, type TlsFiles } from './config.ts';
import { Fatal } from './fatal.ts';
import { handleHealth } from './health.ts';
import { handleRpc } from './rpc.ts';
import { EtcdServer } from './server.ts';
import { keysView, logView, raftView, stateView } from './views.ts';

/** `prepare` gets every member before it starts: how tests put mistakes into one. */
export const createEtcd = (prepare: (server: EtcdServer) => void = () => undefined): Program => ({
  name: 'etcd',
  *main(host, args) {
    const config = parseConfig(args[0] === 'etcd' ? args.slice(1) : args);
    if (typeof config === 'string') {
      host.output.error(`error verifying flags, ${config}. See 'etcd --help'.\n`);
      return 1;
    }
    const terminated = host.signals.catchTerminate();
    let server: EtcdServer;
    const peerListeners: Listener[] = [];
    const clientListeners: Listener[] = [];
    const metricsListeners: Listener[] = [];
    const clientTls = identity(host, config.clientTls);
    try {
      const peerTls = identity(host, config.peerTls);
      // Read them once now, so that a missing file is said at the start.
      void [clientTls?.own, clientTls?.trust, peerTls?.own, peerTls?.trust];
      // The clients' port first: a second etcd on this machine must not touch the first one's data. Nobody is answered before this member knows who it is.
      for (const url of config.listenClientUrls) clientListeners.push(host.network.listen(addressOf(url), { family: 'etcd' }));
      const start = yield* bootstrap(host, config, peerTls);
      for (const url of config.listenPeerUrls) peerListeners.push(host.network.listen(addressOf(url), { family: 'raft' }));
      for (const url of config.listenMetricsUrls) metricsListeners.push(host.network.listen(addressOf(url), { family: 'probe' }));
      server = new EtcdServer(host, config, start, {
        clientTls: peerTls,
        serverTls: peerTls === undefined ? undefined : withClientAuth(peerTls, config.peerTls.clientAuth),
      });
    } catch (error) {
      if (!(error instanceof NetworkError) && !(error instanceof Fatal) && !isFileProblem(error)) throw error;
      const { message, reason } = error instanceof Fatal ? error : { message: 'discovery failed', reason: (error as Error).message };
      host.output.error(`{"level":"fatal","msg":${JSON.stringify(message)},"error":${JSON.stringify(reason)}}\n`);
      for (const listener of [...peerListeners, ...clientListeners, ...metricsListeners]) listener.close();
      return 1;
    }
    host.output.write(`{"level":"info","msg":"starting an etcd server","local-member-id":"${server.id}","cluster-id":"${server.clusterId}","name":"${config.name}","data-dir":"${config.dataDir}"}\n`);
    host.usage.memoryBytes = 64 * 1024 * 1024;
    host.trace.expose('raft', () => raftView(server));
    host.trace.expose('log', () => logView(server));
    host.trace.expose('state', () => stateView(server));
    host.trace.expose('keys', () => (query: Parameters<typeof keysView>[1]) => keysView(server, query));
    prepare(server);
    yield* server.start();
    for (const listener of peerListeners) host.tasks.spawn('peer port', server.peers.serve(listener));
    if (config.initialCorruptCheck) {
      const problem = yield* initialProblem(server);
      if (problem !== undefined) {
        host.output.error(`{"level":"fatal","msg":${JSON.stringify(problem.message)},"error":${JSON.stringify(problem.reason)}}\n`);
        return 1;
      }
    }
    serveClients(host, config, server, clientListeners, clientTls);
    for (const listener of metricsListeners) host.tasks.spawn('metrics port', serveHttp(host, listener, (request) => handleHealth(server, request)));
    const { index } = yield* host.tasks.race(terminated.wait(), server.ended.wait());
    if (index === 1) return 0;
    host.output.write('{"level":"info","msg":"received signal; shutting down","signal":"terminated"}\n');
    yield* server.stop();
    for (const listener of [...clientListeners, ...peerListeners, ...metricsListeners]) listener.close();
    return 0;
  },
});

export const etcd = createEtcd();

function* initialProblem(server: EtcdServer): Task<Fatal | undefined> {
  try {
    yield* server.checkInitialCorruption();
    return undefined;
  } catch (error) {
    if (error instanceof Fatal) return error;
    throw error;
  }
}

function serveClients(host: Host, config: EtcdConfig, server: EtcdServer, listeners: readonly Listener[], tls: TlsIdentity | undefined): void {
  const handler: Handler = (request) => (request.path.startsWith('/etcdserverpb.') ? handleRpc(server, request) : handleHealth(server, request));
  const noteOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  for (const listener of listeners) {
    host.tasks.spawn('client port', serveHttp(host, listener, handler, {
      ...(tls === undefined ? {} : { tls: withClientAuthMode(tls, config.clientTls.clientAuth) }),
      note: (request, response) => `${noteOf(request.path)} ${response.status < 400 ? 'ok' : ((response.body as { message?: string } | undefined)?.message ?? response.status)}`,
      streamFamily: (request) => (request.path.endsWith('/Watch') ? 'watch' : 'etcd'),
      onHandshakeError: (remote, problem) => host.output.error(`{"level":"warn","msg":"rejected connection on client endpoint","remote-addr":"${remote}","error":${JSON.stringify(problem)}}\n`),
    }));
  }
}

function addressOf(url: string): string {
  const address = url.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  return address.startsWith('0.0.0.0:') ? address.slice(7) : address;
}

function isFileProblem(error: unknown): boolean {
  return error instanceof Error && /^(open |tls: )/.test(error.message);
}

/** Certificates are read anew for each handshake, as etcd does, so that renewed ones are taken without a restart. */
function identity(host: Host, files: TlsFiles): TlsIdentity | undefined {
  const { cert, key, ca } = files;
  if (cert === undefined || key === undefined) return undefined;
  let own: { readonly text: string; readonly pair: KeyPair } | undefined;
  let trust: { readonly text: string; readonly certificates: NonNullable<TlsIdentity['trust']> } | undefined;
  return {
    get own(): KeyPair {
      const text = `${host.disk.readText(cert) ?? ''}${host.disk.readText(key) ?? ''}`;
      if (own?.text !== text) own = { text, pair: loadKeyPair(host, cert, key) };
      return own.pair;
    },
    get trust(): NonNullable<TlsIdentity['trust']> {
      const text = ca === undefined ? '' : (host.disk.readText(ca) ?? '');
      if (trust?.text !== text) trust = { text, certificates: ca === undefined ? [] : loadCertificates(host, ca) };
      return trust.certificates;
    },
  };
}

function withClientAuth(tls: TlsIdentity, required: boolean): TlsIdentity & { readonly requireClientCertificate: boolean } {
  return Object.defineProperties({ requireClientCertificate: required }, Object.getOwnPropertyDescriptors(tls)) as TlsIdentity & { readonly requireClientCertificate: boolean };
}

function withClientAuthMode(tls: TlsIdentity, required: boolean): TlsIdentity & { readonly clientAuth: 'none' | 'require' } {
  return Object.defineProperties({ clientAuth: required ? 'require' : 'none' }, Object.getOwnPropertyDescriptors(tls)) as TlsIdentity & { readonly clientAuth: 'none' | 'require' };
}

