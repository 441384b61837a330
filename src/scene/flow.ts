// One request's journey, hop by hop, from what a person did to running containers. Hops are events with a stage; a readable journey tells
// every stage of the person's own request, and then what each component did for the first pod; what repeats is told once.
import type { Hop, HopStage } from '../session/protocol.ts';
import type { Seen } from './events.ts';
import { keyParts, sentenceOf } from './sentences.ts';
import type { TraceStore } from './trace-store.ts';

const foldedAfterMs = 1500;
/** A journey that has not ended by then is not going to. */
const longestMs = 600_000;
const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection', 'apply']);

export class Flow {
  readonly root: number;
  readonly hops: Hop[] = [];
  done = false;
  private readonly trace: TraceStore;
  private readonly members = new Set<number>();
  private readonly told = new Set<string>();
  private requestEvents = new Set<number>();
  private requestOpen = false;
  private answered = false;
  private firstPod: { readonly name: string; uid: string } | undefined;
  private podReady = false;
  private startedMs = 0;

  constructor(trace: TraceStore, root: number) {
    this.trace = trace;
    this.root = root;
    this.members.add(root);
  }

  /** Looks at the next event; returns the hop it is, if it is one. */
  see(event: Seen): Hop | undefined {
    if (this.done) return undefined;
    if (event.id === this.root) this.startedMs = event.atMs;
    else if (!this.members.has(event.cause)) return undefined;
    else this.members.add(event.id);
    if (event.atMs - this.startedMs > longestMs) {
      this.done = true;
      return undefined;
    }
    const stage = this.stageOf(event);
    if (stage === undefined) return undefined;
    const sentence = sentenceOf(event);
    if (sentence === undefined) return undefined;
    const last = this.hops[this.hops.length - 1];
    const gapMs = last === undefined ? 0 : event.atMs - last.atMs;
    const message = this.messageBefore(event);
    const hop: Hop = {
      event: event.id,
      atMs: event.atMs,
      machine: event.machine,
      process: event.process,
      sentence,
      stage,
      gapMs,
      folded: gapMs > foldedAfterMs,
      ...(message === undefined ? {} : { from: message.from }),
      to: { machine: event.machine, process: event.process },
    };
    this.hops.push(hop);
    return hop;
  }

  /** The message that brought the event about, when it came over the wire just before. */
  private messageBefore(event: Seen): { readonly from: { readonly machine: string; readonly process: string } } | undefined {
    let steps = 0;
    for (const each of this.trace.chain(event.cause)) {
      if (each.data.type === 'net.message') return each.data.to.process === event.process && each.data.to.machine === event.machine ? { from: each.data.from } : undefined;
      if (++steps > 6) return undefined;
    }
    return undefined;
  }

  private once(key: string): boolean {
    if (this.told.has(key)) return false;
    this.told.add(key);
    return true;
  }

