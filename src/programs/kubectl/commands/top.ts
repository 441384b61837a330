// kubectl top: what the metrics server measured.
import type { Task } from '../../../kernel/task.ts';
import { milliValue, wholeValue } from '../../../api/meta/quantity.ts';
import { allNamespacesFlag, fieldSelectorFlag, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { ApiError } from '../../../client/api-error.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { TabWriter, tableOptions } from '../printers/tab-writer.ts';

const metricsPath = '/apis/metrics.k8s.io/v1beta1';

function* metrics(k: Kubectl, path: string, query: Readonly<Record<string, string | undefined>>): Task<Any[]> {
  const known = (yield* k.discovery.resources()).some((each) => each.group === 'metrics.k8s.io') || (yield* k.discovery.resources(true)).some((each) => each.group === 'metrics.k8s.io');
  if (!known) throw new CommandError('Metrics API not available');
  try {
    const answer: Any = yield* k.call('GET', `${metricsPath}/${path}`, { query });
    return answer.items ?? [answer];
  } catch (error) {
    if (error instanceof ApiError && error.status.reason === 'ServiceUnavailable') throw new CommandError('Metrics API not available');
    throw error;
  }
}

const sumOf = (containers: readonly Any[], name: 'cpu' | 'memory'): number => containers.reduce((sum: number, each) => sum + (name === 'cpu' ? milliValue(each.usage?.cpu) : wholeValue(each.usage?.memory)), 0);
const mebi = (bytes: number): string => `${Math.floor(bytes / 1048576)}Mi`;

const topPods: Command = {
  name: 'pod',
  aliases: ['pods', 'po'],
  use: 'top pod [NAME | -l label] [options]',
  short: 'Display resource (CPU/memory) usage of pods',
  flags: [allNamespacesFlag, selectorFlag, fieldSelectorFlag, flag.bool('containers', 'If present, print usage of containers within a pod.'), flag.bool('no-headers', 'If present, print output without headers.'), flag.string('sort-by', "If non-empty, sort pods list using specified field. The field can be either 'cpu' or 'memory'."), flag.bool('sum', 'Print the sum of the resource usage')],
  *run(k, flags) {
    const all = flags.bool('all-namespaces');
    const name = flags.args[0];
    const items = yield* metrics(k, `${all ? '' : `namespaces/${k.namespace}/`}pods${name === undefined ? '' : `/${name}`}`, { labelSelector: flags.string('selector') || undefined });
    if (items.length === 0) {
      k.err(all ? 'No resources found' : `No resources found in ${k.namespace} namespace.`);
      return;
    }
    const sort = flags.string('sort-by');
    const sorted = [...items].sort((a, b) => (sort === 'cpu' || sort === 'memory' ? sumOf(b.containers, sort) - sumOf(a.containers, sort) : a.metadata.name < b.metadata.name ? -1 : 1));
    const writer = new TabWriter(tableOptions);
    if (!flags.bool('no-headers')) writer.write(`${all ? 'NAMESPACE\t' : ''}${flags.bool('containers') ? 'POD\tNAME' : 'NAME'}\tCPU(cores)\tMEMORY(bytes)\n`);
    for (const item of sorted) {
      const rows = flags.bool('containers') ? item.containers.map((each: Any) => [`${item.metadata.name}\t${each.name}`, [each]]) : [[item.metadata.name, item.containers]];
      for (const [label, containers] of rows) writer.write(`${all ? `${item.metadata.namespace}\t` : ''}${label}\t${sumOf(containers, 'cpu')}m\t${mebi(sumOf(containers, 'memory'))}\n`);
    }
    if (flags.bool('sum')) writer.write(`${all ? '\t' : ''}${flags.bool('containers') ? '\t' : ''}\t________\t________\n${all ? '\t' : ''}${flags.bool('containers') ? '\t' : ''}\t${sumOf(items.flatMap((each) => each.containers), 'cpu')}m\t${mebi(sumOf(items.flatMap((each) => each.containers), 'memory'))}\n`);
    k.out(writer.flush());
  },
};

const topNodes: Command = {
  name: 'node',
  aliases: ['nodes', 'no'],
  use: 'top node [NAME | -l label] [options]',
  short: 'Display resource (CPU/memory) usage of nodes',
  flags: [selectorFlag, flag.bool('no-headers', 'If present, print output without headers'), flag.bool('show-capacity', 'Print node resources based on Capacity instead of Allocatable(default) of the nodes.'), flag.string('sort-by', "If non-empty, sort nodes list using specified field. The field can be either 'cpu' or 'memory'.")],
  *run(k, flags) {
    const name = flags.args[0];
    const items = yield* metrics(k, `nodes${name === undefined ? '' : `/${name}`}`, { labelSelector: flags.string('selector') || undefined });
    const nodes: Any = yield* k.call('GET', '/api/v1/nodes', { query: { labelSelector: flags.string('selector') || undefined } });
    const byName = new Map<string, Any>((nodes.items ?? []).map((node: Any) => [node.metadata.name, node.status[flags.bool('show-capacity') ? 'capacity' : 'allocatable']]));
    const sort = flags.string('sort-by');
    const usage = (item: Any, what: 'cpu' | 'memory'): number => sumOf([item], what);
    const sorted = [...items].sort((a, b) => (sort === 'cpu' || sort === 'memory' ? usage(b, sort) - usage(a, sort) : a.metadata.name < b.metadata.name ? -1 : 1));
    const writer = new TabWriter(tableOptions);
    if (!flags.bool('no-headers')) writer.write('NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\n');
    for (const item of sorted) {
      const room = byName.get(item.metadata.name) ?? {};
      const percent = (used: number, total: number): string => (total === 0 ? '<unknown>' : `${Math.floor((used * 100) / total)}%`);
      writer.write(`${item.metadata.name}\t${usage(item, 'cpu')}m\t${percent(usage(item, 'cpu'), milliValue(room.cpu))}\t${mebi(usage(item, 'memory'))}\t${percent(usage(item, 'memory'), wholeValue(room.memory))}\n`);
    }
    for (const [node] of byName) if (name === undefined && !items.some((item) => item.metadata.name === node)) writer.write(`${node}\t<unknown>\t<unknown>\t<unknown>\t<unknown>\n`);
    k.out(writer.flush());
  },
};

export const topCommand: Command = { name: 'top', use: 'top [flags] [options]', short: 'Display resource (CPU/memory) usage', commands: [topNodes, topPods] };
