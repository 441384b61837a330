// kubectl describe node
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { addResources, canonicalQuantity, formatQuantity, maxResources, milliValue, quantityFromMilli, wholeValue } from '../../../api/meta/quantity.ts';
import { itemsOf } from '../builder.ts';
import { podMapping } from '../commands/act.ts';
import type { Any } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { annotationsMultiline, DescribeWriter, eventsSection, labelsMultiline, rfc1123, since, taintsMultiline } from './writer.ts';

export function* describeNode({ k, object, events }: Subject): Task<string> {
  const { metadata, spec = {}, status = {} } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  const roles = Object.keys(metadata.labels ?? {}).flatMap((key) => (key.startsWith('node-role.kubernetes.io/') ? [key.slice('node-role.kubernetes.io/'.length)] : key === 'kubernetes.io/role' ? [metadata.labels[key]] : [])).filter((role) => role !== '').sort();
  w.line(`Roles:\t${roles.length === 0 ? '<none>' : roles.join(',')}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`CreationTimestamp:\t${rfc1123(metadata.creationTimestamp)}`);
  taintsMultiline(w, 'Taints', spec.taints);
  w.line(`Unschedulable:\t${spec.unschedulable === true}`);
  yield* lease(k, metadata.name, w);
  const conditions: Any[] = status.conditions ?? [];
  if (conditions.length > 0) {
    w.line('Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage');
    w.at(1, '----\t------\t-----------------\t------------------\t------\t-------');
    for (const each of conditions) w.at(1, `${each.type} \t${each.status} \t${rfc1123(each.lastHeartbeatTime)} \t${rfc1123(each.lastTransitionTime)} \t${each.reason ?? ''} \t${each.message ?? ''}`);
  }
  w.line('Addresses:');
  for (const address of status.addresses ?? []) w.at(1, `${address.type}:\t${address.address}`);
  resourceList(w, 'Capacity', status.capacity);
  resourceList(w, 'Allocatable', status.allocatable);
  const info: Any = status.nodeInfo ?? {};
  w.line('System Info:');
  for (const [title, key] of [['Machine ID', 'machineID'], ['System UUID', 'systemUUID'], ['Boot ID', 'bootID'], ['Kernel Version', 'kernelVersion'], ['OS Image', 'osImage'], ['Operating System', 'operatingSystem'], ['Architecture', 'architecture'], ['Container Runtime Version', 'containerRuntimeVersion'], ['Kubelet Version', 'kubeletVersion']] as const) w.at(1, `${title}:\t${info[key] ?? ''}`);
  if ((spec.podCIDR ?? '') !== '') w.line(`PodCIDR:\t${spec.podCIDR}`);
  if ((spec.podCIDRs ?? []).length > 0) w.line(`PodCIDRs:\t${spec.podCIDRs.join(',')}`);
  if ((spec.providerID ?? '') !== '') w.line(`ProviderID:\t${spec.providerID}`);
  const list: Any = yield* k.call('GET', '/api/v1/pods', { query: { fieldSelector: `spec.nodeName=${metadata.name},status.phase!=Succeeded,status.phase!=Failed`, limit: '500' } });
  pods(w, itemsOf(list, podMapping), status.allocatable ?? status.capacity ?? {}, k.nowMs());
  eventsSection(w, events, k.nowMs());
  return w.text();
}

function* lease(k: Subject['k'], name: string, w: DescribeWriter): Task<void> {
  try {
    const found: Any = yield* k.call('GET', `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`);
    w.line('Lease:');
    w.at(1, `HolderIdentity:\t${found.spec?.holderIdentity ?? '<unset>'}`);
    w.at(1, `AcquireTime:\t${found.spec?.acquireTime === undefined ? '<unset>' : rfc1123(found.spec.acquireTime)}`);
    w.at(1, `RenewTime:\t${found.spec?.renewTime === undefined ? '<unset>' : rfc1123(found.spec.renewTime)}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    w.line(`Lease:\tFailed to get lease: ${error.message}`);
  }
}

function resourceList(w: DescribeWriter, title: string, values: Readonly<Record<string, string>> | undefined): void {
  const names = Object.keys(values ?? {}).sort();
  if (names.length === 0) return;
  w.line(`${title}:`);
  for (const name of names) w.at(1, `${name}:\t${(values as Record<string, string>)[name]}`);
}

