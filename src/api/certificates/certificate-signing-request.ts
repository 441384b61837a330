// CertificateSigningRequest: a wish for a certificate, approved and signed.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { humanDuration } from '../meta/time.ts';
import { age, none } from '../printing/cells.ts';
import { invalid, required, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import type { CertificateSigningRequest } from './types.ts';

function validateRequest({ spec }: CertificateSigningRequest): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (!spec.request) errors.push(invalid('spec.request', '', 'PEM block type must be CERTIFICATE REQUEST'));
  if ((spec.usages ?? []).length === 0) errors.push(required('spec.usages'));
  if (!spec.signerName) errors.push(required('spec.signerName'));
  else if (!/^[a-z0-9.-]+\/[A-Za-z0-9./_-]+$/.test(spec.signerName)) errors.push(invalid('spec.signerName', spec.signerName, 'must be a fully qualified domain and path of the form "example.com/signer-name"'));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  return errors;
}

function conditionCell({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type);
  const words: string[] = [];
  if (has('Denied')) words.push('Denied');
  else if (has('Approved')) words.push('Approved');
  if (has('Failed')) words.push('Failed');
  if (words.length === 0) words.push('Pending');
  if (status?.certificate) words.push('Issued');
  return words.join(',');
}

export const certificateSigningRequestKind = declareKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  shortNames: ['csr'],
  namespaced: false,
  subresources: ['approval', 'status'],
  storagePrefix: 'certificatesigningrequests',
  definition: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  nameRule: 'path-segment',
  validate: validateRequest,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    immutableField(errors, next.spec, old.spec, 'spec');
    return errors;
  },
  columns: columns('Name Age SignerName Requestor RequestedDuration Condition'),
  row: (request, nowMs) => [
    request.metadata.name,
    age(request, nowMs),
    request.spec.signerName ?? none,
    request.spec.username ?? '',
    request.spec.expirationSeconds === undefined ? none : humanDuration(request.spec.expirationSeconds * 1000),
    conditionCell(request),
  ],
  selectableFields: (request) => ({ 'spec.signerName': request.spec.signerName ?? '' }),
});
