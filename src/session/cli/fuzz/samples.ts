// Objects to begin with: good ones of the kinds that people use, and for every kind one made from its structure.
import { enumOf } from '../../../api/meta/rare-facts.ts';
import { findDefinition, type Shape } from '../../../api/meta/structure.ts';
import type { Random } from '../../../kernel/host.ts';
import { chance, fromEntries, nastyValue, pick, type Json } from './nasty.ts';

export interface SampleKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly definition: string;
}

const template = (labels: Json): Json => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx:1.27', ports: [{ containerPort: 80, name: 'http' }], env: [{ name: 'A', value: 'b' }], resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } }, volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', emptyDir: {} }] } });
const labels: Json = { app: 'x' };

const good: Readonly<Record<string, Json>> = {
  Pod: { spec: (template(labels) as { readonly spec: Json }).spec },
  Deployment: { spec: { replicas: 2, selector: { matchLabels: labels }, template: template(labels), strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } } } },
  ReplicaSet: { spec: { replicas: 1, selector: { matchLabels: labels }, template: template(labels) } },
  StatefulSet: { spec: { serviceName: 'x', replicas: 1, selector: { matchLabels: labels }, template: template(labels), volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }] } },
  DaemonSet: { spec: { selector: { matchLabels: labels }, template: template(labels) } },
  Job: { spec: { completions: 2, parallelism: 1, backoffLimit: 3, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } } } },
  CronJob: { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } } } } } },
  Service: { spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }, { name: 'tls', port: 443, protocol: 'TCP' }] } },
  ConfigMap: { data: { a: 'b', 'c.txt': '한글' }, binaryData: { d: 'AAE=' } },
  Secret: { type: 'Opaque', data: { a: 'Yg==' }, stringData: { c: 'd' } },
  PersistentVolumeClaim: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  PersistentVolume: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } },
  Ingress: { spec: { rules: [{ host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'x', port: { number: 80 } } } }] } }] } },
  NetworkPolicy: { spec: { podSelector: { matchLabels: labels }, policyTypes: ['Ingress'], ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 80, endPort: 90 }] }] } },
  HorizontalPodAutoscaler: { spec: { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } },
  PodDisruptionBudget: { spec: { minAvailable: '50%', selector: { matchLabels: labels } } },
  Role: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  ClusterRole: { rules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }] },
  RoleBinding: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }] },
  ClusterRoleBinding: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }] },
  ResourceQuota: { spec: { hard: { pods: '10', 'requests.cpu': '4', 'count/deployments.apps': '5' }, scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } } },
  ValidatingAdmissionPolicy: { spec: { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] }, variables: [{ name: 'few', expression: 'object.spec.replicas < 5' }], validations: [{ expression: 'variables.few', messageExpression: "'at most 4, not ' + string(object.spec.replicas)" }] } },
  ValidatingAdmissionPolicyBinding: { spec: { policyName: 'x', validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels: labels } } } },
  MutatingAdmissionPolicy: { spec: { reinvocationPolicy: 'Never', matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] }, mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data', value: {'a': 'b'}}]" } }] } },
  MutatingAdmissionPolicyBinding: { spec: { policyName: 'x' } },
  FlowSchema: { spec: { matchingPrecedence: 900, priorityLevelConfiguration: { name: 'workload-low' }, distinguisherMethod: { type: 'ByUser' }, rules: [{ subjects: [{ kind: 'User', user: { name: 'jane' } }], resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] }] }] } },
  PriorityLevelConfiguration: { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Queue', queuing: { queues: 16, handSize: 4, queueLengthLimit: 50 } } } } },
  LimitRange: { spec: { limits: [{ type: 'Container', default: { cpu: '500m' }, max: { cpu: '2' } }] } },
  Namespace: { spec: { finalizers: ['kubernetes'] } },
  Node: { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }], podCIDR: '10.244.9.0/24' } },
  Lease: { spec: { holderIdentity: 'x', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' } },
  PriorityClass: { value: 10 },
  StorageClass: { provisioner: 'example.com/x' },
  CustomResourceDefinition: {
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1, default: 1 } }, 'x-kubernetes-validations': [{ rule: 'self.size < 10', message: 'too large' }] } } } }, subresources: { status: {} }, additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }] }] },
  },
};

export const isGood = (kind: string): boolean => Object.hasOwn(good, kind);
export const goodSample = (kind: SampleKind, name: string): Json => named(kind, name, good[kind.kind] ?? {});

export function sampleOf(random: Random, kind: SampleKind, name: string): Json {
  return named(kind, name, isGood(kind.kind) && chance(random, 0.75) ? (good[kind.kind] as Json) : structured(random, { kind: 'struct', definition: kind.definition }, 0));
}

function named(kind: SampleKind, name: string, body: Json): Json {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const object = body as { readonly [field: string]: Json };
  const metadata: Json = { name, labels: { app: 'x' }, annotations: { note: 'fuzz' }, ...(object['metadata'] as object | undefined) };
  return fromEntries([...Object.entries(object).filter(([field]) => field !== 'metadata' && field !== 'apiVersion' && field !== 'kind'), ['apiVersion', apiVersion], ['kind', kind.kind], ['metadata', metadata]]);
}

/** Something of the right shape; what it says is chance. */
function structured(random: Random, shape: Shape, depth: number): Json {
  switch (shape.kind) {
    case 'struct': {
      const definition = findDefinition(shape.definition);
      if (definition === undefined || depth > 7) return {};
      const entries: [string, Json][] = [];
      for (const field of definition.fields.values()) {
        if (!field.required && !chance(random, depth < 2 ? 0.5 : 0.2)) continue;
        const values = enumOf(definition, field);
        entries.push([field.name, values !== undefined && chance(random, 0.9) ? pick(random, values) : structured(random, field.shape, depth + 1)]);
      }
      return fromEntries(entries);
    }
    case 'list':
      return Array.from({ length: random.below(3) }, () => structured(random, shape.items, depth + 1));
    case 'map':
      return fromEntries(Array.from({ length: random.below(3) }, (): [string, Json] => [pick(random, ['a', 'app', 'example.com/b']), structured(random, shape.values, depth + 1)]));
    case 'boolean':
      return chance(random, 0.5);
    case 'int32':
    case 'int64':
      return pick(random, [0, 1, 2, 80, 8080, 300]);
    case 'double':
      return 0.5;
    case 'quantity':
      return pick(random, ['1', '100m', '1Gi']);
    case 'int-or-string':
      return pick<Json>(random, [1, '50%', 'http']);
    case 'time':
    case 'micro-time':
      return '2026-01-01T00:00:00Z';
    case 'bytes':
      return 'Yg==';
    case 'string':
      return pick(random, ['x', 'default', 'a', 'example.com', '10.0.0.1', 'Always', 'nginx']);
    default:
      return chance(random, 0.5) ? {} : nastyValue(random);
  }
}
