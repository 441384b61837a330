// Releases of Kubernetes that exist in this world, and how a program knows which of them it is: one in a container by its image, one of the machine by the
// package that it came with. All behave as the newest; they differ in what they say they are and in what kubeadm puts beside them.
import type { Disk, Host } from '../../kernel/host.ts';
import { corednsImage, etcdImage, kubernetesVersion } from './catalog.ts';

export interface Release {
  /** `v1.36.2` */
  readonly version: string;
  readonly etcdImage: string;
  readonly corednsImage: string;
  readonly buildDate: string;
  readonly goVersion: string;
}

/** Oldest first. What kubeadm puts beside each: constants of kubeadm's releases. */
export const releases: readonly Release[] = [
  { version: 'v1.35.0', etcdImage: 'registry.k8s.io/etcd:3.6.6-0', corednsImage: 'registry.k8s.io/coredns/coredns:v1.13.1', buildDate: '2025-12-17T12:32:07Z', goVersion: 'go1.25.5' },
  { version: kubernetesVersion, etcdImage, corednsImage, buildDate: '2026-06-10T00:00:00Z', goVersion: 'go1.26.3' },
];

/** The newest for a version that nobody released. */
export function releaseOf(version: string): Release {
  return releases.find((each) => each.version === version) ?? (releases[releases.length - 1] as Release);
}

/** `v1.36.2` -> [1, 36, 2]; undefined for what is no version. */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** What a program of an image says it is: its image's record says so to it; a unit of a machine is of the world's own version. */
export function imageVersion(host: Pick<Host, 'env'>, fallback = kubernetesVersion): string {
  return host.env['TERRARIUM_VERSION'] ?? fallback;
}

/** What dpkg remembers: a stanza (`Package:`, `Version:`, ...) for each package that was installed after the machine was made. */
export const packageStatusPath = '/var/lib/dpkg/status';

/** Version of a program that came as a package, as `v1.36.2`. A machine comes with packages of the world's own version. */
export function packageVersion(disk: Pick<Disk, 'readText'>, name: string): string {
  const match = new RegExp(`^Package: ${name}\\n(?:.+\\n)*?Version: ([\\d.]+)-`, 'm').exec(disk.readText(packageStatusPath) ?? '');
  return match === null ? kubernetesVersion : `v${match[1] ?? ''}`;
}
