// A cluster on which the essence of official conformance tests is run: objects go in and are looked at through kubectl on the laptop, as a person would.
import { expect } from 'vitest';
import type { World } from '../../kernel/world.ts';
import type { PresetName } from '../presets/presets.ts';
import { createCluster } from '../create-cluster.ts';
import { type Answer, Asker, type Ask, type Body, type Watching } from './asker.ts';

export const agnhost = 'registry.k8s.io/e2e-test-images/agnhost:2.59';
export const busybox = 'registry.k8s.io/e2e-test-images/busybox:1.37.0-9';

export type PatchKind = 'json' | 'merge' | 'strategic-merge' | 'apply';

const patchAs = (kind: PatchKind): Readonly<Record<string, string>> => ({ 'content-type': kind === 'apply' ? 'application/apply-patch+yaml' : `application/${kind}-patch+json` });

/** An object of the API, as loosely as a test looks at it. */
export interface Thing {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean }[];
  };
  readonly spec: Json;
  readonly status: Json;
  readonly [field: string]: unknown;
}

export interface Said {
  readonly code: number | undefined;
  readonly text: string;
}

export type Json = Readonly<Record<string, unknown>>;

/** What a container of a pod is for a test: image and args or command, and whatever else it needs. */
export type ContainerSpec = Json & { readonly image?: string; readonly args?: readonly string[]; readonly command?: readonly string[] };

export class ConformanceBench {
  readonly world: World;
  readonly #asker = new Asker();
  #files = 0;

