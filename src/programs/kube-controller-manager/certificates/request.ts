// A CertificateSigningRequest as its controllers see it, and the rules of the signers of kubernetes.io.
import type { RequestFacts } from '../../../api/certificates/request-facts.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../../api/certificates/types.ts';
import { isConflict } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { refs } from '../shared/objects.ts';

export type SigningRequest = CertificateSigningRequest;

export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
const kubeletServingSigner = 'kubernetes.io/kubelet-serving';
const clientSigner = 'kubernetes.io/kube-apiserver-client';
const legacySigner = 'kubernetes.io/legacy-unknown';

export const hasCondition = (request: SigningRequest, type: 'Approved' | 'Denied' | 'Failed'): boolean => conditionOf(request, type) !== undefined;
export const conditionOf = (request: SigningRequest, type: 'Approved' | 'Denied' | 'Failed'): CertificateSigningRequestCondition | undefined => request.status?.conditions?.find((condition) => condition.type === type);

export function condition(type: 'Approved' | 'Failed', reason: string, message: string, now: string): CertificateSigningRequestCondition {
  return { type, status: 'True', reason, message, lastUpdateTime: now, lastTransitionTime: now };
}

/** Writes the status through `approval` or `status`. */
export function* putStatus(client: ApiClient, request: SigningRequest, subresource: 'approval' | 'status', status: NonNullable<SigningRequest['status']>): Task<void> {
  try {
    yield* client.subresource<SigningRequest>('PUT', refs.signingRequests, '', request.metadata.name, subresource, { ...request, apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', status });
  } catch (error) {
    if (isConflict(error)) throw new RetryError('changed meanwhile');
    throw error;
  }
}

/** What a signer has against a request, in its words; undefined when it signs. `false`: not one of ours. */
export function signerProblem(request: SigningRequest, facts: RequestFacts): string | undefined | false {
  const usages = request.spec.usages ?? [];
  switch (request.spec.signerName) {
    case kubeletServingSigner:
      return servingProblem(facts, usages);
    case kubeletClientSigner:
      return kubeletClientProblem(facts, usages);
    case clientSigner:
      return clientProblem(usages);
    case legacySigner:
      return undefined;
    default:
      return false;
  }
}

const isNodes = ({ organizations }: RequestFacts): boolean => organizations.length === 1 && organizations[0] === 'system:nodes';
const isNode = ({ commonName }: RequestFacts): boolean => commonName.startsWith('system:node:');
const wrongOrganization = 'subject organization is not system:nodes';
const wrongName = 'subject common name does not begin with system:node:';

/** The usages must be those (key encipherment is an RSA key's). */
function usageProblem(usages: readonly string[], purpose: 'client auth' | 'server auth'): string | undefined {
  const wanted = ['digital signature', 'key encipherment', purpose].sort();
  const given = new Set(usages);
  const extra = [...given].filter((usage) => !wanted.includes(usage));
  const missing = wanted.filter((usage) => usage !== 'key encipherment' && !given.has(usage));
  return extra.length === 0 && missing.length === 0 ? undefined : `usages did not match [${wanted.join(' ')}]`;
}

function servingProblem(facts: RequestFacts, usages: readonly string[]): string | undefined {
  if (!isNodes(facts)) return wrongOrganization;
  if (facts.dnsNames.length === 0 && facts.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (facts.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (facts.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return usageProblem(usages, 'server auth') ?? (isNode(facts) ? undefined : wrongName);
}

export function kubeletClientProblem(facts: RequestFacts, usages: readonly string[]): string | undefined {
  if (!isNodes(facts)) return wrongOrganization;
  if (facts.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (facts.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (facts.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (facts.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return isNode(facts) ? usageProblem(usages, 'client auth') : wrongName;
}

function clientProblem(usages: readonly string[]): string | undefined {
  const odd = usages.find((usage) => usage !== 'digital signature' && usage !== 'key encipherment' && usage !== 'client auth');
  if (odd !== undefined) return `invalid usage for client certificate: ${odd}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}
