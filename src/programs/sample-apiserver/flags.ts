// The flags of the sample API server (k8s.io/apiserver's recommended options) that matter here, with their real defaults.
import { parseFlags } from '../../client/flags.ts';

export interface SampleApiserverFlags {
  readonly securePort: number;
  readonly etcdServers: readonly string[];
  /** '' for none. */
  readonly etcdCaFile: string;
  /** '' makes a certificate of its own. */
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly compactionIntervalMs: number;
  readonly disabledPlugins: readonly string[];
}

/** Throws an Error in the program's own words. */
export function readFlags(args: readonly string[]): SampleApiserverFlags {
  const flags = parseFlags(args);
  const etcdServers = flags.list('etcd-servers');
  if (etcdServers.length === 0) throw new Error('--etcd-servers must be specified');
  return {
    securePort: flags.number('secure-port', 443),
    etcdServers,
    etcdCaFile: flags.get('etcd-cafile') ?? '',
    tlsCertFile: flags.get('tls-cert-file') ?? '',
    tlsKeyFile: flags.get('tls-private-key-file') ?? '',
    compactionIntervalMs: flags.durationMs('etcd-compaction-interval', 300_000),
    disabledPlugins: flags.list('disable-admission-plugins'),
  };
}
