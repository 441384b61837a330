// Settings of the runtime: /etc/containerd/config.toml, of which only `key = value` lines are read.
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';

export interface RuntimeConfig {
  /** What RuntimeService/Version says: containerd, docker (cri-dockerd), cri-o. */
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  /** Any image exists and everything starts at once: for clusters that are there for their API. */
  readonly instant: boolean;
  /** What runs in a container whose image exists only because of `instant`. */
  readonly instantProgram: string;
  readonly sandboxImage: string;
  /** Bytes that a pull moves per second. */
  readonly bandwidth: number;
}

const versions: Readonly<Record<string, string>> = { containerd: '2.2.1', docker: '29.1.3', 'cri-o': '1.36.0' };

export function parseRuntimeConfig(text: string | undefined): RuntimeConfig {
  const values = new Map<string, string>();
  for (const line of (text ?? '').split('\n')) {
    const match = /^\s*([a-z_]+)\s*=\s*"?([^"#]*?)"?\s*(#.*)?$/.exec(line);
    if (match !== null) values.set(match[1] ?? '', match[2] ?? '');
  }
  const runtimeName = values.get('runtime_name') ?? 'containerd';
  return {
    runtimeName,
    runtimeVersion: values.get('runtime_version') ?? versions[runtimeName] ?? '1.0.0',
    instant: values.get('instant') === 'true',
    instantProgram: values.get('instant_program') ?? 'pause',
    sandboxImage: values.get('sandbox_image') ?? 'registry.k8s.io/pause:3.10.1',
    bandwidth: Number(values.get('bandwidth') ?? 60_000_000),
  };
}

/** Work that takes visible time in life; none when the runtime is `instant`. */
export function* takeTime(host: Host, config: RuntimeConfig, milliseconds: number, jitter: number): Task<void> {
  if (!config.instant) yield* host.clock.sleep(milliseconds + host.random.below(jitter));
}
