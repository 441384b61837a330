// kubectl create namespace | serviceaccount | quota | priorityclass | poddisruptionbudget | token
import type { Command } from '../../command.ts';
import { parseQuantity } from '../../../../api/meta/quantity.ts';
import { outputFlags } from '../../command.ts';
import { parseSelector } from '../../../../api/meta/labels.ts';
import { CommandError } from '../../errors.ts';
import { flag } from '../../flags.ts';
import { Kubectl } from '../../kubectl.ts';
import type { Any } from '../../kubectl.ts';
import { objectPrinter } from '../../printers/print-object.ts';
import { createAndPrint, oneName } from './create-object.ts';
import { createFlags } from './workloads.ts';

export const createNamespace: Command = {
  name: 'namespace',
  aliases: ['ns'],
  use: 'create namespace NAME [--dry-run=server|client|none] [options]',
  short: 'Create a namespace with the specified name',
  flags: createFlags,
  *run(k) {
    yield* createAndPrint(k, { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: oneName(k) }, spec: {}, status: {} });
  },
};

export const createServiceAccount: Command = {
  name: 'serviceaccount',
  aliases: ['sa'],
  use: 'create serviceaccount NAME [--dry-run=server|client|none] [options]',
  short: 'Create a service account with the specified name',
  flags: createFlags,
  *run(k) {
    yield* createAndPrint(k, { group: '', version: 'v1', resource: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true }, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: oneName(k) } }, { failure: 'failed to create serviceaccount: ' });
  },
};

export const createQuota: Command = {
  name: 'quota',
  aliases: ['resourcequota'],
  use: 'create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none] [options]',
  short: 'Create a quota with the specified name',
  flags: [...createFlags, flag.string('hard', 'A comma-delimited set of resource=quantity pairs that define a hard limit.'), flag.string('scopes', 'A comma-delimited set of quota scopes that must all match each object tracked by the quota.')],
  *run(k, flags) {
    const name = oneName(k);
    const hard: Record<string, string> = {};
    for (const pair of flags.string('hard').split(',').filter((each) => each !== '')) {
      const [key = '', value, ...more] = pair.split('=');
      if (value === undefined || more.length > 0) throw new CommandError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      const problem = parseQuantity(value);
      if (typeof problem === 'string') throw new CommandError(problem);
      hard[key] = value;
    }
    const scopes = flags.string('scopes').split(',').filter((each) => each !== '');
    const object = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { ...(Object.keys(hard).length > 0 ? { hard } : {}), ...(scopes.length > 0 ? { scopes } : {}) }, status: {} };
    yield* createAndPrint(k, { group: '', version: 'v1', resource: 'resourcequotas', kind: 'ResourceQuota', namespaced: true }, object, { failure: 'failed to create quota: ' });
  },
};

