// A cluster that runs in real time behind a door: what `npm run serve` does, as a function, so that tests can do it too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideDescriptions } from '../../api/meta/descriptions.ts';
import type { PresetName } from '../../cluster/presets/presets.ts';
import type { World } from '../../kernel/world.ts';
import { openCluster } from '../open-cluster.ts';
import { protocolVersion, type Run } from '../protocol.ts';
import { RecordedRun } from '../recorded-run.ts';
import { isLoopback } from './access-rules.ts';
import { kubeconfigText, makeIdentity, type DoorIdentity } from './door-identity.ts';
import { openDoor, type OpenDoor } from './http-door.ts';
import { OutsideRequests } from './outside-requests.ts';
import { Pump } from './pump.ts';
import { Readiness } from './readiness.ts';
import { readState, writeState, type SavedState } from './state-file.ts';

export interface ServeOptions {
  readonly preset: PresetName;
  readonly host: string;
  /** HTTPS on this port, 0 for any; undefined: not at all. */
  readonly port: number | undefined;
  /** Plain HTTP on this port; only for loopback, since who comes in is the administrator. */
  readonly httpPort?: number;
  readonly speed: number;
  readonly seed: number;
  readonly nodes?: number;
  readonly allowedHosts?: readonly string[];
  /** Continues the run in this file, or begins it. */
  readonly stateFile?: string;
  /** Preset, seed or nodes were asked for: a saved run that differs is refused instead of continued. */
  readonly chosen?: boolean;
  /** Keeps the inputs, so that `run` can be played again. */
  readonly record?: boolean;
  readonly onCrash: (error: unknown) => void;
  /** Tells how far a saved run has been played, 0 to 1. */
  readonly onReplay?: (share: number) => void;
}

export interface ServedCluster {
  readonly kubeconfig: string;
  /** Of HTTPS, or of HTTP when that is all. */
  readonly url: string;
  readonly httpUrl: string | undefined;
  readonly world: World;
  /** What whoever started this should know. */
  readonly remarks: readonly string[];
  /** What was done so far; without `record` or a state file only what made it. */
  readonly run: Run;
  close(): void;
}

