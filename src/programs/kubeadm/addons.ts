// What `kubeadm init` and the network add-on's manifest put into a new cluster: roles, configuration, kube-proxy, CoreDNS, Calico.
import { encodeBase64 } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { printYaml } from '../../api/yaml/print-yaml.ts';
import type { ResourceRef } from '../../client/contract.ts';
import { calicoVersion } from '../images/catalog.ts';
import { releaseOf } from '../images/releases.ts';
import { nodeTokenGroup } from './bootstrap-tokens.ts';
import { clusterConfigurationText, kubeletConfigurationText } from './cluster-configuration.ts';
import type { ClusterPlan } from './cluster-plan.ts';

export interface AddonObject {
  readonly ref: ResourceRef;
  readonly namespace: string;
  readonly object: ApiObject;
}

export interface AddonOptions {
  readonly plan: ClusterPlan;
  /** `iptables`, `ipvs`, `nftables` or `userspace`. */
  readonly proxyMode: string;
}

const system = 'kube-system';

function item(group: string, version: string, resource: string, kind: string, namespace: string, name: string, rest: object, meta: object = {}): AddonObject {
  return {
    ref: { group, version, resource },
    namespace,
    object: { apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata: { name, ...(namespace === '' ? {} : { namespace }), ...meta }, ...rest } as ApiObject,
  };
}
const core = (resource: string, kind: string, namespace: string, name: string, rest: object, meta?: object) => item('', 'v1', resource, kind, namespace, name, rest, meta);
const rbac = (resource: string, kind: string, namespace: string, name: string, rest: object) => item('rbac.authorization.k8s.io', 'v1', resource, kind, namespace, name, rest);
const account = (name: string) => core('serviceaccounts', 'ServiceAccount', system, name, {});
const clusterRole = (name: string, rules: readonly object[]) => rbac('clusterroles', 'ClusterRole', '', name, { rules });
const bind = (name: string, role: string, subject: object) =>
  rbac('clusterrolebindings', 'ClusterRoleBinding', '', name, { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }, subjects: [subject] });
const roleBinding = (namespace: string, name: string, subjects: readonly object[]) =>
  rbac('rolebindings', 'RoleBinding', namespace, name, { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }, subjects });
const sa = (name: string) => ({ kind: 'ServiceAccount', name, namespace: system });
export const group = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name });
const hostPath = (name: string, path: string, type = 'DirectoryOrCreate') => ({ name, hostPath: { path, type } });

/** What `kubeadm init` uploads so that other machines can join: configuration, and who may do what with a bootstrap token. */
export function joinObjects({ plan }: AddonOptions): readonly AddonObject[] {
  const signing = 'system:certificates.k8s.io:certificatesigningrequests';
  return [
    core('configmaps', 'ConfigMap', system, 'kubeadm-config', { data: { ClusterConfiguration: clusterConfigurationText(plan) } }),
    core('configmaps', 'ConfigMap', system, 'kubelet-config', { data: { kubelet: kubeletConfigurationText(plan) } }),
    ...readableBy('kubeadm:nodes-kubeadm-config', 'configmaps', ['kubeadm-config'], [group(nodeTokenGroup), group('system:nodes')]),
    ...readableBy('kubeadm:kubelet-config', 'configmaps', ['kubelet-config'], [group(nodeTokenGroup), group('system:nodes')]),
    clusterRole('kubeadm:get-nodes', [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]),
    bind('kubeadm:get-nodes', 'kubeadm:get-nodes', group(nodeTokenGroup)),
    bind('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', group(nodeTokenGroup)),
    bind('kubeadm:node-autoapprove-bootstrap', `${signing}:nodeclient`, group(nodeTokenGroup)),
    bind('kubeadm:node-autoapprove-certificate-rotation', `${signing}:selfnodeclient`, group('system:nodes')),
    rbac('roles', 'Role', 'kube-public', 'kubeadm:bootstrap-signer-clusterinfo', { rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] }] }),
    roleBinding('kube-public', 'kubeadm:bootstrap-signer-clusterinfo', [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:anonymous' }]),
  ];
}

/** A Role of kube-system that lets these subjects get these objects, by name. */
export function readableBy(name: string, resource: 'configmaps' | 'secrets', names: readonly string[], subjects: readonly object[]): readonly AddonObject[] {
  return [rbac('roles', 'Role', system, name, { rules: [{ apiGroups: [''], resources: [resource], resourceNames: names, verbs: ['get'] }] }), roleBinding(system, name, subjects)];
}

