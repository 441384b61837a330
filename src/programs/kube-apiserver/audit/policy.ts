// The audit policy (audit.k8s.io/v1): how much of which request is written down. The first rule that matches decides.
import { parseYaml } from '../../../api/yaml/parse-yaml.ts';
import type { RequestInfo } from '../request-info.ts';
import type { User } from '../stages/user.ts';

export type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';
export const levels: readonly Level[] = ['None', 'Metadata', 'Request', 'RequestResponse'];

interface Rule {
  readonly level: Level;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly { readonly group?: string; readonly resources?: readonly string[]; readonly resourceNames?: readonly string[] }[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

export interface Decision {
  readonly level: Level;
  readonly omitStages: readonly Stage[];
  readonly omitManagedFields: boolean;
}

const nothing: Decision = { level: 'None', omitStages: [], omitManagedFields: false };

export class AuditPolicy {
  private readonly rules: readonly Rule[];
  private readonly omitStages: readonly Stage[];
  private readonly omitManagedFields: boolean;

  constructor(rules: readonly Rule[], omitStages: readonly Stage[] = [], omitManagedFields = false) {
    this.rules = rules;
    this.omitStages = omitStages;
    this.omitManagedFields = omitManagedFields;
  }

  /** Throws an Error that says what is wrong with the file. */
  static parse(text: string): AuditPolicy {
    const value = parseYaml(text) as { readonly apiVersion?: string; readonly kind?: string; readonly rules?: readonly Rule[] | null; readonly omitStages?: readonly Stage[]; readonly omitManagedFields?: boolean } | null;
    if (value?.kind !== 'Policy' || value.apiVersion !== 'audit.k8s.io/v1') throw new Error(`unknown group version field ${value?.apiVersion ?? ''} in policy`);
    const rules = value.rules ?? [];
    if (rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
    rules.forEach(({ level }, index) => {
      if (!levels.includes(level)) throw new Error(`rules[${index}].level: Unsupported value: ${JSON.stringify(level)}: supported values: "None", "Metadata", "Request", "RequestResponse"`);
    });
    return new AuditPolicy(rules, value.omitStages ?? [], value.omitManagedFields ?? false);
  }

  decide(user: User, info: RequestInfo): Decision {
    const rule = this.rules.find((each) => matches(each, user, info));
    if (rule === undefined || rule.level === 'None') return nothing;
    return { level: rule.level, omitStages: [...this.omitStages, ...(rule.omitStages ?? [])], omitManagedFields: rule.omitManagedFields ?? this.omitManagedFields };
  }
}

const given = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;

function matches(rule: Rule, user: User, info: RequestInfo): boolean {
  if (given(rule.users) && rule.users?.includes(user.name) !== true) return false;
  if (given(rule.userGroups) && !user.groups.some((group) => rule.userGroups?.includes(group))) return false;
  if (given(rule.verbs) && rule.verbs?.includes(info.verb) !== true) return false;
  if (given(rule.namespaces) || given(rule.resources)) return info.isResource && matchesResource(rule, info);
  if (given(rule.nonResourceURLs)) return !info.isResource && rule.nonResourceURLs?.some((url) => url === '*' || url === info.path || (url.endsWith('*') && info.path.startsWith(url.slice(0, -1)))) === true;
  return true;
}

function matchesResource({ namespaces, resources }: Rule, info: RequestInfo): boolean {
  if (given(namespaces) && namespaces?.includes(info.namespace) !== true) return false;
  if (!given(resources)) return true;
  const whole = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return (
    resources?.some((each) => {
      if ((each.group ?? '') !== info.group) return false;
      if (!given(each.resources)) return true;
      if (given(each.resourceNames) && each.resourceNames?.includes(info.name) !== true) return false;
      return each.resources?.some((name) => name === '*' || name === whole || (info.subresource !== '' && (name === `*/${info.subresource}` || name === `${info.resource}/*`))) === true;
    }) === true
  );
}
