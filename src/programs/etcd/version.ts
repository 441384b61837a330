// Which version of etcd this is: that of its image, or of kubeadm's newest where it is no container.
import type { Host } from '../../kernel/host.ts';
import { imageVersion } from '../images/releases.ts';

/** What this etcd says it is: the one in kubeadm's image. */
export const serverVersion = '3.6.8';

/** What this process is: its image says so. */
export const versionOf = (host: Pick<Host, 'env'>): string => imageVersion(host, serverVersion);