/** The add-ons that kubeadm itself installs. */
export function addonObjects(options: AddonOptions): readonly AddonObject[] {
  return [...kubeProxy(options), ...coredns(options)];
}

export function kubeProxy(options: AddonOptions): readonly AddonObject[] {
  const config = `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nbindAddress: 0.0.0.0\nclientConnection:\n  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf\nclusterCIDR: ${options.plan.podCidr}\nkind: KubeProxyConfiguration\nmode: "${options.proxyMode}"\n`;
  const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    server: https://${options.plan.endpoint}
  name: default
contexts:
- context:
    cluster: default
    namespace: default
    user: default
  name: default
current-context: default
users:
- name: default
  user:
    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
`;
  return [
    account('kube-proxy'),
    bind('kubeadm:node-proxier', 'system:node-proxier', sa('kube-proxy')),
    core('configmaps', 'ConfigMap', system, 'kube-proxy', { data: { 'config.conf': config, 'kubeconfig.conf': kubeconfig } }, { labels: { app: 'kube-proxy' } }),
    item('apps', 'v1', 'daemonsets', 'DaemonSet', system, 'kube-proxy', {
      spec: {
        selector: { matchLabels: { 'k8s-app': 'kube-proxy' } },
        updateStrategy: { type: 'RollingUpdate' },
        template: {
          metadata: { labels: { 'k8s-app': 'kube-proxy' } },
          spec: {
            priorityClassName: 'system-node-critical',
            containers: [
              {
                name: 'kube-proxy',
                image: `registry.k8s.io/kube-proxy:${options.plan.kubernetesVersion}`,
                imagePullPolicy: 'IfNotPresent',
                command: ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'],
                env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
                securityContext: { privileged: true },
                volumeMounts: [
                  { name: 'kube-proxy', mountPath: '/var/lib/kube-proxy' },
                  { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
                  { name: 'lib-modules', mountPath: '/lib/modules', readOnly: true },
                ],
              },
            ],
            hostNetwork: true,
            serviceAccountName: 'kube-proxy',
            volumes: [{ name: 'kube-proxy', configMap: { name: 'kube-proxy' } }, hostPath('xtables-lock', '/run/xtables.lock', 'FileOrCreate'), hostPath('lib-modules', '/lib/modules', '')],
            tolerations: [{ operator: 'Exists' }],
            nodeSelector: { 'kubernetes.io/os': 'linux' },
          },
        },
      },
    }, { labels: { 'k8s-app': 'kube-proxy' } }),
  ];
}

const corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;

export function coredns(options: AddonOptions): readonly AddonObject[] {
  const labels = { 'k8s-app': 'kube-dns' };
  return [
    account('coredns'),
    clusterRole('system:coredns', [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]),
    bind('system:coredns', 'system:coredns', sa('coredns')),
    core('configmaps', 'ConfigMap', system, 'coredns', { data: { Corefile: corefile } }),
    core('services', 'Service', system, 'kube-dns', {
      spec: {
        clusterIP: options.plan.dnsAddress,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
      },
    }, { labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' }, annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' } }),
    item('apps', 'v1', 'deployments', 'Deployment', system, 'coredns', {
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            priorityClassName: 'system-cluster-critical',
            serviceAccountName: 'coredns',
            affinity: {
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  { weight: 100, podAffinityTerm: { labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] }, topologyKey: 'kubernetes.io/hostname' } },
                ],
              },
            },
            tolerations: [
              { key: 'CriticalAddonsOnly', operator: 'Exists' },
              { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
            ],
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            containers: [
              {
                name: 'coredns',
                image: releaseOf(options.plan.kubernetesVersion).corednsImage,
                imagePullPolicy: 'IfNotPresent',
                resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
                args: ['-conf', '/etc/coredns/Corefile'],
                volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
                ports: [
                  { containerPort: 53, name: 'dns', protocol: 'UDP' },
                  { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
                  { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
                  { containerPort: 8080, name: 'liveness-probe', protocol: 'TCP' },
                  { containerPort: 8181, name: 'readiness-probe', protocol: 'TCP' },
                ],
                livenessProbe: { httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' }, initialDelaySeconds: 60, timeoutSeconds: 5, successThreshold: 1, failureThreshold: 5 },
                readinessProbe: { httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' } },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] }, readOnlyRootFilesystem: true },
              },
            ],
            dnsPolicy: 'Default',
            volumes: [{ name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } }],
          },
        },
      },
    }, { labels }),
  ];
}

/** Calico's manifest: applied by an administrator after `kubeadm init`. */
export function calicoObjects(options: AddonOptions): readonly AddonObject[] {
  const nodeName = { name: 'NODENAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
  return [
    account('calico-node'),
    clusterRole('calico-node', [
      { apiGroups: [''], resources: ['pods', 'nodes', 'namespaces', 'serviceaccounts', 'services', 'endpoints'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['nodes/status', 'pods/status'], verbs: ['patch', 'update'] },
    ]),
    bind('calico-node', 'calico-node', sa('calico-node')),
    core('configmaps', 'ConfigMap', system, 'calico-config', { data: { calico_backend: 'bird', veth_mtu: '0' } }),
    item('apps', 'v1', 'daemonsets', 'DaemonSet', system, 'calico-node', {
      spec: {
        selector: { matchLabels: { 'k8s-app': 'calico-node' } },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        template: {
          metadata: { labels: { 'k8s-app': 'calico-node' } },
          spec: {
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            hostNetwork: true,
            tolerations: [{ effect: 'NoSchedule', operator: 'Exists' }, { key: 'CriticalAddonsOnly', operator: 'Exists' }, { effect: 'NoExecute', operator: 'Exists' }],
            serviceAccountName: 'calico-node',
            terminationGracePeriodSeconds: 0,
            priorityClassName: 'system-node-critical',
            initContainers: [
              {
                name: 'install-cni',
                image: `quay.io/calico/cni:${calicoVersion}`,
                imagePullPolicy: 'IfNotPresent',
                command: ['/opt/cni/bin/install'],
                env: [nodeName, { name: 'CNI_CONF_NAME', value: '10-calico.conflist' }],
                volumeMounts: [{ mountPath: '/host/opt/cni/bin', name: 'cni-bin-dir' }, { mountPath: '/host/etc/cni/net.d', name: 'cni-net-dir' }],
                securityContext: { privileged: true },
              },
            ],
            containers: [
              {
                name: 'calico-node',
                image: `quay.io/calico/node:${calicoVersion}`,
                imagePullPolicy: 'IfNotPresent',
                env: [nodeName, { name: 'CALICO_IPV4POOL_CIDR', value: options.plan.podCidr }, { name: 'KUBERNETES_ENDPOINT', value: options.plan.endpoint }],
                securityContext: { privileged: true },
                resources: { requests: { cpu: '250m' } },
                livenessProbe: { httpGet: { host: 'localhost', path: '/liveness', port: 9099 }, periodSeconds: 10, initialDelaySeconds: 10, failureThreshold: 6, timeoutSeconds: 10 },
                readinessProbe: { httpGet: { host: 'localhost', path: '/readiness', port: 9099 }, periodSeconds: 10, timeoutSeconds: 10 },
                volumeMounts: [{ mountPath: '/host/etc/cni/net.d', name: 'cni-net-dir' }, { mountPath: '/var/run/calico', name: 'var-run-calico' }, { mountPath: '/var/lib/calico', name: 'var-lib-calico' }],
              },
            ],
            volumes: [hostPath('var-run-calico', '/var/run/calico'), hostPath('var-lib-calico', '/var/lib/calico'), hostPath('cni-bin-dir', '/opt/cni/bin'), hostPath('cni-net-dir', '/etc/cni/net.d')],
          },
        },
      },
    }, { labels: { 'k8s-app': 'calico-node' } }),
  ];
}

/** In every cluster, add-ons or not: the administrators of admin.conf. */
export const clusterAdmins: AddonObject = bind('kubeadm:cluster-admins', 'cluster-admin', group('kubeadm:cluster-admins'));

/** Who the cluster is, for joining machines: a kubeconfig without a user. */
export function clusterInfo(plan: ClusterPlan, authority: string): AddonObject {
  const kubeconfig = printYaml({ apiVersion: 'v1', clusters: [{ cluster: { 'certificate-authority-data': encodeBase64(authority), server: `https://${plan.endpoint}` }, name: '' }], contexts: null, 'current-context': '', kind: 'Config', users: null });
  return core('configmaps', 'ConfigMap', 'kube-public', 'cluster-info', { data: { kubeconfig } });
}
