// How a joining machine learns where the cluster is and whom to trust: kube-public/cluster-info, read without an identity, believed because of its
// signature by the token and of the pinned authority.
import { decodeBase64 } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { parseYaml } from '../../api/yaml/parse-yaml.ts';
import type { Task } from '../../kernel/task.ts';
import { authorityPin, signClusterInfo } from '../../wire/bootstrap-signature.ts';
import { decodeCertificates } from '../../wire/tls-handshake.ts';
import type { Certificate } from '../../wire/tls.ts';
import { configMapsRef } from './cluster-plan-source.ts';
import { Failure, type Context } from './context.ts';

export interface Discovered {
  /** `https://host:port` */
  readonly server: string;
  readonly authority: Certificate;
}

type ClusterInfo = ApiObject & { readonly data?: Readonly<Record<string, string>> };

export function* discover(context: Context, endpoint: string, token: string): Task<Discovered> {
  context.phase('discovery');
  const pins = context.flags.list('discovery-token-ca-cert-hash');
  if (pins.length === 0 && !context.flags.bool('discovery-token-unsafe-skip-ca-verification'))
    throw new Failure('discovery.bootstrapToken: Invalid value: "": using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue');
  const anonymous = context.apiAt(`https://${endpoint}`, {});
  const [id = '', secret = ''] = token.split('.');
  return yield* context.waitFor("couldn't validate the identity of the API Server", context.flags.durationMs('discovery-timeout', 60_000), function* () {
    const info = yield* anonymous.get<ClusterInfo>(configMapsRef, 'kube-public', 'cluster-info');
    const kubeconfig = info.data?.['kubeconfig'] ?? '';
    const signature = info.data?.[`jws-kubeconfig-${id}`];
    // The signer of the controller manager comes round when a token is made: it is waited for.
    if (signature === undefined) return undefined;
    if (signature !== signClusterInfo(kubeconfig, id, secret)) throw new Failure(`couldn't validate the identity of the API Server: failed to verify JWS signature of received cluster info object, can't trust this API Server`);
    const authority = decodeCertificates(decodeBase64(authorityText(kubeconfig)) ?? '')[0];
    if (authority === undefined) throw new Failure('cluster info holds no certificate authority');
    if (pins.length > 0 && !pins.includes(authorityPin(authority))) throw new Failure(`couldn't validate the identity of the API Server: cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${authorityPin(authority)}" are pinned`);
    return { server: readServer(kubeconfig), authority };
  }, 5000);
}

const clusterOf = (kubeconfig: string): Readonly<Record<string, unknown>> => (parseYaml(kubeconfig) as { readonly clusters?: readonly { readonly cluster?: Readonly<Record<string, unknown>> }[] } | null)?.clusters?.[0]?.cluster ?? {};
const authorityText = (kubeconfig: string): string => String(clusterOf(kubeconfig)['certificate-authority-data'] ?? '');
const readServer = (kubeconfig: string): string => String(clusterOf(kubeconfig)['server'] ?? '');
