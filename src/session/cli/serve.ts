// `npm run serve -- --preset ha --port 0`: a cluster for a real kubectl. Prints one line KUBECONFIG=<path> once the cluster is up; SIGTERM ends it.
import { readServeFlags, ServeFlagsError, usage } from './serve-flags.ts';
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

let served: ServedCluster | undefined;
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

let told = 0;
try {
  served = await serveCluster({
    ...options,
    onCrash: crash,
    onReplay: (share) => {
      if (share - told < 0.1) return;
      told = share;
      console.error(`playing the saved run: ${Math.round(share * 100)} %`);
    },
  });
  for (const line of served.remarks) console.error(line);
  console.log(`KUBECONFIG=${served.kubeconfig}`);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') fail(`port already taken: ${message}; choose another with --port or --http, or 0 for any`);
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') fail(`cannot listen there: ${message}`);
  if (options.stateFile !== undefined && message.startsWith(options.stateFile)) fail(message);
  crash(error);
}
