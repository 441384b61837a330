// Puts a whole cluster into a world: machines with their files and units, powered on at time 0. Everything after that the programs do.
import type { Program } from '../kernel/host.ts';
import { createWorld } from '../kernel/create-world.ts';
import { createRandom } from '../kernel/random.ts';
import type { MachineOptions, TraceEvent, World } from '../kernel/world.ts';
import { calicoVersion, catalog, corednsImage, isOpen, kubernetesVersion, pauseImage, registryHosts, testImagePrefix } from '../programs/images/catalog.ts';
import { packageAddress, packageFiles, packageHost, sourcesPath, sourcesText } from '../programs/images/package-repository.ts';
import { createGateway } from '../programs/gateway/main.ts';
import { inventDigest, registryConfigPath, registryFolder, type RegistryConfig, type RegistryImage } from '../programs/registry/main.ts';
import { printYaml } from '../api/yaml/print-yaml.ts';
import { calicoObjects } from '../programs/kubeadm/addons.ts';
import {
  authoritySpecs,
  createAuthority,
  etcdMachineFiles,
  issueLeaf,
  kubeconfigFor,
  kubeconfigSpecs,
  kubeletIdentityFiles,
  kubeletServing,
  kubernetesFolder,
  machineCertificateFiles,
  sharedFiles,
  type Authorities,
  type Signer,
} from '../programs/kubeadm/certificates.ts';
import { kubeletConfigPath, kubeletConfigurationText, makePlan } from '../programs/kubeadm/cluster-configuration.ts';
import type { ClusterPlan } from '../programs/kubeadm/cluster-plan.ts';
import { firstBootConfigPath, type FirstBootConfig } from '../programs/kubeadm/first-boot.ts';
import { controlPlaneTaint, kubeletFlagsPath, kubeletFlagsText } from '../programs/kubeadm/kubelet-service.ts';
import { kubeconfigFile } from '../programs/kubeadm/kubeconfig-file.ts';
import { componentCommand, controlPlaneComponents, manifestFiles, manifestPath, manifestText, type ControlPlaneComponent } from '../programs/kubeadm/manifests.ts';
import { edgeConfigPath, type EdgeConfig } from '../programs/traffic/main.ts';
import type { GatewayDoor } from '../wire/outside.ts';
import { encodeCertificate, encodePrivateKey } from '../wire/tls-handshake.ts';
import { backupManifest, backupManifestPath } from './etcd-backup.ts';
import { createTopology, shapedTopology, type ClusterShape, type PresetName, type PresetOptions } from './presets/presets.ts';
import { findTool, programs } from './programs.ts';
import { etcdMachinesOf, mastersOf, nodesOf, type MachinePlan, type Topology } from './topology.ts';

export interface ClusterOptions extends PresetOptions {
  readonly seed: number;
  readonly epochMs?: number;
  /** More bearer tokens that the API servers accept, lines of a token file. */
  readonly tokens?: readonly string[];
  /** Programs that exist in this world besides the usual ones, e.g. a door to the outside. */
  readonly extraPrograms?: readonly Program[];
  /** `iptables` (default), `ipvs`, `nftables` or `userspace`. */
  readonly proxyMode?: string;
  /** The world with its machines, before the first of them is powered on. */
  readonly onCreated?: (world: World) => void;
  /** Sees every event from the first power-on. */
  readonly onTrace?: (event: TraceEvent) => void;
}

export interface Cluster {
  readonly world: World;
  readonly topology: Topology;
  /** Where requests from outside go in. */
  readonly gateway: GatewayDoor;
}

const defaultEpochMs = 1_767_225_600_000;

/** `what`: a preset's name, or a shape of one's own. */
export function createCluster(what: PresetName | ClusterShape, options: ClusterOptions): Cluster {
  const base = typeof what === 'string' ? createTopology(what, options) : shapedTopology('shape', what);
  const topology: Topology = { ...base, tokens: [...base.tokens, ...(options.tokens ?? [])] };
  const epochMs = options.epochMs ?? defaultEpochMs;
  const gateway: GatewayDoor = { requests: undefined };
  const world = createWorld({ seed: options.seed, programs: [...programs, createGateway(gateway), ...(options.extraPrograms ?? [])], findProgram: findTool, epochMs });
  const context: Context = { topology, ...identities(topology, options.seed, epochMs), hosts: hostsFile(topology), proxyMode: options.proxyMode ?? 'iptables' };
  for (const plan of topology.machines) world.addMachine(machineOptions(context, plan));
  if (topology.zoneLatencyMs !== undefined) world.setLatency(latencyBetween(topology, topology.zoneLatencyMs));
  if (options.onTrace !== undefined) world.onTrace(options.onTrace);
  options.onCreated?.(world);
  for (const machine of world.machines) machine.powerOn();
  return { world, topology, gateway };
}

