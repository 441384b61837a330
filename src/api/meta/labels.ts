// Label selectors: the text form of `kubectl -l`, the LabelSelector of specs, and whether labels match. Problems are in the words of apimachinery/pkg/labels.
import { isQualifiedName, isValidLabelValue } from './names.ts';

export type Labels = Readonly<Record<string, string>>;

/** metav1.LabelSelector. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}
export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

export type RequirementOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';
export interface Requirement {
  readonly key: string;
  readonly operator: RequirementOperator;
  readonly values: readonly string[];
}
/** All requirements must hold; none at all matches everything. */
export type Selector = readonly Requirement[];

export const everything: Selector = [];
/** What an absent selector means: no object has this label. */
export const nothing: Selector = [{ key: '', operator: 'exists', values: [] }];

function matchesRequirement(requirement: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const wanted = Number(requirement.values[0]);
      return requirement.operator === 'gt' ? Number(value) > wanted : Number(value) < wanted;
    }
  }
}

const noLabels: Labels = {};

export function matchesSelector(selector: Selector, labels: Labels | undefined): boolean {
  for (const requirement of selector) if (!matchesRequirement(requirement, labels ?? noLabels)) return false;
  return true;
}

/** Absent selects nothing, empty selects everything, as in every spec of the API. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  const has = labels ?? noLabels;
  const wanted = selector.matchLabels;
  if (wanted !== undefined) for (const key in wanted) if (has[key] !== wanted[key]) return false;
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const value = has[key];
    if (operator === 'Exists' ? value === undefined : operator === 'DoesNotExist' ? value !== undefined : false) return false;
    if (operator === 'In' && (value === undefined || !(values ?? []).includes(value))) return false;
    if (operator === 'NotIn' && value !== undefined && (values ?? []).includes(value)) return false;
  }
  return true;
}

/** Every label of the map is required; an empty or absent map matches nothing when `emptyMatchesNothing` (Service), else everything. */
export function matchesMap(wanted: Labels | undefined, labels: Labels | undefined): boolean {
  if (wanted === undefined) return true;
  const has = labels ?? noLabels;
  for (const key in wanted) if (has[key] !== wanted[key]) return false;
  return true;
}

const operators = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' } as const;

/** metav1.LabelSelectorAsSelector. */
export function toSelector(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return nothing;
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    requirements.push({ key, operator: operators[operator], values: [...(values ?? [])].sort() });
  }
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

export function mapToSelector(labels: Labels | undefined): Selector {
  return Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, operator: '=', values: [value] }));
}

/** `app=web,tier in (a,b),!x`: what goes into a query or a SELECTOR column. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    case 'gt':
      return `${key}>${values[0] ?? ''}`;
    case 'lt':
      return `${key}<${values[0] ?? ''}`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}

/** metav1.FormatLabelSelector, as in SELECTOR columns and describe: `<none>` when it selects everything. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const text = formatSelector(toSelector(selector));
  return text === '' ? '<none>' : text;
}

export type ParsedSelector = { readonly selector: Selector; readonly problem?: undefined } | { readonly selector?: undefined; readonly problem: string };

/** labels.Parse. */
export function parseSelector(text: string): ParsedSelector {
  const parser = new SelectorParser(text);
  try {
    return { selector: parser.parse().sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };
  } catch (error) {
    if (error instanceof SelectorProblem) return { problem: error.message };
    throw error;
  }
}

class SelectorProblem extends Error {}

type TokenKind = 'identifier' | 'end' | '!' | ',' | '(' | ')' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin' | 'error';
interface Token {
  readonly kind: TokenKind;
  readonly literal: string;
}

const special = '=!(),><';
const symbols: readonly string[] = [')', ',', '!', '==', '=', '>', '<', '!=', '('];
const isSpace = (letter: string): boolean => letter === ' ' || letter === '\t' || letter === '\r' || letter === '\n';

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const letter = text.charAt(at);
    if (isSpace(letter)) {
      at++;
    } else if (special.includes(letter)) {
      const pair = text.slice(at, at + 2);
      const symbol = symbols.includes(pair) ? pair : letter;
      tokens.push({ kind: symbol as TokenKind, literal: symbol });
      at += symbol.length;
    } else {
      let end = at;
      while (end < text.length && !special.includes(text.charAt(end)) && !isSpace(text.charAt(end))) end++;
      const word = text.slice(at, end);
      tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', literal: word });
      at = end;
    }
  }
  tokens.push({ kind: 'end', literal: '' });
  return tokens;
}

