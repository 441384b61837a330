// Short messages in a corner, and the transcript for those who listen instead of look.
import { useEffect, useRef, useState } from 'react';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/Button.tsx';
import { say } from '../i18n/say.ts';
import { currentHop, runStore } from '../store/run-store.ts';
import { dismiss, useNotices } from '../store/notices.ts';
import css from './layout.module.css';

export function Notices() {
  const { t } = useTranslation();
  const notices = useNotices();
  return (
    <div className={css.notices} role="alert">
      {notices.map((notice) => <div key={notice.id} className={css.notice}><span>{notice.text}</span><IconButton label={t('notice.close')} onClick={() => dismiss(notice.id)}><X size={14} /></IconButton></div>)}
    </div>
  );
}

const everyMs = 1500;
/** Speaks what happens: the hop shown now, and moments, at most one text every second and a half. */
export function Transcript() {
  const { t } = useTranslation();
  const [lines, setLines] = useState<readonly string[]>([]);
  const seen = useRef({ moments: new Set<number>(), hop: 0 });
  useEffect(() => {
    const timer = setInterval(() => {
      const run = runStore.getState();
      const spoken: string[] = [];
      const hop = run.hops.length === 0 ? undefined : currentHop(run);
      if (hop !== undefined && hop.event !== seen.current.hop) {
        seen.current.hop = hop.event;
        spoken.push(say(hop.sentence));
      }
      for (const moment of run.moments.slice(-12)) {
        if (moment.atMs > run.nowMs || seen.current.moments.has(moment.id)) continue;
        seen.current.moments.add(moment.id);
        spoken.push(say(moment.sentence));
      }
      if (spoken.length > 0) setLines((old) => [...old, ...spoken.slice(-4)].slice(-40));
    }, everyMs);
    return () => clearInterval(timer);
  }, []);
  return <div className="visually-hidden" role="log" aria-live="polite" aria-label={t('transcript.label')}>{lines.map((line, at) => <p key={at}>{line}</p>)}</div>;
}
