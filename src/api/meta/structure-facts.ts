// What the generated structure does not say, by hand: how lists merge, which structs are atomic, which scalars are pointers in Go (so that their zero is kept). What a running cluster never asks is in rare-facts.ts.

/**
 * `field=keys` is a list keyed by those fields (server-side apply), `field=set` a set, every other list is atomic.
 * A `*` adds strategic merge by the first key, `~key` strategic merge by that key alone, `^` retainKeys.
 */
export const listFacts = `
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
apiregistration.v1.APIServiceStatus conditions=type*
apps.v1.DaemonSetStatus conditions=type*
apps.v1.DeploymentSpec strategy^
apps.v1.DeploymentStatus conditions=type*
apps.v1.ReplicaSetStatus conditions=type*
apps.v1.StatefulSetStatus conditions=type*
autoscaling.v2.HorizontalPodAutoscalerStatus conditions=type*
batch.v1.JobStatus conditions~type
batch.v1.PodFailurePolicyOnExitCodesRequirement values=set
batch.v1.UncountedTerminatedPods failed=set succeeded=set
certificates.v1.CertificateSigningRequestStatus conditions=type
core.v1.ComponentStatus conditions=type*
core.v1.Container env=name* ports=containerPort,protocol* volumeDevices=devicePath* volumeMounts=mountPath*
core.v1.ContainerRestartRuleOnExitCodes values=set
core.v1.ContainerStatus allocatedResourcesStatus=name* volumeMounts=mountPath*
core.v1.EphemeralContainer env=name* ports=containerPort,protocol* volumeDevices=devicePath* volumeMounts=mountPath*
core.v1.NamespaceStatus conditions=type*
core.v1.NodeAllocatableResourceClaimStatus containers=set
core.v1.NodeSpec podCIDRs=set*
core.v1.NodeStatus addresses=type* conditions=type*
core.v1.PersistentVolumeClaimStatus conditions=type*
core.v1.PodSpec containers=name* ephemeralContainers=name* hostAliases=ip* imagePullSecrets=name* initContainers=name* resourceClaims=name*^ schedulingGates=name* topologySpreadConstraints=topologyKey,whenUnsatisfiable* volumes=name*^
core.v1.PodStatus conditions=type* hostIPs~ip podIPs=ip* resourceClaimStatuses=name*^
core.v1.ReplicationControllerStatus conditions=type*
core.v1.ResourceRequirements claims=name
core.v1.ResourceStatus resources=resourceID
core.v1.ServiceAccount secrets=name*
core.v1.ServiceSpec ports=port,protocol*
core.v1.ServiceStatus conditions=type*
discovery.v1.Endpoint addresses=set
flowcontrol.v1.FlowSchemaStatus conditions=type*
flowcontrol.v1.NonResourcePolicyRule nonResourceURLs=set verbs=set
flowcontrol.v1.PriorityLevelConfigurationStatus conditions=type*
flowcontrol.v1.ResourcePolicyRule apiGroups=set namespaces=set resources=set verbs=set
meta.v1.ObjectMeta finalizers=set* ownerReferences=uid*
networking.v1.ServiceCIDRStatus conditions=type*
policy.v1.PodDisruptionBudgetSpec selector!
policy.v1.PodDisruptionBudgetStatus conditions=type*
resource.v1.AllocatedDeviceStatus conditions=type
resource.v1.ResourceClaimStatus devices=driver,device,pool,shareID reservedFor=uid*
storage.v1.CSIDriverSpec volumeLifecycleModes=set
storage.v1.CSINodeSpec drivers=name*`;

/** Structs and maps that are replaced whole by server-side apply. */
export const atomicFacts =
  'admissionregistration.v1.MatchResources admissionregistration.v1.NamedRuleWithOperations admissionregistration.v1.ParamKind admissionregistration.v1.ParamRef admissionregistration.v1.Variable ' +
  'autoscaling.v1.CrossVersionObjectReference core.v1.ConfigMapKeySelector core.v1.EndpointAddress core.v1.EndpointPort core.v1.FileKeySelector core.v1.LocalObjectReference core.v1.NodeSelector core.v1.NodeSelectorTerm ' +
  'core.v1.ObjectFieldSelector core.v1.ObjectReference core.v1.ResourceFieldSelector core.v1.ScopeSelector core.v1.SecretKeySelector core.v1.SecretReference core.v1.TopologySelectorTerm ' +
  'core.v1.TypedLocalObjectReference discovery.v1.EndpointPort networking.v1.ServiceBackendPort rbac.v1.RoleRef rbac.v1.Subject meta.v1.LabelSelector meta.v1.OwnerReference ' +
  // Maps and one field that is granular though its struct is atomic:
  'core.v1.PodSpec.nodeSelector core.v1.ReplicationControllerSpec.selector core.v1.ServiceSpec.selector node.v1.Scheduling.nodeSelector';
export const granularFacts = 'core.v1.PersistentVolumeSpec.claimRef core.v1.PersistentVolumeClaimStatus.allocatedResourceStatuses';

