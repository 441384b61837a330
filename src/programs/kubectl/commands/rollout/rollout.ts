// kubectl rollout history | undo | pause | resume | restart
import type { Task } from '../../../../kernel/task.ts';
import { formatTime } from '../../../../api/meta/time.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags, outputFlags, selectorFlag } from '../../command.ts';
import type { Command } from '../../command.ts';
import type { Info } from '../../builder.ts';
import { CommandError, throwAll } from '../../errors.ts';
import { flag } from '../../flags.ts';
import { goJson } from '../../go-text.ts';
import type { Any, Kubectl } from '../../kubectl.ts';
import { describePodTemplate } from '../../describe/pod-template.ts';
import { DescribeWriter } from '../../describe/writer.ts';
import { objectPrinter, ResultPrinter } from '../../printers/print-object.ts';
import { controllerRevisionMapping, dryRunOf, dryRunSuffix, fetchTargets, listObjects, nameOf, patchObject, replicaSetMapping, selectorText } from '../act.ts';
import { lastApplied } from '../apply.ts';
import { rolloutStatus } from './status.ts';

const changeCause = 'kubernetes.io/change-cause';
const revisionAnnotation = 'deployment.kubernetes.io/revision';
const targetFlags = [...fileFlags, ...outputFlags, selectorFlag, dryRunFlag];

function requireTarget(k: Kubectl): void {
  if (k.flags.args.length === 0 && k.flags.list('filename').length === 0 && k.flags.string('kustomize') === '') throw new CommandError('required resource not specified');
}

/** One revision of a workload: where its template and note are kept. */
interface Revision {
  readonly number: number;
  readonly cause: string;
  /** A ReplicaSet or ControllerRevision. */
  readonly object: Any;
}

function* revisionsOf(k: Kubectl, object: Any): Task<Revision[]> {
  const labelSelector = selectorText(object.spec.selector);
  const owned = (each: Any): boolean => (each.metadata.ownerReferences ?? []).some((owner: Any) => owner.controller === true && owner.uid === object.metadata.uid);
  const found: Revision[] = [];
  if (object.kind === 'Deployment') {
    for (const each of (yield* listObjects(k, replicaSetMapping, object.metadata.namespace, { labelSelector })).filter(owned)) {
      const number = Number(each.metadata.annotations?.[revisionAnnotation] ?? 0);
      if (number > 0) found.push({ number, cause: each.metadata.annotations?.[changeCause] ?? '', object: each });
    }
  } else {
    for (const each of (yield* listObjects(k, controllerRevisionMapping, object.metadata.namespace, { labelSelector })).filter(owned)) found.push({ number: each.revision, cause: each.metadata.annotations?.[changeCause] ?? '', object: each });
  }
  return found.sort((a, b) => a.number - b.number);
}

/** Kinds that kubectl knows to have no revisions; of others it knows nothing. */
const unrolled = new Set(['Pod', 'ReplicationController', 'Job', 'CronJob', 'ReplicaSet']);

function requireKind(info: Info, what: string): void {
  const kind = `${info.mapping.kind}${info.mapping.group === '' ? '' : `.${info.mapping.group}`}`;
  if (unrolled.has(info.mapping.kind)) throw new CommandError(`no ${what === 'history' ? 'history viewer' : what} has been implemented for "${kind}"`);
  if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(info.mapping.kind)) throw new CommandError(`error retrieving ${what} for "${kind}", no visitor method exists for {${info.mapping.group} ${info.mapping.kind}}`);
}

