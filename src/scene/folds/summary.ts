// One line of an object for lists, as short as kubectl's columns and in no language: numbers, names, and where a number needs a word, the heading of kubectl's column.
import type { Stored } from './stored-object.ts';

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

export function summaryOf(object: Stored): string {
  const { spec, status, data, subsets, endpoints, rules, subjects, roleRef } = object as unknown as Readonly<Record<string, unknown>>;
  const want = fields(spec);
  const is = fields(status);
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicationController':
    case 'ReplicaSet':
      return `${number(is['readyReplicas'])}/${number(want['replicas'] ?? 1)}`;
    case 'DaemonSet':
      return `${number(is['numberReady'])}/${number(is['desiredNumberScheduled'])}`;
    case 'Job':
      return `${number(is['succeeded'])}/${number(want['completions'] ?? 1)}`;
    case 'CronJob':
      return text(want['schedule']);
    case 'Service': {
      const ports = list(want['ports']).map((port) => `${text(port['port'])}${text(port['nodePort']) === '' ? '' : `:${text(port['nodePort'])}`}/${text(port['protocol']) || 'TCP'}`);
      return `${text(want['type'])} ${text(want['clusterIP'])} ${ports.join(',')}`.trim();
    }
    case 'EndpointSlice': {
      const all = list(endpoints);
      const ready = all.filter((each) => fields(each['conditions'])['ready'] !== false);
      return `${ready.length}/${all.length}${ready.length === 0 ? '' : ` ${ready.slice(0, 4).map((each) => (Array.isArray(each['addresses']) ? text(each['addresses'][0]) : '')).join(',')}`}`;
    }
    case 'Endpoints':
      return list(subsets).flatMap((each) => list(each['addresses']).map(({ ip }) => text(ip))).slice(0, 3).join(',');
    case 'Lease':
      return text(want['holderIdentity']);
    case 'Namespace':
    case 'PersistentVolume':
    case 'PersistentVolumeClaim':
      return text(is['phase']);
    case 'ConfigMap':
    case 'Secret':
      return `DATA ${Object.keys(fields(data)).length}`;
    case 'ClusterRole':
    case 'Role':
      return `RULES ${list(rules).length}`;
    case 'ClusterRoleBinding':
    case 'RoleBinding':
      return `${text(fields(roleRef)['name'])} <- ${list(subjects).map((each) => text(each['name'])).slice(0, 3).join(', ')}`;
    case 'HorizontalPodAutoscaler':
      return `${number(is['currentReplicas'])} -> ${number(is['desiredReplicas'])} (${number(want['minReplicas'] ?? 1)}..${number(want['maxReplicas'])})`;
    case 'PodDisruptionBudget':
      return `ALLOWED ${number(is['disruptionsAllowed'])}`;
    default:
      return '';
  }
}

/** What a Service or workload selects pods by. */
export function selectorOf(object: Stored): Readonly<Record<string, string>> | null {
  const selector = fields((object as unknown as { readonly spec?: unknown }).spec)['selector'];
  if (typeof selector !== 'object' || selector === null) return null;
  const labels = 'matchLabels' in selector ? (selector as { readonly matchLabels: unknown }).matchLabels : object.kind === 'Service' ? selector : undefined;
  return typeof labels === 'object' && labels !== null ? (labels as Readonly<Record<string, string>>) : null;
}
