// What refusals quote of Go's internal structs: specs written as Go marshals them (Go names, declared order, every zero value said), and the unified diff of two.
import type { PodTemplateSpec } from './types/pod.ts';

/**
 * Fields of the internal structs, in order. `s` text, `n` number, `b` boolean, `p` pointer to a scalar, `m` map, `l` list of scalars, `*X` pointer to a struct, `=X` a struct, `[X` a list of structs.
 * A field's JSON name is its Go name with a small first letter, unless it is said behind a slash.
 */
const structTexts: Readonly<Record<string, string>> = {
  PodSpec:
    'Volumes[Volume InitContainers[Container Containers[Container EphemeralContainers[EphemeralContainer RestartPolicy:s TerminationGracePeriodSeconds:p ActiveDeadlineSeconds:p DNSPolicy/dnsPolicy:s NodeSelector:m ServiceAccountName:s AutomountServiceAccountToken:p NodeName:s SecurityContext*PodSecurityContext ImagePullSecrets[LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:p Affinity*Affinity SchedulerName:s Tolerations[Toleration HostAliases[HostAlias PriorityClassName:s Priority:p PreemptionPolicy:p DNSConfig/dnsConfig*PodDNSConfig ReadinessGates[PodReadinessGate RuntimeClassName:p Overhead:m EnableServiceLinks:p TopologySpreadConstraints[TopologySpreadConstraint OS/os*PodOS SchedulingGates[PodSchedulingGate ResourceClaims[PodResourceClaim Resources*ResourceRequirements HostnameOverride:p',
  Volume:
    'Name:s HostPath*HostPath EmptyDir*EmptyDir GCEPersistentDisk/gcePersistentDisk*Any AWSElasticBlockStore/awsElasticBlockStore*Any GitRepo*Any Secret*SecretVolume NFS/nfs*NFS ISCSI/iscsi*Any Glusterfs*Any PersistentVolumeClaim*Claim RBD/rbd*Any Quobyte*Any FlexVolume*Any Cinder*Any CephFS/cephfs*Any Flocker*Any DownwardAPI*DownwardVolume FC/fc*Any AzureFile*Any ConfigMap*ConfigMapVolume VsphereVolume*Any AzureDisk*Any PhotonPersistentDisk*Any Projected*Projected PortworxVolume*Any ScaleIO*Any StorageOS/storageos*Any CSI/csi*CSI Ephemeral*Any Image*ImageVolume',
  HostPath: 'Path:s Type:p',
  EmptyDir: 'Medium:s SizeLimit:p',
  SecretVolume: 'SecretName:s Items[KeyToPath DefaultMode:p Optional:p',
  ConfigMapVolume: 'Name:s Items[KeyToPath DefaultMode:p Optional:p',
  NFS: 'Server:s Path:s ReadOnly:b',
  Claim: 'ClaimName:s ReadOnly:b',
  CSI: 'Driver:s ReadOnly:p FSType/fsType:p VolumeAttributes:m NodePublishSecretRef*LocalObjectReference',
  ImageVolume: 'Reference:s PullPolicy:s',
  DownwardVolume: 'Items[DownwardItem DefaultMode:p',
  Projected: 'Sources[Projection DefaultMode:p',
  Projection: 'Secret*SecretProjection DownwardAPI*DownwardProjection ConfigMap*ConfigMapProjection ServiceAccountToken*TokenProjection ClusterTrustBundle*Any PodCertificate*Any',
  SecretProjection: 'Name:s Items[KeyToPath Optional:p',
  ConfigMapProjection: 'Name:s Items[KeyToPath Optional:p',
  DownwardProjection: 'Items[DownwardItem',
  TokenProjection: 'Audience:s ExpirationSeconds:n Path:s',
  KeyToPath: 'Key:s Path:s Mode:p',
  DownwardItem: 'Path:s FieldRef*FieldRef ResourceFieldRef*ResourceFieldRef Mode:p',
  FieldRef: 'APIVersion/apiVersion:s FieldPath:s',
  ResourceFieldRef: 'ContainerName:s Resource:s Divisor:s',
  Container:
    'Name:s Image:s Command:l Args:l WorkingDir:s Ports[Port EnvFrom[EnvFrom Env[Env Resources=ResourceRequirements ResizePolicy[ResizePolicy RestartPolicy:p RestartPolicyRules[Any VolumeMounts[VolumeMount VolumeDevices[VolumeDevice LivenessProbe*Probe ReadinessProbe*Probe StartupProbe*Probe Lifecycle*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext*SecurityContext Stdin:b StdinOnce:b TTY/tty:b',
  EphemeralContainer:
    'Name:s Image:s Command:l Args:l WorkingDir:s Ports[Port EnvFrom[EnvFrom Env[Env Resources=ResourceRequirements ResizePolicy[ResizePolicy RestartPolicy:p RestartPolicyRules[Any VolumeMounts[VolumeMount VolumeDevices[VolumeDevice LivenessProbe*Probe ReadinessProbe*Probe StartupProbe*Probe Lifecycle*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext*SecurityContext Stdin:b StdinOnce:b TTY/tty:b TargetContainerName:s',
  Port: 'Name:s HostPort:n ContainerPort:n Protocol:s HostIP/hostIP:s',
  EnvFrom: 'Prefix:s ConfigMapRef*NameRef SecretRef*NameRef',
  NameRef: 'Name:s Optional:p',
  Env: 'Name:s Value:s ValueFrom*EnvSource',
  EnvSource: 'FieldRef*FieldRef ResourceFieldRef*ResourceFieldRef ConfigMapKeyRef*KeyRef SecretKeyRef*KeyRef FileKeyRef*Any',
  KeyRef: 'Name:s Key:s Optional:p',
  ResourceRequirements: 'Limits:m Requests:m Claims[Any',
  ResizePolicy: 'ResourceName:s RestartPolicy:s',
  VolumeMount: 'Name:s ReadOnly:b RecursiveReadOnly:p MountPath:s SubPath:s MountPropagation:p SubPathExpr:s',
  VolumeDevice: 'Name:s DevicePath:s',
  Probe:
    'Exec*Exec HTTPGet/httpGet*HTTPGet TCPSocket/tcpSocket*TCPSocket GRPC/grpc*GRPC InitialDelaySeconds:n TimeoutSeconds:n PeriodSeconds:n SuccessThreshold:n FailureThreshold:n TerminationGracePeriodSeconds:p',
  Exec: 'Command:l',
  HTTPGet: 'Path:s Port:p Host:s Scheme:s HTTPHeaders/httpHeaders[Header',
  Header: 'Name:s Value:s',
  TCPSocket: 'Port:p Host:s',
  GRPC: 'Port:n Service:p',
  Lifecycle: 'PostStart*Handler PreStop*Handler StopSignal:p',
  Handler: 'Exec*Exec HTTPGet/httpGet*HTTPGet TCPSocket/tcpSocket*TCPSocket Sleep*Sleep',
  Sleep: 'Seconds:n',
  SecurityContext:
    'Capabilities*Capabilities Privileged:p SELinuxOptions/seLinuxOptions*Any WindowsOptions*Any RunAsUser:p RunAsGroup:p RunAsNonRoot:p ReadOnlyRootFilesystem:p AllowPrivilegeEscalation:p ProcMount:p SeccompProfile*Profile AppArmorProfile*Profile',
  Capabilities: 'Add:l Drop:l',
  Profile: 'Type:s LocalhostProfile:p',
  PodSecurityContext:
    'HostNetwork:h HostPID/hostPID:h HostIPC/hostIPC:h ShareProcessNamespace:h HostUsers:h SELinuxOptions/seLinuxOptions*Any WindowsOptions*Any RunAsUser:p RunAsGroup:p RunAsNonRoot:p SupplementalGroups:l SupplementalGroupsPolicy:p FSGroup/fsGroup:p FSGroupChangePolicy/fsGroupChangePolicy:p Sysctls[Sysctl SeccompProfile*Profile AppArmorProfile*Profile SELinuxChangePolicy/seLinuxChangePolicy:p',
  Sysctl: 'Name:s Value:s',
  LocalObjectReference: 'Name:s',
  Affinity: 'NodeAffinity*Any PodAffinity*Any PodAntiAffinity*Any',
  Toleration: 'Key:s Operator:s Value:s Effect:s TolerationSeconds:p',
  HostAlias: 'IP/ip:s Hostnames:l',
  PodDNSConfig: 'Nameservers:l Searches:l Options[DnsOption',
  DnsOption: 'Name:s Value:p',
  PodReadinessGate: 'ConditionType:s',
  TopologySpreadConstraint: 'MaxSkew:n TopologyKey:s WhenUnsatisfiable:s LabelSelector*LabelSelector MinDomains:p NodeAffinityPolicy:p NodeTaintsPolicy:p MatchLabelKeys:l',
  LabelSelector: 'MatchLabels/matchLabels:q MatchExpressions/matchExpressions:o',
  PodOS: 'Name:s',
  PodSchedulingGate: 'Name:s',
  PodResourceClaim: 'Name:s ResourceClaimName:p ResourceClaimTemplateName:p',
  PersistentVolumeClaimSpec: 'AccessModes:l Selector*LabelSelector Resources=VolumeResources VolumeName:s StorageClassName:p VolumeMode:p DataSource*TypedReference DataSourceRef*TypedReference VolumeAttributesClassName:p',
  VolumeResources: 'Limits:m Requests:m',
  TypedReference: 'APIGroup/apiGroup:p Kind:s Name:s Namespace:p',
};

