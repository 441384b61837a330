// The repository of Debian packages that machines install Kubernetes' programs from, as pkgs.k8s.io: one folder for each minor version. A registry's machine
// serves it.
import { registryHosts } from './catalog.ts';
import { releases } from './releases.ts';

export const packageHost = 'pkgs.k8s.io';
export const packageAddress = registryHosts.find((each) => each.machine === 'registry.k8s.io')?.address ?? '';
/** On the disk of the machine that serves: below it, files by the path of their address. */
export const packageFolder = '/var/lib/packages';
/** On a machine: which folders of the repository it knows. */
export const sourcesPath = '/etc/apt/sources.list.d/kubernetes.list';

const packages = [
  { name: 'kubeadm', sizeBytes: 12_600_000 },
  { name: 'kubectl', sizeBytes: 11_800_000 },
  { name: 'kubelet', sizeBytes: 13_400_000 },
] as const;

const folderOf = (version: string): string => `/core:/stable:/${version.replace(/\.\d+$/, '')}/deb`;

export function sourcesText(): string {
  return releases.map(({ version }) => `deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] https://${packageHost}${folderOf(version)}/ /\n`).join('');
}

/** Text by path on the serving machine: an index (`Packages`) for each folder, and the packages. */
export function packageFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { version } of releases) {
    const folder = `${packageFolder}${folderOf(version)}`;
    for (const { name, sizeBytes } of packages) {
      const full = `${version.slice(1)}-1.1`;
      const file = `amd64/${name}_${full}_amd64.deb`;
      const stanza = `Package: ${name}\nVersion: ${full}\nArchitecture: amd64\nFilename: ${file}\nSize: ${sizeBytes}\n\n`;
      files[`${folder}/Packages`] = `${files[`${folder}/Packages`] ?? ''}${stanza}`;
      files[`${folder}/${file}`] = stanza;
    }
  }
  return files;
}
