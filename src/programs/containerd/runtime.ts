// The runtime as a whole: carries out what the CRI calls in main.ts ask for.
import type { PrivilegedHost } from '../../kernel/host.ts';
import type { RuntimeConfig } from './config.ts';
import { Containers } from './containers.ts';
import { readContainers, readSandboxes } from './records.ts';
import { RecordStore } from './record-store.ts';
import { Sandboxes } from './sandboxes.ts';

export class Runtime {
  readonly host: PrivilegedHost;
  readonly config: RuntimeConfig;
  readonly store: RecordStore;
  readonly containers: Containers;
  readonly sandboxes: Sandboxes;

  constructor(host: PrivilegedHost, config: RuntimeConfig) {
    this.host = host;
    this.config = config;
    this.store = new RecordStore(host);
    this.containers = new Containers(host, config, this.store);
    this.sandboxes = new Sandboxes(host, config, this.store, this.containers);
  }

  /** Finds what an earlier containerd of this machine left: living processes are taken over, dead ones are recorded as such. */
  recover(): void {
    for (const record of readSandboxes(this.host.disk)) this.sandboxes.recover(record);
    for (const record of readContainers(this.host.disk)) this.containers.recover(record);
    this.sandboxes.programHostPorts();
  }
}
