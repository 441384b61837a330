// One event as a sentence and a stage of the journey; undefined for what is not worth telling by itself.
import type { KernelEvent, TraceEvent } from '../kernel/world.ts';
import type { ClientEvent } from '../client/events.ts';
import type { CalicoEvent } from '../programs/calico/events.ts';
import type { ContainerdEvent } from '../programs/containerd/events.ts';
import type { EtcdEvent } from '../programs/etcd/events.ts';
import type { GatewayEvent } from '../programs/gateway/events.ts';
import type { ApiserverEvent } from '../programs/kube-apiserver/events.ts';
import type { ControllerManagerEvent, Decision } from '../programs/kube-controller-manager/events.ts';
import type { KubeProxyEvent } from '../programs/kube-proxy/events.ts';
import type { SchedulerEvent } from '../programs/kube-scheduler/events.ts';
import type { KubectlEvent } from '../programs/kubectl/events.ts';
import type { KubeletEvent } from '../programs/kubelet/events.ts';
import type { LoadBalancerEvent } from '../programs/load-balancer/events.ts';
import type { ShellEvent } from '../programs/shell/events.ts';
import type { TrafficEvent } from '../programs/traffic/events.ts';
import { parseKey } from './folds/stored-object.ts';
import { sentence, type SentenceKey } from './sentences.ts';

export type TracedEvent =
  | KernelEvent | ClientEvent | CalicoEvent | ContainerdEvent | EtcdEvent | GatewayEvent | ApiserverEvent | ControllerManagerEvent | KubeProxyEvent | SchedulerEvent | KubectlEvent | KubeletEvent
  | LoadBalancerEvent | ShellEvent | TrafficEvent;

/** In the order in which they are taught; as in session/protocol. */
export type Stage =
  | 'client' | 'load-balancer' | 'authenticate' | 'authorize' | 'mutate' | 'validate' | 'propose' | 'replicate' | 'commit' | 'respond' | 'watch'
  | 'controller' | 'schedule' | 'bind' | 'kubelet' | 'sandbox' | 'cni' | 'pull' | 'start' | 'probe' | 'status' | 'endpoints' | 'proxy' | 'done';

export interface Told {
  readonly stage: Stage;
  readonly sentence: { readonly key: string; readonly params: Readonly<Record<string, string | number>> };
}

const singular: Readonly<Record<string, string>> = {
  pods: 'Pod', nodes: 'Node', services: 'Service', endpoints: 'Endpoints', endpointslices: 'EndpointSlice', deployments: 'Deployment', replicasets: 'ReplicaSet',
  statefulsets: 'StatefulSet', daemonsets: 'DaemonSet', jobs: 'Job', cronjobs: 'CronJob', namespaces: 'Namespace', configmaps: 'ConfigMap', secrets: 'Secret',
  serviceaccounts: 'ServiceAccount', leases: 'Lease', events: 'Event', persistentvolumeclaims: 'PersistentVolumeClaim', persistentvolumes: 'PersistentVolume',
  ingresses: 'Ingress', networkpolicies: 'NetworkPolicy', roles: 'Role', rolebindings: 'RoleBinding', clusterroles: 'ClusterRole', clusterrolebindings: 'ClusterRoleBinding',
  poddisruptionbudgets: 'PodDisruptionBudget', horizontalpodautoscalers: 'HorizontalPodAutoscaler', controllerrevisions: 'ControllerRevision', replicationcontrollers: 'ReplicationController',
};

/** `ClusterRoleBinding "x" of ClusterRole "y"`, of RBAC's reason; undefined for other reasons. */
function allowedBy(reason: string): string | undefined {
  return /^RBAC: allowed by (.*) to \S+ ".*"$/.exec(reason)?.[1];
}

const mostShown = 3;
const shortList = (texts: readonly string[]): string => texts.slice(0, mostShown).join(', ') + (texts.length > mostShown ? ', …' : '');

