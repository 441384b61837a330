// Recounts what a namespace uses against its ResourceQuotas; admission counts at the door, this one corrects.
import { canonicalText } from '../../../api/meta/hash.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { addQuantity, formatQuantity, quantityOf, zeroQuantity, type Quantity } from '../../../api/meta/quantity.ts';
import { ApiError } from '../../../client/api-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { discover } from '../shared/discovery.ts';
import { keyOf, refs, splitKey, type Pod, type Service } from '../shared/objects.ts';
import { isTerminal } from '../shared/pods.ts';

type Amounts = Readonly<Record<string, string>>;

interface ResourceQuota extends ApiObject {
  readonly spec?: { readonly hard?: Amounts; readonly scopes?: readonly string[]; readonly scopeSelector?: { readonly matchExpressions?: readonly { readonly scopeName: string; readonly operator: string; readonly values?: readonly string[] }[] } };
  readonly status?: { readonly hard?: Amounts; readonly used?: Amounts };
}

const resyncMs = 5 * 60_000;
const discoveryPeriodMs = 30_000;
const counted = new Map<string, keyof typeof refs>([
  ['pods', 'pods'],
  ['services', 'services'],
  ['configmaps', 'configMaps'],
  ['secrets', 'secrets'],
  ['replicationcontrollers', 'replicationControllers'],
  ['persistentvolumeclaims', 'claims'],
  ['resourcequotas', 'resourceQuotas'],
  ['deployments.apps', 'deployments'],
  ['replicasets.apps', 'replicaSets'],
  ['statefulsets.apps', 'statefulSets'],
  ['jobs.batch', 'jobs'],
  ['cronjobs.batch', 'cronJobs'],
]);

export function startResourceQuotaController(context: ControllerContext): void {
  const client = context.client('resourcequota-controller');
  const quotas = context.informer<ResourceQuota>(refs.resourceQuotas);
  const pods = context.informer<Pod>(refs.pods);
  const services = context.informer<Service>(refs.services);
  const queue = context.queue('resourcequota');
  quotas.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(keyOf(object));
  });
  // What is freed is recounted at once; what is taken, admission has counted already.
  const freed = (namespace: string | undefined): void => {
    for (const quota of quotas.list(namespace)) queue.add(keyOf(quota));
  };
  for (const name of new Set(counted.values())) {
    if (name === 'resourceQuotas') continue;
    context.informer(refs[name]).onChange(({ type, object, old }) => {
      const finished = name === 'pods' && old !== undefined && isTerminal(object as Pod) && !isTerminal(old as Pod);
      if (type === 'delete' || finished) freed(object.metadata.namespace);
    });
  }

  function* reconcile(key: string): Task<void> {
    const quota = quotas.get(key);
    if (quota === undefined) return;
    queue.addAfter(key, resyncMs);
    const hard = quota.spec?.hard ?? {};
    const { namespace } = splitKey(key);
    const used: Record<string, string> = {};
    for (const name of Object.keys(hard)) {
      const amount = usage(quota, namespace, name);
      if (amount !== undefined) used[name] = formatQuantity(amount);
    }
    const status = { hard, used };
    if (canonicalText(quota.status ?? {}) === canonicalText(status)) return;
    yield* client.updateStatus(refs.resourceQuotas, namespace, { ...quota, apiVersion: 'v1', kind: 'ResourceQuota', status });
  }

  function usage(quota: ResourceQuota, namespace: string, name: string): Quantity | undefined {
    if (/^(requests\.|limits\.)?(cpu|memory|ephemeral-storage)$/.test(name) || name === 'pods') {
      let sum = zeroQuantity;
      for (const pod of pods.list(namespace)) {
        if (isTerminal(pod) || !inScope(quota, pod)) continue;
        sum = addQuantity(sum, name === 'pods' ? quantityOf(1) : podAmount(pod, name));
      }
      return sum;
    }
    if (name === 'services.nodeports' || name === 'services.loadbalancers') {
      const wanted = name === 'services.loadbalancers' ? ['LoadBalancer'] : ['NodePort', 'LoadBalancer'];
      return quantityOf(
        services
          .list(namespace)
          .filter(({ spec }) => wanted.includes(spec.type ?? ''))
          .reduce((sum, { spec }) => sum + (name === 'services.loadbalancers' ? 1 : (spec.ports ?? []).length), 0),
      );
    }
    const kind = counted.get(name.replace(/^count\//, ''));
    return kind === undefined ? undefined : quantityOf(context.informer(refs[kind]).list(namespace).length);
  }

  /** Upstream looks for new kinds to count twice a minute. */
  function* watchDiscovery(): Task<void> {
    for (;;) {
      try {
        yield* discover(client, true);
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
      }
      yield* context.host.clock.sleep(discoveryPeriodMs);
    }
  }

  context.host.tasks.spawn('resourcequota discovery', watchDiscovery());
  context.start({ name: 'resourcequota', queue, workers: 5, needs: [quotas, pods, services], reconcile });
}

function podAmount(pod: Pod, name: string): Quantity {
  const limits = name.startsWith('limits.');
  const resource = name.replace(/^(requests|limits)\./, '');
  const of = (container: Pod['spec']['containers'][number]): Quantity => quantityOf((limits ? container.resources?.limits : container.resources?.requests)?.[resource] ?? '0');
  let sum = zeroQuantity;
  for (const container of pod.spec.containers) sum = addQuantity(sum, of(container));
  for (const container of pod.spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') sum = addQuantity(sum, own);
    else if (own.nanos > sum.nanos) sum = own;
  }
  return sum;
}

function inScope(quota: ResourceQuota, pod: Pod): boolean {
  const scopes = [...(quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: undefined as readonly string[] | undefined })), ...(quota.spec?.scopeSelector?.matchExpressions ?? [])];
  const bestEffort = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].every(({ resources }) => Object.keys(resources?.requests ?? {}).length === 0 && Object.keys(resources?.limits ?? {}).length === 0);
  const terminating = typeof pod.spec['activeDeadlineSeconds'] === 'number';
  const priority = String(pod.spec['priorityClassName'] ?? '');
  return scopes.every(({ scopeName, operator, values }) => {
    switch (scopeName) {
      case 'BestEffort':
        return bestEffort;
      case 'NotBestEffort':
        return !bestEffort;
      case 'Terminating':
        return terminating;
      case 'NotTerminating':
        return !terminating;
      case 'PriorityClass':
        return operator === 'Exists' ? priority !== '' : operator === 'DoesNotExist' ? priority === '' : operator === 'In' ? (values ?? []).includes(priority) : !(values ?? []).includes(priority);
      default:
        return true;
    }
  });
}
