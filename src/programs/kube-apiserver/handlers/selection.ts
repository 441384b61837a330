// The selectors of a list or watch request: parsed once, then a plain test per object.
import { matchesFields, parseFieldSelector, type FieldSelector } from '../../../api/meta/field-selector.ts';
import { matchesSelector, parseSelector, type Selector } from '../../../api/meta/labels.ts';
import { fromStorageForm } from '../registry/rest-store.ts';
import type { ServedResource } from '../registry/resources.ts';
import type { RequestInfo } from '../request-info.ts';
import { badRequest } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export interface Selection {
  readonly namespace: string;
  readonly name: string | undefined;
  readonly node: string | undefined;
  /** What is left to test of a stored object; undefined when nothing is. Where a webhook converts, it was asked about the object before. */
  readonly matches: ((object: StoredObject) => boolean) | undefined;
}

export function readSelection(info: RequestInfo, resource: ServedResource): Selection {
  const labelText = info.query.get('labelSelector') ?? '';
  const fieldText = info.query.get('fieldSelector') ?? '';
  let labels: Selector = [];
  let fields: FieldSelector = [];
  if (labelText !== '') {
    const parsed = parseSelector(labelText);
    if (parsed.selector === undefined) throw badRequest(`unable to parse requirement: ${parsed.problem}`.replace('unable to parse requirement: unable to parse requirement: ', 'unable to parse requirement: '));
    labels = parsed.selector;
  }
  if (fieldText !== '') {
    const parsed = parseFieldSelector(fieldText);
    if (parsed.selector === undefined) throw badRequest(parsed.problem);
    fields = parsed.selector;
  }
  const { declaration } = resource;
  let name: string | undefined;
  let namespace = declaration.namespaced ? info.namespace : '';
  let node: string | undefined;
  const rest: { readonly field: string; readonly value: string; readonly equal: boolean }[] = [];
  const known = fields.some((term) => term.field !== 'metadata.name' && term.field !== 'metadata.namespace') ? selectableNames(resource) : undefined;
  for (const term of fields) {
    if (term.field === 'metadata.name' && term.equal && name === undefined) name = term.value;
    else if (term.field === 'metadata.namespace' && term.equal && namespace === '' && declaration.namespaced) namespace = term.value;
    else {
      if (term.field !== 'metadata.name' && term.field !== 'metadata.namespace' && known?.has(term.field) !== true) throw badRequest(unknownField(resource, term.field));
      if (term.field === 'spec.nodeName' && term.equal && node === undefined && declaration.storagePrefix === 'pods' && term.value !== '') node = term.value;
      else rest.push(term);
    }
  }
  if (declaration.storagePrefix !== 'pods') node = undefined;
  const hasLabels = labels.length > 0;
  if (!hasLabels && rest.length === 0) return { namespace, name, node, matches: undefined };
  // Objects are selected by what they are in the version that is asked for.
  const seen = resource.prepare === undefined ? (object: StoredObject): StoredObject => object : (object: StoredObject): StoredObject => fromStorageForm(resource, object);
  return {
    namespace,
    name,
    node,
    matches: (object) => (!hasLabels || matchesSelector(labels, seen(object).metadata.labels)) && (rest.length === 0 || matchesFields(rest, fieldValues(resource, fromStorageForm(resource, object)))),
  };
}

/** Kinds without selectable fields of their own say it in the scheme's words. */
function unknownField({ declaration }: ServedResource, field: string): string {
  if (declaration.custom === undefined && declaration.selectableFields === undefined) return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
  return `field label not supported: ${field}`;
}

function selectableNames(resource: ServedResource): ReadonlySet<string> {
  const probe = { apiVersion: resource.groupVersion, kind: resource.declaration.kind, metadata: { name: '' }, spec: {}, status: {} } as StoredObject;
  try {
    return new Set(Object.keys(resource.declaration.selectableFields?.(probe) ?? {}));
  } catch {
    return new Set();
  }
}

function fieldValues(resource: ServedResource, object: StoredObject): Readonly<Record<string, string>> {
  const own = resource.declaration.selectableFields?.(object) ?? {};
  return { 'metadata.name': object.metadata.name, 'metadata.namespace': object.metadata.namespace ?? '', ...own };
}

