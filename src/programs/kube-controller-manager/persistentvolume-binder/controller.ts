// Binds claims to volumes that somebody has made, and tells of each how far it is. Nothing is provisioned here: claims of a class with a provisioner wait for it.
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/core/types/persistent-volume.ts';
import type { StorageClass } from '../../../api/storage/types.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import { isConflict, isNotFound } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import type { RunningInformer } from '../../../client/informer.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs } from '../shared/objects.ts';
import { bindCompleted, boundByController, decideReclaim, findVolume, isKeptFor } from './decide.ts';

const name = 'persistentvolume-binder';

export function startPersistentVolumeBinder(context: ControllerContext): void {
  const client = context.client('persistent-volume-binder');
  const claims = context.informer<PersistentVolumeClaim>(refs.claims);
  const volumes = context.informer<PersistentVolume>(refs.volumes);
  const queue = context.queue('claims');
  const binder = new Binder(context, client, context.recorder('persistentvolume-controller', client), claims, volumes);
  claims.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(`claim/${keyOf(object)}`);
    if (object.spec.volumeName !== undefined && object.spec.volumeName !== '') queue.add(`volume/${object.spec.volumeName}`);
  });
  volumes.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(`volume/${object.metadata.name}`);
    for (const claim of claims.list()) if (claim.status?.phase !== 'Bound' || claim.spec.volumeName === object.metadata.name) queue.add(`claim/${keyOf(claim)}`);
  });
  // One at a time: two claims must not reach for the same volume.
  context.start({ name, queue, workers: 1, needs: [claims, volumes], reconcile: (key) => binder.reconcile(key) });
}

class Binder {
  private readonly context: ControllerContext;
  private readonly client: ApiClient;
  private readonly recorder: EventRecorder;
  private readonly claims: RunningInformer<PersistentVolumeClaim>;
  private readonly volumes: RunningInformer<PersistentVolume>;

  constructor(context: ControllerContext, client: ApiClient, recorder: EventRecorder, claims: RunningInformer<PersistentVolumeClaim>, volumes: RunningInformer<PersistentVolume>) {
    this.context = context;
    this.client = client;
    this.recorder = recorder;
    this.claims = claims;
    this.volumes = volumes;
  }

  *reconcile(key: string): Task<void> {
    const slash = key.indexOf('/');
    const rest = key.slice(slash + 1);
    try {
      if (key.startsWith('claim/')) yield* this.syncClaim(rest);
      else yield* this.syncVolume(rest);
    } catch (error) {
      if (isConflict(error)) throw new RetryError('changed meanwhile');
      if (!isNotFound(error)) throw error;
    }
  }

  // ---------------------------------------------------------------- claims

  private *syncClaim(key: string): Task<void> {
    const claim = this.claims.get(key);
    if (claim === undefined) return;
    if (claim.metadata.annotations?.[bindCompleted] !== undefined) {
      if (this.volumes.get(claim.spec.volumeName ?? '') === undefined) return yield* this.lose(claim);
    } else if (claim.metadata.deletionTimestamp !== undefined) return;
    const volume = findVolume(claim, this.volumes.list());
    if (volume === undefined) return yield* this.wait(claim);
    yield* this.bind(volume, claim);
  }

