// The certificates of a kubeadm cluster: which files there are, whom each names, who signs it. The cluster room lays them on the disks of machines
// that come installed; `kubeadm init`, `join` and `certs renew` write the same ones. Names and lifetimes as `kubeadm certs check-expiration` lists them.
import type { Random } from '../../kernel/host.ts';
import { encodeCertificate, encodePrivateKey, encodePublicKey, issueCertificate, publicKeyOf, type CertificateRequest } from '../../wire/tls-handshake.ts';
import type { KeyPair } from '../../wire/tls.ts';
import type { ClusterPlan, MachineIdentity } from './cluster-plan.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';

const dayMs = 86_400_000;
export const certificateLifeMs = 365 * dayMs;
const authorityLifeMs = 3650 * dayMs;
export const pkiFolder = '/etc/kubernetes/pki';
export const kubernetesFolder = '/etc/kubernetes';

export type AuthorityName = 'ca' | 'etcd-ca' | 'front-proxy-ca';

export interface AuthoritySpec {
  readonly name: AuthorityName;
  /** Below /etc/kubernetes/pki, without `.crt`. */
  readonly file: string;
  readonly commonName: string;
}

export const authoritySpecs: readonly AuthoritySpec[] = [
  { name: 'ca', file: 'ca', commonName: 'kubernetes' },
  { name: 'etcd-ca', file: 'etcd/ca', commonName: 'etcd-ca' },
  { name: 'front-proxy-ca', file: 'front-proxy-ca', commonName: 'front-proxy-ca' },
];

export type Authorities = Readonly<Record<AuthorityName, KeyPair>>;

type Names = Omit<CertificateRequest, 'notBeforeMs' | 'notAfterMs'>;

export interface CertificateSpec {
  /** As `kubeadm certs renew NAME` calls it. */
  readonly name: string;
  /** Below /etc/kubernetes/pki, without `.crt`. */
  readonly file: string;
  readonly authority: AuthorityName;
  readonly names: (cluster: ClusterPlan, machine: MachineIdentity) => Names;
}

const serviceNames = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
const both: readonly ('client auth' | 'server auth')[] = ['client auth', 'server auth'];

function etcdNames(_: ClusterPlan, machine: MachineIdentity): Names {
  return { commonName: machine.name, usages: both, dnsNames: ['localhost', machine.name], ipAddresses: ['127.0.0.1', machine.address] };
}

const host = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(':'));

/** In the order in which kubeadm makes them. */
export const certificateSpecs: readonly CertificateSpec[] = [
  {
    name: 'apiserver',
    file: 'apiserver',
    authority: 'ca',
    names: (cluster, machine) => ({
      commonName: 'kube-apiserver',
      usages: ['server auth'],
      dnsNames: [...serviceNames, 'localhost', machine.name],
      ipAddresses: [...new Set([cluster.firstServiceAddress, '127.0.0.1', machine.address, host(cluster.endpoint), ...cluster.extraSans])],
    }),
  },
  {
    name: 'apiserver-kubelet-client',
    file: 'apiserver-kubelet-client',
    authority: 'ca',
    names: () => ({ commonName: 'kube-apiserver-kubelet-client', organizations: ['kubeadm:cluster-admins', 'system:masters'], usages: ['client auth'] }),
  },
  { name: 'apiserver-etcd-client', file: 'apiserver-etcd-client', authority: 'etcd-ca', names: () => ({ commonName: 'kube-apiserver-etcd-client', usages: ['client auth'] }) },
  { name: 'front-proxy-client', file: 'front-proxy-client', authority: 'front-proxy-ca', names: () => ({ commonName: 'front-proxy-client', usages: ['client auth'] }) },
  { name: 'etcd-server', file: 'etcd/server', authority: 'etcd-ca', names: etcdNames },
  { name: 'etcd-peer', file: 'etcd/peer', authority: 'etcd-ca', names: etcdNames },
  { name: 'etcd-healthcheck-client', file: 'etcd/healthcheck-client', authority: 'etcd-ca', names: () => ({ commonName: 'kube-etcd-healthcheck-client', usages: ['client auth'] }) },
];

export interface KubeconfigSpec {
  /** File below /etc/kubernetes; also its name for `kubeadm certs renew`. */
  readonly file: string;
  readonly user: string;
  readonly organizations: readonly string[];
  /** Speaks to the API server of its own machine rather than to the cluster's endpoint. */
  readonly local: boolean;
}

