// Pods from files: every YAML in the manifests folder is a pod of this node, API server or not.
import { tryParseYaml } from '../../api/yaml/parse-yaml.ts';
import type { Task } from '../../kernel/task.ts';
import { digest } from '../../wire/tls-handshake.ts';
import { formatTime } from '../../api/meta/time.ts';
import type { Kubelet } from './kubelet.ts';
import { type Container, hashAnnotation, type Pod, seenAnnotation, sourceAnnotation, type Probe } from './types.ts';

/** Watches the folder for ever. */
export function* watchStaticPods(kubelet: Kubelet): Task<void> {
  const { host, config } = kubelet;
  const folder = config.staticPodPath;
  const changes = host.disk.watch(folder);
  const pods = new Map<string, Pod>();
  const seen = formatTime(host.clock.wallMs());
  for (;;) {
    const found = new Map<string, Pod>();
    for (const path of host.disk.list(folder)) {
      if (!/\.(yaml|yml|json)$/.test(path)) continue;
      const text = host.disk.readText(path);
      const pod = text === undefined ? undefined : readStaticPod(text, path, config.nodeName, seen);
      if (pod !== undefined) found.set(pod.metadata.uid ?? '', pod);
    }
    for (const [uid, pod] of pods) {
      if (found.has(uid)) continue;
      pods.delete(uid);
      kubelet.setPod(pod, 'file', 'delete');
    }
    for (const [uid, pod] of found) {
      if (pods.has(uid)) continue;
      pods.set(uid, pod);
      // An edited manifest is a new pod under the old name: it waits until the old one has ended.
      kubelet.setPod(pod, 'file', 'add');
    }
    yield* changes.take();
    while (changes.poll() !== undefined);
    // inotify events come in bunches.
    yield* host.clock.sleep(100);
    while (changes.poll() !== undefined);
  }
}

/** The pod of a manifest with what the kubelet adds; undefined when the text is no pod. */
function readStaticPod(text: string, path: string, nodeName: string, seen: string): Pod | undefined {
  const pod = tryParseYaml(text).value as Pod | null;
  if (pod === null || typeof pod !== 'object' || pod.kind !== 'Pod' || pod.spec?.containers === undefined) return undefined;
  const hash = digest(`${nodeName} ${path} ${text}`);
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: `${pod.metadata.name}-${nodeName.toLowerCase()}`,
      namespace: pod.metadata.namespace ?? 'default',
      uid: hash,
      annotations: { ...pod.metadata.annotations, [hashAnnotation]: hash, [seenAnnotation]: seen, [sourceAnnotation]: 'file' },
    },
    spec: applyDefaults(pod.spec, nodeName),
  };
}

/** The defaults of the API that matter to us: a static pod has no API server to fill them in. */
function applyDefaults(spec: Pod['spec'], nodeName: string): Pod['spec'] {
  const withDefaults = (container: Container): Container => ({
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? (/:latest$/.test(container.image ?? '') || !/:[^/]*$/.test(container.image ?? '') ? 'Always' : 'IfNotPresent'),
    ...(container.livenessProbe === undefined ? {} : { livenessProbe: probeDefaults(container.livenessProbe) }),
    ...(container.readinessProbe === undefined ? {} : { readinessProbe: probeDefaults(container.readinessProbe) }),
    ...(container.startupProbe === undefined ? {} : { startupProbe: probeDefaults(container.startupProbe) }),
  });
  return {
    ...spec,
    nodeName,
    restartPolicy: spec.restartPolicy ?? 'Always',
    dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    enableServiceLinks: spec.enableServiceLinks ?? true,
    tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    containers: spec.containers.map(withDefaults),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withDefaults) }),
  };
}

const probeDefaults = (probe: Probe): Probe => ({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...probe });