  private stageOf(event: Seen): HopStage | undefined {
    const { data } = event;
    switch (data.type) {
      case 'shell.line':
        return 'client';
      case 'kubectl.request':
        return /^(POST|PATCH|PUT|DELETE)$/.test(data.verb) && !this.answered ? 'client' : undefined;
      case 'lb.forwarded':
        return !this.answered && this.once('lb') ? 'load-balancer' : undefined;
      case 'apiserver.received':
        if (!this.answered && writes.has(data.verb) && data.userAgent.startsWith('kubectl') && !this.requestOpen) {
          this.requestOpen = true;
          this.requestEvents = new Set([event.id]);
        }
        return undefined;
      case 'apiserver.authenticated':
        return this.ofRequest(event) ? 'authenticate' : undefined;
      case 'apiserver.authorized':
        return this.ofRequest(event) ? 'authorize' : undefined;
      case 'apiserver.mutated':
        return this.ofRequest(event) ? 'mutate' : undefined;
      case 'apiserver.validated':
        return this.ofRequest(event) ? 'validate' : undefined;
      case 'apiserver.refused':
        return this.ofRequest(event) ? 'respond' : undefined;
      case 'etcd.proposed':
        return this.requestOpen && this.once('propose') ? 'propose' : undefined;
      case 'etcd.appended':
        return this.requestOpen && data.from !== data.member && this.once(`append ${data.member}`) ? 'replicate' : undefined;
      case 'etcd.committed':
        return this.requestOpen && this.once('commit') ? 'commit' : undefined;
      case 'apiserver.responded':
        if (!this.ofRequest(event)) return undefined;
        this.requestOpen = false;
        this.answered = true;
        return 'respond';
      case 'apiserver.watch-sent':
        return this.once(`watch ${keyParts(data.key).what}`) && /^(deployments|replicasets|pods|statefulsets|daemonsets|jobs)$/.test(keyParts(data.key).what) ? 'watch' : undefined;
      case 'controller.decided':
        if (data.controller === 'endpointslice' || data.controller === 'endpoints') return this.podReady && this.once('endpoints') ? 'endpoints' : undefined;
        return this.once(`controller ${data.controller} ${data.key}`) ? 'controller' : undefined;
      case 'scheduler.decided':
        this.firstPod ??= { name: data.pod, uid: data.uid };
        return data.pod === this.firstPod.name && this.once('schedule') ? 'schedule' : undefined;
      case 'scheduler.bound':
        return data.pod === this.firstPod?.name && this.once('bind') ? 'bind' : undefined;
      case 'kubelet.pod-seen':
        return this.isFirst(data.pod) && data.change === 'add' && this.once('kubelet') ? 'kubelet' : undefined;
      case 'containerd.sandbox':
        return this.isFirst(data.pod) && data.change === 'created' && this.once('sandbox') ? 'sandbox' : undefined;
      case 'calico.address':
        return this.isFirst(data.pod) && data.change === 'assigned' && this.once('cni') ? 'cni' : undefined;
      case 'containerd.pull-started':
        return event.machine === this.firstNode && this.once('pull-started') ? 'pull' : undefined;
      case 'containerd.pulled':
        return event.machine === this.firstNode && this.once('pull') ? 'pull' : undefined;
      case 'kubelet.container-started':
        return this.isFirst(data.pod) && this.once(`start ${data.container}`) ? 'start' : undefined;
      case 'kubelet.probe':
        return this.isFirst(data.pod) && data.changed && this.once(`probe ${data.probe}`) ? 'probe' : undefined;
      case 'kubelet.status':
        if (!this.isFirst(data.pod)) return undefined;
        if (data.ready) this.podReady = true;
        return data.ready && this.once('status ready') ? 'status' : undefined;
      case 'kube-proxy.rules':
        return this.podReady && data.changes.length > 0 && this.once('proxy') ? 'proxy' : undefined;
      default:
        return undefined;
    }
  }

  private get firstNode(): string | undefined {
    const bound = this.hops.find((hop) => hop.stage === 'schedule' || hop.stage === 'bind');
    const node = bound?.sentence.params['node'];
    return typeof node === 'string' ? node : undefined;
  }

  private isFirst(pod: string): boolean {
    const first = this.firstPod?.name;
    return first !== undefined && (pod === first || first.endsWith(`/${pod}`) || pod.endsWith(first));
  }

  /** Whether the event is a stage of the person's own write. */
  private ofRequest(event: Seen): boolean {
    if (!this.requestOpen) return false;
    if (!this.requestEvents.has(event.cause)) {
      // Through etcd and back the chain is longer than one step.
      let steps = 0;
      let found = false;
      for (let at = event.cause; at > 0 && steps < 60; at = this.trace.causeOf(at), steps++)
        if (this.requestEvents.has(at)) {
          found = true;
          break;
        }
      if (!found) return false;
    }
    this.requestEvents.add(event.id);
    return true;
  }
}

/** The journey of a root event, from what is still known. */
export function flowOf(trace: TraceStore, root: number): readonly Hop[] {
  const flow = new Flow(trace, root);
  for (const event of trace.since(root)) flow.see(event);
  return flow.hops;
}
