// The kubelet's settings: flags, and the KubeletConfiguration file (--config, default /var/lib/kubelet/config.yaml).
import { parseYaml } from '../../api/yaml/parse-yaml.ts';
import type { PrivilegedHost } from '../../kernel/host.ts';
import { parseDurationMs, parseFlags } from '../../client/flags.ts';
import { packageVersion } from '../images/releases.ts';
import type { Taint } from './types.ts';

export interface KubeletConfig {
  readonly nodeName: string;
  /** undefined: standalone, without an API server. */
  readonly kubeconfig: string | undefined;
  readonly bootstrapKubeconfig: string | undefined;
  readonly rotateCertificates: boolean;
  readonly staticPodPath: string;
  readonly nodeIPs: readonly string[];
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly registerWithTaints: readonly Taint[];
  readonly registerNode: boolean;
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  readonly maxPods: number;
  readonly port: number;
  readonly clientCAFile: string | undefined;
  readonly serializeImagePulls: boolean;
  readonly nodeStatusUpdateMs: number;
  readonly nodeStatusReportMs: number;
  readonly leaseDurationSeconds: number;
  readonly evictionMemoryBytes: number;
  readonly reservedCpuMilli: number;
  readonly reservedMemoryBytes: number;
  /** How long a round of the volume manager takes; 0 on nodes with a fake runtime. No flag of the real kubelet. */
  readonly volumeRoundMs: number;
  readonly providerId: string | undefined;
  readonly version: string;
}

interface FileConfig {
  readonly staticPodPath?: string;
  readonly clusterDNS?: readonly string[];
  readonly clusterDomain?: string;
  readonly maxPods?: number;
  readonly rotateCertificates?: boolean;
  readonly port?: number;
  readonly serializeImagePulls?: boolean;
  readonly nodeStatusUpdateFrequency?: string;
  readonly nodeStatusReportFrequency?: string;
  readonly nodeLeaseDurationSeconds?: number;
  readonly authentication?: { readonly x509?: { readonly clientCAFile?: string } };
  readonly registerNode?: boolean;
  readonly registerWithTaints?: readonly Taint[];
  readonly evictionHard?: Readonly<Record<string, string>>;
  readonly systemReserved?: Readonly<Record<string, string>>;
  readonly kubeReserved?: Readonly<Record<string, string>>;
  readonly providerID?: string;
}

const defaultConfigFile = '/var/lib/kubelet/config.yaml';
const flagsFile = '/var/lib/kubelet/kubeadm-flags.env';

/** Throws a plain Error when --config names a file that is not there. */
export function readConfig(host: PrivilegedHost, args: readonly string[], bytesOf: (quantity: string) => number, milliOf: (quantity: string) => number): KubeletConfig {
  // systemd's drop-in for kubeadm puts the words of this file on the command line.
  const environment = /^KUBELET_KUBEADM_ARGS="(.*)"$/m.exec(host.disk.readText(flagsFile) ?? '')?.[1] ?? '';
  const flags = parseFlags([...args, ...environment.split(' ').filter((word) => word !== '')]);
  const configFile = flags.get('config');
  const text = host.disk.readText(configFile ?? defaultConfigFile);
  if (configFile !== undefined && text === undefined) throw new Error(`failed to load kubelet config file, path: ${configFile}, error: failed to read kubelet config file "${configFile}", error: open ${configFile}: no such file or directory`);
  const file = ((text === undefined ? undefined : parseYaml(text)) ?? {}) as FileConfig;
  const sum = (resource: string, of: (quantity: string) => number): number =>
    [file.systemReserved, file.kubeReserved].reduce((total, reserved) => total + (reserved?.[resource] === undefined ? 0 : of(reserved[resource])), 0);
  const eviction = file.evictionHard === undefined ? '100Mi' : file.evictionHard['memory.available'];
  const ips = flags.list('node-ip');
  const taints = flags.list('register-with-taints').map((taint): Taint => {
    const [pair = '', effect = ''] = taint.split(':');
    const [key = '', value] = pair.split('=');
    return { key, effect, ...(value === undefined || value === '' ? {} : { value }) };
  });
  const labels: Record<string, string> = {};
  for (const label of flags.list('node-labels')) {
    const [key = '', value = ''] = label.split('=');
    labels[key] = value;
  }
  const clientCA = file.authentication?.x509?.clientCAFile ?? flags.get('client-ca-file') ?? '/etc/kubernetes/pki/ca.crt';
  return {
    nodeName: flags.get('hostname-override') ?? host.hostname,
    kubeconfig: flags.get('kubeconfig'),
    bootstrapKubeconfig: flags.get('bootstrap-kubeconfig'),
    rotateCertificates: file.rotateCertificates ?? false,
    staticPodPath: file.staticPodPath ?? flags.get('pod-manifest-path') ?? '/etc/kubernetes/manifests',
    nodeIPs: ips.length > 0 ? ips : host.os.addresses.slice(0, 1),
    nodeLabels: labels,
    registerWithTaints: taints.length > 0 ? taints : (file.registerWithTaints ?? []),
    registerNode: file.registerNode ?? flags.bool('register-node', true),
    clusterDNS: file.clusterDNS ?? (flags.list('cluster-dns').length > 0 ? flags.list('cluster-dns') : ['10.96.0.10']),
    clusterDomain: file.clusterDomain ?? flags.get('cluster-domain') ?? 'cluster.local',
    maxPods: file.maxPods ?? flags.number('max-pods', 110),
    port: file.port ?? 10250,
    clientCAFile: host.disk.exists(clientCA) ? clientCA : undefined,
    serializeImagePulls: file.serializeImagePulls ?? true,
    nodeStatusUpdateMs: parseDurationMs(file.nodeStatusUpdateFrequency ?? '') ?? 10_000,
    nodeStatusReportMs: parseDurationMs(file.nodeStatusReportFrequency ?? '') ?? 300_000,
    leaseDurationSeconds: file.nodeLeaseDurationSeconds ?? 40,
    evictionMemoryBytes: eviction === undefined || eviction.endsWith('%') ? 0 : bytesOf(eviction),
    reservedCpuMilli: sum('cpu', milliOf),
    reservedMemoryBytes: sum('memory', bytesOf),
    volumeRoundMs: flags.number('volume-round-ms', 300),
    providerId: file.providerID ?? flags.get('provider-id'),
    version: packageVersion(host.disk, 'kubelet'),
  };
}
