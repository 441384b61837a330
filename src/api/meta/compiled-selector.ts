// Label selectors compiled once and matched often: a scheduler meets the same selector for every node and pod.

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export type Labels = Readonly<Record<string, string>>;
export type Matcher = (labels: Labels) => boolean;

const nothing: Matcher = () => false;
const everything: Matcher = () => true;

/** A missing selector matches nothing, an empty one everything (as metav1.LabelSelectorAsSelector). */
export function compileSelector(selector: LabelSelector | undefined, extra: readonly LabelSelectorRequirement[] = []): Matcher {
  if (selector === undefined) return nothing;
  const requirements: LabelSelectorRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: 'In', values: [value] }));
  requirements.push(...(selector.matchExpressions ?? []), ...extra);
  return compileRequirements(requirements);
}

export function compileRequirements(requirements: readonly LabelSelectorRequirement[]): Matcher {
  if (requirements.length === 0) return everything;
  const matchers = requirements.map(compileRequirement);
  if (matchers.length === 1) return matchers[0] ?? everything;
  return (labels) => {
    for (const matches of matchers) if (!matches(labels)) return false;
    return true;
  };
}

function compileRequirement(requirement: LabelSelectorRequirement): Matcher {
  const { key } = requirement;
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In': {
      if (values.length === 1) {
        const only = values[0];
        return (labels) => labels[key] === only;
      }
      return (labels) => {
        const value = labels[key];
        return value !== undefined && values.includes(value);
      };
    }
    case 'NotIn':
      return (labels) => {
        const value = labels[key];
        return value === undefined || !values.includes(value);
      };
    case 'Exists':
      return (labels) => labels[key] !== undefined;
    case 'DoesNotExist':
      return (labels) => labels[key] === undefined;
    case 'Gt':
    case 'Lt': {
      const limit = Number(values[0] ?? 'NaN');
      const greater = requirement.operator === 'Gt';
      return (labels) => {
        const value = labels[key];
        if (value === undefined || !/^-?\d+$/.test(value)) return false;
        return greater ? Number(value) > limit : Number(value) < limit;
      };
    }
    default:
      return nothing;
  }
}
