// The flags of metrics-server that its manifests use.
import { parseFlags } from '../../client/flags.ts';

export interface MetricsServerFlags {
  readonly securePort: number;
  readonly resolutionMs: number;
  readonly requestTimeoutMs: number;
  readonly addressTypes: readonly string[];
  readonly useNodeStatusPort: boolean;
  readonly kubeletPort: number;
  readonly insecureTls: boolean;
  /** A file; '' is the service account's. */
  readonly certificateAuthority: string;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
}

/** Throws an Error in the program's own words. */
export function readFlags(args: readonly string[]): MetricsServerFlags {
  const flags = parseFlags(args, ['kubelet-insecure-tls', 'kubelet-use-node-status-port', 'deprecated-kubelet-completely-insecure']);
  const resolutionMs = flags.durationMs('metric-resolution', 60_000);
  const requestTimeoutMs = flags.durationMs('kubelet-request-timeout', 10_000);
  if (resolutionMs < 10_000) throw new Error(`metric-resolution should be a time duration at least 10s, but value ${resolutionMs / 1000}s provided`);
  if (resolutionMs * 9 < requestTimeoutMs * 10) throw new Error('metric-resolution should be larger than kubelet-request-timeout, but metric-resolution value is too small');
  const types = flags.list('kubelet-preferred-address-types');
  return {
    securePort: flags.number('secure-port', 443),
    resolutionMs,
    requestTimeoutMs,
    addressTypes: types.length > 0 ? types : ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
    useNodeStatusPort: flags.bool('kubelet-use-node-status-port'),
    kubeletPort: flags.number('kubelet-port', 10_250),
    insecureTls: flags.bool('kubelet-insecure-tls'),
    certificateAuthority: flags.get('kubelet-certificate-authority') ?? '',
    tlsCertFile: flags.get('tls-cert-file') ?? '',
    tlsKeyFile: flags.get('tls-private-key-file') ?? '',
  };
}
