// A client that we did not write, @kubernetes/client-node, through the door: HTTPS with the kubeconfig that was written.
import { request as secureRequest, type RequestOptions } from 'node:https';
import { createServer as createTcpServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { Duplex, PassThrough, Writable } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import * as k8s from '@kubernetes/client-node';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';

let served: ServedCluster;
let crash: unknown;
let cutter: Cutter;
let config: k8s.KubeConfig;
let core: k8s.CoreV1Api;
let apps: k8s.AppsV1Api;

/** Stands between client and door, so that connections can be cut as a network cuts them. */
class Cutter {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  constructor(port: number) {
    this.server = createTcpServer((client) => {
      const door = connect(port, '127.0.0.1');
      for (const socket of [client, door]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => this.sockets.delete(socket));
      }
      client.on('close', () => door.destroy());
      door.on('close', () => client.destroy());
      client.pipe(door).pipe(client);
    });
  }
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }
  close(): void {
    this.server.close();
    this.cut();
  }
}

beforeAll(async () => {
  served = await serveCluster({ preset: 'default', nodes: 1, port: 0, host: '127.0.0.1', speed: 4, seed: 3, onCrash: (error) => (crash = error) });
  cutter = new Cutter(Number(new URL(served.url).port));
  const port = await cutter.listen();
  config = new k8s.KubeConfig();
  config.loadFromFile(served.kubeconfig);
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, server: `https://127.0.0.1:${port}` }));
  core = config.makeApiClient(k8s.CoreV1Api);
  apps = config.makeApiClient(k8s.AppsV1Api);
  await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'web', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] } } });
  await until(async () => (await core.readNamespacedPodStatus({ namespace: 'default', name: 'web' })).status?.phase === 'Running');
}, 60_000);
afterAll(() => {
  cutter.close();
  served.close();
  expect(crash).toBeUndefined();
});

async function until(met: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await met())) await new Promise((resolve) => setTimeout(resolve, 50));
}

function collect(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => (chunks.push(Buffer.from(chunk)), done()) });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

