// kubectl cluster-info dump: the objects and logs of some namespaces, for somebody who looks at a problem from afar.
import type { Task } from '../../../kernel/task.ts';
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import { ApiError } from '../../../client/api-error.ts';
import { absolute } from '../builder.ts';
import { allNamespacesFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJsonIndent } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';

const namespaced = [
  ['/api/v1', 'events', 'Event'], ['/api/v1', 'replicationcontrollers', 'ReplicationController'], ['/api/v1', 'services', 'Service'], ['/apis/apps/v1', 'daemonsets', 'DaemonSet'],
  ['/apis/apps/v1', 'deployments', 'Deployment'], ['/apis/apps/v1', 'replicasets', 'ReplicaSet'], ['/api/v1', 'pods', 'Pod'],
] as const;

export const clusterDumpCommand: Command = {
  name: 'dump',
  use: 'cluster-info dump [flags] [options]',
  short: 'Dump relevant information for debugging and diagnosis',
  long: 'Nodes, and of some namespaces the events, controllers, Services, pods and their logs. Without --namespaces: the current one and kube-system.',
  flags: [
    allNamespacesFlag,
    flag.strings('namespaces', 'A comma separated list of namespaces to dump.'),
    flag.string('output', 'Output format. One of: (json, yaml).', { short: 'o', value: 'json' }),
    flag.string('output-directory', "Where to output the files. If empty or '-' uses stdout, otherwise creates a directory hierarchy in that directory"),
  ],
  *run(k, flags) {
    const output = flags.string('output');
    if (output !== 'json' && output !== 'yaml') throw new CommandError(`unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: json,yaml`);
    let count = 0;
    const write = (name: string, text: string): void => {
      const folder = flags.string('output-directory');
      if (folder === '' || folder === '-') k.out(text);
      else k.host.disk.write(`${absolute(k, folder)}/${name}`, text);
    };
    const writeList = (name: string, list: Any): void => write(`${name}.${output}`, output === 'yaml' ? (count++ > 0 ? '---\n' : '') + printYaml(list) : `${goJsonIndent(list, true)}\n`);
    writeList('nodes', yield* listOf(k, '/api/v1/nodes', 'v1', 'Node'));
    for (const namespace of yield* chosenNamespaces(k)) {
      let pods: readonly Any[] = [];
      for (const [root, resource, kind] of namespaced) {
        const list: Any = yield* listOf(k, `${root}/namespaces/${namespace}/${resource}`, root.replace(/^\/apis?\//, ''), kind);
        writeList(`${namespace}/${resource}`, list);
        if (kind === 'Pod') pods = list.items;
      }
      for (const pod of pods) {
        let text = '';
        for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) text += yield* logOf(k, pod, container.name);
        write(`${namespace}/${pod.metadata.name}/logs.txt`, text);
      }
    }
    const folder = flags.string('output-directory');
    if (folder !== '' && folder !== '-') k.line(`Cluster info dumped to ${folder}`);
  },
};

function* chosenNamespaces(k: Kubectl): Task<readonly string[]> {
  if (k.flags.bool('all-namespaces')) return ((yield* k.call('GET', '/api/v1/namespaces')) as Any).items.map((each: Any) => each.metadata.name);
  const given = k.flags.list('namespaces');
  return given.length > 0 ? given : [...new Set(['kube-system', k.namespace])];
}

function* listOf(k: Kubectl, path: string, apiVersion: string, kind: string): Task<Any> {
  const list: Any = yield* k.call('GET', path);
  return { kind: `${kind}List`, apiVersion, ...list, items: list.items.map((item: Any) => ({ kind, apiVersion, ...item, metadata: { ...item.metadata, managedFields: undefined } })) };
}

function* logOf(k: Kubectl, pod: Any, container: string): Task<string> {
  const where = `logs for container ${container} of pod ${pod.metadata.namespace}/${pod.metadata.name}`;
  let text = '';
  try {
    const log: unknown = yield* k.call('GET', `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/log`, { query: { container } });
    text = typeof log === 'string' ? log : '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    text = `Request log error: ${error.message}\n`;
  }
  return `==== START ${where} ====\n${text}==== END ${where} ====\n`;
}