const history: Command = {
  name: 'history',
  use: 'rollout history (TYPE NAME | TYPE/NAME) [flags] [options]',
  short: 'View rollout history',
  flags: [...fileFlags, ...outputFlags, selectorFlag, flag.int('revision', 'See the details, including podTemplate of the revision specified', { value: '0' })],
  *run(k, flags) {
    requireTarget(k);
    const wanted = flags.int('revision');
    if (wanted < 0) throw new CommandError('revision must be a positive integer: ' + String(wanted));
    const { infos, errors } = yield* fetchTargets(k, flags.args, { selectAll: true, keepGoing: true });
    for (const info of infos) {
      requireKind(info, 'history');
      const revisions = yield* revisionsOf(k, info.object);
      const printer = objectPrinter(k);
      if (printer !== undefined && flags.string('output') === '') {
        // A template alone is for the workload itself.
        k.out(printer(info.object));
        continue;
      }
      if (printer !== undefined) {
        const chosen = wanted === 0 ? revisions : revisions.filter((each) => each.number === wanted);
        if (chosen.length === 0) throw new CommandError('unable to find the specified revision');
        for (const each of chosen) k.out(printer(each.object));
        continue;
      }
      if (wanted > 0) {
        const chosen = revisions.find((each) => each.number === wanted);
        if (chosen === undefined) throw new CommandError('unable to find the specified revision');
        const writer = new DescribeWriter();
        let template: Any = chosen.object.kind === 'ReplicaSet' ? chosen.object.spec.template : chosen.object.data?.spec?.template;
        if (chosen.cause !== '') template = { ...template, metadata: { ...template.metadata, annotations: { ...(template.metadata?.annotations ?? {}), [changeCause]: chosen.cause } } };
        describePodTemplate(writer, template);
        k.line(`${nameOf(info.object)} with revision #${wanted}\n${writer.text()}`);
        continue;
      }
      const writer = new DescribeWriter();
      writer.line('REVISION\tCHANGE-CAUSE');
      for (const each of revisions) writer.line(`${each.number}\t${each.cause === '' ? '<none>' : each.cause}`);
      k.line(`${nameOf(info.object)} \n${writer.text()}`);
    }
    throwAll(errors);
  },
};

const skippedAnnotations = ['kubectl.kubernetes.io/last-applied-configuration', revisionAnnotation, 'deployment.kubernetes.io/revision-history', 'deployment.kubernetes.io/desired-replicas', 'deployment.kubernetes.io/max-replicas', 'deprecated.deployment.rollback.to'];

