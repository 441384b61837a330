// Which functions of the simulation a booting cluster runs, found by booting some; and the modules cut in two by that.
import { build } from 'esbuild';
import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModuleText, type Halves } from './module-text.ts';

export interface Plan {
  readonly halves: ReadonlyMap<string, Halves>;
  /** How many functions the second chunk brings. */
  readonly taken: number;
}

/** What is driven by the page stays whole: it must answer before the second chunk is there. */
const whole = /\/src\/session\/(worker\.main|session|open-cluster)\.ts$|\/src\/kernel\/assert\.ts$|\/generated\//;

export async function makePlan(entry: string, profileEntry: string): Promise<Plan> {
  const modules = readModules([resolve(entry), resolve(profileEntry)]);
  const numbers = new Map<string, number>();
  let count = 0;
  for (const module of modules.values()) {
    numbers.set(module.path, count);
    count += module.movable.length;
  }
  const hits = await profile(resolve(profileEntry), modules, numbers);

  const halves = new Map<string, Halves>();
  const waiting = [resolve(entry)];
  let taken = 0;
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (halves.has(path)) continue;
    const module = modules.get(path) as ModuleText;
    const first = numbers.get(path) as number;
    const split = whole.test(path) ? { hot: module.code, cold: undefined, needs: module.dependencies, taken: 0 } : module.split((index) => hits.has(first + index), taken);
    taken += split.taken;
    halves.set(path, split);
    waiting.push(...split.needs.filter((each) => !halves.has(each)));
  }
  return { halves, taken };
}

function readModules(entries: readonly string[]): ReadonlyMap<string, ModuleText> {
  const modules = new Map<string, ModuleText>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (modules.has(path)) continue;
    const module = new ModuleText(path);
    modules.set(path, module);
    waiting.push(...module.dependencies);
  }
  return modules;
}

/** Runs the entry's `boot()` with every function counted. */
async function profile(entry: string, modules: ReadonlyMap<string, ModuleText>, numbers: ReadonlyMap<string, number>): Promise<ReadonlySet<number>> {
  const folder = resolve('.cache/boot-profile');
  mkdirSync(folder, { recursive: true });
  const outfile = resolve(folder, `boot-${process.pid}-${Date.now()}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    packages: 'external',
    logLevel: 'error',
    banner: { js: 'const hit$ = (number) => { globalThis.bootHits[number] = 1; };' },
    plugins: [
      {
        name: 'count',
        setup(builder) {
          builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const module = modules.get(path);
            return module === undefined ? undefined : { contents: module.counting('hit$', numbers.get(path) as number), loader: 'js' };
          });
        },
      },
    ],
  });
  const total = [...modules.values()].reduce((sum, module) => sum + module.movable.length, 0);
  const bits = new Uint8Array(total);
  (globalThis as { bootHits?: Uint8Array }).bootHits = bits;
  try {
    const { boot } = (await import(pathToFileURL(outfile).href)) as { readonly boot: () => void };
    boot();
  } finally {
    rmSync(outfile, { force: true });
  }
  const hits = new Set<number>();
  for (let number = 0; number < total; number++) if (bits[number] === 1) hits.add(number);
  return hits;
}
