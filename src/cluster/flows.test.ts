// Who asks the API server for what, and after what: a whole simulated cluster held against the recorded requests of a real v1.36 control plane
// (../shared/reference/flows). The same actors make the same kinds of requests; whatever is missing or extra is named here with its reason.
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../kernel/world.ts';
import { createCluster } from './create-cluster.ts';
import { RequestLog, type LoggedRequest } from './testing/request-log.ts';

const folder = new URL('../../../shared/reference/flows/', import.meta.url);
if (!existsSync(folder)) console.log('../shared/reference/flows is absent: the comparison with recorded requests is skipped');

const flows = ['apply-deployment', 'scale-up', 'delete-pod', 'rolling-update', 'scale-down', 'drain', 'node-failure', 'delete-deployment'] as const;
type Flow = (typeof flows)[number];

interface Request {
  readonly atMs: number;
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
}

/** `kubelet patch pods/status`; a refusal that tells something has its code behind it. */
function kindOf({ user, verb, resource, code }: Request): string {
  const actor = user.replace('system:serviceaccount:kube-system:', '').replace(/^system:node:.*/, 'kubelet').replace(/^system:(kube-)/, '$1');
  return `${actor} ${verb} ${resource}${code === 404 ? ' 404' : ''}`;
}

/** Discovery and probes are asked for by the clock, not by what happens; a conflict, what is read again after one, and a node that asks a moment too early are chance. */
function counts(request: Request): boolean {
  if (kindOf(request) === 'replicaset-controller get apps/replicasets') return false;
  return request.resource !== '' && request.verb !== 'watch' && !request.resource.endsWith('leases') && request.code !== 409 && request.code !== 403;
}

function recorded(flow: Flow): Request[] {
  const { requests } = JSON.parse(readFileSync(new URL(`${flow}.json`, folder), 'utf8')) as { readonly requests: readonly Request[] };
  return requests.filter(counts);
}

function countKinds(requests: readonly Request[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const request of requests) found.set(kindOf(request), (found.get(kindOf(request)) ?? 0) + 1);
  return found;
}

/** Kinds that the recording has and we have not, and the other way round, with the reason. `*`: in every flow. */
const missing: Readonly<Record<string, readonly (readonly [kind: string, reason: string])[]>> = {
  'apply-deployment': [['kube-controller-manager get serviceaccounts', "the recorded cluster's controllers had worked before and had their accounts; in a new one each is asked for (404) and made"]],
  'rolling-update': [['kubelet patch nodes/status', 'a pulled image is told of at the next status, every ten seconds: whether that is within the flow is chance']],
  'node-failure': [
    ['kubernetes-admin get nodes', 'the recording person looked every second'],
    ['kubernetes-admin list pods', 'the recording person looked every second'],
  ],
};
const extra: Readonly<Record<string, readonly (readonly [kind: string, reason: string])[]>> = {
  '*': [
    ['kubelet create events', 'the recorded kubelets sent no events; ours tell of pulls, starts and kills as every kubelet does'],
    ['kubelet patch nodes/status', 'a pulled image is told of at the next status; the recorded nodes had theirs'],
    ['kubelet list configmaps', 'the first pod of a namespace on a node brings kube-root-ca.crt there; which node that is is chance'],
  ],
  'apply-deployment': [
    ['kube-controller-manager get serviceaccounts 404', 'see what is missing'],
    ['kube-controller-manager create serviceaccounts', 'see what is missing'],
  ],
  'delete-deployment': [['kubernetes-admin list apps/deployments', 'kubectl waits for the deletion; the recording shows no such wait']],
};

/** How often these happen depends on which changes come together in one; everything else must be there as often as recorded. */
const byProgress = /status$|endpoint|kubelet get pods|kubelet list configmaps|generic-garbage-collector get|kubelet create events|patch events/;

