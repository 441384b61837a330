// Field selectors: `metadata.name=web,status.phase!=Running`, in the words of apimachinery/pkg/fields.

export interface FieldTerm {
  readonly field: string;
  readonly value: string;
  readonly equal: boolean;
}
export type FieldSelector = readonly FieldTerm[];

export type ParsedFieldSelector = { readonly selector: FieldSelector; readonly problem?: undefined } | { readonly selector?: undefined; readonly problem: string };

/** fields.ParseSelector: terms are separated by commas; backslash escapes comma, equals sign and itself in values. */
export function parseFieldSelector(text: string): ParsedFieldSelector {
  const terms: FieldTerm[] = [];
  for (const part of splitTerms(text)) {
    if (part === '') continue;
    const operator = splitTerm(part);
    if (operator === undefined) return { problem: `invalid selector: '${text}'; can't understand '${part}'` };
    const value = unescapeValue(operator.value);
    if (value.problem !== undefined) return { problem: value.problem };
    terms.push({ field: operator.field, value: value.text, equal: operator.equal });
  }
  return { selector: terms };
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function splitTerm(part: string): { field: string; value: string; equal: boolean } | undefined {
  for (let i = 0; i < part.length; i++) {
    const rest = part.slice(i, i + 2);
    if (rest === '!=') return { field: part.slice(0, i), value: part.slice(i + 2), equal: false };
    if (rest === '==') return { field: part.slice(0, i), value: part.slice(i + 2), equal: true };
    if (part[i] === '=') return { field: part.slice(0, i), value: part.slice(i + 1), equal: true };
  }
  return undefined;
}

function unescapeValue(value: string): { text: string; problem?: undefined } | { problem: string } {
  let text = '';
  for (let i = 0; i < value.length; i++) {
    const letter = value.charAt(i);
    if (letter === '\\') {
      const next = value[i + 1];
      if (next !== '\\' && next !== ',' && next !== '=') {
        return { problem: next === undefined ? `invalid escape sequence: \\` : `invalid escape sequence: \\${next}` };
      }
      text += next;
      i++;
    } else if (letter === '=' || letter === ',') {
      return { problem: `unescaped '${letter}' in value: ${value}` };
    } else text += letter;
  }
  return { text };
}

/** A field that is absent counts as empty. */
export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  for (const { field, value, equal } of selector) if (((fields[field] ?? '') === value) !== equal) return false;
  return true;
}
