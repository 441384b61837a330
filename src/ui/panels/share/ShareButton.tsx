// The header's Share; what it opens (and what packs a run into a link) is a lazily loaded chunk.
import { lazy, Suspense, useState } from 'react';
import { Share2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/Button.tsx';

const ShareDialog = lazy(() => import('./ShareDialog.tsx').then((module) => ({ default: module.ShareDialog })));

export function ShareButton() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label={t('header.share')} onClick={() => setOpen(true)} data-share><Share2 size={16} /></IconButton>
      {open && <Suspense fallback={null}><ShareDialog close={() => setOpen(false)} /></Suspense>}
    </>
  );
}
