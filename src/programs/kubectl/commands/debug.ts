// kubectl debug: an ephemeral container in a pod, a changed copy of a pod, or a pod in a node's namespaces.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { parseYaml } from '../../../api/yaml/parse-yaml.ts';
import { containerFlag, fileFlags } from '../command.ts';
import type { Command } from '../command.ts';
import { absolute, filesGiven } from '../builder.ts';
import { CommandError, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { fetchTargets, patchObject, podMapping } from './act.ts';
import { attachTo } from './exec.ts';
import { watchUntil } from './wait.ts';

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';
const profiles = ['legacy', 'general', 'baseline', 'netadmin', 'restricted', 'sysadmin'];

export const debugCommand: Command = {
  name: 'debug',
  use: 'debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options]',
  short: 'Create debugging sessions for troubleshooting workloads and nodes',
  long: "Look into a running workload or a node.\n\n  *  A pod: an ephemeral container with your tools joins it, without a restart.\n  *  A pod with --copy-to: a copy of it starts, with another image, another command or one more container.\n  *  A node: a pod starts there in the node's namespaces, with the node's file system at /host.",
  examples: '  # A shell beside the container of a pod\n  kubectl debug -it web --image=busybox --target=web\n\n  # A copy with another command\n  kubectl debug web -it --copy-to=web-debug --container=web -- sh\n\n  # A node\n  kubectl debug node/node-1 -it --image=busybox',
  flags: [
    ...fileFlags, containerFlag,
    flag.bool('arguments-only', 'If specified, everything after -- will be passed to the new container as Args instead of Command.'),
    flag.bool('attach', "If true, wait for the container to start running, and then attach as if 'kubectl attach ...' were called."),
    flag.string('copy-to', 'Create a copy of the target Pod with this name.'),
    flag.string('custom', 'Path to a JSON or YAML file containing a partial container spec to customize built-in debug profiles.'),
    flag.array('env', 'Environment variables to set in the container.'),
    flag.string('image', 'Container image to use for debug container.'),
    flag.string('image-pull-policy', 'The image pull policy for the container.'),
    flag.bool('keep-annotations', 'If true, keep the original pod annotations.'),
    flag.bool('keep-init-containers', 'Run the init containers for the pod.', { value: 'true' }),
    flag.bool('keep-labels', 'If true, keep the original pod labels.'),
    flag.bool('keep-liveness', 'If true, keep the original pod liveness probes.'),
    flag.bool('keep-readiness', 'If true, keep the original pod readiness probes.'),
    flag.bool('keep-startup', 'If true, keep the original startup probes.'),
    flag.string('profile', `Options are ${profiles.map((each) => `"${each}"`).join(', ')}.`, { value: 'general' }),
    flag.bool('quiet', 'If true, suppress informational messages.', { short: 'q' }),
    flag.bool('replace', "When used with '--copy-to', delete the original Pod."),
    flag.bool('same-node', "When used with '--copy-to', schedule the copy of target Pod on the same node."),
    flag.strings('set-image', "When used with '--copy-to', a list of name=image pairs for changing container images."),
    flag.bool('share-processes', "When used with '--copy-to', enable process namespace sharing in the copy.", { value: 'true' }),
    flag.bool('stdin', 'Keep stdin open on the container(s) in the pod, even if nothing is attached.', { short: 'i' }),
    flag.string('target', 'When using an ephemeral container, target processes in this container name.'),
    flag.bool('tty', 'Allocate a TTY for the debugging container.', { short: 't' }),
  ],
  *run(k, flags) {
    const dash = flags.argsBeforeDash;
    const names = dash < 0 ? flags.args : flags.args.slice(0, dash);
    const args = dash < 0 ? [] : flags.args.slice(dash);
    checkFlags(k, args);
    if (names.length === 0 && !filesGiven(k)) throw new CommandError('NAME is required for debug');
    const { infos, errors } = yield* fetchTargets(k, names[0]?.includes('/') === true || filesGiven(k) ? names : ['pods', ...names]);
    throwAll(errors);
    for (const info of infos) {
      if (info.mapping.kind === 'Node') yield* debugNode(k, info.object, args);
      else if (info.mapping.kind !== 'Pod') throw new CommandError(`"${info.mapping.kind}" not supported by debug`);
      else if (flags.string('copy-to') === '') yield* debugPod(k, info.object, args);
      else yield* debugCopy(k, info.object, args);
    }
  },
};

function checkFlags(k: Kubectl, args: readonly string[]): void {
  const { flags } = k;
  const copies = flags.string('copy-to') !== '';
  if (copies && flags.string('image') === '' && flags.list('set-image').length === 0 && args.length === 0) throw new CommandError('you must specify --image, --set-image or command arguments.');
  if (copies && flags.string('target') !== '') throw new CommandError('--target is incompatible with --copy-to. Use --share-processes instead.');
  if (!copies) {
    for (const name of ['set-image', 'replace', 'same-node']) if (flags.changed(name)) throw new CommandError(`--${name} may only be used with --copy-to.`);
    if (flags.string('image') === '') throw new CommandError('you must specify --image when not using --copy-to.');
  }
  if (flags.string('image') !== '' && /\s/.test(flags.string('image'))) throw new CommandError(`invalid image name ${JSON.stringify(flags.string('image'))}: invalid reference format`);
  const policy = flags.string('image-pull-policy');
  if (policy !== '' && !['Always', 'IfNotPresent', 'Never'].includes(policy)) throw new CommandError(`invalid image pull policy: ${policy}`);
  if (flags.bool('tty') && !flags.bool('stdin')) throw new CommandError('-i/--stdin is required for containers with -t/--tty=true');
  if (!profiles.includes(flags.string('profile'))) throw new CommandError(`unknown profile: ${flags.string('profile')}`);
  if (flags.string('profile') === 'legacy') k.err('--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "--profile=general".');
}

const isAttached = (k: Kubectl): boolean => (k.flags.changed('attach') ? k.flags.bool('attach') : k.flags.bool('stdin') || k.flags.bool('tty'));

/** The part of the debugging container that the flags say. */
function containerOf(k: Kubectl, name: string, args: readonly string[]): Any {
  const { flags } = k;
  const env = flags.list('env').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new CommandError(`invalid env: ${pair}`);
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
  return {
    name,
    ...(flags.string('image') === '' ? {} : { image: flags.string('image') }),
    ...(args.length === 0 ? {} : flags.bool('arguments-only') ? { args } : { command: args }),
    ...(env.length === 0 ? {} : { env }),
    ...(flags.string('image-pull-policy') === '' ? {} : { imagePullPolicy: flags.string('image-pull-policy') }),
    ...(flags.bool('stdin') ? { stdin: true } : {}),
    ...(flags.bool('tty') ? { tty: true } : {}),
    terminationMessagePolicy: 'File',
  };
}

/** What a profile allows the container. */
function securityOf(profile: string, where: 'pod' | 'copy' | 'node'): Any {
  switch (profile) {
    case 'general':
      return where === 'node' ? undefined : { capabilities: { add: ['SYS_PTRACE'] } };
    case 'netadmin':
      return { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } };
    case 'sysadmin':
      return { privileged: true };
    case 'restricted':
      return { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    default:
      return undefined;
  }
}

function customised(k: Kubectl, container: Any): Any {
  const path = k.flags.string('custom');
  if (path === '') return container;
  const text = k.host.disk.readText(absolute(k, path));
  if (text === undefined) throw new CommandError(`must pass a container spec json file for custom profile: open ${path}: no such file or directory`);
  return { ...container, ...(parseYaml(text) as Any), name: container.name };
}

function withProfile(k: Kubectl, container: Any, where: 'pod' | 'copy' | 'node'): Any {
  const security = securityOf(k.flags.string('profile'), where);
  return customised(k, security === undefined ? container : { ...container, securityContext: security });
}

function chooseName(k: Kubectl, pod: Any): string {
  const given = k.flags.string('container');
  if (given !== '') return given;
  const taken = new Set(['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => ((pod.spec[list] ?? []) as Any[]).map((each) => each.name)));
  let name: string;
  do name = `debugger-${k.host.random.letters(5, suffixLetters)}`;
  while (taken.has(name));
  if (!k.flags.bool('quiet')) k.line(`Defaulting debug container name to ${name}.`);
  return name;
}

function* debugPod(k: Kubectl, pod: Any, args: readonly string[]): Task<void> {
  const { flags } = k;
  const name = chooseName(k, pod);
  const target = flags.string('target');
  if (target !== '' && !flags.bool('quiet')) k.line(`Targeting container "${target}". If you don't see processes from this container it may be because the container runtime doesn't support this feature.`);
  const container = { ...withProfile(k, containerOf(k, name, args), 'pod'), ...(target === '' ? {} : { targetContainerName: target }) };
  const info = { mapping: podMapping, namespace: pod.metadata.namespace, name: pod.metadata.name };
  try {
    yield* patchObject(k, info, 'strategic', { spec: { '$setElementOrder/ephemeralContainers': [...((pod.spec.ephemeralContainers ?? []) as Any[]).map((each) => ({ name: each.name })), { name }], ephemeralContainers: [container] } }, { manager: 'kubectl-debug', subresource: 'ephemeralcontainers' });
  } catch (error) {
    if (error instanceof ApiError && error.code === 404 && error.status.details?.name !== pod.metadata.name) throw new CommandError(`ephemeral containers are disabled for this cluster (error from server: ${JSON.stringify(error.message)}).`);
    throw error;
  }
  if (isAttached(k)) yield* attach(k, pod.metadata.namespace, pod.metadata.name, name);
}

function* debugCopy(k: Kubectl, pod: Any, args: readonly string[]): Task<void> {
  const { flags } = k;
  const { nodeName, ephemeralContainers: _, ...spec } = pod.spec;
  const isOnlyImages = flags.string('image') === '' && args.length === 0;
  // Other images alone are no profile: labels and probes stay.
  const keeps = (name: string): boolean => isOnlyImages || flags.bool(name);
  let containers: Any[] = spec.containers.map((container: Any) => {
    const { livenessProbe, readinessProbe, startupProbe, ...rest } = container;
    return { ...rest, ...(keeps('keep-liveness') && livenessProbe ? { livenessProbe } : {}), ...(keeps('keep-readiness') && readinessProbe ? { readinessProbe } : {}), ...(keeps('keep-startup') && startupProbe ? { startupProbe } : {}) };
  });
  for (const pair of flags.list('set-image')) {
    const [name = '', image = ''] = pair.split('=');
    if (image === '') throw new CommandError(`parameter ${JSON.stringify(pair)} to set-image must be of the form NAME=IMAGE`);
    containers = containers.map((container) => (name === '*' || container.name === name ? { ...container, image } : container));
  }
  let name = flags.string('container');
  const existing = containers.find((container) => container.name === name);
  if (existing !== undefined) {
    const { command: __, args: ___, ...kept } = existing;
    const changes = containerOf(k, name, args);
    containers = containers.map((container) => (container === existing ? { ...(args.length > 0 && !flags.bool('arguments-only') ? kept : existing), ...changes } : container));
  } else if (!isOnlyImages) {
    if (flags.string('image') === '') throw new CommandError(name === '' ? 'you must specify an existing container or a new image when specifying args.' : 'you must specify image when creating new container');
    name = chooseName(k, pod);
    containers = [...containers, withProfile(k, containerOf(k, name, args), 'copy')];
  }
  const { initContainers, ...others } = spec;
  const copy = {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name: flags.string('copy-to'), namespace: pod.metadata.namespace, ...(keeps('keep-labels') ? { labels: pod.metadata.labels } : {}), ...(keeps('keep-annotations') ? { annotations: pod.metadata.annotations } : {}) },
    spec: { ...others, ...(flags.bool('keep-init-containers') && initContainers !== undefined ? { initContainers } : {}), containers, ...(flags.bool('share-processes') && !isOnlyImages ? { shareProcessNamespace: true } : flags.changed('share-processes') ? { shareProcessNamespace: flags.bool('share-processes') } : {}), ...(flags.bool('same-node') ? { nodeName } : {}) },
  };
  yield* k.call('POST', k.path(podMapping, pod.metadata.namespace), { body: copy, query: { fieldManager: 'kubectl-debug' } });
  if (flags.bool('replace')) yield* k.call('DELETE', k.path(podMapping, pod.metadata.namespace, pod.metadata.name), { body: { kind: 'DeleteOptions', apiVersion: 'v1' } });
  if (isAttached(k) && name !== '') yield* attach(k, pod.metadata.namespace, copy.metadata.name, name);
}

function* debugNode(k: Kubectl, node: Any, args: readonly string[]): Task<void> {
  const { flags } = k;
  const container = flags.string('container') || 'debugger';
  const name = `node-debugger-${node.metadata.name}-${k.host.random.letters(5, suffixLetters)}`;
  const profile = flags.string('profile');
  const joins = profile !== 'baseline' && profile !== 'restricted';
  const mounts = joins && profile !== 'netadmin' ? { volumeMounts: [{ name: 'host-root', mountPath: '/host' }] } : {};
  const pod = {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: {
      containers: [withProfile(k, { ...containerOf(k, container, args), ...mounts }, 'node')],
      ...(Object.keys(mounts).length > 0 ? { volumes: [{ name: 'host-root', hostPath: { path: '/' } }] } : {}),
      ...(joins ? { hostNetwork: true, hostPID: true, ...(profile === 'netadmin' ? {} : { hostIPC: true }) } : {}),
      nodeName: node.metadata.name, restartPolicy: 'Never', tolerations: [{ operator: 'Exists' }],
    },
  };
  if (!flags.bool('quiet')) k.line(`Creating debugging pod ${name} with container ${container} on node ${node.metadata.name}.`);
  yield* k.call('POST', k.path(podMapping, k.namespace), { body: pod, query: { fieldManager: 'kubectl-debug' } });
  if (isAttached(k)) yield* attach(k, k.namespace, name, container);
}

/** Waits until the container runs, or has run, and speaks with it. */
function* attach(k: Kubectl, namespace: string, name: string, container: string): Task<void> {
  const statusOf = (pod: Any): Any => [...(pod.status?.containerStatuses ?? []), ...(pod.status?.ephemeralContainerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find((each: Any) => each.name === container)?.state;
  const pod: Any = yield* watchUntil(
    k, { mapping: podMapping, namespace, name }, 365 * 24 * 3600 * 1000,
    (now) => {
      if (now === undefined) throw new CommandError('pod deleted while waiting for the container');
      const state = statusOf(now);
      if (state?.waiting?.reason === 'ImagePullBackOff' || state?.waiting?.reason === 'ErrImagePull') k.warn(`container ${container}: ${state.waiting.message ?? state.waiting.reason}`);
      return state?.running !== undefined || state?.terminated !== undefined ? now : undefined;
    },
    () => new CommandError('timed out waiting for the condition'),
  );
  if (statusOf(pod)?.terminated !== undefined) {
    const text: unknown = yield* k.call('GET', k.path(podMapping, namespace, name, 'log'), { query: { container } });
    k.out(typeof text === 'string' ? text : '');
    return;
  }
  yield* attachTo(k, pod, container, k.flags.bool('stdin'), k.flags.bool('tty'));
}
