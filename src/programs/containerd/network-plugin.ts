// Running the CNI plugin that the newest configuration in /etc/cni/net.d names, as a process, as libcni does.
import type { Mailbox, PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { CniConfig, CniResult } from '../../wire/cni.ts';
import type { PodSandboxConfig } from '../../wire/cri.ts';
import { RpcFailure } from './rpc-failure.ts';

const configFolder = '/etc/cni/net.d';
const podCidrPath = '/var/lib/containerd/pod-cidr';

/** The first configuration by file name, read again only after something changed in the folder. */
export class NetworkConfigReader {
  readonly #host: PrivilegedHost;
  readonly #changes: Mailbox<string>;
  #isFresh = false;
  #config: CniConfig | undefined;
  #podCidr: string | undefined;

  constructor(host: PrivilegedHost) {
    this.#host = host;
    this.#changes = host.disk.watch(configFolder);
    this.#podCidr = host.disk.readText(podCidrPath);
  }

  /** What the kubelet told of its node: configurations that ask for it (`podCidrFromNode`) are not there before. */
  setPodCidr(podCidr: string): void {
    if (podCidr === this.#podCidr) return;
    this.#podCidr = podCidr;
    this.#host.disk.write(podCidrPath, podCidr);
    this.#isFresh = false;
  }

  /** undefined when there is none that can be read. */
  read(): CniConfig | undefined {
    while (this.#changes.poll() !== undefined) this.#isFresh = false;
    if (!this.#isFresh) this.#config = fillPodCidr(findNetworkConfig(this.#host), this.#podCidr);
    this.#isFresh = true;
    return this.#config;
  }
}

function fillPodCidr(config: CniConfig | undefined, podCidr: string | undefined): CniConfig | undefined {
  if (config === undefined || !config.plugins.some((plugin) => plugin['podCidrFromNode'] === true)) return config;
  if (podCidr === undefined) return undefined;
  return { ...config, plugins: config.plugins.map((plugin) => (plugin['podCidrFromNode'] === true ? { ...plugin, ipam: { type: 'host-local', subnet: podCidr } } : plugin)) };
}

function findNetworkConfig(host: PrivilegedHost): CniConfig | undefined {
  for (const path of host.disk.list(configFolder)) {
    if (!path.endsWith('.conflist')) continue;
    const value = host.disk.read(path);
    if (typeof value !== 'string') return value as CniConfig;
    try {
      return JSON.parse(value) as CniConfig;
    } catch {
      continue;
    }
  }
  return undefined;
}

export interface PluginRequest {
  readonly command: 'ADD' | 'DEL';
  readonly sandboxId: string;
  readonly namespace: string;
  readonly metadata: PodSandboxConfig['metadata'];
}

/** Runs the main plugin of the chain. Returns the addresses of ADD. Throws RpcFailure. */
export function* runNetworkPlugin(host: PrivilegedHost, config: CniConfig | undefined, request: PluginRequest): Task<readonly string[]> {
  const { command, sandboxId } = request;
  const failing = command === 'ADD' ? `failed to setup network for sandbox "${sandboxId}"` : `failed to destroy network for sandbox "${sandboxId}"`;
  const plugin = config?.plugins[0];
  if (config === undefined || plugin === undefined) throw new RpcFailure('Unknown', `${failing}: cni plugin not initialized`);
  const program = `cni-${plugin.type}`;
  const verb = command === 'ADD' ? 'add' : 'delete';
  if (!host.os.hasProgram(program)) throw new RpcFailure('Unknown', `${failing}: plugin type="${plugin.type}" failed (${verb}): failed to find plugin "${plugin.type}" in path [/opt/cni/bin]`);
  let output = '';
  const handle = host.os.spawn({
    program,
    name: `${program}/${request.metadata.name}`,
    args: [command],
    privileged: true,
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: sandboxId,
      CNI_NETNS: request.namespace,
      CNI_IFNAME: 'eth0',
      CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=${request.metadata.namespace};K8S_POD_NAME=${request.metadata.name};K8S_POD_INFRA_CONTAINER_ID=${sandboxId};K8S_POD_UID=${request.metadata.uid}`,
      CNI_CONFIG: JSON.stringify({ cniVersion: config.cniVersion, name: config.name, ...plugin }),
    },
    onOutput: (_stream, text) => {
      output += text;
    },
  });
  const status = yield* handle.wait();
  if (status.code !== 0) throw new RpcFailure('Unknown', `${failing}: plugin type="${plugin.type}" failed (${verb}): ${readMessage(output) ?? status.error ?? `netplugin failed with no error message: signal: ${status.signal ?? status.code}`}`);
  if (command === 'DEL') return [];
  return (JSON.parse(output) as CniResult).ips.map((ip) => ip.address.replace(/\/.*$/, ''));
}

function readMessage(output: string): string | undefined {
  try {
    return (JSON.parse(output) as { msg?: string }).msg;
  } catch {
    return output === '' ? undefined : output;
  }
}
