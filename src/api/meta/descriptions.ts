// Descriptions of definitions and fields. They are large (0.6 MB), so whoever wants them loads generated/descriptions.ts and gives them here; without
// them the most used kinds are described in our own words (own-descriptions.ts).
import { ownDescription } from './own-descriptions.ts';

export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

let provided: Descriptions | undefined;

/** Constant facts, the same in every world. */
export function provideDescriptions(descriptions: Descriptions): void {
  provided = descriptions;
}

/** The description of a definition (no field) or of one of its fields, in our own words where theirs are not loaded; '' when there are none. */
export function describe(definition: string, field = ''): string {
  return provided?.[definition]?.[field] || ownDescription(definition, field);
}
