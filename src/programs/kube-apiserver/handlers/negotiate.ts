// What form of answer the client asked for in its Accept header, and the making of it: plain JSON, Table, metadata only, YAML.
import type { Json, ListMeta } from '../../../api/meta/object.ts';
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import type { ServedResource } from '../registry/resources.ts';
import { notAcceptable } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export interface Form {
  readonly kind: 'plain' | 'table' | 'metadata';
  readonly yaml: boolean;
  /** Aggregated discovery was asked for. */
  readonly aggregated: boolean;
}

const plain: Form = { kind: 'plain', yaml: false, aggregated: false };
const memo = new Map<string, Form | undefined>();
const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** Throws 406 when nothing that was asked for can be made (protobuf alone, for instance). */
export function negotiate(accept: string | undefined): Form {
  if (accept === undefined || accept === '' || accept === 'application/json') return plain;
  if (!memo.has(accept)) memo.set(accept, parseAccept(accept));
  const form = memo.get(accept);
  if (form === undefined) throw notAcceptable(accepted);
  return form;
}

/** For answers that are neither stored nor listed: they have no Table and no metadata to be reduced to. */
export function requirePlain(accept: string | undefined): void {
  if (accept === undefined || accept === '' || accept === 'application/json') return;
  if (accept.split(',').every((part) => parseAccept(part)?.kind !== 'plain')) throw notAcceptable(accepted);
}

function parseAccept(accept: string): Form | undefined {
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.trim().split(';').map((each) => each.trim());
    const as = parameters.find((each) => each.startsWith('as='))?.slice(3);
    const version = parameters.find((each) => each.startsWith('v='))?.slice(2);
    const yaml = type === 'application/yaml';
    if (type !== 'application/json' && !yaml && type !== '*/*' && type !== 'application/*') continue;
    if (as === undefined) return { kind: 'plain', yaml, aggregated: false };
    if (as === 'Table' && version === 'v1') return { kind: 'table', yaml, aggregated: false };
    if ((as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') && version === 'v1') return { kind: 'metadata', yaml, aggregated: false };
    if (as === 'APIGroupDiscoveryList' && version === 'v2') return { kind: 'plain', yaml, aggregated: true };
  }
  return undefined;
}

/** Everything is behind authentication: nobody between may keep it (apiserver's filters/cachecontrol.go). */
const uncached = { 'cache-control': 'no-cache, private' };
const jsonHeaders = { ...uncached, 'content-type': 'application/json' };
const yamlHeaders = { ...uncached, 'content-type': 'application/yaml' };

export function respond(status: number, body: unknown, form: Form = plain, warnings: readonly string[] = []): HttpResponse {
  let headers: Readonly<Record<string, string>> = form.yaml ? yamlHeaders : jsonHeaders;
  if (warnings.length > 0) headers = { ...headers, warning: [...new Set(warnings)].map((text) => `299 - ${JSON.stringify(text)}`).join(', ') };
  return { status, headers, body: form.yaml ? printYaml(body) : body };
}

// ---------------------------------------------------------------- tables

export interface TableOptions {
  readonly includeObject: 'None' | 'Metadata' | 'Object';
}

export function tableOf(resource: ServedResource, objects: readonly StoredObject[], metadata: ListMeta, options: TableOptions, wallMs: number, withColumns = true): object {
  const { declaration } = resource;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns
      ? declaration.columns.map((column) => ({ name: column.name, type: column.type, format: column.format ?? '', description: column.description, priority: column.priority }))
      : null,
    rows: objects.map((object) => ({ cells: declaration.row(object, wallMs) as readonly Json[], object: rowObject(object, options.includeObject) })),
  };
}

function rowObject(object: StoredObject, include: TableOptions['includeObject']): object | null {
  if (include === 'None') return null;
  return include === 'Object' ? object : metadataOf(object);
}

export const metadataOf = (object: StoredObject): StoredObject => ({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata });

/** One object in the form asked for. */
export function shape(resource: ServedResource, object: StoredObject, form: Form, includeObject: TableOptions['includeObject'], wallMs: number): unknown {
  if (form.kind === 'plain' || object.kind === 'Status') return object;
  if (form.kind === 'metadata') return metadataOf(object);
  return tableOf(resource, [object], { ...(object.metadata.resourceVersion === undefined ? {} : { resourceVersion: object.metadata.resourceVersion }) }, { includeObject }, wallMs);
}
