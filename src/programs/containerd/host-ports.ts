// Host ports of pods are NAT rules of the machine, as the portmap plugin makes them.
import type { NatService, PrivilegedHost } from '../../kernel/host.ts';
import { podOf, type SandboxRecord } from './records.ts';

/** `addresses`: where a port without an address of its own is open. */
export function computeHostPorts(sandboxes: Iterable<SandboxRecord>, addresses: readonly string[]): readonly NatService[] {
  const rules: NatService[] = [];
  for (const sandbox of sandboxes) {
    if (sandbox.state !== 'SANDBOX_READY' || sandbox.ip === '') continue;
    for (const mapping of sandbox.config.portMappings) {
      if (mapping.hostPort === 0) continue;
      const transport = mapping.protocol.toLowerCase() === 'udp' ? 'udp' : 'tcp';
      const isEverywhere = mapping.hostIp === undefined || mapping.hostIp === '' || mapping.hostIp === '0.0.0.0';
      for (const address of isEverywhere ? addresses : [mapping.hostIp as string]) {
        rules.push({ address: `${address}:${mapping.hostPort}`, transport, name: `hostport ${podOf(sandbox.config)}:${mapping.hostPort}`, backends: [`${sandbox.ip}:${mapping.containerPort}`] });
      }
    }
  }
  return rules;
}

export class HostPorts {
  readonly #host: PrivilegedHost;
  #hasRules = false;

  constructor(host: PrivilegedHost) {
    this.#host = host;
  }

  /** Makes the machine's rules those of the sandboxes that are ready. */
  program(sandboxes: Iterable<SandboxRecord>): void {
    const rules = computeHostPorts(sandboxes, this.#host.os.addresses);
    if (rules.length === 0 && !this.#hasRules) return;
    this.#hasRules = rules.length > 0;
    this.#host.os.setNat('portmap', 'iptables', rules);
  }
}
