// What an event is in one sentence: a key of the page's texts (hops.json) with its parameters. undefined: not worth a sentence.
import type { Sentence } from '../session/protocol.ts';
import type { Seen } from './events.ts';

function sentence(key: string, params: Sentence['params'] = {}): Sentence {
  return { key, params };
}

/** `/registry/pods/default/web-1` -> what it is and its name. */
export function keyParts(key: string): { readonly what: string; readonly name: string } {
  const parts = key.split('/').slice(2);
  const name = parts[parts.length - 1] ?? '';
  const resource = parts[0] === 'services' ? (parts[1] === 'endpoints' ? 'endpoints' : 'services') : (parts[0]?.includes('.') === true ? parts[1] : parts[0]) ?? '';
  return { what: resource === 'minions' ? 'nodes' : resource, name };
}

export function sentenceOf(event: Seen): Sentence | undefined {
  const { data, machine } = event;
  switch (data.type) {
    case 'shell.line':
      return sentence('you-typed', { line: data.line });
    case 'kubectl.request':
      return sentence('kubectl-request', { verb: data.verb, path: data.path.split('?')[0] ?? '' });
    case 'lb.forwarded':
      return sentence('lb-forwarded', { backend: data.backend });
    case 'apiserver.authenticated':
      return sentence('authenticated', { user: data.user, method: data.method });
    case 'apiserver.authorized':
      return sentence(data.allowed ? 'authorized' : 'forbidden', { user: data.user, verb: data.verb, resource: data.resource });
    case 'apiserver.mutated':
      return sentence('mutated', { plugin: data.plugin, count: data.changes.length });
    case 'apiserver.validated':
      return sentence('validated', { kind: data.kind });
    case 'apiserver.refused':
      return sentence('refused', { code: data.code, reason: data.reason, message: data.message.slice(0, 160) });
    case 'apiserver.stored':
      return sentence(`stored-${data.change}`, { ...keyParts(data.key), revision: data.revision });
    case 'apiserver.responded':
      return sentence('responded', { code: data.code });
    case 'apiserver.watch-sent':
      return sentence('watch-sent', { ...keyParts(data.key), change: data.change, watchers: data.watchers });
    case 'etcd.proposed':
      return sentence('proposed', { member: data.member, index: data.index });
    case 'etcd.appended':
      return sentence(data.from === data.member ? 'written' : 'replicated', { member: data.member, from: data.from, index: data.index });
    case 'etcd.committed':
      return sentence('committed', { member: data.member, index: data.index });
    case 'etcd.revision':
      return sentence('applied', { member: data.member, revision: data.revision });
    case 'controller.reconcile':
      return sentence('reconcile', { controller: data.controller, key: data.key });
    case 'controller.decided':
      return sentence('controller-decided', { controller: data.controller, key: data.key, detail: data.detail, action: data.action });
    case 'controller.node-silent':
      return sentence('node-silent', { node: data.node });
    case 'controller.node-back':
      return sentence('node-back', { node: data.node });
    case 'scheduler.decided':
      return data.node === '' ? sentence('unschedulable', { pod: data.pod, message: data.message.slice(0, 200) }) : sentence('scheduled', { pod: data.pod, node: data.node });
    case 'scheduler.bound':
      return sentence('bound', { pod: data.pod, node: data.node });
    case 'kubelet.pod-seen':
      return data.change === 'add' ? sentence('kubelet-saw', { node: machine, pod: data.pod }) : undefined;
    case 'containerd.sandbox':
      return data.change === 'created' ? sentence('sandbox', { node: machine, pod: data.pod }) : undefined;
    case 'calico.address':
      return data.change === 'assigned' ? sentence('address', { pod: data.pod, address: data.address }) : undefined;
    case 'containerd.pull-started':
      return sentence('pulling', { image: data.image, registry: data.registry, node: machine });
    case 'containerd.pulled':
      return sentence('pulled', { image: data.image, node: machine, seconds: Math.round(data.tookMs / 100) / 10 });
    case 'containerd.pull-failed':
      return sentence('pull-failed', { image: data.image, node: machine });
    case 'kubelet.container-started':
      return sentence('container-started', { container: data.container, pod: data.pod, node: machine });
    case 'kubelet.container-died':
      return sentence('container-died', { container: data.container, pod: data.pod, code: data.exitCode, reason: data.reason });
    case 'kubelet.backoff':
      return sentence('backoff', { pod: data.pod, container: data.container, what: data.what, seconds: Math.round(data.delayMs / 1000) });
    case 'kubelet.probe':
      return data.changed ? sentence(data.success ? 'probe-passed' : 'probe-failed', { probe: data.probe, pod: data.pod, container: data.container }) : undefined;
    case 'kubelet.status':
      return sentence('status', { pod: data.pod, phase: data.phase, ready: data.ready ? 'Ready' : 'not Ready', node: machine });
    case 'kubelet.node-status':
      return sentence(data.ready ? 'node-ready' : 'node-not-ready', { node: data.node, reason: data.reason });
    case 'kube-proxy.rules':
      return data.changes.length === 0 ? undefined : sentence('rules', { node: data.node, mode: data.mode, services: data.changes.slice(0, 3).join(', '), endpoints: data.endpoints });
    case 'machine.off':
      return sentence('power-off', { machine: data.name });
    case 'machine.on':
      return sentence('power-on', { machine: data.name });
    case 'process.exited':
      return sentence('process-exited', { process: data.name, machine, code: data.code });
    case 'process.frozen':
      return sentence('process-frozen', { process: data.name, machine });
    case 'process.thawed':
      return sentence('process-thawed', { process: data.name, machine });
    case 'fault.added':
      return sentence(`fault-${data.rule.kind}`, { from: data.rule.from.join(', '), to: data.rule.to.join(', ') });
    case 'fault.removed':
      return sentence('fault-healed', { from: data.rule.from.join(', '), to: data.rule.to.join(', ') });
    case 'etcd.role':
      return data.role === 'leader' ? sentence('etcd-leader', { member: data.member, term: data.term }) : undefined;
    case 'lease.acquired':
      return sentence('lease-acquired', { lease: data.lease.split('/').pop() ?? data.lease, machine });
    case 'lease.lost':
      return sentence('lease-lost', { lease: data.lease.split('/').pop() ?? data.lease, machine });
    case 'lb.backend-down':
      return sentence('backend-down', { backend: data.backend });
    case 'lb.backend-up':
      return sentence('backend-up', { backend: data.backend });
    default:
      return undefined;
  }
}
