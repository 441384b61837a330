// PodSecurity: the standards that the labels of a namespace ask for. Enforced on pods; templates and namespaces that tighten are warned about.
import type { FieldError } from '../../../api/contract.ts';
import { sameJson } from '../../../api/meta/equality.ts';
import { formatFieldError } from '../api-room.ts';
import { forbidden, invalid } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionContext, type AdmissionPlugin, type AdmissionRequest, type Fields, fieldsOf, isMirrorPod, specOf } from './plugin.ts';
import { type Level, type LevelVersion, levelText, type Violation, violations } from './pod-standards.ts';

const templates = new Set(['deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'daemonsets.apps', 'jobs.batch', 'cronjobs.batch', 'replicationcontrollers.', 'podtemplates.']);
const isNamespace = ({ resource, group, subresource }: AdmissionRequest): boolean => resource === 'namespaces' && group === '' && subresource === '';
const isPod = ({ resource, group, subresource }: AdmissionRequest): boolean => resource === 'pods' && group === '' && (subresource === '' || subresource === 'ephemeralcontainers' || subresource === 'resize');

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  handles: (request) => (request.operation === 'CREATE' || request.operation === 'UPDATE') && (isPod(request) || isNamespace(request) || (request.subresource === '' && templates.has(`${request.resource}.${request.group}`))),
  validate(request, context) {
    if (isNamespace(request)) checkNamespace(request, context);
    else if (request.resource === 'pods') checkPod(request, context);
    else checkTemplate(request, context);
  },
};

// ---------------------------------------------------------------- what a namespace asks for

interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
  readonly errors: readonly FieldError[];
}
const prefix = 'pod-security.kubernetes.io/';
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

/** As k8s.io/pod-security-admission/api: a level that is none closes for enforce and opens for the others; `warn` follows `enforce` unless it is set. */
function policyOf(labels: Readonly<Record<string, string>> | undefined): Policy {
  const errors: FieldError[] = [];
  const read = (mode: 'enforce' | 'audit' | 'warn'): LevelVersion & { readonly given: boolean } => {
    const levelLabel = labels?.[`${prefix}${mode}`];
    const versionLabel = labels?.[`${prefix}${mode}-version`];
    const known = levels.find((each) => each === levelLabel);
    const refuse = (name: string, value: string, detail: string): void => void errors.push({ type: 'Invalid', field: `metadata.labels[${prefix}${name}]`, value, detail });
    if (levelLabel !== undefined && known === undefined) refuse(mode, levelLabel, 'must be one of privileged, baseline, restricted');
    const version = /^v1\.(0|[1-9][0-9]*)$/.exec(versionLabel ?? '');
    if (versionLabel !== undefined && versionLabel !== 'latest' && version === null) refuse(`${mode}-version`, versionLabel, 'must be "latest" or "v1.x"');
    const level = levelLabel === undefined ? 'privileged' : (known ?? (mode === 'enforce' ? 'restricted' : 'privileged'));
    return { level, minor: version === null ? Infinity : Number(version[1]), given: levelLabel !== undefined };
  };
  const enforce = read('enforce');
  const audit = read('audit');
  const warn = read('warn');
  return { enforce, audit, warn: !warn.given && enforce.given && levels.indexOf(enforce.level) > levels.indexOf(warn.level) ? enforce : warn, errors };
}

const same = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.minor === b.minor;
const details = (found: readonly Violation[]): string => found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');

// ---------------------------------------------------------------- pods and templates

function checkPod(request: AdmissionRequest, context: AdmissionContext): void {
  const policy = policyFor(request, context);
  const pod = request.object as StoredObject;
  if (isMirrorPod(pod) || (request.operation === 'UPDATE' && request.old !== undefined && !changesContainers(pod, request.old))) return;
  const found = violations(policy.enforce, pod.metadata.annotations, specOf(pod));
  context.annotate(`${prefix}enforce-policy`, levelText(policy.enforce));
  audit(policy, pod.metadata.annotations, specOf(pod), context);
  if (found.length > 0) throw forbidden(request, pod.metadata.name, `violates PodSecurity ${JSON.stringify(levelText(policy.enforce))}: ${details(found)}`);
  warn(policy, pod.metadata.annotations, specOf(pod), context);
}

