// Validation of pods and pod templates (pkg/apis/core/validation), in its words. Where they may go and what volumes they have: files of their own.
import { isConfigMapKey, isDns1123Label, isDns1123Subdomain, isPortName, isPortNumber, isQualifiedName, isRelaxedEnvVarName } from '../meta/names.ts';
import { compareQuantity, quantityOf } from '../meta/quantity.ts';
import { checkNonNegative, checkOneOf, checkText, duplicate, forbidden, invalid, invalidStruct, notFound, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabels, validateAnnotations } from '../validation/metadata.ts';
import { validateAffinity, validateSpread, validateTolerations } from './placement-validation.ts';
import type { Container, ContainerPort, EnvVar, EphemeralContainer, LifecycleHandler, Probe, ResourceRequirements, SecurityContext } from './types/container.ts';
import type { PodSpec, PodTemplateSpec } from './types/pod.ts';
import type { Volume } from './types/volume.ts';
import { validateLocalPath, validateVolumes } from './volume-validation.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

export function checkPortNumberOrName(errors: FieldErrors, port: number | string | undefined, field: string): void {
  if (typeof port === 'number') checkPort(errors, port, field);
  else if (typeof port === 'string') checkText(errors, port, field, isPortName);
  else checkPort(errors, 0, field);
}

function checkPort(errors: FieldErrors, port: number, field: string): void {
  for (const problem of isPortNumber(port)) errors.push(invalid(field, port, problem));
}

interface Seen {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly names: Set<string>;
}

