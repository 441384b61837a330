// Which volume a claim gets, and what becomes of a volume whose claim is gone. Pure.
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/core/types/persistent-volume.ts';
import { matchesLabelSelector } from '../../../api/meta/labels.ts';
import { compareQuantity, quantityOf } from '../../../api/meta/quantity.ts';

export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
const provisionedBy = 'pv.kubernetes.io/provisioned-by';

const storageOf = (amounts: Readonly<Record<string, string>> | undefined): string => amounts?.['storage'] ?? '0';

/** Whether the volume is kept for this claim and no other. */
export function isKeptFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { claimRef } = spec;
  return claimRef !== undefined && claimRef.namespace === metadata.namespace && claimRef.name === metadata.name && (claimRef.uid === undefined || claimRef.uid === '' || claimRef.uid === metadata.uid);
}

/** What a claim asks for beyond a size. */
function suits({ metadata, spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    (spec.storageClassName ?? '') === (claim.spec.storageClassName ?? '') &&
    (spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem') &&
    (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)) &&
    compareQuantity(quantityOf(storageOf(spec.capacity)), quantityOf(storageOf(claim.spec.resources?.requests))) >= 0 &&
    (claim.spec.selector === undefined || matchesLabelSelector(claim.spec.selector, metadata.labels))
  );
}

/** A volume that is kept for the claim, else the smallest free one that suits. */
export function findVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  const { volumeName } = claim.spec;
  if (volumeName !== undefined && volumeName !== '') {
    const named = volumes.find(({ metadata }) => metadata.name === volumeName);
    return named !== undefined && (named.spec.claimRef === undefined ? suits(named, claim) : isKeptFor(named, claim)) ? named : undefined;
  }
  const alive = volumes.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const kept = alive.find((volume) => isKeptFor(volume, claim));
  if (kept !== undefined) return kept;
  const free = alive.filter((volume) => volume.spec.claimRef === undefined && volume.status?.phase !== 'Failed' && suits(volume, claim));
  return free.sort((one, other) => compareQuantity(quantityOf(storageOf(one.spec.capacity)), quantityOf(storageOf(other.spec.capacity))) || (one.metadata.name < other.metadata.name ? -1 : 1))[0];
}

export type Reclaim = { readonly kind: 'keep' | 'delete' } | { readonly kind: 'fail'; readonly message: string };

/** Nobody but the hostPath plugin can delete here, and only below /tmp; what an external provisioner made is its own to delete. */
export function decideReclaim({ metadata, spec }: PersistentVolume): Reclaim {
  if (spec.persistentVolumeReclaimPolicy !== 'Delete' || metadata.annotations?.[provisionedBy] !== undefined) return { kind: 'keep' };
  const { hostPath } = spec;
  if (hostPath === undefined) return { kind: 'fail', message: `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched` };
  return /^\/tmp\/./.test(hostPath.path) ? { kind: 'delete' } : { kind: 'fail', message: `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}` };
}