export const createPriorityClass: Command = {
  name: 'priorityclass',
  aliases: ['pc'],
  use: 'create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none] [options]',
  short: 'Create a priority class with the specified name',
  flags: [
    ...createFlags,
    flag.string('description', 'description is an arbitrary string that usually provides guidelines on when this priority class should be used.'),
    flag.bool('global-default', 'global-default specifies whether this PriorityClass should be considered as the default priority.'),
    flag.string('preemption-policy', 'preemption-policy is the policy for preempting pods with lower priority.', { value: 'PreemptLowerPriority' }),
    flag.int('value', 'the value of this priority class.', { value: '0' }),
  ],
  *run(k, flags) {
    const name = oneName(k);
    const object = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value: flags.int('value'), ...(flags.bool('global-default') ? { globalDefault: true } : {}), ...(flags.string('description') === '' ? {} : { description: flags.string('description') }), preemptionPolicy: flags.string('preemption-policy') };
    yield* createAndPrint(k, { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses', kind: 'PriorityClass', namespaced: false }, object, { failure: 'failed to create priorityclass: ' });
  },
};

const numberOrPercent = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

export const createPdb: Command = {
  name: 'poddisruptionbudget',
  aliases: ['pdb'],
  use: 'create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none] [options]',
  short: 'Create a pod disruption budget with the specified name',
  flags: [...createFlags, flag.string('max-unavailable', 'The maximum number or percentage of unavailable pods this budget requires.'), flag.string('min-available', 'The minimum number or percentage of available pods this budget requires.'), flag.string('selector', 'A label selector to use for this budget.')],
  *run(k, flags) {
    const name = oneName(k);
    const selector = flags.string('selector');
    if (selector === '') throw new CommandError('a selector must be specified');
    const min = flags.string('min-available');
    const max = flags.string('max-unavailable');
    if (min === '' && max === '') throw new CommandError('one of min-available or max-unavailable must be specified');
    if (min !== '' && max !== '') throw new CommandError('min-available and max-unavailable cannot be both specified');
    const object = {
      apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name },
      spec: { ...(min === '' ? {} : { minAvailable: numberOrPercent(min) }), ...(max === '' ? {} : { maxUnavailable: numberOrPercent(max) }), selector: labelSelector(selector) },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
    yield* createAndPrint(k, { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', namespaced: true }, object, { failure: 'failed to create poddisruptionbudgets: ' });
  },
};

/** `a=b,c in (d,e)` as a LabelSelector. */
export function labelSelector(text: string): Any {
  const parsed = parseSelector(text);
  if (parsed.selector === undefined) throw new CommandError(parsed.problem);
  const matchLabels: Record<string, string> = {};
  const matchExpressions: Any[] = [];
  for (const each of parsed.selector) {
    if (each.operator === '=' || each.operator === '==') matchLabels[each.key] = each.values[0] as string;
    else matchExpressions.push({ key: each.key, operator: each.operator === 'in' ? 'In' : each.operator === 'notin' || each.operator === '!=' ? 'NotIn' : each.operator === 'exists' ? 'Exists' : 'DoesNotExist', ...(each.values.length > 0 ? { values: [...each.values] } : {}) });
  }
  return { ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}), ...(matchExpressions.length > 0 ? { matchExpressions } : {}) };
}

const boundKinds = ['Node', 'Pod', 'Secret'];

export const createToken: Command = {
  name: 'token',
  use: 'create token SERVICE_ACCOUNT_NAME [options]',
  short: 'Request a service account token',
  flags: [
    ...outputFlags,
    flag.array('audience', 'Audience of the requested token.'),
    flag.string('bound-object-kind', 'Kind of an object to bind the token to.'),
    flag.string('bound-object-name', 'Name of an object to bind the token to.'),
    flag.string('bound-object-uid', 'UID of an object to bind the token to.'),
    flag.duration('duration', 'Requested lifetime of the issued token.', { value: '0s' }),
  ],
  *run(k, flags) {
    const name = oneName(k);
    const kind = flags.string('bound-object-kind');
    if (kind === '' && flags.string('bound-object-name') !== '') throw new CommandError('--bound-object-name requires --bound-object-kind');
    if (kind !== '' && !boundKinds.includes(kind)) throw new CommandError(`supported --bound-object-kind values are ${boundKinds.join(', ')}`);
    if (kind !== '' && flags.string('bound-object-name') === '') throw new CommandError('--bound-object-name is required if --bound-object-kind is provided');
    if (flags.duration('duration') < 0) throw new CommandError('--duration must be greater than or equal to 0');
    const request = {
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {},
      spec: {
        audiences: flags.list('audience').length > 0 ? flags.list('audience') : null,
        expirationSeconds: flags.duration('duration') > 0 ? flags.duration('duration') / 1000 : null,
        boundObjectRef: kind === '' ? null : { kind, apiVersion: 'v1', name: flags.string('bound-object-name'), uid: flags.string('bound-object-uid') },
      },
      status: { token: '', expirationTimestamp: null },
    };
    const path = k.path(Kubectl.mapping('', 'v1', 'serviceaccounts', 'ServiceAccount'), k.namespace, name, 'token');
    let answer: Any;
    try {
      answer = yield* k.call('POST', path, { body: request });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new CommandError(`failed to create token: ${error.message}`);
    }
    if (answer.status?.token === undefined || answer.status.token === '') throw new CommandError('failed to create token: no token in server response');
    const printer = objectPrinter(k);
    if (printer !== undefined) k.out(printer({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', ...answer }));
    else k.line(answer.status.token);
  },
};

