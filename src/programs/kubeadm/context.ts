// One invocation of kubeadm: who and where we are, the API server, the files of this machine, and words on the terminal.
import { parseFlags, type Flags } from '../../client/flags.ts';
import { isApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/contract.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { PrivilegedHost } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import { kubernetesFolder } from './certificates.ts';
import type { MachineIdentity } from './cluster-plan.ts';
import { packageVersion } from '../images/releases.ts';
import type { KubeadmEvent } from './events.ts';

/** Ends the command: `message` on standard error. */
export class Failure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const booleans = ['upload-certs', 'force', 'f', 'control-plane', 'yes', 'y', 'ignore-preflight-errors-all', 'print-join-command', 'discovery-token-unsafe-skip-ca-verification', 'dry-run', 'help', 'cleanup-tmp-dir', 'etcd-upgrade', 'certificate-renewal'];
const short: Readonly<Record<string, string>> = { '-f': '--force', '-y': '--yes', '-h': '--help', '-v': '--v', '-o': '--output' };

export class Context {
  readonly host: PrivilegedHost;
  readonly flags: Flags;
  /** Words that are no flags and belong to the command's arguments. */
  readonly args: readonly string[];
  readonly machine: MachineIdentity;

  constructor(host: PrivilegedHost, words: readonly string[], commandWords: number) {
    this.host = host;
    this.flags = parseFlags(words.map((word) => short[word] ?? word), booleans);
    this.args = this.flags.positional.slice(commandWords);
    const address = this.flags.get('apiserver-advertise-address') ?? host.os.addresses[0] ?? '';
    this.machine = { name: this.flags.get('node-name') ?? (host.disk.readText('/etc/hostname') ?? host.machine).trim(), address };
  }

  /** Of this kubeadm: its package's. */
  get version(): string {
    return packageVersion(this.host.disk, 'kubeadm');
  }

  say(text: string): void {
    this.host.output.write(`${text}\n`);
  }

  warn(text: string): void {
    this.host.output.error(`${text}\n`);
  }

  phase(phase: string): void {
    this.host.trace.emit<KubeadmEvent>({ type: 'kubeadm.phase', phase });
  }

  exists(path: string): boolean {
    return this.host.disk.exists(path) || this.host.disk.list(path).length > 0;
  }

  /** Writes files and makes them survive a crash. */
  *write(files: Readonly<Record<string, string>>): Task<void> {
    for (const [path, text] of Object.entries(files)) this.host.disk.write(path, text);
    yield* this.host.disk.sync(kubernetesFolder);
  }

  removeFolder(folder: string): void {
    for (const path of this.host.disk.list(folder)) this.host.disk.remove(path);
    this.host.disk.remove(folder);
  }

  api(file = this.flags.get('kubeconfig') ?? `${kubernetesFolder}/admin.conf`): ApiClient {
    let config;
    try {
      config = loadKubeconfig(this.host, file);
    } catch (error) {
      throw new Failure(`failed to load admin kubeconfig: ${(error as Error).message}`);
    }
    return createApiClient(this.host, { server: config.server, tls: config.tls, ...(config.token === undefined ? {} : { token: config.token }), userAgent: 'kubeadm' });
  }

  apiAt(server: string, tls: TlsIdentity, token?: string): ApiClient {
    return createApiClient(this.host, { server, tls, ...(token === undefined ? {} : { token }), userAgent: 'kubeadm' });
  }

  /** Tries `attempt` every `everyMs` until it answers something, for `timeoutMs`; refusals and broken connections count as not yet. */
  *waitFor<T>(what: string, timeoutMs: number, attempt: () => Task<T | undefined>, everyMs = 500): Task<T> {
    const deadlineMs = this.host.clock.nowMs() + timeoutMs;
    let last = '';
    for (;;) {
      try {
        const found = yield* attempt();
        if (found !== undefined) return found;
      } catch (error) {
        if (!(error instanceof NetworkError) && !isApiError(error)) throw error;
        if (isApiError(error) && (error.code === 400 || error.code === 422)) throw error;
        last = `: ${error.message}`;
      }
      if (this.host.clock.nowMs() >= deadlineMs) throw new Failure(`${what}: timed out waiting for the condition${last}`);
      yield* this.host.clock.sleep(everyMs);
    }
  }
}
