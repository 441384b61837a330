// The flags of kube-apiserver that matter here, with their real defaults.
import { parseFlags } from '../../client/flags.ts';

export interface Config {
  readonly advertiseAddress: string;
  readonly securePort: number;
  readonly etcdServers: readonly string[];
  readonly etcdCaFile: string | undefined;
  readonly etcdCertFile: string | undefined;
  readonly etcdKeyFile: string | undefined;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly clientCaFile: string | undefined;
  /** How a front proxy says who asks; published for the servers behind this one. */
  readonly requestHeaders: {
    readonly clientCaFile: string | undefined;
    readonly allowedNames: readonly string[];
    readonly extraPrefixes: readonly string[];
    readonly groups: readonly string[];
    readonly users: readonly string[];
  };
  readonly proxyClientCertFile: string | undefined;
  readonly proxyClientKeyFile: string | undefined;
  readonly kubeletClientCertFile: string | undefined;
  readonly kubeletClientKeyFile: string | undefined;
  readonly kubeletCaFile: string | undefined;
  readonly serviceAccountIssuer: string;
  readonly serviceAccountKeyFiles: readonly string[];
  readonly serviceAccountSigningKeyFile: string | undefined;
  readonly apiAudiences: readonly string[];
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: readonly [number, number];
  readonly authorizationModes: readonly string[];
  readonly anonymousAuth: boolean;
  readonly tokenAuthFile: string | undefined;
  readonly enableBootstrapTokenAuth: boolean;
  readonly enabledPlugins: readonly string[];
  readonly disabledPlugins: readonly string[];
  readonly eventTtlSeconds: number;
  readonly requestTimeoutMs: number;
  readonly compactionIntervalMs: number;
  readonly kubeletPreferredAddressTypes: readonly string[];
  readonly shutdownDelayMs: number;
  readonly defaultNotReadyTolerationSeconds: number;
  readonly defaultUnreachableTolerationSeconds: number;
  /** `lease` (default), `master-count` or `none`: how the endpoints of the `kubernetes` Service are kept. */
  readonly endpointReconcilerType: string;
  /** Seats of all priority levels together: --max-requests-inflight and --max-mutating-requests-inflight. */
  readonly maxRequestsInFlight: number;
  readonly auditPolicyFile: string | undefined;
  /** `-` is the standard output. */
  readonly auditLogPath: string | undefined;
}

export function parseConfig(args: readonly string[], hostAddress: string): Config {
  const flags = parseFlags(args);
  const issuer = flags.get('service-account-issuer') ?? 'https://kubernetes.default.svc.cluster.local';
  const audiences = flags.list('api-audiences');
  const [low = '30000', high = '32767'] = (flags.get('service-node-port-range') ?? '30000-32767').split('-');
  const modes = flags.list('authorization-mode');
  const addressTypes = flags.list('kubelet-preferred-address-types');
  const advertise = flags.get('advertise-address');
  return {
    advertiseAddress: advertise === undefined || advertise === '' ? hostAddress : advertise,
    securePort: flags.number('secure-port', 6443),
    etcdServers: flags.list('etcd-servers'),
    etcdCaFile: flags.get('etcd-cafile'),
    etcdCertFile: flags.get('etcd-certfile'),
    etcdKeyFile: flags.get('etcd-keyfile'),
    tlsCertFile: flags.get('tls-cert-file'),
    tlsKeyFile: flags.get('tls-private-key-file'),
    clientCaFile: flags.get('client-ca-file'),
    requestHeaders: {
      clientCaFile: flags.get('requestheader-client-ca-file'),
      allowedNames: flags.list('requestheader-allowed-names'),
      extraPrefixes: flags.list('requestheader-extra-headers-prefix'),
      groups: flags.list('requestheader-group-headers'),
      users: flags.list('requestheader-username-headers'),
    },
    proxyClientCertFile: flags.get('proxy-client-cert-file'),
    proxyClientKeyFile: flags.get('proxy-client-key-file'),
    kubeletClientCertFile: flags.get('kubelet-client-certificate'),
    kubeletClientKeyFile: flags.get('kubelet-client-key'),
    kubeletCaFile: flags.get('kubelet-certificate-authority'),
    serviceAccountIssuer: issuer,
    serviceAccountKeyFiles: flags.all('service-account-key-file'),
    serviceAccountSigningKeyFile: flags.get('service-account-signing-key-file'),
    apiAudiences: audiences.length > 0 ? audiences : [issuer],
    serviceClusterIpRange: flags.list('service-cluster-ip-range')[0] ?? '10.0.0.0/24',
    serviceNodePortRange: [Number(low), Number(high)],
    authorizationModes: modes.length > 0 ? modes : ['AlwaysAllow'],
    anonymousAuth: flags.bool('anonymous-auth', true),
    tokenAuthFile: flags.get('token-auth-file'),
    enableBootstrapTokenAuth: flags.bool('enable-bootstrap-token-auth', false),
    enabledPlugins: flags.list('enable-admission-plugins'),
    disabledPlugins: flags.list('disable-admission-plugins'),
    eventTtlSeconds: flags.durationMs('event-ttl', 3_600_000) / 1000,
    requestTimeoutMs: flags.durationMs('request-timeout', 60_000),
    compactionIntervalMs: flags.durationMs('etcd-compaction-interval', 300_000),
    kubeletPreferredAddressTypes: addressTypes.length > 0 ? addressTypes : ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
    shutdownDelayMs: flags.durationMs('shutdown-delay-duration', 0),
    defaultNotReadyTolerationSeconds: flags.number('default-not-ready-toleration-seconds', 300),
    defaultUnreachableTolerationSeconds: flags.number('default-unreachable-toleration-seconds', 300),
    endpointReconcilerType: flags.get('endpoint-reconciler-type') ?? 'lease',
    maxRequestsInFlight: flags.number('max-requests-inflight', 400) + flags.number('max-mutating-requests-inflight', 200),
    auditPolicyFile: flags.get('audit-policy-file'),
    auditLogPath: flags.get('audit-log-path'),
  };
}