  private *lose(claim: PersistentVolumeClaim): Task<void> {
    if (claim.status?.phase === 'Lost') return;
    this.recorder.event(claimNamed(claim), 'Warning', 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
    yield* this.writeClaimStatus(claim, { phase: 'Lost' });
  }

  private *wait(claim: PersistentVolumeClaim): Task<void> {
    const { storageClassName = '', volumeName = '' } = claim.spec;
    if (volumeName === '') yield* this.tellWhy(claim, storageClassName);
    if (claim.status?.phase !== 'Pending') yield* this.writeClaimStatus(claim, { phase: 'Pending' });
  }

  private *tellWhy(claim: PersistentVolumeClaim, storageClassName: string): Task<void> {
    const say = (type: 'Normal' | 'Warning', reason: string, message: string): void => this.recorder.event(claimNamed(claim), type, reason, message);
    if (storageClassName === '') return say('Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
    try {
      const { provisioner, volumeBindingMode } = yield* this.client.get<StorageClass>(refs.storageClasses, '', storageClassName);
      if (volumeBindingMode === 'WaitForFirstConsumer') say('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
      else if (provisioner !== 'kubernetes.io/no-provisioner') say('Normal', 'ExternalProvisioning', `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      say('Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${storageClassName}" not found`);
    }
  }

  /** The volume first: whoever fails half way finds it kept for the claim. */
  private *bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Task<void> {
    let kept = volume;
    if (volume.spec.claimRef?.uid !== claim.metadata.uid) {
      const { metadata } = claim;
      const claimRef = { kind: 'PersistentVolumeClaim', namespace: metadata.namespace ?? '', name: metadata.name, ...(metadata.uid === undefined ? {} : { uid: metadata.uid }), apiVersion: 'v1', ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }) };
      const own = volume.spec.claimRef === undefined ? { [boundByController]: 'yes' } : {};
      this.context.decided(name, keyOf(claim), 'bind', { says: 'message', message: `volume ${volume.metadata.name} is kept for the claim` });
      kept = yield* this.client.update<PersistentVolume>(refs.volumes, '', volumeNamed({ ...volume, metadata: { ...volume.metadata, annotations: { ...volume.metadata.annotations, ...own } }, spec: { ...volume.spec, claimRef } }));
    }
    yield* this.writePhase(kept, 'Bound');
    let bound = claim;
    if (claim.spec.volumeName !== kept.metadata.name || claim.metadata.annotations?.[bindCompleted] === undefined) {
      const own = claim.spec.volumeName === kept.metadata.name ? {} : { [boundByController]: 'yes' };
      bound = yield* this.client.update<PersistentVolumeClaim>(refs.claims, claim.metadata.namespace ?? '', claimNamed({ ...claim, metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [bindCompleted]: 'yes', ...own } }, spec: { ...claim.spec, volumeName: kept.metadata.name } }));
    }
    yield* this.writeClaimStatus(bound, { ...bound.status, phase: 'Bound', accessModes: kept.spec.accessModes ?? [], capacity: kept.spec.capacity ?? {} });
  }

  private *writeClaimStatus(claim: PersistentVolumeClaim, status: NonNullable<PersistentVolumeClaim['status']>): Task<void> {
    if (canonicalText(claim.status ?? {}) !== canonicalText(status)) yield* this.client.updateStatus<PersistentVolumeClaim>(refs.claims, claim.metadata.namespace ?? '', claimNamed({ ...claim, status }));
  }

  // ---------------------------------------------------------------- volumes

  private *syncVolume(volumeName: string): Task<void> {
    const volume = this.volumes.get(volumeName);
    if (volume === undefined) return;
    const { claimRef } = volume.spec;
    if (claimRef?.uid === undefined || claimRef.uid === '') return yield* this.writePhase(volume, 'Available');
    const claim = yield* this.claimOf(volume);
    if (claim === undefined) return yield* this.release(volume);
    if (claim.spec.volumeName === volumeName) return yield* this.writePhase(volume, 'Bound');
    // The claim went elsewhere: what we alone had kept for it is free again.
    if ((claim.spec.volumeName ?? '') !== '' && volume.metadata.annotations?.[boundByController] !== undefined) {
      const { claimRef: _gone, ...spec } = volume.spec;
      const { [boundByController]: _own, ...annotations } = volume.metadata.annotations;
      yield* this.client.update<PersistentVolume>(refs.volumes, '', volumeNamed({ ...volume, metadata: { ...volume.metadata, annotations }, spec }));
    }
  }

  /** From the cache, or else asked for: a volume must not be given up because the cache is behind. */
  private *claimOf(volume: PersistentVolume): Task<PersistentVolumeClaim | undefined> {
    const { namespace = '', name: claimName = '' } = volume.spec.claimRef ?? {};
    const cached = this.claims.get(`${namespace}/${claimName}`);
    if (cached !== undefined && isKeptFor(volume, cached)) return cached;
    try {
      const fresh = yield* this.client.get<PersistentVolumeClaim>(refs.claims, namespace, claimName);
      return isKeptFor(volume, fresh) ? fresh : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  private *release(volume: PersistentVolume): Task<void> {
    if (volume.status?.phase !== 'Failed') yield* this.writePhase(volume, 'Released');
    if (volume.metadata.deletionTimestamp !== undefined || volume.status?.phase !== 'Released') return;
    const reclaim = decideReclaim(volume);
    if (reclaim.kind === 'delete') yield* this.client.delete(refs.volumes, '', volume.metadata.name);
    if (reclaim.kind === 'fail') {
      this.recorder.event(volumeNamed(volume), 'Warning', 'VolumeFailedDelete', reclaim.message);
      yield* this.writePhase(volume, 'Failed', reclaim.message);
    }
  }

  private *writePhase(volume: PersistentVolume, phase: string, message?: string): Task<void> {
    if (volume.status?.phase === phase) return;
    const { message: _old, ...status } = volume.status ?? {};
    yield* this.client.updateStatus<PersistentVolume>(refs.volumes, '', volumeNamed({ ...volume, status: { ...status, phase, lastPhaseTransitionTime: this.context.now(), ...(message === undefined ? {} : { message }) } }));
  }
}

const claimNamed = (claim: PersistentVolumeClaim): PersistentVolumeClaim => ({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
const volumeNamed = (volume: PersistentVolume): PersistentVolume => ({ ...volume, apiVersion: 'v1', kind: 'PersistentVolume' });
