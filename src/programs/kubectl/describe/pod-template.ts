// Containers and volumes, of pods and of pod templates.
import type { Any } from '../kubectl.ts';
import { annotationsMultiline, labelsMultiline, orNone, rfc1123, tolerationsMultiline } from './writer.ts';
import type { DescribeWriter } from './writer.ts';

export function describePodTemplate(w: DescribeWriter, template: Any): void {
  w.line('Pod Template:');
  if (template === undefined) return w.at(1, '<unset>');
  const { metadata = {}, spec = {} } = template;
  labelsMultiline(w, '  Labels', metadata.labels);
  if (Object.keys(metadata.annotations ?? {}).length > 0) annotationsMultiline(w, '  Annotations', metadata.annotations);
  if ((spec.serviceAccountName ?? '') !== '') w.at(1, `Service Account:\t${spec.serviceAccountName}`);
  if ((spec.initContainers ?? []).length > 0) describeContainers(w, 'Init Containers', spec.initContainers, undefined, '  ');
  describeContainers(w, 'Containers', spec.containers ?? [], undefined, '  ');
  describeVolumes(w, spec.volumes, '  ');
  describeSpread(w, spec.topologySpreadConstraints, '  ');
  if ((spec.priorityClassName ?? '') !== '') w.at(1, `Priority Class Name:\t${spec.priorityClassName}`);
  labelsMultiline(w, '  Node-Selectors', spec.nodeSelector);
  tolerationsMultiline(w, '  Tolerations', spec.tolerations);
}

export function describeSpread(w: DescribeWriter, constraints: readonly Any[] | undefined, space: string): void {
  if (constraints === undefined || constraints.length === 0) return;
  w.write(0, `${space}Topology Spread Constraints:\t`);
  [...constraints].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1)).forEach((each, index) => {
    let text = `${index === 0 ? '' : `${space}\t`}${each.topologyKey}:${each.whenUnsatisfiable} when max skew ${each.maxSkew} is exceeded`;
    const selector = each.labelSelector;
    if (selector !== undefined) text += ` for selector ${Object.keys(selector.matchLabels ?? {}).sort().map((key) => `${key}=${selector.matchLabels[key]}`).join(',')}`;
    w.line(text);
  });
}

export function describeContainers(w: DescribeWriter, label: string, containers: readonly Any[], statuses: readonly Any[] | undefined, space: string, resolve?: (path: string) => string): void {
  w.line(`${space}${label}:${containers.length === 0 ? ' <none>' : ''}`);
  for (const container of containers) {
    const status = statuses?.find((each) => each.name === container.name);
    w.at(1, `${space === '' ? '' : ' '}${container.name}:`);
    if (status !== undefined) w.at(2, `Container ID:\t${status.containerID ?? ''}`);
    w.at(2, `Image:\t${container.image ?? ''}`);
    if (status !== undefined) w.at(2, `Image ID:\t${status.imageID ?? ''}`);
    ports(w, container);
    const seccomp = container.securityContext?.seccompProfile;
    if (seccomp !== undefined) {
      w.at(2, `SeccompProfile:\t${seccomp.type}`);
      if (seccomp.type === 'Localhost') w.at(3, `LocalhostProfile:\t${seccomp.localhostProfile ?? ''}`);
    }
    list(w, 'Command', container.command);
    list(w, 'Args', container.args);
    if (status !== undefined) {
      state(w, 'State', status.state);
      if (status.lastState?.terminated !== undefined) state(w, 'Last State', status.lastState);
      w.at(2, `Ready:\t${status.ready === true ? 'True' : 'False'}`);
      w.at(2, `Restart Count:\t${status.restartCount ?? 0}`);
    }
    describeResources(w, container.resources, 2);
    if (container.livenessProbe !== undefined) w.at(2, `Liveness:\t${probeText(container.livenessProbe)}`);
    if (container.readinessProbe !== undefined) w.at(2, `Readiness:\t${probeText(container.readinessProbe)}`);
    if (container.startupProbe !== undefined) w.at(2, `Startup:\t${probeText(container.startupProbe)}`);
    environment(w, container, resolve);
    const mounts: Any[] = [...(container.volumeMounts ?? [])].sort((a: Any, b: Any) => (a.mountPath < b.mountPath ? -1 : 1));
    w.at(2, `Mounts:${mounts.length === 0 ? '\t<none>' : ''}`);
    for (const mount of mounts) w.at(3, `${mount.mountPath} from ${mount.name} (${mount.readOnly === true ? 'ro' : 'rw'}${(mount.subPath ?? '') === '' ? '' : `,path="${mount.subPath}"`})`);
    const devices: Any[] = container.volumeDevices ?? [];
    if (devices.length > 0) {
      w.at(2, 'Devices:');
      for (const device of devices) w.at(3, `${device.devicePath} from ${device.name}`);
    }
  }
}

