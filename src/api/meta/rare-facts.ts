// What the generated structure does not say and only people ask for: facts of rare definitions, the values of enums, Go's names of types, unions. In a file of
// its own, so that the page need not wait for it.
import type { Definition, Field } from './structure.ts';

/** As `listFacts` and `pointerFacts` of structure-facts.ts, of definitions that no booting cluster looks up. */
export const rareListFacts = `
admissionregistration.v1.MutatingAdmissionPolicySpec matchConditions=name*
admissionregistration.v1.MutatingWebhook matchConditions=name*
admissionregistration.v1.MutatingWebhookConfiguration webhooks=name*
admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec validationActions=set
admissionregistration.v1.ValidatingAdmissionPolicySpec matchConditions=name* variables=name*
admissionregistration.v1.ValidatingAdmissionPolicyStatus conditions=type
admissionregistration.v1.ValidatingWebhook matchConditions=name*
admissionregistration.v1.ValidatingWebhookConfiguration webhooks=name*
apiextensions.v1.CustomResourceDefinitionStatus conditions=type
apiextensions.v1.JSONSchemaProps x-kubernetes-validations=rule*
apps.v1.StatefulSetStatus conditions=type*
autoscaling.v2.HorizontalPodAutoscalerStatus conditions=type*
batch.v1.JobStatus conditions~type
batch.v1.PodFailurePolicyOnExitCodesRequirement values=set
batch.v1.UncountedTerminatedPods failed=set succeeded=set
certificates.v1.CertificateSigningRequestStatus conditions=type
core.v1.ComponentStatus conditions=type*
core.v1.ContainerRestartRuleOnExitCodes values=set
core.v1.EphemeralContainer env=name* ports=containerPort,protocol* volumeDevices=devicePath* volumeMounts=mountPath*
core.v1.NodeAllocatableResourceClaimStatus containers=set
core.v1.PersistentVolumeClaimStatus conditions=type*
core.v1.ReplicationControllerStatus conditions=type*
core.v1.ResourceStatus resources=resourceID
policy.v1.PodDisruptionBudgetSpec selector!
policy.v1.PodDisruptionBudgetStatus conditions=type*
resource.v1.AllocatedDeviceStatus conditions=type
resource.v1.ResourceClaimStatus devices=driver,device,pool,shareID reservedFor=uid*
storage.v1.CSIDriverSpec volumeLifecycleModes=set
storage.v1.CSINodeSpec drivers=name*`;
export const rarePointerFacts = `
core.v1.TypedLocalObjectReference apiGroup
core.v1.WindowsSecurityContextOptions gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess
core.v1.EphemeralContainer restartPolicy
core.v1.Lifecycle stopSignal
core.v1.GRPCAction service
core.v1.TopologySpreadConstraint minDomains nodeAffinityPolicy nodeTaintsPolicy
core.v1.PodDNSConfigOption value
core.v1.DownwardAPIVolumeFile mode
core.v1.ServiceAccountTokenProjection expirationSeconds
core.v1.CSIVolumeSource readOnly fsType
core.v1.AzureDiskVolumeSource cachingMode fsType readOnly kind
core.v1.FCVolumeSource lun
core.v1.ISCSIVolumeSource initiatorName
core.v1.ISCSIPersistentVolumeSource initiatorName
core.v1.ClientIPConfig timeoutSeconds
core.v1.LoadBalancerIngress ipMode
core.v1.PortStatus error
core.v1.PersistentVolumeSpec volumeMode volumeAttributesClassName
core.v1.PersistentVolumeClaimSpec storageClassName volumeMode volumeAttributesClassName
core.v1.PersistentVolumeClaimStatus currentVolumeAttributesClassName
core.v1.TypedObjectReference apiGroup namespace
core.v1.ReplicationControllerSpec replicas
core.v1.NodeRuntimeHandlerFeatures recursiveReadOnlyMounts userNamespaces
core.v1.NodeFeatures supplementalGroupsPolicy
core.v1.PodResourceClaim resourceClaimName resourceClaimTemplateName
core.v1.PodResourceClaimStatus resourceClaimName
core.v1.VolumeStatus image
core.v1.AzureFilePersistentVolumeSource secretNamespace
core.v1.ClusterTrustBundleProjection name signerName
core.v1.GlusterfsPersistentVolumeSource endpointsNamespace
core.v1.LocalVolumeSource fsType
core.v1.NodeRuntimeHandler name
core.v1.PodCertificateProjection maxExpirationSeconds
core.v1.PodSchedulingGroup podGroupName
core.v1.ResourceHealth message
apps.v1.StatefulSetSpec replicas serviceName
apps.v1.RollingUpdateStatefulSetStrategy partition
apps.v1.StatefulSetOrdinals start
apps.v1.StatefulSetStatus availableReplicas
batch.v1.JobSpec parallelism completions activeDeadlineSeconds backoffLimit backoffLimitPerIndex maxFailedIndexes manualSelector ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy
batch.v1.JobStatus terminating ready failedIndexes
batch.v1.CronJobSpec timeZone startingDeadlineSeconds suspend successfulJobsHistoryLimit failedJobsHistoryLimit
batch.v1.PodFailurePolicyOnExitCodesRequirement containerName
batch.v1.SuccessPolicyRule succeededIndexes succeededCount
autoscaling.v1.HorizontalPodAutoscalerSpec minReplicas targetCPUUtilizationPercentage
autoscaling.v1.HorizontalPodAutoscalerStatus observedGeneration currentCPUUtilizationPercentage
autoscaling.v2.HorizontalPodAutoscalerSpec minReplicas
autoscaling.v2.HorizontalPodAutoscalerStatus observedGeneration
autoscaling.v2.HPAScalingRules stabilizationWindowSeconds selectPolicy
autoscaling.v2.MetricTarget averageUtilization
autoscaling.v2.MetricValueStatus averageUtilization
policy.v1.PodDisruptionBudgetSpec unhealthyPodEvictionPolicy
policy.v1.PodDisruptionBudgetStatus currentHealthy desiredHealthy disruptionsAllowed expectedPods
networking.v1.IngressSpec ingressClassName
networking.v1.HTTPIngressPath pathType
networking.v1.IngressClassParametersReference apiGroup scope namespace
networking.v1.IngressPortStatus error
networking.v1.NetworkPolicyPort protocol endPort
storage.v1.StorageClass reclaimPolicy allowVolumeExpansion volumeBindingMode
storage.v1.CSIDriverSpec attachRequired podInfoOnMount storageCapacity fsGroupPolicy requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds preventPodSchedulingIfMissing serviceAccountTokenInSecrets
storage.v1.VolumeNodeResources count
storage.v1.VolumeAttachmentSource persistentVolumeName
storage.v1.VolumeError errorCode
storage.v1.TokenRequest expirationSeconds
authentication.v1.TokenRequestStatus token
certificates.v1.CertificateSigningRequestSpec expirationSeconds
meta.v1.DeleteOptions gracePeriodSeconds orphanDependents propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential
meta.v1.Preconditions uid resourceVersion
admissionregistration.v1.ValidatingWebhook failurePolicy matchPolicy sideEffects timeoutSeconds
admissionregistration.v1.MutatingWebhook failurePolicy matchPolicy sideEffects timeoutSeconds reinvocationPolicy
admissionregistration.v1.RuleWithOperations scope
admissionregistration.v1.NamedRuleWithOperations scope
admissionregistration.v1.WebhookClientConfig url
admissionregistration.v1.ServiceReference path port
admissionregistration.v1.MatchResources matchPolicy
admissionregistration.v1.ParamRef parameterNotFoundAction
admissionregistration.v1.ValidatingAdmissionPolicySpec failurePolicy
admissionregistration.v1.MutatingAdmissionPolicySpec failurePolicy
admissionregistration.v1.Validation reason
apiregistration.v1.ServiceReference port
apiextensions.v1.CustomResourceDefinitionVersion deprecationWarning
apiextensions.v1.CustomResourceSubresourceScale labelSelectorPath
apiextensions.v1.JSONSchemaProps maximum minimum maxLength minLength maxItems minItems multipleOf maxProperties minProperties x-kubernetes-preserve-unknown-fields x-kubernetes-list-type x-kubernetes-map-type $ref
apiextensions.v1.ValidationRule reason optionalOldSelf
apiextensions.v1.ServiceReference path port
apiextensions.v1.WebhookClientConfig url
resource.v1.DeviceAttribute int bool string version
resource.v1.AllocatedDeviceStatus shareID
resource.v1.Device allNodes allowMultipleAllocations bindsToNode nodeName
resource.v1.DeviceClassSpec extendedResourceName
resource.v1.DeviceConstraint distinctAttribute matchAttribute
resource.v1.DeviceRequestAllocationResult adminAccess shareID
resource.v1.DeviceToleration tolerationSeconds
resource.v1.ExactDeviceRequest adminAccess
resource.v1.NodeAllocatableResourceMapping capacityKey
resource.v1.ResourceSliceSpec allNodes nodeName perDeviceNodeSelection`;