/** Virtual time that booting may take before the clock says "now": so ages are never negative. */
const bootMs = 40_000;
const longestBootMs = 240_000;
const sliceMs = 250;
const saveEveryMs = 15_000;

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function serveCluster(options: ServeOptions): Promise<ServedCluster> {
  // What `kubectl explain` shows; a page does without it until it is asked for.
  provideDescriptions((await import('../../api/generated/descriptions.ts')).descriptions);
  const saved = options.stateFile === undefined ? undefined : readState(options.stateFile);
  if (saved !== undefined && options.chosen === true) compare(options, saved.run);
  const beganMs = performance.now();
  const fresh: Run = { version: protocolVersion, preset: options.preset, seed: options.seed, epochMs: Date.now() - bootMs, inputs: [], ...(options.nodes === undefined ? {} : { nodes: options.nodes }) };
  const run = new RecordedRun(openCluster, saved?.run ?? fresh);
  run.recording = options.stateFile !== undefined || options.record === true;
  if (saved === undefined) await boot(run, () => bootMs + (performance.now() - beganMs));
  else await replay(run, saved.momentMs, options.onReplay);
  const identity = makeIdentity(['localhost', '127.0.0.1', '::1', ...new Set([...(isWildcard(options.host) ? [] : [options.host]), ...(options.allowedHosts ?? [])])], saved?.identity);
  const pump = new Pump(run, options.speed, options.onCrash);
  const requests = new OutsideRequests({ perform: (command) => pump.perform(command) }, firstFreeId(run.run));
  run.doorway.onAnswer = (id, answer) => requests.take(id, answer);
  const opened = await openDoor(requests, { host: options.host, https: options.port, http: options.httpPort, identity, ...(options.allowedHosts === undefined ? {} : { allowedHosts: options.allowedHosts }) });
  pump.start();
  const keeper = options.stateFile === undefined ? undefined : new StateKeeper(options.stateFile, run, identity);
  const urls = urlsOf(options.host, opened);
  const folder = mkdtempSync(join(tmpdir(), 'terrarium-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigText(urls, identity), { mode: 0o600 });
  return {
    kubeconfig,
    url: (urls.https ?? urls.http) as string,
    httpUrl: urls.http,
    world: run.world,
    remarks: remarksOn(options, saved, urls),
    get run() {
      return run.run;
    },
    close: () => {
      pump.stop();
      opened.close();
      keeper?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function compare(options: ServeOptions, run: Run): void {
  const differs = (['preset', 'seed', 'nodes'] as const).filter((name) => options[name] !== undefined && options[name] !== run[name]);
  if (differs.length > 0) throw new Error(`${options.stateFile ?? ''} holds another cluster: ${differs.map((name) => `--${name} is ${run[name] ?? 'not set'} there, not ${options[name] ?? ''}`).join('; ')}`);
}

function remarksOn(options: ServeOptions, saved: SavedState | undefined, urls: ReturnType<typeof urlsOf>): readonly string[] {
  const lines = [`serving ${[urls.https, urls.http].filter((url) => url !== undefined).join(' and ')}; foreign hosts and origins are refused`];
  if (!isLoopback(options.host)) lines.push(`it listens on ${options.host}: others on the network can reach it, and need its kubeconfig`);
  if (urls.http !== undefined) lines.push('plain HTTP asks nobody who they are: every program of this machine is the administrator there');
  if (saved !== undefined) lines.push(`continued ${options.stateFile ?? ''}: ${saved.run.inputs.length} inputs, ${Math.round(saved.momentMs / 1000)} virtual seconds; its clock goes on where it stood`);
  return lines;
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

function urlsOf(host: string, opened: OpenDoor): { readonly https?: string; readonly http?: string } {
  const shown = isWildcard(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return { ...(opened.https === undefined ? {} : { https: `https://${shown}:${opened.https}` }), ...(opened.http === undefined ? {} : { http: `http://${shown}:${opened.http}` }) };
}

/** Runs a new cluster until it is up, and on to what the clock says. */
async function boot(run: RecordedRun, nowMs: () => number): Promise<void> {
  const { world, opened } = run;
  const watch = new Readiness(opened.nodes, opened.addons);
  world.onTrace((event) => watch.see(event));
  while (!watch.up) {
    if (world.nowMs >= longestBootMs) throw new Error(`the cluster is not up after ${longestBootMs / 1000} virtual seconds: ${watch.describe()}`);
    world.run(world.nowMs + sliceMs);
    if (world.nowMs % 2000 === 0) await breathe();
  }
  // Nobody looks at the trace from here on.
  world.onTrace(undefined as never);
  world.run(Math.max(world.nowMs, nowMs()));
}

/** Plays a saved run to where it was left; clients of that time are gone, and their streams with them. */
async function replay(run: RecordedRun, momentMs: number, tell: ((share: number) => void) | undefined): Promise<void> {
  while (run.nowMs < momentMs) {
    run.advance(Math.min(momentMs, run.nowMs + 4 * sliceMs));
    tell?.(run.nowMs / momentMs);
    await breathe();
  }
  for (const id of run.doorway.openIds()) run.perform({ do: 'request-end', id });
}

function firstFreeId(run: Run): number {
  let last = 0;
  for (const { command } of run.inputs) if (command.do === 'request' && command.id > last) last = command.id;
  return last + 1;
}

class StateKeeper {
  private readonly path: string;
  private readonly run: RecordedRun;
  private readonly identity: DoorIdentity;
  private readonly timer: NodeJS.Timeout;
  private savedInputs = -1;

  constructor(path: string, run: RecordedRun, identity: DoorIdentity) {
    this.path = path;
    this.run = run;
    this.identity = identity;
    this.save();
    this.timer = setInterval(() => {
      if (run.inputCount !== this.savedInputs) this.save();
    }, saveEveryMs);
  }

  private save(): void {
    const { authority, client, token } = this.identity;
    this.savedInputs = this.run.inputCount;
    writeState(this.path, { run: this.run.run, momentMs: this.run.nowMs, identity: { authority, client, token } } satisfies SavedState);
  }

  close(): void {
    clearInterval(this.timer);
    this.save();
  }
}
