// The flags of `npm run serve`, read into what serveCluster wants, with a reason for each that cannot be.
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { presetNames, type PresetName } from '../../cluster/presets/presets.ts';
import { isLoopback } from '../bridge/access-rules.ts';
import type { ServeOptions } from '../bridge/serve-cluster.ts';

export class ServeFlagsError extends Error {}

/** A cluster that nobody has made yet has no API server to speak to. */
const served: readonly PresetName[] = presetNames.filter((name) => name !== 'bare');

export const usage = `usage: npm run serve -- [flags]
  --preset NAME      ${served.join(', ')} (default)
  --nodes N          how many nodes, instead of the preset's
  --seed N           the dice of the cluster; the same seed gives the same cluster (1)
  --speed N          virtual seconds per second, 0.01 to 1000 (1)
  --port N           the port of HTTPS, 0 for any free one (6443)
  --https / --no-https
  --http [PORT]      plain HTTP too, without asking who it is: on loopback only (a free port)
  --host ADDRESS     the address to listen on; others than loopback can be reached from the network (127.0.0.1)
  --allow-host NAME  another name by which clients call this server; may be given more than once
  --state FILE       continue the run in this file, or begin it; it is kept there
  --page [PORT]      serve the built page and join it: the cluster is the one in the open tab (a free port)
  --help`;

export type ServeFlags = Omit<ServeOptions, 'onCrash' | 'onReplay'> & { readonly pagePort?: number };

/** `--http` and `--page` may stand alone, which parseArgs does not know of options that take a value. */
function withDefaults(args: readonly string[]): string[] {
  return args.map((arg, at) => ((arg === '--http' || arg === '--page') && !/^\d+$/.test(args[at + 1] ?? '') ? `${arg}=0` : arg));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: withDefaults(args),
      options: {
        preset: { type: 'string' },
        nodes: { type: 'string' },
        seed: { type: 'string' },
        speed: { type: 'string', default: '1' },
        port: { type: 'string', default: '6443' },
        https: { type: 'boolean', default: true },
        http: { type: 'string' },
        page: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        'allow-host': { type: 'string', multiple: true },
        state: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
      allowNegative: true,
    }).values;
  } catch (error) {
    throw new ServeFlagsError((error as Error).message.replace(/\. To specify.*$/s, ''));
  }
}

function number(name: string, text: string, least: number, most: number, whole: boolean): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most || (whole && !Number.isInteger(value)))
    throw new ServeFlagsError(`--${name} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${JSON.stringify(text)}`);
  return value;
}

/** The cluster, its speed and its record are the page's own there. */
function refuseWithPage(given: Readonly<Record<string, unknown>>): void {
  for (const name of ['preset', 'nodes', 'seed', 'state', 'http']) if (given[name] !== undefined) throw new ServeFlagsError(`--${name} does not go with --page: the page has its own`);
  if (given['https'] === false) throw new ServeFlagsError('--no-https does not go with --page: kubectl comes by HTTPS');
  if (!isLoopback(String(given['host']))) throw new ServeFlagsError('--page is for this machine: leave --host out');
}

export function readServeFlags(args: readonly string[]): ServeFlags | 'help' {
  const given = parse(args);
  if (given.help === true) return 'help';
  if (given.state?.trim() === '') throw new ServeFlagsError('--state must name a file');
  const preset = (given.preset ?? 'default') as PresetName;
  if (!presetNames.includes(preset)) throw new ServeFlagsError(`there is no preset ${JSON.stringify(preset)}; there are ${served.join(', ')}`);
  if (!served.includes(preset)) throw new ServeFlagsError(`preset ${preset} is machines without a cluster: there is nothing to serve`);
  const { host } = given;
  if (host !== 'localhost' && isIP(host) === 0) throw new ServeFlagsError(`--host must be an address, not ${JSON.stringify(host)}; names go to --allow-host`);
  if (given.http !== undefined && !isLoopback(host)) throw new ServeFlagsError(`--http asks nobody who they are: with --host ${host} anyone on the network would be the administrator. Leave one of them out`);
  if (given.page !== undefined) refuseWithPage(given);
  if (given.https === false && given.http === undefined) throw new ServeFlagsError('--no-https without --http leaves nothing to serve');
  return {
    preset,
    host,
    port: given.https === false ? undefined : number('port', given.port, 0, 65_535, true),
    ...(given.http === undefined ? {} : { httpPort: number('http', given.http, 0, 65_535, true) }),
    speed: number('speed', given.speed, 0.01, 1000, false),
    seed: number('seed', given.seed ?? '1', 0, 2 ** 31, true),
    ...(given.nodes === undefined ? {} : { nodes: number('nodes', given.nodes, 0, 5000, true) }),
    ...(given['allow-host'] === undefined ? {} : { allowedHosts: given['allow-host'] }),
    ...(given.state === undefined ? {} : { stateFile: given.state }),
    ...(given.page === undefined ? {} : { pagePort: number('page', given.page, 0, 65_535, true) }),
    /** Said to be wrong when the file says otherwise. */
    ...(given.preset === undefined && given.seed === undefined && given.nodes === undefined ? {} : { chosen: true }),
  };
}
