// The manifests that kubeadm puts into /etc/kubernetes/manifests: the control plane as static pods.
import { printYaml } from '../../api/yaml/print-yaml.ts';
import type { ClusterPlan, EtcdPlan, MachineIdentity } from './cluster-plan.ts';
import { pkiFolder as pki } from './certificates.ts';

export const manifestFolder = '/etc/kubernetes/manifests';
export const controlPlaneComponents = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
export type ControlPlaneComponent = (typeof controlPlaneComponents)[number];

interface Component {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly cpu: string;
  readonly memory?: string;
  readonly probes: { readonly host: string; readonly port: number; readonly scheme: 'HTTP' | 'HTTPS'; readonly live: string; readonly ready?: string };
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  /** Host folders and files mounted at the same path. */
  readonly mounts: readonly string[];
}

export const manifestPath = (component: ControlPlaneComponent): string => `${manifestFolder}/${component}.yaml`;

/** One manifest's text. */
export function manifestText(component: ControlPlaneComponent, cluster: ClusterPlan, machine: MachineIdentity, etcdPlan: EtcdPlan): string {
  return printYaml(manifest(describe(component, cluster, machine, etcdPlan), machine));
}

/** The command line of one component: what its static pod runs, or a unit of the machine where there is no kubelet. */
export function componentCommand(component: ControlPlaneComponent, cluster: ClusterPlan, machine: MachineIdentity, etcdPlan: EtcdPlan): readonly string[] {
  return describe(component, cluster, machine, etcdPlan).command;
}

/** Manifest text by path. */
export function manifestFiles(cluster: ClusterPlan, machine: MachineIdentity, etcdPlan: EtcdPlan): Record<string, string> {
  const components = controlPlaneComponents.filter((component) => component !== 'etcd' || cluster.externalEtcd === undefined);
  return Object.fromEntries(components.map((component) => [manifestPath(component), manifestText(component, cluster, machine, etcdPlan)]));
}

function describe(component: ControlPlaneComponent, cluster: ClusterPlan, machine: MachineIdentity, etcdPlan: EtcdPlan): Component {
  switch (component) {
    case 'etcd':
      return etcd(cluster, machine, etcdPlan);
    case 'kube-apiserver':
      return apiserver(cluster, machine);
    case 'kube-controller-manager':
      return controllerManager(cluster);
    case 'kube-scheduler':
      return scheduler(cluster);
  }
}

function etcd(cluster: ClusterPlan, machine: MachineIdentity, plan: EtcdPlan): Component {
  const url = (port: number) => `https://${machine.address}:${port}`;
  const members = plan.initialCluster.map((each) => `${each.name}=https://${each.address}:2380`);
  return {
    name: 'etcd',
    image: cluster.etcdImage,
    cpu: '100m',
    memory: '100Mi',
    mounts: ['/var/lib/etcd', `${pki}/etcd`],
    probes: { host: '127.0.0.1', port: 2381, scheme: 'HTTP', live: '/livez', ready: '/readyz' },
    command: [
      'etcd',
      `--advertise-client-urls=${url(2379)}`,
      `--cert-file=${pki}/etcd/server.crt`,
      '--client-cert-auth=true',
      '--data-dir=/var/lib/etcd',
      `--initial-advertise-peer-urls=${url(2380)}`,
      `--initial-cluster=${members.join(',')}`,
      `--initial-cluster-state=${plan.state}`,
      `--key-file=${pki}/etcd/server.key`,
      `--listen-client-urls=https://127.0.0.1:2379,${url(2379)}`,
      '--listen-metrics-urls=http://127.0.0.1:2381',
      `--listen-peer-urls=${url(2380)}`,
      `--name=${machine.name}`,
      `--peer-cert-file=${pki}/etcd/peer.crt`,
      '--peer-client-cert-auth=true',
      `--peer-key-file=${pki}/etcd/peer.key`,
      `--peer-trusted-ca-file=${pki}/etcd/ca.crt`,
      '--snapshot-count=10000',
      `--trusted-ca-file=${pki}/etcd/ca.crt`,
    ],
  };
}

