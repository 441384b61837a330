// kubectl run and kubectl expose.
import type { Task } from '../../../kernel/task.ts';
import { parseYaml, YamlError } from '../../../api/yaml/parse-yaml.ts';
import { applyStrategicPatch } from '../../../api/meta/patch/strategic.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags, outputFlags, podTimeoutFlag, recordFlag, saveConfigFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError, messageOf, SilentExit, throwAll, usageError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { patchSchemaFor } from '../patch-schema.ts';
import { dryRunOf, fetchTargets, podMapping } from './act.ts';
import { createAndPrint } from './create/create-object.ts';
import { deleteAll } from './delete.ts';
import { attachTo } from './exec.ts';
import { parseList } from './set/set.ts';
import { watchUntil } from './wait.ts';

const podRef = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
const serviceRef = { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true };

/** [domain/]path[:tag][@digest], as the distribution project writes images: only a domain may have capitals. */
const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const reference = new RegExp(`^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?/)?${part}(?:/${part})*(?::\\w[\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`);

function withOverrides(k: Kubectl, object: Any): Any {
  const text = k.flags.string('overrides');
  if (text === '') return object;
  let patch: Any;
  try {
    patch = parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new CommandError('Invalid JSON Patch');
  }
  const type = k.flags.string('override-type');
  if (type === 'strategic') return applyStrategicPatch(object, patch, patchSchemaFor(object.apiVersion, object.kind));
  return mergeJson(object, patch);
}

/** RFC 7396. */
function mergeJson(base: Any, patch: Any): Any {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result: Any = base !== null && typeof base === 'object' && !Array.isArray(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergeJson(result[key], value);
  }
  return result;
}