/** What stands in no zone (clients, registries, the load balancer) is 2 ms from everything in one. */
function latencyBetween(topology: Topology, zoneLatencyMs: number): (from: string, to: string) => number {
  const zones = new Map(topology.machines.map((machine) => [machine.name, machine.zone]));
  return (from, to) => {
    const a = zones.get(from);
    const b = zones.get(to);
    return a === b ? 0.25 : a === undefined || b === undefined ? 2 : zoneLatencyMs;
  };
}

interface Context {
  readonly topology: Topology;
  readonly plan: ClusterPlan;
  readonly signer: Signer;
  readonly serviceAccountKey: string;
  readonly hosts: string;
  readonly proxyMode: string;
}

/** The cluster as kubeadm sees it, with its authorities. */
function identities(topology: Topology, seed: number, epochMs: number): Pick<Context, 'plan' | 'signer' | 'serviceAccountKey'> {
  const random = createRandom(seed, 'pki');
  const authorities = Object.fromEntries(authoritySpecs.map((spec) => [spec.name, createAuthority(random, spec, epochMs)])) as unknown as Authorities;
  const { endpoint, podCidr, serviceCidr } = topology;
  const plan = makePlan({
    kubernetesVersion,
    endpoint,
    podCidr,
    serviceCidr,
    extraSans: mastersOf(topology).map((each) => each.address),
    tokenFile: topology.tokens.length > 0,
    ...(topology.machines.some((machine) => machine.role === 'etcd') ? { externalEtcd: etcdMachinesOf(topology).map((each) => `https://${each.address}:2379`) } : {}),
  });
  return { plan, signer: { random, wallMs: epochMs, authorities }, serviceAccountKey: random.hex(32) };
}

function hostsFile(topology: Topology): string {
  const lines = ['127.0.0.1 localhost', ...topology.machines.map((machine) => `${machine.address} ${machine.name}`)];
  for (const { address, hosts } of registryHosts) lines.push(`${address} ${hosts.join(' ')}`);
  lines.push(`${packageAddress} ${packageHost}`);
  return lines.join('\n') + '\n';
}

function machineOptions(context: Context, plan: MachinePlan): MachineOptions {
  const common = { name: plan.name, address: plan.address, cores: plan.cores, memoryBytes: plan.memoryBytes, ...(plan.zone === undefined ? {} : { zone: plan.zone }) };
  const files = { '/etc/hosts': context.hosts, '/etc/hostname': `${plan.name}\n`, '/etc/resolv.conf': '', ...(plan.role === 'master' || plan.role === 'worker' ? { [sourcesPath]: sourcesText() } : {}) };
  if (context.topology.bare === true && (plan.role === 'master' || plan.role === 'worker')) return { ...common, units: [containerdUnit, kubeletUnit(context, plan)], files: { ...files, ...bareFiles(context, plan) } };
  switch (plan.role) {
    case 'master':
      return { ...common, units: [...masterUnits(context, plan), ...networkUnits(context.topology, plan)], files: { ...files, ...nodeFiles(context, plan), ...masterFiles(context, plan) } };
    case 'worker':
      return { ...common, units: [containerdUnit, kubeletUnit(context, plan), ...networkUnits(context.topology, plan)], files: { ...files, ...nodeFiles(context, plan) } };
    case 'etcd':
      return { ...common, units: context.topology.hardWay === true ? controlPlaneUnits(context, plan, ['etcd']) : [containerdUnit, kubeletUnit(context, plan)], files: { ...files, ...nodeFiles(context, plan), ...etcdFiles(context, plan) } };
    case 'registry':
      return { ...common, units: [{ program: 'registry' }], files: { ...files, ...registryFiles(plan) } };
    case 'load-balancer':
      return { ...common, units: [{ program: 'load-balancer', args: ['--listen=:6443', `--backends=${mastersOf(context.topology).map((each) => `${each.address}:6443`).join(',')}`] }], files };
    case 'traffic':
      return { ...common, files: { ...files, [edgeConfigPath]: edgeConfig(context.topology) } };
    default:
      return { ...common, files: context.topology.bare === true ? files : { ...files, '/root/.kube/config': adminConf(context), [backupManifestPath]: backupManifest } };
  }
}

/** The edge router sends traffic over every machine that runs workloads. */
function edgeConfig(topology: Topology): EdgeConfig {
  const behind = topology.machines.filter((machine) => machine.role === 'worker' || (machine.role === 'master' && topology.mastersTaken));
  return { nodes: behind.map((machine) => machine.address), serviceCidr: topology.serviceCidr, dns: topology.dnsAddress };
}

