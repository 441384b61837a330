// The newest committed state, from what etcd's members told of the revisions they applied.
import type { TraceEvent } from '../kernel/world.ts';
import type { EtcdEvent } from '../programs/etcd/events.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface StoredObject {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec?: { readonly replicas?: number; readonly nodeName?: string };
  readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number; readonly replicas?: number; readonly phase?: string; readonly conditions?: readonly Condition[] };
}

const isReady = (object: StoredObject): boolean => object.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;

export class StoreView {
  private revision = 0;
  private readonly objects = new Map<string, StoredObject>();

  see(event: TraceEvent): void {
    if (event.data.type !== 'etcd.revision') return;
    const data = event.data as EtcdEvent & { readonly type: 'etcd.revision' };
    if (data.revision <= this.revision) return;
    this.revision = data.revision;
    for (const { key, value } of data.changes) {
      if (value === null) this.objects.delete(key);
      else this.objects.set(key, value as StoredObject);
    }
  }

  has(key: string): boolean {
    return this.objects.has(key);
  }

  private under(prefix: string): StoredObject[] {
    const found: StoredObject[] = [];
    for (const [key, object] of this.objects) if (key.startsWith(prefix)) found.push(object);
    return found;
  }

  readyNodes(): number {
    return this.under('/registry/minions/').filter(isReady).length;
  }

  /** As many pods as it wants are there; where nodes are, they are ready too. */
  deploymentDone(name: string, withNodes: boolean): boolean {
    const deployment = this.objects.get(`/registry/deployments/${name}`);
    const wanted = deployment?.spec?.replicas;
    const status = deployment?.status;
    return wanted !== undefined && (status?.replicas ?? 0) === wanted && (status?.updatedReplicas ?? 0) === wanted && (!withNodes || (status?.readyReplicas ?? 0) === wanted);
  }

  /** No pod is on its way out, nor, where nodes are, in. */
  podsSettled(withNodes: boolean): boolean {
    return this.under('/registry/pods/').every((pod) => pod.metadata.deletionTimestamp === undefined && (!withNodes || (pod.status?.phase === 'Running' && isReady(pod))));
  }

  describe(): string {
    const web = this.objects.get('/registry/deployments/default/web');
    const unsettled = this.under('/registry/pods/')
      .filter((pod) => pod.metadata.deletionTimestamp !== undefined || !isReady(pod))
      .map((pod) => `${pod.metadata.name} ${pod.status?.phase ?? '?'}${pod.metadata.deletionTimestamp === undefined ? '' : ' terminating'}`);
    return `${this.readyNodes()} nodes Ready, web wants ${web?.spec?.replicas ?? 'nothing'}, has ${web?.status?.replicas ?? 0} of which ${web?.status?.readyReplicas ?? 0} ready, unsettled pods: ${unsettled.join(', ') || 'none'}`;
  }
}
