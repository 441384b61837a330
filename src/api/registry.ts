// Every built-in kind of the API, in the order in which discovery lists the groups.
import type { KindDeclaration } from './contract.ts';
import { controllerRevisionKind } from './apps/controller-revision.ts';
import { daemonSetKind } from './apps/daemon-set.ts';
import { deploymentKind } from './apps/deployment.ts';
import { replicaSetKind } from './apps/replica-set.ts';
import { statefulSetKind } from './apps/stateful-set.ts';
import { reviewKinds } from './authorization/reviews.ts';
import { horizontalPodAutoscalerKind, horizontalPodAutoscalerV1Kind } from './autoscaling/horizontal-pod-autoscaler.ts';
import { cronJobKind } from './batch/cron-job.ts';
import { jobKind } from './batch/job.ts';
import { certificateSigningRequestKind } from './certificates/certificate-signing-request.ts';
import { leaseKind } from './coordination/lease.ts';
import { configMapKind } from './core/config-map.ts';
import { endpointsKind } from './core/endpoints.ts';
import { eventKind, eventsEventKind } from './core/event.ts';
import { limitRangeKind, resourceQuotaKind } from './core/limits.ts';
import { namespaceKind } from './core/namespace.ts';
import { nodeKind } from './core/node.ts';
import { persistentVolumeClaimKind } from './core/persistent-volume-claim.ts';
import { persistentVolumeKind } from './core/persistent-volume.ts';
import { podKind } from './core/pod.ts';
import { replicationControllerKind } from './core/replication-controller.ts';
import { secretKind } from './core/secret.ts';
import { serviceAccountKind } from './core/service-account.ts';
import { serviceKind } from './core/service.ts';
import { bindingKind, componentStatusKind, podTemplateKind } from './core/small-kinds.ts';
import { endpointSliceKind } from './discovery/endpoint-slice.ts';
import { extensionKinds } from './extension/extension-kinds.ts';
import type { ApiObject } from './meta/object.ts';
import { ipAddressKind, serviceCidrKind } from './networking/addresses.ts';
import { ingressClassKind, ingressKind } from './networking/ingress.ts';
import { networkPolicyKind } from './networking/network-policy.ts';
import { runtimeClassKind } from './node/runtime-class.ts';
import { podDisruptionBudgetKind } from './policy/pod-disruption-budget.ts';
import { clusterRoleBindingKind, clusterRoleKind, roleBindingKind, roleKind } from './rbac/roles.ts';
import { resourceKinds } from './resource/resource-kinds.ts';
import { priorityClassKind } from './scheduling/priority-class.ts';
import { csiDriverKind, csiNodeKind, csiStorageCapacityKind, storageClassKind, volumeAttachmentKind, volumeAttributesClassKind } from './storage/storage-kinds.ts';

/** A declaration only ever meets objects of its own kind: the decoder looks it up by group, version and kind. */
const any = <T extends ApiObject>(declaration: KindDeclaration<T>): KindDeclaration => declaration as unknown as KindDeclaration;

export const kinds: readonly KindDeclaration[] = [
  any(bindingKind),
  any(componentStatusKind),
  any(configMapKind),
  any(endpointsKind),
  any(eventKind),
  any(limitRangeKind),
  any(namespaceKind),
  any(nodeKind),
  any(persistentVolumeClaimKind),
  any(persistentVolumeKind),
  any(podKind),
  any(podTemplateKind),
  any(replicationControllerKind),
  any(resourceQuotaKind),
  any(secretKind),
  any(serviceAccountKind),
  any(serviceKind),
  ...extensionKinds.map((kind) => kind as unknown as KindDeclaration),
  any(controllerRevisionKind),
  any(daemonSetKind),
  any(deploymentKind),
  any(replicaSetKind),
  any(statefulSetKind),
  ...reviewKinds.map((kind) => kind as unknown as KindDeclaration),
  any(horizontalPodAutoscalerKind),
  any(horizontalPodAutoscalerV1Kind),
  any(cronJobKind),
  any(jobKind),
  any(certificateSigningRequestKind),
  any(leaseKind),
  any(endpointSliceKind),
  any(eventsEventKind),
  any(ingressClassKind),
  any(ingressKind),
  any(ipAddressKind),
  any(networkPolicyKind),
  any(serviceCidrKind),
  any(runtimeClassKind),
  any(podDisruptionBudgetKind),
  any(clusterRoleBindingKind),
  any(clusterRoleKind),
  any(roleBindingKind),
  any(roleKind),
  ...resourceKinds.map((kind) => kind as unknown as KindDeclaration),
  any(priorityClassKind),
  any(csiDriverKind),
  any(csiNodeKind),
  any(csiStorageCapacityKind),
  any(storageClassKind),
  any(volumeAttachmentKind),
  any(volumeAttributesClassKind),
];

const groupVersion = (kind: KindDeclaration): string => (kind.group === '' ? kind.version : `${kind.group}/${kind.version}`);
const byKind = new Map(kinds.map((kind) => [`${groupVersion(kind)} ${kind.kind}`, kind]));
const byResource = new Map(kinds.map((kind) => [`${groupVersion(kind)} ${kind.resource}`, kind]));

export function findKind(apiVersion: string, kind: string): KindDeclaration | undefined {
  return byKind.get(`${apiVersion} ${kind}`);
}

export function findResource(apiVersion: string, resource: string): KindDeclaration | undefined {
  return byResource.get(`${apiVersion} ${resource}`);
}
