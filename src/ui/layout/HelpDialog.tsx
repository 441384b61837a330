// Keys and marks on one card. A lazily loaded chunk.
import { useTranslation } from 'react-i18next';
import { DialogFrame } from '../design/DialogFrame.tsx';
import { PodMark, StateMark } from '../design/pictograms.tsx';
import { families } from '../store/types.ts';
import { viewStore } from '../store/view-store.ts';
import css from './help.module.css';

const keys = [
  ['Space', 'space'], ['.', 'step'], ['H', 'hop'], ['N', 'next'], ['L', 'live'], ['[ ]', 'speed'], ['Ctrl Z', 'undo'], ['T', 'terminal'], ['E', 'editor'], ['I', 'inspector'], ['W', 'flow'], ['G', 'group'], ['0', 'fit'], ['← ↑ → ↓', 'arrows'], ['M', 'menu'], ['Esc', 'escape'], ['?', 'help'],
] as const;
const marks = ['pending', 'creating', 'running', 'ready', 'failing', 'terminating', 'done'] as const;
const looks = ['leads', 'ready', 'standby', 'starting', 'frozen', 'exited', 'absent'] as const;

export function HelpDialog() {
  const { t } = useTranslation();
  return (
    <DialogFrame title={t('header.help')} closeLabel={t('help.close')} close={() => viewStore.setState({ help: false })} wide>
      <div className={css.columns}>
        <section>
          <h3>{t('help.title')}</h3>
          <dl>{keys.map(([key, name]) => <div key={name}><dt><kbd>{key}</kbd></dt><dd>{t(`help.${name}`)}</dd></div>)}</dl>
        </section>
        <section>
          <h3>{t('help.marks')}</h3>
          <ul>{marks.map((mark) => <li key={mark}><PodMark mark={mark} size={16} />{t(`pod.mark.${mark}`)}</li>)}</ul>
          <h3>{t('help.processes')}</h3>
          <ul>{looks.map((look) => <li key={look}><StateMark look={look} />{look === 'exited' ? t('state.exited', { code: 1 }) : t(`state.${look}`)}</li>)}</ul>
          <p>{t('help.leadsText')}<br />{t('help.standbyText')}<br />{t('help.coldText')}</p>
        </section>
        <section>
          <h3>{t('help.dots')}</h3>
          <ul>{families.map((family) => <li key={family}><i style={{ background: `var(--family-${family})` }} />{t(`family.${family}`)}</li>)}</ul>
        </section>
      </div>
    </DialogFrame>
  );
}
