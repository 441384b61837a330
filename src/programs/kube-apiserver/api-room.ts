// The one place where this program meets the API room's registry: what kinds there are, how they are decoded and patched.
import type { KindDeclaration } from '../../api/contract.ts';
import { decodeObject, type Decoded } from '../../api/meta/decode.ts';
import type { PatchSchema } from '../../api/meta/patch/schema.ts';
import { patchSchemaOf as schemaOfDefinition } from '../../api/meta/patch/structure-schema.ts';
import { kinds } from '../../api/registry.ts';
import { autoscalerFromStorage, autoscalerToStorage, eventFromStorage, eventToStorage } from './registry/conversions.ts';
import { groupVersionOf, type ServedResource } from './registry/resources.ts';

export { formatFieldError } from '../../api/validation/field-error.ts';

/** Everything the server serves from the start. */
export function builtInResources(): readonly ServedResource[] {
  return kinds.map((declaration) => ({ declaration, groupVersion: groupVersionOf(declaration), ...conversionOf(declaration) }));
}

function conversionOf(declaration: KindDeclaration): Pick<ServedResource, 'fromStorage' | 'toStorage'> {
  if (declaration.group === 'events.k8s.io' && declaration.kind === 'Event') return { fromStorage: eventFromStorage, toStorage: eventToStorage };
  if (declaration.group === 'autoscaling' && declaration.version === 'v1' && declaration.resource === 'horizontalpodautoscalers') return { fromStorage: autoscalerFromStorage, toStorage: autoscalerToStorage };
  return {};
}

export function decodeKind(value: unknown, declaration: KindDeclaration, definition = declaration.definition): Decoded<unknown> {
  if (declaration.custom !== undefined && definition === declaration.definition) return declaration.custom.decode(value as object);
  return decodeObject(value, definition);
}

export function patchSchemaOf(declaration: KindDeclaration): PatchSchema | undefined {
  return declaration.custom?.patchSchema ?? schemaOfDefinition(declaration.definition);
}
