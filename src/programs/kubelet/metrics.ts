// What the kubelet says at /metrics and beside it: names, labels and stability as in upstream's reference, as far as there is something behind them here.
import { requestsFamily } from '../../client/client-metrics.ts';
import type { Task } from '../../kernel/task.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { family, metricsAnswer, processFamilies, Tally, type Family, type Sample } from '../../wire/metrics.ts';
import { buildFamily } from '../images/build-info.ts';
import { nodeUsage, samples, type Sample as Figures } from './figures.ts';
import type { Kubelet } from './kubelet.ts';

/** `what` follows /metrics/. */
export function* answerMetrics(kubelet: Kubelet, what: string): Task<HttpResponse> {
  switch (what) {
    case '':
      return metricsAnswer(ownFamilies(kubelet));
    case 'cadvisor':
      return metricsAnswer(containerFamilies(kubelet, yield* samples(kubelet)));
    case 'probes':
      return metricsAnswer([probeFamily(kubelet)]);
    case 'resource':
      return metricsAnswer(resourceFamilies(kubelet, yield* samples(kubelet)));
    default:
      return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' };
  }
}

const stateNames = { CONTAINER_CREATED: 'created', CONTAINER_RUNNING: 'running', CONTAINER_EXITED: 'exited', CONTAINER_UNKNOWN: 'unknown' } as const;

function ownFamilies(kubelet: Kubelet): readonly Family[] {
  const { host, config, workers, runtime } = kubelet;
  const containers = new Tally();
  let running = 0;
  for (const { uid } of workers.values()) {
    const pod = runtime.pod(uid);
    if (pod.sandboxes.some(({ state }) => state === 'SANDBOX_READY')) running++;
    for (const { state } of pod.containers) containers.add(stateNames[state]);
  }
  return [
    ...processFamilies(host, host.clock.wallMs() - (host.clock.nowMs() - kubelet.startedMs)),
    buildFamily(config.version),
    requestsFamily(kubelet.requests),
    family('gauge', 'kubelet_node_name', '[ALPHA] Always 1; the label says which node this is.', [{ labels: { node: config.nodeName }, value: 1 }]),
    family('gauge', 'kubelet_running_containers', '[ALPHA] Containers of this node, by state.', containers.samples(['container_state'])),
    family('gauge', 'kubelet_running_pods', '[ALPHA] Pods that have a sandbox which runs.', running),
  ];
}

function probeFamily(kubelet: Kubelet): Family {
  const found = [...kubelet.workers.values()].flatMap(({ pod: { metadata }, uid, probes }) =>
    probes.attempts.samples(['container', 'probe_type', 'result']).map(({ labels = {}, value }): Sample => {
      const { container = '', probe_type = '', result = '' } = labels;
      return { labels: { container, namespace: metadata.namespace ?? 'default', pod: metadata.name, pod_uid: uid, probe_type, result }, value };
    }),
  );
  return family('counter', 'prober_probe_total', '[BETA] Probes of containers, by what they are for and how they ended.', found);
}

const podLabels = ({ worker: { pod } }: Figures): { readonly namespace: string; readonly pod: string } => ({ namespace: pod.metadata.namespace ?? 'default', pod: pod.metadata.name });

function containerFamilies(kubelet: Kubelet, all: readonly Figures[]): readonly Family[] {
  const atMs = kubelet.host.clock.wallMs();
  const rows = (value: (figures: Figures) => number): readonly Sample[] => all.map((each) => ({ labels: { container: each.container.metadata.name, image: each.container.image, name: each.container.id, ...podLabels(each) }, value: value(each), atMs }));
  return [
    family('counter', 'container_cpu_usage_seconds_total', 'CPU time that the container has used, in core-seconds.', rows(({ cpuMs }) => cpuMs / 1000)),
    family('gauge', 'container_memory_working_set_bytes', 'Working set of the container, in bytes.', rows(({ memoryBytes }) => memoryBytes)),
    family('gauge', 'container_start_time_seconds', 'When the container started, in seconds since 1970.', rows(({ container }) => container.startedAtMs / 1000)),
    family('gauge', 'machine_cpu_cores', 'Cores of the machine.', kubelet.host.os.cores),
    family('gauge', 'machine_memory_bytes', 'Memory of the machine, in bytes.', kubelet.host.os.memoryBytes),
  ];
}

function resourceFamilies(kubelet: Kubelet, all: readonly Figures[]): readonly Family[] {
  const atMs = kubelet.host.clock.wallMs();
  const node = nodeUsage(all);
  const pods = new Map<string, { readonly first: Figures; cpuMs: number; memoryBytes: number }>();
  for (const each of all) {
    const sum = pods.get(each.worker.uid) ?? { first: each, cpuMs: 0, memoryBytes: 0 };
    sum.cpuMs += each.cpuMs;
    sum.memoryBytes += each.memoryBytes;
    pods.set(each.worker.uid, sum);
  }
  const ofContainers = (value: (figures: Figures) => number, time: { readonly atMs?: number }): readonly Sample[] => all.map((each) => ({ labels: { container: each.container.metadata.name, ...podLabels(each) }, value: value(each), ...time }));
  const ofPods = (value: (sum: { readonly cpuMs: number; readonly memoryBytes: number }) => number): readonly Sample[] => [...pods.values()].map((sum) => ({ labels: podLabels(sum.first), value: value(sum), atMs }));
  return [
    family('counter', 'container_cpu_usage_seconds_total', '[STABLE] CPU time that the container has used, in core-seconds.', ofContainers(({ cpuMs }) => cpuMs / 1000, { atMs })),
    family('gauge', 'container_memory_working_set_bytes', '[STABLE] Working set of the container, in bytes.', ofContainers(({ memoryBytes }) => memoryBytes, { atMs })),
    family('gauge', 'container_start_time_seconds', '[STABLE] When the container started, in seconds since 1970.', ofContainers(({ container }) => container.startedAtMs / 1000, {})),
    family('counter', 'node_cpu_usage_seconds_total', '[STABLE] CPU time that the node has used, in core-seconds.', [{ value: node.cpuMs / 1000, atMs }]),
    family('gauge', 'node_memory_working_set_bytes', '[STABLE] Working set of the node, in bytes.', [{ value: node.memoryBytes, atMs }]),
    family('counter', 'pod_cpu_usage_seconds_total', '[STABLE] CPU time that the pod has used, in core-seconds.', ofPods(({ cpuMs }) => cpuMs / 1000)),
    family('gauge', 'pod_memory_working_set_bytes', '[STABLE] Working set of the pod, in bytes.', ofPods(({ memoryBytes }) => memoryBytes)),
    family('gauge', 'resource_scrape_error', '[STABLE] 1 when the figures of containers could not be read, else 0.', 0),
  ];
}
