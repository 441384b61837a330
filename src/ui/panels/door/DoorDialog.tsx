// How to use the reader's own kubectl on the cluster in this tab.
import { useTranslation } from 'react-i18next';
import { DialogFrame } from '../../design/DialogFrame.tsx';
import { useDoor } from '../../store/door.ts';
import css from '../share/share.module.css';

export function DoorDialog({ close }: { readonly close: () => void }) {
  const { t } = useTranslation();
  const { link, kubeconfig, url, requests } = useDoor((door) => door);
  const lines = `export KUBECONFIG=${kubeconfig}\nkubectl get nodes\nkubectl create deployment hello --image=nginx --replicas=3`;
  return (
    <DialogFrame title={t('door.title')} closeLabel={t('door.close')} close={close} focusAfter="[data-door]">
      <section className={css.part}>
        <p role="status">{t(`door.${link}`)} {link === 'joined' ? t('door.count', { count: requests }) : ''}</p>
        {kubeconfig !== '' && (
          <>
            <p>{t('door.about', { url })}</p>
            <textarea className={css.text} aria-label={t('door.lines')} readOnly rows={4} value={lines} data-door-lines onFocus={(event) => event.currentTarget.select()} />
          </>
        )}
        <p>{t('door.paused')}</p>
      </section>
    </DialogFrame>
  );
}
