// ServiceAccount: every pod has an account; its token, the cluster's CA and the namespace are mounted as one projected volume.
import { randomSuffix } from '../../../api/meta/names.ts';
import type { Task } from '../../../kernel/task.ts';
import { forbidden } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionContext, type AdmissionPlugin, type AdmissionRequest, type Fields, isMirrorPod, isPodCreate, specOf, withSpec } from './plugin.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const expirationSeconds = 3607;
const volumePrefix = 'kube-api-access-';

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: isPodCreate,
  mutate(request, { collections, host }) {
    const pod = request.object as StoredObject;
    if (isMirrorPod(pod)) return undefined;
    const spec = specOf(pod);
    const changes: string[] = [];
    const given = spec['serviceAccountName'];
    const name = typeof given === 'string' && given !== '' ? given : 'default';
    let next = pod;
    if (name !== given) {
      next = withSpec(next, { serviceAccountName: name, serviceAccount: name });
      changes.push(`spec.serviceAccountName: ${name}`);
    }
    const account = collections.get('serviceaccounts', request.namespace, name);
    if (account === undefined) throw forbidden(request, pod.metadata.name, `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`);
    const wanted = spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'] ?? true;
    if (wanted === true && needsMount(spec)) {
      // A container that a policy or webhook added later shares the volume that is there.
      const there = ((spec['volumes'] ?? []) as readonly Fields[]).map((each) => String(each['name'])).find((each) => each.startsWith(volumePrefix));
      const volume = there ?? `${volumePrefix}${randomSuffix((bound) => host.random.below(bound))}`;
      next = withSpec(next, addVolume(specOf(next), volume, there === undefined));
      changes.push(there === undefined ? `+ volume ${volume}` : `+ volumeMount ${volume}`);
    }
    const secrets = account['imagePullSecrets'];
    if (Array.isArray(secrets) && secrets.length > 0 && !hasItems(spec['imagePullSecrets'])) {
      next = withSpec(next, { imagePullSecrets: secrets });
      changes.push('+ imagePullSecrets');
    }
    return changes.length === 0 ? undefined : { object: next, changes };
  },
  validate(request) {
    const pod = request.object as StoredObject;
    if (!isMirrorPod(pod)) return;
    const spec = specOf(pod);
    if (typeof spec['serviceAccountName'] === 'string' && spec['serviceAccountName'] !== '') throw forbidden(request, pod.metadata.name, 'a mirror pod may not reference service accounts');
    const volumes = (spec['volumes'] ?? []) as readonly Fields[];
    if (volumes.some((volume) => volume['secret'] !== undefined)) throw forbidden(request, pod.metadata.name, 'a mirror pod may not reference secrets');
  },
};

/** A new namespace gets its `default` account a moment later: pods that need it wait for it, up to ten times. */
export function* awaitAccount(request: AdmissionRequest, { collections, host }: Pick<AdmissionContext, 'collections' | 'host'>): Task<void> {
  const pod = request.object as StoredObject;
  if (isMirrorPod(pod)) return;
  const given = specOf(pod)['serviceAccountName'];
  const name = typeof given === 'string' && given !== '' ? given : 'default';
  for (let attempt = 0; attempt < (name === 'default' ? 10 : 1); attempt++) {
    if (collections.get('serviceaccounts', request.namespace, name) !== undefined) return;
    yield* host.clock.sleep(100 + host.random.below(100));
  }
}

const hasItems = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
const isMounted = (container: Fields): boolean => ((container['volumeMounts'] ?? []) as readonly Fields[]).some((mount) => mount['mountPath'] === mountPath);
const containersOf = (spec: Fields, list: string): readonly Fields[] => (spec[list] ?? []) as readonly Fields[];

function needsMount(spec: Fields): boolean {
  return [...containersOf(spec, 'containers'), ...containersOf(spec, 'initContainers')].some((container) => !isMounted(container));
}

function addVolume(spec: Fields, name: string, isNew: boolean): Fields {
  const mount = (container: Fields): Fields => (isMounted(container) ? container : { ...container, volumeMounts: [...((container['volumeMounts'] ?? []) as readonly Fields[]), { name, readOnly: true, mountPath }] });
  const volume = {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
      defaultMode: 420,
    },
  };
  return {
    ...(isNew ? { volumes: [...((spec['volumes'] ?? []) as readonly Fields[]), volume] } : {}),
    containers: containersOf(spec, 'containers').map(mount),
    ...(hasItems(spec['initContainers']) ? { initContainers: containersOf(spec, 'initContainers').map(mount) } : {}),
  };
}