function adminConf({ plan, signer, topology }: Context): string {
  // Without kubeadm's objects nothing binds its group: the administrator of such a cluster is one by birth.
  const group = topology.addons ? 'kubeadm:cluster-admins' : 'system:masters';
  const identity = issueLeaf(signer, 'ca', { commonName: 'kubernetes-admin', organizations: [group], usages: ['client auth'] });
  return kubeconfigFile({ server: `https://${plan.endpoint}`, ca: signer.authorities.ca.certificate, user: 'kubernetes-admin', identity });
}

const containerdUnit = { program: 'containerd' } as const;

function kubeletUnit({ topology }: Context, plan: MachinePlan) {
  const isMaster = plan.role === 'master';
  // A kubelet without an API server runs static pods only: how kubeadm's guide has etcd kept up on machines of its own.
  const standalone = plan.role === 'etcd' || (isMaster && !topology.mastersAreNodes);
  return {
    program: 'kubelet',
    args: [
      '--config=/var/lib/kubelet/config.yaml',
      ...(standalone ? [] : ['--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf', '--kubeconfig=/etc/kubernetes/kubelet.conf']),
      `--hostname-override=${plan.name}`,
      `--node-ip=${plan.address}`,
      ...(topology.instantRuntime ? ['--volume-round-ms=0'] : []),
      ...(plan.zone === undefined ? [] : [`--node-labels=topology.kubernetes.io/region=region-1,topology.kubernetes.io/zone=${plan.zone}`]),
    ],
  };
}

function masterUnits(context: Context, plan: MachinePlan) {
  const { topology } = context;
  if (topology.hardWay === true) return controlPlaneUnits(context, plan, context.plan.externalEtcd === undefined ? controlPlaneComponents : controlPlaneComponents.filter((each) => each !== 'etcd'));
  const units = [containerdUnit, kubeletUnit(context, plan)];
  if (plan.slot !== 0) return units;
  const masters = topology.mastersAreNodes ? mastersOf(topology).map((each) => each.name) : [];
  return [...units, { program: 'first-boot', args: [`--masters=${masters.join(',')}`, `--nodes=${nodesOf(topology).length}`, ...(topology.mastersTaken ? ['--taint=false'] : [])], restart: false }];
}

const corefilePath = '/etc/coredns/Corefile';
const corefile = '.:53 {\n  errors\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    kubeconfig /etc/kubernetes/admin.conf\n    pods insecure\n    ttl 30\n  }\n  forward . /etc/resolv.conf\n}\n';
const proxyKubeconfigPath = '/var/lib/kube-proxy/kubeconfig.conf';

/** Where no add-on is a pod, as in a managed cluster: routes between nodes, the Services' rules and their names are the business of the machines themselves. */
const hasNetworkUnits = (topology: Topology): boolean => !topology.addons && topology.hardWay !== true && topology.bare !== true;

function networkUnits(topology: Topology, plan: MachinePlan) {
  if (!hasNetworkUnits(topology)) return [];
  return [
    { program: 'kube-proxy', args: [`--kubeconfig=${proxyKubeconfigPath}`, `--hostname-override=${plan.name}`, `--cluster-cidr=${topology.podCidr}`] },
    { program: 'calico-node', args: [`--kubeconfig=${proxyKubeconfigPath}`] },
    ...(plan.role === 'master' ? [{ program: 'coredns', args: ['-conf', corefilePath] }] : []),
  ];
}

/** A machine with packages installed and nothing configured; masters have the network add-on's manifest at hand. */
function bareFiles({ topology, plan, proxyMode }: Context, machine: MachinePlan): Record<string, unknown> {
  const manifest = machine.role === 'master' ? { '/root/calico.yaml': calicoObjects({ plan, proxyMode }).map(({ object }) => `---\n${printYaml(object)}`).join('') } : {};
  return { ...containerdFiles(topology), ...manifest, ...preloadedImages(machine, topology) };
}

function containerdFiles(topology: Topology): Record<string, unknown> {
  return { '/etc/containerd/config.toml': `version = 3\n${topology.instantRuntime ? 'instant = true\n' : ''}sandbox_image = "${pauseImage}"\n` };
}

/** The control plane's processes without kubelets: the machine's init keeps them up. */
function controlPlaneUnits({ topology, plan }: Context, machine: MachinePlan, components: readonly ControlPlaneComponent[]) {
  return components.map((component) => {
    const [, ...args] = componentCommand(component, plan, machine, { initialCluster: etcdMachinesOf(topology), state: 'new' });
    return { program: component, args: component === 'etcd' ? [...args, ...(topology.etcdArgs ?? [])] : args };
  });
}

