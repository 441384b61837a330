// A cluster of v1.35 upgraded to v1.36 by hand, as the documentation of kubeadm says: packages, the first master, the others, the kubelets.
import { describe, expect, it } from 'vitest';
import type { World } from '../kernel/world.ts';
import { createCluster } from './create-cluster.ts';
import { run, sh, words } from './testing/commands.ts';

const kube = 'KUBECONFIG=/etc/kubernetes/admin.conf';
const older = 'apt-get update && apt-get install -y --allow-downgrades kubeadm=1.35.0-1.1 kubelet=1.35.0-1.1 kubectl=1.35.0-1.1';
const newKubeadm = "apt-mark unhold kubeadm && apt-get update && apt-get install -y kubeadm='1.36.2-*' && apt-mark hold kubeadm";
const newKubelet = 'apt-get install -y kubelet=1.36.2-1.1 kubectl=1.36.2-1.1 && systemctl daemon-reload && systemctl restart kubelet';
const kubectl = (world: World, line: string): string => sh(world, 'm1-k8s', `${kube} kubectl ${line}`);

/** Machines with packages of v1.35 made a cluster. */
function makeOldCluster(seed: number, masters: readonly string[], workers: readonly string[]): World {
  const { world } = createCluster('bare', { seed });
  world.run(5000);
  for (const machine of [...masters, ...workers]) sh(world, machine, older);
  const made = sh(world, 'm1-k8s', 'kubeadm init --control-plane-endpoint=192.168.1.9:6443 --pod-network-cidr=10.244.0.0/16 --upload-certs');
  expect(made).toContain('[init] Using Kubernetes version: v1.35.0');
  kubectl(world, 'apply -f /root/calico.yaml');
  const key = /Using certificate key:\n([0-9a-f]{64})/.exec(made)?.[1] ?? '';
  const join = sh(world, 'm1-k8s', 'kubeadm token create --print-join-command').trim();
  for (const machine of masters.slice(1)) sh(world, machine, `${join} --control-plane --certificate-key ${key}`);
  for (const machine of workers) sh(world, machine, join);
  world.run(world.nowMs + 60_000);
  return world;
}

/** Asks twice a second, from a machine that stays out of it; what each answer was. */
function watch(world: World, command: string): { readonly answers: string[]; readonly stop: () => void } {
  const answers: string[] = [];
  const process = world.spawn('laptop', { program: 'bash', args: ['-c', `while true; do ${command}; sleep 0.5; done`], privileged: true, onOutput: (_, text) => answers.push(...text.split('\n').filter((line) => line !== '')) });
  return { answers, stop: () => process.signal('SIGKILL') };
}

function upgradeKubelet(world: World, node: string): void {
  kubectl(world, `drain ${node} --ignore-daemonsets`);
  sh(world, node, newKubelet);
  world.run(world.nowMs + 15_000);
  kubectl(world, `uncordon ${node}`);
  kubectl(world, 'wait --for=condition=Ready node --all --timeout=120s');
}

