// The images on the node's disk: one record per name below /var/lib/containerd/images/, e.g. .../docker.io/library/nginx:latest.
// The cluster room preloads images by writing such records; a pull writes the same.
import type { Disk } from '../../kernel/host.ts';
import type { ImageRecord } from '../../wire/cri.ts';
import { parseImageName } from '../../wire/image-name.ts';

export const imageFolder = '/var/lib/containerd/images';

export interface StoredImage {
  /** What the image's entry point runs: a program of the world, with its default arguments. */
  readonly program: string;
  readonly args: readonly string[];
  /** No entry point: a pod's args are the whole command. */
  readonly commandOnly?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** `sha256:...` */
  readonly digest: string;
  readonly user?: string;
  /** What is known of its file system: path -> text. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface FoundImage {
  readonly name: string;
  readonly image: StoredImage;
}

export function findImage(disk: Disk, text: string): FoundImage | undefined {
  const name = parseImageName(text);
  if ('problem' in name) return undefined;
  const image = disk.read(`${imageFolder}/${name.canonical}`);
  return isStoredImage(image) ? { name: name.canonical, image } : undefined;
}

/** Synced at the end of a pull, so that a cache survives a power loss. */
export function storeImage(disk: Disk, canonical: string, image: StoredImage): void {
  disk.write(`${imageFolder}/${canonical}`, image);
}

export function removeImage(disk: Disk, text: string): string | undefined {
  const found = findImage(disk, text);
  if (found === undefined) return undefined;
  disk.remove(`${imageFolder}/${found.name}`);
  return found.name;
}

export function listImages(disk: Disk): readonly ImageRecord[] {
  const byDigest = new Map<string, { tags: string[]; digests: string[]; sizeBytes: number; uid: number }>();
  for (const path of disk.list(imageFolder)) {
    const image = disk.read(path);
    if (!isStoredImage(image)) continue;
    const name = path.slice(imageFolder.length + 1);
    const entry = byDigest.get(image.digest) ?? { tags: [], digests: [], sizeBytes: image.sizeBytes, uid: userOf(image) };
    if (!name.includes('@')) entry.tags.push(name);
    entry.digests.push(imageReference(name, image));
    byDigest.set(image.digest, entry);
  }
  return [...byDigest].map(([id, entry]) => ({ id, repoTags: entry.tags, repoDigests: [...new Set(entry.digests)], sizeBytes: entry.sizeBytes, uid: entry.uid }));
}

const userOf = (image: StoredImage): number => Number(image.user ?? 0);

export function imageRecord(found: FoundImage): ImageRecord {
  return {
    id: found.image.digest,
    repoTags: found.name.includes('@') ? [] : [found.name],
    repoDigests: [imageReference(found.name, found.image)],
    sizeBytes: found.image.sizeBytes,
    uid: userOf(found.image),
  };
}

/** `docker.io/library/nginx@sha256:...` */
export function imageReference(name: string, image: StoredImage): string {
  const bare = name.replace(/@.*$/, '');
  const colon = bare.lastIndexOf(':');
  return `${colon > bare.lastIndexOf('/') ? bare.slice(0, colon) : bare}@${image.digest}`;
}

function isStoredImage(value: unknown): value is StoredImage {
  return typeof value === 'object' && value !== null && typeof (value as StoredImage).program === 'string';
}
