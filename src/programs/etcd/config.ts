// Flags as kubeadm's manifest for etcd gives them.
import { parseDurationMs, parseFlags } from '../../client/flags.ts';

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
  /** Entries kept behind a snapshot for followers that are only a little late. */
  readonly catchUpEntries: number;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly progressMs: number;
  readonly preVote: boolean;
  readonly strictReconfigCheck: boolean;
  readonly forceNewCluster: boolean;
  /** The backend may not grow beyond it. */
  readonly quotaBytes: number;
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  readonly maxLearners: number;
  /** Keep so many revisions, or those of so long; undefined: nothing is compacted by itself. */
  readonly autoCompaction: { readonly mode: 'periodic'; readonly retentionMs: number } | { readonly mode: 'revision'; readonly retention: number } | undefined;
  readonly leaseCheckpoint: boolean;
  /** Before it serves, a member compares its hash with everybody's. */
  readonly initialCorruptCheck: boolean;
  /** How often the leader compares all members' hashes; 0: never. */
  readonly corruptCheckMs: number;
  readonly slowReadMs: number;
}

export interface TlsFiles {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
  readonly clientAuth: boolean;
}

const booleans = ['client-cert-auth', 'peer-client-cert-auth', 'pre-vote', 'strict-reconfig-check', 'force-new-cluster', 'experimental-enable-lease-checkpoint', 'experimental-initial-corrupt-check', 'auto-tls', 'peer-auto-tls', 'enable-pprof', 'socket-reuse-port', 'socket-reuse-address', 'unsafe-no-fsync', 'experimental-enable-lease-checkpoint-persist'];

/** Flags that etcd has; some of them change nothing here. */
const flagsKnown = new Set([
  ...booleans, 'name', 'data-dir', 'wal-dir', 'initial-cluster', 'initial-cluster-state', 'initial-cluster-token', 'initial-advertise-peer-urls', 'advertise-client-urls', 'listen-client-urls', 'listen-client-http-urls', 'listen-peer-urls',
  'listen-metrics-urls', 'cert-file', 'key-file', 'trusted-ca-file', 'peer-cert-file', 'peer-key-file', 'peer-trusted-ca-file', 'snapshot-count', 'heartbeat-interval', 'election-timeout', 'watch-progress-notify-interval',
  'experimental-watch-progress-notify-interval', 'quota-backend-bytes', 'max-request-bytes', 'max-txn-ops', 'max-learners', 'experimental-max-learners', 'auto-compaction-mode', 'auto-compaction-retention', 'feature-gates', 'corrupt-check-time',
  'experimental-corrupt-check-time', 'warning-apply-duration', 'experimental-warning-apply-duration', 'log-level', 'logger', 'log-outputs', 'max-snapshots', 'max-wals', 'metrics', 'cipher-suites', 'tls-min-version', 'tls-max-version',
  'initial-election-tick-advance', 'cors', 'host-whitelist', 'client-crl-file', 'peer-crl-file', 'peer-cert-allowed-cn', 'peer-cert-allowed-hostname', 'grpc-keepalive-min-time', 'grpc-keepalive-interval', 'grpc-keepalive-timeout', 'max-concurrent-streams',
  'snapshot-catchup-entries', 'compaction-batch-limit', 'backend-batch-limit', 'backend-batch-interval', 'config-file',
]);

/** The configuration, or what is wrong with the flags. */
export function parseConfig(args: readonly string[]): EtcdConfig | string {
  const flags = parseFlags(args, booleans);
  for (const word of args) {
    const name = /^--?([a-z0-9-]+)/.exec(word)?.[1];
    if (name !== undefined && !flagsKnown.has(name)) return `flag provided but not defined: -${name}`;
  }
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
  const autoCompaction = parseAutoCompaction(flags.get('auto-compaction-mode') ?? 'periodic', flags.get('auto-compaction-retention') ?? '0');
  if (typeof autoCompaction === 'string') return autoCompaction;
  const gates = new Map(flags.list('feature-gates').map((gate) => gate.split('=') as [string, string]));
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
    catchUpEntries: flags.number('snapshot-catchup-entries', flags.number('experimental-snapshot-catchup-entries', 5000)),
    heartbeatMs,
    electionMs,
    progressMs: flags.durationMs('watch-progress-notify-interval', flags.durationMs('experimental-watch-progress-notify-interval', 600_000)),
    preVote: flags.bool('pre-vote', true),
    strictReconfigCheck: flags.bool('strict-reconfig-check', true),
    forceNewCluster: flags.bool('force-new-cluster'),
    quotaBytes: flags.number('quota-backend-bytes', 0) || 2 * 1024 ** 3,
    maxRequestBytes: flags.number('max-request-bytes', 1.5 * 1024 * 1024),
    maxTxnOps: flags.number('max-txn-ops', 128),
    maxLearners: flags.number('max-learners', flags.number('experimental-max-learners', 1)),
    autoCompaction,
    leaseCheckpoint: flags.bool('experimental-enable-lease-checkpoint') || gates.get('LeaseCheckpoint') === 'true',
    initialCorruptCheck: flags.bool('experimental-initial-corrupt-check') || gates.get('InitialCorruptCheck') === 'true',
    corruptCheckMs: flags.durationMs('corrupt-check-time', flags.durationMs('experimental-corrupt-check-time', 0)),
    slowReadMs: flags.durationMs('warning-apply-duration', flags.durationMs('experimental-warning-apply-duration', 100)),
  };
}

/** `1` and `1h` are an hour in periodic mode, `1000` is so many revisions in the other; `0` is off. */
function parseAutoCompaction(mode: string, retention: string): EtcdConfig['autoCompaction'] | string {
  if (mode !== 'periodic' && mode !== 'revision') return `unknown auto-compaction-mode ${JSON.stringify(mode)}`;
  const whole = /^\d+$/.test(retention) ? Number(retention) : undefined;
  if (whole === 0) return undefined;
  if (mode === 'revision') return whole === undefined ? `error parsing auto-compaction-retention: strconv.Atoi: parsing ${JSON.stringify(retention)}: invalid syntax` : { mode, retention: whole };
  const retentionMs = whole === undefined ? parseDurationMs(retention) : whole * 3_600_000;
  return retentionMs === undefined ? `error parsing auto-compaction-retention: time: invalid duration ${JSON.stringify(retention)}` : { mode, retentionMs };
}