function nodeFiles({ topology, plan, signer }: Context, machine: MachinePlan): Record<string, unknown> {
  const serving = kubeletServing(signer.random, machine, signer.wallMs);
  const isNode = nodesOf(topology).includes(machine);
  return {
    [kubeletConfigPath]: kubeletConfigurationText(topology, topology.maxPods),
    '/var/lib/kubelet/pki/kubelet.crt': encodeCertificate(serving.certificate),
    '/var/lib/kubelet/pki/kubelet.key': encodePrivateKey(serving.privateKey),
    '/etc/kubernetes/pki/ca.crt': encodeCertificate(signer.authorities.ca.certificate),
    ...containerdFiles(topology),
    [kubeletFlagsPath]: kubeletFlagsText(machine.role === 'master' && isNode && !topology.mastersTaken ? [controlPlaneTaint] : []),
    ...(isNode ? kubeletIdentityFiles(signer, plan, machine) : {}),
    ...(topology.addons || !isNode ? {} : { '/etc/cni/net.d/10-bridge.conflist': JSON.stringify({ name: 'bridge', cniVersion: '1.0.0', plugins: [{ type: 'calico', ipam: { type: 'host-local' }, podCidrFromNode: true }] }) }),
    ...(hasNetworkUnits(topology) ? { [proxyKubeconfigPath]: proxyConf({ topology, plan, signer }) } : {}),
    ...preloadedImages(machine, topology),
  };
}

function proxyConf({ plan, signer }: Pick<Context, 'topology' | 'plan' | 'signer'>): string {
  const identity = issueLeaf(signer, 'ca', { commonName: 'system:kube-proxy', organizations: [], usages: ['client auth'] });
  return kubeconfigFile({ server: `https://${plan.endpoint}`, ca: signer.authorities.ca.certificate, user: 'system:kube-proxy', identity });
}

function masterFiles(context: Context, machine: MachinePlan): Record<string, unknown> {
  const { topology, plan, signer } = context;
  // Only the machine that founded the cluster has the key to everything.
  const kubeconfigs = kubeconfigSpecs.filter((spec) => machine.slot === 0 || spec.file !== 'super-admin.conf').map((spec) => [`${kubernetesFolder}/${spec.file}`, kubeconfigFor(signer, plan, machine, spec)] as const);
  return {
    ...sharedFiles(signer.authorities, context.serviceAccountKey),
    ...machineCertificateFiles(signer, plan, machine),
    ...manifestFiles(plan, machine, { initialCluster: etcdMachinesOf(topology), state: 'new' }),
    ...Object.fromEntries(kubeconfigs),
    ...(hasNetworkUnits(topology) ? { [corefilePath]: corefile } : {}),
    '/etc/kubernetes/admin.conf': adminConf(context),
    '/root/.kube/config': adminConf(context),
    ...(topology.tokens.length === 0 ? {} : { '/etc/kubernetes/pki/tokens.csv': topology.tokens.join('\n') + '\n' }),
    ...(machine.slot !== 0
      ? {}
      : {
          [firstBootConfigPath]: { addons: topology.addons, plan, proxyMode: context.proxyMode } satisfies FirstBootConfig,
        }),
  };
}

function etcdFiles({ topology, plan, signer }: Context, machine: MachinePlan): Record<string, unknown> {
  return {
    ...etcdMachineFiles(signer, plan, machine),
    [manifestPath('etcd')]: manifestText('etcd', plan, machine, { initialCluster: etcdMachinesOf(topology), state: 'new' }),
  };
}

/** What a prepared machine image brings, so that a cluster is up before anything is pulled. */
function preloadedImages(plan: MachinePlan, topology: Topology): Record<string, unknown> {
  const wanted = [pauseImage];
  if (plan.role === 'master') for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) wanted.push(...references(`registry.k8s.io/${name}`));
  if (plan.role === 'etcd') wanted.push(...references('registry.k8s.io/etcd'));
  else if (topology.addons) wanted.push(`registry.k8s.io/kube-proxy:${kubernetesVersion}`, corednsImage, `quay.io/calico/node:${calicoVersion}`, `quay.io/calico/cni:${calicoVersion}`);
  // Where any image is taken to exist without a registry, the tests' own are at hand, and the etcd that one of them needs beside it.
  if (topology.instantRuntime && plan.role === 'worker') for (const reference of registryImages().keys()) if (reference.startsWith(testImagePrefix) || reference.startsWith('registry.k8s.io/etcd:')) wanted.push(reference);
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
      all.set(reference, { program: entry.program, args: entry.args ?? [], ...(entry.commandOnly === true ? { commandOnly: true } : {}), ...(env === undefined ? {} : { env }), ...(entry.user === undefined ? {} : { user: entry.user }), ...(entry.files === undefined ? {} : { files: entry.files }), sizeBytes: entry.sizeBytes, digest: inventDigest(reference) });
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
  if (plan.address === packageAddress) Object.assign(files, packageFiles());
  const open = hosts.filter((host) => isOpen(host, ''));
  files[registryConfigPath] = { open: open.map((host) => `${host}/`), closed: ['docker.io/library/'], anyTag: [testImagePrefix], private: {} } satisfies RegistryConfig;
  return files;
}

