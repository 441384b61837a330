// The kubelet's own certificate: how it gets the first one with a bootstrap token, and the next before the present one expires. As the client certificate
// manager of the real kubelet with rotateCertificates: requests to kubernetes.io/kube-apiserver-client-kubelet, the newest pair in kubelet-client-current.pem.
import { decodeBase64, encodeBase64 } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { formatTime } from '../../api/meta/time.ts';
import { printYaml } from '../../api/yaml/print-yaml.ts';
import { isApiError } from '../../client/api-error.ts';
import type { ApiClient, ResourceRef } from '../../client/contract.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { Host } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { decodeCertificates, encodeCertificate, encodePem, encodePrivateKey, publicKeyOf } from '../../wire/tls-handshake.ts';
import type { KeyPair, TlsIdentity } from '../../wire/tls.ts';
import type { KubeletEvent } from './events.ts';

const currentPairPath = '/var/lib/kubelet/pki/kubelet-client-current.pem';
const requestsRef: ResourceRef = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' };
const lookEveryMs = 60_000;
const exitAfterMs = 300_000;

type SigningRequest = ApiObject & { readonly status?: { readonly certificate?: string; readonly conditions?: readonly { readonly type: string; readonly message?: string }[] } };

/** Makes a request for this node's client certificate and waits for it. Throws ApiError and NetworkError; a denied request is a plain Error. */
function* requestCertificate(host: Host, api: ApiClient, nodeName: string): Task<KeyPair> {
  const privateKey = host.random.hex(32);
  const wanted = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'], publicKey: publicKeyOf(privateKey) };
  const created = yield* api.create(requestsRef, '', {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'csr-' },
    spec: { request: encodeBase64(encodePem('CERTIFICATE REQUEST', wanted)), signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['digital signature', 'client auth'] },
  } as unknown as ApiObject);
  for (;;) {
    const request = yield* api.get<SigningRequest>(requestsRef, '', created.metadata.name);
    const certificate = decodeCertificates(decodeBase64(request.status?.certificate ?? '') ?? '')[0];
    if (certificate !== undefined) return { certificate, privateKey };
    const refused = request.status?.conditions?.find((each) => each.type === 'Denied' || each.type === 'Failed');
    if (refused !== undefined) throw new Error(`certificate signing request ${created.metadata.name} is ${refused.type.toLowerCase()}: ${refused.message ?? ''}`);
    yield* host.clock.sleep(1000);
  }
}

function* store(host: Host, pair: KeyPair): Task<void> {
  host.disk.write(currentPairPath, encodeCertificate(pair.certificate) + encodePrivateKey(pair.privateKey));
  yield* host.disk.sync(currentPairPath);
}

/**
 * Makes sure that `kubeconfig` names a certificate that is valid today, by TLS bootstrapping if it has to. Throws a plain Error, in the kubelet's
 * words, when it cannot: no kubeconfig and no bootstrap kubeconfig, or an expired certificate and no bootstrap kubeconfig.
 */
export function* bootstrapIdentity(host: Host, kubeconfig: string, bootstrapKubeconfig: string | undefined, nodeName: string): Task<void> {
  const own = host.disk.exists(kubeconfig) ? loadKubeconfig(host, kubeconfig) : undefined;
  const present = own?.tls.own?.certificate;
  const isGood = own !== undefined && (present === undefined || present.notAfterMs > host.clock.wallMs());
  if (isGood) return;
  if (bootstrapKubeconfig === undefined || !host.disk.exists(bootstrapKubeconfig)) {
    const expired = present === undefined ? '' : `part of the existing bootstrap client certificate in ${kubeconfig} is expired: ${formatTime(present.notAfterMs)}; `;
    throw new Error(`failed to run Kubelet: ${expired}unable to load bootstrap kubeconfig: stat ${bootstrapKubeconfig ?? '/etc/kubernetes/bootstrap-kubelet.conf'}: no such file or directory`);
  }
  const config = loadKubeconfig(host, bootstrapKubeconfig);
  const api = createApiClient(host, { server: config.server, tls: config.tls, ...(config.token === undefined ? {} : { token: config.token }), userAgent: 'kubelet', family: 'kubelet' });
  const pair = yield* requestCertificate(host, api, nodeName);
  api.close();
  yield* store(host, pair);
  host.disk.write(kubeconfig, identityKubeconfig(config.server, (config.tls.trust ?? []).map(encodeCertificate).join('')));
  yield* host.disk.sync(kubeconfig);
  host.trace.emit<KubeletEvent>({ type: 'kubelet.certificate', node: nodeName, how: 'bootstrap', notAfterMs: pair.certificate.notAfterMs });
}

/** A kubeconfig whose user is whatever pair lies in kubelet-client-current.pem. */
function identityKubeconfig(server: string, authority: string): string {
  return printYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'default-cluster', cluster: { 'certificate-authority-data': encodeBase64(authority), server } }],
    contexts: [{ name: 'default-context', context: { cluster: 'default-cluster', namespace: 'default', user: 'default-auth' } }],
    'current-context': 'default-context',
    users: [{ name: 'default-auth', user: { 'client-certificate': currentPairPath, 'client-key': currentPairPath } }],
  });
}

/** Holds the pair that the kubelet shows now, and renews it between 70 and 90 percent of its life. */
export class ClientCertificate {
  readonly identity: TlsIdentity;
  #pair: KeyPair;
  readonly #host: Host;
  readonly #nodeName: string;

  constructor(host: Host, nodeName: string, pair: KeyPair, trust: TlsIdentity['trust']) {
    this.#host = host;
    this.#nodeName = nodeName;
    this.#pair = pair;
    const current = (): KeyPair => this.#pair;
    this.identity = {
      get own(): KeyPair {
        return current();
      },
      ...(trust === undefined ? {} : { trust }),
    };
  }

  get notAfterMs(): number {
    return this.#pair.certificate.notAfterMs;
  }

  /** Ends, with the words to die with, when no valid certificate was to be had for five minutes. `renewed` is called after each change. */
  *keep(api: ApiClient, renewed: () => void): Task<string> {
    const { clock, random, trace } = this.#host;
    let share = 0.7 + 0.2 * random.next();
    let invalidSinceMs: number | undefined;
    for (;;) {
      yield* clock.sleep(lookEveryMs);
      const { notBeforeMs, notAfterMs } = this.#pair.certificate;
      const isValid = clock.wallMs() < notAfterMs;
      invalidSinceMs = isValid ? undefined : (invalidSinceMs ?? clock.nowMs());
      if (invalidSinceMs !== undefined && clock.nowMs() - invalidSinceMs >= exitAfterMs) return `It has been 5m0s since a valid client cert was found, exiting`;
      if (clock.wallMs() < notBeforeMs + (notAfterMs - notBeforeMs) * share) continue;
      try {
        this.#pair = yield* requestCertificate(this.#host, api, this.#nodeName);
      } catch (error) {
        if (!(error instanceof NetworkError) && !isApiError(error) && !(error instanceof Error && error.message.startsWith('certificate signing request'))) throw error;
        continue;
      }
      yield* store(this.#host, this.#pair);
      share = 0.7 + 0.2 * random.next();
      trace.emit<KubeletEvent>({ type: 'kubelet.certificate', node: this.#nodeName, how: 'rotation', notAfterMs: this.notAfterMs });
      renewed();
    }
  }
}
