// Defaults of pods and pod templates (pkg/apis/core/v1/defaults.go). A template gets less than a pod: what depends on running is filled in for pods only.
import { fill, mapField, mapSame } from '../kind.ts';
import type { Container, EphemeralContainer, Lifecycle, Probe, ResourceRequirements } from './types/container.ts';
import type { Pod, PodSpec, PodTemplateSpec } from './types/pod.ts';
import type { DownwardAPIVolumeFile, Volume } from './types/volume.ts';

/** `latest` and no tag at all are pulled always; a digest never changes. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  if (image === undefined || image === '') return 'IfNotPresent';
  if (image.includes('@')) return 'IfNotPresent';
  const colon = image.lastIndexOf(':');
  const tag = colon > image.lastIndexOf('/') ? image.slice(colon + 1) : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Probe): Probe {
  let next = fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  next = mapField(next, 'httpGet', (get) => fill(get, { path: '/', scheme: 'HTTP' }));
  return mapField(next, 'grpc', (grpc) => fill(grpc, { service: '' }));
}

function defaultLifecycle(lifecycle: Lifecycle): Lifecycle {
  let next = mapField(lifecycle, 'postStart', (handler) => mapField(handler, 'httpGet', (get) => fill(get, { path: '/', scheme: 'HTTP' })));
  next = mapField(next, 'preStop', (handler) => mapField(handler, 'httpGet', (get) => fill(get, { path: '/', scheme: 'HTTP' })));
  return next;
}

const noResources: ResourceRequirements = {};

/** Requests that were not given are the limits. */
function requestsFromLimits(resources: ResourceRequirements): ResourceRequirements {
  const { limits, requests } = resources;
  if (limits === undefined) return resources;
  let filled: Record<string, string> | undefined;
  for (const name in limits) {
    if (requests?.[name] !== undefined) continue;
    filled ??= { ...requests };
    filled[name] = limits[name] ?? '0';
  }
  return filled === undefined ? resources : { ...resources, requests: filled };
}

export interface DefaultingOf {
  /** A pod, not a template. */
  readonly pod: boolean;
  readonly hostNetwork: boolean;
}

function defaultContainer<C extends Container | EphemeralContainer>(container: C, of: DefaultingOf): C {
  let next: Container = fill<Container>(container as Container, {
    imagePullPolicy: defaultPullPolicy(container.image),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: noResources,
  });
  next = mapField(next, 'ports', (ports) =>
    mapSame(ports, (port) => fill(port, { protocol: 'TCP', ...(of.hostNetwork && port.containerPort !== undefined ? { hostPort: port.containerPort } : {}) })),
  );
  next = mapField(next, 'env', (env) =>
    mapSame(env, (variable) =>
      mapField(variable, 'valueFrom', (from) => {
        const withField = mapField(from, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' }));
        return mapField(withField, 'resourceFieldRef', (ref) => fill(ref, { divisor: '0' }));
      }),
    ),
  );
  next = mapField(next, 'livenessProbe', defaultProbe);
  next = mapField(next, 'readinessProbe', defaultProbe);
  next = mapField(next, 'startupProbe', defaultProbe);
  next = mapField(next, 'lifecycle', defaultLifecycle);
  if (of.pod) next = mapField(next, 'resources', requestsFromLimits);
  return next as C;
}

/** In the order in which the server looks at them. */
const volumeSources =
  'emptyDir hostPath gitRepo gcePersistentDisk awsElasticBlockStore secret nfs iscsi glusterfs flocker persistentVolumeClaim rbd cinder cephfs quobyte downwardAPI fc flexVolume configMap azureFile vsphereVolume photonPersistentDisk portworxVolume azureDisk storageos projected scaleIO csi ephemeral image'.split(
    ' ',
  ) as readonly (keyof Volume)[];

export const volumeSourceNames: readonly (keyof Volume)[] = volumeSources;

function defaultVolume(volume: Volume): Volume {
  let next = volume;
  if (!volumeSources.some((source) => volume[source] !== undefined)) next = { ...next, emptyDir: {} };
  next = mapField(next, 'secret', (source) => fill(source, { defaultMode: 420 }));
  next = mapField(next, 'configMap', (source) => fill(source, { defaultMode: 420 }));
  next = mapField(next, 'hostPath', (source) => fill(source, { type: '' }));
  next = mapField(next, 'downwardAPI', (source) => mapField(fill(source, { defaultMode: 420 }), 'items', defaultDownwardItems));
  next = mapField(next, 'projected', (source) =>
    mapField(fill(source, { defaultMode: 420 }), 'sources', (sources) =>
      mapSame(sources, (each) => {
        const withToken = mapField(each, 'serviceAccountToken', (token) => fill(token, { expirationSeconds: 3600 }));
        return mapField(withToken, 'downwardAPI', (downward) => mapField(downward, 'items', defaultDownwardItems));
      }),
    ),
  );
  next = mapField(next, 'ephemeral', (source) => mapField(source, 'volumeClaimTemplate', (template) => mapField(template, 'spec', (spec) => fill(spec, { volumeMode: 'Filesystem' }))));
  next = mapField(next, 'iscsi', (source) => fill(source, { iscsiInterface: 'default' }));
  next = mapField(next, 'rbd', (source) => fill(source, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }));
  next = mapField(next, 'azureDisk', (source) => fill(source, { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false }));
  next = mapField(next, 'scaleIO', (source) => fill(source, { storageMode: 'ThinProvisioned', fsType: 'xfs' }));
  return mapField(next, 'image', (source) => fill(source, { pullPolicy: defaultPullPolicy(source.reference) }));
}

function defaultDownwardItems(items: readonly DownwardAPIVolumeFile[]): readonly DownwardAPIVolumeFile[] {
  return mapSame(items, (item) => mapField(item, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' })));
}

const noSecurityContext = {};

function defaultPodSpec(spec: PodSpec, pod: boolean): PodSpec {
  const of: DefaultingOf = { pod, hostNetwork: spec.hostNetwork === true };
  let next = fill<PodSpec>(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    securityContext: noSecurityContext,
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    ...(pod ? { enableServiceLinks: true } : {}),
  });
  // The deprecated name of the same field.
  const account = next.serviceAccountName ?? next.serviceAccount;
  if (account !== undefined && account !== '') next = fill(next, { serviceAccountName: account, serviceAccount: account });
  if (next.serviceAccount !== next.serviceAccountName && next.serviceAccountName !== undefined) next = { ...next, serviceAccount: next.serviceAccountName };
  next = mapField(next, 'containers', (list) => mapSame(list, (container) => defaultContainer(container, of)));
  next = mapField(next, 'initContainers', (list) => mapSame(list, (container) => defaultContainer(container, of)));
  next = mapField(next, 'ephemeralContainers', (list) => mapSame(list, (container) => defaultContainer(container, of)));
  if (pod) next = mapField(next, 'resources', requestsFromLimits);
  return mapField(next, 'volumes', (list) => mapSame(list, defaultVolume));
}

const noSpec = {} as PodSpec;

export function defaultPod(pod: Pod): Pod {
  const spec = defaultPodSpec(pod.spec ?? noSpec, true);
  return spec === pod.spec ? pod : { ...pod, spec };
}

export function defaultTemplate(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const given = template ?? {};
  const spec = defaultPodSpec(given.spec ?? noSpec, false);
  if (spec === given.spec && given.metadata !== undefined) return given;
  return { ...given, metadata: given.metadata ?? ({} as NonNullable<PodTemplateSpec['metadata']>), spec };
}
