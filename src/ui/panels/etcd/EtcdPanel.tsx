// etcd at a glance: who leads and how many may still fail, the members' logs side by side, their messages one by one, every key at every revision, and the
// drill for the day on which all of it is lost.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { KeyExplorer } from './KeyExplorer.tsx';
import { Members } from './Members.tsx';
import { Messages } from './Messages.tsx';
import { Recovery } from './Recovery.tsx';
import css from './etcd.module.css';

const pages = { members: Members, messages: Messages, keys: KeyExplorer, recovery: Recovery } as const;
const names = Object.keys(pages) as readonly (keyof typeof pages)[];

export function EtcdPanel() {
  const { t } = useTranslation('etcd');
  const [page, setPage] = useState<keyof typeof pages>('members');
  const Page = pages[page];
  return (
    <div className={css.panel} data-etcd-panel>
      <div className={css.switch} role="group" aria-label={t('label')}>
        {names.map((name) => <button key={name} type="button" aria-pressed={page === name} onClick={() => setPage(name)}>{t(`page.${name}`)}</button>)}
      </div>
      <div className={css.page} tabIndex={0} role="region" aria-label={t(`page.${page}`)}><Page /></div>
    </div>
  );
}
