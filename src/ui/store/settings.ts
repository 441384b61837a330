// What a reader chose, kept between visits (never in an embed): language, theme, sizes of panels.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { embedOptions } from '../embed/options.ts';

export type Language = 'ko' | 'en';
export type Theme = 'light' | 'dark';
export interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  readonly groupBy: 'slot' | 'owner';
  readonly layouts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const key = 'terrarium.settings';

function read(): Partial<Settings> {
  if (embedOptions !== undefined) return {};
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Partial<Settings>) : {};
  } catch {
    return {};
  }
}

const kept = read();
export const settingsStore = createStore<Settings>(() => ({
  language: document.documentElement.lang === 'ko' ? 'ko' : 'en',
  theme: document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light',
  groupBy: kept.groupBy === 'owner' ? 'owner' : 'slot',
  layouts: typeof kept.layouts === 'object' && kept.layouts !== null ? kept.layouts : {},
}));

/** Only this is kept: who never chose a theme or a language goes on having the system's. */
let chosen: Partial<Settings> = kept;

settingsStore.subscribe((settings, before) => {
  document.documentElement.dataset['theme'] = settings.theme;
  if (embedOptions !== undefined) return;
  const changed = Object.entries(settings).filter(([name, value]) => value !== before[name as keyof Settings]);
  chosen = { ...chosen, ...Object.fromEntries(changed) };
  try {
    localStorage.setItem(key, JSON.stringify(chosen));
  } catch {
    // A full or forbidden storage only means that nothing is remembered.
  }
});

export function useSettings<T>(select: (settings: Settings) => T): T {
  return useStore(settingsStore, select);
}
