// The Pod Security Standards: each check of `baseline` and `restricted` as k8s.io/pod-security-admission/policy has it, with its words.
import { type Fields, fieldsOf } from './plugin.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

export interface LevelVersion {
  readonly level: Level;
  /** The minor of v1.N; Infinity is `latest`. */
  readonly minor: number;
}

export const levelText = ({ level, minor }: LevelVersion): string => `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;

export interface Violation {
  /** e.g. `hostPath volumes` */
  readonly reason: string;
  /** e.g. `volume "logs"` */
  readonly detail: string;
}

interface Container extends Fields {
  readonly name: string;
}

/** A pod as the checks look at it. */
interface Subject {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Fields;
  readonly security: Fields;
  readonly containers: readonly Container[];
  readonly volumes: readonly Fields[];
  readonly isWindows: boolean;
  readonly ownUsers: boolean;
  readonly minor: number;
}

type Check = (pod: Subject) => Violation | undefined;

/** What the pod does that the standard forbids, in the order of the checks' ids: those of baseline, then those of restricted. */
export function violations(policy: LevelVersion, annotations: Readonly<Record<string, string>> | undefined, spec: Fields): readonly Violation[] {
  if (policy.level === 'privileged') return [];
  const listed = (name: string): readonly Container[] => (spec[name] ?? []) as readonly Container[];
  const pod: Subject = {
    annotations: annotations ?? {},
    spec,
    security: securityOf(spec),
    containers: [...listed('initContainers'), ...listed('containers'), ...listed('ephemeralContainers')],
    volumes: (spec['volumes'] ?? []) as readonly Fields[],
    isWindows: fieldsOf(spec['os'])['name'] === 'windows' && policy.minor >= 25,
    ownUsers: spec['hostUsers'] === false && policy.minor >= 35,
    minor: policy.minor,
  };
  const checks = policy.level === 'restricted' ? [...baseline, ...restricted] : [...baseline, ...baselineAlone];
  return checks.flatMap((check) => check(pod) ?? []);
}

const securityOf = (owner: Fields): Fields => fieldsOf(owner['securityContext']);
const quoted = (values: readonly string[]): string => values.map((value) => JSON.stringify(value)).join(', ');
const plural = (word: string, count: number): string => (count === 1 ? word : `${word}s`);
const uses = (count: number): string => (count === 1 ? 'uses' : 'use');
const containersText = (names: readonly string[]): string => `${plural('container', names.length)} ${quoted(names)}`;
const unique = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();
const namesOf = (pod: Subject, test: (container: Container) => boolean): readonly string[] => pod.containers.filter(test).map(({ name }) => name);
/** `pod and container "a"` */
const setters = (pod: boolean, names: readonly string[]): string => [...(pod ? ['pod'] : []), ...(names.length > 0 ? [containersText(names)] : [])].join(' and ');

// ---------------------------------------------------------------- baseline

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

const appArmorProfile: Check = (pod) => {
  const odd = (owner: Fields): string | undefined => {
    const type = fieldsOf(owner['appArmorProfile'])['type'];
    return type === undefined || type === 'RuntimeDefault' || type === 'Localhost' ? undefined : String(type);
  };
  const bad = namesOf(pod, (container) => odd(securityOf(container)) !== undefined);
  const annotated = Object.entries(pod.annotations)
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const own = odd(pod.security);
  if (own === undefined && bad.length === 0 && annotated.length === 0) return undefined;
  const values = [...unique([own, ...pod.containers.map((container) => odd(securityOf(container)))].filter((each): each is string => each !== undefined)), ...annotated];
  const who = [setters(own !== undefined, bad), ...(annotated.length > 0 ? [plural('annotation', annotated.length)] : [])].filter((each) => each !== '').join(' and ');
  return { reason: plural('forbidden AppArmor profile', values.length), detail: `${who} must not set AppArmor profile type to ${quoted(values)}` };
};

const hostNamespaces: Check = ({ spec }) => {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') };
};

const portsOf = (container: Container): readonly string[] => ((container['ports'] ?? []) as readonly Fields[]).map((port) => Number(port['hostPort'] ?? 0)).filter((port) => port !== 0).map(String);

const hostPorts: Check = (pod) => {
  const bad = namesOf(pod, (container) => portsOf(container).length > 0);
  const ports = unique(pod.containers.flatMap(portsOf));
  return bad.length === 0 ? undefined : { reason: 'hostPort', detail: `${containersText(bad)} ${uses(bad.length)} ${plural('hostPort', ports.length)} ${ports.join(', ')}` };
};

function calledHosts(container: Container): readonly string[] {
  const lifecycle = fieldsOf(container['lifecycle']);
  const handlers = [container['livenessProbe'], container['readinessProbe'], container['startupProbe'], lifecycle['postStart'], lifecycle['preStop']].map(fieldsOf);
  return handlers.flatMap((handler) => ['httpGet', 'tcpSocket'].map((how) => String(fieldsOf(handler[how])['host'] ?? ''))).filter((host) => host !== '');
}

const hostProbes: Check = (pod) => {
  if (pod.minor < 34) return undefined;
  const bad = unique(namesOf(pod, (container) => calledHosts(container).length > 0));
  const hosts = unique(pod.containers.flatMap(calledHosts));
  return bad.length === 0 ? undefined : { reason: 'probe or lifecycle host', detail: `${containersText(bad)} ${uses(bad.length)} ${plural('probe or lifecycle host', hosts.length)} ${quoted(hosts)}` };
};

const privileged: Check = (pod) => {
  const bad = namesOf(pod, (container) => securityOf(container)['privileged'] === true);
  return bad.length === 0 ? undefined : { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` };
};

