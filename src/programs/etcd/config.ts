// Flags as kubeadm's manifest for etcd gives them.
import { parseFlags } from '../../client/flags.ts';

export interface EtcdConfig {
  readonly name: string;
  readonly dataDir: string;
  readonly initialCluster: string;
  readonly initialClusterState: 'new' | 'existing';
  readonly token: string;
  readonly listenClientUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  readonly listenPeerUrls: readonly string[];
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly listenMetricsUrls: readonly string[];
  readonly clientTls: TlsFiles;
  readonly peerTls: TlsFiles;
  readonly snapshotCount: number;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly progressMs: number;
  readonly preVote: boolean;
}

export interface TlsFiles {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
  readonly clientAuth: boolean;
}

const booleans = ['client-cert-auth', 'peer-client-cert-auth', 'pre-vote', 'strict-reconfig-check', 'force-new-cluster'];

/** The configuration, or what is wrong with the flags. */
export function parseConfig(args: readonly string[]): EtcdConfig | string {
  const flags = parseFlags(args, booleans);
  const urls = (name: string, fallback: string): readonly string[] => {
    const given = flags.list(name);
    return given.length > 0 ? given : [fallback];
  };
  const name = flags.get('name') ?? 'default';
  const initialAdvertisePeerUrls = urls('initial-advertise-peer-urls', 'http://localhost:2380');
  const state = flags.get('initial-cluster-state') ?? 'new';
  if (state !== 'new' && state !== 'existing') return `invalid value "${state}" for flag -initial-cluster-state: valid values are "new", "existing"`;
  const heartbeatMs = flags.number('heartbeat-interval', 100);
  const electionMs = flags.number('election-timeout', 1000);
  if (5 * heartbeatMs > electionMs) return `--election-timeout[${electionMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatMs}ms]`;
  return {
    name,
    dataDir: flags.get('data-dir') ?? `${name}.etcd`,
    initialCluster: flags.get('initial-cluster') ?? initialAdvertisePeerUrls.map((url) => `${name}=${url}`).join(','),
    initialClusterState: state,
    token: flags.get('initial-cluster-token') ?? 'etcd-cluster',
    listenClientUrls: urls('listen-client-urls', 'http://localhost:2379'),
    advertiseClientUrls: urls('advertise-client-urls', 'http://localhost:2379'),
    listenPeerUrls: urls('listen-peer-urls', 'http://localhost:2380'),
    initialAdvertisePeerUrls,
    listenMetricsUrls: flags.list('listen-metrics-urls'),
    clientTls: { cert: flags.get('cert-file'), key: flags.get('key-file'), ca: flags.get('trusted-ca-file'), clientAuth: flags.bool('client-cert-auth') },
    peerTls: { cert: flags.get('peer-cert-file'), key: flags.get('peer-key-file'), ca: flags.get('peer-trusted-ca-file'), clientAuth: flags.bool('peer-client-cert-auth') },
    snapshotCount: flags.number('snapshot-count', 10_000),
    heartbeatMs,
    electionMs,
    progressMs: flags.durationMs('watch-progress-notify-interval', flags.durationMs('experimental-watch-progress-notify-interval', 600_000)),
    preVote: flags.bool('pre-vote', true),
  };
}
