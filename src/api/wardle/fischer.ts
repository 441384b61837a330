// Fischer: names that no flunder may have.
import type { KindDeclaration } from '../contract.ts';
import { declareKind } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';

export interface Fischer extends ApiObject {
  readonly disallowedFlunders?: readonly string[];
}

export const fischersPrefix = 'wardle.example.com/wardle.example.com/fischers';

/** Made when the one program that serves it starts. */
export const fischerKind = (): KindDeclaration<Fischer> => declareKind<Fischer>({
  group: 'wardle.example.com',
  version: 'v1alpha1',
  kind: 'Fischer',
  resource: 'fischers',
  namespaced: false,
  storagePrefix: fischersPrefix,
  definition: 'io.k8s.sample-apiserver.pkg.apis.wardle.v1alpha1.Fischer',
  nameRule: 'path-segment',
});
