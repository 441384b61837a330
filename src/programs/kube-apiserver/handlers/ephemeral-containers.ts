// What a write to pods/ephemeralcontainers may do: add containers, each with its defaults; never change or remove one.
import { sameJson } from '../../../api/meta/equality.ts';
import type { Json } from '../../../api/meta/object.ts';
import { forbidden, required, type FieldErrors } from '../../../api/validation/field-error.ts';
import { specOf, withSpec } from '../admission/plugin.ts';
import { invalidObject } from '../registry/rest-store.ts';
import type { ServedResource } from '../registry/resources.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

interface Container {
  readonly name?: string;
  readonly image?: string;
}

/** The existing pod with the containers that `next` asks for. Throws 422 as validation.ValidatePodEphemeralContainersUpdate does. */
export function withEphemeralContainers(resource: ServedResource, next: StoredObject, existing: StoredObject): StoredObject {
  const wanted = (specOf(next)['ephemeralContainers'] ?? []) as readonly Container[];
  const before = (specOf(existing)['ephemeralContainers'] ?? []) as readonly Container[];
  // A pod that has none keeps having no such field: an empty list would be a change of its spec to whoever writes the pod next.
  if (wanted.length === 0 && before.length === 0) return existing;
  const merged = resource.declaration.defaults(withSpec(existing, { ephemeralContainers: wanted as Json }) as never) as StoredObject;
  const after = (specOf(merged)['ephemeralContainers'] ?? []) as readonly Container[];
  const others = [...((specOf(existing)['containers'] ?? []) as readonly Container[]), ...((specOf(existing)['initContainers'] ?? []) as readonly Container[])].map((each) => each.name);
  const errors: FieldErrors = [];
  const seen = new Set<string>();
  after.forEach((container, index) => {
    const field = `spec.ephemeralContainers[${index}]`;
    const name = container.name ?? '';
    if (name === '') errors.push(required(`${field}.name`));
    else if (seen.has(name) || others.includes(name)) errors.push({ type: 'Duplicate', field: `${field}.name`, value: name, detail: '' });
    if ((container.image ?? '') === '') errors.push(required(`${field}.image`));
    seen.add(name);
  });
  for (const container of before) {
    const now = after.find((each) => each.name === container.name);
    if (now === undefined) errors.push(forbidden('spec.ephemeralContainers', `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed\n`));
    else if (!sameJson(now, container)) errors.push(forbidden('spec.ephemeralContainers', `existing ephemeral containers ${JSON.stringify(container.name)} may not be changed\n`));
  }
  if (errors.length > 0) throw invalidObject(resource, existing.metadata.name, errors);
  return merged;
}
