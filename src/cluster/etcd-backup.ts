// A backup of etcd on schedule, as one would write it for a kubeadm cluster: a CronJob on a master that runs etcdctl from etcd's own image, with etcd's
// own client certificate, and leaves the snapshot in a folder of that master. It lies in the home folder of the machine `laptop`.
import { etcdImage } from '../programs/images/catalog.ts';

export const backupManifestPath = '/root/etcd-backup.yaml';
/** Where the snapshots are, on the master that made them. */
export const backupFolder = '/var/backups/etcd';

const pki = '/etc/kubernetes/pki/etcd';

export const backupManifest = `apiVersion: batch/v1
kind: CronJob
metadata:
  name: etcd-backup
  namespace: kube-system
spec:
  schedule: "*/5 * * * *"
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 1
  jobTemplate:
    spec:
      template:
        spec:
          hostNetwork: true
          restartPolicy: OnFailure
          nodeSelector:
            node-role.kubernetes.io/control-plane: ""
          tolerations:
          - key: node-role.kubernetes.io/control-plane
            operator: Exists
            effect: NoSchedule
          containers:
          - name: etcdctl
            image: ${etcdImage}
            command:
            - etcdctl
            - --endpoints=https://127.0.0.1:2379
            - --cacert=${pki}/ca.crt
            - --cert=${pki}/healthcheck-client.crt
            - --key=${pki}/healthcheck-client.key
            - snapshot
            - save
            - ${backupFolder}/snapshot.db
            volumeMounts:
            - name: etcd-certs
              mountPath: ${pki}
              readOnly: true
            - name: backups
              mountPath: ${backupFolder}
          volumes:
          - name: etcd-certs
            hostPath:
              path: ${pki}
              type: Directory
          - name: backups
            hostPath:
              path: ${backupFolder}
              type: DirectoryOrCreate
`;
