// The checks that every object's metadata gets, on create and on update (apimachinery/pkg/api/validation).
import { sameJson } from '../meta/equality.ts';
import { isConfigMapKey, isQualifiedName, isValidLabelValue, validateName, type NameRule } from '../meta/names.ts';
import { encodeUtf8 } from '../meta/base64.ts';
import type { ObjectMeta, OwnerReference } from '../meta/object.ts';
import { checkText, forbidden, invalid, required, tooLong, type FieldErrors } from './field-error.ts';

const totalAnnotationSizeLimit = 256 * 1024;
const bytesOf = (text: string): number => (/^[\x00-\x7f]*$/.test(text) ? text.length : encodeUtf8(text).length);

export function validateLabels(errors: FieldErrors, labels: Readonly<Record<string, string>> | undefined, field: string): void {
  for (const key in labels) {
    checkText(errors, key, field, isQualifiedName);
    const value = labels[key] ?? '';
    if (value !== '') checkText(errors, value, field, isValidLabelValue);
  }
}

export function validateAnnotations(errors: FieldErrors, annotations: Readonly<Record<string, string>> | undefined, field: string): void {
  let size = 0;
  for (const key in annotations) {
    for (const problem of isQualifiedName(key.toLowerCase())) errors.push(invalid(field, key, problem));
    size += key.length + bytesOf(annotations[key] ?? '');
  }
  if (size > totalAnnotationSizeLimit) errors.push(tooLong(field, totalAnnotationSizeLimit));
}

function validateOwner(errors: FieldErrors, owner: OwnerReference, field: string): void {
  const slash = (owner.apiVersion ?? '').indexOf('/');
  const version = slash < 0 ? owner.apiVersion : owner.apiVersion.slice(slash + 1);
  if (!version) errors.push(invalid(`${field}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
  if (!owner.kind) errors.push(invalid(`${field}.kind`, owner.kind ?? '', 'must not be empty'));
  if (!owner.name) errors.push(invalid(`${field}.name`, owner.name ?? '', 'must not be empty'));
  if (!owner.uid) errors.push(invalid(`${field}.uid`, owner.uid ?? '', 'must not be empty'));
  if (owner.apiVersion === 'v1' && owner.kind === 'Event') errors.push(invalid(field, owner, `/v1, Kind=Event is disallowed from being an owner`));
}

function validateOwners(errors: FieldErrors, owners: readonly OwnerReference[] | undefined, field: string): void {
  let controller: string | undefined;
  owners?.forEach((owner, index) => {
    validateOwner(errors, owner, `${field}[${index}]`);
    if (owner.controller !== true) return;
    if (controller === undefined) controller = owner.name;
    else {
      errors.push(invalid(field, owners, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`));
    }
  });
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Kinds of the core API and those that share its checks want a finalizer to be a standard one or qualified; other kinds (custom ones, definitions, webhooks) take any name. */
export type FinalizerRule = 'standard' | 'any-name';

function validateFinalizers(errors: FieldErrors, finalizers: readonly string[] | undefined, field: string, rule: FinalizerRule): void {
  finalizers?.forEach((finalizer) => {
    checkText(errors, finalizer, field, isQualifiedName);
    if (rule === 'standard' && !finalizer.includes('/') && !standardFinalizers.includes(finalizer) && isQualifiedName(finalizer).length === 0) {
      errors.push(invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
    }
  });
  if (finalizers !== undefined && finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
}

export function validateMetadata(metadata: ObjectMeta, rule: NameRule, namespaced: boolean, field = 'metadata', finalizers: FinalizerRule = 'standard'): FieldErrors {
  const errors: FieldErrors = [];
  if (metadata.generateName !== undefined && metadata.generateName !== '') {
    for (const problem of validateName(rule, metadata.generateName, true)) errors.push(invalid(`${field}.generateName`, metadata.generateName, problem));
  }
  if (!metadata.name) errors.push(required(`${field}.name`, 'name or generateName is required'));
  else for (const problem of validateName(rule, metadata.name)) errors.push(invalid(`${field}.name`, metadata.name, problem));
  if (namespaced) {
    if (!metadata.namespace) errors.push(required(`${field}.namespace`));
    else for (const problem of validateName('label', metadata.namespace)) errors.push(invalid(`${field}.namespace`, metadata.namespace, problem));
  } else if (metadata.namespace) errors.push(forbidden(`${field}.namespace`, 'not allowed on this type'));
  validateShared(errors, metadata, field, finalizers);
  return errors;
}

function validateShared(errors: FieldErrors, metadata: ObjectMeta, field: string, finalizers: FinalizerRule): void {
  if (metadata.labels !== undefined) validateLabels(errors, metadata.labels, `${field}.labels`);
  if (metadata.annotations !== undefined) validateAnnotations(errors, metadata.annotations, `${field}.annotations`);
  if (metadata.ownerReferences !== undefined) validateOwners(errors, metadata.ownerReferences, `${field}.ownerReferences`);
  if (metadata.finalizers !== undefined) validateFinalizers(errors, metadata.finalizers, `${field}.finalizers`, finalizers);
}

/** What an update may not change; what else is checked on create was checked then, labels and the like are checked again. */
export function validateMetadataUpdate(next: ObjectMeta, old: ObjectMeta, field = 'metadata', finalizers: FinalizerRule = 'standard'): FieldErrors {
  const errors: FieldErrors = [];
  if (old.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((finalizer) => !(old.finalizers ?? []).includes(finalizer));
    if (added.length > 0) {
      errors.push(
        forbidden(
          `${field}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${[...added].sort().map((each) => JSON.stringify(each)).join(', ')}}`,
        ),
      );
    }
  }
  if (next.resourceVersion === '') errors.push(invalid(`${field}.resourceVersion`, '', 'must be specified for an update'));
  const immutable = (name: string, a: unknown, b: unknown): void => {
    if (!sameJson(a, b)) errors.push(invalid(`${field}.${name}`, a ?? '', 'field is immutable'));
  };
  immutable('name', next.name, old.name);
  immutable('namespace', next.namespace, old.namespace);
  immutable('uid', next.uid, old.uid);
  immutable('creationTimestamp', next.creationTimestamp, old.creationTimestamp);
  immutable('deletionTimestamp', next.deletionTimestamp, old.deletionTimestamp);
  immutable('deletionGracePeriodSeconds', next.deletionGracePeriodSeconds, old.deletionGracePeriodSeconds);
  if (next.labels !== old.labels || next.annotations !== old.annotations || next.ownerReferences !== old.ownerReferences || next.finalizers !== old.finalizers) {
    validateShared(errors, next, field, finalizers);
  }
  return errors;
}

/** `field is immutable` unless equal. */
export function immutableField(errors: FieldErrors, next: unknown, old: unknown, field: string): void {
  if (!sameJson(next, old)) errors.push(invalid(field, next, 'field is immutable'));
}

export function checkConfigKeys(errors: FieldErrors, data: Readonly<Record<string, unknown>> | undefined, field: string): void {
  for (const key in data) for (const problem of isConfigMapKey(key)) errors.push(invalid(`${field}[${key}]`, key, problem));
}