/** Optional scalars whose "", 0 or false is said, not left out: they are pointers in Go, or not marked `omitempty` (and their zero is no reason for a default). `*` is any definition. */
export const pointerFacts = `
* optional defaultMode immutable localhostProfile revisionHistoryLimit collisionCount deletionGracePeriodSeconds blockOwnerDeletion remainingItemCount runAsUser runAsGroup runAsNonRoot appProtocol
core.v1.TypedLocalObjectReference apiGroup
core.v1.PodSpec terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace priority runtimeClassName enableServiceLinks preemptionPolicy setHostnameAsFQDN hostUsers hostnameOverride
core.v1.PodSecurityContext fsGroup fsGroupChangePolicy supplementalGroupsPolicy seLinuxChangePolicy
core.v1.SecurityContext privileged readOnlyRootFilesystem allowPrivilegeEscalation procMount
core.v1.WindowsSecurityContextOptions gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess
core.v1.Container restartPolicy
core.v1.EphemeralContainer restartPolicy
core.v1.Lifecycle stopSignal
core.v1.Probe terminationGracePeriodSeconds
core.v1.GRPCAction service
core.v1.Toleration tolerationSeconds
core.v1.TopologySpreadConstraint minDomains nodeAffinityPolicy nodeTaintsPolicy
core.v1.PodDNSConfigOption value
core.v1.VolumeMount recursiveReadOnly mountPropagation
core.v1.VolumeMountStatus recursiveReadOnly
core.v1.KeyToPath mode
core.v1.DownwardAPIVolumeFile mode
core.v1.ServiceAccountTokenProjection expirationSeconds
core.v1.HostPathVolumeSource type
core.v1.CSIVolumeSource readOnly fsType
core.v1.AzureDiskVolumeSource cachingMode fsType readOnly kind
core.v1.FCVolumeSource lun
core.v1.ISCSIVolumeSource initiatorName
core.v1.ISCSIPersistentVolumeSource initiatorName
core.v1.ServiceSpec ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution
core.v1.ClientIPConfig timeoutSeconds
core.v1.LoadBalancerIngress ipMode
core.v1.PortStatus error
core.v1.PersistentVolumeSpec volumeMode volumeAttributesClassName
core.v1.PersistentVolumeClaimSpec storageClassName volumeMode volumeAttributesClassName
core.v1.PersistentVolumeClaimStatus currentVolumeAttributesClassName
core.v1.TypedObjectReference apiGroup namespace
core.v1.ContainerStatus started stopSignal
core.v1.ServiceAccount automountServiceAccountToken
core.v1.ReplicationControllerSpec replicas
core.v1.NodeRuntimeHandlerFeatures recursiveReadOnlyMounts userNamespaces
core.v1.NodeFeatures supplementalGroupsPolicy
core.v1.NodeSwapStatus capacity
core.v1.EndpointAddress nodeName
core.v1.PodResourceClaim resourceClaimName resourceClaimTemplateName
core.v1.PodResourceClaimStatus resourceClaimName
core.v1.VolumeStatus image
core.v1.AzureFilePersistentVolumeSource secretNamespace
core.v1.ClusterTrustBundleProjection name signerName
core.v1.Event reportingComponent reportingInstance
core.v1.GlusterfsPersistentVolumeSource endpointsNamespace
core.v1.LocalVolumeSource fsType
core.v1.NodeRuntimeHandler name
core.v1.PodCertificateProjection maxExpirationSeconds
core.v1.PodSchedulingGroup podGroupName
core.v1.ResourceHealth message
apps.v1.DeploymentSpec replicas progressDeadlineSeconds
apps.v1.DeploymentStatus terminatingReplicas
apps.v1.ReplicaSetSpec replicas
apps.v1.ReplicaSetStatus terminatingReplicas
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
discovery.v1.Endpoint hostname nodeName zone
discovery.v1.EndpointConditions ready serving terminating
discovery.v1.EndpointPort name protocol port
coordination.v1.LeaseSpec holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder
scheduling.v1.PriorityClass preemptionPolicy value
storage.v1.StorageClass reclaimPolicy allowVolumeExpansion volumeBindingMode
storage.v1.CSIDriverSpec attachRequired podInfoOnMount storageCapacity fsGroupPolicy requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds preventPodSchedulingIfMissing serviceAccountTokenInSecrets
storage.v1.VolumeNodeResources count
storage.v1.VolumeAttachmentSource persistentVolumeName
storage.v1.VolumeError errorCode
storage.v1.TokenRequest expirationSeconds
authentication.v1.TokenRequestSpec expirationSeconds
authentication.v1.TokenRequestStatus token
certificates.v1.CertificateSigningRequestSpec expirationSeconds
meta.v1.DeleteOptions gracePeriodSeconds orphanDependents propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential
meta.v1.Preconditions uid resourceVersion
meta.v1.OwnerReference controller
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
flowcontrol.v1.LimitedPriorityLevelConfiguration nominalConcurrencyShares lendablePercent borrowingLimitPercent
flowcontrol.v1.ExemptPriorityLevelConfiguration nominalConcurrencyShares lendablePercent
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
