// kubectl top: what the metrics server measured.
import type { Task } from '../../../kernel/task.ts';
import { milliValue, wholeValue } from '../../../api/meta/quantity.ts';
import { formatDuration, parseTime } from '../../../api/meta/time.ts';
import { allNamespacesFlag, fieldSelectorFlag, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag, type ParsedFlags } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { TabWriter, tableOptions } from '../printers/tab-writer.ts';

/** So long a new pod may be without figures. */
const metricsDelayMs = 120_000;
const metricsPath = '/apis/metrics.k8s.io/v1beta1';

function* metrics(k: Kubectl, path: string, query: Readonly<Record<string, string | undefined>>): Task<Any[]> {
  const known = (yield* k.discovery.resources()).some((each) => each.group === 'metrics.k8s.io') || (yield* k.discovery.resources(true)).some((each) => each.group === 'metrics.k8s.io');
  if (!known) throw new CommandError('Metrics API not available');
  const answer: Any = yield* k.call('GET', `${metricsPath}/${path}`, { query });
  return answer.items ?? [answer];
}

type Resource = 'cpu' | 'memory';

const amount = (name: Resource, containers: readonly Any[]): number => containers.reduce((sum: number, each) => sum + (name === 'cpu' ? milliValue(each.usage?.cpu) : wholeValue(each.usage?.memory)), 0);
const cells = (containers: readonly Any[]): string => `${amount('cpu', containers)}m\t${Math.floor(amount('memory', containers) / 1048576)}Mi\t`;
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const topFlags = [
  flag.bool('no-headers', 'If present, print output without headers.'),
  flag.bool('use-protocol-buffers', 'Enables using protocol-buffers to access Metrics API.', { value: 'true' }),
];

/** Throws what the real one says of wrong words. */
function readTop(flags: ParsedFlags, use: string, selectors: readonly string[]): { readonly name: string | undefined; readonly sort: Resource | undefined } {
  if (flags.args.length > 1) throw new CommandError(`${use.slice('top '.length)}\nSee 'kubectl ${use.split(' ').slice(0, 2).join(' ')} -h' for help and examples`);
  const sort = flags.string('sort-by');
  if (sort !== '' && sort !== 'cpu' && sort !== 'memory') throw new CommandError('--sort-by accepts only cpu or memory');
  const [name] = flags.args;
  if (name !== undefined && selectors.some((each) => flags.string(each) !== '')) throw new CommandError(`only one of NAME or ${selectors.length === 1 ? '--selector' : 'selector'} can be provided`);
  return { name, sort: sort === '' ? undefined : sort };
}

/** Why there are no figures: a pod that is old enough should have some. */
function* explainNothing(k: Kubectl, path: string, query: Readonly<Record<string, string | undefined>>): Task<boolean> {
  const answer: Any = yield* k.call('GET', path, { query });
  const pods: readonly Any[] = answer.items ?? [answer];
  if (pods.length === 0) return false;
  for (const { metadata } of pods) {
    const ageMs = k.host.clock.wallMs() - (parseTime(metadata.creationTimestamp) ?? 0);
    if (ageMs > metricsDelayMs) throw new CommandError(`Metrics not available for pod ${metadata.namespace}/${metadata.name}, age: ${formatDuration(ageMs)}`);
  }
  return true;
}

const topPods: Command = {
  name: 'pod',
  aliases: ['pods', 'po'],
  use: 'top pod [NAME | -l label] [options]',
  short: 'Display resource (CPU/memory) usage of pods',
  long: 'Display what pods use of CPU and memory.\n\n Figures come some time after a pod was created: the metrics server has to look twice.',
  examples: '  # Of all pods in the namespace\n  kubectl top pod\n\n  # Of one pod, each container by itself\n  kubectl top pod POD_NAME --containers\n\n  # Of the pods with a label, the hungriest first\n  kubectl top pod -l name=myLabel --sort-by=memory',
  flags: [allNamespacesFlag, selectorFlag, fieldSelectorFlag, flag.bool('containers', 'If present, print usage of containers within a pod.'), flag.string('sort-by', "If non-empty, sort pods list using specified field. The field can be either 'cpu' or 'memory'."), flag.bool('sum', 'Print the sum of the resource usage'), ...topFlags],
  *run(k, flags) {
    const all = flags.bool('all-namespaces');
    const { name, sort } = readTop(flags, 'top pod [NAME | -l label]', ['selector', 'field-selector']);
    const where = `${all ? '' : `namespaces/${k.namespace}/`}pods${name === undefined ? '' : `/${name}`}`;
    const query = { labelSelector: flags.string('selector') || undefined, fieldSelector: flags.string('field-selector') || undefined };
    const items = yield* metrics(k, where, query);
    if (items.length === 0) {
      if (yield* explainNothing(k, `/api/v1/${where}`, query)) throw new CommandError('metrics not available yet');
      k.err(all ? 'No resources found\n' : `No resources found in ${k.namespace} namespace.\n`);
      return;
    }
    k.out(podTable(items, { all, containers: flags.bool('containers'), headers: !flags.bool('no-headers'), sum: flags.bool('sum'), sort }));
  },
};

