// The lines of a recovery drill, for the cluster that is there: the first master is restored from a snapshot, the others forget what they had and join it anew.
import type { MachineRecord } from '../../../scene/records.ts';

export type DrillStep = 'save' | 'write' | 'lose' | 'stop' | 'restore' | 'start' | 'look' | 'token' | 'rejoin' | 'rejoin2';
export interface DrillLine {
  readonly step: DrillStep;
  readonly machine: string;
  /** undefined: a button of its own does it. */
  readonly line: string | undefined;
}

const pki = '/etc/kubernetes/pki/etcd';
const identity = `--endpoints=https://127.0.0.1:2379 --cacert=${pki}/ca.crt --cert=${pki}/server.crt --key=${pki}/server.key`;
/** Where the drill keeps it. */
export const snapshotFile = '/root/backup.db';
const token = 'drill0.0123456789abcdef';
const key = '5ea1'.repeat(16);

/** undefined when etcd does not run on the masters. */
export function drillLines(machines: Iterable<MachineRecord>): readonly DrillLine[] | undefined {
  const all = [...machines];
  const masters = all.filter((machine) => machine.role === 'master').sort((a, b) => a.slot - b.slot);
  const [first, ...others] = masters;
  if (first === undefined || all.some((machine) => machine.role === 'etcd')) return undefined;
  const endpoint = `${(all.find((machine) => machine.role === 'load-balancer') ?? first).address}:6443`;
  const peer = `https://${first.address}:2380`;
  const on = (step: DrillStep, line: string | undefined, machine = first.name): DrillLine => ({ step, machine, line });
  return [
    on('save', `etcdctl ${identity} snapshot save ${snapshotFile}`),
    on('write', 'kubectl create configmap written-later --from-literal=when=after-the-snapshot', 'laptop'),
    on('lose', undefined, masters.map((machine) => machine.name).join(', ')),
    ...others.map((machine) => on('rejoin', 'kubeadm reset --force', machine.name)),
    on('stop', 'mkdir -p /root/manifests && mv /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/manifests/etcd.yaml /root/manifests/'),
    on('restore', `rm -rf /var/lib/etcd && etcdutl snapshot restore ${snapshotFile} --name ${first.name} --initial-cluster ${first.name}=${peer} --initial-advertise-peer-urls ${peer} --data-dir /var/lib/etcd --bump-revision 1000000000 --mark-compacted`),
    on('start', 'mv /root/manifests/etcd.yaml /root/manifests/kube-apiserver.yaml /etc/kubernetes/manifests/'),
    on('look', 'kubectl get nodes,deployments,configmaps', 'laptop'),
    ...(others.length === 0 ? [] : [on('token', `kubeadm token create ${token}; kubeadm init phase upload-certs --upload-certs --certificate-key ${key}`)]),
    ...others.map((machine) =>
      on('rejoin2', `kubeadm join ${endpoint} --token ${token} --discovery-token-unsafe-skip-ca-verification --control-plane --certificate-key ${key}`, machine.name),
    ),
  ];
}
