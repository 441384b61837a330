// The CNI plugin that containerd runs for each sandbox: gives it an address of the node's pod CIDR, or takes it back.
import type { Host, PrivilegedHost, Program } from '../../kernel/host.ts';
import type { CniResult } from '../../wire/cni.ts';
import { addressToNumber, type AddressStore, decideAddress } from './cidr.ts';
import type { CalicoEvent } from './events.ts';

interface PluginConfig {
  readonly name?: string;
  readonly ipam?: { readonly subnet?: string };
  /** calico-node writes this file once it runs; without it no pod gets an address. */
  readonly nodename_file?: string;
}

export const cniCalico: Program = {
  name: 'cni-calico',
  *main(host: Host) {
    const config = JSON.parse(host.env['CNI_CONFIG'] ?? '{}') as PluginConfig;
    const path = `/var/lib/cni/networks/${config.name ?? 'k8s-pod-network'}`;
    const store = (host.disk.read(path) as AddressStore | undefined) ?? { last: 0, taken: {} };
    const containerId = host.env['CNI_CONTAINERID'] ?? '';
    const args = new Map((host.env['CNI_ARGS'] ?? '').split(';').map((pair) => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? ''] as const));
    const pod = `${args.get('K8S_POD_NAMESPACE') ?? ''}/${args.get('K8S_POD_NAME') ?? ''}`;
    const namespace = host.env['CNI_NETNS'] ?? '';
    if (host.env['CNI_COMMAND'] === 'DEL') {
      const address = Object.keys(store.taken).find((each) => store.taken[each] === containerId);
      if (address !== undefined) {
        const { [address]: _, ...taken } = store.taken;
        host.disk.write(path, { ...store, taken } satisfies AddressStore);
        host.trace.emit<CalicoEvent>({ type: 'calico.address', change: 'released', address, namespace, pod, containerId });
      }
      return 0;
    }
    if (config.nodename_file !== undefined && host.disk.readText(config.nodename_file) === undefined) {
      return fail(host, 1, `stat ${config.nodename_file}: no such file or directory: check that the calico/node container is running and has mounted /var/lib/calico/`);
    }
    const subnet = config.ipam?.subnet;
    if (subnet === undefined) return fail(host, 7, 'no podCidr for node');
    const address = decideAddress(store, subnet);
    if (address === undefined) {
      host.trace.emit<CalicoEvent>({ type: 'calico.exhausted', subnet, pod });
      return fail(host, 11, `no IP addresses available in range set: ${subnet}`);
    }
    host.disk.write(path, { last: addressToNumber(address) ?? 0, taken: { ...store.taken, [address]: containerId } } satisfies AddressStore);
    (host as PrivilegedHost).os.addAddress(namespace, address);
    host.trace.emit<CalicoEvent>({ type: 'calico.address', change: 'assigned', address, namespace, pod, containerId });
    const result: CniResult = { cniVersion: '1.0.0', ips: [{ address: `${address}/32`, gateway: '169.254.1.1' }], interfaces: [{ name: `cali${containerId.slice(0, 11)}`, sandbox: namespace }] };
    host.output.write(JSON.stringify(result));
    return 0;
  },
};

function fail(host: Host, code: number, msg: string): number {
  host.output.write(JSON.stringify({ cniVersion: '1.0.0', code, msg }));
  return 1;
}
