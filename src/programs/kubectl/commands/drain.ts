// kubectl cordon | uncordon | drain.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { parseSelector } from '../../../api/meta/labels.ts';
import { dryRunFlag, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { dryRunOf, dryRunSuffix, itemsOf, missingResource } from '../builder.ts';
import type { Info } from '../builder.ts';
import { CommandError, isNetworkError, ManyErrors, messageOf, SilentExit, usageError } from '../errors.ts';
import { flag } from '../flags.ts';
import { quote } from '../go-text.ts';
import { Kubectl } from '../kubectl.ts';
import type { Any } from '../kubectl.ts';
import { fetchTargets, patchObject, podMapping } from './act.ts';

function* nodesOf(k: Kubectl, name: string): Task<{ infos: Info[]; errors: unknown[] }> {
  const { flags } = k;
  if (flags.args.length === 0 && flags.changed('selector') && flags.string('selector') === '') throw new CommandError(missingResource);
  if (flags.args.length === 0 && flags.string('selector') === '') throw usageError(`kubectl ${name}`, `USAGE: ${name} NODE [flags]`);
  if (flags.has('pod-selector') && parseSelector(flags.string('pod-selector')).selector === undefined) throw new CommandError('--pod-selector=<pod_selector> must be a valid label selector');
  if (flags.args.length > 0 && flags.string('selector') !== '') throw usageError(`kubectl ${name}`, 'error: cannot specify both a node name and a --selector option');
  return yield* fetchTargets(k, ['node', ...flags.args.map((arg) => arg.replace(/^(node|nodes|no)\//, ''))], { keepGoing: true });
}

function* setUnschedulable(k: Kubectl, info: Info, wanted: boolean, dryRun: 'none' | 'client' | 'server'): Task<void> {
  const word = wanted ? 'cordoned' : 'uncordoned';
  if ((info.object.spec?.unschedulable === true) === wanted) {
    k.line(`node/${info.name} already ${word}${dryRunSuffix(dryRun)}`);
    return;
  }
  if (dryRun !== 'client') yield* patchObject(k, info, 'strategic', { spec: { unschedulable: wanted ? true : null } }, { manager: 'kubectl-drain', dryRun });
  k.line(`node/${info.name} ${word}${dryRunSuffix(dryRun)}`);
}

function cordonLike(name: 'cordon' | 'uncordon', short: string): Command {
  return {
    name,
    use: `${name} NODE [options]`,
    short,
    flags: [dryRunFlag, selectorFlag],
    *run(k) {
      const { infos, errors } = yield* nodesOf(k, name);
      if (errors.length > 0) throw errors.length === 1 ? errors[0] : new ManyErrors(errors);
      for (const info of infos) {
        try {
          yield* setUnschedulable(k, info, name === 'cordon', dryRunOf(k));
        } catch (error) {
          k.err(`error: unable to ${name} node ${quote(info.name)}: ${messageOf(error)}`);
        }
      }
    },
  };
}

export const cordonCommand = cordonLike('cordon', 'Mark node as unschedulable');
export const uncordonCommand = cordonLike('uncordon', 'Mark node as schedulable');

export const drainCommand: Command = {
  name: 'drain',
  use: 'drain NODE [options]',
  short: 'Drain node in preparation for maintenance',
  long: 'Drain node in preparation for maintenance: the node is marked unschedulable, then its pods are evicted, as far as their\nPodDisruptionBudgets allow. Pods of DaemonSets stay (--ignore-daemonsets must say so), mirror pods cannot be evicted.',
  examples: '  # Empty a node\n  kubectl drain w1-k8s --ignore-daemonsets --delete-emptydir-data',
  flags: [
    dryRunFlag, selectorFlag,
    flag.int('chunk-size', 'Return large lists in chunks rather than all at once.', { value: '500' }),
    flag.bool('delete-emptydir-data', 'Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained).'),
    flag.bool('disable-eviction', 'Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution.'),
    flag.bool('force', 'Continue even if there are pods that do not declare a controller.'),
    flag.int('grace-period', "Period of time in seconds given to each pod to terminate gracefully. If negative, the default value specified in the pod will be used.", { value: '-1' }),
    flag.bool('ignore-daemonsets', 'Ignore DaemonSet-managed pods.'),
    flag.string('pod-selector', 'Label selector to filter pods on the node'),
    flag.int('skip-wait-for-delete-timeout', "If pod DeletionTimestamp older than N seconds, skip waiting for the pod.", { value: '0' }),
    flag.duration('timeout', 'The length of time to wait before giving up, zero means infinite', { value: '0s' }),
  ],
  *run(k) {
    const dryRun = dryRunOf(k);
    const { infos, errors } = yield* nodesOf(k, 'drain');
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new ManyErrors(errors);
    for (const info of infos) yield* setUnschedulable(k, info, true, dryRun);
    const failed = new Map<string, unknown>();
    for (const info of infos) {
      try {
        if (dryRun === 'none') yield* drainNode(k, info.name);
        else yield* previewNode(k, info.name, dryRun);
        k.line(`node/${info.name} drained${dryRunSuffix(dryRun)}`);
      } catch (error) {
        if (isNetworkError(error)) throw error;
        k.err(`error: unable to drain node ${quote(info.name)} due to error: ${messageOf(error)}, continuing command...`);
        failed.set(info.name, error);
      }
    }
    if (failed.size === 0) return;
    k.err('There are pending nodes to be drained:');
    for (const [name, error] of failed) {
      k.err(` ${name}`);
      k.err(messageOf(error));
    }
    throw new SilentExit(1);
  },
};

interface Sorted {
  readonly evict: readonly Any[];
  readonly warnings: readonly string[];
}

function* sortPods(k: Kubectl, node: string): Task<Sorted> {
  const { flags } = k;
  const list: Any = yield* k.call('GET', '/api/v1/pods', { query: { fieldSelector: `spec.nodeName=${node}`, labelSelector: flags.string('pod-selector') || undefined, limit: String(flags.int('chunk-size')) } });
  const evict: Any[] = [];
  const problems = new Map<string, string[]>();
  const warnings = new Map<string, string[]>();
  const note = (map: Map<string, string[]>, text: string, pod: Any): void => {
    map.set(text, [...(map.get(text) ?? []), `${pod.metadata.namespace}/${pod.metadata.name}`]);
  };
  for (const pod of itemsOf(list, podMapping)) {
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) continue;
    const controller = (pod.metadata.ownerReferences ?? []).find((owner: Any) => owner.controller === true);
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (controller?.kind === 'DaemonSet' && !finished) {
      let exists = true;
      try {
        yield* k.call('GET', k.path(Kubectl.mapping('apps', 'v1', 'daemonsets', 'DaemonSet'), pod.metadata.namespace, controller.name));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status.reason !== 'NotFound') throw error;
        exists = false;
      }
      if (exists) {
        note(flags.bool('ignore-daemonsets') ? warnings : problems, flags.bool('ignore-daemonsets') ? 'ignoring DaemonSet-managed Pods' : 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)', pod);
        continue;
      }
    }
    let wanted = true;
    if ((pod.spec.volumes ?? []).some((volume: Any) => volume.emptyDir !== undefined) && !finished && !flags.bool('delete-emptydir-data')) {
      note(problems, 'cannot delete Pods with local storage (use --delete-emptydir-data to override)', pod);
      wanted = false;
    }
    if (controller === undefined && !finished) {
      if (flags.bool('force')) note(warnings, 'deleting Pods that declare no controller', pod);
      else {
        note(problems, 'cannot delete Pods that declare no controller (use --force to override)', pod);
        wanted = false;
      }
    }
    if (wanted) evict.push(pod);
  }
  const lines = (map: Map<string, string[]>): string[] => [...map].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([text, pods]) => `${text}: ${pods.join(', ')}`);
  if (problems.size > 0) throw new CommandError(lines(problems).join('\n'));
  return { evict, warnings: lines(warnings) };
}

function* previewNode(k: Kubectl, node: string, dryRun: 'client' | 'server' | 'none'): Task<void> {
  const { evict, warnings } = yield* sortPods(k, node);
  if (warnings.length > 0) k.warn(warnings.join('; '));
  for (const pod of evict) k.line(`evicting pod ${pod.metadata.namespace}/${pod.metadata.name}${dryRunSuffix(dryRun)}`);
}

function* drainNode(k: Kubectl, node: string): Task<void> {
  const { flags } = k;
  const { evict, warnings } = yield* sortPods(k, node);
  if (warnings.length > 0) k.warn(warnings.join('; '));
  if (evict.length === 0) return;
  // client-go asks the discovery of v1 whether eviction is supported.
  if (!flags.bool('disable-eviction')) yield* k.call('GET', '/api/v1');
  const deadlineMs = flags.duration('timeout') === 0 ? Infinity : k.host.clock.nowMs() + flags.duration('timeout');
  const handles = evict.map((pod, index) => k.host.tasks.spawn(`evict-${index}`, tried(removePod(k, pod, deadlineMs))));
  const errors: unknown[] = [];
  for (const handle of handles) {
    const failure = yield* handle.join();
    if (failure !== undefined && failure !== null) errors.push(failure);
  }
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new CommandError(`[${errors.map(messageOf).join(', ')}]`);
}

/** A spawned task may not throw: it hands its failure over. */
function* tried(task: Task<void>): Task<unknown> {
  try {
    yield* task;
    return null;
  } catch (error) {
    return error;
  }
}

function* removePod(k: Kubectl, pod: Any, deadlineMs: number): Task<void> {
  const { flags } = k;
  const { namespace, name, uid } = pod.metadata;
  const grace = flags.int('grace-period');
  const deleteOptions = grace >= 0 ? { gracePeriodSeconds: grace } : {};
  const word = flags.bool('disable-eviction') ? 'deleting' : 'evicting';
  for (;;) {
    k.line(`${word} pod ${namespace}/${name}`);
    try {
      if (flags.bool('disable-eviction')) yield* k.call('DELETE', k.path(podMapping, namespace, name), { body: { kind: 'DeleteOptions', apiVersion: 'v1', ...deleteOptions } });
      else yield* k.call('POST', k.path(podMapping, namespace, name, 'eviction'), { body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions } });
      break;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status.reason === 'NotFound') break;
      if (error.code !== 429) throw new CommandError(`error when ${word} pods/${quote(name)} -n ${quote(namespace)}: ${error.message}`);
      if (k.host.clock.nowMs() + 5000 > deadlineMs) throw new CommandError(`global timeout reached: ${flags.string('timeout')}`);
      k.err(`error when ${word} pods/${quote(name)} -n ${quote(namespace)} (will retry after 5s): ${error.message}`);
      yield* k.host.clock.sleep(5000);
    }
  }
  for (;;) {
    try {
      const now: Any = yield* k.call('GET', k.path(podMapping, namespace, name));
      if (now.metadata.uid !== uid) break;
    } catch (error) {
      if (error instanceof ApiError && error.status.reason === 'NotFound') break;
      throw error;
    }
    if (k.host.clock.nowMs() + 1000 > deadlineMs) throw new CommandError(`error when waiting for pod ${quote(name)} in namespace ${quote(namespace)} to terminate: global timeout reached: ${flags.string('timeout')}`);
    yield* k.host.clock.sleep(1000);
  }
  k.line(`pod/${name} ${flags.bool('disable-eviction') ? 'deleted' : 'evicted'}`);
}

