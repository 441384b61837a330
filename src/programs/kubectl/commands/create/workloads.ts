// kubectl create deployment | job | cronjob
import { dryRunFlag, fieldManagerFlag, outputFlags, saveConfigFlag, validateFlag } from '../../command.ts';
import type { Command } from '../../command.ts';
import { CommandError } from '../../errors.ts';
import { flag } from '../../flags.ts';

import type { Any, Kubectl } from '../../kubectl.ts';
import { createAndPrint, oneName, trailingArgs } from './create-object.ts';

export const createFlags = [...outputFlags, dryRunFlag, saveConfigFlag, validateFlag, fieldManagerFlag('kubectl-create')];

/** `docker.io/library/nginx:1.27` -> `nginx` */
function containerNameOf(image: string): string {
  let name = image.split('/').pop() as string;
  if (name.includes(':')) name = name.split(':')[0] as string;
  if (name.includes('@')) name = name.split('@')[0] as string;
  return name;
}

/** As containerNameOf; where a letter had to be replaced, with an ending that keeps it apart from others. */
function uniqueContainerName(k: Kubectl, image: string): string {
  const name = containerNameOf(image);
  return /[_.]/.test(name) ? `${name.replace(/[_.]/g, '-')}-${k.host.random.letters(5, 'bcdfghjklmnpqrstvwxz2456789')}` : name;
}

export const createDeployment: Command = {
  name: 'deployment',
  aliases: ['deploy'],
  use: 'create deployment NAME --image=image -- [COMMAND] [args...] [options]',
  short: 'Create a deployment with the specified name',
  examples: '  # Three replicas of nginx\n  kubectl create deployment web --image=nginx --replicas=3',
  flags: [
    ...createFlags,
    flag.strings('image', 'Image names to run. A deployment can have multiple images set for multi-container pod.', { required: true }),
    flag.int('port', 'The containerPort that this deployment exposes.', { value: '-1' }),
    flag.int('replicas', 'Number of replicas to create. Default is 1.', { short: 'r', value: '1' }),
  ],
  *run(k, flags) {
    const name = oneName(k);
    const command = trailingArgs(k);
    const images = flags.list('image');
    if (images.length > 1 && command.length > 0) throw new CommandError('cannot specify multiple --image options and command');
    if (flags.int('replicas') < 0) throw new CommandError(`--replicas cannot be negative`);
    const used = new Set<string>();
    const containers = images.map((image, index) => {
      let container = uniqueContainerName(k, image);
      for (let i = 0; used.has(container); i++) container = `${containerNameOf(image)}-${k.host.random.letters(5, 'bcdfghjklmnpqrstvwxz2456789')}`;
      used.add(container);
      return { name: container, image, ...(command.length > 0 ? { command } : {}), ...(index === 0 && flags.int('port') >= 0 ? { ports: [{ containerPort: flags.int('port') }] } : {}), resources: {} };
    });
    const labels = { app: name };
    const object = {
      apiVersion: 'apps/v1', kind: 'Deployment',
      metadata: { name, labels },
      spec: { replicas: flags.int('replicas'), selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, strategy: {} },
      status: {},
    };
    yield* createAndPrint(k, { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment', namespaced: true }, object, { failure: 'failed to create deployment: ' });
  },
};

export const createJob: Command = {
  name: 'job',
  use: 'create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...] [options]',
  short: 'Create a job with the specified name',
  examples: '  # A job from an image\n  kubectl create job hello --image=busybox -- echo hello\n\n  # A job from a cron job\n  kubectl create job now --from=cronjob/tick',
  flags: [...createFlags, flag.string('from', 'The name of the resource to create a Job from (only cronjob is supported).'), flag.string('image', 'Image name to run.')],
  *run(k, flags) {
    const name = oneName(k);
    const image = flags.string('image');
    const from = flags.string('from');
    if ((image === '') === (from === '')) throw new CommandError('either --image or --from must be specified');
    const command = trailingArgs(k);
    if (command.length > 0 && from !== '') throw new CommandError('cannot specify --from and command');
    let object: Any;
    if (image !== '') {
      object = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template: { metadata: {}, spec: { containers: [{ name, image, ...(command.length > 0 ? { command } : {}), resources: {} }], restartPolicy: 'Never' } } }, status: {} };
    } else {
      const [type = '', cronName] = from.split('/');
      const mapping = yield* k.discovery.find(cronName === undefined ? 'cronjob' : type);
      const cron: Any = yield* k.call('GET', k.path(mapping, k.namespace, cronName ?? type));
      if (mapping.kind !== 'CronJob') throw new CommandError(`unknown object type *${mapping.version}.${mapping.kind}`);
      const template = cron.spec.jobTemplate;
      object = {
        apiVersion: 'batch/v1', kind: 'Job',
        metadata: {
          name,
          annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...(template.metadata?.annotations ?? {}) },
          ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }),
          ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: cron.metadata.name, uid: cron.metadata.uid, controller: true }],
        },
        spec: template.spec,
        status: {},
      };
    }
    yield* createAndPrint(k, { group: 'batch', version: 'v1', resource: 'jobs', kind: 'Job', namespaced: true }, object, { failure: 'failed to create job: ' });
  },
};

export const createCronJob: Command = {
  name: 'cronjob',
  aliases: ['cj'],
  use: "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags] [options]",
  short: 'Create a cron job with the specified name',
  examples: "  # Every five minutes\n  kubectl create cronjob tick --image=busybox --schedule='*/5 * * * *' -- date",
  flags: [...createFlags, flag.string('image', 'Image name to run.', { required: true }), flag.string('restart', "job's restart policy. supported values: OnFailure, Never"), flag.string('schedule', 'A schedule in the Cron format the job should be run with.', { required: true })],
  *run(k, flags) {
    const name = oneName(k);
    const command = trailingArgs(k);
    const object = {
      apiVersion: 'batch/v1', kind: 'CronJob',
      metadata: { name },
      spec: {
        schedule: flags.string('schedule'),
        jobTemplate: { metadata: { name }, spec: { template: { metadata: {}, spec: { containers: [{ name, image: flags.string('image'), ...(command.length > 0 ? { command } : {}), resources: {} }], restartPolicy: flags.string('restart') || 'OnFailure' } } } },
      },
      status: {},
    };
    yield* createAndPrint(k, { group: 'batch', version: 'v1', resource: 'cronjobs', kind: 'CronJob', namespaced: true }, object, { failure: 'failed to create cronjob: ' });
  },
};