export const kubeconfigSpecs: readonly KubeconfigSpec[] = [
  { file: 'admin.conf', user: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'], local: false },
  { file: 'super-admin.conf', user: 'kubernetes-super-admin', organizations: ['system:masters'], local: true },
  { file: 'controller-manager.conf', user: 'system:kube-controller-manager', organizations: [], local: true },
  { file: 'scheduler.conf', user: 'system:kube-scheduler', organizations: [], local: true },
];

/** Signs for a cluster whose authorities' keys are at hand. */
export interface Signer {
  readonly random: Pick<Random, 'hex'>;
  readonly wallMs: number;
  readonly authorities: Authorities;
}

/** A few minutes back, so that a machine whose clock is behind accepts it. */
const validity = (wallMs: number, lifeMs: number) => ({ notBeforeMs: wallMs - 5 * 60_000, notAfterMs: wallMs + lifeMs });

export function createAuthority(random: Pick<Random, 'hex'>, spec: AuthoritySpec, wallMs: number): KeyPair {
  return issueCertificate(random, { commonName: spec.commonName, isCa: true, ...validity(wallMs, authorityLifeMs) });
}

export function issueLeaf(signer: Signer, authority: AuthorityName, names: Names): KeyPair {
  return issueCertificate(signer.random, { ...names, ...validity(signer.wallMs, certificateLifeMs) }, signer.authorities[authority]);
}

/** `NAME.crt` and `NAME.key` below /etc/kubernetes/pki. */
export function pairFiles(file: string, { certificate, privateKey }: KeyPair): Record<string, string> {
  return { [`${pkiFolder}/${file}.crt`]: encodeCertificate(certificate), [`${pkiFolder}/${file}.key`]: encodePrivateKey(privateKey) };
}

/** The files every control plane shares: authorities and the key that signs service account tokens. */
export function sharedFiles(authorities: Authorities, serviceAccountKey: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const spec of authoritySpecs) Object.assign(files, pairFiles(spec.file, authorities[spec.name]));
  files[`${pkiFolder}/sa.key`] = encodePrivateKey(serviceAccountKey);
  files[`${pkiFolder}/sa.pub`] = encodePublicKey(publicKeyOf(serviceAccountKey));
  return files;
}

/** The files of a machine that has nothing of the control plane but a member of etcd. */
export function etcdMachineFiles(signer: Signer, cluster: ClusterPlan, machine: MachineIdentity): Record<string, string> {
  const files: Record<string, string> = { [`${pkiFolder}/etcd/ca.crt`]: encodeCertificate(signer.authorities['etcd-ca'].certificate) };
  for (const spec of certificateSpecs) if (spec.file.startsWith('etcd/')) Object.assign(files, pairFiles(spec.file, issueLeaf(signer, spec.authority, spec.names(cluster, machine))));
  return files;
}

/** The files of one control plane machine's own identities. */
export function machineCertificateFiles(signer: Signer, cluster: ClusterPlan, machine: MachineIdentity): Record<string, string> {
  const files: Record<string, string> = {};
  for (const spec of certificateSpecs) Object.assign(files, pairFiles(spec.file, issueLeaf(signer, spec.authority, spec.names(cluster, machine))));
  return files;
}

/** A kubeconfig with a fresh certificate for its user. */
export function kubeconfigFor(signer: Signer, cluster: ClusterPlan, machine: MachineIdentity, spec: KubeconfigSpec): string {
  return kubeconfigFile({
    server: `https://${spec.local ? `${machine.address}:6443` : cluster.endpoint}`,
    ca: signer.authorities.ca.certificate,
    user: spec.user,
    identity: issueLeaf(signer, 'ca', { commonName: spec.user, organizations: spec.organizations, usages: ['client auth'] }),
  });
}

const kubeletPair = '/var/lib/kubelet/pki/kubelet-client-current.pem';

/** kubelet.conf, which names the file of the pair that the kubelet itself renews, and that file. */
export function kubeletIdentityFiles(signer: Signer, cluster: ClusterPlan, machine: MachineIdentity): Record<string, string> {
  const user = `system:node:${machine.name}`;
  const { certificate, privateKey } = issueLeaf(signer, 'ca', { commonName: user, organizations: ['system:nodes'], usages: ['client auth'] });
  return {
    [`${kubernetesFolder}/kubelet.conf`]: kubeconfigFile({ server: `https://${cluster.endpoint}`, ca: signer.authorities.ca.certificate, user, identity: kubeletPair }),
    [kubeletPair]: encodeCertificate(certificate) + encodePrivateKey(privateKey),
  };
}

/** A kubelet's serving certificate, signed by itself as kubelets do without serverTLSBootstrap. */
export function kubeletServing(random: Pick<Random, 'hex'>, machine: MachineIdentity, wallMs: number): KeyPair {
  return issueCertificate(random, {
    commonName: `${machine.name}@${Math.floor(wallMs / 1000)}`,
    usages: ['server auth'],
    dnsNames: [machine.name],
    isCa: true,
    ...validity(wallMs, certificateLifeMs),
  });
}
