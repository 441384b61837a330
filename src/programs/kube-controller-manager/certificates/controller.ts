// CertificateSigningRequests: kubelets' own client certificates are approved, approved ones are signed, old requests are cleared away.
import type { Condition } from '../../../api/meta/conditions.ts';
import { decodeBase64, encodeBase64 } from '../../../api/meta/base64.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { isConflict, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { decodePem, encodePem, issueCertificate, loadKeyPair, type CertificateRequest } from '../../../wire/tls-handshake.ts';
import type { KeyPair } from '../../../wire/tls.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';

interface SigningRequest extends ApiObject {
  readonly spec: { readonly request: string; readonly signerName: string; readonly username?: string; readonly groups?: readonly string[]; readonly usages?: readonly string[]; readonly expirationSeconds?: number };
  readonly status?: { readonly conditions?: readonly (Condition & { readonly lastUpdateTime?: string })[]; readonly certificate?: string };
}

const kubeletClient = 'kubernetes.io/kube-apiserver-client-kubelet';
const signers = new Set([kubeletClient, 'kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client', 'kubernetes.io/legacy-unknown']);
const clientUsages = new Set(['key encipherment', 'digital signature', 'client auth']);
const sweepMs = 10 * 60_000;
const hourMs = 3_600_000;

export function startCertificateControllers(context: ControllerContext): void {
  const client = context.client('certificate-controller');
  const requests = context.informer<SigningRequest>(refs.signingRequests);
  const queue = context.queue('certificates');
  requests.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(object.metadata.name);
  });

  function* reconcile(name: string): Task<void> {
    let request = requests.get(name);
    if (request === undefined) return;
    const decided = (type: string): boolean => request?.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
    if (!decided('Approved') && !decided('Denied')) {
      const approved = yield* approve(request);
      if (approved === undefined) return;
      request = approved;
    }
    if (decided('Approved') && request.status?.certificate === undefined && signers.has(request.spec.signerName)) yield* sign(request);
  }

  /** A node may ask for its own certificate; a bootstrap token may ask for a node's. */
  function* approve(request: SigningRequest): Task<SigningRequest | undefined> {
    const wanted = decode(request);
    if (wanted === undefined || request.spec.signerName !== kubeletClient) return undefined;
    const forNode = wanted.organizations?.length === 1 && wanted.organizations[0] === 'system:nodes' && wanted.commonName.startsWith('system:node:') && (request.spec.usages ?? []).every((usage) => clientUsages.has(usage));
    if (!forNode) return undefined;
    const subresource = request.spec.username === wanted.commonName ? 'selfnodeclient' : 'nodeclient';
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user: request.spec.username, groups: request.spec.groups, resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource, version: '*' } } };
    const answer = yield* client.raw('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body: review });
    if ((answer.body as { readonly status?: { readonly allowed?: boolean } }).status?.allowed !== true) return undefined;
    const now = context.now();
    const message = subresource === 'selfnodeclient' ? 'Auto approving self kubelet client certificate after SubjectAccessReview.' : 'Auto approving kubelet client certificate after SubjectAccessReview.';
    const conditions = [...(request.status?.conditions ?? []), { type: 'Approved', status: 'True' as const, reason: 'AutoApproved', message, lastUpdateTime: now, lastTransitionTime: now }];
    return yield* put(request, 'approval', { ...request.status, conditions });
  }

  function* sign(request: SigningRequest): Task<void> {
    const wanted = decode(request);
    const authority = readAuthority();
    if (wanted === undefined || authority === undefined) return;
    const wallMs = context.wallMs();
    const lifeMs = Math.min((request.spec.expirationSeconds ?? Infinity) * 1000, context.flags.durationMs('cluster-signing-duration', 8760 * hourMs));
    const usages = (request.spec.usages ?? []).filter((usage): usage is 'client auth' | 'server auth' => usage === 'client auth' || usage === 'server auth');
    const pair = issueCertificate(context.host.random, { ...wanted, usages, notBeforeMs: wallMs - 5 * 60_000, notAfterMs: Math.min(wallMs + lifeMs, authority.certificate.notAfterMs) }, authority);
    yield* put(request, 'status', { ...request.status, certificate: encodeBase64(encodePem('CERTIFICATE', pair.certificate)) });
  }

  function* put(request: SigningRequest, subresource: string, status: NonNullable<SigningRequest['status']>): Task<SigningRequest> {
    try {
      return yield* client.subresource<SigningRequest>('PUT', refs.signingRequests, '', request.metadata.name, subresource, { ...request, apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', status });
    } catch (error) {
      if (isConflict(error)) throw new RetryError('changed meanwhile');
      throw error;
    }
  }

  function readAuthority(): KeyPair | undefined {
    const { flags, host } = context;
    try {
      return loadKeyPair(host, flags.get('cluster-signing-cert-file') ?? '/etc/kubernetes/pki/ca.crt', flags.get('cluster-signing-key-file') ?? '/etc/kubernetes/pki/ca.key');
    } catch {
      // Without the authority's key nothing is signed; an administrator may bring it later.
      return undefined;
    }
  }

  /** Signed ones go after an hour, undecided ones after a day. */
  function* sweep(): Task<void> {
    for (const request of requests.list()) {
      const signed = request.status?.certificate !== undefined || request.status?.conditions?.some(({ type }) => type === 'Denied' || type === 'Failed') === true;
      const ageMs = context.wallMs() - (parseTime(request.metadata.creationTimestamp) ?? context.wallMs());
      if (ageMs < (signed ? hourMs : 24 * hourMs)) continue;
      try {
        yield* context.client('certificate-controller').delete(refs.signingRequests, '', request.metadata.name);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  context.start({ name: 'certificates', queue, workers: 1, needs: [requests], reconcile });
  context.every('certificates sweep', sweepMs, [requests], sweep);
}

function decode(request: SigningRequest): CertificateRequest | undefined {
  return decodePem<CertificateRequest>('CERTIFICATE REQUEST', decodeBase64(request.spec.request) ?? '')[0];
}