describe('@kubernetes/client-node', () => {
  it('lists, creates, replaces, refuses, deletes', async () => {
    expect((await core.listNode()).items.map((node) => node.metadata?.name)).toContain('m-k8s');
    const made = await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'one' }, data: { a: '한글' } } });
    const replaced = await core.replaceNamespacedConfigMap({ namespace: 'default', name: 'one', body: { ...made, data: { a: 'b' } } });
    expect(replaced.data).toEqual({ a: 'b' });
    await expect(core.replaceNamespacedConfigMap({ namespace: 'default', name: 'one', body: { ...made, data: {} } })).rejects.toMatchObject({ code: 409 });
    await expect(core.readNamespacedConfigMap({ namespace: 'default', name: 'absent' })).rejects.toMatchObject({ code: 404 });
    const first = await core.listConfigMapForAllNamespaces({ limit: 2 });
    expect(first.items).toHaveLength(2);
    const rest = await core.listConfigMapForAllNamespaces({ limit: 500, _continue: first.metadata?._continue as string });
    expect(rest.items.map((item) => item.metadata?.uid)).not.toContain(first.items[0]?.metadata?.uid);
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'one' });
  });

  it('patches in all four ways', async () => {
    const body = { metadata: { name: 'd' }, spec: { replicas: 0, selector: { matchLabels: { app: 'd' } }, template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } } } };
    await apps.createNamespacedDeployment({ namespace: 'default', body });
    const patch = (content: object, strategy: k8s.PatchStrategy, more: object = {}) => apps.patchNamespacedDeployment({ namespace: 'default', name: 'd', body: content, ...more }, k8s.setHeaderOptions('Content-Type', strategy));
    expect((await patch([{ op: 'add', path: '/metadata/labels', value: { a: '1' } }], k8s.PatchStrategy.JsonPatch)).metadata?.labels).toEqual({ a: '1' });
    expect((await patch({ metadata: { labels: { b: '2', a: null } } }, k8s.PatchStrategy.MergePatch)).metadata?.labels).toEqual({ b: '2' });
    const strategic = await patch({ spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'X', value: 'y' }] }, { name: 'e', image: 'busybox' }] } } } }, k8s.PatchStrategy.StrategicMergePatch);
    expect(strategic.spec?.template.spec?.containers.map((each) => each.name).sort()).toEqual(['c', 'e']);
    const apply = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 1 } };
    await expect(patch(apply, k8s.PatchStrategy.ServerSideApply, { fieldManager: 'other' })).rejects.toMatchObject({ code: 409 });
    const forced = await patch(apply, k8s.PatchStrategy.ServerSideApply, { fieldManager: 'other', force: true });
    expect(forced.spec?.replicas).toBe(1);
    expect(forced.metadata?.managedFields?.some((each) => each.manager === 'other' && each.operation === 'Apply')).toBe(true);
  });

  it('watches, and is told when it asks for what is gone', async () => {
    const watch = new k8s.Watch(config);
    const seen: string[] = [];
    const abort = await watch.watch('/api/v1/namespaces/default/configmaps', {}, (type, object: k8s.V1ConfigMap) => seen.push(`${type} ${object.metadata?.name ?? ''}`), () => undefined);
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'watched' } } });
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'watched' });
    await until(() => seen.includes('DELETED watched'));
    abort.abort();
    expect(seen.filter((each) => each.endsWith('watched'))).toEqual(['ADDED watched', 'DELETED watched']);
    const expired = await new Promise<string>((resolve) => {
      void watch.watch('/api/v1/namespaces/default/configmaps', { resourceVersion: '1' }, (type, status: k8s.V1Status) => resolve(`${type} ${status.code ?? ''} ${status.reason ?? ''}`), (error: Error | null) => resolve(String(error?.message)));
    });
    expect(expired).toMatch(/410|too old|Expired/);
  });

  it('keeps an informer whole across cut connections', async () => {
    const informer = k8s.makeInformer(config, '/api/v1/namespaces/default/configmaps', () => core.listNamespacedConfigMap({ namespace: 'default' }));
    let connects = 0;
    informer.on('connect', () => connects++);
    informer.on('error', () => setTimeout(() => void informer.start().catch(() => undefined), 20));
    await informer.start();
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'before' } } });
    await until(() => informer.get('before', 'default') !== undefined);
    cutter.cut();
    // What happens while nobody listens is seen all the same.
    await until(() => core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'after' } } }).then(() => true, () => false));
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'before' });
    await until(() => informer.get('after', 'default') !== undefined && informer.get('before', 'default') === undefined);
    await informer.stop();
    expect(connects).toBeGreaterThan(1);
  });

  it('runs commands, with input, output and exit codes', async () => {
    const exec = new k8s.Exec(config);
    const run = async (command: string[], input?: string) => {
      const out = collect();
      const err = collect();
      const stdin = input === undefined ? null : new PassThrough();
      const status = await new Promise<k8s.V1Status>((resolve, reject) => {
        exec.exec('default', 'web', 'web', command, out.stream, err.stream, stdin, false, resolve).catch(reject);
        stdin?.end(input);
      });
      return { out: out.text(), err: err.text(), status };
    };
    expect(await run(['sh', '-c', 'echo 한글; echo oops >&2'])).toMatchObject({ out: '한글\n', err: 'oops\n', status: { status: 'Success' } });
    expect((await run(['sh', '-c', 'exit 3'])).status.details?.causes?.[0]?.message).toBe('3');
    expect((await run(['cat'], 'through and back')).out).toBe('through and back');
  });

  it('reads logs and follows them, attaches', async () => {
    await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'ticker' }, spec: { containers: [{ name: 'c', image: 'busybox:1.36', command: ['sh', '-c', 'i=0; while true; do echo tick $i; i=$((i+1)); sleep 1; done'] }] } } });
    await until(async () => (await core.readNamespacedPodStatus({ namespace: 'default', name: 'ticker' })).status?.phase === 'Running');
    const out = collect();
    await new k8s.Log(config).log('default', 'ticker', 'c', out.stream, { follow: true });
    await until(() => out.text().includes('tick 2'));
    expect(out.text().startsWith('tick 0\ntick 1\ntick 2')).toBe(true);
    expect(await core.readNamespacedPodLog({ namespace: 'default', name: 'ticker', tailLines: 1 })).toMatch(/^tick \d+\n$/);
    const attached = collect();
    const socket = await new k8s.Attach(config).attach('default', 'ticker', 'c', attached.stream, null, null, false);
    await until(() => /tick \d+\n/.test(attached.text()));
    socket.close();
    // What is followed ends with its container.
    await core.deleteNamespacedPod({ namespace: 'default', name: 'ticker', gracePeriodSeconds: 0 });
    await until(() => out.stream.writableFinished);
  });

  it('speaks the older protocols of WebSockets, as the conformance suite does: exec by channel.k8s.io, logs by binary.k8s.io', async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const talk = (path: string, protocol: string) =>
      new Promise<Buffer[]>((resolve, reject) => {
        const got: Buffer[] = [];
        const socket = new WebSocket(`${config.getCurrentCluster()?.server.replace('https', 'wss') ?? ''}/api/v1/namespaces/default/pods/web/${path}`, [protocol], options);
        socket.on('message', (data: Buffer) => got.push(data));
        socket.on('close', () => resolve(got));
        socket.on('error', reject);
      });
    const said = await talk('exec?command=echo&command=remote&stdout=1&stderr=1&container=web', 'channel.k8s.io');
    expect(said.filter((each) => each.length > 1).map((each) => `${each[0] ?? ''} ${each.toString('utf8', 1)}`)).toEqual(['1 remote\n']);
    expect(Buffer.concat(await talk('log?container=web', 'binary.k8s.io')).toString()).toContain('ready for start up\n');
    // The Python client writes its flags in capitals, and waits for a first, empty message on the channel it reads.
    const inCapitals = await talk('exec?command=cat&stdout=True&stdin=False&stderr=True&tty=False&container=web', 'v4.channel.k8s.io');
    expect(inCapitals.map((each) => `${each[0] ?? ''} ${each.toString('utf8', 1)}`)).toEqual(['1 ', '3 {"metadata":{},"status":"Success"}']);
    expect(Buffer.concat(await talk('log?container=web&timestamps=True&follow=False', 'binary.k8s.io')).toString()).toMatch(/^\d{4}-\d\d-\d\dT\S+Z /);
  });

  it('need not fetch twice what it has: discovery and OpenAPI answer 304 to who names their tag', async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const get = (path: string, headers: Record<string, string>) =>
      new Promise<{ status: number | undefined; headers: Record<string, unknown>; length: number }>((resolve, reject) => {
        secureRequest(`${config.getCurrentCluster()?.server ?? ''}${path}`, { ...options, headers }, (answer) => {
          let length = 0;
          answer.on('data', (data: Buffer) => (length += data.length));
          answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, length }));
        })
          .on('error', reject)
          .end();
      });
    for (const [path, accept] of [['/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'], ['/openapi/v2', 'application/json'], ['/openapi/v3/apis/apps/v1', 'application/json']] as const) {
      const whole = await get(path, { accept });
      expect([whole.status, whole.headers['vary'], whole.length > 1000]).toEqual([200, 'Accept', true]);
      const again = await get(path, { accept, 'if-none-match': String(whole.headers['etag']) });
      expect([again.status, again.length, again.headers['content-length'], again.headers['etag']]).toEqual([304, 0, undefined, whole.headers['etag']]);
    }
  });

  it('forwards a port', async () => {
    const forward = new k8s.PortForward(config);
    const input = new PassThrough();
    const out = collect();
    await forward.portForward('default', 'web', [80], out.stream, null, input);
    input.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => out.text().includes('</html>'));
    expect(out.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    input.write('GET /absent HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => out.text().includes('404 Not Found'));
  });

  /** What is answered to `GET path` at a port of a pod, over TLS that begins in the client. */
  async function getOverTls(pod: { readonly namespace: string; readonly name: string }, port: number, path: string, options: ConnectionOptions & { readonly authorization?: string } = {}): Promise<{ readonly subject: string; readonly text: string }> {
    const input = new PassThrough();
    const output = new PassThrough();
    await new k8s.PortForward(config).portForward(pod.namespace, pod.name, [port], output, null, input);
    const { authorization, ...tls } = options;
    const socket = connectTls({ socket: Duplex.from({ readable: output, writable: input }), rejectUnauthorized: false, ...tls });
    return await new Promise((resolve, reject) => {
      let text = '';
      socket.on('error', reject);
      socket.on('data', (data: Buffer) => {
        text += data.toString();
        const [head = '', body = ''] = text.split('\r\n\r\n');
        if (body.length > 0 && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1])) {
          resolve({ subject: String(socket.getPeerCertificate().subject.CN), text });
          socket.destroy();
        }
      });
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${authorization === undefined ? '' : `Authorization: Bearer ${authorization}\r\n`}\r\n`);
    });
  }

  it('forwards a port that speaks TLS: the client speaks it with the door, the door with the pod', async () => {
    const container = (name: string, args: string[]) => ({ name, image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args: ['netexec', ...args] });
    const containers = [container('tls', ['--http-port=8443', '--tls-cert-file=/localhost.crt', '--tls-private-key-file=/localhost.key']), container('plain', ['--http-port=8080', '--udp-port=-1'])];
    await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'server' }, spec: { containers } } });
    await until(async () => (await core.readNamespacedPodStatus({ namespace: 'default', name: 'server' })).status?.phase === 'Running');
    const pod = { namespace: 'default', name: 'server' };
    const ca = Buffer.from(config.getCurrentCluster()?.caData ?? '', 'base64');
    const good = await getOverTls(pod, 8443, '/hostname', { ca, servername: 'localhost', rejectUnauthorized: true });
    expect(good).toMatchObject({ subject: 'localhost' });
    expect(good.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nserver$/);
    await expect(getOverTls(pod, 8443, '/hostname', { ca, servername: 'example.com', rejectUnauthorized: true })).rejects.toThrow('example.com');
    // A server that speaks none answers as HTTP servers do, which is no TLS.
    await expect(getOverTls(pod, 8080, '/hostname')).rejects.toThrow(/wrong version number|packet length too long/);
  });

  it('shows a client of a forwarded port as who it is', async () => {
    // A pod on the network of its node: there the kubelet listens, and asks who comes.
    const pods = await core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'k8s-app=kube-proxy' });
    const pod = { namespace: 'kube-system', name: pods.items[0]?.metadata?.name as string };
    const { certData, keyData } = config.getCurrentUser() as k8s.User;
    const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
    const ask = async (options: Parameters<typeof getOverTls>[3]) => (await getOverTls(pod, 10_250, '/pods', options)).text.split('\r\n')[0];
    expect(await ask({ cert: text(certData), key: text(keyData) })).toBe('HTTP/1.1 200 OK');
    expect(await ask({ authorization: config.users.find((user) => user.token !== undefined)?.token as string })).toBe('HTTP/1.1 200 OK');
    expect(await ask({})).toBe('HTTP/1.1 401 Unauthorized');
    expect(await ask({ authorization: 'of nobody' })).toBe('HTTP/1.1 401 Unauthorized');
  });

  it.each([['kube-controller-manager', 10_257, /^workqueue_adds_total\{name="deployment"\} [1-9]/m], ['kube-scheduler', 10_259, /^scheduler_schedule_attempts_total\{profile="default-scheduler",result="scheduled"\} [1-9]/m]])('reads what %s counts, as the conformance suite does', async (component, port, counted) => {
    const pod = { namespace: 'kube-system', name: `${component}-m-k8s` };
    const { certData, keyData } = config.getCurrentUser() as k8s.User;
    const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
    const metrics = await getOverTls(pod, port, '/metrics', { cert: text(certData), key: text(keyData) });
    expect(metrics.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(metrics.text).toMatch(counted);
    expect(metrics.text).toContain(`\nleader_election_master_status{name="${component}"} 1\n`);
    expect((await getOverTls(pod, port, '/metrics')).text).toMatch(/^HTTP\/1\.1 403 [^]*forbidden: User \\"system:anonymous\\" cannot get path \\"\/metrics\\"/);
    expect((await getOverTls(pod, port, '/healthz')).text).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nok$/);
  });

  it('reads what kubelets and kube-proxies count', async () => {
    const read = (path: string) => core.connectGetNodeProxyWithPath({ name: 'm-k8s', path });
    expect(await read('metrics')).toMatch(/^kubelet_running_pods [1-9]\d*\n/m);
    expect(await read('metrics')).toContain('\nkubelet_node_name{node="m-k8s"} 1\n');
    expect(await read('metrics/probes')).toMatch(/^prober_probe_total\{container="etcd",namespace="kube-system",pod="etcd-m-k8s",pod_uid="\w+",probe_type="Readiness",result="successful"\} [1-9]/m);
    expect(await read('metrics/cadvisor')).toMatch(/^container_memory_working_set_bytes\{container="etcd",image="[^"]+",name="\w+",namespace="kube-system",pod="etcd-m-k8s"\} [1-9]\d* \d+$/m);
    const pods = await core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'k8s-app=kube-proxy' });
    const output = collect();
    const input = new PassThrough();
    await new k8s.PortForward(config).portForward('kube-system', pods.items[0]?.metadata?.name as string, [10_249], output.stream, null, input);
    input.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => output.text().includes('\nkubeproxy_sync_proxy_rules_last_timestamp_seconds '));
  });
});
