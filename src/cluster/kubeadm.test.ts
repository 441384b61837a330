// kubeadm's life cycle on machines of a whole cluster: tokens, joining, leaving, certificates that expire.
import { describe, expect, it } from 'vitest';
import type { World } from '../kernel/world.ts';
import { createCluster } from './create-cluster.ts';
import { run, words, type Outcome } from './testing/commands.ts';

const kubectl = (world: World, line: string): string => run(world, 'laptop', 'kubectl', words(line)).text;
const kubeadm = (world: World, machine: string, line: string): Outcome => run(world, machine, 'kubeadm', words(line));

/** Waits until the command's output matches. */
function eventually(world: World, line: string, pattern: RegExp, patienceMs = 120_000): void {
  const until = world.nowMs + patienceMs;
  let text = '';
  while (world.nowMs < until) {
    text = kubectl(world, line);
    if (pattern.test(text)) return;
    world.run(world.nowMs + 2000);
  }
  expect(text).toMatch(pattern);
}

describe('kubeadm', () => {
  it('takes a worker out and back in with a fresh token; the kubelet gets its certificate by TLS bootstrap', () => {
    const { world } = createCluster('default', { seed: 1 });
    world.run(60_000);
    const reset = kubeadm(world, 'w3-k8s', 'reset --force');
    expect(reset, reset.text).toMatchObject({ code: 0 });
    expect(kubectl(world, 'delete node w3-k8s')).toContain('deleted');
    const asked = kubeadm(world, 'm-k8s', 'token create --print-join-command');
    expect(asked.text).toMatch(/^kubeadm join 192\.168\.1\.10:6443 --token [a-z0-9]{6}\.[a-z0-9]{16} --discovery-token-ca-cert-hash sha256:[0-9a-f]{64} \n$/);
    expect(kubeadm(world, 'm-k8s', 'token list').text).toContain('authentication,signing');
    const joined = run(world, 'w3-k8s', 'kubeadm', words(asked.text).slice(1));
    expect(joined, joined.text).toMatchObject({ code: 0 });
    eventually(world, 'get nodes', /w3-k8s +Ready/);
    expect(kubectl(world, 'get csr')).toMatch(/system:bootstrap:[a-z0-9]{6}.*Approved,Issued/);
  });

  it('refuses a token that the cluster does not know, and an authority that is not the pinned one', () => {
    const { world } = createCluster('default', { seed: 2 });
    world.run(60_000);
    expect(kubeadm(world, 'w1-k8s', 'join 192.168.1.10:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification').text).toContain('[ERROR Port-10250]: Port 10250 is in use');
    kubeadm(world, 'w1-k8s', 'reset --force');
    const unknown = kubeadm(world, 'w1-k8s', 'join 192.168.1.10:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification');
    expect(unknown.code).toBe(1);
    expect(unknown.text).toContain("couldn't validate the identity of the API Server");
    const token = kubeadm(world, 'm-k8s', 'token create').text.trim();
    const pinned = kubeadm(world, 'w1-k8s', `join 192.168.1.10:6443 --token ${token} --discovery-token-ca-cert-hash sha256:${'0'.repeat(64)}`);
    expect(pinned.code).toBe(1);
    expect(pinned.text).toContain('are pinned');
  });

  it('takes a master out of three and back in: its etcd member leaves, comes as a learner and is promoted', () => {
    const { world } = createCluster('ha', { seed: 3 });
    world.run(60_000);
    const members = () => run(world, 'm1-k8s', 'etcdctl', ['--endpoints=https://127.0.0.1:2379', '--cacert=/etc/kubernetes/pki/etcd/ca.crt', '--cert=/etc/kubernetes/pki/etcd/server.crt', '--key=/etc/kubernetes/pki/etcd/server.key', 'member', 'list']).text;
    expect(members().trim().split('\n')).toHaveLength(3);
    const reset = kubeadm(world, 'm3-k8s', 'reset --force');
    expect(reset, reset.text).toMatchObject({ code: 0 });
    expect(members().trim().split('\n')).toHaveLength(2);
    kubectl(world, 'delete node m3-k8s');
    const key = 'a'.repeat(64);
    const uploaded = kubeadm(world, 'm1-k8s', `init phase upload-certs --upload-certs --certificate-key ${key}`);
    expect(uploaded, uploaded.text).toMatchObject({ code: 0 });
    const command = kubeadm(world, 'm1-k8s', `token create --print-join-command --certificate-key ${key}`).text;
    expect(command).toContain('--control-plane --certificate-key');
    const joined = run(world, 'm3-k8s', 'kubeadm', words(command).slice(1), 240_000);
    expect(joined, joined.text).toMatchObject({ code: 0 });
    world.run(world.nowMs + 5000);
    expect(members()).toMatch(/started, m3-k8s, https:\/\/192\.168\.1\.13:2380, https:\/\/192\.168\.1\.13:2379, false/);
    eventually(world, 'get nodes', /m3-k8s +Ready +control-plane/);
    eventually(world, 'get pods -n kube-system', /kube-apiserver-m3-k8s +1\/1 +Running/);
  });

  it('tells when certificates expire; an expired kubelet certificate costs the node, a new one brings it back', () => {
    const { world } = createCluster('default', { seed: 4 });
    world.run(60_000);
    const table = kubeadm(world, 'm-k8s', 'certs check-expiration').text;
    expect(table).toMatch(/^apiserver +Jan 01, 2027 00:00 UTC +364d +ca +no$/m);
    expect(table).toMatch(/^etcd-ca +Dec 30, 2035 00:00 UTC +9y +no$/m);

    // The machine's clock jumps: to itself, its certificate is too old; to the API server the machine is as trustworthy as before, so the
    // kubelet is given a certificate that has run out instead.
    const expired = run(world, 'm-k8s', 'kubeadm', ['kubeconfig', 'user', '--org=system:nodes', '--client-name=system:node:w1-k8s', '--validity-period=1s']);
    expect(expired.code, expired.text).toBe(0);
    world.machine('w1-k8s').writeFile('/etc/kubernetes/kubelet.conf', expired.stdout);
    world.run(world.nowMs + 5000);
    world.machine('w1-k8s').kill('kubelet');
    world.run(world.nowMs + 60_000);
    expect(kubectl(world, 'get nodes')).toMatch(/w1-k8s +NotReady/);
    const fresh = run(world, 'm-k8s', 'kubeadm', ['kubeconfig', 'user', '--org=system:nodes', '--client-name=system:node:w1-k8s']);
    world.machine('w1-k8s').writeFile('/etc/kubernetes/kubelet.conf', fresh.stdout);
    eventually(world, 'get nodes', /w1-k8s +Ready/);
  });

  it('renews every certificate, also when nothing answers any more because they expired', () => {
    const { world } = createCluster('default', { seed: 5 });
    world.run(60_000);
    const yearMs = 366 * 86_400_000;
    for (const machine of world.machines) machine.setSkew(yearMs);
    world.run(world.nowMs + 120_000);
    expect(run(world, 'm-k8s', 'kubectl', ['get', 'nodes']).text).toMatch(/certificate has expired or is not yet valid/);
    expect(kubeadm(world, 'm-k8s', 'certs check-expiration').text).toMatch(/^apiserver +.*<invalid>/m);
    const renewed = kubeadm(world, 'm-k8s', 'certs renew all');
    expect(renewed, renewed.text).toMatchObject({ code: 0 });
    expect(kubeadm(world, 'm-k8s', 'certs check-expiration').text).toMatch(/^apiserver +Jan 02, 2028 .*364d/m);
    // As the command says: the control plane restarts to take them up.
    for (const process of world.machine('m-k8s').processes()) if (/^(etcd|kube-)/.test(process.program) && process.program !== 'kube-proxy') world.machine('m-k8s').kill(process.pid);
    const fresh = run(world, 'm-k8s', 'kubeadm', ['kubeconfig', 'user', '--org=system:nodes', '--client-name=system:node:m-k8s']);
    world.machine('m-k8s').writeFile('/etc/kubernetes/kubelet.conf', fresh.stdout);
    world.machine('m-k8s').kill('kubelet');
    world.machine('laptop').writeFile('/root/.kube/config', world.machine('m-k8s').readFile('/etc/kubernetes/admin.conf'));
    eventually(world, 'get nodes', /m-k8s +Ready/, 300_000);
  });

  it('makes a cluster of bare machines: init, a network, two more masters, a worker', () => {
    const { world } = createCluster('bare', { seed: 6 });
    world.run(5000);
    const made = kubeadm(world, 'm1-k8s', 'init --control-plane-endpoint=192.168.1.9:6443 --pod-network-cidr=10.244.0.0/16 --upload-certs');
    expect(made, made.text).toMatchObject({ code: 0 });
    const onMaster = (...args: string[]): string => run(world, 'm1-k8s', 'kubectl', ['--kubeconfig=/etc/kubernetes/admin.conf', ...args]).text;
    expect(onMaster('get', 'nodes')).toMatch(/m1-k8s +NotReady +control-plane/);
    expect(onMaster('apply', '-f', '/root/calico.yaml')).toContain('daemonset.apps/calico-node created');
    const key = /Using certificate key:\n([0-9a-f]{64})/.exec(made.text)?.[1] ?? '';
    const command = kubeadm(world, 'm1-k8s', 'token create --print-join-command').text;
    for (const master of ['m2-k8s', 'm3-k8s']) {
      const joined = run(world, master, 'kubeadm', [...words(command).slice(1), '--control-plane', `--certificate-key=${key}`], 240_000);
      expect(joined, joined.text).toMatchObject({ code: 0 });
    }
    const worker = run(world, 'w1-k8s', 'kubeadm', words(command).slice(1));
    expect(worker, worker.text).toMatchObject({ code: 0 });
    world.run(world.nowMs + 60_000);
    const nodes = onMaster('get', 'nodes');
    for (const node of ['m1-k8s', 'm2-k8s', 'm3-k8s', 'w1-k8s']) expect(nodes).toMatch(new RegExp(`${node} +Ready`));
    expect(onMaster('get', 'pods', '-n', 'kube-system')).toMatch(/etcd-m3-k8s +1\/1 +Running/);
    // A second init is refused before it changes anything.
    const again = kubeadm(world, 'm1-k8s', 'init');
    expect(again.code).toBe(1);
    expect(again.text).toContain('[ERROR Port-6443]: Port 6443 is in use');
  });
});