function checkTemplate(request: AdmissionRequest, context: AdmissionContext): void {
  const policy = policyFor(request, context);
  if (policy.warn.level === 'privileged' && policy.audit.level === 'privileged') return;
  const template = templateOf(request);
  if (template['spec'] === undefined) return;
  const annotations = fieldsOf(template['metadata'])['annotations'] as Readonly<Record<string, string>> | undefined;
  audit(policy, annotations, fieldsOf(template['spec']), context);
  warn(policy, annotations, fieldsOf(template['spec']), context);
}

const policyFor = (request: AdmissionRequest, { collections }: AdmissionContext): Policy => policyOf(collections.get('namespaces', '', request.namespace)?.metadata.labels);

function audit({ audit: policy }: Policy, annotations: Readonly<Record<string, string>> | undefined, spec: Fields, context: AdmissionContext): void {
  const found = violations(policy, annotations, spec);
  if (found.length > 0) context.annotate(`${prefix}audit-violations`, `would violate PodSecurity ${JSON.stringify(levelText(policy))}: ${details(found)}`);
}

function warn({ warn: policy }: Policy, annotations: Readonly<Record<string, string>> | undefined, spec: Fields, context: AdmissionContext): void {
  const found = violations(policy, annotations, spec);
  if (found.length > 0) context.warn(`would violate PodSecurity ${JSON.stringify(levelText(policy))}: ${details(found)}`);
}

function templateOf({ object, resource }: AdmissionRequest): Fields {
  if (resource === 'podtemplates') return fieldsOf(object?.['template']);
  const spec = specOf(object);
  return fieldsOf(resource === 'cronjobs' ? fieldsOf(fieldsOf(spec['jobTemplate'])['spec'])['template'] : spec['template']);
}

/** Of an update only what the checks look at counts: images, profiles, containers that came. */
function changesContainers(next: StoredObject, old: StoredObject): boolean {
  return ['containers', 'initContainers', 'ephemeralContainers'].some((list) => !sameJson(specOf(next)[list], specOf(old)[list])) || !sameJson(next.metadata.annotations, old.metadata.annotations);
}

// ---------------------------------------------------------------- namespaces

const mostPods = 3000;

function checkNamespace(request: AdmissionRequest, { collections, warn: say }: AdmissionContext): void {
  const { object, old } = request;
  const policy = policyOf(object?.metadata.labels);
  const before = request.operation === 'CREATE' ? undefined : policyOf(old?.metadata.labels);
  if (policy.errors.length > 0 && !sameJson(policy.errors, before?.errors)) throw invalid('', 'Namespace', object?.metadata.name ?? '', policy.errors, formatFieldError);
  if (before === undefined || same(policy.enforce, before.enforce) || policy.enforce.level === 'privileged') return;
  if (policy.enforce.minor === before.enforce.minor && levels.indexOf(policy.enforce.level) <= levels.indexOf(before.enforce.level)) return;
  for (const text of podWarnings(request.name, policy.enforce, collections.cache('pods').list(request.name))) say(text);
}

/** Pods that are there stay; who tightens a namespace hears which would not be let in any more. */
function podWarnings(namespace: string, enforce: LevelVersion, pods: readonly StoredObject[]): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const pod of pods.slice(0, mostPods)) {
    const found = violations(enforce, pod.metadata.annotations, specOf(pod));
    if (found.length === 0) continue;
    const reason = found.map((each) => each.reason).join(', ');
    byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name]);
  }
  const lines = [...byReason].map(([reason, names]) => `${[...names].sort()[0] as string}${names.length === 1 ? '' : ` (and ${names.length - 1} other pod${names.length === 2 ? '' : 's'})`}: ${reason}`).sort();
  return [
    ...(pods.length > mostPods ? [`new PodSecurity enforce level only checked against the first ${mostPods} of ${pods.length} existing pods`] : []),
    ...(lines.length > 0 ? [`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(levelText(enforce))}`] : []),
    ...lines,
  ];
}
