// The init container of calico-node: puts the network configuration on the node, from which the runtime knows that there is a network.
import type { Program } from '../../kernel/host.ts';
import type { CniConfig } from '../../wire/cni.ts';
import type { CalicoEvent } from './events.ts';

export const calicoInstallCni: Program = {
  name: 'calico-install-cni',
  *main(host) {
    yield* host.clock.sleep(100);
    const path = `/host/etc/cni/net.d/${host.env['CNI_CONF_NAME'] ?? '10-calico.conflist'}`;
    const config: CniConfig = {
      name: 'k8s-pod-network',
      cniVersion: '0.3.1',
      plugins: [
        { type: 'calico', log_level: 'info', datastore_type: 'kubernetes', mtu: 0, nodename_file: '/var/lib/calico/nodename', podCidrFromNode: true, ipam: { type: 'host-local', subnet: 'usePodCidr' }, policy: { type: 'k8s' } },
        { type: 'portmap', snat: true, capabilities: { portMappings: true } },
        { type: 'bandwidth', capabilities: { bandwidth: true } },
      ],
    };
    host.disk.write(path, JSON.stringify(config, undefined, 2));
    yield* host.disk.sync(path);
    host.trace.emit<CalicoEvent>({ type: 'calico.installed', node: host.env['NODENAME'] ?? host.hostname, path: path.replace(/^\/host/, '') });
    host.output.write('Created /host/etc/cni/net.d/10-calico.conflist\nDone configuring CNI.\n');
    return 0;
  },
};

/** The same under the name that the image's command gives it: /opt/cni/bin/install. */
export const calicoInstall: Program = { name: 'install', main: calicoInstallCni.main };
