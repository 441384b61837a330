// One reconciliation of a Deployment: its ReplicaSet made or found, replicas moved, status told.
import { findCondition } from '../../../api/meta/conditions.ts';
import { canonicalText, computePodTemplateHash } from '../../../api/meta/hash.ts';
import { isAlreadyExists, isNotFound } from '../../../client/api-error.ts';
import type { ApiClient, WorkQueue } from '../../../client/contract.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import type { RunningInformer } from '../../../client/informer.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { controllerOf, keyOf, ownerRef, refs, type Deployment, type DeploymentStatus, type Pod, type ReplicaSet } from '../shared/objects.ts';
import { isTerminal } from '../shared/pods.ts';
import {
  compare,
  computeNewReplicas,
  computeRolloutStatus,
  computeSetAnnotations,
  computeStatus,
  decideCleanup,
  decideOldScales,
  decideProportionalScales,
  desiredReplicasAnnotation,
  findNewReplicaSet,
  hasProgressDeadline,
  isComplete,
  isRollingUpdate,
  maxRevision,
  newCondition,
  progressCheckInMs,
  replicasAnnotations,
  replicasOf,
  revisionAnnotation,
  revisionOf,
  setDeploymentCondition,
} from './decide.ts';

/** What a rollout acts with. */
export interface Hands {
  readonly context: ControllerContext;
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly pods: RunningInformer<Pod>;
  readonly queue: WorkQueue;
}

export const apiVersion = 'apps/v1';

export const named = <T extends Deployment | ReplicaSet>(object: T, kind = 'Deployment'): T => ({ ...object, apiVersion, kind });

/** One reconciliation, with what it has learnt or changed so far. */
export class Rollout {
  private readonly hands: Hands;
  deployment: Deployment;
  readonly sets: readonly ReplicaSet[];
  newSet: ReplicaSet | undefined;

  constructor(hands: Hands, deployment: Deployment, all: readonly ReplicaSet[]) {
    this.hands = hands;
    this.deployment = deployment;
    this.sets = all;
  }

  private get olds(): readonly ReplicaSet[] {
    return this.sets.filter(({ metadata }) => metadata.uid !== this.newSet?.metadata.uid);
  }

  private get all(): readonly ReplicaSet[] {
    return this.newSet === undefined ? this.olds : [...this.olds, this.newSet];
  }

  private get namespace(): string {
    return this.deployment.metadata.namespace ?? '';
  }

  *statusOnly(): Task<void> {
    yield* this.findNew(false);
    yield* this.writeStatus(computeStatus(this.deployment, this.all, this.newSet, this.hands.context.now()));
  }

