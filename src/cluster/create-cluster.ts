// Puts a whole cluster into a world: machines with their files and units, powered on at time 0. Everything after that the programs do.
import type { Program } from '../kernel/host.ts';
import { createWorld } from '../kernel/create-world.ts';
import { createRandom } from '../kernel/random.ts';
import type { MachineOptions, TraceEvent, World } from '../kernel/world.ts';
import { calicoVersion, catalog, corednsImage, isOpen, kubernetesVersion, pauseImage, registryHosts } from '../programs/images/catalog.ts';
import { inventDigest, registryConfigPath, registryFolder, type RegistryConfig, type RegistryImage } from '../programs/registry/main.ts';
import { edgeConfigPath, type EdgeConfig } from '../programs/traffic/main.ts';
import { encodeCertificate, encodePrivateKey } from '../wire/tls-handshake.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { createPki, type ClusterPki } from './pki.ts';
import { createTopology, type PresetName, type PresetOptions } from './presets/presets.ts';
import { programs } from './programs.ts';
import { staticPodFiles } from './static-pods.ts';
import { mastersOf, nodesOf, type MachinePlan, type Topology } from './topology.ts';

export interface ClusterOptions extends PresetOptions {
  readonly seed: number;
  readonly epochMs?: number;
  /** More bearer tokens that the API servers accept, lines of a token file. */
  readonly tokens?: readonly string[];
  /** Programs that exist in this world besides the usual ones, e.g. a door to the outside. */
  readonly extraPrograms?: readonly Program[];
  /** `iptables` (default), `ipvs`, `nftables` or `userspace`. */
  readonly proxyMode?: string;
  /** Sees every event from the first power-on. */
  readonly onTrace?: (event: TraceEvent) => void;
}

export interface Cluster {
  readonly world: World;
  readonly topology: Topology;
}

const defaultEpochMs = 1_767_225_600_000;

export function createCluster(preset: PresetName, options: ClusterOptions): Cluster {
  const base = createTopology(preset, options);
  const topology: Topology = { ...base, tokens: [...base.tokens, ...(options.tokens ?? [])] };
  const epochMs = options.epochMs ?? defaultEpochMs;
  const world = createWorld({ seed: options.seed, programs: [...programs, ...(options.extraPrograms ?? [])], epochMs });
  const pki = createPki(createRandom(options.seed, 'pki'), topology, epochMs);
  const context: Context = { topology, pki, hosts: hostsFile(topology), proxyMode: options.proxyMode ?? 'iptables' };
  for (const plan of topology.machines) world.addMachine(machineOptions(context, plan));
  if (options.onTrace !== undefined) world.onTrace(options.onTrace);
  for (const machine of world.machines) machine.powerOn();
  return { world, topology };
}

interface Context {
  readonly topology: Topology;
  readonly pki: ClusterPki;
  readonly hosts: string;
  readonly proxyMode: string;
}

function hostsFile(topology: Topology): string {
  const lines = ['127.0.0.1 localhost', ...topology.machines.map((machine) => `${machine.address} ${machine.name}`)];
  for (const { address, hosts } of registryHosts) lines.push(`${address} ${hosts.join(' ')}`);
  return lines.join('\n') + '\n';
}

function machineOptions(context: Context, plan: MachinePlan): MachineOptions {
  const common = { name: plan.name, address: plan.address, cores: plan.cores, memoryBytes: plan.memoryBytes, ...(plan.zone === undefined ? {} : { zone: plan.zone }) };
  const files = { '/etc/hosts': context.hosts, '/etc/hostname': `${plan.name}\n`, '/etc/resolv.conf': '' };
  switch (plan.role) {
    case 'master':
      return { ...common, units: masterUnits(context, plan), files: { ...files, ...nodeFiles(context, plan), ...masterFiles(context, plan) } };
    case 'worker':
      return { ...common, units: [containerdUnit, kubeletUnit(context, plan)], files: { ...files, ...nodeFiles(context, plan) } };
    case 'registry':
      return { ...common, units: [{ program: 'registry' }], files: { ...files, ...registryFiles(plan) } };
    case 'load-balancer':
      return { ...common, units: [{ program: 'load-balancer', args: ['--listen=:6443', `--backends=${mastersOf(context.topology).map((each) => `${each.address}:6443`).join(',')}`] }], files };
    case 'traffic':
      return { ...common, files: { ...files, [edgeConfigPath]: edgeConfig(context.topology) } };
    default:
      return { ...common, files: { ...files, '/root/.kube/config': adminConf(context, context.topology.endpoint) } };
  }
}