interface GoField {
  readonly go: string;
  readonly json: string;
  readonly mark: string;
  readonly type: string;
}
const structs = new Map<string, readonly GoField[]>();

function fieldsOf(struct: string): readonly GoField[] {
  let fields = structs.get(struct);
  if (fields === undefined) {
    fields = (structTexts[struct] ?? '').split(' ').filter((word) => word !== '').map((word) => {
      const match = /^([A-Za-z]+)(?:\/([A-Za-z]+))?([:*=[])(.*)$/.exec(word) as RegExpExecArray;
      const go = match[1] ?? '';
      return { go, json: match[2] ?? go.charAt(0).toLowerCase() + go.slice(1), mark: match[3] ?? ':', type: match[4] ?? '' };
    });
    structs.set(struct, fields);
  }
  return fields;
}

/** The value as Go would have it: fields in order, absent ones with their zero. */
function asGo(struct: string, value: Readonly<Record<string, unknown>>, pod: object): Readonly<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const { go, json, mark, type } of fieldsOf(struct)) {
    // Host namespaces live in the internal security context.
    const given = type === 'h' ? (pod as Readonly<Record<string, unknown>>)[json] : value[json];
    out[go] = goValue(mark, type, given, pod);
    if (mark === ':' && type === 'h' && json !== 'shareProcessNamespace' && json !== 'hostUsers') out[go] = given ?? false;
  }
  return out;
}