/** Signals of Linux, and the real-time ones counted from both ends. */
const signals = [
  ...'SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SIGRTMAX SIGRTMIN'.split(' '),
  ...Array.from({ length: 14 }, (_, i) => `SIGRTMAX-${i + 1}`),
  ...Array.from({ length: 15 }, (_, i) => `SIGRTMIN+${i + 1}`),
]
  .sort()
  .join(' ');

/** Values of string fields that the API calls enums, in its order. */
const enumFacts: Readonly<Record<string, string>> = {
  'core.v1.PodSpec.restartPolicy': 'Always Never OnFailure',
  'core.v1.PodSpec.dnsPolicy': 'ClusterFirst ClusterFirstWithHostNet Default None',
  'core.v1.PodSpec.preemptionPolicy': 'Never PreemptLowerPriority',
  'core.v1.Container.imagePullPolicy': 'Always IfNotPresent Never',
  'core.v1.Container.terminationMessagePolicy': 'FallbackToLogsOnError File',
  'core.v1.EphemeralContainer.imagePullPolicy': 'Always IfNotPresent Never',
  'core.v1.EphemeralContainer.terminationMessagePolicy': 'FallbackToLogsOnError File',
  'core.v1.ContainerPort.protocol': 'SCTP TCP UDP',
  'core.v1.HTTPGetAction.scheme': 'HTTP HTTPS',
  'core.v1.VolumeMount.mountPropagation': 'Bidirectional HostToContainer None',
  'core.v1.Taint.effect': 'NoExecute NoSchedule PreferNoSchedule',
  'core.v1.Toleration.effect': 'NoExecute NoSchedule PreferNoSchedule',
  'core.v1.Toleration.operator': 'Equal Exists Gt Lt',
  'core.v1.TopologySpreadConstraint.whenUnsatisfiable': 'DoNotSchedule ScheduleAnyway',
  'core.v1.TopologySpreadConstraint.nodeAffinityPolicy': 'Honor Ignore',
  'core.v1.TopologySpreadConstraint.nodeTaintsPolicy': 'Honor Ignore',
  'core.v1.NodeSelectorRequirement.operator': 'DoesNotExist Exists Gt In Lt NotIn',
  'core.v1.SeccompProfile.type': 'Localhost RuntimeDefault Unconfined',
  'core.v1.AppArmorProfile.type': 'Localhost RuntimeDefault Unconfined',
  'core.v1.PodSecurityContext.fsGroupChangePolicy': 'Always OnRootMismatch',
  'core.v1.PodSecurityContext.supplementalGroupsPolicy': 'Merge Strict',
  'core.v1.SecurityContext.procMount': 'Default Unmasked',
  'core.v1.HostPathVolumeSource.type': ' BlockDevice CharDevice Directory DirectoryOrCreate File FileOrCreate Socket',
  'core.v1.PodStatus.phase': 'Failed Pending Running Succeeded Unknown',
  'core.v1.PodStatus.qosClass': 'BestEffort Burstable Guaranteed',
  'core.v1.NamespaceStatus.phase': 'Active Terminating',
  'core.v1.NodeStatus.phase': 'Pending Running Terminated',
  'core.v1.ServiceSpec.type': 'ClusterIP ExternalName LoadBalancer NodePort',
  'core.v1.ServiceSpec.sessionAffinity': 'ClientIP None',
  'core.v1.ServiceSpec.externalTrafficPolicy': 'Cluster Local',
  'core.v1.ServiceSpec.internalTrafficPolicy': 'Cluster Local',
  'core.v1.ServiceSpec.ipFamilyPolicy': 'PreferDualStack RequireDualStack SingleStack',
  'core.v1.ServicePort.protocol': 'SCTP TCP UDP',
  'core.v1.EndpointPort.protocol': 'SCTP TCP UDP',
  'core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy': 'Delete Recycle Retain',
  'core.v1.PersistentVolumeSpec.volumeMode': 'Block Filesystem',
  'core.v1.PersistentVolumeClaimSpec.volumeMode': 'Block Filesystem',
  'core.v1.PersistentVolumeStatus.phase': 'Available Bound Failed Pending Released',
  'core.v1.PersistentVolumeClaimStatus.phase': 'Bound Lost Pending',
  'core.v1.ScopedResourceSelectorRequirement.operator': 'DoesNotExist Exists In NotIn',
  'core.v1.ScopedResourceSelectorRequirement.scopeName': 'BestEffort CrossNamespacePodAffinity NotBestEffort NotTerminating PriorityClass Terminating VolumeAttributesClass',
  'apps.v1.DeploymentStrategy.type': 'Recreate RollingUpdate',
  'apps.v1.DaemonSetUpdateStrategy.type': 'OnDelete RollingUpdate',
  'apps.v1.StatefulSetUpdateStrategy.type': 'OnDelete RollingUpdate',
  'apps.v1.StatefulSetSpec.podManagementPolicy': 'OrderedReady Parallel',
  'batch.v1.CronJobSpec.concurrencyPolicy': 'Allow Forbid Replace',
  'batch.v1.JobSpec.completionMode': 'Indexed NonIndexed',
  'batch.v1.JobSpec.podReplacementPolicy': 'Failed TerminatingOrFailed',
  'batch.v1.PodFailurePolicyRule.action': 'Count FailIndex FailJob Ignore',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement.operator': 'In NotIn',
  'networking.v1.HTTPIngressPath.pathType': 'Exact ImplementationSpecific Prefix',
  'networking.v1.NetworkPolicyPort.protocol': 'SCTP TCP UDP',
  'networking.v1.NetworkPolicySpec.policyTypes': 'Egress Ingress',
  'discovery.v1.EndpointSlice.addressType': 'FQDN IPv4 IPv6',
  'discovery.v1.EndpointPort.protocol': 'SCTP TCP UDP',
  'policy.v1.PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': 'AlwaysAllow IfHealthyBudget',
  'scheduling.v1.PriorityClass.preemptionPolicy': 'Never PreemptLowerPriority',
  'storage.v1.StorageClass.reclaimPolicy': 'Delete Recycle Retain',
  'storage.v1.StorageClass.volumeBindingMode': 'Immediate WaitForFirstConsumer',
  'admissionregistration.v1.MatchResources.matchPolicy': 'Equivalent Exact',
  'admissionregistration.v1.MutatingAdmissionPolicySpec.failurePolicy': 'Fail Ignore',
  'admissionregistration.v1.MutatingAdmissionPolicySpec.reinvocationPolicy': 'IfNeeded Never',
  'admissionregistration.v1.MutatingWebhook.failurePolicy': 'Fail Ignore',
  'admissionregistration.v1.MutatingWebhook.matchPolicy': 'Equivalent Exact',
  'admissionregistration.v1.MutatingWebhook.reinvocationPolicy': 'IfNeeded Never',
  'admissionregistration.v1.MutatingWebhook.sideEffects': 'None NoneOnDryRun Some Unknown',
  'admissionregistration.v1.Mutation.patchType': 'ApplyConfiguration JSONPatch',
  'admissionregistration.v1.NamedRuleWithOperations.operations': '* CONNECT CREATE DELETE UPDATE',
  'admissionregistration.v1.NamedRuleWithOperations.scope': '* Cluster Namespaced',
  'admissionregistration.v1.RuleWithOperations.operations': '* CONNECT CREATE DELETE UPDATE',
  'admissionregistration.v1.RuleWithOperations.scope': '* Cluster Namespaced',
  'admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec.validationActions': 'Audit Deny Warn',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec.failurePolicy': 'Fail Ignore',
  'admissionregistration.v1.ValidatingWebhook.failurePolicy': 'Fail Ignore',
  'admissionregistration.v1.ValidatingWebhook.matchPolicy': 'Equivalent Exact',
  'admissionregistration.v1.ValidatingWebhook.sideEffects': 'None NoneOnDryRun Some Unknown',
  'certificates.v1.CertificateSigningRequestSpec.usages': 'any|cert sign|client auth|code signing|content commitment|crl sign|data encipherment|decipher only|digital signature|email protection|encipher only|ipsec end system|ipsec tunnel|ipsec user|key agreement|key encipherment|microsoft sgc|netscape sgc|ocsp signing|s/mime|server auth|signing|timestamping',
  'core.v1.AzureDiskVolumeSource.cachingMode': 'None ReadOnly ReadWrite',
  'core.v1.AzureDiskVolumeSource.kind': 'Dedicated Managed Shared',
  'core.v1.ContainerStatus.stopSignal': signals,
  'core.v1.ImageVolumeSource.pullPolicy': 'Always IfNotPresent Never',
  'core.v1.Lifecycle.stopSignal': signals,
  'core.v1.ModifyVolumeStatus.status': 'InProgress Infeasible Pending',
  'core.v1.PersistentVolumeClaimSpec.accessModes': 'ReadOnlyMany ReadWriteMany ReadWriteOnce ReadWriteOncePod',
  'core.v1.PersistentVolumeClaimStatus.accessModes': 'ReadOnlyMany ReadWriteMany ReadWriteOnce ReadWriteOncePod',
  'core.v1.PersistentVolumeClaimStatus.allocatedResourceStatuses': 'ControllerResizeInProgress ControllerResizeInfeasible NodeResizeInProgress NodeResizeInfeasible NodeResizePending',
  'core.v1.PersistentVolumeSpec.accessModes': 'ReadOnlyMany ReadWriteMany ReadWriteOnce ReadWriteOncePod',
  'core.v1.PortStatus.protocol': 'SCTP TCP UDP',
  'core.v1.ResourceQuotaSpec.scopes': 'BestEffort CrossNamespacePodAffinity NotBestEffort NotTerminating PriorityClass Terminating VolumeAttributesClass',
  'core.v1.ServiceSpec.ipFamilies': ' IPv4 IPv6',
  'networking.v1.IngressPortStatus.protocol': 'SCTP TCP UDP',
  'resource.v1.DeviceAllocationConfiguration.source': 'FromClaim FromClass',
  'resource.v1.DeviceSubRequest.allocationMode': 'All ExactCount',
  'resource.v1.DeviceTaint.effect': 'NoExecute NoSchedule None',
  'resource.v1.DeviceToleration.effect': 'NoExecute NoSchedule None',
  'resource.v1.DeviceToleration.operator': 'Equal Exists',
  'resource.v1.ExactDeviceRequest.allocationMode': 'All ExactCount',
  'apiextensions.v1.ValidationRule.reason': 'FieldValueDuplicate FieldValueForbidden FieldValueInvalid FieldValueRequired',
};