/** The edge router sends traffic over every machine that runs workloads. */
function edgeConfig(topology: Topology): EdgeConfig {
  const behind = topology.machines.filter((machine) => machine.role === 'worker' || (machine.role === 'master' && topology.mastersTaken));
  return { nodes: behind.map((machine) => machine.address), serviceCidr: topology.serviceCidr, dns: topology.dnsAddress };
}

function adminConf({ pki, topology }: Context, endpoint: string): string {
  // Without kubeadm's objects nothing binds its group: the administrator of such a cluster is one by birth.
  const group = topology.addons ? 'kubeadm:cluster-admins' : 'system:masters';
  return kubeconfigFile({ server: `https://${endpoint}`, ca: pki.ca.certificate, user: 'kubernetes-admin', identity: pki.client('kubernetes-admin', [group]) });
}

const containerdUnit = { program: 'containerd' } as const;

function kubeletUnit({ topology }: Context, plan: MachinePlan) {
  const isMaster = plan.role === 'master';
  const standalone = isMaster && !topology.mastersAreNodes;
  return {
    program: 'kubelet',
    args: [
      '--config=/var/lib/kubelet/config.yaml',
      ...(standalone ? [] : ['--kubeconfig=/etc/kubernetes/kubelet.conf']),
      `--hostname-override=${plan.name}`,
      `--node-ip=${plan.address}`,
      ...(topology.instantRuntime ? ['--volume-round-ms=0'] : []),
      ...(isMaster && !standalone && !topology.mastersTaken ? ['--register-with-taints=node-role.kubernetes.io/control-plane:NoSchedule'] : []),
    ],
  };
}

function masterUnits(context: Context, plan: MachinePlan) {
  const { topology } = context;
  const units = [containerdUnit, kubeletUnit(context, plan)];
  if (plan.slot !== 0) return units;
  const masters = topology.mastersAreNodes ? mastersOf(topology).map((each) => each.name) : [];
  return [...units, { program: 'kubeadm', args: ['init-addons', `--masters=${masters.join(',')}`, ...(topology.mastersTaken ? ['--taint=false'] : [])], restart: false }];
}

function nodeFiles({ topology, pki }: Context, plan: MachinePlan): Record<string, unknown> {
  const serving = pki.serving(plan);
  const isNode = nodesOf(topology).includes(plan);
  return {
    '/var/lib/kubelet/config.yaml': kubeletConfig(topology),
    '/var/lib/kubelet/pki/kubelet.crt': encodeCertificate(serving.certificate),
    '/var/lib/kubelet/pki/kubelet.key': encodePrivateKey(serving.privateKey),
    '/etc/kubernetes/pki/ca.crt': encodeCertificate(pki.ca.certificate),
    '/etc/containerd/config.toml': `version = 3\n${topology.instantRuntime ? 'instant = true\n' : ''}sandbox_image = "${pauseImage}"\n`,
    ...(isNode
      ? {
          '/etc/kubernetes/kubelet.conf': kubeconfigFile({
            server: `https://${topology.endpoint}`,
            ca: pki.ca.certificate,
            user: `system:node:${plan.name}`,
            identity: pki.client(`system:node:${plan.name}`, ['system:nodes']),
          }),
        }
      : {}),
    ...(topology.addons || !isNode ? {} : { '/etc/cni/net.d/10-bridge.conflist': JSON.stringify({ name: 'bridge', cniVersion: '1.0.0', plugins: [{ type: 'calico', ipam: { type: 'host-local' }, podCidrFromNode: true }] }) }),
    ...preloadedImages(plan, topology),
  };
}