interface PodTable {
  readonly all: boolean;
  readonly containers: boolean;
  readonly headers: boolean;
  readonly sum: boolean;
  readonly sort: Resource | undefined;
}

function podTable(items: readonly Any[], { all, containers, headers, sum, sort }: PodTable): string {
  const writer = new TabWriter(tableOptions);
  if (headers) writer.write(`${all ? 'NAMESPACE\t' : ''}${containers ? 'POD\t' : ''}NAME\tCPU(cores)\tMEMORY(bytes)\t\n`);
  const sorted = [...items].sort((a, b) => (sort !== undefined ? amount(sort, b.containers) - amount(sort, a.containers) : (all ? byName(a.metadata.namespace, b.metadata.namespace) : 0) || byName(a.metadata.name, b.metadata.name)));
  for (const { metadata, containers: used } of sorted) {
    const lead = all ? `${metadata.namespace}\t` : '';
    if (!containers) writer.write(`${lead}${metadata.name}\t${cells(used)}\n`);
    else for (const each of [...used].sort((a: Any, b: Any) => (sort !== undefined ? amount(sort, [b]) - amount(sort, [a]) : byName(a.name, b.name)))) writer.write(`${lead}${metadata.name}\t${each.name}\t${cells([each])}\n`);
  }
  if (sum) {
    // Without headers the real one forgets the columns before the name.
    const before = '\t'.repeat(headers ? Number(all) + Number(containers) : 0);
    writer.write(`${before}\t________\t________\t\n${before}\t${cells(items.flatMap((each) => each.containers))}\n`);
  }
  return writer.flush();
}

const topNodes: Command = {
  name: 'node',
  aliases: ['nodes', 'no'],
  use: 'top node [NAME | -l label] [options]',
  short: 'Display resource (CPU/memory) usage of nodes',
  long: 'Display what nodes use of CPU and memory.',
  examples: '  # Of all nodes\n  kubectl top node\n\n  # Of one\n  kubectl top node NODE_NAME',
  flags: [selectorFlag, flag.bool('show-capacity', 'Print node resources based on Capacity instead of Allocatable(default) of the nodes.'), flag.string('sort-by', "If non-empty, sort nodes list using specified field. The field can be either 'cpu' or 'memory'."), ...topFlags],
  *run(k, flags) {
    const { name, sort } = readTop(flags, 'top node [NAME | -l label]', ['selector']);
    const where = `nodes${name === undefined ? '' : `/${name}`}`;
    const query = { labelSelector: flags.string('selector') || undefined };
    const items = yield* metrics(k, where, query);
    if (items.length === 0) throw new CommandError('metrics not available yet');
    const found: Any = yield* k.call('GET', `/api/v1/${where}`, { query });
    const room = new Map<string, Any>((found.items ?? [found]).map((node: Any) => [node.metadata.name, node.status?.[flags.bool('show-capacity') ? 'capacity' : 'allocatable'] ?? {}]));
    const writer = new TabWriter(tableOptions);
    if (!flags.bool('no-headers')) writer.write('NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n');
    for (const item of [...items].sort((a, b) => (sort !== undefined ? amount(sort, [b]) - amount(sort, [a]) : byName(a.metadata.name, b.metadata.name)))) {
      const { cpu, memory } = room.get(item.metadata.name) ?? {};
      const percent = (used: number, total: number): string => `${total === 0 ? 0 : Math.floor((used * 100) / total)}%\t`;
      const [cpuCell = '', memoryCell = ''] = cells([item]).split('\t');
      writer.write(`${item.metadata.name}\t${cpuCell}\t${cpu === undefined ? '' : percent(amount('cpu', [item]), milliValue(cpu))}${memoryCell}\t${memory === undefined ? '' : percent(amount('memory', [item]), wholeValue(memory))}\n`);
      room.delete(item.metadata.name);
    }
    for (const node of room.keys()) writer.write(`${node}\t${'<unknown>\t'.repeat(4)}\n`);
    k.out(writer.flush());
  },
};

export const topCommand: Command = { name: 'top', use: 'top [flags] [options]', short: 'Display resource (CPU/memory) usage', commands: [topNodes, topPods] };