/** First a request of the left kind, then one of the right, in the recording and here. */
const order: readonly (readonly [Flow, string, string])[] = [
  ['apply-deployment', 'kubernetes-admin create apps/deployments', 'deployment-controller create apps/replicasets'],
  ['apply-deployment', 'deployment-controller create apps/replicasets', 'replicaset-controller create pods'],
  ['apply-deployment', 'deployment-controller create apps/replicasets', 'deployment-controller update apps/deployments/status'],
  ['apply-deployment', 'kubernetes-admin create services', 'endpointslice-controller create discovery.k8s.io/endpointslices'],
  ['apply-deployment', 'kubernetes-admin create services', 'endpoint-controller create endpoints'],
  ['apply-deployment', 'replicaset-controller create pods', 'kube-scheduler create pods/binding'],
  ['apply-deployment', 'replicaset-controller create pods', 'replicaset-controller create events'],
  ['apply-deployment', 'replicaset-controller create pods', 'replicaset-controller update apps/replicasets/status'],
  ['apply-deployment', 'kube-scheduler create pods/binding', 'kube-scheduler create events.k8s.io/events'],
  ['apply-deployment', 'kube-scheduler create pods/binding', 'kubelet patch pods/status'],
  ['apply-deployment', 'kubelet get pods', 'kubelet patch pods/status'],
  ['apply-deployment', 'kubelet patch pods/status', 'endpointslice-controller update discovery.k8s.io/endpointslices'],
  ['scale-up', 'kubernetes-admin patch apps/deployments/scale', 'deployment-controller update apps/replicasets'],
  ['scale-up', 'deployment-controller update apps/replicasets', 'replicaset-controller create pods'],
  ['scale-up', 'replicaset-controller create pods', 'kube-scheduler create pods/binding'],
  ['rolling-update', 'kubernetes-admin patch apps/deployments', 'deployment-controller create apps/replicasets'],
  ['rolling-update', 'deployment-controller create apps/replicasets', 'replicaset-controller create pods'],
  ['rolling-update', 'deployment-controller update apps/replicasets', 'replicaset-controller delete pods'],
  ['rolling-update', 'replicaset-controller delete pods', 'kubelet delete pods'],
  ['scale-down', 'kubernetes-admin patch apps/deployments/scale', 'deployment-controller update apps/replicasets'],
  ['scale-down', 'deployment-controller update apps/replicasets', 'replicaset-controller delete pods'],
  ['scale-down', 'replicaset-controller delete pods', 'kubelet delete pods'],
  ['drain', 'kubernetes-admin patch nodes', 'node-controller patch nodes'],
  ['drain', 'kubernetes-admin patch nodes', 'kubernetes-admin create pods/eviction'],
  ['drain', 'kubernetes-admin create pods/eviction', 'replicaset-controller create pods'],
  ['drain', 'replicaset-controller create pods', 'kube-scheduler create pods/binding'],
  ['drain', 'kubernetes-admin create pods/eviction', 'kubelet delete pods'],
  ['node-failure', 'node-controller update nodes/status', 'node-controller update pods/status'],
  ['node-failure', 'node-controller update nodes/status', 'node-controller patch nodes'],
  ['node-failure', 'node-controller patch nodes', 'node-controller delete pods'],
  ['node-failure', 'node-controller patch pods/status', 'node-controller delete pods'],
  ['node-failure', 'node-controller delete pods', 'replicaset-controller create pods'],
  ['node-failure', 'replicaset-controller create pods', 'kube-scheduler create pods/binding'],
  ['delete-deployment', 'kubernetes-admin delete apps/deployments', 'generic-garbage-collector delete apps/replicasets'],
  ['delete-deployment', 'generic-garbage-collector delete apps/replicasets', 'generic-garbage-collector delete pods'],
  ['delete-deployment', 'generic-garbage-collector delete pods', 'kubelet delete pods'],
];

