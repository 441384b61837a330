// Volumes made of images: what is in the image lies unpacked on the node, and is mounted read-only.
import type { Disk } from '../../kernel/host.ts';
import type { Mount } from '../../wire/cri.ts';
import { findImage } from './image-store.ts';
import { RpcFailure } from './rpc-failure.ts';

const snapshots = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots';

/** A mount of files instead of one of an image; others stay as they are. Throws RpcFailure. */
export function mountImage(disk: Disk, mount: Mount): Mount {
  const { containerPath, image, imageSubPath } = mount;
  if (image === undefined) return mount;
  const found = findImage(disk, image);
  if (found === undefined) throw new RpcFailure('NotFound', `failed to mount image "${image}": image "${image}": not found`);
  const folder = `${snapshots}/${found.image.digest.replace(':', '-')}`;
  for (const [path, text] of Object.entries(found.image.files ?? {})) if (!disk.exists(folder + path)) disk.write(folder + path, text);
  disk.setAttributes(folder, { mode: 0o755 });
  const hostPath = imageSubPath === undefined ? folder : `${folder}/${imageSubPath}`;
  if (!disk.exists(hostPath)) throw new RpcFailure('Unknown', `failed to mount image "${image}": stat ${hostPath}: no such file or directory`);
  return { containerPath, hostPath, readonly: true };
}