  /** Pausing is progress too: the deadline does not run while nobody is to move. */
  *notePaused(): Task<void> {
    const { deployment } = this;
    const condition = findCondition(deployment.status?.conditions, 'Progressing');
    if (!hasProgressDeadline(deployment) || condition?.reason === 'ProgressDeadlineExceeded') return;
    const pausedBefore = condition?.reason === 'DeploymentPaused';
    const paused = deployment.spec.paused === true;
    const now = this.hands.context.now();
    if (paused && !pausedBefore) yield* this.noteCondition(newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now));
    else if (!paused && pausedBefore) yield* this.noteCondition(newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now));
  }

  private *noteCondition(condition: ReturnType<typeof newCondition>): Task<void> {
    this.deployment = yield* this.hands.client.updateStatus<Deployment>(refs.deployments, this.namespace, { ...named(this.deployment), status: setDeploymentCondition(this.deployment.status ?? {}, condition) });
  }

  isScaling(): boolean {
    this.newSet = findNewReplicaSet(this.deployment, this.sets);
    for (const set of this.all) {
      const desired = set.metadata.annotations?.[desiredReplicasAnnotation];
      if (replicasOf(set) > 0 && desired !== undefined && Number(desired) !== replicasOf(this.deployment)) return true;
    }
    return false;
  }

  /** Scaling and pausing: sizes follow, templates do not. */
  *sync(): Task<void> {
    yield* this.findNew(false);
    yield* this.scaleAll();
    if (this.deployment.spec.paused === true) yield* this.cleanup();
    yield* this.writeStatus(computeStatus(this.deployment, this.all, this.newSet, this.hands.context.now()));
  }

  private *scaleAll(): Task<void> {
    const active = this.all.filter((set) => replicasOf(set) > 0);
    const only = active.length === 1 ? active[0] : active.length === 0 ? (this.newSet ?? [...this.olds].sort((a, b) => compare(revisionOf(b), revisionOf(a)))[0]) : undefined;
    if (only !== undefined) {
      if (replicasOf(only) !== replicasOf(this.deployment)) yield* this.scale(only, replicasOf(this.deployment));
      return;
    }
    const saturated =
      this.newSet !== undefined &&
      replicasOf(this.newSet) === replicasOf(this.deployment) &&
      Number(this.newSet.metadata.annotations?.[desiredReplicasAnnotation]) === replicasOf(this.deployment) &&
      (this.newSet.status?.availableReplicas ?? 0) === replicasOf(this.deployment);
    if (saturated) {
      for (const old of this.olds) if (replicasOf(old) > 0) yield* this.scale(old, 0);
      return;
    }
    if (!isRollingUpdate(this.deployment)) return;
    for (const { set, replicas } of decideProportionalScales(this.deployment, active)) yield* this.scale(set, replicas);
  }

  *roll(): Task<void> {
    yield* this.findNew(true);
    const { newSet } = this;
    if (newSet === undefined) return;
    const size = replicasOf(newSet);
    const wanted = size > replicasOf(this.deployment) ? replicasOf(this.deployment) : computeNewReplicas(this.deployment, this.all, size);
    if (wanted !== size) {
      yield* this.scale(newSet, wanted);
      return yield* this.rolloutStatus();
    }
    const scales = decideOldScales(this.deployment, this.all, newSet, this.olds);
    for (const { set, replicas } of scales) yield* this.scale(set, replicas);
    if (scales.length > 0) return yield* this.rolloutStatus();
    if (isComplete(this.deployment, this.deployment.status ?? {})) yield* this.cleanup();
    yield* this.rolloutStatus();
  }

  *recreate(): Task<void> {
    yield* this.findNew(false);
    const active = this.olds.filter((set) => replicasOf(set) > 0);
    if (active.length > 0) {
      for (const set of active) yield* this.scale(set, 0);
      return yield* this.rolloutStatus();
    }
    // Not before the last old pod is gone from its node.
    const oldPods = this.olds.some((set) => this.hands.pods.byIndex('owner', set.metadata.uid ?? '').some((pod) => !isTerminal(pod)));
    if (oldPods) return yield* this.rolloutStatus();
    yield* this.findNew(true);
    if (this.newSet !== undefined && replicasOf(this.newSet) !== replicasOf(this.deployment)) yield* this.scale(this.newSet, replicasOf(this.deployment));
    if (isComplete(this.deployment, this.deployment.status ?? {})) yield* this.cleanup();
    yield* this.rolloutStatus();
  }

  /** Finds the ReplicaSet of the present template and brings its revision up to date, or makes it. */
  private *findNew(create: boolean): Task<void> {
    const existing = findNewReplicaSet(this.deployment, this.sets);
    const olds = this.sets.filter((set) => set.metadata.uid !== existing?.metadata.uid);
    const revision = maxRevision(olds) + 1n;
    if (existing !== undefined) {
      this.newSet = existing;
      const annotations = computeSetAnnotations(this.deployment, existing, revision, false);
      const minReadySeconds = this.deployment.spec.minReadySeconds ?? 0;
      if (annotations !== undefined || (existing.spec.minReadySeconds ?? 0) !== minReadySeconds) {
        const { minReadySeconds: _old, ...spec } = existing.spec;
        this.newSet = yield* this.hands.client.update<ReplicaSet>(refs.replicaSets, this.namespace, {
          ...named(existing, 'ReplicaSet'),
          metadata: { ...existing.metadata, ...(annotations === undefined ? {} : { annotations }) },
          spec: { ...spec, ...(minReadySeconds === 0 ? {} : { minReadySeconds }) },
        });
        return;
      }
      yield* this.noteFound(existing);
      return;
    }
    if (create) yield* this.createNew(olds, revision);
  }

  private *noteFound(existing: ReplicaSet): Task<void> {
    const revision = existing.metadata.annotations?.[revisionAnnotation] ?? '0';
    const needsRevision = this.deployment.metadata.annotations?.[revisionAnnotation] !== revision;
    let { status } = this.deployment;
    if (hasProgressDeadline(this.deployment) && findCondition(status?.conditions, 'Progressing') === undefined) {
      status = setDeploymentCondition(status ?? {}, newCondition('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${existing.metadata.name}"`, this.hands.context.now()));
    }
    if (needsRevision || status !== this.deployment.status) yield* this.writeDeployment(revision, status);
  }

  private *createNew(olds: readonly ReplicaSet[], revision: bigint): Task<void> {
    const { deployment } = this;
    const { template } = deployment.spec;
    const hash = computePodTemplateHash(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
    const selector = { ...deployment.spec.selector, matchLabels: { ...deployment.spec.selector.matchLabels, 'pod-template-hash': hash } };
    const name = `${deployment.metadata.name}-${hash}`;
    const draft: ReplicaSet = {
      apiVersion,
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace: this.namespace,
        ownerReferences: [ownerRef(deployment, apiVersion, 'Deployment')],
        labels,
        annotations: { ...computeSetAnnotations(deployment, undefined, revision, true) },
      },
      spec: {
        replicas: 0,
        ...((deployment.spec.minReadySeconds ?? 0) === 0 ? {} : { minReadySeconds: deployment.spec.minReadySeconds ?? 0 }),
        selector,
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    const replicas = computeNewReplicas(deployment, [...olds, draft], 0);
    const wanted: ReplicaSet = { ...draft, spec: { ...draft.spec, replicas } };
    let existed = false;
    try {
      this.newSet = yield* this.hands.client.create(refs.replicaSets, this.namespace, wanted);
    } catch (error) {
      existed = isAlreadyExists(error);
      if (!existed) {
        yield* this.failedCreate(name, error);
        throw error;
      }
      const other = yield* this.hands.client.get<ReplicaSet>(refs.replicaSets, this.namespace, name);
      if (controllerOf(other)?.uid === deployment.metadata.uid && findNewReplicaSet(deployment, [other]) !== undefined) this.newSet = other;
      else {
        // Two templates with one hash: count the collision, and the next hash differs.
        yield* this.hands.client.updateStatus(refs.deployments, this.namespace, { ...named(deployment), status: { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 } });
        throw error;
      }
    }
    if (!existed) {
      this.hands.context.decided('deployment', keyOf(deployment), 'create', { says: 'new-set', name, replicas });
      if (replicas > 0) this.hands.recorder.event(named(deployment), 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
    }
    const created = this.newSet;
    let { status } = this.deployment;
    if (!existed && hasProgressDeadline(deployment)) status = setDeploymentCondition(status ?? {}, newCondition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, this.hands.context.now()));
    const newRevision = created.metadata.annotations?.[revisionAnnotation] ?? String(revision);
    if (this.deployment.metadata.annotations?.[revisionAnnotation] !== newRevision || status !== this.deployment.status) yield* this.writeDeployment(newRevision, status);
  }

  private *failedCreate(name: string, error: unknown): Task<void> {
    if (!hasProgressDeadline(this.deployment)) return;
    const message = `Failed to create new replica set "${name}": ${error instanceof Error ? error.message : String(error)}`;
    const status = setDeploymentCondition(this.deployment.status ?? {}, newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, this.hands.context.now()));
    if (status !== this.deployment.status) yield* this.hands.client.updateStatus(refs.deployments, this.namespace, { ...named(this.deployment), status });
  }

  /** The revision and the condition are written through the status subresource, which keeps annotations too. */
  private *writeDeployment(revision: string, status: DeploymentStatus | undefined): Task<void> {
    const annotations = { ...this.deployment.metadata.annotations, [revisionAnnotation]: revision };
    this.deployment = yield* this.hands.client.updateStatus<Deployment>(refs.deployments, this.namespace, {
      ...named(this.deployment),
      metadata: { ...this.deployment.metadata, annotations },
      ...(status === undefined ? {} : { status }),
    });
  }

  private *scale(set: ReplicaSet, replicas: number): Task<void> {
    const from = replicasOf(set);
    const annotations = { ...set.metadata.annotations, ...replicasAnnotations(this.deployment) };
    const annotated = canonicalText(annotations) !== canonicalText(set.metadata.annotations ?? {});
    if (from === replicas && !annotated) return;
    const updated = yield* this.hands.client.update<ReplicaSet>(refs.replicaSets, this.namespace, { ...named(set, 'ReplicaSet'), metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } });
    if (set.metadata.uid === this.newSet?.metadata.uid) this.newSet = updated;
    else this.replaceOld(updated);
    if (from === replicas) return;
    const direction = replicas > from ? 'up' : 'down';
    this.hands.context.decided('deployment', keyOf(this.deployment), `scale ${direction}`, { says: 'scale-set', name: set.metadata.name, from, to: replicas });
    this.hands.recorder.event(named(this.deployment), 'Normal', 'ScalingReplicaSet', `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${replicas}`);
  }

  private replaceOld(updated: ReplicaSet): void {
    const list = this.sets as ReplicaSet[];
    const at = list.findIndex(({ metadata }) => metadata.uid === updated.metadata.uid);
    if (at >= 0) list[at] = updated;
  }

  private *cleanup(): Task<void> {
    for (const set of decideCleanup(this.deployment, this.olds)) {
      try {
        yield* this.hands.client.delete(refs.replicaSets, this.namespace, set.metadata.name);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  private *rolloutStatus(): Task<void> {
    const status = computeRolloutStatus(this.deployment, this.all, this.newSet, this.hands.context.wallMs(), this.hands.context.now());
    if (canonicalText(status) === canonicalText(this.deployment.status ?? {})) {
      const again = progressCheckInMs(this.deployment, status, this.hands.context.wallMs());
      if (again === 0) this.hands.queue.addRateLimited(keyOf(this.deployment));
      else if (again !== undefined) this.hands.queue.addAfter(keyOf(this.deployment), again);
      return;
    }
    yield* this.writeStatus(status);
  }

  private *writeStatus(status: DeploymentStatus): Task<void> {
    if (canonicalText(status) === canonicalText(this.deployment.status ?? {})) return;
    this.deployment = yield* this.hands.client.updateStatus<Deployment>(refs.deployments, this.namespace, { ...named(this.deployment), status });
  }
}