function kubeletConfig(topology: Topology): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
cgroupDriver: systemd
clusterDNS:
- ${topology.dnsAddress}
clusterDomain: cluster.local
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
kind: KubeletConfiguration
maxPods: ${topology.maxPods}
rotateCertificates: true
staticPodPath: /etc/kubernetes/manifests
`;
}

function masterFiles(context: Context, plan: MachinePlan): Record<string, unknown> {
  const { topology, pki } = context;
  const local = `https://${plan.address}:6443`;
  const conf = (user: string, groups: readonly string[], server: string) => kubeconfigFile({ server, ca: pki.ca.certificate, user, identity: pki.client(user, groups) });
  const { certificate } = pki.ca;
  return {
    ...pki.masterFiles(plan),
    ...staticPodFiles(topology, plan),
    '/etc/kubernetes/admin.conf': adminConf(context, topology.endpoint),
    '/root/.kube/config': adminConf(context, topology.endpoint),
    '/etc/kubernetes/super-admin.conf': conf('kubernetes-super-admin', ['system:masters'], local),
    '/etc/kubernetes/controller-manager.conf': conf('system:kube-controller-manager', [], local),
    '/etc/kubernetes/scheduler.conf': conf('system:kube-scheduler', [], local),
    ...(topology.tokens.length === 0 ? {} : { '/etc/kubernetes/pki/tokens.csv': topology.tokens.join('\n') + '\n' }),
    ...(plan.slot !== 0
      ? {}
      : {
          '/etc/kubernetes/kubeadm.json': {
            addons: topology.addons,
            endpoint: topology.endpoint,
            podCidr: topology.podCidr,
            dnsAddress: topology.dnsAddress,
            proxyMode: context.proxyMode,
            proxyImage: `registry.k8s.io/kube-proxy:${kubernetesVersion}`,
            corednsImage,
            calicoNodeImage: `quay.io/calico/node:${calicoVersion}`,
            calicoCniImage: `quay.io/calico/cni:${calicoVersion}`,
            caCertificate: encodeCertificate(certificate),
            kubernetesVersion,
          },
        }),
  };
}

/** What a prepared machine image brings, so that a cluster is up before anything is pulled. */
function preloadedImages(plan: MachinePlan, topology: Topology): Record<string, unknown> {
  const wanted = [pauseImage];
  if (plan.role === 'master') for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) wanted.push(...references(`registry.k8s.io/${name}`));
  if (topology.addons) wanted.push(`registry.k8s.io/kube-proxy:${kubernetesVersion}`, corednsImage, `quay.io/calico/node:${calicoVersion}`, `quay.io/calico/cni:${calicoVersion}`);
  const files: Record<string, unknown> = {};
  for (const reference of wanted) {
    const found = registryImages().get(reference);
    if (found !== undefined) files[`/var/lib/containerd/images/${reference}`] = found;
  }
  return files;
}

function references(repository: string): string[] {
  const entry = catalog.find((each) => each.repository === repository);
  const newest = entry?.tags[entry.tags.length - 1];
  return newest === undefined ? [] : [`${repository}:${newest}`];
}

let images: ReadonlyMap<string, RegistryImage> | undefined;

/** Every catalogued image by its full reference. */
function registryImages(): ReadonlyMap<string, RegistryImage> {
  if (images !== undefined) return images;
  const all = new Map<string, RegistryImage>();
  for (const entry of catalog)
    for (const tag of entry.tags) {
      const env = entry.env?.(tag);
      const reference = `${entry.repository}:${tag}`;
      all.set(reference, { program: entry.program, args: entry.args ?? [], ...(env === undefined ? {} : { env }), sizeBytes: entry.sizeBytes, digest: inventDigest(reference) });
    }
  images = all;
  return all;
}

function registryFiles(plan: MachinePlan): Record<string, unknown> {
  const files: Record<string, unknown> = {};
  const hosts = registryHosts.find((each) => each.machine === plan.name)?.hosts ?? [];
  for (const [reference, image] of registryImages()) {
    const host = reference.slice(0, reference.indexOf('/'));
    if (!hosts.includes(host)) continue;
    const colon = reference.lastIndexOf(':');
    files[`${registryFolder}/${reference.slice(0, colon)}/${reference.slice(colon + 1)}`] = image;
  }
  const open = hosts.filter((host) => isOpen(host, ''));
  files[registryConfigPath] = { open: open.map((host) => `${host}/`), closed: ['docker.io/library/'], private: {} } satisfies RegistryConfig;
  return files;
}

