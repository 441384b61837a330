// RuntimeClass: a pod that names one takes over its overhead, node selector and tolerations.
import { sameJson } from '../../../api/meta/equality.ts';
import { forbidden } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionContext, type AdmissionPlugin, type AdmissionRequest, type Fields, fieldsOf, isPodCreate, specOf, withSpec } from './plugin.ts';

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: isPodCreate,
  mutate(request, context) {
    const found = classOf(request, context);
    if (found === undefined) return undefined;
    const pod = request.object as StoredObject;
    const spec = specOf(pod);
    const changes: Record<string, unknown> = {};
    const overhead = fieldsOf(found['overhead'])['podFixed'];
    if (overhead !== undefined) {
      if (spec['overhead'] !== undefined && !sameJson(spec['overhead'], overhead)) throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      changes['overhead'] = overhead;
    }
    const scheduling = fieldsOf(found['scheduling']);
    const wanted = fieldsOf(scheduling['nodeSelector']);
    const given = fieldsOf(spec['nodeSelector']);
    for (const key of Object.keys(wanted).sort()) {
      if (given[key] !== undefined && given[key] !== wanted[key]) throw refuse(request, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${String(wanted[key])}; pod.spec.nodeSelector[${key}] = ${String(given[key])}`);
    }
    if (Object.keys(wanted).length > 0) changes['nodeSelector'] = { ...given, ...wanted };
    const tolerations = (spec['tolerations'] ?? []) as readonly Fields[];
    const added = ((scheduling['tolerations'] ?? []) as readonly Fields[]).filter((each) => !tolerations.some((known) => sameJson(known, each)));
    if (added.length > 0) changes['tolerations'] = [...tolerations, ...added];
    const names = Object.keys(changes);
    return names.length === 0 ? undefined : { object: withSpec(pod, changes), changes: names.map((name) => `spec.${name} of RuntimeClass ${found.metadata.name}`) };
  },
  validate(request, context) {
    const found = classOf(request, context);
    if (specOf(request.object)['overhead'] !== undefined && fieldsOf(found?.['overhead'])['podFixed'] === undefined) throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  },
};

function classOf(request: AdmissionRequest, { collections }: AdmissionContext): StoredObject | undefined {
  const name = specOf(request.object)['runtimeClassName'];
  if (typeof name !== 'string' || name === '') return undefined;
  const found = collections.get('runtimeclasses', '', name);
  if (found === undefined) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return found;
}

const refuse = (request: AdmissionRequest, why: string) => forbidden(request, request.object?.metadata.name ?? '', why);
