// Sentences that the session sends as a key and parameters: hops, moments, reasons.
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Sentence } from '../../session/protocol.ts';

type Lookup = (key: string, options: Record<string, unknown>) => string;

export function say(sentence: Sentence): string {
  const t = i18next.t.bind(i18next) as unknown as Lookup;
  for (const key of [`hop.${sentence.key}`, sentence.key]) {
    // Keys have dots of their own (`apiserver.stored`), so both the nested and the flat form are tried.
    for (const keySeparator of ['.', false] as const) {
      const text = t(key, { ...sentence.params, ns: 'hops', keySeparator, defaultValue: '' });
      if (text !== '') return text;
    }
  }
  const params = Object.values(sentence.params).join(' ');
  return params === '' ? sentence.key : `${sentence.key}: ${params}`;
}

/** `say` in the present language; renders again when it changes. */
export function useSay(): (sentence: Sentence) => string {
  useTranslation();
  return say;
}