const undo: Command = {
  name: 'undo',
  use: 'rollout undo (TYPE NAME | TYPE/NAME) [flags] [options]',
  short: 'Undo a previous rollout',
  flags: [...targetFlags, flag.int('to-revision', 'The revision to rollback to. Default to 0 (last revision).', { value: '0' })],
  *run(k, flags) {
    requireTarget(k);
    const printer = new ResultPrinter(k);
    const dryRun = dryRunOf(k);
    const { infos, errors } = yield* fetchTargets(k, flags.args, { keepGoing: true, selectAll: true });
    for (const info of infos) {
      try {
        requireKind(info, 'rollbacker');
        if (info.object.metadata.annotations?.[lastApplied] !== undefined) {
          k.warn(`resource ${info.mapping.resource}/${info.name} was previously managed with 'kubectl apply'. Rolling back will not update the ${lastApplied} annotation, which may cause unexpected behavior on future 'kubectl apply' operations.`);
        }
        const message = yield* rollBack(k, info, flags.int('to-revision'), dryRun);
        printer.print(info.object, message + dryRunSuffix(dryRun));
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

function* rollBack(k: Kubectl, info: Info, to: number, dryRun: 'none' | 'client' | 'server'): Task<string> {
  if (to < 0) throw new CommandError(`unable to find specified revision ${to} in history`);
  const object = info.object;
  const revisions = yield* revisionsOf(k, object);
  const chosen = to === 0 ? revisions[revisions.length - 2] : revisions.find((each) => each.number === to);
  if (chosen === undefined) throw new CommandError(to > 0 ? `unable to find specified revision ${to} in history` : object.kind === 'Deployment' ? `no rollout history found for deployment ${JSON.stringify(object.metadata.name)}` : 'no last revision to roll back to');
  if (object.kind !== 'Deployment') {
    if (goJson(chosen.object.data?.spec?.template?.spec) === goJson(object.spec.template.spec)) return `skipped rollback (current template already matches revision ${chosen.number})`;
    if (dryRun !== 'client') yield* patchObject(k, info, 'strategic', chosen.object.data, { manager: 'kubectl-rollout', dryRun });
    return 'rolled back';
  }
  if (object.spec.paused === true) throw new CommandError(`you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`);
  const labels = { ...(chosen.object.spec.template.metadata?.labels ?? {}) };
  delete labels['pod-template-hash'];
  const template = { ...chosen.object.spec.template, metadata: { ...chosen.object.spec.template.metadata, labels } };
  if (goJson(template) === goJson(object.spec.template)) return `skipped rollback (current template already matches revision ${chosen.number})`;
  const annotations: Record<string, string> = {};
  for (const key of skippedAnnotations) if (object.metadata.annotations?.[key] !== undefined) annotations[key] = object.metadata.annotations[key];
  for (const [key, value] of Object.entries(chosen.object.metadata.annotations ?? {})) if (!skippedAnnotations.includes(key)) annotations[key] = value as string;
  if (dryRun === 'client') {
    const writer = new DescribeWriter();
    describePodTemplate(writer, chosen.object.spec.template);
    return `Pod Template:\n${writer.text().split('\n').slice(1).join('\n')}`;
  }
  const patch = [{ op: 'replace', path: '/spec/template', value: template }, { op: 'replace', path: '/metadata/annotations', value: annotations }];
  try {
    yield* patchObject(k, info, 'json', patch, { manager: 'kubectl-rollout', dryRun });
  } catch (error) {
    if (error instanceof Error && (error as { status?: unknown }).status !== undefined) throw new CommandError(`failed restoring revision ${to}: ${error.message}`);
    throw error;
  }
  return 'rolled back';
}

/** pause, resume and restart: a patch computed from the object. */
function changeCommand(name: string, short: string, done: string, kinds: readonly string[], change: (k: Kubectl, info: Info) => Any): Command {
  return {
    name,
    use: `rollout ${name} RESOURCE [options]`,
    short,
    flags: [...targetFlags, fieldManagerFlag('kubectl-rollout')],
    *run(k, flags) {
      requireTarget(k);
      const printer = new ResultPrinter(k);
      const { infos, errors } = yield* fetchTargets(k, flags.args, { keepGoing: true, selectAll: true });
      if (infos.length === 0 && errors.length === 0) k.err(`No resources found in ${k.namespace} namespace.`);
      for (const info of infos) {
        try {
          if (!kinds.includes(info.mapping.kind)) throw new CommandError(`${resourceText(info)} ${name === 'restart' ? 'restarting is not supported' : name === 'pause' ? 'pausing is not supported' : 'resuming is not supported'}`);
          const patch = change(k, info);
          const answer: Any = yield* patchObject(k, info, 'strategic', patch, { manager: flags.string('field-manager') });
          printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...answer }, done);
        } catch (error) {
          errors.push(error);
        }
      }
      throwAll(errors);
    },
  };
}

const resourceText = (info: Info): string => `${info.mapping.resource}${info.mapping.group === '' ? '' : `.${info.mapping.group}`} "${info.name}"`;

const pause = changeCommand('pause', 'Mark the provided resource as paused', 'paused', ['Deployment'], (_, info) => {
  if (info.object.spec.paused === true) throw new CommandError(`${resourceText(info)} is already paused`);
  return { spec: { paused: true } };
});
const resume = changeCommand('resume', 'Resume a paused resource', 'resumed', ['Deployment'], (_, info) => {
  if (info.object.spec.paused !== true) throw new CommandError(`${resourceText(info)} is not paused`);
  return { spec: { paused: null } };
});
const restart = changeCommand('restart', 'Restart a resource', 'restarted', ['Deployment', 'DaemonSet', 'StatefulSet'], (k, info) => {
  if (info.object.spec.paused === true) throw new CommandError(`${resourceText(info)} can't restart paused deployment (run rollout resume first)`);
  const now = formatTime(k.nowMs());
  if (info.object.spec.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'] === now) throw new CommandError(`failed to create patch for ${info.name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`);
  return { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': now } } } } };
});

export const rolloutCommand: Command = {
  name: 'rollout',
  helps: 'refuses',
  use: 'rollout SUBCOMMAND [options]',
  short: 'Manage the rollout of a resource',
  long: 'Manage the rollout of one or many resources.\n        \n Valid resource types include:\n\n  *  deployments\n  *  daemonsets\n  *  statefulsets',
  examples: '  # Roll back to the previous revision\n  kubectl rollout undo deployment/web\n\n  # Wait for a rollout\n  kubectl rollout status deployment/web\n\n  # Restart all pods, a few at a time\n  kubectl rollout restart deployment/web',
  commands: [history, pause, restart, resume, rolloutStatus, undo],
};
