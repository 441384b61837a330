// A row of tabs over one panel. Arrow keys move between them, as the pattern has it.
import { useTranslation } from 'react-i18next';
import type { Tab } from '../store/view-store.ts';
import css from './layout.module.css';

export function Tabs({ tabs, value, onChange, label, id }: { readonly tabs: readonly Tab[]; readonly value: Tab; readonly onChange: (tab: Tab) => void; readonly label: string; readonly id: string }) {
  const { t } = useTranslation();
  return (
    <div className={css.tabs} role="tablist" aria-label={label}>
      {tabs.map((tab) => (
        <button
          key={tab} type="button" role="tab" id={`${id}-tab-${tab}`} aria-controls={`${id}-panel`} aria-selected={tab === value} tabIndex={tab === value ? 0 : -1} onClick={() => onChange(tab)}
          onKeyDown={(event) => {
            const step = event.code === 'ArrowRight' ? 1 : event.code === 'ArrowLeft' ? -1 : 0;
            if (step === 0) return;
            event.preventDefault();
            event.stopPropagation();
            const next = tabs[(tabs.indexOf(value) + step + tabs.length) % tabs.length];
            if (next === undefined) return;
            onChange(next);
            document.getElementById(`${id}-tab-${next}`)?.focus();
          }}
        >{t(`tab.${tab}`)}</button>
      ))}
    </div>
  );
}
