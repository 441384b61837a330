// Node: a machine that runs pods.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { isQualifiedName, isValidLabelValue } from '../meta/names.ts';
import { quantityOf } from '../meta/quantity.ts';
import { age, none, unknown } from '../printing/cells.ts';
import { checkOneOf, checkText, duplicate, forbidden, invalid, required, type FieldErrors } from '../validation/field-error.ts';
import type { Node } from './types/node.ts';

const roleLabel = 'node-role.kubernetes.io/';

function nodeRoles(labels: Readonly<Record<string, string>> | undefined): readonly string[] {
  const roles = new Set<string>();
  for (const key in labels) {
    if (key.startsWith(roleLabel) && key.length > roleLabel.length) roles.add(key.slice(roleLabel.length));
    else if (key === 'kubernetes.io/role' && labels[key]) roles.add(labels[key] ?? '');
  }
  return [...roles].sort();
}

function validateNode({ spec }: Node): readonly FieldError[] {
  const errors: FieldErrors = [];
  const seen = new Set<string>();
  spec?.taints?.forEach((taint, index) => {
    const at = `spec.taints[${index}]`;
    checkText(errors, taint.key, `${at}.key`, isQualifiedName);
    for (const problem of isValidLabelValue(taint.value ?? '')) errors.push(invalid(`${at}.value`, taint.value, problem));
    if (!taint.effect) errors.push(required(`${at}.effect`));
    else checkOneOf(errors, taint.effect, `${at}.effect`, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
    const pair = `${taint.effect}/${taint.key}`;
    if (seen.has(pair)) errors.push({ ...duplicate(at, taint), detail: 'taints must be unique by key and effect pair' });
    seen.add(pair);
  });
  return errors;
}

type NodeStatus = NonNullable<Node['status']>;

/** Seen at a glance: plain amounts, addresses once. Kubelets write their nodes' statuses all the time. */
function isSoundStatus({ capacity, allocatable, addresses = [] }: NodeStatus = {}): boolean {
  for (const amounts of [capacity, allocatable]) for (const name in amounts) if (!/^\d+([kMGTPE]|[KMGTPE]i)?$/.test(amounts[name] ?? '') && !(name === 'cpu' && /^\d+m$/.test(amounts[name] ?? ''))) return false;
  return new Set(addresses.map(({ type, address }) => `${type} ${address}`)).size === addresses.length;
}

function validateNodeStatus({ capacity, allocatable, addresses }: NodeStatus = {}): FieldErrors {
  const errors: FieldErrors = [];
  for (const [part, amounts] of Object.entries({ capacity, allocatable })) {
    for (const [name, text] of Object.entries(amounts ?? {})) {
      const { nanos } = quantityOf(text);
      if (nanos < 0n) errors.push(invalid(`status.${part}.${name}`, text, 'must be greater than or equal to 0'));
      const isWhole = name === 'pods' || name.startsWith('hugepages-') || (name.includes('/') && !name.startsWith('kubernetes.io/'));
      if (isWhole && nanos % 1_000_000_000n !== 0n) errors.push(invalid(`status.${part}.${name}`, text, 'must be an integer'));
    }
  }
  const seen = new Set<string>();
  addresses?.forEach(({ type, address }, index) => {
    const text = JSON.stringify({ Type: type, Address: address });
    if (seen.has(text)) errors.push({ ...duplicate(`status.addresses[${index}]`, null), valueText: text });
    seen.add(text);
  });
  return errors;
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((each) => each.type === type)?.address ?? none;
}

export const nodeKind = declareKind<Node>({
  kind: 'Node',
  resource: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  subresources: ['proxy', 'status'],
  storagePrefix: 'minions',
  definition: 'io.k8s.api.core.v1.Node',
  // A kubelet registers itself with its status, so it is kept on create.
  initialStatus: (node) => node.status ?? {},
  defaults: (node) => (node.spec === undefined ? { ...node, spec: {} } : node),
  validate: validateNode,
  validateStatus: ({ status }) => (isSoundStatus(status) ? [] : validateNodeStatus(status)),
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateNode(next)];
    const cidrs = old.spec?.podCIDRs ?? [];
    if (cidrs.length > 0 && JSON.stringify(cidrs) !== JSON.stringify(next.spec?.podCIDRs ?? [])) errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
    if (old.spec?.providerID && next.spec?.providerID !== old.spec.providerID) errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
    return errors;
  },
  columns: columns('Name Status Roles Age Version', 'Internal-IP External-IP OS-Image Kernel-Version Container-Runtime'),
  row: (node, nowMs) => {
    const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
    const status = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady', ...(node.spec?.unschedulable === true ? ['SchedulingDisabled'] : [])];
    const info = node.status?.nodeInfo;
    return [
      node.metadata.name,
      status.join(','),
      nodeRoles(node.metadata.labels).join(',') || none,
      age(node, nowMs),
      info?.kubeletVersion ?? '',
      address(node, 'InternalIP'),
      address(node, 'ExternalIP'),
      info?.osImage || unknown,
      info?.kernelVersion || unknown,
      info?.containerRuntimeVersion || unknown,
    ];
  },
  selectableFields: (node) => ({ 'spec.unschedulable': node.spec?.unschedulable === true ? 'true' : 'false' }),
});
