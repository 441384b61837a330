// The frame's upper edge: name, which cluster, lesson, share, language, light, help.
import { memo } from 'react';
import { CircleHelp, Moon, Sun } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { presetNames, type PresetName } from '../../session/protocol.ts';
import { IconButton } from '../design/Button.tsx';
import { setLanguage } from '../i18n/i18n.ts';
import { DoorButton } from '../panels/door/DoorButton.tsx';
import { LessonPicker } from '../panels/lesson/LessonPicker.tsx';
import { ShareButton } from '../panels/share/ShareButton.tsx';
import { startPreset } from '../store/boot.ts';
import { useRun } from '../store/run-store.ts';
import { settingsStore, useSettings } from '../store/settings.ts';
import { viewStore } from '../store/view-store.ts';
import css from './layout.module.css';

const presets = presetNames.filter((name) => name !== 'conformance');

export const Header = memo(function Header({ compact = false }: { readonly compact?: boolean }) {
  const { t } = useTranslation();
  const preset = useRun((run) => run.run?.preset ?? 'default');
  const language = useSettings((settings) => settings.language);
  const theme = useSettings((settings) => settings.theme);
  return (
    <header className={css.header} data-compact={compact}>
      <a className={css.skip} href="#cluster">{t('app.skip')}</a>
      <h1 className={css.brand}>
        <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true"><path d="M6 26V13a10 10 0 0 1 20 0v13" fill="none" stroke="currentColor" strokeWidth="2.4" /><path d="M3 27h26" stroke="currentColor" strokeWidth="3" strokeLinecap="round" /><path d="M16 25v-8" stroke="var(--good)" strokeWidth="2.4" /><path d="M16 18c-5 0-6-3-6-5 4 0 6 2 6 5Zm0-3c0-3 2-5 6-5 0 3-2 5-6 5Z" fill="var(--good)" /></svg>
        <span>{t('app.title')}</span>
      </h1>
      <select className={css.select} aria-label={t('header.cluster')} value={preset} onChange={(event) => startPreset(event.target.value as PresetName)}>
        {presets.map((name) => <option key={name} value={name}>{t(compact ? (`preset.short_${name}` as 'preset.short_ha') : (`preset.${name}` as 'preset.ha'))}</option>)}
        {preset === 'conformance' && <option value={preset}>{t(`preset.${preset}`)}</option>}
      </select>
      {/* The sheet has a tab for them. */}
      {!compact && <LessonPicker />}
      <span className={css.space} />
      <DoorButton />
      <ShareButton />
      <div className={css.switch} role="group" aria-label={t('header.language')}>
        <button type="button" aria-pressed={language === 'ko'} lang="ko" onClick={() => void setLanguage('ko')}>한국어</button>
        <button type="button" aria-pressed={language === 'en'} lang="en" onClick={() => void setLanguage('en')}>{compact ? 'En' : 'English'}</button>
      </div>
      <IconButton label={`${t('header.theme')}: ${t(theme === 'dark' ? 'header.dark' : 'header.light')}`} onClick={() => settingsStore.setState({ theme: theme === 'dark' ? 'light' : 'dark' })}>{theme === 'dark' ? <Moon size={16} /> : <Sun size={16} />}</IconButton>
      <IconButton label={t('header.help')} shortcut="?" onClick={() => viewStore.setState({ help: true })}><CircleHelp size={16} /></IconButton>
    </header>
  );
});
