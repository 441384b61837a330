// kube-proxy's settings: --config (KubeProxyConfiguration) and flags.
import { parseYaml } from '../../api/yaml/parse-yaml.ts';
import type { Host } from '../../kernel/host.ts';
import { parseDurationMs, parseFlags } from '../../client/flags.ts';

export type ProxyMode = 'iptables' | 'ipvs' | 'nftables' | 'userspace';

export interface ProxyConfig {
  readonly mode: ProxyMode;
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly minSyncMs: number;
  readonly clusterCidr: string;
  /** Where /metrics is: `ip:port`, or `:port` for every address. */
  readonly metricsAddress: string;
}

interface FileConfig {
  readonly mode?: string;
  readonly clientConnection?: { readonly kubeconfig?: string };
  readonly clusterCIDR?: string;
  readonly hostnameOverride?: string;
  readonly metricsBindAddress?: string;
  readonly iptables?: { readonly minSyncPeriod?: string };
}

export function readProxyConfig(host: Host, args: readonly string[]): ProxyConfig {
  const flags = parseFlags(args);
  const path = flags.get('config');
  const text = path === undefined ? undefined : host.disk.readText(path);
  if (path !== undefined && text === undefined) throw new Error(`failed complete: open ${path}: no such file or directory`);
  const file = ((text === undefined ? undefined : parseYaml(text)) ?? {}) as FileConfig;
  const mode = flags.get('proxy-mode') ?? file.mode ?? '';
  if (!['', 'iptables', 'ipvs', 'nftables', 'userspace'].includes(mode)) throw new Error(`failed validate: Mode: Invalid value: "${mode}": must be iptables,ipvs,nftables or blank (blank means the best-available proxy [currently iptables])`);
  return {
    mode: mode === '' ? 'iptables' : (mode as ProxyMode),
    kubeconfig: flags.get('kubeconfig') ?? file.clientConnection?.kubeconfig ?? '/var/lib/kube-proxy/kubeconfig.conf',
    nodeName: flags.get('hostname-override') ?? file.hostnameOverride ?? host.hostname,
    minSyncMs: parseDurationMs(flags.get('iptables-min-sync-period') ?? file.iptables?.minSyncPeriod ?? '') ?? 1000,
    metricsAddress: ((flags.get('metrics-bind-address') ?? file.metricsBindAddress ?? '') || '127.0.0.1:10249').replace(/^0\.0\.0\.0/, ''),
    clusterCidr: flags.get('cluster-cidr') ?? file.clusterCIDR ?? '10.244.0.0/16',
  };
}
