// kubectl rollout status: what a workload's rollout is waiting for.
import { fileFlags, selectorFlag } from '../../command.ts';
import type { Command } from '../../command.ts';
import { CommandError, throwAll } from '../../errors.ts';
import { flag } from '../../flags.ts';
import type { Any } from '../../kubectl.ts';
import { fetchTargets } from '../act.ts';
import { watchUntil } from '../wait.ts';

interface Progress {
  readonly text: string;
  readonly done: boolean;
}

export const rolloutStatus: Command = {
  name: 'status',
  use: 'rollout status (TYPE NAME | TYPE/NAME) [flags] [options]',
  short: 'Show the status of the rollout',
  examples: '  # Wait until a Deployment is rolled out\n  kubectl rollout status deployment/web',
  flags: [...fileFlags, selectorFlag, flag.int('revision', 'Pin to a specific revision for showing its status.', { value: '0' }), flag.duration('timeout', 'The length of time to wait before ending watch, zero means never.', { value: '0s' }), flag.bool('watch', "Watch the status of the rollout until it's done.", { short: 'w', value: 'true' })],
  *run(k, flags) {
    if (flags.args.length === 0 && flags.list('filename').length === 0 && flags.string('kustomize') === '') throw new CommandError('required resource not specified');
    const { infos, errors } = yield* fetchTargets(k, flags.args, { keepGoing: true, selectAll: true });
    throwAll(errors);
    if (infos.length === 0) throw new CommandError(`No resources found in ${k.namespace} namespace.`);
    const unknown: CommandError[] = [];
    for (const info of infos) {
      const progress = progressOf(info.object.kind);
      if (progress === undefined) {
        unknown.push(new CommandError(`no status viewer has been implemented for ${info.mapping.kind}${info.mapping.group === '' ? '' : `.${info.mapping.group}`}`));
        continue;
      }
      const timeoutMs = flags.duration('timeout') === 0 ? 365 * 24 * 3600 * 1000 : flags.duration('timeout');
      const revision = flags.int('revision');
      yield* watchUntil(
        k, info, timeoutMs,
        (object) => {
          if (object === undefined) throw new CommandError('object has been deleted');
          const now = progress({ ...object, kind: info.mapping.kind }, revision);
          k.out(now.text);
          return now.done || !flags.bool('watch') ? true : undefined;
        },
        () => new CommandError('timed out waiting for the condition'),
      );
    }
    throwAll(unknown);
  },
};

function progressOf(kind: string): ((object: Any, revision: number) => Progress) | undefined {
  if (kind === 'Deployment') return deploymentProgress;
  if (kind === 'DaemonSet') return daemonSetProgress;
  if (kind === 'StatefulSet') return statefulSetProgress;
  return undefined;
}

function deploymentProgress(object: Any, revision = 0): Progress {
  const { metadata, spec, status = {} } = object;
  const name = metadata.name;
  if (revision > 0) {
    const current = Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
    if (current !== revision) throw new CommandError(`desired revision (${revision}) is different from the running revision (${current})`);
  }
  if (metadata.generation > (status.observedGeneration ?? 0)) return { text: 'Waiting for deployment spec update to be observed...\n', done: false };
  const progressing = (status.conditions ?? []).find((each: Any) => each.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') throw new CommandError(`deployment "${name}" exceeded its progress deadline`);
  const updated = status.updatedReplicas ?? 0;
  const total = status.replicas ?? 0;
  const available = status.availableReplicas ?? 0;
  if (updated < (spec.replicas ?? 1)) return { text: `Waiting for deployment "${name}" rollout to finish: ${updated} out of ${spec.replicas} new replicas have been updated...\n`, done: false };
  if (total > updated) return { text: `Waiting for deployment "${name}" rollout to finish: ${total - updated} old replicas are pending termination...\n`, done: false };
  if (available < updated) return { text: `Waiting for deployment "${name}" rollout to finish: ${available} of ${updated} updated replicas are available...\n`, done: false };
  return { text: `deployment "${name}" successfully rolled out\n`, done: true };
}

function daemonSetProgress(object: Any): Progress {
  const { metadata, spec, status = {} } = object;
  if (spec.updateStrategy?.type !== 'RollingUpdate') throw new CommandError('rollout status is only available for RollingUpdate strategy type');
  if (metadata.generation > (status.observedGeneration ?? 0)) return { text: 'Waiting for daemon set spec update to be observed...\n', done: false };
  const desired = status.desiredNumberScheduled ?? 0;
  const updated = status.updatedNumberScheduled ?? 0;
  const available = status.numberAvailable ?? 0;
  if (updated < desired) return { text: `Waiting for daemon set "${metadata.name}" rollout to finish: ${updated} out of ${desired} new pods have been updated...\n`, done: false };
  if (available < desired) return { text: `Waiting for daemon set "${metadata.name}" rollout to finish: ${available} of ${desired} updated pods are available...\n`, done: false };
  return { text: `daemon set "${metadata.name}" successfully rolled out\n`, done: true };
}

function statefulSetProgress(object: Any): Progress {
  const { metadata, spec, status = {} } = object;
  if (spec.updateStrategy?.type !== 'RollingUpdate') throw new CommandError('rollout status is only available for RollingUpdate strategy type');
  if ((status.observedGeneration ?? 0) === 0 || metadata.generation > status.observedGeneration) return { text: 'Waiting for statefulset spec update to be observed...\n', done: false };
  const replicas = spec.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  if (ready < replicas) return { text: `Waiting for ${replicas - ready} pods to be ready...\n`, done: false };
  const updated = status.updatedReplicas ?? 0;
  const rolling = spec.updateStrategy.rollingUpdate;
  if (rolling !== undefined) {
    if (rolling.partition !== undefined && updated < replicas - rolling.partition) return { text: `Waiting for partitioned roll out to finish: ${updated} out of ${replicas - rolling.partition} new pods have been updated...\n`, done: false };
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...\n`, done: true };
  }
  if (status.updateRevision !== status.currentRevision) return { text: `waiting for statefulset rolling update to complete ${updated} pods at revision ${status.updateRevision}...\n`, done: false };
  return { text: `statefulset rolling update complete ${status.currentReplicas ?? 0} pods at revision ${status.currentRevision}...\n`, done: true };
}