function validatePorts(errors: FieldErrors, ports: readonly ContainerPort[] | undefined, field: string): void {
  const names = new Set<string>();
  ports?.forEach((port, index) => {
    const at = `${field}[${index}]`;
    if (port.name) {
      const problems = isPortName(port.name);
      for (const problem of problems) errors.push(invalid(`${at}.name`, port.name, problem));
      if (problems.length === 0) {
        if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
        names.add(port.name);
      }
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else checkPort(errors, port.containerPort, `${at}.containerPort`);
    if (port.hostPort) checkPort(errors, port.hostPort, `${at}.hostPort`);
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else checkOneOf(errors, port.protocol, `${at}.protocol`, protocols);
  });
}

const envFieldPaths = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'];

function validateEnv(errors: FieldErrors, env: readonly EnvVar[] | undefined, field: string): void {
  env?.forEach((variable, index) => {
    const at = `${field}[${index}]`;
    if (!variable.name) errors.push(required(`${at}.name`));
    else checkText(errors, variable.name, `${at}.name`, isRelaxedEnvVarName);
    const from = variable.valueFrom;
    if (from === undefined) return;
    const given = [from.fieldRef, from.resourceFieldRef, from.configMapKeyRef, from.secretKeyRef, from.fileKeyRef].filter((each) => each !== undefined).length;
    if (given === 0) errors.push(invalid(`${at}.valueFrom`, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
    if (variable.value && given > 0) errors.push(invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    if (given > 1) errors.push(invalid(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'));
    if (from.fieldRef !== undefined) {
      const path = from.fieldRef.fieldPath;
      if (!path) errors.push(required(`${at}.valueFrom.fieldRef.fieldPath`));
      else if (!/^metadata\.(annotations|labels)\['.*'\]$/.test(path) && !envFieldPaths.slice(2).includes(path)) {
        const known = /^(metadata|spec|status)\./.test(path);
        if (known) errors.push(notSupported(`${at}.valueFrom.fieldRef.fieldPath`, path, envFieldPaths.slice(2)));
        else errors.push(invalid(`${at}.valueFrom.fieldRef.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`));
      }
    }
    for (const [name, ref] of [['configMapKeyRef', from.configMapKeyRef], ['secretKeyRef', from.secretKeyRef]] as const) {
      if (ref === undefined) continue;
      if (!ref.key) errors.push(required(`${at}.valueFrom.${name}.key`));
      else checkText(errors, ref.key, `${at}.valueFrom.${name}.key`, isConfigMapKey);
    }
    if (from.resourceFieldRef !== undefined && !from.resourceFieldRef.resource) errors.push(required(`${at}.valueFrom.resourceFieldRef.resource`));
  });
}

const standardContainerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);

function validateResourceName(errors: FieldErrors, name: string, field: string): void {
  const problems = isQualifiedName(name);
  if (problems.length > 0) {
    for (const problem of problems) errors.push(invalid(field, name, problem));
    return;
  }
  if (!name.includes('/') && !standardContainerResources.has(name) && !name.startsWith('hugepages-')) {
    errors.push(invalid(field, name, 'must be a standard resource for containers'));
  }
}

export function validateResources(errors: FieldErrors, resources: ResourceRequirements | undefined, field: string): void {
  if (resources === undefined) return;
  const { limits, requests } = resources;
  for (const name in limits) {
    validateResourceName(errors, name, `${field}.limits[${name}]`);
    if (quantityOf(limits[name]).nanos < 0n) errors.push(invalid(`${field}.limits[${name}]`, limits[name], 'must be greater than or equal to 0'));
    if (name.startsWith('hugepages-') && requests?.[name] === undefined) continue;
  }
  for (const name in requests) {
    validateResourceName(errors, name, `${field}.requests[${name}]`);
    const amount = requests[name];
    if (quantityOf(amount).nanos < 0n) errors.push(invalid(`${field}.requests[${name}]`, amount, 'must be greater than or equal to 0'));
    const limit = limits?.[name];
    const overcommitted = standardContainerResources.has(name);
    if (limit !== undefined) {
      const order = compareQuantity(quantityOf(amount), quantityOf(limit));
      if (!overcommitted && order !== 0) errors.push(invalid(`${field}.requests`, amount, `must be equal to ${name} limit of ${limit}`));
      else if (order > 0) errors.push(invalid(`${field}.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`));
    } else if (!overcommitted) errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
  }
}

function validateHandler(errors: FieldErrors, handler: LifecycleHandler | Probe, field: string): void {
  let count = 0;
  const more = (name: string): boolean => {
    count++;
    if (count > 1) errors.push(forbidden(`${field}.${name}`, 'may not specify more than 1 handler type'));
    return count === 1;
  };
  if (handler.exec !== undefined && more('exec') && (handler.exec.command ?? []).length === 0) errors.push(required(`${field}.exec.command`));
  if (handler.httpGet !== undefined && more('httpGet')) {
    const get = handler.httpGet;
    if (!get.path) errors.push(required(`${field}.httpGet.path`));
    checkPortNumberOrName(errors, get.port, `${field}.httpGet.port`);
    checkOneOf(errors, get.scheme, `${field}.httpGet.scheme`, ['HTTP', 'HTTPS']);
    get.httpHeaders?.forEach((header, index) => {
      if (!/^[-A-Za-z0-9]+$/.test(header.name)) {
        errors.push(invalid(`${field}.httpGet.httpHeaders[${index}].name`, header.name, "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"));
      }
    });
  }
  if (handler.tcpSocket !== undefined && more('tcpSocket')) checkPortNumberOrName(errors, handler.tcpSocket.port, `${field}.tcpSocket.port`);
  if ('grpc' in handler && handler.grpc !== undefined && more('grpc')) checkPort(errors, handler.grpc.port, `${field}.grpc.port`);
  if ('sleep' in handler && handler.sleep !== undefined) more('sleep');
  if (count === 0) errors.push(required(field, 'must specify a handler type'));
}

function validateProbe(errors: FieldErrors, probe: Probe | undefined, field: string, successMustBeOne: boolean): void {
  if (probe === undefined) return;
  validateHandler(errors, probe, field);
  checkNonNegative(errors, probe.initialDelaySeconds, `${field}.initialDelaySeconds`);
  checkNonNegative(errors, probe.timeoutSeconds, `${field}.timeoutSeconds`);
  checkNonNegative(errors, probe.periodSeconds, `${field}.periodSeconds`);
  checkNonNegative(errors, probe.successThreshold, `${field}.successThreshold`);
  checkNonNegative(errors, probe.failureThreshold, `${field}.failureThreshold`);
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must be greater than 0'));
  }
  if (successMustBeOne && probe.successThreshold !== undefined && probe.successThreshold !== 1) errors.push(invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
}

function checkId(errors: FieldErrors, id: number | undefined, field: string): void {
  if (id !== undefined && (id < 0 || id > 2_147_483_647)) errors.push(invalid(field, id, 'must be between 0 and 2147483647, inclusive'));
}

/** As Go marshals the internal struct, which has no JSON names: what refusals quote. */
function goSecurityContext(context: SecurityContext): object {
  const fields = ['capabilities', 'privileged', 'seLinuxOptions', 'windowsOptions', 'runAsUser', 'runAsGroup', 'runAsNonRoot', 'readOnlyRootFilesystem', 'allowPrivilegeEscalation', 'procMount', 'seccompProfile', 'appArmorProfile'] as const;
  const name = (field: string): string => (field === 'seLinuxOptions' ? 'SELinuxOptions' : field.charAt(0).toUpperCase() + field.slice(1));
  return Object.fromEntries(fields.map((field) => [name(field), (field === 'capabilities' && context.capabilities !== undefined ? { Add: context.capabilities.add ?? null, Drop: context.capabilities.drop ?? null } : (context[field] ?? null))]));
}

function validateSecurityContext(errors: FieldErrors, context: SecurityContext | undefined, field: string): void {
  if (context === undefined) return;
  checkId(errors, context.runAsUser, `${field}.runAsUser`);
  checkId(errors, context.runAsGroup, `${field}.runAsGroup`);
  checkOneOf(errors, context.procMount, `${field}.procMount`, ['Default', 'Unmasked']);
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true) errors.push(invalidStruct(field, goSecurityContext(context), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    if ((context.capabilities?.add ?? []).includes('CAP_SYS_ADMIN')) {
      errors.push(invalidStruct(field, goSecurityContext(context), 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
    }
  }
}

function validateContainer(errors: FieldErrors, container: Container | EphemeralContainer, field: string, seen: Seen): void {
  if (!container.name) errors.push(required(`${field}.name`));
  else {
    checkText(errors, container.name, `${field}.name`, isDns1123Label);
    if (seen.names.has(container.name)) errors.push(duplicate(`${field}.name`, container.name));
    seen.names.add(container.name);
  }
  const image = container.image ?? '';
  if (image === '') errors.push(required(`${field}.image`));
  else if (image !== image.trim()) errors.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'));
  if (container.terminationMessagePolicy === undefined) errors.push(required(`${field}.terminationMessagePolicy`));
  else checkOneOf(errors, container.terminationMessagePolicy, `${field}.terminationMessagePolicy`, ['FallbackToLogsOnError', 'File']);
  validatePorts(errors, container.ports, `${field}.ports`);
  validateEnv(errors, container.env, `${field}.env`);
  container.envFrom?.forEach((from, index) => {
    const at = `${field}.envFrom[${index}]`;
    const given = [from.configMapRef, from.secretRef].filter((each) => each !== undefined).length;
    if (given === 0) errors.push(invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (given > 1) errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
    if (from.configMapRef !== undefined && !from.configMapRef.name) errors.push(required(`${at}.configMapRef.name`));
    if (from.secretRef !== undefined && !from.secretRef.name) errors.push(required(`${at}.secretRef.name`));
  });
  const paths = new Set<string>();
  container.volumeMounts?.forEach((mount, index) => {
    const at = `${field}.volumeMounts[${index}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!seen.volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    if (paths.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (mount.subPath && mount.subPathExpr) errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    if (mount.subPath) validateLocalPath(errors, mount.subPath, `${at}.subPath`);
    checkOneOf(errors, mount.mountPropagation, `${at}.mountPropagation`, ['Bidirectional', 'HostToContainer', 'None']);
  });
  if (container.imagePullPolicy === undefined) errors.push(required(`${field}.imagePullPolicy`));
  else checkOneOf(errors, container.imagePullPolicy, `${field}.imagePullPolicy`, pullPolicies);
  validateResources(errors, container.resources, `${field}.resources`);
  validateSecurityContext(errors, container.securityContext, `${field}.securityContext`);
}

function validateLifecycle(errors: FieldErrors, container: Container, field: string): void {
  if (container.lifecycle?.postStart !== undefined) validateHandler(errors, container.lifecycle.postStart, `${field}.lifecycle.postStart`);
  if (container.lifecycle?.preStop !== undefined) validateHandler(errors, container.lifecycle.preStop, `${field}.lifecycle.preStop`);
}

function validateHostPorts(errors: FieldErrors, spec: PodSpec, field: string): void {
  const taken = new Set<string>();
  spec.containers?.forEach((container, index) => {
    container.ports?.forEach((port, at) => {
      if (!port.hostPort) return;
      if (spec.hostNetwork === true && port.hostPort !== port.containerPort) errors.push(invalid(`${field}.containers[${index}].ports[${at}].hostPort`, port.hostPort, 'must match `containerPort` when `hostNetwork` is true'));
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) errors.push(duplicate(`${field}.containers[${index}].ports[${at}].hostPort`, key));
      taken.add(key);
    });
  });
}

export function validatePodSpec(errors: FieldErrors, spec: PodSpec, field: string): void {
  const volumes = validateVolumes(errors, spec.volumes, `${field}.volumes`);
  const seen: Seen = { volumes, names: new Set() };
  if ((spec.containers ?? []).length === 0) errors.push(required(`${field}.containers`));
  spec.containers?.forEach((container, index) => {
    const at = `${field}.containers[${index}]`;
    validateContainer(errors, container, at, seen);
    validateLifecycle(errors, container, at);
    validateProbe(errors, container.livenessProbe, `${at}.livenessProbe`, true);
    validateProbe(errors, container.readinessProbe, `${at}.readinessProbe`, false);
    validateProbe(errors, container.startupProbe, `${at}.startupProbe`, true);
  });
  validateHostPorts(errors, spec, field);
  spec.initContainers?.forEach((container, index) => {
    const at = `${field}.initContainers[${index}]`;
    validateContainer(errors, container, at, seen);
    const sidecar = container.restartPolicy === 'Always';
    if (container.restartPolicy !== undefined && !sidecar) checkOneOf(errors, container.restartPolicy, `${at}.restartPolicy`, ['Always', 'Never', 'OnFailure']);
    if (sidecar) {
      validateLifecycle(errors, container, at);
      validateProbe(errors, container.livenessProbe, `${at}.livenessProbe`, true);
      validateProbe(errors, container.readinessProbe, `${at}.readinessProbe`, false);
      validateProbe(errors, container.startupProbe, `${at}.startupProbe`, true);
      return;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[name] !== undefined) errors.push(forbidden(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always'));
    }
  });
  if (!spec.restartPolicy) errors.push(required(`${field}.restartPolicy`));
  else checkOneOf(errors, spec.restartPolicy, `${field}.restartPolicy`, ['Always', 'OnFailure', 'Never']);
  if (spec.dnsPolicy) checkOneOf(errors, spec.dnsPolicy, `${field}.dnsPolicy`, ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']);
  if (spec.dnsPolicy === 'None' && (spec.dnsConfig?.nameservers ?? []).length === 0) {
    errors.push(required(`${field}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  validateLabels(errors, spec.nodeSelector, `${field}.nodeSelector`);
  checkId(errors, spec.securityContext?.runAsUser, `${field}.securityContext.runAsUser`);
  checkId(errors, spec.securityContext?.runAsGroup, `${field}.securityContext.runAsGroup`);
  checkId(errors, spec.securityContext?.fsGroup, `${field}.securityContext.fsGroup`);
  validateSysctls(errors, spec.securityContext?.sysctls ?? [], `${field}.securityContext.sysctls`);
  validateAffinity(errors, spec.affinity, `${field}.affinity`);
  if (spec.serviceAccountName) checkText(errors, spec.serviceAccountName, `${field}.serviceAccountName`, isDns1123Subdomain);
  if (spec.nodeName) checkText(errors, spec.nodeName, `${field}.nodeName`, isDns1123Subdomain);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  if (spec.hostname) checkText(errors, spec.hostname, `${field}.hostname`, isDns1123Label);
  if (spec.subdomain) checkText(errors, spec.subdomain, `${field}.subdomain`, isDns1123Label);
  validateTolerations(errors, spec.tolerations, `${field}.tolerations`);
  spec.hostAliases?.forEach((alias, index) => {
    alias.hostnames?.forEach((name, at) => checkText(errors, name, `${field}.hostAliases[${index}].hostnames[${at}]`, isDns1123Subdomain));
  });
  if (spec.priorityClassName) checkText(errors, spec.priorityClassName, `${field}.priorityClassName`, isDns1123Subdomain);
  if (spec.runtimeClassName) checkText(errors, spec.runtimeClassName, `${field}.runtimeClassName`, isDns1123Subdomain);
  checkOneOf(errors, spec.preemptionPolicy, `${field}.preemptionPolicy`, ['Never', 'PreemptLowerPriority']);
  validateSpread(errors, spec, `${field}.topologySpreadConstraints`);
}

export function validateTemplate(errors: FieldErrors, template: PodTemplateSpec, field: string): void {
  validateLabels(errors, template.metadata?.labels, `${field}.metadata.labels`);
  validateAnnotations(errors, template.metadata?.annotations, `${field}.metadata.annotations`);
  if (template.spec !== undefined) {
    validatePodSpec(errors, template.spec, `${field}.spec`);
    if ((template.spec.ephemeralContainers ?? []).length > 0) errors.push(forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

function validateSysctls(errors: FieldErrors, sysctls: readonly { readonly name?: string }[], field: string): void {
  const seen = new Set<string>();
  sysctls.forEach(({ name = '' }, index) => {
    const at = `${field}[${index}].name`;
    if (name === '') errors.push(required(at));
    else if (name.length > 253 || !sysctlName.test(name)) errors.push(invalid(at, name, 'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'));
    else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
  });
}
