// Small plugins that complete a pod: Priority, DefaultTolerationSeconds, and those that mark nodes and volumes.
import { forbidden } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionPlugin, type AdmissionRequest, type Fields, isPodCreate, type Mutation, specOf, withSpec } from './plugin.ts';

interface PriorityClass extends StoredObject {
  readonly value: number;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: string;
}

const isPodUpdate = (request: AdmissionRequest): boolean => request.operation === 'UPDATE' && request.resource === 'pods' && request.group === '' && request.subresource === '';

/** What was computed when the pod was made stays when an update leaves it out. */
function keptPriority(request: AdmissionRequest): Mutation | undefined {
  const pod = request.object as StoredObject;
  const [spec, old] = [specOf(pod), specOf(request.old as StoredObject)];
  const kept = Object.fromEntries(['priority', 'preemptionPolicy'].filter((field) => spec[field] === undefined && old[field] !== undefined).map((field) => [field, old[field]]));
  return Object.keys(kept).length === 0 ? undefined : { object: withSpec(pod, kept), changes: Object.entries(kept).map(([field, value]) => `spec.${field}: ${String(value)}`) };
}

export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: (request) => isPodCreate(request) || isPodUpdate(request) || (request.resource === 'priorityclasses' && request.group === 'scheduling.k8s.io' && (request.operation === 'CREATE' || request.operation === 'UPDATE')),
  mutate(request, { collections }) {
    if (isPodUpdate(request)) return keptPriority(request);
    if (!isPodCreate(request)) return undefined;
    const pod = request.object as StoredObject;
    const spec = specOf(pod);
    const name = spec['priorityClassName'] as string | undefined;
    let value = 0;
    let className = name;
    let policy = 'PreemptLowerPriority';
    if (name === undefined || name === '') {
      for (const each of collections.cache('priorityclasses').values() as Iterable<PriorityClass>) {
        if (each.globalDefault !== true) continue;
        className = each.metadata.name;
        value = each.value;
        policy = each.preemptionPolicy ?? policy;
      }
    } else {
      const found = collections.get('priorityclasses', '', name) as PriorityClass | undefined;
      if (found === undefined) throw forbidden(request, pod.metadata.name, `no PriorityClass with name ${name} was found`);
      value = found.value;
      policy = found.preemptionPolicy ?? policy;
    }
    if (spec['priority'] !== undefined && spec['priority'] !== value) throw forbidden(request, pod.metadata.name, `the integer value of priority (${String(spec['priority'])}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
    if (spec['preemptionPolicy'] !== undefined && spec['preemptionPolicy'] !== policy) throw forbidden(request, pod.metadata.name, `the string value of PreemptionPolicy (${String(spec['preemptionPolicy'])}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
    if (spec['priority'] === value && spec['preemptionPolicy'] === policy && className === name) return undefined;
    return { object: withSpec(pod, { priority: value, preemptionPolicy: policy, ...(className === undefined || className === '' ? {} : { priorityClassName: className }) }), changes: [`spec.priority: ${value}`] };
  },
  validate(request, { collections }) {
    if (request.resource !== 'priorityclasses') return;
    const made = request.object as PriorityClass;
    if (made.globalDefault !== true) return;
    for (const each of collections.cache('priorityclasses').values() as Iterable<PriorityClass>) {
      if (each.globalDefault === true && each.metadata.name !== made.metadata.name) throw forbidden(request, made.metadata.name, `PriorityClass ${each.metadata.name} is already marked as default. Only one default can exist`);
    }
  },
};

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (request) => request.resource === 'pods' && request.group === '' && request.subresource === '' && (request.operation === 'CREATE' || request.operation === 'UPDATE'),
  mutate(request, { config }) {
    const pod = request.object as StoredObject;
    const has = (specOf(pod)['tolerations'] ?? []) as readonly Toleration[];
    const tolerates = (key: string): boolean => has.some((each) => (each.key === key || each.key === undefined || each.key === '') && (each.effect === 'NoExecute' || each.effect === undefined || each.effect === ''));
    const added: Toleration[] = [];
    if (!tolerates(notReady)) added.push({ key: notReady, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: config.defaultNotReadyTolerationSeconds });
    if (!tolerates(unreachable)) added.push({ key: unreachable, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: config.defaultUnreachableTolerationSeconds });
    if (added.length === 0) return undefined;
    return { object: withSpec(pod, { tolerations: [...has, ...added] }), changes: added.map((each) => `+ toleration ${each.key ?? ''}`) };
  },
};

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (request) => request.operation === 'CREATE' && request.resource === 'nodes' && request.group === '' && request.subresource === '',
  mutate(request) {
    const node = request.object as StoredObject;
    const taints = (specOf(node)['taints'] ?? []) as readonly Fields[];
    if (taints.some((taint) => taint['key'] === notReady && taint['effect'] === 'NoSchedule')) return undefined;
    return { object: withSpec(node, { taints: [...taints, { key: notReady, effect: 'NoSchedule' }] }), changes: [`+ taint ${notReady}:NoSchedule`] };
  },
};

const defaultIngress = 'ingressclass.kubernetes.io/is-default-class';

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: (request) => request.operation === 'CREATE' && request.resource === 'ingresses' && request.group === 'networking.k8s.io' && request.subresource === '',
  mutate(request, { collections }) {
    const ingress = request.object as StoredObject;
    if (specOf(ingress)['ingressClassName'] !== undefined || ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return undefined;
    for (const each of collections.cache('ingressclasses').list('')) {
      if (each.metadata.annotations?.[defaultIngress] === 'true') return { object: withSpec(ingress, { ingressClassName: each.metadata.name }), changes: [`spec.ingressClassName: ${each.metadata.name}`] };
    }
    return undefined;
  },
};

const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** PodTopologyLabels: a binding carries the node's zone and region over to the pod. */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  handles: (request) => request.operation === 'CREATE' && request.group === '' && ((request.resource === 'pods' && request.subresource === 'binding') || isPodCreate(request)),
  mutate(request, { collections }) {
    const object = request.object as StoredObject;
    const node = request.subresource === 'binding' ? (object as { target?: { name?: string } }).target?.name : (specOf(object)['nodeName'] as string | undefined);
    if (node === undefined || node === '') return undefined;
    const labels = collections.get('minions', '', node)?.metadata.labels ?? {};
    const copied: Record<string, string> = {};
    for (const key of topologyLabels) if (labels[key] !== undefined) copied[key] = labels[key] as string;
    if (Object.keys(copied).length === 0) return undefined;
    return { object: { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...copied } } }, changes: Object.keys(copied).map((key) => `+ label ${key}`) };
  },
};