function ports(w: DescribeWriter, container: Any): void {
  const all: Any[] = container.ports ?? [];
  const shown = all.map((port) => `${port.containerPort}/${port.protocol ?? 'TCP'}${(port.name ?? '') === '' ? '' : ` (${port.name})`}`).join(', ');
  const hosts = all.map((port) => `${port.hostPort ?? 0}/${port.protocol ?? 'TCP'}${(port.name ?? '') === '' ? '' : ` (${port.name})`}`).join(', ');
  w.at(2, all.length > 1 ? `Ports:\t${shown}` : `Port:\t${orNone(shown)}`);
  w.at(2, all.length > 1 ? `Host Ports:\t${hosts}` : `Host Port:\t${orNone(hosts)}`);
}

function list(w: DescribeWriter, title: string, words: readonly string[] | undefined): void {
  if (words === undefined || words.length === 0) return;
  w.at(2, `${title}:`);
  for (const word of words) for (const line of word.split('\n')) w.at(3, line);
}

function state(w: DescribeWriter, name: string, value: Any): void {
  if (value?.running !== undefined) {
    w.at(2, `${name}:\tRunning`);
    w.at(3, `Started:\t${rfc1123(value.running.startedAt)}`);
  } else if (value?.waiting !== undefined) {
    w.at(2, `${name}:\tWaiting`);
    if ((value.waiting.reason ?? '') !== '') w.at(3, `Reason:\t${value.waiting.reason}`);
  } else if (value?.terminated !== undefined) {
    const ended = value.terminated;
    w.at(2, `${name}:\tTerminated`);
    if ((ended.reason ?? '') !== '') w.at(3, `Reason:\t${ended.reason}`);
    if ((ended.message ?? '') !== '') w.at(3, `Message:\t${ended.message}`);
    w.at(3, `Exit Code:\t${ended.exitCode ?? 0}`);
    if ((ended.signal ?? 0) > 0) w.at(3, `Signal:\t${ended.signal}`);
    w.at(3, `Started:\t${rfc1123(ended.startedAt)}`);
    w.at(3, `Finished:\t${rfc1123(ended.finishedAt)}`);
  } else w.at(2, `${name}:\tWaiting`);
}

export function describeResources(w: DescribeWriter, resources: Any, level: number): void {
  for (const [title, values] of [['Limits', resources?.limits], ['Requests', resources?.requests]] as const) {
    if (values === undefined || Object.keys(values).length === 0) continue;
    w.at(level, `${title}:`);
    for (const name of Object.keys(values).sort()) w.at(level + 1, `${name}:\t${values[name]}`);
  }
}

function probeText(probe: Any): string {
  const attributes = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s #success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`;
  if (probe.exec !== undefined) return `exec [${(probe.exec.command ?? []).join(' ')}] ${attributes}`;
  if (probe.httpGet !== undefined) {
    const { scheme = 'HTTP', host = '', port = '', path = '' } = probe.httpGet;
    return `http-get ${String(scheme).toLowerCase()}://${host}${String(port) === '' ? '' : `:${port}`}${path} ${attributes}`;
  }
  if (probe.tcpSocket !== undefined) return `tcp-socket ${probe.tcpSocket.host ?? ''}:${probe.tcpSocket.port} ${attributes}`;
  if (probe.grpc !== undefined) return `grpc <pod>:${probe.grpc.port} ${probe.grpc.service ?? ''} ${attributes}`;
  return `unknown ${attributes}`;
}

function environment(w: DescribeWriter, container: Any, resolve?: (path: string) => string): void {
  const from: Any[] = container.envFrom ?? [];
  if (from.length > 0) {
    w.at(2, 'Environment Variables from:');
    for (const each of from) {
      const ref = each.configMapRef ?? each.secretRef;
      const kind = each.configMapRef === undefined ? 'Secret' : 'ConfigMap';
      w.at(3, `${ref.name}\t${kind}${(each.prefix ?? '') === '' ? '' : ` with prefix '${each.prefix}'`}\tOptional: ${ref.optional === true}`);
    }
  }
  const env: Any[] = container.env ?? [];
  w.at(2, `Environment:${env.length === 0 ? '\t<none>' : ''}`);
  for (const each of env) {
    const source = each.valueFrom;
    if (source === undefined) String(each.value ?? '').split('\n').forEach((line, index) => w.at(3, index === 0 ? `${each.name}:\t${line}` : `\t${line}`));
    else if (source.fieldRef !== undefined) w.at(3, `${each.name}:\t${resolve?.(source.fieldRef.fieldPath) ?? ''} (${source.fieldRef.apiVersion ?? 'v1'}:${source.fieldRef.fieldPath})`);
    else if (source.resourceFieldRef !== undefined) w.at(3, `${each.name}:\t${resourceValue(container, source.resourceFieldRef)} (${source.resourceFieldRef.resource})`);
    else if (source.secretKeyRef !== undefined) w.at(3, `${each.name}:\t<set to the key '${source.secretKeyRef.key}' in secret '${source.secretKeyRef.name}'>\tOptional: ${source.secretKeyRef.optional === true}`);
    else if (source.configMapKeyRef !== undefined) w.at(3, `${each.name}:\t<set to the key '${source.configMapKeyRef.key}' of config map '${source.configMapKeyRef.name}'>\tOptional: ${source.configMapKeyRef.optional === true}`);
  }
}