const procMount: Check = (pod) => {
  const odd = (container: Container): boolean => (securityOf(container)['procMount'] ?? 'Default') !== 'Default';
  const bad = namesOf(pod, odd);
  if (bad.length === 0 || pod.ownUsers) return undefined;
  const types = unique(pod.containers.filter(odd).map((container) => String(securityOf(container)['procMount'])));
  return { reason: 'procMount', detail: `${containersText(bad)} must not set securityContext.procMount to ${quoted(types)}` };
};

const seLinuxOptions: Check = (pod) => {
  const allowed = ['', 'container_t', 'container_init_t', 'container_kvm_t', ...(pod.minor >= 31 ? ['container_engine_t'] : [])];
  const optionsOf = (owner: Fields): { readonly type: string; readonly user: boolean; readonly role: boolean } => {
    const options = fieldsOf(owner['seLinuxOptions']);
    return { type: String(options['type'] ?? ''), user: (options['user'] ?? '') !== '', role: (options['role'] ?? '') !== '' };
  };
  const odd = (owner: Fields): boolean => {
    const { type, user, role } = optionsOf(owner);
    return !allowed.includes(type) || user || role;
  };
  const bad = namesOf(pod, (container) => odd(securityOf(container)));
  if (!odd(pod.security) && bad.length === 0) return undefined;
  const all = [pod.security, ...pod.containers.map(securityOf)].map(optionsOf);
  const types = unique(all.map(({ type }) => type).filter((type) => !allowed.includes(type)));
  const parts = [
    ...(types.length > 0 ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
    ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
  ];
  return { reason: 'seLinuxOptions', detail: `${setters(odd(pod.security), bad)} set forbidden securityContext.seLinuxOptions: ${parts.join('; ')}` };
};

/** The sysctls that are safe, by the minor version since which. */
const safeSysctls: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0, 'net.ipv4.ip_local_port_range': 0, 'net.ipv4.tcp_syncookies': 0, 'net.ipv4.ping_group_range': 0, 'net.ipv4.ip_unprivileged_port_start': 0, 'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29, 'net.ipv4.tcp_fin_timeout': 29, 'net.ipv4.tcp_keepalive_intvl': 29, 'net.ipv4.tcp_keepalive_probes': 29, 'net.ipv4.tcp_rmem': 32, 'net.ipv4.tcp_wmem': 32,
};

const sysctls: Check = (pod) => {
  const names = ((pod.security['sysctls'] ?? []) as readonly Fields[]).map((each) => String(each['name']));
  const bad = names.filter((name) => !(Object.hasOwn(safeSysctls, name) && (safeSysctls[name] as number) <= pod.minor));
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
};

const windowsHostProcess: Check = (pod) => {
  const asks = (owner: Fields): boolean => fieldsOf(owner['windowsOptions'])['hostProcess'] === true;
  const bad = namesOf(pod, (container) => asks(securityOf(container)));
  return !asks(pod.security) && bad.length === 0 ? undefined : { reason: 'hostProcess', detail: `${setters(asks(pod.security), bad)} must not set securityContext.windowsOptions.hostProcess=true` };
};

const baseline: readonly Check[] = [appArmorProfile, hostNamespaces, hostPorts, hostProbes, privileged, procMount, seLinuxOptions, sysctls, windowsHostProcess];

// ---------------------------------------------------------------- baseline, where restricted has a stricter check of its own

const added = (container: Container): readonly string[] => (fieldsOf(securityOf(container)['capabilities'])['add'] ?? []) as readonly string[];
const usualCapabilities = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT']);

