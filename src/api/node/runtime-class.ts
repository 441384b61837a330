// RuntimeClass: which container runtime handler runs a pod.
import { columns, declareKind } from '../kind.ts';
import { isDns1123Label } from '../meta/names.ts';
import { age } from '../printing/cells.ts';
import { checkText, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import type { RuntimeClass } from './types.ts';

export const runtimeClassKind = declareKind<RuntimeClass>({
  group: 'node.k8s.io',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  namespaced: false,
  storagePrefix: 'runtimeclasses',
  definition: 'io.k8s.api.node.v1.RuntimeClass',
  validate: (runtime) => {
    const errors: FieldErrors = [];
    checkText(errors, runtime.handler ?? '', 'handler', isDns1123Label);
    return errors;
  },
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    immutableField(errors, next.handler, old.handler, 'handler');
    return errors;
  },
  columns: columns('Name Handler Age'),
  row: (runtime, nowMs) => [runtime.metadata.name, runtime.handler, age(runtime, nowMs)],
});
