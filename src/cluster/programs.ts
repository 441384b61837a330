// Every program of the world, by which machines and images name them.
import '../api/cel/provide.ts';
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
import { agnhost, agnhost2 } from '../programs/images/agnhost/agnhost.ts';
import { genericServer } from '../programs/images/generic-server.ts';
import { httpd } from '../programs/images/httpd.ts';
import { nginx } from '../programs/images/nginx.ts';
import { pause } from '../programs/images/pause.ts';
import { updateDemo } from '../programs/images/update-demo.ts';
import { kubeApiserver } from '../programs/kube-apiserver/main.ts';
import { kubeControllerManager } from '../programs/kube-controller-manager/main.ts';
import { kubeProxy } from '../programs/kube-proxy/main.ts';
import { kubeScheduler } from '../programs/kube-scheduler/main.ts';
import { firstBoot } from '../programs/kubeadm/first-boot.ts';
import { kubeadm } from '../programs/kubeadm/main.ts';
import { kubectl } from '../programs/kubectl/main.ts';
import { kubelet } from '../programs/kubelet/main.ts';
import { loadBalancer } from '../programs/load-balancer/main.ts';
import { metricsServer } from '../programs/metrics-server/main.ts';
import { registry } from '../programs/registry/main.ts';
import { sampleApiserver } from '../programs/sample-apiserver/main.ts';
import { shellPrograms } from '../programs/shell/main.ts';
import { traffic } from '../programs/traffic/main.ts';
import { checkerClient } from './checker-client.ts';
import { memberReplacer } from './member-replacer.ts';

/** Those that a cluster starts by itself. */
export const programs: readonly Program[] = [
  calicoInstall, calicoInstallCni, calicoNode, cniCalico, containerd, coredns, etcd, firstBoot, genericServer, kubeApiserver, kubeControllerManager, kubeProxy, kubeScheduler, kubelet, loadBalancer,
  nginx, pause, registry,
];

/** Those that only start because somebody did something: the page loads their code after the cluster's (see src/README.md). */
export function findTool(name: string): Program | undefined {
  const tools: readonly Program[] = [agnhost, agnhost2, checkerClient, clientLoop, etcdctl, etcdutl, httpd, kubeadm, kubectl, memberReplacer, metricsServer, sampleApiserver, traffic, updateDemo, ...shellPrograms];
  return tools.find((program) => program.name === name);
}
