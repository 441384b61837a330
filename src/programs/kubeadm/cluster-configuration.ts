// The ClusterConfiguration that kubeadm keeps in the ConfigMap kube-system/kubeadm-config, and the KubeletConfiguration it gives to nodes.
import { parseYaml } from '../../api/yaml/parse-yaml.ts';
import { printYaml } from '../../api/yaml/print-yaml.ts';
import { releaseOf } from '../images/releases.ts';
import { pkiFolder } from './certificates.ts';
import { firstAddress, type ClusterPlan } from './cluster-plan.ts';

export const defaultServiceCidr = '10.96.0.0/12';

export function clusterConfigurationText(plan: ClusterPlan): string {
  return printYaml({
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    apiServer: {
      ...(plan.extraSans.length === 0 ? {} : { certSANs: plan.extraSans }),
      ...(plan.tokenFile ? { extraArgs: [{ name: 'token-auth-file', value: `${pkiFolder}/tokens.csv` }] } : {}),
    },
    caCertificateValidityPeriod: '87600h0m0s',
    certificateValidityPeriod: '8760h0m0s',
    certificatesDir: pkiFolder,
    clusterName: 'kubernetes',
    controlPlaneEndpoint: plan.endpoint,
    controllerManager: {},
    dns: {},
    encryptionAlgorithm: 'RSA-2048',
    etcd: plan.externalEtcd === undefined ? { local: { dataDir: '/var/lib/etcd' } } : { external: { caFile: `${pkiFolder}/etcd/ca.crt`, certFile: `${pkiFolder}/apiserver-etcd-client.crt`, endpoints: plan.externalEtcd, keyFile: `${pkiFolder}/apiserver-etcd-client.key` } },
    imageRepository: 'registry.k8s.io',
    kubernetesVersion: plan.kubernetesVersion,
    networking: { dnsDomain: 'cluster.local', ...(plan.podCidr === '' ? {} : { podSubnet: plan.podCidr }), serviceSubnet: plan.serviceCidr },
    proxy: {},
    scheduler: {},
  });
}

interface Configuration {
  readonly apiServer?: { readonly certSANs?: readonly string[]; readonly extraArgs?: readonly { readonly name?: string }[] };
  readonly controlPlaneEndpoint?: string;
  readonly etcd?: { readonly external?: { readonly endpoints?: readonly string[] } };
  readonly kubernetesVersion?: string;
  readonly networking?: { readonly podSubnet?: string; readonly serviceSubnet?: string };
}

/** Throws a plain Error for text that is no YAML. */
export function readClusterConfiguration(text: string): ClusterPlan {
  const read = (parseYaml(text) ?? {}) as Configuration;
  const external = read.etcd?.external?.endpoints;
  return makePlan({
    kubernetesVersion: read.kubernetesVersion ?? '',
    endpoint: read.controlPlaneEndpoint ?? '',
    podCidr: read.networking?.podSubnet ?? '',
    serviceCidr: read.networking?.serviceSubnet ?? defaultServiceCidr,
    extraSans: read.apiServer?.certSANs ?? [],
    tokenFile: read.apiServer?.extraArgs?.some((each) => each.name === 'token-auth-file') === true,
    ...(external === undefined ? {} : { externalEtcd: external }),
  });
}

export function makePlan(given: Pick<ClusterPlan, 'kubernetesVersion' | 'endpoint' | 'podCidr' | 'serviceCidr' | 'extraSans' | 'tokenFile' | 'externalEtcd'>): ClusterPlan {
  const firstServiceAddress = firstAddress(given.serviceCidr);
  return { ...given, etcdImage: releaseOf(given.kubernetesVersion).etcdImage, firstServiceAddress, dnsAddress: firstServiceAddress.replace(/\d+$/, (last) => String(Number(last) + 9)) };
}

export const kubeletConfigPath = '/var/lib/kubelet/config.yaml';

export function kubeletConfigurationText(plan: Pick<ClusterPlan, 'dnsAddress'>, maxPods = 110): string {
  return printYaml({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: `${pkiFolder}/ca.crt` } },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'systemd',
    clusterDNS: [plan.dnsAddress],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    maxPods,
    rotateCertificates: true,
    staticPodPath: '/etc/kubernetes/manifests',
  });
}
