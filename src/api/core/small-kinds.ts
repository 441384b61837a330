// Kinds of the core group with nothing of their own to say: PodTemplate, Binding, ComponentStatus.
import { columns, declareKind } from '../kind.ts';
import { containerCells, formatLabels } from '../printing/cells.ts';
import { defaultTemplate } from './pod-defaults.ts';
import { validateTemplate } from './pod-validation.ts';
import type { FieldErrors } from '../validation/field-error.ts';
import type { ComponentStatus } from './types/object.ts';
import type { Binding, PodTemplate } from './types/pod.ts';

export const podTemplateKind = declareKind<PodTemplate>({
  kind: 'PodTemplate',
  resource: 'podtemplates',
  storagePrefix: 'podtemplates',
  definition: 'io.k8s.api.core.v1.PodTemplate',
  generation: true,
  defaults: (object) => {
    const template = defaultTemplate(object.template);
    return template === object.template ? object : { ...object, template };
  },
  validate: (object) => {
    const errors: FieldErrors = [];
    if (object.template !== undefined) validateTemplate(errors, object.template, 'template');
    return errors;
  },
  columns: columns('Name Containers Images Pod_Labels'),
  row: (object) => [object.metadata.name, ...containerCells(object.template?.spec), formatLabels(object.template?.metadata?.labels)],
});

export const bindingKind = declareKind<Binding>({
  kind: 'Binding',
  resource: 'bindings',
  verbs: ['create'],
  storagePrefix: 'bindings',
  definition: 'io.k8s.api.core.v1.Binding',
});

export const componentStatusKind = declareKind<ComponentStatus>({
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  shortNames: ['cs'],
  namespaced: false,
  verbs: ['get', 'list'],
  storagePrefix: 'componentstatuses',
  definition: 'io.k8s.api.core.v1.ComponentStatus',
  columns: columns('Name Status Message Error'),
  row: (component) => {
    const condition = component.conditions?.find((each) => each.type === 'Healthy');
    const status = condition?.status === 'True' ? 'Healthy' : condition?.status === 'False' ? 'Unhealthy' : 'Unknown';
    return [component.metadata.name, status, condition?.message ?? '', condition?.error ?? ''];
  },
});