function addedBeyond(pod: Subject, allowed: (capability: string) => boolean): string | undefined {
  const bad = namesOf(pod, (container) => added(container).some((each) => !allowed(each)));
  return bad.length === 0 ? undefined : `${containersText(bad)} must not include ${quoted(unique(pod.containers.flatMap(added).filter((each) => !allowed(each))))} in securityContext.capabilities.add`;
}

const capabilitiesBaseline: Check = (pod) => {
  const detail = addedBeyond(pod, (capability) => usualCapabilities.has(capability));
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail };
};

const hostPathVolumes: Check = ({ volumes }) => {
  const bad = volumes.filter((volume) => volume['hostPath'] !== undefined).map((volume) => String(volume['name']));
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', bad.length)} ${quoted(bad)}` };
};

const profileOf = (owner: Fields): unknown => fieldsOf(securityOf(owner)['seccompProfile'])['type'];

function unconfined(pod: Subject): string | undefined {
  const odd = (owner: Fields): boolean => ![undefined, 'RuntimeDefault', 'Localhost'].includes(profileOf(owner) as string | undefined);
  const bad = namesOf(pod, odd);
  if (!odd(pod.spec) && bad.length === 0) return undefined;
  const types = unique([pod.spec, ...pod.containers].filter(odd).map((owner) => String(profileOf(owner))));
  return `${setters(odd(pod.spec), bad)} must not set securityContext.seccompProfile.type to ${quoted(types)}`;
}

const seccompBaseline: Check = (pod) => {
  const detail = unconfined(pod);
  return detail === undefined ? undefined : { reason: 'seccompProfile', detail };
};

const baselineAlone: readonly Check[] = [capabilitiesBaseline, hostPathVolumes, seccompBaseline];

// ---------------------------------------------------------------- restricted

const allowPrivilegeEscalation: Check = (pod) => {
  if (pod.isWindows || pod.minor < 8) return undefined;
  const bad = namesOf(pod, (container) => securityOf(container)['allowPrivilegeEscalation'] !== false);
  return bad.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false` };
};

const capabilitiesRestricted: Check = (pod) => {
  if (pod.isWindows || pod.minor < 22) return undefined;
  const undropped = namesOf(pod, (container) => !((fieldsOf(securityOf(container)['capabilities'])['drop'] ?? []) as readonly string[]).includes('ALL'));
  const extra = addedBeyond(pod, (capability) => capability === 'NET_BIND_SERVICE');
  const parts = [...(undropped.length > 0 ? [`${containersText(undropped)} must set securityContext.capabilities.drop=["ALL"]`] : []), ...(extra === undefined ? [] : [extra])];
  return parts.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: parts.join('; ') };
};

const unrestrictedVolumes = new Set(['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret']);

const restrictedVolumes: Check = ({ volumes }) => {
  const typeOf = (volume: Fields): string => Object.keys(volume).find((key) => key !== 'name' && volume[key] !== undefined) ?? 'emptyDir';
  const bad = volumes.filter((volume) => !unrestrictedVolumes.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = unique(bad.map(typeOf));
  return { reason: 'restricted volume types', detail: `${plural('volume', bad.length)} ${quoted(bad.map((volume) => String(volume['name'])))} ${uses(bad.length)} ${plural('restricted volume type', types.length)} ${quoted(types)}` };
};

const runAsNonRoot: Check = (pod) => {
  if (pod.ownUsers) return undefined;
  const own = pod.security['runAsNonRoot'];
  const explicit = namesOf(pod, (container) => securityOf(container)['runAsNonRoot'] === false);
  if (own === false || explicit.length > 0) return { reason: 'runAsNonRoot != true', detail: `${setters(own === false, explicit)} must not set securityContext.runAsNonRoot=false` };
  const silent = namesOf(pod, (container) => securityOf(container)['runAsNonRoot'] === undefined);
  return own === true || silent.length === 0 ? undefined : { reason: 'runAsNonRoot != true', detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (pod) => {
  if (pod.minor < 23 || pod.ownUsers) return undefined;
  const own = pod.security['runAsUser'] === 0;
  const bad = namesOf(pod, (container) => securityOf(container)['runAsUser'] === 0);
  return !own && bad.length === 0 ? undefined : { reason: 'runAsUser=0', detail: `${setters(own, bad)} must not set runAsUser=0` };
};

const seccompRestricted: Check = (pod) => {
  if (pod.isWindows || pod.minor < 19) return undefined;
  const odd = unconfined(pod);
  if (odd !== undefined) return { reason: 'seccompProfile', detail: odd };
  const silent = profileOf(pod.spec) === undefined ? namesOf(pod, (container) => profileOf(container) === undefined) : [];
  return silent.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` };
};

const restricted: readonly Check[] = [allowPrivilegeEscalation, capabilitiesRestricted, restrictedVolumes, runAsNonRoot, runAsUser, seccompRestricted];
