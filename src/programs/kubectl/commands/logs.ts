// kubectl logs.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { containerFlag, podTimeoutFlag, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError, messageOf, throwAll, usageError } from '../errors.ts';
import { flag, parseGoDuration } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { listObjects, podMapping } from './act.ts';
import { allContainers, chooseContainer, containerNames, findPod, selectorOf } from './pods.ts';

const usage = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

export const logsCommand: Command = {
  name: 'logs',
  aliases: ['log'],
  use: 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]',
  short: 'Print the logs for a container in a pod',
  examples: '  # What a pod has printed\n  kubectl logs web\n\n  # Go on as it prints\n  kubectl logs -f web\n\n  # Of the container before its last restart\n  kubectl logs web --previous\n\n  # Of a pod of a Deployment\n  kubectl logs deployment/web',
  flags: [
    containerFlag, podTimeoutFlag, selectorFlag,
    flag.bool('all-containers', "Get all containers' logs in the pod(s)."),
    flag.bool('all-pods', 'Get logs from all pod(s). Sets prefix to true.'),
    flag.bool('follow', 'Specify if the logs should be streamed.', { short: 'f' }),
    flag.bool('ignore-errors', 'If watching / following pod logs, allow for any errors that occur to be non-fatal'),
    flag.bool('insecure-skip-tls-verify-backend', 'Skip verifying the identity of the kubelet that logs are requested from.'),
    flag.int('limit-bytes', 'Maximum bytes of logs to return. Defaults to no limit.', { value: '0' }),
    flag.int('max-log-requests', 'Specify maximum number of concurrent logs to follow when using by a selector.', { value: '5' }),
    flag.bool('prefix', 'Prefix each log line with the log source (pod name and container name)'),
    flag.bool('previous', 'If true, print the logs for the previous instance of the container in a pod if it exists.', { short: 'p' }),
    flag.duration('since', 'Only return logs newer than a relative duration like 5s, 2m, or 3h.', { value: '0s' }),
    flag.string('since-time', 'Only return logs after a specific date (RFC3339).'),
    flag.int('tail', 'Lines of recent log file to display. Defaults to -1 with no selector, showing all log lines otherwise 10, if a selector is provided.', { value: '-1' }),
    flag.bool('timestamps', 'Include timestamps on each line in the log output'),
  ],
  *run(k, flags) {
    const selector = flags.string('selector');
    if (flags.args.length === 0 && selector === '') throw usageError('kubectl logs', usage);
    if (flags.args.length > 2) throw usageError('kubectl logs', usage);
    if (flags.args.length >= 1 && selector !== '') throw usageError('kubectl logs', 'only a selector (-l) or a POD name is allowed');
    const since = flags.string('since-time');
    if (since !== '' && parseTime(since) === undefined) throw new CommandError(`parsing time ${JSON.stringify(since)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(since)} as "2006"`);
    const container = flags.args[1] ?? flags.string('container');
    const pods = yield* choosePods(k, flags.args[0], selector);
    if (flags.bool('all-containers') && flags.string('container') !== '') throw new CommandError('--all-containers=true should not be specified with container name ' + flags.string('container'));
    if (flags.changed('since') && flags.string('since-time') !== '') throw new CommandError('at most one of `sinceTime` or `sinceSeconds` may be specified');
    if (flags.int('tail') < -1) throw new CommandError('--tail must be greater than or equal to -1');
    const sources: { pod: Any; container: string }[] = [];
    for (const pod of pods) {
      if (flags.bool('all-containers')) for (const each of allContainers(pod)) sources.push({ pod, container: each.name });
      else sources.push({ pod, container: container !== '' ? checked(pod, container) : chooseContainer(k, pod, '') });
    }
    const prefixed = flags.bool('prefix') || flags.bool('all-pods');
    if (flags.bool('follow') && sources.length > 1) {
      if (sources.length > flags.int('max-log-requests')) throw new CommandError(`you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags.int('max-log-requests')}, use --max-log-requests to increase the limit`);
      const handles = sources.map((source, index) => k.host.tasks.spawn(`logs-${index}`, guarded(printLog(k, source.pod, source.container, prefixed))));
      const errors: unknown[] = [];
      for (const handle of handles) {
        const failure = yield* handle.join();
        if (failure !== null && failure !== undefined) errors.push(failure);
      }
      if (!flags.bool('ignore-errors')) throwAll(errors);
      return;
    }
    for (const source of sources) {
      try {
        yield* printLog(k, source.pod, source.container, prefixed);
      } catch (error) {
        if (!flags.bool('ignore-errors')) throw error;
        k.line(`error: ${messageOf(error)}`);
      }
    }
  },
};

