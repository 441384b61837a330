// Volumes of a pod as folders on the machine's disk, and what of them each container sees where.
import type { PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { parseTime } from '../../api/meta/time.ts';
import { ApiError } from '../../client/api-error.ts';
import type { ResourceRef } from '../../client/contract.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { ContainerConfig, Mount } from '../../wire/cri.ts';
import { ConfigError, expand, podField, resourceField } from './env.ts';
import type { KubeletEvent } from './events.ts';
import type { Kubelet } from './kubelet.ts';
import { referencesOf } from './object-cache.ts';
import { type Container, type DownwardFile, type KeyToPath, type Pod, podKey, type Volume, type VolumeSource } from './types.ts';

const serviceAccountsRef: ResourceRef = { group: '', version: 'v1', resource: 'serviceaccounts' };
const claimsRef: ResourceRef = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
const persistentRef: ResourceRef = { group: '', version: 'v1', resource: 'persistentvolumes' };

class MountError extends Error {}

interface TokenReply {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

/** By path in the volume; without a mode of its own a file has the volume's. */
type CollectedFiles = Map<string, { readonly text: string; readonly mode: number | undefined }>;

export const podFolder = (uid: string): string => `/var/lib/kubelet/pods/${uid}`;

/** The volumes of one pod while it lives. */
export class PodVolumes {
  isMounted = false;
  /** When a service account token has to be asked for again. */
  refreshAtMs = Infinity;
  readonly #kubelet: Kubelet;
  readonly #host: PrivilegedHost;
  readonly #uid: string;
  readonly #folders = new Map<string, string>();
  readonly #files = new Set<string>();
  readonly #tokens = new Map<string, { readonly token: string; readonly refreshAtMs: number }>();
  #failures = 0;
  #isAcquired = false;

  constructor(kubelet: Kubelet, uid: string) {
    this.#kubelet = kubelet;
    this.#host = kubelet.host;
    this.#uid = uid;
  }

  /** Watches what the pod needs, as soon as it is seen. */
  acquire(pod: Pod): void {
    if (this.#isAcquired || this.#kubelet.objects === undefined) return;
    this.#isAcquired = true;
    this.#kubelet.objects.acquire(this.#uid, pod.metadata.namespace ?? 'default', referencesOf(pod));
  }

  /** Mounts everything (again: contents may have changed). Returns how long to wait when something failed; undefined when all is well. */
  *mount(pod: Pod): Task<number | undefined> {
    this.acquire(pod);
    try {
      const { objects } = this.#kubelet;
      if (objects !== undefined && !(yield* objects.waitFor(this.#uid, 60_000))) throw new MountError('failed to sync configmap cache: timed out waiting for the condition');
      this.refreshAtMs = Infinity;
      for (const volume of pod.spec.volumes ?? []) {
        try {
          this.#folders.set(volume.name, yield* this.#mountOne(pod, volume));
        } catch (error) {
          if (error instanceof MountError || error instanceof ApiError || error instanceof NetworkError) throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
          throw error;
        }
      }
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      this.#kubelet.record(pod, 'Warning', 'FailedMount', error.message);
      this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.mount-failed', pod: podKey(pod), uid: this.#uid, message: error.message });
      this.#failures++;
      return Math.min(500 * (1 << Math.min(this.#failures - 1, 8)), 122_000);
    }
    this.#failures = 0;
    if (!this.isMounted) {
      this.isMounted = true;
      this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.volumes-mounted', pod: podKey(pod), uid: this.#uid, volumes: [...this.#folders.keys()] });
    }
    return undefined;
  }

  unmount(): void {
    for (const path of this.#files) this.#host.disk.remove(path);
    for (const path of this.#folders.values()) if (path.includes('kubernetes.io~empty-dir')) this.#host.disk.remove(path);
    this.#files.clear();
    this.#folders.clear();
    this.isMounted = false;
    this.#kubelet.objects?.release(this.#uid);
    this.#isAcquired = false;
  }

  /** What the container sees. `podIP` goes into its hosts file; `env` is what a `subPathExpr` names. Throws ConfigError. */
  mountsFor(pod: Pod, container: Container, podIP: string, env: ReadonlyMap<string, string>): ContainerConfig['mounts'] {
    const mounts: Mount[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const folder = this.#folders.get(mount.name);
      if (folder === undefined) continue;
      const isReadOnly = mount.readOnly === true;
      const subPath = mount.subPathExpr === undefined || mount.subPathExpr === '' ? (mount.subPath ?? '') : expandSubPath(mount.subPathExpr, env);
      const image = imageOf(pod, mount.name)?.reference;
      if (image !== undefined) {
        mounts.push({ containerPath: mount.mountPath, hostPath: '', readonly: true, image, ...(subPath === '' ? {} : { imageSubPath: subPath }) });
        continue;
      }
      const place = `${folder}/${subPath}`;
      if (subPath !== '' && !this.#host.disk.exists(place)) {
        // Whoever may write the volume may write its part (subpath.SafeMakeDir).
        const { mode = 0o750, gid } = this.#host.disk.attributes(folder);
        this.#host.disk.setAttributes(place, { mode, ...(gid === undefined ? {} : { gid }) });
      }
      mounts.push({ containerPath: mount.mountPath, hostPath: subPath === '' ? folder : `${folder}/${subPath}`, readonly: isReadOnly });
    }
    if (!mounts.some((mount) => mount.containerPath === '/etc/hosts')) mounts.push({ containerPath: '/etc/hosts', hostPath: this.#writeHosts(pod, podIP), readonly: false });
    const messagePath = container.terminationMessagePath ?? '/dev/termination-log';
    if (messagePath !== '') mounts.push({ containerPath: messagePath, hostPath: terminationLog(this.#uid, container.name), readonly: false });
    return mounts;
  }

  #writeHosts(pod: Pod, podIP: string): string {
    const path = `${podFolder(this.#uid)}/etc-hosts`;
    let text: string;
    if (pod.spec.hostNetwork === true) text = `# Kubernetes-managed hosts file (host network).\n${this.#host.disk.readText('/etc/hosts') ?? '127.0.0.1\tlocalhost\n'}`;
    else {
      text = '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n';
      const { name } = hostnameOf(pod, this.#kubelet.config.clusterDomain);
      const domain = pod.spec.subdomain === undefined ? '' : `\t${name}.${pod.spec.subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${this.#kubelet.config.clusterDomain}`;
      if (podIP !== '') text += `${podIP}${domain}\t${name}\n`;
    }
    if ((pod.spec.hostAliases ?? []).length > 0) text += '\n# Entries added by HostAliases.\n';
    for (const alias of pod.spec.hostAliases ?? []) text += `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}\n`;
    this.#write(path, text);
    return path;
  }

  #write(path: string, text: string): void {
    this.#files.add(path);
    if (this.#host.disk.read(path) !== text) this.#host.disk.write(path, text);
  }

  *#mountOne(pod: Pod, volume: Volume): Task<string> {
    const folder = (type: string): string => `${podFolder(this.#uid)}/volumes/kubernetes.io~${type}/${volume.name}`;
    if (volume.hostPath !== undefined) {
      const { path, type } = volume.hostPath;
      if (type === 'File' && this.#host.disk.read(path) === undefined) throw new MountError(`hostPath type check failed: ${path} is not a file`);
      if ((type === 'DirectoryOrCreate' || type === '' || type === undefined) && !this.#host.disk.exists(path)) this.#host.disk.setAttributes(path, { mode: 0o755 });
      return path;
    }
    // The runtime's to mount; it is pulled before the container that wants it starts.
    if (volume.image !== undefined) return '';
    if (volume.persistentVolumeClaim !== undefined) return yield* this.#mountClaim(pod, volume.persistentVolumeClaim.claimName);
    if (volume.configMap !== undefined || volume.secret !== undefined || volume.downwardAPI !== undefined || volume.projected !== undefined) {
      const type = volume.configMap !== undefined ? 'configmap' : volume.secret !== undefined ? 'secret' : volume.downwardAPI !== undefined ? 'downward-api' : 'projected';
      const path = folder(type);
      const files: CollectedFiles = new Map();
      for (const source of volume.projected?.sources ?? [volume as VolumeSource]) yield* this.#collect(pod, source, files);
      const defaultMode = (volume.projected ?? volume.configMap ?? volume.secret ?? volume.downwardAPI)?.defaultMode ?? 0o644;
      for (const [name, { text, mode }] of files) {
        this.#write(`${path}/${name}`, text);
        this.#mark(pod, `${path}/${name}`, mode ?? defaultMode);
      }
      for (const old of this.#files) {
        if (!old.startsWith(`${path}/`) || files.has(old.slice(path.length + 1))) continue;
        this.#host.disk.remove(old);
        this.#files.delete(old);
      }
      return path;
    }
    if (volume.emptyDir !== undefined || volume.ephemeral !== undefined) return this.#makeEmptyFolder(pod, folder('empty-dir'), volume.emptyDir?.medium === 'Memory');
    throw new MountError(`no volume plugin matched name: ${Object.keys(volume).find((key) => key !== 'name') ?? ''}`);
  }

  /** Anybody may write there; what is in it belongs to the pod's group. */
  #makeEmptyFolder(pod: Pod, path: string, inMemory: boolean): string {
    const gid = pod.spec.securityContext?.fsGroup;
    this.#host.disk.setAttributes(path, { mode: 0o777, ...(gid === undefined ? {} : { gid }), ...(inMemory ? { medium: 'tmpfs' as const } : {}) });
    return path;
  }

  /** Files that the kubelet writes are root's, and readable for the pod's group where it has one (volume.SetVolumeOwnership). Such volumes are tmpfs unless made of ConfigMaps. */
  #mark(pod: Pod, path: string, mode: number): void {
    const gid = pod.spec.securityContext?.fsGroup;
    this.#host.disk.setAttributes(path, gid === undefined ? { mode } : { mode: mode | 0o440, gid });
  }

  *#collect(pod: Pod, source: VolumeSource, files: CollectedFiles): Task<void> {
    const namespace = pod.metadata.namespace ?? 'default';
    if (source.configMap !== undefined) this.#collectData('configmap', namespace, source.configMap.name ?? '', source.configMap, files);
    if (source.secret !== undefined) this.#collectData('secret', namespace, source.secret.secretName ?? source.secret.name ?? '', source.secret, files);
    if (source.downwardAPI !== undefined) for (const item of source.downwardAPI.items ?? []) files.set(item.path, { text: this.#downward(pod, item), mode: item.mode });
    if (source.serviceAccountToken !== undefined) files.set(source.serviceAccountToken.path, { text: yield* this.#token(pod, source.serviceAccountToken), mode: undefined });
  }

  #collectData(kind: 'configmap' | 'secret', namespace: string, name: string, source: { readonly optional?: boolean; readonly items?: readonly KeyToPath[] }, files: CollectedFiles): void {
    const data = this.#kubelet.objects?.data(kind, namespace, name);
    if (data === undefined) {
      if (source.optional === true) return;
      throw new MountError(`${kind} "${name}" not found`);
    }
    if (source.items === undefined) {
      for (const [key, text] of Object.entries(data)) files.set(key, { text, mode: undefined });
      return;
    }
    for (const item of source.items) {
      const value = data[item.key];
      if (value === undefined && source.optional !== true) throw new MountError(`references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${item.key}`);
      if (value !== undefined) files.set(item.path, { text: value, mode: item.mode });
    }
  }

  #downward(pod: Pod, item: DownwardFile): string {
    const node = this.#kubelet.addresses;
    if (item.fieldRef !== undefined) return podField(pod, item.fieldRef.fieldPath, { podIP: '', hostIP: node[0] ?? '', nodeName: this.#kubelet.config.nodeName });
    const first = pod.spec.containers[0];
    if (item.resourceFieldRef === undefined || first === undefined) return '';
    return resourceField(pod, first, item.resourceFieldRef, this.#kubelet.allocatable());
  }

  /** A token bound to this pod, asked for again when a fifth of its life is left. */
  *#token(pod: Pod, source: NonNullable<VolumeSource['serviceAccountToken']>): Task<string> {
    const { client } = this.#kubelet;
    if (client === undefined) throw new MountError('failed to fetch token: cannot use TokenManager when kubelet is in standalone mode');
    const nowMs = this.#host.clock.wallMs();
    const key = source.audience ?? '';
    const known = this.#tokens.get(key);
    if (known !== undefined && known.refreshAtMs > nowMs) {
      this.refreshAtMs = Math.min(this.refreshAtMs, known.refreshAtMs - nowMs + this.#host.clock.nowMs());
      return known.token;
    }
    const account = pod.spec.serviceAccountName ?? 'default';
    const expirationSeconds = source.expirationSeconds ?? 3600;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: { audiences: source.audience === undefined ? [] : [source.audience], expirationSeconds, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.metadata.name, uid: pod.metadata.uid } },
    };
    let reply: TokenReply;
    try {
      reply = yield* client.subresource<TokenReply>('POST', serviceAccountsRef, pod.metadata.namespace ?? 'default', account, 'token', body);
    } catch (error) {
      if (error instanceof ApiError || error instanceof NetworkError) throw new MountError(`failed to fetch token: ${error.message}`);
      throw error;
    }
    const token = reply.status?.token ?? '';
    const expiresMs = parseTime(reply.status?.expirationTimestamp) ?? nowMs + expirationSeconds * 1000;
    const refreshAtMs = nowMs + (expiresMs - nowMs) * 0.8;
    this.#tokens.set(key, { token, refreshAtMs });
    this.refreshAtMs = Math.min(this.refreshAtMs, refreshAtMs - nowMs + this.#host.clock.nowMs());
    return token;
  }

  /** A bound claim whose volume is a path of this node. */
  *#mountClaim(pod: Pod, claimName: string): Task<string> {
    const { client } = this.#kubelet;
    if (client === undefined) throw new MountError('persistent volume claims need an API server');
    const claim = (yield* client.get(claimsRef, pod.metadata.namespace ?? 'default', claimName)) as unknown as { readonly spec?: { readonly volumeName?: string }; readonly status?: { readonly phase?: string } };
    const volumeName = claim.spec?.volumeName;
    if (volumeName === undefined || claim.status?.phase !== 'Bound') throw new MountError(`PVC ${pod.metadata.namespace ?? 'default'}/${claimName} is not bound`);
    const volume = (yield* client.get(persistentRef, '', volumeName)) as unknown as { readonly spec?: { readonly hostPath?: { readonly path: string }; readonly local?: { readonly path: string }; readonly csi?: { readonly volumeHandle: string } } };
    if (volume.spec?.hostPath !== undefined) return yield* this.#mountOne(pod, { name: volumeName, hostPath: volume.spec.hostPath });
    const path = volume.spec?.local?.path;
    if (path !== undefined && !this.#host.disk.exists(path)) throw new MountError(`local volume "${volumeName}": path "${path}" does not exist`);
    if (path !== undefined) return path;
    throw new MountError(`no volume plugin matched name: ${Object.keys(volume.spec ?? {}).join(',')}`);
  }
}

/** The image that a volume is made of. */
export function imageOf(pod: Pod, volume: string): Volume['image'] {
  return pod.spec.volumes?.find(({ name }) => name === volume)?.image;
}

/** As kubelet's makeMounts: every variable must be known, the result relative and without `..`. */
function expandSubPath(text: string, env: ReadonlyMap<string, string>): string {
  const missing: string[] = [];
  const expanded = expand(text, (name) => {
    const value = env.get(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0) throw new ConfigError(`failed to prepare subPath for volumeMount: missing value for ${missing.map((name) => `"${name}"`).join(', ')}`);
  if (expanded.startsWith('/')) throw new ConfigError(`error SubPath \`${expanded}\` must not be an absolute path`);
  if (expanded.split('/').includes('..')) throw new ConfigError(`unable to provision SubPath \`${expanded}\`: must not contain '..'`);
  return expanded;
}

export const terminationLog = (uid: string, container: string): string => `${podFolder(uid)}/containers/${container}/termination-log`;

export function hostnameOf(pod: Pod, clusterDomain: string): { readonly name: string; readonly fqdn: string } {
  const name = (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
  const fqdn = pod.spec.subdomain === undefined ? name : `${name}.${pod.spec.subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}`;
  return { name, fqdn };
}