function apiserver(cluster: ClusterPlan, machine: MachineIdentity): Component {
  return {
    name: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${cluster.kubernetesVersion}`,
    cpu: '250m',
    mounts: [pki],
    ports: [{ name: 'probe-port', containerPort: 6443 }],
    probes: { host: machine.address, port: 6443, scheme: 'HTTPS', live: '/livez', ready: '/readyz' },
    command: [
      'kube-apiserver',
      `--advertise-address=${machine.address}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${pki}/ca.crt`,
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      `--etcd-cafile=${pki}/etcd/ca.crt`,
      `--etcd-certfile=${pki}/apiserver-etcd-client.crt`,
      `--etcd-keyfile=${pki}/apiserver-etcd-client.key`,
      `--etcd-servers=${(cluster.externalEtcd ?? ['https://127.0.0.1:2379']).join(',')}`,
      `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
      `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
      `--proxy-client-key-file=${pki}/front-proxy-client.key`,
      '--requestheader-allowed-names=front-proxy-client',
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
      '--secure-port=6443',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pki}/sa.pub`,
      `--service-account-signing-key-file=${pki}/sa.key`,
      `--service-cluster-ip-range=${cluster.serviceCidr}`,
      `--tls-cert-file=${pki}/apiserver.crt`,
      `--tls-private-key-file=${pki}/apiserver.key`,
      ...(!cluster.tokenFile ? [] : [`--token-auth-file=${pki}/tokens.csv`]),
    ],
  };
}

function controllerManager(cluster: ClusterPlan): Component {
  const conf = '/etc/kubernetes/controller-manager.conf';
  return {
    name: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${cluster.kubernetesVersion}`,
    cpu: '200m',
    mounts: [pki, conf],
    probes: { host: '127.0.0.1', port: 10257, scheme: 'HTTPS', live: '/healthz' },
    command: [
      'kube-controller-manager',
      '--allocate-node-cidrs=true',
      `--authentication-kubeconfig=${conf}`,
      `--authorization-kubeconfig=${conf}`,
      '--bind-address=127.0.0.1',
      `--client-ca-file=${pki}/ca.crt`,
      `--cluster-cidr=${cluster.podCidr}`,
      '--cluster-name=kubernetes',
      `--cluster-signing-cert-file=${pki}/ca.crt`,
      `--cluster-signing-key-file=${pki}/ca.key`,
      '--controllers=*,bootstrapsigner,tokencleaner',
      `--kubeconfig=${conf}`,
      '--leader-elect=true',
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      `--root-ca-file=${pki}/ca.crt`,
      `--service-account-private-key-file=${pki}/sa.key`,
      `--service-cluster-ip-range=${cluster.serviceCidr}`,
      '--use-service-account-credentials=true',
    ],
  };
}

function scheduler(cluster: ClusterPlan): Component {
  const conf = '/etc/kubernetes/scheduler.conf';
  return {
    name: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${cluster.kubernetesVersion}`,
    cpu: '100m',
    mounts: [conf],
    probes: { host: '127.0.0.1', port: 10259, scheme: 'HTTPS', live: '/livez', ready: '/readyz' },
    command: ['kube-scheduler', `--authentication-kubeconfig=${conf}`, `--authorization-kubeconfig=${conf}`, '--bind-address=127.0.0.1', `--kubeconfig=${conf}`, '--leader-elect=true'],
  };
}

function manifest(component: Component, machine: MachineIdentity): object {
  const { probes } = component;
  const probe = (path: string, more: object) => ({ httpGet: { host: probes.host, path, port: probes.port, scheme: probes.scheme }, timeoutSeconds: 15, ...more });
  const annotation =
    component.name === 'etcd'
      ? { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${machine.address}:2379` }
      : component.name === 'kube-apiserver'
        ? { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${machine.address}:6443` }
        : undefined;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(annotation === undefined ? {} : { annotations: annotation }),
      labels: { component: component.name, tier: 'control-plane' },
      name: component.name,
      namespace: 'kube-system',
    },
    spec: {
      containers: [
        {
          command: component.command,
          image: component.image,
          imagePullPolicy: 'IfNotPresent',
          livenessProbe: probe(probes.live, { failureThreshold: 8, initialDelaySeconds: 10, periodSeconds: 10 }),
          name: component.name,
          ...(component.ports === undefined ? {} : { ports: component.ports.map((port) => ({ ...port, protocol: 'TCP' })) }),
          ...(probes.ready === undefined ? {} : { readinessProbe: probe(probes.ready, { failureThreshold: 3, periodSeconds: 1 }) }),
          resources: { requests: { cpu: component.cpu, ...(component.memory === undefined ? {} : { memory: component.memory }) } },
          startupProbe: probe(probes.live, { failureThreshold: 24, initialDelaySeconds: 10, periodSeconds: 10 }),
          volumeMounts: component.mounts.map((path) => ({ mountPath: path, name: volumeName(path), readOnly: path !== '/var/lib/etcd' })),
        },
      ],
      hostNetwork: true,
      priority: 2000001000,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      volumes: component.mounts.map((path) => ({ hostPath: { path, type: path.endsWith('.conf') ? 'FileOrCreate' : 'DirectoryOrCreate' }, name: volumeName(path) })),
    },
    status: {},
  };
}

function volumeName(path: string): string {
  if (path === '/var/lib/etcd') return 'etcd-data';
  if (path === `${pki}/etcd`) return 'etcd-certs';
  return path === pki ? 'k8s-certs' : 'kubeconfig';
}
