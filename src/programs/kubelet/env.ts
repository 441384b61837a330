// Environment variables of a container: its own, those of ConfigMaps, Secrets and fields, and those of Services.
import { decodeBase64Bytes, decodeUtf8 } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { milliValue, wholeValue } from '../../api/meta/quantity.ts';
import type { Container, Pod } from './types.ts';

/** A problem with a container's configuration: CreateContainerConfigError. */
export class ConfigError extends Error {}

export interface ServiceObject extends ApiObject {
  readonly spec: { readonly clusterIP?: string; readonly type?: string; readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[] };
}

export interface EnvSources {
  /** Data of a ConfigMap or Secret, decoded; undefined when it does not exist. */
  readonly data: (kind: 'configmap' | 'secret', name: string) => Readonly<Record<string, string>> | undefined;
  readonly services: readonly ServiceObject[];
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
  readonly allocatable: Readonly<Record<string, string>>;
}

/** Throws ConfigError. */
export function computeEnv(pod: Pod, container: Container, sources: EnvSources): { readonly name: string; readonly value: string }[] {
  const values = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    const isMap = from.configMapRef !== undefined;
    const ref = from.configMapRef ?? from.secretRef;
    const name = ref?.name ?? '';
    const data = sources.data(isMap ? 'configmap' : 'secret', name);
    if (data === undefined) {
      if (ref?.optional === true) continue;
      throw new ConfigError(`${isMap ? 'configmap' : 'secret'} "${name}" not found`);
    }
    for (const key of Object.keys(data).sort()) values.set(`${from.prefix ?? ''}${key}`, data[key] ?? '');
  }
  const services = computeServiceEnv(pod, sources.services);
  for (const variable of container.env ?? []) {
    if (variable.valueFrom === undefined) {
      values.set(variable.name, expand(variable.value ?? '', (name) => values.get(name) ?? services.get(name)));
      continue;
    }
    const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom;
    if (fieldRef !== undefined) values.set(variable.name, podField(pod, fieldRef.fieldPath, sources));
    if (resourceFieldRef !== undefined) values.set(variable.name, resourceField(pod, container, resourceFieldRef, sources.allocatable));
    const ref = configMapKeyRef ?? secretKeyRef;
    if (ref === undefined) continue;
    const kind = configMapKeyRef === undefined ? 'secret' : 'configmap';
    const data = sources.data(kind, ref.name ?? '');
    if (data === undefined) {
      if (ref.optional === true) continue;
      throw new ConfigError(`${kind} "${ref.name}" not found`);
    }
    const value = data[ref.key];
    if (value === undefined) {
      if (ref.optional === true) continue;
      const namespace = pod.metadata.namespace ?? 'default';
      throw new ConfigError(kind === 'secret' ? `couldn't find key ${ref.key} in Secret ${namespace}/${ref.name}` : `couldn't find key ${ref.key} in ConfigMap ${namespace}/${ref.name}`);
    }
    values.set(variable.name, value);
  }
  // Services' variables come last and never override the container's own.
  for (const [name, value] of services) if (!values.has(name)) values.set(name, value);
  return [...values].map(([name, value]) => ({ name, value }));
}

/** `$(NAME)` is replaced when NAME is known; `$$(NAME)` stays `$(NAME)`. */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => (name === undefined ? '$' : (lookUp(name) ?? whole)));
}

const serviceEnvCache = new WeakMap<readonly ServiceObject[], Map<string, Map<string, string>>>();

/** The `kubernetes` Service always; those of the pod's namespace when enableServiceLinks. */
function computeServiceEnv(pod: Pod, services: readonly ServiceObject[]): ReadonlyMap<string, string> {
  const namespace = pod.metadata.namespace ?? 'default';
  const links = pod.spec.enableServiceLinks !== false;
  let cache = serviceEnvCache.get(services);
  if (cache === undefined) serviceEnvCache.set(services, (cache = new Map()));
  const key = `${links ? namespace : ''}`;
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  const env = new Map<string, string>();
  cache.set(key, env);
  for (const service of services) {
    const isMaster = service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes';
    if (!isMaster && !(links && service.metadata.namespace === namespace)) continue;
    const ip = service.spec.clusterIP;
    const ports = service.spec.ports ?? [];
    const first = ports[0];
    if (ip === undefined || ip === '' || ip === 'None' || first === undefined) continue;
    const prefix = service.metadata.name.toUpperCase().replaceAll('-', '_');
    env.set(`${prefix}_SERVICE_HOST`, ip);
    env.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const port of ports) if (port.name !== undefined && port.name !== '') env.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port));
    const lower = (port: { readonly protocol?: string }): string => (port.protocol ?? 'TCP').toLowerCase();
    env.set(`${prefix}_PORT`, `${lower(first)}://${ip}:${first.port}`);
    for (const port of ports) {
      const base = `${prefix}_PORT_${port.port}_${(port.protocol ?? 'TCP').toUpperCase()}`;
      env.set(base, `${lower(port)}://${ip}:${port.port}`);
      env.set(`${base}_PROTO`, lower(port));
      env.set(`${base}_PORT`, String(port.port));
      env.set(`${base}_ADDR`, ip);
    }
  }
  return env;
}

/** The downward API: `metadata.labels['app']`, `status.podIP`... */
export function podField(pod: Pod, path: string, sources: Pick<EnvSources, 'podIP' | 'hostIP' | 'nodeName'>): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return sources.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return sources.hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return sources.podIP;
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {});
  return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
}

export function resourceField(pod: Pod, container: Container, ref: { readonly containerName?: string; readonly resource: string; readonly divisor?: string }, allocatable: Readonly<Record<string, string>>): string {
  const target = ref.containerName === undefined || ref.containerName === '' ? container : (pod.spec.containers.find((each) => each.name === ref.containerName) ?? container);
  const [kind, resource = ''] = ref.resource.split('.');
  const list = kind === 'limits' ? target.resources?.limits : target.resources?.requests;
  const value = list?.[resource] ?? (kind === 'limits' ? allocatable[resource] : undefined) ?? '0';
  const divisor = ref.divisor === undefined || ref.divisor === '0' ? '1' : ref.divisor;
  if (resource === 'cpu') return String(Math.ceil(milliValue(value) / milliValue(divisor)));
  return String(Math.ceil(wholeValue(value) / Math.max(1, wholeValue(divisor))));
}

/** Data of a ConfigMap or Secret object as text. */
export function dataOf(object: ApiObject): Readonly<Record<string, string>> {
  const { data, binaryData } = object as ApiObject & { readonly data?: Readonly<Record<string, string>>; readonly binaryData?: Readonly<Record<string, string>> };
  if (object.kind !== 'Secret') return { ...data, ...decodeAll(binaryData) };
  return decodeAll(data);
}

function decodeAll(data: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const decoded: Record<string, string> = {};
  for (const [key, value] of Object.entries(data ?? {})) decoded[key] = decodeUtf8(decodeBase64Bytes(value) ?? [], true);
  return decoded;
}
