// How to use the reader's own kubectl on the cluster in this tab.
import { Dialog } from 'radix-ui';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/Button.tsx';
import { useDoor } from '../../store/door.ts';
import css from '../share/share.module.css';

export function DoorDialog({ close }: { readonly close: () => void }) {
  const { t } = useTranslation();
  const { link, kubeconfig, url, requests } = useDoor((door) => door);
  const lines = `export KUBECONFIG=${kubeconfig}\nkubectl get nodes\nkubectl create deployment hello --image=nginx --replicas=3`;
  return (
    <Dialog.Root open onOpenChange={(open) => { if (!open) close(); }}>
      <Dialog.Portal>
        <Dialog.Overlay className={css.overlay} />
        <Dialog.Content className={css.dialog} aria-describedby={undefined} onCloseAutoFocus={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('[data-door]')?.focus();
        }}>
          <div className={css.head}>
            <Dialog.Title className={css.title}>{t('door.title')}</Dialog.Title>
            <Dialog.Close asChild><IconButton label={t('door.close')}><X size={16} /></IconButton></Dialog.Close>
          </div>
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
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
