// What the generated structure does not say, by hand: how lists merge, which structs are atomic, which scalars are pointers in Go (so that their zero is kept). What a booting cluster never asks, and definitions that
// it never looks up, are in rare-facts.ts; a test says where a line belongs.

/**
 * `field=keys` is a list keyed by those fields (server-side apply), `field=set` a set, every other list is atomic.
 * A `*` adds strategic merge by the first key, `~key` strategic merge by that key alone, `^` retainKeys.
 */
export const listFacts = `
apiregistration.v1.APIServiceStatus conditions=type*
apps.v1.DaemonSetStatus conditions=type*
apps.v1.DeploymentSpec strategy^
apps.v1.DeploymentStatus conditions=type*
apps.v1.ReplicaSetStatus conditions=type*
core.v1.Container env=name* ports=containerPort,protocol* volumeDevices=devicePath* volumeMounts=mountPath*
core.v1.ContainerStatus allocatedResourcesStatus=name* volumeMounts=mountPath*
core.v1.NamespaceStatus conditions=type*
core.v1.NodeSpec podCIDRs=set*
core.v1.NodeStatus addresses=type* conditions=type*
core.v1.PodSpec containers=name* ephemeralContainers=name* hostAliases=ip* imagePullSecrets=name* initContainers=name* resourceClaims=name*^ schedulingGates=name* topologySpreadConstraints=topologyKey,whenUnsatisfiable* volumes=name*^
core.v1.PodStatus conditions=type* hostIPs~ip podIPs=ip* resourceClaimStatuses=name*^
core.v1.ResourceRequirements claims=name
core.v1.ServiceAccount secrets=name*
core.v1.ServiceSpec ports=port,protocol*
core.v1.ServiceStatus conditions=type*
discovery.v1.Endpoint addresses=set
flowcontrol.v1.FlowSchemaStatus conditions=type*
flowcontrol.v1.NonResourcePolicyRule nonResourceURLs=set verbs=set
flowcontrol.v1.PriorityLevelConfigurationStatus conditions=type*
flowcontrol.v1.ResourcePolicyRule apiGroups=set namespaces=set resources=set verbs=set
meta.v1.ObjectMeta finalizers=set* ownerReferences=uid*
networking.v1.ServiceCIDRStatus conditions=type*`;

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
core.v1.PodSpec terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace priority runtimeClassName enableServiceLinks preemptionPolicy setHostnameAsFQDN hostUsers hostnameOverride
core.v1.PodSecurityContext fsGroup fsGroupChangePolicy supplementalGroupsPolicy seLinuxChangePolicy
core.v1.SecurityContext privileged readOnlyRootFilesystem allowPrivilegeEscalation procMount
core.v1.Container restartPolicy
core.v1.Probe terminationGracePeriodSeconds
core.v1.Toleration tolerationSeconds
core.v1.VolumeMount recursiveReadOnly mountPropagation
core.v1.VolumeMountStatus recursiveReadOnly
core.v1.KeyToPath mode
core.v1.HostPathVolumeSource type
core.v1.ServiceSpec ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution
core.v1.ContainerStatus started stopSignal
core.v1.ServiceAccount automountServiceAccountToken
core.v1.NodeSwapStatus capacity
core.v1.EndpointAddress nodeName
core.v1.Event reportingComponent reportingInstance
apps.v1.DeploymentSpec replicas progressDeadlineSeconds
apps.v1.DeploymentStatus terminatingReplicas
apps.v1.ReplicaSetSpec replicas
apps.v1.ReplicaSetStatus terminatingReplicas
discovery.v1.Endpoint hostname nodeName zone
discovery.v1.EndpointConditions ready serving terminating
discovery.v1.EndpointPort name protocol port
coordination.v1.LeaseSpec holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder
scheduling.v1.PriorityClass preemptionPolicy value
authentication.v1.TokenRequestSpec expirationSeconds
meta.v1.OwnerReference controller
flowcontrol.v1.LimitedPriorityLevelConfiguration nominalConcurrencyShares lendablePercent borrowingLimitPercent
flowcontrol.v1.ExemptPriorityLevelConfiguration nominalConcurrencyShares lendablePercent`;
