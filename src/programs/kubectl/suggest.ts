// "Did you mean this?": commands near a mistyped one, as cobra finds them.
import type { Command } from './command.ts';
import { rootGroups } from './command-groups.ts';

export function suggestionsFor(word: string, commands: readonly Command[]): string[] {
  const places = rootGroups.flatMap(([, names]) => names);
  const place = (name: string): number => (places.includes(name) ? places.indexOf(name) : places.length);
  return commands.filter((each) => each.hidden !== true && (distance(word.toLowerCase(), each.name.toLowerCase()) <= 2 || each.name.toLowerCase().startsWith(word.toLowerCase()))).map((each) => each.name).sort((a, b) => place(a) - place(b));
}

/** Levenshtein's. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] as number;
}