const zeros: Readonly<Record<string, unknown>> = { s: '', n: 0, b: false };

function goValue(mark: string, type: string, given: unknown, pod: object): unknown {
  if (mark === ':' && type === 'm' && typeof given === 'object' && given !== null) return sorted(given as Readonly<Record<string, unknown>>);
  if (mark === ':') return given ?? (type in zeros ? zeros[type] : null);
  if (mark === '=') return asGo(type, (given ?? {}) as Readonly<Record<string, unknown>>, pod);
  if (given === undefined || given === null) return null;
  if (type === 'Any') return goNames(given);
  if (mark === '[') return (given as readonly Readonly<Record<string, unknown>>[]).map((each) => asGo(type, each, pod));
  return asGo(type, given as Readonly<Record<string, unknown>>, pod);
}

/** Rarely met structs: what was given, under Go's names. */
function goNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.charAt(0).toUpperCase() + key.slice(1), goNames(each)]));
}

type GoStruct = 'PodSpec' | 'PersistentVolumeClaimSpec';
const dump = (struct: GoStruct, spec: object): Readonly<Record<string, unknown>> => asGo(struct, spec as Readonly<Record<string, unknown>>, spec);

export function goDiff(struct: GoStruct, old: object, next: object): string {
  const text = (spec: object): string[] => JSON.stringify(dump(struct, spec), null, 2).split('\n');
  return unifiedDiff(text(old), text(next));
}

/** Go writes maps in the order of their keys. */
const sorted = (map: Readonly<Record<string, unknown>>): object => Object.fromEntries(Object.keys(map).sort().map((key) => [key, map[key]]));

/** A pod template in one line, as a refusal quotes it: its metadata under their JSON names, its spec under Go's. */
export function goTemplateText(template: PodTemplateSpec): string {
  const metadata = Object.fromEntries(Object.entries(template.metadata ?? {}).map(([key, value]) => [key, key === 'labels' || key === 'annotations' ? sorted(value as Readonly<Record<string, string>>) : value]));
  return JSON.stringify({ ...metadata, Spec: dump('PodSpec', template.spec ?? {}) });
}

interface Change {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

function changes(a: readonly string[], b: readonly string[]): Change[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const rows = endA - start;
  const width = endB - start + 1;
  // Longest common subsequence of what lies between the common ends.
  const lengths = new Int32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = width - 2; j >= 0; j--) {
      lengths[i * width + j] =
        a[start + i] === b[start + j] ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  const out: Change[] = a.slice(0, start).map((line) => ({ sign: ' ', line }));
  let i = 0;
  let j = 0;
  while (i < rows || j < width - 1) {
    if (i < rows && j < width - 1 && a[start + i] === b[start + j]) {
      out.push({ sign: ' ', line: a[start + i] ?? '' });
      i++;
      j++;
    } else if (i < rows && (j >= width - 1 || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))) out.push({ sign: '-', line: a[start + i++] ?? '' });
    else out.push({ sign: '+', line: b[start + j++] ?? '' });
  }
  for (const line of a.slice(endA)) out.push({ sign: ' ', line });
  return out;
}

const context = 3;

/** Unified diff without file names; difflib's form. */
export function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  const all = changes(a, b);
  const out: string[] = [];
  for (let at = 0; at < all.length; ) {
    const first = all.findIndex((change, index) => index >= at && change.sign !== ' ');
    if (first < 0) break;
    let end = first;
    // A hunk goes on while the next change is within two contexts.
    for (let index = first; index < all.length && index - end <= context * 2; index++) if (all[index]?.sign !== ' ') end = index;
    const from = Math.max(at, first - context);
    const to = Math.min(all.length, end + context + 1);
    const before = all.slice(0, from);
    const hunk = all.slice(from, to);
    const range = (sign: '-' | '+'): string => {
      const begin = before.filter((change) => change.sign === ' ' || change.sign === sign).length + 1;
      const count = hunk.filter((change) => change.sign === ' ' || change.sign === sign).length;
      return count === 1 ? String(begin) : `${count === 0 ? begin - 1 : begin},${count}`;
    };
    out.push(`@@ -${range('-')} +${range('+')} @@`, ...hunk.map((change) => change.sign + change.line));
    at = to;
  }
  return `${out.join('\n')}\n`;
}
