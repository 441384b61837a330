// kube-scheduler: several may run, one holds the lease and places pods.
import type { ResourceRef } from '../../client/contract.ts';
import { startComponentPort } from '../../client/component-port.ts';
import { createEventRecorder } from '../../client/event-recorder.ts';
import { parseFlags } from '../../client/flags.ts';
import { startInformer, waitForSync } from '../../client/informer.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { electionFromFlags, runLeaderElection } from '../../client/leader-election.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { ExitCode, Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { Tally } from '../../wire/metrics.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { SchedulerEvent } from './events.ts';
import type { DisruptionBudget, Grouping, Node, Pod } from './objects.ts';
import { schedulerMetrics } from './metrics.ts';
import { Scheduler, type Claim, type StorageClass } from './scheduler.ts';

/** `elect`: how it becomes and stays the active one; tests put mistakes there. */
export const createKubeScheduler = (elect: typeof runLeaderElection = runLeaderElection): Program => ({ name: 'kube-scheduler', main: (host, args) => main(host, args, elect) });

export const kubeScheduler = createKubeScheduler();

const schedulerName = 'default-scheduler';

function* main(host: Host, args: readonly string[], elect: typeof runLeaderElection): Task<ExitCode> {
  const flags = parseFlags(args);
  const config = loadKubeconfig(host, flags.get('kubeconfig') ?? '/etc/kubernetes/scheduler.conf');
  host.usage.memoryBytes = 60 * 1024 * 1024;

  const tally = new Tally();
  const client = createApiClient(host, { server: config.server, tls: config.tls, userAgent: 'kube-scheduler', tally });
  const state = { startedMs: host.clock.wallMs(), leads: false, requests: tally };
  startComponentPort(host, flags, { port: 10259, client, metrics: () => schedulerMetrics(host, state, scheduler.measures()) });
  const recorder = createEventRecorder(host, client, { component: schedulerName, instance: `${schedulerName}-${host.hostname}`, form: 'events.k8s.io' });
  const watch = <T extends ApiObject>(group: string, version: string, resource: string, options: { fieldSelector?: string } = {}) => startInformer<T>(host, client, ref(group, version, resource), options);

  const informers = {
    // Nodes first: a pod that is on a node we do not know is set aside until we do.
    nodes: watch<Node>('', 'v1', 'nodes'),
    pods: watch<Pod>('', 'v1', 'pods', { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }),
    namespaces: watch('', 'v1', 'namespaces'),
    services: watch<Grouping>('', 'v1', 'services'),
    replicationControllers: watch<Grouping>('', 'v1', 'replicationcontrollers'),
    replicaSets: watch<Grouping>('apps', 'v1', 'replicasets'),
    statefulSets: watch<Grouping>('apps', 'v1', 'statefulsets'),
    budgets: watch<DisruptionBudget>('policy', 'v1', 'poddisruptionbudgets'),
    claims: watch<Claim>('', 'v1', 'persistentvolumeclaims'),
    storageClasses: watch<StorageClass>('storage.k8s.io', 'v1', 'storageclasses'),
  };
  const record = (about: Pod, type: 'Normal' | 'Warning', reason: string, action: string, note: string, related?: Pod): void =>
    recorder.event({ ...about, apiVersion: 'v1', kind: 'Pod' }, type, reason, note, { action, ...(related === undefined ? {} : { related: { ...related, apiVersion: 'v1', kind: 'Pod' } }) });
  const scheduler = new Scheduler(host, client, informers, record, schedulerName);

  function* lead(): Task<void> {
    state.leads = true;
    yield* waitForSync(...Object.values(informers));
    host.trace.emit<SchedulerEvent>({ type: 'scheduler.started' });
    yield* scheduler.run();
  }

  if (!flags.bool('leader-elect', true)) {
    yield* lead();
    return 0;
  }
  yield* elect(host, client, {
    ...electionFromFlags(host, flags, 'kube-scheduler'),
    run: lead,
    recorder: createEventRecorder(host, client, { component: schedulerName, form: 'events.k8s.io' }),
  });
  host.output.error('"Leaderelection lost"\n');
  return 1;
}

function ref(group: string, version: string, resource: string): ResourceRef {
  return { group, version, resource };
}
