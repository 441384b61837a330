// A file such as big projects are installed with, in words of our own: many definitions with deep schemas, and the accounts, roles, services and
// deployments around them. For tests and measurements.
import { printYaml } from '../../yaml/print-yaml.ts';

type Schema = Readonly<Record<string, unknown>>;

const words = 'Where the controller finds what it acts upon, and what it does when that is not there. Left out, the value of the parent is taken; set, it must name an object of the same namespace, which is watched and read again whenever it changes.';

/** About as long as real ones are. */
const text = (seed: number): string => words.slice(0, 60 + ((seed * 37) % 170));

/** Deterministic variety without dice. `left`: how many objects a schema may still have, so that none grows without end. */
class Shape {
  left = 16;
  private n: number;
  constructor(seed: number) {
    this.n = seed;
  }
  next(bound: number): number {
    this.n = (this.n * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(this.n / 65_536) % bound;
  }
}

function scalar(shape: Shape): Schema {
  const description = text(shape.next(100));
  switch (shape.next(8)) {
    case 0:
      return { description, type: 'integer', format: 'int32', minimum: 0, maximum: 65_535 };
    case 1:
      return { description, type: 'boolean' };
    case 2:
      return { description, type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] };
    case 3:
      return { description, type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 63 };
    case 4:
      return { description, anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
    case 5:
      return { description, type: 'string', default: '10s' };
    default:
      return { description, type: 'string' };
  }
}

function tree(shape: Shape, depth: number, width: number): Schema {
  const properties: Record<string, Schema> = {};
  for (let i = 0; i < width; i++) {
    const name = `${['name', 'ref', 'policy', 'selector', 'template', 'target', 'source', 'limit', 'retry', 'key'][i % 10] ?? 'x'}${i < 10 ? '' : i}`;
    const kind = depth === 0 || shape.left <= 0 ? 9 : shape.next(10);
    if (kind < 4) shape.left--;
    if (kind < 2) properties[name] = tree(shape, depth - 1, width);
    else if (kind === 2) properties[name] = { description: text(i), type: 'array', items: tree(shape, depth - 1, width) };
    else if (kind === 3) properties[name] = { description: text(i), type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: withName(tree(shape, depth - 1, width)) };
    else if (kind === 4) properties[name] = { description: text(i), type: 'object', additionalProperties: { type: 'string' } };
    else properties[name] = scalar(shape);
  }
  return { description: text(width + depth), type: 'object', properties, ...(depth === 0 ? { required: ['name'] } : {}) };
}

function withName(schema: Schema): Schema {
  return { ...schema, required: ['name'], properties: { ...(schema['properties'] as object), name: { type: 'string' } } };
}

function definition(index: number, group: string): object {
  const shape = new Shape(index + 1);
  const kind = `Thing${String.fromCharCode(65 + (index % 26))}${Math.floor(index / 26)}`;
  const plural = `${kind.toLowerCase()}s`;
  const schema = {
    description: `${kind} says what shall be, and its status what is.`,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { ...tree(shape, 4, 10), 'x-kubernetes-validations': [{ rule: 'has(self.__name__) || true'.replace('__name__', 'name'), message: 'name what you mean' }] },
      status: { type: 'object', properties: { observedGeneration: { type: 'integer', format: 'int64' }, conditions: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'], items: { type: 'object', required: ['type', 'status'], properties: { type: { type: 'string' }, status: { type: 'string' }, reason: { type: 'string' }, message: { type: 'string' }, lastTransitionTime: { type: 'string', format: 'date-time' } } } } } },
    },
  };
  const columns = [{ name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' }, { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/name': 'install' }, annotations: { 'controller-gen.kubebuilder.io/version': 'v0.19.0' } },
    spec: { group, scope: index % 5 === 0 ? 'Cluster' : 'Namespaced', names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List`, categories: ['install'] }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {} }, additionalPrinterColumns: columns }] },
  };
}

function surroundings(namespace: string): object[] {
  const labels = { 'app.kubernetes.io/name': 'install' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...['controller', 'webhook', 'cainjector'].flatMap((name) => [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: `install-${name}`, labels }, rules: [{ apiGroups: ['install.example.com'], resources: ['*'], verbs: ['get', 'list', 'watch', 'update', 'patch'] }] },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: `install-${name}`, labels }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `install-${name}` }, subjects: [{ kind: 'ServiceAccount', name, namespace }] },
      { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, labels }, spec: { selector: { app: name }, ports: [{ name: 'https', port: 443, targetPort: 9443 }] } },
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace, labels }, spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { serviceAccountName: name, containers: [{ name, image: 'nginx:1.27', args: ['--leader-elect'], ports: [{ containerPort: 9443 }] }] } } } },
    ]),
  ];
}

/** YAML of about `bytes` characters, most of it definitions. */
export function installFile(bytes: number): string {
  const documents = surroundings('install').map((each) => printYaml(each));
  let size = documents.reduce((sum, each) => sum + each.length, 0);
  for (let index = 0; size < bytes; index++) {
    const document = printYaml(definition(index, 'install.example.com'));
    documents.push(document);
    size += document.length + 4;
  }
  return documents.join('---\n');
}
