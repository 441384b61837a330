// PodSecurity: the standards `baseline` and `restricted`, as labels of a namespace ask for them; violations refuse pods and warn about templates.
import { forbidden } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionPlugin, type AdmissionRequest, type Fields, fieldsOf, isMirrorPod, isPodCreate, specOf } from './plugin.ts';

const templates = new Set(['deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'daemonsets.apps', 'jobs.batch', 'cronjobs.batch', 'replicationcontrollers.', 'podtemplates.']);
const prefix = 'pod-security.kubernetes.io/';
type Level = 'privileged' | 'baseline' | 'restricted';

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  handles: (request) => request.subresource === '' && request.operation !== 'DELETE' && (isPodCreate(request) || (request.operation !== 'CONNECT' && templates.has(`${request.resource}.${request.group}`))),
  validate(request, { collections, warn }) {
    const labels = collections.get('namespaces', '', request.namespace)?.metadata.labels;
    if (labels === undefined) return;
    const enforce = policyOf(labels, 'enforce');
    const warning = policyOf(labels, 'warn');
    if (enforce === undefined && warning === undefined) return;
    const object = request.object as StoredObject;
    if (request.resource === 'pods' && isMirrorPod(object)) return;
    const spec = podSpecOf(request);
    if (spec === undefined) return;
    if (request.resource === 'pods' && enforce !== undefined) {
      const problems = evaluate(spec, enforce.level);
      if (problems.length > 0) throw forbidden(request, object.metadata.name, `violates PodSecurity "${enforce.level}:${enforce.version}": ${problems.join(', ')}`);
    }
    if (warning !== undefined) {
      const problems = evaluate(spec, warning.level);
      if (problems.length > 0) warn(`would violate PodSecurity "${warning.level}:${warning.version}": ${problems.join(', ')}`);
    }
  },
};

function policyOf(labels: Readonly<Record<string, string>>, mode: string): { level: Level; version: string } | undefined {
  const level = labels[`${prefix}${mode}`];
  if (level !== 'baseline' && level !== 'restricted') return undefined;
  return { level, version: labels[`${prefix}${mode}-version`] ?? 'latest' };
}

function podSpecOf(request: AdmissionRequest): Fields | undefined {
  const spec = specOf(request.object);
  if (request.resource === 'pods') return spec;
  if (request.resource === 'cronjobs') return fieldsOf(fieldsOf(fieldsOf(fieldsOf(spec['jobTemplate'])['spec'])['template'])['spec']);
  if (request.resource === 'podtemplates') return fieldsOf(fieldsOf(request.object?.['template'])['spec']);
  return fieldsOf(fieldsOf(spec['template'])['spec']);
}

interface Container extends Fields {
  readonly name: string;
}
const baselineCapabilities = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT']);
const safeSysctls = new Set(['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start', 'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']);
const restrictedVolumes = new Set(['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret', 'image']);

const securityOf = (owner: Fields): Fields => fieldsOf(owner['securityContext']);
const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
const containersText = (names: readonly string[]): string => `container${names.length > 1 ? 's' : ''} ${list(names)}`;

/** What the pod does that the standard does not allow, in the words of the real checks. */
export function evaluate(spec: Fields, level: Level): string[] {
  const containers = [...((spec['initContainers'] ?? []) as readonly Container[]), ...((spec['containers'] ?? []) as readonly Container[]), ...((spec['ephemeralContainers'] ?? []) as readonly Container[])];
  const bad = (test: (container: Container) => boolean): string[] => containers.filter(test).map((container) => container.name);
  const volumes = (spec['volumes'] ?? []) as readonly Fields[];
  const problems: string[] = [];
  const say = (text: string): void => void problems.push(text);
  const pod = securityOf(spec);

  const namespaces = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true).map((field) => `${field}=true`);
  const restricted = level === 'restricted';

  // In the order of the registered checks (by id).
  if (restricted) {
    const escalating = bad((container) => securityOf(container)['allowPrivilegeEscalation'] !== false);
    if (escalating.length > 0) say(`allowPrivilegeEscalation != false (${containersText(escalating)} must set securityContext.allowPrivilegeEscalation=false)`);
  }
  const added = (container: Container): readonly string[] => (fieldsOf(securityOf(container)['capabilities'])['add'] ?? []) as readonly string[];
  if (restricted) {
    const undropped = bad((container) => !((fieldsOf(securityOf(container)['capabilities'])['drop'] ?? []) as readonly string[]).includes('ALL'));
    const extra = bad((container) => added(container).some((each) => each !== 'NET_BIND_SERVICE'));
    const parts: string[] = [];
    if (undropped.length > 0) parts.push(`${containersText(undropped)} must set securityContext.capabilities.drop=["ALL"]`);
    if (extra.length > 0) parts.push(`${containersText(extra)} must not include ${list([...new Set(containers.flatMap(added).filter((each) => each !== 'NET_BIND_SERVICE'))].sort())} in securityContext.capabilities.add`);
    if (parts.length > 0) say(`unrestricted capabilities (${parts.join('; ')})`);
  } else {
    const extra = bad((container) => added(container).some((each) => !baselineCapabilities.has(each)));
    if (extra.length > 0) say(`non-default capabilities (${containersText(extra)} must not include ${list([...new Set(containers.flatMap(added).filter((each) => !baselineCapabilities.has(each)))].sort())} in securityContext.capabilities.add)`);
  }
  if (namespaces.length > 0) say(`host namespaces (${namespaces.join(', ')})`);
  const hostPaths = volumes.filter((volume) => volume['hostPath'] !== undefined).map((volume) => String(volume['name']));
  if (hostPaths.length > 0 && !restricted) say(`hostPath volumes (volume${hostPaths.length > 1 ? 's' : ''} ${list(hostPaths)})`);
  const portsOf = (container: Container): number[] => ((container['ports'] ?? []) as readonly Fields[]).map((port) => Number(port['hostPort'] ?? 0)).filter((port) => port !== 0);
  const hostPorts = bad((container) => portsOf(container).length > 0);
  if (hostPorts.length > 0) say(`hostPort (${containersText(hostPorts)} use${hostPorts.length > 1 ? '' : 's'} hostPort${containers.flatMap(portsOf).length > 1 ? 's' : ''} ${[...new Set(containers.flatMap(portsOf))].join(', ')})`);
  const privileged = bad((container) => securityOf(container)['privileged'] === true);
  if (privileged.length > 0) say(`privileged (${containersText(privileged)} must not set securityContext.privileged=true)`);
  if (restricted) {
    const odd = volumes.filter((volume) => Object.keys(volume).some((key) => key !== 'name' && !restrictedVolumes.has(key)));
    if (odd.length > 0) {
      const types = [...new Set(odd.flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name')))].sort();
      say(`restricted volume types (volume${odd.length > 1 ? 's' : ''} ${list(odd.map((volume) => String(volume['name'])))} use${odd.length > 1 ? '' : 's'} restricted volume type${types.length > 1 ? 's' : ''} ${list(types)})`);
    }
    const podNonRoot = pod['runAsNonRoot'];
    const explicit = bad((container) => securityOf(container)['runAsNonRoot'] === false);
    const implicit = bad((container) => securityOf(container)['runAsNonRoot'] === undefined);
    if (podNonRoot === false || explicit.length > 0) {
      const parts = [...(podNonRoot === false ? ['pod must not set securityContext.runAsNonRoot=false'] : []), ...(explicit.length > 0 ? [`${containersText(explicit)} must not set securityContext.runAsNonRoot=false`] : [])];
      say(`runAsNonRoot != true (${parts.join('; ')})`);
    } else if (podNonRoot !== true && implicit.length > 0) say(`runAsNonRoot != true (pod or ${containersText(implicit)} must set securityContext.runAsNonRoot=true)`);
    const rootUsers = bad((container) => securityOf(container)['runAsUser'] === 0);
    if (pod['runAsUser'] === 0 || rootUsers.length > 0) {
      const parts = [...(pod['runAsUser'] === 0 ? ['pod'] : []), ...(rootUsers.length > 0 ? [containersText(rootUsers)] : [])];
      say(`runAsUser=0 (${parts.join(' and ')} must not set runAsUser=0)`);
    }
  }
  const typeOf = (owner: Fields): unknown => fieldsOf(securityOf(owner)['seccompProfile'])['type'];
  const podProfile = typeOf(spec);
  const unconfined = bad((container) => typeOf(container) === 'Unconfined');
  if (podProfile === 'Unconfined' || unconfined.length > 0) {
    const parts = [...(podProfile === 'Unconfined' ? ['pod'] : []), ...(unconfined.length > 0 ? [containersText(unconfined)] : [])];
    say(`seccompProfile (${parts.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined")`);
  } else if (restricted && podProfile === undefined) {
    const open = bad((container) => typeOf(container) === undefined);
    if (open.length > 0) say(`seccompProfile (pod or ${containersText(open)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`);
  }
  const sysctls = ((pod['sysctls'] ?? []) as readonly Fields[]).map((each) => String(each['name'])).filter((name) => !safeSysctls.has(name));
  if (sysctls.length > 0) say(`forbidden sysctls (${sysctls.join(', ')})`);
  return problems;
}
