// The scale of a workload: how many replicas are wanted and there, seen through one small object.
import { formatSelector, mapToSelector, toSelector, type LabelSelector, type Labels } from '../../../api/meta/labels.ts';
import { parseFieldPath, valueAt, withValueAt } from '../../../api/apiextensions/field-path.ts';
import type { CustomKind } from '../../../api/contract.ts';
import type { Json, ManagedFieldsEntry } from '../../../api/meta/object.ts';
import { parseFields, printFields } from '../../../api/meta/patch/field-set.ts';
import { internalError } from '../status.ts';
import { fieldsOf, specOf, withSpec } from '../admission/plugin.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

type ScalePaths = NonNullable<CustomKind['scale']>;

/** With its owners it can be applied to: who owns the workload's replicas owns the scale's. */
export function scaleOf(object: StoredObject, paths?: ScalePaths, withOwners = false): StoredObject {
  const scale = paths === undefined ? plainScaleOf(object) : customScaleOf(object, paths);
  if (!withOwners) return scale;
  const managedFields = ownersOf(object, paths).map((entry) => ({ ...entry, apiVersion: 'autoscaling/v1', fieldsV1: ownedReplicas(['spec', 'replicas']) }));
  return managedFields.length === 0 ? scale : { ...scale, metadata: { ...scale.metadata, managedFields } };
}

function plainScaleOf(object: StoredObject): StoredObject {
  const spec = specOf(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = spec['selector'];
  const isMap = object.kind === 'ReplicationController';
  const text = formatSelector(isMap ? mapToSelector(selector as Labels | undefined) : toSelector(selector as LabelSelector | undefined));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: spec['replicas'] === undefined || spec['replicas'] === 0 ? {} : { replicas: spec['replicas'] },
    status: { replicas: Number(fieldsOf(object['status'])['replicas'] ?? 0), ...(text === '' ? {} : { selector: text }) },
  };
}

const at = (object: StoredObject, path: string): unknown => valueAt(object as unknown as Json, parseFieldPath(path) ?? []);

/** Of a custom resource: its numbers stand where its definition says. */
function customScaleOf(object: StoredObject, paths: ScalePaths): StoredObject {
  const replicas = at(object, paths.specReplicasPath);
  if (typeof replicas !== 'number') throw internalError(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`);
  const status = at(object, paths.statusReplicasPath);
  const selector = paths.labelSelectorPath === undefined ? undefined : at(object, paths.labelSelectorPath);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }), ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: typeof status === 'number' ? status : 0, ...(typeof selector === 'string' && selector !== '' ? { selector } : {}) },
  };
}

export function withScale(object: StoredObject, scale: StoredObject, paths?: ScalePaths): StoredObject {
  if (paths !== undefined) {
    const changed = withValueAt(object as unknown as Json, parseFieldPath(paths.specReplicasPath) ?? [], Number(specOf(scale)['replicas'] ?? 0)) as unknown as StoredObject;
    const wanted = scale.metadata.resourceVersion;
    return wanted === undefined || wanted === '' ? changed : { ...changed, metadata: { ...changed.metadata, resourceVersion: wanted } };
  }
  const version = scale.metadata.resourceVersion;
  const metadata = version === undefined || version === '' ? object.metadata : { ...object.metadata, resourceVersion: version };
  return { ...withSpec(object, { replicas: Number(specOf(scale)['replicas'] ?? 0) }), metadata };
}

const pathOf = (paths: ScalePaths | undefined): readonly string[] => (paths === undefined ? ['spec', 'replicas'] : (parseFieldPath(paths.specReplicasPath) ?? []));
const ownedReplicas = (path: readonly string[]): Json => path.reduceRight<Json>((below, name) => ({ [`f:${name}`]: below }), {});
const ownersOf = (object: StoredObject, paths: ScalePaths | undefined): readonly ManagedFieldsEntry[] =>
  (object.metadata.managedFields ?? []).filter((entry) => parseFields(entry.fieldsV1).has(pathOf(paths).map((name) => `f:${name}`)));

/** After an apply to the scale: the workload's replicas belong to whom the scale's belong now. */
export function withScaleOwners(object: StoredObject, scale: StoredObject, paths: ScalePaths | undefined): StoredObject {
  const replicas = parseFields(ownedReplicas(pathOf(paths)));
  const isSame = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean => a.manager === b.manager && a.operation === b.operation && (a.subresource ?? '') === (b.subresource ?? '');
  const owners = scale.metadata.managedFields ?? [];
  const old = object.metadata.managedFields ?? [];
  const kept = old.flatMap((entry) => {
    const fields = parseFields(entry.fieldsV1);
    if (owners.some((owner) => isSame(owner, entry))) return [{ ...entry, fieldsV1: printFields(fields.union(replicas)) as Json }];
    const rest = fields.difference(replicas);
    return rest.isEmpty ? [] : [{ ...entry, fieldsV1: printFields(rest) as Json }];
  });
  const added = owners.filter((owner) => !old.some((entry) => isSame(owner, entry))).map((owner) => ({ ...owner, apiVersion: object.apiVersion ?? '', fieldsV1: ownedReplicas(pathOf(paths)) }));
  return { ...object, metadata: { ...object.metadata, managedFields: [...added, ...kept] } };
}
