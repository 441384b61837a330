// A cluster that runs in real time behind an HTTP door: what `npm run serve` does, as a function, so that tests can do it too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { provideDescriptions } from '../../api/meta/descriptions.ts';
import { createCluster } from '../../cluster/create-cluster.ts';
import type { PresetName } from '../../cluster/presets/presets.ts';
import { mastersOf, nodesOf } from '../../cluster/topology.ts';
import type { TraceEvent, World } from '../../kernel/world.ts';
import { createGateway, type GatewayDoor, type OutsideRequest } from '../../programs/gateway/main.ts';
import { makeCertificate } from './certificate.ts';
import { openDoor } from './http-door.ts';
import { Pump } from './pump.ts';

export interface ServeOptions {
  readonly preset: PresetName;
  readonly port: number;
  readonly host: string;
  readonly speed: number;
  readonly seed: number;
  readonly nodes?: number;
  readonly onCrash: (error: unknown) => void;
}

export interface ServedCluster {
  readonly kubeconfig: string;
  readonly url: string;
  readonly world: World;
  close(): void;
}

/** Virtual time that booting may take before the clock says "now": so ages are never negative. */
const bootMs = 40_000;
const longestBootMs = 240_000;
const sliceMs = 250;

export async function serveCluster(options: ServeOptions): Promise<ServedCluster> {
  // What `kubectl explain` shows; a page does without it until it is asked for.
  provideDescriptions((await import('../../api/generated/descriptions.ts')).descriptions);
  const door: GatewayDoor = { requests: undefined };
  const token = createHash('sha256').update(`terrarium ${options.seed}`).digest('hex').slice(0, 32);
  const { world, topology } = createCluster(options.preset, {
    seed: options.seed,
    epochMs: Date.now() - bootMs,
    tokens: [`${token},kubernetes-admin,kubernetes-admin,"system:masters"`],
    extraPrograms: [createGateway(door)],
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
  });
  const beganMs = performance.now();
  const watch = new Readiness(mastersOf(topology).length, nodesOf(topology).map((each) => each.name), topology.addons);
  world.onTrace((event) => watch.see(event));
  while (!watch.up) {
    if (world.nowMs >= longestBootMs) throw new Error(`the cluster is not up after ${longestBootMs / 1000} virtual seconds: ${watch.describe()}`);
    world.run(world.nowMs + sliceMs);
    if (world.nowMs % 2000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // Nobody looks at the trace from here on.
  world.onTrace(undefined as never);
  door.requests = world.mailbox<OutsideRequest>();
  const client = topology.machines.find((machine) => machine.role === 'client')?.name ?? 'laptop';
  const gateway = world.spawn(client, { program: 'gateway', privileged: true });
  world.run(Math.max(world.nowMs, bootMs + (performance.now() - beganMs)));
  if (gateway.exit !== undefined) throw new Error(`the gateway has ended: ${gateway.exit.error ?? gateway.exit.code}`);
  const pump = new Pump(world, options.speed, options.onCrash);
  pump.start();
  const tls = makeCertificate([...new Set(['localhost', '127.0.0.1', '::1', ...(options.host === '0.0.0.0' || options.host === '::' ? [] : [options.host])])]);
  const opened = await openDoor(world, door, pump.wake, { host: options.host, port: options.port, tls });
  const shownHost = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host;
  const url = `https://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${opened.port}`;
  const folder = mkdtempSync(join(tmpdir(), 'terrarium-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigText(url, tls.certificatePem, token), { mode: 0o600 });
  return {
    kubeconfig,
    url,
    world,
    close: () => {
      pump.stop();
      opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function kubeconfigText(url: string, authority: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: terrarium
  cluster:
    certificate-authority-data: ${Buffer.from(authority).toString('base64')}
    server: ${url}
contexts:
- name: terrarium
  context:
    cluster: terrarium
    user: kubernetes-admin
current-context: terrarium
users:
- name: kubernetes-admin
  user:
    token: ${token}
`;
}

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
class Readiness {
  private readonly waitingNodes: Set<string>;
  private readonly seen = new Set<string>();
  private readonly pods = new Map<string, boolean>();
  private revision = 0;
  private readonly addons: boolean;

  constructor(_masters: number, nodes: readonly string[], addons: boolean) {
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
