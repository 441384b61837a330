// CustomResourceDefinition: the kind whose objects make kinds.
import { columns, declareKind, fill } from '../kind.ts';
import type { CustomResourceDefinition } from './types.ts';
import type { FieldErrors } from '../validation/field-error.ts';
import { validateDefinition, validateDefinitionUpdate, validateNames } from './validate-definition.ts';

const storedVersion = ({ spec }: CustomResourceDefinition): readonly string[] => (spec.versions ?? []).filter((version) => version.storage).map((version) => version.name);

export const customResourceDefinitionKind = declareKind<CustomResourceDefinition>({
  categories: ['api-extensions'],
  namespaced: false,
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  subresources: ['status'],
  storagePrefix: 'apiextensions.k8s.io/customresourcedefinitions',
  definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  generation: true,
  initialStatus: (definition) => ({ conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: storedVersion(definition) }),
  defaults: (definition) => {
    // Whoever leaves these out is told what is missing in them.
    const spec = definition.spec ?? ({ group: '', scope: '' } as CustomResourceDefinition['spec']);
    const names = spec.names ?? { plural: '', kind: '' };
    const named = fill(names, { singular: (names.kind ?? '').toLowerCase(), listKind: names.kind ? `${names.kind}List` : '' });
    const filled = fill(named === spec.names ? spec : { ...spec, names: named }, { conversion: { strategy: 'None' } });
    return filled === definition.spec ? definition : { ...definition, spec: filled };
  },
  // The version that is stored from now on is one that objects may be stored in.
  prepareForUpdate: (definition) => {
    const stored = definition.status?.storedVersions ?? [];
    const missing = storedVersion(definition).filter((each) => !stored.includes(each));
    return missing.length === 0 ? definition : { ...definition, status: { ...definition.status, storedVersions: [...stored, ...missing] } };
  },
  validateStatus: ({ status }) => {
    const errors: FieldErrors = [];
    if (status?.acceptedNames !== undefined) validateNames(status.acceptedNames, 'status.acceptedNames', errors);
    return errors;
  },
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  columns: columns('Name Created_At@'),
});
