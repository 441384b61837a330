// The order in which Go prints the fields of typed objects with -o json: that of their structs. Lists the fields that kubectl itself fills in.

const order = [
  'kind', 'apiVersion', 'metadata', 'name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields',
  'immutable', 'data', 'stringData', 'binaryData', 'rules', 'subjects', 'roleRef', 'value', 'globalDefault', 'description', 'preemptionPolicy', 'spec',
  'schedule', 'timeZone', 'startingDeadlineSeconds', 'concurrencyPolicy', 'suspend', 'jobTemplate', 'parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit',
  'replicas', 'ports', 'selector', 'template', 'strategy', 'minReadySeconds', 'revisionHistoryLimit', 'paused', 'progressDeadlineSeconds',
  'clusterIP', 'type', 'externalIPs', 'sessionAffinity', 'externalName', 'ingressClassName', 'defaultBackend', 'tls', 'host', 'http', 'paths', 'path', 'pathType', 'backend', 'service',
  'minAvailable', 'maxUnavailable', 'hard', 'scopes', 'volumes', 'initContainers', 'containers', 'image', 'command', 'args', 'workingDir', 'hostPort', 'containerPort', 'protocol', 'port', 'targetPort', 'nodePort', 'envFrom', 'env', 'resources', 'limits', 'requests', 'volumeMounts', 'imagePullPolicy', 'securityContext', 'stdin', 'stdinOnce', 'tty',
  'restartPolicy', 'terminationGracePeriodSeconds', 'dnsPolicy', 'nodeSelector', 'serviceAccountName', 'serviceAccount', 'nodeName', 'tolerations', 'scaleTargetRef', 'minReplicas', 'maxReplicas', 'metrics',
  'apiGroup', 'verbs', 'apiGroups', 'resourceNames', 'nonResourceURLs', 'status',
];
const rank = new Map(order.map((name, index) => [name, index]));

/** A copy whose keys stand in struct order; keys of string maps stay sorted. */
export function inStructOrder(value: unknown, parent = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => inStructOrder(item));
  if (value === null || typeof value !== 'object') return value;
  const map = value as Readonly<Record<string, unknown>>;
  const isMap = ['labels', 'annotations', 'matchLabels', 'data', 'stringData', 'limits', 'requests', 'hard', 'nodeSelector'].includes(parent) || (parent === 'selector' && map['matchLabels'] === undefined && map['matchExpressions'] === undefined);
  const keys = Object.keys(map).filter((key) => map[key] !== undefined).sort();
  // An env entry's value comes after its name, a port's protocol before its target.
  if (!isMap) keys.sort((a, b) => (rank.get(a) ?? 1000) - (rank.get(b) ?? 1000));
  return Object.fromEntries(keys.map((key) => [key, inStructOrder(map[key], key)]));
}