function* guarded(task: Task<void>): Task<unknown> {
  try {
    yield* task;
    return null;
  } catch (error) {
    return error;
  }
}

function checked(pod: Any, container: string): string {
  if (!allContainers(pod).some((each) => each.name === container)) throw new CommandError(`container ${container} is not valid for pod ${pod.metadata.name} out of: ${containerNames(pod)}`);
  return container;
}

function* choosePods(k: Kubectl, argument: string | undefined, selector: string): Task<Any[]> {
  if (argument === undefined) {
    const pods = yield* listObjects(k, podMapping, k.namespace, { labelSelector: selector });
    if (pods.length === 0) k.err(`No resources found in ${k.namespace} namespace.`);
    return pods;
  }
  if (k.flags.bool('all-pods') && argument.includes('/')) {
    const mapping = yield* k.discovery.find(argument.split('/')[0] as string);
    const object: Any = yield* k.call('GET', k.path(mapping, k.namespace, argument.split('/')[1]));
    return yield* listObjects(k, podMapping, k.namespace, { labelSelector: selectorOf({ kind: mapping.kind, ...object }, 'cannot get the logs from') });
  }
  try {
    return [yield* findPod(k, argument, { timeoutMs: parseGoDuration(k.flags.string('pod-running-timeout')) ?? 20_000, announce: true, refusal: 'cannot get the logs from' })];
  } catch (error) {
    // logs wraps this one refusal in its own words.
    if (error instanceof ApiError && error.status.reason === 'NotFound') throw new CommandError(`error from server (NotFound): ${error.message} in namespace ${JSON.stringify(k.namespace)}`);
    throw error;
  }
}

function* printLog(k: Kubectl, pod: Any, container: string, prefixed: boolean): Task<void> {
  const { flags } = k;
  const tail = flags.changed('tail') ? flags.int('tail') : flags.string('selector') !== '' ? 10 : -1;
  const query = {
    container,
    follow: flags.bool('follow') ? 'true' : undefined,
    previous: flags.bool('previous') ? 'true' : undefined,
    timestamps: flags.bool('timestamps') ? 'true' : undefined,
    sinceSeconds: flags.duration('since') > 0 ? String(Math.ceil(flags.duration('since') / 1000)) : undefined,
    sinceTime: flags.string('since-time') || undefined,
    tailLines: tail >= 0 ? String(tail) : undefined,
    limitBytes: flags.int('limit-bytes') > 0 ? String(flags.int('limit-bytes')) : undefined,
  };
  const path = k.path(podMapping, pod.metadata.namespace, pod.metadata.name, 'log');
  const prefix = prefixed ? `[pod/${pod.metadata.name}/${container}] ` : '';
  let open = '';
  const show = (text: string): void => {
    if (prefix === '') return k.out(text);
    const lines = (open + text).split('\n');
    open = lines.pop() as string;
    for (const line of lines) k.line(prefix + line);
  };
  if (!flags.bool('follow')) {
    const body: unknown = yield* k.call('GET', path, { query });
    show(textOf(body));
  } else {
    const stream = yield* k.stream('GET', path, query);
    if (stream.response.body !== undefined) show(textOf(stream.response.body));
    for (;;) {
      const chunk = yield* stream.receive();
      if (chunk === undefined && !stream.open) break;
      if (chunk !== undefined) show(textOf(chunk));
    }
  }
  if (open !== '') k.line(prefix + open);
}

export function textOf(body: unknown): string {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string') return body;
  const record = body as { readonly text?: unknown; readonly stdout?: unknown; readonly stderr?: unknown };
  if (typeof record.text === 'string') return record.text;
  if (typeof record.stdout === 'string') return record.stdout;
  if (typeof record.stderr === 'string') return record.stderr;
  return JSON.stringify(body);
}
