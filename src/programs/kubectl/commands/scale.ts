// kubectl scale and kubectl autoscale.
import type { Task } from '../../../kernel/task.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags, outputFlags, recordFlag, saveConfigFlag, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { ResultPrinter } from '../printers/print-object.ts';
import { dryRunOf, dryRunSuffix, fetchTargets, recordOn } from './act.ts';
import { apiVersionOf } from '../discovery.ts';
import type { Info } from '../builder.ts';
import { watchUntil } from './wait.ts';
import { createAndPrint } from './create/create-object.ts';

export const scaleCommand: Command = {
  name: 'scale',
  use: 'scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME) [options]',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  examples: '  # Five replicas\n  kubectl scale deployment web --replicas=5\n\n  # Only if there are three now\n  kubectl scale deployment web --current-replicas=3 --replicas=5',
  flags: [
    recordFlag, ...fileFlags, ...outputFlags, selectorFlag, dryRunFlag,
    flag.bool('all', 'Select all resources in the namespace of the specified resource types'),
    flag.int('current-replicas', 'Precondition for current size. Requires that the current size of the resource match this value in order to scale.', { value: '-1' }),
    flag.int('replicas', 'The new desired number of replicas. Required.', { value: '0', required: true }),
    flag.string('resource-version', 'Precondition for resource version.'),
    flag.duration('timeout', 'The length of time to wait before giving up on a scale operation, zero means don\'t wait.', { value: '0s' }),
  ],
  *run(k, flags) {
    const replicas = flags.int('replicas');
    if (replicas < 0) throw new CommandError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
    const dryRun = dryRunOf(k);
    const printer = new ResultPrinter(k);
    const { infos, errors } = yield* fetchTargets(k, flags.args, { keepGoing: true });
    if (infos.length > 1 && flags.string('resource-version') !== '') throw new CommandError('cannot use --resource-version with multiple resources');
    for (const info of infos) {
      try {
        if (dryRun !== 'client') {
          yield* scaleOne(k, info, replicas, dryRun === 'server');
          yield* recordOn(k, info, dryRun);
        }
        const { group } = info.mapping;
        printer.print(group === 'apps' || group === '' ? { ...info.object, spec: { ...info.object.spec, replicas } } : info.object, `scaled${dryRunSuffix(dryRun)}`);
      } catch (error) {
        errors.push(error);
      }
    }
    if (infos.length === 0 && errors.length === 0) throw new CommandError('no objects passed to scale');
    throwAll(errors);
  },
};

function* scaleOne(k: Kubectl, info: Info, replicas: number, dryRun: boolean): Task<void> {
  const { flags } = k;
  const path = k.path(info.mapping, info.namespace, info.name, 'scale');
  const query = { dryRun: dryRun ? 'All' : undefined };
  if (flags.changed('current-replicas') || flags.string('resource-version') !== '') {
    const scale: Any = yield* k.call('GET', path);
    const current: number = scale.spec?.replicas ?? 0;
    if (flags.changed('current-replicas') && current !== flags.int('current-replicas')) throw new CommandError(`Expected replicas to be ${flags.int('current-replicas')}, was ${current}`);
    const version = flags.string('resource-version');
    if (version !== '' && scale.metadata.resourceVersion !== version) throw new CommandError(`Expected resource version to be ${version}, was ${scale.metadata.resourceVersion}`);
    yield* k.call('PUT', path, { query, body: { ...scale, spec: { ...scale.spec, replicas } } });
  } else {
    yield* k.call('PATCH', path, { query, headers: { 'content-type': 'application/merge-patch+json' }, body: { spec: { replicas } } });
  }
  const timeoutMs = flags.duration('timeout');
  if (timeoutMs > 0 && !dryRun) {
    yield* watchUntil(k, info, timeoutMs, (object) => (object !== undefined && (object.status?.observedGeneration ?? 0) >= (object.metadata?.generation ?? 0) && (object.status?.replicas ?? 0) === replicas ? true : undefined), () => new CommandError(`timed out waiting for "${info.name}" to be synced`));
  }
}

export const autoscaleCommand: Command = {
  name: 'autoscale',
  use: 'autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [options]',
  short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  examples: '  # Between 2 and 10 pods, by CPU\n  kubectl autoscale deployment web --min=2 --max=10 --cpu=80%',
  flags: [
    recordFlag, ...fileFlags, ...outputFlags, dryRunFlag, saveConfigFlag, fieldManagerFlag('kubectl-autoscale'),
    flag.string('cpu', 'Target CPU utilization over all the pods (80%), or an average value (500m).'),
    flag.int('cpu-percent', 'The target average CPU utilization over all the pods.', { value: '-1', deprecated: "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU)." }),
    flag.int('max', 'The upper limit for the number of pods that can be set by the autoscaler. Required.', { value: '-1', required: true }),
    flag.string('memory', 'Target memory utilization over all the pods (60%), or an average value (200Mi).'),
    flag.int('min', 'The lower limit for the number of pods that can be set by the autoscaler.', { value: '-1' }),
    flag.string('name', 'The name for the newly created object. If not specified, the name of the input resource will be used.'),
  ],
  *run(k, flags) {
    if (flags.int('max') < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${flags.int('max')}`);
    if (flags.int('max') < flags.int('min')) throw new CommandError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${flags.int('max')}, min: ${flags.int('min')}`);
    const { infos, errors } = yield* fetchTargets(k, flags.args, { keepGoing: true, asGiven: true });
    for (const info of infos) {
      if (info.object.spec?.replicas === undefined && !['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'].includes(info.mapping.kind)) throw new CommandError(`cannot autoscale a ${info.mapping.kind}: could not find scale subresource for ${info.mapping.group}/${info.mapping.version}, Resource=${info.mapping.resource} in discovery information`);
      const metrics: Any[] = [];
      for (const name of ['cpu', 'memory']) {
        const text = flags.string(name) || (name === 'cpu' && flags.int('cpu-percent') >= 0 ? `${flags.int('cpu-percent')}%` : '');
        if (text === '') continue;
        metrics.push({ type: 'Resource', resource: { name, target: text.endsWith('%') ? { type: 'Utilization', averageUtilization: Number(text.slice(0, -1)) } : { type: 'AverageValue', averageValue: text } } });
      }
      const object = {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: flags.string('name') || info.name },
        spec: { scaleTargetRef: { apiVersion: apiVersionOf(info.mapping), kind: info.mapping.kind, name: info.name }, maxReplicas: flags.int('max'), ...(flags.int('min') > 0 ? { minReplicas: flags.int('min') } : {}), ...(metrics.length === 0 ? {} : { metrics }) },
        status: { currentMetrics: null, desiredReplicas: 0 },
      };
      yield* createAndPrint(k, { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true }, object, { operation: 'autoscaled' });
    }
    throwAll(errors);
  },
};
