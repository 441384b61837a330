// The container network interface: containerd asks the node's CNI plugin (installed by the network add-on's pod as a file
// /etc/cni/net.d/10-*.conflist on the node) to add or remove a sandbox. Carried as a process run: program `cni-<type>`, args [command], with
// the request on the environment (CNI_COMMAND, CNI_NETNS, CNI_CONTAINERID, CNI_ARGS) and the result as JSON on standard output, as in life.

export interface CniResult {
  readonly cniVersion: '1.0.0';
  readonly ips: readonly { readonly address: string; readonly gateway: string }[];
  readonly interfaces: readonly { readonly name: string; readonly sandbox: string }[];
}
export interface CniConfig {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins: readonly { readonly type: string; readonly [option: string]: unknown }[];
}
