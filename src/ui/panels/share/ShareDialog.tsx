// A link to this very run at this very moment, and the lines that put it into another page.
import { useEffect, useId, useRef, useState } from 'react';
import { Check, Copy } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { encodeLink } from '../../../session/link.ts';
import type { Run } from '../../../session/protocol.ts';
import { Button } from '../../design/Button.tsx';
import { DialogFrame } from '../../design/DialogFrame.tsx';
import { clock } from '../../i18n/format.ts';
import { runStore } from '../../store/run-store.ts';
import { session } from '../../store/session-client.ts';
import { settingsStore } from '../../store/settings.ts';
import { viewStore } from '../../store/view-store.ts';
import css from './share.module.css';

interface Links {
  readonly page: string;
  readonly embed: string;
  readonly momentMs: number;
}

async function makeLinks(): Promise<Links> {
  const momentMs = runStore.getState().nowMs;
  const run = await session.query<Run>({ query: 'run' });
  const { camera } = viewStore.getState();
  const packed = encodeLink({ run, momentMs, language: settingsStore.getState().language, ...(camera === undefined ? {} : { camera }) });
  const page = `${location.origin}${location.pathname}`;
  const frame = `<iframe src="${page}?embed=v1#run=${packed}" title="Terrarium" width="100%" height="480" loading="lazy" style="border:0"></iframe>`;
  return { page: `${page}#run=${packed}`, embed: frame, momentMs };
}

export function ShareDialog({ close }: { readonly close: () => void }) {
  const { t } = useTranslation('panels');
  const [links, setLinks] = useState<Links | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    void makeLinks().then((made) => { if (!gone) setLinks(made); });
    return () => { gone = true; };
  }, []);
  return (
    <DialogFrame title={t('share.title')} closeLabel={t('share.close')} close={close} focusAfter="[data-share]">
      {links === undefined ? <p role="status">{t('share.making')}</p> : (
        <>
          <Copyable name={t('share.link')} about={t('share.linkAbout', { time: clock(links.momentMs) })} text={links.page} id="link" />
          <Copyable name={t('share.embed')} about={t('share.embedAbout')} text={links.embed} id="embed" />
        </>
      )}
    </DialogFrame>
  );
}

function Copyable({ name, about, text, id }: { readonly name: string; readonly about: string; readonly text: string; readonly id: string }) {
  const { t } = useTranslation('panels');
  const field = useRef<HTMLTextAreaElement>(null);
  const labelId = useId();
  const [state, setState] = useState<'' | 'copied' | 'byHand'>('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // The browser does not let us: it is chosen, and the reader copies it.
      field.current?.select();
      setState('byHand');
    }
  };
  return (
    <section className={css.part}>
      <h3 id={labelId}>{name}</h3>
      <p>{about}</p>
      <textarea ref={field} className={css.text} aria-labelledby={labelId} readOnly rows={3} value={text} data-share-text={id} onFocus={(event) => event.currentTarget.select()} />
      <div className={css.row}>
        <Button onClick={() => void copy()}>{state === 'copied' ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}{t('share.copy')}</Button>
        <span role="status">{state === '' ? '' : t(`share.${state}`)}</span>
      </div>
    </section>
  );
}
