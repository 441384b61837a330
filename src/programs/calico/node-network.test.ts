// Two nodes with containerd, kubelet, calico, kube-proxy and CoreDNS before a very small API server: a pod reaches a Service by its name.
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../kernel/random.ts';
import { createWorld } from '../../kernel/create-world.ts';
import type { PathHop, PrivilegedHost, Program } from '../../kernel/host.ts';
import type { TraceEvent } from '../../kernel/world.ts';
import { resolve } from '../../wire/dns-resolver.ts';
import { HttpClient } from '../../wire/http-client.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { encodeCertificate, issueCertificate } from '../../wire/tls-handshake.ts';
import { containerd } from '../containerd/main.ts';
import { coredns } from '../coredns/main.ts';
import { kubeProxy } from '../kube-proxy/main.ts';
import { kubelet } from '../kubelet/main.ts';
import { createSmallApi } from '../kubelet/testing/small-api.ts';
import { calicoNode } from './calico-node.ts';
import { cniCalico } from './cni-calico.ts';
import { calicoInstall } from './install-cni.ts';

const pause: Program = {
  name: 'pause',
  *main(host) {
    yield* host.signals.catchTerminate().wait();
    return 0;
  },
};
const web: Program = {
  name: 'web',
  *main(host) {
    yield* serveHttp(host, host.network.listen(':80'), function* () {
      return { status: 200, headers: {}, body: `from ${host.hostname}` };
    });
    return 0;
  },
};
const routes: Program = {
  name: 'routes',
  *main(host) {
    (host as PrivilegedHost).os.setRoutes('test', [1, 2].map((n) => ({ destination: `10.244.${n}.0/24`, via: `192.168.1.10${n}`, owner: 'test' })));
    yield* host.clock.sleep(1e9);
    return 0;
  },
};
let paths: PathHop[] = [];
const curl: Program = {
  name: 'curl',
  *main(host, args) {
    const address = (yield* resolve(host, args[0] ?? ''))[0] ?? '';
    const connection = yield* host.network.dial(`${address}:80`);
    paths = [...connection.path];
    connection.close();
    const response = yield* new HttpClient(host, `${address}:80`).call({ method: 'GET', path: '/' });
    host.output.write(`${response.body as string}\n`);
    return 0;
  },
};