/** What a watch event makes somebody do: here the effect must follow from the cause by the trace, not only come later. */
const causal: readonly (readonly [Flow, string, string])[] = [
  ['apply-deployment', 'kubernetes-admin create apps/deployments', 'kubelet patch pods/status'],
  ['apply-deployment', 'kube-scheduler create pods/binding', 'kubelet patch pods/status'],
  ['scale-up', 'kubernetes-admin patch apps/deployments/scale', 'kube-scheduler create pods/binding'],
  ['rolling-update', 'kubernetes-admin patch apps/deployments', 'replicaset-controller create pods'],
  ['scale-down', 'kubernetes-admin patch apps/deployments/scale', 'replicaset-controller delete pods'],
  ['drain', 'kubernetes-admin create pods/eviction', 'replicaset-controller create pods'],
  ['node-failure', 'node-controller delete pods', 'replicaset-controller create pods'],
];

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        ports:
        - containerPort: 80
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - port: 80
`;

/** Plays the recorded session on a cluster like the recorded one. */
class Session {
  readonly log = new RequestLog();
  readonly world: World;
  readonly made = new Map<Flow, readonly LoggedRequest[]>();

  constructor() {
    this.world = createCluster('conformance', { seed: 1, onTrace: (event) => this.log.see(event) }).world;
    this.world.machine('laptop').writeFile('/root/web.yaml', manifest);
    this.world.run(60_000);
  }

  kubectl(...args: string[]): string {
    let text = '';
    const process = this.world.spawn('laptop', { program: 'kubectl', args, onOutput: (_, part) => (text += part) });
    this.world.run(this.world.nowMs + 30_000, () => process.exit !== undefined);
    expect(process.exit?.code, `kubectl ${args.join(' ')}: ${text}`).toBe(0);
    return text;
  }

  /** Does it and waits; keeps the requests, with times from its beginning. */
  play(flow: Flow, forMs: number, act: () => void): void {
    const first = this.log.requests.length;
    const fromMs = this.world.nowMs;
    act();
    this.world.run(fromMs + forMs);
    this.made.set(flow, this.log.requests.slice(first).filter(counts).map((request) => ({ ...request, atMs: request.atMs - fromMs })));
  }

  playAll(): void {
    const firstPod = (field: string): string => this.kubectl('get', 'pods', '-o', `jsonpath={.items[0].${field}}`);
    this.play('apply-deployment', 20_000, () => this.kubectl('apply', '-f', '/root/web.yaml'));
    this.play('scale-up', 20_000, () => this.kubectl('scale', 'deployment', 'web', '--replicas=4'));
    const pod = firstPod('metadata.name');
    this.play('delete-pod', 20_000, () => this.kubectl('delete', 'pod', pod, '--wait=false'));
    this.play('rolling-update', 30_000, () => this.kubectl('set', 'image', 'deployment/web', 'nginx=nginx:1.28'));
    this.play('scale-down', 20_000, () => this.kubectl('scale', 'deployment', 'web', '--replicas=1'));
    const node = firstPod('spec.nodeName');
    this.play('drain', 20_000, () => this.kubectl('drain', node, '--ignore-daemonsets'));
    this.kubectl('uncordon', node);
    this.kubectl('scale', 'deployment', 'web', '--replicas=6');
    this.world.run(this.world.nowMs + 40_000);
    const kubelet = this.world.machine('node-2').processes().find((each) => each.program === 'kubelet');
    // Frozen, not killed: the machine's init would start it again.
    this.play('node-failure', 420_000, () => this.world.machine('node-2').freeze(kubelet?.pid ?? 0));
    this.play('delete-deployment', 30_000, () => this.kubectl('delete', 'deployment', 'web'));
  }
}

describe.skipIf(!existsSync(folder))('the requests that follow', () => {
  let session: Session;
  const made = (flow: Flow): readonly LoggedRequest[] => session.made.get(flow) ?? [];
  beforeAll(() => {
    session = new Session();
    session.playAll();
  });

  const explained = (table: typeof missing, flow: Flow): string[] => [...(table['*'] ?? []), ...(table[flow] ?? [])].map(([kind]) => kind);

  for (const flow of flows.filter((each) => each !== 'delete-pod')) {
    test(`${flow}: are of the recorded kinds, as often`, () => {
      const real = countKinds(recorded(flow));
      const ours = countKinds(made(flow));
      expect({
        missing: [...real.keys()].filter((kind) => !ours.has(kind) && !explained(missing, flow).includes(kind)),
        extra: [...ours.keys()].filter((kind) => !real.has(kind) && !explained(extra, flow).includes(kind)),
      }).toEqual({ missing: [], extra: [] });
      const exact = (found: ReadonlyMap<string, number>): string[] => [...found].filter(([kind]) => real.has(kind) && ours.has(kind) && !byProgress.test(kind)).map(([kind, count]) => `${count} x ${kind}`).sort();
      expect(exact(ours)).toEqual(exact(real));
      expect(exact(real).length).toBeGreaterThan(3);
      // An explanation that nothing needs is a wrong one.
      expect((missing[flow] ?? []).map(([kind]) => kind).filter((kind) => !real.has(kind) || ours.has(kind))).toEqual([]);
      expect((extra[flow] ?? []).map(([kind]) => kind).filter((kind) => real.has(kind) || !ours.has(kind))).toEqual([]);
    });
  }

  test("delete-pod: are those of the drain from the eviction on (the recording of this one holds only the collector's and the quota's discovery)", () => {
    expect(recorded('delete-pod')).toEqual([]);
    const others = (requests: readonly Request[]): string[] => [...countKinds(requests).keys()].filter((kind) => !/^(kubernetes-admin|node-controller) /.test(kind) && !explained(extra, 'delete-pod').includes(kind)).sort();
    expect(others(made('delete-pod'))).toEqual(others(recorded('drain')));
  });

  test('come after what they follow from', () => {
    const firstOf = (requests: readonly Request[], kind: string): number => requests.find((each) => kindOf(each) === kind)?.atMs ?? NaN;
    const wrong = order.filter(([flow, cause, effect]) => !(firstOf(recorded(flow), cause) <= firstOf(recorded(flow), effect)) || !(firstOf(made(flow), cause) <= firstOf(made(flow), effect)));
    expect(wrong).toEqual([]);
    const broken = causal.filter(([flow, cause, effect]) => {
      const causes = made(flow).filter((each) => kindOf(each) === cause);
      return !made(flow).some((later) => kindOf(later) === effect && causes.some((earlier) => session.log.follows(later, earlier)));
    });
    expect(broken).toEqual([]);
  });

  test("node-failure: at the recorded times, of which only the phase of the kubelet's last renewal (10 s) and of the monitor (5 s) is chance", () => {
    const times = (requests: readonly Request[]) => {
      const at = (kind: string): number[] => requests.filter((each) => kindOf(each) === kind).map((each) => each.atMs);
      return { unknown: at('node-controller update nodes/status')[0] ?? NaN, taints: at('node-controller patch nodes'), deletions: at('node-controller delete pods'), created: at('replicaset-controller create pods') };
    };
    const real = times(recorded('node-failure'));
    const ours = times(made('node-failure'));
    for (const each of [real, ours]) {
      expect(each.unknown).toBeGreaterThan(40_000);
      expect(each.unknown).toBeLessThan(56_000);
    }
    const sinceUnknown = (each: typeof real) => [...each.taints, ...each.deletions, ...each.created].map((atMs) => atMs - each.unknown);
    const [a, b] = [sinceUnknown(ours), sinceUnknown(real)];
    expect(a.length).toBe(b.length);
    // The taint's time is kept in whole seconds.
    a.forEach((atMs, index) => expect(Math.abs(atMs - (b[index] as number)), `${atMs} and ${b[index]}`).toBeLessThan(1000));
  });
});