export const runCommand: Command = {
  name: 'run',
  use: 'run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...] [options]',
  short: 'Run a particular image on the cluster',
  examples: '  # A pod\n  kubectl run web --image=nginx\n\n  # A shell that is removed afterwards\n  kubectl run -it --rm tmp --image=busybox --restart=Never -- sh',
  flags: [
    recordFlag, ...outputFlags, dryRunFlag, saveConfigFlag, fieldManagerFlag('kubectl-run'), podTimeoutFlag,
    flag.array('annotations', 'Annotations to apply to the pod.'),
    flag.bool('attach', 'If true, wait for the Pod to start running, and then attach to the Pod as if \'kubectl attach ...\' were called.'),
    flag.bool('command', "If true and extra arguments are present, use them as the 'command' field in the container, rather than the 'args' field which is the default."),
    flag.array('env', 'Environment variables to set in the container.'),
    flag.bool('expose', 'If true, create a ClusterIP service associated with the pod. Requires `--port`.'),
    flag.string('image', 'The image for the container to run.', { required: true }),
    flag.string('image-pull-policy', 'The image pull policy for the container.'),
    flag.string('labels', 'Comma separated labels to apply to the pod. Will override previous values.', { short: 'l' }),
    flag.bool('leave-stdin-open', 'If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes.'),
    flag.string('override-type', 'The method used to override the generated object: json, merge, or strategic.', { value: 'merge' }),
    flag.string('overrides', 'An inline JSON override for the generated object.'),
    flag.string('port', 'The port that this container exposes.'),
    flag.bool('privileged', 'If true, run the container in privileged mode.'),
    flag.bool('quiet', 'If true, suppress prompt messages.', { short: 'q' }),
    flag.string('restart', 'The restart policy for this Pod. Legal values [Always, OnFailure, Never].', { value: 'Always' }),
    flag.bool('rm', 'If true, delete the pod after it exits. Only valid when attaching to the container.'),
    flag.bool('stdin', 'Keep stdin open on the container in the pod, even if nothing is attached.', { short: 'i' }),
    flag.bool('tty', 'Allocate a TTY for the container in the pod.', { short: 't' }),
    flag.string('limits', 'The resource requirement limits for this container.', { hidden: true }),
    flag.string('requests', 'The resource requirement requests for this container.', { hidden: true }),
    flag.string('serviceaccount', 'Service account to set in the pod spec.', { hidden: true }),
    flag.duration('timeout', 'The length of time to wait before giving up on a delete.', { value: '0s' }),
    flag.bool('wait', 'If true, wait for resources to be gone before returning.', { value: 'true', hidden: true }),
  ],
  *run(k, flags) {
    const name = flags.args[0];
    if (name === undefined || flags.argsBeforeDash === 0) throw usageError('kubectl run', 'NAME is required for run');
    const image = flags.string('image');
    if (image === '') throw new CommandError('--image is required');
    if (!reference.test(image)) throw new CommandError(`Invalid image name "${image}": invalid reference format`);
    const port = flags.string('port');
    if (port !== '' && !/^[+-]?\d+$/.test(port)) throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
    const restart = flags.string('restart');
    if (!['Always', 'OnFailure', 'Never'].includes(restart)) throw usageError('kubectl run', `invalid restart policy: ${restart}`);
    const interactive = flags.bool('stdin') || flags.bool('tty');
    const attach = flags.changed('attach') ? flags.bool('attach') : interactive;
    if (flags.bool('rm') && !attach) throw usageError('kubectl run', '--rm should only be used for attached containers');
    if (flags.bool('tty') && !flags.bool('stdin')) throw usageError('kubectl run', '-i/--stdin is required for containers with -t/--tty=true');
    if (flags.bool('expose') && flags.string('port') === '') throw usageError('kubectl run', '--port must be set when exposing a service');
    if (attach && dryRunOf(k) !== 'none') throw new CommandError('--dry-run=' + dryRunOf(k) + " can't be used with attached containers options (--attach, --stdin, or --tty)");
    const policy = flags.string('image-pull-policy');
    if (policy !== '' && !['Always', 'IfNotPresent', 'Never'].includes(policy)) throw usageError('kubectl run', `invalid image pull policy: ${policy}`);
    const object = withOverrides(k, podOf(k, name, image));
    // The Service is made and said first.
    if (flags.bool('expose')) {
      const labels = object.metadata.labels;
      yield* createAndPrint(k, serviceRef, { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: Number(flags.string('port')), protocol: 'TCP', targetPort: Number(flags.string('port')) }], selector: labels }, status: { loadBalancer: {} } });
      if (dryRunOf(k) !== 'none' && ['yaml', 'kyaml'].includes(flags.string('output'))) k.line('---');
    }
    const created: Any = yield* createAndPrintQuietly(k, object, attach);
    if (!attach) return;
    let code = 0;
    let failure: unknown;
    try {
      code = yield* waitAndAttach(k, created, flags.bool('stdin'), flags.bool('tty'));
    } catch (error) {
      failure = error;
    }
    if (flags.bool('rm')) yield* deleteAll(k, [{ mapping: podMapping, namespace: created.metadata.namespace, name }], [], { grace: -1, policy: 'Background', dryRun: 'none', ignoreNotFound: true });
    if (failure !== undefined) throw failure;
    if (code !== 0) throw new SilentExit(code);
  },
};

