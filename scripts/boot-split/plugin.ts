// A Vite plugin: the simulation's worker becomes two chunks. What a cluster runs by itself comes first; the rest ("tools") is brought by
// `bringTools()` of `virtual:tools`, which the worker imports at once in the background. See docs/decisions/0070.
import { resolve } from 'node:path';
import type { Plugin } from 'vite';
import { makePlan, type Plan } from './plan.ts';

const coldPrefix = '\0cold:';
const assertPath = resolve('src/kernel/assert.ts');

export function bootSplit(entry: string, profileEntry: string): Plugin {
  let planning: Promise<Plan> | undefined;
  let isBuild = false;
  const plan = (): Promise<Plan> => (planning ??= makePlan(entry, profileEntry));
  return {
    name: 'boot-split',
    enforce: 'pre',
    config(_, { command }) {
      isBuild = command === 'build';
    },
    configResolved({ command }) {
      isBuild = command === 'build';
    },
    resolveId(source) {
      if (source === 'virtual:tools' || source === 'virtual:cold') return `\0${source}`;
      return source.startsWith(coldPrefix) ? source : null;
    },
    async load(id) {
      if (id === '\0virtual:tools') return isBuild ? toolsText(await plan()) : 'export function bringTools() {}';
      if (id === '\0virtual:cold') return registryText(await plan());
      if (!isBuild) return null;
      const isCold = id.startsWith(coldPrefix);
      const path = isCold ? id.slice(coldPrefix.length, -'.js'.length) : id;
      if (!path.startsWith('/') || !path.includes('/src/')) return null;
      const halves = (await plan()).halves.get(path);
      if (halves === undefined) return null;
      const code = isCold ? halves.cold : halves.hot;
      return code === undefined ? null : { code, moduleSideEffects: path === resolve(entry) };
    },
  };
}

/** Until the tools are there each of their functions says so, loudly: the session then waits for them and begins again. */
function registryText({ taken }: Plan): string {
  return `import { CodeNotLoaded } from ${JSON.stringify(assertPath)};
const missing = () => { throw new CodeNotLoaded(); };
export const cold$ = Array.from({ length: ${taken} }, () => missing);
export const go$ = (self, args, number) => cold$[number].apply(self, args);
export const put$ = (type, number, names) => names.split(' ').forEach((name, index) => Object.defineProperty(type.prototype, name, { value() { return go$(this, arguments, number + index); }, writable: true, configurable: true }));`;
}

/** The plan numbered the functions module by module, in this same order: none needs to say its number. */
function toolsText({ halves }: Plan): string {
  const paths = [...halves].filter(([, { cold }]) => cold !== undefined).map(([path]) => path);
  return `import { cold$ } from "virtual:cold";
${paths.map((path, index) => `import { cold$ as c${index} } from ${JSON.stringify(`${coldPrefix}${path}.js`)};`).join('\n')}
export function bringTools() { [${paths.map((_, index) => `...c${index}`).join(',')}].forEach((code, number) => { cold$[number] = code; }); }`;
}