/** `/registry/deployments/default/web` as `Deployment` and `default/web`. */
export function objectOfKey(key: string): { readonly kind: string; readonly name: string; readonly resource: string } {
  const parts = parseKey(key, null);
  if (parts === undefined) return { kind: '', name: key, resource: '' };
  return { kind: singular[parts.resource] ?? parts.resource, name: parts.namespace === '' ? parts.name : `${parts.namespace}/${parts.name}`, resource: parts.resource };
}

/** Program of a user as it is spoken of: `system:kube-scheduler` is kube-scheduler, a controller's service account is its controller. */
export function whoIs(user: string): string {
  if (user.startsWith('system:serviceaccount:')) return user.slice(user.lastIndexOf(':') + 1);
  if (user.startsWith('system:node:')) return `kubelet ${user.slice('system:node:'.length)}`;
  return user.startsWith('system:') ? user.slice('system:'.length) : user;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function decisionSentence(controller: string, key: string, { says, ...facts }: Decision): Told['sentence'] {
  return { key: `decided.${says}` satisfies SentenceKey, params: { controller, key, ...facts } };
}

export function tell(event: TraceEvent): Told | undefined {
  const data = event.data as TracedEvent;
  const { machine } = event;
  switch (data.type) {
    case 'shell.line':
      return { stage: 'client', sentence: sentence('shell.line', { line: data.line, machine }) };
    case 'gateway.request':
      return { stage: 'client', sentence: sentence(data.command === undefined ? 'gateway.request' : 'gateway.command', { command: data.command ?? '', verb: data.method, path: data.path }) };
    case 'kubectl.request':
      return { stage: 'client', sentence: sentence('kubectl.request', { verb: data.verb, path: data.path.replace(/\?.*$/, '') }) };
    case 'lb.forwarded':
      return { stage: 'load-balancer', sentence: sentence('lb.forwarded', { backend: data.backend }) };
    case 'apiserver.received':
      return { stage: 'authenticate', sentence: sentence('apiserver.received', { method: data.method, path: data.path.replace(/\?.*$/, ''), server: machine }) };
    case 'apiserver.authenticated':
      return { stage: 'authenticate', sentence: sentence('apiserver.authenticated', { user: data.user, method: data.method }) };
    case 'apiserver.queued':
      return { stage: 'authorize', sentence: sentence('apiserver.queued', { level: data.priorityLevel, seats: data.seats }) };
    case 'apiserver.authorized': {
      const asked = { user: data.user, verb: data.verb, resource: data.resource };
      const rule = data.allowed ? allowedBy(data.reason) : undefined;
      if (rule !== undefined) return { stage: 'authorize', sentence: sentence('apiserver.authorized-by', { ...asked, rule }) };
      return { stage: 'authorize', sentence: sentence(data.allowed ? 'apiserver.authorized' : 'apiserver.forbidden', asked) };
    }
    case 'apiserver.mutated':
      return { stage: 'mutate', sentence: sentence('apiserver.mutated', { plugin: data.plugin, changes: data.changes.length, detail: shortList(data.changes) }) };
    case 'apiserver.policy': {
      const failure = data.failures[0];
      return { stage: 'validate', sentence: failure === undefined ? sentence('apiserver.policy', { policy: data.policy }) : sentence('apiserver.policy-failed', { policy: data.policy, failure }) };
    }
    case 'apiserver.webhook':
      return { stage: data.mutating ? 'mutate' : 'validate', sentence: sentence('apiserver.webhook', { webhook: data.webhook, answer: data.answer }) };
    case 'apiserver.validated':
      return { stage: 'validate', sentence: sentence('apiserver.validated', { kind: data.kind }) };
    case 'apiserver.refused':
      return { stage: data.stage === 'authenticate' || data.stage === 'authorize' || data.stage === 'mutate' ? data.stage : 'validate', sentence: sentence('apiserver.refused', { stage: data.stage, code: data.code, message: data.message }) };
    case 'apiserver.stored': {
      const { kind, name } = objectOfKey(data.key);
      return { stage: 'commit', sentence: sentence(`store.${data.change}`, { kind, name, revision: data.revision }) };
    }
    case 'apiserver.responded':
      return { stage: 'respond', sentence: sentence('apiserver.responded', { code: data.code }) };
    case 'apiserver.watch-sent': {
      const { kind, name } = objectOfKey(data.key);
      return { stage: 'watch', sentence: sentence('watch.sent', { kind, name, watchers: data.watchers }) };
    }
    case 'etcd.proposed':
      return { stage: 'propose', sentence: sentence('etcd.proposed', { member: data.member, key: data.key ?? data.request }) };
    case 'etcd.appended':
      return { stage: 'replicate', sentence: data.from === data.member ? sentence('etcd.appended-self', { member: data.member }) : sentence('etcd.appended', { member: data.member, from: data.from }) };
    case 'etcd.committed':
      return { stage: 'commit', sentence: sentence('etcd.committed', { member: data.member, index: data.index }) };
    case 'controller.reconcile':
      return { stage: 'controller', sentence: sentence('controller.reconcile', { controller: data.controller, key: data.key }) };
    case 'controller.decided':
      return { stage: 'controller', sentence: decisionSentence(data.controller, data.key, data.decision) };
    case 'scheduler.decided': {
      if (data.node === '') return { stage: 'schedule', sentence: sentence('scheduler.unschedulable', { pod: data.pod, message: data.message }) };
      const candidates = Object.keys(data.totals).length;
      return { stage: 'schedule', sentence: candidates < 2 ? sentence('scheduler.only', { pod: data.pod, node: data.node }) : sentence('scheduler.decided', { pod: data.pod, node: data.node, candidates }) };
    }
    case 'scheduler.bound':
      return { stage: 'bind', sentence: sentence('scheduler.bound', { pod: data.pod, node: data.node }) };
    case 'scheduler.preempting':
      return { stage: 'schedule', sentence: sentence('scheduler.preempting', { pod: data.pod, node: data.node, victims: data.victims.length }) };
    case 'kube-proxy.rules':
      return { stage: 'proxy', sentence: sentence('kube-proxy.rules', { node: data.node, mode: data.mode, services: data.changes.length }) };
    case 'calico.address':
      return data.change === 'assigned' ? { stage: 'cni', sentence: sentence('calico.address', { pod: data.pod, address: data.address }) } : undefined;
    case 'containerd.sandbox':
      return data.change === 'created' ? { stage: 'sandbox', sentence: sentence('containerd.sandbox', { pod: data.pod, node: machine }) } : undefined;
    case 'containerd.sandbox-failed':
      return { stage: 'sandbox', sentence: sentence('containerd.sandbox-failed', { pod: data.pod, message: data.message }) };
    case 'containerd.container-started':
      return { stage: 'start', sentence: sentence('containerd.container-started', { container: data.name, node: machine }) };
    case 'containerd.pull-started':
      return { stage: 'pull', sentence: sentence('containerd.pull-started', { image: data.image, registry: data.registry }) };
    case 'containerd.pulled':
      return { stage: 'pull', sentence: sentence('containerd.pulled', { image: data.image, megabytes: tenths(data.sizeBytes / 1e6), seconds: tenths(data.tookMs / 1000) }) };
    case 'containerd.pull-failed':
      return { stage: 'pull', sentence: sentence('containerd.pull-failed', { image: data.image, message: data.message }) };
    case 'machine.on':
      return { stage: 'client', sentence: sentence('machine.on', { machine: data.name }) };
    case 'machine.off':
      return { stage: 'client', sentence: sentence('machine.off', { machine: data.name }) };
    case 'process.exited':
      return { stage: 'client', sentence: data.signal === 'SIGKILL' ? sentence('process.killed', { process: data.name, machine }) : sentence('process.exited', { process: data.name, machine, code: data.code }) };
    case 'process.frozen':
      return { stage: 'client', sentence: sentence('process.frozen', { process: data.name, machine }) };
    case 'process.thawed':
      return { stage: 'client', sentence: sentence('process.thawed', { process: data.name, machine }) };
    case 'fault.added':
      return { stage: 'client', sentence: sentence('fault.added', { name: data.fault }) };
    case 'fault.removed':
      return { stage: 'client', sentence: sentence('fault.removed', { name: data.fault }) };
    case 'lease.acquired':
      return { stage: 'controller', sentence: sentence('moment.lease-acquired', { lease: data.lease, holder: data.identity }) };
    case 'lease.lost':
      return { stage: 'controller', sentence: sentence('moment.lease-lost', { lease: data.lease, holder: data.identity }) };
    case 'controller.node-silent':
      return { stage: 'controller', sentence: sentence('moment.node-silent', { node: data.node }) };
    case 'traffic.started':
      return { stage: 'client', sentence: sentence('input.traffic', { name: data.name, target: data.target, rate: data.ratePerSecond }) };
    default:
      return data.type.startsWith('kubelet.') ? tellKubelet(event, data as KubeletEvent) : undefined;
  }
}

function tellKubelet({ machine }: TraceEvent, data: KubeletEvent): Told | undefined {
  switch (data.type) {
    case 'kubelet.pod-seen':
      if (data.source === 'file') return undefined;
      if (data.change === 'add') return { stage: 'kubelet', sentence: sentence('kubelet.pod-seen', { pod: data.pod, node: machine }) };
      return data.change === 'delete' ? { stage: 'kubelet', sentence: sentence('kubelet.deleting', { pod: data.pod, node: machine }) } : undefined;
    case 'kubelet.rejected':
      return { stage: 'kubelet', sentence: sentence('kubelet.rejected', { pod: data.pod, reason: data.reason }) };
    case 'kubelet.volumes-mounted':
      return data.volumes.length === 0 ? undefined : { stage: 'kubelet', sentence: sentence('kubelet.volumes-mounted', { pod: data.pod, count: data.volumes.length }) };
    case 'kubelet.mount-failed':
      return { stage: 'kubelet', sentence: sentence('kubelet.mount-failed', { pod: data.pod, message: data.message }) };
    case 'kubelet.pulling':
      return { stage: 'pull', sentence: sentence('kubelet.pulling', { pod: data.pod, image: data.image }) };
    case 'kubelet.container-started':
      return { stage: 'start', sentence: data.restart > 0 ? sentence('kubelet.container-restarted', { container: data.container, pod: data.pod, restart: data.restart }) : sentence('kubelet.container-started', { container: data.container, pod: data.pod }) };
    case 'kubelet.container-failed':
      return { stage: 'start', sentence: sentence('kubelet.container-failed', { container: data.container, pod: data.pod, reason: data.reason }) };
    case 'kubelet.container-died':
      return { stage: 'status', sentence: sentence('kubelet.container-died', { container: data.container, pod: data.pod, code: data.exitCode }) };
    case 'kubelet.container-killing':
      return { stage: 'kubelet', sentence: sentence('kubelet.killing', { container: data.container, pod: data.pod }) };
    case 'kubelet.backoff':
      return { stage: 'start', sentence: sentence('kubelet.backoff', { container: data.container, pod: data.pod, seconds: Math.round(data.delayMs / 1000) }) };
    case 'kubelet.probe':
      if (!data.changed) return undefined;
      return { stage: 'probe', sentence: sentence(data.success ? 'kubelet.probe-passed' : 'kubelet.probe-failed', { probe: data.probe, container: data.container, pod: data.pod }) };
    case 'kubelet.status':
      return { stage: 'status', sentence: sentence(data.ready ? 'kubelet.status-ready' : 'kubelet.status', { pod: data.pod, phase: data.phase }) };
    case 'kubelet.pod-removed':
      return { stage: 'done', sentence: sentence('kubelet.pod-removed', { pod: data.pod, node: machine }) };
    case 'kubelet.node-status':
      return { stage: 'status', sentence: data.ready ? sentence('kubelet.node-ready', { node: data.node }) : sentence('kubelet.node-not-ready', { node: data.node, reason: data.reason }) };
    default:
      return undefined;
  }
}
