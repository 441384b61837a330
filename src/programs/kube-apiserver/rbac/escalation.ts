// Nobody grants what he does not hold: whether a user's rules cover the rules of a role, and in which words the rest is refused.
import type { User } from '../stages/user.ts';
import type { PolicyRule } from './rbac-authorizer.ts';

/** What of `wanted` none of `held` covers, as single rules put together again. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return compact(wanted.flatMap(split).filter((single) => !held.some((rule) => covers(rule, single))));
}

/** The refusal's text; undefined when the user holds everything. */
export function escalationProblem(user: User, held: readonly PolicyRule[], wanted: readonly PolicyRule[]): string | undefined {
  const missing = missingRules(held, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(missing.map(ruleText))].sort();
  return `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
}

/** One verb on one resource (of one name), or on one path, each. */
function split(rule: PolicyRule): readonly PolicyRule[] {
  const singles: PolicyRule[] = [];
  for (const verb of rule.verbs ?? []) {
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? []) {
        const single = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if ((rule.resourceNames ?? []).length === 0) singles.push(single);
        for (const name of rule.resourceNames ?? []) singles.push({ ...single, resourceNames: [name] });
      }
    for (const url of rule.nonResourceURLs ?? []) singles.push({ nonResourceURLs: [url], verbs: [verb] });
  }
  return singles;
}

/** Single rules that differ by their verb alone become one. */
function compact(singles: readonly PolicyRule[]): readonly PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  singles.forEach((rule, index) => {
    const key = rule.nonResourceURLs === undefined ? JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]) : String(index);
    const known = merged.get(key);
    merged.set(key, known === undefined ? rule : { ...known, verbs: [...new Set([...known.verbs, ...rule.verbs])] });
  });
  return [...merged.values()];
}

function covers(owner: PolicyRule, single: PolicyRule): boolean {
  const all = (held: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean => held?.includes('*') === true || (wanted ?? []).every((each) => held?.includes(each) === true);
  const names = owner.resourceNames ?? [];
  const named = single.resourceNames ?? [];
  return (
    all(owner.verbs, single.verbs) &&
    all(owner.apiGroups, single.apiGroups) &&
    (single.resources ?? []).every((resource) => coversResource(owner.resources ?? [], resource)) &&
    (single.nonResourceURLs ?? []).every((url) => (owner.nonResourceURLs ?? []).some((held) => held === url || (held.endsWith('*') && url.startsWith(held.slice(0, -1))))) &&
    (names.length === 0 || (named.length > 0 && named.every((name) => names.includes(name))))
  );
}

function coversResource(held: readonly string[], resource: string): boolean {
  const slash = resource.indexOf('/');
  return held.includes('*') || held.includes(resource) || (slash >= 0 && held.includes(`*${resource.slice(slash)}`));
}

const quotedList = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

function ruleText(rule: PolicyRule): string {
  const parts = (
    [
      ['APIGroups', rule.apiGroups],
      ['Resources', rule.resources],
      ['NonResourceURLs', rule.nonResourceURLs],
      ['ResourceNames', rule.resourceNames],
      ['Verbs', rule.verbs],
    ] as const
  ).flatMap(([name, values]) => (values === undefined || values.length === 0 ? [] : [`${name}:${quotedList(values)}`]));
  return `{${parts.join(', ')}}`;
}
