// What kubeadm knows of a cluster and a machine when it writes certificates, kubeconfigs and manifests: its ClusterConfiguration, reduced to what matters here.

export interface MachineIdentity {
  readonly name: string;
  readonly address: string;
}

export interface ClusterPlan {
  /** `v1.36.2` */
  readonly kubernetesVersion: string;
  readonly etcdImage: string;
  /** `host:port` where clients find the API (controlPlaneEndpoint). */
  readonly endpoint: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Address of the `kubernetes` Service: the first of serviceCidr. */
  readonly firstServiceAddress: string;
  readonly dnsAddress: string;
  /** More addresses that the API server's certificate names (apiServer.certSANs). */
  readonly extraSans: readonly string[];
  /** The API server reads bearer tokens from /etc/kubernetes/pki/tokens.csv. */
  readonly tokenFile: boolean;
  /** `https://ip:2379` of members on machines of their own (etcd.external); left out: each master has one. */
  readonly externalEtcd?: readonly string[];
}

/** Members a new etcd member starts with, itself included, and whether it founds the cluster or joins one. */
export interface EtcdPlan {
  readonly initialCluster: readonly MachineIdentity[];
  readonly state: 'new' | 'existing';
}

/** `10.96.0.0/12` -> `10.96.0.1` */
export function firstAddress(cidr: string): string {
  const [base = ''] = cidr.split('/');
  return base.replace(/\d+$/, (last) => String(Number(last) + 1));
}
