// Definitions that a cluster looks up before anybody does anything: they come with the first chunk (see src/README.md), all others with the second.
// Found by counting; one that is missing here only makes the first chunk heavier, which scripts/check-budget.mjs will tell.
const names = {
  'apiregistration.v1':
    'APIService APIServiceCondition APIServiceSpec APIServiceStatus',
  'apps.v1':
    'ControllerRevision DaemonSet DaemonSetSpec DaemonSetStatus DaemonSetUpdateStrategy Deployment DeploymentCondition DeploymentSpec DeploymentStatus ' +
    'DeploymentStrategy ReplicaSet ReplicaSetSpec ReplicaSetStatus RollingUpdateDaemonSet RollingUpdateDeployment',
  'coordination.v1':
    'Lease LeaseSpec',
  'core.v1':
    'Binding NamespaceSpec NamespaceStatus NamespaceCondition ServiceStatus LoadBalancerStatus Affinity Capabilities ConfigMap ConfigMapVolumeSource Container ContainerImage ContainerPort ContainerState ContainerStateRunning ' +
    'ContainerStateTerminated ContainerStateWaiting ContainerStatus DaemonEndpoint EndpointAddress EndpointPort EndpointSubset Endpoints EnvVar ' +
    'EnvVarSource Event EventSource HTTPGetAction HostIP HostPathVolumeSource KeyToPath Namespace Node NodeAddress NodeAffinity NodeCondition ' +
    'NodeDaemonEndpoints NodeSelector NodeSelectorRequirement NodeSelectorTerm NodeSpec NodeStatus NodeSwapStatus NodeSystemInfo ObjectFieldSelector ' +
    'ObjectReference Pod PodAffinityTerm PodAntiAffinity PodCondition PodIP PodSecurityContext PodSpec PodStatus PodTemplateSpec Probe ' +
    'ResourceRequirements SeccompProfile SecurityContext Service ServiceAccount ServicePort ServiceSpec Taint Toleration Volume VolumeMount ' +
    'VolumeMountStatus WeightedPodAffinityTerm',
  'discovery.v1':
    'Endpoint EndpointConditions EndpointPort EndpointSlice',
  'events.v1':
    'Event',
  'authentication.v1': 'TokenRequest TokenRequestSpec BoundObjectReference',
  'flowcontrol.v1':
    'FlowSchemaStatus FlowSchemaCondition PriorityLevelConfigurationStatus PriorityLevelConfigurationCondition ExemptPriorityLevelConfiguration FlowDistinguisherMethod FlowSchema FlowSchemaSpec GroupSubject LimitResponse LimitedPriorityLevelConfiguration ' +
    'NonResourcePolicyRule PolicyRulesWithSubjects PriorityLevelConfiguration PriorityLevelConfigurationReference PriorityLevelConfigurationSpec ' +
    'QueuingConfiguration ResourcePolicyRule ServiceAccountSubject Subject UserSubject',
  'meta.v1':
    'Condition LabelSelector LabelSelectorRequirement ManagedFieldsEntry ObjectMeta OwnerReference',
  'networking.v1':
    'ServiceCIDR ServiceCIDRSpec ServiceCIDRStatus',
  'rbac.v1':
    'AggregationRule ClusterRole ClusterRoleBinding PolicyRule Role RoleBinding RoleRef Subject',
  'scheduling.v1':
    'PriorityClass',
};

export const bootDefinitions = new Set(Object.entries(names).flatMap(([home, kinds]) => kinds.split(' ').map((kind) => `${home}.${kind}`)));
