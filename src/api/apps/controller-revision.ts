// ControllerRevision: an immutable snapshot of a template, for rollbacks of StatefulSets and DaemonSets.
import { columns, declareKind } from '../kind.ts';
import { age, none } from '../printing/cells.ts';
import { checkNonNegative, required, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import type { ControllerRevision } from './types.ts';

export const controllerRevisionKind = declareKind<ControllerRevision>({
  group: 'apps',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  storagePrefix: 'controllerrevisions',
  definition: 'io.k8s.api.apps.v1.ControllerRevision',
  validate: (revision) => {
    const errors: FieldErrors = [];
    if (revision.data === undefined || revision.data === null) errors.push(required('data', 'data is mandatory'));
    checkNonNegative(errors, revision.revision, 'revision');
    return errors;
  },
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    immutableField(errors, next.data, old.data, 'data');
    return errors;
  },
  columns: columns('Name Controller Revision# Age'),
  row: (revision, nowMs) => {
    const owner = revision.metadata.ownerReferences?.find((each) => each.controller === true);
    const slash = owner?.apiVersion.indexOf('/') ?? -1;
    const group = slash < 0 ? '' : `.${owner?.apiVersion.slice(0, slash)}`;
    return [revision.metadata.name, owner === undefined ? none : `${owner.kind.toLowerCase()}${group}/${owner.name}`, revision.revision ?? 0, age(revision, nowMs)];
  },
});
