// The kubelet's files and its unit, as kubeadm handles them on every machine.
import type { Task } from '../../kernel/task.ts';
import { kubernetesFolder } from './certificates.ts';
import { kubeletConfigPath } from './cluster-configuration.ts';
import type { Context } from './context.ts';

export const kubeletFlagsPath = '/var/lib/kubelet/kubeadm-flags.env';
export const kubeletKubeconfigPath = `${kubernetesFolder}/kubelet.conf`;
export const bootstrapKubeconfigPath = `${kubernetesFolder}/bootstrap-kubelet.conf`;
export const controlPlaneTaint = 'node-role.kubernetes.io/control-plane:NoSchedule';

export function kubeletFlagsText(taints: readonly string[]): string {
  return `KUBELET_KUBEADM_ARGS="${taints.length === 0 ? '' : `--register-with-taints=${taints.join(',')}`}"\n`;
}

export function* startKubelet(context: Context, configuration: string, taints: readonly string[]): Task<void> {
  context.phase('kubelet-start');
  const { host } = context;
  context.say(`[kubelet-start] Writing kubelet environment file with flags to file "${kubeletFlagsPath}"`);
  context.say(`[kubelet-start] Writing kubelet configuration to file "${kubeletConfigPath}"`);
  host.disk.write(kubeletFlagsPath, kubeletFlagsText(taints));
  host.disk.write(kubeletConfigPath, configuration);
  yield* host.disk.sync('/var/lib/kubelet');
  context.say('[kubelet-start] Starting the kubelet');
  host.os.control('kubelet', 'restart');
}
