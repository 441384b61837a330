// The list of loops, by the names that --controllers knows.
import type { ControllerContext } from './shared/context.ts';
import { startDeploymentController } from './deployment/controller.ts';
import { startEndpointsController } from './endpoints/controller.ts';
import { startEndpointSliceController } from './endpointslice/controller.ts';
import { startNamespaceController } from './namespace/controller.ts';
import { startNodeIpamController } from './node-ipam/controller.ts';
import { startNodeLifecycleController } from './node-lifecycle/controller.ts';
import { startReplicaSetController, startReplicationController } from './replicaset/controller.ts';
import { startRootCaPublisher } from './root-ca-publisher/controller.ts';
import { startServiceAccountTokenController } from './serviceaccount/token-controller.ts';
import { startServiceAccountController } from './serviceaccount/controller.ts';
import { startTaintEvictionController } from './taint-eviction/controller.ts';
import { startValidatingPolicyStatusController } from './validating-policy-status/controller.ts';
import { startTtlController } from './ttl/controller.ts';
import { startTtlAfterFinishedController } from './ttl-after-finished/controller.ts';
import { startStatefulSetController } from './statefulset/controller.ts';
import { startResourceQuotaController } from './resourcequota/controller.ts';
import { startPersistentVolumeBinder } from './persistentvolume-binder/controller.ts';
import { startClaimProtection, startVolumeProtection } from './volume-protection/controller.ts';
import { startPodGcController } from './pod-gc/controller.ts';
import { startJobController } from './job/controller.ts';
import { startGarbageCollector } from './garbage-collector/controller.ts';
import { startEndpointSliceMirroringController } from './endpointslice-mirroring/controller.ts';
import { startDisruptionController } from './disruption/controller.ts';
import { startDaemonSetController } from './daemonset/controller.ts';
import { startCronJobController } from './cronjob/controller.ts';
import { startClusterRoleAggregationController } from './clusterrole-aggregation/controller.ts';
import { startCertificateApprover } from './certificates/approver.ts';
import { startCertificateCleaner } from './certificates/cleaner.ts';
import { startCertificateSigner } from './certificates/signer.ts';
import { startBootstrapSigner, startTokenCleaner } from './bootstrap/controller.ts';

const controllers: Readonly<Record<string, (context: ControllerContext) => void>> = {
  'serviceaccount-token-controller': startServiceAccountTokenController,
  'serviceaccount-controller': startServiceAccountController,
  'root-ca-certificate-publisher-controller': startRootCaPublisher,
  'namespace-controller': startNamespaceController,
  'node-ipam-controller': startNodeIpamController,
  'node-lifecycle-controller': startNodeLifecycleController,
  'taint-eviction-controller': startTaintEvictionController,
  'replicaset-controller': startReplicaSetController,
  'replicationcontroller-controller': startReplicationController,
  'deployment-controller': startDeploymentController,
  'endpoints-controller': startEndpointsController,
  'endpointslice-controller': startEndpointSliceController,
  'endpointslice-mirroring-controller': startEndpointSliceMirroringController,
  'daemonset-controller': startDaemonSetController,
  'statefulset-controller': startStatefulSetController,
  'job-controller': startJobController,
  'cronjob-controller': startCronJobController,
  'ttl-after-finished-controller': startTtlAfterFinishedController,
  'garbage-collector-controller': startGarbageCollector,
  'pod-garbage-collector-controller': startPodGcController,
  'disruption-controller': startDisruptionController,
  'resourcequota-controller': startResourceQuotaController,
  'clusterrole-aggregation-controller': startClusterRoleAggregationController,
  'certificatesigningrequest-approving-controller': startCertificateApprover,
  'certificatesigningrequest-signing-controller': startCertificateSigner,
  'certificatesigningrequest-cleaner-controller': startCertificateCleaner,
  'persistentvolume-binder-controller': startPersistentVolumeBinder,
  'persistentvolumeclaim-protection-controller': startClaimProtection,
  'persistentvolume-protection-controller': startVolumeProtection,
  'ttl-controller': startTtlController,
  'validatingadmissionpolicy-status-controller': startValidatingPolicyStatusController,
};

/** Off unless they are named, by their old names too: kubeadm asks for them. */
const onDemand: Readonly<Record<string, { readonly alias: string; readonly start: (context: ControllerContext) => void }>> = {
  'bootstrap-signer-controller': { alias: 'bootstrapsigner', start: startBootstrapSigner },
  'token-cleaner-controller': { alias: 'tokencleaner', start: startTokenCleaner },
};

/** `--controllers=*,-name`: a name with a dash is left out. */
export function startControllers(context: ControllerContext): void {
  const chosen = context.flags.list('controllers');
  const all = chosen.length === 0 || chosen.includes('*');
  for (const [name, start] of Object.entries(controllers)) {
    if (chosen.includes(`-${name}`) || (!all && !chosen.includes(name))) continue;
    start(context);
  }
  for (const [name, { alias, start }] of Object.entries(onDemand)) if (chosen.includes(name) || chosen.includes(alias)) start(context);
}