/** Go names of string types, as decoding errors say them. */
export const goTypeFacts: Readonly<Record<string, string>> = {
  'core.v1.PodSpec.restartPolicy': 'v1.RestartPolicy',
  'core.v1.PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'core.v1.PodSpec.preemptionPolicy': 'v1.PreemptionPolicy',
  'core.v1.Container.imagePullPolicy': 'v1.PullPolicy',
  'core.v1.Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'core.v1.Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'core.v1.ContainerPort.protocol': 'v1.Protocol',
  'core.v1.ServicePort.protocol': 'v1.Protocol',
  'core.v1.HTTPGetAction.scheme': 'v1.URIScheme',
  'core.v1.Taint.effect': 'v1.TaintEffect',
  'core.v1.Toleration.effect': 'v1.TaintEffect',
  'core.v1.Toleration.operator': 'v1.TolerationOperator',
  'core.v1.ServiceSpec.type': 'v1.ServiceType',
  'core.v1.ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'core.v1.Secret.type': 'v1.SecretType',
  'apps.v1.DeploymentStrategy.type': 'v1.DeploymentStrategyType',
  'apps.v1.StatefulSetSpec.podManagementPolicy': 'v1.PodManagementPolicyType',
  'batch.v1.CronJobSpec.concurrencyPolicy': 'v1.ConcurrencyPolicy',
  'batch.v1.JobSpec.completionMode': 'v1.CompletionMode',
};

