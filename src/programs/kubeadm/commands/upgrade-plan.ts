// kubeadm upgrade plan: what runs, and what this kubeadm would make of it.
import type { ApiObject } from '../../../api/meta/object.ts';
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { parseVersion, releaseOf, releases } from '../../images/releases.ts';
import { Failure, type Context } from '../context.ts';
import { checkHealth, readConfiguration } from '../upgrade/phases.ts';
import { componentPods, serverVersion, systemNamespace, tagOf, type NodeFacts, type Pod } from '../upgrade/versions.ts';

type Row = readonly [component: string, node: string, current: string, target: string];

export function* upgradePlan(context: Context): Task<ExitCode> {
  const api = context.api();
  context.say('[preflight] Running pre-flight checks.');
  yield* readConfiguration(context, api, 'upgrade/config');
  const nodes = yield* checkHealth(context, api);
  context.say('[upgrade] Fetching available versions to upgrade to');
  const cluster = yield* serverVersion(api);
  const [major, minor] = parseVersion(cluster) ?? [0, 0];
  const [, own] = parseVersion(context.version) ?? [0, 0];
  const inSeries = releases.filter((each) => each.version.startsWith(`v${major}.${minor}.`)).at(-1)?.version ?? cluster;
  context.say(`[upgrade/versions] Cluster version: ${cluster.slice(1)}\n[upgrade/versions] kubeadm version: ${context.version}\n[upgrade/versions] Target version: ${context.version}\n[upgrade/versions] Latest version in the v${major}.${minor} series: ${inSeries}\n`);
  if (own > minor + 1) throw new Failure(`[upgrade/versions] FATAL: Specified version to upgrade to "${context.version}" is too high; kubeadm can upgrade only 1 minor version at a time`);
  if (cluster === context.version || own < minor) return 0;
  const rows: Row[] = [];
  for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) rows.push(...rowsOf(component, yield* componentPods(api, component), context.version));
  const after = releaseOf(context.version);
  const addon = yield* api.get<ApiObject & { readonly spec?: { readonly template?: Pod } }>({ group: 'apps', version: 'v1', resource: 'deployments' }, systemNamespace, 'coredns');
  rows.push(['kube-proxy', '', cluster.slice(1), context.version], ['CoreDNS', '', tagOf((addon.spec?.template ?? addon) as Pod), tag(after.corednsImage)], ...rowsOf('etcd', yield* componentPods(api, 'etcd'), tag(after.etcdImage)));
  printKubelets(context, nodes);
  context.say(`Upgrade to the latest ${own === minor ? `version in the v${major}.${minor} series` : 'stable version'}:\n`);
  context.host.output.write(table(['COMPONENT', 'NODE', 'CURRENT', 'TARGET'], rows));
  context.say(`\nYou can now apply the upgrade by executing the following command:\n\n\tkubeadm upgrade apply ${context.version}\n\n${rule}\n\n`);
  printComponentConfigs(context);
  return 0;
}

const rule = '_____________________________________________________________________';
const tag = (image: string): string => image.slice(image.lastIndexOf(':') + 1);
const rowsOf = (component: string, pods: readonly Pod[], target: string): readonly Row[] => pods.map((pod) => [component, pod.spec?.nodeName ?? '', tagOf(pod), target]);

function printKubelets(context: Context, nodes: readonly NodeFacts[]): void {
  const behind = nodes.filter(({ kubelet }) => kubelet !== context.version);
  if (behind.length === 0) return;
  context.say("Components that must be upgraded manually after you have upgraded the control plane with 'kubeadm upgrade apply':");
  context.host.output.write(`${table(['COMPONENT', 'NODE', 'CURRENT', 'TARGET'], behind.map(({ name, kubelet }) => ['kubelet', name, kubelet, context.version]))}\n`);
}

function printComponentConfigs(context: Context): void {
  context.say(`The table below shows the current state of component configs as understood by this version of kubeadm.
Configs that have a "yes" mark in the "MANUAL UPGRADE REQUIRED" column require manual config upgrade or
resetting to kubeadm defaults before a successful upgrade can be performed. The version to manually
upgrade to is denoted in the "PREFERRED VERSION" column.
`);
  context.host.output.write(table(['API GROUP', 'CURRENT VERSION', 'PREFERRED VERSION', 'MANUAL UPGRADE REQUIRED'], [['kubeproxy.config.k8s.io', 'v1alpha1', 'v1alpha1', 'no'], ['kubelet.config.k8s.io', 'v1beta1', 'v1beta1', 'no']]));
  context.say(`${rule}\n`);
}

/** As Go's tabwriter with at least ten to a cell and three between. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(10, ...all.map((row) => (row[column]?.length ?? 0) + 3)));
  return all.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('')}\n`).join('');
}
