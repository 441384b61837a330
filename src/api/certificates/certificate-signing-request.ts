// CertificateSigningRequest: a wish for a certificate, approved and signed.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { sameJson } from '../meta/equality.ts';
import { isDns1123Label, isDns1123Subdomain } from '../meta/names.ts';
import { humanDuration } from '../meta/time.ts';
import { age, none } from '../printing/cells.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { requestFacts } from './request-facts.ts';
import type { CertificateSigningRequest, CertificateSigningRequestStatus } from './types.ts';

const legacySigner = 'kubernetes.io/legacy-unknown';
const usages = ['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping'];

/** As kubernetes' pkg/apis/certificates/validation: what holds for every request, new or old. */
function validateRequest({ spec, status }: CertificateSigningRequest, isNew: boolean): FieldErrors {
  const errors: FieldErrors = [];
  const facts = requestFacts(spec.request ?? '');
  if (typeof facts === 'string') errors.push(invalid('spec.request', spec.request ?? '', facts));
  const given = spec.usages ?? [];
  if (given.length === 0) errors.push(required('spec.usages'));
  given.forEach((usage, index) => {
    if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages));
    if (given.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage));
  });
  if (isNew && spec.signerName === legacySigner) errors.push(invalid('spec.signerName', spec.signerName, 'the legacy signerName is not allowed via this API version'));
  else validateSignerName(errors, spec.signerName ?? '');
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  validateConditions(errors, status?.conditions ?? []);
  return errors;
}

function validateSignerName(errors: FieldErrors, signerName: string): void {
  const field = 'spec.signerName';
  if (signerName === '') {
    errors.push(required(field));
    return;
  }
  const segments = signerName.split('/');
  const [domain = '', path = ''] = segments;
  if (segments.length !== 2) {
    errors.push(invalid(field, signerName, 'must be a fully qualified domain and path of the form "example.com/signer-name"'));
    return;
  }
  const labels = domain.split('.');
  for (const label of labels) for (const problem of isDns1123Label(label)) errors.push(invalid(field, domain, `validating label ${JSON.stringify(label)}: ${problem}`));
  if (labels.length < 2) errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  for (const label of path.split('.')) for (const problem of isDns1123Subdomain(label)) errors.push(invalid(field, path, `validating label ${JSON.stringify(label)}: ${problem}`));
}

type Conditions = NonNullable<CertificateSigningRequestStatus['conditions']>;
const lasting = ['Approved', 'Denied', 'Failed'] as const;

function validateConditions(errors: FieldErrors, conditions: Conditions): void {
  const field = 'status.conditions';
  const seen = new Set<string>();
  conditions.forEach(({ type, status }, index) => {
    if (!type) errors.push(required(`${field}[${index}].type`));
    const allowed = (lasting as readonly string[]).includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (!status) errors.push(required(`${field}[${index}].status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${field}[${index}].status`, status, allowed));
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : '';
    if (other !== '' && seen.has(other)) errors.push(invalid(field, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${field}[${index}].type`, type));
    seen.add(type);
  });
}

/** Approvals come through `approval`, certificates through `status`; neither is ever taken back. */
function validatePart(part: string, next: CertificateSigningRequest, old: CertificateSigningRequest): readonly FieldError[] {
  const errors = validateRequest(next, false);
  const of = (request: CertificateSigningRequest, type: string): Conditions => (request.status?.conditions ?? []).filter((condition) => condition.type === type);
  const refuse = (verb: string, type: string): void => void errors.push(forbidden('status.conditions', `updates may not ${verb} a condition of type ${JSON.stringify(type)}`));
  for (const type of lasting) if (of(next, type).length < of(old, type).length) refuse('remove', type);
  if (part !== 'approval') {
    for (const type of ['Approved', 'Denied'] as const) {
      if (of(next, type).length > of(old, type).length) refuse('add', type);
      else if (of(next, type).length === of(old, type).length && !sameJson(of(next, type), of(old, type))) refuse('modify', type);
    }
  }
  const was = old.status?.certificate ?? '';
  if ((next.status?.certificate ?? '') !== was) {
    if (part !== 'status') errors.push(forbidden('status.certificate', 'updates may not set certificate content'));
    else if (was !== '') errors.push(forbidden('status.certificate', 'updates may not modify existing certificate content'));
  }
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
  validate: (request) => validateRequest(request, true),
  // After its creation a request is changed through its subresources alone.
  prepareForUpdate: (next, old) => ({ ...next, spec: old.spec }),
  validateUpdate: (next, old) => validatePart('', next, old),
  validateSubresourceUpdate: validatePart,
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
