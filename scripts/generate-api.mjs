// Writes src/api/generated/: the structure of every API object (compact, for the worker) and its descriptions (apart, loaded when asked for).
// Source: the models of @kubernetes/client-node. What they do not say (quantities, merge keys, enums, group of a shared model) is said here or in src/api/meta/structure-facts.ts.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { bootDefinitions } from './boot-definitions.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const gen = path.join(root, 'node_modules/@kubernetes/client-node/dist/gen');
const models = path.join(gen, 'models');
const output = path.join(root, 'src/api/generated');

/** [API class, package of the definitions], in the order in which packages claim the models they share. */
const packages = [
  ['CoreV1Api', 'core.v1'],
  ['AppsV1Api', 'apps.v1'],
  ['BatchV1Api', 'batch.v1'],
  ['AutoscalingV1Api', 'autoscaling.v1'],
  ['AutoscalingV2Api', 'autoscaling.v2'],
  ['PolicyV1Api', 'policy.v1'],
  ['RbacAuthorizationV1Api', 'rbac.v1'],
  ['NetworkingV1Api', 'networking.v1'],
  ['DiscoveryV1Api', 'discovery.v1'],
  ['CoordinationV1Api', 'coordination.v1'],
  ['EventsV1Api', 'events.v1'],
  ['StorageV1Api', 'storage.v1'],
  ['SchedulingV1Api', 'scheduling.v1'],
  ['NodeV1Api', 'node.v1'],
  ['AuthenticationV1Api', 'authentication.v1'],
  ['AuthorizationV1Api', 'authorization.v1'],
  ['CertificatesV1Api', 'certificates.v1'],
  ['AdmissionregistrationV1Api', 'admissionregistration.v1'],
  ['FlowcontrolApiserverV1Api', 'flowcontrol.v1'],
  ['ResourceV1Api', 'resource.v1'],
  ['ApiextensionsV1Api', 'apiextensions.v1'],
  ['ApiregistrationV1Api', 'apiregistration.v1'],
];

const meta = new Set(
  'APIGroup APIGroupList APIResource APIResourceList APIVersions Condition DeleteOptions FieldSelectorRequirement GroupVersionForDiscovery LabelSelector LabelSelectorRequirement ListMeta ManagedFieldsEntry ObjectMeta OwnerReference Preconditions ServerAddressByClientCIDR ShardInfo Status StatusCause StatusDetails WatchEvent'.split(' '),
);
/** Models that the package which reaches them first does not own. */
const owners = {
  V1TopologySelectorTerm: 'core.v1',
  V1TopologySelectorLabelRequirement: 'core.v1',
  V1Scale: 'autoscaling.v1',
  V1ScaleSpec: 'autoscaling.v1',
  V1ScaleStatus: 'autoscaling.v1',
  V1Eviction: 'policy.v1',
  AuthenticationV1TokenRequest: 'authentication.v1',
  V1TokenRequestSpec: 'authentication.v1',
  V1TokenRequestStatus: 'authentication.v1',
  V1BoundObjectReference: 'authentication.v1',
};
/** Lists and maps of quantities, and single ones: the client says only `string`. */
const quantities = new Set(
  ('ContainerStatus.allocatedResources LimitRangeItem.default LimitRangeItem.defaultRequest LimitRangeItem.max LimitRangeItem.maxLimitRequestRatio LimitRangeItem.min NodeStatus.allocatable NodeStatus.capacity ' +
    'PersistentVolumeClaimStatus.allocatedResources PersistentVolumeClaimStatus.capacity PersistentVolumeSpec.capacity PodSpec.overhead PodStatus.allocatedResources ResourceQuotaSpec.hard ResourceQuotaStatus.hard ' +
    'ResourceQuotaStatus.used ResourceRequirements.limits ResourceRequirements.requests VolumeResourceRequirements.limits VolumeResourceRequirements.requests Overhead.podFixed ResourceFieldSelector.divisor ' +
    'EmptyDirVolumeSource.sizeLimit MetricTarget.averageValue MetricTarget.value MetricValueStatus.averageValue MetricValueStatus.value CSIStorageCapacity.capacity CSIStorageCapacity.maximumVolumeSize ' +
    'HPAScalingRules.tolerance DeviceCapacity.value Counter.value CapacityRequestPolicy.default CapacityRequestPolicy.validValues CapacityRequestPolicyRange.max CapacityRequestPolicyRange.min ' +
    'CapacityRequestPolicyRange.step CapacityRequirements.requests DeviceRequestAllocationResult.consumedCapacity NodeAllocatableResourceMapping.allocationMultiplier ' +
    'NodeAllocatableResourceClaimStatus.resources').split(/\s+/),
);
/** Fields whose value is a whole API object (RawExtension), not any JSON. */
const rawExtensions = new Set(['ControllerRevision.data', 'WatchEvent.object', 'OpaqueDeviceConfiguration.parameters', 'AllocatedDeviceStatus.data']);

