// Fields that an object in a JSON text names twice: the last one holds, but Kubernetes tells of them (sigs.k8s.io/json's UnmarshalStrict).

/** Whether any object in this valid JSON text names a field twice. */
export function hasDuplicateFields(text: string): boolean {
  let found = false;
  walk(text, () => {
    found = true;
  });
  return found;
}

export interface FieldOrder {
  /** Paths as in `spec.containers[0].image`, once each, in the order in which they are named again. */
  readonly duplicates: readonly string[];
  /** Those as problems: `duplicate field "spec.replicas"`. */
  readonly problems: readonly string[];
  /** The problems of a decoded object (`unknown field "spec.foo"`) and the duplicates, in the order of the text; what is in an unknown field is not looked at. */
  readonly inOrder: (strict: readonly string[]) => readonly string[];
}

export function orderOfFields(text: string): FieldOrder {
  const firsts = new Map<string, number>();
  const seconds = new Map<string, number>();
  walk(text, (path, at) => {
    if (!seconds.has(path())) seconds.set(path(), at);
  }, (path, at) => {
    if (!firsts.has(path)) firsts.set(path, at);
  });
  const told = (path: string): string => `duplicate field "${path}"`;
  return {
    duplicates: [...seconds.keys()],
    problems: [...seconds.keys()].map(told),
    inOrder: (strict) => {
      const unknown = strict.map((problem) => /^unknown field "(.*)"$/.exec(problem)?.[1] ?? '');
      const isKnown = (path: string): boolean => unknown.every((each) => path !== each && !path.startsWith(`${each}.`) && !path.startsWith(`${each}[`));
      const places = [...strict.map((text, index) => ({ text, at: firsts.get(unknown[index] ?? '') ?? 0 })), ...[...seconds].filter(([path]) => isKnown(path)).map(([path, at]) => ({ text: told(path), at }))];
      return places.sort((a, b) => a.at - b.at).map((each) => each.text);
    },
  };
}

interface Open {
  /** Fields of an object so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  name: string;
  index: number;
  /** The next string is a field's name. */
  naming: boolean;
}

/** Calls back for each field that was named before in its object, and for every field where asked. */
function walk(text: string, onDuplicate: (path: () => string, at: number) => void, onField?: (path: string, at: number) => void): void {
  const open: Open[] = [];
  const path = (): string => open.map((each) => (each.names === undefined ? `[${each.index}]` : `.${each.name}`)).join('').replace(/^\./, '');
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter === 0x22) {
      const from = at++;
      while (at < text.length && text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
      const top = open.at(-1);
      if (top?.naming !== true || top.names === undefined) continue;
      top.naming = false;
      const raw = text.slice(from + 1, at);
      top.name = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
      if (top.names.has(top.name)) onDuplicate(path, from);
      else {
        top.names.add(top.name);
        onField?.(path(), from);
      }
    } else if (letter === 0x7b) open.push({ names: new Set(), name: '', index: 0, naming: true });
    else if (letter === 0x5b) open.push({ names: undefined, name: '', index: 0, naming: false });
    else if (letter === 0x7d || letter === 0x5d) open.pop();
    else if (letter === 0x2c) {
      const top = open.at(-1);
      if (top?.names === undefined) {
        if (top !== undefined) top.index++;
      } else top.naming = true;
    }
  }
}