/** x-kubernetes-unions: which fields exclude each other, and the field that tells which one is meant. */
export const unionFacts: Readonly<Record<string, { readonly discriminator?: string; readonly fields: Readonly<Record<string, string>> }>> = {
  'core.v1.AppArmorProfile': { discriminator: 'type', fields: { localhostProfile: 'LocalhostProfile' } },
  'core.v1.PodSchedulingGroup': { fields: { podGroupName: 'PodGroupName' } },
  'core.v1.SeccompProfile': { discriminator: 'type', fields: { localhostProfile: 'LocalhostProfile' } },
  'flowcontrol.v1.LimitResponse': { discriminator: 'type', fields: { queuing: 'Queuing' } },
  'flowcontrol.v1.PriorityLevelConfigurationSpec': { discriminator: 'type', fields: { exempt: 'Exempt', limited: 'Limited' } },
  'flowcontrol.v1.Subject': { discriminator: 'kind', fields: { group: 'Group', serviceAccount: 'ServiceAccount', user: 'User' } },
};

/** The values that a field may have, or its items; undefined when they are not counted. */
export function enumOf(definition: Definition, field: Field): readonly string[] | undefined {
  const values = enumFacts[`${definition.name}.${field.name}`];
  // Most values hold no blanks; where they do, bars part them.
  return values?.split(values.includes('|') ? '|' : ' ');
}