function podOf(k: Kubectl, name: string, image: string): Any {
  const { flags } = k;
  const labels: Record<string, string> = {};
  for (const pair of flags.string('labels').split(',').filter((each) => each !== '')) {
    const equals = pair.indexOf('=');
    if (equals < 0) throw new CommandError(`unexpected label spec: ${pair}`);
    labels[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  if (Object.keys(labels).length === 0) labels['run'] = name;
  const annotations: Record<string, string> = {};
  for (const pair of flags.list('annotations')) annotations[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
  const env = flags.list('env').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new CommandError(`invalid env: ${pair}`);
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
  const args = flags.args.slice(1);
  const resources = { ...(flags.string('limits') === '' ? {} : { limits: parseList(flags.string('limits')) }), ...(flags.string('requests') === '' ? {} : { requests: parseList(flags.string('requests')) }) };
  const container = {
    ...(args.length > 0 ? { [flags.bool('command') ? 'command' : 'args']: [...args] } : {}),
    ...(env.length > 0 ? { env } : {}),
    image,
    ...(flags.string('image-pull-policy') === '' ? {} : { imagePullPolicy: flags.string('image-pull-policy') }),
    name,
    ...(flags.string('port') === '' ? {} : { ports: [{ containerPort: Number(flags.string('port')) }] }),
    resources,
    ...(flags.bool('privileged') ? { securityContext: { privileged: true } } : {}),
    ...(flags.bool('stdin') ? { stdin: true, ...(flags.bool('leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
    ...(flags.bool('tty') ? { tty: true } : {}),
  };
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { ...(Object.keys(annotations).length > 0 ? { annotations } : {}), labels, name },
    spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: flags.string('restart'), ...(flags.string('serviceaccount') === '' ? {} : { serviceAccountName: flags.string('serviceaccount') }) },
    status: {},
  };
}

/** With an attached terminal nothing is said about the creation. */
function* createAndPrintQuietly(k: Kubectl, object: Any, quiet: boolean): Task<Any> {
  if (!quiet) return yield* createAndPrint(k, podRef, object, { manager: 'kubectl-run' });
  return yield* k.call('POST', k.path(podMapping, k.namespace), { body: { ...object, metadata: { ...object.metadata, namespace: k.namespace } }, query: { fieldManager: k.flags.string('field-manager') } });
}

function* waitAndAttach(k: Kubectl, pod: Any, stdin: boolean, tty: boolean): Task<number> {
  const subject = { mapping: podMapping, namespace: pod.metadata.namespace, name: pod.metadata.name };
  const late = (): Error => new CommandError('timed out waiting for the condition');
  const ended = (object: Any): boolean => object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed';
  const started: Any = yield* watchUntil(k, subject, k.flags.duration('pod-running-timeout'), (object) => {
    if (object === undefined) throw new CommandError(`pods ${JSON.stringify(pod.metadata.name)} not found`);
    const running = (object.status?.containerStatuses ?? []).some((each: Any) => each.state?.running !== undefined);
    return running || ended(object) ? object : undefined;
  }, late);
  if (ended(started)) {
    const log: unknown = yield* k.call('GET', k.path(podMapping, subject.namespace, subject.name, 'log'), { query: { container: pod.spec.containers[0].name } });
    k.out(typeof log === 'string' ? log : '');
  } else {
    try {
      yield* attachTo(k, started, pod.spec.containers[0].name, stdin, tty);
    } catch (error) {
      // The container may have ended before anybody could attach: what it said is in its log.
      k.err(`warning: couldn't attach to pod/${subject.name}, falling back to streaming logs: ${messageOf(error)}`);
      const log: unknown = yield* k.call('GET', k.path(podMapping, subject.namespace, subject.name, 'log'), { query: { container: pod.spec.containers[0].name } });
      k.out(typeof log === 'string' ? log : '');
    }
  }
  if (pod.spec.restartPolicy !== 'Never' && pod.spec.restartPolicy !== 'OnFailure') return 0;
  const last: Any = yield* watchUntil(k, subject, 60_000, (object) => (object === undefined ? pod : ended(object) ? object : undefined), late);
  const code = last.status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
  if (code !== 0) k.err(`pod ${subject.namespace}/${subject.name} terminated (${last.status.containerStatuses[0].state.terminated.reason ?? 'Error'})`);
  return code;
}

export const exposeCommand: Command = {
  name: 'expose',
  use: 'expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type] [options]',
  short: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
  examples: '  # A Service for a Deployment\n  kubectl expose deployment web --port=80\n\n  # ... reachable on each node\n  kubectl expose deployment web --port=80 --type=NodePort --name=web-np',
  flags: [
    recordFlag, ...fileFlags, ...outputFlags, dryRunFlag, saveConfigFlag, fieldManagerFlag('kubectl-expose'),
    flag.string('cluster-ip', "ClusterIP to be assigned to the service. Leave empty to auto-allocate, or set to 'None' to create a headless service."),
    flag.string('external-ip', 'Additional external IP address (not managed by Kubernetes) to accept for the service.'),
    flag.string('labels', 'Labels to apply to the service created by this call.', { short: 'l' }),
    flag.string('load-balancer-ip', 'IP to assign to the LoadBalancer.'),
    flag.string('name', 'The name for the newly created object.'),
    flag.string('override-type', 'The method used to override the generated object: json, merge, or strategic.', { value: 'merge' }),
    flag.string('overrides', 'An inline JSON override for the generated object.'),
    flag.string('port', 'The port that the service should serve on. Copied from the resource being exposed, if unspecified'),
    flag.string('protocol', "The network protocol for the service to be created. Default is 'TCP'."),
    flag.string('selector', 'A label selector to use for this service.'),
    flag.string('session-affinity', "If non-empty, set the session affinity for the service to this; legal values: 'None', 'ClientIP'"),
    flag.string('target-port', 'Name or number for the port on the container that the service should direct traffic to.'),
    flag.string('type', 'Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName.'),
  ],
  *run(k, flags) {
    const { infos, errors } = yield* fetchTargets(k, flags.args, { keepGoing: true, asGiven: true });
    for (const info of infos) {
      const object = { ...info.object, kind: info.mapping.kind };
      if (!['ReplicationController', 'Service', 'Pod', 'Deployment', 'ReplicaSet'].includes(object.kind)) throw new CommandError(`cannot expose a ${object.kind}${info.mapping.group === '' ? '' : `.${info.mapping.group}`}`);
      const name = flags.string('name') || (info.name.length > 63 ? info.name.slice(0, 63) : info.name);
      const selector = selectorFor(k, object);
      const affinity = flags.string('session-affinity');
      if (!['', 'None', 'ClientIP'].includes(affinity)) throw new CommandError(`unknown session affinity: ${affinity}`);
      const ports = portsOf(object);
      const portText = flags.string('port');
      if (portText === '' && ports.length === 0 && flags.string('cluster-ip') !== 'None') throw new CommandError("couldn't find port via --port flag or introspection");
      const target = flags.string('target-port');
      const toTarget = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
      const list = portText === '' ? ports : portText.split(',').map((port) => ({ port: Number(port), protocol: ports.find((each) => each.port === Number(port))?.protocol ?? 'TCP' }));
      const specPorts = list.map((each, index) => ({
        ...(list.length > 1 ? { name: `port-${index + 1}` } : {}),
        port: each.port,
        protocol: flags.string('protocol') || each.protocol,
        targetPort: target === '' ? each.port : toTarget(target),
      }));
      for (const each of specPorts) if (Number.isNaN(each.port)) throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(portText)}: invalid syntax`);
      const labels = flags.string('labels') === '' ? info.object.metadata.labels : Object.fromEntries(flags.string('labels').split(',').map((pair) => pair.split('=') as [string, string]));
      const type = flags.string('type');
      const service = withOverrides(k, {
        apiVersion: 'v1', kind: 'Service',
        metadata: { ...(labels === undefined ? {} : { labels }), name },
        spec: {
          ...(flags.string('cluster-ip') === '' ? {} : { clusterIP: flags.string('cluster-ip') }),
          ...(flags.string('external-ip') === '' ? {} : { externalIPs: [flags.string('external-ip')] }),
          ...(flags.string('load-balancer-ip') === '' ? {} : { loadBalancerIP: flags.string('load-balancer-ip') }),
          ...(specPorts.length > 0 ? { ports: specPorts } : {}),
          selector,
          ...(flags.string('session-affinity') === '' ? {} : { sessionAffinity: flags.string('session-affinity') }),
          ...(type === '' ? {} : { type }),
        },
        status: { loadBalancer: {} },
      });
      try {
        yield* createAndPrint(k, serviceRef, service, { operation: 'exposed' });
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

function selectorFor(k: Kubectl, object: Any): Any {
  const text = k.flags.string('selector');
  if (text !== '') return Object.fromEntries(text.split(',').map((pair) => pair.split('=') as [string, string]));
  if (object.kind === 'Pod') {
    if (object.metadata.labels === undefined) throw new CommandError("couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed");
    return object.metadata.labels;
  }
  const selector = object.spec?.selector;
  if (object.kind === 'Service' || object.kind === 'ReplicationController') {
    if (selector === undefined) throw new CommandError("couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set");
    return selector;
  }
  if ((selector?.matchExpressions ?? []).length > 0) throw new CommandError(`couldn't convert expressions - "[${JSON.stringify(selector.matchExpressions)}]" to map-based selector format`);
  if (Object.keys(selector?.matchLabels ?? {}).length === 0) throw new CommandError(`couldn't retrieve selectors via --selector flag or introspection: invalid ${object.kind === 'Deployment' ? 'deployment' : 'replicaset'}: no selectors, therefore cannot be exposed`);
  return selector.matchLabels;
}

function portsOf(object: Any): { port: number; protocol: string }[] {
  if (object.kind === 'Service') return object.spec.ports.map((each: Any) => ({ port: each.port, protocol: each.protocol ?? 'TCP' }));
  const spec = object.kind === 'Pod' ? object.spec : object.spec.template.spec;
  return (spec.containers as Any[]).flatMap((container) => (container.ports ?? []).map((each: Any) => ({ port: each.containerPort, protocol: each.protocol ?? 'TCP' })));
}

