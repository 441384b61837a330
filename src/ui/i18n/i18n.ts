// Korean and English are equals: each is one chunk, loaded when first needed, and switched in place while the run goes on.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { settingsStore, type Language } from '../store/settings.ts';

type Texts = Record<string, Record<string, unknown>>;

async function load(language: Language): Promise<Texts> {
  const { texts } = language === 'ko' ? await import('./ko/index.ts') : await import('./en/index.ts');
  const byNamespace: Texts = {};
  for (const [path, text] of Object.entries(texts)) byNamespace[path.replace(/^\.\/|\.json$/g, '')] = text;
  return byNamespace;
}

export async function startTexts(): Promise<void> {
  const language = settingsStore.getState().language;
  const texts = await load(language);
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: texts },
    defaultNS: 'ui',
    fallbackLng: false,
    returnNull: false,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
}

export async function setLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'ui')) {
    for (const [namespace, text] of Object.entries(await load(language))) i18next.addResourceBundle(language, namespace, text);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  settingsStore.setState({ language });
}