describe('kubeadm upgrade', () => {
  it('brings a master and workers from v1.35 to v1.36 while a Deployment serves', () => {
    const world = makeOldCluster(11, ['m1-k8s'], ['w1-k8s', 'w2-k8s']);
    expect(kubectl(world, 'get nodes')).toMatch(/m1-k8s +Ready +control-plane +\S+ +v1\.35\.0\n/);
    expect(kubectl(world, 'version')).toBe('Client Version: v1.35.0\nKustomize Version: v5.8.1\nServer Version: v1.35.0\n');
    kubectl(world, 'create deployment web --image=nginx --replicas=4');
    // Who drains nodes gives endpoints the time to be forgotten before their server stops.
    kubectl(world, `patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","lifecycle":{"preStop":{"sleep":{"seconds":5}}}}]}}}}'`);
    kubectl(world, 'create service nodeport web --tcp=80:80 --node-port=30080');
    kubectl(world, 'rollout status deployment web');
    const served = watch(world, "curl -s -m 3 -o /dev/null -w '%{http_code}\\n' http://192.168.1.11:30080/ || echo failed");

    // What an old kubeadm cannot do, and what nobody can.
    expect(run(world, 'm1-k8s', 'kubeadm', words('upgrade apply v1.36.2 -y')).text).toContain('Specified version to upgrade to "v1.36.2" is at least one minor release higher than the kubeadm minor release (36 > 35). Such an upgrade is not supported');
    sh(world, 'm1-k8s', newKubeadm);
    expect(sh(world, 'm1-k8s', 'kubeadm version -o short; kubelet --version')).toBe('v1.36.2\nKubernetes v1.35.0\n');
    expect(run(world, 'm1-k8s', 'kubeadm', words('upgrade apply v1.37.0 -y')).text).toContain('Specified version to upgrade to "v1.37.0" is too high; kubeadm can upgrade only 1 minor version at a time');
    const low = run(world, 'm1-k8s', 'kubeadm', words('upgrade apply v1.35.0 -y'));
    expect(low.code).toBe(1);
    expect(low.text).toContain('\t- Kubeadm version v1.36.2 can only be used to upgrade to Kubernetes version 1.36\n\nCan be bypassed if you pass the --force flag');

    const plan = sh(world, 'm1-k8s', 'kubeadm upgrade plan');
    expect(plan).toContain('[upgrade/versions] Cluster version: 1.35.0\n[upgrade/versions] kubeadm version: v1.36.2\n[upgrade/versions] Target version: v1.36.2\n[upgrade/versions] Latest version in the v1.35 series: v1.35.0\n');
    expect(plan).toMatch(/^kubelet +w1-k8s +v1\.35\.0 +v1\.36\.2$/m);
    expect(plan).toMatch(/^kube-apiserver +m1-k8s +v1\.35\.0 +v1\.36\.2$/m);
    expect(plan).toMatch(/^CoreDNS +v1\.13\.1 +v1\.14\.1\netcd +m1-k8s +3\.6\.6-0 +3\.6\.8-0$/m);

    const expiry = (): string | undefined => /^apiserver +(.*UTC)/m.exec(sh(world, 'm1-k8s', 'kubeadm certs check-expiration'))?.[1];
    const before = expiry();
    const applied = sh(world, 'm1-k8s', 'kubeadm upgrade apply v1.36.2 -y');
    for (const component of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) expect(applied).toContain(`Component "${component}" upgraded successfully!`);
    expect(applied).toContain('[upgrade] SUCCESS! A control plane node of your cluster was upgraded to "v1.36.2".');
    expect(expiry()).not.toBe(before);
    world.run(world.nowMs + 60_000);
    expect(kubectl(world, 'version')).toContain('Server Version: v1.36.2');
    expect(kubectl(world, 'get nodes')).toMatch(/m1-k8s +Ready +control-plane +\S+ +v1\.35\.0\n/);
    expect(kubectl(world, 'get configmap kubeadm-config -n kube-system -o yaml')).toContain('kubernetesVersion: v1.36.2');
    expect(kubectl(world, "get pods -n kube-system -o jsonpath='{.items[*].spec.containers[0].image}'")).not.toMatch(/v1\.35\.0|3\.6\.6-0|v1\.13\.1/);

    expect(sh(world, 'm1-k8s', `apt-mark hold kubelet; ! ${newKubelet}`)).toContain('E: Held packages were changed and -y was used without --allow-change-held-packages.');
    sh(world, 'm1-k8s', 'apt-mark unhold kubelet');
    upgradeKubelet(world, 'm1-k8s');
    for (const worker of ['w1-k8s', 'w2-k8s']) {
      sh(world, worker, newKubeadm);
      expect(sh(world, worker, 'kubeadm upgrade node')).toContain('[upgrade/control-plane] Skipping phase. Not a control plane node.');
      upgradeKubelet(world, worker);
    }
    const nodes = kubectl(world, 'get nodes');
    for (const node of ['m1-k8s', 'w1-k8s', 'w2-k8s']) expect(nodes).toMatch(new RegExp(`${node} +Ready .*v1\\.36\\.2\\n`));
    expect(sh(world, 'm1-k8s', 'kubeadm upgrade plan')).not.toContain('You can now apply');
    served.stop();
    expect(served.answers.length).toBeGreaterThan(200);
    expect(served.answers.filter((answer) => answer !== '200')).toEqual([]);
  });

  it('takes three masters one after the other; behind the load balancer the API never stops answering', () => {
    const masters = ['m1-k8s', 'm2-k8s', 'm3-k8s'];
    const world = makeOldCluster(12, masters, []);

    // Nothing comes from a repository that is away.
    world.machine('registry.k8s.io').powerOff();
    const away = run(world, 'm1-k8s', 'bash', ['-c', 'apt-get install -y kubeadm=1.36.2-1.1']);
    expect(away.text).toContain('E: Unable to fetch some archives');
    expect(sh(world, 'm1-k8s', 'kubeadm version -o short')).toBe('v1.35.0\n');
    world.machine('registry.k8s.io').powerOn();
    world.run(world.nowMs + 5000);
    expect(run(world, 'm1-k8s', 'apt-get', words('install -y kubeadm=1.34.0-1.1')).text).toContain("E: Version '1.34.0-1.1' for 'kubeadm' was not found");

    // A kubelet that does nothing: the manifests are put back.
    sh(world, 'm1-k8s', newKubeadm);
    sh(world, 'm1-k8s', 'systemctl stop kubelet');
    const stuck = run(world, 'm1-k8s', 'kubeadm', words('upgrade apply v1.36.2 -y'), 600_000);
    expect(stuck.text).toContain('kubeadm has tried to recover everything into the earlier state. Errors faced: static Pod hash for component etcd on Node m1-k8s did not change after 5m0s');
    expect(sh(world, 'm1-k8s', 'cat /etc/kubernetes/manifests/etcd.yaml')).toContain('etcd:3.6.6-0');
    expect(run(world, 'm1-k8s', 'kubeadm', words('upgrade apply v1.36.2 -y')).text).toContain('[ERROR ControlPlaneNodesReady]: there are NotReady control-planes in the cluster: [m1-k8s]');
    sh(world, 'm1-k8s', 'systemctl start kubelet');
    kubectl(world, 'wait --for=condition=Ready node --all --timeout=120s');

    const asked = watch(world, "curl -k -s -m 3 -w '\\n' https://192.168.1.9:6443/version | grep gitVersion || echo refused");
    for (const machine of masters.slice(1)) sh(world, machine, newKubeadm);
    const applied = sh(world, 'm1-k8s', 'kubeadm upgrade apply v1.36.2 -y');
    expect(applied).toContain('[upgrade/addons] skip upgrade addons because control plane instances [m2-k8s m3-k8s] have not been upgraded');
    expect(sh(world, 'm2-k8s', 'kubeadm upgrade node')).toContain('control plane instances [m3-k8s] have not been upgraded');
    expect(sh(world, 'm3-k8s', 'kubeadm upgrade node')).toContain('[addons] Applied essential addon: kube-proxy');
    for (const machine of masters) upgradeKubelet(world, machine);
    asked.stop();
    expect(asked.answers.length).toBeGreaterThan(150);
    expect(kubectl(world, 'get nodes')).toMatch(/m1-k8s +Ready .*v1\.36\.2\nm2-k8s +Ready .*v1\.36\.2\nm3-k8s +Ready .*v1\.36\.2\n/);
    expect(new Set(asked.answers.map((answer) => /v1\.3\d\.\d/.exec(answer)?.[0]))).toEqual(new Set(['v1.35.0', 'v1.36.2']));
  });
});
