// The frame of every dialog: what lies behind is dimmed, a title, a way out; the focus goes back to what opened it.
import type { ReactNode } from 'react';
import { Dialog } from 'radix-ui';
import { X } from 'lucide-react';
import { IconButton } from './Button.tsx';
import css from './dialog.module.css';

interface DialogFrameProps {
  readonly title: string;
  readonly closeLabel: string;
  readonly close: () => void;
  /** Selector of what has the focus afterwards, where it was not a button with a focus of its own. */
  readonly focusAfter?: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

export function DialogFrame({ title, closeLabel, close, focusAfter, wide = false, children }: DialogFrameProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => { if (!open) close(); }}>
      <Dialog.Portal>
        <Dialog.Overlay className={css.overlay} />
        <Dialog.Content className={css.dialog} data-wide={wide} aria-describedby={undefined} onCloseAutoFocus={(event) => {
          if (focusAfter === undefined) return;
          event.preventDefault();
          document.querySelector<HTMLElement>(focusAfter)?.focus();
        }}>
          <div className={css.head}>
            <Dialog.Title className={css.title}>{title}</Dialog.Title>
            <Dialog.Close asChild><IconButton label={closeLabel}><X size={16} /></IconButton></Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