const read = (file) => readFileSync(file, 'utf8');
const available = new Set(readdirSync(models).filter((name) => name.endsWith('.js')).map((name) => name.slice(0, -3)));

function parseModel(name) {
  const source = read(path.join(models, `${name}.js`));
  const start = source.indexOf('.attributeTypeMap = [');
  const attributes = start < 0 ? [] : JSON.parse(source.slice(source.indexOf('[', start), source.indexOf('];', start) + 1));
  const declarations = read(path.join(models, `${name}.d.ts`));
  const classStart = declarations.indexOf('export declare class');
  const before = declarations.slice(0, classStart);
  const comment = /\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before);
  const fields = new Map();
  const pattern = /(?:\/\*\*\n((?:(?!\*\/)[\s\S])*?)\s*\*\/\s*)?'([^']+)'(\?)?: /g;
  const body = declarations.slice(classStart);
  for (const match of body.matchAll(pattern)) fields.set(match[2], { description: clean(match[1]), required: match[3] !== '?' });
  return {
    description: clean(comment?.[1]),
    fields: attributes.map((attribute) => ({ json: attribute.baseName, type: attribute.type, format: attribute.format, ...fields.get(attribute.name) })),
  };
}

function clean(comment) {
  if (comment === undefined) return '';
  return comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\\'/g, "'")
    .replace(/\\"/g, '"')
    .trim();
}

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
/** The client leaves out what is said of fields that are structs; of the commonest ones it is said here. */
function structFieldDescription(definition, field, type) {
  const kind = definition.slice(definition.lastIndexOf('.') + 1);
  if (field === 'metadata' && type === 'V1ListMeta') return `Standard list metadata. More info: ${conventions}#types-kinds`;
  if (field === 'metadata') return `Standard object's metadata. More info: ${conventions}#metadata`;
  const name = { Pod: 'pod', Deployment: 'Deployment', ReplicaSet: 'ReplicaSet', StatefulSet: 'StatefulSet', DaemonSet: 'DaemonSet', Job: 'job', CronJob: 'cron job', Service: 'service', Node: 'node', Namespace: 'Namespace', Ingress: 'Ingress', PodDisruptionBudget: 'PodDisruptionBudget' }[kind];
  if (name !== undefined && field === 'spec') return `Specification of the desired behavior of the ${name}. More info: ${conventions}#spec-and-status`;
  if (name !== undefined && field === 'status') return `Most recently observed status of the ${name}. Populated by the system. Read-only. More info: ${conventions}#spec-and-status`;
  return {
    'core.v1.PodSpec.affinity': "If specified, the pod's scheduling constraints",
    'core.v1.PodSpec.securityContext': 'SecurityContext holds pod-level security attributes and common container settings. Optional: Defaults to empty. See type description for default values of each field.',
    'core.v1.PodSpec.dnsConfig': 'Specifies the DNS parameters of a pod. Parameters specified here will be merged to the generated DNS configuration based on DNSPolicy.',
    'core.v1.Container.livenessProbe': 'Periodic probe of container liveness. Container will be restarted if the probe fails. Cannot be updated. More info: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle#container-probes',
    'core.v1.Container.readinessProbe': 'Periodic probe of container service readiness. Container will be removed from service endpoints if the probe fails. Cannot be updated. More info: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle#container-probes',
    'core.v1.Container.startupProbe': 'StartupProbe indicates that the Pod has successfully initialized. If specified, no other probes are executed until this completes successfully. If this probe fails, the Pod will be restarted, just as if the livenessProbe failed.',
    'core.v1.Container.lifecycle': 'Actions that the management system should take in response to container lifecycle events. Cannot be updated.',
    'core.v1.Container.resources': 'Compute Resources required by this container. Cannot be updated. More info: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
    'core.v1.Probe.exec': 'Exec specifies a command to execute in the container.',
    'core.v1.Probe.httpGet': 'HTTPGet specifies an HTTP GET request to perform.',
    'core.v1.Probe.tcpSocket': 'TCPSocket specifies a connection to a TCP port.',
    'core.v1.Probe.grpc': 'GRPC specifies a GRPC HealthCheckRequest.',
    'core.v1.PodTemplateSpec.spec': `Specification of the desired behavior of the pod. More info: ${conventions}#spec-and-status`,
    'apps.v1.DeploymentSpec.selector': "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
    'apps.v1.DeploymentSpec.strategy': 'The deployment strategy to use to replace existing pods with new ones.',
    'apps.v1.DeploymentSpec.template': 'Template describes the pods that will be created. The only allowed template.spec.restartPolicy value is "Always".',
    'apps.v1.DeploymentStrategy.rollingUpdate': 'Rolling update config params. Present only if DeploymentStrategyType = RollingUpdate.',
  }[`${definition}.${field}`];
}

const parsed = new Map();
const model = (name) => {
  if (!parsed.has(name)) parsed.set(name, parseModel(name));
  return parsed.get(name);
};
const short = (name) => name.replace(/^(Core|Apps|Discovery|Events|Rbac|Flowcontrol|Resource|Storage|Authentication|Admissionregistration|Apiextensions|Apiregistration)V\d+/, '').replace(/^V\d+((alpha|beta)\d+)?(?=[A-Z])/, '');
const referenced = (type) => [...type.matchAll(/[A-Za-z][A-Za-z0-9]*/g)].map((match) => match[0]).filter((name) => available.has(name) && name !== 'V1MicroTime');

/** model name -> `core.v1.Pod` */
const definitions = new Map();
function claim(name, owner) {
  if (definitions.has(name)) return;
  const plain = short(name);
  const own = owners[name] ?? (name.startsWith('V1') && meta.has(plain) ? 'meta.v1' : owner);
  definitions.set(name, `${own}.${plain}`);
  for (const field of model(name).fields) for (const next of referenced(field.type)) claim(next, owner);
}
for (const [api, owner] of packages) {
  const version = owner.endsWith('.v2') ? 'V2' : 'V1';
  const names = new Set([...read(path.join(gen, `apis/${api}.d.ts`)).matchAll(/models\/([A-Za-z0-9]+)\.js/g)].map((match) => match[1]));
  for (const name of names) if (available.has(name) && (name.includes(version) || owner === 'core.v1')) claim(name, owner);
}
for (const name of ['V1WatchEvent', 'V1APIGroup', 'V1APIGroupList', 'V1APIResourceList', 'V1APIVersions', 'V1Condition']) if (available.has(name)) claim(name, 'meta.v1');

function code(field, modelName) {
  const scalar = (type, format) => {
    if (type === 'string') return quantities.has(`${short(modelName)}.${field.json}`) ? 'q' : format === 'byte' ? 'y' : 's';
    if (type === 'boolean') return 'b';
    if (type === 'number') return format === 'int32' ? 'i' : format === 'int64' ? 'l' : 'd';
    if (type === 'Date') return format === 'date-time-micro' ? 'T' : 't';
    if (type === 'V1MicroTime') return 'T';
    if (type === 'IntOrString') return 'I';
    if (type === 'any') return rawExtensions.has(`${short(modelName)}.${field.json}`) ? 'r' : field.json === 'fieldsV1' ? 'f' : 'a';
    const name = definitions.get(type);
    if (name === undefined) throw new Error(`${modelName}.${field.json}: unknown type ${type}`);
    return `@${name}`;
  };
  const array = /^Array<(.*)>$/.exec(field.type);
  if (array) return `[${scalar(array[1], field.format)}`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(field.type);
  if (map) {
    const inner = /^Array<(.*)>$/.exec(map[1]);
    return inner ? `{[${scalar(inner[1], '')}` : `{${scalar(map[1], map[1] === 'Date' ? '' : field.format)}`;
  }
  return scalar(field.type, field.format);
}

const lines = [];
const descriptions = {};
const sorted = [...definitions].sort(([, a], [, b]) => (a < b ? -1 : 1));
for (const [name, definition] of sorted) {
  const home = definition.slice(0, definition.lastIndexOf('.'));
  const { description, fields } = model(name);
  const codes = fields.map((field) => {
    let text = code(field, name);
    // `@core.v1.Container` inside core.v1 is written `@Container`.
    text = text.replace(`@${home}.`, '@');
    return `${field.json}${field.required ? '!' : ''}:${text}`;
  });
  lines.push(`${definition} ${codes.join(' ')}`.trimEnd());
  const texts = { '': description };
  for (const field of fields) {
    const text = field.description || structFieldDescription(definition, field.json, field.type);
    if (text) texts[field.json] = text;
  }
  descriptions[definition] = texts;
}

mkdirSync(output, { recursive: true });
const literal = (text) => JSON.stringify(text);
const isBoot = (line) => bootDefinitions.has(line.split(' ')[0]);
for (const [file, name, part] of [['structure-text.ts', 'structureText', lines.filter(isBoot)], ['structure-rest.ts', 'structureRest', lines.filter((line) => !isBoot(line))]])
  writeFileSync(path.join(output, file), `// Written by scripts/generate-api.mjs from @kubernetes/client-node; read by src/api/meta/structure.ts.\nexport const ${name}: string =\n  ${literal(part.join('\n'))};\n`);
writeFileSync(
  path.join(output, 'descriptions.ts'),
  `// Written by scripts/generate-api.mjs: description of every definition ('') and field. Large: import it lazily.\nexport const descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(${literal(JSON.stringify(descriptions))});\n`,
);
console.log(`${lines.length} definitions, ${lines.join('\n').length} characters`);
