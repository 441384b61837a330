// Whether a cluster is up, judged by what its store says.
import type { TraceEvent } from '../../kernel/world.ts';

interface StoredCondition {
  readonly type: string;
  readonly status: string;
}
interface StoredThing {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly holderIdentity?: string };
  readonly status?: { readonly conditions?: readonly StoredCondition[] };
}

/** Up: both leases of the control plane are held, every node is Ready, the default namespace has its service account, and add-ons run. */
export class Readiness {
  private readonly waitingNodes: Set<string>;
  private readonly seen = new Set<string>();
  private readonly pods = new Map<string, boolean>();
  private revision = 0;
  private readonly addons: boolean;

  constructor(nodes: readonly string[], addons: boolean) {
    this.waitingNodes = new Set(nodes);
    this.addons = addons;
  }

  see(event: TraceEvent): void {
    if (event.data.type !== 'etcd.revision') return;
    const data = event.data as unknown as { readonly revision: number; readonly changes: readonly { readonly key: string; readonly value: unknown }[] };
    if (data.revision <= this.revision) return;
    this.revision = data.revision;
    for (const { key, value } of data.changes) this.note(key, value as StoredThing | null);
  }

  private note(key: string, value: StoredThing | null): void {
    if (key.startsWith('/registry/minions/')) {
      const name = key.slice('/registry/minions/'.length);
      if (isTrue(value, 'Ready')) this.waitingNodes.delete(name);
    } else if (key.startsWith('/registry/leases/kube-system/kube-') && (value?.spec?.holderIdentity ?? '') !== '') this.seen.add(key);
    else if (key === '/registry/serviceaccounts/default/default') this.seen.add(key);
    else if (key.startsWith('/registry/pods/kube-system/')) {
      if (value === null) this.pods.delete(key);
      else this.pods.set(key, isTrue(value, 'Ready'));
    }
  }

  get up(): boolean {
    if (this.waitingNodes.size > 0) return false;
    for (const key of needed) if (!this.seen.has(key)) return false;
    if (!this.addons) return true;
    let dns = 0;
    for (const [key, ready] of this.pods) {
      if (!ready) return false;
      if (key.includes('/coredns-')) dns++;
    }
    return dns > 0;
  }

  describe(): string {
    const waiting = [...this.waitingNodes].map((name) => `node ${name}`);
    for (const key of needed) if (!this.seen.has(key)) waiting.push(key);
    for (const [key, ready] of this.pods) if (!ready) waiting.push(key);
    return `waiting for ${waiting.join(', ')}`;
  }
}

const needed = ['/registry/leases/kube-system/kube-controller-manager', '/registry/leases/kube-system/kube-scheduler', '/registry/serviceaccounts/default/default'];

function isTrue(value: StoredThing | null, type: string): boolean {
  return value?.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}
