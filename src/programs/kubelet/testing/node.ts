// A node with an API server for tests of the kubelet's parts: images web:1 (serves :80), stubborn:1 (does not mind SIGTERM) and sh:1 (`sh -c fail` exits with 1,
// anything else takes a second), a CNI plugin.
import { createWorld } from '../../../kernel/create-world.ts';
import type { Program } from '../../../kernel/host.ts';
import { serveHttp } from '../../../wire/http-server.ts';
import { cniCalico } from '../../calico/cni-calico.ts';
import { containerd } from '../../containerd/main.ts';
import { kubelet } from '../main.ts';
import { createSmallApi } from './small-api.ts';

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
    host.output.write(`token ${host.disk.readText('/var/run/secrets/token') ?? 'none'} resolv ${host.disk.readText('/etc/resolv.conf') ?? ''}`);
    yield* serveHttp(host, host.network.listen(':80'), function* () {
      return { status: 200, headers: {}, body: host.hostname };
    });
    return 0;
  },
};
const sh: Program = {
  name: 'sh',
  *main(host, args) {
    if (args[1] === 'fail') return 1;
    yield* host.clock.sleep(1000);
    host.output.write(`${args.join(' ')}\n`);
    return 0;
  },
};
const stubborn: Program = {
  name: 'stubborn',
  *main(host) {
    host.signals.catchTerminate();
    yield* host.clock.sleep(3_600_000);
    return 0;
  },
};
const image = (program: string) => ({ program, args: [], sizeBytes: 60_000_000, digest: `sha256:${program.padEnd(64, '0')}` });
const kubeconfig = 'apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: "http://192.168.1.10:8080"}}]\nusers: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n';

/** A machine `w1` with containerd and a kubelet, and a machine `m` with the small API server. */
export function createNode(more: { manifests?: Record<string, string>; conflist?: boolean } = {}) {
  const api = createSmallApi();
  const world = createWorld({ seed: 1, programs: [containerd, kubelet, pause, web, stubborn, sh, cniCalico, api.program] });
  world.addMachine({ name: 'm', address: '192.168.1.10', units: [{ program: 'small-api' }] }).powerOn();
  const files: Record<string, unknown> = {
    '/etc/hosts': '127.0.0.1 localhost\n',
    '/etc/kubernetes/kubelet.conf': kubeconfig,
    '/var/lib/containerd/images/registry.k8s.io/pause:3.10.1': image('pause'),
    '/var/lib/containerd/images/docker.io/library/web:1': image('web'),
    '/var/lib/containerd/images/docker.io/library/stubborn:1': image('stubborn'),
    '/var/lib/containerd/images/docker.io/library/sh:1': image('sh'),
  };
  if (more.conflist !== false) files['/etc/cni/net.d/10-test.conflist'] = JSON.stringify({ name: 'net', cniVersion: '1.0.0', plugins: [{ type: 'calico', podCidrFromNode: true }] });
  for (const [name, text] of Object.entries(more.manifests ?? {})) files[`/etc/kubernetes/manifests/${name}.yaml`] = text;
  const node = world.addMachine({ name: 'w1', address: '192.168.1.101', files, units: [{ program: 'containerd' }, { program: 'kubelet', args: ['--kubeconfig=/etc/kubernetes/kubelet.conf'] }] });
  world.run(10);
  node.powerOn();
  const giveCidr = (): void => {
    world.run(3000);
    const object = api.objects.get('nodes//w1');
    if (object !== undefined) api.put('nodes', { ...object, spec: { podCIDR: '10.244.1.0/24' } });
    world.run(9000);
  };
  const pod = (name: string): Record<string, any> => api.objects.get(`pods/default/${name}`) as never;
  const create = (name: string, spec: object): void =>
    api.put('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', generation: 1 }, spec: { nodeName: 'w1', restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...spec }, status: { phase: 'Pending', qosClass: 'BestEffort', conditions: [{ type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' }] } });
  const events = (name: string): string[] => [...api.objects.values()].filter((each) => each['kind'] === 'Event' && (each['involvedObject'] as { name: string }).name === name).map((each) => `${each['reason'] as string}: ${each['message'] as string}`);
  return { api, world, node, giveCidr, pod, create, events };
}