const image = (program: string) => ({ program, args: [], sizeBytes: 1_000_000, digest: `sha256:${program.padEnd(64, '0')}` });
const kubeconfig = 'apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: "http://192.168.1.10:8080"}}]\nusers: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n';
const access = { name: 'access', projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'kube-root-ca.crt' } }] } };
const accessMount = { name: 'access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true };

function createNetwork() {
  const random = createRandom(1, 'test');
  const times = { notBeforeMs: 0, notAfterMs: 9e12 };
  const ca = issueCertificate(random, { commonName: 'kubernetes', isCa: true, ...times });
  const server = issueCertificate(random, { commonName: 'kube-apiserver', usages: ['server auth'], ipAddresses: ['192.168.1.10', '10.96.0.1'], ...times }, ca);
  const api = createSmallApi({ own: server });
  const world = createWorld({ seed: 1, programs: [containerd, kubelet, kubeProxy, coredns, calicoNode, calicoInstall, cniCalico, pause, web, curl, routes, api.program] });
  const events: TraceEvent[] = [];
  world.onTrace((event) => events.push(event));
  world.addMachine({ name: 'm', address: '192.168.1.10', units: [{ program: 'small-api' }, { program: 'routes', privileged: true }] }).powerOn();
  for (const n of [1, 2]) {
    const files: Record<string, unknown> = { '/etc/hosts': '127.0.0.1 localhost\n', '/etc/kubernetes/kubelet.conf': kubeconfig, '/var/lib/containerd/images/registry.k8s.io/pause:3.10.1': image('pause') };
    for (const name of ['web', 'kube-proxy', 'coredns', 'calico-node', 'install', 'curl']) files[`/var/lib/containerd/images/docker.io/library/${name}:1`] = image(name);
    world.addMachine({ name: `w${n}`, address: `192.168.1.10${n}`, files, units: [{ program: 'containerd' }, { program: 'kubelet', args: ['--kubeconfig=/etc/kubernetes/kubelet.conf'] }] }).powerOn();
  }
  world.run(2000);
  for (const n of [1, 2]) api.put('nodes', { ...api.objects.get(`nodes//w${n}`), spec: { podCIDR: `10.244.${n}.0/24` } });
  const put = (resource: string, kind: string, namespace: string, name: string, rest: object, labels = {}): void => api.put(resource, { apiVersion: 'v1', kind, metadata: { name, ...(namespace === '' ? {} : { namespace }), labels }, ...rest });
  for (const namespace of ['default', 'kube-system']) {
    put('namespaces', 'Namespace', '', namespace, {});
    put('configmaps', 'ConfigMap', namespace, 'kube-root-ca.crt', { data: { 'ca.crt': encodeCertificate(ca.certificate) } });
  }
  const service = (namespace: string, name: string, ip: string, port: number, endpoints: readonly string[], target: number, protocols = ['TCP']): void => {
    const ports = protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port }));
    put('services', 'Service', namespace, name, { spec: { type: 'ClusterIP', clusterIP: ip, clusterIPs: [ip], ports } });
    put('endpointslices', 'EndpointSlice', namespace, `${name}-1`, { ports: ports.map((each) => ({ ...each, port: target })), endpoints: endpoints.map((address) => ({ addresses: [address], conditions: { ready: true } })) }, { 'kubernetes.io/service-name': name });
  };
  service('default', 'kubernetes', '10.96.0.1', 443, ['192.168.1.10'], 6443);
  put('configmaps', 'ConfigMap', 'kube-system', 'kube-proxy', { data: { 'config.conf': 'mode: iptables\nclientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig.conf}\n', 'kubeconfig.conf': kubeconfig } });
  put('configmaps', 'ConfigMap', 'kube-system', 'coredns', { data: { Corefile: '.:53 {\n  health\n  ready\n  kubernetes cluster.local in-addr.arpa {\n    pods insecure\n  }\n  forward . /etc/resolv.conf\n}\n' } });
  const pod = (namespace: string, name: string, node: number, spec: Record<string, unknown>): void =>
    put('pods', 'Pod', namespace, name, { spec: { nodeName: `w${node}`, restartPolicy: 'Always', serviceAccountName: 'default', ...spec, volumes: [access, ...((spec['volumes'] as object[] | undefined) ?? [])] }, status: { phase: 'Pending' } });
  for (const n of [1, 2]) {
    pod('kube-system', `calico-node-${n}`, n, {
      hostNetwork: true,
      volumes: [{ name: 'net', hostPath: { path: '/etc/cni/net.d' } }, { name: 'lib', hostPath: { path: '/var/lib/calico' } }],
      initContainers: [{ name: 'install-cni', image: 'install:1', command: ['/opt/cni/bin/install'], volumeMounts: [{ name: 'net', mountPath: '/host/etc/cni/net.d' }] }],
      containers: [{ name: 'calico-node', image: 'calico-node:1', securityContext: { privileged: true }, env: [{ name: 'NODENAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }, { name: 'KUBERNETES_ENDPOINT', value: '192.168.1.10:6443' }], volumeMounts: [accessMount, { name: 'lib', mountPath: '/var/lib/calico' }], readinessProbe: { httpGet: { host: 'localhost', path: '/readiness', port: 9099 } } }],
    });
    pod('kube-system', `kube-proxy-${n}`, n, {
      hostNetwork: true,
      volumes: [{ name: 'config', configMap: { name: 'kube-proxy' } }],
      containers: [{ name: 'kube-proxy', image: 'kube-proxy:1', command: ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'], env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }], securityContext: { privileged: true }, volumeMounts: [accessMount, { name: 'config', mountPath: '/var/lib/kube-proxy' }] }],
    });
  }
  pod('kube-system', 'coredns', 1, { dnsPolicy: 'Default', volumes: [{ name: 'config', configMap: { name: 'coredns' } }], containers: [{ name: 'coredns', image: 'coredns:1', args: ['-conf', '/etc/coredns/Corefile'], volumeMounts: [accessMount, { name: 'config', mountPath: '/etc/coredns' }], readinessProbe: { httpGet: { path: '/ready', port: 8181 } } }] });
  pod('default', 'web', 1, { containers: [{ name: 'web', image: 'web:1' }] });
  const status = (namespace: string, name: string) => (api.objects.get(`pods/${namespace}/${name}`) as { status?: { phase?: string; podIP?: string; containerStatuses?: { ready: boolean; restartCount: number }[] } })?.status;
  return { world, api, events, service, pod, status };
}

describe('the network of a node', () => {
  it('carries a request from a pod to a Service by its name', () => {
    const { world, service, pod, status, events } = createNetwork();
    world.run(30_000);
    for (const name of ['calico-node-1', 'calico-node-2', 'kube-proxy-1', 'kube-proxy-2', 'coredns']) expect([name, status('kube-system', name)?.containerStatuses?.[0]]).toMatchObject([name, { ready: true, restartCount: 0 }]);
    expect(status('default', 'web')).toMatchObject({ phase: 'Running' });
    service('kube-system', 'kube-dns', '10.96.0.10', 53, [status('kube-system', 'coredns')?.podIP ?? ''], 53, ['UDP', 'TCP']);
    service('default', 'web', '10.96.7.7', 80, [status('default', 'web')?.podIP ?? ''], 80);
    world.run(33_000);
    pod('default', 'client', 2, { restartPolicy: 'Never', containers: [{ name: 'curl', image: 'curl:1', args: ['web'] }] });
    world.run(40_000);
    const uid = events.find((event) => event.data.type === 'kubelet.pod-seen' && (event.data as unknown as { pod: string }).pod === 'default/client')?.data as unknown as { uid: string };
    const log = world.machine('w2').readFile(`/var/log/pods/default_client_${uid.uid}/curl/0.log`) as { text: string }[] | undefined;
    expect(log?.map((line) => line.text)).toEqual(['from web']);
    expect(paths.map((hop) => hop.kind)).toEqual(['veth', 'nat', 'route', 'link', 'veth']);
    expect(status('default', 'client')?.phase).toBe('Succeeded');
    expect((world.view('w2', 'kube-proxy', 'rules') as { text: string }).text).toContain('-d 10.96.7.7/32 -p tcp -m comment --comment "default/web:tcp cluster IP"');
    // The Service loses its endpoint: refused, not silence.
    service('default', 'web', '10.96.7.7', 80, [], 80);
    pod('default', 'late', 2, { restartPolicy: 'Never', containers: [{ name: 'curl', image: 'curl:1', args: ['web'] }] });
    world.run(50_000);
    expect(status('default', 'late')?.phase).toBe('Failed');
  });
});
