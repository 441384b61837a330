// Flunder: what the sample API server keeps to show how it is done. It may refer to another flunder or to a fischer; v1alpha1 says that with one name and a type,
// v1beta1 with two names. Stored as v1alpha1.
import type { KindDeclaration } from '../contract.ts';
import { declareKind, fill } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { invalid, type FieldErrors } from '../validation/field-error.ts';

interface SpecV1alpha1 {
  readonly reference?: string;
  readonly referenceType?: string;
}
interface SpecV1beta1 {
  readonly flunderReference?: string;
  readonly fischerReference?: string;
  readonly referenceType?: string;
}
export interface Flunder<Spec = SpecV1alpha1 | SpecV1beta1> extends ApiObject {
  readonly spec?: Spec;
  readonly status?: object;
}

const shared = { group: 'wardle.example.com', kind: 'Flunder', resource: 'flunders', storagePrefix: 'wardle.example.com/wardle.example.com/flunders', nameRule: 'path-segment' } as const;

/** As ValidateFlunderSpec of the sample API server, which looks at what is common to all versions: v1beta1's form. */
function validateSpec({ flunderReference = '', fischerReference = '', referenceType = '' }: SpecV1beta1): FieldErrors {
  const errors: FieldErrors = [];
  const refuse = (field: string, value: string, why: string): void => void errors.push(invalid(`spec.${field}`, value, why));
  if (flunderReference !== '' && fischerReference !== '') refuse('fischerReference', fischerReference, 'cannot be set with flunderReference at the same time');
  else if (flunderReference !== '' && referenceType !== 'Flunder') refuse('flunderReference', flunderReference, 'cannot be set if referenceType is not Flunder');
  else if (fischerReference !== '' && referenceType !== 'Fischer') refuse('fischerReference', fischerReference, 'cannot be set if referenceType is not Fischer');
  else if (fischerReference === '' && referenceType === 'Fischer') refuse('fischerReference', '', 'cannot be empty if referenceType is Fischer');
  else if (flunderReference === '' && referenceType === 'Flunder') refuse('flunderReference', '', 'cannot be empty if referenceType is Flunder');
  if (referenceType !== '' && referenceType !== 'Fischer' && referenceType !== 'Flunder') refuse('referenceType', referenceType, 'must be Flunder or Fischer');
  return errors;
}

/** A type that is neither says nothing: the reference is lost with it, as in the real server's conversion. */
function toV1beta1({ reference, referenceType }: SpecV1alpha1): SpecV1beta1 {
  const name = reference === undefined || reference === '' ? undefined : reference;
  if (referenceType === 'Flunder') return { ...(name === undefined ? {} : { flunderReference: name }), referenceType };
  if (referenceType === 'Fischer') return { ...(name === undefined ? {} : { fischerReference: name }), referenceType };
  return {};
}

function toV1alpha1({ flunderReference, fischerReference, referenceType }: SpecV1beta1): SpecV1alpha1 {
  if (referenceType !== 'Flunder' && referenceType !== 'Fischer') return {};
  const reference = referenceType === 'Flunder' ? flunderReference : fischerReference;
  return { ...(reference === undefined || reference === '' ? {} : { reference }), referenceType };
}

/** In Go both are structs: never absent. */
const whole = <Spec extends object>(flunder: Flunder<Spec>): Flunder<Spec> => fill(flunder, { status: {} });

const v1alpha1 = (): KindDeclaration<Flunder<SpecV1alpha1>> => declareKind<Flunder<SpecV1alpha1>>({
  ...shared,
  version: 'v1alpha1',
  definition: 'io.k8s.sample-apiserver.pkg.apis.wardle.v1alpha1.Flunder',
  defaults: (flunder) => {
    const { reference = '', referenceType = '' } = flunder.spec ?? {};
    return whole(reference !== '' && referenceType === '' ? { ...flunder, spec: { ...flunder.spec, referenceType: 'Flunder' } } : flunder);
  },
  validate: ({ spec = {} }) => validateSpec(toV1beta1(spec)),
  validateUpdate: () => [],
});

const v1beta1 = (): KindDeclaration<Flunder<SpecV1beta1>> => declareKind<Flunder<SpecV1beta1>>({
  ...shared,
  version: 'v1beta1',
  definition: 'io.k8s.sample-apiserver.pkg.apis.wardle.v1beta1.Flunder',
  defaults: whole,
  validate: ({ spec = {} }) => validateSpec(spec),
  validateUpdate: () => [],
});

/** A version of flunders: its kind, and the way from what is kept (v1alpha1) to its form and back. */
interface FlunderVersion {
  readonly kind: KindDeclaration;
  readonly fromStorage: (flunder: Flunder) => Flunder;
  readonly toStorage: (flunder: Flunder) => Flunder;
}

/** Made when the one program that serves them starts. */
export function flunderVersions(): readonly FlunderVersion[] {
  return [
    {
      kind: v1alpha1() as unknown as KindDeclaration,
      fromStorage: (flunder) => flunder,
      toStorage: (flunder) => ({ ...flunder, spec: toV1alpha1(toV1beta1(flunder.spec as SpecV1alpha1)) }),
    },
    {
      kind: v1beta1() as unknown as KindDeclaration,
      fromStorage: (flunder) => ({ ...flunder, apiVersion: 'wardle.example.com/v1beta1', spec: toV1beta1(flunder.spec as SpecV1alpha1) }),
      toStorage: (flunder) => ({ ...flunder, apiVersion: 'wardle.example.com/v1alpha1', spec: toV1alpha1(flunder.spec as SpecV1beta1) }),
    },
  ];
}
