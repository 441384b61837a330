// What the fields of the most used kinds are for, in our own words: shown where the long descriptions of the API's authors are not at hand (in a page), and
// for fields that they leave without one. A line is `field text`; a line with `=` names the definition that follows, and says what it is.

const anywhere = `
apiVersion The group and version of this object's shape, such as apps/v1; v1 alone is the core group.
kind The name of the type, such as Pod.
metadata Name, labels and whatever else every object has.
spec What is wanted. Controllers work towards it.
status What is. Controllers write it; people read it.
items The objects of the list.
conditions Where it stands, one statement each, with the time of the last change.
observedGeneration The generation of the spec that this status speaks of.
minReadySeconds How long a pod must be ready before it counts as available.
revisionHistoryLimit How many old revisions are kept to go back to.
lastTransitionTime When the status of this condition last changed.
message For people: why it is so.
reason For programs: why it is so, in one word.
`;

const texts = `
=meta.v1.ObjectMeta What every stored object has: its identity, its labels, who owns it.
annotations Notes for tools and people. They cannot be selected by.
creationTimestamp CreationTimestamp is a timestamp: when the server made the object.
deletionGracePeriodSeconds How long the object may take to end once its deletion was asked for.
deletionTimestamp Set when the deletion was asked for; the object goes when its finalizers are done.
finalizers Names of those who must do something before the object may go.
generateName A beginning from which the server makes a unique name, when no name is given.
generation Counts the changes of the spec.
labels Words by which objects are found and grouped.
managedFields Who set which field, for server-side apply.
name Unique among the objects of its kind in its namespace. It never changes.
namespace Where the object lives. Cluster-wide kinds have none.
ownerReferences The objects that this one depends on: it is collected when they are gone.
resourceVersion The version of the stored object, for watches and optimistic writes.
uid Unique in space and time: an object that is made again has another.
=meta.v1.LabelSelector Chooses objects by their labels. All that it says must hold; an empty one chooses everything.
matchExpressions Rules of a key, an operator (In, NotIn, Exists, DoesNotExist) and values.
matchLabels Labels that must have exactly these values.
=meta.v1.LabelSelectorRequirement One rule of a selector.
key The label that the rule looks at.
operator In, NotIn, Exists or DoesNotExist.
values What In and NotIn compare with.
=core.v1.Pod Containers that are placed on one node together and share an address, localhost and volumes.
=core.v1.PodTemplateSpec The pod that a controller makes copies of.
=core.v1.PodSpec What a pod runs, where it may run, and what becomes of it when it ends.
activeDeadlineSeconds After so many seconds the pod is ended and has failed.
affinity Which nodes the pod likes or needs, and which pods it wants beside it or far away.
automountServiceAccountToken Whether the service account's token is mounted into the containers.
containers The containers, at least one. They start together, once the init containers are through.
dnsConfig Name servers, search domains and options, added to what dnsPolicy gives.
dnsPolicy Whose name servers: ClusterFirst, Default (the node's), ClusterFirstWithHostNet or None.
enableServiceLinks Whether environment variables tell of the namespace's Services.
ephemeralContainers Containers put into a running pod to look for faults; see kubectl debug.
hostAliases Lines for the pod's /etc/hosts.
hostIPC Whether the pod shares the node's interprocess communication.
hostNetwork Whether the pod has the node's network, and so its address and ports.
hostPID Whether the pod sees the node's processes.
hostUsers Whether root in the pod is root of the node.
hostname The pod's host name, where it is not its own name.
imagePullSecrets Secrets with credentials for the registries of the images.
initContainers Containers that run one after the other, to their end, before the others start. One that restarts always is a sidecar.
nodeName The node it runs on. The scheduler sets it; set by hand, no scheduler is asked.
nodeSelector Labels that the node must have.
overhead What running the pod costs besides its containers, by its RuntimeClass.
preemptionPolicy Whether less important pods may be pushed out for it.
priority Its importance as a number, from its priority class.
priorityClassName The PriorityClass that says how important it is.
readinessGates Further conditions that must be true before the pod is ready.
resourceClaims Claims of devices that its containers use.
resources What the pod as a whole requests and may use.
restartPolicy Whether ended containers start again: Always, OnFailure or Never.
runtimeClassName The RuntimeClass with which its containers run.
schedulerName Which scheduler places it.
schedulingGates While there is one, the pod is not scheduled.
securityContext Whom the containers run as, and what they may, for all of them.
serviceAccount The old name of serviceAccountName.
serviceAccountName As whom the pod speaks to the API server.
setHostnameAsFQDN Whether its host name is the full domain name.
shareProcessNamespace Whether its containers see each other's processes.
subdomain The name of the headless Service below which the pod has a name of its own.
terminationGracePeriodSeconds How long the containers may take to end after SIGTERM, before SIGKILL.
tolerations Taints of nodes that do not keep the pod away.
topologySpreadConstraints How evenly such pods are to be spread over nodes or zones.
volumes What the containers can mount.
=core.v1.PodStatus What is known of the pod, by the kubelet of its node.
containerStatuses How each container is doing.
initContainerStatuses How each init container has done.
ephemeralContainerStatuses How each ephemeral container is doing.
hostIP The address of its node.
podIP The pod's address.
podIPs Its addresses, one of each family.
phase Pending, Running, Succeeded, Failed or Unknown.
qosClass Guaranteed, Burstable or BestEffort: who is pushed out first when memory runs short.
startTime When the kubelet took the pod up.
nominatedNodeName The node on which room is being made for it.
=core.v1.ContainerStatus How one container is doing.
containerID Its identity, with the runtime's name before it.
image The image that runs.
imageID The image's digest.
lastState How it ended the last time.
ready Whether it is ready for traffic.
restartCount How often it was started again.
started Whether its start was found good.
state Waiting, running or terminated, with details.
=core.v1.Container One program with its image, in a pod.
args Arguments for the entry point; they replace the image's.
command The entry point; it replaces the image's.
env Environment variables.
envFrom ConfigMaps and Secrets whose keys become environment variables.
image The image: registry, repository and tag, or digest.
imagePullPolicy Always, IfNotPresent or Never.
lifecycle What is done after the start and before the end.
livenessProbe When it fails, the container is ended and started again.
name The container's name, unique in the pod.
ports Ports that it listens on. A list for readers; it opens and closes nothing.
readinessProbe When it fails, the pod gets no traffic from Services.
resizePolicy Whether a change of its resources starts it anew.
resources What it requests, by which it is placed, and what it may use at most.
restartPolicy Always makes an init container a sidecar.
securityContext Whom it runs as, and what it may.
startupProbe Until it succeeds, the other probes wait.
stdin Whether its standard input stays open.
stdinOnce Whether standard input ends with the first who attaches.
terminationMessagePath The file whose text is told when it ends.
terminationMessagePolicy Whether the end of its log is told where that file is empty.
tty Whether it has a terminal.
volumeDevices Volumes that it sees as block devices.
volumeMounts Volumes and the folders at which it sees them.
workingDir The folder in which it starts.
=core.v1.ContainerPort A port that a container listens on.
containerPort The number, 1 to 65535.
hostIP The node's address to which hostPort is bound.
hostPort The same port opened on the node.
name A name for Services and probes to use.
protocol TCP, UDP or SCTP.
=core.v1.EnvVar An environment variable.
name Its name.
value Its value. $(NAME) stands for variables before it.
valueFrom Where the value comes from.
=core.v1.EnvVarSource Where a variable's value comes from; one of these.
configMapKeyRef A key of a ConfigMap.
fieldRef A field of the pod, such as metadata.name.
resourceFieldRef A resource of a container, such as limits.memory.
secretKeyRef A key of a Secret.
=core.v1.EnvFromSource All keys of a ConfigMap or Secret as variables.
configMapRef The ConfigMap.
prefix Put before each name.
secretRef The Secret.
=core.v1.ResourceRequirements What a container needs and may use.
claims Devices, by the names of the pod's resource claims.
limits The most it may use. Memory beyond it ends the container; CPU is throttled.
requests What is set aside for it on the node. Where absent, the limits stand for it.
=core.v1.Probe A question that the kubelet asks a container again and again.
exec A command in the container; exit code 0 is good.
failureThreshold So many failures in a row make it fail.
grpc A call of gRPC's health service.
httpGet An HTTP request; 200 to 399 is good.
initialDelaySeconds How long to wait after the start.
periodSeconds How often it is asked.
successThreshold So many successes in a row make it good again.
tcpSocket A connection; that it opens is good.
terminationGracePeriodSeconds The time to end in when this probe has failed, instead of the pod's.
timeoutSeconds How long an answer may take.
=core.v1.HTTPGetAction An HTTP request.
host Whom to ask; the pod itself by default.
httpHeaders Headers to send.
path The path.
port A number, or the name of a container port.
scheme HTTP or HTTPS.
=core.v1.TCPSocketAction A TCP connection.
host Whom to ask; the pod itself by default.
port A number, or the name of a container port.
=core.v1.ExecAction A command in the container.
command The program and its arguments; no shell is in between.
=core.v1.Lifecycle What is done at the beginning and the end of a container.
postStart Done right after the start; the container counts as started when it is through.
preStop Done before SIGTERM, within the time to end in.
stopSignal The signal that ends it.
=core.v1.SecurityContext Whom one container runs as, and what it may.
allowPrivilegeEscalation Whether a process may get more rights than its parent.
appArmorProfile The AppArmor profile.
capabilities Linux capabilities to add and to drop.
privileged Whether it may do what root on the node may.
readOnlyRootFilesystem Whether its own files are read-only.
runAsGroup The group number.
runAsNonRoot Refuses to start as root.
runAsUser The user number.
seLinuxOptions The SELinux label.
seccompProfile Which system calls are allowed.
windowsOptions What only Windows knows.
=core.v1.PodSecurityContext Whom the containers of a pod run as, and what they may.
appArmorProfile The AppArmor profile.
fsGroup The group that owns the files of its volumes.
runAsGroup The group number.
runAsNonRoot Refuses to start as root.
runAsUser The user number.
seLinuxOptions The SELinux label.
seccompProfile Which system calls are allowed.
supplementalGroups Further groups.
sysctls Kernel parameters of the pod.
windowsOptions What only Windows knows.
=core.v1.Volume Something that containers of a pod can mount; besides its name, one source.
awsElasticBlockStore A disk of AWS; served by its CSI driver.
azureDisk A disk of Azure; served by its CSI driver.
azureFile A file share of Azure; served by its CSI driver.
configMap The keys of a ConfigMap, as files.
csi A volume of a CSI driver that lives as long as the pod.
downwardAPI Facts about the pod, as files.
emptyDir An empty folder that lives as long as the pod.
ephemeral A claim that is made for the pod and goes with it.
hostPath A file or folder of the node.
image The files of an image.
iscsi A disk by iSCSI.
name Its name, for volumeMounts.
nfs A folder of an NFS server.
persistentVolumeClaim A claim in the same namespace.
projected Several sources in one folder.
secret The keys of a Secret, as files.
=core.v1.VolumeMount Where a container sees a volume.
mountPath The folder in the container.
mountPropagation Whether mounts made on one side are seen on the other.
name The volume.
readOnly Whether it may only be read.
subPath A folder in the volume, instead of its root.
subPathExpr The same, with variables.
=core.v1.Affinity Which nodes and which neighbours.
nodeAffinity Rules about nodes.
podAffinity Rules about pods that it wants to be near.
podAntiAffinity Rules about pods that it wants to be far from.
=core.v1.Toleration A taint that does not keep the pod away.
effect Which effect; all when empty.
key Which taint; all when empty.
operator Equal (with value) or Exists.
tolerationSeconds How long a NoExecute taint is borne.
value The taint's value.
=core.v1.TopologySpreadConstraint How evenly pods are spread.
labelSelector Which pods are counted.
maxSkew The most by which the fullest and the emptiest place may differ.
topologyKey The node label whose values are the places.
whenUnsatisfiable DoNotSchedule or ScheduleAnyway.
=core.v1.Service One address and name for a changing set of pods.
=core.v1.ServiceSpec Which pods, under which ports, reachable from where.
allocateLoadBalancerNodePorts Whether a load balancer's Service gets node ports, too.
clusterIP Its address in the cluster. None makes it headless: its name leads to the pods themselves.
clusterIPs Its addresses, one of each family.
externalIPs Further addresses whose traffic the nodes take, too.
externalName The name that a Service of type ExternalName stands for.
externalTrafficPolicy Cluster: any pod; Local: only those of the node, and the client's address stays.
internalTrafficPolicy The same for traffic from inside.
ipFamilies IPv4, IPv6 or both.
ipFamilyPolicy SingleStack, PreferDualStack or RequireDualStack.
ports The ports that it serves.
publishNotReadyAddresses Whether pods that are not ready are told of, too.
selector Labels of its pods. Without one, somebody else keeps its EndpointSlices.
sessionAffinity ClientIP keeps a client with its pod.
sessionAffinityConfig For how long.
trafficDistribution Whether near pods are preferred.
type ClusterIP, NodePort, LoadBalancer or ExternalName.
=core.v1.ServicePort A port of a Service.
appProtocol What is spoken on it.
name Its name; needed where there are several.
nodePort The port on every node, 30000 to 32767.
port The port of the Service.
protocol TCP, UDP or SCTP.
targetPort The pods' port, by number or name; the same number by default.
=core.v1.ConfigMap Settings that are no secret, as texts.
binaryData Values that are no text, as base64.
data Texts by their keys.
immutable Whether it can be changed no more.
=core.v1.Secret Settings that not everybody shall see.
data Values by their keys, as base64. That is no encryption.
immutable Whether it can be changed no more.
stringData The same as plain text, for writing only.
type What is in it, such as Opaque or kubernetes.io/tls.
=core.v1.Namespace A space for names, rights and quotas.
=core.v1.Node A machine that runs pods.
=core.v1.NodeSpec What is told of a node.
podCIDR The addresses of its pods.
providerID The machine's name at the cloud.
taints What keeps pods away that do not tolerate it.
unschedulable Whether no new pods come here; see kubectl cordon.
=core.v1.ServiceAccount As whom the programs in pods speak to the API server.
automountServiceAccountToken Whether its pods get a token mounted.
imagePullSecrets Secrets for registries that its pods get.
secrets Secrets that it may use.
=core.v1.PersistentVolumeClaim A wish for storage.
=core.v1.PersistentVolumeClaimSpec How much storage, of which kind, used how.
accessModes ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.
dataSource What it begins with: a snapshot or another claim.
dataSourceRef The same, of more kinds.
resources How much: requests.storage.
selector Labels of the volumes that may serve it.
storageClassName The StorageClass; empty text wants none.
volumeMode Filesystem or Block.
volumeName The volume that serves it.
=core.v1.PersistentVolume A piece of storage of the cluster.
=apps.v1.Deployment Keeps copies of a pod, and brings new versions step by step.
=apps.v1.DeploymentSpec How many, of which pod, replaced how.
paused Whether changes of the template wait.
progressDeadlineSeconds So long without progress and it counts as failed.
replicas How many pods are wanted.
selector Labels by which it knows its pods. It never changes.
strategy How old pods are replaced.
template The pod.
=apps.v1.DeploymentStrategy How old pods are replaced.
rollingUpdate The bounds of a rolling update.
type RollingUpdate or Recreate.
=apps.v1.RollingUpdateDeployment The bounds of a rolling update.
maxSurge How many more than wanted, as a number or a share.
maxUnavailable How many fewer than wanted, as a number or a share.
=apps.v1.DeploymentStatus How far a Deployment is.
availableReplicas Pods that have been ready long enough.
readyReplicas Pods that are ready.
replicas Pods that there are.
terminatingReplicas Pods that are ending.
unavailableReplicas Pods that are still missing.
updatedReplicas Pods of the newest template.
=apps.v1.ReplicaSet Keeps so many copies of a pod.
=apps.v1.ReplicaSetSpec How many, of which pod.
replicas How many pods are wanted.
selector Labels by which it knows its pods.
template The pod.
=apps.v1.StatefulSet Keeps numbered pods, each with a name and storage of its own.
=apps.v1.StatefulSetSpec How many, of which pod, with which storage.
ordinals Where the numbers begin.
persistentVolumeClaimRetentionPolicy What becomes of claims whose pods are gone.
podManagementPolicy OrderedReady: one after the other; Parallel: all at once.
replicas How many pods are wanted.
selector Labels by which it knows its pods.
serviceName The headless Service below which its pods have names.
template The pod.
updateStrategy How old pods are replaced.
volumeClaimTemplates Claims that each pod gets.
=apps.v1.DaemonSet Keeps one pod on every node that fits.
=apps.v1.DaemonSetSpec Which pod, replaced how.
selector Labels by which it knows its pods.
template The pod. Its node selector and affinity say which nodes.
updateStrategy How old pods are replaced.
=batch.v1.Job Runs pods until so many have succeeded.
=batch.v1.JobSpec Which pod, how often, and how many failures are borne.
activeDeadlineSeconds After so many seconds the Job has failed.
backoffLimit How many failed pods are borne.
completionMode NonIndexed, or Indexed: each pod has a number.
completions So many successes make it complete.
manualSelector Whether the selector is yours to set.
parallelism How many pods run at once.
podFailurePolicy Which failures count, by exit code or condition.
podReplacementPolicy Whether a pod is replaced while it still ends.
selector Labels by which it knows its pods; the server sets them.
successPolicy When it counts as succeeded, where that is not when all have.
suspend Whether no pods are made for now.
template The pod. It restarts OnFailure or Never.
ttlSecondsAfterFinished How long it is kept when it is finished.
=batch.v1.CronJob Makes a Job again and again, at given times.
=batch.v1.CronJobSpec When, and which Job.
concurrencyPolicy Allow, Forbid or Replace, where the last one still runs.
failedJobsHistoryLimit How many failed Jobs are kept.
jobTemplate The Job.
schedule Minute, hour, day, month and weekday, as cron has it.
startingDeadlineSeconds So late it may still start.
successfulJobsHistoryLimit How many succeeded Jobs are kept.
suspend Whether no Jobs are made for now.
timeZone The time zone of the schedule.
=networking.v1.Ingress Leads HTTP from outside to Services, by host and path.
=networking.v1.IngressSpec By which rules.
defaultBackend Where requests go that no rule wants.
ingressClassName Whose it is.
rules Hosts and their paths.
tls Hosts with certificates, and the Secrets that hold them.
=networking.v1.IngressRule The paths of a host.
host The host name; all when empty.
http The paths.
=networking.v1.HTTPIngressPath Where the requests of a path go.
backend The Service.
path The path.
pathType Exact, Prefix or ImplementationSpecific.
=networking.v1.NetworkPolicy Which traffic the chosen pods take and send.
=networking.v1.NetworkPolicySpec Which pods, which traffic. What no policy of a chosen pod allows is refused.
egress What they may send.
ingress What they may take.
podSelector The pods; all of the namespace when empty.
policyTypes Ingress, Egress or both.
=rbac.v1.Role Rights in one namespace.
rules What may be done.
=rbac.v1.ClusterRole Rights in the whole cluster, or to be given in any namespace.
aggregationRule Labels of the ClusterRoles whose rules this one gathers.
rules What may be done.
=rbac.v1.PolicyRule What may be done to what.
apiGroups The groups; empty text is the core group, * all.
nonResourceURLs Paths that are no objects, such as /healthz.
resourceNames Only these objects; all when empty.
resources The kinds, in the plural; pods/log for a part of them.
verbs get, list, watch, create, update, patch, delete, and others; * all.
=rbac.v1.RoleBinding Gives a role to somebody, in one namespace.
roleRef The role. It never changes.
subjects To whom.
=rbac.v1.ClusterRoleBinding Gives a ClusterRole to somebody, in the whole cluster.
roleRef The role. It never changes.
subjects To whom.
=rbac.v1.Subject A user, a group or a service account.
kind User, Group or ServiceAccount.
name The name.
namespace Of the service account.
=autoscaling.v2.HorizontalPodAutoscaler Changes how many pods there are, by what they use.
=autoscaling.v2.HorizontalPodAutoscalerSpec Whose pods, how many, by what.
behavior How fast it goes up and down.
maxReplicas The most.
metrics By what.
minReplicas The fewest.
scaleTargetRef Whose pods: a Deployment, for instance.
=policy.v1.PodDisruptionBudget How many pods may be missing when nodes are emptied.
=policy.v1.PodDisruptionBudgetSpec Which pods, and how many may be missing.
maxUnavailable How many may be missing.
minAvailable How many must be there.
selector Labels of the pods.
=storage.v1.StorageClass A kind of storage that claims can ask for.
allowVolumeExpansion Whether claims may grow.
mountOptions Options of the mounts.
parameters Settings for whoever makes the volumes.
provisioner Who makes the volumes.
reclaimPolicy What becomes of a volume whose claim is gone: Delete or Retain.
volumeBindingMode Immediate, or WaitForFirstConsumer: once it is known where the pod runs.
=wardle.v1alpha1.Fischer Names that no flunder may have.
disallowedFlunders The names of flunders that may not be made.
=wardle.v1alpha1.Flunder An example of an object that another API server keeps.
=wardle.v1alpha1.FlunderSpec What it refers to.
reference The name of a flunder or of a fischer, as the type says.
referenceType Flunder or Fischer; Flunder when there is a reference and this is not said.
=wardle.v1beta1.Flunder An example of an object that another API server keeps.
=wardle.v1beta1.FlunderSpec What it refers to.
fischerReference The name of a fischer; not beside a flunder's.
flunderReference The name of a flunder; not beside a fischer's.
referenceType Which of both it is: Flunder or Fischer.
`;

let parsed: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;

function parse(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  found.set('', current);
  for (const line of `${anywhere}${texts}`.split('\n')) {
    const blank = line.indexOf(' ');
    if (blank < 0) continue;
    if (line.startsWith('=')) found.set(line.slice(1, blank), (current = new Map([['', line.slice(blank + 1)]])));
    else current.set(line.slice(0, blank), line.slice(blank + 1));
  }
  return found;
}

/** Of a definition (no field) or one of its fields; '' where we have no words. */
export function ownDescription(definition: string, field: string): string {
  parsed ??= parse();
  return parsed.get(definition)?.get(field) ?? (field === '' ? '' : (parsed.get('')?.get(field) ?? ''));
}

/** All of them, by definition and field. */
export function ownDescriptionNames(): readonly (readonly [definition: string, fields: ReadonlyMap<string, string>])[] {
  parsed ??= parse();
  return [...parsed].filter(([definition]) => definition !== '');
}
