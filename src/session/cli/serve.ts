// `npm run serve -- --preset ha --port 0`: a cluster for a real kubectl. Prints one line KUBECONFIG=<path> once the cluster is up; SIGTERM ends it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readServeFlags, ServeFlagsError, usage } from './serve-flags.ts';
import { serveWithPage, type ServedPage } from '../bridge/serve-page.ts';
import { serveCluster, type ServedCluster } from '../bridge/serve-cluster.ts';

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function readOptions() {
  try {
    return readServeFlags(process.argv.slice(2));
  } catch (error) {
    if (error instanceof ServeFlagsError) return fail(`${error.message}\n${usage}`);
    throw error;
  }
}

const options = readOptions();
if (options === 'help') {
  console.log(usage);
  process.exit(0);
}
const { preset, seed } = options;

let served: ServedCluster | ServedPage | undefined;
function stop(code: number): void {
  try {
    served?.close();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
  process.exit(code);
}
process.on('SIGTERM', () => stop(0));
process.on('SIGINT', () => stop(0));

function crash(error: unknown): void {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  console.error(`the simulation has stopped: --preset ${preset} --seed ${seed}`);
  stop(1);
}

/** Serves the page that was built, or builds it first. */
async function servePageOf(pagePort: number): Promise<void> {
  if (!existsSync('dist/index.html')) {
    console.error('building the page...');
    const built = spawnSync('npm', ['run', '-s', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (built.status !== 0) fail('the page could not be built');
  }
  if (options === 'help') return;
  const page = await serveWithPage({ host: options.host, port: options.port ?? 0, pagePort, folder: 'dist', ...(options.allowedHosts === undefined ? {} : { allowedHosts: options.allowedHosts }), onJoin: () => console.error('a tab has joined') });
  served = page;
  console.error(`serving ${page.url} for the cluster in the open tab; foreign hosts and origins are refused`);
  console.log(`PAGE=${page.pageUrl}`);
  console.log(`KUBECONFIG=${page.kubeconfig}`);
}

async function serveRun(): Promise<void> {
  if (options === 'help') return;
  let told = 0;
  const cluster = await serveCluster({
    ...options,
    onCrash: crash,
    onReplay: (share) => {
      if (share - told < 0.1) return;
      told = share;
      console.error(`playing the saved run: ${Math.round(share * 100)} %`);
    },
  });
  served = cluster;
  for (const line of cluster.remarks) console.error(line);
  console.log(`KUBECONFIG=${cluster.kubeconfig}`);
}

try {
  if (options.pagePort !== undefined) await servePageOf(options.pagePort);
  else await serveRun();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') fail(`port already taken: ${message}; choose another with --port or --http, or 0 for any`);
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') fail(`cannot listen there: ${message}`);
  if (options.stateFile !== undefined && message.startsWith(options.stateFile)) fail(message);
  crash(error);
}
