// What a write asks for beside its object: judged as apimachinery's ValidateCreateOptions, ValidatePatchOptions and their like do.
import { forbidden, formatFieldError, invalid as invalidField, notSupported, required, tooLong, type FieldErrors } from '../../../api/validation/field-error.ts';
import type { ApiRequest, DeleteOptions } from '../registry/request.ts';
import { invalid } from '../status.ts';
import { readDeleteOptions } from './delete-options.ts';

const kinds: Readonly<Record<string, string>> = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions', delete: 'DeleteOptions', deletecollection: 'DeleteOptions' };
const policies: readonly string[] = ['Foreground', 'Background', 'Orphan'];
const validations: readonly string[] = ['', 'Ignore', 'Strict', 'Warn'];
/** What goes to somebody else with a query and a body of its own. */
const passedOn: ReadonlySet<string> = new Set(['proxy', 'exec', 'attach', 'portforward']);
const maxManagerLength = 128;

/** Throws 422 for options that no server takes. A delete may say in its body that it is a dry run: then the request is one. */
export function withWriteOptions(request: ApiRequest): ApiRequest {
  const { info } = request;
  const kind = kinds[info.verb];
  if (kind === undefined || passedOn.has(info.subresource)) return request;
  const isDelete = kind === 'DeleteOptions';
  const options = isDelete ? readDeleteOptions(request) : {};
  const errors = isDelete ? validateDelete(options) : validateWrite(request);
  if (errors.length > 0) throw invalid('meta.k8s.io', kind, '', errors, formatFieldError);
  return isDelete ? { ...request, dryRun: options.dryRun?.includes('All') ?? false } : request;
}

function validateWrite({ info: { verb, query }, http }: ApiRequest): FieldErrors {
  const errors: FieldErrors = [];
  const manager = query.get('fieldManager') ?? '';
  if (verb === 'patch') {
    const isApply = (http.headers['content-type'] ?? '').startsWith('application/apply-patch');
    if (isApply && manager === '') errors.push(required('fieldManager', 'is required for apply patch'));
    if (!isApply && query.get('force') !== undefined) errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  }
  if (manager.length > maxManagerLength) errors.push(tooLong('fieldManager', maxManagerLength));
  let at = 0;
  for (const letter of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(letter)) errors.push(invalidField('fieldManager', manager, `invalid character U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} (at position ${at})`));
    at += letter.length;
  }
  checkDryRun(errors, query.all('dryRun').filter((value) => value !== ''));
  const validation = query.get('fieldValidation') ?? '';
  if (!validations.includes(validation)) errors.push(notSupported('fieldValidation', validation, validations));
  return errors;
}

function validateDelete({ propagationPolicy, orphanDependents, dryRun }: DeleteOptions): FieldErrors {
  const errors: FieldErrors = [];
  if (orphanDependents !== undefined && orphanDependents !== null && propagationPolicy !== undefined && propagationPolicy !== null) errors.push(invalidField('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (propagationPolicy !== undefined && propagationPolicy !== null && !policies.includes(propagationPolicy)) errors.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']));
  checkDryRun(errors, dryRun ?? []);
  return errors;
}

function checkDryRun(errors: FieldErrors, dryRun: readonly string[]): void {
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
}
