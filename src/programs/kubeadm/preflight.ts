// Checks before anything is changed. All that fails is told at once, by the names that --ignore-preflight-errors takes.
import { NetworkError } from '../../kernel/network/network-error.ts';
import { Failure, type Context } from './context.ts';

export interface Check {
  readonly name: string;
  /** What is wrong, if anything. */
  readonly problem: (context: Context) => string | undefined;
}

export function fileAvailable(path: string): Check {
  return { name: `FileAvailable-${path.replace(/[/.]/g, '-').replace(/-([a-z]+)$/, '.$1')}`, problem: (context) => (context.exists(path) ? `${path} already exists` : undefined) };
}

export function folderEmpty(path: string): Check {
  return { name: `DirAvailable-${path.replace(/\//g, '-')}`, problem: (context) => (context.host.disk.list(path).length > 0 ? `${path} is not empty` : undefined) };
}

export function portFree(port: number): Check {
  return {
    name: `Port-${port}`,
    problem: (context) => {
      try {
        context.host.network.listen(`:${port}`).close();
        return undefined;
      } catch (error) {
        if (error instanceof NetworkError && error.code === 'EADDRINUSE') return `Port ${port} is in use`;
        throw error;
      }
    },
  };
}

export const runtimeRuns: Check = {
  name: 'CRI',
  problem: (context) => (context.host.os.processes().some((each) => each.program === 'containerd' && each.state === 'running') ? undefined : 'container runtime is not running: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock"'),
};

export const twoCores: Check = {
  name: 'NumCPU',
  problem: (context) => (context.host.os.cores < 2 ? `the number of available CPUs ${context.host.os.cores} is less than the required 2` : undefined),
};

/** Throws Failure with every problem that is not ignored. */
export function preflight(context: Context, checks: readonly Check[]): void {
  context.phase('preflight');
  context.say('[preflight] Running pre-flight checks');
  const ignored = context.flags.list('ignore-preflight-errors').map((each) => each.toLowerCase());
  const fatal: string[] = [];
  for (const { name, problem } of checks) {
    const text = problem(context);
    if (text === undefined) continue;
    if (ignored.includes('all') || ignored.includes(name.toLowerCase())) context.warn(`\t[WARNING ${name}]: ${text}`);
    else fatal.push(`\t[ERROR ${name}]: ${text}`);
  }
  if (fatal.length === 0) return;
  throw new Failure(
    `[preflight] Some fatal errors occurred:\n${fatal.join('\n')}\n[preflight] If you know what you are doing, you can make a check non-fatal with \`--ignore-preflight-errors=...\`\nerror: error execution phase preflight: preflight checks failed`,
  );
}
