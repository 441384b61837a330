// Reads the compact rule lines of bootstrap/ into RBAC rules.
import type { PolicyRule } from './rbac-authorizer.ts';

const shorthands: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'watch'],
  all: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
};

export function parseRule(line: string): PolicyRule {
  const [verbText = '', second = '', third, fourth] = line.trim().split(' ');
  const verbs = shorthands[verbText] ?? verbText.split(',');
  if (third === undefined) return { nonResourceURLs: second.split(','), verbs };
  return {
    apiGroups: second.split(',').map((group) => (group === 'core' ? '' : group)),
    ...(fourth === undefined ? {} : { resourceNames: fourth.split(',') }),
    resources: third.split(','),
    verbs,
  };
}

export interface RoleText {
  readonly name: string;
  /** Gathers the rules of roles labelled so. */
  readonly gathers?: string;
  /** Lends its rules to the roles that gather this. */
  readonly lendsTo?: string;
  readonly rules: readonly PolicyRule[];
}

export function parseRoles(text: string): readonly RoleText[] {
  const roles: { name: string; gathers?: string; lendsTo?: string; rules: PolicyRule[] }[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    if (line.startsWith(' ')) {
      roles.at(-1)?.rules.push(parseRule(line));
      continue;
    }
    const [before = '', lendsTo] = line.split(' > ');
    const [name = '', gathers] = before.split(' = ');
    roles.push({ name, ...(gathers === undefined ? {} : { gathers }), ...(lendsTo === undefined ? {} : { lendsTo }), rules: [] });
  }
  return roles;
}
