// The scale of a workload: how many replicas are wanted and there, seen through one small object.
import { formatSelector, mapToSelector, toSelector, type LabelSelector, type Labels } from '../../../api/meta/labels.ts';
import { fieldsOf, specOf, withSpec } from '../admission/plugin.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export function scaleOf(object: StoredObject): StoredObject {
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

export function withScale(object: StoredObject, scale: StoredObject): StoredObject {
  const version = scale.metadata.resourceVersion;
  const metadata = version === undefined || version === '' ? object.metadata : { ...object.metadata, resourceVersion: version };
  return { ...withSpec(object, { replicas: Number(specOf(scale)['replicas'] ?? 0) }), metadata };
}
