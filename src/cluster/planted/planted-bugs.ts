// Classic mistakes, each of which the judge must catch.
import type { Program } from '../../kernel/host.ts';

export interface PlantedBug {
  readonly name: string;
  /** What takes the place of the right programs. */
  plant(): { readonly programs: readonly Program[]; readonly etcdArgs?: readonly string[] };
}

export const plantedBugs: readonly PlantedBug[] = [];
