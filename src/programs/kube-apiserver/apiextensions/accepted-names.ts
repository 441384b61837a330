// Which of the names that a definition asks for it gets: in a group, every name of a resource and of a kind has one owner.
import type { CustomResourceDefinition, DefinitionNames } from '../../../api/apiextensions/types.ts';
import type { Condition } from '../../../api/meta/conditions.ts';

export interface NamesVerdict {
  readonly accepted: DefinitionNames;
  readonly condition: Condition;
}

/** `others`: the definitions of the same group, without this one. Names that were accepted before and are taken now stay what they were. */
export function decideNames(definition: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): NamesVerdict {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of others) {
    const names = status?.acceptedNames;
    if (names === undefined) continue;
    for (const each of [names.plural, names.singular, ...(names.shortNames ?? [])]) if (each !== undefined && each !== '') resources.add(each);
    for (const each of [names.kind, names.listKind]) if (each !== undefined && each !== '') kinds.add(each);
  }
  const wanted = definition.spec.names;
  const before = definition.status?.acceptedNames;
  let accepted: DefinitionNames = before ?? { plural: '', kind: '' };
  let condition: Condition = { type: 'NamesAccepted', status: 'Unknown' };
  const refuse = (reason: string, message: string): void => {
    condition = { type: 'NamesAccepted', status: 'False', reason, message };
  };
  const inUse = (name: string): string => `"${name}" is already in use`;
  const singular = wanted.singular ?? '';
  const listKind = wanted.listKind ?? '';
  const shortNames = wanted.shortNames ?? [];
  if (resources.has(wanted.plural)) refuse('PluralConflict', inUse(wanted.plural));
  else accepted = { ...accepted, plural: wanted.plural };
  if (singular !== '' && resources.has(singular)) refuse('SingularConflict', inUse(singular));
  else accepted = { ...accepted, singular };
  const taken = shortNames.filter((each) => resources.has(each));
  if (taken.length > 0) refuse('ShortNamesConflict', taken.length === 1 ? inUse(taken[0] as string) : `[${taken.map(inUse).join(', ')}]`);
  else accepted = { ...accepted, ...(shortNames.length === 0 ? {} : { shortNames }) };
  if (kinds.has(wanted.kind)) refuse('KindConflict', inUse(wanted.kind));
  else accepted = { ...accepted, kind: wanted.kind };
  if (listKind !== '' && kinds.has(listKind)) refuse('ListKindConflict', inUse(listKind));
  else accepted = { ...accepted, listKind };
  accepted = { ...accepted, ...(wanted.categories === undefined || wanted.categories.length === 0 ? {} : { categories: wanted.categories }) };
  if (condition.status === 'Unknown') {
    // A name that is no longer asked for is given up.
    accepted = { plural: wanted.plural, singular, ...(shortNames.length === 0 ? {} : { shortNames }), kind: wanted.kind, listKind, ...(wanted.categories === undefined || wanted.categories.length === 0 ? {} : { categories: wanted.categories }) };
    condition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  }
  return { accepted, condition };
}
