// Registers the node, renews its lease every 10 s, and keeps its status at the API server.
import type { PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { formatMicroTime } from '../../api/meta/time.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { ApiError, isAlreadyExists, isConflict, isNotFound } from '../../client/api-error.ts';
import type { ResourceRef } from '../../client/contract.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { KubeletEvent } from './events.ts';
import type { Kubelet } from './kubelet.ts';
import { computeNodeStatus, hasNodeChanged, initialNode, type NodeFacts } from './node-status.ts';
import { diffStatus } from './status-patch.ts';
import { sameJson } from '../../api/meta/equality.ts';
import type { Node, NodeStatus } from './types.ts';

export const nodesRef: ResourceRef = { group: '', version: 'v1', resource: 'nodes' };
const leasesRef: ResourceRef = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };

interface Lease extends ApiObject {
  readonly spec: { readonly holderIdentity?: string; readonly leaseDurationSeconds?: number; readonly renewTime?: string };
}

const isRefusal = (error: unknown): error is Error => error instanceof ApiError || error instanceof NetworkError;

export class NodeAgent {
  readonly #kubelet: Kubelet;
  readonly #host: PrivilegedHost;
  #lastReportMs = -Infinity;
  #reportAfterMs = 0;
  #wasReady: boolean | undefined;
  #lease: Lease | undefined;
  #isRegistered = false;
  #isLost = false;
  #reportedNetworkMessage = '';

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet;
    this.#host = kubelet.host;
  }

  start(): void {
    const { tasks } = this.#host;
    tasks.spawn('runtime status', this.#watchRuntime());
    if (this.#kubelet.client === undefined) return;
    tasks.spawn('node status', this.#keepStatus());
    tasks.spawn('node lease', this.#keepLease());
  }

  /** updateRuntimeUp: every 5 s; oftener until the network is ready for the first time. */
  *#watchRuntime(): Task<void> {
    const { runtime } = this.#kubelet;
    for (;;) {
      const wasReady = runtime.isReady && runtime.isNetworkReady;
      yield* runtime.checkStatus();
      const isReady = runtime.isReady && runtime.isNetworkReady;
      if (isReady !== wasReady) this.#kubelet.wakeAll();
      yield* this.#host.clock.sleep(isReady ? 5000 : 500);
    }
  }

  facts(): NodeFacts {
    const { config, runtime, images } = this.#kubelet;
    return {
      config,
      cores: this.#host.os.cores,
      memoryBytes: this.#host.os.memoryBytes,
      hostname: this.#host.hostname,
      runtime: { name: runtime.runtimeName, version: runtime.runtimeVersion, isReady: runtime.isReady, isNetworkReady: runtime.isNetworkReady, networkMessage: runtime.networkMessage },
      images: images.known,
      nowMs: this.#host.clock.wallMs(),
      machineId: this.#kubelet.machineId,
      bootId: this.#kubelet.bootId,
    };
  }

  *#keepStatus(): Task<void> {
    const { config } = this.#kubelet;
    let quickUntilMs = this.#host.clock.nowMs() + 120_000;
    for (;;) {
      try {
        if (!this.#isRegistered) yield* this.#register();
        yield* this.#syncStatus();
        this.#isLost = false;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (!this.#isLost) this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.api-lost', message: error.message });
        this.#isLost = true;
        if (!this.#isRegistered) {
          yield* this.#host.clock.sleep(1000);
          continue;
        }
      }
      // fastStatusUpdateOnce: right after the start the first Ready is not made to wait for the next round.
      if (this.#wasReady !== true && this.#host.clock.nowMs() < quickUntilMs) {
        yield* this.#host.clock.sleep(500);
        continue;
      }
      quickUntilMs = 0;
      yield* this.#host.clock.sleep(config.nodeStatusUpdateMs);
    }
  }

  *#register(): Task<void> {
    const { client, config } = this.#kubelet;
    if (client === undefined) return;
    yield* this.#kubelet.images.refresh();
    const node = initialNode(this.facts());
    try {
      if (config.registerNode) yield* client.create(nodesRef, '', node);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      yield* this.#reconcileLabels(node);
    }
    this.#isRegistered = true;
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.registered', node: config.nodeName });
    this.#kubelet.recordNode('Normal', 'Starting', 'Starting kubelet.');
    this.#kubelet.recordNode('Normal', 'NodeHasSufficientMemory', `Node ${config.nodeName} status is now: NodeHasSufficientMemory`);
    this.#kubelet.recordNode('Normal', 'NodeHasNoDiskPressure', `Node ${config.nodeName} status is now: NodeHasNoDiskPressure`);
    this.#kubelet.recordNode('Normal', 'NodeHasSufficientPID', `Node ${config.nodeName} status is now: NodeHasSufficientPID`);
    this.#kubelet.recordNode('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
  }

  /** A node that was there before keeps what others put on it; our default labels are made right. */
  *#reconcileLabels(wanted: Node): Task<void> {
    const { client, config } = this.#kubelet;
    if (client === undefined) return;
    const existing = yield* client.get<Node>(nodesRef, '', config.nodeName);
    const labels = wanted.metadata.labels ?? {};
    const isRight = Object.entries(labels).every(([key, value]) => existing.metadata.labels?.[key] === value);
    const before = (existing.status?.nodeInfo as { bootID?: string } | undefined)?.bootID;
    if (before !== undefined && before !== '' && before !== this.#kubelet.bootId) this.#kubelet.recordNode('Warning', 'Rebooted', `Node ${config.nodeName} has been rebooted, boot id: ${this.#kubelet.bootId}`);
    if (!isRight) yield* client.patch(nodesRef, '', config.nodeName, 'application/strategic-merge-patch+json', { metadata: { labels } });
  }

  *#syncStatus(): Task<void> {
    const { client, config } = this.#kubelet;
    if (client === undefined) return;
    const node = this.#kubelet.node() ?? (yield* client.get<Node>(nodesRef, '', config.nodeName));
    const next = computeNodeStatus(this.facts(), node.status);
    const nowMs = this.#host.clock.nowMs();
    const isDue = nowMs - this.#lastReportMs >= this.#reportAfterMs;
    if (!hasNodeChanged(node.status, next, sameJson) && !isDue) return;
    const patch = diffStatus(node.status, next);
    if (patch === undefined) return;
    // The node's agent is alone in writing images, addresses and the like; whatever else stands in the status is others'.
    for (const key of Object.keys(patch)) if (patch[key] === null) delete patch[key];
    yield* client.patch(nodesRef, '', config.nodeName, 'application/strategic-merge-patch+json', { status: patch }, { subresource: 'status', query: { timeout: '10s' }, timeoutMs: 10_000 });
    this.#lastReportMs = nowMs;
    this.#reportAfterMs = config.nodeStatusReportMs * (0.5 + this.#host.random.next());
    this.#noteReady(next);
  }

  #noteReady(status: NodeStatus): void {
    const ready = status.conditions?.find((condition) => condition.type === 'Ready');
    if (ready === undefined) return;
    const isReady = ready.status === 'True';
    if (isReady === this.#wasReady && ready.message === this.#reportedNetworkMessage) return;
    const { nodeName } = this.#kubelet.config;
    if (isReady !== this.#wasReady && (isReady || this.#wasReady !== undefined)) {
      const reason = isReady ? 'NodeReady' : 'NodeNotReady';
      this.#kubelet.recordNode('Normal', reason, `Node ${nodeName} status is now: ${reason}`);
    }
    this.#wasReady = isReady;
    this.#reportedNetworkMessage = ready.message;
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.node-status', node: nodeName, ready: isReady, reason: ready.reason, message: ready.message });
  }

  // ---------------------------------------------------------------- lease

  *#keepLease(): Task<void> {
    const { config } = this.#kubelet;
    const intervalMs = config.leaseDurationSeconds * 250;
    while (!this.#isRegistered) yield* this.#host.clock.sleep(500);
    for (;;) {
      for (let attempt = 0; attempt < 5; attempt++) {
        try {
          yield* this.#renew();
          break;
        } catch (error) {
          if (!isRefusal(error)) throw error;
          if (isConflict(error) || isNotFound(error)) this.#lease = undefined;
          else yield* this.#host.clock.sleep(1000);
        }
      }
      yield* this.#host.clock.sleep(intervalMs * (1 + 0.04 * this.#host.random.next()));
    }
  }

  *#renew(): Task<void> {
    const { client, config } = this.#kubelet;
    if (client === undefined) return;
    const options = { timeoutMs: 10_000 };
    const node = this.#kubelet.node();
    // Without an owner, a lease would outlive its node; the node's uid may not be known at first.
    const owner = node?.metadata.uid === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: config.nodeName, uid: node.metadata.uid }] };
    const spec = { holderIdentity: config.nodeName, leaseDurationSeconds: config.leaseDurationSeconds, renewTime: formatMicroTime(this.#host.clock.wallMs()) };
    if (this.#lease === undefined) {
      try {
        this.#lease = yield* client.get<Lease>(leasesRef, 'kube-node-lease', config.nodeName, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        this.#lease = yield* client.create<Lease>(leasesRef, 'kube-node-lease', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: config.nodeName, namespace: 'kube-node-lease', ...owner }, spec }, options);
        return;
      }
    }
    this.#lease = yield* client.update<Lease>(leasesRef, 'kube-node-lease', { ...this.#lease, metadata: { ...owner, ...this.#lease.metadata }, spec: { ...this.#lease.spec, ...spec } }, options);
  }
}
