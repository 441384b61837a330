// A problem of the YAML in the page's language, where there is a text for it.
import type { useTranslation } from 'react-i18next';
import type { YamlProblem } from './editor-store.ts';

export function problemText(t: ReturnType<typeof useTranslation<'panels'>>['t'], problem: YamlProblem): string {
  if (problem.key === undefined) return problem.message;
  return (t as unknown as (key: string, options: object) => string)(`problem.${problem.key}`, { ...problem.params, defaultValue: problem.message });
}