const endToken: Token = { kind: 'end', literal: '' };

class SelectorParser {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(text: string) {
    this.tokens = tokenize(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const next = this.lookahead();
      if (next.kind === 'end') return requirements;
      if (next.kind !== 'identifier' && next.kind !== '!') throw new SelectorProblem(`found '${next.literal}', expected: !, identifier, or 'end of string'`);
      try {
        requirements.push(this.requirement());
      } catch (error) {
        if (error instanceof SelectorProblem) throw new SelectorProblem(`unable to parse requirement: ${error.message}`);
        throw error;
      }
      const after = this.consume();
      if (after.kind === 'end') return requirements;
      if (after.kind !== ',') throw new SelectorProblem(`found '${after.literal}', expected: ',' or 'end of string'`);
      const following = this.lookahead();
      if (following.kind !== 'identifier' && following.kind !== '!') {
        throw new SelectorProblem(`found '${following.literal}', expected: identifier after ','`);
      }
    }
  }

  /** `in` and `notin` are ordinary words except where an operator is expected. */
  private lookahead(asOperator = false): Token {
    const token = this.tokens[this.position] ?? endToken;
    return !asOperator && (token.kind === 'in' || token.kind === 'notin') ? { kind: 'identifier', literal: token.literal } : token;
  }

  private consume(asOperator = false): Token {
    const token = this.lookahead(asOperator);
    this.position++;
    return token;
  }

  private requirement(): Requirement {
    let token = this.consume();
    const absent = token.kind === '!';
    if (absent) token = this.consume();
    if (token.kind !== 'identifier') throw new SelectorProblem(`found '${token.literal}', expected: identifier`);
    const key = token.literal;
    const keyProblems = isQualifiedName(key);
    if (keyProblems.length > 0) throw new SelectorProblem(`<nil>: Invalid value: ${JSON.stringify(key)}: ${keyProblems.join('; ')}`);
    if (absent) return { key, operator: '!', values: [] };
    const next = this.lookahead();
    if (next.kind === 'end' || next.kind === ',') return { key, operator: 'exists', values: [] };
    const operator = this.operator();
    const values = operator === 'in' || operator === 'notin' ? this.values() : [this.exactValue()];
    if (operator === 'gt' || operator === 'lt') {
      if (!/^[+-]?\d+$/.test(values[0] ?? '')) {
        throw new SelectorProblem(`values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`);
      }
      return { key, operator, values };
    }
    if (values.length === 0) throw new SelectorProblem("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
    const sorted = [...new Set(values)].sort();
    sorted.forEach((value, index) => {
      const problems = isValidLabelValue(value);
      if (problems.length > 0) throw new SelectorProblem(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`);
    });
    return { key, operator, values: sorted };
  }

  private operator(): RequirementOperator {
    const token = this.consume(true);
    switch (token.kind) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return token.kind;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        throw new SelectorProblem(`found '${token.literal}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  private values(): readonly string[] {
    const open = this.consume();
    if (open.kind !== '(') throw new SelectorProblem(`found '${open.literal}' expected: '('`);
    const first = this.lookahead();
    if (first.kind === ')') {
      this.consume();
      return [];
    }
    if (first.kind !== 'identifier' && first.kind !== ',') throw new SelectorProblem(`found '${first.literal}', expected: ',', ')' or identifier`);
    const values = new Set<string>();
    for (;;) {
      const token = this.consume();
      if (token.kind === 'identifier') {
        values.add(token.literal);
        const next = this.lookahead();
        if (next.kind === ')') break;
        if (next.kind !== ',') throw new SelectorProblem(`found '${next.literal}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.size === 0) values.add('');
        const next = this.lookahead();
        if (next.kind === ')') {
          values.add('');
          break;
        }
        if (next.kind === ',') {
          this.consume();
          values.add('');
        }
      } else {
        throw new SelectorProblem(`found '${token.literal}', expected: ',', or identifier`);
      }
    }
    this.consume();
    return [...values];
  }

  private exactValue(): string {
    const next = this.lookahead();
    if (next.kind === 'end' || next.kind === ',') return '';
    const token = this.consume();
    if (token.kind !== 'identifier') throw new SelectorProblem(`found '${token.literal}', expected: identifier`);
    return token.literal;
  }
}
