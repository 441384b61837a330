// kube-controller-manager: many small loops in one process. Several processes may run; the one that holds the lease runs the loops.
import { startComponentPort } from '../../client/component-port.ts';
import { createEventRecorder } from '../../client/event-recorder.ts';
import { parseFlags } from '../../client/flags.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { electionFromFlags, runLeaderElection } from '../../client/leader-election.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { ExitCode, Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { Tally } from '../../wire/metrics.ts';
import { startControllers } from './controllers.ts';
import { ControllerContext } from './shared/context.ts';
import { controllerManagerMetrics } from './metrics.ts';

/** `elect`: how it becomes and stays the active one; tests put mistakes there. */
export const createKubeControllerManager = (elect: typeof runLeaderElection = runLeaderElection): Program => ({ name: 'kube-controller-manager', main: (host, args) => main(host, args, elect) });

export const kubeControllerManager = createKubeControllerManager();

function* main(host: Host, args: readonly string[], elect: typeof runLeaderElection): Task<ExitCode> {
  const flags = parseFlags(args);
  const config = loadKubeconfig(host, flags.get('kubeconfig') ?? '/etc/kubernetes/controller-manager.conf');
  host.usage.memoryBytes = 120 * 1024 * 1024;

  const userAgent = 'kube-controller-manager';
  const tally = new Tally();
  const root = createApiClient(host, { server: config.server, tls: config.tls, userAgent, tally });
  // Controllers show a token instead of the certificate.
  const anonymous = createApiClient(host, { server: config.server, tls: config.tls.trust === undefined ? {} : { trust: config.tls.trust }, userAgent, tally });
  const context = new ControllerContext(host, flags, root, anonymous);

  const state = { startedMs: host.clock.wallMs(), leads: false, requests: tally, queues: context.queues };
  startComponentPort(host, flags, { port: 10257, client: root, metrics: () => controllerManagerMetrics(host, state) });

  function* lead(): Task<void> {
    state.leads = true;
    startControllers(context);
    yield* host.tasks.latch().wait();
  }

  if (!flags.bool('leader-elect', true)) {
    yield* lead();
    return 0;
  }
  yield* elect(host, root, {
    ...electionFromFlags(host, flags, 'kube-controller-manager'),
    run: lead,
    recorder: createEventRecorder(host, root, { component: 'kube-controller-manager' }),
  });
  host.output.error('"leaderelection lost"\n');
  return 1;
}