function resourceValue(container: Any, ref: Any): string {
  const [list = '', name = ''] = String(ref.resource).split('.');
  const value = container.resources?.[list]?.[name];
  return value ?? (list === 'limits' ? 'node allocatable' : '0');
}

export function describeVolumes(w: DescribeWriter, volumes: readonly Any[] | undefined, space: string): void {
  if (volumes === undefined || volumes.length === 0) return w.line(`${space}Volumes:\t<none>`);
  w.line(`${space}Volumes:`);
  for (const volume of volumes) {
    w.at(1, `${space === '' ? '' : ' '}${volume.name}:`);
    for (const line of volumeLines(volume)) w.at(2, line);
  }
}

function volumeLines(volume: Any): string[] {
  const yes = (value: unknown): string => String(value === true);
  if (volume.hostPath !== undefined) return ['Type:\tHostPath (bare host directory volume)', `Path:\t${volume.hostPath.path}`, `HostPathType:\t${volume.hostPath.type ?? ''}`];
  if (volume.emptyDir !== undefined) return ["Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)", `Medium:\t${volume.emptyDir.medium ?? ''}`, `SizeLimit:\t${volume.emptyDir.sizeLimit ?? '<unset>'}`];
  if (volume.secret !== undefined) return ['Type:\tSecret (a volume populated by a Secret)', `SecretName:\t${volume.secret.secretName}`, `Optional:\t${yes(volume.secret.optional)}`];
  if (volume.configMap !== undefined) return ['Type:\tConfigMap (a volume populated by a ConfigMap)', `Name:\t${volume.configMap.name}`, `Optional:\t${yes(volume.configMap.optional)}`];
  if (volume.persistentVolumeClaim !== undefined) return ['Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)', `ClaimName:\t${volume.persistentVolumeClaim.claimName}`, `ReadOnly:\t${yes(volume.persistentVolumeClaim.readOnly)}`];
  if (volume.downwardAPI !== undefined) return ['Type:\tDownwardAPI (a volume populated by information about the pod)', 'Items:', ...(volume.downwardAPI.items ?? []).map((item: Any) => `  ${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}`)];
  if (volume.projected !== undefined) {
    const lines = ['Type:\tProjected (a volume that contains injected data from multiple sources)'];
    for (const source of volume.projected.sources ?? []) {
      if (source.secret !== undefined) lines.push(`SecretName:\t${source.secret.name}`, `Optional:\t${yes(source.secret.optional)}`);
      else if (source.downwardAPI !== undefined) lines.push('DownwardAPI:\ttrue');
      else if (source.configMap !== undefined) lines.push(`ConfigMapName:\t${source.configMap.name}`, `Optional:\t${yes(source.configMap.optional)}`);
      else if (source.serviceAccountToken !== undefined) lines.push(`TokenExpirationSeconds:\t${source.serviceAccountToken.expirationSeconds}`);
    }
    return lines;
  }
  if (volume.nfs !== undefined) return ['Type:\tNFS (an NFS mount that lasts the lifetime of a pod)', `Server:\t${volume.nfs.server}`, `Path:\t${volume.nfs.path}`, `ReadOnly:\t${yes(volume.nfs.readOnly)}`];
  if (volume.csi !== undefined) return ['Type:\tCSI (a Container Storage Interface (CSI) volume source)', `Driver:\t${volume.csi.driver}`, `FSType:\t${volume.csi.fsType ?? ''}`, `ReadOnly:\t${yes(volume.csi.readOnly)}`];
  if (volume.ephemeral !== undefined) return ['Type:\tEphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)'];
  if (volume.image !== undefined) return ['Type:\tImage (a container image or OCI artifact)', `Reference:\t${volume.image.reference}`, `PullPolicy:\t${volume.image.pullPolicy ?? ''}`];
  return ['<unknown>'];
}
