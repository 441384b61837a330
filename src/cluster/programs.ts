// Every program of the world, by which machines and images name them.
import type { Program } from '../kernel/host.ts';
import { calicoNode } from '../programs/calico/calico-node.ts';
import { cniCalico } from '../programs/calico/cni-calico.ts';
import { calicoInstall, calicoInstallCni } from '../programs/calico/install-cni.ts';
import { containerd } from '../programs/containerd/main.ts';
import { coredns } from '../programs/coredns/main.ts';
import { clientLoop } from '../programs/images/client-loop.ts';
import { etcdutl } from '../programs/etcd/etcdutl.ts';
import { etcd } from '../programs/etcd/main.ts';
import { etcdctl } from '../programs/etcdctl/main.ts';
import { genericServer } from '../programs/images/generic-server.ts';
import { nginx } from '../programs/images/nginx.ts';
import { pause } from '../programs/images/pause.ts';
import { kubeApiserver } from '../programs/kube-apiserver/main.ts';
import { kubeControllerManager } from '../programs/kube-controller-manager/main.ts';
import { kubeProxy } from '../programs/kube-proxy/main.ts';
import { kubeScheduler } from '../programs/kube-scheduler/main.ts';
import { firstBoot } from '../programs/kubeadm/first-boot.ts';
import { kubeadm } from '../programs/kubeadm/main.ts';
import { kubectl } from '../programs/kubectl/main.ts';
import { kubelet } from '../programs/kubelet/main.ts';
import { loadBalancer } from '../programs/load-balancer/main.ts';
import { registry } from '../programs/registry/main.ts';
import { shellPrograms } from '../programs/shell/main.ts';
import { traffic } from '../programs/traffic/main.ts';
import { checkerClient } from './checker-client.ts';

/** A program that only a person's doing starts. It is named here and found when it runs, so that the page can load its code after the cluster's. */
function tool(name: string, find: () => Program | undefined): Program {
  return { name, main: (host, args) => (find() as Program).main(host, args) };
}

/** Names of the shell room's programs. */
export const shellProgramNames = [
  'sh', 'bash', 'ash', 'busybox', 'shell-session', 'echo', 'pwd', 'test', 'true', 'false', 'kill', 'which', '[', 'cat', 'ls', 'mkdir', 'rm', 'rmdir', 'touch',
  'tee', 'find', 'basename', 'dirname', 'stat', 'cp', 'mv', 'chmod', 'chown', 'head', 'tail', 'grep', 'wc', 'sort', 'uniq', 'cut', 'tr', 'sed', 'seq',
  'printf', 'base64', 'xargs', 'awk', 'sleep', 'date', 'hostname', 'env', 'ps', 'uname', 'free', 'watch', 'timeout', 'time', 'whoami', 'id', 'nproc', 'uptime',
  'df', 'clear', 'sync', 'printenv', 'yes', 'reboot', 'curl', 'wget', 'nslookup', 'dig', 'ping', 'nc', 'ip', 'iptables-save',
] as const;

export const programs: readonly Program[] = [
  calicoInstall, calicoInstallCni, calicoNode, cniCalico, containerd, coredns, etcd, firstBoot, genericServer, kubeApiserver, kubeControllerManager, kubeProxy, kubeScheduler, kubeadm, kubelet, loadBalancer,
  nginx, pause, registry,
  tool('checker-client', () => checkerClient),
  tool('client-loop', () => clientLoop),
  tool('etcdctl', () => etcdctl),
  tool('etcdutl', () => etcdutl),
  tool('kubectl', () => kubectl),
  tool('traffic', () => traffic),
  ...shellProgramNames.map((name) => tool(name, () => shellPrograms.find((program) => program.name === name))),
];