  constructor(preset: PresetName = 'default', bootMs = 60_000) {
    this.world = createCluster(preset, { seed: 7, epochMs: Date.parse('2027-03-01T00:00:00Z'), extraPrograms: [this.#asker.program] }).world;
    this.world.run(bootMs);
  }

  /** One request to the API server as administrator; a refusal is an answer, too. A patch is a strategic merge unless the headers say otherwise. */
  ask(method: string, path: string, body?: unknown, headers?: Ask['headers']): Answer {
    const wanted = headers ?? (method === 'PATCH' ? patchAs('strategic-merge') : undefined);
    return this.#asker.ask(this.world, method, path, { ...(body === undefined ? {} : { body }), ...(wanted === undefined ? {} : { headers: wanted }) });
  }

  /** The body of an answer that is as it should be. */
  ok(method: string, path: string, body?: unknown, headers?: Ask['headers'], status: number = method === 'POST' ? 201 : 200): Body {
    const answer = this.ask(method, path, body, headers);
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(status);
    return answer.body;
  }

  /** The object of an answer that is as it should be. */
  done(method: string, path: string, body?: unknown, patch?: PatchKind): Thing {
    return this.ok(method, path, body, patch === undefined ? undefined : patchAs(patch)) as Thing;
  }

  /** `403: pods "a" is forbidden: ...` */
  refused(method: string, path: string, body?: unknown, headers?: Ask['headers']): string {
    const { status, body: said } = this.ask(method, path, body, headers);
    expect(status, JSON.stringify(said)).toBeGreaterThanOrEqual(400);
    return `${status}: ${String(said.message)}`;
  }

  /** Makes a namespace, waits for its service account, and returns its path. */
  namespace(name: string, labels: Json = {}): string {
    const path = `/api/v1/namespaces/${name}`;
    this.ok('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    this.until(() => String(this.ask('GET', `${path}/serviceaccounts/default`).status), '200', 30_000);
    return path;
  }

  watch(path: string, headers?: Ask['headers']): Watching {
    return this.#asker.watch(this.world, path, headers);
  }

  /** What an API server does every five minutes: etcd forgets what was before that revision. On the preset `conformance`. */
  compact(revision: number): void {
    const pki = '/etc/kubernetes/pki/etcd';
    const process = this.world.spawn('control-plane', { program: 'etcdctl', args: ['--endpoints=https://127.0.0.1:2379', `--cacert=${pki}/ca.crt`, `--cert=${pki}/server.crt`, `--key=${pki}/server.key`, 'compact', String(revision)] });
    this.world.run(this.world.nowMs + 20_000, () => process.exit !== undefined);
    expect(process.exit?.code).toBe(0);
  }

  sleep(ms: number): void {
    this.world.run(this.world.nowMs + ms);
  }

  /** One argument is split at spaces. */
  kubectl(...words: string[]): Said {
    const args = words.length === 1 ? (words[0] as string).split(' ') : words;
    let text = '';
    const process = this.world.spawn('laptop', { program: 'kubectl', args, onOutput: (_, part) => (text += part) });
    this.world.run(this.world.nowMs + 120_000, () => process.exit !== undefined);
    return { code: process.exit?.code, text };
  }

  file(content: unknown): string {
    const path = `/tmp/objects-${++this.#files}.json`;
    this.world.machine('laptop').writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  create(...objects: readonly Json[]): void {
    const said = this.kubectl(`create -f ${this.file({ apiVersion: 'v1', kind: 'List', items: objects })}`);
    expect(said.code, said.text).toBe(0);
  }

  get<T = Json>(what: string): T {
    const said = this.kubectl(`get ${what} -o json`);
    expect(said.code, said.text).toBe(0);
    return JSON.parse(said.text) as T;
  }

  value(what: string, path: string): string {
    return this.kubectl('get', ...what.split(' '), '-o', `jsonpath={${path}}`).text;
  }

  /** Lets time pass until `is` holds; fails with what it last saw. */
  until(see: () => string, is: RegExp | string, patienceMs = 180_000): void {
    const end = this.world.nowMs + patienceMs;
    let seen = see();
    const fits = (): boolean => (typeof is === 'string' ? seen === is : is.test(seen));
    while (!fits() && this.world.nowMs < end) {
      this.world.run(this.world.nowMs + 1000);
      seen = see();
    }
    if (typeof is === 'string') expect(seen).toBe(is);
    else expect(seen).toMatch(is);
  }

  phase(pod: string, phase: RegExp | string, patienceMs?: number): void {
    this.until(() => this.value(`pod ${pod}`, '.status.phase'), phase, patienceMs);
  }

  ready(pod: string): void {
    this.until(() => this.value(`pod ${pod}`, '.status.conditions[?(@.type=="Ready")].status'), 'True');
  }

  logs(pod: string, ...more: string[]): string {
    return this.kubectl('logs', pod, ...more).text;
  }

  exec(pod: string, ...command: string[]): Said {
    return this.kubectl('exec', pod, '--', ...command);
  }
}

/** A pod that is run once. `containers` by name. */
export function podOf(name: string, containers: Readonly<Record<string, ContainerSpec>>, more: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { name }, ...metadata },
    spec: { restartPolicy: 'Never', ...more, containers: Object.entries(containers).map(([each, spec]) => ({ name: each, image: agnhost, ...spec })) },
  };
}

export const mounttest = (...flags: readonly string[]): ContainerSpec => ({ args: ['mounttest', ...flags] });
export const shell = (script: string): ContainerSpec => ({ image: busybox, command: ['sh', '-c', script] });

/** One row: a pod that comes to an end, and what its log says. */
export interface RunToEnd {
  readonly test: string;
  readonly objects?: readonly Json[];
  readonly pod: Json;
  readonly phase?: 'Succeeded' | 'Failed';
  /** In the log of the (first) container, or of the one that is named. */
  readonly says: readonly (string | RegExp)[];
}

/** Creates all pods of the rows at once; each row is then looked at by itself. */
export function createAll(bench: ConformanceBench, rows: readonly RunToEnd[]): void {
  bench.create(...rows.flatMap((row) => [...(row.objects ?? []), row.pod]));
}

export function checkEnd(bench: ConformanceBench, row: RunToEnd): void {
  const pod = (row.pod['metadata'] as { readonly name: string }).name;
  bench.phase(pod, /Succeeded|Failed/);
  const text = bench.logs(pod, '--all-containers');
  expect({ phase: bench.value(`pod ${pod}`, '.status.phase'), text }, row.test).toMatchObject({ phase: row.phase ?? 'Succeeded' });
  for (const said of row.says) {
    if (typeof said === 'string') expect(text, row.test).toContain(said);
    else expect(text, row.test).toMatch(said);
  }
}
