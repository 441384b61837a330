// Which kind is described by whom. A describer fetches what it needs beside the object and returns the whole text.
import type { Task } from '../../../kernel/task.ts';
import type { Mapping } from '../discovery.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { eventMapping } from '../commands/act.ts';
import { itemsOf } from '../builder.ts';
import * as core from './core.ts';
import * as config from './config.ts';
import * as network from './network.ts';
import * as policy from './policy.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import * as storage from './storage.ts';
import * as workloads from './workloads.ts';
import { describeGeneric } from './generic.ts';

export interface Subject {
  readonly k: Kubectl;
  readonly mapping: Mapping;
  readonly object: Any;
  /** undefined when events are not wanted. */
  readonly events: readonly Any[] | undefined;
}

export type Describer = (subject: Subject) => Task<string>;

const describers: Readonly<Record<string, Describer>> = {
  Pod: describePod,
  Node: describeNode,
  Namespace: core.describeNamespace,
  Service: network.describeService,
  Endpoints: network.describeEndpoints,
  'EndpointSlice.discovery.k8s.io': network.describeEndpointSlice,
  'Ingress.networking.k8s.io': network.describeIngress,
  'IngressClass.networking.k8s.io': network.describeIngressClass,
  'NetworkPolicy.networking.k8s.io': network.describeNetworkPolicy,
  'ServiceCIDR.networking.k8s.io': network.describeServiceCidr,
  'IPAddress.networking.k8s.io': network.describeIpAddress,
  ConfigMap: config.describeConfigMap,
  Secret: config.describeSecret,
  ServiceAccount: config.describeServiceAccount,
  'Role.rbac.authorization.k8s.io': policy.describeRole,
  'ClusterRole.rbac.authorization.k8s.io': policy.describeRole,
  'RoleBinding.rbac.authorization.k8s.io': policy.describeRoleBinding,
  'ClusterRoleBinding.rbac.authorization.k8s.io': policy.describeRoleBinding,
  ResourceQuota: policy.describeQuota,
  LimitRange: policy.describeLimitRange,
  'PodDisruptionBudget.policy': policy.describePdb,
  'PriorityClass.scheduling.k8s.io': policy.describePriorityClass,
  'HorizontalPodAutoscaler.autoscaling': policy.describeHpa,
  'CertificateSigningRequest.certificates.k8s.io': policy.describeCsr,
  'Deployment.apps': workloads.describeDeployment,
  'ReplicaSet.apps': workloads.describeReplicaSet,
  ReplicationController: workloads.describeReplicationController,
  'DaemonSet.apps': workloads.describeDaemonSet,
  'StatefulSet.apps': workloads.describeStatefulSet,
  'Job.batch': workloads.describeJob,
  'CronJob.batch': workloads.describeCronJob,
  PersistentVolume: storage.describePv,
  PersistentVolumeClaim: storage.describePvc,
  'StorageClass.storage.k8s.io': storage.describeStorageClass,
};

export function describerFor(mapping: Mapping): Describer {
  return describers[mapping.group === '' ? mapping.kind : `${mapping.kind}.${mapping.group}`] ?? describeGeneric;
}

/** Kinds whose description has no events. */
export const withoutEvents = new Set(['ConfigMap.', 'Secret', 'Role.rbac.authorization.k8s.io', 'ClusterRole.rbac.authorization.k8s.io', 'RoleBinding.rbac.authorization.k8s.io', 'ClusterRoleBinding.rbac.authorization.k8s.io', 'ResourceQuota', 'LimitRange', 'NetworkPolicy.networking.k8s.io', 'Namespace']);

export function* eventsFor(k: Kubectl, object: Any): Task<readonly Any[]> {
  const { name, namespace, uid } = object.metadata;
  const fields = [`involvedObject.name=${name}`, ...(namespace === undefined ? [] : [`involvedObject.namespace=${namespace}`]), ...(object.kind === undefined ? [] : [`involvedObject.kind=${object.kind}`])];
  // A node's events carry its name as their subject's uid; a mirror pod's the uid that its kubelet gave it.
  const known = object.kind === 'Pod' ? (object.metadata.annotations?.['kubernetes.io/config.mirror'] ?? uid) : uid;
  if (object.kind !== 'Node' && known !== undefined) fields.push(`involvedObject.uid=${known}`);
  const mapping: Mapping = eventMapping;
  return itemsOf(yield* k.call('GET', k.path(mapping, namespace ?? ''), { query: { fieldSelector: fields.join(','), limit: '500' } }), mapping);
}
