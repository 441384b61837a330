// The certificates that kubeadm makes, on the machines that need them, under kubeadm's file names.
import type { Random } from '../kernel/host.ts';
import { encodeCertificate, encodePrivateKey, encodePublicKey, issueCertificate, publicKeyOf, type CertificateRequest } from '../wire/tls-handshake.ts';
import type { KeyPair } from '../wire/tls.ts';
import { mastersOf, type MachinePlan, type Topology } from './topology.ts';

const dayMs = 86_400_000;
const folder = '/etc/kubernetes/pki';

export interface ClusterPki {
  readonly ca: KeyPair;
  readonly etcdCa: KeyPair;
  readonly frontProxyCa: KeyPair;
  /** Key that signs service account tokens. */
  readonly serviceAccountKey: string;
  /** Files of one master. */
  masterFiles(machine: MachinePlan): Record<string, string>;
  /** A client certificate of the cluster's authority. */
  client(commonName: string, organizations: readonly string[]): KeyPair;
  /** A kubelet's own serving certificate, signed by itself as kubelets do without bootstrap. */
  serving(machine: MachinePlan): KeyPair;
}

export function createPki(random: Random, topology: Topology, epochMs: number): ClusterPki {
  const notBeforeMs = epochMs - 5 * 60_000;
  const decade = { notBeforeMs, notAfterMs: epochMs + 3650 * dayMs };
  const year = { notBeforeMs, notAfterMs: epochMs + 365 * dayMs };
  const authority = (commonName: string) => issueCertificate(random, { commonName, isCa: true, ...decade });
  const ca = authority('kubernetes');
  const etcdCa = authority('etcd-ca');
  const frontProxyCa = authority('front-proxy-ca');
  const serviceAccountKey = random.hex(32);
  const issue = (request: Omit<CertificateRequest, 'notBeforeMs' | 'notAfterMs'>, by: KeyPair) => issueCertificate(random, { ...request, ...year }, by);
  const pair = (name: string, { certificate, privateKey }: KeyPair): Record<string, string> => ({
    [`${folder}/${name}.crt`]: encodeCertificate(certificate),
    [`${folder}/${name}.key`]: encodePrivateKey(privateKey),
  });
  const endpoint = topology.endpoint.slice(0, topology.endpoint.indexOf(':'));
  const first = topology.serviceCidr === '10.96.0.0/12' ? '10.96.0.1' : '10.0.0.1';
  return {
    ca,
    etcdCa,
    frontProxyCa,
    serviceAccountKey,
    client: (commonName, organizations) => issue({ commonName, organizations, usages: ['client auth'] }, ca),
    serving: (machine) =>
      issueCertificate(random, { commonName: `${machine.name}@${Math.floor(epochMs / 1000)}`, usages: ['server auth'], dnsNames: [machine.name], ipAddresses: [machine.address], isCa: true, ...year }),
    masterFiles(machine) {
      const local = ['127.0.0.1', machine.address];
      const both: CertificateRequest['usages'] = ['client auth', 'server auth'];
      const masters = mastersOf(topology).map((each) => each.address);
      return {
        ...pair('ca', ca),
        ...pair('etcd/ca', etcdCa),
        ...pair('front-proxy-ca', frontProxyCa),
        [`${folder}/sa.key`]: encodePrivateKey(serviceAccountKey),
        [`${folder}/sa.pub`]: encodePublicKey(publicKeyOf(serviceAccountKey)),
        ...pair(
          'apiserver',
          issue(
            {
              commonName: 'kube-apiserver',
              usages: ['server auth'],
              dnsNames: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost', machine.name],
              ipAddresses: [first, ...new Set([...local, endpoint, ...masters])],
            },
            ca,
          ),
        ),
        ...pair('apiserver-kubelet-client', issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['kubeadm:cluster-admins', 'system:masters'], usages: ['client auth'] }, ca)),
        ...pair('apiserver-etcd-client', issue({ commonName: 'kube-apiserver-etcd-client', usages: ['client auth'] }, etcdCa)),
        ...pair('front-proxy-client', issue({ commonName: 'front-proxy-client', usages: ['client auth'] }, frontProxyCa)),
        ...pair('etcd/server', issue({ commonName: machine.name, usages: both, dnsNames: ['localhost', machine.name], ipAddresses: local }, etcdCa)),
        ...pair('etcd/peer', issue({ commonName: machine.name, usages: both, dnsNames: ['localhost', machine.name], ipAddresses: local }, etcdCa)),
        ...pair('etcd/healthcheck-client', issue({ commonName: 'kube-etcd-healthcheck-client', usages: ['client auth'] }, etcdCa)),
      };
    },
  };
}