/** A pod's own requests and limits: the sum of its containers, or its largest init container. */
function podRequestsAndLimits(pod: Any): { requests: Record<string, string>; limits: Record<string, string> } {
  const sum = (what: 'requests' | 'limits'): Record<string, string> => {
    let total: Readonly<Record<string, string>> = {};
    let sidecars: Readonly<Record<string, string>> = {};
    let initial: Readonly<Record<string, string>> = {};
    for (const container of pod.spec.containers ?? []) total = addResources(total, container.resources?.[what] ?? {});
    for (const container of pod.spec.initContainers ?? []) {
      if (container.restartPolicy === 'Always') {
        total = addResources(total, container.resources?.[what] ?? {});
        sidecars = addResources(sidecars, container.resources?.[what] ?? {});
        initial = maxResources(initial, sidecars);
      } else initial = maxResources(initial, addResources(sidecars, container.resources?.[what] ?? {}));
    }
    total = maxResources(total, initial);
    const own = pod.spec.resources?.[what];
    if (own !== undefined) total = { ...total, ...own };
    if (pod.spec.overhead !== undefined && (what === 'requests' || Object.keys(total).length > 0)) total = addResources(total, pod.spec.overhead);
    return total as Record<string, string>;
  };
  return { requests: sum('requests'), limits: sum('limits') };
}

const percent = (used: number, total: number): number => (total === 0 ? 0 : Math.trunc((used / total) * 100));

function pods(w: DescribeWriter, list: readonly Any[], allocatable: Readonly<Record<string, string>>, nowMs: number): void {
  w.line(`Non-terminated Pods:\t(${list.length} in total)`);
  w.at(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
  w.at(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
  const cpu = milliValue(allocatable['cpu'] ?? '0');
  const memory = wholeValue(allocatable['memory'] ?? '0');
  let requests: Readonly<Record<string, string>> = {};
  let limits: Readonly<Record<string, string>> = {};
  const text = (value: string | undefined): string => (value === undefined ? '0' : canonicalQuantity(value));
  for (const pod of list) {
    const own = podRequestsAndLimits(pod);
    requests = addResources(requests, own.requests);
    limits = addResources(limits, own.limits);
    const cells = [
      `${text(own.requests['cpu'])} (${percent(milliValue(own.requests['cpu']), cpu)}%)`, `${text(own.limits['cpu'])} (${percent(milliValue(own.limits['cpu']), cpu)}%)`,
      `${text(own.requests['memory'])} (${percent(wholeValue(own.requests['memory']), memory)}%)`, `${text(own.limits['memory'])} (${percent(wholeValue(own.limits['memory']), memory)}%)`,
    ];
    w.at(1, `${pod.metadata.namespace}\t${pod.metadata.name}\t\t${cells.join('\t')}\t${since(pod.metadata.creationTimestamp, nowMs)}`);
  }
  w.line('Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)');
  w.at(1, 'Resource\tRequests\tLimits');
  w.at(1, '--------\t--------\t------');
  const total = (name: string, milli: boolean): void => {
    const room = milli ? milliValue(allocatable[name] ?? '0') : wholeValue(allocatable[name] ?? '0');
    const value = (map: Readonly<Record<string, string>>): number => (milli ? milliValue(map[name]) : wholeValue(map[name]));
    const shown = (map: Readonly<Record<string, string>>): string => (name === 'cpu' ? formatQuantity(quantityFromMilli(milliValue(map['cpu']))) : text(map[name]));
    w.at(1, `${name}\t${shown(requests)} (${percent(value(requests), room)}%)\t${shown(limits)} (${percent(value(limits), room)}%)`);
  };
  total('cpu', true);
  total('memory', false);
  total('ephemeral-storage', false);
  const others = Object.keys(allocatable).filter((name) => name.startsWith('hugepages-')).sort();
  for (const name of others) total(name, false);
  for (const name of Object.keys(allocatable).filter((each) => each.includes('/') && !each.startsWith('kubernetes.io/')).sort()) w.at(1, `${name}\t${text(requests[name])}\t${text(limits[name])}`);
}
