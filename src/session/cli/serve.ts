// `npm run serve -- --preset ha --port 0`: a cluster for a real kubectl. Prints one line KUBECONFIG=<path> once the cluster is up; SIGTERM ends it.
import { parseArgs } from 'node:util';
import { presetNames, type PresetName } from '../../cluster/presets/presets.ts';
import { serveCluster } from '../bridge/serve-cluster.ts';

function fail(message: string): never {
  console.error(message);
  console.error(`usage: npm run serve -- [--preset ${presetNames.join('|')}] [--port N] [--host ADDRESS] [--speed N] [--seed N] [--nodes N]`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        preset: { type: 'string', default: 'default' },
        port: { type: 'string', default: '6443' },
        host: { type: 'string', default: '127.0.0.1' },
        speed: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        nodes: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) fail(`--${name} must be a number from ${least} to ${most}, not ${JSON.stringify(text)}`);
  return value;
}

const given = readOptions();
if (!presetNames.includes(given.preset as PresetName)) fail(`there is no preset ${JSON.stringify(given.preset)}`);
const seed = number('seed', given.seed, 0, 2 ** 31);

process.on('SIGTERM', () => stop(0));
process.on('SIGINT', () => stop(0));
let served: Awaited<ReturnType<typeof serveCluster>> | undefined;
function stop(code: number): void {
  served?.close();
  process.exit(code);
}

function crash(error: unknown): void {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  console.error(`the simulation has stopped: --preset ${given.preset} --seed ${seed}`);
  stop(1);
}

try {
  served = await serveCluster({
    preset: given.preset as PresetName,
    port: number('port', given.port, 0, 65_535),
    host: given.host,
    speed: number('speed', given.speed, 0.01, 1000),
    seed,
    ...(given.nodes === undefined ? {} : { nodes: number('nodes', given.nodes, 0, 5000) }),
    onCrash: crash,
  });
  console.log(`KUBECONFIG=${served.kubeconfig}`);
} catch (error) {
  crash(error);
}
