// What the runtime is told about a sandbox and a container: CRI configs from pod specs.
import { wholeValue } from '../../api/meta/quantity.ts';
import type { ContainerConfig, PodSandboxConfig } from '../../wire/cri.ts';
import { hashContainer } from './actions.ts';
import { ConfigError, computeEnv, expand } from './env.ts';
import type { Kubelet } from './kubelet.ts';
import { runtimeResources } from './resize.ts';
import { containerHashLabel, podNameLabel, podNamespaceLabel, podUidLabel } from './pod-runtime.ts';
import type { PodOwner } from './pod-containers.ts';
import type { Container, Pod } from './types.ts';
import { hostnameOf } from './volumes.ts';

export function makeSandboxConfig(kubelet: Kubelet, pod: Pod, attempt: number): PodSandboxConfig {
  const namespace = pod.metadata.namespace ?? 'default';
  const { name, fqdn } = hostnameOf(pod, kubelet.config.clusterDomain);
  const dns = makeDns(kubelet, pod);
  const hostNetwork = pod.spec.hostNetwork === true;
  const portMappings = hostNetwork
    ? []
    : pod.spec.containers.flatMap((container) => (container.ports ?? []).filter((port) => (port.hostPort ?? 0) > 0).map((port) => ({ containerPort: port.containerPort, hostPort: port.hostPort ?? 0, protocol: port.protocol ?? 'TCP', ...(port.hostIP === undefined ? {} : { hostIp: port.hostIP }) })));
  return {
    metadata: { name: pod.metadata.name, namespace, uid: pod.metadata.uid ?? '', attempt },
    hostname: hostNetwork ? kubelet.host.hostname : pod.spec.setHostnameAsFQDN === true ? fqdn : name,
    hostNetwork,
    labels: { ...pod.metadata.labels, [podNameLabel]: pod.metadata.name, [podNamespaceLabel]: namespace, [podUidLabel]: pod.metadata.uid ?? '' },
    annotations: pod.metadata.annotations ?? {},
    ...(dns === undefined ? {} : { dns }),
    ...(pod.spec.securityContext?.sysctls === undefined ? {} : { sysctls: Object.fromEntries(pod.spec.securityContext.sysctls.map(({ name: key, value }) => [key, value])) }),
    portMappings,
  };
}

/** undefined: the node's own resolv.conf. */
function makeDns(kubelet: Kubelet, pod: Pod): PodSandboxConfig['dns'] {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const isCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && pod.spec.hostNetwork !== true);
  const own = pod.spec.dnsConfig;
  if (!isCluster && policy !== 'None' && own === undefined) return undefined;
  const domain = kubelet.config.clusterDomain;
  const namespace = pod.metadata.namespace ?? 'default';
  const base = isCluster
    ? { servers: kubelet.config.clusterDNS, searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain], options: ['ndots:5'] }
    : { servers: [], searches: [], options: [] };
  const options = (own?.options ?? []).map((option) => (option.value === undefined ? option.name : `${option.name}:${option.value}`));
  const overridden = new Set((own?.options ?? []).map((option) => option.name));
  return {
    servers: [...base.servers, ...(own?.nameservers ?? [])],
    searches: [...base.searches, ...(own?.searches ?? [])],
    options: [...base.options.filter((option) => !overridden.has(option.split(':')[0] ?? '')), ...options],
  };
}

/** Throws ConfigError. */
export function makeContainerConfig(kubelet: Kubelet, owner: Pick<PodOwner, 'pod' | 'resources' | 'volumes'>, asked: Container, podIP: string, attempt: number): ContainerConfig {
  // What is asked for beyond that waits until it is carried out.
  const pod = owner.resources.actual(owner.pod);
  const container = pod.spec.containers.find((each) => each.name === asked.name) ?? asked;
  const namespace = pod.metadata.namespace ?? 'default';
  const env = computeEnv(pod, container, {
    data: (kind, name) => kubelet.objects?.data(kind, namespace, name),
    services: kubelet.services(),
    podIP,
    hostIP: kubelet.addresses[0] ?? '',
    nodeName: kubelet.config.nodeName,
    allocatable: kubelet.allocatable(),
  });
  const values = new Map(env.map(({ name, value }) => [name, value]));
  const expanded = (words: readonly string[] | undefined): readonly string[] => (words ?? []).map((word) => expand(word, (name) => values.get(name)));
  const memory = container.resources?.limits?.['memory'];
  const ports = container.ports ?? [];
  const resources = runtimeResources(pod, container, kubelet.host.os.memoryBytes);
  return {
    metadata: { name: container.name, attempt },
    image: container.image ?? '',
    command: expanded(container.command),
    args: expanded(container.args),
    ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
    env,
    mounts: owner.volumes.mountsFor(pod, container, podIP, values),
    labels: {
      [podNameLabel]: pod.metadata.name,
      [podNamespaceLabel]: namespace,
      [podUidLabel]: pod.metadata.uid ?? '',
      'io.kubernetes.container.name': container.name,
      [containerHashLabel]: hashContainer(container),
    },
    annotations: ports.length === 0 ? {} : { 'io.kubernetes.container.ports': JSON.stringify(ports) },
    ...(container.tty === true ? { tty: true } : {}),
    ...(container.stdin === true ? { stdin: true } : {}),
    ...(container.stdinOnce === true ? { stdinOnce: true } : {}),
    ...(container.securityContext?.privileged === true ? { privileged: true } : {}),
    ...securityOf(pod, container),
    ...(resources === undefined ? {} : { resources }),
    ...(memory === undefined ? {} : { memoryLimitBytes: wholeValue(memory) }),
    ...(container.lifecycle?.stopSignal === undefined ? {} : { stopSignal: container.lifecycle.stopSignal }),
    logPath: `/var/log/pods/${namespace}_${pod.metadata.name}_${pod.metadata.uid ?? ''}/${container.name}/${attempt}.log`,
  };
}

/** Whether it must not run as root. */
export function wantsNonRoot(pod: Pod, container: Container): boolean {
  return (container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot) === true;
}

/** Throws ConfigError when it would run as root: by its own word, or by that of its image (`imageUid`). */
export function requireNonRoot(pod: Pod, container: Container, imageUid: number): void {
  const { runAsUser } = securityOf(pod, container);
  const who = `(pod: "${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}(${pod.metadata.uid ?? ''})", container: ${container.name})`;
  if (runAsUser === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${who}`);
  if (runAsUser === undefined && imageUid === 0) throw new ConfigError(`container has runAsNonRoot and image will run as root ${who}`);
}

/** The container's own settings go before the pod's. */
function securityOf(pod: Pod, container: Container): Pick<ContainerConfig, 'runAsUser' | 'runAsGroup' | 'supplementalGroups' | 'readonlyRootfs' | 'noNewPrivs'> {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  const groups = [...(shared.fsGroup === undefined ? [] : [shared.fsGroup]), ...(shared.supplementalGroups ?? [])];
  return {
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    ...(groups.length === 0 ? {} : { supplementalGroups: groups }),
    ...(own.readOnlyRootFilesystem === true ? { readonlyRootfs: true } : {}),
    ...(own.allowPrivilegeEscalation === false ? { noNewPrivs: true } : {}),
  };
}
