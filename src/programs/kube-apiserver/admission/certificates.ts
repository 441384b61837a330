// Who may approve and sign certificate requests, and whom nobody may ask to become: CertificateApproval, CertificateSigning, CertificateSubjectRestriction.
import { requestFacts } from '../../../api/certificates/request-facts.ts';
import { mastersGroup, type User } from '../stages/user.ts';
import type { Authorizer } from '../stages/authorize.ts';
import { forbidden } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { sameValue } from '../registry/request.ts';
import { type AdmissionPlugin, type AdmissionRequest, fieldsOf, specOf } from './plugin.ts';

const group = 'certificates.k8s.io';
const handles = (operation: 'CREATE' | 'UPDATE', subresource: string) => (request: AdmissionRequest): boolean =>
  request.operation === operation && request.group === group && request.resource === 'certificatesigningrequests' && request.subresource === subresource;

/** By the signer's full name, or by `domain/*`. */
function mayForSigner(authorizer: Authorizer, user: User, verb: 'approve' | 'sign' | 'attest', signerName: string): boolean {
  const ask = (name: string): boolean => authorizer.authorize({ user, verb, isResource: true, group, resource: 'signers', subresource: '', namespace: '', name, path: '' }).allowed;
  return ask(signerName) || ask(`${signerName.split('/')[0] as string}/*`);
}

const signerOf = (object: StoredObject | undefined): string => String(specOf(object)['signerName'] ?? '');
const statusOf = (object: StoredObject | undefined) => fieldsOf(object?.['status']);

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: handles('UPDATE', 'approval'),
  validate(request, { authorizer }) {
    const signerName = signerOf(request.old);
    if (!mayForSigner(authorizer, request.user, 'approve', signerName)) throw forbidden(request, request.name, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
  },
};

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: handles('UPDATE', 'status'),
  validate(request, { authorizer }) {
    const before = statusOf(request.old);
    const after = statusOf(request.object);
    // Only who touches the certificate or the conditions is asked.
    if (before['certificate'] === after['certificate'] && sameValue(before['conditions'], after['conditions'])) return;
    const signerName = signerOf(request.old);
    if (!mayForSigner(authorizer, request.user, 'sign', signerName)) throw forbidden(request, request.name, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
  },
};

const clientSigner = 'kubernetes.io/kube-apiserver-client';

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: handles('CREATE', ''),
  validate(request) {
    if (signerOf(request.object) !== clientSigner) return;
    const facts = requestFacts(String(specOf(request.object)['request'] ?? ''));
    if (typeof facts !== 'string' && facts.organizations.includes(mastersGroup)) throw forbidden(request, request.object?.metadata.name ?? '', `use of ${clientSigner} signer with ${mastersGroup} group is not allowed`);
  },
};
